//! Accepts clients, no more than the limits say, and at a shutdown waits for
//! those that are in the middle of something.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval, sleep, timeout};

use super::conversation::{converse, refuse, take_handshake};
use super::hold;
use super::relay::{Relay, Tasks};
use super::reply::Reply;
use super::stream::Stream;
use crate::store::Hold;

/// How often idle connections to next hops are looked through, and next hops
/// that were not reached are tried again.
const HOUSEKEEPING: Duration = Duration::from_secs(10);
/// The pause after an accept that failed, for want of file descriptors most
/// likely: without it the loop would spin until one is free.
const PAUSE: Duration = Duration::from_millis(200);

const CROWDED: Reply = Reply::new(421, "4.3.2 Too many connections, please try again later");

/// How a listener's clients begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Door {
    /// In clear; they may ask for TLS (RFC 3207).
    Smtp,
    /// With TLS from the first byte (RFC 8314).
    Smtps,
}

/// Serves clients until `shutdown` turns true. Then idle sessions get 421,
/// and running transactions end, for as long as `drain_seconds` say.
pub async fn serve(
    listener: TcpListener,
    door: Door,
    relay: Arc<Relay>,
    mut shutdown: watch::Receiver<bool>,
) {
    let (tasks, mut all_done) = Tasks::new();
    let mut handlers = JoinSet::new();
    let told = shutdown.clone();
    let mut housekeeping = interval(HOUSEKEEPING);
    housekeeping.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let probing = Arc::clone(&relay);
    let probe = tokio::spawn(async move {
        loop {
            probing.probe().await;
            sleep(HOUSEKEEPING).await;
        }
    });
    loop {
        tokio::select! {
            () = asked_to_stop(&mut shutdown) => break,
            _ = housekeeping.tick() => relay.hops.sweep(),
            Some(ended) = handlers.join_next(), if !handlers.is_empty() => report(ended),
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => {
                    let handler = handle(Arc::clone(&relay), tasks.clone(), door, stream, peer.ip().to_canonical(), told.clone());
                    handlers.spawn(handler);
                }
                Err(error) => {
                    tracing::warn!(%error, "accepting a connection failed");
                    sleep(PAUSE).await;
                }
            },
        }
    }
    drop(listener);
    drop(tasks);
    probe.abort();
    let drain = relay.snapshot().limits.drain();
    let drained = timeout(drain, async {
        while let Some(ended) = handlers.join_next().await {
            report(ended);
        }
        // Nothing is ever sent: the channel ends when the last guard does.
        let _ = all_done.recv().await;
    });
    if drained.await.is_err() {
        tracing::warn!(
            sessions = handlers.len(),
            "sessions cut off at the shutdown"
        );
        handlers.shutdown().await;
    }
}

/// Screens the messages whose reading an earlier process did not finish.
pub async fn resume(relay: &Arc<Relay>, unfinished: Vec<Hold>) {
    for held in unfinished {
        let Some(tenant) = relay.snapshot().tenants.by_id(&held.school).cloned() else {
            tracing::error!(hold = %held.reference, school = &*held.school, "a held message's school is not configured");
            continue;
        };
        let message = match relay.store.load_body(held.body, &relay.folder).await {
            Ok(message) => message,
            Err(error) => {
                tracing::error!(hold = %held.reference, error = &error as &dyn std::error::Error, "held message not read back");
                continue;
            }
        };
        let envelope = Arc::new(held.envelope);
        let screening = relay.screen(
            Arc::clone(&tenant),
            Arc::clone(&envelope),
            message,
            held.created,
        );
        hold::settle(
            relay,
            &tenant,
            &envelope,
            &held.reference,
            held.created,
            screening,
        )
        .await;
    }
}

/// Takes one client on, or turns it away.
async fn handle(
    relay: Arc<Relay>,
    tasks: Tasks,
    door: Door,
    stream: TcpStream,
    address: IpAddr,
    mut shutdown: watch::Receiver<bool>,
) {
    let snapshot = relay.snapshot();
    let limits = &snapshot.limits;
    let Some(_share) = relay
        .connections
        .take(address, 1, limits.most_connections())
    else {
        tracing::warn!(%address, "connection refused: too many");
        if door == Door::Smtp {
            refuse(Stream::Clear(stream), &CROWDED).await;
        }
        return;
    };
    // Replies are gathered here, so waiting for more in the kernel only costs.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "connection lost at once");
        return;
    }
    let mut stream = Stream::Clear(stream);
    if door == Door::Smtps {
        let Some(tls) = snapshot.tls.clone() else {
            tracing::warn!(%address, "connection refused: no certificate is configured any more");
            return;
        };
        if !snapshot.knows(address) {
            tracing::warn!(%address, "connection refused: no entry in clients");
            return;
        }
        if take_handshake(&mut stream, &tls, address, limits, &mut shutdown)
            .await
            .is_err()
        {
            return;
        }
    }
    drop(snapshot);
    converse(relay, tasks, stream, address, shutdown).await;
}

/// Returns once the shutdown is asked for, or nobody is left to ask for it.
pub(crate) async fn asked_to_stop(shutdown: &mut watch::Receiver<bool>) {
    let _ = shutdown.wait_for(|&shutdown| shutdown).await;
}

fn report(ended: Result<(), tokio::task::JoinError>) {
    if let Err(error) = ended
        && error.is_panic()
    {
        tracing::error!(%error, "a session ended by a fault");
    }
}
