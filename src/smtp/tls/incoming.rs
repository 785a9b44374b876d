//! TLS as a server: what clients are shown, and may show.

use std::sync::Arc;

use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::{verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::sign::SingleCertAndKey;
use rustls::{DigitallySignedStruct, DistinguishedName, Error, ServerConfig, SignatureScheme};

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
    /// `asks` clients for a certificate of theirs; they need not have one.
    pub fn new(certificate: Certificate, asks: bool) -> Self {
        let shown = SingleCertAndKey::from(certificate.key.clone());
        let config = ServerConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()
            .expect("the provider has ciphers for TLS 1.2 and 1.3");
        let config = match asks {
            true => config.with_client_cert_verifier(Arc::new(Anyone)),
            false => config.with_no_client_auth(),
        };
        let config = config.with_cert_resolver(Arc::new(shown));
        Self {
            certificate,
            config: Arc::new(config),
        }
    }

    pub(crate) fn config(&self) -> Arc<ServerConfig> {
        Arc::clone(&self.config)
    }
}

/// Takes whatever certificate a client has the key of. What it is good for
/// depends on the client's entry, which is looked for afterwards: a client
/// with a certificate that nobody asked for is no worse than one without.
#[derive(Debug)]
struct Anyone;

impl ClientCertVerifier for Anyone {
    fn client_auth_mandatory(&self) -> bool {
        false
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = provider().signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signed, &algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = provider().signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signed, &algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        provider()
            .signature_verification_algorithms
            .supported_schemes()
    }
}
