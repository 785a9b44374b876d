//! A new configuration while the old one serves: made whole first, then put
//! in force; with a fault in it, the old one stays.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context;
use notify::{RecursiveMode, Watcher};
use tokio::sync::mpsc;
use tokio::time::timeout;

use super::Server;
use crate::config::{self, Config};

/// Programs write a file in several steps; what follows within this time
/// belongs to the same change.
const SETTLED: Duration = Duration::from_millis(500);

/// Tells when a file of the configuration has changed.
pub(super) struct Changes {
    events: mpsc::UnboundedReceiver<()>,
    _watcher: notify::RecommendedWatcher,
}

pub(super) fn watch(config: &Config) -> anyhow::Result<Changes> {
    let files: BTreeSet<PathBuf> = config.files.iter().cloned().collect();
    let folders: BTreeSet<PathBuf> = files
        .iter()
        .filter_map(|file| file.parent().map(Path::to_owned))
        .collect();
    let (changed, events) = mpsc::unbounded_channel();
    let mut watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
        // Editors replace a file rather than write to it, so folders are
        // watched; reading is no change.
        let concerns = event.is_ok_and(|event| {
            !event.kind.is_access() && event.paths.iter().any(|path| files.contains(path))
        });
        if concerns {
            // The receiver is gone only at the end.
            let _ = changed.send(());
        }
    })
    .context("files cannot be watched on this system")?;
    for folder in folders {
        watcher
            .watch(&folder, RecursiveMode::NonRecursive)
            .with_context(|| format!("{} cannot be watched", folder.display()))?;
    }
    Ok(Changes {
        events,
        _watcher: watcher,
    })
}

impl Changes {
    /// Waits for a change, and until it has settled.
    pub(super) async fn next(&mut self) -> Option<()> {
        self.events.recv().await?;
        while let Ok(Some(())) = timeout(SETTLED, self.events.recv()).await {}
        Some(())
    }
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
