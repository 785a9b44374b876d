//! `wrong-recipient`: what goes to somebody who may not be meant.
//!
//! **What it looks for.** Three things. A pupil's data (a full name with
//! something about its bearer, in the mail or in an open attachment) to a
//! parent who is a contact of other pupils only ([`family`]); there little is
//! enough where the mail says nothing of the parent's own children ([`about`]),
//! and so is a greeting that names another pupil's parent ([`greeting`]) or an
//! answer to what such a one wrote. Anything about a pupil, be it a
//! forename, to a contact who is restricted for that pupil, or an address of
//! that pupil's family shown to one in To or Cc ([`restricted`]). And a domain
//! that is one letter away from one that the school knows ([`domain`]).
//!
//! **Why.** "Emails sent to external organisations should be written carefully
//! and checked before sending." A mail to a wrong address is the commonest
//! breach there is; to somebody whom a court keeps away it can be the worst.
//!
//! **Example.** "Amara N. will have a detention" to the mother of somebody else.
//!
//! **What passes.** A parent's own children, siblings and stepchildren among
//! them; pupils who share a name with one of theirs; names without anything
//! about their bearers, as in a cast list or in news for all; what a parent
//! wrote and gets quoted; domains that contacts have, and subdomains of such; addresses that wrote
//! first.
//!
//! What is restricted is for the safeguarding lead alone to know. So both kinds
//! of wrong contact are told in the same words, and only the action differs.

use crate::finding::{Finding, Location, PupilRef, RuleId, Weight};
use crate::mail::Address;
use crate::school::School;

use super::{Check, Screened, masking};

mod about;
mod domain;
mod family;
mod forename;
mod greeting;
mod restricted;

#[derive(Debug)]
pub(super) struct WrongRecipient;

impl Check for WrongRecipient {
    fn id(&self) -> RuleId {
        RuleId::WrongRecipient
    }

    fn inspect(&self, mail: &Screened<'_>, school: &School) -> Vec<Finding> {
        let outside: Vec<&Address> = mail
            .envelope
            .addresses()
            .filter(|address| !school.is_internal(address))
            .collect();
        let typos = outside
            .iter()
            .filter(|address| domain::is_one_letter_away(address, mail.reading, school))
            .map(|address| Finding {
                what: "a recipient whose domain is one letter away from one that the school knows"
                    .to_owned(),
                ..finding(address, Weight::Ordinary, 0.8, Vec::new())
            });
        let kept_away = restricted::findings(&outside, mail, school);
        let families = match kept_away.is_empty() {
            true => family::findings(&outside, mail, school),
            false => Vec::new(),
        };
        typos.chain(kept_away).chain(families).collect()
    }
}

/// The pupil's data go to a contact who may be the wrong one: in words that
/// are the same for all reasons.
fn finding(address: &Address, weight: Weight, confidence: f32, pupils: Vec<PupilRef>) -> Finding {
    Finding {
        rule: RuleId::WrongRecipient,
        location: Location::new("recipients"),
        what: "something about a pupil, and a recipient who may not be the right one".to_owned(),
        excerpt: masking::address(address),
        confidence,
        pupils,
        weight,
        suppressed: None,
    }
}

#[cfg(test)]
mod tests;
