//! Looking through a store for whatever is not as it was written: the chain of
//! the journal, and all that is sealed.
//!
//! Reports every fault and goes on behind it: who has to mend a store wants to
//! know how much of it is still good.

use std::path::Path;

use sqlx::Row as _;
use sqlx::any::AnyRow;

use super::backend::Backend;
use super::journal::{Head, NODE, Row, chain};
use super::outbox::{MailId, MailKind, open_envelope};
use super::people::{List, read_list};
use super::{BodyId, Hold, Store, StoreError, hold, outbox};

/// How many rows are held at a time.
const PAGE: i64 = 1000;

/// What [`Store::verify`] found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Verification {
    /// Rows that are as they were written.
    pub rows: i64,
    pub faults: Vec<Fault>,
}

/// A row that is not as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    pub seq: i64,
    pub what: &'static str,
}

/// What [`Store::check`] found.
#[derive(Debug, Clone, Default)]
pub struct Checked {
    pub journal: Verification,
    /// How many of each open.
    pub holds: u64,
    pub bodies: u64,
    pub mails: u64,
    pub lists: u64,
    /// Everything else that is wrong, a sentence each.
    pub faults: Vec<String>,
}

impl Store {
    /// Recomputes the whole chain, a page at a time.
    pub async fn verify(&self) -> Result<Verification, StoreError> {
        // The head is read first: rows that are appended while the chain is
        // walked are beyond it and prove themselves.
        let recorded = self.recorded_head().await?;
        let noted = super::head::read(&self.0.place.key_file)?;
        let known: Vec<Head> = noted.into_iter().chain([recorded]).collect();
        let mut walk = Walk::new(&known);
        loop {
            let page = sqlx::query(
                "SELECT seq, time, kind, school, salt, payload, digest, hash FROM journal
                 WHERE node = $1 AND seq > $2 ORDER BY seq LIMIT $3",
            )
            .bind(NODE)
            .bind(walk.last)
            .bind(PAGE)
            .fetch_all(&self.0.reading)
            .await?;
            if page.is_empty() {
                return Ok(walk.end());
            }
            for row in &page {
                walk.step(row.try_get("seq")?, Row::from_database(row).ok().as_ref());
            }
        }
    }

    async fn recorded_head(&self) -> Result<Head, StoreError> {
        let row = sqlx::query("SELECT seq, hash FROM chain WHERE node = $1")
            .bind(NODE)
            .fetch_optional(&self.0.reading)
            .await?;
        row.as_ref()
            .map_or(Ok(Head::default()), Head::from_database)
    }

    /// Reads everything that there is: pages, journal, and whatever is sealed.
    /// Large messages spill to `folder`. An error that keeps it from reading
    /// one kind of thing is a fault among the others.
    pub async fn check(&self, folder: &Path) -> Checked {
        let mut checked = Checked::default();
        if let Err(error) = self.check_pages(&mut checked).await {
            checked.faults.push(format!("pages: {error}"));
        }
        match self.verify().await {
            Ok(journal) => checked.journal = journal,
            Err(error) => checked.faults.push(format!("journal: {error}")),
        }
        if let Err(error) = self.check_holds(&mut checked, folder).await {
            checked.faults.push(format!("holds: {error}"));
        }
        if let Err(error) = self.check_outbox(&mut checked).await {
            checked.faults.push(format!("outbox: {error}"));
        }
        if let Err(error) = self.check_people(&mut checked).await {
            checked.faults.push(format!("people: {error}"));
        }
        checked
    }

    async fn check_pages(&self, checked: &mut Checked) -> Result<(), StoreError> {
        if self.0.place.backend != Backend::Sqlite {
            return Ok(());
        }
        let rows = sqlx::query("PRAGMA integrity_check")
            .fetch_all(&self.0.reading)
            .await?;
        for row in &rows {
            let said: &str = row.try_get(0)?;
            if said != "ok" {
                let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
                checked.faults.push(format!("pages: {said}"));
            }
        }
        Ok(())
    }

    async fn check_holds(&self, checked: &mut Checked, folder: &Path) -> Result<(), StoreError> {
        let mut after = String::new();
        loop {
            let sql = format!(
                "SELECT {} FROM holds WHERE reference > $1 ORDER BY reference LIMIT 100",
                hold::COLUMNS
            );
            let page = sqlx::query(sqlx::AssertSqlSafe(sql))
                .bind(&*after)
                .fetch_all(&self.0.reading)
                .await?;
            for row in &page {
                after = row.try_get("reference")?;
                match Hold::from_database(row, &self.0.keys) {
                    Ok(_) => checked.holds += 1,
                    Err(error) => checked.faults.push(format!("hold {after}: {error}")),
                }
                let body = BodyId(row.try_get("body")?);
                match self.load_body(body, folder).await {
                    Ok(_) => checked.bodies += 1,
                    Err(StoreError::Destroyed) => {}
                    Err(error) => {
                        let fault = format!("the message of hold {after}: {error}");
                        checked.faults.push(fault);
                    }
                }
            }
            if page.is_empty() {
                return Ok(());
            }
        }
    }

    async fn check_outbox(&self, checked: &mut Checked) -> Result<(), StoreError> {
        let mut after = i64::MIN;
        loop {
            let page = sqlx::query(
                "SELECT id, school, kind, envelope, message FROM outbox WHERE id > $1
                 ORDER BY id LIMIT 100",
            )
            .bind(after)
            .fetch_all(&self.0.reading)
            .await?;
            for row in &page {
                after = row.try_get("id")?;
                match self.check_mail(row, MailId(after)) {
                    Ok(()) => checked.mails += 1,
                    Err(error) => checked.faults.push(error.to_string()),
                }
            }
            if page.is_empty() {
                return Ok(());
            }
        }
    }

    fn check_mail(&self, row: &AnyRow, id: MailId) -> Result<(), StoreError> {
        let keys = &self.0.keys;
        open_envelope(row, keys, id)?;
        let kind = MailKind::parse(row.try_get("kind")?);
        kind.ok_or_else(|| StoreError::altered(outbox::context(id)))?;
        if let Some(message) = row.try_get::<Option<Vec<u8>>, _>("message")? {
            keys.open_sealed(row.try_get("school")?, &outbox::context(id), &message)?;
        }
        Ok(())
    }

    async fn check_people(&self, checked: &mut Checked) -> Result<(), StoreError> {
        let rows = sqlx::query("SELECT school, list FROM people_lists")
            .fetch_all(&self.0.reading)
            .await?;
        for row in &rows {
            let (school, name): (&str, &str) = (row.try_get("school")?, row.try_get("list")?);
            let list = List::ALL.into_iter().find(|list| list.as_str() == name);
            let read = match list {
                Some(list) => {
                    let mut connection = self.0.reading.acquire().await?;
                    read_list(&mut connection, &self.0.keys, school, list).await
                }
                None => Err(StoreError::altered("a list of people")),
            };
            match read {
                Ok(()) => checked.lists += 1,
                Err(error) => {
                    let fault = format!("the {name} of {school}: {error}");
                    checked.faults.push(fault);
                }
            }
        }
        Ok(())
    }
}

/// The way along the chain.
struct Walk<'a> {
    /// What is known of it from elsewhere.
    known: &'a [Head],
    last: i64,
    /// What the last row's hash may be: as it stands, or behind a fault as it
    /// would have to be. None where that row could not be read.
    hashes: Vec<[u8; 32]>,
    found: Verification,
}

impl<'a> Walk<'a> {
    fn new(known: &'a [Head]) -> Self {
        Self {
            known,
            last: 0,
            hashes: vec![Head::default().hash],
            found: Verification::default(),
        }
    }

    fn step(&mut self, seq: i64, row: Option<&Row>) {
        let what = match row {
            None => {
                self.hashes.clear();
                Some("cannot be read")
            }
            Some(row) => self.follow(row),
        };
        self.last = seq;
        match what {
            None => self.found.rows += 1,
            Some(what) => self.found.faults.push(Fault { seq, what }),
        }
    }

    /// What is wrong with the row, if anything is.
    fn follow(&mut self, row: &Row) -> Option<&'static str> {
        let is_next = row.seq == self.last + 1;
        if !is_next {
            self.hashes.clear();
        }
        let computed: Vec<[u8; 32]> = self
            .hashes
            .iter()
            .map(|previous| chain(previous, row.seq, row.time, &row.kind, &row.digest))
            .collect();
        let is_chained = computed.is_empty() || computed.contains(&row.hash);
        self.hashes = match is_chained {
            true => vec![row.hash],
            false => computed.into_iter().chain([row.hash]).collect(),
        };
        let is_known = |known: &&Head| known.seq == row.seq && known.hash != row.hash;
        if !is_next {
            return Some("does not follow the row before: rows are missing");
        }
        if let Some(what) = row.content_fault() {
            return Some(what);
        }
        if !is_chained {
            return Some("has another time, kind, digest or hash than was written");
        }
        self.known
            .iter()
            .any(|known| is_known(&known))
            .then_some("is not the row that was noted when it was written")
    }

    fn end(mut self) -> Verification {
        let known = self.known.iter().map(|known| known.seq).max();
        if known.is_some_and(|known| self.last < known) {
            self.found.faults.push(Fault {
                seq: self.last + 1,
                what: "is missing: the journal ends before it",
            });
        }
        self.found
    }
}
