//! Standard encryption of Office 2007 ([MS-OFFCRYPTO] 2.3.4.5 to 2.3.4.9):
//! AES in ECB under a key from fifty thousand rounds of SHA-1.

use sha1::{Digest, Sha1};

use super::{aes_ecb, utf16le};
use crate::extract::bytes::u32_at;

pub(super) const ROUNDS: u32 = 50_000;

pub(super) struct Standard<'a> {
    key_bytes: usize,
    salt: &'a [u8],
    verifier: &'a [u8],
    verifier_hash: &'a [u8],
}

impl<'a> Standard<'a> {
    /// 2.3.4.5: version, flags, the header by its size, the verifier.
    pub(super) fn parse(info: &'a [u8]) -> Option<Self> {
        let header_size = u32_at(info, 8)? as usize;
        let bits = u32_at(info, 12 + 16)?;
        let key_bytes = match (u32_at(info, 12 + 8)?, bits) {
            (0x660e, 0 | 128) => 16,
            (0x660f, _) => 24,
            (0x6610, _) => 32,
            (0, 128 | 192 | 256) => bits as usize / 8,
            _ => return None,
        };
        let verifier = info.get(12_usize.checked_add(header_size)?..)?;
        Some(Self {
            key_bytes,
            salt: verifier.get(4..20)?,
            verifier: verifier.get(20..36)?,
            verifier_hash: verifier.get(40..72)?,
        })
    }

    pub(super) fn key_bits(&self) -> usize {
        self.key_bytes * 8
    }

    /// The document's key, if the password is right (2.3.4.9).
    pub(super) fn key(&self, password: &str) -> Option<Vec<u8>> {
        let mut hash = sha1(&[self.salt, &utf16le(password)]);
        for round in 0..ROUNDS {
            hash = sha1(&[&round.to_le_bytes(), &hash]);
        }
        // The block number that the specification adds is always 0.
        let hash = sha1(&[&hash, &[0; 4]]);
        let mut key = widened(&hash, 0x36).to_vec();
        key.extend(widened(&hash, 0x5c));
        key.truncate(self.key_bytes);
        let verifier = aes_ecb(&key, self.verifier)?;
        let expected = aes_ecb(&key, self.verifier_hash)?;
        (expected.starts_with(&sha1(&[&verifier]))).then_some(key)
    }

    pub(super) fn decrypt(&self, key: &[u8], content: &[u8]) -> Option<Vec<u8>> {
        aes_ecb(key, content)
    }
}

/// 2.3.4.7, as `CryptDeriveKey` of Windows does it.
fn widened(hash: &[u8; 20], pad: u8) -> [u8; 20] {
    let mut block = [pad; 64];
    for (byte, hashed) in block.iter_mut().zip(hash) {
        *byte ^= hashed;
    }
    sha1(&[&block])
}

fn sha1(parts: &[&[u8]]) -> [u8; 20] {
    let mut digest = Sha1::new();
    parts.iter().for_each(|part| digest.update(part));
    digest.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of a document that Word 2007 encrypted, from the tests of
    /// msoffcrypto-tool.
    #[test]
    fn a_password_is_proven_by_the_verifier() {
        let standard = Standard {
            key_bytes: 16,
            salt: b"\xe8\x82fI\x0c[\xd1\xee\xbd+C\x94\xe3\xf80\xef",
            verifier: b"Qos.\x96o\xac\x17\xb1\xc5\xd7\xd8\xcc6\xc9(",
            verifier_hash:
                b"+ah\xda\xbe)\x11\xad+\xd3|\x17Ft\\\x14\xd3\xcf\x1b\xb1@\xa4\x8fNo=#\x88\x08r\xb1j",
        };
        let key = b"@\xb1:q\xf9\x0b\x96n7T\x08\xf2\xd1\x81\xa1\xaa";
        assert_eq!(standard.key("Password1234_").as_deref(), Some(&key[..]));
        assert_eq!(standard.key(""), None);
    }
}
