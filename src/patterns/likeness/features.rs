//! What a model sees of a sentence: its words, pairs of words, and stems.

use std::fmt;
use std::ops::Range;

/// A sentence is cut after so many words: a table's row, a list without stops.
const LONGEST: usize = 45;
/// Words of more than this many letters also count by their beginning.
const STEMMED: usize = 6;
/// How much of them counts.
const STEM: usize = 5;

/// The border of a sentence, as a neighbour of its first and its last word.
const BORDER: &str = "|";

/// Something that a sentence can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Feature<'t> {
    Word(&'t str),
    Pair(&'t str, &'t str),
    Stem(&'t str),
}

/// The form in which it is written down: `word`, `two words`, `begin*`.
impl fmt::Display for Feature<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Word(word) => f.write_str(word),
            Self::Pair(first, second) => write!(f, "{first} {second}"),
            Self::Stem(stem) => write!(f, "{stem}*"),
        }
    }
}

impl<'t> Feature<'t> {
    pub(super) fn parse(written: &'t str) -> Self {
        match (written.split_once(' '), written.strip_suffix('*')) {
            (Some((first, second)), _) => Self::Pair(first, second),
            (None, Some(stem)) if stem.len() == STEM => Self::Stem(stem),
            _ => Self::Word(written),
        }
    }

    /// By which a model finds it (64-bit FNV-1a).
    pub(super) fn key(&self) -> u64 {
        match self {
            Self::Word(word) => key(word),
            Self::Pair(first, second) => pair(key(first), key(second)),
            Self::Stem(stem) => stem_key(stem),
        }
    }
}

fn key(word: &str) -> u64 {
    word.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3)
    })
}

fn pair(first: u64, second: u64) -> u64 {
    (first.rotate_left(17) ^ second).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

fn stem_key(stem: &str) -> u64 {
    !key(stem)
}

/// The sentences of a folded text, as ranges.
pub(super) fn sentences(text: &str) -> Vec<Range<usize>> {
    let bytes = text.as_bytes();
    let mut sentences = Vec::new();
    let (mut start, mut words) = (0, 0);
    for (at, &byte) in bytes.iter().enumerate() {
        let spaced = bytes.get(at + 1).is_none_or(u8::is_ascii_whitespace);
        words += usize::from(byte == b' ');
        let ends = match byte {
            b'\n' | b'\t' => true,
            b'.' | b'!' | b'?' => spaced,
            b' ' => words >= LONGEST,
            _ => false,
        };
        if ends {
            sentences.push(start..at + 1);
            (start, words) = (at + 1, 0);
        }
    }
    sentences.push(start..text.len());
    sentences.retain(|range| {
        text[range.clone()]
            .bytes()
            .any(|byte| byte.is_ascii_alphanumeric())
    });
    sentences
}

/// Every feature of a sentence, in its order.
pub(super) fn of(sentence: &str, mut see: impl FnMut(Feature<'_>)) {
    let mut last = BORDER;
    for word in words(sentence) {
        see(Feature::Word(word));
        see(Feature::Pair(last, word));
        if word.len() > STEMMED && word.is_char_boundary(STEM) {
            see(Feature::Stem(&word[..STEM]));
        }
        last = word;
    }
    see(Feature::Pair(last, BORDER));
}

/// Words, also with letters masked (`b*stard`, `w@nker`), signs that say how
/// something is meant, and numbers by their shape alone.
fn words(sentence: &str) -> impl Iterator<Item = &str> {
    let mut rest = sentence;
    std::iter::from_fn(move || {
        let start = rest.find(|c: char| is_of_word(c) || matches!(c, '£' | '?' | '!'))?;
        rest = &rest[start..];
        let first = rest.chars().next()?;
        let length = match is_of_word(first) {
            true => rest.find(|c| !is_of_word(c)).unwrap_or(rest.len()),
            false => first.len_utf8(),
        };
        let (word, after) = rest.split_at(length);
        rest = after;
        Some(shape(word))
    })
}

fn is_of_word(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '\'' | '*' | '@' | '$')
}

/// What counts of a number is how long it is; of a word with several digits,
/// that it has them.
fn shape(word: &str) -> &str {
    let trimmed = word.trim_matches('\'');
    let digits = trimmed.bytes().filter(u8::is_ascii_digit).count();
    match (digits, trimmed.len() - digits) {
        (0, 0) => "'",
        (0, _) => trimmed,
        (1, 0) => "#1",
        (2, 0) => "#2",
        (3, 0) => "#3",
        (4, 0) => "#4",
        (5, 0) => "#5",
        (_, 0) => "#6",
        (1, _) => trimmed,
        _ => "#x",
    }
}
