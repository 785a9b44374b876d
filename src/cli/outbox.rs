//! `exeat outbox`: what is still to be sent, and what a person decides on it.

use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

use anyhow::bail;
use jiff::tz::TimeZone;

use crate::console::control::{Answer, Request};
use crate::store::Owed;

#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// List the mails that have not reached all of their recipients, the
    /// oldest first
    List {
        #[arg(long, default_value_t = 200, value_name = "NUMBER")]
        limit: u32,
        /// Print one JSON object a line
        #[arg(long)]
        json: bool,
    },
    /// Decide that a mail is not sent any more. Nobody is told
    Drop {
        /// Its number, as `exeat outbox list` shows it
        mail: i64,
        /// Why; it stands in the journal
        #[arg(long)]
        reason: String,
    },
    /// Let the outbox of a store that was restored from a backup send again:
    /// what waits in it may have been sent after the backup was made, and is
    /// then sent twice
    Resume {
        /// Why; it stands in the journal
        #[arg(long)]
        reason: String,
    },
}

pub(super) fn run(path: &Path, command: &Command) -> anyhow::Result<ExitCode> {
    let config = super::load(path)?;
    let request = match command {
        Command::List { limit, .. } => Request::Owed { limit: *limit },
        Command::Drop { mail, reason } => Request::Drop {
            mail: *mail,
            by: super::by(reason),
        },
        Command::Resume { reason } => Request::Resume {
            by: super::by(reason),
        },
    };
    let mut out = io::stdout().lock();
    match (command, super::ask(&config, request)?) {
        (Command::List { json: true, .. }, Answer::Owed { mails, .. }) => {
            for mail in &mails {
                writeln!(out, "{}", serde_json::to_string(mail)?)?;
            }
        }
        (_, Answer::Owed { mails, waits }) => {
            for mail in &mails {
                writeln!(out, "{}", line(mail))?;
            }
            if mails.is_empty() {
                writeln!(out, "nothing waits to be sent")?;
            }
            if waits {
                writeln!(
                    out,
                    "The store was restored from a backup: nothing is sent until `exeat outbox resume --reason …`."
                )?;
            }
        }
        (Command::Drop { mail, .. }, Answer::Done) => {
            writeln!(out, "mail {mail} is not sent any more")?;
        }
        (_, Answer::Done) => writeln!(out, "the outbox sends again")?,
        _ => bail!(super::NOT_UNDERSTOOD),
    }
    Ok(ExitCode::SUCCESS)
}

fn line(mail: &Owed) -> String {
    let since = mail.created.to_zoned(TimeZone::system());
    let recipients: Vec<String> = mail
        .recipients
        .iter()
        .map(|(address, state)| format!("{address} ({})", state.as_str()))
        .collect();
    let hold = match &mail.hold {
        Some(hold) => hold.to_string(),
        None => "-".to_owned(),
    };
    format!(
        "{}  {}  {}  {}  {}  tries: {}  to {}",
        mail.id,
        since.strftime("%Y-%m-%d %H:%M"),
        mail.school,
        mail.kind.as_str(),
        hold,
        mail.attempts,
        recipients.join(", ")
    )
}
