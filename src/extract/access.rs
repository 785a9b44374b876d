//! Access databases (Jet 4 and ACE): the words in each row of each table, cells
//! apart.
//!
//! Columns' names stand in their table's definition; dates and numbers are not
//! read. A database of Access 97 or older is swept for words.

use super::bytes::{u16_at, u32_at, utf16};
use super::harvest::{Harvest, Place};
use super::sweep;
use crate::finding::ProblemKind;

const PAGE: usize = 4_096;
/// The version stands here; Jet 3 has smaller pages.
const VERSION: usize = 0x14;

const DATA: u8 = 1;
const DEFINITION: u8 = 2;
/// Kinds of pages, of which a database in clear has no others.
const KINDS: std::ops::RangeInclusive<u8> = 0..=5;

/// Where a row begins; the other bits say that it was deleted, or moved to
/// another page.
const START: u16 = 0x1fff;

/// Stands before text of one byte a letter.
const COMPRESSED: &[u8] = b"\xff\xfe";
/// Where a text can begin in what a row keeps: at once, or behind what says
/// where the rest of a long one is.
const BEGINNINGS: [usize; 3] = [0, 4, 12];

pub(crate) fn read(bytes: &[u8], place: &Place, harvest: &mut Harvest<'_>) {
    let room = harvest.text_room(place);
    let mut found = Found::default();
    if bytes.get(VERSION) == Some(&0) {
        found.rows = sweep::words(bytes, room);
    } else {
        for page in bytes.chunks(PAGE).skip(1) {
            if found.rows.len() + found.names.len() + found.deleted.len() > room {
                break;
            }
            found.page(page);
        }
    }
    let nothing = found.rows.is_empty() || found.strange > found.known;
    let kind = match bytes.get(4..19) {
        Some(b"Standard ACE DB") => "accdb",
        _ => "mdb",
    };
    harvest.kind(place, kind);
    harvest.text(&place.within("names of columns"), found.names);
    harvest.text(&place.within("rows").table(), found.rows);
    harvest.text(
        &place.hidden("deleted or moved rows, hidden"),
        found.deleted,
    );
    let what = match nothing {
        true => "an Access database that is encrypted or damaged, or has no words",
        false => "an Access database: dates, numbers and files in it were not read",
    };
    harvest.problem(place, ProblemKind::Unknown, what);
}

#[derive(Debug, Default)]
struct Found {
    names: String,
    rows: String,
    deleted: String,
    /// Pages of a kind that exists, and all others.
    known: u32,
    strange: u32,
}

impl Found {
    fn page(&mut self, page: &[u8]) {
        match page.first() {
            Some(&DATA) => {
                self.known += 1;
                self.rows_of(page);
            }
            Some(&DEFINITION) => {
                self.known += 1;
                self.names.push_str(&sweep::words(page, PAGE));
            }
            Some(kind) if KINDS.contains(kind) => self.known += 1,
            _ => self.strange += 1,
        }
    }

    /// The number of rows, and where each begins; they stand from the page's
    /// end to its start.
    fn rows_of(&mut self, page: &[u8]) {
        let long = page.get(4..8) == Some(b"LVAL");
        let count = usize::from(u16_at(page, 12).unwrap_or(0));
        let mut end = page.len();
        for at in (0..count).map(|row| 14 + 2 * row) {
            let Some(word) = u16_at(page, at) else {
                return;
            };
            let start = usize::from(word & START);
            let row = page.get(start..end).unwrap_or_default();
            if start < end {
                end = start;
            }
            let out = match word & !START {
                0 => &mut self.rows,
                _ => &mut self.deleted,
            };
            let before = out.len();
            match long {
                true => out.push_str(&text(row).unwrap_or_default()),
                false => cells(row, out),
            }
            if out.len() > before {
                out.push('\n');
            }
        }
    }
}

/// A row ends with where each of its texts begins, how many there are, and a
/// bit for each column.
fn cells(row: &[u8], out: &mut String) {
    let Some(bounds) = bounds(row) else {
        out.push_str(&sweep::words(row, row.len()).replace('\n', "\t"));
        return;
    };
    let mut first = true;
    for pair in bounds.windows(2) {
        let cell = row.get(pair[0]..pair[1]).and_then(text);
        let Some(cell) = cell.filter(|cell| !cell.is_empty()) else {
            continue;
        };
        if !std::mem::take(&mut first) {
            out.push('\t');
        }
        out.push_str(&cell.replace(['\t', '\r', '\n'], " "));
    }
}

/// Where the texts of a row begin, and where the last one ends.
fn bounds(row: &[u8]) -> Option<Vec<usize>> {
    let columns = usize::from(u16_at(row, 0)?);
    let behind = row.len().checked_sub(columns.div_ceil(8) + 2)?;
    let texts = usize::from(u16_at(row, behind)?);
    let mut bounds = Vec::new();
    for at in 0..=texts {
        let position = behind.checked_sub(2 * (at + 1))?;
        bounds.push(usize::from(u16_at(row, position)?));
    }
    let in_order = bounds.windows(2).all(|pair| pair[0] <= pair[1]);
    (texts <= columns && in_order && bounds.last()? <= &behind).then_some(bounds)
}

/// The text that a column's bytes are, if they are one.
fn text(bytes: &[u8]) -> Option<String> {
    BEGINNINGS.iter().find_map(|&at| {
        // A long text says how long it is, and a part of one what comes next.
        if at == 12 && u32_at(bytes, 0)? & 0x00ff_ffff > bytes.len() as u32 * 2 {
            return None;
        }
        let text = match bytes.get(at..)? {
            packed if packed.starts_with(COMPRESSED) => uncompressed(&packed[2..]),
            wide => utf16(wide),
        };
        let strange = |c: char| {
            (c.is_control() && !c.is_whitespace()) || c as u32 > 0x2fff || c as u32 == 0xfffd
        };
        (!text.is_empty() && !text.contains(strange)).then_some(text)
    })
}

/// One byte a letter; a zero byte begins and ends what has two.
fn uncompressed(bytes: &[u8]) -> String {
    let mut out = String::new();
    for (number, run) in bytes.split(|&byte| byte == 0).enumerate() {
        match number % 2 {
            0 => out.extend(run.iter().map(|&byte| char::from(byte))),
            _ => out.push_str(&utf16(run)),
        }
    }
    out
}
