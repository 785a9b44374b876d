//! `exeat journal verify`.

use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

use crate::store::{Access, Store};

#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Recompute the journal's whole chain of hashes; exit status 1 and the
    /// first faulty row if anything was changed, taken out or put in
    Verify,
}

pub(super) fn run(path: &Path, command: &Command) -> anyhow::Result<ExitCode> {
    let Command::Verify = command;
    let config = crate::config::load(path)?;
    super::block_on(async {
        let store = Store::open(&config.store, Access::Command).await?;
        verify(&store).await
    })
}

async fn verify(store: &Store) -> anyhow::Result<ExitCode> {
    let verification = store.verify().await?;
    let rows = verification.rows;
    match verification.first_fault {
        None => {
            writeln!(io::stdout(), "the journal is whole: {rows} rows")?;
            Ok(ExitCode::SUCCESS)
        }
        Some(fault) => {
            let what = fault.what;
            writeln!(
                io::stdout(),
                "row {} {what}; the {rows} rows before it are whole",
                fault.seq
            )?;
            Ok(ExitCode::FAILURE)
        }
    }
}
