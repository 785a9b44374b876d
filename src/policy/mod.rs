//! Findings into a verdict: what the school wants done about each.
//!
//! Checks say what they noticed; here a school's rules say what follows, for
//! these recipients and this sender. Nothing here looks at a text.

use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use crate::check::Screened;
use crate::finding::{Action, Finding, Mode, RuleId};
use crate::school::School;

mod allowance;
mod clauses;
mod parties;
mod rule;
mod settings;
mod standing;

pub use allowance::Allowance;
pub use rule::Rule;
pub use settings::{Case, Recipients, RuleSettings, SchoolMode, Settings};
pub use standing::Standing;

use parties::Parties;

/// The rules in force.
#[derive(Debug)]
pub struct Policy {
    mode: SchoolMode,
    /// In the order of [`RuleId::ALL`].
    rules: [Rule; RuleId::ALL.len()],
    allowances: Vec<Allowance>,
}

/// One decision a message: the strongest of its findings' actions.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Verdict {
    pub action: Action,
    /// In the order of [`RuleId::ALL`], suppressed ones included.
    pub findings: Vec<Judged>,
}

/// A finding and what the policy makes of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Judged {
    pub finding: Finding,
    /// What is done about it; where it is only observed, what would be.
    pub action: Action,
    pub mode: Mode,
}

impl Policy {
    pub fn new(settings: &Settings) -> Self {
        Self {
            mode: settings.mode,
            rules: RuleId::ALL.map(|id| Rule::new(id, settings.rules.get(&id))),
            allowances: Vec::new(),
        }
    }

    /// The same with exceptions.
    #[must_use]
    pub fn allowing(self, allowances: Vec<Allowance>) -> Self {
        Self { allowances, ..self }
    }

    /// The same with every rule acting, whatever its mode: what it would do.
    #[must_use]
    pub fn with_all_acting(&self) -> Self {
        let mut rules = self.rules.clone();
        for rule in &mut rules {
            rule.mode = Mode::Enforce;
        }
        Self {
            mode: SchoolMode::Enforce,
            rules,
            allowances: self.allowances.clone(),
        }
    }

    pub fn rule(&self, id: RuleId) -> &Rule {
        self.rules
            .iter()
            .find(|rule| rule.id == id)
            .expect("every rule of RuleId::ALL was made")
    }

    /// Whether the rule is to be run at all.
    pub fn runs(&self, rule: RuleId) -> bool {
        self.rule(rule).mode != Mode::Off
    }

    /// The exception that covers a rule's findings on a message, if any does.
    fn allowance(&self, rule: RuleId, mail: &Screened<'_>) -> Option<&Allowance> {
        // Most schools have none.
        if self.allowances.is_empty() {
            return None;
        }
        let today = mail.now.to_zoned(TimeZone::UTC).date();
        let authors = parties::authors(mail);
        self.allowances.iter().find(|allowance| {
            let recipients = mail.envelope.addresses();
            allowance.covers(rule, &authors, recipients, today)
        })
    }

    /// The school's own words for a rule, or those that Exeat brings.
    pub fn clause(&self, rule: RuleId) -> &str {
        &self.rule(rule).clause
    }
}

impl Default for Policy {
    fn default() -> Self {
        Self::new(&Settings::default())
    }
}

/// Holds the findings on a message against the school's rules.
pub fn decide(
    policy: &Policy,
    school: &School,
    mail: &Screened<'_>,
    findings: Vec<Finding>,
) -> Verdict {
    let parties = Parties::of(mail, school);
    let mut findings: Vec<Judged> = findings
        .into_iter()
        .filter(|finding| policy.runs(finding.rule))
        .map(|finding| judge(policy, school, mail, &parties, finding))
        .collect();
    findings.sort_by_key(|judged| judged.finding.rule);
    let action = findings
        .iter()
        .filter(|judged| judged.mode == Mode::Enforce)
        .map(|judged| judged.action)
        .max()
        .unwrap_or_default();
    Verdict { action, findings }
}

fn judge(
    policy: &Policy,
    school: &School,
    mail: &Screened<'_>,
    parties: &Parties<'_>,
    mut finding: Finding,
) -> Judged {
    let rule = policy.rule(finding.rule);
    let mut action = Action::Deliver;
    if finding.suppressed.is_none() {
        let outcome = if finding.confidence < rule.threshold {
            Err("less certain than the school asks for".to_owned())
        } else if let Some(allowance) = policy.allowance(rule.id, mail) {
            Err(allowance.said())
        } else {
            parties
                .strongest(rule, &finding, school)
                .map_err(str::to_owned)
        };
        match outcome.map(|strongest| parties.temper(strongest)) {
            Ok(tempered) => match settled(mail, tempered, &finding) {
                None => action = tempered,
                Some(reason) => finding.suppressed = Some(reason),
            },
            Err(reason) => finding.suppressed = Some(reason),
        }
    }
    let mode = match policy.mode {
        SchoolMode::Observe => Mode::Observe,
        SchoolMode::Enforce => rule.mode_for(finding.weight),
    };
    Judged {
        finding,
        action,
        mode,
    }
}

/// Why a finding that would stop a message for its sender to decide on needs no
/// second decision. What a reviewer is to see, a reviewer sees each time.
fn settled(mail: &Screened<'_>, action: Action, finding: &Finding) -> Option<String> {
    if action != Action::Warn {
        return None;
    }
    let settled = mail.history.settles(finding)?;
    let day = settled.at.to_zoned(TimeZone::system()).strftime("%-d %B");
    Some(format!(
        "somebody let the same go to the same people in this thread: the mail of {day}"
    ))
}

#[cfg(test)]
mod tests;
