//! One pattern of a pack.

use std::ops::Range;

use super::Folded;
use super::beginnings::is_word;
use super::expression::Expression;
use super::needs::Needs;
use super::source::Entry;

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
    /// The literals with which a match can begin.
    pub(super) literals: Vec<Vec<u8>>,
    pub(super) needs: Option<Needs>,
    expression: Expression,
    then: Option<Then>,
}

/// What has to follow, a little further on in the same sentence. As one
/// expression with a gap in it, it would have to keep count of every way to
/// get there.
#[derive(Debug)]
struct Then {
    /// In bytes.
    within: usize,
    expression: Expression,
}

/// What is wrong with an entry: its key, where in the pack, and in words.
pub(super) type Misfit = (&'static str, Range<usize>, String);

/// A pattern found.
#[derive(Debug, Clone)]
pub struct Hit<'p> {
    pub pattern: &'p Pattern,
    /// Bytes of the folded text.
    pub folded: Range<usize>,
}

impl Pattern {
    pub(super) fn new(entry: &Entry) -> Result<Self, Misfit> {
        let (key, at, expression) = entry
            .expression()
            .map_err(|what| ("regex", entry.id.span(), what.to_owned()))?;
        let fault = |what| (key, at.clone(), what);
        let expression = Expression::new(&expression).map_err(fault)?;
        let literals = expression.literals().map_err(fault)?;
        let then = entry.then.as_ref().map(|then| {
            let expression = Expression::new(then.regex.get_ref())
                .map_err(|what| ("then", then.regex.span(), what))?;
            Ok(Then {
                within: then.within,
                expression,
            })
        });
        let then = then.transpose()?;
        let needs_then = then.as_ref().and_then(|then| then.expression.needs());
        Ok(Self {
            id: entry.id.get_ref().clone(),
            category: entry.category.get_ref().clone(),
            weight: entry.weight,
            phrases: entry
                .phrases
                .iter()
                .map(|phrase| phrase.get_ref().clone())
                .collect(),
            literals,
            needs: Needs::rarer(expression.needs(), needs_then),
            expression,
            then,
        })
    }

    /// The end of the match that starts here.
    pub(super) fn match_at(&self, text: &str, start: usize) -> Option<usize> {
        let end = self.expression.match_at(text, start)?;
        match &self.then {
            Some(then) => then.match_after(text, end),
            None => Some(end),
        }
    }

    /// The longest match, from its start to the end of what has to follow.
    pub(super) fn reach(&self) -> usize {
        let then = self.then.as_ref();
        let then = then.map_or(0, |then| then.within + then.expression.reach());
        self.expression.reach() + then
    }

    /// Makes the tables that would be made when it is first tried.
    pub(super) fn prepare(&self) {
        self.expression.table();
        if let Some(then) = &self.then {
            then.expression.table();
        }
    }

    /// The examples that don't hold.
    pub(super) fn disproved(&self, entry: &Entry) -> Vec<(Range<usize>, String)> {
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

impl Then {
    /// The end of the first match that starts near enough.
    fn match_after(&self, text: &str, from: usize) -> Option<usize> {
        let bytes = text.as_bytes();
        (from..text.len())
            .take(self.within + 1)
            .take_while(|&at| at == from || !matches!(bytes[at - 1], b'.' | b'!' | b'?' | b'\n'))
            .filter(|&at| at > from && !is_word(bytes[at - 1]))
            .find_map(|at| self.expression.match_at(text, at))
    }
}
