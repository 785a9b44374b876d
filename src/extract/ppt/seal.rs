//! Encrypted presentations ([MS-PPT] 2.3.7): each object has a key of its own,
//! by its number.

use super::edits::Edits;
use super::record::{kind, records};
use crate::extract::bytes::u32_at;
use crate::extract::cipher::{Rc4Header, Rc4Key};
use crate::extract::harvest::{Harvest, Place};
use crate::finding::ProblemKind;

/// In `CurrentUserAtom` the mark of an encrypted presentation (2.3.2).
const ENCRYPTED: u32 = 0xf3d1_c4df;

/// Takes off an encryption that a password of everybody opens, and tells what
/// it is; false if the presentation stays closed.
pub(super) fn take_off(
    user: &[u8],
    edits: &Edits,
    stream: &mut [u8],
    place: &Place,
    harvest: &mut Harvest<'_>,
) -> bool {
    if u32_at(user, 12) != Some(ENCRYPTED) && edits.session.is_none() {
        return true;
    }
    if !harvest.guesses(place) {
        return false;
    }
    let session = edits.session.and_then(|id| edits.place_of(id));
    let header = session
        .and_then(|start| records(stream, start).next())
        .filter(|record| record.kind == kind::CRYPT_SESSION)
        .and_then(|record| Rc4Header::parse(record.data));
    let Some(header) = header else {
        harvest.problem(
            place,
            ProblemKind::Unknown,
            "a PowerPoint presentation encrypted in a way that Exeat does not know",
        );
        return false;
    };
    let Some(key) = header.unlock(place, harvest) else {
        return false;
    };
    for (id, start) in edits.objects().filter(|(id, _)| Some(*id) != edits.session) {
        decrypt(&key, id, start, stream);
    }
    true
}

/// Decrypts one object, whose length is in its own header.
fn decrypt(key: &Rc4Key, id: u32, start: usize, stream: &mut [u8]) {
    let Some(sealed) = stream.get_mut(start..) else {
        return;
    };
    let mut head = sealed[..sealed.len().min(8)].to_vec();
    key.decrypt_block(id, &mut head);
    let length = u32_at(&head, 4).unwrap_or(0) as usize;
    let end = length.saturating_add(8).min(sealed.len());
    key.decrypt_block(id, &mut sealed[..end]);
}
