//! Regular expressions as patterns use them: tried at one place at a time, of
//! limited length, and known by how they begin.

use std::sync::OnceLock;

use regex_automata::dfa::{Automaton, StartKind, dense};
use regex_automata::{Anchored, Input, meta, util::syntax};
use regex_syntax::hir::{Hir, literal::Extractor};

use super::beginnings;
use super::needs::Needs;

/// The longest match, in bytes of folded text. It keeps each attempt short,
/// however long the text.
const LONGEST: usize = 400;
/// The largest table of an expression, in bytes.
const LARGEST: usize = 1024 * 1024;

/// An expression that matches whole words of folded text.
#[derive(Debug)]
pub(super) struct Expression {
    source: String,
    regex: meta::Regex,
    /// The same in a form that is quick to walk, made when it is first tried;
    /// `None` where it would be too large.
    table: OnceLock<Option<dense::DFA<Vec<u32>>>>,
}

impl Expression {
    pub(super) fn new(expression: &str) -> Result<Self, String> {
        // Not `\b`, so that it may begin or end with a mark.
        let source = format!(r"\b{{start-half}}(?:{expression})\b{{end-half}}");
        let regex = meta::Regex::builder()
            .syntax(syntax())
            // Attempts are anchored and short, so small caches will do.
            .configure(
                meta::Config::new()
                    .utf8_empty(false)
                    .dfa(false)
                    .hybrid_cache_capacity(1024 * 1024),
            )
            .build(&source)
            .map_err(|e| e.to_string())?;
        Ok(Self {
            source,
            regex,
            table: OnceLock::new(),
        })
    }

    /// The end of the match that starts here; no match is empty.
    pub(super) fn match_at(&self, text: &str, start: usize) -> Option<usize> {
        let end = text.len().min(start + LONGEST);
        let input = Input::new(text).range(start..end).anchored(Anchored::Yes);
        let end = match self.table().map(|table| table.try_search_fwd(&input)) {
            Some(Ok(found)) => found?.offset(),
            Some(Err(_)) | None => self.regex.search(&input)?.end(),
        };
        (end > start).then_some(end)
    }

    pub(super) fn table(&self) -> Option<&dense::DFA<Vec<u32>>> {
        self.table.get_or_init(|| self.tabulate()).as_ref()
    }

    fn tabulate(&self) -> Option<dense::DFA<Vec<u32>>> {
        let config = dense::Config::new()
            .start_kind(StartKind::Anchored)
            .dfa_size_limit(Some(LARGEST))
            .determinize_size_limit(Some(4 * LARGEST));
        dense::Builder::new()
            .syntax(syntax())
            .configure(config)
            .build(&self.source)
            .ok()
    }

    /// The words without which a text holds no match.
    pub(super) fn needs(&self) -> Option<Needs> {
        Needs::of(&self.parsed().ok()?)
    }

    /// The longest match, in bytes.
    pub(super) fn reach(&self) -> usize {
        let longest = self.parsed().ok();
        let longest = longest.and_then(|hir| hir.properties().maximum_len());
        longest.map_or(LONGEST, |longest| longest.min(LONGEST))
    }

    /// The literals with which a match can begin.
    pub(super) fn literals(&self) -> Result<Vec<Vec<u8>>, String> {
        let hir = self.parsed()?;
        let mut extractor = Extractor::new();
        extractor
            .limit_literal_len(beginnings::LONGEST)
            .limit_total(2_000);
        let literals = extractor.extract(&hir);
        let literals = literals
            .literals()
            .filter(|literals| literals.iter().all(|literal| !literal.is_empty()))
            .ok_or("a pattern must begin with words, not with what could be anything")?;
        Ok(literals
            .iter()
            .map(|literal| literal.as_bytes().to_vec())
            .collect())
    }

    fn parsed(&self) -> Result<Hir, String> {
        regex_syntax::ParserBuilder::new()
            .unicode(false)
            .utf8(false)
            .build()
            .parse(&self.source)
            .map_err(|e| e.to_string())
    }
}

fn syntax() -> syntax::Config {
    syntax::Config::new().unicode(false).utf8(false)
}
