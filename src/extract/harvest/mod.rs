//! What reading collects, and the budget that ends it.
//!
//! Every reader of a format puts texts, attachments and problems here, and
//! asks here before it inflates, descends or goes on: a bomb ends in one
//! place, with one problem, and with what was read until then.

use std::time::Duration;

use blake3::Hasher;

use super::claim;
use super::trial::Trials;
use super::{
    Attachment, Budget, Form, Habit, Header, Opening, Photograph, Picture, Protection, Reading,
    Role, Text,
};
use crate::finding::{Location, Problem, ProblemKind};
use written::{clean, shown_name};

pub(crate) use place::Place;

mod direction;
mod mark;
mod place;
mod room;
mod written;

/// Problems beyond this say nothing new.
const MOST_PROBLEMS: usize = 1_000;

/// Pictures that are described. No message shows more than a person looks at.
const MOST_PICTURES: usize = 500;

/// Why a file is weak that a password of the message opens.
const OPENS_WITH_A_WORD: &str = "opens with a word of this message";

#[derive(Debug)]
pub(crate) struct Harvest<'b> {
    budget: &'b Budget,
    reading: Reading,
    decoded: u64,
    text: u64,
    entries: u32,
    guessed: u32,
    read_again: u32,
    /// Bytes of pictures handed on.
    shown: u64,
    /// Pixels of pictures glanced at, and of those of which only the tones were
    /// looked at.
    glanced: u64,
    toned: u64,
    spent: bool,
    trials: Trials,
    /// Weakly encrypted attachments.
    breakable: Vec<u32>,
    digest: Hasher,
}

impl<'b> Harvest<'b> {
    pub(crate) fn new(budget: &'b Budget) -> Self {
        Self {
            budget,
            reading: Reading::default(),
            decoded: 0,
            text: 0,
            entries: 0,
            guessed: 0,
            read_again: 0,
            shown: 0,
            glanced: 0,
            toned: 0,
            spent: false,
            trials: Trials::default(),
            breakable: Vec::new(),
            digest: Hasher::new(),
        }
    }

    /// With passwords to try on encrypted files.
    pub(crate) fn with_trials(budget: &'b Budget, trials: Trials) -> Self {
        Self {
            trials,
            ..Self::new(budget)
        }
    }

    pub(crate) fn finish(mut self) -> Reading {
        self.tell_of_breakable();
        for file in &mut self.reading.attachments {
            if let Some(claim) = claim::of_name(&file.name, &file.kind) {
                file.claim = match file.claim.as_str() {
                    "" => claim,
                    declared => format!("{claim} and {declared}"),
                };
            }
            // Whoever gets the message can open it, or whoever knows the
            // school, whatever its cipher.
            if let Some(opening) = &file.opening {
                file.protection = Protection::Weak;
                let why = opening.habit.map_or(OPENS_WITH_A_WORD, Habit::why);
                why.clone_into(&mut file.why);
            }
        }
        self.reading.locked = self.trials.locked();
        self.reading.digest = self.digest.finalize().into();
        self.reading
    }

    /// One problem for each weak file, and none for what lies in another: an
    /// archive speaks for its members.
    fn tell_of_breakable(&mut self) {
        let mut told: Vec<Location> = Vec::new();
        for index in std::mem::take(&mut self.breakable) {
            let file = self.reading.attachments.get(index as usize);
            let Some(file) = file.filter(|file| file.opening.is_none()) else {
                continue;
            };
            let place = &file.location;
            if told.iter().any(|outer| place.is_within(outer)) {
                continue;
            }
            told.push(place.clone());
            let problem = Problem {
                location: place.clone(),
                kind: ProblemKind::Unknown,
                what: format!("{}, and not read: {}", file.why, file.remedy()),
            };
            if self.reading.problems.len() < MOST_PROBLEMS {
                self.reading.problems.push(problem);
            }
        }
    }

    pub(crate) fn header(&mut self) -> &mut Header {
        &mut self.reading.header
    }

    /// Adds a decoded part's bytes to the digest.
    pub(crate) fn digest(&mut self, bytes: &[u8]) {
        self.digest.update(&(bytes.len() as u64).to_le_bytes());
        self.digest.update(bytes);
    }

    /// Keeps a text, unless it is blank. `\r` and NUL are taken out here. What is
    /// shown in another order than it is written in is kept in both.
    pub(crate) fn text(&mut self, place: &Place, text: impl Into<String>) {
        let text = clean(text.into());
        if let Some(shown) = direction::as_shown(&text) {
            self.one_text(place, shown);
            self.problem(
                place,
                ProblemKind::Hostile,
                "words are written backwards, to be turned round where they are shown",
            );
        }
        self.one_text(place, text);
    }

    fn one_text(&mut self, place: &Place, text: String) {
        if text.trim_ascii().is_empty() {
            return;
        }
        let most = self.most_text(place);
        let room = self.text_room(place);
        let text = if text.len() > room {
            let kept = text[..text.floor_char_boundary(room)].to_owned();
            self.exhaust(place, "it holds more text than Exeat reads of one message");
            self.text = self.text.max(most);
            kept
        } else {
            self.text += text.len() as u64;
            text
        };
        if !text.is_empty() {
            self.reading.texts.push(Text {
                location: place.location.clone(),
                role: place.role,
                hidden: place.hidden,
                table: place.table,
                text,
                attachment: place.attachment,
            });
        }
    }

    pub(crate) fn problem(&mut self, place: &Place, kind: ProblemKind, what: impl Into<String>) {
        if self.reading.problems.len() < MOST_PROBLEMS {
            self.reading.problems.push(Problem {
                location: place.location(),
                kind,
                what: what.into(),
            });
        }
    }

    /// The same, unless it was the last that was told.
    pub(crate) fn problem_once(&mut self, place: &Place, kind: ProblemKind, what: String) {
        let told = self.reading.problems.last();
        if !told.is_some_and(|told| told.what == what && told.location == place.location()) {
            self.problem(place, kind, what);
        }
    }

    /// Notes what only OCR can read, with the problem that it is until then, if
    /// it is one.
    pub(crate) fn picture(
        &mut self,
        place: &Place,
        form: Form,
        pages: Vec<u32>,
        bytes: &[u8],
        unread: Option<(ProblemKind, String)>,
    ) {
        let unread = unread.map(|(kind, what)| Problem {
            location: place.location(),
            kind,
            what,
        });
        if let Some(unread) = &unread {
            self.problem(place, unread.kind, unread.what.clone());
        }
        if self.reading.pictures.len() >= MOST_PICTURES {
            return;
        }
        let digest: [u8; 32] = blake3::hash(bytes).into();
        let seen = |picture: &Picture| picture.digest == digest && !picture.bytes.is_empty();
        let shown = self.shown + bytes.len() as u64;
        let bytes = match shown <= self.budget.pictures && !self.reading.pictures.iter().any(seen) {
            true => {
                self.shown = shown;
                bytes.to_vec()
            }
            false => Vec::new(),
        };
        self.reading.pictures.push(Picture {
            location: place.location(),
            attachment: place.attachment,
            hidden: place.hidden,
            form,
            pages,
            digest,
            unread,
            bytes,
        });
    }

    /// Notes a photograph.
    pub(crate) fn photograph(&mut self, place: &Place, in_document: bool, placed: bool) {
        if self.reading.photographs.len() < MOST_PICTURES {
            self.reading.photographs.push(Photograph {
                location: place.location(),
                attachment: place.attachment,
                in_document,
                placed,
            });
        }
    }

    /// Notes an attachment and gives the place of what is in it. Its names
    /// become texts: a name is read even if the file cannot be.
    pub(crate) fn attachment(&mut self, place: &Place, names: &[&str], size: usize) -> Place {
        let index = self.reading.attachments.len() as u32;
        let name = names.first().copied().unwrap_or_default();
        let shown = shown_name(name);
        let inside = if shown.is_empty() {
            place.within(&format!("attachment {}", index + 1))
        } else {
            place.within(&shown)
        };
        self.reading.attachments.push(Attachment {
            location: inside.location.clone(),
            name: name.to_owned(),
            kind: "unknown".to_owned(),
            size: size as u64,
            protection: Protection::Open,
            why: String::new(),
            claim: String::new(),
            opening: None,
        });
        let inside = Place {
            attachment: Some(index),
            role: Role::Attachment,
            table: false,
            ..inside
        };
        for name in names {
            let place = place.within("file name");
            self.text(
                &Place {
                    attachment: Some(index),
                    ..place.role(Role::FileName)
                },
                *name,
            );
        }
        inside
    }

    /// How many attachments have been noted.
    pub(crate) fn attachments(&self) -> usize {
        self.reading.attachments.len()
    }

    /// Holds an attachment that has been read against the type that the mail
    /// declares for it.
    pub(crate) fn declared(&mut self, attachment: usize, as_type: &str) {
        if let Some(file) = self.reading.attachments.get_mut(attachment)
            && let Some(claim) = claim::of_type(as_type, &file.kind)
        {
            file.claim = claim;
        }
    }

    /// The own name of the file that holds the place.
    pub(crate) fn name(&self, place: &Place) -> &str {
        let index = place
            .attachment
            .and_then(|index| usize::try_from(index).ok());
        index
            .and_then(|index| self.reading.attachments.get(index))
            .map_or("", |attachment| attachment.name.as_str())
    }

    /// What the attachment turned out to be.
    pub(crate) fn kind(&mut self, place: &Place, kind: &str) {
        if let Some(attachment) = self.innermost(place) {
            kind.clone_into(&mut attachment.kind);
        }
    }

    pub(crate) fn protection(&mut self, place: &Place, protection: Protection, why: &str) {
        if let Some(attachment) = self.innermost(place) {
            attachment.protection = protection;
            why.clone_into(&mut attachment.why);
        }
    }

    /// Notes an encrypted file. A weak one that no word opens is neither read
    /// nor protected, and that is a problem.
    pub(crate) fn closed(&mut self, place: &Place, protection: Protection, why: &str) {
        self.protection(place, protection, why);
        if protection == Protection::Weak {
            self.breakable.extend(place.attachment);
        }
    }

    /// Tries the message's words and the school's habits on an encrypted file,
    /// at so much each; gives what the first that is right opens it to. The
    /// file counts as weak then.
    pub(crate) fn try_words<T>(
        &mut self,
        place: &Place,
        cost: Duration,
        opens: impl FnMut(&str) -> Option<T>,
    ) -> Option<T> {
        let (right, opened) = self.trials.open(place.attachment, cost, opens)?;
        if let Some(file) = self.innermost(place) {
            file.opening = Some(Opening {
                word: right.word,
                place: right.place,
                habit: right.habit,
            });
        }
        Some(opened)
    }

    fn innermost(&mut self, place: &Place) -> Option<&mut Attachment> {
        let index = usize::try_from(place.attachment?).ok()?;
        self.reading.attachments.get_mut(index)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_beyond_the_budget_is_cut_with_one_problem() {
        let budget = Budget {
            text: 10,
            ..Budget::default()
        };
        let mut harvest = Harvest::new(&budget);
        let place = Place::message().within("body");
        for _ in 0..3 {
            harvest.text(&place, "Zoëé-Zoëé");
        }
        let reading = harvest.finish();
        assert_eq!(reading.texts.len(), 1);
        assert_eq!(reading.problems.len(), 1);
        assert_eq!(reading.problems[0].kind, ProblemKind::Hostile);
    }
}
