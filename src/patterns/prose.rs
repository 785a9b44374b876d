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
    /// What each of them means.
    meanings: Vec<Meaning>,
}

/// Patterns, as places in [`Prose::patterns`], for which the beginning of a
/// word means something.
#[derive(Debug, Default)]
struct Meaning {
    /// Those that can begin with it.
    begins: Vec<u16>,
    /// Those that need it or another one.
    meets: Vec<u16>,
}

/// By topic: places in a text, each with a pattern that could match there.
pub(super) type Places = [Vec<(usize, Index)>; Topic::ALL.len()];

impl Prose {
    pub(super) fn new<'p>(packs: impl IntoIterator<Item = (Topic, &'p Pack)>) -> Self {
        let mut patterns = Vec::new();
        let mut needs_nothing = Vec::new();
        let mut meanings: BTreeMap<&[u8], Meaning> = BTreeMap::new();
        for (topic, pack) in packs {
            for (pattern, index) in pack.patterns().iter().zip(0..) {
                let number = u16::try_from(patterns.len())
                    .expect("a few packs, each of fewer patterns than an index can count");
                patterns.push((topic, index));
                let needs = pattern.needs.as_ref().map(|needs| &needs.words);
                needs_nothing.push(needs.is_none());
                for word in needs.into_iter().flatten() {
                    meanings.entry(word).or_default().meets.push(number);
                }
                for literal in &pattern.literals {
                    meanings.entry(literal).or_default().begins.push(number);
                }
            }
        }
        Self {
            patterns,
            needs_nothing,
            beginnings: Beginnings::new(meanings.keys().copied().zip(0..)),
            meanings: meanings.into_values().collect(),
        }
    }

    pub(super) fn places(&self, text: &str) -> Places {
        let mut can_match = self.needs_nothing.clone();
        let mut found: Vec<(usize, &Meaning)> = Vec::new();
        // Not a loop: this way the iterator's parts run as loops themselves.
        self.beginnings.within(text).for_each(|(at, number)| {
            let meaning = &self.meanings[number as usize];
            for &pattern in &meaning.meets {
                can_match[usize::from(pattern)] = true;
            }
            if !meaning.begins.is_empty() {
                found.push((at, meaning));
            }
        });
        let mut places = Places::default();
        for (at, meaning) in found {
            for &pattern in &meaning.begins {
                let pattern = usize::from(pattern);
                if can_match[pattern] {
                    let (topic, index) = self.patterns[pattern];
                    places[topic as usize].push((at, index));
                }
            }
        }
        for places in &mut places {
            // In order but for those at one place.
            places.sort_unstable();
            places.dedup();
        }
        places
    }
}
