//! Malformed mail: what any mail program would show in some reading of it is
//! read, and told of where another program would show something else. Its
//! innocent twins, which everyday programs write and all read alike, are no
//! problem.

mod boundaries;
mod characters;
mod encodings;
mod everyday;
mod fields;
mod files;
mod names;
mod packed;
mod pages;
mod subjects;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use exeat::extract::{Budget, Reading, read_message};
use exeat::finding::ProblemKind;

/// What each message says somewhere.
const WORDS: &str = "Zoe Quill was late again, and her mother rang.";

/// What becomes of a message.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Expected {
    /// All that it says is read, and nothing is a problem.
    Alike,
    /// All that it says is read, and this kind of problem is told.
    Differs(ProblemKind),
    /// All that it says is read; that another program would say less is seen
    /// in the texts.
    Read,
    /// What it says is for programs that Exeat is not: that is told.
    Unread(ProblemKind),
}

const HOSTILE: Expected = Expected::Differs(ProblemKind::Hostile);

struct Case {
    name: String,
    message: Vec<u8>,
    words: &'static str,
    expected: Expected,
}

/// A message of lines that end with `\n` here and with CRLF on the wire.
fn case(name: impl Into<String>, message: &str, expected: Expected) -> Case {
    raw(name, message.replace('\n', "\r\n"), expected)
}

fn raw(name: impl Into<String>, message: impl Into<Vec<u8>>, expected: Expected) -> Case {
    Case {
        name: name.into(),
        message: message.into(),
        words: WORDS,
        expected,
    }
}

impl Case {
    /// With other words to be read in it.
    fn saying(self, words: &'static str) -> Self {
        Self { words, ..self }
    }
}

fn base64(bytes: impl AsRef<[u8]>) -> String {
    STANDARD.encode(bytes)
}

/// The ways in which a body can lie in a message: alone, as a page, beside
/// others, as a file, in a message that is passed on.
fn ways(fields: &str, body: &str) -> [(&'static str, String); 5] {
    let front = "Subject: Trip\nMIME-Version: 1.0\n";
    let mixed = format!(
        "{front}Content-Type: multipart/mixed; boundary=\"=_outer\"\n\n--=_outer\nContent-Type: text/plain\n\nSee below.\n--=_outer\n"
    );
    let plain = "Content-Type: text/plain; charset=utf-8\n";
    [
        ("alone", format!("{front}{plain}{fields}\n{body}")),
        (
            "page",
            format!("{front}Content-Type: text/html; charset=utf-8\n{fields}\n{body}"),
        ),
        (
            "part",
            format!("{mixed}{plain}{fields}\n{body}\n--=_outer--\n"),
        ),
        (
            "file",
            format!(
                "{mixed}Content-Type: application/octet-stream; name=\"list.txt\"\nContent-Disposition: attachment; filename=\"list.txt\"\n{fields}\n{body}\n--=_outer--\n"
            ),
        ),
        (
            "forwarded",
            format!(
                "{mixed}Content-Type: message/rfc822\n\n{front}{plain}{fields}\n{body}\n--=_outer--\n"
            ),
        ),
    ]
}

/// One case for each way.
fn each_way(name: &str, fields: &str, body: &str, expected: Expected) -> Vec<Case> {
    ways(fields, body)
        .into_iter()
        .map(|(way, message)| case(format!("{name}, {way}"), &message, expected))
        .collect()
}

fn all() -> Vec<Case> {
    [
        subjects::cases(),
        fields::cases(),
        names::cases(),
        encodings::cases(),
        boundaries::cases(),
        characters::cases(),
        pages::cases(),
        packed::cases(),
        files::cases(),
        everyday::cases(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// All that is read, white space folded.
fn told(reading: &Reading) -> String {
    let mut told = String::new();
    for text in &reading.texts {
        told.extend(text.text.split_whitespace().flat_map(|word| [word, " "]));
        told.push('\n');
    }
    told
}

/// What is wrong with how a message was read.
fn fault(case: &Case) -> Option<String> {
    let reading = read_message(&case.message, &Budget::default());
    let words = told(&reading).contains(case.words);
    let is = |kind: ProblemKind| reading.problems.iter().any(|problem| problem.kind == kind);
    let as_expected = match case.expected {
        Expected::Alike => words && reading.problems.is_empty(),
        Expected::Differs(kind) => words && is(kind),
        Expected::Read => words,
        Expected::Unread(kind) => is(kind),
    };
    (!as_expected).then(|| {
        format!(
            "{}: {:?}, {}\n    texts: {:?}\n    problems: {:?}",
            case.name,
            case.expected,
            if words { "words read" } else { "words lost" },
            told(&reading).chars().take(300).collect::<String>(),
            reading.problems
        )
    })
}

#[test]
fn malformed_mail_is_read_or_told_of() {
    let cases = all();
    assert!(cases.len() >= 300, "{} cases", cases.len());
    let faults: Vec<String> = cases.iter().filter_map(fault).collect();
    assert!(
        faults.is_empty(),
        "{} of {}:\n{}",
        faults.len(),
        cases.len(),
        faults.join("\n")
    );
}
