//! A pack as its file has it.

use std::ops::Range;

use serde::Deserialize;
use toml::Spanned;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Source {
    pub(super) version: u32,
    pub(super) description: String,
    pub(super) pattern: Vec<Entry>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Entry {
    pub(super) id: Spanned<String>,
    pub(super) category: Spanned<String>,
    #[serde(default = "one")]
    pub(super) weight: i32,
    pub(super) regex: Option<Spanned<String>>,
    pub(super) then: Option<Then>,
    #[serde(default)]
    pub(super) phrases: Vec<Spanned<String>>,
    #[serde(default)]
    pub(super) matches: Vec<Spanned<String>>,
    #[serde(default)]
    pub(super) passes: Vec<Spanned<String>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Then {
    pub(super) within: usize,
    pub(super) regex: Spanned<String>,
}

fn one() -> i32 {
    1
}

impl Entry {
    /// The expression, with the key and the place that it comes from.
    pub(super) fn expression(&self) -> Result<(&'static str, Range<usize>, String), &'static str> {
        match (&self.regex, self.phrases.first()) {
            (Some(_), None) if self.matches.is_empty() => {
                Err("an expression needs examples in matches")
            }
            (Some(regex), None) => Ok(("regex", regex.span(), regex.get_ref().clone())),
            (None, Some(first)) => {
                // Where one phrase begins another, the longer is tried first.
                let mut phrases: Vec<String> = self
                    .phrases
                    .iter()
                    .map(|phrase| regex_syntax::escape(phrase.get_ref()))
                    .collect();
                phrases.sort_unstable_by_key(|phrase| std::cmp::Reverse(phrase.len()));
                Ok(("phrases", first.span(), phrases.join("|")))
            }
            _ => Err("a pattern has either an expression (regex) or a list of phrases"),
        }
    }
}
