//! What sealing and keyed hashes are made of.

use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::StoreError;

/// The length of XChaCha20's nonce, long enough to be drawn at random.
const NONCE: usize = 24;

pub(super) fn seal(key: &[u8; 32], context: &[u8], plain: &[u8]) -> Result<Vec<u8>, StoreError> {
    let nonce = random::<NONCE>()?;
    let payload = Payload {
        msg: plain,
        aad: context,
    };
    let sealed = cipher(key)
        .encrypt(&XNonce::from(nonce), payload)
        .map_err(|_| StoreError::altered("a value too long to seal"))?;
    Ok([nonce.as_slice(), &sealed].concat())
}

/// `None` if it was altered, or sealed in another place.
pub(super) fn open(key: &[u8; 32], context: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
    let (nonce, sealed) = sealed.split_first_chunk::<NONCE>()?;
    let payload = Payload {
        msg: sealed,
        aad: context,
    };
    cipher(key).decrypt(&XNonce::from(*nonce), payload).ok()
}

fn cipher(key: &[u8; 32]) -> XChaCha20Poly1305 {
    XChaCha20Poly1305::new(&Key::from(*key))
}

fn numbered(number: u64) -> XNonce {
    let mut nonce = XNonce::default();
    nonce[..8].copy_from_slice(&number.to_le_bytes());
    nonce
}

pub(super) fn mac(key: &[u8; 32], parts: &[&[u8]]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes a key of any length");
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

/// Encrypts under a key that serves once, with the piece's number for nonce.
pub(super) fn seal_piece(
    key: &[u8; 32],
    number: u64,
    context: &[u8],
    plain: &[u8],
) -> Result<Vec<u8>, StoreError> {
    let payload = Payload {
        msg: plain,
        aad: context,
    };
    cipher(key)
        .encrypt(&numbered(number), payload)
        .map_err(|_| StoreError::altered("a piece too long to seal"))
}

pub(super) fn open_piece(
    key: &[u8; 32],
    number: u64,
    context: &[u8],
    sealed: &[u8],
) -> Option<Vec<u8>> {
    let payload = Payload {
        msg: sealed,
        aad: context,
    };
    cipher(key).decrypt(&numbered(number), payload).ok()
}

pub(super) fn random<const N: usize>() -> Result<[u8; N], StoreError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes)?;
    Ok(bytes)
}

pub(super) fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |nibble: u8| char::from(DIGITS[usize::from(nibble & 0xf)]);
    bytes
        .iter()
        .flat_map(|byte| [digit(byte >> 4), digit(*byte)])
        .collect()
}

pub(super) fn unhex(digits: &str) -> Option<Vec<u8>> {
    let (pairs, []) = digits.as_bytes().as_chunks::<2>() else {
        return None;
    };
    let digit = |byte: u8| {
        char::from(byte)
            .to_digit(16)
            .and_then(|value| u8::try_from(value).ok())
    };
    pairs
        .iter()
        .map(|[high, low]| Some(digit(*high)? << 4 | digit(*low)?))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hexadecimal_digits_and_back() {
        assert_eq!(hex(&[0, 0x1f, 0xff]), "001fff");
        assert_eq!(unhex("001fFF"), Some(vec![0, 0x1f, 0xff]));
        for bad in ["0", "0g", "+1", " 1", "é"] {
            assert_eq!(unhex(bad), None, "{bad}");
        }
    }
}
