//! Objects inside a document: storages that are documents themselves, and
//! files that were dropped into one ([MS-OLEDS] 2.3).

use super::{Compound, contents, stream};
use crate::extract::bytes::{cp1252, u32_at};
use crate::extract::file;
use crate::extract::harvest::{Harvest, Place};

/// Files that a storage holds as they are.
const AS_THEY_ARE: [&str; 2] = ["Package", "CONTENTS"];
const NATIVE: &str = "\u{1}Ole10Native";

/// Reads the objects of a document: Excel's storages begin with `MBD`, Word's
/// lie in a pool.
pub(crate) fn embedded(compound: &Compound<'_>, place: &Place, harvest: &mut Harvest<'_>) {
    let is_object = |path: &&str| match path.rsplit_once('/') {
        None => path.starts_with("MBD") || path.starts_with("LNK"),
        Some((pool, _)) => pool == "ObjectPool",
    };
    for path in compound.storages().filter(is_object) {
        if harvest.is_spent() || !harvest.entry(place) {
            return;
        }
        let object = compound.storage(path);
        let inside = harvest.attachment(place, &["embedded object"], 0);
        if let Some(inside) = harvest.deeper(&inside) {
            contents(&object, &inside, harvest);
        }
    }
}

/// Reads the file that a storage stands for; false if it is none.
pub(super) fn packed(compound: &Compound<'_>, place: &Place, harvest: &mut Harvest<'_>) -> bool {
    let Some(inside) = harvest.deeper(place) else {
        return true;
    };
    let found = AS_THEY_ARE
        .into_iter()
        .find(|path| compound.has_at_top(path));
    if let Some(path) = found {
        if let Some(bytes) = stream(compound, path, place, harvest) {
            file::contents(&bytes, &inside, harvest);
        }
        return true;
    }
    if !compound.has_at_top(NATIVE) {
        return false;
    }
    if let Some(bytes) = stream(compound, NATIVE, place, harvest) {
        match native(&bytes) {
            Some((name, bytes)) => file::read(&[&name], bytes, &inside, harvest),
            None => file::contents(bytes.get(4..).unwrap_or_default(), &inside, harvest),
        }
    }
    true
}

/// A dropped file with its name: size, flags, label, path, flags, the path
/// again with its length, the bytes with theirs.
fn native(bytes: &[u8]) -> Option<(String, &[u8])> {
    let (label, rest) = until_zero(bytes.get(6..)?)?;
    let (_, rest) = until_zero(rest)?;
    let path_length = u32_at(rest, 4)? as usize;
    let at = 8_usize.checked_add(path_length)?;
    let length = u32_at(rest, at)? as usize;
    let content = rest.get(at + 4..)?;
    Some((cp1252(label), &content[..length.min(content.len())]))
}

fn until_zero(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = memchr::memchr(0, bytes)?;
    Some((&bytes[..end], &bytes[end + 1..]))
}
