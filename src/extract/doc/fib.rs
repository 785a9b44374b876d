//! The header of a Word document: what it is, how long its parts are, and
//! where its tables stand ([MS-DOC] 2.5, `Fib`).

use crate::extract::bytes::{u16_at, u32_at};

/// Bytes of the header's first part, which is never encrypted.
pub(super) const BASE: usize = 68;
const WORD_97: u16 = 0x00c1;

/// Flags at 0x0A (2.5.2).
const ENCRYPTED: u16 = 0x0100;
const SECOND_TABLE: u16 = 0x0200;
const READ_ONLY_RECOMMENDED: u16 = 0x0400;
const OBFUSCATED: u16 = 0x8000;

/// Where the numbers of characters stand (2.5.4), and the tables (2.5.6).
const LENGTHS: usize = 0x4c;
const TABLES: usize = 0x9a;
const STYLES: usize = 1;
const CHARACTER_RUNS: usize = 12;
const PARAGRAPH_RUNS: usize = 13;
const BOOKMARKS: usize = 21;
const PIECES: usize = 33;

#[derive(Debug)]
pub(super) struct Fib {
    flags: u16,
    key: usize,
    stories: [usize; 7],
    pub(super) styles: (usize, usize),
    pub(super) bookmarks: (usize, usize),
    pub(super) pieces: (usize, usize),
    pub(super) character_runs: (usize, usize),
    pub(super) paragraph_runs: (usize, usize),
}

impl Fib {
    /// `None` for versions that have another header.
    pub(super) fn parse(document: &[u8]) -> Option<Self> {
        if u16_at(document, 0)? != 0xa5ec || u16_at(document, 2)? < WORD_97 {
            return None;
        }
        let table = |index: usize| {
            let at = TABLES + index * 8;
            let (start, length) = (u32_at(document, at)?, u32_at(document, at + 4)?);
            Some((start as usize, length as usize))
        };
        let mut stories = [0; 7];
        for (index, story) in stories.iter_mut().enumerate() {
            // Macros, once the fourth, have none; the rest follow one another.
            let at = LENGTHS + 4 * if index > 2 { index + 1 } else { index };
            *story = u32_at(document, at)? as usize;
        }
        Some(Self {
            flags: u16_at(document, 0x0a)?,
            key: u32_at(document, 0x0e)? as usize,
            stories,
            styles: table(STYLES)?,
            bookmarks: table(BOOKMARKS)?,
            pieces: table(PIECES)?,
            character_runs: table(CHARACTER_RUNS)?,
            paragraph_runs: table(PARAGRAPH_RUNS)?,
        })
    }

    /// The stream that the tables are in.
    pub(super) fn table(&self) -> &'static str {
        match self.flags & SECOND_TABLE != 0 {
            true => "1Table",
            false => "0Table",
        }
    }

    pub(super) fn is_encrypted(&self) -> bool {
        self.flags & ENCRYPTED != 0
    }

    /// The key and the verifier of the password, where there is XOR in place of
    /// a cipher.
    pub(super) fn obfuscation(&self) -> Option<(u16, u16)> {
        let (key, verifier) = (self.key >> 16, self.key & 0xffff);
        (self.flags & OBFUSCATED != 0).then_some((key as u16, verifier as u16))
    }

    pub(super) fn is_read_only_recommended(&self) -> bool {
        self.flags & READ_ONLY_RECOMMENDED != 0
    }

    /// Bytes of the encryption's own header, at the start of the table stream.
    pub(super) fn key(&self) -> usize {
        self.key
    }

    /// Characters of each part, in their order.
    pub(super) fn stories(&self) -> [usize; 7] {
        self.stories
    }
}
