//! The relay from outside: a client here, a next hop there, real sockets.

mod delivery;
mod dialogue;
mod next_hop;
mod outbox;

use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::testing::TestClient;
use super::tls::{Certificate, Incoming};
use super::{Client, Door, Limits, Parts, Relay, Screen, Snapshot, serve};
use crate::finding::Action;
use crate::mail::{Content, header};
use crate::notice;
use crate::policy::Policy;
use crate::policy::Verdict;
use crate::school::{People, Routes, School};
use crate::screen::Screening;
use crate::store::{Access, Settings as StoreSettings, Store};
use crate::tenant::{NextHop, Tenant, Tenants};
use crate::worker;

/// A relay that serves, until it is told to stop.
struct Served {
    address: std::net::SocketAddr,
    relay: Arc<Relay>,
    store: Store,
    stop: watch::Sender<bool>,
    done: JoinHandle<()>,
    _folder: tempfile::TempDir,
}

/// What a test may change of a relay's surroundings.
struct Setting {
    tenants: Vec<Tenant>,
    client: Client,
    limits: Limits,
    screen: Arc<Screen>,
    tls: Option<Arc<Incoming>>,
}

impl Setting {
    /// One school, whose messages are judged by the first word of their
    /// subject, which is an action.
    fn judging(next_hop: &str) -> Self {
        Self {
            screen: Arc::new(|_, _, content, _| Box::pin(async move { Ok(judge(&content)) })),
            ..Self::of(next_hop)
        }
    }

    /// One school, whose messages no worker ever reads.
    fn of(next_hop: &str) -> Self {
        Self {
            tenants: vec![tenant("greenfold", next_hop)],
            client: Client::of_network("127.0.0.0/8".parse().expect("network")),
            limits: Limits::default(),
            screen: Arc::new(|_, _, _, _| Box::pin(async { Err(worker::Fault::Busy.into()) })),
            tls: None,
        }
    }

    async fn serve(self) -> Served {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback");
        let address = listener.local_addr().expect("bound");
        let snapshot = Snapshot {
            tenants: Tenants::new(self.tenants),
            clients: vec![self.client],
            accounts: Arc::new([]),
            limits: self.limits,
            tls: self.tls,
        };
        let folder = tempfile::tempdir().expect("a folder");
        let settings = StoreSettings {
            url: format!("sqlite:{}", folder.path().join("exeat.db").display()),
            key_file: None,
        };
        let store = Store::open(&settings, Access::Serve)
            .await
            .expect("the store opens");
        let parts = Parts {
            hostname: "exeat.example".to_owned(),
            store: store.clone(),
            screen: self.screen,
            folder: std::env::temp_dir(),
            trace_key: b"key".to_vec(),
        };
        let relay = Arc::new(Relay::new(snapshot, parts));
        relay.probe().await;
        let (stop, stopped) = watch::channel(false);
        let done = tokio::spawn(serve(listener, Door::Smtp, Arc::clone(&relay), stopped));
        Served {
            address,
            relay,
            store,
            stop,
            done,
            _folder: folder,
        }
    }
}

impl Served {
    /// A client that has been greeted.
    async fn connect(&self) -> TestClient {
        let mut client = TestClient::connect(self.address).await;
        client.expect("220 exeat.example ESMTP").await;
        client
    }

    /// One that has said EHLO.
    async fn greeted(&self) -> TestClient {
        let mut client = self.connect().await;
        client
            .check("EHLO client.example", "250-exeat.example")
            .await;
        client
    }
}

/// A certificate that nobody has signed.
fn certificate() -> Arc<Incoming> {
    let made = rcgen::generate_simple_self_signed(["exeat.example".to_owned()]).expect("made");
    let (chain, key) = (made.cert.pem(), made.signing_key.serialize_pem());
    let certificate = Certificate::from_pem(chain.as_bytes(), key.as_bytes()).expect("sound");
    Arc::new(Incoming::new(certificate, false))
}

/// A screening as the subject's first word wants it.
fn judge(content: &Content) -> Screening {
    let head = content.head(header::CAP).expect("readable");
    let section = header::section(&head);
    let mut screening = Screening {
        verdict: Verdict::default(),
        reading: crate::extract::Reading::default(),
        took: std::time::Duration::ZERO,
    };
    let subject = header::first(section, "Subject").unwrap_or_default();
    screening.verdict.action = match subject.split(' ').next() {
        Some("note") => Action::Note,
        Some("warn") => Action::Warn,
        Some("quarantine") => Action::Quarantine,
        Some("reject") => Action::Reject,
        _ => Action::Deliver,
    };
    screening.reading.header.subject = subject;
    screening.reading.header.message_id = header::first(section, "Message-ID");
    screening
}

fn tenant(id: &str, next_hop: &str) -> Tenant {
    Tenant {
        school: School {
            id: id.into(),
            name: id.to_owned(),
            domains: vec![format!("{id}.example").parse().expect("domain")],
            pupil_domains: Vec::new(),
            phones: Vec::new(),
            routes: Routes::default(),
            system_senders: Vec::new(),
            people: People::default(),
            habits: Default::default(),
            patterns: Arc::default(),
        },
        policy: Policy::new(&Default::default()),
        notices: notice::Settings::default(),
        reviewers: Vec::new(),
        safeguarding: Vec::new(),
        former_for: jiff::Span::new().years(2),
        retention: crate::tenant::Retention::default(),
        next_hop: NextHop::in_clear(next_hop).into(),
        console_url: "https://exeat.example".to_owned(),
    }
}
