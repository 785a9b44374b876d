//! Where a reader stands, which says what its texts are.

use crate::extract::Role;
use crate::finding::Location;

/// Where a reader stands, and what its texts are.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    pub(crate) location: Location,
    pub(crate) attachment: Option<u32>,
    pub(crate) role: Role,
    pub(crate) hidden: bool,
    pub(crate) table: bool,
    /// Messages and archives around it.
    pub(crate) depth: u32,
}

impl Place {
    /// The message itself: its own parts have plain locations.
    pub(crate) fn message() -> Self {
        Self {
            location: Location::new(""),
            attachment: None,
            role: Role::Body,
            hidden: false,
            table: false,
            depth: 0,
        }
    }

    /// A place inside, as people name it.
    pub(crate) fn within(&self, place: &str) -> Self {
        let location = if self.location.as_str().is_empty() {
            Location::new(place)
        } else {
            self.location.within(place)
        };
        Self {
            location,
            ..self.clone()
        }
    }

    /// A place inside that the sender's program does not show.
    pub(crate) fn hidden(&self, place: &str) -> Self {
        Self {
            hidden: true,
            ..self.within(place)
        }
    }

    pub(crate) fn table(self) -> Self {
        Self {
            table: true,
            ..self
        }
    }

    pub(crate) fn role(self, role: Role) -> Self {
        Self { role, ..self }
    }

    /// The location for a problem, which is never empty.
    pub(super) fn location(&self) -> Location {
        if self.location.as_str().is_empty() {
            Location::new("message")
        } else {
            self.location.clone()
        }
    }
}
