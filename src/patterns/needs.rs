//! What has to stand in a text for an expression to match anywhere in it.
//!
//! A pattern may begin with words as common as "please" or "you can". But
//! "you can (…) my gmail" matches nowhere unless some word begins with "gmail",
//! and that one look at the whole text tells. So every expression is asked for
//! the rarest choice of beginnings of words of which each match holds one.

use regex_syntax::hir::{Class, Hir, HirKind};

use super::beginnings::{LONGEST, is_word};

/// The shortest beginning of a word that says anything.
const SHORTEST: usize = 3;

/// Words that are in nearly every letter.
const COMMON: &[&str] = &[
    "all", "and", "any", "are", "but", "can", "could", "for", "from", "had", "has", "have", "her",
    "his", "how", "just", "know", "like", "make", "may", "more", "not", "now", "one", "only",
    "other", "our", "out", "people", "please", "school", "send", "she", "should", "some", "take",
    "than", "that", "the", "their", "them", "then", "there", "these", "they", "this", "time",
    "use", "was", "were", "what", "when", "which", "who", "will", "with", "would", "year", "you",
    "your",
];

/// Beginnings of words, of which every match holds one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Needs {
    pub(super) words: Vec<Vec<u8>>,
    /// How often to expect one of them, on no particular scale.
    frequency: u32,
}

impl Needs {
    /// `None` where a match need not hold any word in particular.
    pub(super) fn of(expression: &Hir) -> Option<Self> {
        walk(expression, true).needs
    }

    /// Of two that both have to be met, the one that is met less often.
    pub(super) fn rarer(one: Option<Self>, other: Option<Self>) -> Option<Self> {
        match (one, other) {
            (Some(one), Some(other)) if other.frequency < one.frequency => Some(other),
            (Some(one), _) => Some(one),
            (None, other) => other,
        }
    }

    fn word(beginning: &[u8]) -> Option<Self> {
        let beginning = &beginning[..beginning.len().min(LONGEST)];
        (beginning.len() >= SHORTEST).then(|| Self {
            words: vec![beginning.to_vec()],
            frequency: frequency(beginning),
        })
    }
}

/// The fewer letters of a word that is not everywhere, the more often.
fn frequency(beginning: &[u8]) -> u32 {
    let words = beginning.split(|&byte| !is_word(byte));
    let telling: usize = words
        .map(
            |word| match COMMON.iter().any(|common| word == common.as_bytes()) {
                false if word.len() >= SHORTEST => word.len(),
                _ => word.len().min(1),
            },
        )
        .sum();
    1 << (2 * (LONGEST - telling))
}

/// What a part of an expression says.
struct Part {
    needs: Option<Needs>,
    /// What follows it begins a word, if it is one.
    ends_words: bool,
}

fn walk(part: &Hir, begins_word: bool) -> Part {
    let says_nothing = |ends_words| Part {
        needs: None,
        ends_words,
    };
    match part.kind() {
        HirKind::Empty | HirKind::Look(_) => says_nothing(begins_word),
        HirKind::Literal(literal) => literal_part(&literal.0, begins_word),
        HirKind::Class(Class::Bytes(class)) => {
            let bytes = class.ranges().iter();
            let mut bytes = bytes.flat_map(|range| range.start()..=range.end());
            says_nothing(bytes.all(|byte| !is_word(byte)))
        }
        HirKind::Class(Class::Unicode(_)) => says_nothing(false),
        HirKind::Capture(capture) => walk(&capture.sub, begins_word),
        HirKind::Repetition(repetition) => {
            let once = walk(&repetition.sub, begins_word);
            match (repetition.min, repetition.sub.properties().minimum_len()) {
                (1.., Some(1..)) => once,
                (0, _) => says_nothing(begins_word && once.ends_words),
                _ => says_nothing(false),
            }
        }
        HirKind::Concat(parts) => {
            let mut all = says_nothing(begins_word);
            for part in parts {
                let part = walk(part, all.ends_words);
                all.needs = Needs::rarer(all.needs, part.needs);
                all.ends_words = part.ends_words;
            }
            all
        }
        HirKind::Alternation(choices) => either(choices, begins_word),
    }
}

fn literal_part(literal: &[u8], begins_word: bool) -> Part {
    let begins_word_at = |at: usize| match at.checked_sub(1) {
        None => begins_word,
        Some(before) => !is_word(literal[before]),
    };
    let needs = (0..literal.len())
        .filter(|&at| begins_word_at(at) && is_word(literal[at]))
        .filter_map(|at| Needs::word(&literal[at..]))
        .min_by_key(|needs| needs.frequency);
    Part {
        needs,
        ends_words: begins_word_at(literal.len()),
    }
}

/// One of several: whatever each of them needs.
fn either(choices: &[Hir], begins_word: bool) -> Part {
    let mut needs = Some(Needs {
        words: Vec::new(),
        frequency: 0,
    });
    let mut ends_words = true;
    for choice in choices {
        let choice = walk(choice, begins_word);
        ends_words &= choice.ends_words;
        needs = needs.zip(choice.needs).map(|(mut all, more)| {
            all.words.extend(more.words);
            all.frequency = all.frequency.saturating_add(more.frequency);
            all
        });
    }
    Part { needs, ends_words }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rarest_words_of_every_match_are_found() {
        let check = |expression: &str, expected: &[&str]| {
            let hir = regex_syntax::ParserBuilder::new()
                .unicode(false)
                .utf8(false)
                .build()
                .parse(expression)
                .expect("a good expression");
            let words = Needs::of(&hir).map_or(Vec::new(), |needs| needs.words);
            let words: Vec<_> = words.iter().map(|w| String::from_utf8_lossy(w)).collect();
            assert_eq!(words, expected, "{expression}");
        };
        check("gmail", &["gmail"]);
        check("(?:please )?send it to my gmail", &["my gmail"]);
        check("send it to them", &["it to th"]);
        check(
            "send (?:it|this) to (?:gmail|hotmail)",
            &["gmail", "hotmail"],
        );
        check("please (?:a|the) register", &["register"]);
        check("every(?:one|body) you know", &["every"]);
        // Nothing is sure of these.
        check("(?:send)?", &[]);
        check("e-?mail", &[]);
        check("(?:is|was|gmail)", &[]);
        check("[a-z]+register", &[]);
        check("[a-z]+ register", &["register"]);
        check("(?:a|b )register", &[]);
        check("(?:a |b )register", &["register"]);
        check("(?:[a-z]+ ){0,3}register", &["register"]);
        check("(?:[a-z]+){0,3}register", &[]);
        check("(?:register )+", &["register"]);
        check("(?:register ?){2}", &["register"]);
    }
}
