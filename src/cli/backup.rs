//! `exeat backup`.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::store::{Access, Actor, Store};

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The file to make, or a folder to make one in that is named after the
    /// time; nothing is overwritten
    #[arg(value_name = "FILE|FOLDER")]
    to: PathBuf,
    /// What for; it stands in the journal
    #[arg(long, default_value = "")]
    reason: String,
}

pub(super) fn run(path: &Path, arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let config = crate::config::load(path)?;
    let to = match arguments.to.is_dir() {
        true => arguments.to.join(name(Timestamp::now())),
        false => arguments.to.clone(),
    };
    let to = std::path::absolute(to)?;
    let actor = Actor {
        name: super::user(),
        reason: arguments.reason.clone(),
    };
    let backup = super::block_on(async {
        let store = Store::open(&config.store, Access::Command).await?;
        Ok(store.back_up(&to, &actor).await?)
    })?;
    let mut out = io::stdout().lock();
    writeln!(
        out,
        "{} holds the store up to row {} of its journal ({}).",
        to.display(),
        backup.rows,
        super::size(backup.bytes)
    )?;
    writeln!(
        out,
        "It opens only with the key in {}, which is not in it: keep a copy of that elsewhere.",
        backup.key_file.display()
    )?;
    Ok(ExitCode::SUCCESS)
}

fn name(now: Timestamp) -> String {
    let now = now.to_zoned(TimeZone::UTC);
    format!("exeat-{}.db", now.strftime("%Y-%m-%dT%H-%M-%SZ"))
}
