//! A school's next hop: where it is, and how much it has to be trusted.

use std::fmt;
use std::sync::Arc;

use rustls::pki_types::{CertificateDer, ServerName};

/// Where mail goes on to. Those that are equal may share connections.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct NextHop {
    /// `host:port`.
    pub address: String,
    pub tls: Tls,
}

/// How its connections are encrypted.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Tls {
    None,
    /// Where it offers STARTTLS, whatever its certificate says.
    Opportunistic,
    /// By STARTTLS, with this identity, and never in clear.
    Required(Identity),
    /// From the first byte, with this identity.
    Implicit(Identity),
}

/// Whose certificate it has to show.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Identity {
    pub name: ServerName<'static>,
    pub authorities: Authorities,
}

/// Who may have signed it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Authorities {
    /// Those that this machine trusts.
    System,
    Own(Arc<[CertificateDer<'static>]>),
}

impl NextHop {
    /// One that is spoken to in clear.
    pub fn in_clear(address: impl Into<String>) -> Self {
        Self {
            address: address.into(),
            tls: Tls::None,
        }
    }

    /// What its address calls it.
    pub fn server_name(&self) -> Option<ServerName<'static>> {
        server_name(&self.address)
    }

    /// Whether it is known for sure to be the one that is meant.
    pub fn is_verified(&self) -> bool {
        matches!(self.tls, Tls::Required(_) | Tls::Implicit(_))
    }
}

/// The host of `host:port`, as a certificate may name it.
pub fn server_name(address: &str) -> Option<ServerName<'static>> {
    let (host, _) = address.rsplit_once(':')?;
    let host = host.strip_prefix('[').unwrap_or(host);
    let host = host.strip_suffix(']').unwrap_or(host);
    ServerName::try_from(host.to_owned()).ok()
}

impl fmt::Display for NextHop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.address)?;
        match &self.tls {
            Tls::None => f.write_str(", in clear"),
            Tls::Opportunistic => Ok(()),
            Tls::Required(identity) => {
                write!(f, ", under TLS as {}", identity.name.to_str())
            }
            Tls::Implicit(identity) => {
                write!(
                    f,
                    ", under TLS from the start as {}",
                    identity.name.to_str()
                )
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_come_from_addresses() {
        let check = |address: &str, expected: Option<&str>| {
            let found = server_name(address);
            assert_eq!(
                found
                    .as_ref()
                    .map(|name| name.to_str().into_owned())
                    .as_deref(),
                expected,
                "{address}"
            );
        };
        check("mail.greenfold.example:25", Some("mail.greenfold.example"));
        check("192.0.2.1:25", Some("192.0.2.1"));
        check("[2001:db8::1]:25", Some("2001:db8::1"));
        check("a b:25", None);
        check("host", None);
    }
}
