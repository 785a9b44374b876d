//! `visible-recipients`: many people outside who can see each other's
//! addresses.
//!
//! **What it looks for.** The addresses in To and Cc that lie outside the
//! school. A private mailbox is a person; all mailboxes of one organisation's
//! domain are one, and so are those of one family. The more there are, the
//! surer the finding is: six reach 0.55.
//!
//! **Why.** "Emails sent to external organisations should be written carefully
//! and checked before sending." Each of the recipients learns the others'
//! addresses, and often what they have in common: a child who failed, a debt, an
//! application.
//!
//! **Example.** "Your application: lunchtime supervisor", with nine applicants
//! in To.
//!
//! **What passes.** Blind copies; staff and pupils; a list's one address; the
//! council, health services, police, other schools and governors, whose
//! addresses are known and who work together; addresses in the text.

use std::collections::BTreeSet;

use crate::finding::{Finding, Location, RuleId, Weight};
use crate::mail::Address;
use crate::patterns::Topic;
use crate::school::{Class, School};

use super::{Check, Screened};

/// How sure a finding is, by how many see each other.
const CONFIDENCE: [(usize, f32); 8] = [
    (50, 0.95),
    (20, 0.85),
    (10, 0.75),
    (8, 0.65),
    (6, 0.55),
    (5, 0.45),
    (4, 0.4),
    (3, 0.3),
];

#[derive(Debug)]
pub(super) struct VisibleRecipients;

impl Check for VisibleRecipients {
    fn id(&self) -> RuleId {
        RuleId::VisibleRecipients
    }

    fn inspect(&self, mail: &Screened<'_>, school: &School) -> Vec<Finding> {
        let header = &mail.reading.header;
        if header.to.len() + header.cc.len() < CONFIDENCE[7].0 {
            return Vec::new();
        }
        let shown = header.to.iter().chain(&header.cc);
        let parties: BTreeSet<Party> = shown
            .filter_map(|shown| shown.address.parse().ok())
            .filter_map(|address| Party::of(&address, school))
            .collect();
        let sure = CONFIDENCE.iter().find(|(least, _)| parties.len() >= *least);
        let finding = sure.map(|&(_, confidence)| Finding {
            rule: RuleId::VisibleRecipients,
            location: Location::new("To and Cc"),
            what: format!(
                "{} people or organisations outside the school who can see each other's addresses",
                parties.len()
            ),
            excerpt: "their addresses stand in To and Cc".to_owned(),
            confidence,
            pupils: Vec::new(),
            weight: Weight::Ordinary,
            suppressed: None,
        });
        finding.into_iter().collect()
    }
}

/// Somebody outside, counted once.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Party {
    Person(String),
    Organisation(String),
    /// By the lowest index of a pupil of theirs.
    Family(usize),
}

impl Party {
    /// `None` for those whose address is no secret to the others.
    fn of(address: &Address, school: &School) -> Option<Self> {
        if school.is_internal(address) {
            return None;
        }
        let contacts = || school.people.contacts_at(address);
        let known = |class: Class| {
            matches!(
                class,
                Class::Authority
                    | Class::Health
                    | Class::Police
                    | Class::School
                    | Class::Union
                    | Class::Governor
            )
        };
        if contacts().any(|contact| known(contact.class)) {
            return None;
        }
        if let Some(pupil) = contacts().flat_map(|contact| &contact.pupils).min() {
            return Some(Self::Family(*pupil));
        }
        let domain = address.domain();
        let private = school.patterns.pack(Topic::PersonalDomains);
        Some(match private.is_whole(domain.as_str()) {
            true => Self::Person(address.folded()),
            false => Self::Organisation(domain.to_string()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::testing::{mail_of, mailbox, message, school};

    fn confidence(to: &[String], cc: &[String]) -> f32 {
        let mut reading = message(&[]);
        let shown = |list: &[String]| list.iter().map(|address| mailbox(address)).collect();
        (reading.header.to, reading.header.cc) = (shown(to), shown(cc));
        let findings = VisibleRecipients.inspect(&mail_of(&reading, &[]), &school());
        findings.first().map_or(0.0, |finding| finding.confidence)
    }

    fn people(count: usize) -> Vec<String> {
        let person = |n| format!("person{n}@gmail.example");
        (0..count).map(person).collect()
    }

    #[test]
    fn the_more_see_each_other_the_surer() {
        let mut before = 0.0;
        for (count, enough) in [(2, false), (5, false), (6, true), (10, true), (200, true)] {
            let now = confidence(&people(count), &[]);
            assert_eq!(now >= 0.5, enough, "{count}");
            assert!(now >= before, "{count}");
            before = now;
        }
        assert!(
            confidence(&people(3), &people(6)) >= 0.5,
            "both fields count"
        );
        assert!(confidence(&[], &people(9)) >= 0.5);
        let firms: Vec<String> = (0..8).map(|n| format!("sales@firm{n}.example")).collect();
        assert!(confidence(&firms, &[]) >= 0.5);
    }

    #[test]
    fn colleagues_of_one_place_and_those_inside_pass() {
        let at = |domain: &str| -> Vec<String> {
            (0..12).map(|n| format!("person{n}@{domain}")).collect()
        };
        for domain in [
            "greenfold.sch.example",
            "pupils.greenfold.sch.example",
            "one-firm.example",
        ] {
            assert_eq!(confidence(&at(domain), &[]), 0.0, "{domain}");
        }
        let doubled: Vec<String> = people(5).into_iter().chain(people(5)).collect();
        assert!(confidence(&doubled, &[]) < 0.5);
        let broken = vec!["no address".to_owned(); 20];
        assert_eq!(confidence(&broken, &[]), 0.0);
        assert_eq!(confidence(&[], &[]), 0.0);
    }
}
