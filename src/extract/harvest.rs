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
    Attachment, Budget, Form, Habit, Header, Opening, Picture, Protection, Reading, Role, Text,
};
use crate::finding::{Location, Problem, ProblemKind};

/// Problems beyond this say nothing new.
const MOST_PROBLEMS: usize = 1_000;

/// Pictures that are described. No message shows more than a person looks at.
const MOST_PICTURES: usize = 500;

/// Encrypted files that are tried with the passwords that everybody knows;
/// one takes a tenth of a second.
const MOST_GUESSED: u32 = 40;

/// Why a file is weak that a password of the message opens.
const OPENS_WITH_A_WORD: &str = "opens with a word of this message";

/// Where a reader stands, and what its texts are.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    pub(crate) location: Location,
    pub(crate) attachment: Option<u32>,
    pub(crate) role: Role,
    pub(crate) hidden: bool,
    pub(crate) table: bool,
    /// Messages and archives around it.
    pub(crate) depth: u32,
}

impl Place {
    /// The message itself: its own parts have plain locations.
    pub(crate) fn message() -> Self {
        Self {
            location: Location::new(""),
            attachment: None,
            role: Role::Body,
            hidden: false,
            table: false,
            depth: 0,
        }
    }

    /// A place inside, as people name it.
    pub(crate) fn within(&self, place: &str) -> Self {
        let location = if self.location.as_str().is_empty() {
            Location::new(place)
        } else {
            self.location.within(place)
        };
        Self {
            location,
            ..self.clone()
        }
    }

    /// A place inside that the sender's program does not show.
    pub(crate) fn hidden(&self, place: &str) -> Self {
        Self {
            hidden: true,
            ..self.within(place)
        }
    }

    pub(crate) fn table(self) -> Self {
        Self {
            table: true,
            ..self
        }
    }

    pub(crate) fn role(self, role: Role) -> Self {
        Self { role, ..self }
    }

    /// The location for a problem, which is never empty.
    fn location(&self) -> Location {
        if self.location.as_str().is_empty() {
            Location::new("message")
        } else {
            self.location.clone()
        }
    }
}

#[derive(Debug)]
pub(crate) struct Harvest<'b> {
    budget: &'b Budget,
    reading: Reading,
    decoded: u64,
    text: u64,
    entries: u32,
    guessed: u32,
    /// Bytes of pictures handed on.
    shown: u64,
    /// Pixels of pictures glanced at.
    glanced: u64,
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
            shown: 0,
            glanced: 0,
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

    /// Keeps a text, unless it is blank. `\r` and NUL are taken out here.
    pub(crate) fn text(&mut self, place: &Place, text: impl Into<String>) {
        let text = clean(text.into());
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

    /// Attachments leave some of the budget to the mail's own words, which are
    /// put in after them.
    fn most_text(&self, place: &Place) -> u64 {
        match place.attachment {
            Some(_) => self.budget.text - self.budget.text / 8,
            None => self.budget.text,
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

    /// Takes note of a picture about to be glanced at.
    pub(crate) fn glances(&mut self, pixels: u64) -> bool {
        self.glanced += pixels;
        self.glanced <= self.budget.glanced
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

    /// Whether a limit was met: readers stop.
    pub(crate) fn is_spent(&self) -> bool {
        self.spent
    }

    /// Bytes of text that are still taken of what stands at the place.
    pub(crate) fn text_room(&self, place: &Place) -> usize {
        let left = self.most_text(place).saturating_sub(self.text);
        usize::try_from(left).unwrap_or(usize::MAX)
    }

    /// Bytes that may still be decoded.
    pub(crate) fn room(&self) -> usize {
        usize::try_from(self.budget.decoded.saturating_sub(self.decoded)).unwrap_or(usize::MAX)
    }

    /// The most that so many packed bytes may become, by ratio and by what is
    /// left of the budget.
    pub(crate) fn inflatable(&self, packed: usize) -> usize {
        let by_ratio = packed
            .saturating_mul(self.budget.ratio as usize)
            .saturating_add(1024 * 1024);
        by_ratio.min(self.room())
    }

    /// Takes note of bytes decoded or inflated.
    pub(crate) fn decoded(&mut self, place: &Place, bytes: usize) -> bool {
        self.decoded += bytes as u64;
        if self.decoded > self.budget.decoded {
            self.exhaust(
                place,
                "unpacked, it is larger than Exeat reads of one message",
            );
        }
        !self.spent
    }

    /// Parts and members that may still be looked at.
    pub(crate) fn entries_left(&self) -> usize {
        self.budget.entries.saturating_sub(self.entries) as usize
    }

    /// Takes note of a part or member about to be read.
    pub(crate) fn entry(&mut self, place: &Place) -> bool {
        self.entries += 1;
        if self.entries > self.budget.entries {
            self.exhaust(place, "it has more parts than Exeat reads of one message");
        }
        !self.spent
    }

    /// Takes note of an encrypted file whose password is about to be guessed.
    /// Beyond the limit it is a problem, for then nothing is proven of it.
    pub(crate) fn guesses(&mut self, place: &Place) -> bool {
        if self.trials.pass_over() {
            return false;
        }
        self.guessed += 1;
        if self.guessed > MOST_GUESSED {
            self.problem(
                place,
                ProblemKind::Hostile,
                "more encrypted files than Exeat can prove to be protected",
            );
        }
        self.guessed <= MOST_GUESSED
    }

    /// The place one message or archive deeper; `None`, and a problem, if that
    /// is too deep.
    pub(crate) fn deeper(&mut self, place: &Place) -> Option<Place> {
        if place.depth >= self.budget.depth {
            self.problem(
                place,
                ProblemKind::Hostile,
                "messages or archives are packed in one another deeper than Exeat reads",
            );
            return None;
        }
        Some(Place {
            depth: place.depth + 1,
            ..place.clone()
        })
    }

    /// How deep messages, archives and multiparts may nest.
    pub(crate) fn depth(&self) -> u32 {
        self.budget.depth
    }

    /// Meets a hard end: one problem, and nothing more is read.
    pub(crate) fn exhaust(&mut self, place: &Place, what: &str) {
        if !self.spent {
            self.spent = true;
            self.reading.problems.push(Problem {
                location: place.location(),
                kind: ProblemKind::Hostile,
                what: what.to_owned(),
            });
        }
    }

    /// A mark to come back to with [`Self::readings_agree`].
    pub(crate) fn mark(&self) -> Mark {
        Mark {
            texts: self.reading.texts.len(),
            attachments: self.reading.attachments.len(),
            problems: self.reading.problems.len(),
            pictures: self.reading.pictures.len(),
        }
    }

    /// Puts the texts after the second mark before those between the two.
    pub(crate) fn bring_forward(&mut self, first: &Mark, second: &Mark) {
        let texts = &mut self.reading.texts[first.texts..];
        let moved = texts.len() - (second.texts - first.texts);
        texts.rotate_right(moved);
    }

    /// Whether the texts between the marks and those after are the same, white
    /// space aside; then all that came after is dropped, else what it says
    /// again.
    pub(crate) fn readings_agree(&mut self, first: &Mark, second: &Mark) -> bool {
        let squeezed = |texts: &[Text]| -> String {
            texts
                .iter()
                .flat_map(|text| text.text.chars())
                .filter(|c| !c.is_whitespace())
                .collect()
        };
        let texts = &self.reading.texts;
        let agree = squeezed(&texts[first.texts..second.texts]) == squeezed(&texts[second.texts..]);
        if agree {
            self.reading.texts.truncate(second.texts);
            self.reading.attachments.truncate(second.attachments);
            self.reading.pictures.truncate(second.pictures);
            if !self.spent {
                self.reading.problems.truncate(second.problems);
            }
        } else {
            let (known, after) =
                self.reading.texts[first.texts..].split_at(second.texts - first.texts);
            let is_known = |text: &Text| {
                let mut same = known.iter().filter(|known| known.text == text.text);
                same.any(|known| known.location == text.location)
            };
            let fresh: Vec<Text> = after
                .iter()
                .filter(|text| !is_known(text))
                .cloned()
                .collect();
            self.reading.texts.truncate(second.texts);
            self.reading.texts.extend(fresh);
        }
        agree
    }
}

/// How far the reading had come.
#[derive(Debug)]
pub(crate) struct Mark {
    texts: usize,
    attachments: usize,
    problems: usize,
    pictures: usize,
}

/// A name as a location can hold it: one line, and not without end.
fn shown_name(name: &str) -> String {
    let flat: String = name
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .take(120)
        .collect();
    flat.trim().to_owned()
}

/// Line ends as `\n`, without NUL.
fn clean(text: String) -> String {
    if memchr::memchr2(b'\r', b'\0', text.as_bytes()).is_none() {
        return text;
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text.as_str();
    while let Some(at) = memchr::memchr2(b'\r', b'\0', rest.as_bytes()) {
        out.push_str(&rest[..at]);
        let found = rest.as_bytes()[at];
        rest = &rest[at + 1..];
        if found == b'\r' && !rest.starts_with('\n') {
            out.push('\n');
        }
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_ends_are_one_kind() {
        for (raw, expected) in [
            ("a\r\nb", "a\nb"),
            ("a\rb\0c", "a\nbc"),
            ("a", "a"),
            ("\r\r\n", "\n\n"),
        ] {
            assert_eq!(clean(raw.to_owned()), expected);
        }
    }

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
