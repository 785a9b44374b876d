//! A docx, xlsx or pptx under a password: the streams `EncryptionInfo` and
//! `EncryptedPackage` ([MS-OFFCRYPTO] 2.3.4).

use std::time::Duration;

use super::KNOWN_PASSWORDS;
use super::agile::Agile;
use super::standard::{self, Standard};
use crate::extract::bytes::{u16_at, u32_at};

/// What trying to open a package gave.
pub(crate) enum Package<'a> {
    /// The document in clear, and whether it was never encrypted at all.
    Opened {
        document: Vec<u8>,
        sealed: bool,
    },
    /// No known password opens it.
    Locked(Lock<'a>),
    /// Encrypted in a way in which no password can be tried.
    Sealed {
        why: &'static str,
    },
    /// Each guess takes more work than a reader may be made to do.
    TooDear,
    Unknown,
}

/// Rounds of hashing that one guess may take. Office writes 100,000 and allows
/// ten million, which would cost half a minute for one file.
const MOST_ROUNDS: u32 = 500_000;

/// A package that only its own password opens.
pub(crate) struct Lock<'a> {
    scheme: Scheme<'a>,
    package: &'a [u8],
}

enum Scheme<'a> {
    Agile(Agile),
    Standard(Standard<'a>),
}

pub(crate) fn open<'a>(info: &'a [u8], package: &'a [u8]) -> Package<'a> {
    let content = content_of(package);
    // What claims to be encrypted and is a zip was never encrypted.
    if content.starts_with(b"PK\x03\x04") {
        return Package::Opened {
            document: unpadded(content.to_vec(), package),
            sealed: false,
        };
    }
    let scheme = match (u16_at(info, 0), u16_at(info, 2)) {
        (Some(4), Some(4)) => Agile::parse(info.get(8..).unwrap_or_default()).map(Scheme::Agile),
        (Some(2..=4), Some(2)) => Standard::parse(info).map(Scheme::Standard),
        (Some(3 | 4), Some(3)) => {
            return Package::Sealed {
                why: "encrypted with another program's own cipher (extensible encryption)",
            };
        }
        _ => None,
    };
    let Some(scheme) = scheme else {
        return Package::Unknown;
    };
    let lock = Lock { scheme, package };
    if lock.scheme.rounds() > MOST_ROUNDS {
        return Package::TooDear;
    }
    match KNOWN_PASSWORDS
        .iter()
        .find_map(|password| lock.scheme.key(password))
    {
        Some(key) => match lock.decrypt(&key) {
            Some(document) => Package::Opened {
                document,
                sealed: true,
            },
            None => Package::Unknown,
        },
        None => Package::Locked(lock),
    }
}

impl Lock<'_> {
    pub(crate) fn why(&self) -> String {
        format!("encrypted with a password (AES-{})", self.scheme.key_bits())
    }

    /// What trying one password costs.
    pub(crate) fn cost(&self) -> Duration {
        self.scheme.cost_of_round() * self.scheme.rounds()
    }

    /// The document, if the password is right.
    pub(crate) fn open(&self, password: &str) -> Option<Vec<u8>> {
        self.decrypt(&self.scheme.key(password)?)
    }

    fn decrypt(&self, key: &[u8]) -> Option<Vec<u8>> {
        let content = content_of(self.package);
        let document = match &self.scheme {
            Scheme::Agile(agile) => agile.decrypt(key, content),
            Scheme::Standard(standard) => standard.decrypt(key, content),
        };
        Some(unpadded(document?, self.package))
    }
}

impl Scheme<'_> {
    fn key(&self, password: &str) -> Option<Vec<u8>> {
        match self {
            Self::Agile(agile) => agile.key(password),
            Self::Standard(standard) => standard.key(password),
        }
    }

    fn key_bits(&self) -> usize {
        match self {
            Self::Agile(agile) => agile.key_bits(),
            Self::Standard(standard) => standard.key_bits(),
        }
    }

    fn rounds(&self) -> u32 {
        match self {
            Self::Agile(agile) => agile.rounds(),
            Self::Standard(_) => standard::ROUNDS,
        }
    }

    fn cost_of_round(&self) -> Duration {
        match self {
            Self::Agile(_) => Duration::from_nanos(360),
            Self::Standard(_) => Duration::from_nanos(100),
        }
    }
}

/// What stands behind the document's size.
fn content_of(package: &[u8]) -> &[u8] {
    package.get(8..).unwrap_or_default()
}

/// The document without the padding behind it.
fn unpadded(mut document: Vec<u8>, package: &[u8]) -> Vec<u8> {
    if let Some(size) = u32_at(package, 0) {
        document.truncate(size as usize);
    }
    document
}
