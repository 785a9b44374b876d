//! A text that is searched once, for all checks.

use std::cell::OnceCell;
use std::ops::Range;

use super::likeness::{Learned, Likeness, Weighed};
use super::pack::Index;
use super::prose::Places;
use super::{Folded, Hit, Pack, Packs, Pattern, Topic};

/// A folded text, and where in it which pattern of running text could begin.
/// One pass finds that out for every topic at once; the patterns themselves
/// are tried when a check asks for its topic.
#[derive(Debug)]
pub struct Scanned<'p> {
    folded: Folded,
    packs: &'p Packs,
    places: Places,
    weighed: OnceCell<Weighed>,
}

impl<'p> Scanned<'p> {
    pub fn new(folded: Folded, packs: &'p Packs) -> Self {
        let places = packs.prose.places(folded.as_str());
        Self {
            folded,
            packs,
            places,
            weighed: OnceCell::new(),
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

    /// The same for a topic that few texts are searched for, and so not in the
    /// pass for all.
    pub fn hits_apart(&self, topic: Topic) -> Vec<Hit<'p>> {
        self.packs.pack(topic).scan(&self.folded)
    }

    /// The same for some of the patterns alone.
    pub fn hits_of(&self, topic: Topic, wanted: impl Fn(&Pattern) -> bool) -> Vec<Hit<'p>> {
        let pack = self.packs.pack(topic);
        let places = self.of(topic, pack, wanted);
        pack.matches(self.as_str(), places)
    }

    /// Whether one of some patterns matches.
    pub fn has(&self, topic: Topic, wanted: impl Fn(&Pattern) -> bool) -> bool {
        let pack = self.packs.pack(topic);
        let mut places = self.of(topic, pack, wanted);
        places.any(|(start, pattern)| {
            pack.patterns()[usize::from(pattern)]
                .match_at(self.as_str(), start)
                .is_some()
        })
    }

    /// How much some texts, read as one, read like it.
    pub fn likeness_of(texts: &[&Self], learned: Learned) -> Option<f32> {
        Weighed::whole(texts.iter().map(|text| text.weighed()), learned)
    }

    /// The passage that reads most like it.
    pub fn likeliest(&self, learned: Learned) -> Option<Likeness> {
        let passages = self.weighed().passages(learned);
        passages.max_by(|a, b| a.score.total_cmp(&b.score))
    }

    /// How much the words around a place in the folded text read like it.
    pub fn likeness_at(&self, learned: Learned, place: &Range<usize>) -> Option<f32> {
        let passages = self.weighed().around(place, learned);
        passages
            .map(|likeness| likeness.score)
            .max_by(f32::total_cmp)
    }

    fn weighed(&self) -> &Weighed {
        self.weighed.get_or_init(|| Weighed::new(self.as_str()))
    }

    fn of(
        &self,
        topic: Topic,
        pack: &Pack,
        wanted: impl Fn(&Pattern) -> bool,
    ) -> impl Iterator<Item = (usize, Index)> {
        let wanted: Vec<bool> = pack.patterns().iter().map(wanted).collect();
        self.all(topic)
            .filter(move |&(_, pattern)| wanted[usize::from(pattern)])
    }

    /// Places, and patterns of a topic.
    fn all(&self, topic: Topic) -> impl Iterator<Item = (usize, Index)> {
        self.places[topic as usize].iter().copied()
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
            date of birth 3 April 2012, has an EHCP and free school meals. \
            The password is Otter17. Bloody hell. My car is for sale. \
            He is rude. All rights reserved. Welcome to Instagram.";
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
        let has = |category: &str| scanned.has(chain, |pattern| pattern.category == category);
        assert!(has("pass-on") && !has("boilerplate"));
        let hits = scanned.hits_of(chain, |pattern| {
            ["luck", "pass-on"].contains(&&*pattern.category)
        });
        let mut categories: Vec<&str> = hits.iter().map(|hit| &*hit.pattern.category).collect();
        categories.sort_unstable();
        categories.dedup();
        assert_eq!(categories, ["luck", "pass-on"]);
    }
}
