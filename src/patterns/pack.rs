//! One pack: its file, its faults, and the search for all its patterns at
//! once.
//!
//! Every pattern begins with one of finitely many literals; a loader's fault
//! sees to it. One pass over the text finds these, and a pattern's expression
//! is only tried, anchored, where one of its literals stands. Ordinary mail
//! has few such places, so the number of patterns costs next to nothing.

use std::ops::Range;
use std::path::Path;

use super::beginnings::Beginnings;
use super::source::Source;
use super::{Fault, Folded, Hit, Pattern};

/// Which pattern of a pack; small, since there is one for each literal.
pub(super) type Index = u16;

/// The most patterns of a pack; those of all packs can be counted then, too.
const MOST: Index = 8_000;

/// The patterns of one topic.
#[derive(Debug)]
pub struct Pack {
    pub version: u32,
    pub description: String,
    patterns: Vec<Pattern>,
    beginnings: Beginnings<Index>,
}

/// Whether a pack is held against its own examples.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Examples {
    Tried,
    /// Tests have tried them.
    Trusted,
}

impl Pack {
    pub fn patterns(&self) -> &[Pattern] {
        &self.patterns
    }

    /// Every match of every pattern, by its start. Matches of one pattern
    /// don't overlap; those of different patterns may.
    pub fn scan(&self, text: &Folded) -> Vec<Hit<'_>> {
        let text = text.as_str();
        let mut beginnings: Vec<(usize, Index)> = Vec::new();
        self.beginnings
            .each(text, |at, pattern| beginnings.push((at, pattern)));
        beginnings.sort_unstable();
        beginnings.dedup();
        self.matches(text, beginnings)
    }

    /// The matches among these places, in their order, each with a pattern
    /// that could begin there.
    pub(super) fn matches(
        &self,
        text: &str,
        beginnings: impl IntoIterator<Item = (usize, Index)>,
    ) -> Vec<Hit<'_>> {
        let mut ends = vec![0; self.patterns.len()];
        let mut hits = Vec::new();
        for (start, index) in beginnings {
            let index = usize::from(index);
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

    /// Reads a pack. `file` is named in faults; `categories` are all that there
    /// may be.
    pub(super) fn parse(
        file: &Path,
        text: &str,
        categories: &[&str],
        examples: Examples,
    ) -> Result<Self, Vec<Fault>> {
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
            match Pattern::new(entry) {
                Ok(pattern) => {
                    if examples == Examples::Tried {
                        for (at, what) in pattern.disproved(entry) {
                            complain(&at, "examples", what);
                        }
                    }
                    patterns.push(pattern);
                    if patterns.len() > usize::from(MOST) {
                        complain(&entry.id.span(), "id", "one pattern too many".to_owned());
                        break;
                    }
                }
                Err((key, at, what)) => complain(&at, key, what),
            }
        }
        if !faults.is_empty() {
            return Err(faults);
        }
        let literals = patterns.iter().zip(0..).flat_map(|(pattern, index)| {
            let literals = pattern.literals.iter();
            literals.map(move |literal| (&literal[..], index))
        });
        Ok(Self {
            version: source.version,
            description: source.description,
            beginnings: Beginnings::new(literals),
            patterns,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Pack, Vec<Fault>> {
        Pack::parse(Path::new("test.toml"), text, &["a", "b"], Examples::Tried)
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
