//! What was read of a file, as people look at it: the file in one line, what
//! is packed in it, the texts with their places, and last what was not read.

use std::io::{self, Write};

use crate::extract::{Attachment, Protection, Reading, Role, Text};
use crate::finding::{Problem, ProblemKind};

/// Of a text so many lines are shown, and of a line so many characters, where
/// not all is asked for.
const LINES: usize = 40;
const LINE: usize = 400;

/// Writes it; `full` cuts nothing.
pub(super) fn write(
    out: &mut impl Write,
    path: &str,
    reading: &Reading,
    full: bool,
) -> io::Result<()> {
    let mut files = reading.attachments.iter();
    match files.next() {
        Some(file) => writeln!(out, "{}: {}", visible(path), told(file))?,
        None => writeln!(out, "{}: nothing is known of it", visible(path))?,
    }
    for file in files {
        writeln!(
            out,
            "    {}: {}",
            visible(file.location.as_str()),
            told(file)
        )?;
    }
    let mut cut = false;
    for text in reading.texts.iter().filter(|text| is_told(text, reading)) {
        // Most hidden places are called so already.
        let hidden = match text.hidden && !text.location.as_str().contains("hidden") {
            true => " (hidden)",
            false => "",
        };
        writeln!(out, "\n── {}{hidden}", visible(text.location.as_str()))?;
        cut |= write_text(out, text, full)?;
    }
    if reading.texts.iter().all(|text| text.role == Role::FileName) {
        writeln!(out, "\nno text was found in it")?;
    }
    if !reading.problems.is_empty() {
        writeln!(out)?;
    }
    for problem in &reading.problems {
        let place = visible(problem.location.as_str());
        writeln!(
            out,
            "!! {}: {place}: {}",
            kind(problem),
            visible(&problem.what)
        )?;
    }
    if cut {
        writeln!(out, "\nSome texts are cut; --full shows all of them.")?;
    }
    Ok(())
}

/// `docx, though named like a picture (.jpg), 12 KB, protected: encrypted with a password (AES-256)`.
fn told(file: &Attachment) -> String {
    let protection = match file.protection {
        Protection::Open => "open",
        Protection::Weak => "weakly protected",
        Protection::Protected => "protected",
    };
    let why = match file.why.as_str() {
        "" => String::new(),
        why => format!(": {}", visible(why)),
    };
    let kind = match file.kind.as_str() {
        "unknown" => "of an unknown type",
        kind => kind,
    };
    let claim = match file.claim.as_str() {
        "" => String::new(),
        claim => format!(", though {}", visible(claim)),
    };
    let size = crate::cli::size(file.size);
    format!("{kind}{claim}, {size}, {protection}{why}")
}

/// A name that stands in the lines of the files is not told again.
fn is_told(text: &Text, reading: &Reading) -> bool {
    let named = |file: &Attachment| file.name == text.text;
    text.role != Role::FileName || !reading.attachments.iter().any(named)
}

/// Whether something was left out.
fn write_text(out: &mut impl Write, text: &Text, full: bool) -> io::Result<bool> {
    let shown = text.text.trim_end();
    let (most, longest) = match full {
        true => (usize::MAX, usize::MAX),
        false => (LINES, LINE),
    };
    let mut cut = false;
    for line in shown.split('\n').take(most) {
        let mut line = match text.table {
            true => visible(&line.replace('\t', " │ ")),
            false => visible(line),
        };
        if let Some((at, _)) = line.char_indices().nth(longest) {
            let left = line[at..].chars().count();
            line.truncate(at);
            line.push_str(&format!(" … ({left} characters more)"));
            cut = true;
        }
        writeln!(out, "{line}")?;
    }
    let left = shown.split('\n').count().saturating_sub(most);
    if left > 0 {
        writeln!(out, "… ({left} lines more)")?;
        cut = true;
    }
    Ok(cut)
}

fn kind(problem: &Problem) -> &'static str {
    match problem.kind {
        ProblemKind::Hostile => "dangerous or ambiguous",
        ProblemKind::Damaged => "damaged",
        ProblemKind::Unknown => "unknown",
        ProblemKind::NotRead => "not read",
    }
}

/// A stranger's text as a terminal may show it: what steers a terminal, turns
/// the direction of writing or takes no room is shown by its number.
fn visible(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\t' => shown.push(c),
            // U+2400 to U+241F are pictures of U+0000 to U+001F.
            '\0'..='\u{1f}' => shown.extend(char::from_u32(0x2400 + u32::from(c))),
            '\u{7f}' => shown.push('␡'),
            '\u{80}'..='\u{9f}'
            | '\u{ad}'
            | '\u{61c}'
            | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{feff}'
            | '\u{e0000}'..='\u{e007f}' => shown.push_str(&format!("<U+{:04X}>", u32::from(c))),
            _ => shown.push(c),
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::Location;

    fn text(place: &str, text: &str) -> Text {
        Text {
            location: Location::new(place),
            role: Role::Attachment,
            hidden: false,
            table: false,
            text: text.to_owned(),
            attachment: Some(0),
        }
    }

    fn listed(texts: Vec<Text>, full: bool) -> String {
        let reading = Reading {
            texts,
            ..Reading::default()
        };
        let mut out = Vec::new();
        write(&mut out, "a.txt", &reading, full).expect("memory takes all");
        String::from_utf8(out).expect("UTF-8")
    }

    #[test]
    fn nothing_steers_a_terminal() {
        for (raw, shown) in [
            ("a\u{1b}[2Jb", "a␛[2Jb"),
            ("a\u{202e}gpj.exe", "a<U+202E>gpj.exe"),
            ("Zo\u{200b}ë", "Zo<U+200B>ë"),
            ("\u{9b}31m", "<U+009B>31m"),
            ("a\tb", "a\tb"),
            ("naïve £5 – “ok”", "naïve £5 – “ok”"),
        ] {
            assert_eq!(visible(raw), shown);
        }
        let said = listed(vec![text("a\u{1b}[31m.txt", "b\u{7}")], false);
        assert!(!said.contains(['\u{1b}', '\u{7}']), "{said}");
    }

    #[test]
    fn long_texts_are_cut_and_say_so() {
        let long = (0..100).map(|n| format!("line {n}\n")).collect::<String>();
        let wide = "ë".repeat(1_000);
        let texts = || vec![text("a", &long), text("b", &wide)];
        let said = listed(texts(), false);
        assert!(said.contains("line 39\n… (60 lines more)"), "{said}");
        assert!(said.contains("ë … (600 characters more)"), "{said}");
        assert!(said.ends_with("--full shows all of them.\n"), "{said}");
        let said = listed(texts(), true);
        assert!(said.contains("line 99") && said.contains(&wide), "{said}");
        assert!(
            !said.contains("more)") && !said.contains("--full"),
            "{said}"
        );
        assert!(!listed(vec![text("a", "short")], false).contains("--full"));
    }

    #[test]
    fn tables_and_hidden_places_are_marked() {
        let mut table = text("list.xlsx › sheet \"Y6\"", "Name\tForm\nAda\t6B\n");
        table.table = true;
        table.hidden = true;
        let said = listed(vec![table], false);
        assert!(
            said.contains("── list.xlsx › sheet \"Y6\" (hidden)\nName │ Form\nAda │ 6B\n"),
            "{said}"
        );
    }
}
