//! Initials in place of names, for all that leaves a check.

use std::fmt::Write;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use super::{Match, Names, Writing};

impl Names {
    /// The text with every pupil's name replaced by initials, whatever the
    /// name means there: `Marks for Zoë O'Brien` is `Marks for Z.O.`, and
    /// `ZoeOBrien.docx` is `Z.O.docx`.
    pub fn mask(&self, text: &str) -> String {
        let mut masked = text.to_owned();
        // Where names run into one another, masking one can lay bare the next.
        for _ in 0..=text.len() {
            let names = self.find(&masked, Writing::Joined);
            if names.is_empty() {
                break;
            }
            masked = with_initials(&masked, &names);
        }
        masked
    }
}

fn with_initials(text: &str, names: &[Match]) -> String {
    let mut masked = String::with_capacity(text.len());
    let mut done = 0;
    for name in names {
        masked.push_str(&text[done..name.range.start]);
        masked.push_str(&initials(text, name));
        done = name.range.end;
        // The full stop of the last initial serves the sentence as well.
        if text[done..].starts_with('.') {
            masked.pop();
        }
    }
    masked.push_str(&text[done..]);
    masked
}

/// The initials of forename and surname as the text writes them: `Z.O.`
pub(crate) fn initials(text: &str, name: &Match) -> String {
    [&name.forename, &name.surname]
        .into_iter()
        .fold(String::new(), |mut initials, part| {
            let _ = write!(initials, "{}.", initial(&text[part.clone()]));
            initials
        })
}

/// A name's first letter, a capital, with its diacritics.
fn initial(name: &str) -> String {
    let mut letters = name.chars().skip_while(|c| !c.is_alphabetic());
    let first = letters.next().unwrap_or('?');
    let marks = letters.take_while(|&c| is_combining_mark(c));
    let composed: String = std::iter::once(first).chain(marks).nfc().collect();
    // ß has two capitals and ﬁ too; one is enough. Marks that did not
    // compose stay.
    let mut rest = composed.chars();
    let capital = rest.next().and_then(|c| c.to_uppercase().next());
    capital.into_iter().chain(rest).collect()
}
