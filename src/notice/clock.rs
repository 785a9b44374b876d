//! Times as people in a British school say them.

use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};

/// `14:02`.
pub(super) fn time(at: Timestamp) -> String {
    local(at).strftime("%H:%M").to_string()
}

/// What completes "your mail of …": `14:02` for today's, else
/// `14:02 on Thursday 19 November`.
pub(super) fn mail_time(at: Timestamp, now: Timestamp) -> String {
    if same_day(at, now) {
        time(at)
    } else {
        moment(at, now)
    }
}

/// What completes "until …": `14:02 today`, else
/// `14:02 on Friday 27 November`.
pub(super) fn moment(at: Timestamp, now: Timestamp) -> String {
    if same_day(at, now) {
        format!("{} today", time(at))
    } else {
        format!("{} on {}", time(at), day(at, now))
    }
}

/// `Friday 27 November`, with the year where it is another one.
fn day(at: Timestamp, now: Timestamp) -> String {
    let (at, now) = (local(at), local(now));
    let format = if at.year() == now.year() {
        "%A %-d %B"
    } else {
        "%A %-d %B %Y"
    };
    at.strftime(format).to_string()
}

fn same_day(at: Timestamp, now: Timestamp) -> bool {
    local(at).date() == local(now).date()
}

fn local(at: Timestamp) -> Zoned {
    at.to_zoned(london())
}

/// Europe/London by the system's data, so that a change of the law arrives
/// with the system's updates; where there are none, by the rule in force since
/// 1996.
fn london() -> TimeZone {
    TimeZone::get("Europe/London").unwrap_or_else(|_| by_rule())
}

fn by_rule() -> TimeZone {
    TimeZone::posix("GMT0BST,M3.5.0/1,M10.5.0").expect("the rule is well formed (POSIX TZ)")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().expect("a time stamp")
    }

    #[test]
    fn a_time_is_said_as_briefly_as_it_is_clear() {
        let now = at("2026-11-20T14:05:00Z");
        let check = |when: &str, mail: &str, until: &str| {
            assert_eq!(mail_time(at(when), now), mail);
            assert_eq!(moment(at(when), now), until);
        };
        check("2026-11-20T14:02:59Z", "14:02", "14:02 today");
        check("2026-11-20T00:00:00Z", "00:00", "00:00 today");
        let check = |when: &str, both: &str| {
            assert_eq!(mail_time(at(when), now), both);
            assert_eq!(moment(at(when), now), both);
        };
        check("2026-11-19T23:59:59Z", "23:59 on Thursday 19 November");
        check("2026-07-01T23:30:00Z", "00:30 on Thursday 2 July");
        check("2027-01-04T09:00:00Z", "09:00 on Monday 4 January 2027");
    }

    #[test]
    fn without_time_zone_data_summer_time_still_begins() {
        for utc in [
            "2026-03-29T00:59:59Z",
            "2026-03-29T01:00:00Z",
            "2026-10-25T00:59:59Z",
            "2026-10-25T01:00:00Z",
        ] {
            assert_eq!(
                at(utc).to_zoned(by_rule()).datetime(),
                local(at(utc)).datetime(),
                "{utc}"
            );
        }
    }
}
