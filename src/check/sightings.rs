//! Pupils' names in a message: found once, judged once, for all checks.

use std::collections::HashSet;
use std::ops::Range;

use crate::extract::{Reading, Role, Text};
use crate::finding::{Finding, PupilRef, RuleId, Weight};
use crate::mail::{Address, Envelope};
use crate::school::School;
use crate::school::names::{Everyday, Fit, Match, Writing};

use super::context::{self, Around, Reason};
use super::{Screened, Sighting, excerpt};

const OWN: Reason = "the sender's own name";
const MET: Reason = "the name of somebody who receives the message";
const ADDRESS: Reason = "part of the address of a member of staff or a contact";
const SIGNED: Reason = "a member of staff has this name, and it stands alone as in a signature";

/// Every sighting of a message, in the order of its texts.
pub(super) fn all(envelope: &Envelope, reading: &Reading, school: &School) -> Vec<Sighting> {
    if school.people.names.is_empty() {
        return Vec::new();
    }
    let present = Present::new(envelope, reading, school);
    reading
        .texts
        .iter()
        .enumerate()
        .flat_map(|(index, text)| in_text(index, text, &present, school))
        .collect()
}

/// The pupils whose names people of the envelope and the header have
/// themselves.
struct Present {
    sender: HashSet<usize>,
    sender_is_pupil: bool,
    recipients: HashSet<usize>,
}

impl Present {
    fn new(envelope: &Envelope, reading: &Reading, school: &School) -> Self {
        let header = &reading.header;
        let mut present = Self {
            sender: HashSet::new(),
            sender_is_pupil: false,
            recipients: HashSet::new(),
        };
        let authors = || header.from.iter().chain(&header.sender);
        let parsed = authors().filter_map(|mailbox| mailbox.address.parse::<Address>().ok());
        for address in envelope.reverse_path.iter().cloned().chain(parsed) {
            if let Some(pupil) = school.people.pupil_at(&address) {
                present.sender.insert(pupil);
            }
            if school.is_pupil_address(&address) {
                present.sender_is_pupil = true;
                present.sender.extend(spelled_by(&address, school));
            }
            present.sender.extend(staff_at(&address, school));
        }
        for mailbox in authors() {
            present.sender.extend(named(&mailbox.name, school));
        }
        let shown = header.to.iter().chain(&header.cc);
        for mailbox in shown.clone() {
            let address = mailbox.address.parse::<Address>();
            if address.is_ok_and(|address| school.is_staff_address(&address)) {
                present.recipients.extend(named(&mailbox.name, school));
            }
        }
        let shown = shown.filter_map(|mailbox| mailbox.address.parse().ok());
        for address in envelope.addresses().cloned().chain(shown) {
            present.recipients.extend(staff_at(&address, school));
            for contact in school.people.contacts_at(&address) {
                let own = named(&contact.name, school);
                present
                    .recipients
                    .extend(own.filter(|pupil| !contact.pupils.contains(pupil)));
            }
        }
        present
    }
}

/// The pupils who share the name of the member of staff at an address, as the
/// staff list or the address itself has it.
fn staff_at(address: &Address, school: &School) -> Vec<usize> {
    match school.people.staff_at(address) {
        Some(staff) => school
            .people
            .names
            .pupils_named(&staff.forename, &staff.surname),
        None if school.is_staff_address(address) => spelled_by(address, school),
        None => Vec::new(),
    }
}

/// The pupils whose name an address spells: `zoe.obrien@…`.
fn spelled_by(address: &Address, school: &School) -> Vec<usize> {
    let found = school
        .people
        .names
        .find(address.local_part(), Writing::Joined);
    found.into_iter().flat_map(|found| found.pupils).collect()
}

fn named(name: &str, school: &School) -> impl Iterator<Item = usize> {
    school
        .people
        .names
        .find(name, Writing::Prose)
        .into_iter()
        .flat_map(|found| found.pupils)
}

fn in_text(index: usize, text: &Text, present: &Present, school: &School) -> Vec<Sighting> {
    let writing = match text.role {
        Role::FileName => Writing::Joined,
        Role::Subject => Writing::Title,
        Role::Body | Role::Quoted | Role::Attachment => Writing::Prose,
    };
    let found = school.people.names.find(&text.text, writing);
    let objections: Vec<Option<Reason>> = found
        .iter()
        .map(|name| objection(text, name, present, school))
        .collect();
    let of_people = text.table && context::heads_people(&text.text);
    let rescued = |n: usize| {
        objections[n] == Some(context::WORDS_ALONE)
            && (of_people && Around::new(&text.text, &found[n]).fills_cells()
                || is_listed(n, &found, &objections, &text.text))
    };
    found
        .iter()
        .enumerate()
        .map(|(n, name)| Sighting {
            text: index,
            range: name.range.clone(),
            pupils: name.pupils.clone(),
            confidence: confidence(name, school),
            suppressed: objections[n].filter(|_| !rescued(n)),
        })
        .collect()
}

/// Whether a name of everyday words stands in a list beside an ordinary name
/// that counts.
fn is_listed(n: usize, found: &[Match], objections: &[Option<Reason>], text: &str) -> bool {
    let counts = |other: usize| {
        objections.get(other).is_some_and(Option::is_none) && !found[other].nature.reads_as_words()
    };
    let lists = |between: Range<usize>| text.get(between).is_some_and(context::only_lists);
    n > 0 && counts(n - 1) && lists(found[n - 1].range.end..found[n].range.start)
        || counts(n + 1) && lists(found[n].range.end..found[n + 1].range.start)
}

fn objection(text: &Text, name: &Match, present: &Present, school: &School) -> Option<Reason> {
    let around = Around::new(&text.text, name);
    let form = name
        .pupils
        .iter()
        .find_map(|&pupil| school.people.pupils.get(pupil)?.form);
    let all_of = |people: &HashSet<usize>| name.pupils.iter().all(|pupil| people.contains(pupil));
    // A teacher may write of the pupil who shares the teacher's name.
    let of_pupil = text.role == Role::Subject && around.is_beside_form(form);
    if all_of(&present.sender) && (present.sender_is_pupil || !of_pupil) {
        return Some(OWN);
    }
    if all_of(&present.recipients) && !of_pupil {
        return Some(MET);
    }
    if let Some(address) = address_around(&text.text, &name.range)
        && (school.people.staff_at(&address).is_some()
            || school.people.contacts_at(&address).next().is_some())
    {
        return Some(ADDRESS);
    }
    if text.role == Role::Body && around.fills_line() && has_namesake(name, school) {
        return Some(SIGNED);
    }
    around.objection(form)
}

fn has_namesake(name: &Match, school: &School) -> bool {
    let shared = |&pupil: &usize| school.people.namesakes_of(pupil).next().is_some();
    name.pupils.iter().any(shared)
}

/// How sure it is that the letters mean a pupil, if nothing objects.
fn confidence(name: &Match, school: &School) -> f32 {
    let fit = match name.fit {
        Fit::Whole => 1.0,
        Fit::Joined => 0.95,
        Fit::Middle => 0.85,
    };
    let sure = if has_namesake(name, school) {
        0.6
    } else if name.nature.reads_as_words() || name.nature.well_known {
        0.75
    } else if name.nature.forename != Everyday::No && name.nature.surname != Everyday::No {
        0.85
    } else {
        0.95
    };
    sure * fit
}

/// The address whose local part holds a range.
fn address_around(text: &str, range: &Range<usize>) -> Option<Address> {
    let in_address = |c: char| c.is_alphanumeric() || "._+-'%@".contains(c);
    let start = text[..range.start]
        .rfind(|c| !in_address(c))
        .map_or(0, |at| {
            at + text[at..].chars().next().map_or(1, char::len_utf8)
        });
    let rest = &text[range.end..];
    let end = rest.find(|c| !in_address(c)).unwrap_or(rest.len());
    if !rest[..end].contains('@') {
        return None;
    }
    let address = &text[start..range.end + end];
    address.trim_end_matches(['.', '-', '\'']).parse().ok()
}

/// The findings of a rule about names in the texts of one role: one for all
/// names that count, and one for each that was let pass.
pub(super) fn findings(
    rule: RuleId,
    role: Role,
    mail: &Screened<'_>,
    school: &School,
) -> Vec<Finding> {
    let finding = |sighting: &Sighting, what: String, pupils: Vec<PupilRef>| {
        let text = &mail.reading.texts[sighting.text];
        Finding {
            rule,
            location: excerpt::masked_location(&text.location, &school.people.names),
            what,
            excerpt: excerpt::around(&text.text, &sighting.range, &school.people.names),
            confidence: sighting.confidence,
            pupils,
            weight: Weight::Ordinary,
            suppressed: sighting.suppressed.map(str::to_owned),
        }
    };
    let references = |sightings: &[&Sighting]| -> Vec<PupilRef> {
        let mut seen = HashSet::new();
        sightings
            .iter()
            .flat_map(|sighting| &sighting.pupils)
            .filter(|&&pupil| seen.insert(pupil))
            .filter_map(|&pupil| Some(school.people.pupils.get(pupil)?.reference()))
            .collect()
    };
    let seen = mail.sightings.iter().filter(|sighting| {
        mail.reading
            .texts
            .get(sighting.text)
            .is_some_and(|text| text.role == role)
    });
    let (counted, passed): (Vec<&Sighting>, Vec<&Sighting>) =
        seen.partition(|sighting| sighting.suppressed.is_none());

    let mut findings = Vec::new();
    if let Some(surest) = counted
        .iter()
        .rev()
        .max_by(|a, b| a.confidence.total_cmp(&b.confidence))
    {
        let names: HashSet<&[usize]> = counted
            .iter()
            .map(|sighting| &sighting.pupils[..])
            .collect();
        let what = match names.len() {
            1 => "a pupil's full name".to_owned(),
            n => format!("the full names of {n} pupils"),
        };
        findings.push(finding(surest, what, references(&counted)));
    }
    // A name that is let pass on every line need not be explained on each.
    let mut explained = HashSet::new();
    for sighting in passed {
        if explained.insert((&sighting.pupils, sighting.suppressed)) {
            let what = "a name that a pupil has too".to_owned();
            findings.push(finding(sighting, what, references(&[sighting])));
        }
    }
    findings
}

#[cfg(test)]
mod tests;
