//! `exeat evaluate`: how often each rule is right, on messages that people
//! have judged.

mod labels;
mod tally;

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::bail;
use serde_json::json;

use crate::finding::RuleId;

use super::trial::{Case, Trial};
use labels::Label;
use tally::Tally;

#[derive(Debug, clap::Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct Arguments {
    /// Folders of messages and labels, or lists of labels (.jsonl)
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Only these rules
    #[arg(long, value_name = "RULE")]
    rule: Vec<RuleId>,
    /// Leave out which messages were judged wrongly, so that nobody tunes a
    /// rule to them
    #[arg(long)]
    totals: bool,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
    /// End with status 1 if a rule's precision or recall is less
    #[arg(long, value_name = "0..1", value_parser = fraction)]
    at_least: Option<f64>,
}

const AFTER_HELP: &str = "\
A label says which rules its message ought to meet:

  {\"rules\": [\"chain-message\"], \"may\": [\"pupil-name-in-body\"]}

Rules in `may` are those on which people could differ: they count for nothing. \
`from` and `to` say the envelope where it is not that of the header (\"<>\" is \
the empty reverse path), `school` whose rules apply. In a folder, the label of \
NAME.eml is NAME.expect.json. In a .jsonl file each line is a label, and `file` \
names its message, relative to the list.";

pub(super) fn run(config: &Path, arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let config = super::load(config)?;
    let found = labels::find(&arguments.paths, &config.tenants)?;
    if found.labelled.is_empty() {
        bail!(
            "no message here has a label: beside NAME.eml there has to be NAME.expect.json, \
             such as {{\"rules\": [\"chain-message\"]}}"
        );
    }
    let off: Vec<RuleId> = RuleId::ALL
        .into_iter()
        .filter(|&rule| !config.tenants.iter().any(|tenant| tenant.policy.runs(rule)))
        .collect();
    let (cases, labels): (Vec<Case>, Vec<Label>) = found.labelled.into_iter().unzip();
    let trial = Trial::start(config)?.with_all_rules();
    let rules: Vec<RuleId> = match arguments.rule.as_slice() {
        // Where people were not asked about a rule that is off, they have not
        // said that it should be silent either.
        [] => RuleId::ALL
            .into_iter()
            .filter(|&rule| !off.contains(&rule) || labels.iter().any(|label| label.names(rule)))
            .collect(),
        some => some.to_vec(),
    };
    let mut tally = Tally::new(rules);
    let mut labels = labels.iter();
    trial.judge_all(&cases, |report| {
        let label = labels.next().expect("a label for each case");
        tally.add(label, &report);
        Ok(())
    })?;

    let mut out = io::stdout().lock();
    if arguments.json {
        let mut whole = tally.as_json(arguments.totals);
        whole["unlabelled"] = json!(found.unlabelled);
        whole["unknown_rules"] = json!(found.unknown);
        serde_json::to_writer(&mut out, &whole)?;
        writeln!(out)?;
    } else {
        tally.write(&mut out, arguments.totals)?;
        if found.unlabelled > 0 {
            writeln!(out, "\n{} more have no label", found.unlabelled)?;
        }
        if !found.unknown.is_empty() {
            let unknown: Vec<&str> = found.unknown.iter().map(String::as_str).collect();
            let unknown = unknown.join(", ");
            writeln!(out, "\nlabels name rules that there are not: {unknown}")?;
        }
    }
    let enough = arguments.at_least.is_none_or(|least| tally.reaches(least));
    Ok(ExitCode::from(u8::from(!enough)))
}

fn fraction(said: &str) -> Result<f64, String> {
    match said.parse() {
        Ok(fraction @ 0.0..=1.0) => Ok(fraction),
        _ => Err("a number from 0 to 1, such as 0.95".to_owned()),
    }
}
