//! What is kept of people between runs, and the whole that is made of it.
//!
//! *Pupils*: reference, initials, year, form, date of birth; of their names
//! the keyed fingerprints of every form, of UPN and address a keyed digest,
//! for mail is only ever asked whether it holds or names one of them. *Staff*
//! and *contacts*: as their lists have them, names and addresses in clear,
//! because rules compare them with what strangers write (`dan.cooper82`, a
//! domain one letter away). The store seals all of it.

use std::collections::HashMap;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::mail::Address;

use super::import::record::{ContactRecord, PupilRecord, StaffRecord};
use super::names::{Builder, NameForms, NameKey};
use super::people::{Class, Contact, People, Staff};
use super::pupils::{Pupil, Pupils};

/// A pupil as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptPupil {
    pub reference: String,
    pub initials: String,
    pub year: String,
    pub form: String,
    born: Option<Day>,
    upn: Option<u64>,
    email: Option<u64>,
    names: NameForms,
    /// When the pupil was missing from the roster first, in milliseconds
    /// since 1970; `None` while on it.
    pub former: Option<i64>,
}

impl KeptPupil {
    /// Whether both have the same names.
    pub fn is_called_as(&self, other: &Self) -> bool {
        self.names == other.names
    }
}

/// A contact as it is kept: its pupils by reference.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptContact {
    pub class: Class,
    pub relation: String,
    pub name: String,
    pub email: Address,
    pub pupils: Vec<String>,
    /// Of whom it may not hear.
    pub restricted: Vec<String>,
    pub secure_route: bool,
}

/// A date in four bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Day(i16, i8, i8);

impl From<Date> for Day {
    fn from(date: Date) -> Self {
        Self(date.year(), date.month(), date.day())
    }
}

impl Day {
    fn date(self) -> Option<Date> {
        Date::new(self.0, self.1, self.2).ok()
    }
}

/// Makes pupils into what is kept of them, and what is kept into people.
pub struct Gathering {
    key: NameKey,
    names: Builder,
    pupils: Pupils,
}

impl Gathering {
    pub fn new(key: NameKey) -> Self {
        Self {
            names: Builder::new(key.clone()),
            pupils: Pupils::new(key.clone()),
            key,
        }
    }

    /// What is kept of a pupil.
    pub fn keep(&self, record: &PupilRecord) -> KeptPupil {
        let digest = |text: &str| self.key.digest(text);
        KeptPupil {
            reference: self.reference(record),
            initials: record.initials(),
            year: record.year.clone(),
            form: record.form.clone(),
            born: record.date_of_birth.map(Day::from),
            upn: Some(record.upn.as_str())
                .filter(|upn| !upn.is_empty())
                .map(digest),
            email: record.email.as_ref().map(|email| digest(&email.folded())),
            names: self.names.forms(&record.names()),
            former: None,
        }
    }

    /// A pupil without id and UPN is known by name and birthday, under the
    /// key, so that the next export knows them again.
    fn reference(&self, record: &PupilRecord) -> String {
        match (record.id.as_str(), record.upn.as_str()) {
            ("", "") => {
                let name = super::names::folded(&format!(
                    "{} {}",
                    record.legal_forename, record.legal_surname
                ));
                let born = record.date_of_birth.map(|date| date.to_string());
                let born = born.unwrap_or_default();
                format!(
                    "n-{:010x}",
                    self.key.digest(&format!("{name} {born}")) >> 24
                )
            }
            ("", upn) => upn.to_owned(),
            (id, _) => id.to_owned(),
        }
    }

    /// Makes room for so many pupils.
    pub fn reserve(&mut self, pupils: usize) {
        self.names.reserve(pupils);
        self.pupils.reserve(pupils);
    }

    /// Adds the next pupil.
    pub fn add(&mut self, pupil: &KeptPupil) {
        let optional = |text| Some(text).filter(|text: &&str| !text.is_empty());
        self.names.add_forms(&pupil.names);
        self.pupils.push(
            &Pupil {
                reference: &pupil.reference,
                initials: &pupil.initials,
                year: optional(&pupil.year),
                form: optional(&pupil.form),
                date_of_birth: pupil.born.and_then(Day::date),
            },
            pupil.upn,
            pupil.email,
        );
    }

    /// All people; a contact of a pupil who is not there stays, without them.
    pub fn people(mut self, staff: Vec<Staff>, contacts: Vec<KeptContact>) -> People {
        self.pupils.settle();
        let pupils = self.pupils;
        let known = |id: &String| pupils.of_id(id);
        let all = |references: &[String]| {
            let mut found: Vec<usize> = Vec::new();
            for pupil in references.iter().filter_map(known) {
                if !found.contains(&pupil) {
                    found.push(pupil);
                }
            }
            found
        };
        let contacts = contacts.into_iter().map(|contact| {
            let restricted = all(&contact.restricted);
            let mut own = all(&contact.pupils);
            own.retain(|pupil| !restricted.contains(pupil));
            Contact {
                class: contact.class,
                name: contact.name,
                email: contact.email,
                pupils: own,
                restricted,
                secure_route: contact.secure_route,
            }
        });
        let contacts = contacts.collect();
        People::new(pupils, staff, contacts, self.names.build())
    }

    /// The reference of the pupil of this id or UPN, if one was added.
    pub fn reference_of(&self, id: &str) -> Option<&str> {
        let pupil = self.pupils.of_id(id)?;
        self.pupils.get(pupil).map(|pupil| pupil.reference)
    }

    /// Readies [`Gathering::reference_of`].
    pub fn settle(&mut self) {
        self.pupils.settle();
    }
}

impl std::fmt::Debug for Gathering {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Gathering({} pupils)", self.pupils.len())
    }
}

/// What is kept of a member of staff.
pub fn keep_member(record: StaffRecord) -> Staff {
    Staff {
        id: record.id,
        title: record.title,
        forename: record.forename,
        surname: record.surname,
        role: record.role,
        email: record.email,
    }
}

/// What is kept of contacts: one of several rows for each address, class and
/// name.
pub fn keep_contacts(records: Vec<ContactRecord>) -> Vec<KeptContact> {
    let mut contacts: Vec<KeptContact> = Vec::new();
    let mut known: HashMap<(String, Class, String), usize> = HashMap::new();
    for record in records {
        let index = *known
            .entry((record.email.folded(), record.class, record.name.clone()))
            .or_insert_with(|| {
                contacts.push(KeptContact {
                    class: record.class,
                    relation: record.relation,
                    name: record.name,
                    email: record.email,
                    pupils: Vec::new(),
                    restricted: Vec::new(),
                    secure_route: false,
                });
                contacts.len() - 1
            });
        let contact = &mut contacts[index];
        contact.secure_route |= record.secure_route;
        let of = match record.restricted {
            true => &mut contact.restricted,
            false => &mut contact.pupils,
        };
        for pupil in record.pupils {
            if !pupil.is_empty() && !of.contains(&pupil) {
                of.push(pupil);
            }
        }
    }
    contacts
}

/// Lets contacts go by the references of those pupils whom the roster has.
pub fn by_reference(contacts: &mut [KeptContact], roster: &People) {
    for contact in contacts {
        for pupil in contact.pupils.iter_mut().chain(&mut contact.restricted) {
            if let Some(known) = roster.pupil_of_id(pupil) {
                known.reference.clone_into(pupil);
            }
        }
    }
}

/// The new roster with those who were on the old one behind it: since `now`,
/// or since they left. Those who left before `gone` are left out.
pub fn with_former(
    mut roster: Vec<KeptPupil>,
    before: Vec<KeptPupil>,
    now: Timestamp,
    gone: Timestamp,
) -> Vec<KeptPupil> {
    let here: std::collections::HashSet<String> =
        roster.iter().map(|pupil| pupil.reference.clone()).collect();
    let left = before.into_iter().filter_map(|mut pupil| {
        let since = *pupil.former.get_or_insert(now.as_millisecond());
        (!here.contains(&pupil.reference) && since >= gone.as_millisecond()).then_some(pupil)
    });
    roster.extend(left);
    roster
}
