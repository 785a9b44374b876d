//! The configuration as it stands in the file. Nothing is required here, so
//! that all faults are found in one reading; `load` says what is missing.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;

use serde::Deserialize;

use crate::finding::RuleId;
use crate::mail::{Address, Domain};
use crate::school::{self, Route};
use crate::tenant::Retention;
use crate::{notice, policy, smtp, worker};

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct File {
    pub(super) listen: Listen,
    pub(super) next_hop: NextHop,
    pub(super) store: Store,
    pub(super) workers: worker::Settings,
    /// A folder of pattern packs that replace the built-in ones.
    pub(super) patterns: Option<PathBuf>,
    pub(super) school: Vec<School>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Listen {
    pub(super) smtp: Option<smtp::Addresses>,
    /// The same for clients that begin with TLS.
    pub(super) smtps: Option<smtp::Addresses>,
    /// PEM: the certificate that clients are shown, then those that signed it.
    pub(super) certificate: Option<PathBuf>,
    /// PEM: its key.
    pub(super) key: Option<PathBuf>,
    pub(super) console: Option<SocketAddr>,
    pub(super) console_url: Option<String>,
    pub(super) hostname: Option<String>,
    pub(super) clients: Option<Vec<smtp::Client>>,
    pub(super) account: Vec<smtp::Account>,
    pub(super) limits: smtp::Limits,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct NextHop {
    /// `host:port`.
    pub(super) address: Option<String>,
    pub(super) tls: Option<Encryption>,
    /// The name that its certificate has to be for; its address's by default.
    pub(super) name: Option<String>,
    /// PEM: the authorities that may have signed it; the system's by default.
    pub(super) ca: Option<PathBuf>,
}

/// How connections to a next hop are encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Encryption {
    None,
    Opportunistic,
    Required,
    Implicit,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Store {
    pub(super) url: Option<String>,
    pub(super) key_file: Option<PathBuf>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct School {
    pub(super) id: Option<String>,
    pub(super) name: Option<String>,
    pub(super) domains: Vec<Domain>,
    pub(super) pupil_domains: Vec<Domain>,
    pub(super) roster: Option<PathBuf>,
    pub(super) staff: Option<PathBuf>,
    pub(super) contacts: Option<PathBuf>,
    /// How long pupils count as pupils after they have left the imported
    /// roster: `"2 years"`.
    pub(super) former_for: Option<jiff::Span>,
    pub(super) retention: Retention,
    pub(super) phones: Vec<String>,
    /// The passwords that it is known to use.
    pub(super) passwords: Option<school::habits::Settings>,
    pub(super) secure_routes: Vec<Route>,
    pub(super) urgent_routes: Vec<Route>,
    pub(super) private_routes: Vec<Route>,
    pub(super) system_senders: Vec<Address>,
    pub(super) reviewers: Vec<Address>,
    pub(super) safeguarding: Vec<Address>,
    /// `observe` records what the rules would do, and lets all mail pass.
    pub(super) mode: policy::SchoolMode,
    pub(super) next_hop: Option<NextHop>,
    pub(super) rules: BTreeMap<RuleId, policy::RuleSettings>,
    /// What it allows for a while.
    pub(super) allow: Vec<policy::Allowance>,
    pub(super) notice: notice::Settings,
}
