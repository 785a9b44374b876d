//! `exeat check`: what would happen to these messages.
//!
//! Makes no store and no connection; of a store that is there, the imported
//! people are read. The envelope is taken from the header unless the arguments
//! say otherwise.

mod files;
mod report;

use std::collections::VecDeque;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use anyhow::Context;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use jiff::Timestamp;
use tokio::runtime::Runtime;

use crate::extract::{Budget, Header, Mailbox, Reading};
use crate::finding::{Action, Location, Problem, ProblemKind};
use crate::mail::{Address, Content, Envelope};
use crate::screen;
use crate::tenant::{Tenant, Tenants};
use crate::worker;

use files::Message;
use report::Report;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Messages (.eml), mailboxes (.mbox), or folders of them
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Print one JSON object a line
    #[arg(long)]
    json: bool,
    /// Also show matches that do not count, and why
    #[arg(long)]
    explain: bool,
    /// The envelope's sender instead of the header's; `<>` for none
    #[arg(long, value_name = "ADDRESS")]
    from: Option<String>,
    /// The envelope's recipients instead of the header's
    #[arg(long, value_name = "ADDRESS")]
    to: Vec<Address>,
    /// The school whose policy applies, by its id
    #[arg(long, value_name = "ID")]
    school: Option<String>,
}

/// What the arguments say of every message.
#[derive(Debug)]
struct Overrides {
    from: Option<Option<Address>>,
    to: Vec<Address>,
    school: Option<Arc<Tenant>>,
}

pub(super) fn run(config: &Path, arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let config = super::load(config)?;
    let overrides = overrides(arguments, &config.tenants)?;
    let program = std::env::current_exe().context("this program's own file is not to be found")?;
    let runtime = Runtime::new().context("no threads could be started")?;
    let workers = worker::Pool::start(&program, &config.workers, Budget::default());
    let workers = runtime.block_on(workers)?;
    let messages = files::find(&arguments.paths);
    let progress = progress(messages.len());

    let mut all_delivered = true;
    let mut printer = report::Printer::new(arguments.json, arguments.explain);
    in_order(
        &messages,
        |message| {
            let work = judge(message, &overrides, &config.tenants, &workers);
            runtime.block_on(work)
        },
        |report| {
            all_delivered &= report.action <= Action::Note;
            progress.suspend(|| printer.print(&report))?;
            progress.inc(1);
            Ok(())
        },
    )?;
    progress.finish_and_clear();
    printer.finish()?;
    Ok(ExitCode::from(u8::from(!all_delivered)))
}

fn overrides(arguments: &Arguments, tenants: &Tenants) -> anyhow::Result<Overrides> {
    let from = match arguments.from.as_deref() {
        None => None,
        Some("" | "<>") => Some(None),
        Some(address) => Some(Some(address.parse().context("--from")?)),
    };
    let school = match &arguments.school {
        None => None,
        Some(id) => Some(Arc::clone(super::school_of(id, tenants)?)),
    };
    Ok(Overrides {
        from,
        to: arguments.to.clone(),
        school,
    })
}

fn progress(messages: usize) -> ProgressBar {
    let visible = messages > 1 && std::io::stderr().is_terminal();
    let target = if visible {
        ProgressDrawTarget::stderr()
    } else {
        ProgressDrawTarget::hidden()
    };
    let style = ProgressStyle::with_template("{bar:30} {pos}/{len} messages, {eta} to go")
        .expect("the template is a constant");
    ProgressBar::with_draw_target(Some(messages as u64), target).with_style(style)
}

/// Works on the items in as many threads as there are cores, and takes the
/// results in the items' order.
fn in_order<T: Sync, R: Send>(
    items: &[T],
    work: impl Fn(&T) -> R + Sync,
    mut take: impl FnMut(R) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let (work, next) = (&work, &AtomicUsize::new(0));
    std::thread::scope(|scope| {
        let mut pending = VecDeque::new();
        let (results, done) = mpsc::sync_channel(threads * 4);
        for _ in 0..threads {
            let results = results.clone();
            scope.spawn(move || {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(item) = items.get(index) else { break };
                    // The receiver is gone only when printing failed.
                    if results.send((index, work(item))).is_err() {
                        break;
                    }
                }
            });
        }
        drop(results);
        let mut taken = 0;
        for (index, result) in done {
            let place: usize = index - taken;
            if pending.len() <= place {
                pending.resize_with(place + 1, || None);
            }
            pending[place] = Some(result);
            while let Some(Some(_)) = pending.front() {
                if let Some(Some(result)) = pending.pop_front() {
                    taken += 1;
                    take(result)?;
                }
            }
        }
        Ok(())
    })
}

async fn judge(
    message: &Message,
    overrides: &Overrides,
    tenants: &Tenants,
    workers: &worker::Pool,
) -> Report {
    let started = Instant::now();
    let file = message.name();
    let now = Timestamp::now();
    // What cannot be read is never clean.
    let unread = |what| Report::unjudged(file.clone(), Action::Quarantine, what, started.elapsed());
    let message = match message.bytes() {
        Ok(bytes) => Content::from(bytes),
        Err(error) => return unread(format!("{error:#}")),
    };
    let habits = |reading: &Reading| {
        let header = &reading.header;
        let envelope = envelope(header, overrides);
        let tenant = tenant(&envelope, header, overrides, tenants);
        tenant.map_or_else(Vec::new, |tenant| {
            screen::habits(&tenant.school, &envelope, reading, now)
        })
    };
    let reading = match workers.read_message_with(&message, habits).await {
        Ok(reading) => reading,
        Err(fault) => return unread(fault.to_string()),
    };
    let envelope = envelope(&reading.header, overrides);
    let Some(tenant) = tenant(&envelope, &reading.header, overrides, tenants) else {
        let what = "no configured school sends from this address; name one with --school";
        // As the relay does: 550 5.7.1.
        return Report::unjudged(file, Action::Reject, what.to_owned(), started.elapsed());
    };
    let verdict = screen::judge(&tenant.school, &tenant.policy, &envelope, &reading, now);
    Report {
        file,
        action: verdict.action,
        findings: verdict.findings,
        problems: screen::masked_problems(&tenant.school, &reading),
        took: started.elapsed(),
    }
}

/// The envelope that a message's header tells of.
pub(super) fn envelope_of(header: &Header) -> Envelope {
    let addresses = |mailboxes: &[Mailbox]| -> Vec<Address> {
        mailboxes
            .iter()
            .filter_map(|mailbox| mailbox.address.parse().ok())
            .collect()
    };
    let mut to: Vec<Address> = Vec::new();
    for address in [&header.to, &header.cc, &header.bcc]
        .into_iter()
        .flat_map(|m| addresses(m))
    {
        if !to.contains(&address) {
            to.push(address);
        }
    }
    Envelope::new(addresses(&header.from).into_iter().next(), to)
}

fn envelope(header: &Header, overrides: &Overrides) -> Envelope {
    let from_header = envelope_of(header);
    let from = overrides
        .from
        .clone()
        .unwrap_or(from_header.reverse_path.clone());
    match overrides.to.as_slice() {
        [] => Envelope {
            reverse_path: from,
            ..from_header
        },
        to => Envelope::new(from, to.iter().cloned()),
    }
}

fn tenant<'t>(
    envelope: &Envelope,
    header: &Header,
    overrides: &'t Overrides,
    tenants: &'t Tenants,
) -> Option<&'t Arc<Tenant>> {
    let header_addresses = header.from.iter().chain(&header.reply_to);
    let candidates = envelope
        .reverse_path
        .iter()
        .cloned()
        .chain(header_addresses.filter_map(|mailbox| mailbox.address.parse().ok()))
        .chain(envelope.addresses().cloned());
    overrides
        .school
        .as_ref()
        .or_else(|| {
            let mut candidates = candidates;
            candidates.find_map(|address| tenants.of_address(&address))
        })
        .or_else(|| tenants.only())
}

impl Report {
    fn unjudged(file: String, action: Action, what: String, took: Duration) -> Self {
        Self {
            file,
            action,
            findings: Vec::new(),
            problems: vec![Problem {
                location: Location::new("message"),
                kind: ProblemKind::Damaged,
                what,
            }],
            took,
        }
    }
}
