//! The processes that read.
//!
//! Strangers' formats are parsed in processes of their own (`exeat worker`),
//! so that a parser that crashes, hangs or eats memory harms one message.
//! A worker that dies, or that passes its deadline, is replaced and the
//! message tried once more in a fresh one; the second death is a problem on
//! that message. And a parser that is taken over finds nothing to take: see
//! [`sandbox`].

use std::time::Duration;

use serde::{Deserialize, Serialize};

mod pool;
mod process;
mod protocol;
mod sandbox;

pub use pool::Pool;
pub use process::run;

/// How many workers, and what each may take.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Processes; 0 is one per core.
    pub count: usize,
    /// Seconds that one message may take in one worker.
    pub deadline_seconds: u64,
    /// Bytes of address space of one worker (RLIMIT_AS).
    pub memory: u64,
    /// Bytes of memory that one worker may occupy.
    pub resident: u64,
    /// Messages after which a worker is replaced.
    pub messages: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            count: 0,
            deadline_seconds: 20,
            memory: 2 * 1024 * 1024 * 1024, // 2 GB of address space
            resident: 200 * 1024 * 1024,    // 200 MB
            messages: 10_000,
        }
    }
}

impl Settings {
    pub fn deadline(&self) -> Duration {
        Duration::from_secs(self.deadline_seconds)
    }
}

/// A fault of Exeat's own (never the message's): no worker could be started,
/// or a spilled message could not be read back.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    #[error("a worker process could not be started")]
    Start(#[source] std::io::Error),
    #[error("the message could not be read back")]
    Content(#[source] std::io::Error),
    #[error("no worker is free, and none became free in time")]
    Busy,
}
