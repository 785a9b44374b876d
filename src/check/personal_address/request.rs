//! Newly written text that asks others to use a private mailbox, the writer's
//! or their own.

use std::cell::LazyCell;
use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use crate::check::{Screened, masking};
use crate::finding::{Finding, RuleId, Weight};
use crate::mail::Address;
use crate::patterns::{Hit, Pattern, Scanned, Topic};
use crate::school::{School, Staff};

use super::{ADDRESS, ENOUGH, SURE, WHOLE_NAME, is_private, likeness_to_staff, written};

/// The categories that speak of mailboxes and their use.
const SPEAKING: &[&str] = &[
    "asks",
    "own",
    "colleagues",
    "mentions",
    "forbids",
    "reproof",
];
/// How far before an address, or a request, the words stand that make it one,
/// or forbid it, in bytes.
const BEFORE: usize = 80;
/// The weight of words that say why the school's mailbox will not do.
const EXCUSE: i32 = 2;
/// How far from an address the writer's reason to use it stands, in bytes.
const AROUND: usize = 120;
/// How close before an address its owner must be named, in bytes.
const CLOSE: usize = 30;
/// The weights of mentions: the writer's own mailbox, and the reader's.
const WRITERS: i32 = 1;
const READERS: i32 = 2;

/// At most one finding: newly written text that asks others to use a private
/// mailbox.
pub(super) fn finding(
    mail: &Screened<'_>,
    sender: Option<&Staff>,
    school: &School,
) -> Option<Finding> {
    let among_colleagues = || {
        let header = &mail.reading.header;
        let mut shown = header.to.iter().chain(&header.cc);
        shown.any(|to| {
            to.address.parse().is_ok_and(|address| {
                school.is_staff_address(&address)
                    || likeness_to_staff(&address, &to.name, sender, school) >= ENOUGH
            })
        })
    };
    let (text, asked, what) = written(mail).find_map(|(text, scanned)| {
        if !may_ask(scanned, school) {
            return None;
        }
        let hits = scanned.hits_of(Topic::PersonalAddress, |pattern| {
            SPEAKING.contains(&&*pattern.category)
        });
        let own = asked(&text.text, scanned, &hits, sender, school).map(|asked| {
            let what = "a request to use a private mailbox for school business";
            (text, asked, what)
        });
        let colleagues = || {
            let asked = asked_of_colleagues(&text.text, scanned, &hits)
                .filter(|_| among_colleagues() && !FAMILIES.is_match(scanned.as_str()))?;
            let what = "a request that colleagues use their private mailboxes";
            Some((text, asked, what))
        };
        own.or_else(colleagues)
    })?;
    Some(Finding {
        rule: RuleId::PersonalAddress,
        location: masking::location(&text.location, school),
        what: what.to_owned(),
        excerpt: masking::masked(asked, school),
        confidence: 0.8,
        pupils: Vec::new(),
        weight: Weight::Ordinary,
        suppressed: None,
    })
}

/// Whether a text speaks of private mailboxes at all, which few texts do:
/// without that there is no request.
fn may_ask(scanned: &Scanned<'_>, school: &School) -> bool {
    let speaks = |pattern: &Pattern| match &*pattern.category {
        "asks" => asks_by_itself(pattern),
        "mentions" | "colleagues" => true,
        _ => false,
    };
    scanned.has(Topic::PersonalAddress, speaks)
        || addresses(scanned.as_str()).any(|(_, address)| is_private(&address, school))
}

/// Whether a pattern of what is asked names a private mailbox, too.
fn asks_by_itself(pattern: &Pattern) -> bool {
    pattern.weight > 1
}

/// Whether a hit of a category stands before `end`, less than [`BEFORE`] away
/// from `at` and in the same sentence.
pub(super) fn is_near(
    hits: &[Hit<'_>],
    scanned: &Scanned<'_>,
    category: &str,
    at: usize,
    end: usize,
) -> bool {
    hits.iter().any(|hit| {
        hit.pattern.category == category
            && hit.folded.start < end
            && hit.folded.end + BEFORE > at
            && !scanned.as_str()[hit.folded.end.min(at)..at].contains(['.', '\n', '!', '?', ';'])
    })
}

/// The words of a request to use a private mailbox.
fn asked<'t>(
    text: &'t str,
    scanned: &Scanned<'_>,
    hits: &[Hit<'_>],
    sender: Option<&Staff>,
    school: &School,
) -> Option<&'t str> {
    // "I can't get into the school account" forbids nothing.
    let excuses: Vec<_> = hits
        .iter()
        .filter(|hit| hit.pattern.category == "own" && hit.pattern.weight >= EXCUSE)
        .map(|hit| hit.folded.clone())
        .collect();
    let hits: Vec<Hit<'_>> = hits
        .iter()
        .filter(|hit| {
            hit.pattern.category != "forbids"
                || !excuses
                    .iter()
                    .any(|excuse| excuse.start <= hit.folded.start && hit.folded.end <= excuse.end)
        })
        .cloned()
        .collect();
    let near = |category: &str, at: usize, end: usize| is_near(&hits, scanned, category, at, end);
    let in_words = hits
        .iter()
        .filter(|hit| hit.pattern.category == "asks" && asks_by_itself(hit.pattern))
        .filter(|hit| {
            // "Rather than the school one" is a reason, "rather than to my
            // gmail" an interdiction: what forbids stands before its object.
            !near("forbids", hit.folded.start, hit.folded.start + 1)
        })
        .map(|hit| hit.folded.clone())
        .next();
    let by_address = || {
        addresses(scanned.as_str()).find_map(|(found, address)| {
            let before = found.start;
            if near("forbids", before, before) {
                return None;
            }
            // "Reach me at" says whose it is, whatever it is called.
            let claimed = is_private(&address, school)
                && hits.iter().any(|hit| {
                    hit.pattern.category == "own"
                        && hit.pattern.weight < EXCUSE
                        && (hit.folded.end..=hit.folded.end + CLOSE).contains(&before)
                        && !scanned.as_str()[hit.folded.end..before].contains(['.', '\n', '!', '?'])
                });
            let likeness = LazyCell::new(|| likeness_to_staff(&address, "", sender, school));
            let asked = || near("asks", before, before) && *likeness >= ENOUGH;
            let of_others = || OTHERS.is_match(sentence(scanned.as_str(), before));
            // Nobody writes out their own but to have it used.
            let own = || {
                *likeness >= SURE && !is_reproof(&hits) && (*likeness > WHOLE_NAME || !of_others())
            };
            // "I'm off site until Friday, so write to": whoever it names, it
            // is where the writer will be, unless somebody else is spoken of.
            let excused = || {
                is_private(&address, school)
                    && near("asks", before, before)
                    && !of_others()
                    && excuses.iter().any(|excuse| {
                        excuse.end + AROUND > before && excuse.start < found.end + AROUND
                    })
            };
            (claimed || asked() || own() || excused())
                .then(|| floor(scanned.as_str(), before.saturating_sub(BEFORE / 2))..found.end)
        })
    };
    let place = in_words
        .or_else(by_address)
        .or_else(|| mentioned(&hits, scanned, WRITERS))?;
    Some(&text[scanned.locate(text, place)])
}

/// A private mailbox in a sentence about sending, where neither the sentence
/// forbids it nor the text is about such use: whatever way it is put, it is
/// to be used.
fn mentioned(hits: &[Hit<'_>], scanned: &Scanned<'_>, whose: i32) -> Option<Range<usize>> {
    if is_reproof(hits) {
        return None;
    }
    let text = scanned.as_str();
    let mentions = hits
        .iter()
        .filter(|hit| hit.pattern.category == "mentions" && hit.pattern.weight == whose);
    mentions.map(|hit| hit.folded.clone()).find(|place| {
        let start = place.start - sentence(text, place.start).len();
        let end = text[place.end..].find(['.', '\n', '!', '?', ';']);
        let end = end.map_or(text.len(), |at| place.end + at);
        let in_sentence = |category: &str| {
            let mut hits = hits.iter().filter(|hit| hit.pattern.category == category);
            hits.any(|hit| {
                let at = hit.folded.start;
                (start..end).contains(&at) && !place.contains(&at)
            })
        };
        in_sentence("asks") && !in_sentence("forbids")
    })
}

/// Whether a text is about the use of private mailboxes.
fn is_reproof(hits: &[Hit<'_>]) -> bool {
    hits.iter().any(|hit| hit.pattern.category == "reproof")
}

/// The addresses in a folded text, also those in words: "dan dot cooper at
/// gmail dot com".
pub(in crate::check) fn addresses(text: &str) -> impl Iterator<Item = (Range<usize>, Address)> {
    let written = ADDRESS
        .find_iter(text)
        .filter_map(|found| Some((found.range(), found.as_str().parse().ok()?)));
    let spoken = SPOKEN.is_match(text);
    let in_words = IN_WORDS.captures_iter(if spoken { text } else { "" });
    let in_words = in_words.filter_map(|found| {
        let local = found["local"]
            .replace(" dot ", ".")
            .replace(" underscore ", "_");
        let end = found.name("end").map_or("com", |end| end.as_str());
        let domain = format!("{}.{}", &found["domain"], end.replace(" dot ", "."));
        let address = format!("{local}@{domain}").parse().ok()?;
        Some((found.get(0)?.range(), address))
    });
    written.chain(in_words)
}

/// The words that ask colleagues to use their own private mailboxes.
fn asked_of_colleagues<'t>(
    text: &'t str,
    scanned: &Scanned<'_>,
    hits: &[Hit<'_>],
) -> Option<&'t str> {
    if is_reproof(hits) {
        return None;
    }
    let place = hits
        .iter()
        .filter(|hit| hit.pattern.category == "colleagues")
        .map(|hit| hit.folded.clone())
        .find(|place| !is_near(hits, scanned, "forbids", place.start, place.start + 1))
        .or_else(|| mentioned(hits, scanned, READERS))?;
    Some(&text[scanned.locate(text, place)])
}

/// What is in every address in words; looked for first, since it is quick.
static SPOKEN: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?: at |[(\[{]at[)\]}] ?)(?:gmail|googlemail|hotmail|outlook|live|yahoo|ymail|icloud|aol|btinternet|sky|talktalk|virginmedia|ntlworld|proton|fastmail)").expect("a good expression")
});

/// An address in words at one of the providers that go by their names.
static IN_WORDS: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"\b(?<local>[a-z0-9][a-z0-9_-]*(?:(?:\.| dot | underscore )[a-z0-9_-]+){0,3})(?: ?[(\[{]at[)\]}] ?| at )(?<domain>gmail|googlemail|hotmail|outlook|live|yahoo|ymail|icloud|aol|btinternet|sky|talktalk|virginmedia|ntlworld|protonmail|proton|fastmail)\b(?:(?:\.| dot )(?<end>com|co(?:\.| dot )uk|net|me|example))?",
    )
    .expect("a good expression")
});

/// Those whose an address may be when a reason of the writer's precedes it.
static OTHERS: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"\b(?:parents?|mums?|dads?|mother|father|carers?|famil(?:y|ies)|his|hers?|him|their|them|candidates?|applicants?|suppliers?|driver|agency|mr|mrs|miss|ms|dr)\b",
    )
    .expect("a good expression")
});

/// Families, whose mailboxes are private, are spoken to so.
static FAMILIES: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"\byour (?:child|children|son|daughter|family)\b").expect("a good expression")
});

/// The part of a sentence before a place.
fn sentence(text: &str, end: usize) -> &str {
    let before = &text[..end];
    let start = before.rfind(['.', '\n', '!', '?']);
    &before[start.map_or(0, |at| at + 1)..]
}

fn floor(text: &str, at: usize) -> usize {
    (0..=at)
        .rev()
        .find(|&at| text.is_char_boundary(at))
        .unwrap_or(0)
}
