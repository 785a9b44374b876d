//! The words of `patterns/names.toml`: names that are ordinary words as well,
//! well-known people, and what around a name says whether a pupil is meant.

use std::collections::HashSet;
use std::sync::LazyLock;

use serde::Deserialize;

/// All lists, read once. The file is part of the binary.
pub(crate) static WORDS: LazyLock<Words> = LazyLock::new(|| {
    toml::from_str(include_str!("../../../patterns/names.toml"))
        .expect("the built-in names.toml is well-formed, as its test shows")
});

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Words {
    pub(crate) forenames: Everyday,
    pub(crate) surnames: Everyday,
    /// Whole names of people whom lessons and the news speak of.
    pub(crate) well_known: Vec<String>,
    pub(crate) titles: HashSet<String>,
    /// Titles of children as well as adults.
    pub(crate) young_titles: HashSet<String>,
    pub(crate) posts: Vec<String>,
    pub(crate) honours: HashSet<String>,
    pub(crate) streets: HashSet<String>,
    pub(crate) venues: HashSet<String>,
    pub(crate) events: HashSet<String>,
    pub(crate) articles: HashSet<String>,
    pub(crate) culture: HashSet<String>,
    /// Phrases that lead to an author's or a well-known person's name.
    pub(crate) credits: Vec<String>,
    pub(crate) pupil_words: HashSet<String>,
    pub(crate) relations: HashSet<String>,
    /// Words that stand between two people or two thoughts.
    pub(crate) between: HashSet<String>,
    /// Single words that a forename and a surname make by chance.
    pub(crate) joined_words: HashSet<String>,
    pub(crate) verbs: HashSet<String>,
    /// What persons do, and places do not.
    pub(crate) deeds: HashSet<String>,
    /// What places and teams do as well.
    pub(crate) shared_deeds: HashSet<String>,
    /// What may stand between a name and a deed.
    pub(crate) auxiliaries: HashSet<String>,
    /// Words that make something else of `Road` or `Street` before them.
    pub(crate) sign_partners: HashSet<String>,
    /// Where pupils' own work is shown.
    pub(crate) shown: HashSet<String>,
    pub(crate) pronouns: HashSet<String>,
    pub(crate) headings: HashSet<String>,
    /// Kept here so that a fault in them is one in the file.
    #[cfg_attr(not(test), expect(dead_code, reason = "only the test runs them"))]
    pub(crate) examples: Vec<Example>,
}

/// Parts of names with an everyday meaning.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Everyday {
    pub(crate) mainly: Vec<String>,
    pub(crate) also: Vec<String>,
}

/// Subjects, with pupils whose name does or doesn't count there.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(not(test), expect(dead_code, reason = "only the test reads them"))]
pub(crate) struct Example {
    /// The pupil, `Forename Surname`.
    pub(crate) pupil: String,
    pub(crate) fires: Vec<String>,
    pub(crate) passes: Vec<String>,
}
