//! `password-shared`: a live credential of an account, a system or a device.
//!
//! **What it looks for.** In the subject and in newly written text: a user's
//! name with its password; a password, PIN or code beside words of accounts
//! and devices; behind "log in as" or the like, a word that is made as
//! passwords are ([`token`]); and whatever else the company that it keeps
//! makes one ([`handed`]), unless the words around it read otherwise. Where
//! nothing is known for one, a passage that reads like labelled ones
//! ([`Learned::Password`]). In tables, also attached ones: a column of
//! passwords. In what is forwarded, where the new text is there to pass it on.
//!
//! **Why.** "There is no occasion when a password needs to be shared with
//! another member of staff or student, or IT support."
//!
//! **Example.** "Log in as me: y.demir, and then Thales624BC."
//!
//! **What passes.** A document's password in a mail of its own, which is what
//! schools ask for; the code with which everybody joins one meeting; "reset
//! your password here"; a password that has to be changed at the first login;
//! rules, lessons, plays and puzzles; masked passwords; a user's name alone.
//!
//! No finding says what the password is.

use std::ops::Range;

use crate::extract::{Protection, Role, Text};
use crate::finding::{Finding, RuleId, Weight};
use crate::patterns::{Hit, Learned, Pattern, Scanned, Topic};
use crate::school::School;

use super::speech::{Sentence, is_forwarded};
use super::{Check, Screened, likeness, masking};

mod handed;
mod table;
mod token;

use handed::Handed;
use token::{Made, Token, tokens};

/// How far from a password the words stand that say what it opens, in bytes.
const NEAR: usize = 250;
/// How far behind "log in as" the password stands, in bytes.
const BEHIND: usize = 110;
/// From this sum of weights on a mail is about passwords, and gives none.
const TEACHES: i32 = 3;
/// A new text of at most this length only passes on what is forwarded, in
/// bytes.
const REMARK: usize = 300;
/// In longer texts no odd word is looked for without others, in bytes.
const LETTER: usize = 20 * 1024;
/// How sure it is that a password with its user's name, one with words of an
/// account, and one that is only made like one, are live.
const PAIR: f32 = 0.95;
const SAID: f32 = 0.85;
const LIKELY: f32 = 0.7;
/// How much a passage has to read like a credential that is handed over to be
/// one by that alone, and how sure that is.
const ALIKE: f32 = 1.0;
const ALIKE_IS: f32 = 0.6;
/// How little the words around something made like a password may read like
/// one that is handed over.
const UNLIKE: f32 = -0.6;

const VOID: &str = "it is no longer of use, or has to be changed at once";
const DOCUMENT: &str = "it reads as the password of a document";
const LESSON: &str = "the mail is about passwords, a lesson or a play";
const MEETING: &str = "it is the code of one meeting";

#[derive(Debug)]
pub(super) struct PasswordShared;

impl Check for PasswordShared {
    fn id(&self) -> RuleId {
        RuleId::PasswordShared
    }

    fn inspect(&self, mail: &Screened<'_>, school: &School) -> Vec<Finding> {
        let texts = || mail.reading.texts.iter().enumerate();
        let tables = texts()
            .filter_map(|(_, text)| {
                let passwords = table::passwords(text)?;
                let what = format!("a table with {}", listed(passwords));
                let excerpt = "the column of passwords is not shown";
                Some(finding(text, what, excerpt, SAID, None, school))
            })
            .take(SHOWN);
        let mut findings: Vec<Finding> = tables.collect();
        let new: usize = texts()
            .filter(|(_, text)| text.role == Role::Body)
            .map(|(_, text)| text.text.trim().len())
            .sum();
        let passed_on = is_forwarded(mail.reading) && new <= REMARK
            || texts().any(|(index, text)| {
                text.role == Role::Body
                    && text.text.trim().len() <= REMARK
                    && says_use_it(mail, index)
            });
        let own: Vec<(&Text, &Scanned<'_>)> = texts()
            .filter(|(_, text)| match text.role {
                Role::Subject | Role::Body => true,
                Role::Quoted => passed_on,
                Role::FileName | Role::Attachment => false,
            })
            .map(|(index, text)| (text, mail.prose(index)))
            .collect();
        let known: Vec<Shared> = own
            .iter()
            .filter_map(|(text, scanned)| shared(text, scanned))
            .collect();
        let told = match known.iter().any(|shared| shared.objection.is_none()) {
            true => known,
            false => known.into_iter().chain(reads_like_one(&own)).collect(),
        };
        if told.is_empty() {
            return findings;
        }
        let teaches: i32 = own.iter().map(|(_, scanned)| teaches(scanned)).sum();
        // Its password is another rule's business.
        let files = &mail.reading.attachments;
        let beside_a_file = files.iter().any(|file| file.protection != Protection::Open);
        let strongest = told
            .into_iter()
            .map(|shared| Shared {
                objection: shared
                    .objection
                    .or((teaches >= TEACHES).then_some(LESSON))
                    .or((beside_a_file && shared.confidence < PAIR).then_some(DOCUMENT)),
                ..shared
            })
            .max_by(|one, other| one.counts().total_cmp(&other.counts()));
        findings.extend(strongest.map(|shared| {
            let what = shared.what.to_owned();
            let excerpt = "the mail says what it is";
            finding(
                shared.text,
                what,
                excerpt,
                shared.confidence,
                shared.objection,
                school,
            )
        }));
        findings
    }
}

/// Tables that are told of.
const SHOWN: usize = 5;

/// A credential that a text tells.
struct Shared<'t> {
    text: &'t Text,
    what: &'static str,
    confidence: f32,
    objection: Option<&'static str>,
}

impl Shared<'_> {
    fn counts(&self) -> f32 {
        match self.objection {
            None => self.confidence,
            Some(_) => self.confidence - 1.0,
        }
    }
}

/// Whether a short text is there to have somebody use what stands below it.
fn says_use_it(mail: &Screened<'_>, index: usize) -> bool {
    let text = mail.prose(index).as_str();
    [
        "use this",
        "use mine",
        "use these",
        "log in with",
        "here you go",
        "login below",
        "details below",
    ]
    .iter()
    .any(|words| text.contains(words))
}

fn teaches(scanned: &Scanned<'_>) -> i32 {
    let hits = scanned.hits_of(Topic::Passwords, |pattern| {
        matches!(&*pattern.category, "teaches")
    });
    hits.iter().map(|hit| hit.pattern.weight).sum()
}

/// The surest credential in a text, as what it reads to be.
fn shared<'t>(text: &'t Text, scanned: &Scanned<'_>) -> Option<Shared<'t>> {
    let speaks = |pattern: &Pattern| {
        matches!(
            &*pattern.category,
            "pair"
                | "gives"
                | "shares"
                | "codes"
                | "signs-in"
                | "secrets"
                | "hands-over"
                | "locks"
                | "code-words"
        )
    };
    let lines = pair_of_lines(&text.text);
    let odd = text.text.len() <= LETTER && tokens(&text.text).any(|token| token.is_beyond_doubt());
    let handed = text.text.len() <= LETTER && handed::may_be_in(&text.text);
    if !lines && !odd && !handed && !scanned.has(Topic::Passwords, speaks) {
        return None;
    }
    let text_of = |what, confidence, objection| Shared {
        text,
        what,
        confidence,
        objection,
    };
    let around = Around::of(scanned);
    let mut found: Vec<Shared<'t>> = Vec::new();
    if lines {
        found.push(text_of("what looks like a login", LIKELY, None));
    }
    if odd
        && around
            .hits
            .iter()
            .any(|hit| hit.pattern.category == "accounts")
    {
        found.push(text_of("what looks like a password", LIKELY, None));
    }
    if text.text.len() <= LETTER {
        let original = |place| &text.text[scanned.locate(&text.text, place)];
        for handed in handed::over(around.text, &around.hits, original) {
            let (place, what) = match handed {
                Handed::Password(place) => (place, "what looks like a password"),
                Handed::Code(place) => (place, "the code or PIN of a device or a door"),
            };
            let likeness = scanned.likeness_at(Learned::Password, &place);
            if likeness.is_none_or(|score| score > UNLIKE) {
                let objection = around.objection(&place, Told::InPassing);
                found.push(text_of(what, LIKELY, objection));
            }
        }
    }
    for hit in &around.hits {
        let place = &hit.folded;
        match &*hit.pattern.category {
            "pair" | "gives" | "shares" if !around.says_something(place) => {}
            "pair" => {
                let objection = around.objection(place, Told::WithUser);
                found.push(text_of("a user name and its password", PAIR, objection));
            }
            "gives" | "shares" if around.has_near("accounts", place, NEAR) => {
                let objection = around.objection(place, Told::Alone);
                found.push(text_of(
                    "the password of an account or a device",
                    SAID,
                    objection,
                ));
            }
            "codes"
                if around.has_near("accounts", place, NEAR)
                    && !around.has_near("codes-of-others", place, 0) =>
            {
                let objection = around.objection(place, Told::InPassing);
                found.push(text_of(
                    "the code or PIN of a device or a door",
                    SAID,
                    objection,
                ));
            }
            "signs-in" => {
                let place = scanned.locate(&text.text, hit.folded.clone());
                if behind(&text.text, place.end) {
                    let objection = around.objection(&hit.folded, Told::WithUser);
                    found.push(text_of("what looks like a login", LIKELY, objection));
                }
            }
            _ => {}
        }
    }
    found
        .into_iter()
        .max_by(|one, other| one.counts().total_cmp(&other.counts()))
}

/// A credential that is told in words of its own, by the way that they read.
fn reads_like_one<'t>(texts: &[(&'t Text, &'t Scanned<'_>)]) -> Option<Shared<'t>> {
    let passage = likeness::likeliest(texts.iter().copied(), Learned::Password)?;
    (passage.likeness.score >= ALIKE).then(|| {
        let around = Around::of(passage.scanned);
        Shared {
            text: passage.text,
            what: "what reads like a password or a code that is handed over",
            confidence: ALIKE_IS,
            objection: around.objection(&passage.likeness.passage, Told::InPassing),
        }
    })
}

/// A name and, on the next line, a word that nobody writes but as a password.
fn pair_of_lines(text: &str) -> bool {
    let mut before = None;
    text.lines().map(str::trim).any(|line| {
        let mut words = tokens(line);
        let only = words.next().filter(|_| words.next().is_none());
        let below_a_name = matches!(before, Some(Made::LikeName | Made::WithDigits));
        before = only.as_ref().map(Token::made);
        below_a_name && before == Some(Made::AtRandom)
    })
}

/// Whether a password stands behind words of signing in: a word made like one,
/// and not the user's name, which comes first.
fn behind(text: &str, from: usize) -> bool {
    let to = text.ceil_char_boundary(from.saturating_add(BEHIND).min(text.len()));
    let mut names = 0;
    tokens(&text[from..to]).any(|token: Token<'_>| match token.made() {
        Made::AtRandom => true,
        Made::WithDigits if names > 0 || token.is_introduced() => true,
        // "jsmith10 / tortilla-de-patatas"
        Made::AsWords if names > 0 && token.is_behind_a_stroke() => true,
        Made::WithDigits | Made::LikeName => {
            names += 1;
            false
        }
        Made::AsWords => false,
    })
}

/// A text, and all that is said of passwords in it.
struct Around<'t, 'p> {
    text: &'t str,
    hits: Vec<Hit<'p>>,
}

impl<'t, 'p> Around<'t, 'p> {
    fn of(scanned: &'t Scanned<'p>) -> Self {
        Self {
            text: scanned.as_str(),
            hits: scanned.hits(Topic::Passwords),
        }
    }

    /// Whether the last word, which is the password, is more than a line to
    /// write on or a mask.
    fn says_something(&self, place: &Range<usize>) -> bool {
        let last = self.text[place.clone()].split_whitespace().next_back();
        last.is_some_and(|word| word.contains(|c: char| c.is_alphanumeric()))
    }

    fn has_near(&self, category: &str, place: &Range<usize>, distance: usize) -> bool {
        self.hits.iter().any(|hit| {
            hit.pattern.category == category
                && hit.folded.start <= place.end + distance
                && place.start <= hit.folded.end + distance
        })
    }

    /// Why what stands here is no live credential, if it isn't.
    fn objection(&self, place: &Range<usize>, told: Told) -> Option<&'static str> {
        let sentence = Sentence::around(self.text, place);
        let in_sentence = |category: &str| {
            self.hits
                .iter()
                .any(|hit| hit.pattern.category == category && sentence.holds(&hit.folded))
        };
        if in_sentence("void") || self.has_near("void", place, 60) {
            return Some(VOID);
        }
        if told == Told::WithUser {
            return None;
        }
        if self.has_near("meeting", place, 120) {
            return Some(MEETING);
        }
        let document = in_sentence("documents") || told == Told::Alone && in_sentence("opening");
        document.then_some(DOCUMENT)
    }
}

/// How a credential is told. Alone, without a user's name, it may be a
/// document's or a meeting's; beside a device or an account, "the report" and
/// "open it" don't say so yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Told {
    WithUser,
    Alone,
    InPassing,
}

fn listed(passwords: usize) -> String {
    match passwords {
        1 => "a password in it".to_owned(),
        many => format!("{many} passwords in it"),
    }
}

fn finding(
    text: &Text,
    what: String,
    excerpt: &str,
    confidence: f32,
    objection: Option<&str>,
    school: &School,
) -> Finding {
    Finding {
        rule: RuleId::PasswordShared,
        location: masking::location(&text.location, school),
        what,
        excerpt: excerpt.to_owned(),
        confidence,
        pupils: Vec::new(),
        weight: Weight::Ordinary,
        suppressed: objection.map(str::to_owned),
    }
}

#[cfg(test)]
mod tests;
