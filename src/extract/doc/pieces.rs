//! The piece table: which bytes of the document are which characters
//! ([MS-DOC] 2.8.35 and 2.9.177).

use super::fib::Fib;
use super::runs::Runs;
use super::story::{CELL, LINE, PARAGRAPH, ROW};
use crate::extract::bytes::{cp1252, u16_at, u32_at};

/// In a `PcdData` the flag that its characters are single bytes.
const NARROW: u32 = 0x4000_0000;

pub(super) struct Pieces(Vec<Piece>);

struct Piece {
    length: usize,
    start: usize,
    wide: bool,
}

/// The document's characters in their order, each as one unit of UTF-16, for
/// so the header counts them.
#[derive(Default)]
pub(super) struct Characters {
    /// What is hidden is zeros here, so that all else keeps its place.
    pub(super) shown: Vec<u16>,
    pub(super) vanished: Vec<u16>,
    pub(super) deleted: Vec<u16>,
    /// A piece was not all there.
    pub(super) damaged: bool,
}

impl Pieces {
    /// Finds the table behind the formats that may stand before it.
    pub(super) fn parse(fib: &Fib, table: &[u8]) -> Option<Self> {
        let (start, length) = fib.pieces;
        let mut clx = table.get(start..)?;
        clx = &clx[..length.min(clx.len())];
        while clx.first() == Some(&1) {
            clx = clx.get(3 + usize::from(u16_at(clx, 1)?)..)?;
        }
        if clx.first() != Some(&2) {
            return None;
        }
        let plc = clx.get(5..)?;
        let plc = &plc[..(u32_at(clx, 1)? as usize).min(plc.len())];
        // One more position than pieces, then eight bytes for each piece.
        let count = plc.len().checked_sub(4)? / 12;
        let piece = |index: usize| {
            let first = u32_at(plc, index * 4)?;
            let last = u32_at(plc, index * 4 + 4)?;
            let place = u32_at(plc, (count + 1) * 4 + index * 8 + 2)?;
            let wide = place & NARROW == 0;
            let start = (place & !NARROW) as usize;
            Some(Piece {
                length: last.checked_sub(first)? as usize,
                start: if wide { start } else { start / 2 },
                wide,
            })
        };
        Some(Self((0..count).map_while(piece).collect()))
    }

    pub(super) fn characters(&self, document: &[u8], runs: &Runs, room: usize) -> Characters {
        let mut out = Characters::default();
        for piece in &self.0 {
            let size = piece.length.saturating_mul(piece.width());
            let end = piece.start.saturating_add(size).min(document.len());
            let bytes = document.get(piece.start..end).unwrap_or_default();
            out.damaged |= bytes.len() != size;
            piece.push(bytes, runs, &mut out);
            // Pieces of a crafted file may name the same bytes without end.
            if out.shown.len() > room {
                out.damaged = true;
                break;
            }
        }
        out
    }
}

impl Piece {
    fn width(&self) -> usize {
        if self.wide { 2 } else { 1 }
    }

    fn push(&self, bytes: &[u8], runs: &Runs, out: &mut Characters) {
        let units: Vec<u16> = match self.wide {
            true => bytes
                .chunks_exact(2)
                .map(|pair| u16::from_le_bytes([pair[0], pair[1]]))
                .collect(),
            false => cp1252(bytes).encode_utf16().collect(),
        };
        let start = out.shown.len();
        for (index, unit) in units.into_iter().enumerate() {
            let at = self.start + index * self.width();
            let line_ends = matches!(unit, PARAGRAPH | CELL);
            // What is hidden in two paragraphs is not one line.
            if line_ends && out.vanished.last().is_some_and(|&last| last != PARAGRAPH) {
                out.vanished.push(PARAGRAPH);
            }
            if runs.deleted.holds(at) {
                out.deleted.push(unit);
                out.shown.push(0);
            } else if runs.vanished.holds(at) && !line_ends {
                out.vanished.push(unit);
                out.shown.push(0);
            } else {
                out.shown.push(match unit {
                    PARAGRAPH if runs.in_table.holds(at) => LINE,
                    CELL if runs.row_ends.holds(at) => ROW,
                    unit => unit,
                });
            }
        }
        // Runs of hidden words are lines of their own.
        for hidden in [&mut out.deleted, &mut out.vanished] {
            if !hidden.is_empty() && out.shown.len() > start {
                hidden.push(PARAGRAPH);
            }
        }
    }
}
