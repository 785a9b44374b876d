//! `exeat purge`: what schools keep no longer. The server does the same once
//! a day.

use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

use jiff::Timestamp;

use crate::store::{Access, Destroyed, Store};

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Say what would be destroyed, and destroy nothing
    #[arg(long)]
    dry_run: bool,
    /// Of this school alone
    #[arg(long, value_name = "ID")]
    school: Option<String>,
}

pub(super) fn run(path: &Path, arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let config = super::load(path)?;
    if let Some(id) = &arguments.school {
        super::school_of(id, &config.tenants)?;
    }
    let now = Timestamp::now();
    super::block_on(async {
        let store = Store::open(&config.store, Access::Command).await?;
        for tenant in config.tenants.iter() {
            let school = &*tenant.school.id;
            if arguments.school.as_deref().is_some_and(|id| id != school) {
                continue;
            }
            let before = tenant.retention.before(now);
            let (destroyed, did) = match arguments.dry_run {
                true => (store.kept_too_long(school, &before).await?, "to destroy"),
                false => (store.keep_no_longer(school, &before).await?, "destroyed"),
            };
            writeln!(io::stdout(), "{school}: {did}: {}", line(&destroyed))?;
        }
        if !arguments.dry_run
            && arguments.school.is_none()
            && let Some(longest) = config.tenants.longest_kept(now)
        {
            store.keep_no_longer_of_none(&longest).await?;
        }
        Ok(ExitCode::SUCCESS)
    })
}

fn line(destroyed: &Destroyed) -> String {
    let Destroyed {
        bodies,
        holds,
        mails,
        journal_rows,
    } = destroyed;
    format!(
        "messages {bodies}, holds {holds}, finished mails {mails}, contents of journal rows {journal_rows}"
    )
}
