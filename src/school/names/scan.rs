//! The one pass over a text.
//!
//! Each token costs one cheap hash and one bit; only a token that can begin
//! a name opens a window, in which forename and surname grow token by token.
//! The border between them must be a border of tokens, so that Johan Sen is
//! not Jo Hansen.

use std::ops::Range;

use super::fold::{self, Class};
use super::index::{Entry, Part, pair};
use super::joins::{is_part_of_longer, joins_forename, joins_inside, joins_middle, joins_surname};
use super::window::{self, Gap, Window};
use super::{Fit, Match, Names, Nature, Writing};

/// The most tokens of one forename or surname: `de la Fuente y García`.
const MOST_TOKENS: usize = 5;
/// The most tokens between forename and surname.
const MOST_MIDDLES: usize = 4;

const BEGINS_FORENAME: Part = Part::FORENAME.or(Part::FORENAME_HEAD);
const BEGINS_SURNAME: Part = Part::SURNAME.or(Part::SURNAME_HEAD);
pub(super) const BEGINS_NAME: Part = BEGINS_FORENAME.or(BEGINS_SURNAME);

/// A name in a window, counted in tokens.
#[derive(Debug)]
struct Candidate {
    forename: Range<usize>,
    surname: Range<usize>,
    /// One past its last token.
    end: usize,
    pupils: Vec<usize>,
    nature: Nature,
}

impl Names {
    /// Every pupil's whole name in a text, in order and without overlap.
    pub fn find(&self, text: &str, writing: Writing) -> Vec<Match> {
        let mut found = Vec::new();
        if self.is_empty() {
            return found;
        }
        match writing {
            Writing::Prose | Writing::Title => self.find_in_prose(text, writing, &mut found),
            Writing::Joined => self.find_joined(text, 0..text.len(), &mut found),
        }
        found
    }

    /// Prose, with the addresses in it as the joined names they are.
    fn find_in_prose(&self, text: &str, writing: Writing, found: &mut Vec<Match>) {
        let mut window = Window::new(self, text, false);
        let mut done = 0;
        for at in memchr::memchr_iter(b'@', text.as_bytes()) {
            let local = local_part(text, done, at);
            self.scan(&mut window, text, done..local.start, writing, found);
            if !local.is_empty() {
                self.find_joined(text, local, found);
            }
            done = at;
        }
        self.scan(&mut window, text, done..text.len(), writing, found);
    }

    fn scan(
        &self,
        window: &mut Window<'_>,
        text: &str,
        range: Range<usize>,
        writing: Writing,
        found: &mut Vec<Match>,
    ) {
        let bytes = &text.as_bytes()[..range.end];
        let mut folded = Vec::new();
        let mut at = range.start;
        while let Some(&byte) = bytes.get(at) {
            if KIND[usize::from(byte)] == OTHER {
                at += 1;
                continue;
            }
            let start = at;
            while bytes
                .get(at)
                .is_some_and(|&byte| KIND[usize::from(byte)] == LETTER)
            {
                at += 1;
            }
            let sifted = if bytes.get(at).is_some_and(|byte| !byte.is_ascii()) {
                folded.clear();
                match window::token(&text[start..range.end], false, &mut folded) {
                    0 => {
                        at = start + width(bytes[start]);
                        continue;
                    }
                    length => at = start + length,
                }
                self.key.sift(&folded)
            } else {
                self.key.sift(&bytes[start..at])
            };
            let begins = self.tokens.may_begin(sifted);
            let name = begins.then(|| {
                self.name_at(window, text, start, Writing::Prose)
                    .or_else(|| self.loose_at(window, text, start))
            });
            if let Some(found_here) = name
                .flatten()
                .or_else(|| self.in_one_word(text, start..at, writing))
                && found_here.range.end <= range.end
            {
                at = found_here.range.end;
                found.push(found_here);
            }
        }
    }

    /// The name that begins with the token at this byte, the longest if there
    /// are several.
    pub(super) fn name_at(
        &self,
        window: &mut Window<'_>,
        text: &str,
        start: usize,
        writing: Writing,
    ) -> Option<Match> {
        let token = window.begin(start)?;
        if !token.part.is(BEGINS_NAME) {
            return None;
        }
        let straight = self.forename_first(window, 0, writing);
        let turned = self
            .surname_first(window, writing)
            .filter(|turned| {
                straight
                    .as_ref()
                    .is_none_or(|straight| straight.end < turned.end)
            })
            .filter(|turned| !self.reads_otherwise(window, text, turned, writing));
        let name = turned.or(straight)?;
        let bytes = |window: &mut Window<'_>, tokens: &Range<usize>| {
            Some(window.token(tokens.start)?.start..window.token(tokens.end - 1)?.end)
        };
        let range = start..window.token(name.end - 1)?.end;
        if writing == Writing::Prose && is_part_of_longer(text, &range) {
            return None;
        }
        Some(Match {
            range,
            forename: bytes(window, &name.forename)?,
            surname: bytes(window, &name.surname)?,
            pupils: name.pupils,
            nature: name.nature,
            fit: Fit::Whole,
        })
    }

    fn forename_first(
        &self,
        window: &mut Window<'_>,
        from: usize,
        writing: Writing,
    ) -> Option<Candidate> {
        let mut best: Option<Candidate> = None;
        if !window.token(from)?.part.is(BEGINS_FORENAME) {
            return None;
        }
        for length in 1..=MOST_TOKENS {
            let Some(whole) = self.part(window, from, length, Part::FORENAME, writing) else {
                break;
            };
            let Some(forename) = whole else { continue };
            let middle = from + length;
            for skipped in 0..=MOST_MIDDLES {
                let first = middle + skipped;
                let Some(token) = window.token(first) else {
                    break;
                };
                if joins_forename(window, first, skipped > 0, writing)
                    && token.part.is(BEGINS_SURNAME)
                {
                    for length in 1..=MOST_TOKENS {
                        let Some(whole) = self.part(window, first, length, Part::SURNAME, writing)
                        else {
                            break;
                        };
                        let Some(surname) = whole else { continue };
                        let end = first + length;
                        if best.as_ref().is_some_and(|best| best.end >= end) {
                            continue;
                        }
                        let middles = middle..first;
                        best = self
                            .candidate(window, pair(forename, surname), middles)
                            .map(|(pupils, nature)| Candidate {
                                forename: from..middle,
                                surname: first..end,
                                end,
                                pupils,
                                nature,
                            })
                            .or(best);
                    }
                }
                let can_be_middle = token.initial || token.part.is(Part::MIDDLE);
                if !can_be_middle || !joins_middle(window, first) {
                    break;
                }
            }
        }
        best
    }

    fn surname_first(&self, window: &mut Window<'_>, writing: Writing) -> Option<Candidate> {
        let mut best: Option<Candidate> = None;
        if !window.token(0)?.part.is(BEGINS_SURNAME) {
            return None;
        }
        for length in 1..=MOST_TOKENS {
            let Some(whole) = self.part(window, 0, length, Part::SURNAME, writing) else {
                break;
            };
            let Some(surname) = whole else { continue };
            let first = length;
            let Some(token) = window.token(first) else {
                break;
            };
            if !joins_surname(window, first, writing) || !token.part.is(BEGINS_FORENAME) {
                continue;
            }
            for length in 1..=MOST_TOKENS {
                let Some(whole) = self.part(window, first, length, Part::FORENAME, writing) else {
                    break;
                };
                let Some(forename) = whole else { continue };
                let end = first + length;
                if best.as_ref().is_some_and(|best| best.end >= end) {
                    continue;
                }
                best = self
                    .candidate(window, pair(forename, surname), 0..0)
                    .map(|(pupils, nature)| Candidate {
                        forename: first..end,
                        surname: 0..first,
                        end,
                        pupils,
                        nature,
                    })
                    .or(best);
            }
        }
        let mut best = best?;
        // `O'Brien, Zoë Anne`: what follows of the name belongs to it.
        while let Some(token) = window.token(best.end)
            && best.end < best.forename.end + MOST_MIDDLES
            && token.gap == Gap::Space
            && best
                .pupils
                .iter()
                .any(|&pupil| self.has_middle(pupil, token.fingerprint))
        {
            best.end += 1;
        }
        Some(best)
    }

    /// The fingerprint of `length` tokens as one forename or surname. The
    /// outer `None` says that more tokens make none either.
    #[expect(clippy::option_option, reason = "the two answers end different loops")]
    pub(super) fn part(
        &self,
        window: &mut Window<'_>,
        from: usize,
        length: usize,
        whole: Part,
        writing: Writing,
    ) -> Option<Option<u64>> {
        let token = window.token(from)?;
        if length == 1 {
            return Some(token.part.is(whole).then_some(token.fingerprint));
        }
        let head = if whole == Part::FORENAME {
            Part::FORENAME_HEAD
        } else {
            Part::SURNAME_HEAD
        };
        if !token.part.is(head) {
            return None;
        }
        window.token(from + length - 1)?;
        if !joins_inside(window, from + length - 1, writing) {
            return None;
        }
        let folded = window.folded(from..from + length);
        if folded.len() > fold::LONGEST {
            return None;
        }
        let fingerprint = self.key.fingerprint(folded);
        Some(
            self.tokens
                .part(fingerprint)
                .is(whole)
                .then_some(fingerprint),
        )
    }

    /// The pupils of a pair who have all these middle names.
    fn candidate(
        &self,
        window: &mut Window<'_>,
        pair: u64,
        middles: Range<usize>,
    ) -> Option<(Vec<usize>, Nature)> {
        let mut pupils = Vec::new();
        let mut nature = Nature::default();
        for entry in self.pairs.of(pair) {
            let pupil = entry.pupil();
            let all = middles.clone().all(|n| {
                window
                    .token(n)
                    .is_some_and(|token| self.has_middle(pupil, token.fingerprint))
            });
            if all {
                pupils.push(pupil);
                nature = Entry::nature(entry);
            }
        }
        (!pupils.is_empty()).then_some((pupils, nature))
    }

    /// Whether a surname before a forename is rather the end of one name and
    /// the beginning of another: `John Smith, Adam Jones` is no Adam Smith.
    fn reads_otherwise(
        &self,
        window: &mut Window<'_>,
        text: &str,
        turned: &Candidate,
        writing: Writing,
    ) -> bool {
        if self
            .forename_first(window, turned.forename.start, writing)
            .is_some()
        {
            return true;
        }
        let Some(forename) = window.token(turned.forename.start) else {
            return true;
        };
        if forename.gap != Gap::Comma {
            return false;
        }
        let Some(surname) = window.token(0) else {
            return true;
        };
        let next = window.token(turned.end);
        let before = self.part_before(text, surname.start);
        // Another's forename before, or another's surname after.
        let owned_before = before.is_some_and(|(gap, part, small)| {
            gap == Gap::Space && !small && part.is(Part::FORENAME)
        });
        let owned_after = next.is_some_and(|next| {
            next.gap == Gap::Space
                && !next.small
                && next.part.is(Part::SURNAME)
                && !next.part.is(Part::FORENAME.or(Part::MIDDLE))
        });
        // `Jordan, Taylor, Casey`: a list of forenames.
        let listed = surname.part.is(Part::FORENAME)
            && (next.is_some_and(|next| next.gap == Gap::Comma && next.part.is(Part::FORENAME))
                || before
                    .is_some_and(|(gap, part, _)| gap == Gap::Comma && part.is(Part::FORENAME)));
        owned_before || owned_after || listed
    }

    /// The token before a place: the gap after it, what it is, and whether it
    /// begins with a small letter.
    pub(super) fn part_before(&self, text: &str, at: usize) -> Option<(Gap, Part, bool)> {
        let before = &text[..at];
        let end = before
            .trim_end_matches(|c| fold::class(c) != Class::Letter)
            .len();
        let start = before[..end]
            .rfind(|c| fold::class(c) == Class::Separator)
            .map_or(0, |at| {
                at + before[at..].chars().next().map_or(1, char::len_utf8)
            });
        // The text goes on with the letter that the gap leads to.
        let (gap, _) = window::gap(&text[end..]);
        let mut folded = Vec::new();
        window::token(&text[start..end], false, &mut folded);
        let small = text[start..end].chars().next()?.is_lowercase();
        Some((gap, self.tokens.part(self.key.fingerprint(&folded)), small))
    }
}

const OTHER: u8 = 0;
const LETTER: u8 = 1;
const HIGH: u8 = 2;

/// What a byte of UTF-8 can be to a token.
const KIND: [u8; 256] = {
    let mut kind = [OTHER; 256];
    let mut byte = 0;
    while byte < 256 {
        kind[byte] = match byte as u8 {
            b'a'..=b'z' | b'A'..=b'Z' => LETTER,
            0x80.. => HIGH,
            _ => OTHER,
        };
        byte += 1;
    }
    kind
};

/// The bytes of the UTF-8 character that begins so.
fn width(first: u8) -> usize {
    match first {
        0xf0.. => 4,
        0xe0.. => 3,
        0xc0.. => 2,
        _ => 1,
    }
}

/// The local part of the address whose `@` stands at a byte.
fn local_part(text: &str, from: usize, at: usize) -> Range<usize> {
    let start = text.as_bytes()[from..at]
        .iter()
        .rposition(|byte| {
            !(byte.is_ascii_alphanumeric() || !byte.is_ascii() || b"._+-'%".contains(byte))
        })
        .map_or(from, |position| from + position + 1);
    start..at
}
