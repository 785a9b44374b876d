//! Which characters are hidden, deleted, in a table or the end of its row: the
//! formats that pages of 512 bytes give to runs of the document ([MS-DOC]
//! 2.9.33 and 2.9.176).

use std::ops::Range;

use super::fib::Fib;
use crate::extract::bytes::{u16_at, u32_at};

const PAGE: usize = 512;

/// Modifiers of characters and of paragraphs (2.6.1, 2.6.2).
const DELETED: u16 = 0x0800;
const VANISHED: u16 = 0x083c;
const IN_TABLE: u16 = 0x2416;
const ROW_END: u16 = 0x2417;

/// Places in the document, in order.
#[derive(Debug, Default)]
pub(super) struct Places(Vec<Range<usize>>);

impl Places {
    pub(super) fn holds(&self, at: usize) -> bool {
        let after = self.0.partition_point(|range| range.end <= at);
        self.0.get(after).is_some_and(|range| range.contains(&at))
    }
}

#[derive(Debug, Default)]
pub(super) struct Runs {
    pub(super) deleted: Places,
    pub(super) vanished: Places,
    pub(super) in_table: Places,
    pub(super) row_ends: Places,
}

/// What a page's runs are of.
#[derive(Clone, Copy)]
enum Of {
    Characters,
    Paragraphs,
}

impl Runs {
    pub(super) fn read(fib: &Fib, document: &[u8], table: &[u8]) -> Self {
        let mut runs = Self::default();
        for (plc, of) in [
            (fib.character_runs, Of::Characters),
            (fib.paragraph_runs, Of::Paragraphs),
        ] {
            for page in pages(plc, document, table) {
                runs.take_page(page, of);
            }
        }
        for places in [
            &mut runs.deleted,
            &mut runs.vanished,
            &mut runs.in_table,
            &mut runs.row_ends,
        ] {
            places.0.sort_by_key(|range| range.start);
        }
        runs
    }

    fn take_page(&mut self, page: &[u8], of: Of) {
        let count = page.last().map_or(0, |count| usize::from(*count));
        for run in 0..count {
            let (Some(start), Some(end)) = (u32_at(page, run * 4), u32_at(page, run * 4 + 4))
            else {
                return;
            };
            let range = start as usize..end as usize;
            for (modifier, operand) in modifiers(format(page, count, run, of).unwrap_or_default()) {
                let places = match modifier {
                    DELETED => &mut self.deleted,
                    VANISHED => &mut self.vanished,
                    IN_TABLE => &mut self.in_table,
                    ROW_END => &mut self.row_ends,
                    _ => continue,
                };
                if operand & 1 == 1 {
                    places.0.push(range.clone());
                }
            }
        }
    }
}

/// The pages that a table lists; each once, however often it is listed.
fn pages<'a>(
    (start, length): (usize, usize),
    document: &'a [u8],
    table: &[u8],
) -> impl Iterator<Item = &'a [u8]> + use<'a> {
    let plc = table.get(start..).unwrap_or_default();
    let plc = &plc[..length.min(plc.len())];
    let count = plc.len().saturating_sub(4) / 8;
    let number = |page: usize| Some(u32_at(plc, (count + 1) * 4 + page * 4)? as usize);
    let mut numbers: Vec<usize> = (0..count).filter_map(number).collect();
    numbers.sort_unstable();
    numbers.dedup();
    numbers.into_iter().filter_map(move |number| {
        let at = number.checked_mul(PAGE)?;
        document.get(at..at.checked_add(PAGE)?)
    })
}

/// The modifiers of one run, whose place the page gives in words of two bytes.
fn format(page: &[u8], count: usize, run: usize, of: Of) -> Option<&[u8]> {
    let offsets = (count + 1) * 4;
    match of {
        Of::Characters => {
            let at = usize::from(*page.get(offsets + run)?) * 2;
            let length = usize::from(*page.get(at)?);
            page.get(at + 1..at + 1 + length).filter(|_| at > 0)
        }
        Of::Paragraphs => {
            let at = usize::from(*page.get(offsets + run * 13)?) * 2;
            let (from, length) = match *page.get(at)? {
                0 => (at + 2, usize::from(*page.get(at + 1)?) * 2),
                words => (at + 1, usize::from(words) * 2 - 1),
            };
            // A style's number stands before the modifiers.
            page.get(from + 2..from + length).filter(|_| at > 0)
        }
    }
}

/// Modifiers with the first byte of their operands, whose length the top bits
/// tell (2.2.5.1).
fn modifiers(bytes: &[u8]) -> impl Iterator<Item = (u16, u8)> + use<'_> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let modifier = u16_at(bytes, at)?;
        let first = *bytes.get(at + 2)?;
        let length = match modifier >> 13 {
            0 | 1 => 1,
            2 | 4 | 5 => 2,
            3 => 4,
            7 => 3,
            // Tables' definitions have a length of two bytes, less one.
            _ if matches!(modifier, 0xd606 | 0xd608) => usize::from(u16_at(bytes, at + 2)?) + 1,
            _ => 1 + usize::from(first),
        };
        at += 2 + length;
        Some((modifier, first))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modifiers_are_told_by_their_lengths() {
        let bytes = [
            0x3c, 0x08, 1, // hidden
            0x43, 0x4a, 24, 0, // size
            0x08, 0xd6, 3, 0, 9, 9, // a table's definition
            0x17, 0x24, 1,
        ];
        let found: Vec<(u16, u8)> = modifiers(&bytes).collect();
        assert_eq!(
            found,
            [(VANISHED, 1), (0x4a43, 24), (0xd608, 3), (ROW_END, 1)]
        );
    }
}
