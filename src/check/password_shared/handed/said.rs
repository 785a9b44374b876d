//! Words of letters alone that are said to be the password: "my password is
//! kestrel", and not "my password is wrong".

use std::ops::Range;

use crate::check::speech::Sentence;

use super::password::LINKS;
use super::{Company, Near, Words, words};

/// Behind how many words a word stands that is said to be the password.
const SAID_WITHIN: usize = 8;

impl Company<'_, '_> {
    /// Words of letters alone that are said to be the password: "my password is
    /// kestrel", and not "my password is wrong".
    pub(super) fn words_said(&self) -> impl Iterator<Item = Range<usize>> {
        let secrets = self.hits.iter();
        let secrets = secrets.filter(|hit| hit.pattern.category == "secrets");
        secrets.filter_map(|hit| {
            let (place, spelt) = self.word_said(hit.folded.end)?;
            let sentence = Sentence::around(self.folded, &place);
            let account = ["accounts", "signs-in"]
                .iter()
                .any(|category| self.nearest(category, &place, &sentence) != Near::No);
            (account || spelt).then_some(place)
        })
    }

    /// The word, and whether it is said how it is spelt.
    fn word_said(&self, from: usize) -> Option<(Range<usize>, bool)> {
        let paragraph = self.folded[from..].split('\n').next().unwrap_or_default();
        let mut said = paragraph.starts_with([':', '=']);
        let places = words(paragraph).take(SAID_WITHIN);
        let mut places = places.map(|place| from + place.start..from + place.end);
        let place = places.find(|place| {
            let word = &self.folded[place.clone()];
            let was_said = said;
            said |= ["is", "=", "-", "it's", "was"].contains(&word)
                || self.folded[place.end..].starts_with(':');
            was_said && !LINKS.has(word) && word.contains(|c: char| c.is_ascii_alphabetic())
        })?;
        let word = &self.folded[place.clone()];
        let behind = &self.folded[place.end..];
        let quoted =
            self.folded[..place.start].ends_with(['"', '\'']) && behind.starts_with(['"', '\'']);
        let behind = behind.trim_start_matches(['"', '\'', ',']);
        let spelt = SPELLINGS.iter().any(|words| behind.starts_with(words));
        let closed = behind.is_empty()
            || behind.starts_with([';', ')', '\n', '!'])
            || self.folded[place.end..].starts_with(',')
            || behind.starts_with('.')
                && !behind[1..].starts_with(|c: char| c.is_ascii_alphanumeric())
            || [" and the ", " if "]
                .iter()
                .any(|words| behind.starts_with(words));
        let of_letters = word.len() >= 5
            && word
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte == b'-');
        let remark = NO_SECRETS.has(word)
            || ["ed", "ing", "ly", "able", "ible"]
                .iter()
                .any(|end| word.ends_with(end));
        let meant = quoted || spelt || closed && !remark;
        (of_letters && meant).then_some((place, spelt))
    }
}

/// How a password is written.
const SPELLINGS: &[&str] = &[
    " with a ",
    " with an ",
    " with the ",
    " all one ",
    " all lower",
    " all small",
    " all in ",
    " in lower",
    " in capitals",
    " in small",
    " no capitals",
    " no spaces",
    " capital ",
    " (all ",
    " (lower",
    " (capital",
    " (no ",
    " lower case",
    " lowercase",
];

/// What people say of passwords.
const NO_SECRETS: Words = Words(
    "wrong right correct incorrect invalid valid different unique private secret secure \
     insecure strong weak below above there known unknown shown given written taken forgotten \
     hidden stuck taped case-sensitive temporary personal confidential obvious simple short \
     enough overdue yours theirs mine visible empty blank safe stale fine working broken \
     school local separate simpler longer shorter stronger weaker username password address \
     somewhere everywhere elsewhere here today tomorrow friday monday tuesday wednesday \
     thursday again please thanks thank which where whatever something anything nothing \
     essential confirm reset birthday name surname initials postcode number history policy \
     outside inside online paper useless silly ridiculous",
);
