//! How often each rule was right, and where it was not.

use std::collections::BTreeSet;
use std::io::{self, Write};

use serde_json::{Value, json};

use crate::cli::trial::Report;
use crate::finding::{Mode, RuleId};
use crate::policy::Judged;

use super::labels::Label;

/// What became of all messages.
pub(super) struct Tally {
    /// Each rule that is looked at, with its counts.
    rules: Vec<(RuleId, Counts)>,
    messages: usize,
    /// In the order of the messages.
    mistakes: Vec<Mistake>,
}

/// Messages of one rule.
#[derive(Debug, Default, Clone, Copy)]
struct Counts {
    right: u32,
    missed: u32,
    false_alarms: u32,
}

/// A message that a rule judged otherwise than its label does.
struct Mistake {
    file: String,
    rule: RuleId,
    kind: Kind,
    /// Why, as far as it can be said; each with the words, if there are any.
    reasons: Vec<(String, String)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Missed,
    FalseAlarm,
}

impl Tally {
    pub(super) fn new(rules: Vec<RuleId>) -> Self {
        let rules = rules.into_iter();
        Self {
            rules: rules.map(|rule| (rule, Counts::default())).collect(),
            messages: 0,
            mistakes: Vec::new(),
        }
    }

    pub(super) fn add(&mut self, label: &Label, report: &Report) {
        self.messages += 1;
        let met: BTreeSet<RuleId> = report
            .findings
            .iter()
            .filter(|judged| counts(judged))
            .map(|judged| judged.finding.rule)
            .collect();
        for (rule, counts) in &mut self.rules {
            let kind = match (label.due.contains(rule), met.contains(rule)) {
                (true, true) => {
                    counts.right += 1;
                    continue;
                }
                (true, false) => {
                    counts.missed += 1;
                    Kind::Missed
                }
                (false, true) if !label.may.contains(rule) => {
                    counts.false_alarms += 1;
                    Kind::FalseAlarm
                }
                (false, _) => continue,
            };
            self.mistakes.push(Mistake {
                file: report.file.clone(),
                rule: *rule,
                kind,
                reasons: reasons(*rule, kind, report),
            });
        }
    }

    /// Whether each rule that some message was to meet, or met, is right this
    /// often.
    pub(super) fn reaches(&self, least: f64) -> bool {
        let reached = |of: Option<f64>| of.is_none_or(|of| of >= least);
        self.rules
            .iter()
            .all(|(_, counts)| reached(counts.precision()) && reached(counts.recall()))
    }

    pub(super) fn as_json(&self, totals: bool) -> Value {
        let rules: Vec<Value> = self
            .rules
            .iter()
            .map(|(rule, counts)| {
                json!({
                    "rule": rule,
                    "right": counts.right,
                    "missed": counts.missed,
                    "false_alarms": counts.false_alarms,
                    "precision": counts.precision(),
                    "recall": counts.recall(),
                })
            })
            .collect();
        let mut whole = json!({
            "messages": self.messages,
            "rules": rules,
        });
        if !totals {
            whole["mistakes"] = self.mistakes.iter().map(Mistake::as_json).collect();
        }
        whole
    }

    pub(super) fn write(&self, out: &mut impl Write, totals: bool) -> io::Result<()> {
        let mut shown: Vec<&(RuleId, Counts)> = self.rules.iter().collect();
        shown.retain(|(_, counts)| counts.precision().is_some() || counts.recall().is_some());
        let width = shown
            .iter()
            .map(|(rule, _)| rule.as_str().len())
            .chain([4])
            .max()
            .unwrap_or_default();
        writeln!(
            out,
            "{:width$}  right  missed  false alarms  precision  recall",
            "rule"
        )?;
        for (rule, counts) in shown {
            writeln!(
                out,
                "{:width$}  {:>5}  {:>6}  {:>12}  {:>9}  {:>6}",
                rule.as_str(),
                counts.right,
                counts.missed,
                counts.false_alarms,
                share(counts.precision()),
                share(counts.recall()),
            )?;
        }
        writeln!(out, "\n{} messages", self.messages)?;
        if !totals {
            for mistake in &self.mistakes {
                mistake.write(out)?;
            }
        }
        Ok(())
    }
}

impl Counts {
    /// `None` where it noticed nothing that counts.
    fn precision(self) -> Option<f64> {
        ratio(self.right, self.right + self.false_alarms)
    }

    /// `None` where there was nothing to notice.
    fn recall(self) -> Option<f64> {
        ratio(self.right, self.right + self.missed)
    }
}

impl Kind {
    fn as_str(self) -> &'static str {
        match self {
            Self::Missed => "missed",
            Self::FalseAlarm => "false alarm",
        }
    }
}

impl Mistake {
    fn as_json(&self) -> Value {
        let reasons: Vec<Value> = self
            .reasons
            .iter()
            .map(|(why, excerpt)| json!({"why": why, "excerpt": excerpt}))
            .collect();
        json!({
            "file": self.file,
            "rule": self.rule,
            "mistake": self.kind.as_str(),
            "reasons": reasons,
        })
    }

    fn write(&self, out: &mut impl Write) -> io::Result<()> {
        writeln!(
            out,
            "\n{:<11}  {}\n{:11}  {}",
            self.kind.as_str(),
            self.rule,
            "",
            self.file
        )?;
        for (why, excerpt) in &self.reasons {
            writeln!(out, "{:11}  {why}", "")?;
            if !excerpt.is_empty() {
                writeln!(out, "{:11}    “{excerpt}”", "")?;
            }
        }
        Ok(())
    }
}

/// Whether a finding is one that acts. What could not be read for want of a
/// program is nobody's finding.
fn counts(judged: &Judged) -> bool {
    judged.mode == Mode::Enforce && judged.finding.suppressed.is_none()
}

fn reasons(rule: RuleId, kind: Kind, report: &Report) -> Vec<(String, String)> {
    let findings = report
        .findings
        .iter()
        .filter(|judged| judged.finding.rule == rule)
        .filter(|judged| counts(judged) == (kind == Kind::FalseAlarm));
    let mut reasons: Vec<(String, String)> = findings
        .map(|judged| {
            let finding = &judged.finding;
            let mut why = format!("{} ({})", finding.what, finding.location);
            match &finding.suppressed {
                Some(reason) => why.push_str(&format!(" does not count: {reason}")),
                None if kind == Kind::Missed => why.push_str(" is only observed"),
                None => {}
            }
            (why, finding.excerpt.clone())
        })
        .collect();
    if kind == Kind::Missed {
        let unread = report.problems.iter();
        reasons.extend(unread.map(|problem| {
            let why = format!("not read: {}: {}", problem.location, problem.what);
            (why, String::new())
        }));
        if reasons.is_empty() {
            reasons.push(("nothing of the kind was noticed".to_owned(), String::new()));
        }
    }
    reasons
}

fn ratio(part: u32, whole: u32) -> Option<f64> {
    (whole > 0).then(|| f64::from(part) / f64::from(whole))
}

fn share(of: Option<f64>) -> String {
    of.map_or_else(|| "–".to_owned(), |of| format!("{of:.3}"))
}
