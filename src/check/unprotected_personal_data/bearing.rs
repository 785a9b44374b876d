//! Whether a term in running text is said of a pupil, or stands there for
//! something else: a topic, a colleague, the writer's own mother.
//!
//! A pupil's name near a word of health or the police does not yet make the
//! word theirs. Looks at the clause around the term: who stands nearest before
//! it, else behind it.

use std::ops::Range;

use crate::check::Sighting;

/// The longest clause to either side of a term, in bytes.
const LONGEST: usize = 240;
/// How far before a term words stand that make it a topic, in bytes.
const NEAR: usize = 60;
/// A note without a subject, such as "Severe asthma.", has no more words, and
/// whom it is of stands no further from it, in bytes.
const NOTE: usize = 6;
const BESIDE: usize = 160;
/// The longest label of a field, as in "Allergies: nuts", in bytes.
const LABEL: usize = 20;
/// How far "my" may stand before a term that is the writer's own, in words.
const OWN: usize = 4;

/// Those of one person.
const PRONOUNS: &[&str] = &[
    "he", "she", "him", "her", "his", "hers", "himself", "herself", "he's", "she's", "he'd",
    "she'd", "he'll", "she'll",
];
/// Those of a family, or of one who is neither he nor she.
const PLURAL: &[&str] = &["they", "them", "their", "they're", "they've"];
/// A child's own people.
const KIN: &[&str] = &[
    "mum",
    "mummy",
    "mother",
    "dad",
    "daddy",
    "father",
    "parents",
    "stepdad",
    "stepfather",
    "stepmum",
    "nan",
    "gran",
    "grandma",
    "grandad",
    "brother",
    "sister",
    "uncle",
    "auntie",
    "carer",
    "carers",
    "family",
];
/// What a child is called further on, behind "the" or "this".
const CHILD: &[&str] = &[
    "boy",
    "girl",
    "lad",
    "lass",
    "child",
    "pupil",
    "student",
    "youngster",
    "twins",
    "siblings",
    "pair",
];
/// What leads to a child already named.
const NAMED_ABOVE: &[&str] = &[
    "the", "this", "that", "said", "above", "both", "poor", "young",
];
/// Grown-ups of the school; a title is written as one.
const TITLES: &[&str] = &["mr", "mrs", "ms", "miss", "dr"];
const GROWN_UP: &[&str] = &["colleague", "teacher", "governor", "caretaker"];
/// What grown-ups do who speak of somebody else.
const REPORTING: &[&str] = &[
    "says",
    "said",
    "tells",
    "told",
    "thinks",
    "reports",
    "reported",
    "noticed",
    "mentioned",
    "found",
    "saw",
    "sees",
    "that",
    "about",
    "with",
    "for",
    "from",
    "knows",
    "supports",
    "rang",
    "wrote",
    "believes",
    "by",
];
/// A clause that begins so has a subject of its own.
const SUBJECTS: &[&str] = &[
    "the", "our", "your", "a", "an", "this", "that", "these", "those", "we", "i", "i've", "i'm",
    "we've", "we're", "please", "thanks", "thank", "my", "there", "all", "if", "you", "it", "any",
    "some", "dear", "could", "would", "do", "are",
];
/// What a clause begins with that only guesses at somebody's.
const GUESSING: &[&str] = &["suspect", "think", "believe", "fear", "know", "understand"];
/// What a note begins with that leaves out whom it is of.
const OPENING: &[&str] = &[
    "has",
    "had",
    "is",
    "was",
    "needs",
    "takes",
    "uses",
    "gets",
    "suffers",
    "requires",
    "carries",
    "lives",
    "came",
    "also",
    "currently",
    "recently",
    "no",
    "not",
    "very",
    "severe",
    "history",
    "on",
    "under",
    "in",
    "awaiting",
    "waiting",
    "known",
    "may",
    "must",
    "can",
    "cannot",
    "can't",
];
/// Between a topic and a term they begin something else.
const TURNS: &[&str] = &[
    "who",
    "whose",
    "because",
    "as",
    "since",
    "due",
    "but",
    "after",
    "following",
    "although",
    "so",
    "if",
    "when",
    "while",
];

/// A text in which terms stand, and whom it names.
#[derive(Debug)]
pub(super) struct Bearing<'t> {
    text: &'t str,
    /// The places of pupils' names, in order.
    names: Vec<Range<usize>>,
    /// The names by which they are called further on.
    forenames: Vec<String>,
    /// Words that lead to a topic, and words that follow one.
    leads: Vec<Range<usize>>,
    follows: Vec<Range<usize>>,
}

impl<'t> Bearing<'t> {
    pub(super) fn new(
        text: &'t str,
        sightings: &[&Sighting],
        leads: Vec<Range<usize>>,
        follows: Vec<Range<usize>>,
    ) -> Self {
        let names: Vec<Range<usize>> = sightings.iter().map(|it| it.range.clone()).collect();
        let forenames = names
            .iter()
            .filter_map(|name| words(text, name.clone()).next())
            .map(|(_, word)| word)
            .collect();
        Self {
            text,
            names,
            forenames,
            leads,
            follows,
        }
    }

    /// Whether the term is a topic, or made part of a thing.
    pub(super) fn is_topic(&self, term: &Range<usize>) -> bool {
        if words(self.text, term.clone()).any(|(_, word)| is_somebody(&word)) {
            return false;
        }
        if self
            .follows
            .iter()
            .any(|it| (term.end..=term.end + 1).contains(&it.start))
        {
            return true;
        }
        let clause = self.clause(term);
        self.leads.iter().any(|lead| {
            let between = lead.end..term.start;
            lead.start < term.start
                && (clause.start <= lead.start)
                && between.len() <= NEAR
                && !self.names_within(&between)
                && !words(self.text, between).any(|(_, word)| {
                    is_of_person(&word) || self.is_forename(&word) || TURNS.contains(&word.as_str())
                })
        })
    }

    /// Whether the term is said of a pupil, by the words around it.
    pub(super) fn is_of_somebody(&self, term: &Range<usize>) -> bool {
        let clause = self.clause(term);
        if self.names_within(term) {
            return true;
        }
        let before: Vec<(Range<usize>, String)> =
            words(self.text, clause.start..term.start).collect();
        let mut somebody = false;
        let mut reported = false;
        for (index, (place, word)) in before.iter().enumerate().rev() {
            if self.names_within(place) {
                return true;
            }
            let word = word.as_str();
            let own = index.checked_sub(1).is_some_and(|at| before[at].1 == "my");
            somebody |= is_somebody(word) && !own || self.is_forename(word);
            somebody |= CHILD.contains(&word)
                && before[..index]
                    .last()
                    .is_some_and(|(_, it)| NAMED_ABOVE.contains(&it.as_str()));
            reported |= REPORTING.contains(&word);
            let near = before.len() - index <= OWN;
            if self.is_grown_up(&before, index) && !reported
                || matches!(word, "my" | "myself") && near && !somebody
            {
                return false;
            }
        }
        let own = before.last().is_some_and(|(_, word)| word == "my");
        let within = || words(self.text, term.clone()).any(|(_, word)| is_somebody(&word));
        if somebody || !own && within() {
            return true;
        }
        let after = term.end..clause.end;
        self.names_within(&after)
            || words(self.text, after)
                .any(|(_, word)| PRONOUNS.contains(&word.as_str()) || self.is_forename(&word))
            || self.is_note(&clause)
    }

    /// Whether the term's clause speaks of one person who is not grown up.
    pub(super) fn is_of_one(&self, term: &Range<usize>) -> bool {
        let clause: Vec<(Range<usize>, String)> = words(self.text, self.clause(term)).collect();
        let grown_up = (0..clause.len()).any(|index| self.is_grown_up(&clause, index));
        let one = |word: &str| PRONOUNS.contains(&word) || self.is_forename(word);
        !grown_up && clause.iter().any(|(_, word)| one(word))
    }

    /// Whether a word begins the subject of a clause, who is grown up.
    fn is_grown_up(&self, clause: &[(Range<usize>, String)], index: usize) -> bool {
        let (place, word) = &clause[index];
        let word = word.as_str();
        let capital = self.text[place.start..].starts_with(char::is_uppercase);
        let before = clause[..index].last().map(|(_, word)| word.as_str());
        (TITLES.contains(&word) && capital || GROWN_UP.contains(&word))
            && (index < 2 || before.is_some_and(|before| TURNS.contains(&before)))
    }

    /// Whether a clause is a note to the name beside it.
    fn is_note(&self, clause: &Range<usize>) -> bool {
        let part = self.text[clause.clone()].trim_start();
        let mut words = words(self.text, clause.clone()).map(|(_, word)| word);
        let first = words.next().unwrap_or_default();
        let second = words.next().unwrap_or_default();
        let labelled = || {
            let label = part.find([':', '\n', ',']).unwrap_or(part.len());
            label < LABEL && part[label..].starts_with(':')
        };
        let beside = clause.start.saturating_sub(BESIDE)..clause.end + BESIDE;
        self.names_within(&beside)
            && (GUESSING.contains(&second.as_str())
                || !SUBJECTS.contains(&first.as_str())
                    && (OPENING.contains(&first.as_str())
                        || first.ends_with("ed")
                        || labelled()
                        || words.count() + 2 <= NOTE))
    }

    fn is_forename(&self, word: &str) -> bool {
        let word = word.strip_suffix("'s").unwrap_or(word);
        self.forenames.iter().any(|known| known == word)
    }

    fn names_within(&self, range: &Range<usize>) -> bool {
        let first = self.names.partition_point(|name| name.end <= range.start);
        self.names
            .get(first)
            .is_some_and(|name| name.start < range.end)
    }

    /// What stands around a term up to the next mark that ends a clause, or an
    /// empty line.
    fn clause(&self, term: &Range<usize>) -> Range<usize> {
        let text = self.text;
        let from = text.floor_char_boundary(term.start.saturating_sub(LONGEST));
        let to = text.ceil_char_boundary((term.end + LONGEST).min(text.len()));
        let start = (from..term.start).rev().find(|&at| self.ends_clause(at));
        let end = (term.end..to).find(|&at| self.ends_clause(at));
        start.map_or(from, |at| at + 1)..end.unwrap_or(to)
    }

    fn ends_clause(&self, at: usize) -> bool {
        let bytes = self.text.as_bytes();
        let gap = |at: usize| bytes.get(at).is_none_or(u8::is_ascii_whitespace);
        match bytes[at] {
            b';' | b'!' | b'?' => true,
            b'.' => gap(at + 1),
            b'\n' => bytes.get(at + 1) == Some(&b'\n'),
            _ => false,
        }
    }
}

fn is_somebody(word: &str) -> bool {
    is_of_person(word) || KIN.contains(&word)
}

fn is_of_person(word: &str) -> bool {
    PRONOUNS.contains(&word) || PLURAL.contains(&word)
}

/// The words of a part of a text, in small letters, each with its place.
fn words(
    text: &str,
    part: Range<usize>,
) -> impl DoubleEndedIterator<Item = (Range<usize>, String)> {
    let start = part.start;
    let part = text.get(part).unwrap_or_default();
    let is_letter = |c: char| c.is_alphanumeric() || matches!(c, '\'' | '\u{2019}');
    part.split(move |c: char| !is_letter(c))
        .filter(|word| !word.is_empty())
        .map(move |word| {
            let at = start + (word.as_ptr() as usize - part.as_ptr() as usize);
            let small = word.to_lowercase().replace('\u{2019}', "'");
            (at..at + word.len(), small)
        })
}

#[cfg(test)]
mod tests;
