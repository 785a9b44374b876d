//! The letters to reviewers: what waits for them, and how to look at it.

use std::collections::HashSet;

use jiff::Timestamp;
use serde::Serialize;

use crate::finding::{Action, Mode, RuleId, Weight};
use crate::mail::Address;
use crate::policy::Judged;

use super::compose::{self, Kind};
use super::noticed;
use super::person::{self, Untold};
use super::{About, Event, House, Mail, clock, prose};

/// Everything that the templates show, already in words.
#[derive(Debug, Serialize)]
pub(super) struct Letter {
    pub(super) school: String,
    pub(super) tone: &'static str,
    pub(super) opening: String,
    /// Whole sentences that follow the opening.
    pub(super) account: Vec<String>,
    /// What is known of the mail: a label and a value each.
    pub(super) facts: Vec<(&'static str, String)>,
    pub(super) noticed: Vec<Rule>,
    /// What to type, and what it does.
    pub(super) commands: Vec<(String, &'static str)>,
}

#[derive(Debug, Serialize)]
pub(super) struct Rule {
    title: &'static str,
    places: Vec<String>,
    more: Option<String>,
}

pub(super) fn mails(house: &House<'_>, about: &About, event: &Event, now: Timestamp) -> Vec<Mail> {
    let untold = person::sender(house, about).err();
    let threatens = |judged: &Judged| acts(judged) && is_threat(judged);
    let alarms = *event == Event::Noted && about.findings.iter().any(threatens);
    if !alarms && !concerns_reviewers(event, untold.is_some()) {
        return Vec::new();
    }
    let rendered = compose::render(Kind::Reviewer, &letter(house, about, event, untold, now));
    let subject = subject(about, event, now);
    recipients(house, about)
        .iter()
        .map(|to| compose::message(house, to, &[], subject.clone(), rendered.clone(), now))
        .collect()
}

/// What waits for reviewers, and what they let pass; all else only if its
/// sender cannot be told.
fn concerns_reviewers(event: &Event, untold: bool) -> bool {
    match event {
        Event::Quarantined | Event::Expired => true,
        Event::Warned | Event::Released { .. } | Event::Refused { .. } | Event::Withdrawn => untold,
        Event::Noted => false,
    }
}

/// Nobody is asked about a mail of their own, if there is anybody else.
fn recipients(house: &House<'_>, about: &About) -> Vec<Address> {
    let (safety, other): (Vec<&Judged>, _) = about
        .findings
        .iter()
        .filter(|judged| acts(judged))
        .partition(|judged| concerns_safety(judged));
    let is_own = |address: &Address| about.sender.as_ref() == Some(address);
    let mut named: Vec<Address> = Vec::new();
    if !safety.is_empty() {
        named.extend_from_slice(house.safeguarding);
    }
    // What waits for another reason too waits for those whom that concerns.
    if !other.is_empty() || named.iter().all(is_own) {
        named.extend_from_slice(house.reviewers);
    }
    if named.is_empty() {
        named.extend(postmaster(house));
    }
    if !named.iter().all(is_own) {
        named.retain(|address| !is_own(address));
    }
    // Who has both offices gets one letter.
    let mut told: HashSet<Address> = HashSet::new();
    named.retain(|address| told.insert(address.clone()));
    named
}

/// Who is there at every domain (RFC 5321 section 4.5.1).
pub(super) fn postmaster(house: &House<'_>) -> Option<Address> {
    let domain = house.school.domains.first()?;
    format!("postmaster@{domain}").parse().ok()
}

fn acts(judged: &Judged) -> bool {
    judged.mode == Mode::Enforce
        && judged.finding.suppressed.is_none()
        && (judged.action >= Action::Quarantine || is_threat(judged))
}

/// Whether a child's safety may be at stake.
fn concerns_safety(judged: &Judged) -> bool {
    is_threat(judged)
        || judged.finding.weight == Weight::Restricted
        || matches!(
            judged.finding.rule,
            RuleId::PersonalDetailsToPupil | RuleId::PupilPrivateAddress
        )
}

fn is_threat(judged: &Judged) -> bool {
    judged.finding.weight == Weight::Threat && judged.finding.suppressed.is_none()
}

fn subject(about: &About, event: &Event, now: Timestamp) -> String {
    let which = match &about.reference {
        Some(reference) => reference.to_string(),
        None => format!("a mail of {}", clock::mail_time(about.received, now)),
    };
    match event {
        Event::Warned | Event::Quarantined => match about.due {
            Some(due) => format!("To decide by {}: {which}", clock::moment(due, now)),
            None => format!("To decide: {which}"),
        },
        Event::Noted => format!("Please look at once: {which}"),
        Event::Released { .. } => format!("Released: {which}"),
        Event::Refused { .. } => format!("Refused: {which}"),
        Event::Withdrawn => format!("Withdrawn: {which}"),
        Event::Expired => format!("Expired: {which}"),
    }
}

fn letter(
    house: &House<'_>,
    about: &About,
    event: &Event,
    untold: Option<Untold>,
    now: Timestamp,
) -> Letter {
    let noticed = noticed::gather(&about.findings, house.console_url, &|_| String::new());
    Letter {
        school: prose::line(&house.school.name, 80),
        tone: tone(event),
        opening: opening(event),
        account: account(event, untold, now),
        facts: facts(house, about, event, now),
        noticed: noticed
            .into_iter()
            .map(|noticed| Rule {
                title: noticed.title,
                places: noticed.places,
                more: noticed.more,
            })
            .collect(),
        commands: commands(about, event),
    }
}

fn tone(event: &Event) -> &'static str {
    match event {
        Event::Warned | Event::Quarantined => "held",
        Event::Noted | Event::Released { .. } => "sent",
        Event::Refused { .. } | Event::Withdrawn | Event::Expired => "ended",
    }
}

fn opening(event: &Event) -> String {
    match event {
        Event::Warned | Event::Quarantined => "Held: this mail waits for your decision.",
        Event::Noted => "Sent, and it reads as a threat: please look at it at once.",
        Event::Released { .. } => "Released: it is on its way.",
        Event::Refused { .. } => "Refused: it was not sent, and will not be.",
        Event::Withdrawn => "Withdrawn: it was not sent, and will not be.",
        Event::Expired => "Expired: nobody decided in time, so it was not sent.",
    }
    .to_owned()
}

fn account(event: &Event, untold: Option<Untold>, now: Timestamp) -> Vec<String> {
    let time = clock::time(now);
    let mut account = Vec::new();
    match event {
        Event::Released { by } => {
            account.push(format!("{} released it at {time}.", prose::line(by, 80)))
        }
        Event::Refused { by, reason } => account.push(format!(
            "{} refused it at {time}: “{}”",
            prose::line(by, 80),
            prose::line(reason, 400)
        )),
        _ => {}
    }
    account.push(match untold {
        Some(untold) => untold.why().to_owned(),
        None => "Its sender has been told.".to_owned(),
    });
    account
}

fn facts(
    house: &House<'_>,
    about: &About,
    event: &Event,
    now: Timestamp,
) -> Vec<(&'static str, String)> {
    let sender = match &about.sender {
        Some(address) => prose::line(address.as_str(), 120),
        None => "none (a null return path)".to_owned(),
    };
    let subject = match prose::line(&about.subject, 120) {
        subject if subject.is_empty() => "(none)".to_owned(),
        subject => subject,
    };
    let mut facts = Vec::new();
    if let Some(reference) = &about.reference {
        facts.push(("Reference", reference.to_string()));
    }
    facts.extend([
        ("School", prose::line(&house.school.name, 80)),
        ("From", sender),
        ("To", prose::people(about.recipients)),
        ("Subject", subject),
        ("Received", clock::mail_time(about.received, now)),
    ]);
    if let (Some(due), Event::Warned | Event::Quarantined) = (about.due, event) {
        facts.push(("Expires", clock::moment(due, now)));
    }
    facts
}

fn commands(about: &About, event: &Event) -> Vec<(String, &'static str)> {
    let (Some(reference), Event::Warned | Event::Quarantined) = (&about.reference, event) else {
        return Vec::new();
    };
    vec![
        (
            format!("exeat holds show {reference}"),
            "what was noticed, and where",
        ),
        (
            format!("exeat holds release {reference} --reason \"…\""),
            "sends it; its sender is told",
        ),
        (
            format!("exeat holds refuse {reference} --reason \"…\""),
            "it is never sent; its sender is told, with your reason",
        ),
    ]
}
