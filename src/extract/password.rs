//! The passwords that are tried on encrypted files beside a message's own
//! words, and what it means that one opens.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What is tried on encrypted files.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Passwords {
    /// Nothing, not even what Office tries by itself: each file that could be
    /// tried is passed over, and [`super::Reading::locked`] tells of it. Such
    /// a reading says nothing true of the file, and is for looking only.
    Untried,
    /// These, the likeliest first.
    These(Vec<HabitualPassword>),
    /// The message's own words, and these behind them.
    WordsAnd(Vec<HabitualPassword>),
}

/// A password that a school is known to use, whatever the message says.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HabitualPassword {
    pub word: String,
    pub habit: Habit,
}

/// Why a password is no secret although the message does not tell it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Habit {
    /// One for everything, as the school's settings give it, or a form of it.
    Usual,
    /// Made of the school's name.
    SchoolName,
    /// The date of birth of a pupil whom the message concerns.
    BirthDate,
}

impl Habit {
    /// Why a file is weak that such a password opens.
    pub(crate) fn why(self) -> &'static str {
        match self {
            Self::Usual => "opens with a password that the school uses for everything",
            Self::SchoolName => "opens with a password made of the school's name",
            Self::BirthDate => "opens with a pupil's date of birth",
        }
    }
}

impl fmt::Debug for HabitualPassword {
    /// Without the password, which is a secret of the school's.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HabitualPassword")
            .field("habit", &self.habit)
            .finish_non_exhaustive()
    }
}
