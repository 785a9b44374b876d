//! Encrypted workbooks: the record `FilePass` and what it stands for
//! ([MS-XLS] 2.2.10 and 2.4.117).

use super::record::{Records, kind};
use crate::extract::bytes::u16_at;
use crate::extract::cipher::{Rc4Header, Rc4Key, Xor};
use crate::extract::harvest::{Harvest, Place};
use crate::finding::ProblemKind;

/// RC4 has a new key each so many bytes of the stream.
const BLOCK: usize = 1_024;

pub(super) enum Seal {
    None,
    /// A password that everybody knows opens it, or one of the message.
    Known(Key),
    Unknown,
}

pub(super) enum Key {
    Rc4(Rc4Key),
    Xor(Xor),
}

/// Finds out how the workbook is encrypted, and tells.
pub(super) fn find(stream: &[u8], place: &Place, harvest: &mut Harvest<'_>) -> Seal {
    let mut first = Records::new(stream).take(64);
    let Some(pass) = first.find(|record| record.kind == kind::FILE_PASS) else {
        return Seal::None;
    };
    if !harvest.guesses(place) {
        return Seal::Unknown;
    }
    let rc4 = Rc4Header::parse(pass.data.get(2..).unwrap_or_default());
    // Excel 95 knows only XOR and does not say so.
    let xor = match (pass.data.len(), u16_at(pass.data, 0)) {
        (0..=4, _) => Some(0),
        (_, Some(0)) => Some(2),
        _ => None,
    };
    let key = match (xor, rc4) {
        (Some(at), _) => {
            let number = |at| u16_at(pass.data, at).unwrap_or_default();
            Xor::unlock(number(at), number(at + 2), place, harvest).map(Key::Xor)
        }
        (None, Some(header)) => header.unlock(place, harvest).map(Key::Rc4),
        (None, None) => {
            harvest.problem(
                place,
                ProblemKind::Unknown,
                "an Excel workbook encrypted in a way that Exeat does not know",
            );
            None
        }
    };
    key.map_or(Seal::Unknown, Seal::Known)
}

impl Key {
    /// Decrypts a stream of records, whose headers are clear.
    pub(super) fn decrypt(&self, stream: &mut [u8]) {
        let sealed = stream.to_vec();
        if let Self::Rc4(key) = self {
            // Clear bytes take their part of the key stream too.
            key.decrypt(stream, BLOCK);
        }
        for record in Records::new(&sealed) {
            let end = record.at + record.data.len();
            let clear = match record.kind {
                kind::BOF
                | kind::FILE_PASS
                | kind::USR_EXCL
                | kind::FILE_LOCK
                | kind::INTERFACE_HDR
                | kind::RRD_INFO
                | kind::RRD_HEAD => record.data.len(),
                // Where the sheet begins.
                kind::BOUND_SHEET => 4.min(record.data.len()),
                _ => 0,
            };
            if let Self::Xor(xor) = self {
                xor.decrypt(&mut stream[record.at..end], record.at);
            }
            let clear = record.at - 4..record.at + clear;
            stream[clear.clone()].copy_from_slice(&sealed[clear]);
        }
    }
}
