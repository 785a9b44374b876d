//! What an import would change, before anything is changed.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use serde::Serialize;

use super::kept::{KeptContact, KeptPupil};
use super::people::{Class, People, Staff};
use crate::mail::Address;

/// One person of a list, as far as comparing goes.
#[derive(Debug, Clone)]
pub struct Entry {
    /// By what the same person is known in the other list.
    key: String,
    year: Option<u32>,
    /// `None` where it is not known what was kept before.
    content: Option<u64>,
}

/// Numbers of people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Change {
    pub before: usize,
    pub after: usize,
    pub added: usize,
    pub gone: usize,
    /// Of those who are gone, how many were in the highest year.
    pub leavers: usize,
    /// `None` where it is not known what was kept before.
    pub changed: Option<usize>,
}

impl Change {
    /// Compares two lists.
    pub fn between(before: &[Entry], after: &[Entry]) -> Self {
        let known: HashMap<&str, &Entry> = by_key(before);
        let here: HashMap<&str, &Entry> = by_key(after);
        let top = before.iter().filter_map(|entry| entry.year).max();
        let gone = || {
            known
                .values()
                .filter(|entry| !here.contains_key(&*entry.key))
        };
        let in_both = here.values().filter_map(|entry| {
            let old = known.get(&*entry.key)?;
            Some(old.content? != entry.content?)
        });
        let comparable = before.iter().all(|entry| entry.content.is_some());
        Self {
            before: known.len(),
            after: here.len(),
            added: here.keys().filter(|key| !known.contains_key(*key)).count(),
            gone: gone().count(),
            leavers: gone()
                .filter(|entry| top.is_some() && entry.year == top)
                .count(),
            changed: comparable.then(|| in_both.filter(|&differs| differs).count()),
        }
    }

    /// Whether the list loses over a tenth, leavers of the top year apart.
    pub fn shrinks(&self) -> bool {
        self.after * 10 < (self.before - self.leavers) * 9
    }
}

fn by_key(entries: &[Entry]) -> HashMap<&str, &Entry> {
    entries.iter().map(|entry| (&*entry.key, entry)).collect()
}

/// The pupils who are at the school.
pub fn pupils(roster: &[KeptPupil]) -> Vec<Entry> {
    let current = roster.iter().filter(|pupil| pupil.former.is_none());
    current
        .map(|pupil| Entry {
            key: pupil.reference.clone(),
            year: number(&pupil.year),
            content: content(pupil),
        })
        .collect()
}

/// The pupils of a file, whose names are kept under another key.
pub fn pupils_of(people: &People) -> Vec<Entry> {
    let pupils = people.pupils.iter();
    pupils
        .map(|pupil| Entry {
            key: pupil.reference.to_owned(),
            year: pupil.year.and_then(number),
            content: None,
        })
        .collect()
}

pub fn staff(staff: &[Staff]) -> Vec<Entry> {
    staff
        .iter()
        .map(|member| Entry {
            key: match member.id.as_str() {
                "" => format!("{}, {}", member.surname, member.forename),
                id => id.to_owned(),
            },
            year: None,
            content: content(member),
        })
        .collect()
}

pub fn contacts(contacts: &[KeptContact]) -> Vec<Entry> {
    contacts
        .iter()
        .map(|contact| Entry {
            key: contact_key(&contact.email, contact.class, &contact.name),
            year: None,
            content: content(contact),
        })
        .collect()
}

/// The same person at the same address in the same part is one contact.
fn contact_key(email: &Address, class: Class, name: &str) -> String {
    format!("{} {class:?} {name}", email.folded())
}

/// The contacts of a file, whose pupils are not compared.
pub fn contacts_of(people: &People) -> Vec<Entry> {
    let contacts = people.contacts.iter();
    contacts
        .map(|contact| Entry {
            key: contact_key(&contact.email, contact.class, &contact.name),
            year: None,
            content: None,
        })
        .collect()
}

/// `Year 11` and `11` are one; reception and nursery have no number.
fn number(year: &str) -> Option<u32> {
    let digits: String = year.chars().filter(char::is_ascii_digit).take(4).collect();
    digits.parse().ok()
}

fn content(record: &impl Serialize) -> Option<u64> {
    let mut hasher = DefaultHasher::new();
    postcard::to_stdvec(record).ok()?.hash(&mut hasher);
    Some(hasher.finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Pupils `from` to `to`, of whom a fifth is in year 11; some changed.
    fn roster(pupils: impl IntoIterator<Item = usize>, changed: usize) -> Vec<Entry> {
        pupils
            .into_iter()
            .map(|number| Entry {
                key: number.to_string(),
                year: Some(7 + u32::try_from(number % 5).expect("small")),
                content: Some(u64::from(number < changed)),
            })
            .collect()
    }

    #[test]
    fn comings_and_goings_are_counted() {
        let change = Change::between(&roster(0..100, 0), &roster(10..105, 15));
        assert_eq!(
            change,
            Change {
                before: 100,
                after: 95,
                added: 5,
                gone: 10,
                leavers: 2,
                changed: Some(5)
            }
        );
        assert_eq!(Change::between(&[], &roster(0..3, 0)).added, 3);
        let unknown: Vec<Entry> = roster(0..3, 0)
            .into_iter()
            .map(|entry| Entry {
                content: None,
                ..entry
            })
            .collect();
        assert_eq!(Change::between(&unknown, &roster(0..3, 2)).changed, None);
    }

    #[test]
    fn a_tenth_may_leave_and_the_top_year_besides() {
        let shrinks = |after: &[Entry]| Change::between(&roster(0..100, 0), after).shrinks();
        assert!(!shrinks(&roster(10..100, 0)));
        assert!(
            !shrinks(&roster((0..100).filter(|n| n % 5 != 4), 0)),
            "year 11 has left"
        );
        assert!(
            shrinks(&roster((0..100).filter(|n| n % 5 != 3), 0)),
            "year 10 has not"
        );
        assert!(shrinks(&roster(20..100, 0)));
        assert!(shrinks(&[]));
        assert!(!Change::between(&[], &[]).shrinks());
        // A year that leaves does not hide that another is missing.
        assert!(shrinks(&roster((0..100).filter(|n| n % 5 < 3), 0)));
    }

    #[test]
    fn years_are_numbers_in_any_spelling() {
        for (year, expected) in [
            ("11", Some(11)),
            ("Year 9", Some(9)),
            ("R", None),
            ("", None),
        ] {
            assert_eq!(number(year), expected, "{year}");
        }
    }
}
