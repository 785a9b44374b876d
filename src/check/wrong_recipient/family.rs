//! A pupil's data to the parent of others.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use regex::Regex;

use crate::check::{Screened, unprotected_personal_data};
use crate::extract::Role;
use crate::finding::{Finding, Weight};
use crate::mail::Address;
use crate::school::names::folded;
use crate::school::{Class, Contact, School};

use super::finding;

/// How sure it is, by what tells.
const TOLD: f32 = 0.8;
const GREETED: f32 = 0.6;
/// Parents who are told of: a letter to a whole year has hundreds.
const SHOWN: usize = 5;

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
    if let [(address, family)] = &parents[..]
        && findings.is_empty()
        && outside.len() == 1
        && greets_another(family, mail, school)
    {
        findings.push(finding(address, Weight::Ordinary, GREETED, Vec::new()));
    }
    findings
}

/// Who has an address, and all pupils whose contacts they are.
struct Family<'s> {
    contacts: Vec<&'s Contact>,
    pupils: BTreeSet<usize>,
}

impl<'s> Family<'s> {
    /// `None` for those who have no part in it: people without a child at the
    /// school, and those who have to do with pupils by their office.
    fn at(address: &Address, school: &'s School) -> Option<Self> {
        let contacts: Vec<&Contact> = school.people.contacts_at(address).collect();
        let is_parent = |contact: &&Contact| contact.class == Class::Parent;
        let only_parents = !contacts.is_empty() && contacts.iter().all(is_parent);
        let pupils: BTreeSet<usize> = contacts
            .iter()
            .flat_map(|contact| contact.pupils.iter().copied())
            .collect();
        (only_parents && !pupils.is_empty()).then_some(Self { contacts, pupils })
    }
}

fn is_by_pupil(mail: &Screened<'_>, school: &School) -> bool {
    let from = mail.envelope.reverse_path.as_ref();
    from.is_some_and(|from| school.is_pupil(from))
}

/// Whether the mail greets the parent of other pupils by name, and nobody who
/// lives at this address.
fn greets_another(family: &Family<'_>, mail: &Screened<'_>, school: &School) -> bool {
    static GREETING: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(
            r"(?m)\A\s*(?:Dear|Hello|Hi|Good (?:morning|afternoon|evening)),? (?:Mr|Mrs|Ms|Miss|Mx|Dr)\.? (?P<surname>\p{Lu}[\p{L}'\u{2019}-]+)\s*(?:[,.:!\u{2013}-]|$)",
        )
        .expect("a good expression")
    });
    let mut bodies = mail.reading.texts.iter();
    let Some(body) = bodies.find(|text| text.role == Role::Body && text.attachment.is_none())
    else {
        return false;
    };
    let Some(greeting) = GREETING.captures(&body.text) else {
        return false;
    };
    let surname = folded(&greeting["surname"]);
    let bears = |contact: &Contact| {
        let words = contact.name.split([' ', '-']);
        folded(&contact.name).ends_with(&surname) || words.map(folded).any(|word| word == surname)
    };
    let header = &mail.reading.header;
    let shown = header.to.iter().any(|to| {
        let words = to.name.split([' ', '-']).map(folded);
        words.into_iter().any(|word| word == surname)
    });
    // A mother may be called as her child is.
    let initial = surname.chars().next();
    let as_child = family.pupils.iter().any(|&pupil| {
        let pupil = school.people.pupils.get(pupil);
        let last = pupil.and_then(|pupil| pupil.initials.split('.').rfind(|part| !part.is_empty()));
        last.and_then(|last| folded(last).chars().next()) == initial
    });
    let elsewhere = || {
        let mut others = school.people.contacts.iter();
        others.any(|contact| {
            contact.class == Class::Parent
                && contact
                    .pupils
                    .iter()
                    .all(|pupil| !family.pupils.contains(pupil))
                && bears(contact)
        })
    };
    !family.contacts.iter().any(|contact| bears(contact)) && !shown && !as_child && elsewhere()
}
