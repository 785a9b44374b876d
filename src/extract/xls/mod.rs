//! Workbooks of Excel 5 to 2003 ([MS-XLS]): one stream of records, with a
//! part for the workbook and one for each sheet, and the caches of pivot
//! tables in streams of their own.

use super::harvest::{Harvest, Place};
use super::ole::{self, Compound};
use super::{Protection, properties};
use crate::finding::ProblemKind;
use record::{Records, kind};
use sheet::Sheet;
use string::Version;
use workbook::Workbook;

mod pivot;
mod record;
mod seal;
mod sheet;
mod string;
mod words;
mod workbook;

pub(crate) fn is_one(compound: &Compound<'_>) -> bool {
    compound.has_at_top("Workbook") || compound.has_at_top("Book")
}

pub(crate) fn read(compound: &Compound<'_>, place: &Place, harvest: &mut Harvest<'_>) {
    harvest.kind(place, "xls");
    let Some(place) = harvest.deeper(place) else {
        return;
    };
    properties::read(compound, &place, harvest);
    // A file for both Excel 95 and 97 has both.
    for path in ["Workbook", "Book"] {
        if let Some(stream) = ole::stream(compound, path, &place, harvest) {
            book(compound, stream, &place, harvest);
        }
    }
    ole::embedded(compound, &place, harvest);
    ole::strangers(compound, &place, harvest);
}

fn book(compound: &Compound<'_>, mut stream: Vec<u8>, place: &Place, harvest: &mut Harvest<'_>) {
    let seal = seal::find(&stream, place, harvest);
    match &seal {
        seal::Seal::None => {}
        seal::Seal::Known(key) => key.decrypt(&mut stream),
        seal::Seal::Unknown => return,
    }
    walk(&stream, place, harvest);
    let caches: Vec<String> = compound
        .streams()
        .filter(|path| path.starts_with("_SX_DB_CUR/"))
        .map(str::to_owned)
        .collect();
    for path in caches {
        let Some(mut cache) = ole::stream(compound, &path, place, harvest) else {
            return;
        };
        if let seal::Seal::Known(key) = &seal {
            key.decrypt(&mut cache);
        }
        pivot::read(&cache, place, harvest);
    }
}

/// Goes through all records once. Parts lie one after another; only a chart
/// lies inside its sheet.
fn walk(stream: &[u8], place: &Place, harvest: &mut Harvest<'_>) {
    let mut records = Records::new(stream);
    let Some(first) = records.next().filter(|record| record.kind == kind::BOF) else {
        return harvest.problem(
            place,
            ProblemKind::Damaged,
            "an Excel workbook that is damaged and could not be read",
        );
    };
    let mut workbook = Workbook::new(Version::of(first.data));
    let mut sheet: Option<Sheet> = None;
    let mut depth = 1_u32;
    let mut ended = false;
    while let Some(record) = records.next() {
        if harvest.is_spent() {
            return;
        }
        ended = record.kind == kind::EOF;
        match record.kind {
            kind::BOF => {
                depth += 1;
                // A part that begins after the workbook's own is a sheet.
                if sheet.is_none() {
                    depth = 1;
                    sheet = Some(Sheet::new(workbook.sheet_at(record.at - 4)));
                }
            }
            kind::EOF => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    match sheet.take() {
                        Some(sheet) => sheet.finish(&mut workbook, place, harvest),
                        None => workbook.finish(place, harvest),
                    }
                }
            }
            _ => match &mut sheet {
                Some(sheet) => sheet.record(record, &mut records, &workbook, depth > 1),
                None => workbook.record(record, &mut records),
            },
        }
    }
    let is_open = sheet.is_some();
    if let Some(sheet) = sheet {
        sheet.finish(&mut workbook, place, harvest);
    }
    workbook.pictures(place, harvest);
    if workbook.is_damaged() || is_open || !ended && !is_blank(stream) {
        harvest.problem(
            place,
            ProblemKind::Damaged,
            "it is cut short or damaged and was read as far as it could be",
        );
    }
    if workbook.only_editing_restricted() {
        harvest.protection(
            place,
            Protection::Open,
            "opens without the password: only editing is restricted",
        );
    }
}

/// Whether the stream ends in zeros, as some writers fill it up.
fn is_blank(stream: &[u8]) -> bool {
    stream[stream.len().saturating_sub(4)..]
        .iter()
        .all(|byte| *byte == 0)
}
