//! What schools' acceptable use policies say, for a school that has not given
//! its own words.

use crate::finding::RuleId;

pub(super) fn of(rule: RuleId) -> &'static str {
    match rule {
        RuleId::PupilNameInSubject | RuleId::PupilNameInBody => {
            "Emails should not contain children's full names in the subject line and preferably, \
             not in the main body of the text either. Initials should be used wherever possible."
        }
        RuleId::UnprotectedPersonalData | RuleId::PersonalDataInBody => {
            "Any electronic communication which contains any content which could be subject to \
             data protection legislation (e.g., sensitive or personal information) will only be \
             sent using a secure method including: Email encryption. A secure upload portal \
             (whereby the recipient will be required to log in to retrieve the \
             email/documentation sent). Password protection on sensitive documents."
        }
        RuleId::PasswordWithDocument => {
            "The sender must ensure that the password is sent separately to the intended recipient \
             (i.e., in a separate email or over the phone)."
        }
        RuleId::PasswordShared => {
            "There is no occasion when a password needs to be shared with another member of staff \
             or student, or IT support."
        }
        RuleId::PersonalAddress => {
            "The use of personal email addresses by staff for any official school business is not \
             permitted."
        }
        RuleId::PersonalDetailsToPupil => {
            "I will not give out my own personal details, such as mobile phone number and personal \
             email address, to pupils. Personal mobile numbers should not be given to parents at \
             the school."
        }
        RuleId::PupilPrivateAddress => {
            "Only use the approved method/s of communicating with pupils or parents/carers."
        }
        RuleId::PersonalBusiness => {
            "Use of the school email address for personal use is prohibited."
        }
        RuleId::ChainMessage => {
            "The forwarding of any chain messages/emails etc. is not permitted."
        }
        RuleId::OffensiveLanguage => {
            "Language must not include swear words, be offensive or abusive. Emails or attachments \
             of a pornographic, illegal, violent, sexist or racist nature are not permitted."
        }
        RuleId::PupilPhoto => {
            "Images will not be distributed outside the school network without the permission of \
             the parent/carer, member of staff or Headteacher."
        }
        RuleId::WrongRecipient | RuleId::VisibleRecipients | RuleId::UnreadableContent => {
            "Emails sent to external organisations should be written carefully and checked before \
             sending."
        }
        RuleId::OpinionOfPerson => {
            "Emails must not contain personal opinions about other individuals."
        }
        RuleId::CopyrightMaterial => {
            "Attachments which contain copyright material to which the School does not have \
             distribution rights are not permitted."
        }
        RuleId::OutOfHours => {
            "Staff will be encouraged to develop an appropriate work life balance when responding \
             to email."
        }
        RuleId::SocialMediaSignup => {
            "School email addresses will not be used for setting up personal social media accounts."
        }
    }
}
