//! What people read: whole letters against expected texts, and what no letter
//! may ever hold.

use std::sync::Arc;

use jiff::Timestamp;
use mail_parser::MessageParser;

use super::*;
use crate::finding::{Action, Finding, Location, Mode, PupilRef, RuleId, Weight};
use crate::school::{People, Routes, Staff};

mod hostile;
mod letters;

const NOW: &str = "2026-11-20T14:20:00Z";
const CONSOLE: &str = "https://exeat.greenfold.sch.example";

fn at(text: &str) -> Timestamp {
    text.parse().expect("a time stamp")
}

fn address(text: &str) -> Address {
    text.parse().expect("an address")
}

fn greenfold() -> School {
    School {
        id: "greenfold".into(),
        name: "Greenfold School".to_owned(),
        domains: vec!["greenfold.sch.example".parse().expect("a domain")],
        pupil_domains: vec!["pupils.greenfold.sch.example".parse().expect("a domain")],
        phones: vec!["01632960400".to_owned()],
        routes: Routes::default(),
        system_senders: vec![address("mis@greenfold.sch.example")],
        people: People {
            staff: vec![Staff {
                id: "S1".to_owned(),
                title: "Ms".to_owned(),
                forename: "Priya".to_owned(),
                surname: "Nair".to_owned(),
                role: "data lead".to_owned(),
                email: Some(address("p.nair@greenfold.sch.example")),
            }],
            ..People::default()
        },
        habits: Default::default(),
        patterns: Arc::default(),
    }
}

/// A school, its settings and its reviewers: what a [`House`] borrows.
struct Estate {
    school: School,
    policy: Policy,
    settings: Settings,
    reviewers: Vec<Address>,
    safeguarding: Vec<Address>,
}

impl Estate {
    fn new() -> Self {
        Self {
            school: greenfold(),
            policy: Policy::new(&Default::default()),
            settings: Settings::default(),
            reviewers: vec![address("p.nair@greenfold.sch.example")],
            safeguarding: Vec::new(),
        }
    }

    fn house(&self) -> House<'_> {
        House {
            school: &self.school,
            policy: &self.policy,
            settings: &self.settings,
            reviewers: &self.reviewers,
            safeguarding: &self.safeguarding,
            console_url: CONSOLE,
        }
    }

    fn to_sender(&self, about: &About, event: &Event) -> Option<Mail> {
        let house = self.house();
        let to = person::sender(&house, about).ok()?;
        Some(sender::mail(&house, to, about, event, at(NOW), &clause))
    }

    fn to_reviewers(&self, about: &About, event: &Event) -> Vec<Mail> {
        to_reviewers(&self.house(), about, event, at(NOW))
    }
}

/// The school's own words.
fn clause(rule: RuleId) -> String {
    match rule {
        RuleId::PupilNameInSubject | RuleId::PupilNameInBody => {
            "Emails should not contain children's full names in the subject line and preferably, \
             not in the main body of the text either. Initials should be used wherever possible."
        }
        RuleId::UnprotectedPersonalData | RuleId::PersonalDataInBody => {
            "No confidential or school data which is subject to the Data Protection Act should be \
             transferred off site unless it is sent by secure email."
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
        RuleId::PersonalBusiness => {
            "Use of the school email address for personal use is prohibited."
        }
        RuleId::ChainMessage => {
            "The forwarding of any chain messages/emails etc. is not permitted."
        }
        RuleId::OffensiveLanguage => "Language must not include swear words.",
        RuleId::PersonalDetailsToPupil
        | RuleId::PupilPhoto
        | RuleId::WrongRecipient
        | RuleId::VisibleRecipients
        | RuleId::PupilPrivateAddress
        | RuleId::UnreadableContent
        | RuleId::OpinionOfPerson
        | RuleId::CopyrightMaterial
        | RuleId::OutOfHours
        | RuleId::SocialMediaSignup => "",
    }
    .to_owned()
}

fn about(findings: Vec<Judged>) -> About {
    About {
        reference: Some(Reference("EX-7K3M-2QFD".into())),
        sender: Some(address("d.cooper@greenfold.sch.example")),
        subject: "Marks for A.B.".to_owned(),
        received: at("2026-11-20T14:02:31Z"),
        recipients: 3,
        findings,
        automatic: false,
        due: Some(at("2026-11-27T14:02:31Z")),
    }
}

fn judged(rule: RuleId, action: Action, location: Location, what: &str) -> Judged {
    Judged {
        finding: Finding {
            rule,
            location,
            what: what.to_owned(),
            excerpt: "Excerpt of A.B.'s marks".to_owned(),
            confidence: 0.9,
            pupils: vec![PupilRef("P-0042".into())],
            weight: Weight::Ordinary,
            suppressed: None,
        },
        action,
        mode: Mode::Enforce,
    }
}

fn name_in_subject() -> Judged {
    judged(
        RuleId::PupilNameInSubject,
        Action::Warn,
        Location::subject(),
        "a pupil's full name (A.B.)",
    )
}

fn name_in_body(action: Action) -> Judged {
    judged(
        RuleId::PupilNameInBody,
        action,
        Location::body(),
        "a pupil's full name (A.B.)",
    )
}

fn register(cell: &str) -> Judged {
    judged(
        RuleId::UnprotectedPersonalData,
        Action::Quarantine,
        Location::new("register.xlsx")
            .within("sheet \"Y6\" (hidden)")
            .within(cell),
        "32 pupils, with UPN and date of birth",
    )
}

fn chain() -> Judged {
    judged(
        RuleId::ChainMessage,
        Action::Warn,
        Location::body(),
        "a request to send it to ten people, with a promise of luck",
    )
}

/// A letter as its reader gets it.
struct Read {
    header: String,
    subject: String,
    text: String,
    html: String,
}

fn read(mail: &Mail) -> Read {
    let end = memchr::memmem::find(&mail.message, b"\r\n\r\n").expect("a header section");
    let message = MessageParser::new()
        .parse(&mail.message)
        .expect("a message");
    Read {
        header: String::from_utf8(mail.message[..end + 2].to_vec()).expect("ASCII"),
        subject: message.subject().expect("a subject").to_owned(),
        text: message.body_text(0).expect("a text").replace("\r\n", "\n"),
        html: message.body_html(0).expect("HTML").into_owned(),
    }
}
