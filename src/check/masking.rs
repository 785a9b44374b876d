//! What a finding may show of a text: masked, and short.
//!
//! Whatever leaves a check goes to people who must not learn from it more
//! than they need: pupils' names become initials, addresses, postcodes and
//! long numbers become dots. Every check builds its excerpts and locations
//! here and nowhere else.

use std::sync::LazyLock;

use regex::{Captures, Regex};

use crate::finding::{Finding, Location, RuleId, Weight};
use crate::mail::Address;
use crate::school::School;

/// The length of an excerpt, in characters.
const LENGTH: usize = 80;

/// The length of a reason, in characters: it is in Exeat's own words, and ends
/// with what to do.
const REASON: usize = 160;

/// A text fit to be shown: on one line, masked, and cut at [`LENGTH`].
pub(crate) fn masked(text: &str, school: &School) -> String {
    shorten(&mask(text, school), LENGTH)
}

/// Why something was not read, cut at [`REASON`]; a file's name may be in it.
pub(crate) fn reason(text: &str, school: &School) -> String {
    shorten(&mask(text, school), REASON)
}

/// A location with the names in its file names masked.
pub(crate) fn location(location: &Location, school: &School) -> Location {
    Location::new(mask(location.as_str(), school))
}

/// A finding on a file as a whole: all that there is to show is where it is.
pub(crate) fn finding_on_file(
    rule: RuleId,
    place: &Location,
    what: String,
    confidence: f32,
    school: &School,
) -> Finding {
    let place = location(place, school);
    Finding {
        rule,
        what,
        excerpt: masked(place.as_str(), school),
        location: place,
        confidence,
        pupils: Vec::new(),
        weight: Weight::Ordinary,
        suppressed: None,
    }
}

/// The digits of an identifier as dots, one for one; its letters stay.
pub(crate) fn dotted(identifier: &str) -> String {
    identifier
        .chars()
        .map(|c| if c.is_numeric() { '•' } else { c })
        .collect()
}

/// An address at a provider for private people: `d•••@gmail.com`.
pub(crate) fn address(address: &Address) -> String {
    let first: String = address.local_part().chars().take(1).collect();
    format!("{first}•••@{}", address.domain())
}

fn mask(text: &str, school: &School) -> String {
    // Addresses go first: a name in one would leave its other half in clear.
    school.people.names.mask(&mask_data(text))
}

/// Addresses, postcodes and numbers of four digits and more as dots. A year
/// is no secret, and file names are full of them.
fn mask_data(text: &str) -> String {
    static DATA: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(concat!(
            r"(?P<address>[^\s<>@]+@[^\s<>@]+)",
            r"|(?P<postcode>\b[A-Za-z]{1,2}\d[A-Za-z\d]? ?\d[A-Za-z]{2}\b)",
            r"|(?P<number>\d(?:[ ./()+-]{0,2}\d){3,})",
        ))
        .expect("a good expression")
    });
    static YEAR: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"^(?:19|20)\d\d(?:[-/](?:\d\d|20\d\d))?$").expect("a good expression")
    });
    DATA.replace_all(text, |found: &Captures<'_>| {
        let found_text = &found[0];
        if found.name("address").is_some() {
            "•••@•••".to_owned()
        } else if found.name("postcode").is_some() {
            "•••".to_owned()
        } else if YEAR.is_match(found_text) {
            found_text.to_owned()
        } else {
            dotted(found_text)
        }
    })
    .into_owned()
}

fn shorten(text: &str, length: usize) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    let line = words.join(" ");
    match line.char_indices().nth(length) {
        None => line,
        Some((end, _)) => {
            let cut = line[..end].rfind(' ').unwrap_or(end);
            format!("{} …", &line[..cut])
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_address_or_number_is_shown() {
        for (text, expected) in [
            (
                "write to dan.cooper82@gmail.example now",
                "write to •••@••• now",
            ),
            ("UPN B801200005001", "UPN B••••••••••••"),
            ("born 03/04/2012, SW1A 1AA", "born ••/••/••••, •••"),
            (
                "ring 01632 960 123 or +447700900123",
                "ring ••••• ••• ••• or +••••••••••••",
            ),
            ("Y6 marks 2024-25.xlsx", "Y6 marks 2024-25.xlsx"),
            (
                "send to 10 people in 96 hours",
                "send to 10 people in 96 hours",
            ),
        ] {
            assert_eq!(mask_data(text), expected);
        }
    }

    #[test]
    fn excerpts_are_short_and_on_one_line() {
        let long = shorten(&"one two\n\tthree ".repeat(50), LENGTH);
        assert!(long.chars().count() <= LENGTH + 2, "{long}");
        assert!(long.starts_with("one two three one") && long.ends_with('…'));
        assert_eq!(shorten(" a \n b ", LENGTH), "a b");
        assert!(shorten(&"é".repeat(500), LENGTH).ends_with('…'));
    }
}
