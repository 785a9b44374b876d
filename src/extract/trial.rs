//! Trying the message's words, and then the school's habits, on encrypted
//! files, within a limit of cost.
//!
//! Costs are those that a trial takes on an ordinary machine, not what a clock
//! says: the same message gives the same reading on every machine. Only where
//! one is so slow that the worker's deadline comes near does the clock count.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use super::HabitualPassword;
use super::candidate::Candidate;

/// What the trials on one file may cost, and all trials of a message.
const FILE: Duration = Duration::from_secs(1);
const MESSAGE: Duration = Duration::from_secs(3);
/// What all trials may take by the clock: a part of a worker's deadline.
const CLOCK: Duration = Duration::from_secs(8);

/// Of either limit, the school's habits have so much to themselves: a long mail
/// has more words than its file can be tried with.
const KEPT: u32 = 4;

/// The words, likeliest first, and what trying them has cost.
#[derive(Debug, Default)]
pub(crate) struct Trials {
    /// What opened a file already, the message's words, the school's habits.
    candidates: Vec<Candidate>,
    /// Nothing is tried: see [`Passwords::Untried`](super::Passwords).
    untried: bool,
    spent: Duration,
    began: Option<Instant>,
    /// The file that was tried last, by its attachment, and what that cost.
    file: (Option<u32>, Duration),
    /// Some file could be tried and stayed closed.
    locked: bool,
}

impl Trials {
    pub(crate) fn none() -> Self {
        Self {
            untried: true,
            ..Self::default()
        }
    }

    pub(crate) fn new(words: Vec<Candidate>, habits: &[HabitualPassword]) -> Self {
        let known: HashSet<&str> = words.iter().map(|word| word.word.as_str()).collect();
        let habits = habits.iter().filter(|habit| !known.contains(&*habit.word));
        let habits: Vec<Candidate> = habits.map(Candidate::from).collect();
        Self {
            candidates: words.into_iter().chain(habits).collect(),
            ..Self::default()
        }
    }

    /// Whether some file could be tried and stayed closed.
    pub(crate) fn locked(&self) -> bool {
        self.locked
    }

    /// Whether an encrypted file is only taken note of.
    pub(crate) fn pass_over(&mut self) -> bool {
        self.locked |= self.untried;
        self.untried
    }

    /// The first word that opens the file, and what it opens it to. One that
    /// does is tried first on the next: a sender has one password for all.
    pub(crate) fn open<T>(
        &mut self,
        file: Option<u32>,
        cost: Duration,
        mut opens: impl FnMut(&str) -> Option<T>,
    ) -> Option<(Candidate, T)> {
        if self.file.0 != file {
            self.file = (file, Duration::ZERO);
        }
        let began = *self.began.get_or_insert_with(Instant::now);
        let habits = self.candidates.iter().filter(|word| word.habit.is_some());
        let kept = cost.saturating_mul(u32::try_from(habits.count()).unwrap_or(u32::MAX));
        let mut at = 0;
        while let Some(candidate) = self.candidates.get(at) {
            let is_word = candidate.habit.is_none();
            let share = |limit: Duration| match is_word {
                true => limit - kept.min(limit / KEPT),
                false => limit,
            };
            let dear = self.spent + cost > share(MESSAGE) || self.file.1 + cost > share(FILE);
            if began.elapsed() > CLOCK || dear && !is_word {
                break;
            }
            if dear {
                at += 1;
                continue;
            }
            self.spent += cost;
            self.file.1 += cost;
            if let Some(opened) = opens(&candidate.word) {
                self.candidates[..=at].rotate_right(1);
                return Some((self.candidates[0].clone(), opened));
            }
            at += 1;
        }
        self.locked = true;
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extract::Habit;
    use crate::finding::Location;

    fn trials(words: &[&str]) -> Trials {
        let candidate = |word: &&str| Candidate {
            word: (*word).to_owned(),
            place: Location::body(),
            habit: None,
        };
        Trials::new(words.iter().map(candidate).collect(), &[])
    }

    fn is(password: &str) -> impl FnMut(&str) -> Option<()> {
        move |word| (word == password).then_some(())
    }

    #[test]
    fn what_opened_one_file_is_tried_first_on_the_next() {
        let mut trials = trials(&["heron", "curlew", "otter"]);
        let opened = trials.open(Some(0), Duration::ZERO, is("otter"));
        assert_eq!(opened.map(|(word, ())| word.word).as_deref(), Some("otter"));
        let mut tried = Vec::new();
        trials.open(Some(1), Duration::ZERO, |word| {
            tried.push(word.to_owned());
            None::<()>
        });
        assert_eq!(tried, ["otter", "heron", "curlew"]);
        assert!(trials.locked());
    }

    #[test]
    fn no_file_and_no_message_costs_more_than_its_limit() {
        let words: Vec<String> = (0..10_000).map(|n| n.to_string()).collect();
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let mut trials = trials(&words);
        let cost = Duration::from_millis(36);
        let mut counts = Vec::new();
        for file in 0..4 {
            let mut count = 0;
            trials.open(Some(file), cost, |_| {
                count += 1;
                None::<()>
            });
            counts.push(count);
        }
        assert_eq!(counts, [27, 27, 27, 2]);
    }

    #[test]
    fn habits_are_tried_last_and_have_a_share_of_their_own() {
        let habit = |word: &str| HabitualPassword {
            word: word.to_owned(),
            habit: Habit::Usual,
        };
        let words: Vec<Candidate> = (0..100)
            .map(|n| Candidate {
                word: format!("word{n}"),
                place: Location::body(),
                habit: None,
            })
            .collect();
        let cost = Duration::from_millis(36);
        for (habits, own, theirs) in [(0, 27, 0), (2, 25, 2), (5, 22, 5), (50, 20, 7)] {
            let mut habits: Vec<_> = (0..habits).map(|n| habit(&format!("habit{n}"))).collect();
            // What the message says itself is no habit.
            habits.push(habit("word3"));
            let mut trials = Trials::new(words.clone(), &habits);
            let mut tried = Vec::new();
            trials.open(Some(0), cost, |word| {
                tried.push(word.to_owned());
                None::<()>
            });
            let first = tried.iter().position(|word| word.starts_with("habit"));
            let first = first.unwrap_or(tried.len());
            assert_eq!((first, tried.len() - first), (own, theirs), "{tried:?}");
        }
        let mut trials = Trials::new(words, &[habit("habit")]);
        let (right, ()) = trials.open(Some(0), cost, is("habit")).expect("opened");
        assert_eq!(right.habit, Some(Habit::Usual));
    }

    #[test]
    fn what_is_not_to_be_tried_is_only_taken_note_of() {
        let mut trials = Trials::none();
        assert!(!trials.locked() && trials.pass_over() && trials.locked());
        let mut trials = Trials::none();
        trials.open(Some(0), Duration::ZERO, |_| -> Option<()> {
            panic!("nothing is tried")
        });
        assert!(trials.locked());
        assert!(!Trials::default().pass_over());
    }
}
