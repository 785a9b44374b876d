//! The middle of the picture: read, check, decide.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use tokio::runtime::{Handle, RuntimeFlavor};

use crate::check::{self, History, Screened};
use crate::extract::{HabitualPassword, Reading};
use crate::finding::{Action, Finding, Location, Problem};
use crate::mail::{Content, Envelope};
use crate::policy::{self, Policy, Verdict};
use crate::school::School;
use crate::worker;

mod alike;
mod past;

pub use alike::Alike;
pub use past::{Past, thread};

/// Up to this much text, in bytes, checks take less than a millisecond or two.
const BRIEF: usize = 64 * 1024;

/// What screening found out about one message.
#[derive(Debug)]
pub struct Screening {
    pub verdict: Verdict,
    /// What the worker gave. Holds names in clear: stays in this process.
    pub reading: Reading,
    pub took: Duration,
}

/// Reads the message in a worker, runs every check over it, and holds the
/// findings against the school's policy. An error is a fault of Exeat's own and
/// never lets a message through.
pub async fn screen(
    workers: &worker::Pool,
    school: &School,
    policy: &Policy,
    envelope: &Envelope,
    message: &Content,
    past: &Past,
    now: Timestamp,
) -> Result<Screening, worker::Fault> {
    let started = Instant::now();
    let habits = |reading: &Reading| habits(school, envelope, reading, now);
    let reading = workers.read_message_with(message, habits).await?;
    let judged = |history| {
        let judged = || judge(school, policy, envelope, &reading, history, now);
        match reading.text_size() {
            ..=BRIEF => judged(),
            _ => aside(judged),
        }
    };
    let history = past.history(school, policy, envelope, &reading, now);
    let mut verdict = judged(history.clone());
    if verdict.action == Action::Warn {
        let settled = past.settled(school, envelope, &reading, now).await;
        if !settled.is_empty() {
            verdict = judged(History { settled, ..history });
        }
    }
    Ok(Screening {
        verdict,
        reading,
        took: started.elapsed(),
    })
}

/// The passwords that the school is known to use, for a message that has been
/// read but for its encrypted files.
pub fn habits(
    school: &School,
    envelope: &Envelope,
    reading: &Reading,
    now: Timestamp,
) -> Vec<HabitualPassword> {
    let births = match school.habits.try_birth_dates() {
        true => births(school, &Screened::new(envelope, reading, school, now)),
        false => Vec::new(),
    };
    let year = now.to_zoned(TimeZone::UTC).year();
    school.habits.passwords(year, &births)
}

/// The dates of birth of the pupils whom a message names or goes to, and of
/// those to whose families it goes.
fn births(school: &School, mail: &Screened<'_>) -> Vec<Date> {
    let people = &school.people;
    let meant = mail.sightings.iter();
    let named = meant
        .filter(|sighting| sighting.suppressed.is_none())
        .flat_map(|sighting| sighting.pupils.iter().copied());
    let met = mail.envelope.addresses().flat_map(|address| {
        let of_contact = people.contacts_at(address);
        let of_contact = of_contact.flat_map(|contact| contact.pupils.iter().copied());
        people.pupil_at(address).into_iter().chain(of_contact)
    });
    let mut known = HashSet::new();
    met.chain(named)
        .filter_map(|pupil| people.pupils.get(pupil)?.date_of_birth)
        .filter(|birth| known.insert(*birth))
        .collect()
}

/// Runs what takes long where it keeps no other session waiting.
fn aside<T>(work: impl FnOnce() -> T) -> T {
    match Handle::current().runtime_flavor() {
        RuntimeFlavor::MultiThread => tokio::task::block_in_place(work),
        _ => work(),
    }
}

/// The second half of [`screen`], for a message that has been read.
pub fn judge(
    school: &School,
    policy: &Policy,
    envelope: &Envelope,
    reading: &Reading,
    history: History,
    now: Timestamp,
) -> Verdict {
    let mail = Screened::new(envelope, reading, school, now).after(history);
    let findings = check::ALL
        .iter()
        .filter(|check| policy.runs(check.id()))
        .flat_map(|check| check.inspect(&mail, school))
        .map(|finding| without_passwords(finding, reading))
        .collect();
    policy::decide(policy, school, &mail, findings)
}

/// Any check may have shown a password in the words around what it found.
fn without_passwords(finding: Finding, reading: &Reading) -> Finding {
    Finding {
        location: Location::new(reading.without_passwords(finding.location.as_str())),
        what: reading.without_passwords(&finding.what),
        excerpt: reading.without_passwords(&finding.excerpt),
        ..finding
    }
}

/// The subject as it may leave: names in it are initials, and a password that
/// opens one of the message's own files is dots.
pub fn masked_subject(school: &School, reading: &Reading) -> String {
    let names = &school.people.names;
    names.mask(&reading.without_passwords(&reading.header.subject))
}

/// Problems as they may leave, in the same way.
pub fn masked_problems(school: &School, reading: &Reading) -> Vec<Problem> {
    let mask = |text: &str| school.people.names.mask(&reading.without_passwords(text));
    reading
        .problems
        .iter()
        .map(|problem| Problem {
            location: Location::new(mask(problem.location.as_str())),
            kind: problem.kind,
            what: mask(&problem.what),
        })
        .collect()
}
