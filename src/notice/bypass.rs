//! The letters about a bypass: to all who answer for what leaves the school.

use std::collections::HashSet;

use jiff::Timestamp;

use crate::mail::Address;

use super::compose::{self, Kind};
use super::reviewers::{Letter, postmaster};
use super::{House, Mail, clock, prose};

/// What happened to it.
#[derive(Debug, Clone, Copy)]
pub enum Change<'a> {
    Began,
    /// Who ended it, if it did not end by itself; and how many messages left
    /// meanwhile.
    Ended {
        by: Option<&'a str>,
        passed: u64,
    },
}

/// A bypass as letters tell of it. The reason is masked.
#[derive(Debug, Clone, Copy)]
pub struct Told<'a> {
    pub began: Timestamp,
    pub until: Timestamp,
    pub by: &'a str,
    pub reason: &'a str,
}

/// To reviewers and safeguarding leads alike; without them, to the postmaster.
pub fn of_bypass(
    house: &House<'_>,
    bypass: &Told<'_>,
    change: Change<'_>,
    now: Timestamp,
) -> Vec<Mail> {
    let rendered = compose::render(Kind::Reviewer, &letter(house, bypass, change, now));
    let subject = match change {
        Change::Began => format!(
            "Mail leaves unchecked until {}",
            clock::moment(bypass.until, now)
        ),
        Change::Ended { .. } => "Mail is checked again".to_owned(),
    };
    recipients(house)
        .iter()
        .map(|to| compose::message(house, to, &[], subject.clone(), rendered.clone(), now))
        .collect()
}

fn recipients(house: &House<'_>) -> Vec<Address> {
    let named = house.reviewers.iter().chain(house.safeguarding).cloned();
    let mut told = HashSet::new();
    let named: Vec<Address> = named.filter(|to| told.insert(to.clone())).collect();
    match named.is_empty() {
        true => postmaster(house).into_iter().collect(),
        false => named,
    }
}

fn letter(house: &House<'_>, bypass: &Told<'_>, change: Change<'_>, now: Timestamp) -> Letter {
    let school = prose::line(&house.school.name, 80);
    let began = format!(
        "{} switched the checks off at {}: “{}”",
        prose::line(bypass.by, 80),
        clock::mail_time(bypass.began, now),
        prose::line(bypass.reason, 400)
    );
    let (tone, opening, mut account) = match change {
        Change::Began => (
            "held",
            format!("Nobody checks mail of {school} until {}.", clock::moment(bypass.until, now)),
            vec![
                "Each message that leaves meanwhile stands in the journal as unscreened. What was held before stays held.".to_owned(),
                "If this surprises you, speak to whoever runs Exeat at once.".to_owned(),
            ],
        ),
        Change::Ended { by, passed } => {
            let who = match by {
                Some(by) => format!("{} switched them on again.", prose::line(by, 80)),
                None => "They came on again by themselves, as they were set to.".to_owned(),
            };
            let messages = match passed {
                0 => "No message left unchecked.".to_owned(),
                1 => "One message left unchecked.".to_owned(),
                passed => format!("{passed} messages left unchecked."),
            };
            ("ended", format!("Mail of {school} is checked again."), vec![who, messages])
        }
    };
    account.insert(0, began);
    let commands = match change {
        Change::Began => vec![(
            format!(
                "exeat bypass --end --school {} --reason \"…\"",
                house.school.id
            ),
            "switches the checks on again now",
        )],
        Change::Ended { .. } => Vec::new(),
    };
    Letter {
        school,
        tone,
        opening,
        account,
        facts: Vec::new(),
        noticed: Vec::new(),
        commands,
    }
}
