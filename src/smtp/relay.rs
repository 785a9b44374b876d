//! What all sessions share: the snapshot of the configuration, the store, the
//! workers, the next hops; and the choice of the school for a message.

use std::future::poll_fn;
use std::net::IpAddr;
use std::panic::{self, AssertUnwindSafe};
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;

use arc_swap::ArcSwap;
use jiff::Timestamp;
use rustls::pki_types::CertificateDer;
use tokio::sync::{Notify, Semaphore, mpsc};
use tokio::time::Instant;

use super::account::Account;
use super::bypass::Bypasses;
use super::client::Client;
use super::extension::Extensions;
use super::mark::Mark;
use super::pool::NextHops;
use super::reply::Reply;
use super::settings::{Limits, Settings};
use super::share::{Rate, Stock};
use super::throttle::Throttle;
use super::tls::Incoming;
use super::trace::Trace;
use crate::mail::{Address, Content, Envelope, header};
use crate::screen::Screening;
use crate::store::Store;
use crate::tenant::{Tenant, Tenants};
use crate::worker;

/// Each takes some tens of milliseconds of a core, and 19 MB.
const PASSWORDS: usize = 2;

/// Screens one message: [`crate::screen::screen`] with its workers, or a
/// stand-in.
pub type Screen = dyn Fn(Arc<Tenant>, Arc<Envelope>, Content, Timestamp) -> Pending + Send + Sync;

/// A screening on its way. It goes on only while it is polled.
pub type Pending = Pin<Box<dyn Future<Output = Result<Screening, ScreenError>> + Send>>;

/// A message that could not be screened: a fault of Exeat's own.
#[derive(Debug, thiserror::Error)]
pub enum ScreenError {
    #[error(transparent)]
    Worker(#[from] worker::Fault),
    #[error("a check failed")]
    Panicked,
}

/// The configuration of one moment. A transaction keeps the one that it began
/// with.
#[derive(Debug)]
pub struct Snapshot {
    pub tenants: Tenants,
    pub clients: Vec<Client>,
    pub accounts: Arc<[Account]>,
    pub limits: Limits,
    /// What clients who ask for TLS are shown; without it they cannot.
    pub tls: Option<Arc<Incoming>>,
}

/// What all sessions and the outbox share.
pub struct Relay {
    snapshot: ArcSwap<Snapshot>,
    pub(crate) hostname: String,
    pub(crate) store: Store,
    screen: Arc<Screen>,
    pub(crate) hops: NextHops,
    pub(crate) trace: Trace,
    /// Where large messages spill to.
    pub(crate) folder: PathBuf,
    /// Wakes the outbox.
    pub(crate) outbox: Arc<Notify>,
    pub(crate) connections: Arc<Stock>,
    /// Bytes of messages that have begun to come and are not answered yet.
    pub(crate) in_flight: Arc<Stock>,
    /// Messages that begin.
    pub(crate) messages: Rate,
    /// Tries to sign in.
    pub(crate) throttle: Throttle,
    /// Passwords that are looked at at one time.
    pub(crate) passwords: Semaphore,
    /// Schools whose mail nobody looks at for a time.
    pub(crate) bypasses: Bypasses,
}

/// Keeps the process from ending: whoever shuts down waits until the last of
/// these is dropped.
#[derive(Debug, Clone)]
pub(crate) struct Tasks {
    _guard: mpsc::Sender<()>,
}

impl Tasks {
    /// The other end hears nothing, and ends when all tasks have.
    pub(crate) fn new() -> (Self, mpsc::Receiver<()>) {
        let (guard, all_done) = mpsc::channel(1);
        (Self { _guard: guard }, all_done)
    }

    /// Runs work that nobody waits for but the shutdown.
    pub(crate) fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        let guard = self.clone();
        tokio::spawn(async move {
            work.await;
            drop(guard);
        });
    }
}

/// What a [`Relay`] is made of beside its snapshot.
pub struct Parts {
    pub hostname: String,
    pub store: Store,
    pub screen: Arc<Screen>,
    /// Where large messages spill to.
    pub folder: PathBuf,
    /// The key of the trace field's MAC.
    pub trace_key: Vec<u8>,
}

impl Relay {
    pub fn new(snapshot: Snapshot, parts: Parts) -> Self {
        Self {
            snapshot: ArcSwap::from_pointee(snapshot),
            hops: NextHops::new(parts.hostname.clone()),
            hostname: parts.hostname,
            store: parts.store,
            screen: parts.screen,
            trace: Trace::new(&parts.trace_key),
            folder: parts.folder,
            outbox: Arc::new(Notify::new()),
            connections: Arc::default(),
            in_flight: Arc::default(),
            messages: Rate::new(Instant::now()),
            throttle: Throttle::default(),
            passwords: Semaphore::new(PASSWORDS),
            bypasses: Bypasses::default(),
        }
    }

    /// Puts a new configuration in force for transactions that begin from now
    /// on.
    pub fn reload(&self, snapshot: Snapshot) {
        self.snapshot.store(Arc::new(snapshot));
    }

    pub fn snapshot(&self) -> Arc<Snapshot> {
        self.snapshot.load_full()
    }

    /// What to notify when something was put into the outbox, or a hold was
    /// decided.
    pub fn outbox(&self) -> Arc<Notify> {
        Arc::clone(&self.outbox)
    }

    /// Hears the next hops that have not been heard yet.
    pub async fn probe(&self) {
        for tenant in self.snapshot().tenants.iter() {
            self.hops.probe(&tenant.next_hop).await;
        }
    }

    /// Screens a message, when a worker is free. A check that panics fails that
    /// message only.
    pub(crate) fn screen(
        &self,
        tenant: Arc<Tenant>,
        envelope: Arc<Envelope>,
        message: Content,
        now: Timestamp,
    ) -> Pending {
        let mut screening = (self.screen)(tenant, envelope, message, now);
        Box::pin(poll_fn(move |context| {
            panic::catch_unwind(AssertUnwindSafe(|| screening.as_mut().poll(context)))
                .unwrap_or(Poll::Ready(Err(ScreenError::Panicked)))
        }))
    }
}

impl std::fmt::Debug for Relay {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Relay")
            .field("hostname", &self.hostname)
            .finish_non_exhaustive()
    }
}

/// What the choice of a transaction's school rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    /// The sender is of that school.
    Named,
    /// The client's entry says so; the header may know better.
    Default,
    /// Nothing yet: the header has to name one.
    StandIn,
}

const NOT_THIS_SCHOOL: Reply = Reply::new(
    550,
    "5.7.1 This client may not send for that school; see \"schools\" of its entry in \"clients\"",
);
pub(crate) const NO_SCHOOL: Reply = Reply::new(
    550,
    "5.7.1 No school here has this sender; add its domain to a school, or give the client a \"default_school\"",
);

impl Snapshot {
    pub fn new(settings: &Settings, tenants: Tenants) -> Self {
        Self {
            tenants,
            clients: settings.clients.clone(),
            accounts: settings.accounts.clone().into(),
            limits: settings.limits,
            tls: settings.tls.clone(),
        }
    }

    /// Whether a client at this address may come to send.
    pub(crate) fn knows(&self, address: IpAddr) -> bool {
        self.may_sign_in() || self.clients.iter().any(|client| client.covers(address))
    }

    /// Whether there are accounts, and a certificate to protect passwords.
    pub(crate) fn may_sign_in(&self) -> bool {
        self.tls.is_some() && !self.accounts.is_empty()
    }

    /// The entry of who has signed in under this name.
    pub(crate) fn account(&self, name: &str) -> Option<Client> {
        let account = self.accounts.iter().find(|account| account.name == name);
        account.map(Account::client)
    }

    /// The first entry that a client falls under, with what it has shown of
    /// itself so far.
    pub(crate) fn client(
        &self,
        address: IpAddr,
        certificates: &[CertificateDer<'_>],
    ) -> Option<&Client> {
        self.clients.iter().find(|client| {
            let shown = client.certificate.as_ref();
            client.covers(address) && shown.is_none_or(|shown| shown.is_among(certificates))
        })
    }

    /// The header fields that let messages in, and so go no further.
    pub(crate) fn marks(&self) -> Vec<&Mark> {
        let marks = self
            .clients
            .iter()
            .filter_map(|client| client.header.as_ref());
        marks.collect()
    }

    /// What the client can be promised: what the next hops of all its schools
    /// can, as far as they were heard.
    pub(crate) fn promise(&self, client: Option<&Client>, hops: &NextHops) -> Extensions {
        let may_send = |school: &str| client.is_none_or(|client| client.may_send_for(school));
        let schools = self
            .tenants
            .iter()
            .filter(|tenant| may_send(&tenant.school.id));
        let heard = schools.filter_map(|tenant| hops.extensions(&tenant.next_hop));
        Extensions::promise(heard, self.limits.largest())
    }

    /// The school of a transaction, as far as MAIL tells. Where the sender
    /// settles nothing (`<>`, mail forwarded for others), the client's own
    /// school stands in until the header section is there: see
    /// [`school_of_header`](Self::school_of_header).
    pub(crate) fn school_of_sender(
        &self,
        client: &Client,
        sender: Option<&Address>,
    ) -> Result<(Arc<Tenant>, Standing), Reply> {
        if let Some(tenant) = sender.and_then(|sender| self.tenants.of_address(sender)) {
            return if client.may_send_for(&tenant.school.id) {
                Ok((Arc::clone(tenant), Standing::Named))
            } else {
                Err(NOT_THIS_SCHOOL)
            };
        }
        let default = client
            .default_school
            .as_deref()
            .and_then(|id| self.tenants.by_id(id));
        if let Some(tenant) = default {
            return Ok((Arc::clone(tenant), Standing::Default));
        }
        let mut own = self
            .tenants
            .iter()
            .filter(|tenant| client.may_send_for(&tenant.school.id));
        let stand_in = own.next().ok_or(NO_SCHOOL)?;
        Ok((Arc::clone(stand_in), Standing::StandIn))
    }

    /// The school that a message's `From` names, if the client may send for
    /// it.
    pub(crate) fn school_of_header(&self, client: &Client, section: &[u8]) -> Option<Arc<Tenant>> {
        let from = header::first(section, "From")?;
        let address = match (from.rfind('<'), from.rfind('>')) {
            (Some(open), Some(close)) if open < close => &from[open + 1..close],
            _ => from.as_str(),
        };
        let tenant = self.tenants.of_address(&address.parse().ok()?)?;
        client
            .may_send_for(&tenant.school.id)
            .then(|| Arc::clone(tenant))
    }
}
