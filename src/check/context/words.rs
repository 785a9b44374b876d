//! The words beside a name, and what single words are.

use std::ops::Range;

use crate::school::names::words::WORDS;

/// How much of a line is looked at to either side, in bytes.
const REACH: usize = 240;
/// How many words beside the name are looked at one by one.
const NEAR: usize = 6;

/// A run of letters and digits.
pub(super) struct Word<'t> {
    pub(super) text: &'t str,
    pub(super) lower: String,
    /// What stands between it and the nearer word, or the name.
    pub(super) gap: &'t str,
}

/// The line that holds a range, as far as it is looked at.
pub(super) fn line_around(text: &str, range: &Range<usize>) -> Range<usize> {
    let start = text.floor_char_boundary(range.start.saturating_sub(REACH));
    let end = text.ceil_char_boundary(range.end.saturating_add(REACH).min(text.len()));
    let line_start = text[start..range.start]
        .rfind('\n')
        .map_or(start, |at| start + at + 1);
    let line_end = text[range.end..end]
        .find('\n')
        .map_or(end, |at| range.end + at);
    line_start..line_end
}

pub(super) fn words_after(mut text: &str) -> Vec<Word<'_>> {
    let mut words = Vec::new();
    while words.len() < NEAR
        && let Some(start) = text.find(char::is_alphanumeric)
    {
        let (gap, rest) = text.split_at(start);
        let end = rest
            .find(|c: char| !c.is_alphanumeric())
            .unwrap_or(rest.len());
        words.push(Word::new(&rest[..end], gap));
        text = &rest[end..];
    }
    words
}

pub(super) fn words_before(mut text: &str) -> Vec<Word<'_>> {
    let mut words = Vec::new();
    while words.len() < NEAR
        && let Some((last, c)) = text.char_indices().rfind(|(_, c)| c.is_alphanumeric())
    {
        let (rest, gap) = text.split_at(last + c.len_utf8());
        let start = rest
            .char_indices()
            .rfind(|(_, c)| !c.is_alphanumeric())
            .map_or(0, |(at, c)| at + c.len_utf8());
        words.push(Word::new(&rest[start..], gap));
        text = &rest[..start];
    }
    words
}

impl<'t> Word<'t> {
    fn new(text: &'t str, gap: &'t str) -> Self {
        Self {
            text,
            lower: text.to_lowercase(),
            gap,
        }
    }
}

pub(super) fn joined<'w, 't: 'w>(words: impl Iterator<Item = &'w Word<'t>>) -> String {
    let words: Vec<&str> = words.map(|word| word.lower.as_str()).collect();
    words.join(" ")
}

pub(super) fn is_small(word: &str) -> bool {
    word.chars()
        .find(|c| c.is_alphabetic())
        .is_some_and(char::is_lowercase)
}

pub(super) fn is_blank(gap: &str) -> bool {
    gap.chars().all(|c| c == ' ' || c == '\u{a0}')
}

/// Spaces, brackets, commas, dashes, colons: what stands between a name and
/// its form.
pub(super) fn is_loose(gap: &str) -> bool {
    gap.chars().all(|c| " \u{a0}\t()[],-–—:/_|".contains(c))
}

pub(super) fn is_occasion(word: &Word<'_>) -> bool {
    WORDS.events.contains(&word.lower)
}

/// `9EH`, `7B`, `10X1`; no ordinals, times or measures.
pub(super) fn is_form(word: &str) -> bool {
    let digits = word.bytes().take_while(u8::is_ascii_digit).count();
    let (year, class) = word.split_at(digits);
    let in_school = year
        .parse::<u8>()
        .is_ok_and(|year| (1..=13).contains(&year));
    let upper = class.to_ascii_uppercase();
    in_school
        && digits <= 2
        && (1..=4).contains(&class.len())
        && class.starts_with(|c: char| c.is_ascii_alphabetic())
        && class.bytes().all(|byte| byte.is_ascii_alphanumeric())
        && !matches!(
            upper.as_str(),
            "ST" | "ND"
                | "RD"
                | "TH"
                | "AM"
                | "PM"
                | "KM"
                | "KG"
                | "CM"
                | "MM"
                | "ML"
                | "MIN"
                | "MINS"
                | "HR"
                | "HRS"
                | "DAY"
                | "DAYS"
                | "YR"
                | "YRS"
                | "WK"
                | "WKS"
                | "K"
                | "X"
                | "P"
                | "MB"
                | "GB"
        )
        && !matches!(word, "2D" | "3D" | "2d" | "3d" | "3G" | "4G" | "5G")
}

/// `Year 9`, `Yr 9`, `Y9`; `next` is the word after a space.
pub(super) fn is_year(word: &str, next: Option<&str>) -> bool {
    let number = |text: &str| {
        text.parse::<u8>()
            .is_ok_and(|year| (1..=13).contains(&year))
    };
    match word.to_lowercase().as_str() {
        "year" | "yr" | "y" => next.is_some_and(number),
        lower => ["year", "yr", "y"]
            .iter()
            .any(|prefix| lower.strip_prefix(prefix).is_some_and(number)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_are_told_from_times_and_measures() {
        for form in ["9EH", "7B", "10X1", "13a", "1W", "11abc"] {
            assert!(is_form(form), "{form}");
        }
        for other in [
            "9", "EH", "14B", "9th", "1ST", "2pm", "10am", "5km", "3D", "0B", "2024A", "7-B", "",
        ] {
            assert!(!is_form(other), "{other}");
        }
    }

    #[test]
    fn years_are_of_school() {
        let year = |text: &str| {
            let mut words = text.split(' ');
            is_year(words.next().unwrap_or(""), words.next())
        };
        for text in ["Year 9", "yr 13", "Y9", "Yr7"] {
            assert!(year(text), "{text}");
        }
        for text in ["Year 14", "year", "Year,", "Y2024", "your 9"] {
            assert!(!year(text), "{text}");
        }
    }

    #[test]
    fn words_are_told_nearest_first_with_what_parts_them() {
        let told = |words: Vec<Word<'_>>| -> Vec<(String, String)> {
            words
                .iter()
                .map(|word| (word.gap.to_owned(), word.lower.clone()))
                .collect()
        };
        let pair = |gap: &str, word: &str| (gap.to_owned(), word.to_owned());
        assert_eq!(
            told(words_after(" (Year 9)")),
            [pair(" (", "year"), pair(" ", "9")]
        );
        assert_eq!(
            told(words_before("Dear Mrs. ")),
            [pair(". ", "mrs"), pair(" ", "dear")]
        );
        assert!(words_before(" –").is_empty() && words_after("").is_empty());
        assert_eq!(words_after(&"ë ".repeat(1_000)).len(), NEAR);
    }

    #[test]
    fn a_line_is_looked_at_as_far_as_it_matters() {
        assert_eq!(line_around("ab\ncd ef\ngh", &(6..8)), 3..8);
        let long = "ë".repeat(1_000);
        let line = line_around(&long, &(1_000..1_002));
        assert!(line.len() < 2 * REACH + 10 && long.get(line).is_some());
    }
}
