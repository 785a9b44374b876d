//! Contacts who must not hear of a pupil.
//!
//! Here a false alarm costs a reviewer a minute, and a miss may cost a family
//! its secret: a forename is enough, and so is an address in Cc.

use crate::check::Screened;
use crate::extract::{Protection, Role, Text};
use crate::finding::{Finding, Weight};
use crate::mail::Address;
use crate::patterns::Folded;
use crate::school::{Class, School};

use super::finding;
use super::forename::has_forename;

/// How sure it is that a pupil is spoken of: by the whole name, or by less.
const NAMED: f32 = 0.95;
const MEANT: f32 = 0.75;

/// Words that speak to a parent of a child.
const CHILD: [&str; 7] = [
    "your child",
    "your son",
    "your daughter",
    "your children",
    "your boy",
    "your girl",
    "your boys",
];

pub(super) fn findings(outside: &[&Address], mail: &Screened<'_>, school: &School) -> Vec<Finding> {
    let mut findings = Vec::new();
    for address in outside {
        let kept_from: Vec<usize> = school
            .people
            .contacts_at(address)
            .flat_map(|contact| contact.restricted.iter().copied())
            .collect();
        let surest = kept_from
            .iter()
            .filter_map(|&pupil| Some((spoken_of(pupil, mail, school)?, pupil)))
            .max_by(|(one, _), (other, _)| one.total_cmp(other));
        if let Some((confidence, pupil)) = surest {
            let pupil = school.people.pupils.get(pupil);
            let pupils = pupil.map(|pupil| pupil.reference());
            findings.push(finding(
                address,
                Weight::Restricted,
                confidence,
                pupils.into_iter().collect(),
            ));
        }
    }
    findings
}

/// How sure it is that a mail tells of a pupil, or of where the family can be
/// reached.
fn spoken_of(pupil: usize, mail: &Screened<'_>, school: &School) -> Option<f32> {
    let mut sightings = mail.sightings.iter();
    if sightings.any(|sighting| sighting.pupils.contains(&pupil)) {
        return Some(NAMED);
    }
    let texts = || mail.reading.texts.iter().filter(|text| is_open(text, mail));
    let meant = shows_family(pupil, mail, school)
        || texts().any(|text| has_forename(pupil, text, school))
        || texts().any(|text| {
            let own = matches!(text.role, Role::Subject | Role::Body);
            own && speaks_of_child(&text.text)
        });
    meant.then_some(MEANT)
}

pub(super) fn is_open(text: &Text, mail: &Screened<'_>) -> bool {
    let file = text
        .attachment
        .and_then(|index| usize::try_from(index).ok());
    let file = file.and_then(|index| mail.reading.attachments.get(index));
    file.is_none_or(|file| file.protection != Protection::Protected)
}

fn speaks_of_child(text: &str) -> bool {
    let folded = Folded::prose(text);
    CHILD.iter().any(|words| folded.as_str().contains(words))
}

/// Whether To or Cc show an address of the pupil, or of the family's others.
fn shows_family(pupil: usize, mail: &Screened<'_>, school: &School) -> bool {
    let header = &mail.reading.header;
    let shown = header.to.iter().chain(&header.cc).chain(&header.reply_to);
    let mut shown = shown.filter_map(|shown| shown.address.parse::<Address>().ok());
    shown.any(|address| {
        school.people.pupil_at(&address) == Some(pupil)
            || school.people.contacts_at(&address).any(|contact| {
                matches!(contact.class, Class::Parent | Class::Other)
                    && contact.pupils.contains(&pupil)
                    && !contact.restricted.contains(&pupil)
            })
    })
}
