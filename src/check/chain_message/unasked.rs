//! Chains that ask in words of their own.

use crate::check::likeness;
use crate::extract::Text;
use crate::finding::{Finding, RuleId};
use crate::patterns::{Learned, Pattern, Scanned, Topic};
use crate::school::School;

use super::{BOUNDED, ENOUGH, confidence};

/// How much a passage has to read like a chain to be one without a request
/// that is known.
const ALIKE: f32 = 1.1;

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
    let passage = likeness::likeliest(texts.iter().copied(), Learned::Chain)?;
    (passage.likeness.score >= ALIKE).then(|| {
        let what = "what reads like a message to be passed on and on";
        passage.finding(RuleId::ChainMessage, what, confidence(ENOUGH), school)
    })
}
