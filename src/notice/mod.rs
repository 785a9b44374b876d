//! Mails to senders and reviewers, in plain English.
//!
//! A notice says what is true of a mail, what was noticed in it, the one thing
//! to do first, and who can help. It says what Exeat noticed and never what a
//! person did. It works on masked texts only, and repeats nothing of the mail
//! but its masked subject. It sends nothing: the caller commits a notice in
//! the same transaction as the change that it tells of.

use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::mail::{Address, Envelope};
use crate::policy::{Judged, Policy};
use crate::school::School;
use crate::store::{Hold, MailKind, NewMail, Reference};

pub mod guide;

mod bypass;
mod clock;
mod compose;
mod noticed;
mod person;
mod prose;
mod reviewers;
mod sender;
#[cfg(test)]
mod tests;

pub use bypass::{Change, Told, of_bypass};
pub use guide::{Guide, guide};

/// `[school.notice]`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Whom notices come from; `exeat@` the school's first domain by default.
    pub from: Option<Address>,
    /// The person who helps, as notices name them.
    pub person: Option<String>,
    /// Their telephone number; the school's first by default.
    pub phone: Option<String>,
}

/// What a notice needs to know of the school.
#[derive(Debug, Clone, Copy)]
pub struct House<'a> {
    pub school: &'a School,
    pub policy: &'a Policy,
    pub settings: &'a Settings,
    pub reviewers: &'a [Address],
    /// Who decides where a child's safety is at stake; without them, reviewers
    /// do.
    pub safeguarding: &'a [Address],
    pub console_url: &'a str,
}

/// The mail that a notice is about; masked.
#[derive(Debug, Clone)]
pub struct About {
    pub reference: Option<Reference>,
    pub sender: Option<Address>,
    /// Masked.
    pub subject: String,
    pub received: Timestamp,
    pub recipients: usize,
    pub findings: Vec<Judged>,
    pub automatic: bool,
    pub due: Option<Timestamp>,
}

impl From<&Hold> for About {
    fn from(hold: &Hold) -> Self {
        Self {
            reference: Some(hold.reference.clone()),
            sender: hold.envelope.reverse_path.clone(),
            subject: hold.subject.clone(),
            received: hold.created,
            recipients: hold.envelope.recipients.len(),
            findings: hold.findings.clone(),
            automatic: hold.automatic,
            due: Some(hold.due),
        }
    }
}

/// What happened to it. Names and reasons are masked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// Held, and the sender decides.
    Warned,
    /// Held, and a reviewer decides.
    Quarantined,
    /// Delivered, with something worth knowing.
    Noted,
    Released {
        by: String,
    },
    Refused {
        by: String,
        reason: String,
    },
    Withdrawn,
    Expired,
}

/// A mail of Exeat's own, ready to send with the null reverse path.
#[derive(Debug, Clone)]
pub struct Mail {
    pub to: Address,
    pub message: Vec<u8>,
}

/// The notice to the mail's sender. `None` where nobody would read it: a null
/// reverse path, a program's mail, an address that is not the school's. What
/// is held of such mail is told to the reviewers, by [`to_reviewers`].
pub fn to_sender(house: &House<'_>, about: &About, event: &Event, now: Timestamp) -> Option<Mail> {
    let to = person::sender(house, about).ok()?;
    let clause = |rule| house.policy.clause(rule).to_owned();
    Some(sender::mail(house, to, about, event, now, &clause))
}

/// The notices to the school's reviewers: of what waits for them, of what
/// expired, and of whatever happened to a held mail whose sender cannot be
/// told. A school without reviewers has a postmaster (RFC 5321 section
/// 4.5.1), so that nothing held goes untold. What concerns a child's safety
/// goes to the safeguarding lead in their place, a threat also where the mail
/// was not held.
pub fn to_reviewers(house: &House<'_>, about: &About, event: &Event, now: Timestamp) -> Vec<Mail> {
    reviewers::mails(house, about, event, now)
}

impl Mail {
    /// The mail as the outbox takes it: with the null reverse path, so that
    /// no report on it ever comes back to be answered (RFC 5321 section
    /// 4.5.5).
    pub fn for_outbox(self, school: &Arc<str>, hold: Option<Reference>) -> NewMail {
        NewMail {
            school: Arc::clone(school),
            kind: MailKind::Notice,
            envelope: Envelope::new(None, [self.to]),
            message: self.message,
            hold,
        }
    }
}
