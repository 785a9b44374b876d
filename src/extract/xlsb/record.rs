//! The records of a binary workbook ([MS-XLSB] 2.1.4) as far as `calamine` does
//! not give them: which sheets there are, what is hidden in them, and comments.

use std::collections::HashSet;
use std::ops::RangeInclusive;

use crate::extract::bytes::{u16_at, u32_at, utf16};

/// No record of a real workbook is as large.
const LARGEST: usize = 1024 * 1024; // 1 MB

const ROW: u32 = 0;
const COLUMNS: u32 = 60;
const SHEET: u32 = 156;
const COMMENT_AUTHOR: u32 = 632;
const COMMENT_TEXT: u32 = 637;

/// A sheet as the workbook lists it (2.4.304).
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Listed {
    pub(crate) name: String,
    pub(crate) hidden: bool,
    pub(crate) relationship: String,
}

/// Rows and columns of a sheet that its program does not show.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Folded {
    pub(crate) rows: HashSet<u32>,
    pub(crate) columns: Vec<RangeInclusive<u32>>,
}

/// A workbook's sheets.
pub(crate) fn sheets(part: &[u8]) -> Vec<Listed> {
    let listed = Records(part).filter(|(kind, _)| *kind == SHEET);
    let sheets = listed.filter_map(|(_, data)| {
        let (relationship, rest) = wide(data.get(8..)?)?;
        Some(Listed {
            name: wide(rest)?.0,
            hidden: u32_at(data, 0)? != 0,
            relationship,
        })
    });
    sheets.collect()
}

impl Folded {
    pub(crate) fn read(part: &[u8]) -> Self {
        let mut folded = Self::default();
        for (kind, data) in Records(part) {
            match kind {
                ROW => folded.row(data),
                COLUMNS => folded.columns(data),
                _ => continue,
            };
        }
        folded
    }

    /// `BrtRowHdr` (2.4.742): hidden by a switch, or by a height of zero that
    /// somebody chose.
    fn row(&mut self, data: &[u8]) -> Option<()> {
        let (number, height, flags) = (u32_at(data, 0)?, u16_at(data, 8)?, data.get(11)?);
        if flags & 0x10 != 0 || (flags & 0x20 != 0 && height == 0) {
            self.rows.insert(number);
        }
        Some(())
    }

    /// `BrtColInfo` (2.4.327): hidden by a switch, or by having no width.
    fn columns(&mut self, data: &[u8]) -> Option<()> {
        let (first, last) = (u32_at(data, 0)?, u32_at(data, 4)?);
        let (width, flags) = (u32_at(data, 8)?, u16_at(data, 16)?);
        if flags & 1 != 0 || width == 0 {
            self.columns.push(first..=last);
        }
        Some(())
    }
}

/// The authors and words of a sheet's comments; false if they could not all be
/// read.
pub(crate) fn comments(part: &[u8]) -> (String, bool) {
    let mut records = Records(part);
    let mut out = String::new();
    for (kind, data) in records.by_ref() {
        let text = match kind {
            COMMENT_AUTHOR => wide(data),
            // Switches stand before the text, and its formats behind it.
            COMMENT_TEXT => data.get(1..).and_then(wide),
            _ => continue,
        };
        if let Some((text, _)) = text {
            out.push_str(&text);
            out.push('\n');
        }
    }
    (out, records.is_done())
}

/// Whether a record promises far more than the part has: calamine makes room
/// for all of it before it looks.
pub(crate) fn promises_too_much(part: &[u8]) -> bool {
    let mut records = Records(part);
    while records.next().is_some() {}
    let mut rest = records.0;
    let size = number(&mut rest, 2).and_then(|_| number(&mut rest, 4));
    size.is_some_and(|size| size as usize > rest.len().max(LARGEST))
}

/// Each record's kind and data.
pub(crate) struct Records<'a>(&'a [u8]);

impl<'a> Iterator for Records<'a> {
    type Item = (u32, &'a [u8]);

    fn next(&mut self) -> Option<(u32, &'a [u8])> {
        let mut rest = self.0;
        let kind = number(&mut rest, 2)?;
        let size = number(&mut rest, 4)?;
        let (data, rest) = rest.split_at_checked(size as usize)?;
        self.0 = rest;
        Some((kind, data))
    }
}

impl<'a> Records<'a> {
    pub(crate) fn new(part: &'a [u8]) -> Self {
        Self(part)
    }

    fn is_done(&self) -> bool {
        self.0.is_empty()
    }
}

/// Seven bits a byte, the lowest first, in at most so many bytes.
fn number(rest: &mut &[u8], most: u32) -> Option<u32> {
    let mut number = 0;
    for at in 0..most {
        let (&byte, behind) = rest.split_first()?;
        *rest = behind;
        number |= u32::from(byte & 0x7f) << (7 * at);
        if byte & 0x80 == 0 {
            break;
        }
    }
    Some(number)
}

/// A text with the number of its units before it; none has a mark of its own.
pub(crate) fn wide(data: &[u8]) -> Option<(String, &[u8])> {
    let count = match u32_at(data, 0)? {
        u32::MAX => 0,
        count => count as usize,
    };
    let (text, rest) = data[4..].split_at_checked(count.checked_mul(2)?)?;
    Some((utf16(text), rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(kind: u32, data: &[u8]) -> Vec<u8> {
        let mut out = match kind {
            0..128 => vec![kind as u8],
            _ => vec![kind as u8 & 0x7f | 0x80, (kind >> 7) as u8],
        };
        out.push(data.len() as u8);
        out.extend_from_slice(data);
        out
    }

    #[test]
    fn rows_and_columns_without_size_are_hidden() {
        let row = |number: u8, height: u8, flags: u8| {
            record(ROW, &[number, 0, 0, 0, 0, 0, 0, 0, height, 0, 0, flags])
        };
        let columns = |first: u8, last: u8, width: u8, flags: u8| {
            record(
                COLUMNS,
                &[
                    first, 0, 0, 0, last, 0, 0, 0, width, 0, 0, 0, 0, 0, 0, 0, flags, 0,
                ],
            )
        };
        let part = [
            row(0, 44, 0),
            row(1, 44, 0x10),
            row(2, 0, 0x20),
            row(3, 0, 0),
            columns(0, 1, 9, 0),
            columns(2, 4, 9, 1),
            columns(5, 5, 0, 0),
            record(ROW, b"short"),
        ]
        .concat();
        let folded = Folded::read(&part);
        assert_eq!(folded.rows, HashSet::from([1, 2]));
        assert_eq!(folded.columns, [2..=4, 5..=5]);
    }

    #[test]
    fn records_larger_than_their_part_are_noticed() {
        let row = record(ROW, b"short");
        let promise = |size: &[u8]| promises_too_much(&[&row[..], b"\x13", size, b"abc"].concat());
        assert!(promise(b"\xff\xff\xff\x7f"));
        assert!(promise(b"\x80\x80\x80\x01"));
        assert!(!promise(b"\xff\x01"), "it is only cut short");
        assert!(!promise(b"\x03"));
        assert!(!promises_too_much(&row));
        assert!(!promises_too_much(b""));
    }

    #[test]
    fn broken_records_are_told() {
        let author = record(COMMENT_AUTHOR, b"\x01\0\0\0A\0");
        assert_eq!(comments(&author), ("A\n".to_owned(), true));
        assert_eq!(
            comments(&author[..author.len() - 1]),
            (String::new(), false)
        );
        let lying = record(COMMENT_AUTHOR, b"\xff\xff\xff\x7fA\0");
        assert_eq!(comments(&lying), (String::new(), true));
        assert_eq!(sheets(b"\x9c\x81\x80\x80\x80"), []);
    }
}
