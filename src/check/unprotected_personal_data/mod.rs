//! `unprotected-personal-data`: attachments that hold personal data of
//! identifiable people and that anyone could open.
//!
//! **What it looks for.** In every attachment that is not really protected,
//! members of archives and hidden sheets included, an *anchor*: a pupil's
//! full name, a UPN, or a date of birth beside a name; and with it, in the
//! same row of a table or within 300 characters, an *identifier* (UPN, NHS
//! number, date of birth, home address, bank details, …) or a *term* of the
//! special categories (safeguarding, special needs, health, free school
//! meals, …). Three pupils in one table with any details are enough without
//! either, and so are two valid UPNs. A file that is named after a pupil is
//! about the pupil throughout.
//!
//! **Why.** "Any electronic communication which contains any content which
//! could be subject to data protection legislation … will only be sent using
//! a secure method." A mail to a wrong address is the commonest breach there
//! is, and a hidden sheet or a sheet "protected" by a tick box opens for
//! everyone.
//!
//! **Example.** `register.xlsx` with names, UPNs and dates of birth of 32
//! pupils on a hidden sheet.
//!
//! **What passes.** Protected attachments; anything that stays inside the
//! school; terms without a person (a lesson on diabetes, a policy); forms
//! that nobody filled in; class lists with names and forms only; cast and
//! team lists; dates of birth before 1990 beside a name that is not on the
//! roster. Signs that a document is for everybody or for teaching weigh
//! against terms, never against identifiers.
//!
//! This is evidence only: what follows from it, and for which recipients, is
//! the policy's business. There is one finding for a document and one for
//! each sheet or other table that is a text of its own.

use std::collections::{BTreeMap, BTreeSet};

use crate::extract::{Attachment, Protection, Reading, Role};
use crate::finding::{Finding, Location, RuleId, Weight};
use crate::school::School;

use super::{Check, Screened, Sighting, masking};
use evidence::{Evidence, Kind, Person, Place};
use prose::Marked;

mod columns;
mod evidence;
mod identifiers;
mod numbers;
mod prose;
mod tables;

/// Less than this is no finding.
const LEAST: f32 = 0.5;
/// A sighting less sure than this does not count alone.
const WEAK: f32 = 0.5;
/// Findings shown one by one; the rest are counted in the last of them.
const SHOWN: usize = 20;

#[derive(Debug)]
pub(super) struct UnprotectedPersonalData;

impl Check for UnprotectedPersonalData {
    fn id(&self) -> RuleId {
        RuleId::UnprotectedPersonalData
    }

    fn inspect(&self, mail: &Screened<'_>, school: &School) -> Vec<Finding> {
        if mail
            .envelope
            .addresses()
            .all(|recipient| school.is_internal(recipient))
        {
            return Vec::new();
        }
        let findings = units(mail.reading)
            .into_iter()
            .filter_map(|unit| unit.finding(mail, school))
            .collect();
        at_most(SHOWN, findings)
    }
}

/// What is judged together: a document with its name, or a table of its own.
struct Unit<'r> {
    attachment: &'r Attachment,
    /// Indices into the reading's texts; the file's name among them.
    texts: Vec<usize>,
}

/// The units of every attachment that a stranger can read. A document's own
/// texts go together, and the file's name with all that is in it.
fn units(reading: &Reading) -> Vec<Unit<'_>> {
    let mut names: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
    let mut contents: BTreeMap<(u32, usize), Vec<usize>> = BTreeMap::new();
    for (index, text) in reading.texts.iter().enumerate() {
        let Some(attachment) = text.attachment else {
            continue;
        };
        if text.role == Role::FileName {
            names.entry(attachment).or_default().push(index);
        } else {
            let own = if text.table { index } else { usize::MAX };
            contents.entry((attachment, own)).or_default().push(index);
        }
    }
    for &attachment in names.keys() {
        if contents
            .range((attachment, 0)..=(attachment, usize::MAX))
            .next()
            .is_none()
        {
            contents.insert((attachment, usize::MAX), Vec::new());
        }
    }
    contents
        .into_iter()
        .filter_map(|((attachment, _), texts)| {
            let name = names.get(&attachment).into_iter().flatten().copied();
            let texts = name.chain(texts).collect();
            let attachment = reading.attachments.get(usize::try_from(attachment).ok()?)?;
            (!is_protected(attachment, reading)).then_some(Unit { attachment, texts })
        })
        .collect()
}

/// Whether nobody without a password can open it, or what it lies in.
fn is_protected(attachment: &Attachment, reading: &Reading) -> bool {
    let place = attachment.location.as_str();
    reading.attachments.iter().any(|outer| {
        outer.protection == Protection::Protected
            && place
                .strip_prefix(outer.location.as_str())
                .is_some_and(|rest| rest.is_empty() || rest.starts_with(" › "))
    })
}

impl Unit<'_> {
    fn finding(&self, mail: &Screened<'_>, school: &School) -> Option<Finding> {
        let evidence = self.evidence(mail, school)?;
        let texts = &mail.reading.texts;
        let text = evidence.place.text.and_then(|index| texts.get(index));
        let mut location = text.map_or(&self.attachment.location, |text| &text.location);
        if text.is_some_and(|text| text.role == Role::FileName) {
            location = &self.attachment.location;
        }
        let mut location: Location = masking::location(location, school);
        if let Some(cell) = &evidence.place.cell {
            location = location.within(cell);
        }
        let mut what = evidence.said();
        if text.is_some_and(|text| text.hidden) {
            what.push_str(match text.is_some_and(|text| text.table) {
                true => ", on a hidden sheet",
                false => ", in a hidden place",
            });
        }
        if self.attachment.protection == Protection::Weak {
            what.push_str(", in a file whose protection is weak");
            if !self.attachment.why.is_empty() {
                what.push_str(": ");
                what.push_str(&masking::masked(&self.attachment.why, school));
            }
        }
        let pupils = evidence
            .pupils
            .iter()
            .filter_map(|&pupil| school.people.pupils.get(pupil))
            .map(|pupil| pupil.reference.clone());
        Some(Finding {
            rule: RuleId::UnprotectedPersonalData,
            location,
            what,
            excerpt: masking::masked(&evidence.excerpt, school),
            confidence: evidence.confidence,
            pupils: pupils.collect(),
            weight: Weight::Ordinary,
            suppressed: None,
        })
    }

    fn evidence(&self, mail: &Screened<'_>, school: &School) -> Option<Evidence> {
        let texts = &mail.reading.texts;
        let marked: Vec<Marked<'_>> = self
            .texts
            .iter()
            .map(|&index| Marked::new(index, mail, school))
            .collect();
        let is_name = |marked: &Marked<'_>| texts[marked.index].role == Role::FileName;
        let titled: BTreeSet<usize> = marked
            .iter()
            .filter(|marked| is_name(marked))
            .flat_map(|marked| &marked.sightings)
            .flat_map(|sighting| sighting.pupils.iter().copied())
            .collect();
        let found = marked.iter().flat_map(|marked| {
            let none = BTreeSet::new();
            let titled = if is_name(marked) { &none } else { &titled };
            let prose = marked.evidence(titled, school);
            let tables = marked.tables.iter().filter_map(|table| {
                table.evidence(
                    marked.index,
                    &marked.sightings,
                    &marked.terms,
                    school,
                    mail.now,
                )
            });
            prose.into_iter().chain(tables.collect::<Vec<_>>())
        });
        let mut evidence = found
            .chain(transfer_file(&marked, &is_name))
            .reduce(Evidence::join)?;
        add_by_upn(&mut evidence, school);
        (evidence.confidence >= LEAST).then_some(evidence)
    }
}

/// The pupils' names in a text that count, in order. A weak one is believed
/// only in the company of a surer one.
fn sightings<'s>(mail: &'s Screened<'_>, text: usize) -> Vec<&'s Sighting> {
    let first = mail
        .sightings
        .partition_point(|sighting| sighting.text < text);
    let mut sightings: Vec<&Sighting> = mail.sightings[first..]
        .iter()
        .take_while(|sighting| sighting.text == text)
        .filter(|sighting| sighting.suppressed.is_none())
        .collect();
    if sightings.iter().all(|sighting| sighting.confidence < WEAK) {
        sightings.clear();
    }
    sightings
}

/// A DfE Common Transfer File carries whole records from school to school; it
/// is known by its name, or by its root with a pupil's number in it.
fn transfer_file(marked: &[Marked<'_>], is_name: &dyn Fn(&Marked<'_>) -> bool) -> Option<Evidence> {
    let by_name = marked
        .iter()
        .any(|marked| is_name(marked) && marked.transfer && marked.text.contains(char::is_numeric));
    let content = marked.iter().find(|marked| !is_name(marked));
    let by_content =
        content.is_some_and(|content| content.transfer && !content.identifiers.is_empty());
    (by_name && content.is_some() || by_content).then(|| Evidence {
        confidence: 0.9,
        kinds: [Kind::Transfer].into(),
        place: Place {
            text: content.map(|content| content.index),
            cell: None,
        },
        excerpt: "Common Transfer File".to_owned(),
        ..Evidence::default()
    })
}

/// UPNs of the roster are pupils: adds them, and counts nobody twice.
fn add_by_upn(evidence: &mut Evidence, school: &School) {
    let upns: BTreeSet<String> = evidence
        .people
        .iter()
        .filter_map(|person| match person {
            Person::Upn(upn) => Some(upn.clone()),
            _ => None,
        })
        .collect();
    if upns.is_empty() {
        return;
    }
    for (index, pupil) in school.people.pupils.iter().enumerate() {
        let Some(upn) = pupil.upn.as_ref().filter(|upn| upns.contains(*upn)) else {
            continue;
        };
        evidence.people.remove(&Person::Upn(upn.clone()));
        evidence.people.insert(Person::Pupil(index));
        evidence.pupils.insert(index);
    }
}

/// Not more findings than these; the last speaks for those left out, and all
/// pupils stay named.
fn at_most(limit: usize, mut findings: Vec<Finding>) -> Vec<Finding> {
    if findings.len() > limit {
        let rest = findings.split_off(limit);
        if let Some(last) = findings.last_mut() {
            last.what.push_str(&format!(
                ", and {} more files or sheets like it",
                rest.len()
            ));
            let known: BTreeSet<_> = last.pupils.iter().cloned().collect();
            let more: BTreeSet<_> = rest
                .into_iter()
                .flat_map(|finding| finding.pupils)
                .collect();
            last.pupils.extend(more.difference(&known).cloned());
        }
    }
    findings
}

/// What a category of the special categories' pack is called.
fn category_said(category: &str) -> &'static str {
    Kind::Special(category.to_owned()).said()
}

#[cfg(test)]
mod tests;
