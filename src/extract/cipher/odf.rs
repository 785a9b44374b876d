//! OpenDocument's encryption (ODF 1.3, part 2, 4): each part of the package is
//! under AES with a key of its own, derived from the one password; or, as
//! LibreOffice writes since 24.8, the whole package is one part.

use std::collections::HashMap;
use std::time::Duration;

use aes_gcm::aead::{AeadInOut, KeyInit};
use aes_gcm::{Aes256Gcm, Nonce, Tag};
use argon2::{Algorithm, Argon2, Params, Version};
use sha1::Sha1;
use sha2::{Digest, Sha256};

use super::{aes_cbc, pbkdf2};
use crate::extract::xml::{self, Element, Node};
use crate::mail::encoding;

/// Rounds that deriving one key may take; LibreOffice writes 100,000.
const MOST_ROUNDS: u32 = 500_000;
/// Kilobytes that deriving one key by Argon2 may take, as many as LibreOffice
/// asks for, and passes over them; one takes about a microsecond for each.
const MOST_MEMORY: u32 = 65_536;
const MOST_PASSES: u32 = 8;
const MOST_LANES: u32 = 16;
/// What stands before and behind a part under AES-GCM: its vector, in some
/// programs' files, and the proof that nobody changed it.
const VECTOR: usize = 12;
const TAG: usize = 16;
/// Keys that are derived for one document. No document has more parts with
/// words in them.
const MOST_KEYS: u32 = 50;
/// A key of Argon2 counts for so many others.
const DEAR: u32 = 5;
/// Enough of a part to see whether it unpacks, in bytes.
const BEGINNING: usize = 512;

/// What the manifest says of the encrypted parts, and the password once it is
/// known.
#[derive(Debug, Default)]
pub(crate) struct Sealed {
    parts: HashMap<String, Option<Part>>,
    password: String,
    derived: u32,
}

/// How one part is encrypted.
#[derive(Debug, Clone, Default)]
struct Part {
    vector: Vec<u8>,
    salt: Vec<u8>,
    rounds: u32,
    memory: u32,
    lanes: u32,
    key_bytes: usize,
    /// The password is hashed by SHA-256 before all else, not by SHA-1.
    long_start: bool,
    cipher: Cipher,
    derivation: Derivation,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Cipher {
    #[default]
    Unknown,
    Cbc,
    Gcm,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Derivation {
    #[default]
    Unknown,
    Pbkdf2,
    Argon2,
}

impl Sealed {
    pub(crate) fn parse(manifest: &[u8]) -> Self {
        let mut sealed = Self::default();
        let mut path = String::new();
        let mut part: Option<Part> = None;
        xml::walk(manifest, |node| {
            if let Node::Start(element) | Node::Empty(element) = node {
                match element.name() {
                    b"file-entry" => {
                        sealed
                            .parts
                            .extend(part.take().map(|part| (path.clone(), part.usable())));
                        path = element
                            .attribute("full-path")
                            .unwrap_or_default()
                            .to_string();
                    }
                    b"encryption-data" => part = Some(Part::default()),
                    _ => {
                        if let Some(part) = &mut part {
                            part.take(&element);
                        }
                    }
                }
            }
            true
        });
        sealed.parts.extend(part.map(|part| (path, part.usable())));
        sealed
    }

    pub(crate) fn any(&self) -> bool {
        !self.parts.is_empty()
    }

    pub(crate) fn holds(&self, path: &str) -> bool {
        self.parts.contains_key(path)
    }

    /// What trying a password on this part costs; `None` if none can be tried.
    pub(crate) fn cost(&self, path: &str) -> Option<Duration> {
        let part = self.parts.get(path)?.as_ref()?;
        Some(match part.derivation {
            Derivation::Argon2 => Duration::from_micros(1) * part.rounds * part.memory,
            _ => Duration::from_nanos(800) * part.rounds,
        })
    }

    /// The first bytes of a part under a password that may be right.
    pub(crate) fn beginning(&self, path: &str, bytes: &[u8], password: &str) -> Option<Vec<u8>> {
        let part = self.parts.get(path)?.as_ref()?;
        match part.cipher {
            // It proves itself, but only as a whole.
            Cipher::Gcm => part.decipher(bytes, password),
            _ => part.decipher(&bytes[..bytes.len().min(BEGINNING)], password),
        }
    }

    /// A part under a password that has proven right by opening it.
    pub(crate) fn proven(&self, path: &str, bytes: &[u8], password: &str) -> Option<Vec<u8>> {
        let part = self.parts.get(path)?.as_ref()?;
        match part.cipher {
            Cipher::Gcm => part.decipher(bytes, password),
            _ => None,
        }
    }

    pub(crate) fn unlock(&mut self, password: String) {
        self.password = password;
    }

    /// A part's bytes; `None` too when it would be one key too many.
    pub(crate) fn decipher(&mut self, path: &str, bytes: &[u8]) -> Option<Vec<u8>> {
        let part = self.parts.get(path)?.as_ref()?;
        self.derived += match part.derivation {
            Derivation::Argon2 => DEAR,
            _ => 1,
        };
        if self.derived > MOST_KEYS {
            return None;
        }
        part.decipher(bytes, &self.password)
    }
}

impl Part {
    fn take(&mut self, element: &Element<'_, '_>) {
        let text = |name: &str| element.attribute(name).unwrap_or_default().to_string();
        let base64 = |name: &str| encoding::base64(text(name).as_bytes());
        let number = |name: &str| text(name).parse().unwrap_or(0);
        match element.name() {
            b"algorithm" => {
                self.cipher = match text("algorithm-name") {
                    name if name.ends_with("-cbc") => Cipher::Cbc,
                    name if name.ends_with("-gcm") => Cipher::Gcm,
                    _ => Cipher::Unknown,
                };
                self.vector = base64("initialisation-vector");
            }
            b"key-derivation" => {
                let name = text("key-derivation-name");
                self.salt = base64("salt");
                if name.ends_with("argon2id") {
                    self.derivation = Derivation::Argon2;
                    self.rounds = number("argon2-iterations");
                    self.memory = number("argon2-memory");
                    self.lanes = number("argon2-lanes");
                } else if name == "PBKDF2" || name.ends_with("#pbkdf2") {
                    self.derivation = Derivation::Pbkdf2;
                    self.rounds = number("iteration-count");
                }
                self.key_bytes = number("key-size") as usize;
            }
            b"start-key-generation" => {
                self.long_start = text("start-key-generation-name").ends_with("sha256");
            }
            _ => {}
        }
    }

    /// What is encrypted in another way stays closed.
    fn usable(self) -> Option<Self> {
        let fits = match self.cipher {
            Cipher::Unknown => false,
            Cipher::Cbc => self.vector.len() == 16 && matches!(self.key_bytes, 16 | 24 | 32),
            Cipher::Gcm => self.vector.len() == VECTOR && self.key_bytes == 32,
        };
        let affordable = match self.derivation {
            Derivation::Unknown => false,
            Derivation::Pbkdf2 => self.rounds <= MOST_ROUNDS,
            Derivation::Argon2 => {
                self.rounds <= MOST_PASSES && self.memory <= MOST_MEMORY && self.lanes <= MOST_LANES
            }
        };
        (fits && affordable).then_some(self)
    }

    fn decipher(&self, bytes: &[u8], password: &str) -> Option<Vec<u8>> {
        let start = match self.long_start {
            true => Sha256::digest(password).to_vec(),
            false => Sha1::digest(password).to_vec(),
        };
        let key = match self.derivation {
            Derivation::Argon2 => {
                let params = Params::new(self.memory, self.rounds, self.lanes, None).ok()?;
                let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
                let mut key = vec![0; self.key_bytes];
                argon2
                    .hash_password_into(&start, &self.salt, &mut key)
                    .ok()?;
                key
            }
            _ => pbkdf2::key(&start, &self.salt, self.rounds, self.key_bytes),
        };
        match self.cipher {
            Cipher::Gcm => self.open(&key, bytes),
            _ => aes_cbc(&key, &self.vector, bytes),
        }
    }

    /// AES-GCM, which tells whether the key is right.
    fn open(&self, key: &[u8], bytes: &[u8]) -> Option<Vec<u8>> {
        let sealed = bytes.strip_prefix(&self.vector[..]).unwrap_or(bytes);
        let (sealed, tag) = sealed.split_at_checked(sealed.len().checked_sub(TAG)?)?;
        let nonce = Nonce::try_from(&self.vector[..]).ok()?;
        let tag = Tag::try_from(tag).ok()?;
        let mut clear = sealed.to_vec();
        Aes256Gcm::new_from_slice(key)
            .ok()?
            .decrypt_inout_detached(&nonce, &[], clear.as_mut_slice().into(), &tag)
            .ok()?;
        Some(clear)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WORDS: &[u8] = b"PK\x03\x04 and the rest";

    fn manifest(cipher: &str, passes: &str, memory: &str) -> String {
        format!(
            "<manifest><file-entry full-path='encrypted-package'><encryption-data>\
             <algorithm algorithm-name='{cipher}' initialisation-vector='MTIzNDU2Nzg5MDEy'/>\
             <start-key-generation start-key-generation-name='http://www.w3.org/2001/04/xmlenc#sha256'/>\
             <key-derivation key-derivation-name='urn:manifest:argon2id' key-size='32' salt='c2FsdHNhbHRzYWx0c2FsdA=='\
              argon2-iterations='{passes}' argon2-memory='{memory}' argon2-lanes='1'/>\
             </encryption-data></file-entry></manifest>"
        )
    }

    fn sealed(manifest: &str) -> (Sealed, Vec<u8>) {
        let sealed = Sealed::parse(manifest.as_bytes());
        let mut key = [0; 32];
        let params = Params::new(64, 1, 1, None).expect("good numbers");
        Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
            .hash_password_into(&Sha256::digest("secret"), b"saltsaltsaltsalt", &mut key)
            .expect("a key");
        let mut bytes = WORDS.to_vec();
        let nonce = Nonce::try_from(&b"123456789012"[..]).expect("twelve bytes");
        let tag = Aes256Gcm::new_from_slice(&key)
            .expect("thirty-two bytes")
            .encrypt_inout_detached(&nonce, &[], bytes.as_mut_slice().into())
            .expect("short");
        bytes.extend_from_slice(&tag);
        (sealed, bytes)
    }

    const GCM: &str = "http://www.w3.org/2009/xmlenc11#aes256-gcm";

    #[test]
    fn a_whole_package_opens_with_its_password_only() {
        let (sealed, bytes) = sealed(&manifest(GCM, "1", "64"));
        let prefixed = [b"123456789012", &bytes[..]].concat();
        for bytes in [bytes, prefixed] {
            let opened = |word| sealed.proven("encrypted-package", &bytes, word);
            assert_eq!(opened("secret").as_deref(), Some(WORDS));
            assert_eq!(opened("Secret"), None);
            for length in 0..bytes.len() {
                let cut = sealed.proven("encrypted-package", &bytes[..length], "secret");
                assert_eq!(cut, None, "{length}");
            }
        }
    }

    #[test]
    fn what_proves_nothing_or_costs_too_much_is_not_tried() {
        for (cipher, passes, memory) in [
            ("http://www.w3.org/2001/04/xmlenc#aes256-cbc", "1", "64"),
            (GCM, "9", "64"),
            (GCM, "1", "4294967295"),
            (GCM, "1", "1"),
            (GCM, "0", "64"),
            ("blowfish", "1", "64"),
        ] {
            let (sealed, bytes) = sealed(&manifest(cipher, passes, memory));
            let opened = sealed.proven("encrypted-package", &bytes, "secret");
            assert_eq!(opened, None, "{cipher} {passes} {memory}");
        }
    }
}
