//! `exeat journal verify`.

use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

use crate::store::{Access, Store, Verification};

#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Recompute the journal's whole chain of hashes; exit status 1 and every
    /// faulty row if anything was changed, taken out or put in
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
    let found = store.verify().await?;
    tell(&found, &mut io::stdout().lock())?;
    Ok(ExitCode::from(u8::from(!found.faults.is_empty())))
}

/// Every row that is not as it was written, and how many are.
pub(super) fn tell(found: &Verification, out: &mut impl Write) -> io::Result<()> {
    for fault in &found.faults {
        writeln!(out, "row {} {}", fault.seq, fault.what)?;
    }
    let rows = found.rows;
    match found.faults.len() {
        0 => writeln!(out, "the journal is whole: {rows} rows"),
        1 => writeln!(out, "1 row is not as it was written; {rows} are"),
        faults => writeln!(
            out,
            "{faults} rows are not as they were written; {rows} are"
        ),
    }
}
