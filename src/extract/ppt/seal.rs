//! Encrypted presentations ([MS-PPT] 2.3.7): each object has a key of its own,
//! by its number, and all pictures share one.

use super::edits::Edits;
use super::record::{kind, records};
use crate::extract::bytes::u32_at;
use crate::extract::cipher::{Rc4Header, Rc4Key};
use crate::extract::harvest::{Harvest, Place};
use crate::extract::office_art;
use crate::finding::ProblemKind;

/// In `CurrentUserAtom` the mark of an encrypted presentation (2.3.2).
const ENCRYPTED: u32 = 0xf3d1_c4df;
/// The number of the key that pictures are under.
const PICTURES: u32 = 0;
/// Bytes before a picture's fields: what it is, and how long.
const HEADER: usize = 8;

/// What a presentation's objects and pictures are under.
pub(super) enum Seal {
    None,
    /// A password that everybody knows opens it, or one of the message.
    Open(Rc4Key),
    Closed,
}

/// Takes off an encryption that a known password opens, and tells what it is.
pub(super) fn take_off(
    user: &[u8],
    edits: &Edits,
    stream: &mut [u8],
    place: &Place,
    harvest: &mut Harvest<'_>,
) -> Seal {
    if u32_at(user, 12) != Some(ENCRYPTED) && edits.session.is_none() {
        return Seal::None;
    }
    if !harvest.guesses(place) {
        return Seal::Closed;
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
        return Seal::Closed;
    };
    let Some(key) = header.unlock(place, harvest) else {
        return Seal::Closed;
    };
    for (id, start) in edits.objects().filter(|(id, _)| Some(*id) != edits.session) {
        decrypt(&key, id, start, stream);
    }
    Seal::Open(key)
}

/// Decrypts the stream of pictures, of which every field is encrypted by
/// itself.
pub(super) fn open_pictures(
    key: &Rc4Key,
    stream: &mut [u8],
    place: &Place,
    harvest: &mut Harvest<'_>,
) {
    let mut rest = stream;
    while !rest.is_empty() {
        let Some(after) = picture(key, rest) else {
            return harvest.problem(
                place,
                ProblemKind::Damaged,
                "pictures in it are damaged and were not read",
            );
        };
        rest = after;
    }
}

/// Decrypts the first picture; gives what is behind it.
fn picture<'a>(key: &Rc4Key, stream: &'a mut [u8]) -> Option<&'a mut [u8]> {
    let (header, inside) = stream.split_at_mut_checked(HEADER)?;
    key.decrypt_block(PICTURES, header);
    let length = u32_at(header, 4)? as usize;
    let fields = office_art::fields(header)?;
    let (mut data, behind) = inside.split_at_mut_checked(length)?;
    for field in fields {
        let (field, rest) = data.split_at_mut_checked(field)?;
        key.decrypt_block(PICTURES, field);
        data = rest;
    }
    key.decrypt_block(PICTURES, data);
    Some(behind)
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
