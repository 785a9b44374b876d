//! Chains that ask in words of their own.

use crate::check::masking;
use crate::extract::Text;
use crate::finding::{Finding, RuleId, Weight};
use crate::patterns::{Learned, Pattern, Scanned, Topic};
use crate::school::School;

use super::{BOUNDED, ENOUGH, confidence};

/// How much a passage has to read like a chain to be one without a request
/// that is known.
const ALIKE: f32 = 0.9;

/// A chain without a request that is known, by the way that it reads. A word
/// of warning, or of a lesson, is enough for it to be none.
pub(super) fn reads_like_one(texts: &[(&Text, &Scanned<'_>)], school: &School) -> Option<Finding> {
    let speaks_against =
        |pattern: &Pattern| pattern.category == "lesson" || pattern.weight <= BOUNDED;
    if texts
        .iter()
        .any(|(_, scanned)| scanned.has(Topic::ChainMessage, speaks_against))
    {
        return None;
    }
    let passages = texts.iter().filter_map(|(text, scanned)| {
        let likeness = scanned.likeliest(Learned::Chain)?;
        (likeness.score >= ALIKE).then_some((text, scanned, likeness))
    });
    let (text, scanned, likeness) =
        passages.max_by(|(.., a), (.., b)| a.score.total_cmp(&b.score))?;
    let place = scanned.locate(&text.text, likeness.passage);
    Some(Finding {
        rule: RuleId::ChainMessage,
        location: masking::location(&text.location, school),
        what: "what reads like a message to be passed on and on".to_owned(),
        excerpt: masking::masked(text.text[place].trim(), school),
        confidence: confidence(ENOUGH),
        pupils: Vec::new(),
        weight: Weight::Ordinary,
        suppressed: None,
    })
}
