//! Excel's binary workbooks of 2007 and later ([MS-XLSB]): cells by `calamine`,
//! what is hidden among them by their records.

use std::borrow::Cow;
use std::collections::HashMap;
use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind};

use calamine::{DataRef, DataType, ExcelDateTime, Reader, SheetType, SheetVisible, Xlsb};

use super::cells::Cells;
use super::harvest::{Harvest, Place};
use super::number::{self, Format};
use record::Folded;

pub(crate) mod record;
pub(crate) mod words;

pub(crate) const WORKBOOK: &str = "xl/workbook.bin";
const SHARED_STRINGS: &str = "xl/sharedStrings.bin";
/// Without it dates are read as numbers.
pub(crate) const STYLES: &str = "xl/styles.bin";

/// Whether a part is read with the workbook, or says nothing that is not in
/// one that is.
pub(crate) fn is_part(name: &str) -> bool {
    let own = [WORKBOOK, SHARED_STRINGS, STYLES, "xl/calcChain.bin"];
    own.contains(&name) || name.starts_with("xl/worksheets/") || name.starts_with("xl/tables/")
}

/// Whether a part holds a sheet's cells.
pub(crate) fn is_sheet(name: &str) -> bool {
    name.starts_with("xl/worksheets/sheet") && name.ends_with(".bin")
}

/// Whether a part is one that calamine reads, record by record.
pub(crate) fn is_of_records(name: &str) -> bool {
    is_sheet(name) || [WORKBOOK, SHARED_STRINGS, STYLES].contains(&name)
}

/// Whether a part holds the comments on a sheet.
pub(crate) fn is_comments(name: &str) -> bool {
    name.starts_with("xl/comments") && name.ends_with(".bin")
}

/// Reads the sheets, of which there are `parts`; false if some of them could
/// not be read to their end. The parts must have been unpacked once within the
/// budget: calamine has none.
pub(crate) fn read(
    bytes: &[u8],
    parts: usize,
    folded: &HashMap<String, Folded>,
    place: &Place,
    harvest: &mut Harvest<'_>,
) -> bool {
    // It counts on records being as long as they should be.
    let opened = catch_unwind(|| Xlsb::new(Cursor::new(bytes)).ok());
    let Some(mut workbook) = opened.ok().flatten() else {
        return false;
    };
    let names = workbook.defined_names().iter();
    let names: String = names
        .filter(|(name, _)| !name.starts_with("_xlnm."))
        .map(|(name, formula)| format!("{name}\t{formula}\n"))
        .collect();
    harvest.text(&place.hidden("defined names, hidden"), names);
    let none = Folded::default();
    let sheets = workbook.sheets_metadata().to_vec();
    let listed = sheets
        .iter()
        .filter(|sheet| sheet.typ == SheetType::WorkSheet);
    // A sheet that the workbook does not list is not read.
    let mut whole = listed.count() >= parts;
    for sheet in sheets {
        // Charts have no cells.
        if sheet.typ == SheetType::ChartSheet || harvest.is_spent() {
            continue;
        }
        let hidden = sheet.visible != SheetVisible::Visible;
        let mut cells = Cells::new();
        let folded = folded.get(&sheet.name).unwrap_or(&none);
        for columns in &folded.columns {
            cells.hide_columns(columns.clone());
        }
        let room = harvest.text_room(place);
        let read = catch_unwind(AssertUnwindSafe(|| {
            take_cells(&mut workbook, &sheet.name, folded, &mut cells, room)
        }));
        whole &= read.ok().flatten().is_some();
        let cut = cells.len() > room;
        let here = cells.finish_sheet(&sheet.name, hidden, place, harvest);
        if cut {
            harvest.exhaust(&here, "it holds more text than Exeat reads of one message");
        }
    }
    whole
}

/// Puts a sheet's cells together, as far as they go; `None` if that is not to
/// the end.
fn take_cells(
    workbook: &mut Xlsb<Cursor<&[u8]>>,
    name: &str,
    folded: &Folded,
    table: &mut Cells,
    room: usize,
) -> Option<()> {
    let since_1904 = workbook.has_1904_epoch();
    let mut reader = workbook.worksheet_cells_reader(name).ok()?;
    let mut cells = Vec::new();
    let mut row = 0;
    let end = loop {
        let Ok(cell) = reader.next_cell() else {
            break None;
        };
        let Some(cell) = cell else {
            break Some(());
        };
        let (cell_row, column) = cell.get_position();
        if cell_row != row {
            table.row(row, folded.rows.contains(&row), &std::mem::take(&mut cells));
            row = cell_row;
        }
        if table.len() > room {
            break Some(());
        }
        cells.push((column, shown(cell.get_value(), since_1904)));
    };
    table.row(row, folded.rows.contains(&row), &cells);
    end
}

fn shown<'a>(value: &DataRef<'a>, since_1904: bool) -> Cow<'a, str> {
    match value {
        DataRef::SharedString(text) => Cow::Borrowed(text),
        DataRef::Bool(true) => Cow::Borrowed("TRUE"),
        DataRef::Bool(false) => Cow::Borrowed("FALSE"),
        DataRef::DateTime(time) => Cow::Owned(date(time, since_1904)),
        DataRef::Float(number) => {
            let raw = number.to_string();
            Cow::Owned(number::show(&raw, &Format::General, since_1904))
        }
        DataRef::Error(error) => Cow::Owned(error.to_string()),
        other => Cow::Owned(other.as_string().unwrap_or_default()),
    }
}

/// Only that it is a date is known, not how it is written.
fn date(time: &ExcelDateTime, since_1904: bool) -> String {
    let value = time.as_f64();
    let format = match value {
        _ if time.is_duration() || value < 1.0 => Format::Time,
        _ if value.fract() == 0.0 => Format::Date,
        _ => Format::DateTime,
    };
    number::show(&value.to_string(), &format, since_1904)
}
