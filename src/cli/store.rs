//! `exeat store check`.

use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

use crate::store::{Access, Checked, Store};

#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Read everything in the store, and tell each thing that is damaged or was
    /// altered: pages, journal, holds with their messages, mails, people. Shows
    /// no content; exit status 1 if anything is wrong
    Check,
}

pub(super) fn run(path: &Path, command: &Command) -> anyhow::Result<ExitCode> {
    let Command::Check = command;
    let config = crate::config::load(path)?;
    let checked = super::block_on(async {
        let store = Store::open(&config.store, Access::Command).await?;
        Ok(store.check(&std::env::temp_dir()).await)
    })?;
    let mut out = io::stdout().lock();
    let Checked {
        journal,
        holds,
        bodies,
        mails,
        lists,
        faults,
    } = checked;
    for fault in &faults {
        writeln!(out, "{fault}")?;
    }
    super::journal::tell(&journal, &mut out)?;
    writeln!(
        out,
        "these open: {holds} holds, {bodies} messages, {mails} mails of the outbox, {lists} lists of people"
    )?;
    let is_sound = faults.is_empty() && journal.faults.is_empty();
    Ok(ExitCode::from(u8::from(!is_sound)))
}
