//! `exeat account hash`.

use std::io::{self, BufRead, IsTerminal, Write};
use std::process::ExitCode;

use anyhow::{Context, ensure};

use crate::smtp;

/// Fewer characters are guessed too soon.
const SHORTEST: usize = 10;

#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Read a password from standard input, and print what `password_hash` of
    /// a [[listen.account]] is to be. The password itself is kept nowhere
    Hash,
}

pub(super) fn run(command: &Command) -> anyhow::Result<ExitCode> {
    let Command::Hash = command;
    if io::stdin().is_terminal() {
        write!(io::stderr(), "Password (it will be seen): ")?;
    }
    let mut line = String::new();
    io::stdin()
        .lock()
        .read_line(&mut line)
        .context("the password could not be read")?;
    let password = line.trim_end_matches(['\r', '\n']);
    ensure!(
        password.chars().count() >= SHORTEST,
        "a password has at least {SHORTEST} characters; `openssl rand -base64 24` makes a good one"
    );
    ensure!(
        !password.contains('\0'),
        "a password holds no NUL: no client could say it"
    );
    writeln!(io::stdout(), "{}", smtp::hash(password)?)?;
    Ok(ExitCode::SUCCESS)
}
