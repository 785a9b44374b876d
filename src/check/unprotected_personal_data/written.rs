//! How people write numbers: with spaces and hyphens, and in the boxes of a
//! form, which a table's cells are.
//!
//! One pass over a text finds where numbers begin; nothing here is a regular
//! expression, since every text of every attachment goes through it.

use std::ops::Range;

use super::numbers;

/// The starts of words that have a digit, or that are two letters right
/// before one (`AB 12 34 56 C`); in order.
#[derive(Debug)]
pub(super) struct Starts(Vec<usize>);

impl Starts {
    pub(super) fn of(text: &str) -> Self {
        let bytes = text.as_bytes();
        let mut starts = Vec::new();
        let mut at = 0;
        // Most of a text has no digits, and is passed over quickly.
        while let Some(digit) = bytes[at..].iter().position(u8::is_ascii_digit) {
            let digit = at + digit;
            let before = bytes[at..digit].iter().rposition(|&byte| !is_word(byte));
            let start = before.map_or(at, |before| at + before + 1);
            if start == digit {
                starts.extend(pair_before(bytes, start));
            }
            starts.push(start);
            at = word_end(text, digit);
        }
        Self(starts)
    }

    pub(super) fn all(&self) -> impl Iterator<Item = usize> {
        self.0.iter().copied()
    }

    pub(super) fn within(&self, range: Range<usize>) -> impl Iterator<Item = usize> {
        let first = self.0.partition_point(|&start| start < range.start);
        self.0[first..]
            .iter()
            .copied()
            .take_while(move |&start| start < range.end)
    }
}

/// The word of two letters that stands right before a word.
fn pair_before(bytes: &[u8], word: usize) -> Option<usize> {
    let pair = word.checked_sub(3)?;
    let alone = pair == 0 || !is_word(bytes[pair - 1]);
    let [first, second, gap] = [bytes[pair], bytes[pair + 1], bytes[pair + 2]];
    let letters = first.is_ascii_alphabetic() && second.is_ascii_alphabetic();
    (alone && letters && !is_word(gap)).then_some(pair)
}

/// The end of the word that begins here.
pub(super) fn word_end(text: &str, start: usize) -> usize {
    let rest = &text.as_bytes()[start..];
    let length = rest.iter().position(|&byte| !is_word(byte));
    start + length.unwrap_or(rest.len())
}

/// Ten digits in one of the ways in which such numbers are grouped.
pub(super) fn ten_digits(text: &str, start: usize) -> Option<([u8; 10], usize)> {
    const GROUPS: [&[usize]; 4] = [&[10], &[3, 3, 4], &[6, 4], &[1; 10]];
    GROUPS.iter().find_map(|groups| {
        let mut digits = [0; 10];
        let end = groups_of(text, start, groups, u8::is_ascii_digit, &mut digits)?;
        Some((digits.map(|digit| digit - b'0'), end))
    })
}

/// A National Insurance number.
pub(super) fn nino(text: &str, start: usize) -> Option<usize> {
    const GROUPS: [&[usize]; 5] = [&[9], &[2, 2, 2, 2, 1], &[2, 6, 1], &[2, 6], &[1; 9]];
    GROUPS.iter().find_map(|groups| {
        let mut number = [0; 9];
        // "AB 123456C" has no gap before its last letter.
        let groups = if groups.len() == 2 { &[2, 7] } else { *groups };
        let end = groups_of(text, start, groups, u8::is_ascii_alphanumeric, &mut number)?;
        numbers::is_nino(&number).then_some(end)
    })
}

/// A payment card's number: one word, or groups of four and so on.
pub(super) fn card(text: &str, start: usize) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut digits = Vec::with_capacity(19);
    let mut at = start;
    loop {
        let group = at;
        while bytes.get(at).is_some_and(u8::is_ascii_digit) && digits.len() < 20 {
            digits.push(bytes[at] - b'0');
            at += 1;
        }
        // A longer word is something else.
        if at == group || bytes.get(at).is_some_and(|&byte| is_word(byte)) {
            return None;
        }
        if numbers::is_card(&digits) {
            return Some(at);
        }
        if digits.len() >= 19 || !is_gap(bytes.get(at)) {
            return None;
        }
        at += 1;
    }
}

/// An account: an IBAN, or the number that goes with a sort code, which alone
/// is a branch's.
pub(super) fn account(text: &str, start: usize) -> Option<usize> {
    let number = |groups: &[usize]| {
        let mut digits = [0; 8];
        groups_of(text, start, groups, u8::is_ascii_digit, &mut digits)
    };
    // Of more groups than two, it is a card's.
    let bytes = text.as_bytes();
    let goes_on =
        |end: usize| is_gap(bytes.get(end)) && bytes.get(end + 1).is_some_and(u8::is_ascii_digit);
    iban(text, start)
        .or_else(|| number(&[8]))
        .or_else(|| number(&[4, 4]).filter(|&end| !goes_on(end)))
}

/// An IBAN, in groups of four or as one word.
pub(super) fn iban(text: &str, start: usize) -> Option<usize> {
    let bytes = &text.as_bytes()[start..];
    let length = match bytes {
        &[first, second, ..] => numbers::iban_length([first, second])?,
        _ => return None,
    };
    let mut number = Vec::with_capacity(length);
    let mut at = 0;
    while number.len() < length {
        match bytes.get(at)? {
            byte if byte.is_ascii_alphanumeric() => number.push(*byte),
            b' ' if at > 0 && bytes[at - 1] != b' ' => {}
            _ => return None,
        }
        at += 1;
    }
    let ended = bytes.get(at).is_none_or(|&byte| !is_word(byte));
    (ended && numbers::is_iban(&number)).then_some(start + at)
}

/// A passport's, licence's, teacher's or certificate's number.
pub(super) fn document(text: &str, start: usize) -> Option<usize> {
    let end = word_end(text, start);
    let word = &text.as_bytes()[start..end];
    let digits = word.iter().filter(|byte| byte.is_ascii_digit()).count();
    let known = match word.len() {
        // A teacher's reference; a certificate of the Disclosure and Barring
        // Service.
        7 | 12 => digits == word.len(),
        // A passport.
        9 => digits >= 6,
        // A driving licence: five of the surname, six of the birthday.
        16 => word[5..11].iter().all(u8::is_ascii_digit),
        _ => false,
    };
    (known && word.is_ascii()).then_some(end)
}

/// Characters in groups of these lengths with single gaps between them, and
/// nothing of their kind right behind; gives the end, and fills `into`.
fn groups_of(
    text: &str,
    start: usize,
    groups: &[usize],
    is_part: fn(&u8) -> bool,
    into: &mut [u8],
) -> Option<usize> {
    let bytes = text.as_bytes();
    let (mut at, mut filled) = (start, 0);
    for (number, &length) in groups.iter().enumerate() {
        if number > 0 {
            if !is_gap(bytes.get(at)) {
                return None;
            }
            at += 1;
        }
        let group = bytes.get(at..at + length)?;
        if !group.iter().all(is_part) {
            return None;
        }
        into.get_mut(filled..filled + length)?
            .copy_from_slice(group);
        filled += length;
        at += length;
    }
    let ended = bytes.get(at).is_none_or(|&byte| !is_word(byte));
    (ended && filled == into.len()).then_some(at)
}

/// What stands between the groups of a number.
fn is_gap(byte: Option<&u8>) -> bool {
    matches!(byte, Some(b' ' | b'-' | b'\t'))
}

/// Letters of other alphabets are of a word too.
fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte >= 0x80
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_begin_where_words_with_digits_do() {
        for (text, expected) in [
            ("AB 12 34 56 C", vec![0, 3, 6, 9]),
            ("in 12 to 13", vec![0, 3, 6, 9]),
            ("B801200005001.", vec![0]),
            ("AB, 12", vec![4]),
            ("\u{e9}\u{e9}12 x", vec![0]),
            ("none at all", vec![]),
            ("", vec![]),
        ] {
            let starts: Vec<usize> = Starts::of(text).all().collect();
            assert_eq!(starts, expected, "{text}");
        }
        let starts = Starts::of("1 2 3 4");
        assert_eq!(starts.within(2..5).collect::<Vec<_>>(), [2, 4]);
    }

    #[test]
    fn numbers_are_read_as_people_group_them() {
        for (text, ten, ni, card, account) in [
            ("9993729884", true, false, false, false),
            ("999 372 9884", true, false, false, false),
            ("999-372-9884.", true, false, false, false),
            ("999 3729 884", false, false, false, false),
            ("99937298845", false, false, false, false),
            ("999 372 98", false, false, false, false),
            ("AB123456C", false, true, false, false),
            ("AB 123456C", false, true, false, false),
            ("AB 12 34 56 C", false, true, false, false),
            ("AB\t12\t34\t56\tC", false, true, false, false),
            ("A\tB\t1\t2\t3\t4\t5\t6\tC", false, true, false, false),
            ("AB123456CD", false, false, false, false),
            ("4000 0566 5566 5556", false, false, true, false),
            ("4000-0566-5566-5556 04/29", false, false, true, false),
            ("371449635398431", false, false, true, false),
            ("40000566556655561", false, false, false, false),
            ("12345678", false, false, false, true),
            ("1234 5678", false, false, false, true),
            ("123456789", false, false, false, false),
            ("GB82WEST12345698765432", false, false, false, true),
            ("GB82 WEST 1234 5698 7654 32,", false, false, false, true),
            ("GB82 WEST 1234", false, false, false, false),
            ("\u{e9}", false, false, false, false),
            ("", false, false, false, false),
        ] {
            let found = (
                ten_digits(text, 0).is_some(),
                nino(text, 0).is_some(),
                self::card(text, 0).is_some(),
                self::account(text, 0).is_some(),
            );
            assert_eq!(found, (ten, ni, card, account), "{text:?}");
        }
    }

    #[test]
    fn papers_have_numbers_of_their_own_lengths() {
        for (text, expected) in [
            ("123456789", true),
            ("AB1234567", true),
            ("1234567", true),
            ("001234567890", true),
            ("MORGA657054SM9IJ", true),
            ("abcdefghi", false),
            ("12345678", false),
            ("", false),
        ] {
            assert_eq!(document(text, 0).is_some(), expected, "{text}");
        }
    }

    #[test]
    fn any_place_of_any_text_will_do() {
        let text = "\u{e9}1 GB82 \u{1f600} 4000 0566\u{200b}5566 AB\t1";
        for start in (0..=text.len()).filter(|&at| text.is_char_boundary(at)) {
            let _ = (ten_digits(text, start), nino(text, start));
            let _ = (card(text, start), account(text, start));
            let _ = (document(text, start), word_end(text, start));
        }
        let long = "1 ".repeat(100_000);
        assert_eq!(Starts::of(&long).all().count(), 100_000);
    }
}
