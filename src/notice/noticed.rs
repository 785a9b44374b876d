//! What was noticed, gathered by rule.

use serde::Serialize;

use crate::finding::{Action, Finding, Location, Mode, RuleId};
use crate::policy::Judged;

use super::guide::guide;
use super::prose;

/// As many places of one rule are listed.
const PLACES: usize = 6;

/// One rule's findings, as a template shows them.
#[derive(Debug, Serialize)]
pub(super) struct Noticed {
    pub(super) title: &'static str,
    /// `register.xlsx › sheet "Y6" › B14: 32 pupils, with dates of birth`.
    pub(super) places: Vec<String>,
    /// `and 3 more`.
    pub(super) more: Option<String>,
    /// The school's own words; empty if an earlier rule quotes the same.
    pub(super) clause: String,
    pub(super) link: String,
    /// This rule alone would have let the mail go.
    pub(super) minor: bool,
    #[serde(skip)]
    pub(super) rule: RuleId,
    #[serde(skip)]
    pub(super) action: Action,
}

/// The findings that count, gathered by rule: first the rules that weigh most,
/// then in the order of [`RuleId::ALL`].
pub(super) fn gather(
    findings: &[Judged],
    console_url: &str,
    clause: &dyn Fn(RuleId) -> String,
) -> Vec<Noticed> {
    let counted: Vec<&Judged> = findings.iter().filter(|judged| counts(judged)).collect();
    let held = counted.iter().any(|judged| judged.action.holds());
    let mut noticed: Vec<Noticed> = RuleId::ALL
        .into_iter()
        .filter_map(|rule| {
            let of_rule = || {
                counted
                    .iter()
                    .filter(move |judged| judged.finding.rule == rule)
            };
            let action = of_rule().map(|judged| judged.action).max()?;
            let mut places = Vec::new();
            for judged in of_rule() {
                let place = place(&judged.finding);
                if !places.contains(&place) {
                    places.push(place);
                }
            }
            let more = places.len().saturating_sub(PLACES);
            places.truncate(PLACES);
            Some(Noticed {
                title: guide(rule).title,
                places,
                more: (more > 0).then(|| format!("and {more} more")),
                clause: prose::line(&clause(rule), 600),
                link: format!("{}/rules/{rule}", console_url.trim_end_matches('/')),
                minor: held && !action.holds(),
                rule,
                action,
            })
        })
        .collect();
    noticed.sort_by_key(|noticed| std::cmp::Reverse(noticed.action));
    for index in 1..noticed.len() {
        let (said, rest) = noticed.split_at_mut(index);
        if said.iter().any(|earlier| earlier.clause == rest[0].clause) {
            rest[0].clause.clear();
        }
    }
    noticed
}

/// Whether a finding had a part in what happened.
fn counts(judged: &Judged) -> bool {
    judged.mode == Mode::Enforce
        && judged.finding.suppressed.is_none()
        && judged.action > Action::Deliver
}

/// Where and what. The excerpt stays out, though it is masked: a notice
/// repeats nothing of the mail.
fn place(finding: &Finding) -> String {
    let place = match finding.location.as_str() {
        place if place == Location::subject().as_str() => "Subject".to_owned(),
        place => match place.strip_prefix(Location::body().as_str()) {
            Some("") => "Text of the mail".to_owned(),
            Some(rest) if rest.starts_with(" › ") => {
                format!("Text of the mail{}", prose::line(rest, 100))
            }
            _ => prose::line(place, 120),
        },
    };
    let what = prose::line(&finding.what, 160);
    match (place.is_empty(), what.is_empty()) {
        (false, false) => format!("{place}: {what}"),
        (true, _) => prose::capitalised(&what),
        (false, true) => place,
    }
}
