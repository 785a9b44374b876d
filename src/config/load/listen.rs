//! `[listen]`: where mail comes in, from whom, and under which certificate.

use std::path::Path;
use std::sync::Arc;

use super::{Loading, file};
use crate::smtp::tls::{Certificate, CertificateError, Incoming};
use crate::smtp::{self, Account, Client, provider_in};

impl Loading<'_> {
    pub(super) fn relay(&mut self, listen: file::Listen) -> Option<smtp::Settings> {
        let smtp = self.required(listen.smtp, &["listen", "smtp"], "\"127.0.0.1:2525\"");
        let clients = self.required(listen.clients, &["listen", "clients"], "[\"127.0.0.1/32\"]");
        let given = listen.certificate.is_some() || listen.key.is_some();
        self.check_accounts(&listen.account, given);
        let clients = clients.map(|clients| self.clients(clients, given));
        let asks = |clients: &Vec<Client>| clients.iter().any(|one| one.certificate.is_some());
        let asks = clients.as_ref().is_some_and(asks);
        let tls = self.tls(listen.certificate.as_deref(), listen.key.as_deref(), asks);
        if listen.smtps.is_some() && !given {
            self.fault(
                &["listen", "smtps"],
                "`smtps` needs a `certificate` and its `key` beside it",
            );
        }
        Some(smtp::Settings {
            smtp: smtp?,
            smtps: listen.smtps.unwrap_or_default(),
            tls,
            clients: clients?,
            accounts: listen.account,
            hostname: listen.hostname.unwrap_or_else(smtp::system_hostname),
            limits: listen.limits,
        })
    }

    /// The entries with the authorities that they name.
    fn clients(&mut self, mut clients: Vec<Client>, under_tls: bool) -> Vec<Client> {
        for (index, client) in clients.iter_mut().enumerate() {
            let index = index.to_string();
            let place = ["listen", "clients", &index];
            if let Some(shown) = &mut client.certificate {
                let ca = [&place[..], &["ca"]].concat();
                if let Some(authorities) = self.authorities(&ca, shown.ca.as_deref())
                    && let Err(error) = shown.trust(&authorities)
                {
                    self.fault(&ca, error.to_string());
                }
                if !under_tls {
                    self.fault(
                        &place,
                        "a client can show a `certificate` only under TLS: [listen] needs `certificate` and `key`",
                    );
                }
            }
            if client.header.is_none() {
                self.warn_of_providers(client);
            }
        }
        clients
    }

    fn check_accounts(&mut self, accounts: &[Account], under_tls: bool) {
        if !accounts.is_empty() && !under_tls {
            self.fault(
                &["listen", "account"],
                "accounts sign in only under TLS: [listen] needs `certificate` and `key`",
            );
        }
        for (index, account) in accounts.iter().enumerate() {
            let index = index.to_string();
            let place = ["listen", "account", &index, "name"];
            if account.name.is_empty() {
                self.fault(&place, "an account has a name");
            }
            let earlier = accounts
                .iter()
                .take_while(|other| !std::ptr::eq(*other, account));
            if earlier.into_iter().any(|other| other.name == account.name) {
                self.fault(&place, "another account has the same name");
            }
        }
    }

    /// An address that everybody can send from opens the relay to everybody.
    fn warn_of_providers(&mut self, client: &Client) {
        for &network in &client.networks {
            if let Some(provider) = provider_in(network) {
                self.warnings.push(format!(
                    "[listen] clients: {network} has addresses of {provider}, which all of its customers send from: \
                     without a `header` that only your own mail bears, anybody there may send mail that claims to be yours"
                ));
            }
        }
    }

    /// The certificate that clients are shown. One that has expired is no
    /// fault here: clients that look at the date keep their mail, and it
    /// would help nobody if all others had to.
    fn tls(
        &mut self,
        certificate: Option<&Path>,
        key: Option<&Path>,
        asks: bool,
    ) -> Option<Arc<Incoming>> {
        if certificate.is_none() && key.is_none() {
            return None;
        }
        let (certificate, key) = (
            self.required(certificate, &["listen", "certificate"], "\"mail.pem\""),
            self.required(key, &["listen", "key"], "\"mail.key\""),
        );
        self.warn_if_shown(key);
        let chain = self.read(&["listen", "certificate"], certificate);
        let key = self.read(&["listen", "key"], key);
        let (chain, key) = (chain?, key?);
        match Certificate::from_pem(&chain.bytes, &key.bytes) {
            Ok(certificate) => Some(Arc::new(Incoming::new(certificate, asks))),
            Err(error) => {
                let (place, name) = match error {
                    CertificateError::NoCertificate | CertificateError::Broken => {
                        ("certificate", chain.name)
                    }
                    _ => ("key", key.name),
                };
                self.fault(&["listen", place], format!("{name}: {error}"));
                None
            }
        }
    }
}
