//! Whole names of pupils, found in one pass.
//!
//! The index is made of the roster's own names, never of lists of common
//! names, and keeps none of them in clear: a name is a pair of keyed
//! fingerprints, of a forename and of a surname. What a text says is folded
//! the same way, so that case, diacritics, apostrophes, hyphens, look-alike
//! letters and invisible characters make no difference.
//!
//! This module says where the letters of a name stand. Whether they mean the
//! pupil there is for the checks to judge from the surroundings.

use std::fmt;
use std::ops::Range;

mod builder;
mod fold;
mod index;
mod joined;
mod joins;
mod loose;
mod mask;
mod scan;
mod window;
pub(crate) mod words;

pub use builder::{Builder, FullName, NameForms};
pub(crate) use fold::folded;
pub use index::NameKey;
pub(crate) use mask::initials;

use index::{Pairs, Tokens};

/// The pupils' names of one school, as keyed fingerprints.
#[derive(Default)]
pub struct Names {
    key: NameKey,
    tokens: Tokens,
    pairs: Pairs,
    /// Of pupil `n`: the other given names that may stand between forename
    /// and surname, as fingerprints cut to 32 bits, at
    /// `middles[middle_starts[n]..middle_starts[n + 1]]`.
    middles: Vec<u32>,
    middle_starts: Vec<u32>,
}

/// What kind of text is searched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Writing {
    /// Sentences, lists, tables.
    Prose,
    /// A subject: prose of few words, in which a name in small letters may be
    /// one word.
    Title,
    /// File names and addresses, which join names with dots and underscores,
    /// with capitals, or with nothing.
    Joined,
}

/// The letters of a pupil's whole name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Match {
    /// Bytes of the text, from the first letter to the last.
    pub range: Range<usize>,
    pub forename: Range<usize>,
    pub surname: Range<usize>,
    /// Indices into the roster, ascending: several where pupils share a name.
    pub pupils: Vec<usize>,
    pub nature: Nature,
    pub fit: Fit,
}

/// How the text spells the name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fit {
    /// As the roster has it.
    Whole,
    /// As one word, or tied with a hyphen, a stroke or brackets.
    Joined,
    /// With a middle name that the roster does not have.
    Middle,
}

/// What else the words of a name can be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Nature {
    pub forename: Everyday,
    pub surname: Everyday,
    /// Somebody well known has this name.
    pub well_known: bool,
}

/// How far a forename or surname is an ordinary word or a place as well.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Default,
    serde::Serialize,
    serde::Deserialize,
)]
pub enum Everyday {
    #[default]
    No,
    /// A name first: Grace, Victoria; Hill, Wood.
    Also,
    /// A word first: Summer; Field, Street.
    Mainly,
}

impl Nature {
    /// The name reads as ordinary words: `Rose Garden`, `Victoria Park`.
    pub fn reads_as_words(self) -> bool {
        self.forename as u8 + self.surname as u8 >= 3
            && self.forename != Everyday::No
            && self.surname != Everyday::No
    }
}

impl Names {
    pub fn is_empty(&self) -> bool {
        self.pairs.is_empty()
    }

    /// The pupils of this forename and surname, each legal or preferred.
    pub fn pupils_named(&self, forename: &str, surname: &str) -> Vec<usize> {
        let name = |part: &str| self.key.fingerprint(folded(part).as_bytes());
        let mut pupils: Vec<usize> = self
            .pairs
            .of(index::pair(name(forename), name(surname)))
            .map(|entry| entry.pupil())
            .collect();
        pupils.sort_unstable();
        pupils.dedup();
        pupils
    }

    /// Whether some pupil has this surname.
    pub fn is_surname(&self, name: &str) -> bool {
        let name = self.key.fingerprint(folded(name).as_bytes());
        self.tokens.part(name).is(index::Part::SURNAME)
    }

    /// Whether the roster has middle names of this pupil.
    fn has_middles(&self, pupil: usize) -> bool {
        self.middle_starts.get(pupil) != self.middle_starts.get(pupil + 1)
    }

    /// Whether this pupil may have such a token between forename and surname.
    fn has_middle(&self, pupil: usize, fingerprint: u64) -> bool {
        let (Some(&start), Some(&end)) = (
            self.middle_starts.get(pupil),
            self.middle_starts.get(pupil + 1),
        ) else {
            return false;
        };
        self.middles[start as usize..end as usize].contains(&index::short(fingerprint))
    }
}

impl fmt::Debug for Names {
    /// Sizes only.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Names")
            .field("pairs", &self.pairs.len())
            .field("tokens", &self.tokens.len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
