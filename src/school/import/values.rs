//! Texts into dates, addresses and classes.

use jiff::civil::Date;

use crate::mail::Address;
use crate::school::people::Class;

use super::error::Notes;
use super::record::{At, PupilRecord};
use super::table::{Column, Row};

pub(super) const CLASSES: &str =
    "none of parent, authority, health, police, school, union, supplier, governor, other";
const NO_DATE: &str = "no date; write 31/12/2010 or 2010-12-31";
const NO_ADDRESS: &str = "no email address; mend it, or leave the cell empty";
/// References, years and forms are short; what is longer is something else.
const LONGEST: usize = 100;

/// A cell's date, if it has one; a faulty one is noted.
pub(super) fn date(row: &Row<'_>, column: &Column, notes: &mut Notes) -> Option<Date> {
    date_of(row.cell(column), &row.at, &column.told(), notes)
}

pub(super) fn date_of(text: &str, at: &At, column: &str, notes: &mut Notes) -> Option<Date> {
    if text.is_empty() {
        return None;
    }
    let date = parsed(text);
    if date.is_none() {
        notes.cell(at, column, NO_DATE);
    }
    date
}

/// A cell's address, if it has one; a faulty one is noted.
pub(super) fn address(row: &Row<'_>, column: &Column, notes: &mut Notes) -> Option<Address> {
    address_of(row.cell(column), &row.at, &column.told(), notes)
}

pub(super) fn address_of(text: &str, at: &At, column: &str, notes: &mut Notes) -> Option<Address> {
    if text.is_empty() {
        return None;
    }
    let address = text.parse().ok();
    if address.is_none() {
        notes.cell(at, column, NO_ADDRESS);
    }
    address
}

/// Notes what no pupil's data can be.
pub(super) fn check_pupil(pupil: &PupilRecord, id: &str, notes: &mut Notes) {
    for (text, column) in [
        (&pupil.id, id),
        (&pupil.upn, "UPN"),
        (&pupil.year, "year"),
        (&pupil.form, "form"),
    ] {
        if text.len() > LONGEST {
            notes.cell(&pupil.at, column, "longer than any reference, year or form");
        }
    }
}

/// Day first, as in Britain, or ISO 8601; a time after it is ignored.
fn parsed(text: &str) -> Option<Date> {
    let text = text.split([' ', 'T']).next()?;
    let parts: Vec<&str> = text.split(['/', '-', '.']).collect();
    let [a, b, c] = parts[..] else { return None };
    let (day, month, year) = if a.len() == 4 { (c, b, a) } else { (a, b, c) };
    if year.len() != 4 {
        return None;
    }
    Date::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?).ok()
}

pub(super) fn class(text: &str) -> Option<Class> {
    Some(match text.to_lowercase().as_str() {
        "parent" => Class::Parent,
        "authority" => Class::Authority,
        "health" => Class::Health,
        "police" => Class::Police,
        "school" => Class::School,
        "union" => Class::Union,
        "supplier" => Class::Supplier,
        "governor" => Class::Governor,
        "other" => Class::Other,
        _ => return None,
    })
}

pub(super) fn yes_or_no(text: &str) -> Option<bool> {
    match text.to_lowercase().as_str() {
        "true" | "yes" | "y" | "1" => Some(true),
        "" | "false" | "no" | "n" | "0" => Some(false),
        _ => None,
    }
}

/// Thirteen characters, the first a letter, all others digits but the last
/// perhaps: what stands where a UPN may.
pub(super) fn is_upn(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() == 13
        && bytes[0].is_ascii_uppercase()
        && bytes[1..12].iter().all(u8::is_ascii_digit)
        && bytes[12].is_ascii_alphanumeric()
}

/// The parts that are not empty, with spaces between them.
pub(super) fn joined<const N: usize>(parts: [&str; N]) -> String {
    let parts: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    parts.join(" ")
}
