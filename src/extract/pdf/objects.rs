//! Whether a PDF's tables say where its objects are. Where they don't, programs
//! look for the objects themselves, and may find other versions of them.

use std::collections::HashMap;

use lopdf::xref::{XrefEntry, XrefRecovery};
use lopdf::{Document, Object, ObjectId};

/// What an object begins with: `12 0 obj`.
const MARK: &[u8] = b"obj";
/// Digits of a number, and white space between two, as far as it is looked at.
const LONGEST: usize = 32;

/// Whether programs that mend the file could take other objects for its own
/// than those that its last table names.
pub(crate) fn are_in_doubt(document: &Document, bytes: &[u8]) -> bool {
    let bytes = from_header(bytes);
    document.xref_recovery == Some(XrefRecovery::OffsetCorrected)
        || last_table(bytes) != Some(document.xref_start)
        || table(document).any(|(number, offset)| header(bytes, offset) != Some(number))
        || is_outdated(document, &last_of_each(bytes))
}

/// Whether the file has objects that the document has not: it names them and
/// they could not be read, or they are newer than those that were found by
/// looking for them.
pub(crate) fn are_lost(document: &Document, bytes: &[u8]) -> bool {
    let bytes = from_header(bytes);
    let mended = document.xref_recovery.is_some();
    let missing = missing(document);
    if !mended && missing.is_empty() {
        return false;
    }
    let last = last_of_each(bytes);
    let is_there = |id: &ObjectId| last.contains_key(&u64::from(id.0));
    missing.iter().any(is_there)
        || mended && (is_outdated(document, &last) || is_short(document, &last))
}

/// Whether the file has a later version of some object than the one in use. A
/// stream of objects may be newer than what stands by itself.
fn is_outdated(document: &Document, last: &HashMap<u64, usize>) -> bool {
    table(document).any(|(number, used)| {
        let last = last.get(&number);
        last.is_some_and(|&offset| offset > used + LONGEST)
    })
}

/// Whether the file has objects of which the document knows nothing.
fn is_short(document: &Document, last: &HashMap<u64, usize>) -> bool {
    let entries = &document.reference_table.entries;
    let is_known = |&number: &u64| {
        let entry = u32::try_from(number).ok().and_then(|n| entries.get(&n));
        entry.is_some_and(|entry| !matches!(entry, XrefEntry::Free | XrefEntry::UnusableFree))
    };
    !last.keys().all(is_known)
}

/// Objects that others refer to, and that are not there. What was deleted is
/// nothing, as it should be (ISO 32000-1 section 7.3.10).
fn missing(document: &Document) -> Vec<ObjectId> {
    let entries = &document.reference_table.entries;
    let mut missing = Vec::new();
    let mut look = |id: ObjectId| {
        let free = matches!(
            entries.get(&id.0),
            Some(XrefEntry::Free | XrefEntry::UnusableFree)
        );
        if !free && !document.objects.contains_key(&id) {
            missing.push(id);
        }
    };
    for object in document.objects.values() {
        references(object, &mut look);
    }
    for (_, value) in &document.trailer {
        references(value, &mut look);
    }
    missing
}

/// Every reference in an object; lopdf has bounded how deep it goes.
fn references(object: &Object, look: &mut impl FnMut(ObjectId)) {
    match object {
        Object::Reference(id) => look(*id),
        Object::Array(items) => items.iter().for_each(|item| references(item, look)),
        Object::Dictionary(dictionary) => {
            dictionary
                .iter()
                .for_each(|(_, value)| references(value, look));
        }
        Object::Stream(stream) => {
            let entries = stream.dict.iter();
            entries.for_each(|(_, value)| references(value, look));
        }
        _ => {}
    }
}

/// Places count from the first line, which may stand behind something else.
fn from_header(bytes: &[u8]) -> &[u8] {
    &bytes[memchr::memmem::find(bytes, b"%PDF-").unwrap_or(0)..]
}

/// Where the last table stands, as the file says.
pub(crate) fn last_table(bytes: &[u8]) -> Option<usize> {
    const START: &[u8] = b"startxref";
    let at = memchr::memmem::rfind(bytes, START)? + START.len();
    let rest = bytes[at..].trim_ascii_start();
    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    std::str::from_utf8(&rest[..digits]).ok()?.parse().ok()
}

/// Objects that are in use, and where they stand.
fn table(document: &Document) -> impl Iterator<Item = (u64, usize)> {
    let entries = document.reference_table.entries.iter();
    entries.filter_map(|(&number, entry)| match entry {
        XrefEntry::Normal { offset, .. } => Some((u64::from(number), *offset as usize)),
        _ => None,
    })
}

/// The number of the object that begins there.
fn header(bytes: &[u8], offset: usize) -> Option<u64> {
    let head = bytes.get(offset..)?;
    let head = head[..head.len().min(3 * LONGEST)].trim_ascii_start();
    let mark = memchr::memmem::find(head, MARK)?;
    let (number, at) = named(head, mark)?;
    (at == 0).then_some(number)
}

/// Where the last object of each number begins.
fn last_of_each(bytes: &[u8]) -> HashMap<u64, usize> {
    let marks = memchr::memmem::find_iter(bytes, MARK);
    marks.filter_map(|mark| named(bytes, mark)).collect()
}

/// The number in front of `obj`, and where it begins.
fn named(bytes: &[u8], mark: usize) -> Option<(u64, usize)> {
    let generation = word_before(bytes, mark)?;
    let number = word_before(bytes, generation)?;
    let digits = &bytes[number..];
    let end = digits.iter().position(|byte| !byte.is_ascii_digit())?;
    let value = std::str::from_utf8(&digits[..end]).ok()?.parse().ok()?;
    Some((value, number))
}

/// Where the digits begin that stand before, with white space between.
fn word_before(bytes: &[u8], at: usize) -> Option<usize> {
    let near = &bytes[at.saturating_sub(LONGEST)..at];
    let word = near.trim_ascii_end();
    let digits = word.iter().rev().take_while(|byte| byte.is_ascii_digit());
    let count = digits.count();
    (word.len() < near.len() && count > 0).then(|| at - (near.len() - word.len()) - count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_are_found_by_what_they_begin_with() {
        let file = b"1 0 obj<<>>endobj\n12  3\r\nobj[]endobj 1 0 obj x obj 5 obj 7 65536000 obj";
        let found = last_of_each(file);
        let mut numbers: Vec<_> = found.into_iter().collect();
        numbers.sort_unstable();
        assert_eq!(numbers, [(1, 37), (7, 57), (12, 18)]);
        assert_eq!(header(file, 18), Some(12));
        assert_eq!(header(file, 17), Some(12));
        assert_eq!(header(file, 19), Some(2));
        assert_eq!(header(file, 5), None);
        assert_eq!(header(file, 900), None);
    }

    #[test]
    fn the_last_table_is_where_the_file_says_last() {
        for (file, expected) in [
            (
                &b"startxref\n9\n%%EOF startxref\r\n 12\n%%EOF"[..],
                Some(12),
            ),
            (b"startxref\n9\n%%EOF startxref", None),
            (b"", None),
        ] {
            assert_eq!(last_table(file), expected);
        }
    }
}
