//! Whom a mail to a parent is about, as far as it says so in few words: "he
//! forgot his kit again" is nothing by itself, and something to the wrong
//! mother.

use std::collections::BTreeSet;
use std::ops::Range;

use crate::check::speech::is_forwarded;
use crate::check::{Screened, Sighting};
use crate::extract::{Role, Text};
use crate::patterns::{Folded, Topic};
use crate::school::School;

use super::forename::{has_forename, named_with};
use super::restricted::is_open;

/// How sure it is that the mail is about the pupil, where it says what a school
/// tells a family, and where it says nothing of the kind.
const BUSINESS: f32 = 0.7;
const BARE: f32 = 0.6;
/// More names than this are a list.
const FEW: usize = 2;

/// A pupil whom the mail is about; several where pupils share the name.
pub(super) struct Subject {
    pub(super) pupils: BTreeSet<usize>,
    pub(super) confidence: f32,
}

/// What a mail says, as far as it is newly sent.
pub(super) struct Letter<'m> {
    texts: Vec<(usize, &'m Text)>,
    sightings: Vec<&'m Sighting>,
    /// Whose full names stand in it: a set for each name.
    named: BTreeSet<BTreeSet<usize>>,
    tells: Tells,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tells {
    /// What a school tells a pupil's own family.
    Business,
    /// What it tells everybody, or what the parent asked.
    Occasion,
    Nothing,
}

impl<'m> Letter<'m> {
    pub(super) fn of(mail: &'m Screened<'_>, school: &School) -> Self {
        let texts: Vec<(usize, &Text)> = newly_sent(mail).collect();
        let sightings = mail.sightings.iter().filter(|sighting| {
            let is_new = texts.iter().any(|(index, _)| *index == sighting.text);
            is_new && sighting.suppressed.is_none()
        });
        let sightings: Vec<&Sighting> = sightings.collect();
        let named = sightings.iter().map(|sighting| &sighting.pupils);
        Self {
            named: named
                .map(|pupils| pupils.iter().copied().collect())
                .collect(),
            sightings,
            tells: Tells::of(texts.iter().map(|(_, text)| &*text.text), school),
            texts,
        }
    }

    pub(super) fn tells(&self) -> Tells {
        self.tells
    }

    /// Whether it says anything of one of these, be it the forename alone.
    pub(super) fn speaks_of(&self, pupils: &BTreeSet<usize>, school: &School) -> bool {
        let mut named = self.named.iter();
        named.any(|named| !named.is_disjoint(pupils))
            || pupils.iter().any(|&pupil| {
                let mut texts = self.texts.iter();
                texts.any(|(_, text)| has_forename(pupil, text, school))
            })
    }

    /// Whom it is about, if it says nothing of `own`, the children of the parent
    /// who gets it. Other families may have these surnames, too.
    pub(super) fn stranger(
        &self,
        own: &BTreeSet<usize>,
        surnames: &[&str],
        school: &School,
    ) -> Option<Subject> {
        if self.speaks_of(own, school) {
            return self.told_beside(own, school);
        }
        if self.named.len() > FEW {
            return None;
        }
        let first = self.named.first();
        let (pupils, confidence) = match (self.named.len(), self.tells) {
            (0, Tells::Business) => {
                let written = |text: &Text| matches!(text.role, Role::Subject | Role::Body);
                let mut texts = self.texts.iter().filter(|(_, text)| written(text));
                let named = texts.find_map(|(_, text)| named_with(surnames, text, school))?;
                (named, BARE)
            }
            (1, Tells::Nothing) if self.is_headed() => (first?.clone(), BARE),
            (1.., Tells::Business) => (first?.clone(), BUSINESS),
            _ => return None,
        };
        Some(Subject { pupils, confidence })
    }

    /// Whether a pupil's name is the mail's subject, or a file's name.
    fn is_headed(&self) -> bool {
        self.sightings.iter().any(|sighting| {
            let text = self.texts.iter().find(|(index, _)| *index == sighting.text);
            text.is_some_and(|(_, text)| matches!(text.role, Role::Subject | Role::FileName))
        })
    }

    /// Whom a sentence of a mail about `own` tells of, and what is no other
    /// family's business.
    fn told_beside(&self, own: &BTreeSet<usize>, school: &School) -> Option<Subject> {
        let mut told = self.sightings.iter().filter(|sighting| {
            let text = self.texts.iter().find(|(index, _)| *index == sighting.text);
            let is_own = sighting.pupils.iter().any(|pupil| own.contains(pupil));
            text.is_some_and(|(_, text)| {
                let (sentence, range) = sentence_around(&text.text, &sighting.range);
                let beside = self.sightings.iter().filter(|other| {
                    other.text == sighting.text && range.contains(&other.range.start)
                });
                !is_own
                    && matches!(text.role, Role::Subject | Role::Body)
                    && beside.count() <= FEW
                    && Tells::of([sentence].into_iter(), school) == Tells::Business
            })
        });
        told.next().map(|sighting| Subject {
            pupils: sighting.pupils.iter().copied().collect(),
            confidence: BARE,
        })
    }
}

/// The sentence that holds a range, and where it is.
fn sentence_around<'t>(text: &'t str, range: &Range<usize>) -> (&'t str, Range<usize>) {
    let ends = |c: char| matches!(c, '.' | '!' | '?' | '\n' | ';');
    let start = text[..range.start].rfind(ends).map_or(0, |at| at + 1);
    let rest = &text[range.end..];
    let end = range.end + rest.find(ends).unwrap_or(rest.len());
    (&text[start..end], start..end)
}

impl Tells {
    fn of<'t>(texts: impl Iterator<Item = &'t str>, school: &School) -> Self {
        let (mut business, mut occasions) = (0, 0);
        for text in texts {
            let folded = Folded::prose(text);
            for hit in school.patterns.pack(Topic::WrongRecipient).scan(&folded) {
                match &*hit.pattern.category {
                    "business" => business += 1,
                    _ => occasions += 1,
                }
            }
        }
        match (business, occasions) {
            (0, 0) => Self::Nothing,
            (business, occasions) if business > occasions => Self::Business,
            _ => Self::Occasion,
        }
    }
}

/// The mail's own words, what its files say, and what it passes on.
fn newly_sent<'m>(mail: &'m Screened<'_>) -> impl Iterator<Item = (usize, &'m Text)> {
    let forwarded = is_forwarded(mail.reading);
    let texts = mail.reading.texts.iter().enumerate();
    texts.filter(move |(_, text)| match text.role {
        Role::Subject | Role::Body | Role::FileName => true,
        Role::Quoted => forwarded,
        // A table is a list, whoever stands in it.
        Role::Attachment => !text.table && is_open(text, mail),
    })
}
