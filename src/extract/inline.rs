//! Files that stand in the words of a plain body: uuencoded, or armoured by
//! OpenPGP.

use std::borrow::Cow;

use super::harvest::{Harvest, Place};
use super::{armour, file};
use crate::mail::{charset, encoding};

/// Takes the files out of a body and reads them; gives what is left.
pub(crate) fn files<'a>(text: &'a [u8], place: &Place, harvest: &mut Harvest<'_>) -> Cow<'a, [u8]> {
    let text = uuencoded(text, place, harvest);
    match armour::find(&text, 0) {
        Some(_) => Cow::Owned(armour::take_out(&text, place, harvest)),
        None => text,
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
