//! Telephone numbers, mailboxes, streets and handles in running text.
//!
//! All texts here are folded. What is found is only a shape: whose it is, its
//! surroundings say.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use crate::check::personal_address;
use crate::extract::spoken_digit;
use crate::mail::Address;
use crate::patterns::Hit;
use crate::school::Staff;
use crate::school::names::folded;

/// Something by which a person can be reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Detail {
    /// Bytes of the folded text.
    pub(super) range: Range<usize>,
    pub(super) kind: Kind,
    /// An address that is written as it is said.
    pub(super) in_words: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    /// `digits` as dialled in Britain: `07700900417`.
    Number {
        digits: String,
        mobile: bool,
    },
    Mailbox(Address),
    Home,
    /// To the writer's home, wherever it is.
    Invitation,
    Handle,
}

/// The digits of a whole number, as dialled in Britain.
const DIGITS: usize = 11;

/// Every detail of a text; `hits` are those of the pack on details.
pub(super) fn find(text: &str, hits: &[Hit<'_>]) -> Vec<Detail> {
    let detail = |range: Range<usize>, kind: Kind| Detail {
        in_words: matches!(kind, Kind::Mailbox(_)) && !text[range.clone()].contains('@'),
        range,
        kind,
    };
    let numbers = numbers(text).into_iter().chain(spoken_numbers(text));
    let numbers = numbers.map(|(range, digits)| {
        let mobile = digits.starts_with("07");
        detail(range, Kind::Number { digits, mobile })
    });
    let mailboxes = personal_address::addresses(text)
        .map(|(range, address)| detail(range, Kind::Mailbox(address)));
    let homes = HOME
        .find_iter(text)
        .map(|found| detail(found.range(), Kind::Home));
    let invitations = hits
        .iter()
        .filter(|hit| hit.pattern.category == "invites")
        .map(|hit| detail(hit.folded.clone(), Kind::Invitation));
    let handles = hits
        .iter()
        .filter(|hit| hit.pattern.category == "handle")
        .map(|hit| detail(hit.folded.clone(), Kind::Handle));
    numbers
        .chain(mailboxes)
        .chain(homes)
        .chain(invitations)
        .chain(handles)
        .collect()
}

/// Numbers in figures, whatever stands between them: `+44 (0)7700 900 417`.
fn numbers(text: &str) -> Vec<(Range<usize>, String)> {
    static START: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"\+ ?44|\b00 ?44|\bwa\.me/44|\(0|\b0|\bo7").expect("a good expression")
    });
    let mut found: Vec<(Range<usize>, String)> = Vec::new();
    for start in START.find_iter(text) {
        let known = found
            .last()
            .is_some_and(|(last, _)| start.start() < last.end);
        if !known && let Some((end, digits)) = dialled(text, start.start()) {
            found.push((start.start()..end, digits));
        }
    }
    found
}

/// The number that begins at a place, and its end.
fn dialled(text: &str, start: usize) -> Option<(usize, String)> {
    let mut digits = String::new();
    let mut gap = 0;
    let rest = &text[start..];
    let start = text.len() - rest.strip_prefix("wa.me/").unwrap_or(rest).len();
    for (at, c) in text[start..].char_indices() {
        let digit = match c {
            // A letter in the place of a nought.
            'o' => Some('0'),
            c => c.is_ascii_digit().then_some(c),
        };
        if let Some(digit) = digit {
            gap = 0;
            digits.push(digit);
            let end = start + at + 1;
            if let Some(number) = national(&digits) {
                let goes_on = text[end..].starts_with(|c: char| c.is_alphanumeric());
                return (!goes_on).then_some((end, number));
            }
            if digits.len() > DIGITS + 4 {
                return None;
            }
        } else if matches!(
            c,
            ' ' | '(' | ')' | '.' | '-' | '\u{2013}' | '+' | '\n' | '\u{a0}'
        ) {
            gap += 1;
        } else {
            return None;
        }
        if gap > 3 {
            return None;
        }
    }
    None
}

/// A whole number as dialled in Britain; only mobiles and landlines, since
/// nobody lives behind the others.
pub(super) fn national(digits: &str) -> Option<String> {
    let rest = digits.strip_prefix("00").unwrap_or(digits);
    let own = match rest.strip_prefix("44") {
        Some(rest) => format!("0{}", rest.strip_prefix('0').unwrap_or(rest)),
        None => digits.to_owned(),
    };
    let kind = matches!(own.as_bytes(), [b'0', b'1' | b'2' | b'7', ..]);
    (kind && own.len() == DIGITS).then_some(own)
}

/// Numbers in words, or partly so: "oh double-seven double-oh, nine hundred,
/// two one six".
fn spoken_numbers(text: &str) -> Vec<(Range<usize>, String)> {
    static WORD: LazyLock<Regex> =
        LazyLock::new(|| Regex::new("[a-z]+|[0-9]+").expect("a good expression"));
    let mut found = Vec::new();
    let mut run = Run::default();
    for word in WORD.find_iter(text) {
        if word.as_str() == "then" && !run.digits.is_empty() {
            continue;
        }
        let beside = text.get(run.end..word.start()).is_some_and(|between| {
            let marks = |part: &str| !part.contains(|c: char| !" ,-.\n".contains(c));
            between.len() <= 3 && marks(between)
                || matches!(between.trim_matches([',', ' ']), "then" | "and then")
        });
        if !beside {
            run = Run::default();
        }
        if !run.take(word.as_str()) {
            run = Run::default();
            continue;
        }
        if run.digits.len() == word_digits(word.as_str()) || run.start.is_none() {
            run.start = run.start.or(Some(word.start()));
        }
        run.end = word.end();
        if run.words > 2
            && let Some(number) = national(&run.digits)
        {
            found.push((run.start.unwrap_or(word.start())..word.end(), number));
            run = Run::default();
        }
    }
    found
}

/// How many digits a word of figures has.
fn word_digits(word: &str) -> usize {
    word.bytes().filter(u8::is_ascii_digit).count().max(1)
}

/// Digits said one after the other.
#[derive(Debug, Default)]
struct Run {
    start: Option<usize>,
    end: usize,
    digits: String,
    /// Those that are words.
    words: usize,
    /// How often the next one counts.
    times: usize,
}

impl Run {
    /// Takes the next word, if it is part of a number.
    fn take(&mut self, word: &str) -> bool {
        let said = match word {
            "o" | "naught" => '0',
            "double" | "triple" | "treble" => {
                self.times = if word == "double" { 2 } else { 3 };
                self.words += 1;
                return true;
            }
            "hundred" | "thousand" if !self.digits.is_empty() => {
                self.digits
                    .push_str(if word == "hundred" { "00" } else { "000" });
                self.words += 1;
                return true;
            }
            figures if figures.starts_with(|c: char| c.is_ascii_digit()) => {
                self.digits.push_str(figures);
                return self.digits.len() <= DIGITS + 4;
            }
            word => match spoken_digit(word) {
                Some(digit) => digit,
                None => return false,
            },
        };
        let times = std::mem::take(&mut self.times).max(1);
        self.digits.extend(std::iter::repeat_n(said, times));
        self.words += 1;
        self.digits.len() <= DIGITS + 4
    }
}

/// A house and its street.
static HOME: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"\b(?:flat \d{1,3}[a-z]?,? )?\d{1,3}[a-z]?,? (?:[a-z'-]+ ){1,3}?(?:road|rd|street|lane|close|avenue|ave|drive|way|place|terrace|view|bank|crescent|grove|gardens|row|court|hill|rise|walk|mews|parade|square|green|park|cottages?|croft|fold|mount|villas|side|gate|brow|garth|wharf|yard|fields?)\b|\b(?:road|street|lane|close|avenue|drive|terrace|crescent|grove|gardens|bank|view)[,:]? (?:at )?(?:number|no\.?|house|flat) ?\d{1,3}[a-z]?\b",
    )
    .expect("a good expression")
});

/// Whether a sentence asks to be rung, by somebody who speaks of themself and
/// of nobody else.
pub(super) fn asks_to_ring(sentence: &str) -> bool {
    static ASKS: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(
            r"\b(?:ring|text|call|phone|message|whats ?app|txt|msg|send|contact|reach|save|add|photo|picture|pic)\b",
        )
        .expect("a good expression")
    });
    static I: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"\b(?:i'm|i'll|i've|i am|i will|i|me|my)\b").expect("a good expression")
    });
    static OTHERS: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"\b(?:he|she|they|him|her|them|his|their|mr|mrs|ms|miss|dr)\b")
            .expect("a good expression")
    });
    ASKS.is_match(sentence) && I.is_match(sentence) && !OTHERS.is_match(sentence)
}

/// Whether a sentence says what a number is there for, a need of the reader's,
/// and names nobody else who would answer it.
pub(super) fn is_for_need(sentence: &str) -> bool {
    static NEED: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(
            r"\b(?:any (?:problems?|trouble|questions?|worries|issues?|hiccups)|stuck|lost|running late|late|emergenc(?:y|ies)|urgent|panic|worried|struggling|upset|shout|need (?:me|anything|help|to talk|a lift|picking up)|goes wrong|day or night|any ?time|keep (?:it|this) (?:to yourself|between us|quiet)|in case)\b",
        )
        .expect("a good expression")
    });
    static OTHERS: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(
            r"\b(?:he|she|they|him|her|them|his|their|mr|mrs|ms|dr|mums?|dads?|mother|father|parents?|gran|aunt|uncle|drivers?|managers?|wardens?|instructors?|rangers?|guides?|nurses?|counsell(?:or|ors|ing)|police|teams?|services?|cent(?:re|er)s?|clubs?|company|firm|clinic|hotels?|hostels?|venues?|library|museum|theatre|shop|station|farm|host|famil(?:y|ies)|charity|competition|lines?|us at)\b",
        )
        .expect("a good expression")
    });
    NEED.is_match(sentence) && !OTHERS.is_match(sentence)
}

/// Whether a number is said in words: what is the
/// school's needs no disguise.
pub(super) fn is_disguised(number: &str) -> bool {
    number.contains(|c: char| c.is_ascii_lowercase() && c != 'o')
}

/// Whether a number has a line to itself, as in a signature.
pub(super) fn is_alone(text: &str, range: &Range<usize>) -> bool {
    let before = text[..range.start].trim_end_matches([' ', '\t', '|']);
    let behind = text[range.end..].trim_start_matches([' ', '\t', '|']);
    (before.is_empty() || before.ends_with('\n')) && (behind.is_empty() || behind.starts_with('\n'))
}

/// Whether the words before a number end in its label.
pub(super) fn is_labelled(before: &str) -> bool {
    static LABEL: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"\b(?:m|mob|mobile|cell|home|private|personal|own|after hours|out of hours|evenings?|whats ?app)(?: (?:number|no|phone|mobile|mob))?[ :.)=-]{1,3}$").expect("a good expression")
    });
    LABEL.is_match(before)
}

/// Whether a text has both names of a member of staff, or the surname behind
/// its initial.
pub(super) fn names(text: &str, staff: &Staff) -> bool {
    let words: Vec<String> = text
        .split(|c: char| " ,\n|\t".contains(c))
        .map(folded)
        .collect();
    let (forename, surname) = (folded(&staff.forename), folded(&staff.surname));
    words.windows(2).any(|pair| {
        pair[1] == surname
            && (pair[0] == forename || pair[0].len() == 1 && forename.starts_with(pair[0].as_str()))
    })
}

/// Where the sentence that holds a place begins: behind a stop or an empty
/// line.
pub(super) fn sentence_start(text: &str, at: usize) -> usize {
    let before = text[..at].trim_end();
    let before = before.strip_suffix(['.', '!', '?']).unwrap_or(before);
    STOP.find_iter(before).last().map_or(0, |stop| stop.end())
}

pub(super) fn sentence_end(text: &str, at: usize) -> usize {
    STOP.find_at(text, at)
        .map_or(text.len(), |stop| stop.start())
}

static STOP: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"[.!?][)'\x22]*\s|\n").expect("a good expression"));

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_known_however_they_are_written() {
        for (text, expected) in [
            ("07700 900417", Some("07700900417")),
            ("077 00 90 04 17.", Some("07700900417")),
            ("0-7-7-0-0-9-0-0-4-1-7", Some("07700900417")),
            ("+44 7700 900417", Some("07700900417")),
            ("+44 (0)7700 900 417", Some("07700900417")),
            ("0044 7700 900417", Some("07700900417")),
            ("(01632) 960 177", Some("01632960177")),
            ("020 7946 0111", Some("02079460111")),
            ("07700900417 at 9.30", Some("07700900417")),
            ("0800 1111", None),
            ("0808 157 0416", None),
            ("077009004177", None),
            ("07700-a and 900417", None),
            ("o77oo 9oo 417", Some("07700900417")),
            (
                "tap https://wa.me/447700900417, it opens",
                Some("07700900417"),
            ),
            ("of 7 or o 7", None),
            ("07700 900***", None),
            ("04.50, under the clock", None),
            ("2026-10-11 08:00", None),
            ("0", None),
            ("", None),
        ] {
            let found = numbers(text).pop().map(|(_, digits)| digits);
            assert_eq!(found.as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn numbers_can_be_said() {
        for (text, expected) in [
            (
                "oh double-seven double-oh, nine hundred, two one six",
                Some("07700900216"),
            ),
            (
                "zero seven seven zero zero nine zero zero four one seven",
                Some("07700900417"),
            ),
            ("oh 7 double seven nine hundred four one seven", None),
            ("07 double zero 900 four one seven", None),
            ("07 7 double oh 900 four one seven", Some("07700900417")),
            ("one of the two, three at most", None),
            ("act one scene two, page four hundred", None),
            (
                "zero seven seven double zero, then 900, then four four six",
                Some("07700900446"),
            ),
            ("one then two and then some", None),
            ("double maths", None),
            ("", None),
        ] {
            let found = spoken_numbers(text).pop().map(|(_, digits)| digits);
            assert_eq!(found.as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn sentences_end_at_stops_and_empty_lines() {
        let text = "one two. three four 0 five! six\nseven";
        let at = text.find('0').expect("it is there");
        assert_eq!(
            &text[sentence_start(text, at)..sentence_end(text, at)],
            "three four 0 five"
        );
        assert_eq!(sentence_start("", 0)..sentence_end("", 0), 0..0);
    }

    #[test]
    fn endless_numbers_end() {
        for unit in ["0", "0 ", "+44", "double ", "oh ", "0(", "1 a road "] {
            let long = unit.repeat(20_000);
            let _ = find(&long, &[]);
        }
    }
}
