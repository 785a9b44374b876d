//! What an import would change, for the eyes of the person who decides on it.
//! Shows nobody's name: three people by their initials.

use std::io::{self, Write};
use std::path::Path;

use crate::school::School;
use crate::school::change::Change;
use crate::school::import::{Format, Taken, Warning};
use crate::store::people::List;

/// How many warnings are shown.
const SHOWN: usize = 10;

pub(super) struct Preview<'a> {
    pub(super) list: List,
    pub(super) school: &'a School,
    pub(super) path: &'a Path,
    pub(super) format: Format,
    pub(super) taken: &'a [Taken],
    pub(super) change: Change,
    /// Rows of pupils whom another row has too.
    pub(super) repeated: usize,
    pub(super) restricted: usize,
    pub(super) samples: Vec<String>,
    pub(super) warnings: Vec<Warning>,
}

impl Preview<'_> {
    pub(super) fn print(&self, out: &mut impl Write) -> io::Result<()> {
        writeln!(
            out,
            "{} of {} ({}), from {}: {}",
            self.list.as_str(),
            self.school.id,
            self.school.name,
            self.path.display(),
            self.format
        )?;
        for taken in self.taken {
            self.print_columns(out, taken)?;
        }
        self.print_change(out)?;
        if !self.samples.is_empty() {
            writeln!(out, "\nThe first of them: {}", self.samples.join("; "))?;
        }
        for warning in self.warnings.iter().take(SHOWN) {
            writeln!(out, "note: {warning}")?;
        }
        if self.warnings.len() > SHOWN {
            writeln!(
                out,
                "note: and {} more like these",
                self.warnings.len() - SHOWN
            )?;
        }
        Ok(())
    }

    fn print_columns(&self, out: &mut impl Write, taken: &Taken) -> io::Result<()> {
        writeln!(out, "\n{}", taken.file)?;
        for (field, headings) in &taken.columns {
            writeln!(out, "  {field:<26} from {}", headings.join(", else "))?;
        }
        if !taken.ignored.is_empty() {
            writeln!(out, "  ignored: {}", taken.ignored.join(", "))?;
        }
        Ok(())
    }

    fn print_change(&self, out: &mut impl Write) -> io::Result<()> {
        let change = &self.change;
        let changed = match change.changed {
            Some(changed) => format!("{changed} changed"),
            None => "what changed is not known of a first import".to_owned(),
        };
        writeln!(out, "\n{} in place of {}", change.after, change.before)?;
        writeln!(
            out,
            "{} added, {} gone{}, {changed}",
            change.added,
            change.gone,
            match change.leavers {
                0 => String::new(),
                leavers => format!(" ({leavers} of them from the top year)"),
            }
        )?;
        // Of a first import, nothing is known of them but what the file says.
        if self.list == List::Roster && change.gone > 0 && change.changed.is_some() {
            writeln!(
                out,
                "Who is gone counts as a pupil until `former_for` has passed."
            )?;
        }
        if self.repeated > 0 {
            writeln!(out, "{} rows repeat a pupil, and count once", self.repeated)?;
        }
        if self.restricted > 0 {
            writeln!(out, "{} contacts may not hear of a pupil", self.restricted)?;
        }
        Ok(())
    }
}

/// One row, as far as it may be shown.
pub(super) fn sample<const N: usize>(cells: [&String; N]) -> String {
    let cells = cells.into_iter().filter(|cell| !cell.is_empty());
    cells.map(String::as_str).collect::<Vec<_>>().join(" ")
}

pub(super) fn initials<'a>(
    names: impl IntoIterator<Item = &'a (impl AsRef<str> + ?Sized + 'a)>,
) -> String {
    crate::school::import::record::initials(names.into_iter().map(AsRef::as_ref))
}
