//! `exeat keys`: what keys there are, a new store's first, and a new one in
//! the place of the old.

use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, bail};

use crate::config::Config;
use crate::console::control::{Answer, Request};
use crate::store::{KeyState, keys};

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Make the key file that the store's `key_file` names. An SQLite store
    /// makes its own; a PostgreSQL store needs this once. Keep a copy of the
    /// file apart from the store: without it nothing that is held can be read
    Init,
    /// Put a new key in the place of the old one, while the server goes on,
    /// and seal everything anew by it. One that was cut off is continued
    Rotate {
        /// Why; it stands in the journal
        #[arg(long)]
        reason: String,
    },
}

pub(super) fn run(path: &Path, arguments: &Arguments) -> anyhow::Result<ExitCode> {
    match &arguments.command {
        None => show(&super::load(path)?)?,
        Some(Command::Init) => init(&crate::config::load(path)?)?,
        Some(Command::Rotate { reason }) => rotate(&super::load(path)?, reason)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn init(config: &Config) -> anyhow::Result<()> {
    let file = config.store.key_file.as_ref();
    let file = file.context("[store] names no key_file; for example key_file = \"exeat.key\"")?;
    keys::create(file)?;
    writeln!(
        io::stdout(),
        "{} holds a new key. Keep a copy of it apart from the store.",
        file.display()
    )?;
    Ok(())
}

fn show(config: &Config) -> anyhow::Result<()> {
    let Answer::Keys { state } = super::ask(config, Request::Keys)? else {
        bail!(super::NOT_UNDERSTOOD);
    };
    let KeyState {
        in_file,
        present,
        retiring,
        older,
    } = state;
    let mut out = io::stdout().lock();
    for key in &in_file {
        let what = match key {
            key if *key == present => "the store's",
            key if Some(key) == retiring.as_ref() => "to be retired",
            _ => "not in use",
        };
        writeln!(out, "{key}  {what}")?;
    }
    writeln!(out, "sealed by older keys: {older}")?;
    if retiring.is_some() {
        writeln!(
            out,
            "A rotation is not finished: run `exeat keys rotate --reason …` again."
        )?;
    }
    Ok(())
}

fn rotate(config: &Config, reason: &str) -> anyhow::Result<()> {
    let by = super::by(reason);
    super::ask(config, Request::RotateKeys { by: by.clone() })?;
    loop {
        match super::ask(config, Request::SealAnew)? {
            Answer::Left { values: 0 } => break,
            Answer::Left { values } => writeln!(io::stdout(), "still to be sealed anew: {values}")?,
            _ => bail!(super::NOT_UNDERSTOOD),
        }
    }
    let Answer::Retired { files, state } = super::ask(config, Request::RetireKeys { by })? else {
        bail!(super::NOT_UNDERSTOOD);
    };
    let mut out = io::stdout().lock();
    writeln!(
        out,
        "Everything is sealed by key {}. Keep a copy of the key file apart from the store.",
        state.present
    )?;
    for file in files {
        writeln!(
            out,
            "The old key is in {}: put it with the backups' keys, for backups made until now open with it alone, and delete it here.",
            file.display()
        )?;
    }
    Ok(())
}
