//! What programs call their columns, and what a relationship makes of a
//! contact: the table `columns.toml`.

use std::collections::HashMap;
use std::sync::LazyLock;

use serde::Deserialize;

use super::table::plain;
use crate::school::people::Class;

/// The table, read once. The file is part of the binary.
pub(super) static COLUMNS: LazyLock<Columns> = LazyLock::new(|| {
    toml::from_str(include_str!("columns.toml"))
        .expect("the built-in columns.toml is well-formed, as its test shows")
});

/// The headings of each column, the likeliest first.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Columns {
    pub(super) roster: Roster,
    pub(super) staff: Staff,
    pub(super) contacts: Contacts,
    relations: HashMap<Class, Vec<String>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Roster {
    pub(super) pupil_id: Vec<String>,
    pub(super) upn: Vec<String>,
    pub(super) legal_forename: Vec<String>,
    pub(super) forename: Vec<String>,
    pub(super) middle_names: Vec<String>,
    pub(super) legal_surname: Vec<String>,
    pub(super) surname: Vec<String>,
    pub(super) preferred_forename: Vec<String>,
    pub(super) preferred_surname: Vec<String>,
    pub(super) former_forename: Vec<String>,
    pub(super) former_surname: Vec<String>,
    pub(super) year: Vec<String>,
    pub(super) form: Vec<String>,
    pub(super) date_of_birth: Vec<String>,
    pub(super) email: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Staff {
    pub(super) staff_id: Vec<String>,
    pub(super) title: Vec<String>,
    pub(super) forename: Vec<String>,
    pub(super) surname: Vec<String>,
    pub(super) role: Vec<String>,
    pub(super) email: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Contacts {
    #[serde(rename = "type")]
    pub(super) class: Vec<String>,
    pub(super) relation: Vec<String>,
    pub(super) name: Vec<String>,
    pub(super) title: Vec<String>,
    pub(super) forename: Vec<String>,
    pub(super) surname: Vec<String>,
    pub(super) email: Vec<String>,
    pub(super) pupil_id: Vec<String>,
    pub(super) upn: Vec<String>,
    pub(super) secure_route: Vec<String>,
    pub(super) restricted: Vec<String>,
}

impl Columns {
    /// What somebody in this relation to a pupil is to the school; `Other` for
    /// a relation that is in no list.
    pub(super) fn class_of(&self, relation: &str) -> Class {
        let relation = plain(relation);
        let said = |names: &Vec<String>| names.iter().any(|name| plain(name) == relation);
        self.relations
            .iter()
            .find(|(_, names)| said(names))
            .map_or(Class::Other, |(class, _)| *class)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn relations_make_classes_in_any_spelling() {
        for (relation, class) in [
            ("Mother", Class::Parent),
            ("STEP-FATHER", Class::Parent),
            ("Parent / Carer", Class::Parent),
            ("paf", Class::Parent),
            ("Social Worker", Class::Authority),
            ("GP", Class::Health),
            ("Childminder", Class::Other),
            ("second cousin", Class::Other),
            ("", Class::Other),
        ] {
            assert_eq!(COLUMNS.class_of(relation), class, "{relation}");
        }
        let mut known = HashSet::new();
        for name in COLUMNS.relations.values().flatten() {
            assert!(known.insert(plain(name)), "{name} is listed twice");
        }
    }
}
