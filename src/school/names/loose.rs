//! Names in looser spellings than a roster's: one word with capitals inside,
//! tied with a hyphen, a stroke or brackets, or with a middle name between
//! that the roster does not have. Asked only where the strict reading of the
//! same place has found nothing, and stricter about ambiguous words.

use std::ops::Range;

use super::index::{Part, pair};
use super::joined::SHORTEST_PART;
use super::joins::is_part_of_longer;
use super::scan::BEGINS_NAME;
use super::window::{self, Gap, Window};
use super::words::WORDS;
use super::{Everyday, Fit, Match, Names, Nature, Writing, folded};

/// The most tokens of a part that is tied or has a stranger beside it.
const MOST_TOKENS: usize = 3;
/// Small letters joined without any border need this many for prose.
const SHORTEST_WORD: usize = 9;

/// A forename or surname in the text.
struct Piece {
    range: Range<usize>,
    fingerprint: u64,
    /// All that the roster knows these letters as.
    part: Part,
}

impl Names {
    /// The name that begins with the token at this byte, tied or with a
    /// stranger in the middle.
    pub(super) fn loose_at(
        &self,
        window: &mut Window<'_>,
        text: &str,
        start: usize,
    ) -> Option<Match> {
        let token = window.begin(start)?;
        if !token.part.is(BEGINS_NAME) {
            return None;
        }
        for whole in [Part::FORENAME, Part::SURNAME] {
            for first in self.pieces(window, whole) {
                if let Some(name) = self.tied(text, &first, whole) {
                    return Some(name);
                }
            }
        }
        self.around_stranger(window, text)
    }

    /// The name that fills a run of letters: `JakeHolroyd`, and in a title
    /// `jakeholroyd`.
    pub(super) fn in_one_word(
        &self,
        text: &str,
        range: Range<usize>,
        writing: Writing,
    ) -> Option<Match> {
        let word = &text[range.clone()];
        // Most words of a text end here, after a look at their bytes.
        let may_rise = |byte: u8| byte.is_ascii_uppercase() || !byte.is_ascii();
        let parted = word.bytes().skip(1).any(may_rise)
            && word.contains(char::is_lowercase)
            && word.chars().skip(1).any(char::is_uppercase)
            && self.begins_with_name(word);
        let parted = parted.then(|| {
            let mut window = Window::new(self, text, true);
            self.name_at(&mut window, text, range.start, Writing::Prose)
                .filter(|name| {
                    let whole = !text[name.range.end..].starts_with(char::is_alphabetic);
                    name.range.end >= range.end && whole
                })
        });
        let name = parted.flatten().or_else(|| {
            let long = writing == Writing::Title && word.len() >= SHORTEST_WORD;
            long.then(|| self.name_in_one(text, range))?
                .filter(|name| is_no_word(text, name))
        })?;
        Some(Match {
            fit: Fit::Joined,
            ..name
        })
    }

    /// Whether the letters up to the first inner capital can begin a name.
    fn begins_with_name(&self, word: &str) -> bool {
        let mut folded = Vec::with_capacity(word.len());
        window::token(word, true, &mut folded);
        self.tokens.may_begin(self.key.sift(&folded))
    }

    /// The whole forenames or surnames that begin where the window does.
    fn pieces(&self, window: &mut Window<'_>, whole: Part) -> Vec<Piece> {
        self.pieces_from(window, 0, whole)
    }

    fn pieces_from(&self, window: &mut Window<'_>, from: usize, whole: Part) -> Vec<Piece> {
        let mut pieces = Vec::new();
        for length in 1..=MOST_TOKENS {
            match self.part(window, from, length, whole, Writing::Prose) {
                None => break,
                Some(None) => {}
                Some(Some(fingerprint)) => {
                    let ends = (window.token(from), window.token(from + length - 1));
                    if let (Some(first), Some(last)) = ends {
                        pieces.push(Piece {
                            range: first.start..last.end,
                            fingerprint,
                            part: self.tokens.part(fingerprint),
                        });
                    }
                }
            }
        }
        pieces
    }

    /// `Jake-Holroyd`, `HOLROYD/Jake`, `Holroyd (Jake)`. A hyphen and a stroke
    /// join other things as well, so that neither part may be both a forename
    /// and a surname.
    fn tied(&self, text: &str, first: &Piece, whole: Part) -> Option<Match> {
        let turned = whole == Part::SURNAME;
        let rest = &text[first.range.end..];
        let tie = rest.trim_start_matches(' ').chars().next()?;
        let blanks = rest.len() - rest.trim_start_matches(' ').len();
        let bracket = turned && tie == '(' && blanks <= 1;
        if !bracket && (blanks > 0 || !matches!(tie, '-' | '‐' | '‑' | '/')) {
            return None;
        }
        let other = if turned {
            Part::FORENAME
        } else {
            Part::SURNAME
        };
        if first.part.is(other) {
            return None;
        }
        let start = first.range.end + blanks + tie.len_utf8();
        let mut window = Window::new(self, text, false);
        window.begin(start)?;
        self.pieces(&mut window, other)
            .into_iter()
            .find_map(|second| {
                let range = first.range.start..second.range.end;
                let closed = !bracket || text[range.end..].starts_with(')');
                if second.part.is(whole) || !closed || is_tied_on(text, &range, tie) {
                    return None;
                }
                let (forename, surname) = if turned {
                    (&second, first)
                } else {
                    (first, &second)
                };
                let name = self.matched(range, forename, surname, Fit::Joined)?;
                let everyday = |nature: Nature| {
                    nature.forename != Everyday::No || nature.surname != Everyday::No
                };
                let small = text[first.range.clone()].starts_with(char::is_lowercase);
                let both =
                    name.nature.forename != Everyday::No && name.nature.surname != Everyday::No;
                // `Emily Jake-Holroyd` has a double surname.
                let owned = self
                    .part_before(text, first.range.start)
                    .is_some_and(|(gap, part, _)| gap == Gap::Space && part.is(Part::FORENAME))
                    || tie != '/' && !bracket && follows_capital(text, first.range.start);
                let everyday = small && everyday(name.nature);
                (!both && !everyday && !owned).then_some(name)
            })
    }

    /// `Amelia J. Whittaker`, `Amelia Rose Whittaker`: a capital or a
    /// capitalised word between a forename and a surname of pupils of whom
    /// the roster has no middle names.
    fn around_stranger(&self, window: &mut Window<'_>, text: &str) -> Option<Match> {
        let start = window.token(0)?.start;
        for forename in self.pieces(window, Part::FORENAME) {
            let mut middle = 1;
            while window.token(middle)?.start < forename.range.end {
                middle += 1;
            }
            let stranger = window.token(middle)?;
            let Some(next) = window.token(middle + 1) else {
                continue;
            };
            let spaced = stranger.gap == Gap::Space
                && (next.gap == Gap::Space
                    || stranger.initial && matches!(next.gap, Gap::Stop | Gap::Dot));
            let word = &text[stranger.start..stranger.end];
            let known = stranger.part.is(Part::FORENAME.or(Part::MIDDLE));
            let called = known || !stranger.part.is(Part::SURNAME);
            if !spaced || stranger.small || next.small || !called || !may_be_name(word, known) {
                continue;
            }
            for surname in self.pieces_from(window, middle + 1, Part::SURNAME) {
                let another = pair(stranger.fingerprint, surname.fingerprint);
                if self.pairs.of(another).next().is_some() {
                    continue;
                }
                let range = start..surname.range.end;
                let Some(mut name) = self.matched(range, &forename, &surname, Fit::Middle) else {
                    continue;
                };
                name.pupils.retain(|&pupil| !self.has_middles(pupil));
                let plain = name.nature.surname == Everyday::No
                    || known && name.nature.forename == Everyday::No;
                if plain && !name.pupils.is_empty() && !is_part_of_longer(text, &name.range) {
                    return Some(name);
                }
            }
        }
        None
    }

    fn matched(
        &self,
        range: Range<usize>,
        forename: &Piece,
        surname: &Piece,
        fit: Fit,
    ) -> Option<Match> {
        let name = self.joined(
            range,
            (forename.fingerprint, &forename.range),
            (surname.fingerprint, &surname.range),
        )?;
        Some(Match { fit, ..name })
    }
}

/// Whether a word between forename and surname may be a name itself, and is
/// none of the words that part two people or two thoughts.
fn may_be_name(word: &str, known: bool) -> bool {
    let capitals = word.chars().filter(|c| c.is_uppercase()).count();
    let letters = word.chars().count();
    if letters > 1 && capitals != 1 && !known {
        return false;
    }
    let word = folded(word);
    let lists = [
        &WORDS.between,
        &WORDS.titles,
        &WORDS.young_titles,
        &WORDS.relations,
        &WORDS.pupil_words,
        &WORDS.events,
        &WORDS.venues,
        &WORDS.culture,
        &WORDS.articles,
    ];
    letters == 1 || lists.iter().all(|list| !list.contains(&word))
}

/// Whether more is tied to a tied name, which makes it something else.
fn is_tied_on(text: &str, range: &Range<usize>, tie: char) -> bool {
    let tied_by = |tie: char| {
        let after = text[range.end..].strip_prefix(tie);
        after.is_some_and(|rest| rest.starts_with(char::is_alphabetic))
    };
    // `zoe-obrien.example` is a host, and so is what follows an `@`.
    tied_by(tie)
        || tied_by('.')
        || text[..range.start].ends_with(['/', '@'])
        || is_part_of_longer(text, range)
}

/// Whether a capitalised word and a space stand before a place, as a forename
/// does before a double surname. A word of the school's business is none.
fn follows_capital(text: &str, at: usize) -> bool {
    let Some(before) = text[..at].strip_suffix(' ') else {
        return false;
    };
    let word = before
        .rsplit(|c: char| !c.is_alphabetic())
        .next()
        .unwrap_or("");
    let lower = word.to_lowercase();
    word.starts_with(char::is_uppercase)
        && word.contains(char::is_lowercase)
        && !WORDS.pupil_words.contains(&lower)
        && !WORDS.events.contains(&lower)
        && !WORDS.between.contains(&lower)
}

/// Whether a name in one word of small letters can hardly be anything else:
/// `johnstone` is a name of its own, `williamson` too.
fn is_no_word(text: &str, name: &Match) -> bool {
    let long = |part: &Range<usize>| text[part.clone()].chars().count() >= SHORTEST_PART;
    name.nature.forename == Everyday::No
        && name.nature.surname == Everyday::No
        && long(&name.forename)
        && long(&name.surname)
        && text[name.range.clone()].chars().count() >= SHORTEST_WORD
        && !is_part_of_longer(text, &name.range)
        && !WORDS
            .joined_words
            .contains(&folded(&text[name.range.clone()]))
}
