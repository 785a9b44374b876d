//! One pack: its file, its faults, and the search for all its patterns at
//! once.
//!
//! Every pattern begins with one of finitely many literals; a loader's fault
//! sees to it. An automaton over the literals of all patterns passes over the
//! text once, and a pattern's expression is only tried, anchored, where one
//! of its literals stands. Ordinary mail has few such places, so the number
//! of patterns costs next to nothing.

use std::ops::Range;
use std::path::Path;

use regex_automata::{Anchored, Input, meta, util::syntax};
use regex_syntax::hir::literal::Extractor;

use super::beginnings::Beginnings;
use super::source::{Entry, Source};
use super::{Fault, Folded};

/// The longest match, in bytes of folded text. It keeps each attempt short,
/// however long the text.
const LONGEST: usize = 400;

/// The patterns of one topic.
#[derive(Debug)]
pub struct Pack {
    pub version: u32,
    pub description: String,
    patterns: Vec<Pattern>,
    /// Literals, each with the pattern that can begin with it.
    literals: Vec<(Vec<u8>, usize)>,
    beginnings: Beginnings<usize>,
}

/// What to look for, and what it says where it is found.
#[derive(Debug)]
pub struct Pattern {
    pub id: String,
    /// What kind of evidence it is, to the check that reads the pack.
    pub category: String,
    /// How much it says; less than nothing where it speaks against.
    pub weight: i32,
    /// The plain words, where the pattern is a list of them.
    pub phrases: Vec<String>,
    expression: meta::Regex,
}

/// A pattern found.
#[derive(Debug, Clone)]
pub struct Hit<'p> {
    pub pattern: &'p Pattern,
    /// Bytes of the folded text.
    pub folded: Range<usize>,
}

impl Pack {
    pub fn patterns(&self) -> &[Pattern] {
        &self.patterns
    }

    /// The literals with which a match can begin, each with its pattern.
    pub(super) fn literals(&self) -> &[(Vec<u8>, usize)] {
        &self.literals
    }

    /// Every match of every pattern, by its start. Matches of one pattern
    /// don't overlap; those of different patterns may.
    pub fn scan(&self, text: &Folded) -> Vec<Hit<'_>> {
        let text = text.as_str();
        let mut beginnings: Vec<(usize, usize)> = self.beginnings.within(text).collect();
        beginnings.sort_unstable();
        beginnings.dedup();
        self.matches(text, beginnings)
    }

    /// The matches among these places, in their order, each with a pattern
    /// that could begin there.
    pub(super) fn matches(
        &self,
        text: &str,
        beginnings: impl IntoIterator<Item = (usize, usize)>,
    ) -> Vec<Hit<'_>> {
        let mut ends = vec![0; self.patterns.len()];
        let mut hits = Vec::new();
        for (start, index) in beginnings {
            if start < ends[index] {
                continue;
            }
            let pattern = &self.patterns[index];
            if let Some(end) = pattern.match_at(text, start) {
                ends[index] = end;
                hits.push(Hit {
                    pattern,
                    folded: start..end,
                });
            }
        }
        hits
    }

    /// The patterns that match the whole of a short text, such as a cell or a
    /// domain.
    pub fn whole(&self, text: &str) -> Vec<&Pattern> {
        let text = Folded::prose(text.trim());
        self.scan(&text)
            .into_iter()
            .filter(|hit| hit.folded == (0..text.as_str().len()))
            .map(|hit| hit.pattern)
            .collect()
    }

    pub fn is_whole(&self, text: &str) -> bool {
        !self.whole(text).is_empty()
    }

    /// Reads a pack and holds it against its own examples. `file` is named in
    /// faults; `categories` are all that there may be.
    pub(super) fn parse(file: &Path, text: &str, categories: &[&str]) -> Result<Self, Vec<Fault>> {
        let fault = |at: usize, key: &str, what: String| Fault::Pack {
            file: file.to_owned(),
            line: text.as_bytes()[..at.min(text.len())]
                .iter()
                .filter(|&&byte| byte == b'\n')
                .count()
                + 1,
            key: key.to_owned(),
            what,
        };
        let source: Source = toml::from_str(text).map_err(|e| {
            let at = e.span().map_or(0, |span| span.start);
            let key = text[at..].lines().next().unwrap_or_default();
            let key = key.split('=').next().unwrap_or_default().trim();
            vec![fault(at, key, e.message().to_owned())]
        })?;
        let mut faults = Vec::new();
        let mut patterns: Vec<Pattern> = Vec::new();
        let mut literals: Vec<(Vec<u8>, usize)> = Vec::new();
        for entry in &source.pattern {
            let id = entry.id.get_ref();
            let mut complain = |at: &Range<usize>, key: &str, what: String| {
                faults.push(fault(at.start, &format!("{id}.{key}"), what));
            };
            if patterns.iter().any(|pattern| pattern.id == *id) {
                complain(
                    &entry.id.span(),
                    "id",
                    "a second pattern of this id".to_owned(),
                );
            }
            if !categories.contains(&entry.category.get_ref().as_str()) {
                let what = format!("no such category; there are {}", categories.join(", "));
                complain(&entry.category.span(), "category", what);
            }
            let (key, at, expression) = match entry.expression() {
                Ok(found) => found,
                Err(what) => {
                    complain(&entry.id.span(), "regex", what.to_owned());
                    continue;
                }
            };
            match Pattern::new(entry, &expression) {
                Ok((pattern, own)) => {
                    for (at, what) in pattern.disproved(entry) {
                        complain(&at, "examples", what);
                    }
                    literals.extend(own.into_iter().map(|literal| (literal, patterns.len())));
                    patterns.push(pattern);
                }
                Err(what) => complain(&at, key, what),
            }
        }
        if !faults.is_empty() {
            return Err(faults);
        }
        let beginnings = Beginnings::new(literals.iter().map(|(l, p)| (&l[..], *p)).collect())
            .map_err(|e| vec![fault(0, "pattern", e.to_string())])?;
        Ok(Self {
            version: source.version,
            description: source.description,
            patterns,
            literals,
            beginnings,
        })
    }
}

impl Pattern {
    fn new(entry: &Entry, expression: &str) -> Result<(Self, Vec<Vec<u8>>), String> {
        // Not `\b`, so that a pattern may begin or end with a mark.
        let expression = format!(r"\b{{start-half}}(?:{expression})\b{{end-half}}");
        let literals = beginnings(&expression)?;
        let expression = meta::Regex::builder()
            .syntax(syntax::Config::new().unicode(false).utf8(false))
            // Attempts are anchored and short, so small caches will do.
            .configure(
                meta::Config::new()
                    .utf8_empty(false)
                    .dfa(false)
                    .hybrid_cache_capacity(256 * 1024),
            )
            .build(&expression)
            .map_err(|e| e.to_string())?;
        let pattern = Self {
            id: entry.id.get_ref().clone(),
            category: entry.category.get_ref().clone(),
            weight: entry.weight,
            phrases: entry
                .phrases
                .iter()
                .map(|phrase| phrase.get_ref().clone())
                .collect(),
            expression,
        };
        Ok((pattern, literals))
    }

    /// The end of the match that starts here.
    pub(super) fn match_at(&self, text: &str, start: usize) -> Option<usize> {
        let end = text.len().min(start + LONGEST);
        let input = Input::new(text).range(start..end).anchored(Anchored::Yes);
        let end = self.expression.search(&input)?.end();
        (end > start).then_some(end)
    }

    /// The examples that don't hold.
    fn disproved(&self, entry: &Entry) -> Vec<(Range<usize>, String)> {
        let found = |example: &str| {
            let folded = Folded::prose(example);
            let text = folded.as_str();
            (0..text.len()).any(|start| self.match_at(text, start).is_some())
        };
        let missed = entry
            .matches
            .iter()
            .chain(&entry.phrases)
            .filter(|example| !found(example.get_ref()));
        let caught = entry
            .passes
            .iter()
            .filter(|example| found(example.get_ref()));
        missed
            .map(|example| (example, "should match"))
            .chain(caught.map(|example| (example, "should pass")))
            .map(|(example, what)| (example.span(), format!("\"{}\" {what}", example.get_ref())))
            .collect()
    }
}

/// The literals with which a match can begin.
fn beginnings(expression: &str) -> Result<Vec<Vec<u8>>, String> {
    let hir = regex_syntax::ParserBuilder::new()
        .unicode(false)
        .utf8(false)
        .build()
        .parse(expression)
        .map_err(|e| e.to_string())?;
    let mut extractor = Extractor::new();
    extractor.limit_literal_len(8).limit_total(2_000);
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

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Pack, Vec<Fault>> {
        Pack::parse(Path::new("test.toml"), text, &["a", "b"])
    }

    fn pack(patterns: &str) -> Pack {
        parse(&format!("version = 1\ndescription = 'test'\n{patterns}")).expect("a good pack")
    }

    fn found<'t>(pack: &Pack, text: &'t str) -> Vec<(String, &'t str)> {
        let folded = Folded::prose(text);
        pack.scan(&folded)
            .into_iter()
            .map(|hit| {
                (
                    hit.pattern.id.clone(),
                    &text[folded.locate(text, hit.folded)],
                )
            })
            .collect()
    }

    #[test]
    fn patterns_are_found_as_whole_words_in_any_dress() {
        let pack = pack(
            "[[pattern]]\nid = 'pass'\ncategory = 'a'\nregex = \"(?:don't )?pass (?:it|this) on\"\nmatches = ['pass it on']\n\
             [[pattern]]\nid = 'care'\ncategory = 'b'\nweight = -4\nphrases = ['care order', 'care', 'in care']\n",
        );
        for (text, expected) in [
            ("Pass it on", vec![("pass", "Pass it on")]),
            (
                "Please DON\u{2019}T  pass\nthis on!",
                vec![("pass", "DON\u{2019}T  pass\nthis on")],
            ),
            ("a care\u{a0}order", vec![("care", "care\u{a0}order")]),
            ("in care", vec![("care", "in care")]),
            ("careful, Medicare, care2", vec![]),
            ("compass it on", vec![]),
            ("pass it only", vec![]),
            ("care, care.", vec![("care", "care"), ("care", "care")]),
            ("", vec![]),
        ] {
            let found = found(&pack, text);
            let found: Vec<(&str, &str)> = found
                .iter()
                .map(|(id, text)| (id.as_str(), *text))
                .collect();
            assert_eq!(found, expected, "{text:?}");
        }
        assert_eq!(pack.whole(" Care Order ").len(), 1);
        assert!(!pack.is_whole("the care order"));
    }

    #[test]
    fn faults_name_line_and_key() {
        for (text, expected) in [
            (
                "version = 1\ndescription = 'x'\npatern = 2\n",
                "line 3, patern: unknown field",
            ),
            ("version = 'one'\n", "line 1,"),
            (
                "version = 1\ndescription = 'x'\n[[pattern]]\nid = 'a'\ncategory = 'c'\nphrases = ['x']\n",
                "line 5, a.category: no such category",
            ),
            (
                "version = 1\ndescription = 'x'\n[[pattern]]\nid = 'a'\ncategory = 'a'\n",
                "line 4, a.regex: a pattern has either",
            ),
            (
                "version = 1\ndescription = 'x'\n[[pattern]]\nid = 'a'\ncategory = 'a'\nregex = '(x'\nmatches = ['x']\n",
                "line 6, a.regex:",
            ),
            (
                "version = 1\ndescription = 'x'\n[[pattern]]\nid = 'a'\ncategory = 'a'\nregex = '.*x'\nmatches = ['x']\n",
                "line 6, a.regex: a pattern must begin",
            ),
            (
                "version = 1\ndescription = 'x'\n[[pattern]]\nid = 'a'\ncategory = 'a'\nregex = 'x+'\nmatches = ['y']\npasses = [\n'x',\n'z']\n",
                "line 7, a.examples: \"y\" should match",
            ),
            (
                "version = 1\ndescription = 'x'\n[[pattern]]\nid = 'a'\ncategory = 'a'\nregex = 'x+'\nmatches = ['x']\npasses = [\n'z',\n'x']\n",
                "line 10, a.examples: \"x\" should pass",
            ),
            (
                "version = 1\ndescription = 'x'\n[[pattern]]\nid = 'a'\ncategory = 'a'\nphrases = ['x']\n[[pattern]]\nid = 'a'\ncategory = 'a'\nphrases = ['x']\n",
                "line 8, a.id: a second",
            ),
        ] {
            let faults = parse(text).expect_err(expected);
            let said = faults[0].to_string();
            assert!(
                said.starts_with(&format!("test.toml, {expected}")),
                "{said}\nnot: {expected}"
            );
        }
    }

    #[test]
    fn no_text_is_too_odd_or_too_long() {
        let pack =
            pack("[[pattern]]\nid = 'a'\ncategory = 'a'\nregex = 'a.{0,60}z'\nmatches = ['a z']\n");
        for text in [
            "\u{0}\u{1f600}",
            "a\u{1f600}z",
            &"a ".repeat(100_000),
            &"\u{e9}\u{301}".repeat(1000),
        ] {
            for hit in pack.scan(&Folded::prose(text)) {
                assert_eq!(hit.pattern.id, "a");
            }
        }
    }
}
