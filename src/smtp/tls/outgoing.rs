//! TLS as a client of next hops: with whoever answers where encryption is
//! only a bonus, and with the right one alone where it is required.

use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};
use webpki::EndEntityCert;

use super::certificate::is_good_at;
use super::provider;
use crate::tenant::{Authorities, Identity, NextHop, Tls};

/// How connections to one next hop come to be encrypted.
#[derive(Debug, Clone)]
pub(crate) enum Outgoing {
    InClear,
    /// If it offers it, whoever it is (RFC 7435).
    IfOffered(Handshake),
    /// By STARTTLS, or not at all.
    Required(Handshake),
    /// From the first byte.
    Implicit(Handshake),
}

#[derive(Debug, Clone)]
pub(crate) struct Handshake {
    pub(crate) config: Arc<ClientConfig>,
    pub(crate) name: ServerName<'static>,
}

/// No certificate could be verified.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this machine knows no certificate authority")]
pub struct NoAuthority;

impl Outgoing {
    pub(crate) fn of(next_hop: &NextHop) -> Result<Self, NoAuthority> {
        Ok(match &next_hop.tls {
            Tls::None => Self::InClear,
            Tls::Opportunistic => Self::IfOffered(Handshake {
                config: client(Arc::new(Anyone)),
                name: next_hop.server_name().unwrap_or_else(unnamed),
            }),
            Tls::Required(identity) => Self::Required(Handshake::with(identity)?),
            Tls::Implicit(identity) => Self::Implicit(Handshake::with(identity)?),
        })
    }

    /// From the first byte, with whoever answers: for a look at a server that
    /// gets no mail.
    pub(crate) fn implicit_with_anyone() -> Self {
        Self::Implicit(Handshake {
            config: client(Arc::new(Anyone)),
            name: unnamed(),
        })
    }
}

impl Handshake {
    fn with(identity: &Identity) -> Result<Self, NoAuthority> {
        let roots = Arc::new(roots(&identity.authorities)?);
        let verifier = WebPkiServerVerifier::builder_with_provider(roots, provider());
        let verifier = verifier.build().map_err(|_| NoAuthority)?;
        Ok(Self {
            config: match &identity.authorities {
                Authorities::System => client(verifier),
                Authorities::Own(own) => client(Arc::new(Pinning {
                    own: Arc::clone(own),
                    verifier,
                })),
            },
            name: identity.name.clone(),
        })
    }
}

/// The authorities that may have signed; never none.
pub(crate) fn roots(authorities: &Authorities) -> Result<RootCertStore, NoAuthority> {
    let mut roots = RootCertStore::empty();
    match authorities {
        Authorities::System => {
            roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        }
        Authorities::Own(own) => {
            roots.add_parsable_certificates(own.iter().cloned());
        }
    }
    match roots.is_empty() {
        true => Err(NoAuthority),
        false => Ok(roots),
    }
}

fn client(verifier: Arc<dyn ServerCertVerifier>) -> Arc<ClientConfig> {
    let config = ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .expect("the provider has ciphers for TLS 1.2 and 1.3")
        .dangerous()
        .with_custom_certificate_verifier(verifier)
        .with_no_client_auth();
    Arc::new(config)
}

/// A next hop whose name no certificate could be for.
fn unnamed() -> ServerName<'static> {
    ServerName::try_from("localhost").expect("a name")
}

/// Verifies, and takes besides what stands itself among the authorities: a
/// certificate that a server has signed for itself says that it is one, and
/// such are no servers' to whoever goes by the letter (RFC 5280).
#[derive(Debug)]
struct Pinning {
    own: Arc<[CertificateDer<'static>]>,
    verifier: Arc<WebPkiServerVerifier>,
}

impl ServerCertVerifier for Pinning {
    fn verify_server_cert(
        &self,
        shown: &CertificateDer<'_>,
        others: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let verified = self
            .verifier
            .verify_server_cert(shown, others, name, ocsp, now);
        verified.or_else(|error| {
            let is_for = |name: &ServerName<'_>| {
                EndEntityCert::try_from(shown)
                    .and_then(|shown| shown.verify_is_valid_for_subject_name(name))
                    .is_ok()
            };
            let pinned = self.own.contains(shown) && is_good_at(shown, now) && is_for(name);
            pinned.then(ServerCertVerified::assertion).ok_or(error)
        })
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        shown: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.verifier.verify_tls12_signature(message, shown, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        shown: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.verifier.verify_tls13_signature(message, shown, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.verifier.supported_verify_schemes()
    }
}

/// Takes every certificate, also an old or odd one. Nobody is known by it, so
/// there is nothing to verify: who could alter the handshake could as well
/// have hidden the offer of TLS.
#[derive(Debug)]
struct Anyone;

impl ServerCertVerifier for Anyone {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        provider()
            .signature_verification_algorithms
            .supported_schemes()
    }
}
