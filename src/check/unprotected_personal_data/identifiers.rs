//! Numbers that name one person: their shapes, and the words that must
//! announce them.
//!
//! Shapes alone say little: one ten-digit number in eleven passes for an NHS
//! number, and any date could be a birthday. So all but the UPN count only
//! where a word or a column's heading announces them.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use crate::patterns::Hit;

use super::numbers::{is_iban, is_uln, is_upn, mod_11};

/// What kind of identifier; in the order in which they are named to people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Identifier {
    Upn,
    Nhs,
    Uln,
    NationalInsurance,
    Birth,
    Address,
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

/// How far behind its announcement an identifier may stand, in bytes.
const BEHIND: usize = 60;
/// How far behind the word "address" its postcode may stand, in bytes.
const BEHIND_ADDRESS: usize = 150;
/// Before this year, a date of birth is nobody's who is at school.
const OLDEST: i32 = 1990;

impl Identifier {
    /// The kind that a pattern's category announces.
    pub(super) fn of_category(category: &str) -> Option<Self> {
        Some(match category {
            "upn" => Self::Upn,
            "nhs" => Self::Nhs,
            "uln" => Self::Uln,
            "nino" => Self::NationalInsurance,
            "birth" => Self::Birth,
            "address" => Self::Address,
            "bank" => Self::Bank,
            "document" => Self::Document,
            _ => return None,
        })
    }

    pub(super) fn said(self) -> &'static str {
        match self {
            Self::Upn => "UPN",
            Self::Nhs => "NHS number",
            Self::Uln => "learner number",
            Self::NationalInsurance => "National Insurance number",
            Self::Birth => "date of birth",
            Self::Address => "home address",
            Self::Bank => "bank details",
            Self::Document => "passport or licence number",
        }
    }

    /// How surely it is one, where it was announced and its check holds.
    pub(super) fn confidence(self) -> f32 {
        match self {
            Self::Upn | Self::Nhs | Self::NationalInsurance => 0.95,
            Self::Uln | Self::Birth | Self::Bank => 0.85,
            Self::Address | Self::Document => 0.75,
        }
    }

    /// Whether a cell under such a heading holds one.
    pub(super) fn is_in_cell(self, cell: &str) -> bool {
        let cell = cell.trim();
        match self {
            Self::Upn => is_upn(cell),
            Self::Nhs => ten_digits(cell).is_some_and(|digits| mod_11(digits) == 0),
            Self::Uln => ten_digits(cell).is_some_and(is_uln),
            Self::NationalInsurance => is_whole(&NINO, cell),
            Self::Birth => year_of(cell).is_some() || is_serial_date(cell),
            Self::Address => cell.len() >= 5 && cell.chars().any(char::is_alphabetic),
            Self::Bank => {
                let digits = cell.chars().filter(char::is_ascii_digit).count();
                (6..=8).contains(&digits) && cell.len() <= digits + 4 || is_iban(cell)
            }
            Self::Document => is_whole(&DOCUMENT, cell),
        }
    }
}

/// Every identifier in a text. `announcements` are the places of the
/// identifiers pack's hits in it.
pub(super) fn find(text: &str, announcements: &[(Range<usize>, &Hit<'_>)]) -> Vec<Found> {
    let mut found: Vec<Found> = UPN
        .find_iter(text)
        .filter(|upn| is_upn(upn.as_str()))
        .map(|upn| Found {
            kind: Identifier::Upn,
            range: upn.range(),
            announced: announcements.iter().any(|(place, hit)| {
                hit.pattern.category == "upn"
                    && place.end <= upn.start()
                    && upn.start() - place.end <= BEHIND
            }),
        })
        .collect();
    for (place, hit) in announcements {
        let Some(kind) = Identifier::of_category(&hit.pattern.category) else {
            continue;
        };
        if let Some(range) = announced(text, kind, place) {
            found.push(Found {
                kind,
                range,
                announced: true,
            });
        }
    }
    found.sort_by_key(|found| (found.range.start, found.kind));
    found.dedup_by_key(|found| (found.range.start, found.kind));
    found
}

/// The identifier that stands where it was announced.
fn announced(text: &str, kind: Identifier, place: &Range<usize>) -> Option<Range<usize>> {
    // What a table's heading announces stands below it, and the columns tell.
    let line = text[..place.start].rfind('\n').map_or(0, |end| end + 1);
    let line = line..text[place.end..]
        .find('\n')
        .map_or(text.len(), |end| place.end + end);
    let end = if text[line.clone()].contains('\t') {
        line.end
    } else {
        text.len()
    };
    let behind = |length: usize| place.end..ceil(text, place.end.saturating_add(length)).min(end);
    let first = |expression: &Regex, within: Range<usize>, holds: &dyn Fn(&str) -> bool| {
        let start = within.start;
        let found = expression
            .find_iter(&text[within])
            .find(|found| holds(found.as_str()))?;
        Some(start + found.start()..start + found.end())
    };
    match kind {
        Identifier::Upn => None,
        Identifier::Nhs => first(&TEN_DIGITS, behind(BEHIND), &|number| {
            ten_digits(number).is_some_and(|digits| mod_11(digits) == 0)
        }),
        Identifier::Uln => first(&TEN_DIGITS, behind(BEHIND), &|number| {
            ten_digits(number).is_some_and(is_uln)
        }),
        Identifier::NationalInsurance => first(&NINO, behind(BEHIND), &|_| true),
        Identifier::Birth => {
            first(&DATE, behind(40), &|date| year_of(date).is_some()).or_else(|| {
                // "03/04/2012 (DOB)".
                let before = floor(text, place.start.saturating_sub(16))..place.start;
                first(&DATE, before, &|date| year_of(date).is_some())
            })
        }
        Identifier::Address => first(&POSTCODE, behind(BEHIND_ADDRESS), &|_| true)
            .or_else(|| first(&STREET, behind(BEHIND), &|_| true)),
        Identifier::Bank => {
            // The school's own account, to pay into, is in many a letter.
            let before = &text[floor(text, place.start.saturating_sub(80))..place.start];
            (!PAYMENT.is_match(before))
                .then(|| first(&ACCOUNT, behind(BEHIND), &|_| true))
                .flatten()
        }
        Identifier::Document => first(&DOCUMENT, behind(30), &|number| {
            number.bytes().filter(u8::is_ascii_digit).count() >= 6
        }),
    }
}

/// Whether a date of birth could be a pupil's.
pub(super) fn is_young(date: &str) -> bool {
    let date = date.trim();
    year_of(date).is_some_and(|year| year >= OLDEST) || is_serial_date(date)
}

/// Whether a cell is a date, whatever its heading, and a pupil could have been
/// born then.
pub(super) fn is_pupils_birthday(cell: &str, this_year: i32) -> bool {
    let cell = cell.trim();
    is_whole(&DATE, cell)
        && year_of(cell).is_some_and(|year| (this_year - 20..this_year - 2).contains(&year))
}

macro_rules! expressions {
    ($($name:ident = $expression:expr;)*) => {
        $(static $name: LazyLock<Regex> =
            LazyLock::new(|| Regex::new($expression).expect("a good expression"));)*
    };
}

expressions! {
    UPN = r"(?-u:\b)(?i-u:[A-HJ-NP-RT-Z])[0-9]{11}(?i-u:[0-9A-HJ-NP-RT-Z])(?-u:\b)";
    TEN_DIGITS = r"(?-u:\b)[0-9]{3}[ -]?[0-9]{3}[ -]?[0-9]{4}(?-u:\b)";
    NINO = r"(?i-u:\b(?:[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z]) ?[0-9]{2} ?[0-9]{2} ?[0-9]{2} ?[A-D]\b)";
    DATE = concat!(
        r"(?i)(?-u:\b)(?:[0-9]{1,2} ?[/.-] ?[0-9]{1,2} ?[/.-] ?(?P<y1>[0-9]{4}|[0-9]{2})|(?P<y2>[0-9]{4})[-/.][0-9]{1,2}[-/.][0-9]{1,2}",
        r"|[0-9]{1,2}(?:st|nd|rd|th)?[ -](?:of )?(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*[.,]?[ -](?P<y3>[0-9]{4}|[0-9]{2})",
        r"|(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.? [0-9]{1,2}(?:st|nd|rd|th)?,? (?P<y4>[0-9]{4}))(?:[T ]00:00(?::00)?Z?)?(?-u:\b)"
    );
    POSTCODE = r"(?-u:\b)(?i-u:[A-Z]{1,2}[0-9][A-Z0-9]? ?[0-9][ABD-HJLNP-UW-Z]{2})(?-u:\b)";
    STREET = r"(?i)(?-u:\b)[0-9]{1,4}[a-z]?,? (?:[a-z']+ ){1,3}(?:street|road|avenue|lane|close|drive|crescent|gardens|grove|terrace|way|court|place|st|rd|ave)(?-u:\b)";
    ACCOUNT = r"(?-u:\b)(?:[0-9]{2}[- ][0-9]{2}[- ][0-9]{2}|[0-9]{8}|GB[0-9]{2} ?[A-Z]{4}(?: ?[0-9]){14})(?-u:\b)";
    DOCUMENT = r"(?-u:\b)(?:[A-Z0-9]{9}|[0-9]{7}|[A-Z9]{5}[0-9]{6}[A-Z0-9]{5})(?-u:\b)";
    PAYMENT = r"(?i)pay|transfer|our |school|bacs|remit|invoice";
}

fn is_whole(expression: &Regex, text: &str) -> bool {
    expression
        .find(text)
        .is_some_and(|found| found.range() == (0..text.len()))
}

fn ten_digits(text: &str) -> Option<[u8; 10]> {
    if !is_whole(&TEN_DIGITS, text) {
        return None;
    }
    let digits: Vec<u8> = text
        .bytes()
        .filter(u8::is_ascii_digit)
        .map(|digit| digit - b'0')
        .collect();
    digits.try_into().ok()
}

/// The year of a date that begins the text.
fn year_of(date: &str) -> Option<i32> {
    let found = DATE
        .captures(date)
        .filter(|found| found.get(0).is_some_and(|all| all.start() == 0))?;
    let year = ["y1", "y2", "y3", "y4"]
        .iter()
        .find_map(|name| found.name(name))?
        .as_str();
    let number: i32 = year.parse().ok()?;
    let year = match (year.len(), number) {
        (2, 0..=29) => 2000 + number,
        (2, _) => 1900 + number,
        _ => number,
    };
    let plausible = found[0]
        .split(|c: char| !c.is_ascii_digit())
        .filter(|part| (1..=2).contains(&part.len()))
        .all(|part| {
            part.parse::<u32>()
                .is_ok_and(|part| part <= 31 || year % 100 == part.cast_signed())
        });
    (plausible && (1900..=2040).contains(&year)).then_some(year)
}

/// A day as spreadsheets number them, from 1990 to 2040.
fn is_serial_date(cell: &str) -> bool {
    let whole = cell.strip_suffix(".0").unwrap_or(cell);
    whole.len() == 5
        && whole
            .parse::<u32>()
            .is_ok_and(|day| (32_874..=51_501).contains(&day))
}

fn floor(text: &str, at: usize) -> usize {
    (0..=at.min(text.len()))
        .rev()
        .find(|&at| text.is_char_boundary(at))
        .unwrap_or(0)
}

fn ceil(text: &str, at: usize) -> usize {
    (at.min(text.len())..=text.len())
        .find(|&at| text.is_char_boundary(at))
        .unwrap_or(text.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::patterns::{Folded, Packs, Topic};

    #[test]
    fn cells_hold_what_their_heading_says() {
        use Identifier::{Address, Bank, Birth, Document, NationalInsurance, Nhs, Uln, Upn};
        for (kind, cell, expected) in [
            (Upn, " B801200005001 ", true),
            (Nhs, "9993729884", true),
            (Nhs, "999 372 9884", true),
            (Nhs, "9993729885", false),
            (Uln, "9276308686", true),
            (Uln, "9276308687", false),
            (NationalInsurance, "AB 12 34 56 C", true),
            (NationalInsurance, "QQ123456C", false),
            (NationalInsurance, "AB123456E", false),
            (Birth, "03/04/2012", true),
            (Birth, "3 April 2012", true),
            (Birth, "2012-04-03T00:00:00", true),
            (Birth, "41002", true),
            (Birth, "99/99/2012", false),
            (Birth, "", false),
            (Address, "12 Acacia Road", true),
            (Address, "", false),
            (Bank, "20-00-00", true),
            (Bank, "12345678", true),
            (Bank, "GB82 WEST 1234 5698 7654 32", true),
            (Bank, "GB83 WEST 1234 5698 7654 32", false),
            (Bank, "paid", false),
            (Document, "123456789", true),
            (Document, "yes", false),
        ] {
            assert_eq!(kind.is_in_cell(cell), expected, "{kind:?} {cell}");
        }
    }

    #[test]
    fn identifiers_count_where_they_are_announced() {
        use Identifier::{Address, Bank, Birth, Document, NationalInsurance, Nhs, Uln, Upn};
        let packs = Packs::builtin();
        for (text, expected) in [
            ("UPN: B801200005001", vec![Upn]),
            ("ref B801200005001 only", vec![Upn]),
            ("ref A801214514037 only", vec![]),
            ("NHS number 999 372 9884", vec![Nhs]),
            ("order number 9993729884", vec![]),
            ("ULN 9276308686", vec![Uln]),
            ("NI number: AB123456C", vec![NationalInsurance]),
            ("DOB: 03/04/2012", vec![Birth]),
            ("D.O.B 3.4.12", vec![Birth]),
            ("born on 3rd April 2012", vec![Birth]),
            ("born on April 3, 2012 in Leeds", vec![Birth]),
            ("03/04/2012 (DOB)", vec![Birth]),
            ("Date of birth\t2012-04-03", vec![Birth]),
            ("date of birth: ____", vec![]),
            ("meeting on 03/04/2024", vec![]),
            (
                "Home address: 12 Acacia Road, Northshire NS1 2AB",
                vec![Address],
            ),
            ("lives at 12 Acacia Road", vec![Address]),
            ("Email address: a@b.example", vec![]),
            ("Bank details for the refund: 20-00-00 12345678", vec![Bank]),
            ("Please pay the school. Sort code 20-00-00", vec![]),
            ("Passport number 123456789", vec![Document]),
            ("passport photo 12", vec![]),
            ("NHS Trust, tel 01632 960123", vec![]),
        ] {
            let folded = Folded::prose(text);
            let hits = packs.pack(Topic::Identifiers).scan(&folded);
            let placed: Vec<(Range<usize>, &Hit<'_>)> = hits
                .iter()
                .map(|hit| (folded.locate(text, hit.folded.clone()), hit))
                .collect();
            let found: Vec<Identifier> = find(text, &placed)
                .into_iter()
                .map(|found| found.kind)
                .collect();
            assert_eq!(found, expected, "{text}");
        }
    }

    #[test]
    fn birthdays_are_judged_by_their_year() {
        assert!(
            is_young("03/04/2012")
                && is_young("1.1.1990")
                && !is_young("03/04/1975")
                && !is_young("3 May 82")
        );
        assert!(is_pupils_birthday("03/04/2012", 2026) && !is_pupils_birthday("03/04/2025", 2026));
        assert!(!is_pupils_birthday("born 03/04/2012", 2026));
    }
}
