//! Who sends a message and who gets it, as far as rules make a difference.

use crate::check::Screened;
use crate::finding::{Action, Finding, RuleId};
use crate::mail::Address;
use crate::school::{Class, School, leads};

use super::Rule;
use super::settings::{Case, Recipients};

/// Why a finding concerns no recipient.
const NOBODY: &str = "it concerns none of the recipients";
const ALL_SECURE: &str = "every recipient it concerns is on a secure route";
const NO_FAMILY: &str = "no recipient is a pupil or a parent";
const ALL_PRIVATE: &str = "every recipient it concerns is on a private route";

/// What a message's sender and recipients are to the school.
pub(super) struct Parties<'a> {
    recipients: Vec<Recipient<'a>>,
    sender: Sender,
    /// The message must not wait: a child may be in danger.
    pressing: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sender {
    Person,
    /// Nobody reads what is written back.
    Program,
}

struct Recipient<'a> {
    /// `None` for a message without any recipient, which is judged as if it
    /// had one outside: nothing shows that it stays within the school.
    address: Option<&'a Address>,
    internal: bool,
    secure: bool,
    private: bool,
    /// A pupil, or a pupil's parent.
    family: bool,
}

impl<'a> Parties<'a> {
    pub(super) fn of(mail: &Screened<'a>, school: &School) -> Self {
        let recipients: Vec<Recipient<'a>> = mail
            .envelope
            .addresses()
            .map(|address| Recipient::new(address, school))
            .collect();
        let authors = authors(mail);
        let written_by = |is: &dyn Fn(&Address) -> bool| authors.iter().any(is);
        let program = mail.reading.header.automatic
            || mail.envelope.reverse_path.is_none()
            || written_by(&|author| school.system_senders.contains(author));

        let urgent = |address: &Address| leads(&school.routes.urgent, address);
        let by_staff = written_by(&|author| school.is_staff_address(author));
        let by_pupil = written_by(&|author| school.is_pupil_address(author));
        let to_urgent = mail.envelope.addresses().any(urgent);
        let pressing = by_staff && to_urgent || by_pupil && is_for_help(mail, school);

        Self {
            recipients: if recipients.is_empty() {
                vec![Recipient::UNKNOWN]
            } else {
                recipients
            },
            sender: if program {
                Sender::Program
            } else {
                Sender::Person
            },
            pressing,
        }
    }

    /// The strongest of the actions for the recipients; an error says why no
    /// recipient is concerned.
    pub(super) fn strongest(
        &self,
        rule: &Rule,
        finding: &Finding,
        school: &School,
    ) -> Result<Action, &'static str> {
        let reached: Vec<&Recipient<'_>> = self
            .recipients
            .iter()
            .filter(|recipient| match rule.recipients {
                Recipients::All => true,
                Recipients::External => !recipient.internal,
                Recipients::Internal => recipient.internal,
            })
            .collect();
        if reached.is_empty() {
            return Err(NOBODY);
        }
        let (left_alone, reason): (fn(&Recipient<'_>) -> bool, _) = match rule.id {
            RuleId::UnprotectedPersonalData
            | RuleId::PersonalDataInBody
            | RuleId::PasswordWithDocument => (|recipient| recipient.secure, ALL_SECURE),
            RuleId::PersonalAddress
            | RuleId::PersonalBusiness
            | RuleId::ChainMessage
            | RuleId::OffensiveLanguage
            | RuleId::OpinionOfPerson
            | RuleId::CopyrightMaterial
            | RuleId::OutOfHours
            | RuleId::SocialMediaSignup => (|recipient| recipient.private, ALL_PRIVATE),
            RuleId::PersonalDetailsToPupil => (|recipient| !recipient.family, NO_FAMILY),
            RuleId::PupilPrivateAddress
            | RuleId::WrongRecipient
            | RuleId::VisibleRecipients
            | RuleId::PupilPhoto
            | RuleId::PupilNameInSubject
            | RuleId::PupilNameInBody
            | RuleId::PasswordShared
            | RuleId::UnreadableContent => (|_| false, NOBODY),
        };
        reached
            .into_iter()
            .filter(|recipient| !left_alone(recipient))
            .map(|recipient| recipient.action(rule, finding, school))
            .max()
            .ok_or(reason)
    }

    /// What is left of an action for this sender.
    pub(super) fn temper(&self, action: Action) -> Action {
        if self.pressing {
            action.min(Action::Note)
        } else if self.sender == Sender::Program && action == Action::Warn {
            Action::Note
        } else {
            action
        }
    }
}

impl<'a> Recipient<'a> {
    const UNKNOWN: Self = Self {
        address: None,
        internal: false,
        secure: false,
        private: false,
        family: false,
    };

    fn new(address: &'a Address, school: &School) -> Self {
        Self {
            address: Some(address),
            internal: school.is_internal(address),
            secure: leads(&school.routes.secure, address)
                || school
                    .people
                    .contacts_at(address)
                    .any(|contact| contact.secure_route),
            private: leads(&school.routes.private, address),
            family: school.is_pupil(address)
                || school
                    .people
                    .contacts_at(address)
                    .any(|contact| contact.class == Class::Parent),
        }
    }

    fn action(&self, rule: &Rule, finding: &Finding, school: &School) -> Action {
        let ordinary = rule.action_for(finding.weight);
        if self.internal {
            return rule.case(Case::Internal).unwrap_or(ordinary);
        }
        let Some(address) = self.address else {
            return ordinary;
        };
        if let Some(action) = rule.case(Case::Own)
            && is_own_contact(address, finding, school)
        {
            return action;
        }
        // One address may serve several contacts: the strictest counts.
        school
            .people
            .contacts_at(address)
            .map(|contact| rule.case(case_of(contact.class)).unwrap_or(ordinary))
            .max()
            .unwrap_or(ordinary)
    }
}

/// Whether all of a finding's pupils have somebody of their family at the
/// address, and nobody who must not hear of them. A professional who has to do
/// with a pupil is judged by class.
fn is_own_contact(address: &Address, finding: &Finding, school: &School) -> bool {
    let contacts = || school.people.contacts_at(address);
    let family: Vec<usize> = contacts()
        .filter(|contact| matches!(contact.class, Class::Parent | Class::Other))
        .flat_map(|contact| contact.pupils.iter().copied())
        .filter(|pupil| !contacts().any(|contact| contact.restricted.contains(pupil)))
        .collect();
    let mut meant = finding.pupils.iter();
    !finding.pupils.is_empty()
        && meant.all(|pupil| {
            let pupil = school.people.pupils.of_reference(&pupil.0);
            pupil.is_some_and(|pupil| family.contains(&pupil))
        })
}

/// A pupil's message that goes to a helpline, the police or a doctor among
/// others, or to nobody but them and staff.
fn is_for_help(mail: &Screened<'_>, school: &School) -> bool {
    let helps = |address: &Address| {
        leads(&school.routes.urgent, address)
            || leads(&school.routes.private, address)
            || school
                .people
                .contacts_at(address)
                .any(|contact| matches!(contact.class, Class::Police | Class::Health))
    };
    let mut addresses = mail.envelope.addresses().peekable();
    addresses.peek().is_some()
        && (mail.envelope.addresses().any(helps)
            || addresses.all(|address| school.is_staff_address(address)))
}

/// The reverse path and the authors that the header shows.
pub(super) fn authors(mail: &Screened<'_>) -> Vec<Address> {
    let header = &mail.reading.header;
    let shown = header.from.iter().chain(&header.sender);
    let shown = shown.filter_map(|mailbox| mailbox.address.parse().ok());
    mail.envelope
        .reverse_path
        .iter()
        .cloned()
        .chain(shown)
        .collect()
}

fn case_of(class: Class) -> Case {
    match class {
        Class::Parent => Case::Parent,
        Class::Authority => Case::Authority,
        Class::Health => Case::Health,
        Class::Police => Case::Police,
        Class::School => Case::School,
        Class::Union => Case::Union,
        Class::Supplier => Case::Supplier,
        Class::Governor => Case::Governor,
        Class::Other => Case::Other,
    }
}
