//! Numbers that name one person: where they stand, and the words that must
//! announce them.
//!
//! Shapes and check digits alone say little: one ten-digit number in eleven
//! passes for an NHS number, one order number in thirty for a payment card,
//! and any date could be a birthday. So all but the UPN count only where a
//! word or a column's heading announces them. One pass over a text finds the
//! places where numbers begin; what stands there is only looked at behind an
//! announcement.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use crate::patterns::Pattern;

use super::written::{self, Starts};
use super::{dates, numbers};

/// What kind of identifier; in the order in which they are named to people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Identifier {
    Upn,
    Nhs,
    Chi,
    Uln,
    NationalInsurance,
    Birth,
    Address,
    Card,
    Bank,
    Document,
}

/// An identifier found in running text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) kind: Identifier,
    /// Bytes of the text.
    pub(super) range: Range<usize>,
    /// Whether a word announces it; only a UPN need not be.
    pub(super) announced: bool,
}

/// A word about identifiers, by its pattern, and its bytes of the text.
pub(super) type Announcement<'p> = (Range<usize>, &'p Pattern);

/// No announcement is longer, in bytes.
const LONGEST: usize = 100;
/// How far behind its announcement an identifier may stand, in bytes.
const BEHIND: usize = 60;
/// How far behind the word "address" its postcode may stand, in bytes.
const BEHIND_ADDRESS: usize = 150;
/// How far around an account the words stand that say whose it is, in bytes.
const AROUND_ACCOUNT: usize = 200;

impl Identifier {
    /// The kind that a pattern announces: by its id where a category has
    /// kinds within it.
    pub(super) fn of(pattern: &Pattern) -> Option<Self> {
        Some(match (pattern.category.as_str(), pattern.id.as_str()) {
            ("nhs", "chi-number") => Self::Chi,
            ("bank", "card") => Self::Card,
            ("upn", _) => Self::Upn,
            ("nhs", _) => Self::Nhs,
            ("uln", _) => Self::Uln,
            ("nino", _) => Self::NationalInsurance,
            ("birth", _) => Self::Birth,
            ("address", _) => Self::Address,
            ("bank", _) => Self::Bank,
            ("document", _) => Self::Document,
            _ => return None,
        })
    }

    pub(super) fn said(self) -> &'static str {
        match self {
            Self::Upn => "UPN",
            Self::Nhs => "NHS number",
            Self::Chi => "CHI number",
            Self::Uln => "learner number",
            Self::NationalInsurance => "National Insurance number",
            Self::Birth => "date of birth",
            Self::Address => "home address",
            Self::Card => "payment card number",
            Self::Bank => "bank details",
            Self::Document => "passport or licence number",
        }
    }

    /// Whether the number alone, without a name, leads to one person.
    pub(super) fn names_somebody(self) -> bool {
        matches!(
            self,
            Self::Upn | Self::Nhs | Self::Chi | Self::Uln | Self::NationalInsurance | Self::Card
        )
    }

    /// Whether a cell under such a heading holds one.
    pub(super) fn is_in_cell(self, cell: &str) -> bool {
        let cell = cell.trim();
        let whole = |kind: Self| kind.end(cell, 0) == Some(cell.len());
        match self {
            Self::Birth => dates::is_date(cell),
            Self::Address => cell.len() >= 5 && cell.chars().any(char::is_alphabetic),
            // A number of Scotland's in a column that does not say so.
            Self::Nhs | Self::Chi => whole(Self::Nhs),
            Self::Bank => {
                let digits = cell.bytes().filter(u8::is_ascii_digit).count();
                (6..=8).contains(&digits) && cell.len() <= digits + 4
                    || written::iban(cell, 0).is_some_and(|end| end == cell.len())
            }
            Self::Document => !cell.contains([' ', '-']) && whole(self),
            Self::Upn | Self::Uln | Self::NationalInsurance | Self::Card => whole(self),
        }
    }

    /// The end of a number of this kind that begins right here, if its check
    /// digits hold; nothing for what is no number.
    fn end(self, text: &str, start: usize) -> Option<usize> {
        let ten = |holds: fn(&[u8; 10]) -> bool| {
            written::ten_digits(text, start)
                .filter(|(digits, _)| holds(digits))
                .map(|(_, end)| end)
        };
        match self {
            Self::Upn => {
                let end = written::word_end(text, start);
                numbers::is_upn(&text[start..end]).then_some(end)
            }
            Self::Nhs => ten(numbers::is_nhs),
            Self::Chi => ten(numbers::is_chi),
            Self::Uln => ten(numbers::is_uln),
            Self::NationalInsurance => written::nino(text, start),
            Self::Card => written::card(text, start),
            Self::Bank => written::account(text, start),
            Self::Document => written::document(text, start),
            Self::Birth | Self::Address => None,
        }
    }
}

/// Every identifier in a text. `words` are those of the identifiers' pack, in
/// order.
pub(super) fn find(text: &str, words: &[Announcement<'_>]) -> Vec<Found> {
    let starts = Starts::of(text);
    let mut found = upns(text, &starts, words);
    // Patterns of another weight say whose an account is: see `is_personal`.
    for (place, pattern) in words.iter().filter(|(_, pattern)| pattern.weight == 1) {
        let Some(kind) = Identifier::of(pattern) else {
            continue;
        };
        if kind == Identifier::Bank && !is_personal(place, words) {
            continue;
        }
        found.extend(announced(text, &starts, kind, place).map(|range| Found {
            kind,
            range,
            announced: true,
        }));
    }
    found.sort_by_key(|found| (found.range.start, found.kind));
    found.dedup_by_key(|found| (found.range.start, found.kind));
    found
}

/// Every UPN. Codes of goods can look like UPNs, and one in twenty-three has
/// the right check letter: where most of their kind do not, none counts that
/// is not announced.
fn upns(text: &str, starts: &Starts, words: &[Announcement<'_>]) -> Vec<Found> {
    let shaped = || {
        starts.all().filter_map(|start| {
            let word = &text[start..written::word_end(text, start)];
            numbers::is_upn_shaped(word.as_bytes()).then_some((start, word))
        })
    };
    let (mut right, mut wrong) = (0, 0);
    for (_, word) in shaped() {
        match numbers::is_upn(word) {
            true => right += 1,
            false => wrong += 1,
        }
    }
    if right == 0 {
        return Vec::new();
    }
    let is_announced = |start: usize| {
        let before = words.partition_point(|(place, _)| place.start < start);
        words[..before]
            .iter()
            .rev()
            .take_while(|(place, _)| start - place.start <= LONGEST + BEHIND)
            .any(|(place, pattern)| {
                pattern.category == "upn" && place.end <= start && start - place.end <= BEHIND
            })
    };
    shaped()
        .filter(|(_, word)| numbers::is_upn(word))
        .map(|(start, word)| Found {
            kind: Identifier::Upn,
            range: start..start + word.len(),
            announced: is_announced(start),
        })
        .filter(|found| found.announced || right > wrong)
        .collect()
}

/// The identifier that stands where it was announced.
fn announced(
    text: &str,
    starts: &Starts,
    kind: Identifier,
    place: &Range<usize>,
) -> Option<Range<usize>> {
    // What a table's heading announces stands below it, and the columns tell.
    // A line can be as long as the text, so no more of it is looked at.
    let after = &text[place.end..text.ceil_char_boundary(place.end + BEHIND_ADDRESS)];
    let before =
        &text[text.floor_char_boundary(place.start.saturating_sub(BEHIND_ADDRESS))..place.start];
    let rest = after.split('\n').next().unwrap_or(after);
    let start = before.rsplit('\n').next().unwrap_or(before);
    let in_table = rest.contains('\t') || start.contains('\t');
    let end = place.end + if in_table { rest.len() } else { after.len() };
    let behind = |length: usize| {
        let far = text.ceil_char_boundary(place.end + length);
        place.end..far.min(end)
    };
    let first = |expression: &Regex, within: Range<usize>| {
        let start = within.start;
        let found = expression.find(&text[within])?;
        Some(start + found.start()..start + found.end())
    };
    match kind {
        Identifier::Upn => None,
        Identifier::Birth => dates::first(text, behind(40)).or_else(|| {
            // "03/04/2012 (DOB)".
            let before = text.floor_char_boundary(place.start.saturating_sub(16));
            dates::first(text, before..place.start)
        }),
        Identifier::Address => {
            first(&POSTCODE, behind(BEHIND_ADDRESS)).or_else(|| first(&STREET, behind(BEHIND)))
        }
        number => starts.within(behind(BEHIND)).find_map(|start| {
            let end = number.end(text, start).filter(|&found| found <= end)?;
            Some(start..end)
        }),
    }
}

/// Whether the words around say that an account is a person's own: the
/// school's and suppliers' stand in many a letter, to be paid into.
fn is_personal(place: &Range<usize>, words: &[Announcement<'_>]) -> bool {
    let around = place.start.saturating_sub(AROUND_ACCOUNT)..place.end + AROUND_ACCOUNT;
    let first = words.partition_point(|(other, _)| other.start < around.start);
    let near = || {
        words[first..]
            .iter()
            .take_while(|(other, _)| other.start < around.end)
            .filter(|(_, pattern)| pattern.category == "bank")
    };
    near().any(|(_, pattern)| pattern.weight > 1) || !near().any(|(_, pattern)| pattern.weight < 0)
}

/// Whether it is there to show a format: right behind one of the `examples`
/// ("looks like"), which stand in order.
pub(super) fn is_example(found: &Found, examples: &[Range<usize>], text: &str) -> bool {
    let start = found.range.start;
    let before = examples.partition_point(|example| example.end <= start);
    examples[..before].last().is_some_and(|example| {
        start - example.end <= BEHIND && !text[example.end..start].contains(['\n', '\t'])
    })
}

static POSTCODE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?-u:\b)(?i-u:[A-Z]{1,2}[0-9][A-Z0-9]? ?[0-9][ABD-HJLNP-UW-Z]{2})(?-u:\b)")
        .expect("a good expression")
});

static STREET: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)(?-u:\b)[0-9]{1,4}[a-z]?,? (?:[a-z']+ ){1,3}(?:street|road|avenue|lane|close|drive|crescent|gardens|grove|terrace|way|court|place|st|rd|ave)(?-u:\b)")
        .expect("a good expression")
});

#[cfg(test)]
mod tests;
