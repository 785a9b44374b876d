//! `personal-data-in-body`: personal data of identifiable people in the mail
//! itself, on its way out.
//!
//! **What it looks for.** In the subject, in what was newly written and in what
//! is quoted, the evidence that `unprotected-personal-data` looks for in
//! attachments: a pupil's full name with a term of the special categories or an
//! identifier near it, numbers that lead to one person, and tables of people's
//! data. What the subject names a pupil for, the text is about throughout; and
//! where a short mail names nobody else, "she" is who is named.
//!
//! **Why.** "Any electronic communication which contains any content which
//! could be subject to data protection legislation … will only be sent using a
//! secure method." No password can protect what stands in the mail itself.
//!
//! **Example.** "Maisie H. had a seizure on Monday", with her surname in full,
//! to a coach firm.
//!
//! **What passes.** Initials, and forenames alone; a name with nothing about
//! its bearer, praise and results; terms without a person, or said of a topic, a
//! colleague or the writer; the school's own
//! bank details, and addresses in signatures; what an answer quotes of those
//! whom it goes to. Mail that S/MIME or PGP encrypts
//! shows nothing of its text; its subject stays in clear for all, and is judged
//! as any other. What goes by a secure route is protected, and what goes to
//! nobody but the pupil's own unrestricted contacts is a note: both are for the
//! policy to say.

use crate::finding::{Finding, RuleId};
use crate::school::School;

use super::{Check, Screened, unprotected_personal_data};

#[derive(Debug)]
pub(super) struct PersonalDataInBody;

impl Check for PersonalDataInBody {
    fn id(&self) -> RuleId {
        RuleId::PersonalDataInBody
    }

    fn inspect(&self, mail: &Screened<'_>, school: &School) -> Vec<Finding> {
        let finding = unprotected_personal_data::in_mail(mail, school);
        finding.into_iter().collect()
    }
}

#[cfg(test)]
mod tests;
