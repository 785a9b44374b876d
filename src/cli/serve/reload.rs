//! A new configuration while the old one serves: made whole first, then put
//! in force; with a fault in it, the old one stays.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use tokio::task::spawn_blocking;
use tokio::time::sleep;

use super::Server;
use crate::store::Store;
use crate::store::people::Imported;

/// How often the files are looked at. The kernel could tell of changes at
/// once, but only for whole folders: with the store in the same one, it would
/// tell of every message.
const LOOK: Duration = Duration::from_secs(2);

/// Tells when a file of the configuration has changed, or other people were
/// imported.
pub(super) struct Changes {
    store: Store,
    files: Vec<PathBuf>,
    seen: (Vec<State>, Vec<i64>),
}

/// By what a change is noticed; `None` while there is no such file.
type State = Option<(SystemTime, u64)>;

impl Changes {
    pub(super) fn new(files: Vec<PathBuf>, imported: &[Imported], store: Store) -> Self {
        let mut imported: Vec<i64> = imported.iter().map(|list| list.generation).collect();
        imported.sort_unstable();
        Self {
            seen: (states(&files), imported),
            files,
            store,
        }
    }

    /// Waits for a change, and until all is quiet: programs write a file in
    /// several steps.
    pub(super) async fn next(&mut self) {
        let mut pending = false;
        loop {
            sleep(LOOK).await;
            // A store that does not answer has nothing new to tell.
            let imported = self.store.people_generations().await;
            let imported = imported.unwrap_or_else(|_| self.seen.1.clone());
            let now = (states(&self.files), imported);
            if now != self.seen {
                self.seen = now;
                pending = true;
            } else if pending {
                return;
            }
        }
    }
}

fn states(files: &[PathBuf]) -> Vec<State> {
    let state = |file: &PathBuf| {
        let about = std::fs::metadata(file).ok()?;
        Some((about.modified().ok()?, about.len()))
    };
    files.iter().map(state).collect()
}

pub(super) async fn reload(path: &Path, server: &Server) {
    let path = path.to_owned();
    // Files, and a store with all people in it: that takes its time.
    let loaded = spawn_blocking(move || crate::cli::load(&path)).await;
    match loaded.unwrap_or_else(|fault| Err(fault.into())) {
        Ok(config) => {
            for warning in &config.warnings {
                tracing::warn!("{warning}");
            }
            server.reload(config);
            tracing::info!("configuration reloaded");
        }
        Err(faults) => {
            tracing::error!(%faults, "the new configuration has faults, the old one stays")
        }
    }
}
