//! A pupil's data to the parent of others.

use std::collections::BTreeSet;

use crate::check::{Screened, unprotected_personal_data};
use crate::extract::Role;
use crate::finding::{Finding, Weight};
use crate::mail::Address;
use crate::school::{Class, Contact, School};

use super::about::{Letter, Tells};
use super::{finding, forename, greeting};

/// How sure it is, by what tells.
const TOLD: f32 = 0.8;
const GREETED: f32 = 0.6;
/// Parents who are told of: a letter to a whole year has hundreds.
const SHOWN: usize = 5;
/// What goes to more parents than this is no letter about one child.
const FEW: usize = 4;
/// Lines of what is quoted in which authors are looked for.
const LINES: usize = 500;

/// One finding for each parent who gets what is another family's.
pub(super) fn findings(outside: &[&Address], mail: &Screened<'_>, school: &School) -> Vec<Finding> {
    let parents: Vec<(&Address, Family<'_>)> = outside
        .iter()
        .filter_map(|address| Some((*address, Family::at(address, school)?)))
        .collect();
    if parents.is_empty() || is_by_pupil(mail, school) {
        return Vec::new();
    }
    let told = unprotected_personal_data::told_of(mail, school);
    let reference = |pupil: &usize| Some(school.people.pupils.get(*pupil)?.reference());
    let mut findings: Vec<Finding> = Vec::new();
    for (address, family) in &parents {
        if findings.len() == SHOWN {
            break;
        }
        // Of pupils who share a name any one can be meant.
        let mut strangers = told
            .iter()
            .filter(|named| named.is_disjoint(&family.pupils));
        if let Some(named) = strangers.next() {
            let pupils = named.iter().filter_map(reference).collect();
            findings.push(finding(address, Weight::Ordinary, TOLD, pupils));
        }
    }
    if !findings.is_empty() || outside.len() != parents.len() || parents.len() > FEW {
        return findings;
    }
    let letter = Letter::of(mail, school);
    let (_, first) = &parents[0];
    let one_family = parents
        .iter()
        .all(|(_, other)| other.pupils == first.pupils);
    for (address, family) in &parents {
        let subject = letter.stranger(&family.pupils, &family.surnames(), school);
        // What is told to several families may be for all of them.
        let subject = subject.filter(|_| one_family || letter.tells() == Tells::Business);
        if let Some(subject) = subject {
            let pupils = subject.pupils.iter().filter_map(reference).collect();
            let confidence = subject.confidence;
            findings.push(finding(address, Weight::Ordinary, confidence, pupils));
            break;
        }
        if one_family
            && (greeting::is_for_another(family, &letter, mail, school)
                || quotes_another(family, &letter, mail, school))
        {
            findings.push(finding(address, Weight::Ordinary, GREETED, Vec::new()));
            break;
        }
    }
    findings
}

/// Who has an address, and all pupils whose contacts they are.
pub(super) struct Family<'s> {
    pub(super) contacts: Vec<&'s Contact>,
    pub(super) pupils: BTreeSet<usize>,
}

impl<'s> Family<'s> {
    /// `None` for those who have no part in it: people without a child at the
    /// school, and those who have to do with pupils by their office.
    fn at(address: &Address, school: &'s School) -> Option<Self> {
        let contacts: Vec<&Contact> = school.people.contacts_at(address).collect();
        // A carer or a grandmother may be kept as "other".
        let is_family = |contact: &&Contact| matches!(contact.class, Class::Parent | Class::Other);
        let only_family = !contacts.is_empty() && contacts.iter().all(is_family);
        let pupils: BTreeSet<usize> = contacts
            .iter()
            .flat_map(|contact| contact.pupils.iter().copied())
            .collect();
        (only_family && !pupils.is_empty()).then_some(Self { contacts, pupils })
    }

    fn surnames(&self) -> Vec<&'s str> {
        let names = self.contacts.iter().map(|contact| &*contact.name);
        names.flat_map(forename::surnames).collect()
    }
}

fn is_by_pupil(mail: &Screened<'_>, school: &School) -> bool {
    let from = mail.envelope.reverse_path.as_ref();
    from.is_some_and(|from| school.is_pupil(from))
}

/// Whether it answers what the parent of others wrote, who does not get it, and
/// says nothing of this family's children.
fn quotes_another(
    family: &Family<'_>,
    letter: &Letter<'_>,
    mail: &Screened<'_>,
    school: &School,
) -> bool {
    if letter.tells() != Tells::Business || letter.speaks_of(&family.pupils, school) {
        return false;
    }
    let quoted = mail.reading.texts.iter();
    let quoted = quoted.filter(|text| text.role == Role::Quoted);
    let lines = quoted.flat_map(|text| text.text.lines()).take(LINES);
    let mut authors = lines
        .filter(|line| {
            let line = line.trim_start_matches(['>', ' ', '*']).to_lowercase();
            line.starts_with("from:") || line.contains("wrote:")
        })
        .flat_map(|line| line.split(|c: char| c.is_whitespace() || "<>()[]\";:,*".contains(c)))
        .filter_map(|word| word.parse::<Address>().ok());
    authors.any(|author| {
        let gets_it = mail.envelope.addresses().any(|to| *to == author);
        let other = Family::at(&author, school);
        !gets_it && other.is_some_and(|other| other.pupils.is_disjoint(&family.pupils))
    })
}
