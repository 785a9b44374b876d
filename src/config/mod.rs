//! TOML into everything that Exeat runs with, or all that is wrong with it.
//!
//! Composes the settings that each module owns; only `cli` imports this.

mod fault;
mod file;
mod load;
mod parse;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use crate::store::people::Imported;
use crate::tenant::Tenants;
use crate::{smtp, store, worker};

pub use fault::{Fault, Faults};
pub use load::{load, load_with};

/// A sound configuration, with the people and patterns that it names.
#[derive(Debug)]
pub struct Config {
    pub relay: smtp::Settings,
    /// Where the console listens; `None` switches it off.
    pub console: Option<SocketAddr>,
    /// The URL with an absolute path.
    pub store: store::Settings,
    pub workers: worker::Settings,
    pub tenants: Tenants,
    /// Lists of people that were imported, by school.
    pub imported: Vec<(Arc<str>, Vec<Imported>)>,
    /// Worth knowing, but no hindrance.
    pub warnings: Vec<String>,
    /// Every file that was read: the configuration itself, rosters and so on.
    pub files: Vec<PathBuf>,
}
