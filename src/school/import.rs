//! Roster, staff and contacts from the files that management systems export.
//!
//! Each format has a module that reads it into the records of [`record`]; the
//! format is told by what stands in the files, never by their names. Takes
//! bytes and names for messages; opens nothing. All faults of all files are
//! reported together, by row and column; none repeats what a cell says, so
//! that a fault can be shown and logged.

use std::collections::hash_map::Entry::{Occupied, Vacant};
use std::collections::{HashMap, HashSet};

use crate::mail::Domain;

use super::kept::{Gathering, KeptContact, KeptPupil, keep_contacts, keep_member};
use super::names::NameKey;
use super::people::{People, Staff};

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

/// Lists that were imported before, in the place of files.
#[derive(Debug, Default)]
pub struct Kept {
    pub roster: Option<Gathering>,
    pub staff: Option<Vec<Staff>>,
    pub contacts: Option<Vec<KeptContact>>,
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
    import_beside(sources, Kept::default(), key)
}

/// Reads the files of those lists that are not kept.
pub fn import_beside(
    sources: &Sources<'_>,
    kept: Kept,
    key: NameKey,
) -> Result<Import, Vec<ImportError>> {
    let mut errors = Vec::new();
    let mut warnings = Vec::new();
    let roster = list(sources.roster, read_roster, &mut errors, &mut warnings);
    let staff = list(sources.staff, read_staff, &mut errors, &mut warnings);
    let contacts = list(sources.contacts, read_contacts, &mut errors, &mut warnings);
    if !errors.is_empty() {
        return Err(errors);
    }
    warnings.extend(oddities(&roster));
    let mut gathering = kept.roster.unwrap_or_else(|| Gathering::new(key));
    for record in roster {
        let pupil = gathering.keep(&numbered(record));
        gathering.add(&pupil);
    }
    gathering.settle();
    warnings.extend(outsiders(&staff, sources.domains));
    warnings.extend(strangers(&contacts, |id| {
        gathering.reference_of(id).is_some()
    }));
    let staff = kept
        .staff
        .unwrap_or_else(|| staff.into_iter().map(keep_member).collect());
    let contacts = kept.contacts.unwrap_or_else(|| keep_contacts(contacts));
    let people = gathering.people(staff, contacts);
    Ok(Import { people, warnings })
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
        let id = match pupil.id.as_str() {
            "" => &pupil.upn,
            _ => &pupil.id,
        };
        if !id.is_empty() && !seen.insert(id) {
            warnings.push(Warning::Repeated(pupil.at.clone()));
        }
    }
    warnings
}

/// What is kept of pupils, each once: rows that repeat a pupil are passed
/// over, and a second pupil under the same id is a fault.
pub fn unique(
    roster: &[PupilRecord],
    gathering: &Gathering,
) -> Result<Vec<KeptPupil>, Vec<ImportError>> {
    let mut notes = Notes::default();
    let mut seen: HashMap<String, usize> = HashMap::new();
    let mut pupils: Vec<KeptPupil> = Vec::with_capacity(roster.len());
    for record in roster {
        let pupil = gathering.keep(record);
        match seen.entry(pupil.reference.clone()) {
            Vacant(entry) => {
                entry.insert(pupils.len());
                pupils.push(pupil);
            }
            Occupied(entry) if pupils[*entry.get()].is_called_as(&pupil) => {}
            Occupied(_) => notes.cell(
                &record.at,
                "pupil_id",
                "an earlier row has the same, and another name; give each pupil an id of their own",
            ),
        }
    }
    match notes.errors.is_empty() {
        true => Ok(pupils),
        false => Err(notes.shortened()),
    }
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

/// Contacts of pupils who are not on the roster, or restricted from nobody.
pub fn strangers(contacts: &[ContactRecord], knows: impl Fn(&str) -> bool) -> Vec<Warning> {
    let mut warnings = Vec::new();
    for contact in contacts {
        let mut pupils = contact.pupils.iter().filter(|id| !id.is_empty());
        if contact.restricted && contact.pupils.iter().all(String::is_empty) {
            warnings.push(Warning::RestrictedFromNobody(contact.at.clone()));
        }
        if pupils.any(|id| !knows(id)) {
            warnings.push(Warning::UnknownPupil(contact.at.clone()));
        }
    }
    warnings
}

/// A pupil without id and UPN goes by the row: the file stays, and with it
/// what its rows are called.
fn numbered(mut record: PupilRecord) -> PupilRecord {
    if record.id.is_empty() && record.upn.is_empty() {
        record.id = format!("{}-{}", record.at.unit, record.at.number);
    }
    record
}

#[cfg(test)]
mod tests;
