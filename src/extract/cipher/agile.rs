//! Agile encryption, which Office writes since 2010 ([MS-OFFCRYPTO] 2.3.4.10
//! to 2.3.4.15): its parameters are XML.

use md5::Md5;
use sha1::Sha1;
use sha2::digest::FixedOutputReset;
use sha2::{Digest, Sha256, Sha384, Sha512};

use super::{aes_cbc, utf16le};
use crate::extract::xml::{self, Element, Node};
use crate::mail::encoding;

/// Pieces of the package that have an initialisation vector each.
const SEGMENT: usize = 4_096;
/// Nothing lists more passwords for one document.
const MOST_ENCRYPTORS: usize = 4;

const VERIFIER_INPUT: [u8; 8] = [0xfe, 0xa7, 0xd2, 0x76, 0x3b, 0x4b, 0x9e, 0x79];
const VERIFIER_VALUE: [u8; 8] = [0xd7, 0xaa, 0x0f, 0x6d, 0x30, 0x61, 0x34, 0x4e];
const KEY_VALUE: [u8; 8] = [0x14, 0x6e, 0x0b, 0xe7, 0xab, 0xac, 0xd0, 0xd6];

pub(super) struct Agile {
    data: Parameters,
    encryptors: Vec<Encryptor>,
}

/// How a key is used, of the data or of a password.
struct Parameters {
    salt: Vec<u8>,
    key_bytes: usize,
    hash: Hash,
}

/// The document's key under one password.
struct Encryptor {
    parameters: Parameters,
    rounds: u32,
    verifier_input: Vec<u8>,
    verifier_value: Vec<u8>,
    key_value: Vec<u8>,
}

#[derive(Clone, Copy)]
enum Hash {
    Md5,
    Sha1,
    Sha256,
    Sha384,
    Sha512,
}

impl Agile {
    pub(super) fn parse(xml: &[u8]) -> Option<Self> {
        let mut data = None;
        let mut encryptors = Vec::new();
        xml::walk(xml, |node| {
            if let Node::Start(element) | Node::Empty(element) = node {
                match element.name() {
                    b"keyData" => data = Parameters::parse(&element),
                    // One for a certificate has no rounds.
                    b"encryptedKey" if encryptors.len() < MOST_ENCRYPTORS => {
                        encryptors.extend(Encryptor::parse(&element));
                    }
                    _ => {}
                }
            }
            true
        });
        let data = data?;
        (!encryptors.is_empty()).then_some(Self { data, encryptors })
    }

    /// Rounds that trying one password takes.
    pub(super) fn rounds(&self) -> u32 {
        let rounds = self.encryptors.iter().map(|encryptor| encryptor.rounds);
        rounds.fold(0, u32::saturating_add)
    }

    pub(super) fn key_bits(&self) -> usize {
        self.data.key_bytes * 8
    }

    /// The document's key, if the password is right.
    pub(super) fn key(&self, password: &str) -> Option<Vec<u8>> {
        let key = self
            .encryptors
            .iter()
            .find_map(|encryptor| encryptor.key(password))?;
        Some(key.get(..self.data.key_bytes)?.to_vec())
    }

    pub(super) fn decrypt(&self, key: &[u8], content: &[u8]) -> Option<Vec<u8>> {
        let mut out = Vec::with_capacity(content.len());
        for (number, segment) in content.chunks(SEGMENT).enumerate() {
            let number = (number as u32).to_le_bytes();
            let iv = self.data.hash.of(&[&self.data.salt, &number]);
            out.extend(aes_cbc(key, &fitted(iv, 16), segment)?);
        }
        Some(out)
    }
}

impl Parameters {
    fn parse(element: &Element<'_, '_>) -> Option<Self> {
        let cipher = element.attribute("cipherAlgorithm")?;
        let chaining = element.attribute("cipherChaining")?;
        let bits = element.number("keyBits")?;
        if cipher != "AES" || chaining != "ChainingModeCBC" || !matches!(bits, 128 | 192 | 256) {
            return None;
        }
        Some(Self {
            salt: base64(element, "saltValue")?,
            key_bytes: bits as usize / 8,
            hash: Hash::parse(&element.attribute("hashAlgorithm")?)?,
        })
    }
}

impl Encryptor {
    fn parse(element: &Element<'_, '_>) -> Option<Self> {
        Some(Self {
            parameters: Parameters::parse(element)?,
            rounds: element.number("spinCount")?,
            verifier_input: base64(element, "encryptedVerifierHashInput")?,
            verifier_value: base64(element, "encryptedVerifierHashValue")?,
            key_value: base64(element, "encryptedKeyValue")?,
        })
    }

    /// 2.3.4.13: the password is right if the verifier's hash is its own.
    fn key(&self, password: &str) -> Option<Vec<u8>> {
        let Parameters { salt, hash, .. } = &self.parameters;
        let hashed = hash.stretched(salt, password, self.rounds);
        let input = self.unlock(&hashed, &VERIFIER_INPUT, &self.verifier_input)?;
        let value = self.unlock(&hashed, &VERIFIER_VALUE, &self.verifier_value)?;
        let expected = hash.of(&[input.get(..salt.len())?]);
        if !value.starts_with(&expected) {
            return None;
        }
        self.unlock(&hashed, &KEY_VALUE, &self.key_value)
    }

    fn unlock(&self, hashed: &[u8], block: &[u8; 8], bytes: &[u8]) -> Option<Vec<u8>> {
        let Parameters {
            salt,
            key_bytes,
            hash,
        } = &self.parameters;
        let key = fitted(hash.of(&[hashed, block]), *key_bytes);
        aes_cbc(&key, &fitted(salt.clone(), 16), bytes)
    }
}

impl Hash {
    fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "MD5" => Self::Md5,
            "SHA1" | "SHA-1" => Self::Sha1,
            "SHA256" | "SHA-256" => Self::Sha256,
            "SHA384" | "SHA-384" => Self::Sha384,
            "SHA512" | "SHA-512" => Self::Sha512,
            _ => return None,
        })
    }

    /// The hash of a password, hashed over and over: this is what a trial
    /// costs, so that nothing is allocated in it.
    fn stretched(self, salt: &[u8], password: &str, rounds: u32) -> Vec<u8> {
        fn stretch<D: Digest + FixedOutputReset>(
            salt: &[u8],
            password: &str,
            rounds: u32,
        ) -> Vec<u8> {
            let first = D::new().chain_update(salt);
            let mut hashed = first.chain_update(utf16le(password)).finalize();
            let mut digest = D::new();
            for round in 0..rounds {
                Digest::update(&mut digest, round.to_le_bytes());
                Digest::update(&mut digest, &hashed);
                Digest::finalize_into_reset(&mut digest, &mut hashed);
            }
            hashed.to_vec()
        }
        match self {
            Self::Md5 => stretch::<Md5>(salt, password, rounds),
            Self::Sha1 => stretch::<Sha1>(salt, password, rounds),
            Self::Sha256 => stretch::<Sha256>(salt, password, rounds),
            Self::Sha384 => stretch::<Sha384>(salt, password, rounds),
            Self::Sha512 => stretch::<Sha512>(salt, password, rounds),
        }
    }

    fn of(self, parts: &[&[u8]]) -> Vec<u8> {
        fn digest<D: Digest>(parts: &[&[u8]]) -> Vec<u8> {
            let mut digest = D::new();
            parts.iter().for_each(|part| digest.update(part));
            digest.finalize().to_vec()
        }
        match self {
            Self::Md5 => digest::<Md5>(parts),
            Self::Sha1 => digest::<Sha1>(parts),
            Self::Sha256 => digest::<Sha256>(parts),
            Self::Sha384 => digest::<Sha384>(parts),
            Self::Sha512 => digest::<Sha512>(parts),
        }
    }
}

/// A hash cut to a length, or filled up to it as 2.3.4.11 says.
fn fitted(mut bytes: Vec<u8>, length: usize) -> Vec<u8> {
    bytes.resize(length, 0x36);
    bytes
}

fn base64(element: &Element<'_, '_>, name: &str) -> Option<Vec<u8>> {
    Some(encoding::base64(element.attribute(name)?.as_bytes()))
}
