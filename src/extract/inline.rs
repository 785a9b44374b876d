//! Files that stand in the words of a plain body: uuencoded, armoured by
//! OpenPGP, or without the header that would tell what the body is.

use std::borrow::Cow;

use memchr::memmem;

use super::harvest::{Harvest, Place};
use super::kind::{self, Kind};
use super::{armour, file};
use crate::mail::{charset, encoding};

/// Takes the files out of a body and reads them; gives what is left.
pub(crate) fn files<'a>(text: &'a [u8], place: &Place, harvest: &mut Harvest<'_>) -> Cow<'a, [u8]> {
    headless(text, place, harvest);
    let text = uuencoded(text, place, harvest);
    match armour::find(&text, 0) {
        Some(_) => Cow::Owned(armour::take_out(&text, place, harvest)),
        None => text,
    }
}

/// A body that is S/MIME's base64, or a message with its own header, as some
/// servers send it back. It is read as that, and as the words it is.
fn headless(text: &[u8], place: &Place, harvest: &mut Harvest<'_>) {
    let text = text.trim_ascii_start();
    let is_packed = match kind::sniff(text) {
        Kind::Asn1 => true,
        Kind::Message => {
            let head = text[..text.len().min(4096)].to_ascii_lowercase();
            let packing: [&[u8]; 3] = [b"multipart/", b"base64", b"quoted-printable"];
            let has = |word: &&[u8]| memmem::find(&head, word).is_some();
            has(&&b"mime-version:"[..]) && packing.iter().any(has)
        }
        _ => false,
    };
    if is_packed && let Some(inside) = harvest.deeper(place) {
        file::read(&[], text, &inside, harvest);
    }
}

fn uuencoded<'a>(text: &'a [u8], place: &Place, harvest: &mut Harvest<'_>) -> Cow<'a, [u8]> {
    let Some(mut found) = encoding::uuencoded(text, 0) else {
        return Cow::Borrowed(text);
    };
    let mut rest = Vec::with_capacity(text.len());
    let mut from = 0;
    loop {
        rest.extend_from_slice(&text[from..found.range.start]);
        from = found.range.end;
        if !harvest.decoded(place, found.bytes.len()) {
            break;
        }
        let name = charset::decode(found.name, None);
        file::read(&[name.trim()], &found.bytes, place, harvest);
        match encoding::uuencoded(text, from) {
            Some(next) => found = next,
            None => break,
        }
    }
    rest.extend_from_slice(&text[from..]);
    Cow::Owned(rest)
}
