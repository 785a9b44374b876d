//! Which characters are hidden, deleted, in a table or the end of its row: the
//! formats that pages of 512 bytes give to runs of the document ([MS-DOC]
//! 2.9.33 and 2.9.176), and the styles that the runs are in.

use std::ops::Range;

use super::fib::Fib;
use super::style::Styles;
use crate::extract::bytes::{u16_at, u32_at};

const PAGE: usize = 512;

/// Modifiers of characters and of paragraphs (2.6.1, 2.6.2).
const DELETED: u16 = 0x0800;
pub(super) const VANISHED: u16 = 0x083c;
const STYLE: u16 = 0x4a30;
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

/// A run of characters that by itself is neither hidden nor shown.
#[derive(Debug)]
struct Unsettled {
    range: Range<usize>,
    /// Its style hides, or the run turns what its style says.
    turned: bool,
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
        let sheet = table.get(fib.styles.0..).unwrap_or_default();
        let styles = Styles::read(&sheet[..fib.styles.1.min(sheet.len())]);
        let mut unsettled = Vec::new();
        let mut hiding = Vec::new();
        for (plc, of) in [
            (fib.character_runs, Of::Characters),
            (fib.paragraph_runs, Of::Paragraphs),
        ] {
            for page in pages(plc, document, table) {
                match of {
                    Of::Characters => runs.take_characters(page, &styles, &mut unsettled),
                    Of::Paragraphs => runs.take_paragraphs(page, &styles, &mut hiding),
                }
            }
        }
        if styles.any() {
            runs.settle(unsettled, hiding);
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

    fn take_characters(&mut self, page: &[u8], styles: &Styles, unsettled: &mut Vec<Unsettled>) {
        for (range, format) in runs(page, Of::Characters) {
            let mut direct = None;
            let mut by_style = false;
            for (modifier, operand) in modifiers(format) {
                match modifier {
                    DELETED if operand & 1 == 1 => self.deleted.0.push(range.clone()),
                    VANISHED => direct = Some(operand as u8),
                    STYLE => by_style = styles.hides(operand),
                    _ => {}
                }
            }
            // What is neither on nor off goes by the style, or against it
            // (2.2.5.1.1, `ToggleOperand`).
            match direct {
                Some(0) => {}
                Some(1) => self.vanished.0.push(range),
                turned => unsettled.push(Unsettled {
                    range,
                    turned: by_style ^ (turned == Some(0x81)),
                }),
            }
        }
    }

    fn take_paragraphs(&mut self, page: &[u8], styles: &Styles, hiding: &mut Vec<Range<usize>>) {
        for (range, format) in runs(page, Of::Paragraphs) {
            let Some((style, format)) = format.split_first_chunk::<2>() else {
                continue;
            };
            if styles.hides(u16::from_le_bytes(*style)) {
                hiding.push(range.clone());
            }
            for (modifier, operand) in modifiers(format) {
                let places = match modifier {
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

    /// Hides what styles hide: of two that do, that of the paragraph and that
    /// of the characters, each turns the switch.
    fn settle(&mut self, mut unsettled: Vec<Unsettled>, mut hiding: Vec<Range<usize>>) {
        unsettled.sort_by_key(|run| run.range.start);
        hiding.sort_by_key(|range| range.start);
        let mut hiding = hiding.into_iter().peekable();
        // Runs of a crafted file may overlap: each place is settled once.
        let mut at = 0;
        for Unsettled { range, turned } in unsettled {
            at = at.max(range.start);
            while at < range.end {
                while hiding.next_if(|hidden| hidden.end <= at).is_some() {}
                let (hides, end) = match hiding.peek() {
                    Some(hidden) if hidden.start <= at => (true, hidden.end),
                    Some(hidden) => (false, hidden.start),
                    None => (false, range.end),
                };
                let end = end.min(range.end);
                if hides ^ turned {
                    self.vanished.0.push(at..end);
                }
                at = end;
            }
        }
    }
}

/// A page's runs, each with its format.
fn runs(page: &[u8], of: Of) -> impl Iterator<Item = (Range<usize>, &[u8])> {
    let count = page.last().map_or(0, |count| usize::from(*count));
    (0..count).map_while(move |run| {
        let (start, end) = (u32_at(page, run * 4)?, u32_at(page, run * 4 + 4)?);
        let format = format(page, count, run, of).unwrap_or_default();
        Some((start as usize..end as usize, format))
    })
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
            // The style's number, then the modifiers.
            page.get(from..from + length).filter(|_| at > 0)
        }
    }
}

/// Modifiers with their operands, or what of them fits in two bytes; the top
/// bits tell their lengths (2.2.5.1).
pub(super) fn modifiers(bytes: &[u8]) -> impl Iterator<Item = (u16, u16)> + use<'_> {
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
        let operand = match length {
            1 => u16::from(first),
            _ => u16_at(bytes, at + 2)?,
        };
        at += 2 + length;
        Some((modifier, operand))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(runs: &[(Range<usize>, bool)], hiding: &[(usize, usize)], hidden: &[(usize, usize)]) {
        let unsettled = |(range, turned): &(Range<usize>, bool)| Unsettled {
            range: range.clone(),
            turned: *turned,
        };
        let hiding = hiding.iter().map(|&(start, end)| start..end).collect();
        let mut settled = Runs::default();
        settled.settle(runs.iter().map(unsettled).collect(), hiding);
        let places = settled.vanished.0.iter();
        let places: Vec<(usize, usize)> = places.map(|range| (range.start, range.end)).collect();
        assert_eq!(places, hidden);
    }

    #[test]
    fn styles_of_paragraphs_and_characters_turn_one_another() {
        check(&[(0..9, false)], &[], &[]);
        check(&[(0..9, true)], &[], &[(0, 9)]);
        check(&[(0..9, false)], &[(2, 4), (5, 20)], &[(2, 4), (5, 9)]);
        check(&[(4..9, true), (0..4, false)], &[(2, 6)], &[(2, 4), (6, 9)]);
        // Overlapping, empty and backward ones.
        let backward = Range { start: 9, end: 3 };
        let runs = [(0..9, true), (1..5, true), (backward, true)];
        check(&runs, &[(5, 2), (3, 3)], &[(0, 3), (3, 9)]);
    }

    #[test]
    fn modifiers_are_told_by_their_lengths() {
        let bytes = [
            0x3c, 0x08, 1, // hidden
            0x43, 0x4a, 24, 0, // size
            0x08, 0xd6, 3, 0, 9, 9, // a table's definition
            0x17, 0x24, 1,
        ];
        let found: Vec<(u16, u16)> = modifiers(&bytes).collect();
        assert_eq!(
            found,
            [(VANISHED, 1), (0x4a43, 24), (0xd608, 3), (ROW_END, 1)]
        );
    }
}
