//! The letter to a mail's sender: a busy person, who reads the first line.

use jiff::Timestamp;
use serde::Serialize;

use crate::finding::RuleId;
use crate::mail::Address;

use super::compose::{self, Kind};
use super::guide::{Remedy, guide};
use super::noticed::{self, Noticed};
use super::person::{self, Person};
use super::{About, Event, House, Mail, clock, prose};

/// Everything that the templates show, already in words.
#[derive(Debug, Serialize)]
struct Letter {
    school: String,
    /// `held`, `sent` or `ended`: the colour of the first line's mark.
    tone: &'static str,
    /// What is true of the mail.
    opening: String,
    /// Which mail: `Your mail of 14:02 to 3 people`.
    which: String,
    /// Masked.
    subject: String,
    /// Who decided what, and why.
    account: Vec<String>,
    advice: Option<Advice>,
    noticed: Vec<Noticed>,
    next: Vec<String>,
    /// Whom to tell if this is wrong.
    doubt: Option<String>,
    reference: Option<String>,
}

/// The one thing to do first, and how.
#[derive(Debug, Serialize)]
struct Advice {
    heading: &'static str,
    first: String,
    lines: Vec<String>,
}

pub(super) fn mail(
    house: &House<'_>,
    to: &Address,
    about: &About,
    event: &Event,
    now: Timestamp,
    clause: &dyn Fn(RuleId) -> String,
) -> Mail {
    let letter = letter(house, to, about, event, now, clause);
    let subject = subject(about, event, now);
    let rendered = compose::render(Kind::Sender, &letter);
    compose::message(house, to, house.reviewers, subject, rendered, now)
}

/// What happened, and to which mail; no rule, as a subject is seen by many.
fn subject(about: &About, event: &Event, now: Timestamp) -> String {
    let which = which(about, now);
    match event {
        Event::Warned | Event::Quarantined => format!("Not sent yet: {which}"),
        Event::Noted => format!("Sent, with something to know: {which}"),
        Event::Released { .. } => format!("Released: {which}"),
        Event::Refused { .. } => format!("Not sent: {which} was refused"),
        Event::Withdrawn => format!("Not sent: {which} was withdrawn"),
        Event::Expired => format!("Not sent: {which} has expired"),
    }
}

fn letter(
    house: &House<'_>,
    to: &Address,
    about: &About,
    event: &Event,
    now: Timestamp,
    clause: &dyn Fn(RuleId) -> String,
) -> Letter {
    let helper = person::helper(house, to);
    let noticed = match event {
        Event::Released { .. } | Event::Withdrawn => Vec::new(),
        _ => noticed::gather(&about.findings, house.console_url, clause),
    };
    let masked = prose::line(&about.subject, 120);
    Letter {
        school: prose::line(&house.school.name, 80),
        tone: tone(event),
        opening: opening(event, &noticed, now),
        which: prose::capitalised(&which(about, now)),
        account: account(event, now),
        advice: advice(event, &noticed, &masked),
        next: next(house, &helper, about, event, now),
        doubt: doubt(&helper, event),
        reference: about.reference.as_ref().map(ToString::to_string),
        subject: if masked.is_empty() {
            "(none)".to_owned()
        } else {
            masked
        },
        noticed,
    }
}

fn which(about: &About, now: Timestamp) -> String {
    let time = clock::mail_time(about.received, now);
    match about.recipients {
        0 => format!("your mail of {time}"),
        n => format!("your mail of {time} to {}", prose::people(n)),
    }
}

fn tone(event: &Event) -> &'static str {
    match event {
        Event::Warned | Event::Quarantined => "held",
        Event::Noted | Event::Released { .. } => "sent",
        Event::Refused { .. } | Event::Withdrawn | Event::Expired => "ended",
    }
}

/// The first line, true of the mail at the moment at which it is written: a
/// released mail is on its way, and only the outbox sees it arrive.
fn opening(event: &Event, noticed: &[Noticed], now: Timestamp) -> String {
    match event {
        Event::Warned | Event::Quarantined => {
            "Not sent yet: nothing has left the school.".to_owned()
        }
        Event::Noted => match noticed.len() {
            0 | 1 => "Sent. One thing to know for next time.".to_owned(),
            n => format!(
                "Sent. {} things to know for next time.",
                prose::capitalised(&prose::number(n))
            ),
        },
        Event::Released { .. } => format!("Released at {}: it is on its way.", clock::time(now)),
        Event::Refused { .. } => "Refused: it was not sent, and will not be.".to_owned(),
        Event::Withdrawn => "Withdrawn: it was not sent, and will not be.".to_owned(),
        Event::Expired => "Not sent: nobody released it in time, so it has expired.".to_owned(),
    }
}

fn account(event: &Event, now: Timestamp) -> Vec<String> {
    let time = clock::time(now);
    match event {
        Event::Released { by } => {
            vec![format!("{} released it. You need do nothing.", who(by))]
        }
        Event::Refused { by, reason } => {
            let reason = prose::line(reason, 400);
            vec![if reason.is_empty() {
                format!("{} decided this at {time}.", who(by))
            } else {
                format!(
                    "{} decided this at {time}, and gave this reason: “{reason}”",
                    who(by)
                )
            }]
        }
        Event::Noted => {
            vec!["It has gone as you wrote it, and you need do nothing now.".to_owned()]
        }
        _ => Vec::new(),
    }
}

fn who(by: &str) -> String {
    let by = prose::line(by, 80);
    if by.is_empty() {
        "A reviewer".to_owned()
    } else {
        by
    }
}

fn advice(event: &Event, noticed: &[Noticed], masked_subject: &str) -> Option<Advice> {
    let (heading, start) = match event {
        Event::Warned | Event::Quarantined => ("What to do", "Send it again"),
        Event::Noted => ("For next time", "Send it"),
        Event::Refused { .. } | Event::Expired => ("If it still has to go", "Send it again"),
        Event::Released { .. } | Event::Withdrawn => return None,
    };
    let decisive = || noticed.iter().filter(|noticed| !noticed.minor);
    let let_go = decisive().find_map(|noticed| match guide(noticed.rule).remedy {
        Remedy::LetGo(advice) => Some(advice),
        Remedy::Change { .. } => None,
    });
    if let Some(advice) = let_go {
        return Some(Advice {
            heading,
            first: advice.to_owned(),
            lines: Vec::new(),
        });
    }
    let changes: Vec<(String, &[&str])> = decisive()
        .filter_map(|noticed| match guide(noticed.rule).remedy {
            Remedy::Change { to, how } => Some((change(noticed.rule, to, masked_subject), how)),
            Remedy::LetGo(_) => None,
        })
        .collect();
    let advice = match changes.as_slice() {
        [] => return None,
        [(to, how)] => Advice {
            heading,
            first: format!("{start} with {to}"),
            lines: how.iter().map(|line| (*line).to_owned()).collect(),
        },
        several => Advice {
            heading,
            first: format!("{start} with {} changes:", prose::number(several.len())),
            lines: several
                .iter()
                .map(|(to, how)| {
                    let first = prose::capitalised(to);
                    [&[first.as_str()], *how].concat().join(" ")
                })
                .collect(),
        },
    };
    Some(advice)
}

/// For a subject, the change is there to be copied.
fn change(rule: RuleId, to: &str, masked_subject: &str) -> String {
    match rule {
        RuleId::PupilNameInSubject if !masked_subject.is_empty() => {
            format!("{to}: “{masked_subject}”")
        }
        _ => format!("{to}."),
    }
}

fn next(
    house: &House<'_>,
    helper: &Person,
    about: &About,
    event: &Event,
    now: Timestamp,
) -> Vec<String> {
    let until = about.due.map(|due| clock::moment(due, now));
    let how = helper.how();
    match event {
        Event::Warned => {
            let ends = match until {
                Some(until) => format!(" It expires at {until}."),
                None => String::new(),
            };
            vec![
                format!(
                    "If it is right as it is, or if we are wrong, ask {} to release it{how}.",
                    helper.amid()
                ),
                format!(
                    "Otherwise you need do nothing: unless it is released, it is not sent.{ends}"
                ),
            ]
        }
        Event::Quarantined => {
            let colleague = if house.reviewers.len() > 1 {
                " or a colleague"
            } else {
                ""
            };
            let ends = match until {
                Some(until) => {
                    format!("If it has not been released by {until}, it expires, and we tell you.")
                }
                None => "We tell you what becomes of it.".to_owned(),
            };
            let urgent = match &helper.reach {
                Some(reach) => format!("If it cannot wait, or if we are wrong: {reach}."),
                None => format!(
                    "If it cannot wait, or if we are wrong, tell {}.",
                    helper.full()
                ),
            };
            vec![
                format!(
                    "{}{colleague} will look at it and decide whether it is sent.",
                    prose::capitalised(&helper.amid())
                ),
                ends,
                urgent,
                format!(
                    "If you send it again meanwhile, tell {} that this one is no longer needed.",
                    helper.name
                ),
            ]
        }
        _ => Vec::new(),
    }
}

/// Events that have not named the way to object already.
fn doubt(helper: &Person, event: &Event) -> Option<String> {
    match event {
        Event::Noted | Event::Refused { .. } | Event::Expired => Some(format!(
            "We may be wrong. If we are, please tell {}{}.",
            helper.full(),
            helper.how()
        )),
        _ => None,
    }
}
