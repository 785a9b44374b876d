//! Passwords and codes handed over in passing: nothing announces them in so
//! many words, but they keep company that says what they are.
//!
//! Looks at words with a figure in them, and at the word behind "the password
//! is"; and at little around each.

use std::ops::Range;

use crate::check::speech::Sentence;
use crate::patterns::Hit;

use super::token::{Made, tokens};

mod code;
mod password;
mod said;

/// How far from a word its company may stand in the same sentence, before and
/// behind it, and how far before it in another, in bytes.
const BEFORE: usize = 90;
const BEHIND: usize = 45;
const EARLIER: usize = 140;

/// What is handed over, and where it stands in the folded text.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Handed {
    Password(Range<usize>),
    Code(Range<usize>),
}

/// All that a text hands over. `original` gives what a range of the folded
/// text was, in its own capitals.
pub(super) fn over<'t>(
    folded: &'t str,
    hits: &[Hit<'_>],
    original: impl Fn(Range<usize>) -> &'t str,
) -> Vec<Handed> {
    let company = Company { folded, hits };
    let with_figures = words(folded).filter(|place| has_figure(&folded[place.clone()]));
    let with_figures = with_figures
        .filter(|place| company.speaks_of_secrets(place))
        .filter_map(|place| match code::is_code(&folded[place.clone()]) {
            true => company
                .hands_over_code(&place)
                .then_some(Handed::Code(place)),
            false => company
                .hands_over_password(&place, original(place.clone()))
                .then_some(Handed::Password(place)),
        });
    with_figures
        .chain(company.words_said().map(Handed::Password))
        .collect()
}

/// Whether a word stands in a text that is worth a look at what is near it.
pub(super) fn may_be_in(text: &str) -> bool {
    tokens(text).any(|token| match token.made() {
        Made::AtRandom => true,
        Made::WithDigits => password::like_password(token.word()) > 0,
        Made::LikeName | Made::AsWords => false,
    })
}

/// The words between gaps, without the marks around them; an exclamation mark
/// may be a password's.
fn words(text: &str) -> impl Iterator<Item = Range<usize>> {
    let gap = |c: char| c.is_ascii_whitespace();
    text.split(gap).filter_map(move |raw| {
        let word = raw.trim_matches(|c: char| "\"'()[]<>,;:.?".contains(c));
        let start = word.as_ptr() as usize - text.as_ptr() as usize;
        (!word.is_empty()).then(|| start..start + word.len())
    })
}

fn has_figure(word: &str) -> bool {
    word.bytes().any(|byte| byte.is_ascii_digit())
}

/// A list of words.
struct Words(&'static str);

impl Words {
    fn has(&self, word: &str) -> bool {
        self.0.split(' ').any(|one| one == word)
    }
}

/// A text, and what is said of passwords in it.
struct Company<'t, 'h> {
    folded: &'t str,
    hits: &'h [Hit<'h>],
}

impl Company<'_, '_> {
    fn speaks_of_secrets(&self, place: &Range<usize>) -> bool {
        self.hits.iter().any(|hit| {
            matches!(
                &*hit.pattern.category,
                "secrets" | "locks" | "hands-over" | "signs-in" | "accounts"
            ) && hit.folded.start <= place.end + BEHIND
                && place.start <= hit.folded.end + EARLIER
        })
    }

    /// Where the nearest word of a category stands.
    fn nearest(&self, category: &str, place: &Range<usize>, sentence: &Sentence<'_>) -> Near {
        let of = |hit: &&Hit<'_>| hit.pattern.category == category;
        let hits = self.hits.iter().filter(of).map(|hit| &hit.folded);
        hits.fold(Near::No, |nearest, hit| {
            let before = place.start.checked_sub(hit.end);
            let behind = hit.start.checked_sub(place.end);
            let inside = sentence.holds(hit)
                && (before.is_some_and(|gap| gap <= BEFORE)
                    || behind.is_some_and(|gap| gap <= BEHIND));
            match before {
                _ if inside => Near::Beside,
                Some(gap) if gap <= EARLIER && nearest == Near::No => Near::Earlier,
                _ => nearest,
            }
        })
    }

    /// The words before a place, the nearest first.
    fn before(&self, place: &Range<usize>) -> impl Iterator<Item = &str> + Clone {
        self.folded[..place.start].split_ascii_whitespace().rev()
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Near {
    /// In the same sentence.
    Beside,
    /// A little before it, in another.
    Earlier,
    No,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::patterns::{Folded, Packs, Scanned, Topic};

    fn handed(text: &str) -> Vec<String> {
        let packs = Packs::builtin();
        let scanned = Scanned::new(Folded::prose(text), &packs);
        let hits = scanned.hits(Topic::Passwords);
        let original = |place: Range<usize>| &text[scanned.locate(text, place)];
        over(scanned.as_str(), &hits, original)
            .into_iter()
            .map(|handed| match handed {
                Handed::Password(place) | Handed::Code(place) => original(place).to_owned(),
            })
            .collect()
    }

    #[test]
    fn words_are_handed_over_by_the_company_they_keep() {
        for (text, expected) in [
            (
                "Use my login until yours is sorted: jbarton, Sumner2024.",
                "Sumner2024",
            ),
            (
                "My SIMS details are jbarton then Rugby1995, please.",
                "Rugby1995",
            ),
            (
                "If Arbor logs you out the pass is Kestrel19 again.",
                "Kestrel19",
            ),
            (
                "The admin password on the server is old, it's still Sn0wball.",
                "Sn0wball",
            ),
            ("Teach3r! is the password for the laptop.", "Teach3r!"),
            (
                "My password is kestrel, all small letters, log on before nine.",
                "kestrel",
            ),
            (
                "School YouTube: media@mail.example // Broadc4st",
                "Broadc4st",
            ),
        ] {
            assert!(handed(text).contains(&expected.to_owned()), "{text}");
        }
        for text in [
            "We are moving to Windows11, log in as usual.",
            "Her user name is 25haworthm, and she can log in with it.",
            "Log in to the portal and choose Autumn2 or Year10 from the list.",
            "My password is wrong, I can't log in.",
            "The password for the portal is written on the board.",
            "Kestrel19 is the name of the boat.",
            "",
        ] {
            assert_eq!(handed(text), [""; 0], "{text}");
        }
    }

    #[test]
    fn codes_are_handed_over_with_their_lock() {
        for (text, expected) in [
            (
                "The code for the side gate has changed, it's 5518 now",
                "5518",
            ),
            ("Alarm: 7741 then the tick", "7741"),
            ("Or use 2580# on the keypad by the kitchen.", "2580#"),
            ("The safe in the bursar's office is 33-17-62.", "33-17-62"),
            ("Take the side gate. 4471 opens it.", "4471"),
            ("door entry is C4471Z", "C4471Z"),
            ("Forgot to say, the padlock's 0451", "0451"),
        ] {
            assert!(handed(text).contains(&expected.to_owned()), "{text}");
        }
        for text in [
            "The alarm went off at 0412, log number 338.",
            "The gate is shut at 0845; ring 01632 960 400.",
            "The door is 1981 mm high and the gate was 2026 pounds.",
            "Safe arrival: 1200 pupils.",
            "The printer shows error code 4920.",
            "The printer is an HP450dn.",
        ] {
            assert_eq!(handed(text), [""; 0], "{text}");
        }
    }

    #[test]
    fn long_and_odd_texts_are_walked() {
        for text in [
            "password x1 ".repeat(2_000),
            "\u{130}1\u{feff} pw É2 ".repeat(2_000),
        ] {
            handed(&text);
        }
    }
}
