//! Messages in files, judged as the relay would judge them, without sending
//! or storing anything.
//!
//! Makes no store and no connection; of a store that is there, the imported
//! people are read. The envelope is taken from the header unless it is said
//! otherwise.

mod files;
mod in_order;

use std::io::IsTerminal;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use jiff::Timestamp;
use tokio::runtime::Runtime;

use crate::check::History;
use crate::config::Config;
use crate::extract::{Budget, Header, Mailbox, Reading};
use crate::finding::{Action, Location, Problem, ProblemKind};
use crate::mail::{Address, Content, Envelope};
use crate::policy::Judged;
use crate::screen;
use crate::tenant::{Tenant, Tenants};
use crate::worker;

pub(super) use files::{Message, find};

/// Whose rules judge, and what reads.
pub(super) struct Trial {
    tenants: Tenants,
    /// Every rule acts, whatever the schools say, and as if it were the day of
    /// the message.
    all_rules: bool,
    workers: worker::Pool,
    runtime: Runtime,
}

/// A message, and what is said of it beside its header.
#[derive(Debug, Clone)]
pub(super) struct Case {
    pub(super) message: Message,
    pub(super) told: Told,
}

/// What counts instead of what a message's header tells.
#[derive(Debug, Clone, Default)]
pub(super) struct Told {
    /// The reverse path; `Some(None)` is the empty one.
    pub(super) from: Option<Option<Address>>,
    /// None: those of the header.
    pub(super) to: Vec<Address>,
    pub(super) school: Option<Arc<Tenant>>,
}

/// What would become of one message; masked.
#[derive(Debug)]
pub(super) struct Report {
    pub(super) file: String,
    pub(super) action: Action,
    /// Suppressed ones included.
    pub(super) findings: Vec<Judged>,
    pub(super) problems: Vec<Problem>,
    pub(super) took: Duration,
}

impl Trial {
    pub(super) fn start(config: Config) -> anyhow::Result<Self> {
        let program =
            std::env::current_exe().context("this program's own file is not to be found")?;
        let runtime = Runtime::new().context("no threads could be started")?;
        let workers = worker::Pool::start(&program, &config.workers, Budget::default());
        let workers = runtime.block_on(workers)?;
        Ok(Self {
            tenants: config.tenants,
            all_rules: false,
            workers,
            runtime,
        })
    }

    /// The same with every rule acting, also one that a school has switched
    /// off or only observes, as of the day that each message bears.
    pub(super) fn with_all_rules(self) -> Self {
        Self {
            all_rules: true,
            ..self
        }
    }

    /// Judges them on all cores, and hands the reports over in the order of
    /// the cases. Shows its progress on a terminal.
    pub(super) fn judge_all(
        &self,
        cases: &[Case],
        mut take: impl FnMut(Report) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        let progress = progress(cases.len());
        in_order::work(
            cases,
            |case| self.runtime.block_on(self.judge(case)),
            |report| {
                progress.suspend(|| take(report))?;
                progress.inc(1);
                Ok(())
            },
        )?;
        progress.finish_and_clear();
        Ok(())
    }

    async fn judge(&self, case: &Case) -> Report {
        let started = Instant::now();
        let file = case.message.name();
        let now = Timestamp::now();
        // What cannot be read is never clean.
        let unread =
            |what| Report::unjudged(file.clone(), Action::Quarantine, what, started.elapsed());
        let message = match case.message.bytes() {
            Ok(bytes) => Content::from(bytes),
            Err(error) => return unread(format!("{error:#}")),
        };
        let habits = |reading: &Reading| {
            let header = &reading.header;
            let envelope = case.told.envelope(header);
            let tenant = self.tenant(&envelope, header, &case.told);
            tenant.map_or_else(Vec::new, |tenant| {
                screen::habits(&tenant.school, &envelope, reading, now)
            })
        };
        let reading = match self.workers.read_message_with(&message, habits).await {
            Ok(reading) => reading,
            Err(fault) => return unread(fault.to_string()),
        };
        let envelope = case.told.envelope(&reading.header);
        let Some(tenant) = self.tenant(&envelope, &reading.header, &case.told) else {
            let what = "no configured school sends from this address; name one with --school";
            // As the relay does: 550 5.7.1.
            return Report::unjudged(file, Action::Reject, what.to_owned(), started.elapsed());
        };
        let school = &tenant.school;
        let policy = match self.all_rules {
            true => &tenant.policy.with_all_acting(),
            false => &tenant.policy,
        };
        let own_day = reading.header.date.filter(|_| self.all_rules);
        let own_day = own_day.and_then(|date| Timestamp::from_second(date).ok());
        let now = own_day.unwrap_or(now);
        let history = History::default();
        let verdict = screen::judge(school, policy, &envelope, &reading, history, now);
        Report {
            file,
            action: verdict.action,
            findings: verdict.findings,
            problems: screen::masked_problems(school, &reading),
            took: started.elapsed(),
        }
    }

    fn tenant<'t>(
        &'t self,
        envelope: &Envelope,
        header: &Header,
        told: &'t Told,
    ) -> Option<&'t Arc<Tenant>> {
        let header_addresses = header.from.iter().chain(&header.reply_to);
        let mut candidates = envelope
            .reverse_path
            .iter()
            .cloned()
            .chain(header_addresses.filter_map(|mailbox| mailbox.address.parse().ok()))
            .chain(envelope.addresses().cloned());
        told.school
            .as_ref()
            .or_else(|| candidates.find_map(|address| self.tenants.of_address(&address)))
            .or_else(|| self.tenants.only())
    }
}

impl Told {
    fn envelope(&self, header: &Header) -> Envelope {
        let of_header = envelope_of(header);
        let from = self.from.clone().unwrap_or(of_header.reverse_path.clone());
        match self.to.as_slice() {
            [] => Envelope {
                reverse_path: from,
                ..of_header
            },
            to => Envelope::new(from, to.iter().cloned()),
        }
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

/// The reverse path that an argument or a label names: `<>` is the empty one.
pub(super) fn reverse_path(said: &str) -> anyhow::Result<Option<Address>> {
    Ok(match said {
        "" | "<>" => None,
        address => Some(address.parse()?),
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
