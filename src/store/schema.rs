//! The tables, and their versions.
//!
//! Types are those that SQLite and PostgreSQL both know: TEXT, BIGINT, BYTEA.
//! Times are milliseconds since 1970, flags 0 or 1, identifiers made here.
//! A new version of the schema is a new entry in [`VERSIONS`]; entries that
//! were released never change.

use sqlx::{AnyConnection, AssertSqlSafe, Row};

use super::StoreError;
use super::backend::Backend;

/// What leads from each version of the schema to the next, from nothing on.
const VERSIONS: &[&[&str]] = &[
    &[
        // Facts about the store itself: its schema's version, its wrapped root
        // secret, whether it was restored from a backup.
        "CREATE TABLE about (name TEXT PRIMARY KEY, value TEXT NOT NULL)",
        // The end of each node's chain, and a row before which every decision has
        // its outcome.
        "CREATE TABLE chain (
        node TEXT PRIMARY KEY, seq BIGINT NOT NULL, hash BYTEA NOT NULL, time BIGINT NOT NULL,
        open_from BIGINT NOT NULL)",
        "CREATE TABLE journal (
        node TEXT NOT NULL, seq BIGINT NOT NULL, time BIGINT NOT NULL, kind TEXT NOT NULL,
        school TEXT, salt BYTEA, payload TEXT, digest BYTEA NOT NULL, hash BYTEA NOT NULL,
        PRIMARY KEY (node, seq)){in key order}",
        // Where each message of the last days went, a row a recipient.
        "CREATE TABLE retries (
        retry BYTEA NOT NULL, recipient TEXT NOT NULL, state TEXT NOT NULL, hold TEXT,
        made BIGINT NOT NULL, PRIMARY KEY (retry, recipient)){in key order}",
        "CREATE INDEX retries_made ON retries (made)",
        "CREATE TABLE bodies (
        id BIGINT PRIMARY KEY, school TEXT NOT NULL, size BIGINT NOT NULL,
        created BIGINT NOT NULL, key_id TEXT NOT NULL, wrapped BYTEA NOT NULL,
        chunks BIGINT NOT NULL)",
        "CREATE TABLE body_chunks (
        body BIGINT NOT NULL REFERENCES bodies (id) ON DELETE CASCADE,
        number BIGINT NOT NULL, sealed BYTEA NOT NULL, PRIMARY KEY (body, number))",
        "CREATE TABLE holds (
        reference TEXT PRIMARY KEY, school TEXT NOT NULL, state TEXT NOT NULL,
        action TEXT NOT NULL, created BIGINT NOT NULL, due BIGINT NOT NULL, settled BIGINT,
        envelope BYTEA NOT NULL, subject TEXT NOT NULL, size BIGINT NOT NULL,
        findings TEXT NOT NULL, problems TEXT NOT NULL, automatic BIGINT NOT NULL,
        body BIGINT NOT NULL REFERENCES bodies (id), retry BYTEA)",
        "CREATE INDEX holds_school ON holds (school, created)",
        "CREATE INDEX holds_due ON holds (state, due)",
        "CREATE INDEX holds_body ON holds (body)",
        "CREATE TABLE outbox (
        id BIGINT PRIMARY KEY, school TEXT NOT NULL, kind TEXT NOT NULL, state TEXT NOT NULL,
        hold TEXT REFERENCES holds (reference), envelope BYTEA NOT NULL,
        body BIGINT REFERENCES bodies (id), message BYTEA, created BIGINT NOT NULL,
        next_attempt BIGINT NOT NULL, attempts BIGINT NOT NULL, lease BIGINT, fence BIGINT,
        dot BIGINT NOT NULL, finished BIGINT)",
        "CREATE INDEX outbox_due ON outbox (state, next_attempt)",
        "CREATE INDEX outbox_hold ON outbox (hold)",
        "CREATE INDEX outbox_body ON outbox (body)",
        "CREATE TABLE outbox_recipients (
        mail BIGINT NOT NULL REFERENCES outbox (id) ON DELETE CASCADE,
        number BIGINT NOT NULL, state TEXT NOT NULL, reply TEXT NOT NULL,
        PRIMARY KEY (mail, number))",
    ],
    &[
        // Imported people: a row a list of a school, its records in sealed blocks.
        "CREATE TABLE people_lists (
        school TEXT NOT NULL, list TEXT NOT NULL, generation BIGINT NOT NULL,
        imported BIGINT NOT NULL, format TEXT NOT NULL, current BIGINT NOT NULL,
        former BIGINT NOT NULL, former_since BIGINT, key_id TEXT NOT NULL, wrapped BYTEA NOT NULL,
        blocks BIGINT NOT NULL, PRIMARY KEY (school, list))",
        "CREATE TABLE people_blocks (
        school TEXT NOT NULL, list TEXT NOT NULL, number BIGINT NOT NULL, sealed BYTEA NOT NULL,
        PRIMARY KEY (school, list, number))",
    ],
    &[
        // The messages of a hold's thread, by keyed hash.
        "CREATE TABLE threads (
        message TEXT NOT NULL, hold TEXT NOT NULL REFERENCES holds (reference) ON DELETE CASCADE,
        PRIMARY KEY (message, hold)){in key order}",
        "CREATE INDEX threads_hold ON threads (hold)",
    ],
    &[
        // When a school's mail left unscreened, and from which row of the
        // journal on.
        "CREATE TABLE bypasses (
        id BIGINT PRIMARY KEY, school TEXT NOT NULL, began BIGINT NOT NULL, until BIGINT NOT NULL,
        from_row BIGINT NOT NULL, person TEXT NOT NULL, reason TEXT NOT NULL, ended BIGINT)",
        "CREATE INDEX bypasses_open ON bypasses (ended)",
    ],
    &[
        // By which key envelopes are sealed; none says that it was before there
        // was a second.
        "ALTER TABLE holds ADD COLUMN key_id TEXT",
        "ALTER TABLE outbox ADD COLUMN key_id TEXT",
    ],
];

/// The newest version that this program knows.
pub(super) fn newest() -> i64 {
    i64::try_from(VERSIONS.len()).expect("a handful of versions")
}

/// The schema's version in the database: 0 for one without any table.
pub(super) async fn version(
    connection: &mut AnyConnection,
    backend: Backend,
    name: &str,
) -> Result<i64, StoreError> {
    let count = |row: sqlx::any::AnyRow| row.try_get::<i64, _>("tables");
    let tables = count(
        sqlx::query(backend.count_tables())
            .fetch_one(&mut *connection)
            .await?,
    )?;
    if tables == 0 {
        return Ok(0);
    }
    let ours = count(
        sqlx::query(backend.count_about())
            .fetch_one(&mut *connection)
            .await?,
    )?;
    let version = match ours {
        0 => None,
        _ => fact(connection, "schema_version").await?,
    };
    let found = version
        .and_then(|version| version.parse::<i64>().ok())
        .ok_or_else(|| StoreError::Foreign(name.to_owned()))?;
    if found > newest() {
        return Err(StoreError::Newer {
            found,
            known: newest(),
        });
    }
    Ok(found)
}

/// Brings the schema from `version` to the newest.
pub(super) async fn migrate(
    connection: &mut AnyConnection,
    backend: Backend,
    version: i64,
) -> Result<(), StoreError> {
    let done = usize::try_from(version).unwrap_or(0);
    for statement in VERSIONS.iter().skip(done).copied().flatten() {
        let statement = statement.replace("{in key order}", backend.in_key_order());
        sqlx::query(AssertSqlSafe(statement))
            .execute(&mut *connection)
            .await?;
    }
    if version < newest() {
        set_fact(connection, "schema_version", &newest().to_string()).await?;
    }
    Ok(())
}

pub(super) async fn fact(
    connection: &mut AnyConnection,
    name: &str,
) -> Result<Option<String>, StoreError> {
    let row = sqlx::query("SELECT value FROM about WHERE name = $1")
        .bind(name)
        .fetch_optional(connection)
        .await?;
    Ok(row.map(|row| row.try_get("value")).transpose()?)
}

pub(super) async fn set_fact(
    connection: &mut AnyConnection,
    name: &str,
    value: &str,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO about (name, value) VALUES ($1, $2)
         ON CONFLICT (name) DO UPDATE SET value = excluded.value",
    )
    .bind(name)
    .bind(value)
    .execute(connection)
    .await?;
    Ok(())
}
