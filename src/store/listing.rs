//! Lists of holds: for reviewers, for the clock, for a restart.

use std::sync::Arc;

use jiff::Timestamp;
use sqlx::{AssertSqlSafe, Row};

use super::hold::COLUMNS;
use super::{Hold, Reference, State, Store, StoreError};

/// Which holds to list.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// All schools by default.
    pub school: Option<Arc<str>>,
    /// All states by default.
    pub states: Vec<State>,
    /// For the next page: the last hold of the page before.
    pub before: Option<(Timestamp, Reference)>,
    /// 50 by default.
    pub limit: Option<u32>,
}

impl Store {
    /// Holds, the newest first.
    pub async fn holds(&self, filter: &Filter) -> Result<Vec<Hold>, StoreError> {
        let limit = i64::from(filter.limit.unwrap_or(50));
        let (time, reference) = match &filter.before {
            Some((time, reference)) => (time.as_millisecond(), Arc::clone(&reference.0)),
            None => (i64::MAX, "".into()),
        };
        let sql = format!(
            "SELECT {COLUMNS} FROM holds
             WHERE ($1 = '' OR school = $1) AND state IN ({})
               AND (created < $2 OR (created = $2 AND reference < $3))
             ORDER BY created DESC, reference DESC LIMIT $4",
            quoted(&filter.states),
        );
        let rows = sqlx::query(AssertSqlSafe(sql))
            .bind(filter.school.as_deref().unwrap_or_default())
            .bind(time)
            .bind(&*reference)
            .bind(limit)
            .fetch_all(&self.0.reading)
            .await?;
        rows.iter()
            .map(|row| Hold::from_database(row, &self.0.keys))
            .collect()
    }

    /// How many holds there are in each state that has any.
    pub async fn count_holds(&self, school: Option<&str>) -> Result<Vec<(State, u64)>, StoreError> {
        let rows = sqlx::query(
            "SELECT state, COUNT(*) AS holds FROM holds WHERE ($1 = '' OR school = $1)
             GROUP BY state",
        )
        .bind(school.unwrap_or_default())
        .fetch_all(&self.0.reading)
        .await?;
        let mut counts = Vec::new();
        for row in rows {
            let count = u64::try_from(row.try_get::<i64, _>("holds")?).unwrap_or(0);
            counts.extend(State::parse(row.try_get("state")?).map(|state| (state, count)));
        }
        Ok(counts)
    }

    /// Holds that nobody has decided on in time, the longest overdue first,
    /// at most a hundred.
    pub async fn due_holds(&self, now: Timestamp) -> Result<Vec<Hold>, StoreError> {
        let states = [State::AwaitingSender, State::AwaitingReviewer];
        let sql = format!(
            "SELECT {COLUMNS} FROM holds WHERE state IN ({}) AND due <= $1 ORDER BY due LIMIT 100",
            quoted(&states),
        );
        let rows = sqlx::query(AssertSqlSafe(sql))
            .bind(now.as_millisecond())
            .fetch_all(&self.0.reading)
            .await?;
        rows.iter()
            .map(|row| Hold::from_database(row, &self.0.keys))
            .collect()
    }

    /// Messages that were accepted before they were read to the end, and that
    /// a restart has to read again; the oldest first.
    pub async fn unfinished_readings(&self) -> Result<Vec<Hold>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM holds WHERE state = $1 ORDER BY created");
        let rows = sqlx::query(AssertSqlSafe(sql))
            .bind(State::Reading.as_str())
            .fetch_all(&self.0.reading)
            .await?;
        rows.iter()
            .map(|row| Hold::from_database(row, &self.0.keys))
            .collect()
    }
}

/// States as a list in SQL; no state at all means every one.
fn quoted(states: &[State]) -> String {
    let states = match states {
        [] => &State::ALL[..],
        some => some,
    };
    let quoted: Vec<String> = states
        .iter()
        .map(|state| format!("'{}'", state.as_str()))
        .collect();
    quoted.join(", ")
}
