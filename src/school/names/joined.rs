//! Names in file names and addresses, joined with dots, underscores or
//! capitals, or with nothing. Such texts are short, and may cost more a byte.

use std::ops::Range;

use super::fold::{self, Class};
use super::index::{Entry, Part, pair};
use super::window::{self, Window};
use super::{Fit, Match, Names, Writing};

/// Joined without any border, a name needs this many letters: shorter ones
/// are too often ordinary words.
const SHORTEST_JOINED: usize = 7;
/// Where only letters tell, each part needs as many as this.
pub(super) const SHORTEST_PART: usize = 3;

impl Names {
    /// Joined names: with tokens as they stand, then parted at capitals.
    pub(super) fn find_joined(&self, text: &str, range: Range<usize>, found: &mut Vec<Match>) {
        let first = found.len();
        let text = &text[..range.end];
        let mut folded = Vec::new();
        for camel in [false, true] {
            if camel && !rises(&text[range.clone()]) {
                break;
            }
            let mut window = Window::new(self, text, camel);
            let mut at = range.start;
            while let Some(offset) = text[at..].find(|c| fold::class(c) == Class::Letter) {
                let start = at + offset;
                folded.clear();
                let end = start + window::token(&text[start..], camel, &mut folded);
                if folded.is_empty() || folded.len() > fold::LONGEST {
                    at = end.max(start + 1);
                    continue;
                }
                let begins = self.tokens.may_begin(self.key.sift(&folded));
                let whole = begins.then(|| {
                    self.name_at(&mut window, text, start, Writing::Joined)
                        .or_else(|| self.loose_at(&mut window, text, start))
                });
                let name = whole
                    .flatten()
                    .or_else(|| self.name_in_one(text, start..end));
                at = name.as_ref().map_or(end, |name| name.range.end);
                found.extend(name);
            }
        }
        let mut joined = found.split_off(first);
        joined.sort_by_key(|name| (name.range.start, std::cmp::Reverse(name.range.end)));
        for name in joined {
            if found[first..]
                .last()
                .is_none_or(|last| last.range.end <= name.range.start)
            {
                found.push(name);
            }
        }
    }

    /// A name joined without any border: `zoeobrien`.
    pub(super) fn name_in_one(&self, text: &str, range: Range<usize>) -> Option<Match> {
        let mut folded = Vec::with_capacity(range.len());
        // Where each letter begins, in the text and in its folded form.
        let mut letters: Vec<(usize, usize)> = Vec::with_capacity(range.len());
        for (at, c) in text[range.clone()].char_indices() {
            if fold::class(c) == Class::Letter {
                letters.push((range.start + at, folded.len()));
                fold::fold(c, &mut folded);
            }
        }
        let whole = self.tokens.part(self.key.fingerprint(&folded));
        if !(SHORTEST_JOINED..=fold::LONGEST).contains(&folded.len())
            || whole.is(Part::FORENAME.or(Part::SURNAME))
        {
            return None;
        }
        // Either part has two letters at least.
        let borders = letters.get(2..letters.len().saturating_sub(1))?;
        borders.iter().find_map(|&(border, cut)| {
            let (left, right) = folded.split_at(cut);
            if !self.tokens.may_begin(self.key.sift(left)) {
                return None;
            }
            let left = self.key.fingerprint(left);
            let right = self.key.fingerprint(right);
            let (first, second) = (range.start..border, border..range.end);
            self.joined(range.clone(), (left, &first), (right, &second))
                .or_else(|| self.joined(range.clone(), (right, &second), (left, &first)))
        })
    }

    /// The pupils of a forename and a surname that stand side by side.
    pub(super) fn joined(
        &self,
        range: Range<usize>,
        forename: (u64, &Range<usize>),
        surname: (u64, &Range<usize>),
    ) -> Option<Match> {
        let entries: Vec<Entry> = self.pairs.of(pair(forename.0, surname.0)).collect();
        Some(Match {
            range,
            forename: forename.1.clone(),
            surname: surname.1.clone(),
            nature: entries.first()?.nature(),
            pupils: entries.into_iter().map(Entry::pupil).collect(),
            fit: Fit::Joined,
        })
    }
}

/// Whether a capital stands behind a letter, so that it could begin a name.
fn rises(text: &str) -> bool {
    let mut chars = text.chars().filter(|&c| fold::class(c) != Class::Ignored);
    let mut behind_letter = false;
    chars.any(|c| {
        let rises = behind_letter && c.is_uppercase();
        behind_letter = fold::class(c) == Class::Letter;
        rises
    })
}
