//! Who speaks to whom, as far as a text's own signs tell: the sentence around
//! a place, its quotation marks, its persons; and whether a message answers
//! or forwards another.
//!
//! Works on folded text: straight quotation marks and apostrophes, `\n` for
//! the end of a paragraph only.

use std::ops::Range;

use crate::extract::Reading;

/// The longest sentence to either side of a place, in bytes.
const LONGEST: usize = 240;
/// How far before a place words stand that introduce it, in bytes.
const NEAR: usize = 100;
/// How far before a report its subject may stand, in bytes.
const SUBJECT: usize = 24;

/// A place in a text, and the sentence around it.
#[derive(Debug)]
pub(super) struct Sentence<'t> {
    text: &'t str,
    range: Range<usize>,
    place: Range<usize>,
}

impl<'t> Sentence<'t> {
    pub(super) fn around(text: &'t str, place: &Range<usize>) -> Self {
        let from = text.floor_char_boundary(place.start.saturating_sub(LONGEST));
        let to = text.ceil_char_boundary(place.end.saturating_add(LONGEST).min(text.len()));
        let before = &text[from..place.start];
        let start = ends_of_sentences(before)
            .last()
            .map_or(from, |at| from + at);
        let after = &text[place.end..to];
        let end = ends_of_sentences(after)
            .next()
            .map_or(to, |at| place.end + at);
        Self {
            text,
            range: start..end,
            place: place.clone(),
        }
    }

    /// Whether another place is in the sentence.
    pub(super) fn holds(&self, other: &Range<usize>) -> bool {
        self.range.start <= other.start && other.end <= self.range.end
    }

    /// Whether another place is in the sentence, before this one and near it.
    pub(super) fn holds_before(&self, other: &Range<usize>) -> bool {
        self.range.start <= other.start
            && other.end <= self.place.start
            && self.place.start <= other.end + NEAR
    }

    /// Whether the subject of a verb is the writer or the reader: what "I
    /// said" and "as you said" report, the writer says; what "I was told",
    /// somebody else.
    pub(super) fn is_own(&self, verb: &Range<usize>) -> bool {
        let passive = ["was", "were", "been", "being", "got", "get"];
        if words(&self.text[verb.clone()])
            .next()
            .is_some_and(|first| passive.contains(&first))
        {
            return false;
        }
        let from = verb.start.saturating_sub(SUBJECT).max(self.range.start);
        let before = &self.text[self.text.ceil_char_boundary(from)..verb.start];
        let auxiliaries = [
            "have", "had", "did", "do", "just", "already", "never", "might", "could", "should",
            "would", "will", "can", "must", "also", "once",
        ];
        let subject = words(before).rev().find(|word| !auxiliaries.contains(word));
        matches!(
            subject,
            Some("i" | "i've" | "i'd" | "i'm" | "i'll" | "we" | "we've" | "you" | "you've")
        )
    }

    /// Whether it speaks to whoever reads it, outside of quotation marks.
    pub(super) fn addresses_reader(&self) -> bool {
        self.has_word(&[
            "you", "your", "you're", "you've", "you'll", "yours", "u", "ur",
        ])
    }

    pub(super) fn is_in_the_first_person(&self) -> bool {
        self.has_word(&[
            "i", "i'm", "i've", "i'll", "i'd", "my", "me", "we", "our", "us",
        ])
    }

    /// Whether the place itself is quoted, in its paragraph.
    pub(super) fn is_in_quotation_marks(&self) -> bool {
        self.is_in_double_marks() || self.is_in_single_marks()
    }

    /// Whether double marks stand around the place and hardly more: a word is
    /// spoken of, and not said.
    pub(super) fn is_a_word_in_quotation_marks(&self) -> bool {
        let opened = self.text[..self.place.start].ends_with('"');
        let after = &self.text[self.place.end..];
        let closed = after
            .find('"')
            .is_some_and(|at| words(&after[..at]).count() <= 2 && !after[..at].contains('\n'));
        opened && closed && self.is_in_double_marks()
    }

    fn is_in_double_marks(&self) -> bool {
        let start = self.text[..self.place.start]
            .rfind('\n')
            .map_or(0, |at| at + 1);
        let end = self.text[self.place.end..]
            .find('\n')
            .map_or(self.text.len(), |at| self.place.end + at);
        let marks = |range: Range<usize>| self.text[range].matches('"').count();
        marks(start..self.place.start) % 2 == 1 && marks(self.place.end..end) > 0
    }

    /// A single mark opens after a gap and closes before one; an apostrophe
    /// does neither.
    fn is_in_single_marks(&self) -> bool {
        let bytes = self.text.as_bytes();
        let is_letter = |at: Option<usize>| {
            at.and_then(|at| bytes.get(at))
                .is_some_and(|byte| byte.is_ascii_alphanumeric() || !byte.is_ascii())
        };
        let from = self.place.start.saturating_sub(LONGEST);
        let opened = (from..self.place.start).rev().find(|&at| {
            bytes[at] == b'\'' && (!is_letter(at.checked_sub(1)) || !is_letter(Some(at + 1)))
        });
        let opens = |at: usize| !is_letter(at.checked_sub(1)) && bytes.get(at + 1) != Some(&b' ');
        let to = (self.place.end + LONGEST).min(bytes.len());
        let closed = (self.place.end..to).any(|at| bytes[at] == b'\'' && !is_letter(Some(at + 1)));
        opened.is_some_and(opens) && closed
    }

    fn has_word(&self, wanted: &[&str]) -> bool {
        words(&self.text[self.range.clone()]).any(|word| wanted.contains(&word))
    }
}

/// Whether the message answers another, by its header or its subject.
pub(super) fn is_answer(reading: &Reading) -> bool {
    begins_with(&reading.header.subject, &["re:", "aw:", "re["])
}

pub(super) fn is_forwarded(reading: &Reading) -> bool {
    begins_with(&reading.header.subject, &["fw:", "fwd:", "wg:", "tr:"])
}

fn begins_with(subject: &str, marks: &[&str]) -> bool {
    let subject = subject.trim_start();
    marks.iter().any(|mark| {
        subject
            .get(..mark.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(mark))
    })
}

fn words(text: &str) -> impl DoubleEndedIterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric() && c != '\'')
        .map(|word| word.trim_matches('\''))
        .filter(|word| !word.is_empty())
}

/// The ends of sentences in a text: behind a mark that a gap follows, and at
/// the ends of paragraphs.
fn ends_of_sentences(text: &str) -> impl Iterator<Item = usize> {
    let bytes = text.as_bytes();
    (0..bytes.len()).filter_map(move |at| match bytes[at] {
        b'\n' => Some(at + 1),
        b'.' | b'!' | b'?' if bytes.get(at + 1).is_none_or(u8::is_ascii_whitespace) => Some(at + 1),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn around<'t>(text: &'t str, word: &str) -> Sentence<'t> {
        let at = text.find(word).expect("the word is in the text");
        Sentence::around(text, &(at..at + word.len()))
    }

    #[test]
    fn a_sentence_ends_where_its_marks_and_paragraphs_do() {
        for (text, expected) in [
            ("one. two here three. four", " two here three."),
            ("one\nhere", "here"),
            ("at 3.30 here, e.g.x", "at 3.30 here, e.g.x"),
            ("here", "here"),
            ("oh! is it here? yes", " is it here?"),
        ] {
            let sentence = around(text, "here");
            assert_eq!(&text[sentence.range], expected, "{text}");
        }
        let long = format!("{} here {}", "é".repeat(500), "é".repeat(500));
        assert!(around(&long, "here").range.len() < 3 * LONGEST);
    }

    #[test]
    fn quotation_marks_are_told_from_apostrophes() {
        for (text, expected) in [
            (r#"he said "oh here we go" then"#, true),
            (r#"he said "oh" here "go" then"#, false),
            (r#"an inch is 1" here"#, false),
            ("he said 'oh here we go' then", true),
            ("she's here and it's ours", false),
            ("the pupils' here and the teachers' there", false),
            ("he said 'oh' here 'there'", false),
            ("'here'", true),
            ("here", false),
        ] {
            let quoted = around(text, "here").is_in_quotation_marks();
            assert_eq!(quoted, expected, "{text}");
        }
    }

    #[test]
    fn reports_of_the_writer_are_the_writers_own() {
        for (text, expected) in [
            ("i said here", true),
            ("as you said here", true),
            ("i have already said here", true),
            ("we had said here", true),
            ("he said here", false),
            ("i know he said here", false),
            ("you might just have said here", true),
            ("he just said here", false),
            ("said here", false),
        ] {
            let at = text.find("said").expect("a verb");
            let own = around(text, "here").is_own(&(at..at + 4));
            assert_eq!(own, expected, "{text}");
        }
    }
}
