//! `out-of-hours`: a member of staff writes late, early or at the weekend. Off
//! unless a school sets it.
//!
//! **What it looks for.** The time in the United Kingdom at which the message
//! comes by: before seven, from seven in the evening on, on a Saturday, a
//! Sunday or one of the days between Christmas and New Year. Where a mail is
//! looked at long after it was sent (`exeat check`), its own date counts.
//!
//! **Why.** "Staff will be encouraged to develop an appropriate work life
//! balance when responding to email."
//!
//! **What passes.** Pupils' and programs' mail, and mail to an urgent route.

use std::time::Duration;

use jiff::civil::Weekday;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};

use crate::extract::Reading;
use crate::finding::{Finding, Location, RuleId, Weight};
use crate::school::{School, leads};

use super::{Check, Screened};

/// The hours at which work begins and ends.
const HOURS: std::ops::Range<i8> = 7..19;
/// A message that is older was not sent just now.
const OLD: Duration = Duration::from_hours(48);

#[derive(Debug)]
pub(super) struct OutOfHours;

impl Check for OutOfHours {
    fn id(&self) -> RuleId {
        RuleId::OutOfHours
    }

    fn inspect(&self, mail: &Screened<'_>, school: &School) -> Vec<Finding> {
        let mut authors = mail.reading.header.from.iter();
        let by_staff = authors.any(|from| {
            from.address
                .parse()
                .is_ok_and(|address| school.is_staff_address(&address))
        });
        let mut recipients = mail.envelope.addresses();
        let urgent = recipients.any(|address| leads(&school.routes.urgent, address));
        if urgent || !by_staff || mail.reading.header.automatic {
            return Vec::new();
        }
        let sent = sent(mail.reading, mail.now).to_zoned(london());
        let Some(when) = out_of_hours(&sent) else {
            return Vec::new();
        };
        vec![Finding {
            rule: RuleId::OutOfHours,
            location: Location::new("time"),
            what: format!("sent {when}"),
            excerpt: sent.strftime("%H:%M, %A %-d %B %Y").to_string(),
            confidence: 1.0,
            pupils: Vec::new(),
            weight: Weight::Ordinary,
            suppressed: None,
        }]
    }
}

fn sent(reading: &Reading, now: Timestamp) -> Timestamp {
    let written = reading
        .header
        .date
        .and_then(|seconds| Timestamp::from_second(seconds).ok());
    match written {
        Some(written) if now.duration_since(written).unsigned_abs() > OLD => written,
        _ => now,
    }
}

fn out_of_hours(sent: &Zoned) -> Option<&'static str> {
    let holiday = matches!((sent.month(), sent.day()), (12, 25..=31) | (1, 1));
    match sent.weekday() {
        _ if holiday => Some("in the Christmas holiday"),
        Weekday::Saturday | Weekday::Sunday => Some("at the weekend"),
        _ if sent.hour() < HOURS.start => Some("before seven in the morning"),
        _ if sent.hour() >= HOURS.end => Some("after seven in the evening"),
        _ => None,
    }
}

/// By the system's data; where there are none, by the rule in force since 1996.
fn london() -> TimeZone {
    TimeZone::get("Europe/London").unwrap_or_else(|_| {
        TimeZone::posix("GMT0BST,M3.5.0/1,M10.5.0").expect("the rule is well formed (POSIX TZ)")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::testing::{mail_of, mailbox, message, school};
    use crate::extract::Role;

    fn found(now: &str, change: impl Fn(&mut Reading)) -> Option<String> {
        let mut reading = message(&[(Role::Body, "See you.")]);
        change(&mut reading);
        let mut mail = mail_of(&reading, &[]);
        mail.now = now.parse().expect("a time");
        let findings = OutOfHours.inspect(&mail, &school());
        findings.into_iter().next().map(|finding| finding.what)
    }

    #[test]
    fn the_clock_in_britain_decides() {
        for (now, expected) in [
            ("2026-11-17T12:00:00Z", None),
            ("2026-11-17T07:00:00Z", None),
            (
                "2026-11-17T06:59:59Z",
                Some("sent before seven in the morning"),
            ),
            ("2026-11-17T18:59:59Z", None),
            (
                "2026-11-17T19:00:00Z",
                Some("sent after seven in the evening"),
            ),
            ("2026-11-21T12:00:00Z", Some("sent at the weekend")),
            ("2026-11-22T23:59:00Z", Some("sent at the weekend")),
            // Summer time: an hour ahead of UTC.
            ("2026-06-16T06:00:00Z", None),
            (
                "2026-06-16T18:00:00Z",
                Some("sent after seven in the evening"),
            ),
            (
                "2026-12-28T12:00:00Z",
                Some("sent in the Christmas holiday"),
            ),
        ] {
            assert_eq!(found(now, |_| ()).as_deref(), expected, "{now}");
        }
    }

    #[test]
    fn an_old_mail_is_judged_by_its_own_date() {
        let written = |text: &str| text.parse::<Timestamp>().expect("a time").as_second();
        let late = written("2026-09-10T22:45:00Z");
        let noon = "2026-11-17T12:00:00Z";
        assert!(found(noon, |mail| mail.header.date = Some(late)).is_some());
        // Written late, and sent by a schedule.
        let night = written("2026-11-16T23:00:00Z");
        assert!(found(noon, |mail| mail.header.date = Some(night)).is_none());
        assert!(found(noon, |mail| mail.header.date = Some(i64::MAX)).is_none());
    }

    #[test]
    fn pupils_and_programs_may_write_at_night() {
        let night = "2026-11-17T23:00:00Z";
        assert!(found(night, |_| ()).is_some());
        assert!(found(night, |mail| mail.header.automatic = true).is_none());
        assert!(
            found(night, |mail| mail.header.from =
                vec![mailbox("25x@pupils.greenfold.sch.example")])
            .is_none()
        );
        assert!(found(night, |mail| mail.header.from = Vec::new()).is_none());
    }
}
