//! What is wrong with a configuration, shown where it stands.

use std::fmt;
use std::ops::Range;

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
            file: miette::NamedSource::new(name, text.to_owned()).with_language("TOML"),
            faults,
        }
    }
}

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
