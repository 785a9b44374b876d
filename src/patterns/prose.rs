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
    /// By pattern: whether it needs no word in particular.
    needs_nothing: Vec<bool>,
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
        let mut needs_nothing = Vec::new();
        let mut begun: BTreeMap<&[u8], Vec<u16>> = BTreeMap::new();
        let mut met = begun.clone();
        for (topic, pack) in packs {
            for (pattern, index) in pack.patterns().iter().zip(0..) {
                let number = u16::try_from(patterns.len())
                    .expect("a few packs, each of fewer patterns than an index can count");
                patterns.push((topic, index));
                let needs = pattern.needs.as_ref().map(|needs| &needs.words);
                needs_nothing.push(needs.is_none());
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
            needs_nothing,
            beginnings: Beginnings::new(begun.keys().copied().zip(0..)),
            met: Lists::new(
                begun
                    .keys()
                    .map(|word| met.get(word).map_or(&[][..], Vec::as_slice)),
            ),
            begun: Lists::new(begun.values().map(Vec::as_slice)),
        }
    }

    pub(super) fn places(&self, text: &str) -> Places {
        let mut can_match = self.needs_nothing.clone();
        let mut found: Vec<(usize, u32)> = Vec::new();
        // Not a loop: this way the iterator's parts run as loops themselves.
        self.beginnings.within(text).for_each(|(at, beginning)| {
            for &pattern in self.met.of(beginning) {
                can_match[usize::from(pattern)] = true;
            }
            found.push((at, beginning));
        });
        let mut places = Places::default();
        let mut here: Vec<u16> = Vec::new();
        for found in found.chunk_by(|(one, _), (other, _)| one == other) {
            here.clear();
            for &(_, beginning) in found {
                let begun = self.begun.of(beginning).iter();
                here.extend(begun.filter(|&&pattern| can_match[usize::from(pattern)]));
            }
            here.sort_unstable();
            here.dedup();
            for &pattern in &here {
                let (topic, index) = self.patterns[usize::from(pattern)];
                places[topic as usize].push((found[0].0, index));
            }
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
