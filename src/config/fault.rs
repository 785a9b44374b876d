//! What is wrong with a configuration, shown where it stands.

use std::fmt;
use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

/// One fault and the bytes of the file that it is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    pub message: String,
    pub span: Range<usize>,
}

/// Everything that is wrong with one file, all together.
#[derive(Debug)]
pub struct Faults {
    file: miette::NamedSource<String>,
    faults: Vec<Fault>,
}

impl Faults {
    pub(super) fn new(name: &str, text: &str, faults: Vec<Fault>) -> Self {
        Self {
            file: miette::NamedSource::new(name, without_passwords(text)).with_language("TOML"),
            faults,
        }
    }
}

/// The text as it may be shown: what stands behind a key of passwords, in a
/// table of them, and in a client's `header`, is covered byte by byte, so that places stay what they are.
/// The rules that speak of passwords hold none.
fn without_passwords(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    // A value may go on over lines, until a key or a table follows.
    let (mut value, mut table) = (false, false);
    for line in text.split_inclusive('\n') {
        let from = match SPOKEN_OF.find(line) {
            Some(found) if !RULE.is_match(line) => {
                value = true;
                table |= line.trim_start().starts_with('[');
                Some(found.end())
            }
            _ if line.trim_start().starts_with('[') && TABLE.is_match(line) => {
                (value, table) = (false, false);
                None
            }
            _ if KEY.is_match(line) => {
                value = table;
                table.then(|| line.find('=').unwrap_or_default())
            }
            _ => value.then_some(0),
        };
        let (open, secret) = line.split_at(from.unwrap_or(line.len()));
        shown.push_str(open);
        shown.extend(secret.chars().flat_map(|c| {
            let cover = if c.is_ascii_whitespace() { c } else { '*' };
            std::iter::repeat_n(cover, c.len_utf8())
        }));
    }
    shown
}

static SPOKEN_OF: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)\bpass\w*[\]'\u{22}]*|\bheader\s*=\s*\{").expect("a good expression")
});
static RULE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^\s*(?:\[school\.rules\.)?password-(?:with-document|shared)\b")
        .expect("a good expression")
});
static TABLE: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"^\s*\[\[?[\w.-]+\]\]?\s*(?:#|$)").expect("a good expression"));
static KEY: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"^\s*[\w.-]+\s*=").expect("a good expression"));

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.file.inner();
        let name = self.file.name();
        for (index, fault) in self.faults.iter().enumerate() {
            let before = &text[..fault.span.start.min(text.len())];
            let line = before.matches('\n').count() + 1;
            let column = before.chars().rev().take_while(|c| *c != '\n').count() + 1;
            if index > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{name}:{line}:{column}: {}", fault.message)?;
        }
        Ok(())
    }
}

impl std::error::Error for Faults {}

impl miette::Diagnostic for Faults {
    fn source_code(&self) -> Option<&dyn miette::SourceCode> {
        Some(&self.file)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = miette::LabeledSpan> + '_>> {
        Some(Box::new(self.faults.iter().map(|fault| {
            let length = fault.span.len().max(1);
            miette::LabeledSpan::new(Some(fault.message.clone()), fault.span.start, length)
        })))
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new("mend the file and run `exeat config check`"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_covered_and_nothing_else() {
        for (text, expected) in [
            ("passwords = [\"Otter 17\"]", "passwords * ******* ****"),
            (
                "passwords = [\"a\", \"passé\"]\nid = 1",
                "passwords * ***** *********\nid = 1",
            ),
            (
                "passwords = [\n  \"Otter\",\n]\nphones = []\n",
                "passwords * *\n  ********\n*\nphones = []\n",
            ),
            (
                "[school.passwords]\nusual = ['a=b']\n[school.rules]\nx = 1",
                "[school.passwords]\nusual * *******\n[school.rules]\nx = 1",
            ),
            (
                "password-with-document = { action = \"blok\" }",
                "password-with-document = { action = \"blok\" }",
            ),
            (
                "# Password: Otter17\nid = \"a\"",
                "# Password* *******\nid = \"a\"",
            ),
            (
                "{ network = \"::1\", header = { name = \"X-A\", value = \"b1\" } }",
                "{ network = \"::1\", header = { **** * ****** ***** * **** * *",
            ),
            ("limits = { header = 1000 }", "limits = { header = 1000 }"),
            ("id = \"a\" # compass rose", "id = \"a\" # compass rose"),
            ("", ""),
        ] {
            let shown = without_passwords(text);
            assert_eq!(shown, expected);
            assert_eq!(shown.len(), text.len());
        }
    }
}
