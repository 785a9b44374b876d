//! TLS: what Exeat shows its clients, and what it asks of next hops.
//!
//! Configurations are made whole when the file is read, so that a fault in a
//! certificate is told then, and never met by a client first.

mod certificate;
mod incoming;

use std::sync::{Arc, LazyLock};

use tokio_rustls::rustls::crypto::{CryptoProvider, ring};

pub use certificate::{Age, Certificate, CertificateError};
pub use incoming::Incoming;

/// The one provider of ciphers, whatever else the program is linked with.
static PROVIDER: LazyLock<Arc<CryptoProvider>> =
    LazyLock::new(|| Arc::new(ring::default_provider()));

fn provider() -> Arc<CryptoProvider> {
    Arc::clone(&PROVIDER)
}
