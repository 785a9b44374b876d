//! Trying the message's words on its encrypted files, within a limit of cost.
//!
//! Costs are those that a trial takes on an ordinary machine, not what a clock
//! says: the same message gives the same reading on every machine. Only where
//! one is so slow that the worker's deadline comes near does the clock count.

use std::time::{Duration, Instant};

use super::candidate::Candidate;

/// What the trials on one file may cost, and all trials of a message.
const FILE: Duration = Duration::from_secs(1);
const MESSAGE: Duration = Duration::from_secs(3);
/// What all trials may take by the clock: a part of a worker's deadline.
const CLOCK: Duration = Duration::from_secs(8);

/// The words, likeliest first, and what trying them has cost.
#[derive(Debug, Default)]
pub(crate) struct Trials {
    candidates: Vec<Candidate>,
    spent: Duration,
    began: Option<Instant>,
    /// The file that was tried last, by its attachment, and what that cost.
    file: (Option<u32>, Duration),
    /// Some file could be tried and stayed closed.
    locked: bool,
}

impl Trials {
    pub(crate) fn new(candidates: Vec<Candidate>) -> Self {
        Self {
            candidates,
            ..Self::default()
        }
    }

    /// Whether some file could be tried and stayed closed.
    pub(crate) fn locked(&self) -> bool {
        self.locked
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
        let mut at = 0;
        while at < self.candidates.len() {
            let dear = self.spent + cost > MESSAGE || self.file.1 + cost > FILE;
            if dear || began.elapsed() > CLOCK {
                break;
            }
            self.spent += cost;
            self.file.1 += cost;
            if let Some(opened) = opens(&self.candidates[at].word) {
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
    use crate::finding::Location;

    fn trials(words: &[&str]) -> Trials {
        let candidate = |word: &&str| Candidate {
            word: (*word).to_owned(),
            place: Location::body(),
        };
        Trials::new(words.iter().map(candidate).collect())
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
}
