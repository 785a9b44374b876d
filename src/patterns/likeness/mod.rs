//! How much a passage reads like those that people have labelled.
//!
//! Some things are said in more ways than phrases can list: that somebody's
//! own sofa is for sale, that a letter wants to go round the world. For these
//! a linear model weighs every word, pair of words and stem of a passage of
//! one to three sentences. Its weights are learned from `fixtures/passages`
//! and `fixtures/mails` by `examples/learn.rs`, which says how, and stand in
//! `patterns/likeness/<rule>.tsv` as hundredths, so that everybody can see
//! what speaks for what.
//!
//! The score of a passage is the sum of the weights of what it has, times its
//! [`share`], plus a bias. Zero is the border between the labels; what a check
//! makes of it is its business.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::ops::Range;
use std::sync::LazyLock;

mod features;

/// What a model has been learned for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Learned {
    /// Requests to pass a message on and on.
    Chain,
    /// Contempt, threats and foul words in the writer's own voice.
    Abuse,
    /// Passwords and codes that are handed over.
    Password,
    /// Affairs and deals of the writer's own life.
    PrivateBusiness,
    /// Ways to reach a member of staff in private.
    PrivateContact,
}

impl Learned {
    pub const ALL: [Self; 5] = [
        Self::Chain,
        Self::Abuse,
        Self::Password,
        Self::PrivateBusiness,
        Self::PrivateContact,
    ];

    /// The rule whose labels it was learned from.
    pub fn name(self) -> &'static str {
        match self {
            Self::Chain => "chain-message",
            Self::Abuse => "offensive-language",
            Self::Password => "password-shared",
            Self::PrivateBusiness => "personal-business",
            Self::PrivateContact => "personal-details-to-pupil",
        }
    }

    fn weights(self) -> &'static str {
        match self {
            Self::Chain => include_str!("../../../patterns/likeness/chain-message.tsv"),
            Self::Abuse => include_str!("../../../patterns/likeness/offensive-language.tsv"),
            Self::Password => include_str!("../../../patterns/likeness/password-shared.tsv"),
            Self::PrivateBusiness => {
                include_str!("../../../patterns/likeness/personal-business.tsv")
            }
            Self::PrivateContact => {
                include_str!("../../../patterns/likeness/personal-details-to-pupil.tsv")
            }
        }
    }
}

/// So many sentences in a row are read together.
pub const TOGETHER: usize = 3;

/// A passage counts as if it had so many more features, of which nothing is
/// known: few words say little.
const UNKNOWN: f32 = 12.0;

/// What stands for the bias among the weights.
const BIAS: &str = "";

static MODEL: LazyLock<Model> = LazyLock::new(Model::built_in);

/// One for each of [`Learned::ALL`].
type Weights = [f32; Learned::ALL.len()];

/// A folded text, weighed sentence by sentence for everything learned at once.
#[derive(Debug)]
pub(super) struct Weighed {
    sentences: Vec<Sentence>,
}

#[derive(Debug)]
struct Sentence {
    range: Range<usize>,
    features: u32,
    sums: Weights,
}

/// A passage, and how much it reads like what was learned.
#[derive(Debug, Clone, PartialEq)]
pub struct Likeness {
    /// Bytes of the folded text.
    pub passage: Range<usize>,
    pub score: f32,
}

impl Weighed {
    pub(super) fn new(folded: &str) -> Self {
        let sentences = features::sentences(folded)
            .into_iter()
            .map(|range| MODEL.weigh(&folded[range.clone()], range))
            .collect();
        Self { sentences }
    }

    /// Every passage, with its likeness.
    pub(super) fn passages(&self, learned: Learned) -> impl Iterator<Item = Likeness> {
        self.within(0..self.sentences.len(), 0, learned)
    }

    /// The passages that hold something of a place.
    pub(super) fn around(
        &self,
        place: &Range<usize>,
        learned: Learned,
    ) -> impl Iterator<Item = Likeness> {
        let sentences = &self.sentences;
        let first = sentences.partition_point(|sentence| sentence.range.end <= place.start);
        let behind = sentences.partition_point(|sentence| sentence.range.start < place.end);
        self.within((first + 1).saturating_sub(TOGETHER)..behind, first, learned)
    }

    /// The passages that begin with one of these sentences and reach this one.
    fn within(
        &self,
        starts: Range<usize>,
        reached: usize,
        learned: Learned,
    ) -> impl Iterator<Item = Likeness> {
        starts.flat_map(move |start| {
            let shortest = (start + 1).max(reached + 1);
            let ends = shortest..=(start + TOGETHER).min(self.sentences.len());
            ends.filter_map(move |end| Likeness::of(&self.sentences[start..end], learned))
        })
    }

    /// The score of all sentences of some texts.
    pub(super) fn whole<'a>(
        texts: impl Iterator<Item = &'a Self>,
        learned: Learned,
    ) -> Option<f32> {
        score(texts.flat_map(|text| &text.sentences), learned)
    }
}

impl Likeness {
    fn of(sentences: &[Sentence], learned: Learned) -> Option<Self> {
        let (first, last) = (sentences.first()?, sentences.last()?);
        Some(Self {
            passage: first.range.start..last.range.end,
            score: score(sentences, learned)?,
        })
    }
}

/// `None` where nothing is said.
fn score<'a>(sentences: impl IntoIterator<Item = &'a Sentence>, learned: Learned) -> Option<f32> {
    let number = learned as usize;
    let (mut sum, mut features) = (0.0, 0);
    for sentence in sentences {
        sum += sentence.sums[number];
        features += sentence.features;
    }
    (features > 0).then(|| sum * share(features) + MODEL.biases[number])
}

/// What was learned.
struct Model {
    weights: HashMap<u64, Weights, BuildHasherDefault<Itself>>,
    biases: Weights,
}

impl Model {
    fn built_in() -> Self {
        let mut model = Self {
            weights: HashMap::default(),
            biases: Weights::default(),
        };
        for learned in Learned::ALL {
            for line in learned.weights().lines() {
                let (feature, weight) = line.rsplit_once('\t').expect("a feature and its weight");
                let hundredths: f32 = weight.parse().expect("a weight is a number");
                let weights = match feature {
                    BIAS => &mut model.biases,
                    feature => {
                        let key = features::Feature::parse(feature).key();
                        model.weights.entry(key).or_default()
                    }
                };
                weights[learned as usize] = hundredths / 100.0;
            }
        }
        model
    }

    fn weigh(&self, sentence: &str, range: Range<usize>) -> Sentence {
        let (mut features, mut sums) = (0, Weights::default());
        features::of(sentence, |feature| {
            features += 1;
            if let Some(weights) = self.weights.get(&feature.key()) {
                for (sum, weight) in sums.iter_mut().zip(weights) {
                    *sum += weight;
                }
            }
        });
        Sentence {
            range,
            features,
            sums,
        }
    }
}

/// Keys are hashes already.
#[derive(Default)]
struct Itself(u64);

impl Hasher for Itself {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, _: &[u8]) {
        unreachable!("keys are numbers");
    }

    fn write_u64(&mut self, key: u64) {
        self.0 = key;
    }
}

/// What each feature of a passage counts, by how many there are: its length
/// as a vector is the square root of that.
pub fn share(features: u32) -> f32 {
    1.0 / (features as f32 + UNKNOWN).sqrt()
}

/// For learning: the sentences of a running text, each with its features as
/// they are written down.
pub fn written_features(text: &str) -> Vec<Vec<String>> {
    let folded = super::Folded::prose(text);
    let folded = folded.as_str();
    let mut sentences = Vec::new();
    for range in features::sentences(folded) {
        let mut found = Vec::new();
        features::of(&folded[range], |feature| found.push(feature.to_string()));
        sentences.push(found);
    }
    sentences
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::patterns::Folded;

    fn likeliest(text: &str, learned: Learned) -> f32 {
        let folded = Folded::prose(text);
        let weighed = Weighed::new(folded.as_str());
        let scores = weighed.passages(learned).map(|likeness| likeness.score);
        scores.fold(f32::NEG_INFINITY, f32::max)
    }

    #[test]
    fn what_is_told_in_new_words_is_told_from_its_like() {
        for (learned, like, unlike) in [
            (
                Learned::Chain,
                "Copy this to every person in your contacts before midnight, or the luck will turn against you.",
                "Please pass this to whoever teaches Year 4 tomorrow, since I shall be at the dentist.",
            ),
            (
                Learned::Abuse,
                "You are a pathetic excuse for a teacher and everybody in this building laughs at you.",
                "You were asked to hand the essay in on Friday, and I was disappointed not to see it.",
            ),
            (
                Learned::Password,
                "To get into the register just put my name and then Tulip88 when it asks.",
                "To get into the register you will need a new password from the technician.",
            ),
            (
                Learned::PrivateBusiness,
                "We are selling the caravan, three thousand pounds or a sensible offer, and can deliver it.",
                "The school is hiring a caravan for the expedition, and the governors have agreed the cost.",
            ),
            (
                Learned::PrivateContact,
                "Send me a message on my own mobile at the weekend, or find me on Instagram.",
                "Send a message to the school office at the weekend, and somebody will find you a room.",
            ),
        ] {
            let (yes, no) = (likeliest(like, learned), likeliest(unlike, learned));
            assert!(yes > 0.0 && no < yes - 0.8, "{learned:?}: {yes} and {no}");
        }
    }

    #[test]
    fn few_words_say_little_and_none_say_nothing() {
        assert!(Weighed::new("").passages(Learned::Chain).next().is_none());
        assert_eq!(Weighed::whole([].iter(), Learned::Chain), None);
        assert_eq!(Weighed::new(" \n\t… — ").sentences.len(), 0);
        for learned in Learned::ALL {
            assert!(likeliest("Yes.", learned) < 0.5, "{learned:?}");
        }
    }

    #[test]
    fn any_text_is_weighed_in_time_that_grows_with_its_length() {
        let texts = [
            "a".repeat(1_000_000),
            "é*@'1 ".repeat(200_000),
            "?!. ".repeat(300_000),
        ];
        for text in texts {
            let weighed = Weighed::new(Folded::prose(&text).as_str());
            assert!(
                weighed
                    .passages(Learned::Abuse)
                    .all(|one| one.score.is_finite())
            );
        }
    }

    #[test]
    fn every_weight_is_found_again() {
        for learned in Learned::ALL {
            let model = Model::built_in();
            for line in learned.weights().lines().skip(1) {
                let (feature, weight) = line.rsplit_once('\t').expect("two columns");
                let key = features::Feature::parse(feature).key();
                let found = model.weights[&key][learned as usize];
                assert_eq!(
                    (found * 100.0).round(),
                    weight.parse::<f32>().expect("a number").round(),
                    "{feature}"
                );
            }
        }
    }
}
