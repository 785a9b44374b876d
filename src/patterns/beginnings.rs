//! Where in a text which pattern could begin: one automaton over the literals
//! with which patterns begin.

use aho_corasick::{AhoCorasick, AhoCorasickKind, BuildError};

/// Patterns are told apart by a `P`.
#[derive(Debug)]
pub(super) struct Beginnings<P> {
    literals: AhoCorasick,
    /// By literal: the patterns that can begin with it.
    patterns: Vec<Vec<P>>,
}

impl<P: Copy + Ord> Beginnings<P> {
    /// Of literals, each with the pattern that can begin with it.
    pub(super) fn new(mut literals: Vec<(&[u8], P)>) -> Result<Self, BuildError> {
        literals.sort_unstable();
        let mut distinct: Vec<&[u8]> = Vec::new();
        let mut patterns: Vec<Vec<P>> = Vec::new();
        for (literal, pattern) in literals {
            if distinct.last() != Some(&literal) {
                distinct.push(literal);
                patterns.push(Vec::new());
            }
            if let Some(patterns) = patterns.last_mut() {
                patterns.push(pattern);
            }
        }
        let literals = AhoCorasick::builder()
            .kind(Some(AhoCorasickKind::DFA))
            .build(distinct)?;
        Ok(Self { literals, patterns })
    }

    /// Places and patterns. No pattern begins within a word.
    pub(super) fn within<'b>(&'b self, text: &'b str) -> impl Iterator<Item = (usize, P)> + 'b {
        self.literals
            .find_overlapping_iter(text)
            .filter(|found| !is_within_word(text.as_bytes(), found.start()))
            .flat_map(|found| {
                let patterns = &self.patterns[found.pattern().as_usize()];
                patterns
                    .iter()
                    .map(move |&pattern| (found.start(), pattern))
            })
    }
}

/// Whether what begins here continues a word (`\b{start-half}` in expressions
/// does not hold).
fn is_within_word(text: &[u8], start: usize) -> bool {
    start > 0 && (text[start - 1].is_ascii_alphanumeric() || text[start - 1] == b'_')
}
