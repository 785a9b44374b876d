//! `exeat holds`: what is held, and what a person decides on it.

use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

use anyhow::bail;
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::console::control::{Answer, Request, View};
use crate::mail::Address;
use crate::store::State;

#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// List what waits for its sender or a reviewer, the newest first
    List {
        /// Holds in this state instead, for example `released`; `all` for all
        #[arg(long)]
        state: Option<String>,
        /// Of this school alone
        #[arg(long, value_name = "ID")]
        school: Option<String>,
        #[arg(long, default_value_t = 50, value_name = "NUMBER")]
        limit: u32,
        /// Print one JSON object a line
        #[arg(long)]
        json: bool,
    },
    /// Show what is known of a hold: envelope, what was noticed, when it ends
    Show {
        reference: String,
        /// Print the message itself instead; the journal keeps that you did
        #[arg(long, requires = "reason")]
        content: bool,
        /// Why you look
        #[arg(long)]
        reason: Option<String>,
        /// Print one JSON object
        #[arg(long)]
        json: bool,
    },
    /// Let a held message go; its sender is told
    Release {
        reference: String,
        /// Why; it stands in the journal
        #[arg(long)]
        reason: String,
        /// To these recipients only
        #[arg(long, value_name = "ADDRESS")]
        to: Vec<Address>,
    },
    /// Decide that a held message does not go; its sender is told, with the
    /// reason
    Refuse {
        reference: String,
        /// Why; the sender reads it, and it stands in the journal
        #[arg(long)]
        reason: String,
    },
}

pub(super) fn run(path: &Path, command: &Command) -> anyhow::Result<ExitCode> {
    let config = super::load(path)?;
    let answer = super::ask(&config, request(command)?)?;
    print(command, answer)?;
    Ok(ExitCode::SUCCESS)
}

fn request(command: &Command) -> anyhow::Result<Request> {
    Ok(match command {
        Command::List {
            state,
            school,
            limit,
            ..
        } => Request::List {
            school: school.clone(),
            states: states(state.as_deref())?,
            limit: *limit,
        },
        Command::Show {
            reference,
            content: true,
            reason,
            ..
        } => Request::Content {
            reference: reference.clone(),
            by: super::by(reason.as_deref().unwrap_or_default()),
        },
        Command::Show { reference, .. } => Request::Show {
            reference: reference.clone(),
        },
        Command::Release {
            reference,
            reason,
            to,
        } => Request::Release {
            reference: reference.clone(),
            by: super::by(reason),
            to: to.clone(),
        },
        Command::Refuse { reference, reason } => Request::Refuse {
            reference: reference.clone(),
            by: super::by(reason),
        },
    })
}

fn states(name: Option<&str>) -> anyhow::Result<Vec<State>> {
    match name {
        None => Ok(Vec::new()),
        Some("all") => Ok(State::ALL.to_vec()),
        Some(name) => match State::ALL.into_iter().find(|state| state.as_str() == name) {
            Some(state) => Ok(vec![state]),
            None => {
                let known: Vec<&str> = State::ALL.iter().map(|state| state.as_str()).collect();
                bail!(
                    "there is no state \"{name}\"; the states are {}, or all",
                    known.join(", ")
                )
            }
        },
    }
}

fn print(command: &Command, answer: Answer) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    match (command, answer) {
        (Command::List { json, .. }, Answer::Holds { holds }) => {
            if *json {
                for hold in &holds {
                    writeln!(out, "{}", serde_json::to_string(hold)?)?;
                }
            } else {
                print_list(&mut out, &holds)?;
            }
        }
        (Command::Show { json, .. }, Answer::Hold { hold }) => {
            if *json {
                writeln!(out, "{}", serde_json::to_string(&hold)?)?;
            } else {
                print_hold(&mut out, &hold)?;
            }
        }
        (_, Answer::Content { message }) => out.write_all(&BASE64.decode(message)?)?,
        (Command::Release { reference, .. }, Answer::Done) => {
            writeln!(
                out,
                "{reference} is released: the outbox sends it, and its sender is told"
            )?;
        }
        (Command::Refuse { reference, .. }, Answer::Done) => {
            writeln!(
                out,
                "{reference} is refused: it will not be sent, and its sender is told"
            )?;
        }
        (_, other) => bail!("the serving process gave an answer that does not fit: {other:?}"),
    }
    Ok(())
}

fn print_list(out: &mut impl Write, holds: &[View]) -> anyhow::Result<()> {
    if holds.is_empty() {
        writeln!(out, "nothing is held")?;
        return Ok(());
    }
    writeln!(
        out,
        "{:<12}  {:<16}  {:<17}  {:<16}  {:<28}  SUBJECT",
        "REFERENCE", "RECEIVED", "STATE", "UNTIL", "FROM"
    )?;
    for hold in holds {
        writeln!(
            out,
            "{:<12}  {:<16}  {:<17}  {:<16}  {:<28}  {}",
            hold.reference.to_string(),
            local(hold.received),
            hold.state.as_str(),
            local(hold.due),
            sender(hold),
            hold.subject
        )?;
    }
    Ok(())
}

fn print_hold(out: &mut impl Write, hold: &View) -> anyhow::Result<()> {
    let recipients: Vec<&str> = hold.recipients.iter().map(Address::as_str).collect();
    for (label, value) in [
        ("reference", hold.reference.to_string()),
        ("school", hold.school.to_string()),
        (
            "state",
            format!("{}, until {}", hold.state.as_str(), local(hold.due)),
        ),
        ("received", local(hold.received)),
        ("from", sender(hold)),
        ("to", recipients.join(", ")),
        ("subject", hold.subject.clone()),
        ("size", format!("{} bytes", hold.size)),
    ] {
        writeln!(out, "{label:<10} {value}")?;
    }
    for judged in &hold.findings {
        let finding = &judged.finding;
        writeln!(
            out,
            "{:<10} {}: {} ({})",
            judged.action.as_str(),
            finding.rule,
            finding.what,
            finding.location
        )?;
        if !finding.excerpt.is_empty() {
            writeln!(out, "{:10}   “{}”", "", finding.excerpt)?;
        }
    }
    for problem in &hold.problems {
        writeln!(
            out,
            "{:<10} {}: {}",
            "not read", problem.location, problem.what
        )?;
    }
    Ok(())
}

fn sender(hold: &View) -> String {
    hold.sender
        .as_ref()
        .map_or_else(|| "<>".to_owned(), ToString::to_string)
}

fn local(time: Timestamp) -> String {
    time.to_zoned(TimeZone::system())
        .strftime("%Y-%m-%d %H:%M")
        .to_string()
}
