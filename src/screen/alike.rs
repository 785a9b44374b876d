//! Messages that say the same, seen from several senders within a while: what
//! a chain looks like from where all mail goes through.
//!
//! Kept in memory alone, as keyed hashes of words in a row: a restart forgets
//! it, and nothing of it could be read. Two texts are alike where most of
//! their runs of five words are the same, so that a new greeting above or a
//! signature below makes no difference. By one-permutation minhashing (Li,
//! Owen and Zhang, 2012): the share of equal minima estimates the share of
//! common runs.

use std::collections::{HashMap, HashSet, VecDeque};
use std::hash::{BuildHasher, RandomState};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;

use crate::extract::{Reading, Role};
use crate::mail::Envelope;

/// How long a text is remembered.
const WINDOW: Duration = Duration::from_hours(48);
/// The most texts that are remembered, and the most that are compared for one
/// group of minima: a newsletter to each of a thousand parents costs no more
/// than the few that matter.
const MOST: usize = 50_000;
const MOST_ALIKE: usize = 16;
/// Words in a row that are compared as one.
const RUN: usize = 5;
/// Shorter texts say too little to be told apart from others: "thanks, see
/// you on Monday".
const SHORTEST: usize = 25;
/// How many minima stand for a text.
const MINIMA: usize = 32;
/// The share of runs that two alike texts have in common, in percent.
const COMMON: usize = 75;
/// A place into which no run fell.
const EMPTY: u32 = u32::MAX;
/// Minima that are looked up together: some group of two alike texts is
/// wholly equal, nearly always.
const GROUP: usize = 4;

/// The texts of the last while. Shared by everything that screens.
#[derive(Debug, Default)]
pub struct Alike {
    seen: Mutex<Seen>,
    hasher: RandomState,
}

#[derive(Debug, Default)]
struct Seen {
    /// The oldest first; the first has the number `first`.
    texts: VecDeque<Text>,
    first: usize,
    /// Numbers of texts by each of their groups.
    groups: HashMap<(usize, [u32; GROUP]), VecDeque<usize>>,
}

#[derive(Debug)]
struct Text {
    school: u64,
    sender: u64,
    at: Timestamp,
    minima: [u32; MINIMA],
}

impl Alike {
    /// How many others of the school have sent what this message says; it is
    /// remembered from now on.
    pub fn others(
        &self,
        school: &str,
        envelope: &Envelope,
        reading: &Reading,
        now: Timestamp,
    ) -> usize {
        let Some(minima) = self.minima(reading) else {
            return 0;
        };
        let sender = match (&envelope.reverse_path, reading.header.from.first()) {
            (Some(address), _) => address.to_string(),
            (None, Some(mailbox)) => mailbox.address.clone(),
            (None, None) => String::new(),
        };
        let text = Text {
            school: self.hasher.hash_one(school),
            sender: self.hasher.hash_one(sender.to_lowercase()),
            at: now,
            minima,
        };
        // What a panic could have left is a text that some group doesn't
        // know, which does no harm.
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.forget(now);
        let senders = seen.senders_of(&text);
        let again = senders.contains(&text.sender);
        if !again {
            seen.remember(text);
        }
        senders.len() - usize::from(again)
    }

    /// `None` for a text that is too short.
    fn minima(&self, reading: &Reading) -> Option<[u32; MINIMA]> {
        let own = reading.texts.iter().filter(|text| {
            matches!(text.role, Role::Body | Role::Quoted) && text.attachment.is_none()
        });
        let words: Vec<u64> = own
            .flat_map(|text| text.text.split(|letter: char| !letter.is_alphanumeric()))
            .filter(|word| !word.is_empty())
            .map(folded)
            .collect();
        if words.len() < SHORTEST {
            return None;
        }
        let key = self.hasher.hash_one("words");
        let mut minima = [EMPTY; MINIMA];
        for run in words.windows(RUN) {
            let hash = run.iter().fold(key, |hash, word| mixed(hash, *word));
            // The upper half is compared, the lower one chooses where.
            let place = hash as usize % MINIMA;
            minima[place] = minima[place].min((hash >> 32) as u32);
        }
        Some(minima)
    }
}

impl Seen {
    /// Those of the school who have sent the same.
    fn senders_of(&self, text: &Text) -> HashSet<u64> {
        let candidates: HashSet<usize> = groups(&text.minima)
            .filter_map(|group| self.groups.get(&group))
            .flatten()
            .copied()
            .collect();
        candidates
            .into_iter()
            .filter_map(|number| self.texts.get(number.checked_sub(self.first)?))
            .filter(|other| other.school == text.school)
            .filter(|other| are_alike(&other.minima, &text.minima))
            .map(|other| other.sender)
            .collect()
    }

    fn remember(&mut self, text: Text) {
        let number = self.first + self.texts.len();
        for group in groups(&text.minima) {
            let numbers = self.groups.entry(group).or_default();
            numbers.push_back(number);
            if numbers.len() > MOST_ALIKE {
                numbers.pop_front();
            }
        }
        self.texts.push_back(text);
    }

    fn forget(&mut self, now: Timestamp) {
        while let Some(oldest) = self.texts.front()
            && (self.texts.len() >= MOST || oldest.at + WINDOW < now)
        {
            for group in groups(&oldest.minima) {
                if let Some(numbers) = self.groups.get_mut(&group) {
                    numbers.retain(|&number| number != self.first);
                    if numbers.is_empty() {
                        self.groups.remove(&group);
                    }
                }
            }
            self.texts.pop_front();
            self.first += 1;
        }
    }
}

/// A word by its letters, in whatever case.
fn folded(word: &str) -> u64 {
    if word.is_ascii() {
        let letters = word.bytes().map(|letter| letter.to_ascii_lowercase());
        return letters.fold(0, |folded, letter| mixed(folded, letter.into()));
    }
    let letters = word.chars().flat_map(char::to_lowercase);
    letters.fold(0, |folded, letter| mixed(folded, letter.into()))
}

/// Quick, which matters at every letter of every mail; strangers don't see
/// these hashes and can't choose a text by them.
fn mixed(hash: u64, more: u64) -> u64 {
    let product = (hash.rotate_left(23) ^ more).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    product ^ product >> 32
}

/// Short texts leave places empty, which say nothing where both do.
fn are_alike(one: &[u32; MINIMA], other: &[u32; MINIMA]) -> bool {
    let pairs = || one.iter().zip(other);
    let taken = pairs().filter(|pair| *pair != (&EMPTY, &EMPTY)).count();
    let equal = pairs().filter(|(one, other)| one == other && **one != EMPTY);
    equal.count() * 100 >= taken * COMMON
}

/// The minima in groups, each with its place, but for empty ones.
fn groups(minima: &[u32; MINIMA]) -> impl Iterator<Item = (usize, [u32; GROUP])> {
    let (groups, _) = minima.as_chunks::<GROUP>();
    let groups = groups.iter().copied().enumerate();
    groups.filter(|(_, group)| *group != [EMPTY; GROUP])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::testing::message;
    use crate::mail::Address;

    const CHAIN: &str = "Please read to the end. A girl in Year 8 at a school near here has \
        been very ill since the summer and the hospital says that every mail which is passed \
        on brings her nearer to the operation that she needs. It costs nothing.";
    const OTHER: &str = "The coach for the museum leaves the main gate at half past eight on \
        Thursday. Please bring a packed lunch, a coat and the signed form, and let the office \
        know by Wednesday if anybody in your group needs medicine during the day.";

    fn others(alike: &Alike, sender: &str, text: &str, hours: i64) -> usize {
        let envelope = Envelope::new(
            sender.parse().ok(),
            ["a@b.example".parse::<Address>().expect("an address")],
        );
        let now = Timestamp::UNIX_EPOCH + jiff::SignedDuration::from_hours(hours);
        alike.others("greenfold", &envelope, &message(&[(Role::Body, text)]), now)
    }

    #[test]
    fn the_same_text_from_others_is_counted_by_sender() {
        let alike = Alike::default();
        assert_eq!(others(&alike, "a@s.example", CHAIN, 0), 0);
        assert_eq!(
            others(&alike, "A@s.example", CHAIN, 1),
            0,
            "the same person"
        );
        assert_eq!(others(&alike, "b@s.example", CHAIN, 1), 1);
        let greeted = format!("Hi all!\n\n> {}\n\nBest wishes, Cat", CHAIN.to_uppercase());
        assert_eq!(others(&alike, "c@s.example", &greeted, 2), 2);
        assert_eq!(others(&alike, "d@s.example", OTHER, 2), 0);
        assert_eq!(
            others(&alike, "e@s.example", "Thanks, see you on Monday.", 2),
            0
        );
        assert_eq!(
            others(&alike, "f@s.example", "Thanks, see you on Monday.", 2),
            0
        );
    }

    #[test]
    fn half_of_a_text_is_another_text() {
        let alike = Alike::default();
        let (half, rest) = (&CHAIN[..CHAIN.len() / 2], &OTHER[..OTHER.len() / 2]);
        others(&alike, "a@s.example", CHAIN, 0);
        assert_eq!(
            others(&alike, "b@s.example", &format!("{half} {rest}"), 0),
            0
        );
    }

    #[test]
    fn what_is_old_is_forgotten_and_nothing_is_left_of_it() {
        let alike = Alike::default();
        others(&alike, "a@s.example", CHAIN, 0);
        assert_eq!(others(&alike, "b@s.example", CHAIN, 47), 1);
        assert_eq!(
            others(&alike, "c@s.example", CHAIN, 49),
            1,
            "the first is forgotten"
        );
        assert_eq!(others(&alike, "c@s.example", OTHER, 200), 0);
        let seen = alike.seen.lock().expect("no panic");
        assert_eq!(seen.texts.len(), 1);
        assert!(seen.groups.len() <= MINIMA / GROUP);
        assert!(seen.groups.values().all(|numbers| numbers.len() == 1));
    }

    #[test]
    fn schools_know_nothing_of_each_other() {
        let alike = Alike::default();
        others(&alike, "a@s.example", CHAIN, 0);
        let envelope = Envelope::new("b@t.example".parse().ok(), []);
        let reading = message(&[(Role::Body, CHAIN)]);
        let told = alike.others("hartwell", &envelope, &reading, Timestamp::UNIX_EPOCH);
        assert_eq!(told, 0);
    }

    #[test]
    fn what_everybody_sends_costs_no_more_than_what_a_few_send() {
        let alike = Alike::default();
        for number in 0..2000 {
            let sender = format!("a{number}@s.example");
            let known = others(&alike, &sender, CHAIN, 0);
            assert!(
                known <= MOST_ALIKE && known >= number.min(2),
                "{known} of {number}"
            );
        }
        let seen = alike.seen.lock().expect("no panic");
        assert_eq!(seen.texts.len(), 2000);
        assert!(
            seen.groups
                .values()
                .all(|numbers| numbers.len() <= MOST_ALIKE)
        );
    }
}
