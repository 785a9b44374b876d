//! The certificate that a client has to show.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::SystemTime;

use rustls::RootCertStore;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use webpki::{EndEntityCert, KeyUsage};

use super::NoAuthority;
use super::{outgoing, provider};
use crate::tenant::Authorities;

/// A certificate for one of these names, signed by one of these authorities.
#[derive(Debug, Clone)]
pub struct Shown {
    names: Vec<ServerName<'static>>,
    /// PEM: those authorities; the system's, if there is no such file.
    pub ca: Option<PathBuf>,
    /// None at all until they have been read.
    roots: Arc<RootCertStore>,
}

impl Shown {
    pub(crate) fn new(names: Vec<ServerName<'static>>, ca: Option<PathBuf>) -> Self {
        Self {
            names,
            ca,
            roots: Arc::new(RootCertStore::empty()),
        }
    }

    /// Who may have signed it.
    pub fn trust(&mut self, authorities: &Authorities) -> Result<(), NoAuthority> {
        self.roots = Arc::new(outgoing::roots(authorities)?);
        Ok(())
    }

    /// Whether a client, whose key the handshake has proved, shows it.
    pub(crate) fn is_among(&self, certificates: &[CertificateDer<'_>]) -> bool {
        let Some((own, others)) = certificates.split_first() else {
            return false;
        };
        let Ok(own) = EndEntityCert::try_from(own) else {
            return false;
        };
        let Ok(now) = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH) else {
            return false;
        };
        let is_for = |name| own.verify_is_valid_for_subject_name(name).is_ok();
        // The public authorities have ceased to sign certificates for clients,
        // so mail servers show the one that they have as servers.
        let usages = [KeyUsage::client_auth(), KeyUsage::server_auth()];
        let is_good = |usage| {
            own.verify_for_usage(
                provider().signature_verification_algorithms.all,
                &self.roots.roots,
                others,
                UnixTime::since_unix_epoch(now),
                usage,
                None,
                None,
            )
            .is_ok()
        };
        self.names.iter().any(is_for) && usages.into_iter().any(is_good)
    }
}
