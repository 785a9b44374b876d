//! A text that is searched once, for all checks.

use std::ops::Range;

use super::pack::Index;
use super::{Folded, Hit, Pack, Packs, Topic};

/// A folded text, and where in it which pattern of running text could begin.
/// One pass finds that out for every topic at once; the patterns themselves
/// are tried when a check asks for its topic.
#[derive(Debug)]
pub struct Scanned<'p> {
    folded: Folded,
    packs: &'p Packs,
    /// By topic: places and patterns, in order.
    beginnings: [Vec<(usize, Index)>; Topic::ALL.len()],
}

impl<'p> Scanned<'p> {
    pub fn new(folded: Folded, packs: &'p Packs) -> Self {
        let mut beginnings: [Vec<(usize, Index)>; Topic::ALL.len()] = Default::default();
        for (start, (topic, pattern)) in packs.prose.within(folded.as_str()) {
            beginnings[topic as usize].push((start, pattern));
        }
        for beginnings in &mut beginnings {
            // In order but for those at one place.
            beginnings.sort();
            beginnings.dedup();
        }
        Self {
            folded,
            packs,
            beginnings,
        }
    }

    pub fn as_str(&self) -> &str {
        self.folded.as_str()
    }

    /// See [`Folded::locate`].
    pub fn locate(&self, original: &str, range: Range<usize>) -> Range<usize> {
        self.folded.locate(original, range)
    }

    /// Every match of every pattern of a topic of [`Topic::PROSE`]: see
    /// [`Pack::scan`](super::Pack::scan).
    pub fn hits(&self, topic: Topic) -> Vec<Hit<'p>> {
        let pack = self.packs.pack(topic);
        pack.matches(self.as_str(), self.all(topic))
    }

    /// The same for the patterns of these categories alone.
    pub fn hits_of(&self, topic: Topic, categories: &[&str]) -> Vec<Hit<'p>> {
        let pack = self.packs.pack(topic);
        let beginnings = self.of(topic, pack, categories);
        pack.matches(self.as_str(), beginnings)
    }

    /// Whether a pattern of one of these categories matches.
    pub fn has(&self, topic: Topic, categories: &[&str]) -> bool {
        let pack = self.packs.pack(topic);
        let mut beginnings = self.of(topic, pack, categories);
        beginnings.any(|(start, pattern)| {
            pack.patterns()[usize::from(pattern)]
                .match_at(self.as_str(), start)
                .is_some()
        })
    }

    fn of<'c>(
        &'c self,
        topic: Topic,
        pack: &'c Pack,
        categories: &'c [&str],
    ) -> impl Iterator<Item = (usize, Index)> + 'c {
        self.all(topic).filter(|&(_, pattern)| {
            let category = &pack.patterns()[usize::from(pattern)].category;
            categories.contains(&category.as_str())
        })
    }

    /// Places, and patterns of a topic.
    fn all(&self, topic: Topic) -> impl Iterator<Item = (usize, Index)> {
        self.beginnings[topic as usize].iter().copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_pass_finds_what_each_pack_finds_alone() {
        let packs = Packs::builtin();
        let text = "Please forward this to everyone you know, or bad luck will follow! \
            Send the register for Year 9 to my personal gmail. UPN: B801200005001, \
            date of birth 3 April 2012, has an EHCP and free school meals.";
        let scanned = Scanned::new(Folded::prose(text), &packs);
        for topic in Topic::PROSE {
            let found = |hits: Vec<Hit<'_>>| -> Vec<(String, Range<usize>)> {
                let hits = hits.into_iter();
                hits.map(|hit| (hit.pattern.id.clone(), hit.folded))
                    .collect()
            };
            let alone = found(packs.pack(topic).scan(&scanned.folded));
            assert_eq!(found(scanned.hits(topic)), alone, "{topic:?}");
            assert!(!alone.is_empty(), "{topic:?}");
        }
        let chain = Topic::ChainMessage;
        assert!(scanned.has(chain, &["pass-on"]) && !scanned.has(chain, &["boilerplate"]));
        let hits = scanned.hits_of(chain, &["luck", "pass-on"]);
        let mut categories: Vec<&str> = hits.iter().map(|hit| &*hit.pattern.category).collect();
        categories.sort_unstable();
        categories.dedup();
        assert_eq!(categories, ["luck", "pass-on"]);
    }
}
