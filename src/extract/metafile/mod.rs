//! Pictures that are drawn anew each time (EMF and WMF), as charts and cells
//! are pasted into documents: the words in them, in the lines that they make,
//! and pictures that are drawn as a part of them.

use super::harvest::{Harvest, Place};
use super::kind::{self, Kind};
use super::picture;
use crate::finding::ProblemKind;
use page::Page;

mod dib;
mod emf;
mod page;
mod plus;
mod wmf;

pub(crate) use dib::as_file;

pub(crate) fn is_one(kind: &str) -> bool {
    matches!(kind, "emf" | "wmf")
}

/// What was drawn.
#[derive(Debug, Default)]
struct Drawing {
    words: Page,
    bitmaps: Vec<Vec<u8>>,
    /// Words that are only shapes, or numbers of a font's shapes.
    shapes: bool,
    /// It ended before it said so.
    cut: bool,
}

pub(crate) fn read(bytes: &[u8], place: &Place, harvest: &mut Harvest<'_>) {
    let drawing = match kind::sniff(bytes) {
        Kind::Picture("emf") => emf::read(bytes),
        _ => wmf::read(bytes),
    };
    let is_blank = drawing.words.is_blank() && drawing.bitmaps.is_empty();
    harvest.text(place, drawing.words.text());
    for bitmap in drawing.bitmaps {
        if let Kind::Picture(kind) = kind::sniff(&bitmap)
            && !is_one(kind)
            && harvest.decoded(place, bitmap.len())
        {
            picture::within(kind, &bitmap, place, harvest);
        }
    }
    let what = match drawing {
        Drawing { cut: true, .. } => "a drawing that is damaged, of which not all words were read",
        Drawing { shapes: true, .. } => "a drawing of which not all words could be read",
        _ if is_blank => "a drawing in which no words were found",
        _ => return,
    };
    harvest.problem(place, ProblemKind::NotRead, what);
}
