//! Where a store is, as its settings say it, and how to get there.

use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use sqlx::any::{AnyConnectOptions, AnyPoolOptions};
use sqlx::{AnyConnection, AnyPool, ConnectOptions, Executor};

use super::backend::Backend;
use super::{Settings, StoreError};

/// How long a reader waits for a connection.
const PATIENCE: Duration = Duration::from_secs(30);

/// Where a store is.
pub(super) struct Place {
    pub(super) backend: Backend,
    /// The SQLite file.
    pub(super) path: Option<PathBuf>,
    pub(super) key_file: PathBuf,
    options: AnyConnectOptions,
}

impl Place {
    pub(super) fn of(settings: &Settings) -> Result<Self, StoreError> {
        let url = &settings.url;
        let bad = || StoreError::Url(without_password(url));
        if let Some(path) = url.strip_prefix("sqlite:") {
            let path = Path::new(path.strip_prefix("//").unwrap_or(path));
            if !path.is_absolute() {
                return Err(bad());
            }
            let beside = || {
                let mut name = path.as_os_str().to_owned();
                name.push(".key");
                PathBuf::from(name)
            };
            return Ok(Self {
                backend: Backend::Sqlite,
                key_file: settings.key_file.clone().unwrap_or_else(beside),
                options: options(&format!("sqlite://{}", percent_encoded(path)))?,
                path: Some(path.to_owned()),
            });
        }
        if !(url.starts_with("postgres://") || url.starts_with("postgresql://")) {
            return Err(bad());
        }
        Ok(Self {
            backend: Backend::Postgres,
            path: None,
            key_file: settings.key_file.clone().ok_or(StoreError::KeyFileUnset)?,
            options: options(url).map_err(|_| bad())?,
        })
    }

    pub(super) fn name(&self) -> String {
        match &self.path {
            Some(path) => path.display().to_string(),
            None => "the database".to_owned(),
        }
    }

    pub(super) async fn connect(&self) -> Result<AnyConnection, StoreError> {
        Ok(self.options.connect().await?)
    }

    /// A connection to an SQLite file in another mode than to write.
    pub(super) async fn connect_as(&self, mode: &str) -> Result<AnyConnection, StoreError> {
        let path = self.path.as_deref().unwrap_or(Path::new(""));
        self.connect_to(path, mode).await
    }

    /// A connection to another SQLite file, such as a copy of the store.
    pub(super) async fn connect_to(
        &self,
        path: &Path,
        mode: &str,
    ) -> Result<AnyConnection, StoreError> {
        let url = format!("sqlite://{}?{mode}", percent_encoded(path));
        Ok(options(&url)?.connect().await?)
    }

    /// Tells a connection how to write.
    pub(super) async fn prepare(&self, connection: &mut AnyConnection) -> Result<(), StoreError> {
        for setting in self.backend.settings(true) {
            connection.execute(*setting).await?;
        }
        Ok(())
    }

    pub(super) fn pool(&self, writes: bool, connections: u32) -> AnyPool {
        let settings = self.backend.settings(writes);
        AnyPoolOptions::new()
            .max_connections(connections)
            .acquire_timeout(PATIENCE)
            .idle_timeout(None)
            .max_lifetime(None)
            // A connection is looked at when it is given back.
            .test_before_acquire(false)
            .after_connect(move |connection, _| {
                Box::pin(async move {
                    for setting in settings {
                        connection.execute(*setting).await?;
                    }
                    Ok(())
                })
            })
            .connect_lazy_with(self.options.clone())
    }
}

fn options(url: &str) -> Result<AnyConnectOptions, StoreError> {
    // Statements would be logged with the data that is written into them.
    Ok(AnyConnectOptions::from_str(url)?.disable_statement_logging())
}

fn percent_encoded(path: &Path) -> String {
    let bytes = path.as_os_str().as_encoded_bytes();
    let encode = |byte: &u8| match byte {
        b'/' | b'-' | b'_' | b'.' | b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' => {
            char::from(*byte).to_string()
        }
        other => format!("%{other:02X}"),
    };
    bytes.iter().map(encode).collect()
}

/// A URL as it may be shown: without what stands before its `@`.
fn without_password(url: &str) -> String {
    match (url.find("://"), url.rfind('@')) {
        (Some(scheme), Some(at)) if at > scheme => format!("{}://…{}", &url[..scheme], &url[at..]),
        _ => url.to_owned(),
    }
}
