//! The command line: one file a command. The only module that prints, and the
//! only one that imports the configuration.

mod account;
mod backup;
mod bypass;
mod check;
mod config_check;
mod demo;
mod doctor;
mod evaluate;
mod holds;
mod journal;
mod keys;
mod outbox;
mod people;
mod purge;
mod read;
mod rules;
mod serve;
mod store;
mod trial;

use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context, bail};
use arc_swap::ArcSwap;
use clap::{Parser, Subcommand};

use crate::config::{self, Config};
use crate::console::control::{Answer, By, Request, act};
use crate::console::{self, House};
use crate::store::people::{List, imports};
use crate::store::{Access, Store, Unsettled};
use crate::tenant::{Tenant, Tenants};
use crate::worker::{self, Tools};

/// The configuration where the arguments name no other.
const CONFIG: &str = "exeat.toml";

/// Exeat gives outgoing school mail its leave slip.
///
/// It stands between a school's mail system and the next hop, reads every
/// outgoing message as its recipient would, and delivers it, warns its sender
/// first, quarantines it, or refuses it with an explanation.
///
/// To see it at work, run `exeat demo`. To try your own mail on it without
/// sending any, write an exeat.toml and run `exeat check some.eml`.
#[derive(Debug, Parser)]
#[command(version, propagate_version = true, max_term_width = 100)]
struct Arguments {
    /// The configuration; paths in it are relative to its folder.
    #[arg(long, global = true, default_value = CONFIG, value_name = "FILE")]
    config: PathBuf,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Relay mail: listen, screen, deliver or hold. Ends on SIGTERM, reloads
    /// its configuration on SIGHUP or when a file of it changes
    Serve(serve::Arguments),
    /// Say what would happen to messages, without sending or storing anything
    Check(check::Arguments),
    /// Say how often each rule is right, on messages that people have judged
    ///
    /// For each rule: of the messages that it ought to notice how many it
    /// does (recall), and of those that it notices how many it should
    /// (precision); then each one missed and each false alarm, and why. Rules
    /// that the school only observes are tried as if they acted, and so are
    /// those that it has switched off, if some label names them. Nothing is
    /// sent or stored.
    Evaluate(evaluate::Arguments),
    /// Say what each rule does, and what people made of it
    ///
    /// For each rule: what it is set to do; the messages in which it noticed
    /// something, also where it only observes; those that were held for it;
    /// and of these how many a reviewer or the sender upheld, by refusing or
    /// withdrawing them, and how many were released. A rule that people mostly
    /// overrule is proposed for `mode = "observe"`.
    Rules(rules::Arguments),
    /// Show what Exeat reads in files: their texts, problems and protection
    ///
    /// A file is told by its content, whatever its name says, and read as Exeat
    /// reads an attachment: with its hidden sheets, comments and tracked
    /// changes, and with everything that is packed in it. Nothing is sent or
    /// stored. Where there is a configuration, the passwords that the school is
    /// known to use are tried on encrypted files too.
    Read(read::Arguments),
    /// Show Exeat at work on a fictional school, on this machine alone
    Demo(demo::Arguments),
    /// List, show, release or refuse what is held
    #[command(subcommand)]
    Holds(holds::Command),
    /// List what the outbox is still to send, drop a mail of it, or let it go
    /// on after the store was restored from a backup
    #[command(subcommand)]
    Outbox(outbox::Command),
    /// Let mail leave unscreened for a time, loudly, or end that
    ///
    /// For the day when a school must have its mail out. Without --for or
    /// --end it says what is in force. It ends by itself, after a day at
    /// most; reviewers and safeguarding leads are told when it begins and
    /// when it ends, and every message that passes stands in the journal as
    /// unscreened. What is held stays held.
    Bypass(bypass::Arguments),
    /// Prove that the journal is whole
    #[command(subcommand)]
    Journal(journal::Command),
    /// Look through the store for whatever is damaged or was altered
    #[command(subcommand)]
    Store(store::Command),
    /// Import the pupils, by whose names mail is screened
    #[command(subcommand)]
    Roster(people::Command),
    /// Import the members of staff
    #[command(subcommand)]
    Staff(people::Command),
    /// Import parents, authorities and others outside, whom mail may go to
    #[command(subcommand)]
    Contacts(people::Command),
    /// Make the password hashes of accounts that sign in to send
    #[command(subcommand)]
    Account(account::Command),
    /// Show the keys that seal what is held; make the first, or a new one
    Keys(keys::Arguments),
    /// Copy an SQLite store to a new file, also while it is served
    ///
    /// The copy is consistent, sealed as the store is, and does not hold the
    /// key: keep a copy of that elsewhere. To restore it, stop Exeat, put the
    /// copy in the store's place and start again.
    Backup(backup::Arguments),
    /// Destroy what schools keep no longer, as the server does once a day
    ///
    /// What `[school.retention]` says: messages, then what is known of holds
    /// that were decided, then what the journal's rows tell. What waits for a
    /// decision stays. The journal keeps how much was destroyed, and its chain
    /// still verifies.
    Purge(purge::Arguments),
    /// Check a configuration and everything that it names
    #[command(subcommand)]
    Config(config_check::Command),
    /// Look whether all is well: configuration, store, key, listeners, next
    /// hop, workers, programs, room. The first thing to run when something is
    /// odd; safe beside a running server, for it writes nothing
    Doctor(doctor::Arguments),
    /// Read messages for another Exeat process (started by Exeat itself)
    #[command(hide = true)]
    Worker,
    /// Read pictures for another Exeat process (started by Exeat itself)
    #[command(hide = true)]
    OcrWorker {
        #[arg(long)]
        tesseract: Option<PathBuf>,
        #[arg(long)]
        pdftoppm: Option<PathBuf>,
    },
}

/// Runs the command that the arguments name.
///
/// The exit status is 0 when all is well, 1 when the answer is "no" (a
/// message would not be delivered, the journal is broken), 2 when the command
/// could not run.
pub fn run() -> ExitCode {
    let arguments = Arguments::parse();
    let config = arguments.config.as_path();
    let done = match arguments.command {
        Command::Worker => return worker::run(),
        Command::OcrWorker {
            tesseract,
            pdftoppm,
        } => {
            return worker::run_ocr(Tools {
                tesseract,
                pdftoppm,
            });
        }
        Command::Serve(arguments) => serve::run(config, &arguments),
        Command::Check(arguments) => check::run(config, &arguments),
        Command::Evaluate(arguments) => evaluate::run(config, &arguments),
        Command::Rules(arguments) => rules::run(config, &arguments),
        Command::Read(arguments) => read::run(config, &arguments),
        Command::Demo(arguments) => demo::run(&arguments),
        Command::Holds(command) => holds::run(config, &command),
        Command::Outbox(command) => outbox::run(config, &command),
        Command::Bypass(arguments) => bypass::run(config, &arguments),
        Command::Purge(arguments) => purge::run(config, &arguments),
        Command::Backup(arguments) => backup::run(config, &arguments),
        Command::Journal(command) => journal::run(config, &command),
        Command::Store(command) => store::run(config, &command),
        Command::Roster(command) => people::run(config, List::Roster, &command),
        Command::Staff(command) => people::run(config, List::Staff, &command),
        Command::Contacts(command) => people::run(config, List::Contacts, &command),
        Command::Account(command) => account::run(&command),
        Command::Keys(arguments) => keys::run(config, &arguments),
        Command::Config(command) => config_check::run(config, &command),
        Command::Doctor(arguments) => doctor::run(config, &arguments),
    };
    done.unwrap_or_else(|error| {
        // Whoever read the output, such as `head`, has seen enough.
        let stopped = error.downcast_ref::<io::Error>();
        if stopped.is_none_or(|error| error.kind() != io::ErrorKind::BrokenPipe) {
            print_error(&error);
        }
        ExitCode::from(2)
    })
}

#[expect(clippy::print_stderr, reason = "the one place where an error is shown")]
fn print_error(error: &anyhow::Error) {
    match error.downcast_ref::<config::Faults>() {
        // Faults in the configuration are shown where they stand.
        Some(faults) => {
            let mut text = String::new();
            let handler = miette::GraphicalReportHandler::new();
            match handler.render_report(&mut text, faults) {
                Ok(()) => eprint!("{text}"),
                Err(_) => eprintln!("{faults}"),
            }
        }
        None => eprintln!("exeat: {error:#}"),
    }
}

/// The configuration with the people that were imported.
fn load(path: &Path) -> anyhow::Result<Config> {
    load_with(path, Unsettled::Settle)
}

fn load_with(path: &Path, unsettled: Unsettled) -> anyhow::Result<Config> {
    config::load_with(path, |store| {
        block_on(async { Ok(imports(store, unsettled).await?) })
    })
}

/// The school that `--school` names.
fn school_of<'t>(id: &str, tenants: &'t Tenants) -> anyhow::Result<&'t Arc<Tenant>> {
    tenants.by_id(id).with_context(|| {
        let known: Vec<&str> = tenants.iter().map(|t| &*t.school.id).collect();
        let known = known.join(", ");
        format!("--school: there is no school \"{id}\"; configured: {known}")
    })
}

/// Runs a command that needs the store.
fn block_on<T>(work: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("the runtime did not start")?;
    runtime.block_on(work)
}

/// Where an answer is of another kind than the request asks for.
const NOT_UNDERSTOOD: &str = "the answer is not understood; are both of the same release?";

/// Asks the serving process where there is one, else opens the store itself.
/// What could not be done is an error.
fn ask(config: &Config, request: Request) -> anyhow::Result<Answer> {
    let socket = console::path(&config.store);
    let answer = console::call(&socket, &request)
        .with_context(|| format!("the serving process did not answer on {}", socket.display()))?;
    let answer = match answer {
        Some(answer) => answer,
        None => block_on(async {
            let house = House {
                store: Store::open(&config.store, Access::Command).await?,
                tenants: Arc::new(ArcSwap::from_pointee(config.tenants.clone())),
            };
            Ok(act(&house, request, &std::env::temp_dir()).await)
        })?,
    };
    match answer {
        Answer::Failed { why } => bail!(why),
        answer => Ok(answer),
    }
}

fn by(reason: &str) -> By {
    By {
        name: user(),
        reason: reason.to_owned(),
    }
}

/// Who runs a command, as the journal names them: the account that sudo was
/// called from, else the present one.
fn user() -> String {
    ["SUDO_USER", "LOGNAME", "USER"]
        .into_iter()
        .find_map(|name| std::env::var(name).ok().filter(|value| !value.is_empty()))
        .unwrap_or_else(|| format!("user {}", rustix::process::getuid().as_raw()))
}

/// Bytes as people read them.
fn size(bytes: u64) -> String {
    const UNITS: [&str; 5] = ["bytes", "KB", "MB", "GB", "TB"];
    let mut size = bytes as f64;
    let mut unit = 0;
    while size >= 1024.0 && unit + 1 < UNITS.len() {
        size /= 1024.0;
        unit += 1;
    }
    match unit {
        0 => format!("{bytes} bytes"),
        _ => format!("{size:.1} {}", UNITS[unit]),
    }
}
