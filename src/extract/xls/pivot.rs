//! A pivot cache: the copy of its source that a pivot table keeps ([MS-XLS]
//! 2.1.7.6), in a stream of records of its own.

use super::record::{Record, Records, kind};
use super::string::Version;
use crate::extract::bytes::{f64_at, u16_at};
use crate::extract::grid::Grid;
use crate::extract::harvest::{Harvest, Place};

/// A column's name, and the values that rows point to.
struct Column {
    name: String,
    items: Vec<String>,
}

pub(super) fn read(stream: &[u8], place: &Place, harvest: &mut Harvest<'_>) {
    let mut columns: Vec<Column> = Vec::new();
    let mut rows: Vec<Vec<String>> = Vec::new();
    for record in Records::new(stream) {
        match record.kind {
            kind::SX_FDB => columns.push(Column {
                name: name(record.data).unwrap_or_default(),
                items: Vec::new(),
            }),
            kind::SX_DBB => rows.push(pointed_to(record.data, &columns)),
            _ => {
                if let Some(value) = value(record) {
                    place_value(value, &mut columns, &mut rows);
                }
            }
        }
    }
    let mut grid = Grid::new();
    for (column, Column { name, .. }) in columns.iter().enumerate() {
        grid.cell(0, column as u32, name);
    }
    if rows.is_empty() {
        rows = by_items(&columns);
    }
    let room = harvest.text_room(place);
    for (row, values) in rows.iter().enumerate() {
        for (column, value) in values.iter().enumerate() {
            grid.cell(row as u32 + 1, column as u32, value);
        }
        if grid.len() > room {
            break;
        }
    }
    grid.finish(
        &place.hidden("pivot table's hidden copy of the data"),
        harvest,
    );
}

/// `SXFDB` ([MS-XLS] 2.4.283) has the field's name behind seven numbers.
fn name(data: &[u8]) -> Option<String> {
    Version::Biff8.long(data.get(14..)?)
}

/// `SXDBB` (2.4.274): an index for each column that has items, of one byte, or
/// of two where there are more than 255.
fn pointed_to(data: &[u8], columns: &[Column]) -> Vec<String> {
    let mut at = 0;
    let mut row = Vec::with_capacity(columns.len());
    for Column { items, .. } in columns {
        if items.is_empty() {
            row.push(String::new());
            continue;
        }
        let index = match items.len() {
            0..=255 => data.get(at).map(|index| usize::from(*index)),
            _ => u16_at(data, at).map(usize::from),
        };
        at += if items.len() > 255 { 2 } else { 1 };
        let value = index.and_then(|index| items.get(index));
        row.push(value.cloned().unwrap_or_default());
    }
    row
}

/// Before the rows a value is its column's item; after one begins, it fills
/// the first column without items that is still empty.
fn place_value(value: String, columns: &mut [Column], rows: &mut [Vec<String>]) {
    let Some(row) = rows.last_mut() else {
        if let Some(column) = columns.last_mut() {
            column.items.push(value);
        }
        return;
    };
    let empty = row
        .iter_mut()
        .zip(columns)
        .find(|(cell, column)| cell.is_empty() && column.items.is_empty());
    match empty {
        Some((cell, _)) => *cell = value,
        None => row.push(value),
    }
}

/// Without rows, what the columns hold.
fn by_items(columns: &[Column]) -> Vec<Vec<String>> {
    let longest = columns.iter().map(|column| column.items.len()).max();
    let item = |column: &Column, row: usize| column.items.get(row).cloned().unwrap_or_default();
    (0..longest.unwrap_or(0))
        .map(|row| columns.iter().map(|column| item(column, row)).collect())
        .collect()
}

fn value(record: Record<'_>) -> Option<String> {
    let data = record.data;
    Some(match record.kind {
        kind::SX_STRING => Version::Biff8.long(data)?,
        kind::SX_NUM => f64_at(data, 0)?.to_string(),
        kind::SX_INT => u16_at(data, 0)?.cast_signed().to_string(),
        kind::SX_BOOL => if u16_at(data, 0)? == 1 {
            "TRUE"
        } else {
            "FALSE"
        }
        .to_owned(),
        kind::SX_DTR => format!(
            "{:02}/{:02}/{}",
            data.get(4)?,
            u16_at(data, 2)?,
            u16_at(data, 0)?
        ),
        // An empty cell takes its place in the row.
        kind::SX_NIL => " ".to_owned(),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extract::Budget;

    fn record(kind: u16, data: &[u8]) -> Vec<u8> {
        [
            &kind.to_le_bytes()[..],
            &(data.len() as u16).to_le_bytes(),
            data,
        ]
        .concat()
    }

    fn text(text: &str) -> Vec<u8> {
        [
            &(text.len() as u16).to_le_bytes()[..],
            b"\0",
            text.as_bytes(),
        ]
        .concat()
    }

    fn field(name: &str) -> Vec<u8> {
        record(kind::SX_FDB, &[&[0; 14][..], &text(name)].concat())
    }

    fn check(stream: &[u8], expected: &str) {
        let budget = Budget::default();
        let mut harvest = Harvest::new(&budget);
        read(stream, &Place::message(), &mut harvest);
        let reading = harvest.finish();
        assert_eq!(reading.texts[0].text, expected);
        assert!(reading.texts[0].hidden && reading.texts[0].table);
    }

    #[test]
    fn rows_point_to_items_and_have_values_of_their_own() {
        let columns = [
            field("Name"),
            record(kind::SX_STRING, &text("Oban Marsh")),
            record(kind::SX_STRING, &text("Tilly Fennimore")),
            field("Born"),
        ]
        .concat();
        let rows = [
            record(kind::SX_DBB, &[1]),
            record(kind::SX_DTR, &[0xde, 7, 5, 0, 30, 0, 0, 0]),
            record(kind::SX_DBB, &[0]),
            record(kind::SX_NIL, &[]),
        ]
        .concat();
        check(
            &[columns.clone(), rows].concat(),
            "Name\tBorn\nTilly Fennimore\t30/05/2014\nOban Marsh\t",
        );
        check(&columns, "Name\tBorn\nOban Marsh\nTilly Fennimore");
    }
}
