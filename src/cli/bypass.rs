//! `exeat bypass`.

use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

use anyhow::bail;
use jiff::SignedDuration;
use jiff::tz::TimeZone;

use crate::console::control::{Answer, Request};

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Let mail leave unscreened for so long, for example 2h or 30m
    #[arg(
        long = "for",
        value_name = "TIME",
        conflicts_with = "end",
        requires = "reason"
    )]
    length: Option<SignedDuration>,
    /// Screen mail again
    #[arg(long, requires = "reason")]
    end: bool,
    /// Of this school alone
    #[arg(long, value_name = "ID")]
    school: Option<String>,
    /// Why; it stands in the journal and in the mails that tell of it
    #[arg(long)]
    reason: Option<String>,
}

pub(super) fn run(path: &Path, arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let config = super::load(path)?;
    let school = arguments.school.clone();
    let by = super::by(arguments.reason.as_deref().unwrap_or_default());
    let request = match (arguments.length, arguments.end) {
        (Some(length), _) => Request::Bypass {
            school,
            seconds: length.as_secs(),
            by,
        },
        (None, true) => Request::EndBypass { school, by },
        (None, false) => Request::Bypasses,
    };
    let Answer::Bypasses { bypasses } = super::ask(&config, request)? else {
        bail!(super::NOT_UNDERSTOOD);
    };
    let mut out = io::stdout().lock();
    if bypasses.is_empty() {
        writeln!(out, "all mail is screened")?;
    }
    for (bypass, passed) in bypasses {
        let school = &bypass.school;
        if arguments.end {
            writeln!(
                out,
                "mail of {school} is screened again; unscreened: {passed}"
            )?;
            continue;
        }
        let until = bypass.until.to_zoned(TimeZone::system());
        writeln!(
            out,
            "mail of {school} leaves UNSCREENED until {} ({}: {}); so far: {passed}",
            until.strftime("%Y-%m-%d %H:%M"),
            bypass.by,
            bypass.reason
        )?;
    }
    Ok(ExitCode::SUCCESS)
}
