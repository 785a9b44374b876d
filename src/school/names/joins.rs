//! What may stand between the parts of a name, and what ties more to it.

use std::ops::Range;

use super::Writing;
use super::fold::{self, Class};
use super::window::{Gap, Window};

/// A small letter after the dot makes `john.smith`; a capital may begin a
/// sentence.
fn dotted(window: &mut Window<'_>, n: usize, writing: Writing) -> bool {
    writing == Writing::Joined
        || n > 0
            && window.token(n).is_some_and(|token| token.small)
            && window.token(n - 1).is_some_and(|token| token.small)
}

/// Whether the token continues the forename or surname before it.
pub(super) fn joins_inside(window: &mut Window<'_>, n: usize, writing: Writing) -> bool {
    window.token(n).is_some_and(|token| match token.gap {
        Gap::Nothing | Gap::Tight | Gap::Space | Gap::Underscore => true,
        Gap::Dot => dotted(window, n, writing),
        Gap::Cell | Gap::Comma | Gap::Stop | Gap::Bracket | Gap::Break => false,
    })
}

/// Whether the token may begin the surname after a forename.
pub(super) fn joins_forename(
    window: &mut Window<'_>,
    n: usize,
    after_middle: bool,
    writing: Writing,
) -> bool {
    let after_initial = after_middle && window.token(n - 1).is_some_and(|token| token.initial);
    window.token(n).is_some_and(|token| match token.gap {
        Gap::Nothing | Gap::Space | Gap::Cell | Gap::Underscore => true,
        Gap::Tight => writing == Writing::Joined,
        Gap::Dot => after_initial || dotted(window, n, writing),
        Gap::Stop => after_initial,
        Gap::Bracket => after_middle,
        Gap::Comma | Gap::Break => false,
    })
}

/// Whether the token may be a middle name by what stands before it.
pub(super) fn joins_middle(window: &mut Window<'_>, n: usize) -> bool {
    window
        .token(n)
        .is_some_and(|token| !matches!(token.gap, Gap::Comma | Gap::Break))
}

/// Whether the token may begin the forename after a surname.
pub(super) fn joins_surname(window: &mut Window<'_>, n: usize, writing: Writing) -> bool {
    window.token(n).is_some_and(|token| match token.gap {
        Gap::Nothing | Gap::Space | Gap::Cell | Gap::Comma | Gap::Underscore => true,
        Gap::Tight => writing == Writing::Joined,
        Gap::Dot => dotted(window, n, writing),
        Gap::Stop | Gap::Bracket | Gap::Break => false,
    })
}

/// Whether hyphen or apostrophe tie more letters to a name, which makes it
/// another: John Smith-Jones is not John Smith, Brien Smith is not in
/// O'Brien Smith. `John Smith-led` and `Zoë O'Brien's` add nothing to a name.
pub(super) fn is_part_of_longer(text: &str, range: &Range<usize>) -> bool {
    let first_small = |word: &str| word.chars().next().is_some_and(char::is_lowercase);
    let shouted = |word: &str| word.chars().count() > 1 && !word.chars().any(char::is_lowercase);
    let is_letter = |c: char| fold::class(c) == Class::Letter;
    let name = &text[range.clone()];

    let mut after = text[range.end..].chars();
    let tie = after.next().unwrap_or(' ');
    let rest = after.as_str();
    let word = &rest[..rest.find(|c| !is_letter(c)).unwrap_or(rest.len())];
    let last_word = name.rsplit(|c| !is_letter(c)).next().unwrap_or(name);
    if matches!(tie, '-' | '‐' | '‑') && !word.is_empty() {
        let acronym = shouted(word) && !shouted(last_word);
        return first_small(word) == first_small(last_word) && !acronym;
    }
    if fold::is_apostrophe(tie) && word.chars().count() > 2 {
        return true;
    }

    let mut before = text[..range.start].chars();
    let tie = before.next_back().unwrap_or(' ');
    let rest = before.as_str();
    let word = &rest[rest.rfind(|c| !is_letter(c)).map_or(0, |at| {
        at + rest[at..].chars().next().map_or(1, char::len_utf8)
    })..];
    if word.is_empty() {
        return false;
    }
    let acronym = shouted(word) && !shouted(name);
    fold::is_apostrophe(tie)
        || matches!(tie, '-' | '‐' | '‑') && first_small(word) == first_small(name) && !acronym
}
