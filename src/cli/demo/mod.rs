//! `exeat demo`: Exeat at work on a fictional school, on this machine alone.
//!
//! Everything is real but the people: the relay on a free loopback port, the
//! store in a temporary folder, the mail over SMTP. The next hop only
//! receives.

mod mailbox;
mod play;
mod samples;

use std::io::{self, IsTerminal, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::Path;
use std::process::ExitCode;

use anyhow::Context;
use tokio::signal::ctrl_c;
use tokio::sync::watch;

use super::serve::Server;
use crate::config;
use mailbox::Mailbox;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// End when all samples are through, rather than stay up to be played with
    #[arg(long)]
    once: bool,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let folder = tempfile::Builder::new()
        .prefix("exeat-demo-")
        .tempdir()
        .context("no temporary folder could be made")?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("the runtime did not start")?;
    let as_expected = runtime.block_on(demonstrate(folder.path(), arguments.once))?;
    Ok(ExitCode::from(u8::from(!as_expected)))
}

/// Plays the samples; whether all went as expected.
async fn demonstrate(folder: &Path, once: bool) -> anyhow::Result<bool> {
    let mailbox = Mailbox::open().context("no free port on the loopback interface")?;
    let (smtp, console) = (free_port()?, free_port()?);
    samples::write_school(folder, smtp, console, mailbox.address)
        .context("the temporary folder cannot be written")?;
    let path = folder.join("exeat.toml");
    let config = config::load(&path)?;
    let tenant = config
        .tenants
        .only()
        .context("the demo has one school")?
        .clone();
    let (stop, stopping) = watch::channel(false);
    let server = Server::start(config, stopping).await?;

    introduce(&tenant.school.name, smtp)?;
    let played = play::samples(&server, &tenant, &mailbox).await?;
    play::show_notices(&mailbox)?;
    played.summarise()?;
    if !once {
        invite(&path, smtp, console, &mailbox)?;
        ctrl_c().await.context("the end cannot be waited for")?;
    }
    stop.send_replace(true);
    server.ended().await;
    Ok(played.as_expected())
}

/// A port that was free a moment ago: the configuration has to name one
/// before anything listens.
fn free_port() -> io::Result<SocketAddr> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()
}

fn introduce(school: &str, smtp: SocketAddr) -> io::Result<()> {
    writeln!(
        io::stdout(),
        "{school} is fictional, and so is everyone in it. Its mail goes through Exeat on {smtp}\n\
         to a next hop that keeps all and sends nothing; nothing leaves this machine.\n"
    )
}

fn invite(path: &Path, smtp: SocketAddr, console: SocketAddr, mailbox: &Mailbox) -> io::Result<()> {
    let path = path.display();
    let mut out = io::stdout().lock();
    writeln!(
        out,
        "It stays up to be played with; Ctrl-C ends it and removes all it made. In another window:\n\n\
         what is held      exeat holds list --config {path}\n\
         let a mail go     exeat holds release EX-… --reason \"the coach needs it\" --config {path}\n\
         prove the journal exeat journal verify --config {path}\n\
         send one yourself swaks --server {smtp} --from office@greenfold.sch.example \\\n\
                                 --to coach@leisure-centre.example --h-Subject \"Oyinkansola Bello: swimming\"\n\
         read the rules    http://{console}/rules\n"
    )?;
    if io::stdout().is_terminal() {
        writeln!(
            out,
            "{} mails have arrived at the next hop.",
            mailbox.arrivals().len()
        )?;
    }
    Ok(())
}
