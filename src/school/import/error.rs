//! Why a file can't be taken, and what is odd about one that can. None repeats
//! what a cell says, so that a fault can be shown and logged.

use super::record::At;

/// Why a file can't be taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ImportError {
    #[error("{file}: there is no column {needed}; the columns are {found}")]
    Column {
        file: String,
        needed: String,
        found: String,
    },
    #[error("{file}: the file is empty; its first row must name the columns, {needed} among them")]
    Empty { file: String, needed: String },
    #[error("{at}, {column}: {what}")]
    Cell {
        at: At,
        column: String,
        what: &'static str,
    },
    #[error("{file}: {what}")]
    File { file: String, what: String },
    #[error("{file}: {count} more faults like these")]
    More { file: String, count: usize },
}

/// What is odd about a row, yet no obstacle.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Warning {
    #[error("{0}: the roster has no pupil of this pupil_id")]
    UnknownPupil(At),
    #[error("{0}: the address is not in the school's domains")]
    StaffOutside(At),
    #[error("{0}: the pupil has no full name, and will not be recognised")]
    Nameless(At),
    #[error("{0}: another row has the same pupil_id")]
    Repeated(At),
    #[error("{0}: the contact is restricted, and no pupil is named whom that is about")]
    RestrictedFromNobody(At),
    #[error("{file}: {count} contacts have no address and are left out")]
    WithoutAddress { file: String, count: usize },
}

/// The most faults that are told one by one.
const TOLD: usize = 50;

/// What there is to say about files, in their order.
#[derive(Debug, Default)]
pub(super) struct Notes {
    pub(super) errors: Vec<ImportError>,
    pub(super) warnings: Vec<Warning>,
}

impl Notes {
    pub(super) fn cell(&mut self, at: &At, column: &str, what: &'static str) {
        let (at, column) = (at.clone(), column.to_owned());
        self.errors.push(ImportError::Cell { at, column, what });
    }

    pub(super) fn file(&mut self, file: &str, what: impl Into<String>) {
        let (file, what) = (file.to_owned(), what.into());
        self.errors.push(ImportError::File { file, what });
    }

    /// The errors, not more than people read.
    pub(super) fn shortened(mut self) -> Vec<ImportError> {
        let rest = self.errors.split_off(self.errors.len().min(TOLD));
        if let Some(ImportError::Cell { at, .. }) = rest.first() {
            self.errors.push(ImportError::More {
                file: at.file.to_string(),
                count: rest.len(),
            });
        }
        self.errors
    }
}
