//! What speaks for personal data in one document or sheet, put together from
//! its tables, its running text and its file's name.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use super::identifiers::Identifier;

/// What a unit of an attachment holds about whom. Its words are safe to show:
/// initials, dotted numbers and terms out of a pack.
#[derive(Debug, Clone, Default)]
pub(super) struct Evidence {
    /// From 0 (nothing) to 1.
    pub(super) confidence: f32,
    pub(super) people: BTreeSet<Person>,
    /// Indices into the roster.
    pub(super) pupils: BTreeSet<usize>,
    pub(super) kinds: BTreeSet<Kind>,
    /// The first of it.
    pub(super) place: Place,
    pub(super) excerpt: String,
}

/// Somebody, counted once.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Person {
    /// By index into the roster; of several who share a name, the first.
    Pupil(usize),
    Upn(String),
    /// A name that is not on the roster, by text and offset.
    Named(usize, usize),
}

/// What is said about people; ordered as it is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    Identifier(Identifier),
    /// A category of the special categories' pack.
    Special(String),
    /// A column of marks, contacts or the like, by the heading's pattern.
    Column(String),
    /// A column whose heading says nothing to us.
    Data,
    Transfer,
}

/// Where in the unit.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Place {
    /// Index into the reading's texts.
    pub(super) text: Option<usize>,
    /// `B14`, or `row 14`.
    pub(super) cell: Option<String>,
}

impl Evidence {
    /// Both together, told by the surer of the two.
    pub(super) fn join(self, other: Self) -> Self {
        let (mut first, second) = match other.confidence > self.confidence {
            true => (other, self),
            false => (self, other),
        };
        first.people.extend(second.people);
        first.pupils.extend(second.pupils);
        first.kinds.extend(second.kinds);
        first
    }

    /// `32 pupils, with UPN and date of birth`.
    pub(super) fn said(&self) -> String {
        let mut pupils = 0;
        let mut others = 0;
        for person in &self.people {
            match person {
                Person::Pupil(_) | Person::Upn(_) => pupils += 1,
                Person::Named(..) => others += 1,
            }
        }
        let count = |number: usize, one: &str, many: &str| match number {
            1 => format!("1 {one}"),
            number => format!("{number} {many}"),
        };
        let people = match (pupils, others) {
            (0, 0) => "people".to_owned(),
            (0, others) => count(others, "person", "people"),
            (pupils, 0) => count(pupils, "pupil", "pupils"),
            (pupils, others) => count(pupils + others, "person", "people"),
        };
        let said = |kind: &Kind| match kind {
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
}

/// The special categories' words, the gravest first.
const SPECIAL: &[(&str, &str)] = &[
    ("safeguarding", "safeguarding matters"),
    ("care", "care status"),
    ("criminal", "police or court matters"),
    ("sex-life", "sexuality or gender identity"),
    ("health", "health"),
    ("sen", "special educational needs"),
    ("behaviour", "behaviour and exclusions"),
    ("ethnicity", "ethnicity or nationality"),
    ("religion", "religion"),
    ("biometric", "biometrics"),
    ("free-meals", "free school meals"),
    ("contact", "family circumstances"),
    ("assessment", "assessment"),
];

/// What columns hold, by the pattern of their headings, in the order in which
/// it is told.
const COLUMNS: &[(&str, &str)] = &[
    ("medical-column", "medical notes"),
    ("special-needs", "special educational needs"),
    ("behaviour-column", "behaviour"),
    ("attendance", "attendance"),
    ("reading-ages", "reading ages"),
    ("marks", "marks"),
    ("pupil-premium", "pupil premium"),
    ("contact-details", "contact details"),
    ("family", "their family"),
    ("sex", "sex or gender"),
    ("money", "money owed"),
    ("remarks", "comments on them"),
];

impl Kind {
    pub(super) fn said(&self) -> &'static str {
        match self {
            Self::Identifier(identifier) => identifier.said(),
            Self::Special(category) => SPECIAL
                .iter()
                .find(|(known, _)| known == category)
                .map_or("sensitive details", |(_, words)| words),
            Self::Column(id) => COLUMNS
                .iter()
                .find(|(known, _)| known == id)
                .map_or("personal details", |(_, words)| words),
            Self::Data => "data about them",
            Self::Transfer => "whole records of a Common Transfer File",
        }
    }

    /// By what it is, and among special categories by gravity.
    fn rank(&self) -> (usize, usize) {
        match self {
            Self::Transfer => (0, 0),
            Self::Identifier(identifier) => (1, *identifier as usize),
            Self::Special(category) => (
                2,
                SPECIAL
                    .iter()
                    .take_while(|(known, _)| known != category)
                    .count(),
            ),
            Self::Column(id) => (
                3,
                COLUMNS.iter().take_while(|(known, _)| known != id).count(),
            ),
            Self::Data => (4, 0),
        }
    }
}

impl Ord for Kind {
    fn cmp(&self, other: &Self) -> Ordering {
        self.rank().cmp(&other.rank())
    }
}

impl PartialOrd for Kind {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn evidence_is_told_in_a_phrase() {
        use Identifier::{Birth, Upn};
        let pupils = |n: usize| (0..n).map(Person::Pupil).collect::<BTreeSet<_>>();
        for (people, kinds, expected) in [
            (
                pupils(32),
                vec![Kind::Identifier(Birth), Kind::Identifier(Upn)],
                "32 pupils, with UPN and date of birth",
            ),
            (
                pupils(1),
                vec![Kind::Special("health".to_owned())],
                "1 pupil, with health",
            ),
            (
                [Person::Named(0, 1)].into(),
                vec![Kind::Identifier(Birth)],
                "1 person, with date of birth",
            ),
            (
                [Person::Pupil(0), Person::Named(0, 1)].into(),
                vec![Kind::Data],
                "2 people, with data about each of them",
            ),
            (pupils(1), vec![Kind::Data], "1 pupil, with data about them"),
            (
                pupils(10),
                vec![
                    Kind::Data,
                    Kind::Column("marks".to_owned()),
                    Kind::Column("attendance".to_owned()),
                    Kind::Special("free-meals".to_owned()),
                ],
                "10 pupils, with free school meals, attendance and marks",
            ),
            (
                pupils(2),
                vec![
                    Kind::Special("sen".to_owned()),
                    Kind::Column("special-needs".to_owned()),
                ],
                "2 pupils, with special educational needs",
            ),
            (
                BTreeSet::new(),
                vec![Kind::Transfer],
                "people, with whole records of a Common Transfer File",
            ),
        ] {
            let evidence = Evidence {
                people,
                kinds: kinds.into_iter().collect(),
                ..Evidence::default()
            };
            assert_eq!(evidence.said(), expected);
        }
    }

    #[test]
    fn the_surer_evidence_tells_the_place() {
        let of = |confidence, excerpt: &str, pupil| Evidence {
            confidence,
            excerpt: excerpt.to_owned(),
            people: [Person::Pupil(pupil)].into(),
            ..Evidence::default()
        };
        let joined = of(0.5, "weak", 1).join(of(0.9, "strong", 2));
        assert_eq!(
            (joined.excerpt.as_str(), joined.people.len()),
            ("strong", 2)
        );
        assert!((joined.confidence - 0.9).abs() < f32::EPSILON);
    }
}
