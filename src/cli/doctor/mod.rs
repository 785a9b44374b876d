//! `exeat doctor`: what is well, what is odd, what is wrong, and what to do.
//!
//! It is safe beside a running server: it writes nothing, and asks only what
//! anyone may ask.

mod machine;
mod network;
mod people;
mod storage;

use std::fmt;
use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

use serde::Serialize;

use crate::config::{self, Config, Faults};
use crate::store::Unsettled;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Print one JSON object a line
    #[arg(long)]
    json: bool,
}

/// One thing that was looked at.
#[derive(Debug, Serialize)]
struct Line {
    state: State,
    /// The thing.
    about: &'static str,
    what: String,
    /// What to do about it.
    #[serde(rename = "do", skip_serializing_if = "Option::is_none")]
    remedy: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
enum State {
    Ok,
    /// It works, and might not for long, or not as well as it could.
    Warning,
    Fault,
}

pub(super) fn run(path: &Path, arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let mut findings = Findings::new(arguments.json);
    match super::load_with(path, Unsettled::Leave) {
        Ok(config) => sound(path, &config, &mut findings)?,
        // It may be the store alone that is at fault, of which more is said
        // there.
        Err(error) => match config::load(path) {
            Ok(config) => {
                sound(path, &config, &mut findings)?;
                findings.add([wrong(
                    "import",
                    error.to_string().replace('\n', "; "),
                    "mend what is said of store and key: until then nothing is screened",
                )])?;
            }
            Err(error) => unsound(path, &error, &mut findings)?,
        },
    }
    findings.finish()
}

fn sound(path: &Path, config: &Config, findings: &mut Findings) -> anyhow::Result<()> {
    let schools = config.tenants.iter().count();
    let sound = format!(
        "{} is sound, {}",
        path.display(),
        counted(schools, "school")
    );
    findings.add([ok("configuration", sound)])?;
    let warnings = config.warnings.iter();
    findings.add(warnings.map(|warning| {
        let todo = "mend it in the configuration, or leave it if it is meant so";
        odd("configuration", warning, todo)
    }))?;
    findings.add(people::look(config))?;
    let (server, lines) = storage::look(config);
    findings.add(lines)?;
    findings.add(network::certificate(config))?;
    findings.add(network::listeners(config, server))?;
    findings.add(network::next_hops(config))?;
    findings.add(machine::workers(&config.workers))?;
    findings.add(machine::tools(&config.workers))?;
    findings.add(machine::limits(config, server))
}

/// What can be looked at without a configuration.
fn unsound(path: &Path, error: &anyhow::Error, findings: &mut Findings) -> anyhow::Result<()> {
    let (what, todo) = match error.downcast_ref::<Faults>() {
        Some(faults) => (
            faults.to_string().replace('\n', "; "),
            "mend the file; `exeat config check` shows the places",
        ),
        None => (
            format!("{error:#}"),
            "name the file with --config, and run as the user whom it belongs to",
        ),
    };
    let what = match what.contains(&path.display().to_string()) {
        true => what,
        false => format!("{}: {what}", path.display()),
    };
    findings.add([wrong("configuration", what, todo)])?;
    let workers = crate::worker::Settings::default();
    findings.add(machine::workers(&workers))?;
    findings.add(machine::tools(&workers))
}

fn ok(about: &'static str, what: impl fmt::Display) -> Line {
    Line {
        state: State::Ok,
        about,
        what: what.to_string(),
        remedy: None,
    }
}

fn odd(about: &'static str, what: impl fmt::Display, remedy: impl Into<String>) -> Line {
    Line {
        state: State::Warning,
        remedy: Some(remedy.into()),
        ..ok(about, what)
    }
}

fn wrong(about: &'static str, what: impl fmt::Display, remedy: impl Into<String>) -> Line {
    Line {
        state: State::Fault,
        ..odd(about, what, remedy)
    }
}

/// An error with its causes, on one line.
fn causes(error: &(dyn std::error::Error + 'static)) -> String {
    let mut said = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        let inner_said = inner.to_string();
        if !said.contains(&inner_said) {
            said.push_str(": ");
            said.push_str(&inner_said);
        }
        cause = inner.source();
    }
    said
}

/// `1 school`, `2 schools`.
fn counted(count: usize, thing: &str) -> String {
    match count {
        1 => format!("1 {thing}"),
        _ => format!("{count} {thing}s"),
    }
}

/// What was found; each line is shown at once, for some take seconds.
struct Findings {
    json: bool,
    faults: usize,
    warnings: usize,
}

impl Findings {
    fn new(json: bool) -> Self {
        Self {
            json,
            faults: 0,
            warnings: 0,
        }
    }

    fn add(&mut self, lines: impl IntoIterator<Item = Line>) -> anyhow::Result<()> {
        let mut out = io::stdout().lock();
        for line in lines {
            self.faults += usize::from(line.state == State::Fault);
            self.warnings += usize::from(line.state == State::Warning);
            if self.json {
                serde_json::to_writer(&mut out, &line)?;
                writeln!(out)?;
                continue;
            }
            let state = match line.state {
                State::Ok => "ok",
                State::Warning => "warning",
                State::Fault => "FAULT",
            };
            writeln!(out, "{state:<8} {:<14} {}", line.about, line.what)?;
            if let Some(remedy) = &line.remedy {
                writeln!(out, "{:8} {:<14} → {remedy}", "", "")?;
            }
        }
        Ok(())
    }

    fn finish(self) -> anyhow::Result<ExitCode> {
        if !self.json {
            let (faults, warnings) = (
                counted(self.faults, "fault"),
                counted(self.warnings, "warning"),
            );
            match self.faults + self.warnings {
                0 => writeln!(io::stdout(), "\nAll is well.")?,
                _ => writeln!(io::stdout(), "\n{faults}, {warnings}.")?,
            }
        }
        Ok(ExitCode::from(u8::from(self.faults > 0)))
    }
}
