//! Whom a conversation is with: what the client has shown of itself (an
//! address, a certificate, a password, a proxy's word), and which entry of the
//! configuration counts for it.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::spawn_blocking;
use tokio::time::{Instant, timeout};

use super::{Conversation, End, stranger};
use crate::smtp::account::{self, Account};
use crate::smtp::credentials::Credentials;
use crate::smtp::listener::asked_to_stop;
use crate::smtp::message::TROUBLE;
use crate::smtp::proxied::Origin;
use crate::smtp::relay::Relay;
use crate::smtp::reply::Reply;
use crate::smtp::session::Step;
use crate::smtp::settings::Limits;
use crate::smtp::stream::Stream;
use crate::smtp::tls::{Incoming, names};

/// What a client waits for its turn to sign in.
const PASSWORD: Duration = Duration::from_secs(30);
/// What a client is given for its handshake at most.
const HANDSHAKE: Duration = Duration::from_secs(60);
const READY_FOR_TLS: Reply = Reply::new(220, "2.0.0 Go ahead");
const SAID_TOO_SOON: Reply = Reply::new(
    554,
    "5.5.0 Nothing may follow STARTTLS before its answer; closing",
);
const RIGHT: Reply = Reply::new(235, "2.7.0 Welcome");
const WRONG: Reply = Reply::new(
    535,
    "5.7.8 This name and this password do not belong together",
);
const THROTTLED: Reply = Reply::new(
    454,
    "4.7.0 Too many wrong passwords, please try again in a quarter of an hour",
);
const CROWDED: Reply = Reply::new(454, "4.7.0 Too many are signing in, please try again");

/// Names of a stranger's certificate that are logged.
const LOGGED: usize = 5;

/// Takes a client's handshake; an error has been told of.
pub(crate) async fn take_handshake(
    stream: &mut Stream,
    tls: &Incoming,
    address: IpAddr,
    limits: &Limits,
    shutdown: &mut watch::Receiver<bool>,
) -> Result<(), End> {
    let deadline = Instant::now() + HANDSHAKE.min(limits.command());
    let taken = tokio::select! {
        taken = stream.accept(tls.config(), deadline) => taken,
        () = asked_to_stop(shutdown) => return Err(End::Lost),
    };
    taken.map_err(|error| {
        tracing::warn!(%address, %error, "no agreement on TLS with a client");
        End::Lost
    })
}

impl Conversation {
    /// Answers STARTTLS, and takes the handshake. What stands behind the
    /// command already was said by nobody knows whom: it must not be taken
    /// for what is said under TLS (RFC 3207 section 4.2).
    pub(super) async fn start_tls(&mut self) -> Result<(), End> {
        if !self.inbox.is_empty() {
            return Err(End::Reply(SAID_TOO_SOON));
        }
        let Some(tls) = self.snapshot.tls.clone() else {
            return Err(End::Reply(TROUBLE.with_code(421)));
        };
        self.drop_transaction().await;
        READY_FOR_TLS.write_to(&mut self.outbox);
        self.flush().await?;
        take_handshake(
            &mut self.stream,
            &tls,
            self.peer,
            &self.snapshot.limits,
            &mut self.shutdown,
        )
        .await?;
        self.session.encrypted();
        self.choose_client();
        Ok(())
    }

    /// Sees whether a name and a password are right.
    pub(super) async fn sign_in(&mut self, credentials: Credentials) -> Result<(), End> {
        self.settle().await;
        let address = self.instead.unwrap_or(self.peer);
        let accounts = Arc::clone(&self.snapshot.accounts);
        let name = credentials.name.clone();
        let reply = match tried(&self.relay, accounts, address, credentials).await {
            Tried::Right => {
                tracing::info!(%address, account = name, "signed in");
                self.account = Some(name);
                self.session.signed_in();
                self.choose_client();
                RIGHT
            }
            Tried::Wrong => {
                tracing::warn!(%address, "wrong name or password");
                if let Step::Close(reply) = self.session.fault(WRONG, &self.snapshot.limits) {
                    return Err(End::Reply(reply));
                }
                WRONG
            }
            Tried::TooOften => {
                tracing::warn!(%address, "no more tries to sign in for a while");
                THROTTLED
            }
            Tried::Crowded => CROWDED,
        };
        self.answer(&reply).await;
        Ok(())
    }

    /// Goes on as the server of the client behind a proxy.
    pub(super) async fn speak_for(&mut self, origin: Origin) -> Result<(), End> {
        self.drop_transaction().await;
        if let Some(address) = origin.address {
            if !self.snapshot.knows(address) {
                tracing::warn!(%address, proxy = %self.peer, "connection refused: no entry in clients");
                return Err(End::Reply(stranger(address)));
            }
            self.instead = Some(address);
        }
        self.account = None;
        self.forwarded = Origin::default();
        self.session.begin_anew();
        self.choose_client();
        let greeting = self.greeting();
        self.answer(&greeting).await;
        Ok(())
    }

    /// Finds the client's entry anew, when it has shown more of itself or the
    /// entries are others.
    pub(super) fn choose_client(&mut self) {
        let certificates = self.stream.certificates();
        let mut entry = self.snapshot.client(self.peer, certificates);
        if entry.is_none() && !certificates.is_empty() {
            let names = names(certificates);
            tracing::warn!(
                address = %self.peer,
                certificate = names[..names.len().min(LOGGED)].join(" "),
                "no entry in clients is for this certificate"
            );
        }
        let is_proxy = entry.is_some_and(|entry| entry.proxy);
        self.session.trust_as_proxy(is_proxy);
        if let Some(instead) = self.instead {
            // The certificates are the proxy's own.
            let behind = self.snapshot.client(instead, &[]);
            entry = behind.filter(|_| is_proxy);
        }
        let account = self.account.as_deref();
        let account = account.and_then(|name| self.snapshot.account(name));
        self.client = account.or_else(|| entry.cloned()).map(Arc::new);
        self.session.bar(self.client.is_none());
    }

    /// Takes up a configuration that was loaded meanwhile.
    pub(super) fn refresh(&mut self) -> Result<(), End> {
        let snapshot = self.relay.snapshot();
        if !Arc::ptr_eq(&snapshot, &self.snapshot) {
            let address = self.instead.unwrap_or(self.peer);
            if !snapshot.knows(address) {
                return Err(End::Reply(stranger(address).with_code(421)));
            }
            self.snapshot = snapshot;
            self.choose_client();
        }
        Ok(())
    }
}

enum Tried {
    Right,
    Wrong,
    /// Too many were wrong before.
    TooOften,
    /// Too many sign in at this moment.
    Crowded,
}

async fn tried(
    relay: &Relay,
    accounts: Arc<[Account]>,
    address: IpAddr,
    credentials: Credentials,
) -> Tried {
    let Ok(Ok(_permit)) = timeout(PASSWORD, relay.passwords.acquire()).await else {
        return Tried::Crowded;
    };
    if !relay.throttle.may_try(address, Instant::now()) {
        return Tried::TooOften;
    }
    let right = spawn_blocking(move || {
        account::is_right(&accounts, &credentials.name, &credentials.password)
    });
    if !right.await.unwrap_or(false) {
        return Tried::Wrong;
    }
    relay.throttle.succeeded(address);
    Tried::Right
}
