//! Statements over many rows, in a few sizes, so that each is prepared once.

use std::fmt::Write;
use std::sync::Arc;

use sqlx::any::AnyArguments;
use sqlx::{Any, AnyConnection, AssertSqlSafe};

use super::StoreError;

/// The most rows or items of a statement. SQLite looks each parameter up by
/// going through those before it, so that twice the rows take four times as
/// long; and a connection keeps a hundred statements prepared.
const MOST: usize = 16;

pub(super) type Query<'q> = sqlx::query::Query<'q, Any, AnyArguments>;

/// An INSERT of any number of rows.
#[derive(Debug)]
pub(super) struct Insert {
    head: &'static str,
    columns: usize,
    tail: &'static str,
    /// The statements for 1 to [`MOST`] rows.
    numbered: Vec<Arc<str>>,
}

impl Insert {
    /// `head` is `INSERT INTO table (columns) VALUES`, `tail` an ON CONFLICT
    /// clause or nothing.
    pub(super) fn new(head: &'static str, columns: usize, tail: &'static str) -> Self {
        let row = |row| format!("({})", placeholders(row * columns, columns));
        let rows = |rows| (0..rows).map(row).collect::<Vec<_>>().join(", ");
        let numbered = (1..=MOST).map(|count| format!("{head} {} {tail}", rows(count)).into());
        Self {
            head,
            columns,
            tail,
            numbered: numbered.collect(),
        }
    }

    /// The statement for this many rows as a part of a [`Query`] of several,
    /// whose values have no numbers.
    pub(super) fn unnumbered(&self, rows: usize) -> String {
        let row = format!("({})", unnumbered(self.columns));
        format!("{} {} {}", self.head, vec![row; rows].join(", "), self.tail)
    }

    /// Runs it over `items`, each bound by `bind`.
    pub(super) async fn run<T>(
        &self,
        connection: &mut AnyConnection,
        items: &[T],
        bind: impl for<'q> Fn(Query<'q>, &T) -> Query<'q>,
    ) -> Result<(), StoreError> {
        for rows in items.chunks(MOST) {
            let sql = AssertSqlSafe(Arc::clone(&self.numbered[rows.len() - 1]));
            let query = rows.iter().fold(sqlx::query(sql), &bind);
            query.execute(&mut *connection).await?;
        }
        Ok(())
    }
}

/// A SELECT over a list of any length.
#[derive(Debug)]
pub(super) struct Select {
    head: &'static str,
    /// The statement for [`MOST`] items.
    numbered: Arc<str>,
}

impl Select {
    /// `head` ends in `IN`.
    pub(super) fn new(head: &'static str) -> Self {
        Self {
            head,
            numbered: format!("{head} ({})", placeholders(0, MOST)).into(),
        }
    }

    /// See [`Insert::unnumbered`].
    pub(super) fn unnumbered(&self, items: usize) -> String {
        format!("{} ({})", self.head, unnumbered(items))
    }

    /// The queries that it takes. The list always has the same length: its
    /// last item is repeated.
    pub(super) fn over<T>(
        &self,
        items: &[T],
        bind: impl for<'q> Fn(Query<'q>, &T) -> Query<'q>,
    ) -> impl Iterator<Item = Query<'static>> {
        items.chunks(MOST).map(move |items| {
            let last = std::iter::repeat(&items[items.len() - 1]);
            let sql = AssertSqlSafe(Arc::clone(&self.numbered));
            items
                .iter()
                .chain(last)
                .take(MOST)
                .fold(sqlx::query(sql), &bind)
        })
    }
}

fn placeholders(before: usize, count: usize) -> String {
    let mut list = String::new();
    for number in before + 1..=before + count {
        let comma = if list.is_empty() { "" } else { ", " };
        write!(list, "{comma}${number}").expect("a String takes all");
    }
    list
}

fn unnumbered(count: usize) -> String {
    vec!["?"; count].join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_for_each_number_of_rows() {
        let insert = Insert::new("INSERT INTO t (a, b) VALUES", 2, "ON CONFLICT DO NOTHING");
        assert_eq!(insert.numbered.len(), MOST);
        assert_eq!(
            &*insert.numbered[0],
            "INSERT INTO t (a, b) VALUES ($1, $2) ON CONFLICT DO NOTHING"
        );
        assert_eq!(
            &*insert.numbered[1],
            "INSERT INTO t (a, b) VALUES ($1, $2), ($3, $4) ON CONFLICT DO NOTHING"
        );
        assert!(insert.numbered[MOST - 1].contains("($31, $32)"));
        assert_eq!(
            insert.unnumbered(2),
            "INSERT INTO t (a, b) VALUES (?, ?), (?, ?) ON CONFLICT DO NOTHING"
        );
    }

    #[test]
    fn a_list_of_any_length_is_one_statement_filled_up() {
        let select = Select::new("SELECT a FROM t WHERE a IN");
        assert!(select.numbered.ends_with("$15, $16)"));
        assert_eq!(select.unnumbered(2), "SELECT a FROM t WHERE a IN (?, ?)");
        for (items, queries) in [(0, 0), (1, 1), (16, 1), (17, 2), (40, 3)] {
            let items: Vec<i64> = (0..items).collect();
            assert_eq!(
                select.over(&items, |query, item| query.bind(*item)).count(),
                queries
            );
        }
    }
}
