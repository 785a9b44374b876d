//! Imported people: a school's roster, staff and contacts, each a list of its
//! own that an import replaces whole.
//!
//! A list lies in sealed blocks of records ([`crate::school::kept`] says what
//! is kept). Each import makes a data key of its own, wrapped by the school's
//! key; a block is bound to its school, its import, its number and how many
//! there are, so that none can be left out or put elsewhere. The fingerprints
//! of names are made under the school's key for names ([`Store::names_key`]).

use std::collections::HashSet;

use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::json;
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row};

use crate::school::Staff;
use crate::school::kept::{KeptContact, KeptPupil};

use super::journal::Entry;
use super::keys::Keys;
use super::seal::{open_piece, random, seal_piece};
use super::transaction::{Tx, fresh_id, timestamp};
use super::{Actor, Kind, Store, StoreError};

mod reading;

pub use reading::{Before, Imports, before_import, imports};

/// How many records a block holds.
const BLOCK: usize = 1000;
/// Which people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum List {
    Roster,
    Staff,
    Contacts,
}

impl List {
    pub const ALL: [Self; 3] = [Self::Roster, Self::Staff, Self::Contacts];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Roster => "roster",
            Self::Staff => "staff",
            Self::Contacts => "contacts",
        }
    }
}

/// An import that is in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imported {
    pub list: List,
    /// Another with each import and each purge.
    pub generation: i64,
    pub when: Timestamp,
    pub format: String,
    pub current: u64,
    /// Pupils who have left, and count as pupils still.
    pub former: u64,
}

/// What is to stand in place of a list.
#[derive(Debug)]
pub struct Replacement<'a, T> {
    pub school: &'a str,
    pub list: List,
    /// The import that it was compared with; another one since is an error.
    pub before: Option<i64>,
    pub records: &'a [T],
    pub former: Former,
    pub format: String,
    /// Numbers for the journal.
    pub counts: serde_json::Value,
}

/// How many of a list's pupils have left, and when the first of them did, in
/// milliseconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Former {
    pub count: u64,
    pub since: Option<i64>,
}

impl Former {
    pub fn among(pupils: &[KeptPupil]) -> Self {
        let since = || pupils.iter().filter_map(|pupil| pupil.former);
        Self {
            count: since().count() as u64,
            since: since().min(),
        }
    }
}

const LISTS: &str = "SELECT school, list, generation, imported, format, current, former
     FROM people_lists ORDER BY school, list";

fn imported(row: &AnyRow) -> Result<(String, Imported), StoreError> {
    let name: &str = row.try_get("list")?;
    let list = List::ALL.into_iter().find(|list| list.as_str() == name);
    let count = |column| -> Result<u64, StoreError> {
        let count: i64 = row.try_get(column)?;
        Ok(u64::try_from(count).unwrap_or(0))
    };
    Ok((
        row.try_get("school")?,
        Imported {
            list: list.ok_or_else(|| StoreError::altered("a list of people"))?,
            generation: row.try_get("generation")?,
            when: timestamp(row.try_get("imported")?),
            format: row.try_get("format")?,
            current: count("current")?,
            former: count("former")?,
        },
    ))
}

/// Reads a list to its end, whatever is in it.
pub(super) async fn read_list(
    connection: &mut AnyConnection,
    keys: &Keys,
    school: &str,
    list: List,
) -> Result<(), StoreError> {
    match list {
        List::Roster => records(connection, keys, school, list, |_: KeptPupil| {}).await,
        List::Staff => records(connection, keys, school, list, |_: Staff| {}).await,
        List::Contacts => records(connection, keys, school, list, |_: KeptContact| {}).await,
    }
}

async fn records<T: DeserializeOwned>(
    connection: &mut AnyConnection,
    keys: &Keys,
    school: &str,
    list: List,
    mut add: impl FnMut(T),
) -> Result<(), StoreError> {
    let row = sqlx::query(
        "SELECT generation, blocks, wrapped FROM people_lists WHERE school = $1 AND list = $2",
    )
    .bind(school)
    .bind(list.as_str())
    .fetch_one(&mut *connection)
    .await?;
    let (generation, blocks): (i64, i64) = (row.try_get("generation")?, row.try_get("blocks")?);
    let wrapped: Vec<u8> = row.try_get("wrapped")?;
    let altered = || StoreError::altered(format!("the {} of {school}", list.as_str()));
    let key = keys.open_sealed(school, &key_context(list, generation, blocks), &wrapped)?;
    let key: [u8; 32] = key.try_into().map_err(|_| altered())?;
    for number in 0..blocks {
        let row = sqlx::query(
            "SELECT sealed FROM people_blocks WHERE school = $1 AND list = $2 AND number = $3",
        )
        .bind(school)
        .bind(list.as_str())
        .bind(number)
        .fetch_optional(&mut *connection)
        .await?
        .ok_or_else(altered)?;
        let sealed: Vec<u8> = row.try_get("sealed")?;
        let context = block_context(school, list, generation, blocks);
        let block = open_piece(&key, number.unsigned_abs(), context.as_bytes(), &sealed)
            .ok_or_else(altered)?;
        let block: Vec<T> = postcard::from_bytes(&block).map_err(|_| altered())?;
        block.into_iter().for_each(&mut add);
    }
    Ok(())
}

pub(super) fn key_context(list: List, generation: i64, blocks: i64) -> String {
    let list = list.as_str();
    format!("{list} of import {generation}, {blocks} blocks")
}

fn block_context(school: &str, list: List, generation: i64, blocks: i64) -> String {
    let list = list.as_str();
    format!("{list} of {school}, import {generation}, one of {blocks} blocks")
}

impl Store {
    /// What is imported at present: a number that changes with every import
    /// and every purge of any school.
    pub async fn people_generations(&self) -> Result<Vec<i64>, StoreError> {
        let rows = sqlx::query("SELECT generation FROM people_lists ORDER BY generation")
            .fetch_all(&self.0.reading)
            .await?;
        rows.iter()
            .map(|row| Ok(row.try_get("generation")?))
            .collect()
    }

    /// Puts a list in the place of a school's old one, and the counts in the
    /// journal; all of it or nothing.
    pub async fn replace_people<T: Serialize>(
        &self,
        replacement: &Replacement<'_, T>,
        actor: &Actor,
    ) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        let (school, list) = (replacement.school, replacement.list);
        let row =
            sqlx::query("SELECT generation FROM people_lists WHERE school = $1 AND list = $2")
                .bind(school)
                .bind(list.as_str())
                .fetch_optional(tx.connection())
                .await?;
        let found: Option<i64> = row.map(|row| row.try_get("generation")).transpose()?;
        if found != replacement.before {
            return Err(StoreError::Overtaken(list.as_str()));
        }
        write(&mut tx, replacement, None).await?;
        let payload = json!({
            "by": actor.name,
            "list": list.as_str(),
            "format": replacement.format,
            "counts": replacement.counts,
        });
        tx.append(&Entry::new(Kind::PeopleImported, Some(school), &payload)?);
        tx.commit().await
    }

    /// Destroys what is kept of a school's pupils who left before `before`,
    /// with their contacts. Says how many.
    pub async fn purge_former(&self, school: &str, before: Timestamp) -> Result<u64, StoreError> {
        let before = before.as_millisecond();
        // Asked every hour, and hardly ever is anybody due.
        let due = sqlx::query(
            "SELECT 1 FROM people_lists WHERE school = $1 AND list = $2 AND former_since < $3",
        )
        .bind(school)
        .bind(List::Roster.as_str())
        .bind(before)
        .fetch_optional(&self.0.reading)
        .await?;
        if due.is_none() {
            return Ok(0);
        }
        let mut tx = self.begin().await?;
        let mut pupils: Vec<KeptPupil> = Vec::new();
        let Some(roster) = tx.list(school, List::Roster, &mut pupils).await? else {
            return Ok(0);
        };
        let is_due = |pupil: &KeptPupil| pupil.former.is_some_and(|since| since < before);
        let (due, kept): (Vec<_>, Vec<_>) = pupils.into_iter().partition(is_due);
        if due.is_empty() {
            return Ok(0);
        }
        let replacement = Replacement {
            school,
            list: List::Roster,
            before: None,
            records: &kept,
            former: Former::among(&kept),
            format: roster.format,
            counts: json!({}),
        };
        write(&mut tx, &replacement, Some(roster.when)).await?;
        let mut contacts: Vec<KeptContact> = Vec::new();
        if let Some(list) = tx.list(school, List::Contacts, &mut contacts).await? {
            let gone = due.iter().map(|pupil| pupil.reference.as_str());
            forget(&mut contacts, &gone.collect());
            let replacement = Replacement {
                school,
                list: List::Contacts,
                before: None,
                records: &contacts,
                former: Former::default(),
                format: list.format,
                counts: json!({}),
            };
            write(&mut tx, &replacement, Some(list.when)).await?;
        }
        let payload = json!({ "former_pupils": due.len() });
        tx.append(&Entry::new(Kind::Purged, Some(school), &payload)?);
        tx.commit().await?;
        Ok(due.len() as u64)
    }
}

/// Takes pupils from contacts, and contacts away who were theirs alone.
fn forget(contacts: &mut Vec<KeptContact>, gone: &HashSet<&str>) {
    let is_nobodys =
        |contact: &KeptContact| contact.pupils.is_empty() && contact.restricted.is_empty();
    contacts.retain_mut(|contact| {
        let was_nobodys = is_nobodys(contact);
        let stays = |pupil: &String| !gone.contains(pupil.as_str());
        contact.pupils.retain(stays);
        contact.restricted.retain(stays);
        was_nobodys || !is_nobodys(contact)
    });
}

impl Tx<'_> {
    /// Reads a list, if there is one.
    async fn list<T: DeserializeOwned>(
        &mut self,
        school: &str,
        list: List,
        into: &mut Vec<T>,
    ) -> Result<Option<Imported>, StoreError> {
        let rows = sqlx::query(LISTS).fetch_all(self.connection()).await?;
        for row in &rows {
            let (id, imported) = imported(row)?;
            if id == school && imported.list == list {
                let keys = self.keys().clone();
                let add = |record| into.push(record);
                records(self.connection(), &keys, school, list, add).await?;
                return Ok(Some(imported));
            }
        }
        Ok(None)
    }
}

/// Writes a list in place of what is there. `when` it was imported, if not
/// just now.
async fn write<T: Serialize>(
    tx: &mut Tx<'_>,
    replacement: &Replacement<'_, T>,
    when: Option<Timestamp>,
) -> Result<(), StoreError> {
    let (school, list) = (replacement.school, replacement.list);
    for sql in [
        "DELETE FROM people_blocks WHERE school = $1 AND list = $2",
        "DELETE FROM people_lists WHERE school = $1 AND list = $2",
    ] {
        sqlx::query(sql)
            .bind(school)
            .bind(list.as_str())
            .execute(tx.connection())
            .await?;
    }
    let generation = fresh_id()?;
    let key = random::<32>()?;
    let blocks = replacement.records.chunks(BLOCK);
    let count = i64::try_from(blocks.len()).expect("a list fits in memory");
    let context = key_context(list, generation, count);
    let wrapped = tx.keys().seal(school, &context, &key)?;
    let former = replacement.former;
    let current = replacement.records.len() as u64 - former.count;
    let when = when.map_or(tx.now, Timestamp::as_millisecond);
    sqlx::query(
        "INSERT INTO people_lists (school, list, generation, imported, format, current, former,
             former_since, key_id, wrapped, blocks)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
    )
    .bind(school)
    .bind(list.as_str())
    .bind(generation)
    .bind(when)
    .bind(&*replacement.format)
    .bind(i64::try_from(current).unwrap_or(i64::MAX))
    .bind(i64::try_from(former.count).unwrap_or(i64::MAX))
    .bind(former.since)
    .bind(wrapped.key_id)
    .bind(wrapped.bytes)
    .bind(count)
    .execute(tx.connection())
    .await?;
    let context = block_context(school, list, generation, count);
    for (number, block) in (0u64..).zip(blocks) {
        let plain = postcard::to_stdvec(block)
            .map_err(|_| StoreError::altered("a record that cannot be written"))?;
        let sealed = seal_piece(&key, number, context.as_bytes(), &plain)?;
        sqlx::query(
            "INSERT INTO people_blocks (school, list, number, sealed) VALUES ($1, $2, $3, $4)",
        )
        .bind(school)
        .bind(list.as_str())
        .bind(number.cast_signed())
        .bind(sealed)
        .execute(tx.connection())
        .await?;
    }
    Ok(())
}
