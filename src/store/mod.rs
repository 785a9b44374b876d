//! What must outlive a crash: journal, holds, outbox, keys.
//!
//! One SQL text for SQLite and PostgreSQL. Nothing here judges or sends.
//!
//! Every change runs in one transaction that also appends its rows to the
//! journal ([`journal`]), so nothing happens without a record and no record
//! tells of what did not happen. Changes take turns at one connection that
//! alone writes; the decisions and outcomes of concurrent sessions share a
//! transaction ([`writer`]). Bodies and envelopes rest sealed ([`keys`]).

mod at_once;
mod backend;
mod backup;
mod body;
mod bypass;
mod decision;
mod error;
mod head;
mod hold;
mod insert;
pub mod journal;
pub mod keys;
mod listing;
mod lock;
mod look;
mod open;
mod outbox;
pub mod people;
mod place;
mod purge;
mod reader;
mod reference;
mod retry;
mod rotation;
mod schema;
mod seal;
mod settle;
mod tally;
mod thread;
mod transaction;
mod verify;
mod writer;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use serde::{Deserialize, Serialize};

pub use backup::Backup;
pub use body::BodyId;
pub use bypass::{Bypass, LONGEST_BYPASS};
pub use decision::{Decided, Decision, DecisionId, Outcome};
pub use error::StoreError;
pub use hold::{Actor, Held, Hold, NewHold, State};
pub use journal::Kind;
pub use listing::Filter;
pub use look::{Inside, LastEntry, Look, look};
pub use open::Access;
pub use outbox::{Claim, Delivery, MailId, MailKind, NewMail, Owed, RecipientState};
pub use purge::{Before, Destroyed, Purged};
pub use reader::Unsettled;
pub use reference::Reference;
pub use retry::RetryKey;
pub use rotation::KeyState;
pub use settle::Settled;
pub use tally::tally;
pub use verify::{Checked, Fault, Verification};

/// `[store]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// `sqlite:exeat.db` or `postgres://…`.
    pub url: String,
    /// Where the key is; beside an SQLite file, with `.key` added, by default.
    pub key_file: Option<std::path::PathBuf>,
}

/// A handle on the open store; cheap to clone. The store closes with the last
/// of them.
#[derive(Clone)]
pub struct Store(Arc<open::Inner>);

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Store({:?})", self.0.place.backend)
    }
}
