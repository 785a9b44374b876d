//! Evidence of every kind as one thing: who, what is said, how much it says,
//! and where.
//!
//! Tables, running text and transfer files all give [`Record`]s; what these
//! amount to is decided in one place, `weigh`.

use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::ops::Range;

use super::identifiers::Identifier;
use super::weigh::Against;

/// What is said about somebody in one place: a row of a table, or the
/// surroundings of a name.
#[derive(Debug)]
pub(super) struct Record<'p> {
    pub(super) person: Person,
    /// Indices into the roster: several where pupils share a name.
    pub(super) pupils: BTreeSet<usize>,
    /// In the order of the text.
    pub(super) signs: Vec<Sign<'p>>,
    /// What speaks against, in the document where it stands.
    pub(super) against: Against,
    /// A row among others: together, they say more.
    pub(super) listed: bool,
    /// Of who is not on the roster.
    pub(super) initials: String,
    /// Where the person stands.
    pub(super) at: Spot,
}

/// One thing that says something about somebody.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sign<'p> {
    pub(super) kind: Kind<'p>,
    /// In points: see [`super::weigh`].
    pub(super) strength: i32,
    /// The pattern that knows it; the same one counts once for a record.
    pub(super) pattern: &'p str,
    pub(super) at: Spot,
    /// The length of its words, in bytes.
    pub(super) length: usize,
}

/// A place: the index of a text of the reading, and an offset into it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Spot {
    pub(super) text: usize,
    pub(super) offset: usize,
}

/// Somebody, counted once.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Person {
    /// By index into the roster; of several who share a name, the first.
    Pupil(usize),
    /// By index into the staff list.
    Staff(usize),
    Upn(String),
    /// A name that is on no list.
    Named(Spot),
    /// Nobody's name: a number alone.
    Numbered(Spot),
    /// Everybody in a transfer file.
    Transferred,
}

/// What is said about people; ordered as it is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind<'p> {
    Identifier(Identifier),
    /// A category of the special categories' pack, by a column or a term.
    Special(&'p str),
    /// A word of that pack that says little by itself.
    Context,
    /// A column of marks, contacts or the like, by the heading's pattern.
    Column(&'p str),
    /// A column whose heading says nothing to us.
    Data,
    Transfer,
}

impl Sign<'_> {
    pub(super) fn range(&self) -> Range<usize> {
        self.at.offset..self.at.offset + self.length
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
    ("conduct-of-staff", "appraisal or disciplinary matters"),
    ("sickness", "absence and sickness"),
    ("payroll", "pay"),
    ("behaviour-column", "behaviour"),
    ("attendance", "attendance"),
    ("reading-ages", "reading ages"),
    ("marks", "marks"),
    ("pupil-premium", "pupil premium"),
    ("dietary", "dietary needs"),
    ("contact-details", "contact details"),
    ("family", "their family"),
    ("sex", "sex or gender"),
    ("money", "money owed"),
    ("remarks", "comments on them"),
];

impl<'p> Kind<'p> {
    pub(super) fn said(&self) -> &'static str {
        let known = |words: &[(&str, &'static str)], id: &str| {
            words
                .iter()
                .find(|(known, _)| *known == id)
                .map(|&(_, words)| words)
        };
        match self {
            Self::Identifier(identifier) => identifier.said(),
            Self::Special(category) => known(SPECIAL, category).unwrap_or("sensitive details"),
            Self::Context => "remarks about them",
            Self::Column(id) => known(COLUMNS, id).unwrap_or("personal details"),
            Self::Data => "data about them",
            Self::Transfer => "whole records of a Common Transfer File",
        }
    }

    /// By what it is, and among special categories by gravity.
    fn rank(&self) -> (usize, usize) {
        let place = |words: &[(&str, &str)], id: &str| {
            words.iter().take_while(|(known, _)| *known != id).count()
        };
        match self {
            Self::Transfer => (0, 0),
            Self::Identifier(identifier) => (1, *identifier as usize),
            Self::Special(category) => (2, place(SPECIAL, category)),
            Self::Column(id) => (3, place(COLUMNS, id)),
            Self::Data => (4, 0),
            Self::Context => (5, 0),
        }
    }
}

impl Ord for Kind<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.rank().cmp(&other.rank())
    }
}

impl PartialOrd for Kind<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
