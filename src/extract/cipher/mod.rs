//! Ciphers of documents and archives: Office's ([MS-OFFCRYPTO]), OpenDocument's,
//! and those of zips; and the passwords that Office tries by itself: what opens
//! with one of them is open to anyone.

use aes::{Aes128, Aes192, Aes256};
use cbc::cipher::block_padding::NoPadding;
use cbc::cipher::{BlockModeDecrypt, KeyInit, KeyIvInit};

use super::Protection;

mod agile;
mod legacy;
mod odf;
mod package;
mod pbkdf2;
mod standard;
mod zip;

pub(crate) use legacy::{Rc4Header, Rc4Key, Xor};
pub(crate) use odf::Sealed;
pub(crate) use package::{Lock, Package, open};
pub(crate) use zip::ZipCipher;

/// What Excel, what PowerPoint, and what everyone tries first.
pub(crate) const KNOWN_PASSWORDS: [&str; 3] = ["VelvetSweatshop", "/01Hannes Ruescher/01", ""];

/// What a document is that opens with one of them.
pub(crate) const OPENS_FOR_ANYONE: (Protection, &str) = (
    Protection::Open,
    "encrypted with a password that Office tries by itself: it opens for anyone",
);

/// A password as all of Office's hashes take it.
pub(crate) fn utf16le(password: &str) -> Vec<u8> {
    password.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

/// AES in CBC over whole blocks; what is left of a last one is dropped.
pub(crate) fn aes_cbc(key: &[u8], iv: &[u8], bytes: &[u8]) -> Option<Vec<u8>> {
    let mut out = whole_blocks(bytes);
    match key.len() {
        16 => {
            cbc::Decryptor::<Aes128>::new_from_slices(key, iv)
                .ok()?
                .decrypt_padded::<NoPadding>(&mut out)
                .ok()?;
        }
        24 => {
            cbc::Decryptor::<Aes192>::new_from_slices(key, iv)
                .ok()?
                .decrypt_padded::<NoPadding>(&mut out)
                .ok()?;
        }
        _ => {
            cbc::Decryptor::<Aes256>::new_from_slices(key, iv)
                .ok()?
                .decrypt_padded::<NoPadding>(&mut out)
                .ok()?;
        }
    }
    Some(out)
}

/// AES in ECB over whole blocks.
fn aes_ecb(key: &[u8], bytes: &[u8]) -> Option<Vec<u8>> {
    let mut out = whole_blocks(bytes);
    match key.len() {
        16 => {
            ecb::Decryptor::<Aes128>::new_from_slice(key)
                .ok()?
                .decrypt_padded::<NoPadding>(&mut out)
                .ok()?;
        }
        24 => {
            ecb::Decryptor::<Aes192>::new_from_slice(key)
                .ok()?
                .decrypt_padded::<NoPadding>(&mut out)
                .ok()?;
        }
        _ => {
            ecb::Decryptor::<Aes256>::new_from_slice(key)
                .ok()?
                .decrypt_padded::<NoPadding>(&mut out)
                .ok()?;
        }
    }
    Some(out)
}

fn whole_blocks(bytes: &[u8]) -> Vec<u8> {
    bytes[..bytes.len() - bytes.len() % 16].to_vec()
}
