//! Text in the form that patterns are matched against.
//!
//! Patterns are written in plain lower-case ASCII. So that `Don’t`, `DON'T`
//! and `don't` with a zero-width space in it are one word to them, texts are
//! folded first: lower case, no diacritics, straight apostrophes and hyphens,
//! one space for any white space. What was matched is shown and measured in
//! the original, so a folded text knows the way back.

use std::ops::Range;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// A folded text.
#[derive(Debug)]
pub struct Folded {
    text: String,
    /// Where the two texts drift apart: (folded offset, original offset) of
    /// the points from which on they again run side by side.
    shifts: Vec<(usize, usize)>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Layout {
    Prose,
    Table,
}

impl Folded {
    /// Folds running text: a single line break is a space, since mail
    /// programs wrap lines anywhere, and an empty line stays as `\n`. The `>`
    /// before quoted lines goes.
    pub fn prose(text: &str) -> Self {
        Self::new(text, Layout::Prose)
    }

    /// Folds a table: every `\n` and `\t` stays.
    pub fn table(text: &str) -> Self {
        Self::new(text, Layout::Table)
    }

    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The place in the original text of a range of the folded one, both ends
    /// on character boundaries. `original` is the text that was folded.
    pub fn locate(&self, original: &str, range: Range<usize>) -> Range<usize> {
        let start = floor(original, self.offset(range.start));
        // A range ends where its last byte's character does, not where the
        // next one starts: between the two, characters may have been dropped.
        let last = self.offset(range.end.saturating_sub(1).max(range.start));
        let end = match range.is_empty() {
            true => start,
            false => ceil(original, last + 1),
        };
        start..end.max(start)
    }

    fn offset(&self, folded: usize) -> usize {
        match self.shifts.partition_point(|&(at, _)| at <= folded) {
            0 => folded,
            n => {
                let (at, original) = self.shifts[n - 1];
                original + (folded - at)
            }
        }
    }

    fn new(text: &str, layout: Layout) -> Self {
        let mut folder = Folder {
            folded: Self {
                text: String::with_capacity(text.len()),
                shifts: Vec::new(),
            },
            drift: 0,
        };
        let mut at = 0;
        if layout == Layout::Prose {
            at += quote_marks(text.as_bytes());
        }
        loop {
            at += folder.plain(text, at);
            let Some(&byte) = text.as_bytes().get(at) else {
                break;
            };
            at += match byte {
                b'\n' if layout == Layout::Prose => folder.line_break(text, at),
                b'\n' | b'\t' => folder.separator(byte as char, at, 1),
                byte if byte.is_ascii_whitespace() => folder.space(at, 1),
                byte if byte.is_ascii() => folder.push(byte.to_ascii_lowercase() as char, at, 1),
                _ => folder.unusual(text, at),
            };
        }
        folder.folded
    }
}

struct Folder {
    folded: Folded,
    /// Original offset minus folded offset, so far.
    drift: isize,
}

/// Each method takes the offset of what it folds and gives back its length.
impl Folder {
    /// The longest run of what folding but makes small: ASCII with single
    /// spaces.
    fn plain(&mut self, text: &str, at: usize) -> usize {
        let mut after_space = self.ends_with_space();
        let run = text.as_bytes()[at..].iter().take_while(|&&byte| {
            let single = byte != b' ' || !after_space;
            after_space = byte == b' ';
            matches!(byte, b' '..=b'~') && single
        });
        let length = run.count();
        if length > 0 {
            let start = self.folded.text.len();
            self.moved(at);
            self.folded.text.push_str(&text[at..at + length]);
            self.folded.text[start..].make_ascii_lowercase();
        }
        length
    }

    /// Notes where the next character comes from.
    fn moved(&mut self, at: usize) {
        let drift = at.cast_signed() - self.folded.text.len().cast_signed();
        if drift != self.drift {
            self.folded.shifts.push((self.folded.text.len(), at));
            self.drift = drift;
        }
    }

    fn push(&mut self, c: char, at: usize, length: usize) -> usize {
        self.moved(at);
        self.folded.text.push(c);
        length
    }

    fn ends_with_space(&self) -> bool {
        matches!(
            self.folded.text.as_bytes().last(),
            Some(b' ' | b'\n' | b'\t')
        )
    }

    fn space(&mut self, at: usize, length: usize) -> usize {
        if !self.ends_with_space() {
            self.push(' ', at, length);
        }
        length
    }

    /// A mark that swallows the spaces before it.
    fn separator(&mut self, c: char, at: usize, length: usize) -> usize {
        if self.folded.text.ends_with(' ') {
            self.folded.text.pop();
            // A shift recorded for the popped space would point past the end.
            let end = self.folded.text.len();
            self.folded.shifts.truncate(
                self.folded
                    .shifts
                    .partition_point(|&(folded, _)| folded < end),
            );
            self.drift = isize::MIN;
        }
        self.push(c, at, length)
    }

    fn line_break(&mut self, text: &str, at: usize) -> usize {
        let bytes = text.as_bytes();
        let mut end = at + 1;
        let mut paragraph = false;
        loop {
            end += quote_marks(&bytes[end..]);
            match bytes.get(end) {
                Some(b'\n') => {
                    paragraph = true;
                    end += 1;
                }
                _ => break,
            }
        }
        if paragraph {
            self.separator('\n', at, end - at)
        } else {
            self.space(at, end - at)
        }
    }

    fn unusual(&mut self, text: &str, at: usize) -> usize {
        let Some(c) = text[at..].chars().next() else {
            return 1;
        };
        let length = c.len_utf8();
        match c {
            '\u{2018}' | '\u{2019}' | '\u{201B}' | '\u{2032}' | '\u{02BC}' | '\u{00B4}' => {
                self.push('\'', at, length)
            }
            '\u{201C}' | '\u{201D}' | '\u{201E}' | '\u{00AB}' | '\u{00BB}' => {
                self.push('"', at, length)
            }
            '\u{2010}'..='\u{2015}' | '\u{2212}' => self.push('-', at, length),
            // Soft hyphen, zero-width characters and direction marks.
            '\u{00AD}'
            | '\u{200B}'..='\u{200F}'
            | '\u{202A}'..='\u{202E}'
            | '\u{2060}'
            | '\u{FEFF}' => length,
            c if c.is_whitespace() => self.space(at, length),
            c => {
                for plain in c.nfkd().filter(|&c| !is_combining_mark(c)) {
                    for lower in plain.to_lowercase() {
                        self.push(lower, at, length);
                    }
                }
                length
            }
        }
    }
}

/// The length of the spaces and quotation marks at a line's start.
fn quote_marks(line: &[u8]) -> usize {
    line.iter()
        .take_while(|byte| matches!(byte, b'>' | b' ' | b'\t'))
        .count()
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

    #[test]
    fn texts_fold_to_what_patterns_are_written_in() {
        for (text, prose, table) in [
            ("", "", ""),
            ("Don\u{2019}t", "don't", "don't"),
            ("Zo\u{eb} O\u{308} \u{fb01}ne", "zoe o fine", "zoe o fine"),
            ("a\u{200b}b\u{ad}c", "abc", "abc"),
            ("a \u{a0} b", "a b", "a b"),
            (
                "wrapped\nline \n\nnew",
                "wrapped line\nnew",
                "wrapped\nline\n\nnew",
            ),
            (
                "> > quoted\n> >\n> two",
                "quoted\ntwo",
                "> > quoted\n> >\n> two",
            ),
            ("8A\t9 \t\nB", "8a\t9\tb", "8a\t9\t\nb"),
        ] {
            assert_eq!(Folded::prose(text).as_str(), prose, "{text:?}");
            assert_eq!(Folded::table(text).as_str(), table, "{text:?}");
        }
    }

    #[test]
    fn every_folded_place_is_found_in_the_original() {
        let text = "\u{feff}Zo\u{eb}\u{2019}s \u{fb01}le:\n>  the\u{200b} C\u{e9}ilidh\u{2014}a  dance \n\n  \u{1f600}end";
        for folded in [Folded::prose(text), Folded::table(text)] {
            for word in ["zoe's", "file", "the", "ceilidh", "dance", "end"] {
                let at = folded.as_str().find(word).expect(word);
                let place = folded.locate(text, at..at + word.len());
                let again = Folded::prose(&text[place]);
                assert_eq!(again.as_str(), word);
            }
            for start in 0..=folded.as_str().len() {
                for end in start..=folded.as_str().len() {
                    assert!(text.get(folded.locate(text, start..end)).is_some());
                }
            }
        }
    }
}
