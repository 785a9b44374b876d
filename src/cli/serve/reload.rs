//! A new configuration while the old one serves: made whole first, then put
//! in force; with a fault in it, the old one stays.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use tokio::time::sleep;

use super::Server;
use crate::config::{self, Config};

/// How often the files are looked at. The kernel could tell of changes at
/// once, but only for whole folders: with the store in the same one, it would
/// tell of every message.
const LOOK: Duration = Duration::from_secs(2);

/// Tells when a file of the configuration has changed.
pub(super) struct Changes {
    files: Vec<PathBuf>,
    seen: Vec<State>,
}

/// By what a change is noticed; `None` while there is no such file.
type State = Option<(SystemTime, u64)>;

impl Changes {
    pub(super) fn of(config: &Config) -> Self {
        let files = config.files.clone();
        let seen = states(&files);
        Self { files, seen }
    }

    /// Waits for a change, and until all is quiet: programs write a file in
    /// several steps.
    pub(super) async fn next(&mut self) {
        let mut pending = false;
        loop {
            sleep(LOOK).await;
            let now = states(&self.files);
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

pub(super) fn reload(path: &Path, server: &Server) {
    match config::load(path) {
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
