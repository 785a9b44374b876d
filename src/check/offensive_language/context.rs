//! Whose words they are: the writer's own, or words that are reported, quoted
//! from a book, or logged.

use crate::check::Screened;
use crate::check::speech::{Sentence, is_forwarded};
use crate::extract::{Role, Text};
use crate::patterns::{Hit, Scanned, Topic};

use super::Kind;

/// From this sum of weights on a text is a record, or about a book or lesson.
const ENOUGH: i32 = 3;
/// A new text of more than this length is more than a laugh, in bytes.
const REMARK: usize = 300;

const OTHER_PEOPLES: &str = "it reports what somebody else said";
const QUOTED: &str = "it is quoted in a mail about an incident, a book or a lesson";
const SPOKEN_OF: &str = "it is spoken of as a word";
const RECORD: &str = "it stands in a record of what happened";
const STUDY: &str = "it stands in a text about books, lessons or training";

/// What a whole mail is about, by the words of its subject and its bodies.
#[derive(Debug, Clone, Copy)]
pub(super) struct Context {
    record: i32,
    study: i32,
    joke: bool,
}

impl Context {
    pub(super) fn of(mail: &Screened<'_>) -> Self {
        let mut context = Self {
            record: 0,
            study: 0,
            joke: false,
        };
        let (mut new, mut amused) = (0, false);
        for (index, text) in mail.reading.texts.iter().enumerate() {
            if text.role == Role::Attachment {
                continue;
            }
            let scanned = mail.prose(index);
            context.add(scanned);
            if text.role == Role::Body {
                new += text.text.trim().len();
                amused |= scanned.has(Topic::OffensiveLanguage, |pattern| {
                    pattern.category == "amused"
                });
            }
        }
        let remark = new == 0 || amused && new <= REMARK;
        context.joke = is_forwarded(mail.reading) && remark && context.record < ENOUGH;
        context
    }

    /// The same with what a file itself says.
    pub(super) fn with(self, text: &Text, scanned: &Scanned<'_>) -> Self {
        let mut context = self;
        if text.role == Role::Attachment {
            context.add(scanned);
        }
        context
    }

    /// Whether what the mail forwards goes on because its sender laughed.
    pub(super) fn passes_on_a_joke(&self) -> bool {
        self.joke
    }

    /// Why words of this kind do not count in this sentence, if they don't.
    pub(super) fn objection(
        &self,
        kind: Kind,
        sentence: &Sentence<'_>,
        reports: &[Hit<'_>],
    ) -> Option<&'static str> {
        if self.joke {
            return None;
        }
        let told = |hit: &Hit<'_>| match &*hit.pattern.category {
            "reports" => sentence.holds_before(&hit.folded) && !sentence.is_own(&hit.folded),
            // "… is a racial slur" stands behind the word.
            _ => sentence.holds(&hit.folded) && !sentence.is_own(&hit.folded),
        };
        if reports.iter().any(told) {
            return Some(OTHER_PEOPLES);
        }
        if kind != Kind::Threat && sentence.is_a_word_in_quotation_marks() {
            return Some(SPOKEN_OF);
        }
        // A slogan below one's name is quoted, too: here a lesson's mere mention
        // is not enough.
        let about_it = match kind {
            Kind::Extremist => self.study > 1,
            _ => self.study > 0,
        };
        if sentence.is_in_quotation_marks() && (self.record > 0 || about_it) {
            return Some(QUOTED);
        }
        if sentence.addresses_reader() {
            return None;
        }
        if self.record >= ENOUGH && !sentence.is_in_the_first_person() {
            return Some(RECORD);
        }
        let lessons_have = matches!(
            kind,
            Kind::Extremist | Kind::Slur | Kind::Sexual | Kind::Threat
        );
        (self.study >= ENOUGH && lessons_have).then_some(STUDY)
    }

    fn add(&mut self, scanned: &Scanned<'_>) {
        let hits = scanned.hits_of(Topic::OffensiveLanguage, |pattern| {
            matches!(&*pattern.category, "record" | "study")
        });
        let mut seen = std::collections::BTreeSet::new();
        for hit in hits {
            if !seen.insert(&scanned.as_str()[hit.folded.clone()]) {
                continue;
            }
            match &*hit.pattern.category {
                "record" => self.record += hit.pattern.weight,
                _ => self.study += hit.pattern.weight,
            }
        }
    }
}
