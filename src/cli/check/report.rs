//! What `exeat check` says of one message: a line of JSON, or lines for people.

use std::io::{self, Write};

use serde_json::json;

use crate::cli::trial::Report;
use crate::finding::{Action, Mode};
use crate::policy::Judged;

pub(super) struct Printer {
    json: bool,
    explain: bool,
    counts: [usize; 5],
}

impl Printer {
    pub(super) fn new(json: bool, explain: bool) -> Self {
        Self {
            json,
            explain,
            counts: [0; 5],
        }
    }

    pub(super) fn print(&mut self, report: &Report) -> anyhow::Result<()> {
        self.counts[report.action as usize] += 1;
        let mut out = io::stdout().lock();
        if self.json {
            serde_json::to_writer(&mut out, &self.as_json(report))?;
            writeln!(out)?;
        } else {
            self.write_table_row(&mut out, report)?;
        }
        Ok(())
    }

    /// The table's last line.
    pub(super) fn finish(&self) -> anyhow::Result<()> {
        let total: usize = self.counts.iter().sum();
        if self.json || total < 2 {
            return Ok(());
        }
        let actions = [
            Action::Deliver,
            Action::Note,
            Action::Warn,
            Action::Quarantine,
            Action::Reject,
        ];
        let counts: Vec<String> = actions
            .iter()
            .zip(self.counts)
            .filter(|(_, count)| *count > 0)
            .map(|(action, count)| format!("{count} {action}"))
            .collect();
        writeln!(io::stdout(), "\n{total} messages: {}", counts.join(", "))?;
        Ok(())
    }

    fn shown<'r>(&self, report: &'r Report) -> impl Iterator<Item = &'r Judged> {
        let explain = self.explain;
        report
            .findings
            .iter()
            .filter(move |judged| explain || judged.finding.suppressed.is_none())
    }

    fn as_json(&self, report: &Report) -> serde_json::Value {
        let findings: Vec<serde_json::Value> = self
            .shown(report)
            .map(|judged| {
                let finding = &judged.finding;
                let mut row = json!({
                    "rule": finding.rule,
                    "action": judged.action,
                    "mode": judged.mode,
                    "where": finding.location,
                    "excerpt": finding.excerpt,
                    // Two decimals say all there is to say.
                    "confidence": (f64::from(finding.confidence) * 100.0).round() / 100.0,
                    "pupils": finding.pupils,
                });
                if self.explain {
                    row["what"] = json!(finding.what);
                    row["suppressed"] = json!(finding.suppressed);
                }
                row
            })
            .collect();
        json!({
            "file": report.file,
            "action": report.action,
            "findings": findings,
            "problems": report.problems,
            "took_ms": (report.took.as_secs_f64() * 100_000.0).round() / 100.0,
        })
    }

    fn write_table_row(&self, out: &mut impl Write, report: &Report) -> io::Result<()> {
        writeln!(out, "{:<11} {}", report.action, report.file)?;
        for judged in self.shown(report) {
            let finding = &judged.finding;
            let observed = match judged.mode {
                Mode::Observe => ", only observed",
                Mode::Enforce | Mode::Off => "",
            };
            writeln!(
                out,
                "{:11} {}: {} ({}{observed})",
                "", finding.rule, finding.what, finding.location
            )?;
            if !finding.excerpt.is_empty() {
                writeln!(out, "{:11}   “{}”", "", finding.excerpt)?;
            }
            if let Some(reason) = &finding.suppressed {
                writeln!(out, "{:11}   does not count: {reason}", "")?;
            }
        }
        for problem in &report.problems {
            writeln!(
                out,
                "{:11} not read: {}: {}",
                "", problem.location, problem.what
            )?;
        }
        Ok(())
    }
}
