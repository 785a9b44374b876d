//! OneNote sections ([MS-ONESTORE]): the words in them, and the files that were
//! put into their pages.
//!
//! Pages, their order and their older versions are not told apart: all words
//! that a section holds are read as one text.

use super::bytes::u32_at;
use super::harvest::{Harvest, Place};
use super::{file, sweep};
use crate::finding::ProblemKind;

pub(crate) const MARK: &[u8] = b"\xe4\x52\x5c\x7b\x8c\xd8\xa7\x4d";

/// Begins a file among the section's data (2.6.13).
const STORED_FILE: &[u8] = b"\xe7\x16\xe3\xbd\x65\x26\x11\x45\xa4\xc4\x8d\x4d\x0b\x7a\x9e\xac";
/// Mark, length, and twelve bytes that say nothing.
const HEADER: usize = 16 + 8 + 12;

pub(crate) fn read(bytes: &[u8], place: &Place, harvest: &mut Harvest<'_>) {
    harvest.kind(place, "onenote");
    let mut words = String::new();
    let mut from = 0;
    let mut number = 0;
    let inside = harvest.deeper(place);
    while let Some(found) = memchr::memmem::find(&bytes[from..], STORED_FILE) {
        if harvest.is_spent() {
            return;
        }
        let start = from + found;
        let room = harvest.text_room(place).saturating_sub(words.len());
        words.push_str(&sweep::words(&bytes[from..start], room));
        let content = stored(&bytes[start..]);
        if let (Some(content), Some(inside)) = (content, &inside) {
            number += 1;
            file::read(&[&format!("file {number}")], content, inside, harvest);
        }
        from = start + HEADER.min(bytes.len() - start) + content.map_or(0, <[u8]>::len);
    }
    let room = harvest.text_room(place).saturating_sub(words.len());
    words.push_str(&sweep::words(&bytes[from..], room));
    harvest.text(&place.within("words of its pages"), words);
    harvest.problem(
        place,
        ProblemKind::Unknown,
        "a OneNote section: its words were read without their pages, and not if it has a password",
    );
}

fn stored(bytes: &[u8]) -> Option<&[u8]> {
    let length = u32_at(bytes, 16)? as usize;
    let high = u32_at(bytes, 20)?;
    let content = bytes.get(HEADER..)?;
    (high == 0 && length <= content.len()).then(|| &content[..length])
}
