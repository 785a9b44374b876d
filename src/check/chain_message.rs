//! `chain-message`: chain letters, hoaxes, "send this to ten people".
//!
//! **What it looks for.** A request to pass the message on to an audience
//! that is unbounded ("everyone you know") or only numbered ("ten friends"),
//! together with what makes people comply: luck or a threat, a reward or a
//! charity per forward, "this is not a hoax", an alarm, an appeal to friends,
//! a list of names to join. The request is the gate: nothing fires without
//! one. Everything within [`NEAR`] of it adds its weight, a second sign of the
//! same kind a little more, and from [`ENOUGH`] on the message is a chain. Being forwarded again and
//! again adds a little, and more where several others of the school have sent
//! the same within two days and nothing speaks against it.
//!
//! **Why.** "The forwarding of any chain messages/emails etc. is not
//! permitted." A hoax with the school's address above it looks like the
//! school's word.
//!
//! **Example.** "Forward this to ten friends before midnight or you will have
//! seven years of bad luck."
//!
//! **What passes.** Warnings about a chain ("do not forward it, it is a
//! hoax"), also above the chain that they quote; lessons on persuasion;
//! cascades to a known group ("pass this on to your form group"); "share with
//! friends and family: our summer fair"; deep threads. A negated request is no
//! request, and disclaimers and the feet of newsletters are left out.
//!
//! It looks at subject, new and quoted text together, since a forwarded chain
//! is mostly quotation, and at attached texts one by one.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use crate::extract::{Role, Text};
use crate::finding::{Finding, RuleId, Weight};
use crate::patterns::{Hit, Pattern, Scanned, Topic};
use crate::school::School;

use super::{Check, Screened, masking};

/// How far from the request, in bytes, its reasons may stand.
const NEAR: usize = 500;
/// The sum of weights from which on a request to pass on is a chain.
const ENOUGH: i32 = 4;
/// The weight of a plain warning, which speaks for the whole message.
const WARNING: i32 = -6;
/// The weight of a request that nobody makes in passing.
const UNMISTAKABLE: i32 = 3;
/// How many others have to have sent the same for it to spread, and what that
/// adds.
const SEVERAL: usize = 2;
const SPREADING: i32 = 2;
/// How far before a request its negation may stand, in bytes.
const NEGATION: usize = 100;
/// Beyond this length an attachment is no letter: 100 KB.
const LETTER: usize = 100 * 1024;

#[derive(Debug)]
pub(super) struct ChainMessage;

impl Check for ChainMessage {
    fn id(&self) -> RuleId {
        RuleId::ChainMessage
    }

    fn inspect(&self, mail: &Screened<'_>, school: &School) -> Vec<Finding> {
        let texts = || mail.reading.texts.iter().enumerate();
        let scanned = |(index, text)| (text, mail.prose(index));
        let own = texts()
            .filter(|(_, text)| text.attachment.is_none())
            .map(scanned)
            .collect();
        let letters = texts()
            .filter(|(_, text)| {
                text.role == Role::Attachment && !text.table && text.text.len() <= LETTER
            })
            .map(|text| vec![scanned(text)]);
        std::iter::once(own)
            .chain(letters)
            .filter_map(|texts| {
                let spreads = mail.history.alike >= SEVERAL;
                let letter = Letter::new(texts, spreads)?;
                let chain = letter.strongest_request()?;
                Some(letter.finding(&chain, school))
            })
            .collect()
    }
}

/// Texts that are read together, in their order.
struct Letter<'a> {
    texts: Vec<(&'a Text, &'a Scanned<'a>)>,
    /// The folded texts, one after the other.
    joined: String,
    /// Where each text starts in the joined one.
    starts: Vec<usize>,
    /// What was found in it.
    hits: Vec<Hit<'a>>,
    /// Several others have sent the same.
    spreads: bool,
}

/// A request to pass on, and all that stands around it.
struct Chain {
    request: Range<usize>,
    /// The sum of the weights, and what it would be without what speaks
    /// against.
    score: i32,
    accused: i32,
    /// The categories found, with their weights.
    reasons: BTreeMap<String, i32>,
}

impl<'a> Letter<'a> {
    /// `None` where nothing asks to pass it on.
    fn new(texts: Vec<(&'a Text, &'a Scanned<'a>)>, spreads: bool) -> Option<Self> {
        let topic = Topic::ChainMessage;
        let asks = |pattern: &Pattern| pattern.category == "pass-on";
        if !texts.iter().any(|(_, text)| text.has(topic, asks)) {
            return None;
        }
        let mut joined = String::new();
        let mut starts = Vec::new();
        let mut hits = Vec::new();
        for (_, text) in &texts {
            let start = joined.len();
            starts.push(start);
            hits.extend(text.hits(topic).into_iter().map(|hit| Hit {
                folded: start + hit.folded.start..start + hit.folded.end,
                ..hit
            }));
            joined.push_str(text.as_str());
            joined.push('\n');
        }
        let hits = without_swallowed(without_boilerplate(hits, &joined));
        Some(Self {
            texts,
            joined,
            starts,
            hits,
            spreads,
        })
    }

    /// The text that holds a hit, and the place of the hit in it.
    fn locate(&self, hit: &Range<usize>) -> (&'a Text, Range<usize>) {
        let index = self.starts.partition_point(|&start| start <= hit.start) - 1;
        let ((text, scanned), start) = (self.texts[index], self.starts[index]);
        let place = scanned.locate(&text.text, hit.start - start..hit.end - start);
        (text, place)
    }

    /// The request with the highest score, if it or what is said for it alone
    /// is enough for a chain.
    fn strongest_request(&self) -> Option<Chain> {
        let warned = self
            .hits
            .iter()
            .filter(|hit| hit.pattern.weight <= WARNING)
            .any(|hit| {
                let (text, _) = self.locate(&hit.folded);
                matches!(text.role, Role::Subject | Role::Body)
            });
        let passed_around = i32::from(self.depth() >= 2);
        self.hits
            .iter()
            .filter(|hit| hit.pattern.category == "pass-on")
            .filter(|hit| !is_negated(&self.joined, hit.folded.start))
            .map(|request| {
                let mut evidence: BTreeMap<&str, (&Pattern, BTreeSet<&str>)> = BTreeMap::new();
                for hit in near(&self.hits, &request.folded) {
                    let words = &self.joined[hit.folded.clone()];
                    let (_, found) = evidence
                        .entry(&hit.pattern.id)
                        .or_insert_with(|| (hit.pattern, BTreeSet::new()));
                    found.insert(words);
                }
                let mut reasons = BTreeMap::new();
                let (mut for_it, mut against) = (request.pattern.weight + passed_around, 0);
                for (pattern, found) in evidence.values() {
                    let weight = pattern.weight
                        + if found.len() > 1 {
                            pattern.weight.signum()
                        } else {
                            0
                        };
                    if weight > 0 {
                        for_it += weight;
                        *reasons.entry(pattern.category.clone()).or_default() += weight;
                    } else {
                        against += weight;
                    }
                }
                // Many send the fair's poster, too: it gives no reasons of a
                // chain, or it tells that it is of the school.
                if self.spreads && against == 0 && !reasons.is_empty() {
                    for_it += SPREADING;
                }
                // A warning speaks for the whole message, but once.
                if warned
                    && evidence
                        .values()
                        .all(|(pattern, _)| pattern.weight > WARNING)
                {
                    against += WARNING;
                }
                Chain {
                    request: request.folded.clone(),
                    score: for_it + against,
                    accused: for_it,
                    reasons,
                }
            })
            .filter(|chain| chain.accused >= ENOUGH)
            .max_by_key(|chain| {
                (
                    chain.score,
                    chain.accused,
                    std::cmp::Reverse(chain.request.start),
                )
            })
    }

    /// How often the message was forwarded before, by its subject and by the
    /// header blocks that forwarding left in the text.
    fn depth(&self) -> usize {
        self.texts
            .iter()
            .flat_map(|(text, _)| text.text.lines())
            .map(|line| line.trim_start_matches(['>', ' ', '\t', '*']))
            .map(|line| {
                let mut rest = line.to_ascii_lowercase();
                if rest.starts_with("from:") {
                    return 1;
                }
                if let Some(subject) = rest.strip_prefix("subject:") {
                    rest = subject.to_owned();
                }
                let mut words = rest.split_whitespace();
                words
                    .by_ref()
                    .take_while(|word| matches!(*word, "fw:" | "fwd:" | "tr:" | "wg:"))
                    .count()
            })
            .sum()
    }

    fn finding(&self, chain: &Chain, school: &School) -> Finding {
        let (text, place) = self.locate(&chain.request);
        let mut reasons = said(&chain.reasons);
        if self.spreads {
            reasons.push_str("; several others have sent the same");
        }
        Finding {
            rule: RuleId::ChainMessage,
            location: masking::location(&text.location, school),
            what: format!("a request to pass the message on to many people{reasons}"),
            excerpt: masking::masked(&text.text[place], school),
            confidence: confidence(chain.score.max(ENOUGH)),
            pupils: Vec::new(),
            weight: Weight::Ordinary,
            suppressed: (chain.score < ENOUGH)
                .then(|| "it reads as a warning, a lesson or a notice to a known group".to_owned()),
        }
    }
}

/// The hits within [`NEAR`] of a request that are no requests themselves.
fn near<'h>(hits: &'h [Hit<'h>], request: &Range<usize>) -> impl Iterator<Item = &'h Hit<'h>> {
    let first = hits.partition_point(|hit| hit.folded.start + NEAR < request.start);
    let end = request.end + NEAR;
    hits[first..]
        .iter()
        .take_while(move |hit| hit.folded.start < end)
        .filter(|hit| hit.pattern.category != "pass-on")
}

/// Without what mail programs, solicitors and newsletters put below a message:
/// from the sentence that gives a disclaimer away to the end of its paragraph.
/// A disclaimer asks nobody to tell ten people; where one seems to, somebody
/// wrote it.
fn without_boilerplate<'h>(mut hits: Vec<Hit<'h>>, text: &str) -> Vec<Hit<'h>> {
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
fn is_negated(text: &str, request: usize) -> bool {
    static NEGATED: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(concat!(
            r"(?:^|[^a-z'])(?P<condition>(?:(?:if|unless|when|because) (?:you|they|we|it|somebody|someone)|who|whoever|those|people) )?",
            r"(?:do not|don't|never|must not|mustn't|should not|may not|can ?not|can't|please avoid|not to|without)",
            r"(?: (?:please|copy|copying|print|distribute|disclose|disseminate|forward|share|use|use of|pass|send|reply|click|open|read|retain|store|keep|it|this|that|them|the|message|e-?mail|contents?|any|part|of|on|or|and|nor|to|in|way|attachments?),?){0,14} $",
        ))
        .expect("a good expression")
    });
    let mut start = request.saturating_sub(NEGATION);
    while !text.is_char_boundary(start) {
        start += 1;
    }
    NEGATED
        .captures(&text[start..request])
        .is_some_and(|found| found.name("condition").is_none())
}

/// Without warnings that are a part of a request: "don't forward it" in "if
/// you don't forward it to ten people".
fn without_swallowed(hits: Vec<Hit<'_>>) -> Vec<Hit<'_>> {
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

fn said(reasons: &BTreeMap<String, i32>) -> String {
    let mut strongest: Vec<(&str, i32)> = reasons
        .iter()
        .filter_map(|(category, weight)| {
            let words = match category.as_str() {
                "luck" => "a promise of luck",
                "threat" => "a threat",
                "reward" => "a reward",
                "claim" => "an alarming claim",
                "appeal" => "an appeal to feelings",
                "list" => "a list to join",
                "tradition" => "the story of a chain",
                _ => return None,
            };
            Some((words, *weight))
        })
        .collect();
    strongest.sort_by_key(|&(_, weight)| std::cmp::Reverse(weight));
    match strongest.as_slice() {
        [] => String::new(),
        [(one, _)] => format!(", with {one}"),
        [(one, _), (two, _), ..] => format!(", with {one} and {two}"),
    }
}

fn confidence(score: i32) -> f32 {
    match score {
        ..=4 => 0.6,
        5 => 0.7,
        6 => 0.8,
        7 => 0.9,
        8.. => 0.95,
    }
}

#[cfg(test)]
mod tests;
