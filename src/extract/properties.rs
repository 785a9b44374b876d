//! Document properties of a compound file: title, author, keywords and
//! whatever users added ([MS-OLEPS] 2.21 to 2.25).

use super::bytes::{u16_at, u32_at, utf16};
use super::harvest::{Harvest, Place};
use super::ole::Compound;
use crate::mail::charset;

const STREAMS: [&str; 2] = ["\u{5}SummaryInformation", "\u{5}DocumentSummaryInformation"];

const CODE_PAGE: u32 = 1;
/// Template, revision and program: no words of people.
const OF_PROGRAMS: [u32; 3] = [7, 9, 18];
const MOST_PROPERTIES: usize = 1_000;

/// Types of values (2.15).
const INTEGER: u16 = 0x0002;
const NARROW: u16 = 0x001e;
const WIDE: u16 = 0x001f;

pub(crate) fn read(compound: &Compound<'_>, place: &Place, harvest: &mut Harvest<'_>) {
    let mut words = String::new();
    for (first, path) in STREAMS.iter().enumerate() {
        if let Some(stream) = compound.stream(path) {
            sets(&stream.bytes, first == 0, &mut words);
        }
    }
    harvest.text(&place.hidden("document properties, hidden"), words);
}

/// A stream holds one or two sets of properties.
fn sets(stream: &[u8], summary: bool, words: &mut String) {
    let count = u32_at(stream, 24).unwrap_or(0).min(2) as usize;
    for set in 0..count {
        let start = u32_at(stream, 28 + set * 20 + 16);
        if let Some(set) = start.and_then(|start| stream.get(start as usize..)) {
            values(set, summary, words);
        }
    }
}

fn values(set: &[u8], summary: bool, words: &mut String) {
    let count = u32_at(set, 4).unwrap_or(0).min(MOST_PROPERTIES as u32) as usize;
    let property = |index: usize| {
        let id = u32_at(set, 8 + index * 8)?;
        let value = set.get(u32_at(set, 12 + index * 8)? as usize..)?;
        Some((id, value))
    };
    let page = (0..count)
        .filter_map(property)
        .find(|(id, value)| *id == CODE_PAGE && u16_at(value, 0) == Some(INTEGER))
        .and_then(|(_, value)| u16_at(value, 4));
    for (id, value) in (0..count).filter_map(property) {
        let of_program = summary && OF_PROGRAMS.contains(&id);
        if let (false, Some(text)) = (of_program, text(value, page)) {
            words.push_str(text.trim_end_matches('\0'));
            words.push('\n');
        }
    }
}

fn text(value: &[u8], page: Option<u16>) -> Option<String> {
    let length = u32_at(value, 4)? as usize;
    let bytes = value.get(8..)?;
    let within = |length: usize| &bytes[..length.min(bytes.len())];
    match u16_at(value, 0)? {
        NARROW if page == Some(1200) => Some(utf16(within(length))),
        NARROW => {
            let label = match page {
                Some(65001) | None => "utf-8".to_owned(),
                Some(page) => format!("windows-{page}"),
            };
            Some(charset::decode(within(length), Some(&label)))
        }
        WIDE => Some(utf16(within(length.saturating_mul(2)))),
        _ => None,
    }
}
