//! Tables with a column of passwords.

use crate::extract::Text;

/// How many rows from the top a heading may stand.
const HEADINGS: usize = 5;
/// Rows that are counted.
const ROWS: usize = 5_000;

/// How many passwords a table holds, if it has a column of them beside one of
/// the people or accounts that they are for.
pub(super) fn passwords(text: &Text) -> Option<usize> {
    if !text.table {
        return None;
    }
    let mut rows = text.text.lines();
    let column = rows.by_ref().take(HEADINGS).find_map(|heading| {
        let mut cells = heading.split('\t');
        let column = cells.position(is_password)?;
        let others = heading.split('\t').filter(|cell| is_owner(cell)).count();
        (others > 0).then_some(column)
    })?;
    let filled = rows
        .take(ROWS)
        .filter_map(|row| row.split('\t').nth(column))
        .filter(|cell| is_secret(cell))
        .count();
    (filled > 0).then_some(filled)
}

fn is_password(cell: &str) -> bool {
    let cell = cell.trim().to_lowercase();
    [
        "password",
        "passwords",
        "passcode",
        "pwd",
        "pin",
        "pin number",
        "login code",
        "temporary password",
        "initial password",
    ]
    .contains(&cell.as_str())
        || cell.ends_with(" password") && cell.len() <= 30
}

fn is_owner(cell: &str) -> bool {
    let cell = cell.to_lowercase();
    [
        "user", "login", "log in", "account", "name", "email", "e-mail", "pupil", "student",
        "staff", "device", "site", "system", "service",
    ]
    .iter()
    .any(|word| cell.contains(word))
}

/// A cell that is neither empty nor a mask nor a remark.
fn is_secret(cell: &str) -> bool {
    let cell = cell.trim();
    cell.len() >= 4
        && !cell.contains(' ')
        && cell
            .chars()
            .any(|c| !matches!(c, '*' | '•' | '-' | '_' | '.' | 'x' | 'X' | '?'))
}
