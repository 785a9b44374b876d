//! Rosters, staff and contacts: the files, and who is in them.

use std::time::{Duration, SystemTime};

use super::{Line, counted, odd, ok};
use crate::config::Config;

/// A list of people is old after half a year: pupils have come and gone.
const OLD: Duration = Duration::from_secs(183 * 24 * 60 * 60);

pub(super) fn look(config: &Config) -> Vec<Line> {
    let mut lines = Vec::new();
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
                "no pupil is recognised without a roster: export one from the MIS and name it under `roster`",
            ),
            _ => ok("people", said),
        });
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
