//! # pupil-name-in-subject
//!
//! **Looks for** the full name of a pupil in the subject: a legal or preferred
//! forename with a legal or preferred surname, in either order and any
//! spelling. Internal mail counts too, and mail to the pupil's own parents:
//! the policies make no exemption.
//!
//! **Why it matters.** A subject is shown where a message is not: on locked
//! screens, in lists that others look over one's shoulder at, in logs and
//! searches of systems that the mail passes. Nothing protects it, not even
//! encryption of the message.
//!
//! **Example.** `Zoë O'Brien – exclusion meeting` becomes
//! `Z.O. – exclusion meeting`.
//!
//! **Passes.** A forename or a surname alone; initials; a forename with an
//! initial; names that plainly mean somebody or something else: after a title,
//! of an author beside his works, of a street, of the sender; words that are a
//! name only by chance (`Summer Field trip`).

use crate::extract::Role;
use crate::finding::{Finding, RuleId};
use crate::school::School;

use super::{Check, Screened, sightings};

pub(super) struct PupilNameInSubject;

impl Check for PupilNameInSubject {
    fn id(&self) -> RuleId {
        RuleId::PupilNameInSubject
    }

    fn inspect(&self, mail: &Screened<'_>, school: &School) -> Vec<Finding> {
        sightings::findings(self.id(), Role::Subject, mail, school)
    }
}
