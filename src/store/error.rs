//! What can go wrong with the store, in words for the person who runs it.

use std::path::PathBuf;

use super::{BodyId, Reference, State};

#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("the database does not answer as it should")]
    Database(#[source] sqlx::Error),
    /// The fault of a batch that this change was part of.
    #[error("the database does not answer as it should: {0}")]
    Unavailable(String),
    #[error("there is no space left for the store")]
    Full,
    #[error("the store is damaged ({0}); restore it from a backup, nothing was changed")]
    Damaged(String),
    #[error("\"{0}\" is no store: give sqlite:PATH or postgres://…")]
    Url(String),
    #[error("cannot use {path}")]
    Path {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error("{0} is another program's database, not a store of Exeat's")]
    Foreign(String),
    #[error(
        "the store has schema {found}, this program knows schemas up to {known}; use the release that made it, or a newer one"
    )]
    Newer { found: i64, known: i64 },
    #[error(
        "the store is empty, yet {head} says that it had {rows} journal rows; restore it from a backup, or move that file and the key away to begin anew"
    )]
    Emptied { head: PathBuf, rows: i64 },
    #[error("another exeat is serving this store ({0})")]
    Served(String),
    #[error(
        "there is no key file {0}; put the key that this store was made with there, or for a new store run \"exeat keys init\""
    )]
    NoKey(PathBuf),
    #[error(
        "a PostgreSQL store needs key_file, kept apart from the database; \"exeat keys init\" makes it"
    )]
    KeyFileUnset,
    #[error("others than its owner can read {0}; run \"chmod 600\" on it")]
    KeyExposed(PathBuf),
    #[error("{0} exists already; a key is never overwritten")]
    KeyExists(PathBuf),
    #[error("{0} holds no key")]
    NotAKey(PathBuf),
    #[error(
        "{path} holds key {found}, but this store was made with key {wanted}; put that key in its place"
    )]
    WrongKey {
        path: PathBuf,
        found: String,
        wanted: String,
    },
    #[error("{0} values are still sealed by the old key")]
    KeyInUse(u64),
    #[error("the system gives no random numbers")]
    Randomness(#[from] getrandom::Error),
    #[error("{0} does not open with its key: it was altered, or belongs elsewhere")]
    Altered(String),
    #[error("reading or writing a message's bytes failed")]
    Message(#[source] std::io::Error),
    #[error(
        "a PostgreSQL store is no file: back it up with pg_dump, or as your provider does, and keep a copy of the key elsewhere"
    )]
    NoFile,
    #[error("the outbox does not wait: this store was not restored, or somebody has let it go on")]
    NotRestored,
    #[error(
        "mail of {school} leaves unscreened already, until {until}; \"exeat bypass --end\" ends that"
    )]
    BypassOpen {
        school: String,
        until: jiff::Timestamp,
    },
    #[error("a bypass is for a minute at least and {} hours at most", super::LONGEST_BYPASS.as_hours())]
    BypassTooLong,
    #[error("there is no body {}", .0.0)]
    NoSuchBody(BodyId),
    #[error("the message was destroyed: its school keeps messages for no longer")]
    Destroyed,
    #[error("there is no open decision {0}")]
    NoSuchDecision(i64),
    #[error("there is no hold {0}")]
    NoSuchHold(Reference),
    #[error("{0} is taken by another hold")]
    ReferenceTaken(Reference),
    #[error("hold {reference} is {}, so it cannot become {}", .state.as_str(), .wanted.as_str())]
    State {
        reference: Reference,
        state: State,
        wanted: State,
    },
    #[error("hold {0} has no such recipient")]
    NoSuchRecipient(Reference),
    #[error("no mail {0} waits in the outbox, or it is being sent at this moment")]
    NoSuchMail(i64),
    #[error("the claim on mail {0} has lapsed, or was never made")]
    ClaimLost(i64),
    #[error("another import of {0} came between; run this one again")]
    Overtaken(&'static str),
    #[error("the store is closing")]
    Closed,
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        let code = match &error {
            sqlx::Error::Database(inner) => inner.code().unwrap_or_default().into_owned(),
            sqlx::Error::PoolClosed => return Self::Closed,
            _ => return Self::Database(error),
        };
        // SQLite gives extended result codes, whose low byte is the primary
        // one: 11 is SQLITE_CORRUPT, 13 SQLITE_FULL, 26 SQLITE_NOTADB. A
        // PostgreSQL code has five characters: 53100 is disk_full, XX001 and
        // XX002 are corrupted data and index.
        let sqlite = code.parse::<i64>().ok().filter(|_| code.len() < 5);
        match (sqlite.map(|code| code & 0xff), code.as_str()) {
            (Some(13), _) | (None, "53100") => Self::Full,
            (Some(11 | 26), _) | (None, "XX001" | "XX002") => Self::Damaged(error.to_string()),
            _ => Self::Database(error),
        }
    }
}

impl StoreError {
    pub(super) fn altered(what: impl std::fmt::Display) -> Self {
        Self::Altered(what.to_string())
    }

    /// The same fault, told to each who was in a batch.
    pub(super) fn shared(&self) -> Self {
        match self {
            Self::Full => Self::Full,
            Self::Closed => Self::Closed,
            Self::Damaged(what) => Self::Damaged(what.clone()),
            Self::Unavailable(what) => Self::Unavailable(what.clone()),
            Self::Database(error) => Self::Unavailable(error.to_string()),
            other => Self::Unavailable(other.to_string()),
        }
    }

    /// Whether the fault may lie in the rows of one change, so that the others
    /// of its batch deserve another try.
    pub(super) fn may_be_one_rows(&self) -> bool {
        !matches!(self, Self::Closed | Self::Damaged(_) | Self::Unavailable(_))
    }
}
