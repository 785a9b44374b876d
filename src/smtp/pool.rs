//! The next hops: connections kept for the next message, and what each next
//! hop was heard to support.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::extension::Extensions;
use super::next_hop::{Connection, HopError};
use super::reply::Reply;
use super::tls::outgoing::Outgoing;
use crate::mail::Envelope;
use crate::tenant::NextHop;

/// How long a connection may wait for its next message.
const IDLE: Duration = Duration::from_secs(30);
/// Messages after which a connection is replaced; servers count them too.
const USES: u32 = 100;
/// Connections kept for one next hop.
const KEPT: usize = 64;

#[derive(Debug)]
pub(crate) struct NextHops {
    hostname: String,
    known: Mutex<HashMap<Arc<NextHop>, Known>>,
}

#[derive(Debug, Default)]
struct Known {
    /// The one used last is at the end, and taken first.
    idle: Vec<(Instant, Connection)>,
    extensions: Option<Extensions>,
    /// Made once: it keeps what makes the next handshake a short one.
    tls: Option<Outgoing>,
}

/// An envelope that a next hop has heard, with its answers.
#[derive(Debug)]
pub(crate) struct Submitted {
    pub(crate) connection: Connection,
    pub(crate) mail: Reply,
    /// One for each recipient, unless MAIL was refused.
    pub(crate) recipients: Vec<Reply>,
}

impl NextHops {
    pub(crate) fn new(hostname: String) -> Self {
        Self {
            hostname,
            known: Mutex::default(),
        }
    }

    /// A connection with no transaction open: a kept one that seems alive, or
    /// a new one.
    pub(crate) async fn take(&self, next_hop: &Arc<NextHop>) -> Result<Connection, HopError> {
        match self.take_idle(next_hop) {
            Some(connection) => Ok(connection),
            None => self.connect(next_hop).await,
        }
    }

    /// A new connection.
    pub(crate) async fn connect(&self, next_hop: &Arc<NextHop>) -> Result<Connection, HopError> {
        let tls = self.tls(next_hop)?;
        let connection = Connection::open(next_hop, &tls, &self.hostname).await?;
        let mut known = self.lock();
        known
            .entry(Arc::clone(connection.next_hop()))
            .or_default()
            .extensions = Some(connection.extensions());
        Ok(connection)
    }

    /// Keeps a connection that has no transaction open.
    pub(crate) fn keep(&self, connection: Connection) {
        if connection.uses() >= USES {
            tokio::spawn(connection.quit());
            return;
        }
        let mut known = self.lock();
        let idle = &mut known
            .entry(Arc::clone(connection.next_hop()))
            .or_default()
            .idle;
        if idle.len() < KEPT {
            idle.push((Instant::now(), connection));
        }
    }

    /// Ends a connection's open transaction, and keeps it if that works.
    pub(crate) async fn give_back(&self, mut connection: Connection) {
        if connection.rset().await.is_ok() {
            self.keep(connection);
        }
    }

    /// Says the whole envelope on some connection. A kept one that turns out
    /// to be dead is replaced once: nothing has been handed over by then.
    pub(crate) async fn submit(
        &self,
        next_hop: &Arc<NextHop>,
        envelope: &Envelope,
        size: Option<u64>,
    ) -> Result<Submitted, HopError> {
        let mut connection = self.take(next_hop).await?;
        let was_kept = connection.uses() > 0;
        let answers = match connection.submit(envelope, size).await {
            Err(error) if was_kept && error.is_loss() => {
                connection = self.connect(next_hop).await?;
                connection.submit(envelope, size).await?
            }
            answers => answers?,
        };
        Ok(Submitted {
            connection,
            mail: answers.0,
            recipients: answers.1,
        })
    }

    /// What the next hop announced when it was last spoken to.
    pub(crate) fn extensions(&self, next_hop: &Arc<NextHop>) -> Option<Extensions> {
        self.lock().get(next_hop)?.extensions
    }

    /// Hears what a next hop supports, unless that is known.
    pub(crate) async fn probe(&self, next_hop: &Arc<NextHop>) {
        if self.extensions(next_hop).is_some() {
            return;
        }
        match self.connect(next_hop).await {
            Ok(connection) => self.keep(connection),
            Err(error) => {
                tracing::warn!(next_hop = next_hop.address, %error, "next hop not reached")
            }
        }
    }

    /// Closes the connections that have waited too long.
    pub(crate) fn sweep(&self) {
        let Some(oldest) = Instant::now().checked_sub(IDLE) else {
            return;
        };
        for known in self.lock().values_mut() {
            let stale = known.idle.partition_point(|(since, _)| *since < oldest);
            for (_, connection) in known.idle.drain(..stale) {
                tokio::spawn(connection.quit());
            }
        }
    }

    fn tls(&self, next_hop: &Arc<NextHop>) -> Result<Outgoing, HopError> {
        if let Some(known) = self.lock().get(next_hop)
            && let Some(tls) = &known.tls
        {
            return Ok(tls.clone());
        }
        let tls = Outgoing::of(next_hop)?;
        let mut known = self.lock();
        let entry = known.entry(Arc::clone(next_hop)).or_default();
        entry.tls = Some(tls.clone());
        Ok(tls)
    }

    fn take_idle(&self, next_hop: &Arc<NextHop>) -> Option<Connection> {
        let mut known = self.lock();
        let idle = &mut known.get_mut(next_hop)?.idle;
        while let Some((since, connection)) = idle.pop() {
            if since.elapsed() < IDLE && connection.is_alive() {
                return Some(connection);
            }
        }
        None
    }

    /// A panic elsewhere leaves the map whole: every change is one call.
    fn lock(&self) -> MutexGuard<'_, HashMap<Arc<NextHop>, Known>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
