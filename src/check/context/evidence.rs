//! What in a name's line speaks of pupils: words of school life, relations,
//! what persons do, forms and years.

use crate::school::names::words::WORDS;

use super::Around;
use super::words::{is_blank, is_form, is_occasion, is_year};

impl Around<'_> {
    /// A form, a year, or where pupils' work is shown.
    pub(super) fn speaks_of_school_work(&self) -> bool {
        self.speaks_of_form() || self.line_words().any(|word| WORDS.shown.contains(&word))
    }

    pub(super) fn speaks_of_form(&self) -> bool {
        let words: Vec<String> = self.line_words().collect();
        words
            .iter()
            .enumerate()
            .any(|(n, word)| is_form(word) || is_year(word, words.get(n + 1).map(String::as_str)))
    }

    pub(super) fn speaks_of_pupil(&self) -> bool {
        self.has_pupil_word() || self.is_related() || self.has_pronoun()
    }

    pub(super) fn has_pupil_word(&self) -> bool {
        self.line_words()
            .any(|word| WORDS.pupil_words.contains(&word))
    }

    /// `Summer Field's mum`, and not `Rose Garden's opening`.
    pub(super) fn possessive_of_person(&self) -> bool {
        self.possessive
            && !self
                .after
                .iter()
                .take(2)
                .any(|word| is_occasion(word) || WORDS.venues.contains(&word.lower))
    }

    /// `mum of …`, `… and brother`.
    pub(super) fn is_related(&self) -> bool {
        let near = self.before.iter().take(2).chain(self.after.iter().take(2));
        near.into_iter()
            .any(|word| WORDS.relations.contains(&word.lower))
    }

    pub(super) fn speaks_of_occasion(&self) -> bool {
        self.line_words().any(|word| WORDS.events.contains(&word))
    }

    /// `… forgot`, `… was late`: what persons do.
    pub(super) fn has_deed(&self) -> bool {
        let deed = self
            .after
            .iter()
            .take_while(|word| is_blank(word.gap))
            .find(|word| !WORDS.auxiliaries.contains(&word.lower));
        deed.is_some_and(|word| {
            WORDS.deeds.contains(&word.lower)
                || WORDS.shared_deeds.contains(&word.lower) && self.speaks_of_form()
        })
    }

    /// `… said he was`.
    pub(super) fn has_pronoun(&self) -> bool {
        self.after
            .iter()
            .any(|word| WORDS.pronouns.contains(&word.lower))
    }

    /// The line's words in lower case, those of the name left out.
    pub(super) fn line_words(&self) -> impl Iterator<Item = String> + '_ {
        let before = &self.text[self.line.start..self.name.range.start];
        let after = &self.text[self.name.range.end..self.line.end];
        [before, after]
            .into_iter()
            .flat_map(|part| part.split(|c: char| !c.is_alphanumeric()))
            .filter(|word| !word.is_empty())
            .map(str::to_lowercase)
    }
}
