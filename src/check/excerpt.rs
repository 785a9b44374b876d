//! A place in its surroundings, masked and short enough to show.

use std::ops::Range;

use crate::finding::Location;
use crate::school::Names;
use crate::school::names::Writing;
use crate::school::names::initials;

/// How many characters an excerpt shows to either side of its place.
const SIDE: usize = 32;
/// How much further the text is searched for names that reach into it, in
/// bytes.
const MARGIN: usize = 100;

/// The text around a range, on one line, with initials for pupils' names.
pub(crate) fn around(text: &str, range: &Range<usize>, names: &Names) -> String {
    let start = text.floor_char_boundary(range.start.min(text.len()));
    let end = text.ceil_char_boundary(range.end.clamp(start, text.len()));
    let from = text.floor_char_boundary(start.saturating_sub(MARGIN + 4 * SIDE));
    let to = text.ceil_char_boundary(end.saturating_add(MARGIN + 4 * SIDE).min(text.len()));
    let found = names.find(&text[from..to], Writing::Joined);

    // The place grows to whole names, so that none is cut in two.
    let mut place = start..end;
    for name in &found {
        let (first, last) = (from + name.range.start, from + name.range.end);
        if first < end && start < last {
            place = place.start.min(first)..place.end.max(last);
        }
    }
    let masked = |part: Range<usize>| {
        let mut masked = String::new();
        let mut done = part.start;
        for name in &found {
            let (first, last) = (from + name.range.start, from + name.range.end);
            if part.start <= first && last <= part.end {
                masked.push_str(&text[done..first]);
                masked.push_str(&initials(&text[from..to], name));
                done = last;
            }
        }
        masked.push_str(&text[done..part.end]);
        masked
    };
    let before = one_line(&masked(from..place.start));
    let middle = one_line(&masked(place.clone()));
    let after = one_line(&masked(place.end..to));
    let middle: String = middle.chars().take(4 * SIDE).collect();
    format!(
        "{}{middle}{}",
        tail(&before, from == 0),
        head(&after, to == text.len())
    )
}

/// A location, of which a file name may be part, with initials for names.
pub(crate) fn masked_location(location: &Location, names: &Names) -> Location {
    Location::new(names.mask(location.as_str()))
}

/// Line ends and tabs as spaces, runs of spaces as one.
fn one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for c in text.chars() {
        let c = if c.is_whitespace() || c.is_control() {
            ' '
        } else {
            c
        };
        if c != ' ' || !line.ends_with(' ') {
            line.push(c);
        }
    }
    line
}

/// The end of a text from a whole word on.
fn tail(text: &str, whole: bool) -> String {
    let length = text.chars().count();
    if length <= SIDE && whole {
        return text.trim_start().to_owned();
    }
    let cut: String = text.chars().skip(length.saturating_sub(SIDE)).collect();
    let cut = cut.split_once(' ').map_or("", |(_, rest)| rest);
    format!("… {cut}")
}

/// The beginning of a text up to a whole word.
fn head(text: &str, whole: bool) -> String {
    if text.chars().count() <= SIDE && whole {
        return text.trim_end().to_owned();
    }
    let cut: String = text.chars().take(SIDE).collect();
    let cut = cut.rsplit_once(' ').map_or("", |(rest, _)| rest);
    format!("{cut} …")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::school::names::{Builder, FullName, NameKey};

    fn names() -> Names {
        let mut builder = Builder::new(NameKey::new([3; 16]));
        builder.add(&FullName {
            legal_forename: "Zoë",
            legal_surname: "O'Brien",
            ..FullName::default()
        });
        builder.build()
    }

    fn check(text: &str, place: &str, expected: &str) {
        let start = text.find(place).expect("the place is in the text");
        let shown = around(text, &(start..start + place.len()), &names());
        assert_eq!(shown, expected);
    }

    #[test]
    fn an_excerpt_shows_whole_words_and_no_name() {
        check("Zoë O'Brien – absence", "Zoë O'Brien", "Z.O. – absence");
        check("absent:\n\tZoë  O'Brien", "O'Brien", "absent: Z.O.");
        check("UPN B801 of Zoë O'Brien", "B801", "UPN B801 of Z.O.");
        check(
            "One two three four five six seven eight nine ten Zoë O'Brien and so on until the end of the day",
            "Zoë O'Brien",
            "… five six seven eight nine ten Z.O. and so on until the end of the …",
        );
    }

    #[test]
    fn names_at_the_edges_are_never_cut_open() {
        for padding in 0..90 {
            let text = format!(
                "Zoë O'Brien{} here {}Zoë O'Brien",
                " x".repeat(padding / 2),
                "y ".repeat(padding)
            );
            let at = text.find("here").expect("it is there");
            let shown = around(&text, &(at..at + 4), &names());
            assert!(!shown.contains("Brien") && !shown.contains("Zo"), "{shown}");
        }
    }

    #[test]
    fn any_range_of_any_text_will_do() {
        let text = "ëëë";
        for (start, end) in [(0, 0), (1, 2), (5, 900), (9, 3)] {
            let _ = around(text, &Range { start, end }, &names());
        }
        let long = "ë".repeat(5000);
        assert!(around(&long, &(100..4900), &names()).chars().count() <= 4 * SIDE + 2 * SIDE + 4);
    }
}
