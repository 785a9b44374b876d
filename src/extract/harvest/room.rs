//! What reading may still take, and the hard end that it meets.

use super::{Harvest, Place};
use crate::finding::{Problem, ProblemKind};

/// Encrypted files that are tried with the passwords that everybody knows;
/// one takes a tenth of a second.
const MOST_GUESSED: u32 = 40;

/// Parts of one message that are read in more ways than one.
const MOST_READ_AGAIN: u32 = 30;

impl Harvest<'_> {
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

    /// Takes note of something that is about to be read in another way too.
    pub(crate) fn reads_again(&mut self, place: &Place) -> bool {
        self.read_again += 1;
        if self.read_again > MOST_READ_AGAIN {
            self.exhaust(
                place,
                "more of it than Exeat reads could be read in two ways",
            );
        }
        !self.spent
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

    /// Attachments leave some of the budget to the mail's own words, which are
    /// put in after them.
    pub(super) fn most_text(&self, place: &Place) -> u64 {
        match place.attachment {
            Some(_) => self.budget.text - self.budget.text / 8,
            None => self.budget.text,
        }
    }

    /// Takes note of a picture about to be glanced at.
    pub(crate) fn glances(&mut self, pixels: u64) -> bool {
        self.glanced += pixels;
        self.glanced <= self.budget.glanced
    }

    /// The same for one of which only the tones are looked at.
    pub(crate) fn tones(&mut self, pixels: u64) -> bool {
        self.toned += pixels;
        self.toned <= self.budget.glanced
    }
}
