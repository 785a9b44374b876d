//! The two ciphers of zips (PKWARE's APPNOTE 6.1, and WinZip's AES): whether a
//! password may be right is known from a byte or two, long before anything is
//! unpacked.

use std::time::Duration;

use aes::cipher::{Block, BlockCipherEncrypt};
use aes::{Aes128, Aes192, Aes256};
use cbc::cipher::KeyInit;
use hmac::{Hmac, Mac};
use sha1::Sha1;

use super::pbkdf2;

/// What a member's bytes are under.
#[derive(Debug, Clone, Copy)]
pub(crate) enum ZipCipher {
    /// ZipCrypto; one of these two bytes checks the password, depending on the
    /// program.
    Classic { checks: [u8; 2] },
    /// WinZip's AES, by the length of its key in bytes.
    Aes { key: usize },
}

const CLASSIC_HEADER: usize = 12;
/// Of the password's check in WinZip's AES, and of the seal behind the data.
const AES_CHECK: usize = 2;
const AES_SEAL: usize = 10;
const AES_ROUNDS: u32 = 1_000;

impl ZipCipher {
    /// WinZip's numbers for the lengths of keys.
    pub(crate) fn aes(strength: u8) -> Option<Self> {
        let key = match strength {
            1 => 16,
            2 => 24,
            3 => 32,
            _ => return None,
        };
        Some(Self::Aes { key })
    }

    /// What trying one password on so many bytes costs: the check of ZipCrypto
    /// lets one wrong password in 128 pass, which has to be unpacked.
    pub(crate) fn cost(self, bytes: usize) -> Duration {
        match self {
            Self::Classic { .. } => Duration::from_nanos(30_000 + bytes as u64 / 8),
            Self::Aes { .. } => Duration::from_millis(1),
        }
    }

    /// The deciphered bytes, if the password may be right; with AES, it is.
    pub(crate) fn open(self, bytes: &[u8], password: &str) -> Option<Vec<u8>> {
        spellings(password).iter().find_map(|password| match self {
            Self::Classic { checks } => classic(bytes, password, checks),
            Self::Aes { key } => winzip(bytes, password, key),
        })
    }
}

/// A password's bytes: in UTF-8, and as Windows and DOS write it.
fn spellings(password: &str) -> Vec<Vec<u8>> {
    let mut spellings = vec![password.as_bytes().to_vec()];
    if !password.is_ascii() {
        let (windows, _, unmappable) = encoding_rs::WINDOWS_1252.encode(password);
        if !unmappable {
            spellings.push(windows.to_vec());
            // The one sign of British keyboards that DOS has elsewhere.
            let dos = windows
                .iter()
                .map(|&byte| if byte == 0xa3 { 0x9c } else { byte });
            spellings.push(dos.collect());
        }
    }
    spellings
}

fn classic(bytes: &[u8], password: &[u8], checks: [u8; 2]) -> Option<Vec<u8>> {
    let (header, data) = bytes.split_at_checked(CLASSIC_HEADER)?;
    let mut keys = Keys::new(password);
    let mut check = 0;
    for &byte in header {
        check = keys.decipher(byte);
    }
    if !checks.contains(&check) {
        return None;
    }
    Some(data.iter().map(|&byte| keys.decipher(byte)).collect())
}

/// The three keys of ZipCrypto (APPNOTE 6.1.5).
struct Keys([u32; 3]);

impl Keys {
    fn new(password: &[u8]) -> Self {
        let mut keys = Self([0x1234_5678, 0x2345_6789, 0x3456_7890]);
        for &byte in password {
            keys.update(byte);
        }
        keys
    }

    fn decipher(&mut self, byte: u8) -> u8 {
        let mixed = self.0[2] | 2;
        let clear = byte ^ (mixed.wrapping_mul(mixed ^ 1) >> 8) as u8;
        self.update(clear);
        clear
    }

    fn update(&mut self, clear: u8) {
        let [first, second, third] = &mut self.0;
        *first = crc_step(*first, clear);
        *second = second
            .wrapping_add(*first & 0xff)
            .wrapping_mul(134_775_813)
            .wrapping_add(1);
        *third = crc_step(*third, (*second >> 24) as u8);
    }
}

fn crc_step(crc: u32, byte: u8) -> u32 {
    const TABLE: [u32; 256] = crc_table();
    TABLE[usize::from(crc as u8 ^ byte)] ^ crc >> 8
}

const fn crc_table() -> [u32; 256] {
    let mut table = [0; 256];
    let mut at = 0;
    while at < 256 {
        let mut entry = at as u32;
        let mut bit = 0;
        while bit < 8 {
            entry = if entry & 1 == 1 {
                entry >> 1 ^ 0xedb8_8320
            } else {
                entry >> 1
            };
            bit += 1;
        }
        table[at] = entry;
        at += 1;
    }
    table
}

fn winzip(bytes: &[u8], password: &[u8], key: usize) -> Option<Vec<u8>> {
    let (salt, rest) = bytes.split_at_checked(key / 2)?;
    let (check, rest) = rest.split_at_checked(AES_CHECK)?;
    let (data, seal) = rest.split_at_checked(rest.len().checked_sub(AES_SEAL)?)?;
    // Of all that is derived only the check behind the two keys is needed
    // while the password is wrong.
    let at = 2 * key;
    let block = pbkdf2::block(password, salt, AES_ROUNDS, (at / pbkdf2::BLOCK) as u32);
    if block[at % pbkdf2::BLOCK..].get(..AES_CHECK)? != check {
        return None;
    }
    let keys = pbkdf2::key(password, salt, AES_ROUNDS, 2 * key);
    let (cipher, authentication) = keys.split_at(key);
    let mut mac = Hmac::<Sha1>::new_from_slice(authentication).ok()?;
    mac.update(data);
    mac.verify_truncated_left(seal).ok()?;
    match key {
        16 => counter::<Aes128>(cipher, data),
        24 => counter::<Aes192>(cipher, data),
        _ => counter::<Aes256>(cipher, data),
    }
}

/// AES in counter mode, counted from 1 in little-endian order.
fn counter<C: BlockCipherEncrypt + KeyInit>(key: &[u8], data: &[u8]) -> Option<Vec<u8>> {
    let cipher = C::new_from_slice(key).ok()?;
    let mut out = data.to_vec();
    for (count, piece) in (1_u64..).zip(out.chunks_mut(16)) {
        let mut block = Block::<C>::default();
        block[..8].copy_from_slice(&count.to_le_bytes());
        cipher.encrypt_block(&mut block);
        for (byte, key) in piece.iter_mut().zip(block) {
            *byte ^= key;
        }
    }
    Some(out)
}
