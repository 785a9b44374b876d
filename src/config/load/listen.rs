//! `[listen]`: where mail comes in, from whom, and under which certificate.

use std::path::Path;
use std::sync::Arc;

use super::{Loading, file};
use crate::smtp;
use crate::smtp::tls::{Certificate, CertificateError, Incoming};

impl Loading<'_> {
    pub(super) fn relay(&mut self, listen: file::Listen) -> Option<smtp::Settings> {
        let smtp = self.required(listen.smtp, &["listen", "smtp"], "\"127.0.0.1:2525\"");
        let clients = self.required(listen.clients, &["listen", "clients"], "[\"127.0.0.1/32\"]");
        let given = listen.certificate.is_some() || listen.key.is_some();
        let tls = self.tls(listen.certificate.as_deref(), listen.key.as_deref());
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
            hostname: listen.hostname.unwrap_or_else(smtp::system_hostname),
            limits: listen.limits,
        })
    }

    /// The certificate that clients are shown. One that has expired is no
    /// fault here: clients that look at the date keep their mail, and it
    /// would help nobody if all others had to.
    fn tls(&mut self, certificate: Option<&Path>, key: Option<&Path>) -> Option<Arc<Incoming>> {
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
            Ok(certificate) => Some(Arc::new(Incoming::new(certificate))),
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
