//! Where in a running text which pattern of any topic could match.

use std::collections::BTreeMap;

use super::Topic;
use super::beginnings::Beginnings;
use super::pack::{Index, Pack};

/// All patterns that are looked for in running text, by how they begin and by
/// what they need.
#[derive(Debug)]
pub(super) struct Prose {
    patterns: Vec<(Topic, Index)>,
    /// By pattern: how far a match reaches, in bytes.
    reaches: Vec<usize>,
    /// By pattern: where the word that it needs stands as long as none is
    /// found, which is nowhere, or anywhere if it needs none in particular.
    unmet: Vec<usize>,
    /// Beginnings of words, numbered.
    beginnings: Beginnings<u32>,
    /// By beginning: the patterns that can begin with it.
    begun: Lists,
    /// By beginning: the patterns that need it or another one.
    met: Lists,
}

/// Lists of patterns, as places in [`Prose::patterns`], side by side.
#[derive(Debug)]
struct Lists {
    ends: Vec<u32>,
    patterns: Vec<u16>,
}

/// By topic: places in a text, each with a pattern that could match there.
pub(super) type Places = [Vec<(usize, Index)>; Topic::ALL.len()];

impl Prose {
    pub(super) fn new<'p>(packs: impl IntoIterator<Item = (Topic, &'p Pack)>) -> Self {
        let mut patterns = Vec::new();
        let mut reaches = Vec::new();
        let mut unmet = Vec::new();
        let mut begun: BTreeMap<&[u8], Vec<u16>> = BTreeMap::new();
        let mut met = begun.clone();
        for (topic, pack) in packs {
            for (pattern, index) in pack.patterns().iter().zip(0..) {
                let number = u16::try_from(patterns.len())
                    .expect("a few packs, each of fewer patterns than an index can count");
                patterns.push((topic, index));
                let needs = pattern.needs.as_ref().map(|needs| &needs.words);
                unmet.push(needs.map_or(0, |_| usize::MAX));
                reaches.push(pattern.reach());
                for word in needs.into_iter().flatten() {
                    met.entry(word).or_default().push(number);
                    begun.entry(word).or_default();
                }
                for literal in &pattern.literals {
                    begun.entry(literal).or_default().push(number);
                }
            }
        }
        Self {
            patterns,
            reaches,
            unmet,
            beginnings: Beginnings::new(begun.keys().copied().zip(0..)),
            met: Lists::new(
                begun
                    .keys()
                    .map(|word| met.get(word).map_or(&[][..], Vec::as_slice)),
            ),
            begun: Lists::new(begun.values().map(Vec::as_slice)),
        }
    }

    /// Places at which a pattern can begin, and has a word that it needs
    /// within its reach.
    pub(super) fn places(&self, text: &str) -> Places {
        let mut found: Vec<(usize, u32)> = Vec::new();
        self.beginnings
            .each(text, |at, beginning| found.push((at, beginning)));
        let mut places = Places::default();
        // From the last to the first, so that of every pattern it is known
        // where the next word stands that it needs.
        let mut met_at = self.unmet.clone();
        let mut here: Vec<u16> = Vec::new();
        for found in found.chunk_by(|(one, _), (other, _)| one == other).rev() {
            let at = found[0].0;
            let beginnings = || found.iter().map(|&(_, beginning)| beginning);
            for &pattern in beginnings().flat_map(|beginning| self.met.of(beginning)) {
                met_at[usize::from(pattern)] = at;
            }
            let begun = beginnings().flat_map(|beginning| self.begun.of(beginning));
            here.clear();
            here.extend(begun.copied().filter(|&pattern| {
                let pattern = usize::from(pattern);
                met_at[pattern] <= at + self.reaches[pattern]
            }));
            here.sort_unstable();
            here.dedup();
            for &pattern in here.iter().rev() {
                let (topic, index) = self.patterns[usize::from(pattern)];
                places[topic as usize].push((at, index));
            }
        }
        for places in &mut places {
            places.reverse();
        }
        places
    }
}

impl Lists {
    fn new<'l>(lists: impl Iterator<Item = &'l [u16]>) -> Self {
        let mut patterns = Vec::new();
        let ends = lists.map(|list| {
            patterns.extend_from_slice(list);
            u32::try_from(patterns.len()).expect("some thousands of literals")
        });
        Self {
            ends: ends.collect(),
            patterns,
        }
    }

    fn of(&self, beginning: u32) -> &[u16] {
        let beginning = beginning as usize;
        let from = beginning
            .checked_sub(1)
            .map_or(0, |before| self.ends[before]);
        &self.patterns[from as usize..self.ends[beginning] as usize]
    }
}
