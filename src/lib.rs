//! Exeat gives outgoing school mail its leave slip.
//!
//! It is an SMTP relay between a school's mail system and the next hop. It
//! reads every outgoing message as its recipient would, holds it against the
//! school's acceptable use policy, and delivers it, warns its sender first,
//! quarantines it, or refuses it with an explanation in plain English.
//!
//! ```text
//!  client ─► smtp ─► read (worker) ─► check ─► policy ─► deliver ─► next hop (same transaction; its reply is ours)
//!                    parts, texts,   findings  verdict ├► hold ────► store ─► notice to the sender, reviewer
//!                    problems                          └► reject ──► 550 5.7.1 + why + where to read more
//!                                                         store ─► outbox ─► next hop   (released mail, notices; retried)
//!                                                         commands ─► store ─► outbox   (they decide; they never send)
//! ```
//!
//! # Promises
//!
//! 1. **One place.** After any fault and a restart a message is in exactly
//!    one of three places: refused to the client (4xx, 5xx, or the connection
//!    lost before a 2xx), accepted by the next hop (its 2xx seen), or durable
//!    in the store. A 2xx to the client implies one of the last two. A second
//!    copy arises only where the next hop's final reply was lost or not yet
//!    recorded.
//! 2. **Unread is never clean.** Reading gives texts *and problems*. What
//!    could not be read, or what recipients could read in two ways, is a
//!    finding. A fault of Exeat's own is a 451, never a delivery.
//! 3. **Nothing without a record.** What was decided on a message is committed
//!    to the journal before it moves on, and what became of it after. The
//!    journal is hash-chained; `exeat journal verify` proves it.
//! 4. **As little as possible.** Whatever leaves a check is masked: excerpts,
//!    locations, file names, subjects; pupils appear as references. Bodies
//!    and envelopes rest sealed, addresses in the journal as keyed hashes.
//!    That protects a copy without the key (a stolen disk, a backup), not a
//!    running machine. Names of imported pupils are kept as keyed
//!    fingerprints; a roster given as a file stays in clear until `exeat
//!    roster import` has made it needless.
//! 5. **No surprise.** Nothing held vanishes or waits unseen: its sender
//!    learns of every hold, release, refusal and expiry; where there is no
//!    sender to tell (automatic mail, `<>`), a named person does. Nothing
//!    happens on a GET.
//! 6. **A child's safety first.** Mail by staff to an urgent route is never
//!    held.
//!
//! # Modules
//!
//! In reading order, from the command line down. An arrow of imports never
//! runs up: `cli` → `config` → `smtp`, `console`, `outbox` → `screen`,
//! `store`, `notice`, `tenant` → `policy` → `check` → `worker`, `extract`,
//! `school`, `patterns` → `mail`, `finding`. The test `layers` holds it.

pub mod cli;
pub mod config;

pub mod console;
pub mod outbox;
pub mod smtp;

pub mod notice;
pub mod screen;
pub mod store;
pub mod tenant;

pub mod policy;

pub mod check;

pub mod extract;
pub mod patterns;
pub mod school;
pub mod worker;

mod failpoint;
pub mod finding;
pub mod mail;
