//! `[next_hop]` and `[school.next_hop]`: where mail goes on to, and how much
//! it has to be trusted.

use std::path::Path;

use rustls::pki_types::ServerName;

use super::{Loading, file};
use crate::config::file::Encryption;
use crate::smtp::tls;
use crate::tenant::{Authorities, Identity, NextHop, Tls, server_name};

impl Loading<'_> {
    /// A school's own, with what it leaves open from all schools' one. The
    /// name of that is of no use at another address.
    pub(super) fn next_hop(
        &mut self,
        index: &str,
        own: Option<file::NextHop>,
        common: &file::NextHop,
    ) -> Option<NextHop> {
        let own = own.unwrap_or_default();
        let own_place = ["school", index, "next_hop"];
        let name = match &own.address {
            Some(_) => own.name.clone(),
            None => own.name.clone().or_else(|| common.name.clone()),
        };
        let at = |is_own: bool, key: &'static str| match is_own {
            true => [&own_place[..], &[key]].concat(),
            false => vec!["next_hop", key],
        };
        let given = own.address.clone().or_else(|| common.address.clone());
        let place = at(own.address.is_some(), "address");
        let address = self.required(given, &place, "\"mail.example:25\"")?;
        if !is_host_and_port(&address) {
            self.fault(
                &place,
                "a next hop is host:port, for example \"mail.example:25\"",
            );
            return None;
        }
        let encryption = own.tls.or(common.tls).unwrap_or(Encryption::Opportunistic);
        let ca = own.ca.as_deref().or(common.ca.as_deref());
        let tls = match encryption {
            Encryption::None | Encryption::Opportunistic => {
                if ca.is_some() || name.is_some() {
                    let said = format!(
                        "[next_hop] {address}: `name` and `ca` are looked at only with tls = \"required\" or \"implicit\""
                    );
                    if !self.warnings.contains(&said) {
                        self.warnings.push(said);
                    }
                }
                match encryption {
                    Encryption::None => Tls::None,
                    _ => Tls::Opportunistic,
                }
            }
            Encryption::Required | Encryption::Implicit => {
                let place = at(own.name.is_some(), "name");
                let name = match name {
                    Some(name) => ServerName::try_from(name).ok(),
                    None => server_name(&address),
                };
                if name.is_none() {
                    self.fault(&place, "no certificate can be for this name");
                }
                let authorities = self.authorities(&at(own.ca.is_some(), "ca"), ca);
                let identity = Identity {
                    name: name?,
                    authorities: authorities?,
                };
                match encryption {
                    Encryption::Implicit => Tls::Implicit(identity),
                    _ => Tls::Required(identity),
                }
            }
        };
        Some(NextHop { address, tls })
    }

    /// Those of a file, or the system's; never none.
    pub(super) fn authorities(
        &mut self,
        place: &[&str],
        file: Option<&Path>,
    ) -> Option<Authorities> {
        let found = match file {
            None => Authorities::System,
            Some(_) => {
                let pem = self.read(place, file)?;
                match tls::certificates(&pem.bytes) {
                    Ok(certificates) => Authorities::Own(certificates.into()),
                    Err(error) => {
                        self.fault(place, format!("{}: {error}", pem.name));
                        return None;
                    }
                }
            }
        };
        let any = match &found {
            Authorities::System => *self
                .system_authorities
                .get_or_init(|| tls::has_authorities(&found)),
            Authorities::Own(_) => tls::has_authorities(&found),
        };
        if any {
            return Some(found);
        }
        let message = match file {
            Some(file) => format!("{}: no certificate in it can sign others", file.display()),
            None => "this machine knows no certificate authority: install its package ca-certificates, or name one with `ca`".to_owned(),
        };
        self.fault(place, message);
        None
    }
}

fn is_host_and_port(address: &str) -> bool {
    address.rsplit_once(':').is_some_and(|(host, port)| {
        !host.is_empty() && port.parse::<u16>().is_ok_and(|port| port > 0)
    })
}
