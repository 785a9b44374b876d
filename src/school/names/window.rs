//! The tokens from a place in a text on, made as they are asked for.

use std::ops::Range;

use super::Names;
use super::fold::{self, Class, LONGEST};
use super::index::Part;

/// A run of letters.
#[derive(Debug, Clone, Copy)]
pub(super) struct Token {
    /// Bytes of the text.
    pub(super) start: usize,
    pub(super) end: usize,
    /// Where its folded form ends in the window's buffer.
    folded_end: usize,
    /// What stands between the token before and this one.
    pub(super) gap: Gap,
    pub(super) fingerprint: u64,
    pub(super) part: Part,
    /// It has one letter.
    pub(super) initial: bool,
    /// It begins with a small letter.
    pub(super) small: bool,
}

/// What stands between two tokens, as far as names are concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Gap {
    /// Nothing: a capital begins a new token.
    Nothing,
    /// An apostrophe or a hyphen, without spaces.
    Tight,
    /// One to three spaces.
    Space,
    /// The border of two neighbouring cells.
    Cell,
    Comma,
    /// A full stop without a space after it.
    Dot,
    /// A full stop and a space: of an initial, or the end of a sentence.
    Stop,
    /// Underscores or plus signs.
    Underscore,
    /// A bracket or a quotation mark, with a space or without.
    Bracket,
    /// Whatever no name spans.
    Break,
}

/// A longer gap than this many characters joins nothing.
const WIDEST_GAP: usize = 8;

pub(super) struct Window<'a> {
    names: &'a Names,
    text: &'a str,
    /// Whether a capital after a small letter begins a new token.
    camel: bool,
    tokens: Vec<Token>,
    /// The folded tokens without anything between them, so that each run of
    /// tokens is one slice.
    folded: Vec<u8>,
}

impl<'a> Window<'a> {
    pub(super) fn new(names: &'a Names, text: &'a str, camel: bool) -> Self {
        Self {
            names,
            text,
            camel,
            tokens: Vec::with_capacity(16),
            folded: Vec::with_capacity(256),
        }
    }

    /// Begins anew with the token that starts at this byte.
    pub(super) fn begin(&mut self, start: usize) -> Option<Token> {
        if let Some(first) = self.tokens.first().filter(|first| first.start == start) {
            return Some(*first);
        }
        self.tokens.clear();
        self.folded.clear();
        self.push(start, Gap::Break);
        self.tokens.first().copied()
    }

    /// The nth token; `None` where there is none that a name could reach.
    pub(super) fn token(&mut self, n: usize) -> Option<Token> {
        while self.tokens.len() <= n {
            let last = self.tokens.last()?;
            let (gap, start) = gap(&self.text[last.end..]);
            if gap == Gap::Break {
                return None;
            }
            let start = last.end + start;
            if !self.push(start, gap) {
                return None;
            }
        }
        Some(self.tokens[n])
    }

    /// The folded letters of some tokens that were asked for already.
    pub(super) fn folded(&self, tokens: Range<usize>) -> &[u8] {
        let start = match tokens.start {
            0 => 0,
            first => self.tokens[first - 1].folded_end,
        };
        &self.folded[start..self.tokens[tokens.end - 1].folded_end]
    }

    fn push(&mut self, start: usize, gap: Gap) -> bool {
        let folded_start = self.folded.len();
        let length = token(&self.text[start..], self.camel, &mut self.folded);
        let folded = &self.folded[folded_start..];
        if folded.is_empty() || folded.len() > LONGEST {
            return false;
        }
        let fingerprint = self.names.key.fingerprint(folded);
        let first = self.text[start..].chars().next();
        self.tokens.push(Token {
            start,
            end: start + length,
            folded_end: self.folded.len(),
            gap,
            fingerprint,
            part: self.names.tokens.part(fingerprint),
            initial: folded.len() == 1
                || std::str::from_utf8(folded).is_ok_and(|token| token.chars().count() == 1),
            small: first.is_some_and(char::is_lowercase),
        });
        true
    }
}

/// Folds the run of letters at the start of a text; gives its length there.
pub(super) fn token(text: &str, camel: bool, folded: &mut Vec<u8>) -> usize {
    let start = folded.len();
    if !camel {
        // Nearly all of them are plain letters.
        let letters = text
            .bytes()
            .take_while(u8::is_ascii_alphabetic)
            .take(LONGEST);
        folded.extend(letters.map(|letter| letter.to_ascii_lowercase()));
        let length = folded.len() - start;
        let next = text.as_bytes().get(length);
        if next.is_none_or(|byte| byte.is_ascii() && !byte.is_ascii_alphabetic()) {
            return length;
        }
        folded.truncate(start);
    }
    let mut end = 0;
    let mut previous: Option<char> = None;
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        match fold::class(c) {
            Class::Separator => break,
            Class::Ignored => end = at + c.len_utf8(),
            Class::Letter => {
                // `johnSmith`, and `JSmith` before the small letter.
                let rises = previous.is_some_and(|previous| {
                    c.is_uppercase()
                        && (previous.is_lowercase()
                            || chars.peek().is_some_and(|&(_, next)| next.is_lowercase()))
                });
                if camel && rises {
                    break;
                }
                previous = Some(c);
                end = at + c.len_utf8();
                // Past the limit the letters only count.
                if folded.len() - start <= LONGEST {
                    fold::fold(c, folded);
                }
            }
        }
    }
    end
}

/// What stands at the start of a text before its first letter, and where that
/// letter is.
pub(super) fn gap(text: &str) -> (Gap, usize) {
    if let [b' ', next, ..] = text.as_bytes()
        && next.is_ascii_alphabetic()
    {
        return (Gap::Space, 1);
    }
    let (mut spaces, mut tabs, mut tight, mut hyphens) = (0, 0, 0, 0);
    let (mut commas, mut dots, mut lines, mut brackets) = (0, 0, 0, 0);
    for (count, (at, c)) in text.char_indices().enumerate() {
        if count > WIDEST_GAP {
            return (Gap::Break, at);
        }
        match c {
            '\t' => tabs += 1,
            '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}' => {
                return (Gap::Break, at);
            }
            ',' | '，' => commas += 1,
            '.' => dots += 1,
            '_' | '+' => lines += 1,
            '(' | ')' | '[' | ']' | '"' | '“' | '”' | '«' | '»' => brackets += 1,
            c if fold::is_apostrophe(c) => tight += 1,
            c if fold::is_hyphen(c) => hyphens += 1,
            c if c.is_whitespace() => spaces += 1,
            c => match fold::class(c) {
                Class::Letter => {
                    let gap = match (spaces, tabs, tight, hyphens, commas, dots, lines, brackets) {
                        (0, 0, 0, 0, 0, 0, 0, 0) => Gap::Nothing,
                        (0, 0, 1, 0, 0, 0, 0, 0) | (0, 0, 0, 1, 0, 0, 0, 0) => Gap::Tight,
                        (1..=3, 0, 0, 0, 0, 0, 0, 0) => Gap::Space,
                        (_, 1, 0, 0, 0, 0, 0, 0) => Gap::Cell,
                        (_, 0, 0, 0, 1, 0, 0, 0) => Gap::Comma,
                        (0, 0, 0, 0, 0, 1, 0, 0) => Gap::Dot,
                        (_, 0, 0, 0, 0, 1, 0, 0) => Gap::Stop,
                        (_, 0, 0, 0, 0, 0, 1.., 0) => Gap::Underscore,
                        (1.., 0, 1, 0, 0, 0, 0, 0) | (_, 0, 0, 0, 0, 0, 0, 1..) => Gap::Bracket,
                        _ => Gap::Break,
                    };
                    return (gap, at);
                }
                Class::Ignored => {}
                Class::Separator => return (Gap::Break, at),
            },
        }
    }
    (Gap::Break, text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Gap) {
        assert_eq!(gap(text).0, expected, "{text:?}");
    }

    #[test]
    fn gaps_are_told_apart() {
        check("x", Gap::Nothing);
        check("\u{200b}x", Gap::Nothing);
        check("-x", Gap::Tight);
        check("’x", Gap::Tight);
        check(" x", Gap::Space);
        check("\u{a0}x", Gap::Space);
        check("\tx", Gap::Cell);
        check(" \t x", Gap::Cell);
        check(", x", Gap::Comma);
        check(",x", Gap::Comma);
        check(".x", Gap::Dot);
        check(". x", Gap::Stop);
        check("__x", Gap::Underscore);
        check(" (x", Gap::Bracket);
        check(" ‘x", Gap::Bracket);
    }

    #[test]
    fn no_name_spans_a_break() {
        for text in [
            "",
            "\nx",
            " \n x",
            "\t\tx",
            " - x",
            "! x",
            "; x",
            ": x",
            "/x",
            "1x",
            "    x",
            "..x",
            ",, x",
            "\u{2028}x",
            "         x",
        ] {
            check(text, Gap::Break);
        }
    }

    #[test]
    fn capitals_part_joined_names() {
        for (text, camel, expected) in [
            ("ZoeObrien.pdf", true, 3),
            ("ZoeObrien.pdf", false, 9),
            ("JSmith", true, 1),
            ("SMITHJohn", true, 5),
            ("Zo\u{308}e!", true, 5),
            ("", true, 0),
        ] {
            assert_eq!(token(text, camel, &mut Vec::new()), expected, "{text:?}");
        }
    }

    #[test]
    fn an_endless_run_of_letters_is_no_token_and_costs_no_memory() {
        let mut folded = Vec::new();
        let long = "é".repeat(1_000_000);
        assert_eq!(token(&long, false, &mut folded), long.len());
        assert!(folded.len() <= LONGEST + 8);
    }
}
