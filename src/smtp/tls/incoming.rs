//! TLS as a server: what clients are shown.

use std::sync::Arc;

use rustls::ServerConfig;
use rustls::sign::SingleCertAndKey;

use super::certificate::Certificate;
use super::provider;

/// The certificate that clients are shown, ready for use. A session keeps the
/// one that it began with; a reload makes a new one for those after it.
#[derive(Debug)]
pub struct Incoming {
    pub certificate: Certificate,
    config: Arc<ServerConfig>,
}

impl Incoming {
    pub fn new(certificate: Certificate) -> Self {
        let shown = SingleCertAndKey::from(certificate.key.clone());
        let config = ServerConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()
            .expect("the provider has ciphers for TLS 1.2 and 1.3")
            .with_no_client_auth()
            .with_cert_resolver(Arc::new(shown));
        Self {
            certificate,
            config: Arc::new(config),
        }
    }

    pub(crate) fn config(&self) -> Arc<ServerConfig> {
        Arc::clone(&self.config)
    }
}
