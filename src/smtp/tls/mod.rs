//! TLS: what Exeat shows its clients, and what it asks of next hops.
//!
//! Configurations are made whole when the file is read, so that a fault in a
//! certificate is told then, and never met by a client first.

mod certificate;
mod incoming;
pub(crate) mod outgoing;
mod shown;

use std::sync::{Arc, LazyLock};

use rustls::crypto::{CryptoProvider, ring};

use crate::tenant::Authorities;

pub(crate) use certificate::names;
pub use certificate::{Age, Certificate, CertificateError, certificates};
pub use incoming::Incoming;
pub use outgoing::NoAuthority;
pub use shown::Shown;

/// The one provider of ciphers, whatever else the program is linked with.
static PROVIDER: LazyLock<Arc<CryptoProvider>> =
    LazyLock::new(|| Arc::new(ring::default_provider()));

/// Whether any certificate could be verified with these.
pub fn has_authorities(authorities: &Authorities) -> bool {
    outgoing::roots(authorities).is_ok()
}

fn provider() -> Arc<CryptoProvider> {
    Arc::clone(&PROVIDER)
}
