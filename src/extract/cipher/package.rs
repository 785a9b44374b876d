//! A docx, xlsx or pptx under a password: the streams `EncryptionInfo` and
//! `EncryptedPackage` ([MS-OFFCRYPTO] 2.3.4).

use super::{KNOWN_PASSWORDS, agile::Agile, standard::Standard};
use crate::extract::bytes::{u16_at, u32_at};

/// What trying to open a package gave.
pub(crate) enum Package {
    /// The document in clear, and whether it was never encrypted at all.
    Opened {
        document: Vec<u8>,
        sealed: bool,
    },
    /// No known password opens it.
    Locked {
        why: String,
    },
    /// Each guess takes more work than a reader may be made to do.
    TooDear,
    Unknown,
}

/// Rounds of hashing that one guess may take. Office writes 100,000 and allows
/// ten million, which would cost half a minute for one file.
const MOST_ROUNDS: u32 = 500_000;

pub(crate) fn open(info: &[u8], package: &[u8]) -> Package {
    let content = package.get(8..).unwrap_or_default();
    // What claims to be encrypted and is a zip was never encrypted.
    if content.starts_with(b"PK\x03\x04") {
        return opened(content.to_vec(), package, false);
    }
    match (u16_at(info, 0), u16_at(info, 2)) {
        (Some(4), Some(4)) => agile(info, package, content),
        (Some(2..=4), Some(2)) => standard(info, package, content),
        (Some(3 | 4), Some(3)) => Package::Locked {
            why: "encrypted with another program's own cipher (extensible encryption)".to_owned(),
        },
        _ => Package::Unknown,
    }
}

fn agile(info: &[u8], package: &[u8], content: &[u8]) -> Package {
    let Some(agile) = Agile::parse(info.get(8..).unwrap_or_default()) else {
        return Package::Unknown;
    };
    if agile.rounds() > MOST_ROUNDS {
        return Package::TooDear;
    }
    match KNOWN_PASSWORDS
        .iter()
        .find_map(|password| agile.key(password))
    {
        Some(key) => match agile.decrypt(&key, content) {
            Some(document) => opened(document, package, true),
            None => Package::Unknown,
        },
        None => Package::Locked {
            why: format!("encrypted with a password (AES-{})", agile.key_bits()),
        },
    }
}

fn standard(info: &[u8], package: &[u8], content: &[u8]) -> Package {
    let Some(standard) = Standard::parse(info) else {
        return Package::Unknown;
    };
    match KNOWN_PASSWORDS
        .iter()
        .find_map(|password| standard.key(password))
    {
        Some(key) => match standard.decrypt(&key, content) {
            Some(document) => opened(document, package, true),
            None => Package::Unknown,
        },
        None => Package::Locked {
            why: format!("encrypted with a password (AES-{})", standard.key_bits()),
        },
    }
}

/// The document without the padding behind it.
fn opened(mut document: Vec<u8>, package: &[u8], sealed: bool) -> Package {
    if let Some(size) = u32_at(package, 0) {
        document.truncate(size as usize);
    }
    Package::Opened { document, sealed }
}
