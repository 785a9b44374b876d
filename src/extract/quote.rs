//! What a mail's body says anew, apart from what it quotes.
//!
//! A rule about writing to someone should not blame an answer for the words
//! it answers. The signs are those that mail programs leave: `>` lines,
//! attributions, Outlook's header block, and for HTML the ranges that its
//! reader saw inside quoting elements.

use std::ops::Range;

/// The two sides of a body; either may be empty.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Divided {
    pub(crate) new: String,
    pub(crate) quoted: String,
}

/// Divides a body by its lines. `ranges` are bytes already known to be quoted,
/// in order; `rest_from` is the byte from which everything is.
pub(crate) fn divide(text: &str, ranges: &[Range<usize>], rest_from: Option<usize>) -> Divided {
    let lines: Vec<Line<'_>> = lines(text, ranges).collect();
    let end = lines
        .iter()
        .position(|line| rest_from.is_some_and(|from| line.start >= from))
        .unwrap_or(lines.len());
    let end = (0..end)
        .find(|&i| begins_quotation(&lines[i..]))
        .unwrap_or(end);
    let mut quoted: Vec<bool> = lines
        .iter()
        .enumerate()
        .map(|(i, line)| i >= end || line.marked || line.text.starts_with('>'))
        .collect();
    for i in 0..end {
        if let Some(count) = attribution(&lines[i..end]) {
            let below = lines[i + count..]
                .iter()
                .position(|line| !line.text.is_empty());
            if below.is_some_and(|gap| quoted[i + count + gap]) {
                quoted[i..i + count].fill(true);
            }
        }
    }
    let mut divided = Divided::default();
    let mut last = None;
    for (line, &is_quoted) in lines.iter().zip(&quoted) {
        let side = if is_quoted {
            &mut divided.quoted
        } else {
            &mut divided.new
        };
        // Lines that were apart stay apart, so that no name arises anew.
        if last.is_some_and(|last| last != is_quoted) && !side.is_empty() {
            side.push('\n');
        }
        side.push_str(if is_quoted {
            strip_marks(line.text)
        } else {
            line.raw
        });
        side.push('\n');
        last = Some(is_quoted);
    }
    divided
}

struct Line<'a> {
    start: usize,
    raw: &'a str,
    text: &'a str,
    marked: bool,
}

fn lines<'a>(text: &'a str, ranges: &'a [Range<usize>]) -> impl Iterator<Item = Line<'a>> {
    let mut start = 0;
    let mut next = 0;
    text.split('\n').map(move |raw| {
        let line = start..start + raw.len();
        start = line.end + 1;
        while ranges
            .get(next)
            .is_some_and(|range| range.end <= line.start)
        {
            next += 1;
        }
        let marked = !raw.is_empty()
            && ranges
                .get(next)
                .is_some_and(|range| range.start <= line.start && range.end >= line.end);
        Line {
            start: line.start,
            raw: raw.trim_end_matches('\r'),
            text: raw.trim(),
            marked,
        }
    })
}

/// Whether everything from the first of these lines is a quotation: below it
/// mail programs put nothing new.
fn begins_quotation(lines: &[Line<'_>]) -> bool {
    let text = lines[0].text;
    if text.len() < 5 || lines[0].marked || text.starts_with('>') {
        return false;
    }
    is_separator(text)
        || is_header_block(lines)
        || attribution(lines).is_some_and(|count| nothing_marked(lines, count))
}

fn is_separator(text: &str) -> bool {
    let inner = text.trim_matches(|c: char| matches!(c, '-' | '_' | '*' | ' ' | ':'));
    let dashed = text.starts_with("--") || text.starts_with("__");
    let dashed_words = [
        "Original Message",
        "Original Appointment",
        "Forwarded message",
        "Forwarded Message",
        "Forwarded by",
    ];
    (dashed && dashed_words.iter().any(|words| inner.starts_with(words)))
        || inner == "Begin forwarded message"
}

/// Outlook's `From: … Sent: … To: … Subject: …`, in this or a near order.
fn is_header_block(lines: &[Line<'_>]) -> bool {
    let field = |line: &Line<'_>, name: &str| {
        let text = line.text.trim_start_matches('*');
        text.get(..name.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(name))
            && text[name.len()..].trim_start_matches('*').starts_with(':')
    };
    let block: Vec<&Line<'_>> = lines
        .iter()
        .filter(|line| !line.text.is_empty())
        .take(6)
        .collect();
    let has = |name| block[1..].iter().any(|line| field(line, name));
    field(&lines[0], "From") && (has("Sent") || has("Date")) && (has("To") || has("Subject"))
}

/// `On Tuesday … wrote:`, which may be wrapped: the number of its lines.
fn attribution(lines: &[Line<'_>]) -> Option<usize> {
    let first = lines.first()?.text.trim_start_matches(['>', ' ']);
    if !first.starts_with("On ") {
        return None;
    }
    let mut length = 0;
    for (i, line) in lines.iter().take(4).enumerate() {
        length += line.text.len();
        if length > 400 || line.text.is_empty() {
            return None;
        }
        if line.text.ends_with("wrote:") || line.text.ends_with("writes:") {
            let dated = lines[..=i]
                .iter()
                .any(|line| line.text.contains(|c: char| c.is_ascii_digit() || c == '@'));
            return dated.then_some(i + 1);
        }
    }
    None
}

/// Whether nothing below an attribution is marked as quoted: then its program
/// marks nothing, and all of it is.
fn nothing_marked(lines: &[Line<'_>], count: usize) -> bool {
    !lines[count..]
        .iter()
        .filter(|line| !line.text.is_empty())
        .take(3)
        .any(|line| line.marked || line.text.starts_with('>'))
}

fn strip_marks(line: &str) -> &str {
    line.trim_start_matches(['>', ' '])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, new: &str, quoted: &str) {
        let divided = divide(text, &[], None);
        let squeeze = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!(squeeze(&divided.new), new, "{text}");
        assert_eq!(squeeze(&divided.quoted), quoted, "{text}");
    }

    #[test]
    fn marked_lines_are_quoted_and_answers_between_are_new() {
        check(
            "Yes.\n\n> Is it on?\n> > Was it?\n",
            "Yes.",
            "Is it on? Was it?",
        );
        check("> one\nyes\n> two\nno\n", "yes no", "one two");
        check("Nothing quoted here.\n", "Nothing quoted here.", "");
        check("", "", "");
    }

    #[test]
    fn attributions_and_header_blocks_begin_a_quotation() {
        check(
            "Thanks\n\nOn Tue, 3 Nov 2026 at 09:12, A Teacher\n<a@school.example> wrote:\n\n> Hello\n",
            "Thanks",
            "On Tue, 3 Nov 2026 at 09:12, A Teacher <a@school.example> wrote: Hello",
        );
        check(
            "Thanks\nOn 3 Nov 2026 A wrote:\nHello\nBye\n",
            "Thanks",
            "On 3 Nov 2026 A wrote: Hello Bye",
        );
        check(
            "Ok\n\nFrom: A\nSent: 3 November 2026\nTo: B\nSubject: Trip\n\nHello\n",
            "Ok",
            "From: A Sent: 3 November 2026 To: B Subject: Trip Hello",
        );
        check(
            "Ok\n*From:* A\n*Date:* today\n*To:* B\nHi\n",
            "Ok",
            "*From:* A *Date:* today *To:* B Hi",
        );
        check(
            "Ok\n-----Original Message-----\nHi\n",
            "Ok",
            "-----Original Message----- Hi",
        );
        check(
            "FYI\nBegin forwarded message:\nHi\n",
            "FYI",
            "Begin forwarded message: Hi",
        );
        check(
            "FYI\n---------- Forwarded message ---------\nHi\n",
            "FYI",
            "---------- Forwarded message --------- Hi",
        );
    }

    #[test]
    fn new_writing_that_looks_alike_stays_new() {
        check(
            "From: the office\nPlease read.\n",
            "From: the office Please read.",
            "",
        );
        check(
            "On Monday we wrote:\nnothing\n",
            "On Monday we wrote: nothing",
            "",
        );
        check(
            "The original message was lost.\n",
            "The original message was lost.",
            "",
        );
        check("-- \nA Teacher\n", "-- A Teacher", "");
    }

    #[test]
    fn ranges_of_html_are_quoted() {
        let text = "Yes\nold\nNo\nafter";
        let divided = divide(text, std::slice::from_ref(&(4..7)), Some(11));
        assert_eq!(divided.new, "Yes\n\nNo\n");
        assert_eq!(divided.quoted, "old\n\nafter\n");
    }
}
