//! Codes of doors, safes and devices: figures beside what they open.

use std::ops::Range;

use crate::check::speech::Sentence;

use super::{Company, Near, Words};

/// `5518`, `2580#`, `33-17-62`, `c4471z`.
pub(super) fn is_code(word: &str) -> bool {
    let word = word.trim_end_matches(['#', '*', '!']);
    let figures = word.bytes().filter(u8::is_ascii_digit).count();
    let groups = || word.split('-').all(|group| (1..=2).contains(&group.len()));
    let inner = word.trim_matches(|c: char| c.is_ascii_lowercase());
    (3..=8).contains(&figures)
        && match word.len() - figures {
            0 => figures > 3,
            2.. if word.contains('-') => {
                groups()
                    && word
                        .bytes()
                        .all(|byte| byte == b'-' || byte.is_ascii_digit())
            }
            1 | 2 => inner.len() == figures,
            _ => false,
        }
}

impl Company<'_, '_> {
    pub(super) fn hands_over_code(&self, place: &Range<usize>) -> bool {
        let sentence = Sentence::around(self.folded, place);
        let lock = self.nearest("locks", place, &sentence);
        let device = self.nearest("accounts", place, &sentence);
        let called = self.nearest("code-words", place, &sentence) != Near::No;
        let other = self.hits.iter().any(|hit| {
            matches!(&*hit.pattern.category, "codes-of-others" | "meeting")
                && sentence.holds(&hit.folded)
        });
        let in_groups = self.folded[place.clone()].contains('-');
        let turned = in_groups && !self.is_dated(place);
        let opens = self.opens_behind(place);
        let enough = match lock {
            Near::Beside => true,
            _ if in_groups => false,
            Near::Earlier => called || opens,
            Near::No => device != Near::No && called,
        };
        enough
            && !other
            && (opens || turned || self.is_given(place, called))
            && !self.counts_something(place)
            && (called || opens || !is_year(&self.folded[place.clone()]))
    }

    /// Whether somebody who reads it knows that this is the code: "it's 5518",
    /// "Alarm: 7741", "use 2580#".
    fn is_given(&self, place: &Range<usize>, called: bool) -> bool {
        let mut words = self.before(place);
        let Some(before) = words.next() else {
            return false;
        };
        let plain = before.trim_matches(|c: char| "\"'(),;.".contains(c));
        plain.ends_with([':', '='])
            || plain.ends_with("'s")
            || GIVES.has(plain)
            || called && MAY_GIVE.has(plain)
            || plain == "in" && words.next().is_some_and(|word| KEYED.has(word))
    }

    /// `on 12-11-26`.
    fn is_dated(&self, place: &Range<usize>) -> bool {
        self.before(place)
            .next()
            .is_some_and(|word| DATES.has(word.trim_end_matches(':')))
    }

    /// `5518 opens the gate`, `4471 is the code`.
    fn opens_behind(&self, place: &Range<usize>) -> bool {
        let behind = self.folded[place.end..].trim_start_matches(['#', '*', '"', '\'']);
        [
            " opens",
            " unlocks",
            " gets you",
            " will open",
            " will unlock",
            " will get you",
            " lets you",
            " is the code",
            " is the pin",
            " is the passcode",
            " is the combination",
            " is the door code",
            " is the alarm code",
        ]
        .iter()
        .any(|words| behind.starts_with(words))
    }

    /// `1500 pupils`, `0830 am`, `£4400`, `01632 960 400`.
    fn counts_something(&self, place: &Range<usize>) -> bool {
        let before = self.folded[..place.start].trim_end_matches(['(', '"', '\'']);
        let behind = self.folded[place.end..].trim_start();
        let next = behind.split(|c: char| !c.is_ascii_alphanumeric()).next();
        before.ends_with(['£', '$', '€'])
            || before.trim_end().ends_with(|c: char| c.is_ascii_digit())
            || behind.starts_with(|c: char| c.is_ascii_digit())
            || next.is_some_and(|next| COUNTED.has(next))
    }
}

fn is_year(word: &str) -> bool {
    word.len() == 4
        && word
            .parse::<u16>()
            .is_ok_and(|year| (1900..2100).contains(&year))
}

/// Words behind which a code stands, where a lock is near.
const GIVES: Words = Words(
    "- entry is are it's its still now that's was use dial press enter type tap punch try \
     draw",
);

/// And behind which one may stand, where it is called a code.
const MAY_GIVE: Words = Words("key with to for pin code passcode combination number be then");

/// What is done with a code: "punch in".
const KEYED: Words = Words("put tap punch key type pop stick bang");

/// What a number counts or measures.
const COUNTED: Words = Words(
    "pupils children staff parents people students am pm hrs hours miles copies sheets pages \
     pounds mm cm kg points words per percent times metres litres bookings places books units",
);

/// What stands before a date.
const DATES: Words = Words("on by from until till dated of since before to date due");
