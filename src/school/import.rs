//! Roster, staff and contacts from the files that management systems export.
//!
//! Each format has a module that reads it into the records of [`record`]; the
//! format is told by what stands in the files, never by their names. Takes
//! bytes and names for messages; opens nothing. All faults of all files are
//! reported together, by row and column; none repeats what a cell says, so
//! that a fault can be shown and logged.

use std::collections::{HashMap, HashSet};

use crate::finding::PupilRef;
use crate::mail::Domain;

use super::names::{Builder, NameKey};
use super::people::{Class, Contact, People, Pupil, Staff};

mod columns;
mod ctf;
mod data_sync;
mod error;
mod files;
pub mod record;
mod rostering;
mod sheet;
mod table;
mod values;

pub use error::{ImportError, Warning};
pub use files::Format;
pub use table::Taken;

use error::Notes;
use files::Files;
use record::{ContactRecord, PupilRecord, StaffRecord};
use rostering::Everybody;
use table::Table;

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

/// One list as its files have it.
#[derive(Debug)]
pub struct Listed<T> {
    pub format: Format,
    /// Which columns were taken for what; of XML, nothing.
    pub taken: Vec<Taken>,
    pub records: Vec<T>,
    pub warnings: Vec<Warning>,
}

/// Reads the pupils in the files of a folder, or in a single file.
pub fn read_roster(sources: &[Source<'_>]) -> Result<Listed<PupilRecord>, Vec<ImportError>> {
    read(
        sources,
        sheet::roster,
        |everybody, _| everybody.pupils,
        "pupils",
    )
}

/// Reads the members of staff in the files of a folder, or in a single file.
pub fn read_staff(sources: &[Source<'_>]) -> Result<Listed<StaffRecord>, Vec<ImportError>> {
    read(
        sources,
        sheet::staff,
        |everybody, _| everybody.staff,
        "staff",
    )
}

/// Reads the contacts in the files of a folder, or in a single file.
pub fn read_contacts(sources: &[Source<'_>]) -> Result<Listed<ContactRecord>, Vec<ImportError>> {
    read(
        sources,
        sheet::contacts,
        |everybody, notes| {
            if everybody.without_address > 0 {
                let file = everybody
                    .taken
                    .first()
                    .map_or("the file", |taken| &taken.file);
                notes.warnings.push(Warning::WithoutAddress {
                    file: file.to_owned(),
                    count: everybody.without_address,
                });
            }
            everybody.contacts
        },
        "contacts",
    )
}

/// Reads one list; `of_csv` from a CSV file, `of_all` out of everybody whom
/// another format holds together.
fn read<T>(
    sources: &[Source<'_>],
    of_csv: impl FnOnce(&mut Table, &mut Notes) -> Result<Vec<T>, ImportError>,
    of_all: impl FnOnce(Everybody, &mut Notes) -> Vec<T>,
    whom: &'static str,
) -> Result<Listed<T>, Vec<ImportError>> {
    let mut notes = Notes::default();
    let listed = listed(sources, of_csv, of_all, whom, &mut notes);
    match listed {
        Ok((format, taken, records)) if notes.errors.is_empty() => Ok(Listed {
            format,
            taken,
            records,
            warnings: notes.warnings,
        }),
        Ok(_) => Err(notes.shortened()),
        Err(error) => {
            notes.errors.push(error);
            Err(notes.shortened())
        }
    }
}

fn listed<T>(
    sources: &[Source<'_>],
    of_csv: impl FnOnce(&mut Table, &mut Notes) -> Result<Vec<T>, ImportError>,
    of_all: impl FnOnce(Everybody, &mut Notes) -> Vec<T>,
    whom: &'static str,
    notes: &mut Notes,
) -> Result<(Format, Vec<Taken>, Vec<T>), ImportError> {
    let files = Files::new(sources)?;
    let format = files.format()?;
    let everybody = match (format, files.single()) {
        (Format::Csv, Some((name, bytes))) => {
            let mut table = Table::new(name, bytes);
            let records = of_csv(&mut table, notes)?;
            return Ok((format, vec![table.taken()], records));
        }
        (Format::CommonTransferFile, Some((name, bytes))) => {
            let transfer = ctf::read(name, bytes, notes);
            Everybody {
                pupils: transfer.pupils,
                staff: Vec::new(),
                contacts: transfer.contacts,
                without_address: transfer.without_address,
                taken: Vec::new(),
            }
        }
        (Format::DataSync1, _) => data_sync::read(&files, notes)?,
        _ => rostering::read(&files, notes)?,
    };
    let taken = everybody.taken.clone();
    let records = of_all(everybody, notes);
    if records.is_empty() && notes.errors.is_empty() {
        let name = sources.first().map_or("the folder", |source| source.name);
        notes.file(name, format!("this {format} holds no {whom}"));
    }
    Ok((format, taken, records))
}

/// Reads all of a school's files.
pub fn import(sources: &Sources<'_>, key: NameKey) -> Result<Import, Vec<ImportError>> {
    let mut errors = Vec::new();
    let mut warnings = Vec::new();
    let roster = list(sources.roster, read_roster, &mut errors, &mut warnings);
    let staff = list(sources.staff, read_staff, &mut errors, &mut warnings);
    let contacts = list(sources.contacts, read_contacts, &mut errors, &mut warnings);
    if !errors.is_empty() {
        return Err(errors);
    }
    let mut names = Builder::new(key);
    warnings.extend(oddities(&roster));
    let pupils: Vec<Pupil> = roster
        .iter()
        .map(|record| {
            names.add(&record.names());
            pupil(record)
        })
        .collect();
    warnings.extend(outsiders(&staff, sources.domains));
    let staff = staff.into_iter().map(member).collect();
    let contacts = joined(contacts, &pupils, &mut warnings);
    Ok(Import {
        people: People::new(pupils, staff, contacts, names.build()),
        warnings,
    })
}

/// One of the functions that read a list.
type Read<T> = fn(&[Source<'_>]) -> Result<Listed<T>, Vec<ImportError>>;

fn list<T>(
    source: Option<Source<'_>>,
    read: Read<T>,
    errors: &mut Vec<ImportError>,
    warnings: &mut Vec<Warning>,
) -> Vec<T> {
    match source.map(|source| read(&[source])) {
        None => Vec::new(),
        Some(Ok(listed)) => {
            warnings.extend(listed.warnings);
            listed.records
        }
        Some(Err(more)) => {
            errors.extend(more);
            Vec::new()
        }
    }
}

/// What is odd about pupils.
pub fn oddities(roster: &[PupilRecord]) -> Vec<Warning> {
    let mut seen = HashSet::new();
    let mut warnings = Vec::new();
    for pupil in roster {
        if !pupil.has_full_name() {
            warnings.push(Warning::Nameless(pupil.at.clone()));
        }
        if !seen.insert(reference(pupil)) {
            warnings.push(Warning::Repeated(pupil.at.clone()));
        }
    }
    warnings
}

/// Staff whose addresses are not the school's.
pub fn outsiders(staff: &[StaffRecord], domains: &[Domain]) -> Vec<Warning> {
    let outside = |member: &&StaffRecord| {
        let email = member.email.as_ref();
        email.is_some_and(|email| !domains.contains(&email.domain()))
    };
    let outside = staff.iter().filter(outside);
    outside
        .map(|member| Warning::StaffOutside(member.at.clone()))
        .collect()
}

fn reference(record: &PupilRecord) -> String {
    match (record.id.as_str(), record.upn.as_str()) {
        ("", "") => format!("{}-{}", record.at.unit, record.at.number),
        ("", upn) => upn.to_owned(),
        (id, _) => id.to_owned(),
    }
}

fn pupil(record: &PupilRecord) -> Pupil {
    let optional = |text: &String| Some(text.clone()).filter(|text| !text.is_empty());
    Pupil {
        reference: PupilRef(reference(record).into()),
        upn: optional(&record.upn),
        initials: record.initials(),
        year: optional(&record.year),
        form: optional(&record.form),
        date_of_birth: record.date_of_birth,
        email: record.email.clone(),
    }
}

fn member(record: StaffRecord) -> Staff {
    Staff {
        id: record.id,
        title: record.title,
        forename: record.forename,
        surname: record.surname,
        role: record.role,
        email: record.email,
    }
}

/// One contact of several rows for each address, class and name.
fn joined(
    records: Vec<ContactRecord>,
    pupils: &[Pupil],
    warnings: &mut Vec<Warning>,
) -> Vec<Contact> {
    let mut by_id: HashMap<&str, usize> = HashMap::new();
    for (index, pupil) in pupils.iter().enumerate() {
        let ids = [Some(&*pupil.reference.0), pupil.upn.as_deref()];
        for id in ids.into_iter().flatten() {
            by_id.entry(id).or_insert(index);
        }
    }
    let mut contacts: Vec<Contact> = Vec::new();
    let mut known: HashMap<(String, Class, String), usize> = HashMap::new();
    for record in records {
        let index = *known
            .entry((record.email.folded(), record.class, record.name.clone()))
            .or_insert_with(|| {
                contacts.push(Contact {
                    class: record.class,
                    name: record.name,
                    email: record.email,
                    pupils: Vec::new(),
                    secure_route: false,
                });
                contacts.len() - 1
            });
        let contact = &mut contacts[index];
        contact.secure_route |= record.secure_route;
        if record.restricted && record.pupils.iter().all(String::is_empty) {
            warnings.push(Warning::RestrictedFromNobody(record.at.clone()));
        }
        for id in record.pupils.iter().filter(|id| !id.is_empty()) {
            match by_id.get(id.as_str()) {
                // A restricted person is no contact of this pupil.
                Some(_) if record.restricted => {}
                Some(&pupil) if contact.pupils.contains(&pupil) => {}
                Some(&pupil) => contact.pupils.push(pupil),
                None => warnings.push(Warning::UnknownPupil(record.at.clone())),
            }
        }
    }
    contacts
}

#[cfg(test)]
mod tests;
