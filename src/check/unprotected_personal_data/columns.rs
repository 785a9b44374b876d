//! What a table's column holds, by its heading, and what a cell under it
//! says.

use crate::patterns::{Folded, Pattern, Topic};
use crate::school::School;

use super::identifiers::Identifier;

/// The longest heading, in bytes: a longer cell is somebody's sentence.
const HEADING: usize = 60;

/// What a column holds.
#[derive(Debug, Clone, Copy)]
pub(super) enum Column<'p> {
    Name,
    /// Names of companies and the like: who stands beside is their contact.
    Organisation,
    Identifier(Identifier),
    Special(&'p Pattern),
    /// By the pattern that knows its heading for one about people, if any.
    Data(Option<&'p Pattern>),
    Plain,
}

/// What a heading says of its column; `None` for an empty cell.
pub(super) fn heading<'s>(cell: &str, school: &'s School) -> Option<Column<'s>> {
    let cell = cell.trim();
    if cell.is_empty() {
        return None;
    }
    if cell.len() > HEADING {
        return Some(Column::Data(None));
    }
    let known = school.patterns.pack(Topic::ColumnHeadings).whole(cell);
    let of = |category: &str| known.iter().any(|pattern| pattern.category == category);
    if of("name") {
        return Some(Column::Name);
    }
    if known.iter().any(|pattern| pattern.id == "organisation") {
        return Some(Column::Organisation);
    }
    let identifier = known.iter().find_map(|pattern| Identifier::of(pattern));
    if let Some(identifier) = identifier {
        return Some(Column::Identifier(identifier));
    }
    let special = school
        .patterns
        .pack(Topic::SpecialCategories)
        .scan(&Folded::prose(cell));
    if let Some(hit) = special
        .into_iter()
        .filter(|hit| hit.pattern.weight > 1)
        .max_by_key(|hit| hit.pattern.weight)
    {
        return Some(Column::Special(hit.pattern));
    }
    let data = known.iter().find(|pattern| pattern.category == "data");
    Some(match (data, of("plain")) {
        (Some(data), _) => Column::Data(Some(data)),
        (None, true) => Column::Plain,
        (None, false) => Column::Data(None),
    })
}

/// Whether a cell in a column of names holds one.
pub(super) fn is_name(cell: &str) -> bool {
    let words = cell.split_whitespace().count();
    (1..=5).contains(&words)
        && (2..=60).contains(&cell.len())
        && cell.starts_with(char::is_uppercase)
        && cell
            .chars()
            .all(|c| c.is_alphabetic() || " '’-.,()".contains(c))
        && !is_organisation(cell)
        && !matches!(
            cell.to_lowercase().as_str(),
            "total"
                | "totals"
                | "average"
                | "mean"
                | "name"
                | "surname"
                | "forename"
                | "boys"
                | "girls"
                | "all"
                | "tbc"
                | "n/a"
        )
}

/// Whether the last word of a name is one of companies and public bodies.
fn is_organisation(cell: &str) -> bool {
    const LAST: [&str; 14] = [
        "ltd",
        "limited",
        "plc",
        "llp",
        "co",
        "services",
        "solutions",
        "trust",
        "council",
        "school",
        "academy",
        "college",
        "university",
        "supplies",
    ];
    let last = cell.trim_end_matches('.').rsplit(' ').next();
    last.is_some_and(|last| LAST.iter().any(|word| last.eq_ignore_ascii_case(word)))
}

/// Whether a cell under "SEN" or "FSM" says that somebody is concerned.
pub(super) fn is_positive(cell: &str) -> bool {
    !matches!(
        cell.to_lowercase().as_str(),
        "n" | "no"
            | "none"
            | "nil"
            | "0"
            | "-"
            | "–"
            | "false"
            | "n/a"
            | "na"
            | "nsr"
            | "x"
            | "no sen"
            | "not applicable"
            | "none known"
    )
}

/// A percentage, or a number beyond those of years and forms.
pub(super) fn is_mark(value: &str) -> bool {
    let number = value.trim_end_matches('%');
    number
        .parse::<f64>()
        .is_ok_and(|number| value.ends_with('%') || number > 13.0 || number.fract() != 0.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::testing::school;

    #[test]
    fn headings_tell_what_a_column_holds() {
        let school = school();
        for (cell, expected) in [
            ("Surname", "Name"),
            ("Pupil's name", "Name"),
            ("UPN", "Identifier(Upn)"),
            (" Date of Birth ", "Identifier(Birth)"),
            ("Postcode", "Identifier(Address)"),
            ("SEN Status", "sen"),
            ("FSM", "free-meals"),
            ("Ethnicity", "ethnicity"),
            ("SEND", "special-needs"),
            ("Attendance %", "attendance"),
            ("Swimming ability", "Data(None)"),
            ("Maths score", "marks"),
            ("Reading age", "reading-ages"),
            ("Parent mobile", "contact-details"),
            ("Arrears", "money"),
            ("Tutor group", "Plain"),
            ("T-shirt size", "Plain"),
            ("Supplier", "Organisation"),
            ("CHI number", "Identifier(Chi)"),
            ("Card number", "Identifier(Card)"),
            ("Gross pay", "payroll"),
            ("Sickness days", "sickness"),
            ("Appraisal outcome", "conduct-of-staff"),
        ] {
            let column = heading(cell, &school).expect("not empty");
            let said = match column {
                Column::Special(pattern) => pattern.category.clone(),
                Column::Data(Some(pattern)) => pattern.id.clone(),
                other => format!("{other:?}"),
            };
            assert_eq!(said, expected, "{cell}");
        }
        assert!(heading("  ", &school).is_none());
    }

    #[test]
    fn cells_are_told_apart() {
        for (cell, name, positive, mark) in [
            ("Kasia Nowak", true, true, false),
            ("O'Neill, Zoë", true, true, false),
            ("Total", false, true, false),
            ("no", false, false, false),
            ("K", false, true, false),
            ("87", false, true, true),
            ("7", false, true, false),
            ("95.5%", false, true, true),
            ("None known", true, false, false),
            ("Acme Ltd", false, true, false),
            ("Greenfold School", false, true, false),
        ] {
            let said = (is_name(cell), is_positive(cell), is_mark(cell));
            assert_eq!(said, (name, positive, mark), "{cell}");
        }
    }
}
