//! `offensive-language`: swearing, slurs, insults, threats, pornographic and
//! extremist words.
//!
//! **What it looks for.** Whole words and phrases of the pack
//! `offensive-language`, also with some of their letters masked ("b*stard"),
//! and insults that need no swear word ("you are a waste of space"). Words
//! that are mild or doubtful alone ("damn") stay below the usual threshold;
//! two different ones together pass it. A threat is told apart from the rest,
//! so that a school can treat it in a way of its own (the class `threat`).
//! Where no word is known, a passage that reads like labelled abuse
//! ([`Learned::Abuse`]) is contempt.
//!
//! **Why.** "Language must not include swear words, be offensive or abusive."
//! "Emails or attachments of a pornographic, illegal, violent, sexist or racist
//! nature are not permitted."
//!
//! **Example.** "Tell them to f*** off, the whole family is scum of the earth."
//!
//! **What passes.** The same letters meaning something else: birds, breeds,
//! food, medicine, surnames, places. Words that the writer only passes on:
//! reported speech ("he called me a …"), what stands in quotation marks in a
//! mail that speaks of an incident, a book or a lesson, a log of behaviour in
//! the third person, what pupils disclose. What an answer quotes, and the
//! subject that it answers; a joke that is forwarded with a laugh is told.
//!
//! It looks at subject and newly written text, and in the names of files and
//! in attachments of the length of a letter at what is beyond doubt. Messages that are attached are
//! somebody else's words.

use std::cell::LazyCell;
use std::collections::BTreeSet;
use std::ops::Range;

use crate::extract::{Reading, Role, Text};
use crate::finding::{Finding, RuleId, Weight};
use crate::patterns::{Hit, Learned, Pack, Pattern, Scanned, Topic};
use crate::school::School;

use super::speech::{Sentence, is_answer, is_forwarded};
use super::{Check, Screened, excerpt, likeness, masking};

mod context;
mod disguise;

use context::Context;
use disguise::disguised;

/// Beyond this length an attachment is no letter, in bytes.
const LETTER: usize = 20 * 1024;
/// The weight of words beyond doubt.
const PLAIN: i32 = 3;
/// From this confidence on nobody needs to ask how the rest reads.
const SURE: f32 = 0.5;
/// How much a passage has to read like abuse to be contempt of itself, and in
/// a mail that as a whole reads so much like abuse.
const CONTEMPT: f32 = 1.2;
const CONTEMPT_IN_ABUSE: f32 = 0.9;
const ABUSIVE: f32 = 0.4;

#[derive(Debug)]
pub(super) struct OffensiveLanguage;

/// Kinds of offensive words, the worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Threat,
    Extremist,
    Slur,
    Sexual,
    Insult,
    Swearing,
}

impl Check for OffensiveLanguage {
    fn id(&self) -> RuleId {
        RuleId::OffensiveLanguage
    }

    fn inspect(&self, mail: &Screened<'_>, school: &School) -> Vec<Finding> {
        let pack = school.patterns.pack(Topic::OffensiveLanguage);
        let speaking = |pattern: &Pattern| Kind::of(pattern).is_some();
        let texts = mail.reading.texts.iter().enumerate();
        let suspect: Vec<(&Text, &Scanned<'_>)> = texts
            .filter(|(_, text)| could_be_the_senders(text, mail.reading))
            .map(|(index, text)| (text, mail.prose(index)))
            .filter(|(_, scanned)| {
                scanned.has(Topic::OffensiveLanguage, speaking)
                    || !disguised(scanned.as_str(), pack, beyond_doubt).is_empty()
            })
            .collect();
        let context = LazyCell::new(|| Context::of(mail));
        let known: Vec<Finding> = match suspect.is_empty() {
            true => Vec::new(),
            false => known(suspect, &context, school),
        };
        let counted =
            |finding: &Finding| finding.suppressed.is_none() && finding.confidence >= SURE;
        match known.iter().any(counted) {
            true => known,
            false => {
                let contempt = contempt(mail, || *context, school);
                known.into_iter().chain(contempt).collect()
            }
        }
    }
}

/// What words and phrases of the pack come to.
fn known(suspect: Vec<(&Text, &Scanned<'_>)>, context: &Context, school: &School) -> Vec<Finding> {
    let pack = school.patterns.pack(Topic::OffensiveLanguage);
    suspect
        .into_iter()
        .filter(|(text, _)| text.role != Role::Quoted || context.passes_on_a_joke())
        .flat_map(|(text, scanned)| {
            let words = words(text, scanned, pack, context);
            findings(text, scanned, words, school)
        })
        .collect()
}

/// Newly written words that are contemptuous as a whole, though none of them
/// is known to be: what they are, the way that they read says.
fn contempt(
    mail: &Screened<'_>,
    context: impl FnOnce() -> Context,
    school: &School,
) -> Option<Finding> {
    let texts = mail.reading.texts.iter().enumerate();
    let written = texts.filter(|(_, text)| text.role == Role::Body);
    let written: Vec<_> = written
        .map(|(index, text)| (text, mail.prose(index)))
        .collect();
    let passage = likeness::likeliest(written.iter().copied(), Learned::Abuse)?;
    let score = passage.likeness.score;
    let is_all_abuse = || {
        let whole: Vec<&Scanned<'_>> = written.iter().map(|(_, scanned)| *scanned).collect();
        Scanned::likeness_of(&whole, Learned::Abuse).is_some_and(|whole| whole >= ABUSIVE)
    };
    if score < CONTEMPT && !(score >= CONTEMPT_IN_ABUSE && is_all_abuse()) {
        return None;
    }
    let sentence = Sentence::around(passage.scanned.as_str(), &passage.likeness.passage);
    let objection = context().objection(Kind::Insult, &sentence, &reports(passage.scanned));
    let what = "words that read like contempt or a threat";
    Some(Finding {
        suppressed: objection.map(str::to_owned),
        ..passage.finding(RuleId::OffensiveLanguage, what, 0.6, school)
    })
}

impl Kind {
    fn of(pattern: &Pattern) -> Option<Self> {
        Some(match pattern.category.as_str() {
            "threat" => Self::Threat,
            "extremist" => Self::Extremist,
            "slur" => Self::Slur,
            "sexual" => Self::Sexual,
            "insult" => Self::Insult,
            "swearing" => Self::Swearing,
            _ => return None,
        })
    }

    fn in_words(self) -> &'static str {
        match self {
            Self::Threat => "a threat",
            Self::Extremist => "extremist words",
            Self::Slur => "words that demean a group of people",
            Self::Sexual => "pornographic words",
            Self::Insult => "an insult",
            Self::Swearing => "swearing",
        }
    }
}

/// Texts that the sender may have written. What is quoted is looked at, too,
/// where the mail only forwards it; the context says whether with a laugh.
fn could_be_the_senders(text: &Text, reading: &Reading) -> bool {
    match text.role {
        Role::Subject => !is_answer(reading) && !is_forwarded(reading),
        Role::Body => true,
        Role::Quoted => is_forwarded(reading),
        Role::FileName => true,
        Role::Attachment => {
            let index = text.attachment.unwrap_or_default() as usize;
            let kind = reading.attachments.get(index).map(|file| &*file.kind);
            let message = matches!(kind, Some("eml" | "msg" | "mbox"));
            !text.table && !message && text.text.len() <= LETTER
        }
    }
}

fn beyond_doubt(pattern: &Pattern) -> bool {
    Kind::of(pattern).is_some() && pattern.weight >= PLAIN
}

/// One word or phrase that offends, and why it may not count.
struct Word {
    kind: Kind,
    weight: i32,
    /// In the folded text.
    place: Range<usize>,
    objection: Option<&'static str>,
}

/// The words of a text that may offend; of those that overlap, the worst.
fn words(text: &Text, scanned: &Scanned<'_>, pack: &Pack, context: &Context) -> Vec<Word> {
    let topic = Topic::OffensiveLanguage;
    let innocent = scanned.hits_of(topic, |pattern| pattern.category == "innocent");
    let means_something_else = |place: &Range<usize>| {
        innocent
            .iter()
            .any(|other| other.folded.start < place.end && place.start < other.folded.end)
    };
    let least = match text.role {
        // A file may be named as somebody else named it.
        Role::Attachment | Role::FileName => PLAIN,
        _ => 1,
    };
    let open = scanned.hits_of(topic, |pattern| {
        Kind::of(pattern).is_some() && pattern.weight >= least
    });
    let open = open.into_iter().map(|hit| (hit.folded, hit.pattern));
    let hidden = disguised(scanned.as_str(), pack, beyond_doubt);
    let hidden = hidden.into_iter().map(|word| (word.place, word.pattern));
    let mut found: Vec<Word> = open
        .chain(hidden)
        .filter(|(place, _)| !means_something_else(place))
        .filter_map(|(place, pattern)| {
            Some(Word {
                kind: Kind::of(pattern)?,
                weight: pattern.weight,
                place,
                objection: None,
            })
        })
        .collect();
    found.sort_by_key(|word| word.place.start);
    let mut words: Vec<Word> = Vec::new();
    for word in found {
        match words.last_mut() {
            Some(last) if word.place.start < last.place.end => {
                last.kind = last.kind.min(word.kind);
                last.weight = last.weight.max(word.weight);
                last.place.end = last.place.end.max(word.place.end);
            }
            _ => words.push(word),
        }
    }
    let about = context.with(text, scanned);
    let reports = reports(scanned);
    for word in &mut words {
        let sentence = Sentence::around(scanned.as_str(), &word.place);
        word.objection = about.objection(word.kind, &sentence, &reports);
    }
    words
}

/// Words that say somebody else's are passed on, or spoken of.
fn reports<'p>(scanned: &Scanned<'p>) -> Vec<Hit<'p>> {
    scanned.hits_of(Topic::OffensiveLanguage, |pattern| {
        matches!(&*pattern.category, "reports" | "mentions")
    })
}

/// What a text's words come to: threats are told apart from the rest, and
/// what does not count is told where nothing else is.
fn findings(text: &Text, scanned: &Scanned<'_>, words: Vec<Word>, school: &School) -> Vec<Finding> {
    let (counted, let_pass): (Vec<Word>, Vec<Word>) =
        words.into_iter().partition(|word| word.objection.is_none());
    let (threats, others): (Vec<Word>, Vec<Word>) = counted
        .into_iter()
        .partition(|word| word.kind == Kind::Threat);
    let mut findings = Vec::new();
    for (words, weight) in [(threats, Weight::Threat), (others, Weight::Ordinary)] {
        findings.extend(finding(text, scanned, &words, weight, school));
    }
    if findings.is_empty() {
        findings.extend(finding(text, scanned, &let_pass, Weight::Ordinary, school));
    }
    findings
}

fn finding(
    text: &Text,
    scanned: &Scanned<'_>,
    words: &[Word],
    weight: Weight,
    school: &School,
) -> Option<Finding> {
    let worst = words
        .iter()
        .min_by_key(|word| (std::cmp::Reverse(word.weight), word.kind))?;
    let kinds: BTreeSet<Kind> = words.iter().map(|word| word.kind).collect();
    let kinds: Vec<&str> = kinds.into_iter().map(Kind::in_words).collect();
    let place = scanned.locate(&text.text, worst.place.clone());
    let shown = excerpt::around(&text.text, &place, &school.people.names);
    Some(Finding {
        rule: RuleId::OffensiveLanguage,
        location: masking::location(&text.location, school),
        what: listed(&kinds),
        excerpt: masking::masked(&shown, school),
        confidence: confidence(words, scanned.as_str()),
        pupils: Vec::new(),
        weight,
        suppressed: worst.objection.map(str::to_owned),
    })
}

/// Words beyond doubt, words that are enough, and mild ones: two different
/// ones of these are a tone.
fn confidence(words: &[Word], text: &str) -> f32 {
    let strongest = words.iter().map(|word| word.weight).max().unwrap_or(0);
    let different: BTreeSet<&str> = words.iter().map(|word| &text[word.place.clone()]).collect();
    match (strongest, different.len()) {
        (PLAIN.., _) => 0.9,
        (2, 1) => 0.7,
        (2, _) => 0.8,
        (_, 1) => 0.4,
        _ => 0.55,
    }
}

fn listed(kinds: &[&str]) -> String {
    match kinds {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

#[cfg(test)]
mod tests;
