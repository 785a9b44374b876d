//! What asks nobody to pass anything on, though it reads so: disclaimers and
//! the feet of newsletters, negated requests and reported ones; and warnings
//! that are a part of a request.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use crate::patterns::Hit;

use super::{NEAR, UNMISTAKABLE, WARNING};

/// How far before a request its negation may stand, in bytes.
const NEGATION: usize = 100;

/// Without what mail programs, solicitors and newsletters put below a message:
/// from the sentence that gives a disclaimer away to the end of its paragraph.
/// A disclaimer asks nobody to tell ten people; where one seems to, somebody
/// wrote it.
pub(super) fn without_boilerplate<'h>(mut hits: Vec<Hit<'h>>, text: &str) -> Vec<Hit<'h>> {
    let mut left_out: Vec<Range<usize>> = Vec::new();
    for hit in &hits {
        let from = left_out.last().map_or(0, |last| last.end);
        if hit.pattern.category != "boilerplate" || hit.folded.start < from {
            continue;
        }
        let start = text[from..hit.folded.start]
            .rfind(['.', '!', '?', '\n'])
            .map_or(from, |at| from + at + 1);
        let end = text[hit.folded.end..]
            .find('\n')
            .map_or(text.len(), |at| hit.folded.end + at);
        left_out.push(start..end);
    }
    left_out.retain(|range| {
        let first = hits.partition_point(|hit| hit.folded.start < range.start);
        !hits[first..]
            .iter()
            .take_while(|hit| hit.folded.start < range.end)
            .any(|hit| hit.pattern.category == "pass-on" && hit.pattern.weight >= UNMISTAKABLE)
    });
    hits.retain(|hit| {
        let before = left_out.partition_point(|range| range.start <= hit.folded.start);
        hit.pattern.category != "boilerplate"
            && left_out[..before]
                .last()
                .is_none_or(|range| range.end <= hit.folded.start)
    });
    hits
}

/// Whether the words before a request turn it into its opposite: "do not copy
/// it or forward it to anybody", but not "if you do not forward it".
pub(super) fn is_negated(text: &str, request: usize) -> bool {
    static NEGATED: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(concat!(
            r"(?:^|[^a-z'])(?P<condition>(?:(?:if|unless|when|because) (?:you|they|we|it|somebody|someone)|who|whoever|those|people) )?",
            r"(?:do not|don't|never|must not|mustn't|should not|may not|can ?not|can't|please avoid|not to|without)",
            r"(?: (?:please|copy|copying|print|distribute|disclose|disseminate|forward|share|use|use of|pass|send|reply|click|open|read|retain|store|keep|it|this|that|them|the|message|e-?mail|contents?|any|part|of|on|or|and|nor|to|in|way|attachments?),?){0,14} $",
        ))
        .expect("a good expression")
    });
    // What people have done is told of, not asked for.
    static TOLD_OF: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"(?:^|[^a-z'])(?:(?:people|everyone|they|parents|pupils|strangers|we|i) (?:have|had|were)|i've|we've|they've) (?:all |already |now )?(?:been )?$")
            .expect("a good expression")
    });
    let mut start = request.saturating_sub(NEGATION);
    while !text.is_char_boundary(start) {
        start += 1;
    }
    NEGATED
        .captures(&text[start..request])
        .is_some_and(|found| found.name("condition").is_none())
        || TOLD_OF.is_match(&text[start..request])
}

/// Without warnings that are a part of a request: "don't forward it" in "if
/// you don't forward it to ten people".
pub(super) fn without_swallowed(hits: Vec<Hit<'_>>) -> Vec<Hit<'_>> {
    let requests: Vec<Range<usize>> = hits
        .iter()
        .filter(|hit| hit.pattern.category == "pass-on")
        .map(|hit| hit.folded.clone())
        .collect();
    hits.into_iter()
        .filter(|hit| {
            let before = requests.partition_point(|request| request.start < hit.folded.start);
            hit.pattern.weight > WARNING
                || !requests[..before]
                    .iter()
                    .rev()
                    .take_while(|request| request.start + NEAR > hit.folded.start)
                    .any(|request| request.end > hit.folded.start)
        })
        .collect()
}
