//! The processes that read.
//!
//! Strangers' formats are parsed in processes of their own (`exeat worker`),
//! so that a parser that crashes, hangs or eats memory harms one message.
//! A worker that dies, or that passes its deadline, is replaced and the
//! message tried once more in a fresh one; the second death is a problem on
//! that message. And a parser that is taken over finds nothing to take: see
//! [`sandbox`].
//!
//! Trying passwords on encrypted files takes up to a second each; so the
//! messages that have some are read once more by workers of their own
//! ([`locks`]). Text in pictures takes seconds a page, and programs of others (tesseract,
//! pdftoppm). So it has workers and a queue of its own too ([`ocr`]).
//! Behind neither does mail wait that has no such files.

use std::ffi::OsString;
use std::time::Duration;

use serde::{Deserialize, Serialize};

mod crew;
mod layout;
mod locks;
mod ocr;
mod pool;
mod process;
mod protocol;
mod recognition;
mod sandbox;
mod tools;

pub use pool::Pool;
pub use process::{run, run_ocr};
pub use sandbox::Fences;
pub use tools::{Tool, Tools};

use crew::Terms;

/// Bytes of memory that a worker with a picture may occupy: the picture,
/// decoded, and as much again.
const PICTURE: u64 = 1024 * 1024 * 1024; // 1 GB

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
    /// Whether the text in pictures is read.
    pub ocr: bool,
    /// Processes that read pictures, beside the others.
    pub ocr_count: usize,
    /// Seconds that one page may take.
    pub ocr_deadline_seconds: u64,
    /// Bytes of address space of one such process, and of each program that
    /// it runs.
    pub ocr_memory: u64,
}

/// What a worker is for; each has a sandbox of its own.
#[derive(Debug, Clone)]
enum Profile {
    /// Reads messages and files.
    Reader,
    /// Reads text in pictures.
    Ocr(Tools),
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            count: 0,
            deadline_seconds: 20,
            memory: 2 * 1024 * 1024 * 1024, // 2 GB of address space
            resident: 200 * 1024 * 1024,    // 200 MB
            messages: 10_000,
            ocr: true,
            ocr_count: 1,
            ocr_deadline_seconds: 60,
            ocr_memory: 2 * 1024 * 1024 * 1024, // 2 GB of address space
        }
    }
}

impl Settings {
    fn readers(&self) -> Terms {
        let count = match self.count {
            0 => std::thread::available_parallelism().map_or(1, usize::from),
            count => count,
        };
        Terms {
            count,
            deadline: Duration::from_secs(self.deadline_seconds),
            resident: self.resident,
            jobs: self.messages,
            tries: 2,
        }
    }

    fn ocr_terms(&self) -> Terms {
        Terms {
            count: self.ocr_count.max(1),
            deadline: Duration::from_secs(self.ocr_deadline_seconds),
            resident: PICTURE,
            // Beside a page, a new process takes no time at all; and nothing
            // of one message is left to the next.
            jobs: 1,
            // A page that fails does not keep the queue twice.
            tries: 1,
        }
    }
}

impl Profile {
    /// How the process is told of it.
    fn arguments(&self) -> Vec<OsString> {
        match self {
            Self::Reader => vec!["worker".into()],
            Self::Ocr(tools) => [vec!["ocr-worker".into()], tools.arguments()].concat(),
        }
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
