//! What screening knows of the messages before: those of others that say the
//! same, and those of the same thread that somebody let go.

use jiff::{SignedDuration, Timestamp};

use super::Alike;
use crate::check::{History, SettledFinding};
use crate::extract::{Header, Reading};
use crate::finding::{Action, Mode, RuleId};
use crate::mail::{Address, Envelope};
use crate::policy::{Judged, Policy};
use crate::school::School;
use crate::store::{Hold, Store};

/// How long a decision holds for its thread.
const DECIDED_FOR: SignedDuration = SignedDuration::from_hours(30 * 24);

#[derive(Debug, Default)]
pub struct Past {
    pub alike: Alike,
    /// `None` where messages are only tried.
    pub store: Option<Store>,
}

impl Past {
    /// What a check may want to know of any message; it is remembered itself.
    pub(super) fn history(
        &self,
        school: &School,
        policy: &Policy,
        envelope: &Envelope,
        reading: &Reading,
        now: Timestamp,
    ) -> History {
        if !policy.runs(RuleId::ChainMessage) {
            return History::default();
        }
        History {
            alike: self.alike.others(&school.id, envelope, reading, now),
            settled: Vec::new(),
        }
    }

    /// What was let go in the same thread, from the same sender to all of
    /// these recipients.
    pub(super) async fn settled(
        &self,
        school: &School,
        envelope: &Envelope,
        reading: &Reading,
        now: Timestamp,
    ) -> Vec<SettledFinding> {
        let Some(store) = &self.store else {
            return Vec::new();
        };
        let thread: Vec<String> = followed(&reading.header).cloned().collect();
        let let_go = store.let_go_in_thread(&school.id, &thread, now - DECIDED_FOR);
        let let_go = match let_go.await {
            Ok(let_go) => let_go,
            // Its sender is asked once more, which loses nothing.
            Err(error) => {
                tracing::error!(
                    error = &error as &dyn std::error::Error,
                    "earlier messages of the thread not looked up"
                );
                return Vec::new();
            }
        };
        let covers = |(hold, to): &(Hold, Vec<Address>)| {
            hold.envelope.reverse_path == envelope.reverse_path
                && envelope.addresses().all(|recipient| to.contains(recipient))
        };
        let covering = let_go.into_iter().filter(covers);
        let settled = |hold: Hold| {
            let asked = |judged: &Judged| {
                judged.finding.suppressed.is_none()
                    && judged.mode == Mode::Enforce
                    && judged.action == Action::Warn
            };
            let at = hold.created;
            let findings = hold.findings.into_iter().filter(asked);
            findings.map(move |judged| SettledFinding {
                rule: judged.finding.rule,
                pupils: judged.finding.pupils,
                at,
            })
        };
        covering.flat_map(|(hold, _)| settled(hold)).collect()
    }
}

/// The identifiers of a thread's messages: this one's own, and those that it
/// says it follows.
pub fn thread(header: &Header) -> Vec<String> {
    let own = header.message_id.iter();
    own.chain(followed(header)).cloned().collect()
}

fn followed(header: &Header) -> impl Iterator<Item = &String> {
    header.in_reply_to.iter().chain(&header.references)
}
