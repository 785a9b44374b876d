//! `pupil-photo`: photographs of pupils to somebody outside.
//!
//! **What it looks for.** Photographs, told by their content from logos, scans,
//! screenshots and drawings: attached by themselves, in archives, or in
//! documents. One is enough if it bears a pupil's full name (in the file's
//! name, in what the camera or a person wrote into the file, in the document
//! around it, in the subject or the text of the mail) or the place where it was
//! taken. Without either, a heap of them counts: five, or three of which the
//! mail says that children are on them.
//!
//! **Why.** "Images will not be distributed outside the school network …
//! without the permission of the parent/carer, member of staff or Headteacher."
//! A face with a full name, or with the place where a child lives, plays or
//! sleeps, leads a stranger to the child.
//!
//! **Example.** `Amara Okafor long jump.jpg` to a newspaper.
//!
//! **What passes.** One or two photographs without a full name: the press should
//! have first names only. Photographs of a leaking roof, even beside the name of
//! whoever broke it, and as many as an insurer wants. Pictures of paper and of
//! screens; badges and what closes a signature; mail within the school.

use crate::extract::{Photograph, Role, Text};
use crate::finding::{Finding, PupilRef, RuleId, Weight};
use crate::patterns::{Folded, Topic};
use crate::school::School;

use super::{Check, Screened, Sighting, excerpt, masking};

/// So many photographs are a heap, whatever is on them,
const HEAP: usize = 5;
/// and so many if children are.
const OF_PEOPLE: usize = 3;
/// A picture from which OCR reads more letters than this is a page.
const PAGE: usize = 250;

/// How sure a finding is: the name is the picture's own, or its document's, or
/// stands in the mail; the place where it was taken.
const NAMED: f32 = 0.9;
const IN_DOCUMENT: f32 = 0.7;
const IN_MAIL: f32 = 0.75;
const PLACED: f32 = 0.8;

#[derive(Debug)]
pub(super) struct PupilPhoto;

impl Check for PupilPhoto {
    fn id(&self) -> RuleId {
        RuleId::PupilPhoto
    }

    fn inspect(&self, mail: &Screened<'_>, school: &School) -> Vec<Finding> {
        let photographs = mail.reading.photographs.iter();
        let photographs: Vec<&Photograph> = photographs
            .filter(|photograph| !is_page(photograph, &mail.reading.texts))
            .collect();
        if photographs.is_empty() {
            return Vec::new();
        }
        let said = Said::in_texts(own_texts(&mail.reading.texts), school);
        let named = named(&photographs, said, mail, school);
        let placed = placed(&photographs, school);
        match (named, placed) {
            (None, None) => heap(&photographs, said, school).into_iter().collect(),
            (named, placed) => named.into_iter().chain(placed).collect(),
        }
    }
}

/// Whether what OCR read on it is a page of text.
fn is_page(photograph: &Photograph, texts: &[Text]) -> bool {
    let read = texts.iter().filter(|text| {
        let place = text.location.as_str();
        let on_it = place.strip_prefix(photograph.location.as_str());
        on_it.is_some_and(|place| place.ends_with("(read from the picture)"))
    });
    let letters = |text: &Text| text.text.chars().filter(|c| c.is_alphabetic()).count();
    read.map(letters).sum::<usize>() > PAGE
}

/// What the mail speaks of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Said {
    People,
    Things,
    Neither,
}

impl Said {
    fn in_texts<'t>(texts: impl Iterator<Item = &'t Text>, school: &School) -> Self {
        let (mut people, mut things) = (0, 0);
        for text in texts {
            let folded = Folded::prose(&text.text);
            for hit in school.patterns.pack(Topic::PupilPhoto).scan(&folded) {
                match &*hit.pattern.category {
                    "people" => people += 1,
                    _ => things += 1,
                }
            }
        }
        match (people, things) {
            (0, 0) => Self::Neither,
            (people, things) if people >= things => Self::People,
            (people, things) if 2 * people >= things => Self::Neither,
            _ => Self::Things,
        }
    }
}

/// What was newly written, and what the pictures are called.
fn own_texts(texts: &[Text]) -> impl Iterator<Item = &Text> {
    texts
        .iter()
        .filter(|text| matches!(text.role, Role::Subject | Role::Body | Role::FileName))
}

/// The surest of the names that go with the photographs.
fn named(
    photographs: &[&Photograph],
    said: Said,
    mail: &Screened<'_>,
    school: &School,
) -> Option<Finding> {
    let sure = |sighting: &Sighting| {
        let text = mail.reading.texts.get(sighting.text)?;
        Some(sighting.confidence * goes_with(text, photographs, said, mail, school)?)
    };
    let names = mail.sightings.iter();
    let names = names.filter(|sighting| sighting.suppressed.is_none());
    let names: Vec<(f32, &Sighting)> = names
        .filter_map(|sighting| Some((sure(sighting)?, sighting)))
        .collect();
    let &(confidence, surest) = names.iter().rev().max_by(|(a, _), (b, _)| a.total_cmp(b))?;
    let text = &mail.reading.texts[surest.text];
    let mut pupils: Vec<PupilRef> = Vec::new();
    for &pupil in names.iter().flat_map(|(_, sighting)| &sighting.pupils) {
        let reference = school
            .people
            .pupils
            .get(pupil)
            .map(|pupil| pupil.reference());
        pupils.extend(reference.filter(|reference| !pupils.contains(reference)));
    }
    let what = match photographs.len() {
        1 => "a photograph, and a pupil's full name with it".to_owned(),
        count => format!("{count} photographs, and a pupil's full name with them"),
    };
    let shown = excerpt::around(&text.text, &surest.range, &school.people.names);
    Some(Finding {
        rule: RuleId::PupilPhoto,
        location: masking::location(&text.location, school),
        what,
        excerpt: masking::masked(&shown, school),
        confidence,
        pupils,
        weight: Weight::Ordinary,
        suppressed: None,
    })
}

/// How sure it is that a name in the text is that of somebody on one of the
/// photographs.
fn goes_with(
    text: &Text,
    photographs: &[&Photograph],
    said: Said,
    mail: &Screened<'_>,
    school: &School,
) -> Option<f32> {
    let file = match (text.role, text.attachment) {
        (Role::Subject | Role::Body, None) => {
            // "Theo threw the ball at this window."
            let attached = photographs.iter().any(|photograph| !photograph.in_document);
            return (attached && said != Said::Things).then_some(IN_MAIL);
        }
        (Role::FileName | Role::Attachment, Some(file)) => usize::try_from(file).ok()?,
        _ => return None,
    };
    let file = &mail.reading.attachments.get(file)?.location;
    let mut inside = photographs
        .iter()
        .filter(|photograph| photograph.location.is_within(file))
        .peekable();
    inside.peek()?;
    match text.role {
        // "William Blake's cottage".
        Role::FileName if Said::in_texts([text].into_iter(), school) == Said::Things => None,
        Role::FileName => Some(NAMED),
        _ if inside.any(|photograph| photograph.location == *file) => Some(NAMED),
        _ => Some(IN_DOCUMENT),
    }
}

fn placed(photographs: &[&Photograph], school: &School) -> Option<Finding> {
    let placed = || photographs.iter().filter(|photograph| photograph.placed);
    let first = placed().next()?;
    let what = match placed().count() {
        1 => "a photograph that says where it was taken".to_owned(),
        count => format!("{count} photographs that say where they were taken"),
    };
    Some(finding(first, what, PLACED, school))
}

fn heap(photographs: &[&Photograph], said: Said, school: &School) -> Option<Finding> {
    let attached: Vec<&&Photograph> = photographs
        .iter()
        .filter(|photograph| !photograph.in_document)
        .collect();
    let least = match said {
        Said::People => OF_PEOPLE,
        Said::Neither => HEAP,
        Said::Things => return None,
    };
    let first = attached.first().filter(|_| attached.len() >= least)?;
    let confidence = (0.5 + 0.03 * attached.len() as f32).min(0.9);
    let what = format!("{} photographs", attached.len());
    Some(finding(first, what, confidence, school))
}

fn finding(first: &Photograph, what: String, confidence: f32, school: &School) -> Finding {
    let place = &first.location;
    masking::finding_on_file(RuleId::PupilPhoto, place, what, confidence, school)
}

#[cfg(test)]
mod tests;
