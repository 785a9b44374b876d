//! `chain-message`: chain letters, hoaxes, "send this to ten people".
//!
//! **What it looks for.** A request to pass the message on to an audience
//! that is unbounded ("everyone you know") or only numbered ("ten friends"),
//! together with what makes people comply: luck or a threat, a reward or a
//! charity per forward, "this is not a hoax", an alarm, an appeal to friends,
//! a list of names to join. The request is the gate: nothing fires without
//! one. Everything within [`NEAR`] of it adds its weight, a second sign of the
//! same kind a little more, and from [`ENOUGH`] on the message is a chain.
//! Being forwarded again and again adds a little, and more where several
//! others of the school have sent the same within two days and nothing speaks
//! against it. How much the words around a request read like labelled chains
//! ([`Learned::Chain`]) adds to it or takes off; what reads like nothing else is
//! one without a request that is known.
//!
//! **Why.** "The forwarding of any chain messages/emails etc. is not
//! permitted." A hoax with the school's address above it looks like the
//! school's word.
//!
//! **Example.** "Forward this to ten friends before midnight or you will have
//! seven years of bad luck."
//!
//! **What passes.** Warnings about a chain ("do not forward it, it is a
//! hoax"), also above the chain that they quote, and answers of some length
//! that leave one below; lessons on persuasion, with their examples;
//! cascades to a known group ("pass this on to your form group"); "share with
//! friends and family: our summer fair"; deep threads. A negated request is no
//! request, and disclaimers and the feet of newsletters are left out.
//!
//! It looks at subject, new and quoted text together, since a forwarded chain
//! is mostly quotation, and at attached texts one by one.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use crate::extract::{Role, Text};
use crate::finding::{Finding, RuleId, Weight};
use crate::patterns::{Hit, Learned, Pattern, Scanned, Topic};
use crate::school::School;

use super::speech::{Sentence, is_forwarded};
use super::{Check, Screened, masking};

mod left_out;
mod unasked;

use left_out::{is_negated, without_boilerplate, without_swallowed};
use unasked::reads_like_one;

/// How far from the request, in bytes, its reasons may stand.
const NEAR: usize = 500;
/// The sum of weights from which on a request to pass on is a chain.
const ENOUGH: i32 = 4;
/// The weight of a plain warning, which speaks for the whole message.
const WARNING: i32 = -6;
/// The weight of a request that nobody makes in passing.
const UNMISTAKABLE: i32 = 3;
/// The weight of a reason that only chains give.
const TELLING: i32 = 3;
/// What words of school life speak against a chain that gives such a reason,
/// at most: a chain may stand between two lines of business.
const BUSINESS: i32 = -4;
/// The weight from which on something speaks against of itself rather than by
/// being about the school.
const BOUNDED: i32 = -4;
/// How many others have to have sent the same for it to spread, and what that
/// adds.
const SEVERAL: usize = 2;
const SPREADING: i32 = 2;
/// A new text of at most this length only hands on what it quotes, in bytes.
const REMARK: usize = 300;
/// The [`Likeness`](crate::patterns::Likeness) to chains that is no tone either
/// way. What the words around a request add to its score for each whole one
/// beyond, and at most; what they can take off a request that nobody makes in
/// passing, and off another.
const EVEN: f32 = 0.2;
const TELLS: f32 = 3.0;
const ADDS: f32 = 2.0;
const TAKES: f32 = 2.0;
const TAKES_IN_PASSING: f32 = 5.0;
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
                let forwarded = is_forwarded(mail.reading);
                match Letter::new(&texts, spreads, forwarded) {
                    Some(letter) => Some(letter.finding(&letter.strongest_request()?, school)),
                    None => reads_like_one(&texts, school),
                }
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
    /// Its subject says that it is forwarded.
    forwarded: bool,
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
    fn new(texts: &[(&'a Text, &'a Scanned<'a>)], spreads: bool, forwarded: bool) -> Option<Self> {
        let topic = Topic::ChainMessage;
        let asks = |pattern: &Pattern| pattern.category == "pass-on";
        if !texts.iter().any(|(_, text)| text.has(topic, asks)) {
            return None;
        }
        let mut joined = String::new();
        let mut starts = Vec::new();
        let mut hits = Vec::new();
        for (_, text) in texts {
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
            texts: texts.to_vec(),
            joined,
            starts,
            hits,
            spreads,
            forwarded,
        })
    }

    /// The text that holds a hit, and the place of the hit in it.
    fn locate(&self, hit: &Range<usize>) -> (&'a Text, Range<usize>) {
        let (text, _) = self.texts[self.index(hit)];
        let (scanned, place) = self.within(hit);
        (text, scanned.locate(&text.text, place))
    }

    /// The same in the folded text.
    fn within(&self, hit: &Range<usize>) -> (&'a Scanned<'a>, Range<usize>) {
        let index = self.index(hit);
        let start = self.starts[index];
        (self.texts[index].1, hit.start - start..hit.end - start)
    }

    fn index(&self, hit: &Range<usize>) -> usize {
        self.starts.partition_point(|&start| start <= hit.start) - 1
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
        let passes_on = self.passes_on_what_it_quotes();
        self.hits
            .iter()
            .filter(|hit| hit.pattern.category == "pass-on")
            .filter(|hit| !is_negated(&self.joined, hit.folded.start))
            .filter(|hit| !self.is_example(&hit.folded))
            .filter(|hit| passes_on || self.locate(&hit.folded).0.role != Role::Quoted)
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
                let mut business = 0;
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
                    } else if pattern.weight > BOUNDED {
                        business += weight;
                    } else {
                        against += weight;
                    }
                }
                let telling = evidence
                    .values()
                    .any(|(pattern, _)| pattern.weight >= TELLING);
                against += if telling {
                    business.max(BUSINESS)
                } else {
                    business
                };
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
                // One common word, such as "free" or "lucky", is in many a mail.
                if reasons.len() < 2 && request.pattern.weight < UNMISTAKABLE && !telling {
                    against -= 1;
                }
                Chain {
                    request: request.folded.clone(),
                    score: for_it + against + self.tone(request),
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

    /// What the words around a request say for it or against it by the way
    /// that they read.
    fn tone(&self, request: &Hit<'_>) -> i32 {
        let (scanned, place) = self.within(&request.folded);
        let likeness = scanned.likeness_at(Learned::Chain, &place);
        let takes = match request.pattern.weight {
            _ if self.spreads => 0.0,
            UNMISTAKABLE.. => TAKES,
            _ => TAKES_IN_PASSING,
        };
        let tone = likeness.map_or(0.0, |likeness| (likeness - EVEN) * TELLS);
        tone.clamp(-takes, ADDS).round() as i32
    }

    /// Whether the message is there to hand on what it quotes: it says so, or
    /// it says next to nothing. Who answers a chain at length leaves it below.
    fn passes_on_what_it_quotes(&self) -> bool {
        let own = self
            .texts
            .iter()
            .filter(|(text, _)| text.role == Role::Body);
        let said: usize = own.map(|(text, _)| text.text.trim().len()).sum();
        self.forwarded
            || said <= REMARK
            || self.hits.iter().any(|hit| {
                hit.pattern.category == "pass-on"
                    && hit.pattern.weight > 1
                    && self.locate(&hit.folded).0.role == Role::Body
                    && !is_negated(&self.joined, hit.folded.start)
            })
    }

    /// Whether a request is quoted for a class to take apart.
    fn is_example(&self, request: &Range<usize>) -> bool {
        near(&self.hits, request).any(|hit| hit.pattern.category == "lesson")
            && Sentence::around(&self.joined, request).is_in_quotation_marks()
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
