//! The ciphers of Office 97 to 2003: RC4 under a key of 40 bits
//! ([MS-OFFCRYPTO] 2.3.6), RC4 through CryptoAPI (2.3.5), and the XOR of Excel
//! and Word (2.3.7).

use std::time::Duration;

use encoding_rs::WINDOWS_1252;
use md5::{Digest, Md5};
use rc4::{KeyInit, Rc4, StreamCipher};
use sha1::Sha1;

use super::{KNOWN_PASSWORDS, OPENS_FOR_ANYONE, utf16le};
use crate::extract::Protection;
use crate::extract::bytes::{u16_at, u32_at};
use crate::extract::harvest::{Harvest, Place};

/// What trying one password costs: a few hashes.
const RC4_TRIAL: Duration = Duration::from_micros(5);
const XOR_TRIAL: Duration = Duration::from_micros(1);

/// What a document's header says of its encryption.
#[derive(Clone)]
pub(crate) struct Rc4Header {
    scheme: Scheme,
    salt: Vec<u8>,
    verifier: Vec<u8>,
    verifier_hash: Vec<u8>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Scheme {
    Forty,
    /// With the key's length in bits.
    CryptoApi(u32),
}

/// A key that has proven right.
#[derive(Clone)]
pub(crate) struct Rc4Key {
    scheme: Scheme,
    base: Vec<u8>,
}

impl Rc4Header {
    /// Reads the structure that begins with the two version numbers.
    pub(crate) fn parse(bytes: &[u8]) -> Option<Self> {
        match (u16_at(bytes, 0)?, u16_at(bytes, 2)?) {
            (1, 1) => Some(Self {
                scheme: Scheme::Forty,
                salt: bytes.get(4..20)?.to_vec(),
                verifier: bytes.get(20..36)?.to_vec(),
                verifier_hash: bytes.get(36..52)?.to_vec(),
            }),
            (2..=4, 2) => {
                let header_size = u32_at(bytes, 8)? as usize;
                let bits = match u32_at(bytes, 12 + 16)? {
                    0 => 40,
                    bits @ 40..=128 => bits,
                    _ => return None,
                };
                let verifier = bytes.get(12_usize.checked_add(header_size)?..)?;
                Some(Self {
                    scheme: Scheme::CryptoApi(bits),
                    salt: verifier.get(4..20)?.to_vec(),
                    verifier: verifier.get(20..36)?.to_vec(),
                    verifier_hash: verifier.get(40..60)?.to_vec(),
                })
            }
            _ => None,
        }
    }

    /// The key, if a password that everybody knows opens the document or one
    /// that stands in the message; tells either way what that means for its
    /// protection.
    pub(crate) fn unlock(&self, place: &Place, harvest: &mut Harvest<'_>) -> Option<Rc4Key> {
        let known = self.known_key();
        let (protection, why) = match known {
            Some(_) => OPENS_FOR_ANYONE,
            None => self.strength(),
        };
        harvest.closed(place, protection, why);
        known.or_else(|| harvest.try_words(place, RC4_TRIAL, |word| self.key(word)))
    }

    /// The key, if a password that everybody knows opens the document.
    fn known_key(&self) -> Option<Rc4Key> {
        KNOWN_PASSWORDS
            .iter()
            .find_map(|password| self.key(password))
    }

    fn key(&self, password: &str) -> Option<Rc4Key> {
        let password = utf16le(password);
        let base = match self.scheme {
            Scheme::Forty => {
                let hash = Md5::digest(&password);
                let mixed = [&hash[..5], &self.salt].concat().repeat(16);
                Md5::digest(&mixed)[..5].to_vec()
            }
            Scheme::CryptoApi(_) => Sha1::digest([&self.salt[..], &password].concat()).to_vec(),
        };
        let key = Rc4Key {
            scheme: self.scheme,
            base,
        };
        let mut both = [&self.verifier[..], &self.verifier_hash].concat();
        key.cipher(0)?.apply_keystream(&mut both);
        let (verifier, hash) = both.split_at(16);
        let right = match self.scheme {
            Scheme::Forty => Md5::digest(verifier)[..] == *hash,
            Scheme::CryptoApi(_) => Sha1::digest(verifier)[..] == *hash,
        };
        right.then_some(key)
    }

    /// How far the encryption protects where no known password opens it.
    fn strength(&self) -> (Protection, &'static str) {
        match self.scheme {
            Scheme::Forty | Scheme::CryptoApi(0..=55) => (
                Protection::Weak,
                "encrypted with a cipher that can be broken in minutes (40-bit RC4)",
            ),
            Scheme::CryptoApi(_) => (Protection::Protected, "encrypted with a password (RC4)"),
        }
    }
}

impl Rc4Key {
    fn cipher(&self, block: u32) -> Option<Rc4> {
        let block = block.to_le_bytes();
        let key = match self.scheme {
            Scheme::Forty => Md5::digest([&self.base[..], &block].concat()).to_vec(),
            Scheme::CryptoApi(bits) => {
                let hash = Sha1::digest([&self.base[..], &block].concat());
                let mut key = hash[..bits as usize / 8].to_vec();
                // CryptoAPI of Windows fills up keys of its first length.
                if bits == 40 {
                    key.resize(16, 0);
                }
                key
            }
        };
        Rc4::new_from_slice(&key).ok()
    }

    /// Decrypts a run of bytes that stands under one key.
    pub(crate) fn decrypt_block(&self, block: u32, bytes: &mut [u8]) {
        if let Some(mut cipher) = self.cipher(block) {
            cipher.apply_keystream(bytes);
        }
    }

    /// Decrypts a stream from its beginning, with a new key each `block_size`
    /// bytes.
    pub(crate) fn decrypt(&self, bytes: &mut [u8], block_size: usize) {
        for (block, bytes) in bytes.chunks_mut(block_size).enumerate() {
            self.decrypt_block(block as u32, bytes);
        }
    }
}

/// The XOR of Excel (2.3.7.2) and of Word (2.3.7.5), who share their keys.
pub(crate) struct Xor {
    array: [u8; 16],
}

/// Fills up a password to the array's length (2.3.7.2).
const PAD: [u8; 15] = [
    0xbb, 0xff, 0xff, 0xba, 0xff, 0xff, 0xb9, 0x80, 0x00, 0xbe, 0x0f, 0x00, 0xbf, 0x0f, 0x00,
];

impl Xor {
    /// Opens the document, whose key and verifier these are, with the password
    /// that Excel tries by itself or with one of the message; tells either way
    /// what that means for its protection.
    pub(crate) fn unlock(
        key: u16,
        verifier: u16,
        place: &Place,
        harvest: &mut Harvest<'_>,
    ) -> Option<Self> {
        let known = Self::new(key, verifier, KNOWN_PASSWORDS[0]);
        let (protection, why) = match known {
            Some(_) => OPENS_FOR_ANYONE,
            None => (
                Protection::Weak,
                "encrypted with a cipher that can be broken in minutes (XOR)",
            ),
        };
        harvest.closed(place, protection, why);
        known.or_else(|| harvest.try_words(place, XOR_TRIAL, |word| Self::new(key, verifier, word)))
    }

    /// `None` if key and verifier are another password's, as together they are
    /// but once in thirty thousand times thousands.
    fn new(key: u16, verifier: u16, password: &str) -> Option<Self> {
        let (password, _, unknown) = WINDOWS_1252.encode(password);
        if unknown || !(1..=PAD.len()).contains(&password.len()) {
            return None;
        }
        if xor_verifier(&password) != verifier || xor_key(&password) != key {
            return None;
        }
        let mut array = [0; 16];
        let filled = password.iter().chain(&PAD);
        for ((place, byte), key) in array
            .iter_mut()
            .zip(filled)
            .zip(key.to_le_bytes().iter().cycle())
        {
            *place = (byte ^ key).rotate_right(1);
        }
        Some(Self { array })
    }

    /// Decrypts a stream of Word's from its beginning. Zeros stay as they are,
    /// and so does what would become one (2.3.7.6).
    pub(crate) fn decrypt_of_word(&self, bytes: &mut [u8]) {
        for (byte, key) in bytes.iter_mut().zip(self.array.iter().cycle()) {
            if *byte != 0 && byte != key {
                *byte ^= key;
            }
        }
    }

    /// Decrypts a record's data that begins at `offset` of its stream.
    pub(crate) fn decrypt(&self, bytes: &mut [u8], offset: usize) {
        let start = offset.wrapping_add(bytes.len());
        for (place, byte) in bytes.iter_mut().enumerate() {
            let key = self.array[start.wrapping_add(place) % 16];
            *byte = (*byte ^ key).rotate_right(5);
        }
    }
}

/// 2.3.7.2, whose tables of numbers are those of a CRC (CCITT, from 0xffff).
fn xor_key(password: &[u8]) -> u16 {
    password.iter().fold(0xffff, |key, &byte| {
        let key = key ^ u16::from(byte & 0x7f) << 8;
        (0..8).fold(key, |key: u16, _| match key & 0x8000 {
            0 => key << 1,
            _ => key << 1 ^ 0x1021,
        })
    })
}

/// 2.3.7.1
fn xor_verifier(password: &[u8]) -> u16 {
    let length = [password.len() as u8];
    let from_the_end = password.iter().rev().chain(&length);
    let verifier = from_the_end.fold(0_u16, |verifier, &byte| {
        let carry = u16::from(verifier & 0x4000 != 0);
        (carry | verifier << 1 & 0x7fff) ^ u16::from(byte)
    });
    verifier ^ 0xce4b
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_verifier_of_excels_password_is_known() {
        // As msoffcrypto-tool has it in its tests.
        assert_eq!(xor_verifier(b"VelvetSweatshop"), 0x9a0a);
        let key = xor_key(b"VelvetSweatshop");
        assert!(Xor::new(key, 0x9a0a, "VelvetSweatshop").is_some());
        for (key, verifier, password) in [
            (key, 0x9a0b, "VelvetSweatshop"),
            (key ^ 1, 0x9a0a, "VelvetSweatshop"),
            (key, 0x9a0a, "velvetSweatshop"),
            (key, 0x9a0a, "VelvetSweatshop2"),
            (key, 0x9a0a, "Łódź"),
            (key, 0x9a0a, ""),
        ] {
            assert!(Xor::new(key, verifier, password).is_none(), "{password}");
        }
    }

    /// As the tables of [MS-OFFCRYPTO] 2.3.7.2 give them.
    #[test]
    fn keys_of_excels_xor_come_from_the_password() {
        for (password, key) in [
            ("a", 0x9d77),
            ("secret", 0x014d),
            ("otter-17", 0x42cf),
            ("VelvetSweatshop", 0xb359),
        ] {
            assert_eq!(xor_key(password.as_bytes()), key, "{password}");
        }
    }

    /// Keys of Excel's RC4 from the tests of msoffcrypto-tool.
    #[test]
    fn keys_come_from_password_and_salt() {
        let header = Rc4Header {
            scheme: Scheme::Forty,
            salt: b"\xe8w,\x1d\x91\xc5j7\x96Ga\xb2\x80\x182\x17".to_vec(),
            verifier: b"\xc9\xe9\x97\xd4T\x97=1\x0b\xb1\xbap\x14&\x83~".to_vec(),
            verifier_hash: b"\xb1\xde\x17\x8f\x07\xe9\x89\xc4M\xae^L\xf9j\xc4\x07".to_vec(),
        };
        assert!(header.key("password1").is_some());
        assert!(header.known_key().is_none());
    }
}
