//! PBKDF2 with HMAC-SHA-1 (RFC 8018, 5.2), block by block: a password's check
//! often stands in one of them.

use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;

/// The length of a block, in bytes.
pub(super) const BLOCK: usize = 20;

/// The block of this number, counted from 0.
pub(super) fn block(password: &[u8], salt: &[u8], rounds: u32, number: u32) -> [u8; BLOCK] {
    let mac = Hmac::<Sha1>::new_from_slice(password).expect("HMAC takes keys of any length");
    let mut first = mac.clone();
    first.update(salt);
    first.update(&(number + 1).to_be_bytes());
    let mut last: [u8; BLOCK] = first.finalize().into_bytes().into();
    let mut block = last;
    for _ in 1..rounds {
        let mut next = mac.clone();
        next.update(&last);
        last = next.finalize().into_bytes().into();
        for (byte, more) in block.iter_mut().zip(last) {
            *byte ^= more;
        }
    }
    block
}

/// As many bytes as are asked for.
pub(super) fn key(password: &[u8], salt: &[u8], rounds: u32, length: usize) -> Vec<u8> {
    let blocks = length.div_ceil(BLOCK) as u32;
    let mut key: Vec<u8> = (0..blocks)
        .flat_map(|number| block(password, salt, rounds, number))
        .collect();
    key.truncate(length);
    key
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 6070.
    #[test]
    fn keys_are_those_of_the_standard() {
        let expected =
            b"\x4b\x00\x79\x01\xb7\x65\x48\x9a\xbe\xad\x49\xd9\x26\xf7\x21\xd0\x65\xa4\x29\xc1";
        assert_eq!(key(b"password", b"salt", 4_096, 20), expected);
        let expected = b"\x3d\x2e\xec\x4f\xe4\x1c\x84\x9b\x80\xc8\xd8\x36\x62\xc0\xe4\x4a\x8b\x29\x1a\x96\x4c\xf2\xf0\x70\x38";
        let long = key(
            b"passwordPASSWORDpassword",
            b"saltSALTsaltSALTsaltSALTsaltSALTsalt",
            4_096,
            25,
        );
        assert_eq!(long, expected);
    }
}
