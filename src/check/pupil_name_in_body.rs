//! # pupil-name-in-body
//!
//! **Looks for** the full names of pupils in the newly written text of a
//! message; one finding tells of all of them. What a reply or a forwarding
//! quotes is left alone, as others wrote it.
//!
//! **Why it matters.** The policies ask for initials wherever they do: a
//! message that goes astray then says little about a child.
//!
//! **Example.** `I spoke to Zoë O'Brien's mother today` becomes
//! `I spoke to Z.O.'s mother today`.
//!
//! **Passes.** All that passes in a subject, and the sender's own name always:
//! a pupil's signature, a teacher who shares a pupil's name.

use crate::extract::Role;
use crate::finding::{Finding, RuleId};
use crate::school::School;

use super::{Check, Screened, sightings};

pub(super) struct PupilNameInBody;

impl Check for PupilNameInBody {
    fn id(&self) -> RuleId {
        RuleId::PupilNameInBody
    }

    fn inspect(&self, mail: &Screened<'_>, school: &School) -> Vec<Finding> {
        sightings::findings(self.id(), Role::Body, mail, school)
    }
}
