//! Pupils, staff and contacts of one school, found by their addresses.
//!
//! Made whole by a load and never changed after. Pupils' names are kept as
//! fingerprints only; those of staff and contacts stay in clear.

use std::collections::{HashMap, HashSet};
use std::sync::OnceLock;

use serde::{Deserialize, Serialize};

use crate::mail::Address;

use super::names::Names;
use super::pupils::{Pupil, Pupils};

/// The people of one school, and the index of the pupils' names.
#[derive(Debug, Default)]
pub struct People {
    pub pupils: Pupils,
    pub staff: Vec<Staff>,
    pub contacts: Vec<Contact>,
    pub names: Names,
    /// Made of the fields above when first needed.
    pub(crate) directory: OnceLock<Directory>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Staff {
    pub id: String,
    pub title: String,
    pub forename: String,
    pub surname: String,
    pub role: String,
    pub email: Option<Address>,
}

#[derive(Debug, Clone)]
pub struct Contact {
    pub class: Class,
    pub name: String,
    pub email: Address,
    /// Indices into the roster of the pupils whose contact it is.
    pub pupils: Vec<usize>,
    /// Pupils whose data must not reach the contact, none of them among
    /// `pupils`: a court has said so, or the other parent lives at an address
    /// that is kept secret.
    pub restricted: Vec<usize>,
    pub secure_route: bool,
}

/// What a contact is to the school.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Class {
    Parent,
    Authority,
    Health,
    Police,
    School,
    Union,
    Supplier,
    Governor,
    Other,
}

/// Who has which address, in folded spelling, and which members of staff
/// share a pupil's name.
#[derive(Debug, Default)]
pub(crate) struct Directory {
    staff: HashMap<String, usize>,
    contacts: HashMap<String, Vec<usize>>,
    /// The contacts' domains.
    domains: HashSet<String>,
    namesakes: HashMap<usize, Vec<usize>>,
}

impl People {
    pub fn new(
        mut pupils: Pupils,
        staff: Vec<Staff>,
        contacts: Vec<Contact>,
        names: Names,
    ) -> Self {
        pupils.settle();
        let people = Self {
            pupils,
            staff,
            contacts,
            names,
            directory: OnceLock::new(),
        };
        people.directory();
        people
    }

    /// The index of the pupil whose own address this is.
    pub fn pupil_at(&self, address: &Address) -> Option<usize> {
        self.pupils.of_address(address)
    }

    /// The pupil of this reference or UPN.
    pub fn pupil_of_id(&self, id: &str) -> Option<Pupil<'_>> {
        self.pupils.get(self.pupils.of_id(id)?)
    }

    pub fn staff_at(&self, address: &Address) -> Option<&Staff> {
        let staff = *self.directory().staff.get(&address.folded())?;
        self.staff.get(staff)
    }

    /// The contacts of this address: several where it is shared.
    pub fn contacts_at(&self, address: &Address) -> impl Iterator<Item = &Contact> {
        self.directory()
            .contacts
            .get(&address.folded())
            .into_iter()
            .flatten()
            .filter_map(|&contact| self.contacts.get(contact))
    }

    /// The domains in which contacts have their addresses.
    pub fn domains(&self) -> impl Iterator<Item = &str> {
        self.directory().domains.iter().map(String::as_str)
    }

    /// Whether a contact has an address in this domain, or in one around it.
    pub fn has_domain_around(&self, domain: &str) -> bool {
        let parents = domain.match_indices('.').map(|(at, _)| &domain[at + 1..]);
        let mut names = std::iter::once(domain).chain(parents);
        names.any(|name| self.directory().domains.contains(name))
    }

    /// The contacts of one pupil.
    pub fn contacts_of(&self, pupil: usize) -> impl Iterator<Item = &Contact> {
        self.contacts
            .iter()
            .filter(move |contact| contact.pupils.contains(&pupil))
    }

    /// The members of staff who share a pupil's full name.
    pub fn namesakes_of(&self, pupil: usize) -> impl Iterator<Item = &Staff> {
        self.directory()
            .namesakes
            .get(&pupil)
            .into_iter()
            .flatten()
            .filter_map(|&staff| self.staff.get(staff))
    }

    fn directory(&self) -> &Directory {
        self.directory.get_or_init(|| {
            let mut directory = Directory::default();
            for (index, staff) in self.staff.iter().enumerate() {
                if let Some(email) = &staff.email {
                    directory.staff.entry(email.folded()).or_insert(index);
                }
                for pupil in self.names.pupils_named(&staff.forename, &staff.surname) {
                    directory.namesakes.entry(pupil).or_default().push(index);
                }
            }
            for (index, contact) in self.contacts.iter().enumerate() {
                let contacts = directory.contacts.entry(contact.email.folded());
                contacts.or_default().push(index);
                let domain = contact.email.domain();
                directory.domains.insert(domain.as_str().to_owned());
            }
            directory
        })
    }
}
