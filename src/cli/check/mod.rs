//! `exeat check`: what would happen to these messages.
//!
//! Makes no store and no connection; of a store that is there, the imported
//! people are read. The envelope is taken from the header unless the arguments
//! say otherwise.

mod report;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context;

use crate::finding::Action;
use crate::mail::Address;
use crate::tenant::Tenants;

use super::trial::{self, Case, Told, Trial};

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Messages (.eml), mailboxes (.mbox), or folders of them
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Print one JSON object a line
    #[arg(long)]
    json: bool,
    /// Also show matches that do not count, and why
    #[arg(long)]
    explain: bool,
    /// The envelope's sender instead of the header's; `<>` for none
    #[arg(long, value_name = "ADDRESS")]
    from: Option<String>,
    /// The envelope's recipients instead of the header's
    #[arg(long, value_name = "ADDRESS")]
    to: Vec<Address>,
    /// The school whose policy applies, by its id
    #[arg(long, value_name = "ID")]
    school: Option<String>,
}

pub(super) fn run(config: &Path, arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let config = super::load(config)?;
    let told = told(arguments, &config.tenants)?;
    let trial = Trial::start(config)?;
    let cases: Vec<Case> = trial::find(&arguments.paths)
        .into_iter()
        .map(|message| Case {
            message,
            told: told.clone(),
        })
        .collect();
    let mut all_delivered = true;
    let mut printer = report::Printer::new(arguments.json, arguments.explain);
    trial.judge_all(&cases, |report| {
        all_delivered &= report.action <= Action::Note;
        printer.print(&report)
    })?;
    printer.finish()?;
    Ok(ExitCode::from(u8::from(!all_delivered)))
}

fn told(arguments: &Arguments, tenants: &Tenants) -> anyhow::Result<Told> {
    let from = arguments.from.as_deref().map(trial::reverse_path);
    let school = match &arguments.school {
        None => None,
        Some(id) => Some(Arc::clone(super::school_of(id, tenants)?)),
    };
    Ok(Told {
        from: from.transpose().context("--from")?,
        to: arguments.to.clone(),
        school,
    })
}
