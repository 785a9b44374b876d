//! Reading what was imported, beside a serving process or without one.

use std::collections::HashMap;

use serde::de::DeserializeOwned;

use crate::school::Staff;
use crate::school::kept::{Gathering, KeptContact, KeptPupil};
use crate::school::names::NameKey;
use crate::store::keys::Keys;
use crate::store::reader::{Reader, Unsettled};
use crate::store::{Settings, StoreError};

use super::{Imported, LISTS, List, imported, records};

/// The most pupils that room is made for before they come.
const MOST_EXPECTED: usize = 2_000_000;
/// The schema's version that brought these tables.
const SINCE: i64 = 2;

/// What a school's imports have brought; a list that was never imported is
/// `None`.
#[derive(Debug, Default)]
pub struct Imports {
    pub lists: Vec<Imported>,
    pub roster: Option<Gathering>,
    pub staff: Option<Vec<Staff>>,
    pub contacts: Option<Vec<KeptContact>>,
}

/// What a list was before an import, and the key for the one to come.
#[derive(Debug)]
pub struct Before<T> {
    pub imported: Option<Imported>,
    pub records: Vec<T>,
    /// `None` where there is no store yet.
    pub key: Option<NameKey>,
}

/// What has been imported for each school. Reads beside a serving process or
/// without one; makes no store.
pub async fn imports(
    settings: &Settings,
    unsettled: Unsettled,
) -> Result<HashMap<String, Imports>, StoreError> {
    let mut schools: HashMap<String, Imports> = HashMap::new();
    let Some(mut reader) = open(settings, unsettled).await? else {
        return Ok(schools);
    };
    let lists = reader.lists().await?;
    if lists.is_empty() {
        return Ok(schools);
    }
    let keys = reader.keys().await?;
    for (school, imported) in lists {
        let imports = schools.entry(school.clone()).or_default();
        match imported.list {
            List::Roster => {
                let mut gathering = Gathering::new(NameKey::new(keys.names_key(&school)));
                let expected = imported.current + imported.former;
                // What the row says is checked by nothing: it is a guess.
                gathering.reserve(usize::try_from(expected).unwrap_or(0).min(MOST_EXPECTED));
                let add = |pupil: KeptPupil| gathering.add(&pupil);
                reader.records(&keys, &school, List::Roster, add).await?;
                imports.roster = Some(gathering);
            }
            List::Staff => {
                let staff = imports.staff.insert(Vec::new());
                let add = |member| staff.push(member);
                reader.records(&keys, &school, List::Staff, add).await?;
            }
            List::Contacts => {
                let contacts = imports.contacts.insert(Vec::new());
                let add = |contact| contacts.push(contact);
                reader.records(&keys, &school, List::Contacts, add).await?;
            }
        }
        imports.lists.push(imported);
    }
    Ok(schools)
}

/// What a school's list is before an import.
pub async fn before_import<T: DeserializeOwned>(
    settings: &Settings,
    school: &str,
    list: List,
) -> Result<Before<T>, StoreError> {
    let mut before = Before {
        imported: None,
        records: Vec::new(),
        key: None,
    };
    let Some(mut reader) = open(settings, Unsettled::Settle).await? else {
        return Ok(before);
    };
    let keys = reader.keys().await?;
    before.key = Some(NameKey::new(keys.names_key(school)));
    let lists = reader.lists().await?;
    before.imported = lists
        .into_iter()
        .find(|(id, imported)| id == school && imported.list == list)
        .map(|(_, imported)| imported);
    if before.imported.is_some() {
        let add = |record| before.records.push(record);
        reader.records(&keys, school, list, add).await?;
    }
    Ok(before)
}

/// The store, if it knows of imports.
async fn open(settings: &Settings, unsettled: Unsettled) -> Result<Option<Reader>, StoreError> {
    let reader = Reader::open(settings, unsettled).await?;
    Ok(reader.filter(|reader| reader.version >= SINCE))
}

impl Reader {
    async fn lists(&mut self) -> Result<Vec<(String, Imported)>, StoreError> {
        let rows = sqlx::query(LISTS).fetch_all(&mut self.connection).await?;
        rows.iter().map(imported).collect()
    }

    async fn records<T: DeserializeOwned>(
        &mut self,
        keys: &Keys,
        school: &str,
        list: List,
        add: impl FnMut(T),
    ) -> Result<(), StoreError> {
        records(&mut self.connection, keys, school, list, add).await
    }
}
