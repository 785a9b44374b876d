//! `unprotected-personal-data`: attachments that hold personal data of
//! identifiable people and that anyone could open.
//!
//! **What it looks for.** In every attachment that is not really protected,
//! members of archives and hidden sheets included, an *anchor*: a pupil's
//! full name, a number that names one person (UPN, NHS, National Insurance,
//! …), or a date of birth beside a name; and with it, in the same row of a
//! table or within 300 characters, an *identifier* or a *term* of the special
//! categories (safeguarding, special needs, health, free school meals, …).
//! Three pupils in one table with any details are enough without either, and
//! so are members of staff with their pay, sickness or conduct. A file that
//! is named after a pupil is about the pupil throughout. Of the mail's own text
//! the same is asked by `personal-data-in-body`.
//!
//! **How it judges.** Evidence of every kind becomes a [`Sign`] of some
//! strength at some place, gathered in a [`Record`] for each person ([`prose`]
//! and [`rows`]). [`weigh`] adds up what they say, less what speaks against,
//! and nothing else decides how sure a finding is.
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
//! that nobody filled in; numbers that nothing announces, and those that show
//! a format; the school's and suppliers' bank details; class lists with names
//! and forms only; cast and team lists, published results; lists of staff;
//! dates of birth before 1990 beside a name that is not on the roster. Signs
//! that a document is for everybody or for teaching weigh against terms and
//! made-up people, never against what identifies a pupil of the roster.
//!
//! This is evidence only: what follows from it, and for which recipients, is
//! the policy's business, and how sure is sure enough its rule's `threshold`.
//! There is one finding for a document, one for each sheet or other table that
//! is a text of its own, with its hidden rows and columns.

use std::collections::{BTreeMap, BTreeSet};

use crate::extract::{Attachment, HIDDEN_ROWS, Protection, Reading, Role, Text};
use crate::finding::{Finding, RuleId, Weight};
use crate::school::School;

use super::{Check, Screened, Sighting, masking};
use identifiers::Identifier;
use prose::Marked;
use sign::{Kind, Person, Record, Sign};
use staff::Staffroom;

mod bearing;
mod columns;
mod dates;
mod identifiers;
mod numbers;
mod prose;
mod rows;
mod sign;
mod staff;
mod tables;
mod told;
mod unnamed;
mod weigh;
mod written;

/// Points of a whole file of pupils' records.
const TRANSFER: i32 = 6;
/// A sighting less sure than this does not count alone.
const WEAK: f32 = 0.5;
/// A mail longer than this, in bytes, is about more than one thing.
const SHORT: usize = 3000;
/// Findings shown one by one; the rest are counted in the last of them.
const SHOWN: usize = 20;

#[derive(Debug)]
pub(super) struct UnprotectedPersonalData;

impl Check for UnprotectedPersonalData {
    fn id(&self) -> RuleId {
        RuleId::UnprotectedPersonalData
    }

    fn inspect(&self, mail: &Screened<'_>, school: &School) -> Vec<Finding> {
        if stays_inside(mail, school) {
            return Vec::new();
        }
        let staffroom = Staffroom::new(school);
        let findings = units(mail.reading)
            .into_iter()
            .filter_map(|unit| unit.finding(mail, school, &staffroom))
            .collect();
        at_most(SHOWN, findings)
    }
}

/// The finding on the mail's own text: subject, body and what it quotes.
pub(super) fn in_mail(mail: &Screened<'_>, school: &School) -> Option<Finding> {
    if stays_inside(mail, school) {
        return None;
    }
    own_text(mail, school)?.finding(mail, school, &Staffroom::new(school))
}

/// The pupils of whom the mail or an open attachment tells something, those who
/// share a name together.
pub(super) fn told_of(mail: &Screened<'_>, school: &School) -> Vec<BTreeSet<usize>> {
    let staffroom = Staffroom::new(school);
    let units = units(mail.reading)
        .into_iter()
        .chain(own_text(mail, school));
    let mut told: Vec<BTreeSet<usize>> = units
        .flat_map(|unit| {
            let marked: Vec<Marked<'_>> = unit
                .texts
                .iter()
                .map(|&index| Marked::new(index, mail))
                .collect();
            let records = unit.records(&marked, mail, school, &staffroom);
            let says = |record: &&Record<'_>| {
                let mut signs = record.signs.iter();
                !record.pupils.is_empty() && signs.any(|sign| sign.kind != Kind::Data)
            };
            let told = records.iter().filter(says);
            told.map(|record| record.pupils.clone()).collect::<Vec<_>>()
        })
        .collect();
    told.sort();
    told.dedup();
    told
}

fn stays_inside(mail: &Screened<'_>, school: &School) -> bool {
    let mut recipients = mail.envelope.addresses();
    recipients.all(|recipient| school.is_internal(recipient))
}

/// What is judged together: a document with its name, or a table of its own.
struct Unit<'r> {
    /// `None` for the mail's own text.
    attachment: Option<&'r Attachment>,
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
            let own = sheet_around(text, reading).unwrap_or(own);
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
            let attachment = Some(attachment);
            (!is_protected(attachment?, reading)).then_some(Unit { attachment, texts })
        })
        .collect()
}

/// Of a sheet's hidden rows and columns, the text of what it shows.
fn sheet_around(hidden: &Text, reading: &Reading) -> Option<usize> {
    let sheet = hidden.location.as_str().strip_suffix(HIDDEN_ROWS)?;
    let mut texts = reading.texts.iter();
    texts.position(|text| {
        let place = text.location.as_str();
        text.table
            && text.attachment == hidden.attachment
            && place.strip_suffix(" (hidden)").unwrap_or(place) == sheet
    })
}

/// What the mail itself tells its readers.
fn own_text<'r>(mail: &Screened<'r>, school: &School) -> Option<Unit<'r>> {
    let own = mail.reading.texts.iter().enumerate();
    let texts: Vec<usize> = own
        .filter(|(_, text)| text.attachment.is_none())
        .filter(|(_, text)| text.role != Role::Quoted || !is_known(&text.text, mail, school))
        .map(|(index, _)| index)
        .collect();
    (!texts.is_empty()).then_some(Unit {
        attachment: None,
        texts,
    })
}

/// Whether everybody outside who receives the mail took part in what it
/// quotes: an answer tells them nothing that they have not written or read.
fn is_known(quoted: &str, mail: &Screened<'_>, school: &School) -> bool {
    let quoted = quoted.to_lowercase();
    let header = &mail.reading.header;
    let mut outside = mail.envelope.addresses();
    outside.all(|address| {
        school.is_internal(address) || quoted.contains(&address.as_str().to_lowercase()) || {
            // Outlook shows names alone.
            let mut shown = header.to.iter().chain(&header.cc);
            shown.any(|shown| {
                shown.address.eq_ignore_ascii_case(address.as_str())
                    && shown.name.contains(' ')
                    && quoted.contains(&shown.name.to_lowercase())
            })
        }
    })
}

/// Whether nobody without a password can open it, or what it lies in.
fn is_protected(attachment: &Attachment, reading: &Reading) -> bool {
    around(attachment, reading).any(|outer| outer.protection == Protection::Protected)
}

/// The attachment itself and those that it lies in.
fn around<'r>(
    attachment: &'r Attachment,
    reading: &'r Reading,
) -> impl Iterator<Item = &'r Attachment> {
    let outer = reading.attachments.iter();
    outer.filter(|outer| attachment.location.is_within(&outer.location))
}

impl Unit<'_> {
    fn finding(
        &self,
        mail: &Screened<'_>,
        school: &School,
        staffroom: &Staffroom<'_>,
    ) -> Option<Finding> {
        let marked: Vec<Marked<'_>> = self
            .texts
            .iter()
            .map(|&index| Marked::new(index, mail))
            .collect();
        let records = self.records(&marked, mail, school, staffroom);
        let weighed = weigh::weigh(&records)?;
        let spot = weighed.spot();
        let text = mail.reading.texts.get(spot.text)?;
        let place = match (text.role, self.attachment) {
            (Role::FileName, Some(attachment)) => &attachment.location,
            _ => &text.location,
        };
        let mut location = masking::location(place, school);
        let here = marked.iter().find(|marked| marked.index == spot.text)?;
        if let Some(cell) = here.cell(spot.offset, weighed.first.listed) {
            location = location.within(&cell);
        }
        let mut what = weighed.said();
        if text.hidden {
            what.push_str(&told::hidden(&masking::location(&text.location, school)));
        } else if let Some(beside) = self.hidden_beside(spot.text, &records, mail.reading) {
            let place = told::hidden(&masking::location(&beside.location, school));
            what.push_str(&format!(", partly{}", place.trim_start_matches(',')));
        }
        let files = self.attachment.into_iter();
        let mut files = files.flat_map(|file| around(file, mail.reading));
        if let Some(told) = files.find_map(told::protection) {
            what.push_str(&told);
        }
        let pupils = weighed
            .pupils
            .iter()
            .filter_map(|&pupil| school.people.pupils.get(pupil))
            .map(|pupil| pupil.reference());
        Some(Finding {
            rule: match self.attachment {
                Some(_) => RuleId::UnprotectedPersonalData,
                None => RuleId::PersonalDataInBody,
            },
            location,
            what,
            excerpt: masking::masked(&told::excerpt(&weighed, here, school), school),
            confidence: weighed.confidence,
            pupils: pupils.collect(),
            weight: Weight::Ordinary,
            suppressed: None,
        })
    }

    /// A hidden text of the unit that is about somebody too.
    fn hidden_beside<'r>(
        &self,
        told: usize,
        records: &[Record<'_>],
        reading: &'r Reading,
    ) -> Option<&'r Text> {
        let mut others = records.iter().map(|record| record.at.text);
        let other = others.find(|&text| text != told && reading.texts[text].table)?;
        reading.texts.get(other).filter(|text| text.hidden)
    }

    /// All that is said about anybody, in the order of the texts.
    fn records<'m>(
        &self,
        marked: &[Marked<'m>],
        mail: &Screened<'_>,
        school: &'m School,
        staffroom: &Staffroom<'_>,
    ) -> Vec<Record<'m>> {
        let texts = &mail.reading.texts;
        // A mail is about whom its subject names, as a file about whom it is
        // named after.
        let is_name = |marked: &Marked<'_>| {
            matches!(texts[marked.index].role, Role::FileName | Role::Subject)
        };
        let name = marked.iter().find(|marked| is_name(marked));
        let titled: BTreeSet<usize> = name
            .iter()
            .flat_map(|name| &name.sightings)
            .flat_map(|sighting| sighting.pupils.iter().copied())
            .collect();
        let only = match self.attachment {
            None => only_pupil(marked, texts),
            Some(_) => BTreeSet::new(),
        };
        let mut records = Vec::new();
        for marked in marked {
            let against = marked.objections(name);
            let none = BTreeSet::new();
            let quoted = texts[marked.index].role == Role::Quoted;
            let (titled, only) = if is_name(marked) || quoted {
                (&none, &none)
            } else {
                (&titled, &only)
            };
            let mut listed = Vec::new();
            for table in &marked.tables {
                let layout = table.layout(&marked.sightings, school, mail.now);
                let of_table = rows::records(table, &layout, marked, against, staffroom, school);
                listed.extend(of_table);
            }
            let told = marked.records(titled, only, &listed, against, school);
            records.extend(listed.into_iter().chain(told));
        }
        records.sort_by_key(|record| record.at);
        once_a_row(&mut records, marked);
        if self.attachment.is_none() {
            keep_homes(&mut records);
        }
        records.extend(self.transfer_file(name, marked.iter().find(|marked| !is_name(marked))));
        by_roster(&mut records, school);
        records
    }

    /// A DfE Common Transfer File carries whole records from school to school;
    /// it is known by its structure with a pupil's number in it, or by its
    /// name.
    fn transfer_file<'m>(
        &self,
        name: Option<&Marked<'m>>,
        content: Option<&Marked<'m>>,
    ) -> Option<Record<'m>> {
        let content = content?;
        let by_name =
            name.is_some_and(|name| name.transfer && name.text.contains(char::is_numeric));
        let structured = self.attachment.is_some_and(|file| file.kind == "ctf") || content.transfer;
        (by_name || structured && !content.identifiers.is_empty()).then(|| {
            let at = sign::Spot {
                text: content.index,
                offset: 0,
            };
            Record {
                person: Person::Transferred,
                pupils: BTreeSet::new(),
                signs: vec![Sign {
                    kind: Kind::Transfer,
                    strength: TRANSFER,
                    pattern: "",
                    at,
                    length: 0,
                }],
                against: weigh::Against::default(),
                listed: false,
                initials: String::new(),
                at,
            }
        })
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

/// Whom a short mail names and nobody else: wherever it says "she", it says it
/// of her.
fn only_pupil(marked: &[Marked<'_>], texts: &[Text]) -> BTreeSet<usize> {
    let own = marked
        .iter()
        .filter(|marked| matches!(texts[marked.index].role, Role::Subject | Role::Body));
    let length: usize = own.clone().map(|marked| marked.text.len()).sum();
    let mut named = own.flat_map(|marked| &marked.sightings);
    let Some(first) = named.next().filter(|_| length <= SHORT) else {
        return BTreeSet::new();
    };
    let mut only: BTreeSet<usize> = first.pupils.iter().copied().collect();
    for sighting in named {
        only.retain(|pupil| sighting.pupils.contains(pupil));
    }
    only
}

/// An address in a mail is a home's only where a word says so, or a birthday
/// or a passport stands beside it: every signature has one.
fn keep_homes(records: &mut [Record<'_>]) {
    for record in records.iter_mut().filter(|record| !record.listed) {
        let signs = &mut record.signs;
        let is_home = signs.iter().any(|sign| match sign.kind {
            Kind::Identifier(kind) => matches!(kind, Identifier::Birth | Identifier::Document),
            _ => sign.pattern == "home-address",
        });
        signs.retain(|sign| is_home || sign.kind != Kind::Identifier(Identifier::Address));
    }
}

/// A row that a hidden column crosses stands among what is hidden with all of
/// its cells: it is told from there.
fn once_a_row(records: &mut Vec<Record<'_>>, marked: &[Marked<'_>]) {
    let tables: Vec<&Marked<'_>> = marked.iter().filter(|it| !it.tables.is_empty()).collect();
    let [shown, hidden] = tables[..] else {
        return;
    };
    let row = |record: &Record<'_>, of: &Marked<'_>| {
        let before = of.text.get(..record.at.offset).unwrap_or_default();
        before.matches('\n').count()
    };
    // The first row stands in both: its headings are everybody's.
    let doubled: BTreeSet<usize> = records
        .iter()
        .filter(|record| record.at.text == hidden.index && record.listed)
        .map(|record| row(record, hidden))
        .filter(|&row| row > 0)
        .collect();
    records.retain(|record| {
        record.at.text != shown.index || !record.listed || !doubled.contains(&row(record, shown))
    });
}

/// UPNs of the roster are pupils, who are counted once by name and number.
fn by_roster(records: &mut [Record<'_>], school: &School) {
    for record in records {
        if let Person::Upn(upn) = &record.person
            && let Some(pupil) = school.people.pupils.of_upn(upn)
        {
            record.person = Person::Pupil(pupil);
            record.pupils.insert(pupil);
            for sign in &mut record.signs {
                if sign.kind == Kind::Identifier(Identifier::Upn) {
                    sign.strength = Identifier::Upn.strength();
                }
            }
        }
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

#[cfg(test)]
mod tests;
