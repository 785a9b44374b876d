//! The fingerprints of a roster, laid out for lookups whose cost does not
//! grow with it.
//!
//! Three layers, each asked only when the one before said yes: a bit set
//! that tells from a cheap keyed hash whether a token can begin a name; a
//! table of tokens that says which parts of names a token is; and the sorted
//! pairs of forename and surname with their pupils. A million pupils take
//! about 60 MB.

use std::collections::{HashMap, HashSet};

use siphasher::sip::SipHasher24;

use super::{Everyday, Nature};

/// The secret under which one school's names are fingerprinted.
#[derive(Clone)]
pub struct NameKey {
    hasher: SipHasher24,
    /// For the bit set's cheap hash; odd.
    multipliers: [u64; 2],
}

impl NameKey {
    pub fn new(key: [u8; 16]) -> Self {
        let hasher = SipHasher24::new_with_key(&key);
        let multipliers = [hasher.hash(b"filter 1") | 1, hasher.hash(b"filter 2") | 1];
        Self {
            hasher,
            multipliers,
        }
    }

    /// A key that only this process knows, for an index that lives no longer.
    pub fn random() -> Result<Self, getrandom::Error> {
        let mut key = [0; 16];
        getrandom::fill(&mut key)?;
        Ok(Self::new(key))
    }

    /// What stands for a reference, a UPN or an address.
    pub fn digest(&self, text: &str) -> u64 {
        self.hasher.hash(text.as_bytes())
    }

    /// SipHash-2-4 of folded letters.
    pub(super) fn fingerprint(&self, folded: &[u8]) -> u64 {
        self.hasher.hash(folded)
    }

    /// A hash good enough to sift tokens, of their first sixteen bytes and
    /// their length. Bit 5 is set in every byte, so that ASCII letters need
    /// not be folded first.
    #[inline]
    pub(super) fn sift(&self, token: &[u8]) -> u64 {
        const LOWER: u64 = 0x2020_2020_2020_2020;
        let word = |bytes: &[u8]| match bytes.first_chunk::<8>() {
            Some(eight) => u64::from_le_bytes(*eight),
            None => bytes
                .iter()
                .rev()
                .fold(0, |word, &byte| word << 8 | u64::from(byte)),
        };
        let low = (word(token) | LOWER) ^ token.len() as u64;
        let mut hash = low.wrapping_mul(self.multipliers[0]);
        if token.len() > 8 {
            hash ^= (word(&token[8..]) | LOWER).wrapping_mul(self.multipliers[1]);
        }
        hash ^ hash >> 29
    }
}

impl std::fmt::Debug for NameKey {
    /// Without the key.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("NameKey")
    }
}

impl Default for NameKey {
    /// For an index of nobody.
    fn default() -> Self {
        Self::new([0; 16])
    }
}

/// The fingerprint of a forename with a surname, in this order.
pub(super) fn pair(forename: u64, surname: u64) -> u64 {
    let mut mixed = forename.rotate_left(23).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ surname;
    mixed ^= mixed >> 32;
    mixed = mixed.wrapping_mul(0xd6e8_feb8_6659_fd93);
    mixed ^ mixed >> 32
}

/// As much of a fingerprint as telling one pupil's middle names apart takes.
pub(super) fn short(fingerprint: u64) -> u32 {
    (fingerprint >> 32) as u32
}

/// What a token is in the roster's names: a set of bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Part(u8);

impl Part {
    pub(super) const FORENAME: Self = Self(1);
    pub(super) const SURNAME: Self = Self(2);
    /// The first of several tokens of one: `Mary` of `Mary-Jane`.
    pub(super) const FORENAME_HEAD: Self = Self(4);
    pub(super) const SURNAME_HEAD: Self = Self(8);
    pub(super) const MIDDLE: Self = Self(16);
    const BITS: u32 = 5;

    /// Whether the token is any of these.
    pub(super) fn is(self, any: Self) -> bool {
        self.0 & any.0 != 0
    }

    pub(super) const fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// Tokens and what they are: an open hash table of fingerprints whose lowest
/// bits hold the [`Part`], behind a bit set of those that can begin a name.
#[derive(Default)]
pub(super) struct Tokens {
    sieve: Vec<u64>,
    /// How far a sifting hash is shifted for its place in the sieve.
    sieve_shift: u32,
    slots: Vec<u64>,
    count: usize,
}

impl Tokens {
    pub(super) fn new(parts: &HashMap<u64, Part>, beginnings: &HashSet<u64>) -> Self {
        // Sixteen bits a token let one stranger in sixteen pass at most.
        let bits = (beginnings.len() * 16).next_power_of_two().max(1 << 12);
        let mut tokens = Self {
            sieve: vec![0; bits / 64],
            sieve_shift: 64 - bits.trailing_zeros(),
            slots: vec![0; (parts.len() * 3 / 2).next_power_of_two().max(8)],
            count: parts.len(),
        };
        for &hash in beginnings {
            let bit = tokens.sieve_bit(hash);
            tokens.sieve[bit / 64] |= 1 << (bit % 64);
        }
        for (&fingerprint, part) in parts {
            let mut slot = tokens.slot(fingerprint);
            while tokens.slots[slot] != 0 {
                slot = (slot + 1) & (tokens.slots.len() - 1);
            }
            tokens.slots[slot] = Self::tag(fingerprint) | u64::from(part.0);
        }
        tokens
    }

    pub(super) fn len(&self) -> usize {
        self.count
    }

    /// Whether a token with this sifting hash may begin a name.
    #[inline]
    pub(super) fn may_begin(&self, sifted: u64) -> bool {
        let bit = self.sieve_bit(sifted);
        self.sieve
            .get(bit / 64)
            .is_some_and(|word| word >> (bit % 64) & 1 == 1)
    }

    pub(super) fn part(&self, fingerprint: u64) -> Part {
        if self.slots.is_empty() {
            return Part::default();
        }
        let mut slot = self.slot(fingerprint);
        loop {
            match self.slots[slot] {
                0 => return Part::default(),
                entry if Self::tag(entry) == Self::tag(fingerprint) => {
                    return Part((entry & !Self::TAG) as u8);
                }
                _ => slot = (slot + 1) & (self.slots.len() - 1),
            }
        }
    }

    const TAG: u64 = !0 << Part::BITS;

    fn tag(fingerprint: u64) -> u64 {
        fingerprint & Self::TAG
    }

    fn sieve_bit(&self, sifted: u64) -> usize {
        (sifted >> self.sieve_shift.min(63)) as usize
    }

    /// The table is a power of two long and never full.
    fn slot(&self, fingerprint: u64) -> usize {
        (fingerprint >> 20) as usize & (self.slots.len() - 1)
    }
}

/// A pupil of a pair, and the pair's [`Nature`] in the highest bits.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entry(u32);

impl Entry {
    const FORENAME: u32 = 30;
    const SURNAME: u32 = 28;
    const WELL_KNOWN: u32 = 1 << 27;
    const PUPIL: u32 = Self::WELL_KNOWN - 1;

    pub(super) fn new(pupil: usize, nature: Nature) -> Self {
        let well_known = if nature.well_known {
            Self::WELL_KNOWN
        } else {
            0
        };
        Self(
            (pupil as u32 & Self::PUPIL)
                | (nature.forename as u32) << Self::FORENAME
                | (nature.surname as u32) << Self::SURNAME
                | well_known,
        )
    }

    pub(super) fn pupil(self) -> usize {
        (self.0 & Self::PUPIL) as usize
    }

    pub(super) fn nature(self) -> Nature {
        let everyday = |shift: u32| match self.0 >> shift & 3 {
            0 => Everyday::No,
            1 => Everyday::Also,
            _ => Everyday::Mainly,
        };
        Nature {
            forename: everyday(Self::FORENAME),
            surname: everyday(Self::SURNAME),
            well_known: self.0 & Self::WELL_KNOWN != 0,
        }
    }
}

/// Pairs in ascending order, with a directory by their highest bits.
#[derive(Default)]
pub(super) struct Pairs {
    fingerprints: Vec<u64>,
    entries: Vec<Entry>,
    /// Where each run of pairs with the same highest bits begins; one more
    /// than there are runs.
    directory: Vec<u32>,
    shift: u32,
}

impl Pairs {
    pub(super) fn new(mut pairs: Vec<(u64, Entry)>) -> Self {
        pairs.sort_unstable_by_key(|&(fingerprint, entry)| (fingerprint, entry.pupil()));
        pairs.dedup_by_key(|&mut (fingerprint, entry)| (fingerprint, entry.pupil()));
        let runs = (pairs.len() / 4).next_power_of_two().max(2);
        let shift = 64 - runs.trailing_zeros();
        let mut directory = vec![0; runs + 1];
        for &(fingerprint, _) in &pairs {
            directory[(fingerprint >> shift) as usize + 1] += 1;
        }
        for run in 1..directory.len() {
            directory[run] += directory[run - 1];
        }
        let (fingerprints, entries) = pairs.into_iter().unzip();
        Self {
            fingerprints,
            entries,
            directory,
            shift,
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// The pupils of a pair.
    pub(super) fn of(&self, fingerprint: u64) -> impl Iterator<Item = Entry> + '_ {
        let run = if self.is_empty() {
            0..0
        } else {
            let run = (fingerprint >> self.shift) as usize;
            self.directory[run] as usize..self.directory[run + 1] as usize
        };
        self.fingerprints[run.clone()]
            .iter()
            .zip(&self.entries[run])
            .filter(move |&(&other, _)| other == fingerprint)
            .map(|(_, &entry)| entry)
    }
}
