//! The passage of a mail that reads most like labelled ones.

use crate::extract::Text;
use crate::finding::{Finding, RuleId, Weight};
use crate::patterns::{Learned, Likeness, Scanned};
use crate::school::School;

use super::masking;

#[derive(Debug)]
pub(super) struct Passage<'a> {
    pub(super) text: &'a Text,
    pub(super) scanned: &'a Scanned<'a>,
    pub(super) likeness: Likeness,
}

/// The likeliest passage of some texts; none, where they say nothing.
pub(super) fn likeliest<'a>(
    texts: impl IntoIterator<Item = (&'a Text, &'a Scanned<'a>)>,
    learned: Learned,
) -> Option<Passage<'a>> {
    let passages = texts.into_iter().filter_map(|(text, scanned)| {
        Some(Passage {
            text,
            scanned,
            likeness: scanned.likeliest(learned)?,
        })
    });
    passages.max_by(|a, b| a.likeness.score.total_cmp(&b.likeness.score))
}

impl Passage<'_> {
    /// Tells the whole passage, masked.
    pub(super) fn finding(
        &self,
        rule: RuleId,
        what: &str,
        confidence: f32,
        school: &School,
    ) -> Finding {
        let place = self
            .scanned
            .locate(&self.text.text, self.likeness.passage.clone());
        Finding {
            rule,
            location: masking::location(&self.text.location, school),
            what: what.to_owned(),
            excerpt: masking::masked(self.text.text[place].trim(), school),
            confidence,
            pupils: Vec::new(),
            weight: Weight::Ordinary,
            suppressed: None,
        }
    }
}
