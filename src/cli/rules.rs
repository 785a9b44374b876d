//! `exeat rules`: what each rule does, and what people made of it.

use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use crate::finding::{Mode, RuleId};
use crate::policy::{Rule, Standing};
use crate::store::{Unsettled, tally};
use crate::tenant::Tenant;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Of this school alone
    #[arg(long, value_name = "ID")]
    school: Option<String>,
    /// How far to look back
    #[arg(long, default_value_t = 90, value_name = "NUMBER", value_parser = clap::value_parser!(u16).range(1..))]
    days: u16,
    /// Print one JSON object a line
    #[arg(long)]
    json: bool,
}

pub(super) fn run(path: &Path, arguments: &Arguments) -> anyhow::Result<ExitCode> {
    // Its server may have been killed; then what it left is read anyway.
    let config = super::load_with(path, Unsettled::Settle)?;
    let since = Timestamp::now() - SignedDuration::from_hours(24 * i64::from(arguments.days));
    let mut tallies = super::block_on(async { Ok(tally(&config.store, since).await?) })?;
    let tenants: Vec<&Arc<Tenant>> = match &arguments.school {
        Some(id) => vec![super::school_of(id, &config.tenants)?],
        None => config.tenants.iter().collect(),
    };
    let mut out = io::stdout().lock();
    for tenant in tenants {
        let school = &tenant.school;
        let rules = RuleId::ALL.map(|id| {
            let standing = tallies.remove(&(school.id.to_string(), id));
            (tenant.policy.rule(id), standing.unwrap_or_default())
        });
        if arguments.json {
            for (rule, standing) in rules {
                write_json(&school.id, rule, standing, &mut out)?;
            }
            continue;
        }
        writeln!(out, "{}: the last {} days\n", school.name, arguments.days)?;
        write_table(&rules, &mut out)?;
        for (rule, standing) in rules {
            if standing.is_overruled(rule.mode) {
                write_proposal(rule, standing, &mut out)?;
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn write_json(
    school: &str,
    rule: &Rule,
    standing: Standing,
    out: &mut impl Write,
) -> anyhow::Result<()> {
    let proposed = standing.is_overruled(rule.mode).then_some(Mode::Observe);
    let line = json!({
        "school": school,
        "rule": rule.id,
        "action": rule.action,
        "mode": rule.mode,
        "noticed": standing.noticed,
        "held": standing.held,
        "upheld": standing.upheld,
        "released": standing.released,
        "proposed": proposed,
    });
    Ok(writeln!(out, "{line}")?)
}

fn write_table(rules: &[(&Rule, Standing)], out: &mut impl Write) -> io::Result<()> {
    let width = RuleId::ALL.map(|id| id.as_str().len());
    let width = width.into_iter().max().unwrap_or_default();
    writeln!(
        out,
        "{:width$}  {:20}  noticed  held  upheld  released",
        "rule", "does"
    )?;
    let mut off = Vec::new();
    for (rule, standing) in rules {
        let does = match rule.mode {
            Mode::Enforce => rule.action.as_str().to_owned(),
            Mode::Observe => format!("observe ({})", rule.action.as_str()),
            Mode::Off if standing.noticed == 0 => {
                off.push(rule.id.as_str());
                continue;
            }
            Mode::Off => "off".to_owned(),
        };
        writeln!(
            out,
            "{:width$}  {does:20}  {:>7}  {:>4}  {:>6}  {:>8}",
            rule.id.as_str(),
            standing.noticed,
            standing.held,
            standing.upheld,
            standing.released,
        )?;
    }
    match off[..] {
        [] => writeln!(out),
        _ => writeln!(out, "\noff: {}\n", off.join(", ")),
    }
}

fn write_proposal(rule: &Rule, standing: Standing, out: &mut impl Write) -> io::Result<()> {
    let (id, released) = (rule.id, standing.released);
    let decided = released + standing.upheld;
    writeln!(
        out,
        "{id}: of the {decided} messages that it held and people decided on, they let {released} go. \
         Let it only observe until it does better:\n\n  \
         {id} = {{ mode = \"observe\" }}    # under [school.rules]\n"
    )
}
