//! `exeat keys init`.

use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

use anyhow::Context;

use crate::store::keys;

#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Make the key file that the store's `key_file` names. An SQLite store
    /// makes its own; a PostgreSQL store needs this once. Keep a copy of the
    /// file apart from the store: without it nothing that is held can be read
    Init,
}

pub(super) fn run(path: &Path, command: &Command) -> anyhow::Result<ExitCode> {
    let Command::Init = command;
    let config = crate::config::load(path)?;
    let file = config
        .store
        .key_file
        .context("[store] names no key_file; for example key_file = \"exeat.key\"")?;
    keys::create(&file)?;
    writeln!(
        io::stdout(),
        "{} holds a new key. Keep a copy of it apart from the store.",
        file.display()
    )?;
    Ok(ExitCode::SUCCESS)
}
