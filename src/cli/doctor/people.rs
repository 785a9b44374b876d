//! Rosters, staff and contacts: the files, and who is in them.

use std::time::{Duration, SystemTime};

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::{Line, counted, odd, ok};
use crate::config::Config;
use crate::school::School;
use crate::store::people::{Imported, List};

/// A list of people is old after half a year: pupils have come and gone.
const OLD: Duration = Duration::from_secs(183 * 24 * 60 * 60);

/// An import is old after a term.
const OLD_IMPORT: SignedDuration = SignedDuration::from_hours(100 * 24);

pub(super) fn look(config: &Config) -> Vec<Line> {
    let mut lines = Vec::new();
    let now = Timestamp::now();
    for (school, lists) in &config.imported {
        lines.extend(lists.iter().map(|list| imported(school, list, now)));
    }
    for tenant in config.tenants.iter() {
        let people = &tenant.school.people;
        let said = format!(
            "{}: {}, {} staff, {}",
            tenant.school.id,
            counted(people.pupils.len(), "pupil"),
            people.staff.len(),
            counted(people.contacts.len(), "contact"),
        );
        lines.push(match people.pupils.len() {
            0 => odd(
                "people",
                said,
                "no pupil is recognised without a roster: export one from the MIS, then `exeat roster import`",
            ),
            _ => ok("people", said),
        });
        let today = now.to_zoned(TimeZone::system()).date();
        lines.extend(overdue(&tenant.school, today));
        if tenant.reviewers.is_empty() {
            lines.push(odd(
                "reviewers",
                format!(
                    "{}: none; the postmaster is told of what is held",
                    tenant.school.id
                ),
                "name the data lead and a deputy under `reviewers`",
            ));
        }
    }
    // The first is the configuration itself, which says no more.
    lines.extend(config.files.iter().skip(1).filter_map(|path| {
        let about = path.metadata().ok()?;
        let age = about
            .modified()
            .ok()
            .and_then(|changed| SystemTime::now().duration_since(changed).ok());
        let days = age.map_or(0, |age| age.as_secs() / (24 * 60 * 60));
        let said = format!(
            "{}: {}, changed {}",
            path.display(),
            crate::cli::size(about.len()),
            match days {
                0 => "today".to_owned(),
                days => format!("{} ago", counted(usize::try_from(days).unwrap_or(0), "day")),
            }
        );
        let is_list = path
            .extension()
            .is_some_and(|ending| ending.eq_ignore_ascii_case("csv"));
        Some(match age {
            Some(age) if is_list && age > OLD => odd(
                "file",
                said,
                "export it anew from the MIS: pupils who came since are not recognised",
            ),
            _ => ok("file", said),
        })
    }));
    lines
}

/// Routes that somebody should have looked at by now.
fn overdue(school: &School, today: Date) -> Vec<Line> {
    let routes = school.routes.all();
    let overdue = routes.filter(|(_, route)| route.is_overdue(today));
    overdue
        .map(|(key, route)| {
            let approval = &route.approval;
            let day = approval.review_by.map(|day| day.to_string());
            let mut said = format!(
                "{}: {key}, {route}: its review was due by {}",
                school.id,
                day.unwrap_or_default()
            );
            if let Some(by) = &approval.by {
                said.push_str(&format!("; approved by {by}"));
            }
            if let Some(reason) = &approval.reason {
                said.push_str(&format!(" ({reason})"));
            }
            odd(
                "routes",
                said,
                "ask whether it is still right; then set a new `review_by`, or take it out",
            )
        })
        .collect()
}

/// An import, its numbers and its age.
fn imported(school: &str, import: &Imported, now: Timestamp) -> Line {
    let age = now.duration_since(import.when);
    let days = usize::try_from(age.as_hours() / 24).unwrap_or(0);
    let ago = match days {
        0 => "today".to_owned(),
        days => format!("{} ago", counted(days, "day")),
    };
    let people = usize::try_from(import.current).unwrap_or(usize::MAX);
    let people = match import.list {
        List::Roster => counted(people, "pupil"),
        List::Staff => format!("{people} staff"),
        List::Contacts => counted(people, "contact"),
    };
    let former = match import.former {
        0 => String::new(),
        former => format!(", {former} former"),
    };
    let (list, format) = (import.list.as_str(), &import.format);
    let said = format!("{school}: {list} imported {ago} from {format}: {people}{former}");
    match age > OLD_IMPORT {
        true => odd(
            "import",
            said,
            format!("export it anew from the MIS, then `exeat {list} import … --school {school}`"),
        ),
        false => ok("import", said),
    }
}

#[cfg(test)]
mod tests {
    use super::super::State;
    use super::*;

    #[test]
    fn an_import_is_old_after_a_hundred_days() {
        let when = "2026-09-01T08:00:00Z".parse::<Timestamp>().expect("a time");
        let import = Imported {
            list: List::Roster,
            generation: 1,
            when,
            format: "OneRoster 1.1".to_owned(),
            current: 612,
            former: 3,
        };
        for (days, state, words) in [
            (
                0,
                State::Ok,
                "imported today from OneRoster 1.1: 612 pupils, 3 former",
            ),
            (1, State::Ok, "imported 1 day ago"),
            (100, State::Ok, "imported 100 days ago"),
            (101, State::Warning, "imported 101 days ago"),
        ] {
            let now = when + SignedDuration::from_hours(24 * days);
            let line = imported("greenfold", &import, now);
            assert_eq!(line.state, state, "{days}");
            assert!(line.what.contains(words), "{}", line.what);
        }
        let staff = Imported {
            list: List::Staff,
            current: 1,
            former: 0,
            ..import
        };
        let line = imported("greenfold", &staff, when);
        assert!(line.what.ends_with(": 1 staff"), "{}", line.what);
    }
}
