//! Rotation of keys while the store is served.
//!
//! A new master key comes beside the old one, and in one transaction wraps all
//! secrets and a new sealing secret more, by which everything is sealed from
//! then on. What was sealed before is then sealed anew in small batches, a
//! transaction each; when nothing is left, the old master key goes out of the
//! key file. What a crash leaves behind, step by step:
//!
//! 1. Before the transaction: a key more in the key file, which the next try
//!    uses. The store goes by the old one.
//! 2. After it: the store goes by the new key, and remembers that the old one
//!    is to be retired. Both kinds of seals open, for both secrets are kept.
//! 3. Between two batches: the same. The rest is found by its key's name.
//! 4. Before the old key is retired: it is still in the key file, and nothing
//!    needs it but older backups.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use serde_json::json;
use sqlx::{AnyConnection, AssertSqlSafe, Row};

use crate::failpoint;

use super::journal::Entry;
use super::keys::{Keys, MasterKeys};
use super::outbox::MailId;
use super::people::{List, key_context};
use super::schema::{fact, set_fact};
use super::{Actor, BodyId, Kind, Reference, Store, StoreError, body, hold, outbox};

/// How many values one transaction seals anew: sessions wait for their turn
/// meanwhile.
const BATCH: i64 = 50;
/// How long one call of [`Store::seal_anew`] takes.
const A_WHILE: Duration = Duration::from_secs(1);

/// Which keys there are, and what is sealed by which.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyState {
    /// The master keys of the key file.
    pub in_file: Vec<String>,
    /// The one that the store goes by.
    pub present: String,
    /// The one that a rotation is about to retire.
    pub retiring: Option<String>,
    /// Values that are still sealed by older secrets.
    pub older: u64,
}

impl Store {
    pub async fn key_state(&self) -> Result<KeyState, StoreError> {
        let mut connection = self.0.reading.acquire().await?;
        Ok(KeyState {
            in_file: MasterKeys::read(&self.0.place.key_file)?.ids(),
            present: present(&mut connection).await?,
            retiring: fact(&mut connection, "retiring_key_id").await?,
            older: older(&mut connection, &self.0.keys).await?,
        })
    }

    /// Begins a rotation, if none is under way.
    pub async fn rotate_keys(&self, actor: &Actor) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        if fact(tx.connection(), "retiring_key_id").await?.is_some() {
            return Ok(());
        }
        let old = present(tx.connection()).await?;
        let mut master = MasterKeys::read(&self.0.place.key_file)?;
        let new = master.add(&old)?;
        failpoint::reached("key-added");
        let keys = &self.0.keys;
        let secret = keys.rewrap(tx.connection(), &master, &new).await?;
        set_fact(tx.connection(), "retiring_key_id", &old).await?;
        let payload =
            json!({ "by": actor.name, "reason": actor.reason, "key": new, "retiring": old });
        tx.append(&Entry::new(Kind::KeysRotated, None, &payload)?);
        tx.commit().await?;
        failpoint::reached("keys-rotated");
        keys.seal_by(secret);
        Ok(())
    }

    /// Seals anew what older secrets have sealed, for about a second. Says how
    /// many values are left.
    pub async fn seal_anew(&self) -> Result<u64, StoreError> {
        let until = Instant::now() + A_WHILE;
        let mut connection = self.0.reading.acquire().await?;
        for school in schools(&mut connection).await? {
            for table in Table::ALL {
                while self.batch(table, &school).await? {
                    failpoint::reached("between-batches");
                    if Instant::now() > until {
                        return older(&mut connection, &self.0.keys).await;
                    }
                }
            }
        }
        older(&mut connection, &self.0.keys).await
    }

    /// Takes the old master key out of the key file, once nothing is sealed by
    /// what it wrapped; says where it is kept from now on.
    pub async fn retire_keys(&self, actor: &Actor) -> Result<Vec<PathBuf>, StoreError> {
        let mut tx = self.begin().await?;
        let left = older(tx.connection(), &self.0.keys).await?;
        if left > 0 {
            return Err(StoreError::KeyInUse(left));
        }
        let Some(old) = fact(tx.connection(), "retiring_key_id").await? else {
            return Ok(Vec::new());
        };
        let present = present(tx.connection()).await?;
        let mut master = MasterKeys::read(&self.0.place.key_file)?;
        failpoint::reached("before-key-goes");
        let files = master.retire_all_but(&present)?;
        sqlx::query("DELETE FROM about WHERE name = 'retiring_key_id'")
            .execute(tx.connection())
            .await?;
        let payload = json!({ "by": actor.name, "key": present, "retired": old });
        tx.append(&Entry::new(Kind::KeyRetired, None, &payload)?);
        tx.commit().await?;
        Ok(files)
    }

    /// Seals a batch anew; false if there was none. A value that does not open
    /// was altered: it is told of, and no later try would do better.
    async fn batch(&self, table: Table, school: &str) -> Result<bool, StoreError> {
        let keys = &self.0.keys;
        let now = keys.school_key_id(school);
        let mut tx = self.0.begin_unrecorded().await?;
        let sql = table.select() + self.0.place.backend.for_update();
        let rows = sqlx::query(AssertSqlSafe(sql))
            .bind(school)
            .bind(&*now)
            .bind(BATCH)
            .fetch_all(&mut *tx)
            .await?;
        for row in &rows {
            let context = table.context(row)?;
            let mut values = Vec::new();
            for column in table.sealed() {
                let sealed: Option<Vec<u8>> = row.try_get(*column)?;
                let anew = match sealed.filter(|sealed| !sealed.is_empty()) {
                    None => None,
                    Some(sealed) => match keys.open_sealed(school, &context, &sealed) {
                        Ok(plain) => Some(keys.seal(school, &context, &plain)?.bytes),
                        Err(_) => {
                            tracing::error!(what = context, "it was altered: no key opens it");
                            Some(sealed)
                        }
                    },
                };
                values.push(anew);
            }
            let sql = table.update();
            let mut query = sqlx::query(AssertSqlSafe(sql)).bind(&*now);
            for value in values {
                query = query.bind(value);
            }
            let query = match table {
                Table::Holds => query.bind(row.try_get::<String, _>("id")?),
                Table::People => query.bind(school).bind(row.try_get::<String, _>("list")?),
                Table::Bodies | Table::Outbox => query.bind(row.try_get::<i64, _>("id")?),
            };
            query.execute(&mut *tx).await?;
        }
        tx.commit().await?;
        Ok(!rows.is_empty())
    }
}

/// The tables with something sealed in them.
#[derive(Debug, Clone, Copy)]
enum Table {
    Bodies,
    People,
    Holds,
    Outbox,
}

impl Table {
    const ALL: [Self; 4] = [Self::Bodies, Self::People, Self::Holds, Self::Outbox];

    fn name(self) -> &'static str {
        match self {
            Self::Bodies => "bodies",
            Self::People => "people_lists",
            Self::Holds => "holds",
            Self::Outbox => "outbox",
        }
    }

    /// The columns that are sealed. None is empty but what was destroyed.
    fn sealed(self) -> &'static [&'static str] {
        match self {
            Self::Bodies | Self::People => &["wrapped"],
            Self::Holds => &["envelope"],
            Self::Outbox => &["envelope", "message"],
        }
    }

    fn select(self) -> String {
        let columns = match self {
            Self::Bodies => "id, wrapped",
            Self::People => "list, generation, blocks, wrapped",
            Self::Holds => "reference AS id, envelope",
            Self::Outbox => "id, envelope, message",
        };
        let name = self.name();
        format!(
            "SELECT {columns} FROM {name} WHERE school = $1 AND COALESCE(key_id, '') <> $2 LIMIT $3"
        )
    }

    fn update(self) -> String {
        let name = self.name();
        let (set, of) = match self {
            Self::Bodies => ("wrapped = COALESCE($2, wrapped)", "id = $3"),
            Self::People => (
                "wrapped = COALESCE($2, wrapped)",
                "school = $3 AND list = $4",
            ),
            Self::Holds => ("envelope = COALESCE($2, envelope)", "reference = $3"),
            Self::Outbox => (
                "envelope = COALESCE($2, envelope), message = COALESCE($3, message)",
                "id = $4",
            ),
        };
        format!("UPDATE {name} SET key_id = $1, {set} WHERE {of}")
    }

    /// What the values of a row are bound to.
    fn context(self, row: &sqlx::any::AnyRow) -> Result<String, StoreError> {
        Ok(match self {
            Self::Bodies => body::context(BodyId(row.try_get("id")?)),
            Self::Outbox => outbox::context(MailId(row.try_get("id")?)),
            Self::Holds => hold::context(&Reference(row.try_get::<String, _>("id")?.into())),
            Self::People => {
                let name: &str = row.try_get("list")?;
                let list = List::ALL.into_iter().find(|list| list.as_str() == name);
                let list = list.ok_or_else(|| StoreError::altered("a list of people"))?;
                key_context(list, row.try_get("generation")?, row.try_get("blocks")?)
            }
        })
    }
}

async fn present(connection: &mut AnyConnection) -> Result<String, StoreError> {
    let id = fact(connection, "root_key_id").await?;
    id.ok_or_else(|| StoreError::altered("the store's root secret"))
}

/// Schools of which anything is kept.
async fn schools(connection: &mut AnyConnection) -> Result<Vec<String>, StoreError> {
    let of = Table::ALL.map(|table| format!("SELECT school FROM {}", table.name()));
    let rows = sqlx::query(AssertSqlSafe(of.join(" UNION ")))
        .fetch_all(connection)
        .await?;
    let schools = rows.iter().map(|row| row.try_get("school"));
    Ok(schools.collect::<Result<_, _>>()?)
}

/// How many values the newest secret has not sealed.
async fn older(connection: &mut AnyConnection, keys: &Keys) -> Result<u64, StoreError> {
    let mut older = 0;
    for school in schools(connection).await? {
        let now = keys.school_key_id(&school);
        for table in Table::ALL {
            let name = table.name();
            let sql = format!(
                "SELECT COUNT(*) AS older FROM {name}
                 WHERE school = $1 AND COALESCE(key_id, '') <> $2"
            );
            let row = sqlx::query(AssertSqlSafe(sql))
                .bind(&*school)
                .bind(&*now)
                .fetch_one(&mut *connection)
                .await?;
            older += u64::try_from(row.try_get::<i64, _>("older")?).unwrap_or(0);
        }
    }
    Ok(older)
}
