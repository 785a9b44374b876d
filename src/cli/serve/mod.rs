//! `exeat serve`: relay, outbox and console in one process, until it is asked
//! to stop.

mod reload;
mod server;

use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

use crate::config;
use crate::store::people::Imported;

pub(super) use server::Server;

/// How often pupils are looked for whose time has passed.
const PURGE: Duration = Duration::from_secs(60 * 60);
/// How often what schools keep no longer is destroyed.
const RETENTION: Duration = Duration::from_secs(24 * 60 * 60);

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// How to write the log, which goes to standard error; what is written is
    /// ruled by the variable RUST_LOG, for example `exeat=debug`
    #[arg(long, value_enum, default_value_t = Log::Text)]
    log: Log,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Log {
    Text,
    Json,
}

pub(super) fn run(path: &Path, arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let config = super::load(path)?;
    start_log(arguments.log);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("the runtime did not start")?;
    runtime.block_on(serve(path, config))?;
    Ok(ExitCode::SUCCESS)
}

async fn serve(path: &Path, config: config::Config) -> anyhow::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut hangup = signal(SignalKind::hangup())?;
    let files = config.files.clone();
    let imported: Vec<Imported> = config
        .imported
        .iter()
        .flat_map(|(_, lists)| lists.clone())
        .collect();

    let (stop, stopping) = watch::channel(false);
    let server = Server::start(config, stopping).await?;
    let mut changes = reload::Changes::new(files, &imported, server.store.clone());
    let mut purge = tokio::time::interval(PURGE);
    let mut retention = tokio::time::interval(RETENTION);
    loop {
        tokio::select! {
            _ = terminate.recv() => break,
            _ = interrupt.recv() => break,
            _ = hangup.recv() => reload::reload(path, &server).await,
            _ = purge.tick() => server.purge_former().await,
            _ = retention.tick() => server.keep_no_longer(),
            () = changes.next() => reload::reload(path, &server).await,
        }
    }
    tracing::info!("stopping: running transactions may end");
    stop.send_replace(true);
    server.ended().await;
    tracing::info!("stopped");
    Ok(())
}

fn start_log(log: Log) {
    let filter = tracing_subscriber::EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("info"));
    let log_to_stderr = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr);
    match log {
        Log::Text => log_to_stderr.init(),
        Log::Json => log_to_stderr.json().init(),
    }
}
