//! Reading a store from outside, beside a serving process or without one.
//! Makes no store, and writes nothing but what [`Unsettled`] allows.

use std::path::Path;

use sqlx::{AnyConnection, Executor};

use super::backend::Backend;
use super::keys::{Keys, MasterKeys};
use super::look::{Killed, readable};
use super::place::Place;
use super::{Settings, StoreError, schema};

/// What to do about a store whose server was killed: its log is taken up by
/// whoever opens it to write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unsettled {
    /// Take it up.
    Settle,
    /// Leave it, and see nothing.
    Leave,
}

pub(super) struct Reader {
    pub(super) connection: AnyConnection,
    /// The schema's.
    pub(super) version: i64,
    place: Place,
}

impl Reader {
    /// `None` where there is no store yet, or nothing that may be seen.
    pub(super) async fn open(
        settings: &Settings,
        unsettled: Unsettled,
    ) -> Result<Option<Self>, StoreError> {
        sqlx::any::install_default_drivers();
        let place = Place::of(settings)?;
        let connection = match &place.path {
            Some(path) => in_file(path, &place, unsettled).await?,
            None => Some(place.connect().await?),
        };
        let Some(mut connection) = connection else {
            return Ok(None);
        };
        if place.backend == Backend::Postgres {
            for setting in place.backend.settings(false) {
                connection.execute(*setting).await?;
            }
        }
        let version = schema::version(&mut connection, place.backend, &place.name()).await?;
        Ok((version > 0).then_some(Self {
            connection,
            version,
            place,
        }))
    }

    pub(super) async fn keys(&mut self) -> Result<Keys, StoreError> {
        let master = MasterKeys::read(&self.place.key_file)?;
        Keys::open(&mut self.connection, &master).await
    }
}

/// The means to read an SQLite file; see [`crate::store::look()`].
async fn in_file(
    path: &Path,
    place: &Place,
    unsettled: Unsettled,
) -> Result<Option<AnyConnection>, StoreError> {
    let mode = match readable(path) {
        Some(Ok(mode)) => mode,
        Some(Err(Killed)) if unsettled == Unsettled::Settle => "mode=rw",
        _ => return Ok(None),
    };
    Ok(Some(place.connect_as(mode).await?))
}
