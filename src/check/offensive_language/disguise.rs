//! Words that are written so that no word list holds them: with digits and
//! marks for letters (`p4k*`, `b!tch`), or with gaps between the letters.
//!
//! The plain words of the pack are what a disguise is held against; nothing
//! here knows a word of its own.

use std::ops::Range;

use crate::patterns::{Pack, Pattern};

/// The shortest and the longest disguised word, in letters.
const LENGTHS: std::ops::RangeInclusive<usize> = 4..=16;
/// What stands for a letter that is not said.
const ANY: u8 = b'*';

/// A disguised word: where it stands, and the pattern that knows it undisguised.
pub(super) struct Disguised<'p> {
    pub(super) place: Range<usize>,
    pub(super) pattern: &'p Pattern,
}

/// Disguised words of a folded text, by what some patterns of a pack know as
/// plain words.
pub(super) fn disguised<'p>(
    text: &str,
    pack: &'p Pack,
    wanted: impl Fn(&Pattern) -> bool,
) -> Vec<Disguised<'p>> {
    let mut written: Vec<(Range<usize>, Vec<u8>)> = marked(text).collect();
    written.extend(spaced(text));
    if written.is_empty() {
        return Vec::new();
    }
    let patterns: Vec<&Pattern> = pack.patterns().iter().filter(|one| wanted(one)).collect();
    let known = |letters: &[u8]| {
        patterns
            .iter()
            .find(|pattern| {
                let mut phrases = pattern.phrases.iter();
                phrases.any(|phrase| is_same(phrase.as_bytes(), letters))
            })
            .copied()
    };
    written
        .into_iter()
        .filter_map(|(place, letters)| {
            let pattern = known(&letters)?;
            Some(Disguised { place, pattern })
        })
        .collect()
}

fn is_same(word: &[u8], letters: &[u8]) -> bool {
    word.len() == letters.len()
        && word
            .iter()
            .zip(letters)
            .all(|(one, other)| one == other || *other == ANY)
}

/// Words that begin with a letter and hold digits or marks, undisguised.
fn marked(text: &str) -> impl Iterator<Item = (Range<usize>, Vec<u8>)> {
    let bytes = text.as_bytes();
    let mut at = 0;
    std::iter::from_fn(move || {
        loop {
            let found = bytes[at..]
                .iter()
                .position(|&byte| stands_for(byte).is_some())?;
            let start = bytes[at..at + found]
                .iter()
                .rposition(|byte| !byte.is_ascii_alphabetic())
                .map_or(at, |gap| at + gap + 1);
            let length = bytes[start..]
                .iter()
                .take_while(|&&byte| byte.is_ascii_alphabetic() || stands_for(byte).is_some())
                .count();
            at = start + length;
            let word = &bytes[start..at];
            if let Some((length, letters)) = undisguised(word) {
                return Some((start..start + length, letters));
            }
        }
    })
}

/// The letters meant by a word, if enough of them are said. Marks that end a
/// word end a sentence.
fn undisguised(word: &[u8]) -> Option<(usize, Vec<u8>)> {
    let marks = word.iter().rev().take_while(|&&byte| byte == b'!').count();
    let word = &word[..word.len() - marks];
    let said = word
        .iter()
        .filter(|byte| byte.is_ascii_alphabetic())
        .count();
    let begun = word.first().is_some_and(u8::is_ascii_alphabetic)
        || matches!(word, [b'$' | b'@' | b'5', second, ..] if second.is_ascii_alphabetic());
    let masked = said < word.len();
    (LENGTHS.contains(&word.len()) && begun && masked && said >= 2)
        .then(|| (word.len(), word.iter().map(|&byte| plain(byte)).collect()))
}

fn plain(byte: u8) -> u8 {
    stands_for(byte).unwrap_or(byte)
}

fn stands_for(byte: u8) -> Option<u8> {
    Some(match byte {
        b'4' | b'@' => b'a',
        b'3' => b'e',
        b'1' | b'!' => b'i',
        b'0' => b'o',
        b'5' | b'$' => b's',
        b'7' => b't',
        b'*' | b'#' => ANY,
        _ => return None,
    })
}

/// Runs of single letters with one and the same gap between them, and the
/// words that end a run: in "a w a n k e r" the first letter is a word.
fn spaced(text: &str) -> Vec<(Range<usize>, Vec<u8>)> {
    let bytes = text.as_bytes();
    let gap = |at: usize| matches!(bytes.get(at), Some(b' ' | b'.' | b'-' | b'_' | b'*'));
    let alone = |at: usize| {
        bytes.get(at).is_some_and(u8::is_ascii_alphabetic)
            && !bytes.get(at + 1).is_some_and(u8::is_ascii_alphanumeric)
    };
    let mut found = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let begins = alone(at) && (at == 0 || !bytes[at - 1].is_ascii_alphanumeric());
        if !begins {
            at += 1;
            continue;
        }
        let mut end = at;
        while gap(end + 1) && bytes[end + 1] == bytes[at + 1] && alone(end + 2) {
            end += 2;
        }
        let letters: Vec<u8> = (at..=end).step_by(2).map(|at| bytes[at]).collect();
        if letters.len() >= 3 && letters.len() <= *LENGTHS.end() {
            for skipped in 0..=letters.len() - 3 {
                found.push((at + 2 * skipped..end + 1, letters[skipped..].to_vec()));
            }
        }
        // The last letter may begin a run with another gap.
        at = end.max(at + 1);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::patterns::{Folded, Packs, Topic};

    fn found(text: &str) -> Vec<String> {
        let packs = Packs::builtin();
        let folded = Folded::prose(text);
        disguised(
            folded.as_str(),
            packs.pack(Topic::OffensiveLanguage),
            |pattern| pattern.weight >= 3,
        )
        .into_iter()
        .map(|word| text[folded.locate(text, word.place)].to_owned())
        .collect()
    }

    #[test]
    fn digits_marks_and_gaps_hide_no_word() {
        for (text, word) in [
            ("what a f4gg0t", "f4gg0t"),
            ("never had a p4k* here", "p4k*"),
            ("you old b!tch.", "b!tch"),
            ("You B!TCH!!", "B!TCH"),
            ("absolute w a n k e r of a man", "w a n k e r"),
            ("what a w.a.n.k.e.r", "w.a.n.k.e.r"),
            ("k y s", "k y s"),
            ("5lut", "5lut"),
            ("$lut", "$lut"),
            ("b*st*rd", "b*st*rd"),
        ] {
            assert_eq!(found(text), [word], "{text}");
        }
    }

    #[test]
    fn numbers_codes_and_initials_are_no_disguise() {
        for text in [
            "",
            "Year 6, 8A and 10B at 3pm; room B12, 4th floor",
            "B801200005001, SW1A 1AA, CO1 1AA",
            "A B C D E F G",
            "J. R. R. Tolkien and P. G. Wodehouse",
            "f(x) = 3x + 5",
            "Well done!!! Great work! See you at 5!",
            "**** and ### and *bold* words",
            "1234567890123456789012345678901234567890",
            "s e e you",
        ] {
            assert_eq!(found(text), Vec::<String>::new(), "{text}");
        }
        assert!(found(&"a ".repeat(50_000)).is_empty());
        assert!(found(&"*1".repeat(50_000)).is_empty());
    }
}
