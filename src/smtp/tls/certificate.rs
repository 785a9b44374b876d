//! A certificate with its key, out of PEM: whether the two belong together,
//! whose it is, and until when.

use jiff::Timestamp;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, UnixTime};
use rustls::sign::CertifiedKey;
use rustls::{Error, InconsistentKeys};
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::FromDer;

use super::provider;

/// How many days before its end a certificate is spoken of.
const SOON: i64 = 21;

/// A certificate with its chain and key.
#[derive(Debug)]
pub struct Certificate {
    /// The names that it is for; of a certificate without any, its subject's.
    pub names: Vec<String>,
    pub begins: Timestamp,
    pub ends: Timestamp,
    pub(super) key: CertifiedKey,
}

/// Where a certificate stands in its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Age {
    NotYet,
    Good,
    EndsSoon,
    Over,
}

#[derive(Debug, thiserror::Error)]
pub enum CertificateError {
    #[error("there is no certificate in PEM in it")]
    NoCertificate,
    #[error("a certificate in it is broken")]
    Broken,
    #[error("there is no private key in PEM in it, or it is under a password")]
    NoKey,
    #[error("a key of this kind cannot be used: {0}")]
    Key(Error),
    #[error(
        "the key does not belong to the certificate: a certificate's own comes first in its file"
    )]
    Mismatch,
}

impl Certificate {
    /// `chain` begins with the certificate itself, and goes on with those that
    /// signed it.
    pub fn from_pem(chain: &[u8], key: &[u8]) -> Result<Self, CertificateError> {
        let chain = certificates(chain)?;
        let key = PrivateKeyDer::from_pem_slice(key).map_err(|_| CertificateError::NoKey)?;
        let (names, begins, ends) = read(&chain[0]).ok_or(CertificateError::Broken)?;
        let key = CertifiedKey::from_der(chain, key, &provider()).map_err(|error| match error {
            Error::InconsistentKeys(InconsistentKeys::KeyMismatch) => CertificateError::Mismatch,
            error => CertificateError::Key(error),
        })?;
        Ok(Self {
            names,
            begins,
            ends,
            key,
        })
    }

    pub fn age(&self, now: Timestamp) -> Age {
        match () {
            () if now < self.begins => Age::NotYet,
            () if now > self.ends => Age::Over,
            () if self.days_left(now) < SOON => Age::EndsSoon,
            () => Age::Good,
        }
    }

    pub fn days_left(&self, now: Timestamp) -> i64 {
        (self.ends.as_second() - now.as_second()) / (24 * 60 * 60)
    }
}

/// The names that a chain's own certificate is for.
pub(crate) fn names(chain: &[CertificateDer<'_>]) -> Vec<String> {
    let own = chain.first().and_then(read);
    own.map_or_else(Vec::new, |(names, _, _)| names)
}

/// Whether this is within the time of a certificate.
pub(super) fn is_good_at(der: &CertificateDer<'_>, now: UnixTime) -> bool {
    let now = i64::try_from(now.as_secs()).unwrap_or(i64::MAX);
    read(der).is_some_and(|(_, begins, ends)| begins.as_second() <= now && now <= ends.as_second())
}

/// All certificates of a PEM file, in order; never none.
pub fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, CertificateError> {
    let all: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    match all {
        Ok(all) if all.is_empty() => Err(CertificateError::NoCertificate),
        Ok(all) => Ok(all),
        Err(_) => Err(CertificateError::Broken),
    }
}

/// Names, first and last second.
fn read(der: &CertificateDer<'_>) -> Option<(Vec<String>, Timestamp, Timestamp)> {
    let (_, certificate) = X509Certificate::from_der(der).ok()?;
    let mut names = Vec::new();
    if let Ok(Some(alternatives)) = certificate.subject_alternative_name() {
        for name in &alternatives.value.general_names {
            match name {
                GeneralName::DNSName(name) => names.push((*name).to_owned()),
                GeneralName::IPAddress(bytes) => names.extend(address(bytes)),
                _ => {}
            }
        }
    }
    if names.is_empty() {
        let subject = certificate.subject().iter_common_name().next();
        names.extend(subject.and_then(|name| Some(name.as_str().ok()?.to_owned())));
    }
    let validity = certificate.validity();
    let second = |second| Timestamp::from_second(second).ok();
    Some((
        names,
        second(validity.not_before.timestamp())?,
        second(validity.not_after.timestamp())?,
    ))
}

fn address(bytes: &[u8]) -> Option<String> {
    if let Ok(four) = <[u8; 4]>::try_from(bytes) {
        return Some(std::net::Ipv4Addr::from(four).to_string());
    }
    let sixteen = <[u8; 16]>::try_from(bytes).ok()?;
    Some(std::net::Ipv6Addr::from(sixteen).to_string())
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, KeyPair, date_time_ymd};

    use super::*;

    fn made(names: &[&str]) -> (String, String) {
        let key = KeyPair::generate().expect("a key");
        let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
        let mut params = CertificateParams::new(names).expect("names");
        params.not_before = date_time_ymd(2026, 1, 1);
        params.not_after = date_time_ymd(2026, 12, 31);
        let certificate = params.self_signed(&key).expect("a certificate");
        (certificate.pem(), key.serialize_pem())
    }

    #[test]
    fn a_certificate_tells_its_names_and_its_time() {
        let (chain, key) = made(&["mail.greenfold.example", "192.0.2.1", "2001:db8::1"]);
        let found = Certificate::from_pem(chain.as_bytes(), key.as_bytes()).expect("sound");
        assert_eq!(
            found.names,
            ["mail.greenfold.example", "192.0.2.1", "2001:db8::1"]
        );
        let check = |day: &str, expected: Age| {
            let now: Timestamp = format!("{day}T12:00:00Z").parse().expect("a time");
            assert_eq!(found.age(now), expected, "{day}");
        };
        check("2025-12-31", Age::NotYet);
        check("2026-01-01", Age::Good);
        check("2026-12-08", Age::Good);
        check("2026-12-11", Age::EndsSoon);
        check("2026-12-30", Age::EndsSoon);
        check("2027-01-01", Age::Over);
    }

    #[test]
    fn what_does_not_fit_is_told() {
        let (chain, key) = made(&["a.example"]);
        let (_, other) = made(&["b.example"]);
        let check = |chain: &str, key: &str, expected: &str| {
            let error = Certificate::from_pem(chain.as_bytes(), key.as_bytes())
                .expect_err(expected)
                .to_string();
            assert!(error.contains(expected), "{error}");
        };
        check(&chain, &other, "does not belong");
        check(&key, &key, "no certificate");
        check(&chain, &chain, "no private key");
        check("", "", "no certificate");
        let cut = chain.replace("-----END", "");
        check(&cut, &key, "broken");
        let hollow = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        check(hollow, &key, "broken");
        let locked =
            "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n";
        check(&chain, locked, "under a password");
    }

    proptest::proptest! {
        #[test]
        fn nothing_panics(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..200)) {
            let _ = read(&CertificateDer::from(bytes.clone()));
            let _ = Certificate::from_pem(&bytes, &bytes);
        }
    }
}
