//! Roster, staff and contacts from the CSV files that a school's management
//! system exports.
//!
//! Takes bytes and a name for messages; opens nothing. All faults of all
//! files are reported together, by row; none repeats what the row says, so
//! that a fault can be shown and logged.

use std::collections::HashMap;

use crate::finding::PupilRef;
use crate::mail::{Address, Domain};

use super::names::{Builder, FullName, NameKey};
use super::people::{Class, Contact, People, Pupil, Staff};

mod table;

use table::{Column, Row, Table};

/// A file's bytes, and what messages call it.
#[derive(Debug, Clone, Copy)]
pub struct Source<'a> {
    pub name: &'a str,
    pub bytes: &'a [u8],
}

/// The files of one school; each may be missing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Sources<'a> {
    pub roster: Option<Source<'a>>,
    pub staff: Option<Source<'a>>,
    pub contacts: Option<Source<'a>>,
    /// The school's own domains, in which staff have their addresses.
    pub domains: &'a [Domain],
}

/// People, and what is odd about their files.
#[derive(Debug)]
pub struct Import {
    pub people: People,
    pub warnings: Vec<Warning>,
}

/// Why a file can't be taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ImportError {
    #[error("{file}: there is no column {needed}; the columns are {found}")]
    Column {
        file: String,
        needed: String,
        found: String,
    },
    #[error("{file}: the file is empty; its first row must name the columns, {needed} among them")]
    Empty { file: String, needed: String },
    #[error("{file}, row {row}: {what}")]
    Row {
        file: String,
        row: u64,
        what: &'static str,
    },
}

/// What is odd about a row, yet no obstacle.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Warning {
    #[error("{file}, row {row}: the roster has no pupil of this pupil_id")]
    UnknownPupil { file: String, row: u64 },
    #[error("{file}, row {row}: the address is not in the school's domains")]
    StaffOutside { file: String, row: u64 },
    #[error("{file}, row {row}: the pupil has no full name, and will not be recognised")]
    Nameless { file: String, row: u64 },
    #[error("{file}, row {row}: another row has the same pupil_id")]
    Repeated { file: String, row: u64 },
    #[error("{file}: {count} contacts have no address and are left out")]
    WithoutAddress { file: String, count: usize },
}

const ID: Column = Column(&["pupil_id", "student_id", "admission_number"]);
const UPN: Column = Column(&["upn"]);
const FORENAME: Column = Column(&[
    "legal_forename",
    "forename",
    "first_name",
    "legal_first_name",
]);
const MIDDLE: Column = Column(&["middle_names", "middle_name"]);
const SURNAME: Column = Column(&["legal_surname", "surname", "last_name", "legal_last_name"]);
const PREFERRED_FORENAME: Column = Column(&["preferred_forename", "preferred_first_name"]);
const PREFERRED_SURNAME: Column = Column(&["preferred_surname", "preferred_last_name"]);
const YEAR: Column = Column(&["year", "year_group"]);
const FORM: Column = Column(&["form", "reg", "registration_form", "reg_group"]);
const DOB: Column = Column(&["dob", "date_of_birth"]);
const EMAIL: Column = Column(&["email", "email_address"]);
const STAFF_FORENAME: Column = Column(&["forename", "first_name"]);
const STAFF_SURNAME: Column = Column(&["surname", "last_name"]);
const STAFF_ID: Column = Column(&["staff_id"]);
const TITLE: Column = Column(&["title"]);
const ROLE: Column = Column(&["role"]);
const TYPE: Column = Column(&["type"]);
const NAME: Column = Column(&["name"]);
const SECURE: Column = Column(&["secure_route"]);
const RESTRICTED: Column = Column(&["restricted"]);

/// Reads all of a school's files.
pub fn import(sources: &Sources<'_>, key: NameKey) -> Result<Import, Vec<ImportError>> {
    let mut notes = Notes::default();
    let mut names = Builder::new(key);
    let pupils = read(sources.roster, &mut notes, |table, notes| {
        roster(table, &mut names, notes)
    });
    let staff = read(sources.staff, &mut notes, |table, notes| {
        staff(table, sources.domains, notes)
    });
    let contacts = read(sources.contacts, &mut notes, |table, notes| {
        contacts(table, &pupils, notes)
    });
    if !notes.errors.is_empty() {
        return Err(notes.errors);
    }
    Ok(Import {
        people: People::new(pupils, staff, contacts, names.build()),
        warnings: notes.warnings,
    })
}

/// What there is to say about the files, in their order.
#[derive(Default)]
struct Notes {
    errors: Vec<ImportError>,
    warnings: Vec<Warning>,
}

impl Notes {
    fn error(&mut self, row: &Row<'_>, what: &'static str) {
        let file = row.file().to_owned();
        let row = row.number();
        self.errors.push(ImportError::Row { file, row, what });
    }

    fn warn(&mut self, row: &Row<'_>, warning: impl FnOnce(String, u64) -> Warning) {
        self.warnings
            .push(warning(row.file().to_owned(), row.number()));
    }

    /// A cell's address, if it has one; a faulty one is noted.
    fn address(&mut self, row: &Row<'_>) -> Option<Address> {
        let text = row.cell(EMAIL);
        if text.is_empty() {
            return None;
        }
        let address = text.parse().ok();
        if address.is_none() {
            self.error(row, "email is no address");
        }
        address
    }
}

fn read<T>(
    source: Option<Source<'_>>,
    notes: &mut Notes,
    parse: impl FnOnce(&mut Table<'_>, &mut Notes) -> Result<Vec<T>, ImportError>,
) -> Vec<T> {
    let Some(source) = source else {
        return Vec::new();
    };
    Table::new(source.name, source.bytes)
        .and_then(|mut table| parse(&mut table, notes))
        .unwrap_or_else(|error| {
            notes.errors.push(error);
            Vec::new()
        })
}

fn roster(
    table: &mut Table<'_>,
    names: &mut Builder,
    notes: &mut Notes,
) -> Result<Vec<Pupil>, ImportError> {
    table.require(&[FORENAME, SURNAME])?;
    let mut pupils = Vec::new();
    let mut seen = std::collections::HashSet::new();
    table.rows(|row| {
        let full = FullName {
            legal_forename: row.cell(FORENAME),
            legal_surname: row.cell(SURNAME),
            preferred_forename: row.cell(PREFERRED_FORENAME),
            preferred_surname: row.cell(PREFERRED_SURNAME),
            middle_names: row.cell(MIDDLE),
        };
        let forename = first_of([full.legal_forename, full.preferred_forename]);
        let surname = first_of([full.legal_surname, full.preferred_surname]);
        if forename.is_empty() || surname.is_empty() {
            notes.warn(row, |file, row| Warning::Nameless { file, row });
        }
        let reference = match first_of([row.cell(ID), row.cell(UPN)]) {
            "" => format!("row-{}", row.number()),
            own => own.to_owned(),
        };
        if !seen.insert(reference.clone()) {
            notes.warn(row, |file, row| Warning::Repeated { file, row });
        }
        let date_of_birth = match row.cell(DOB) {
            "" => None,
            text => {
                let date = date(text);
                if date.is_none() {
                    notes.error(row, "dob is no date; write 31/12/2010 or 2010-12-31");
                }
                date
            }
        };
        names.add(&full);
        pupils.push(Pupil {
            reference: PupilRef(reference.into()),
            upn: row.optional(UPN),
            initials: [forename, surname]
                .into_iter()
                .filter_map(initial)
                .collect(),
            year: row.optional(YEAR),
            form: row.optional(FORM),
            date_of_birth,
            email: notes.address(row),
        });
    });
    Ok(pupils)
}

fn staff(
    table: &mut Table<'_>,
    domains: &[Domain],
    notes: &mut Notes,
) -> Result<Vec<Staff>, ImportError> {
    table.require(&[STAFF_FORENAME, STAFF_SURNAME])?;
    let mut staff = Vec::new();
    table.rows(|row| {
        let email = notes.address(row);
        if email
            .as_ref()
            .is_some_and(|email| !domains.contains(&email.domain()))
        {
            notes.warn(row, |file, row| Warning::StaffOutside { file, row });
        }
        staff.push(Staff {
            id: row.cell(STAFF_ID).to_owned(),
            title: row.cell(TITLE).to_owned(),
            forename: row.cell(STAFF_FORENAME).to_owned(),
            surname: row.cell(STAFF_SURNAME).to_owned(),
            role: row.cell(ROLE).to_owned(),
            email,
        });
    });
    Ok(staff)
}

/// A contact has a row for each of its pupils, or several in one cell.
fn contacts(
    table: &mut Table<'_>,
    pupils: &[Pupil],
    notes: &mut Notes,
) -> Result<Vec<Contact>, ImportError> {
    table.require(&[TYPE, EMAIL])?;
    let mut by_id: HashMap<&str, usize> = HashMap::new();
    for (index, pupil) in pupils.iter().enumerate() {
        let ids = [Some(&*pupil.reference.0), pupil.upn.as_deref()];
        for id in ids.into_iter().flatten() {
            by_id.entry(id).or_insert(index);
        }
    }
    let mut contacts: Vec<Contact> = Vec::new();
    let mut known: HashMap<(String, Class, String), usize> = HashMap::new();
    let mut without_address = 0;
    table.rows(|row| {
        let class = class(row.cell(TYPE));
        if class.is_none() {
            notes.error(row, CLASSES);
        }
        let secure_route = yes_or_no(row.cell(SECURE));
        if secure_route.is_none() {
            notes.error(row, "secure_route is neither true nor false");
        }
        let restricted = yes_or_no(row.cell(RESTRICTED));
        match restricted {
            None => notes.error(row, "restricted is neither true nor false"),
            // For whom it is meant must not be left open.
            Some(true) if row.cell(ID).is_empty() => {
                notes.error(row, "restricted needs the pupil_id of the pupil concerned");
            }
            Some(_) => {}
        }
        if row.cell(EMAIL).is_empty() {
            without_address += 1;
        }
        let (Some(class), Some(secure_route), Some(email)) =
            (class, secure_route, notes.address(row))
        else {
            return;
        };
        let name = row.cell(NAME).to_owned();
        let index = *known
            .entry((email.folded(), class, name.clone()))
            .or_insert_with(|| {
                contacts.push(Contact {
                    class,
                    name,
                    email,
                    pupils: Vec::new(),
                    restricted: Vec::new(),
                    secure_route: false,
                });
                contacts.len() - 1
            });
        let contact = &mut contacts[index];
        contact.secure_route |= secure_route;
        let ids = row.cell(ID).split([';', ',', '|', ' ']);
        for id in ids.map(str::trim).filter(|id| !id.is_empty()) {
            let Some(&pupil) = by_id.get(id) else {
                notes.warn(row, |file, row| Warning::UnknownPupil { file, row });
                continue;
            };
            let listed = match restricted {
                Some(true) => [Some(&mut contact.pupils), Some(&mut contact.restricted)],
                _ => [Some(&mut contact.pupils), None],
            };
            for pupils in listed.into_iter().flatten() {
                if !pupils.contains(&pupil) {
                    pupils.push(pupil);
                }
            }
        }
    });
    if without_address > 0 {
        notes.warnings.push(Warning::WithoutAddress {
            file: table.file().to_owned(),
            count: without_address,
        });
    }
    Ok(contacts)
}

fn first_of(cells: [&str; 2]) -> &str {
    cells
        .into_iter()
        .find(|cell| !cell.is_empty())
        .unwrap_or("")
}

fn initial(name: &str) -> Option<String> {
    let letter = name.chars().find(|c| c.is_alphabetic())?;
    Some(format!("{}.", letter.to_uppercase()))
}

/// Day first, as in Britain, or ISO 8601; a time after it is ignored.
fn date(text: &str) -> Option<jiff::civil::Date> {
    let text = text.split([' ', 'T']).next()?;
    let parts: Vec<&str> = text.split(['/', '-', '.']).collect();
    let [a, b, c] = parts[..] else { return None };
    let (day, month, year) = if a.len() == 4 { (c, b, a) } else { (a, b, c) };
    if year.len() != 4 {
        return None;
    }
    jiff::civil::Date::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?).ok()
}

const CLASSES: &str =
    "type is none of parent, authority, health, police, school, union, supplier, governor, other";

fn class(text: &str) -> Option<Class> {
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

fn yes_or_no(text: &str) -> Option<bool> {
    match text.to_lowercase().as_str() {
        "true" | "yes" | "y" | "1" => Some(true),
        "" | "false" | "no" | "n" | "0" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
