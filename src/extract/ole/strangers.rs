//! Streams that a document's own program does not look for: those that a
//! damaged directory gives another name, and those that somebody put there.

use super::{Compound, Stream};
use crate::extract::harvest::{Harvest, Place};
use crate::extract::illustration::Illustrations;
use crate::extract::{office_art, sweep};

/// What is read elsewhere, or is no part of what a document says.
const KNOWN: [&str; 18] = [
    "WordDocument",
    "0Table",
    "1Table",
    "Data",
    "Workbook",
    "Book",
    "User Names",
    "Revision Log",
    "Ctls",
    "PowerPoint Document",
    "Current User",
    "Pictures",
    "EncryptedSummary",
    "\u{1}CompObj",
    "\u{1}Ole",
    "\u{3}ObjInfo",
    "\u{5}SummaryInformation",
    "\u{5}DocumentSummaryInformation",
];
/// Storages whose streams are: embedded objects, pivot caches, macros,
/// signatures.
const STORAGES: [&str; 8] = [
    "ObjectPool/",
    "MBD",
    "LNK",
    "_SX_DB_CUR/",
    "_VBA_PROJECT_CUR/",
    "Macros/",
    "_signatures/",
    "_xmlsignatures/",
];

/// Reads what words and pictures they hold.
pub(crate) fn strangers(compound: &Compound<'_>, place: &Place, harvest: &mut Harvest<'_>) {
    let is_strange = |path: &str| {
        let known = KNOWN.iter().any(|name| path.eq_ignore_ascii_case(name));
        !known && !STORAGES.iter().any(|storage| path.starts_with(storage))
    };
    let place = place.hidden("a part that its program does not show");
    for (_, Stream { bytes, .. }) in compound.opened(is_strange) {
        if harvest.is_spent() || !harvest.decoded(&place, bytes.len()) {
            return;
        }
        let words = sweep::words(&bytes, harvest.text_room(&place));
        harvest.text(&place, words);
        office_art::read(&bytes, &mut Illustrations::default(), &place, harvest);
    }
}
