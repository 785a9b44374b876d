//! A look at a store from outside, beside a serving process or without one.
//! Writes nothing, not even what opening usually makes; only that somebody
//! reads, SQLite notes in its shared memory (`-shm`), where there is one.

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use sqlx::{AnyConnection, Executor, Row};

use super::backend::Backend;
use super::journal::NODE;
use super::keys::{Keys, MasterKeys};
use super::place::Place;
use super::schema::{self, fact};
use super::{Bypass, Settings, StoreError, bypass};

/// What there is to see of a store.
#[derive(Debug)]
pub struct Look {
    /// The SQLite file.
    pub path: Option<PathBuf>,
    pub key_file: PathBuf,
    /// The master key can be read, and is closed to others.
    pub key: Result<(), StoreError>,
    pub inside: Inside,
}

#[derive(Debug)]
pub enum Inside {
    /// Nothing yet: the first start makes it.
    Unmade,
    /// What a process that was killed left of its log cannot be read without
    /// writing; the next start does that.
    Unsettled,
    Made {
        /// The schema's, and the newest that this program knows.
        version: i64,
        newest: i64,
        /// The master key is the store's own.
        opens: Result<(), StoreError>,
        /// It was restored from a backup, and its outbox waits for a person.
        restored: bool,
        /// Schools whose mail leaves unscreened.
        bypasses: Vec<Bypass>,
        last: Option<LastEntry>,
    },
}

/// The journal's last row.
#[derive(Debug)]
pub struct LastEntry {
    pub row: i64,
    pub time: Timestamp,
    pub kind: String,
}

/// Looks at the store that the settings name.
pub async fn look(settings: &Settings) -> Result<Look, StoreError> {
    sqlx::any::install_default_drivers();
    let place = Place::of(settings)?;
    let master = MasterKeys::read(&place.key_file);
    let inside = match &place.path {
        Some(path) => in_file(path, &place, master.as_ref().ok()).await?,
        None => inside(&mut place.connect().await?, &place, master.as_ref().ok()).await?,
    };
    Ok(Look {
        path: place.path,
        key_file: place.key_file,
        key: master.map(|_| ()),
        inside,
    })
}

async fn in_file(
    path: &Path,
    place: &Place,
    master: Option<&MasterKeys>,
) -> Result<Inside, StoreError> {
    match readable(path) {
        None => Ok(Inside::Unmade),
        Some(Err(Killed)) => Ok(Inside::Unsettled),
        Some(Ok(mode)) => inside(&mut place.connect_as(mode).await?, place, master).await,
    }
}

/// What a process that was killed left cannot be read without writing.
pub(super) struct Killed;

/// How an SQLite file can be opened without writing to it; `None` where
/// nothing is in it yet.
pub(super) fn readable(path: &Path) -> Option<Result<&'static str, Killed>> {
    let size = |ending: &str| {
        let mut name = path.as_os_str().to_owned();
        name.push(ending);
        std::fs::metadata(name).ok().map(|about| about.len())
    };
    size("").filter(|&size| size > 0)?;
    // SQLite makes the index of its log where there is none, even to read; and
    // a file without a log is nobody's at this moment.
    Some(match (size("-wal"), size("-shm")) {
        (None | Some(0), None) => Ok("mode=ro&immutable=true"),
        (_, Some(_)) => Ok("mode=ro"),
        (Some(_), None) => Err(Killed),
    })
}

async fn inside(
    connection: &mut AnyConnection,
    place: &Place,
    master: Option<&MasterKeys>,
) -> Result<Inside, StoreError> {
    if place.backend == Backend::Postgres {
        for setting in place.backend.settings(false) {
            connection.execute(*setting).await?;
        }
    }
    let version = schema::version(connection, place.backend, &place.name()).await?;
    if version == 0 {
        return Ok(Inside::Unmade);
    }
    let opens = match (master, fact(connection, "root_key_id").await?) {
        (Some(master), Some(_)) => Keys::open(connection, master).await.map(|_| ()),
        _ => Ok(()),
    };
    let row = sqlx::query(
        "SELECT seq, time, kind FROM journal WHERE node = $1 ORDER BY seq DESC LIMIT 1",
    )
    .bind(NODE)
    .fetch_optional(&mut *connection)
    .await?;
    let last = match row {
        Some(row) => Some(LastEntry {
            row: row.try_get("seq")?,
            time: Timestamp::from_millisecond(row.try_get("time")?).unwrap_or_default(),
            kind: row.try_get("kind")?,
        }),
        None => None,
    };
    let bypasses = match version < bypass::SINCE {
        true => Vec::new(),
        false => bypass::open(connection).await?,
    };
    Ok(Inside::Made {
        version,
        newest: schema::newest(),
        opens,
        bypasses,
        restored: fact(connection, "restored").await?.is_some(),
        last,
    })
}
