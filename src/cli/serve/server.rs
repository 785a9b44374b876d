//! Everything that runs while Exeat serves, put together.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use arc_swap::ArcSwap;
use jiff::Timestamp;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::config::Config;
use crate::extract::Budget;
use crate::patterns::Packs;
use crate::screen::{self, Past};
use crate::smtp::tls::{Age, Incoming};
use crate::smtp::{self, Door, Parts, Relay, Snapshot};
use crate::store::{Access, Destroyed, Store};
use crate::tenant::Tenants;
use crate::worker::Pool;
use crate::{console, outbox};

/// How long the start waits to hear what the next hops can.
const PROBE: Duration = Duration::from_secs(3);

/// A running Exeat.
pub(in crate::cli) struct Server {
    pub(in crate::cli) smtp: Vec<SocketAddr>,
    pub(in crate::cli) console: Option<SocketAddr>,
    pub(in crate::cli) store: Store,
    pub(in crate::cli) workers: Arc<Pool>,
    relay: Arc<Relay>,
    tenants: Arc<ArcSwap<Tenants>>,
    tasks: JoinSet<()>,
}

impl Server {
    /// Opens the store, starts the workers, and listens.
    pub(in crate::cli) async fn start(
        config: Config,
        stopping: watch::Receiver<bool>,
    ) -> anyhow::Result<Self> {
        for warning in &config.warnings {
            tracing::warn!("{warning}");
        }
        let store = Store::open(&config.store, Access::Serve)
            .await
            .context("the store could not be opened")?;
        if store.restored().await? {
            tracing::error!(
                "the store was restored from a backup: nothing is sent from the outbox until a \
                 person says so, with `exeat outbox resume --reason …`"
            );
        }
        let program =
            std::env::current_exe().context("this program's own file is not to be found")?;
        let workers = Arc::new(Pool::start(&program, &config.workers, Budget::default()).await?);
        let folder = std::env::temp_dir();
        let screening = Arc::clone(&workers);
        let past = Arc::new(Past {
            store: Some(store.clone()),
            ..Past::default()
        });
        let parts = Parts {
            hostname: config.relay.hostname.clone(),
            trace_key: store.trace_key().to_vec(),
            store: store.clone(),
            screen: Arc::new(move |tenant, envelope, message, now| {
                let (workers, past) = (Arc::clone(&screening), Arc::clone(&past));
                Box::pin(async move {
                    let (school, policy) = (&tenant.school, &tenant.policy);
                    let screened =
                        screen::screen(&workers, school, policy, &envelope, &message, &past, now);
                    Ok(screened.await?)
                })
            }),
            folder: folder.clone(),
        };
        let house = console::House {
            store: store.clone(),
            tenants: Arc::new(ArcSwap::from_pointee(config.tenants.clone())),
        };
        prepare(&config.tenants);
        let settings = config.relay.clone();
        tell_of_certificate(&settings, Timestamp::now());
        let relay = Arc::new(Relay::new(Snapshot::new(&settings, config.tenants), parts));

        let mut server = Self {
            smtp: Vec::new(),
            console: None,
            store,
            workers,
            relay,
            tenants: Arc::clone(&house.tenants),
            tasks: JoinSet::new(),
        };
        smtp::look_for_bypasses(&server.relay).await?;
        server.tasks.spawn(smtp::watch_bypasses(
            Arc::clone(&server.relay),
            stopping.clone(),
        ));
        // Before mail comes in, so that nothing is read twice; in the
        // background, so that nobody waits for it.
        let unfinished = server.store.unfinished_readings().await?;
        let resuming = Arc::clone(&server.relay);
        server
            .tasks
            .spawn(async move { smtp::resume(&resuming, unfinished).await });
        server
            .listen(&settings, config.console, &house, &stopping)
            .await?;
        let commands = console::path(&config.store);
        let socket = console::listen(&commands)
            .with_context(|| format!("commands cannot be heard on {}", commands.display()))?;
        let decided = server.relay.outbox();
        server.tasks.spawn(console::serve_commands(
            socket,
            house,
            decided,
            folder,
            stopping.clone(),
        ));
        server
            .tasks
            .spawn(outbox::run(Arc::clone(&server.relay), stopping));
        Ok(server)
    }

    async fn listen(
        &mut self,
        settings: &smtp::Settings,
        console: Option<SocketAddr>,
        house: &console::House,
        stopping: &watch::Receiver<bool>,
    ) -> anyhow::Result<()> {
        if let Some(address) = console {
            let listener = bind(address, "console").await?;
            self.console = Some(listener.local_addr()?);
            self.tasks
                .spawn(console::serve(listener, house.clone(), stopping.clone()));
        }
        // Mail last: who hears a greeting finds everything there, and EHLO
        // announces what the next hops can if they answer at once.
        let probed = tokio::time::timeout(PROBE, self.relay.probe()).await;
        if probed.is_err() {
            tracing::warn!("not every next hop has answered yet");
        }
        for &address in &settings.smtp.0 {
            let listener = bind(address, "smtp").await?;
            self.smtp.push(listener.local_addr()?);
            self.open(listener, Door::Smtp, stopping);
        }
        for &address in &settings.smtps.0 {
            let listener = bind(address, "smtps").await?;
            self.open(listener, Door::Smtps, stopping);
        }
        Ok(())
    }

    fn open(&mut self, listener: TcpListener, door: Door, stopping: &watch::Receiver<bool>) {
        let relay = Arc::clone(&self.relay);
        self.tasks
            .spawn(smtp::serve(listener, door, relay, stopping.clone()));
    }

    /// Puts a new configuration in force for whatever begins from now on.
    /// Listeners, store and workers stay as they are until a restart.
    pub(super) fn reload(&self, mut config: Config) {
        let now = Timestamp::now();
        tell_of_certificate(&config.relay, now);
        let is_over =
            |tls: &Arc<Incoming>| matches!(tls.certificate.age(now), Age::NotYet | Age::Over);
        if config.relay.tls.as_ref().is_some_and(is_over)
            && let Some(old) = self.relay.snapshot().tls.clone()
            && !is_over(&old)
        {
            tracing::error!("the certificate before it stays in use");
            config.relay.tls = Some(old);
        }
        prepare(&config.tenants);
        self.tenants.store(Arc::new(config.tenants.clone()));
        self.relay
            .reload(Snapshot::new(&config.relay, config.tenants));
    }

    /// Destroys what is kept of pupils who left longer ago than their school
    /// wants to know of them.
    pub(super) async fn purge_former(&self) {
        let now = Timestamp::now();
        let tenants = self.tenants.load_full();
        for tenant in tenants.iter() {
            let school = &tenant.school.id;
            match self
                .store
                .purge_former(school, tenant.former_since(now))
                .await
            {
                Ok(0) => {}
                Ok(pupils) => tracing::info!(%school, pupils, "former pupils were purged"),
                Err(error) => {
                    tracing::warn!(%school, %error, "former pupils could not be purged; in an hour again");
                }
            }
        }
    }

    /// Destroys what schools keep no longer, while the server goes on.
    pub(super) fn keep_no_longer(&self) {
        let (store, tenants) = (self.store.clone(), self.tenants.load_full());
        tokio::spawn(async move {
            let now = Timestamp::now();
            for tenant in tenants.iter() {
                let school = &tenant.school.id;
                let before = tenant.retention.before(now);
                match store.keep_no_longer(school, &before).await {
                    Ok(destroyed) if destroyed == Destroyed::default() => {}
                    Ok(Destroyed {
                        bodies,
                        holds,
                        mails,
                        journal_rows,
                    }) => {
                        tracing::info!(%school, bodies, holds, mails, journal_rows, "what is kept no longer was destroyed");
                    }
                    Err(error) => {
                        tracing::warn!(%school, %error, "what is kept no longer could not be destroyed; tomorrow again");
                    }
                }
            }
            if let Some(longest) = tenants.longest_kept(now)
                && let Err(error) = store.keep_no_longer_of_none(&longest).await
            {
                tracing::warn!(%error, "old rows of the journal could not be emptied; tomorrow again");
            }
        });
    }

    /// Waits until everything has ended.
    pub(in crate::cli) async fn ended(mut self) {
        while let Some(ended) = self.tasks.join_next().await {
            if let Err(error) = ended {
                tracing::error!(%error, "a part of the server ended by a fault");
            }
        }
    }
}

/// Says what is odd about the certificate that clients are shown.
fn tell_of_certificate(settings: &smtp::Settings, now: Timestamp) {
    let Some(tls) = &settings.tls else {
        return;
    };
    let (names, ends) = (tls.certificate.names.join(", "), tls.certificate.ends);
    match tls.certificate.age(now) {
        Age::Good => {}
        Age::EndsSoon => tracing::warn!(names, %ends, "the certificate ends soon"),
        Age::NotYet => tracing::error!(names, "the certificate is not good yet"),
        Age::Over => tracing::error!(names, %ends, "the certificate has ended"),
    }
}

/// Readies the patterns beside everything else, so that the first messages
/// need not wait for it.
fn prepare(tenants: &Tenants) {
    // Schools that share packs share their tables, which are made once.
    let packs = tenants.iter().map(|tenant| &tenant.school.patterns);
    let packs: Vec<Arc<Packs>> = packs.cloned().collect();
    tokio::task::spawn_blocking(move || packs.iter().for_each(|packs| packs.prepare()));
}

async fn bind(address: SocketAddr, service: &'static str) -> anyhow::Result<TcpListener> {
    let listener = TcpListener::bind(address)
        .await
        .with_context(|| format!("{service} cannot listen on {address}"))?;
    tracing::info!(service, address = %listener.local_addr()?, "listening");
    Ok(listener)
}
