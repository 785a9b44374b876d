//! OpenDocument's encryption (ODF 1.3, part 2, 4): each part of the package is
//! under AES with a key of its own, derived from the one password.

use std::collections::HashMap;
use std::time::Duration;

use sha1::Sha1;
use sha2::{Digest, Sha256};

use super::{aes_cbc, pbkdf2};
use crate::extract::xml::{self, Element, Node};
use crate::mail::encoding;

/// Rounds that deriving one key may take; LibreOffice writes 100,000.
const MOST_ROUNDS: u32 = 500_000;
/// Keys that are derived for one document. No document has more parts with
/// words in them.
const MOST_KEYS: u32 = 50;
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
    key_bytes: usize,
    /// The password is hashed by SHA-256 before all else, not by SHA-1.
    long_start: bool,
    aes: bool,
    pbkdf2: bool,
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
        Some(Duration::from_nanos(800) * part.rounds)
    }

    /// The first bytes of a part under a password that may be right.
    pub(crate) fn beginning(&self, path: &str, bytes: &[u8], password: &str) -> Option<Vec<u8>> {
        let part = self.parts.get(path)?.as_ref()?;
        part.decipher(&bytes[..bytes.len().min(BEGINNING)], password)
    }

    pub(crate) fn unlock(&mut self, password: String) {
        self.password = password;
    }

    /// A part's bytes; `None` too when it would be one key too many.
    pub(crate) fn decipher(&mut self, path: &str, bytes: &[u8]) -> Option<Vec<u8>> {
        self.derived += 1;
        if self.derived > MOST_KEYS {
            return None;
        }
        self.parts
            .get(path)?
            .as_ref()?
            .decipher(bytes, &self.password)
    }
}

impl Part {
    fn take(&mut self, element: &Element<'_, '_>) {
        let text = |name: &str| element.attribute(name).unwrap_or_default().to_string();
        let base64 = |name: &str| encoding::base64(text(name).as_bytes());
        let number = |name: &str| text(name).parse().unwrap_or(0);
        match element.name() {
            b"algorithm" => {
                self.aes = text("algorithm-name").ends_with("-cbc");
                self.vector = base64("initialisation-vector");
            }
            b"key-derivation" => {
                let name = text("key-derivation-name");
                self.pbkdf2 = name == "PBKDF2" || name.ends_with("#pbkdf2");
                self.salt = base64("salt");
                self.rounds = number("iteration-count");
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
        let known = self.aes && self.pbkdf2 && self.vector.len() == 16;
        let fits = self.rounds <= MOST_ROUNDS && matches!(self.key_bytes, 16 | 24 | 32);
        (known && fits).then_some(self)
    }

    fn decipher(&self, bytes: &[u8], password: &str) -> Option<Vec<u8>> {
        let start = match self.long_start {
            true => Sha256::digest(password).to_vec(),
            false => Sha1::digest(password).to_vec(),
        };
        let key = pbkdf2::key(&start, &self.salt, self.rounds, self.key_bytes);
        aes_cbc(&key, &self.vector, bytes)
    }
}
