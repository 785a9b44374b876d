//! Backups of an SQLite store, made while it is served.
//!
//! SQLite writes the copy itself, out of one read transaction: it holds all
//! that was committed when the backup began and nothing later, and no page of
//! what was deleted. It is sealed as the store is, and the key is not in it.
//!
//! A crash leaves a file with `.part` at the end of its name; a backup has its
//! own name only once it is whole and on the disk.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use serde_json::json;
use sqlx::{AnyConnection, Connection, Row};

use super::journal::{Entry, NODE};
use super::keys::{at, parent};
use super::{Actor, Kind, Store, StoreError};

/// A backup that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Backup {
    /// The journal's last row in it.
    pub rows: i64,
    pub bytes: u64,
    /// Without which nothing sealed in it can be read.
    pub key_file: PathBuf,
}

impl Store {
    /// Copies the store to a new file, looks whether the copy is whole, and
    /// says so in the journal.
    pub async fn back_up(&self, to: &Path, actor: &Actor) -> Result<Backup, StoreError> {
        if self.0.place.path.is_none() {
            return Err(StoreError::NoFile);
        }
        if to.exists() {
            return Err(at(to)(io::ErrorKind::AlreadyExists.into()));
        }
        let part = part(to);
        let made = self.copy(&part, to).await;
        if made.is_err() {
            drop(std::fs::remove_file(&part));
        }
        let backup = made?;
        let payload = json!({
            "by": actor.name,
            "reason": actor.reason,
            "file": to.display().to_string(),
            "rows": backup.rows,
            "bytes": backup.bytes,
        });
        let mut tx = self.begin().await?;
        tx.append(&Entry::new(Kind::BackedUp, None, &payload)?);
        tx.commit().await?;
        Ok(backup)
    }

    async fn copy(&self, part: &Path, to: &Path) -> Result<Backup, StoreError> {
        // Before a byte of it is written nobody else may read it.
        let file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(part)
            .map_err(at(part))?;
        file.set_permissions(PermissionsExt::from_mode(0o600))
            .map_err(at(part))?;
        let name = part.to_str().ok_or_else(|| {
            at(part)(io::Error::new(
                io::ErrorKind::InvalidFilename,
                "its name is not UTF-8",
            ))
        })?;
        let place = &self.0.place;
        let mut source = place.connect().await?;
        sqlx::query("VACUUM INTO $1")
            .bind(name)
            .execute(&mut source)
            .await?;
        source.close().await?;

        let mut copy = place.connect_to(part, "mode=ro&immutable=true").await?;
        check(&mut copy).await?;
        let row = sqlx::query("SELECT seq FROM chain WHERE node = $1")
            .bind(NODE)
            .fetch_one(&mut copy)
            .await?;
        let rows = row.try_get("seq")?;
        copy.close().await?;

        let bytes = file.metadata().map_err(at(part))?.len();
        file.sync_all().map_err(at(part))?;
        std::fs::rename(part, to)
            .and_then(|()| File::open(parent(to))?.sync_all())
            .map_err(at(to))?;
        Ok(Backup {
            rows,
            bytes,
            key_file: place.key_file.clone(),
        })
    }
}

/// Whether SQLite finds the file in order.
async fn check(connection: &mut AnyConnection) -> Result<(), StoreError> {
    let row = sqlx::query("PRAGMA integrity_check(1)")
        .fetch_one(connection)
        .await?;
    match row.try_get::<&str, _>(0)? {
        "ok" => Ok(()),
        fault => Err(StoreError::Damaged(fault.trim().to_owned())),
    }
}

fn part(to: &Path) -> PathBuf {
    let mut name = to.as_os_str().to_owned();
    name.push(".part");
    name.into()
}
