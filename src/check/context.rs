//! Whether a pupil's name means the pupil where it stands.
//!
//! Looks at the words beside the name and at the rest of its line. An
//! ordinary name means the pupil unless a title, a post, an author's credit
//! or a street sign says otherwise; a name made of everyday words has to be
//! written as a name and to keep company that speaks of pupils.

use std::ops::Range;

use crate::school::names::words::WORDS;
use crate::school::names::{Everyday, Match, Nature, folded};

mod evidence;
mod words;

use words::{
    Word, is_blank, is_form, is_loose, is_occasion, is_small, is_year, joined, line_around,
    words_after, words_before,
};

/// Why a name does not count where it stands.
pub(super) type Reason = &'static str;

pub(super) const WORDS_ALONE: Reason =
    "its words have an everyday meaning, and nothing near speaks of a pupil";
const WORDS_SMALL: Reason = "its words have an everyday meaning, and are not written as a name";
const WORDS_PLACE: Reason = "its words name a place or an occasion here";
const TITLE: Reason = "a title stands before it";
const POST: Reason = "an adult's post or honour stands after it";
const CREDIT: Reason = "it names an author or somebody well known";
const LIFE: Reason = "the years of a life stand after it";
const PLACE: Reason = "it is part of the name of a place or a body";

/// What stands around a name.
pub(super) struct Around<'t> {
    text: &'t str,
    name: &'t Match,
    line: Range<usize>,
    /// The words before it on the line, the nearest first.
    before: Vec<Word<'t>>,
    /// The words after it on the line, the nearest first.
    after: Vec<Word<'t>>,
    possessive: bool,
}

impl<'t> Around<'t> {
    pub(super) fn new(text: &'t str, name: &'t Match) -> Self {
        let line = line_around(text, &name.range);
        let after = &text[name.range.end..line.end];
        let unpossessed = after
            .strip_prefix(['\'', '’'])
            .and_then(|rest| rest.strip_prefix(['s', 'S']))
            .filter(|rest| !rest.starts_with(char::is_alphanumeric));
        Self {
            text,
            name,
            before: words_before(&text[line.start..name.range.start]),
            after: words_after(unpossessed.unwrap_or(after)),
            possessive: unpossessed.is_some(),
            line,
        }
    }

    /// Why the name does not mean the pupil, if its surroundings say so.
    /// `form` is the pupil's own, where the roster has one.
    pub(super) fn objection(&self, form: Option<&str>) -> Option<Reason> {
        let nature = self.name.nature;
        let pupil = self.is_beside_form(form);
        if self.has_title(pupil) {
            return Some(TITLE);
        }
        if self.has_post() {
            return Some(POST);
        }
        if pupil {
            return self.small_words(nature, true);
        }
        if self.has_years_of_life() {
            return Some(LIFE);
        }
        if self.has_credit() || nature.well_known && self.speaks_of_culture() {
            return Some(CREDIT);
        }
        if self.is_on_a_sign() {
            return Some(PLACE);
        }
        self.small_words(nature, false)
            .or_else(|| self.everyday(nature))
    }

    /// A pupil's form or year stands right beside the name: `9EH`, `(Year 9)`.
    pub(super) fn is_beside_form(&self, form: Option<&str>) -> bool {
        self.form_follows(form) || self.form_precedes(form) || self.is_of_form(form)
    }

    fn form_follows(&self, form: Option<&str>) -> bool {
        let [first, rest @ ..] = &self.after[..] else {
            return false;
        };
        let next = rest.first().filter(|next| is_blank(next.gap));
        // `Summer Field, Year 9 trip` is about a trip.
        let occasion = rest.iter().take(2).any(is_occasion);
        is_loose(first.gap)
            && (is_form_or(form, first.text)
                || is_year(first.text, next.map(|next| next.text)) && !occasion)
    }

    /// `in 11C`, `of 7B`; but a trip to Summer Field of 8C is one of 8C's.
    fn is_of_form(&self, form: Option<&str>) -> bool {
        let [first, second, ..] = &self.after[..] else {
            return false;
        };
        let led = self.before.first().is_some_and(|word| {
            is_blank(word.gap)
                && (WORDS.articles.contains(&word.lower)
                    || word.lower == "to" && self.speaks_of_occasion())
        });
        is_blank(first.gap)
            && is_blank(second.gap)
            && matches!(first.lower.as_str(), "in" | "of" | "from")
            && is_form_or(form, second.text)
            && !led
    }

    /// A year before the name tells only of an ordinary one: `Year 8 Victoria
    /// Park` is a place to go to, `Year 9 William Blake` a topic.
    fn form_precedes(&self, form: Option<&str>) -> bool {
        let [first, rest @ ..] = &self.before[..] else {
            return false;
        };
        let ordinary = !self.name.nature.reads_as_words() && !self.name.nature.well_known;
        let year = || {
            is_year(first.text, None)
                || is_blank(first.gap)
                    && rest
                        .first()
                        .is_some_and(|word| is_year(word.text, Some(first.text)))
        };
        is_loose(first.gap) && (is_form_or(form, first.text) || ordinary && year())
    }

    /// A title makes the bearer an adult; `Miss` and `Master` only where
    /// nothing says otherwise.
    fn has_title(&self, pupil: bool) -> bool {
        self.before.first().is_some_and(|word| {
            matches!(word.gap.trim_end_matches(char::is_whitespace), "" | ".")
                && !word.gap.contains('\t')
                && (WORDS.titles.contains(&word.lower) && !self.is_captain(word)
                    || WORDS.young_titles.contains(&word.lower)
                        && !pupil
                        && !self.speaks_of_pupil())
        })
    }

    /// `Football captain Jake Holroyd`: a rank that something of the school's
    /// stands before is a pupil's.
    fn is_captain(&self, title: &Word<'_>) -> bool {
        matches!(title.lower.as_str(), "captain" | "capt")
            && (is_small(title.text) || self.before.get(1).is_some_and(|word| is_blank(word.gap)))
    }

    /// `Jane Smith, Head of Year 9`, `John Brown (teacher)`, `Ann Lee MBE`.
    fn has_post(&self) -> bool {
        let Some(first) = self.after.first() else {
            return false;
        };
        // `BEd` and `MA`, where capitals mean something: no `Bed`, no `Ma`.
        let capitals = |text: &str| text.chars().filter(|c| c.is_uppercase()).count();
        let shouted = !self.text[self.name.range.clone()].contains(char::is_lowercase);
        if is_blank(first.gap.trim_start_matches(',')) && capitals(first.text) > 1 && !shouted {
            return WORDS.honours.contains(&first.lower);
        }
        if !matches!(first.gap.trim(), "," | "(" | ", (") {
            return false;
        }
        let said = joined(self.after.iter());
        WORDS.posts.iter().any(|post| {
            let Some(rest) = said.strip_prefix(post.as_str()) else {
                return false;
            };
            let words = post.split(' ').count();
            let closed = self.after.get(words).is_none_or(|next| {
                !next.gap.trim().is_empty()
                    || matches!(next.lower.as_str(), "of" | "at" | "for" | "and" | "in")
            });
            // `head boy` is no `head`, `social workers` no `social worker`.
            (rest.is_empty() || rest.starts_with(' '))
                && (closed || post.ends_with(" of") || post.ends_with(" to"))
        })
    }

    /// `(1757–1827)`, `(born 1946)`, `b. 1946`.
    fn has_years_of_life(&self) -> bool {
        let mut words = self.after.iter();
        let first = words.next();
        let born = first
            .is_some_and(|word| matches!(word.lower.as_str(), "born" | "b" | "c" | "d" | "died"));
        let year = if born { words.next() } else { first };
        let enclosed =
            first.is_some_and(|word| word.gap.trim_end().ends_with(['(', '[', ',']) || born);
        let long_ago = |word: &Word<'_>| {
            word.text.len() == 4
                && word
                    .text
                    .parse::<u16>()
                    .is_ok_and(|year| (1000..1990).contains(&year))
        };
        enclosed && year.is_some_and(long_ago)
    }

    /// `poems by …`, `the author …`.
    fn has_credit(&self) -> bool {
        let near: Vec<&Word<'_>> = self
            .before
            .iter()
            .take(3)
            .take_while(|word| word.gap.trim().is_empty())
            .collect();
        let said = joined(near.into_iter().rev());
        // An ordinary name below a pupil's own work is the pupil's.
        let own = !self.name.nature.well_known && self.speaks_of_school_work();
        WORDS.credits.iter().any(|credit| {
            if own && credit.ends_with(" by") {
                return false;
            }
            said.strip_suffix(credit.as_str())
                .is_some_and(|rest| rest.is_empty() || rest.ends_with(' '))
        })
    }

    /// More of the line speaks of books, art and history than of pupils.
    fn speaks_of_culture(&self) -> bool {
        let (mut culture, mut pupils) = (0, 0);
        for word in self.line_words() {
            culture += usize::from(WORDS.culture.contains(&word));
            pupils += usize::from(WORDS.pupil_words.contains(&word));
        }
        culture > pupils
            || self
                .after
                .iter()
                .take(3)
                .any(|word| WORDS.venues.contains(&word.lower) && !is_small(word.text))
    }

    /// `… Road`, `… Foundation`, with a capital; but `… Theatre Trip` is
    /// somebody's trip.
    fn is_on_a_sign(&self) -> bool {
        let [first, rest @ ..] = &self.after[..] else {
            return false;
        };
        !self.possessive
            && is_blank(first.gap)
            && !is_small(first.text)
            && WORDS.streets.contains(&first.lower)
            && !rest
                .first()
                .is_some_and(|word| is_occasion(word) || WORDS.sign_partners.contains(&word.lower))
    }

    /// Everyday words in small letters: `Zoe may need`, `will Smith come`.
    fn small_words(&self, nature: Nature, beside_form: bool) -> Option<Reason> {
        let forename = &self.text[self.name.forename.clone()];
        let small_forename = is_small(forename);
        let small_surname = is_small(&self.text[self.name.surname.clone()]);
        let small = if nature.reads_as_words() {
            small_forename || small_surname
        } else {
            let (everyday_forename, everyday_surname) = (
                nature.forename != Everyday::No,
                nature.surname != Everyday::No,
            );
            let verb = small_forename && small_surname && WORDS.verbs.contains(&folded(forename));
            everyday_forename && small_forename && !small_surname
                || everyday_surname && small_surname && !small_forename
                || verb && !beside_form && !self.has_pupil_word()
        };
        small.then_some(WORDS_SMALL)
    }

    /// What else has to be right about a name of everyday words.
    fn everyday(&self, nature: Nature) -> Option<Reason> {
        if nature.forename == Everyday::No || nature.surname == Everyday::No {
            return None;
        }
        let pupil = self.possessive_of_person()
            || self.is_related()
            || self.has_pronoun()
            || self.has_deed();
        let place = self
            .before
            .first()
            .is_some_and(|word| is_blank(word.gap) && WORDS.articles.contains(&word.lower))
            || self.after.first().is_some_and(|word| {
                is_blank(word.gap) && !self.possessive && WORDS.venues.contains(&word.lower)
            });
        if !nature.reads_as_words() {
            return (place && !pupil && !self.has_pupil_word()).then_some(WORDS_PLACE);
        }
        let occasion = self.after.first().is_some_and(|word| {
            is_blank(word.gap)
                && !self.possessive
                && (is_occasion(word) || word.text.starts_with(|c: char| c.is_ascii_digit()))
        });
        if place || occasion {
            return Some(WORDS_PLACE);
        }
        let speaks = pupil || self.has_pupil_word() && !self.speaks_of_occasion();
        let months = [&self.name.forename, &self.name.surname]
            .into_iter()
            .all(|part| MONTHS.contains(&folded(&self.text[part.clone()]).as_str()));
        (!speaks || months).then_some(WORDS_ALONE)
    }

    /// The name fills a cell, or two neighbouring ones, of a table.
    pub(super) fn fills_cells(&self) -> bool {
        let before = self.text[..self.name.range.start].chars().next_back();
        let after = self.text[self.name.range.end..].chars().next();
        let border = |c: Option<char>| c.is_none_or(|c| matches!(c, '\t' | '\n'));
        border(before) && border(after)
    }

    /// The name is all that its line says.
    pub(super) fn fills_line(&self) -> bool {
        self.before.is_empty() && self.after.is_empty()
    }
}

/// Whether a word is this form, or looks like one.
fn is_form_or(form: Option<&str>, word: &str) -> bool {
    form.is_some_and(|form| form.eq_ignore_ascii_case(word)) || is_form(word)
}

/// Whether a table's first row heads a list of people.
pub(super) fn heads_people(text: &str) -> bool {
    let first = text.lines().next().unwrap_or("");
    first
        .split(|c: char| !c.is_alphanumeric())
        .any(|word| WORDS.headings.contains(&word.to_lowercase()))
}

/// Whether what stands between two names only lists them: commas, `and`,
/// forms, line ends.
pub(super) fn only_lists(between: &str) -> bool {
    between.len() <= 60
        && between
            .split(|c: char| !c.is_alphanumeric())
            .filter(|word| !word.is_empty())
            .all(|word| word == "and" || is_form(word) || word.parse::<u8>().is_ok())
}

const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];
