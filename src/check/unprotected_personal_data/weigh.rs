//! What all the evidence on one document or sheet amounts to.
//!
//! Every sign has a strength in points, and a record's points are their sum,
//! less what speaks against. Each point leaves two thirds of the doubt that
//! there was: two points are a confidence of 0.56, three 0.70, four 0.80, six
//! 0.91. So a school's threshold can be read as a number of points, and the
//! default of 0.5 asks for two.
//!
//! The strongest record decides. Rows of a table add for each other, since a
//! list of marks is about people in a way that one mark is not.

use std::collections::BTreeSet;

use super::identifiers::Identifier;
use super::sign::{Kind, Person, Record, Sign, Spot};

/// What speaks for personal data in a unit, weighed.
#[derive(Debug)]
pub(super) struct Weighed<'r, 'p> {
    /// From 0 to 1.
    pub(super) confidence: f32,
    pub(super) people: BTreeSet<Person>,
    /// Indices into the roster.
    pub(super) pupils: BTreeSet<usize>,
    pub(super) kinds: BTreeSet<Kind<'p>>,
    /// The first record that says enough.
    pub(super) first: &'r Record<'p>,
}

/// What speaks against.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Against {
    /// How plainly the document is for everybody, or for teaching.
    pub(super) public: i32,
    /// Whether it praises, or tells of matches: results in it are published.
    pub(super) celebrates: bool,
}

/// No document is so public that the gravest term would say nothing.
const MOST_PUBLIC: i32 = 5;
/// So many people in one table with any details are personal data.
pub(super) const MANY: usize = 3;
/// What rows add for each other, by how many people they are about.
const COMPANY: [(usize, i32); 3] = [(30, 4), (10, 3), (MANY, 2)];
/// What a name that is on no list takes away: it could be anybody's.
const UNKNOWN: i32 = 2;
/// What is in the place of a number's name.
const NAMELESS: i32 = 2;

impl Identifier {
    /// Points of one that was announced, and whose check digits hold.
    pub(super) fn strength(self) -> i32 {
        match self {
            Self::Upn | Self::Nhs | Self::Chi | Self::NationalInsurance | Self::Card => 5,
            Self::Uln | Self::Birth | Self::Bank => 4,
            Self::Address | Self::Document => 3,
        }
    }
}

impl Against {
    /// `weights` are those of the patterns that speak against, each once.
    pub(super) fn new(weights: impl Iterator<Item = i32>, celebrates: bool) -> Self {
        let public = weights.map(|weight| -weight).sum::<i32>();
        Self {
            public: public.clamp(0, MOST_PUBLIC),
            celebrates,
        }
    }
}

/// From 0 to 1, in hundredths: what is shown is what a threshold is held
/// against.
pub(super) fn confidence(points: i32) -> f32 {
    let doubt = (2.0_f32 / 3.0).powi(points.max(0));
    (100.0 - 100.0 * doubt).round() / 100.0
}

/// Weighs the records of a unit; `None` where nothing speaks for anything.
pub(super) fn weigh<'r, 'p>(records: &'r [Record<'p>]) -> Option<Weighed<'r, 'p>> {
    let company = company(records);
    let points: Vec<i32> = records
        .iter()
        .map(|record| {
            let added = match record.listed && adds_up(record) {
                true => (company - objection(record)).max(0),
                false => 0,
            };
            alone(record) + added
        })
        .collect();
    let most = *points.iter().max().filter(|&&most| most > 0)?;
    let first = records
        .iter()
        .zip(&points)
        .find(|&(_, &points)| points >= most.min(3))?
        .0;
    let mut weighed = Weighed {
        confidence: confidence(most),
        people: BTreeSet::new(),
        pupils: BTreeSet::new(),
        kinds: BTreeSet::new(),
        first,
    };
    for (record, &points) in records.iter().zip(&points) {
        // Who is only listed beside others is told about by being there.
        if points > 0 || record.listed {
            weighed.people.insert(record.person.clone());
            weighed.pupils.extend(&record.pupils);
        }
        if points > 0 {
            let kinds = counted(record).map(|sign| sign.kind);
            weighed.kinds.extend(kinds);
        }
    }
    weighed.kinds.remove(&Kind::Context);
    Some(weighed)
}

/// The points of a record by itself.
pub(super) fn alone(record: &Record<'_>) -> i32 {
    let mut seen: Vec<(Kind<'_>, &str)> = Vec::new();
    let (mut identifiers, mut special, mut column) = (0, 0, 0);
    let mut tells = false;
    for sign in counted(record) {
        // A heading and a cell of one pattern say one thing.
        let same = |&(kind, pattern): &(Kind<'_>, &str)| match sign.kind {
            Kind::Special(_) | Kind::Context => !sign.pattern.is_empty() && pattern == sign.pattern,
            _ => kind == sign.kind,
        };
        if seen.iter().any(same) {
            continue;
        }
        seen.push((sign.kind, sign.pattern));
        let strength = strength(sign, record);
        match sign.kind {
            Kind::Identifier(_) | Kind::Transfer => identifiers += strength,
            Kind::Special(_) | Kind::Context => {
                special += strength;
                tells |= sign.kind != Kind::Context;
            }
            Kind::Column(_) | Kind::Data => column = column.max(strength),
        }
    }
    if !tells {
        special = 0;
    }
    let public = record.against.public;
    let known = identifiers + (special - public).max(0) + column;
    match record.person {
        Person::Pupil(_) | Person::Staff(_) | Person::Transferred => known,
        // Made-up people live in lessons.
        Person::Upn(_) => known - public,
        Person::Named(_) => {
            let over = |points: i32| (points - UNKNOWN).max(0);
            over(identifiers) + over(special - public) + over(column) - public
        }
        Person::Numbered(_) => known - NAMELESS - public,
    }
    .max(0)
}

/// A name that is on no list is not yet a person: a birthday makes it one,
/// and an address says next to nothing.
fn strength(sign: &Sign<'_>, record: &Record<'_>) -> i32 {
    match (&record.person, sign.kind) {
        (Person::Named(_), Kind::Identifier(Identifier::Birth)) => 3,
        (Person::Named(_), Kind::Identifier(Identifier::Address)) => 2,
        _ => sign.strength,
    }
}

/// The signs of a record that count in its document: what a match or an
/// examination brought is published with praise.
fn counted<'s, 'p>(record: &'s Record<'p>) -> impl Iterator<Item = &'s Sign<'p>> + use<'s, 'p> {
    let celebrates = record.against.celebrates;
    record.signs.iter().filter(move |sign| {
        !(celebrates && matches!(sign.kind, Kind::Column("marks") | Kind::Data))
    })
}

/// What the rows add to each other.
fn company(records: &[Record<'_>]) -> i32 {
    let people: BTreeSet<&Person> = records
        .iter()
        .filter(|record| record.listed && adds_up(record))
        .map(|record| &record.person)
        .collect();
    COMPANY
        .iter()
        .find(|(least, _)| people.len() >= *least)
        .map_or(0, |&(_, points)| points)
}

/// What a public document takes from a row's company: pupils' marks are theirs
/// even where the heading is a worksheet's.
fn objection(record: &Record<'_>) -> i32 {
    let known = |sign: &Sign<'_>| sign.kind != Kind::Data;
    match record.person {
        Person::Pupil(_) | Person::Staff(_) if counted(record).any(known) => 0,
        _ => record.against.public,
    }
}

/// Whether a row is one of many that say the same.
fn adds_up(record: &Record<'_>) -> bool {
    counted(record).any(|sign| match (&record.person, sign.kind) {
        (Person::Pupil(_) | Person::Upn(_) | Person::Transferred, _) => true,
        // A list of names and addresses, or one of telephones, can be anybody's.
        (Person::Named(_), Kind::Identifier(identifier)) => identifier != Identifier::Address,
        (Person::Named(_) | Person::Staff(_), Kind::Column(_)) => sign.strength > 1,
        (Person::Named(_), kind) => matches!(kind, Kind::Special(_)),
        (Person::Staff(_), kind) => kind != Kind::Data,
        (Person::Numbered(_), _) => false,
    })
}

impl Weighed<'_, '_> {
    /// `32 pupils, with UPN and date of birth`.
    pub(super) fn said(&self) -> String {
        let (mut pupils, mut staff, mut others) = (0, 0, 0);
        for person in &self.people {
            match person {
                Person::Pupil(_) | Person::Upn(_) => pupils += 1,
                Person::Staff(_) => staff += 1,
                Person::Named(_) | Person::Numbered(_) => others += 1,
                Person::Transferred => {}
            }
        }
        let count = |number: usize, one: &str, many: &str| match number {
            1 => format!("1 {one}"),
            number => format!("{number} {many}"),
        };
        let people = match (pupils, staff, others) {
            (0, 0, 0) => "people".to_owned(),
            (pupils, 0, 0) => count(pupils, "pupil", "pupils"),
            (0, staff, 0) => count(staff, "member of staff", "members of staff"),
            (pupils, staff, others) => count(pupils + staff + others, "person", "people"),
        };
        let said = |kind: &Kind<'_>| match kind {
            Kind::Data if self.people.len() > 1 => "data about each of them",
            kind => kind.said(),
        };
        // "Health and medical needs" would say one thing twice, and what has
        // no name is told only where nothing has one.
        let mut kinds: Vec<&str> = self.kinds.iter().map(said).collect();
        let mut told = BTreeSet::new();
        kinds.retain(|kind| told.insert(*kind));
        if kinds.len() > 1 && self.kinds.contains(&Kind::Data) {
            kinds.pop();
        }
        match kinds.as_slice() {
            [] => people,
            [one] => format!("{people}, with {one}"),
            [first @ .., last] if first.len() < 4 => {
                format!("{people}, with {} and {last}", first.join(", "))
            }
            many => format!("{people}, with {} and more", many[..4].join(", ")),
        }
    }

    /// Where the first of it stands: what tells most plainly, else who.
    pub(super) fn spot(&self) -> Spot {
        let told = self.first.signs.iter();
        told.filter(|sign| sign.kind != Kind::Context)
            .map(|sign| sign.at)
            .min()
            .unwrap_or(self.first.at)
    }
}

#[cfg(test)]
mod tests;
