//! What every format is read into: a pupil, a member of staff, a contact.

use std::fmt;
use std::sync::Arc;

use jiff::civil::Date;

use crate::mail::Address;
use crate::school::names::FullName;
use crate::school::people::Class;

/// Where a record stands: `roster.csv, row 7`, `leavers.xml, pupil 3`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct At {
    pub file: Arc<str>,
    /// `row` or `pupil`.
    pub unit: &'static str,
    pub number: u64,
}

impl fmt::Display for At {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, {} {}", self.file, self.unit, self.number)
    }
}

/// A pupil as a file has them; texts are empty where it says nothing.
#[derive(Debug, Clone)]
pub struct PupilRecord {
    pub at: At,
    pub id: String,
    pub upn: String,
    pub legal_forename: String,
    pub legal_surname: String,
    pub preferred_forename: String,
    pub preferred_surname: String,
    pub former_forename: String,
    pub former_surname: String,
    pub middle_names: String,
    pub year: String,
    pub form: String,
    pub date_of_birth: Option<Date>,
    pub email: Option<Address>,
}

#[derive(Debug, Clone)]
pub struct StaffRecord {
    pub at: At,
    pub id: String,
    pub title: String,
    pub forename: String,
    pub surname: String,
    pub role: String,
    pub email: Option<Address>,
}

#[derive(Debug, Clone)]
pub struct ContactRecord {
    pub at: At,
    pub class: Class,
    /// To the pupils, in the file's words.
    pub relation: String,
    pub name: String,
    pub email: Address,
    /// By id or UPN.
    pub pupils: Vec<String>,
    pub secure_route: bool,
    /// May not hear of these pupils, for example by a court's order.
    pub restricted: bool,
}

impl PupilRecord {
    pub(super) fn new(at: At) -> Self {
        Self {
            at,
            id: String::new(),
            upn: String::new(),
            legal_forename: String::new(),
            legal_surname: String::new(),
            preferred_forename: String::new(),
            preferred_surname: String::new(),
            former_forename: String::new(),
            former_surname: String::new(),
            middle_names: String::new(),
            year: String::new(),
            form: String::new(),
            date_of_birth: None,
            email: None,
        }
    }

    pub fn names(&self) -> FullName<'_> {
        FullName {
            legal_forename: &self.legal_forename,
            legal_surname: &self.legal_surname,
            preferred_forename: &self.preferred_forename,
            preferred_surname: &self.preferred_surname,
            former_forename: &self.former_forename,
            former_surname: &self.former_surname,
            middle_names: &self.middle_names,
        }
    }

    /// Has a forename and a surname, whichever.
    pub fn has_full_name(&self) -> bool {
        let [forename, surname] = self.usual_name();
        !forename.is_empty() && !surname.is_empty()
    }

    /// Of forename and surname, `A.B.`
    pub fn initials(&self) -> String {
        initials(self.usual_name())
    }

    fn usual_name(&self) -> [&str; 2] {
        [
            first_of([&self.legal_forename, &self.preferred_forename]),
            first_of([&self.legal_surname, &self.preferred_surname]),
        ]
    }
}

/// `A.B.`, of what begins with a letter.
pub(crate) fn initials<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let initial = |name: &str| {
        let letter = name.chars().find(|c| c.is_alphabetic())?;
        Some(format!("{}.", letter.to_uppercase()))
    };
    names.into_iter().filter_map(initial).collect()
}

fn first_of(cells: [&String; 2]) -> &str {
    let mut cells = cells.into_iter();
    cells.find(|cell| !cell.is_empty()).map_or("", |cell| cell)
}
