//! `exeat config check`.

use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

use jiff::Timestamp;

use crate::smtp::tls::Age;

#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Read the configuration and every file that it names, and say what is
    /// wrong: all of it at once, with line and column
    Check,
}

pub(super) fn run(path: &Path, command: &Command) -> anyhow::Result<ExitCode> {
    let Command::Check = command;
    let config = super::load(path)?;
    let mut out = io::stdout().lock();
    for tenant in config.tenants.iter() {
        let people = &tenant.school.people;
        writeln!(
            out,
            "{}: {} pupils, {} staff, {} contacts; mail goes on to {}",
            tenant.school.id,
            people.pupils.len(),
            people.staff.len(),
            people.contacts.len(),
            tenant.next_hop,
        )?;
        if tenant.reviewers.is_empty() {
            writeln!(
                out,
                "  no reviewers: nobody is told of what is held but its sender"
            )?;
        }
    }
    if let Some(tls) = &config.relay.tls {
        let certificate = &tls.certificate;
        writeln!(
            out,
            "certificate for {}, until {}",
            certificate.names.join(", "),
            certificate.ends,
        )?;
        anyhow::ensure!(
            certificate.age(Timestamp::now()) != Age::Over,
            "[listen] certificate: it ended on {}: clients that look at it send no mail; put a new one in its place",
            certificate.ends,
        );
    }
    for warning in &config.warnings {
        writeln!(out, "note: {warning}")?;
    }
    writeln!(out, "{} is sound", path.display())?;
    Ok(ExitCode::SUCCESS)
}
