//! How a connection to a next hop begins: with a greeting, and encrypted as far
//! as that is wanted. Where it is required nothing but EHLO and STARTTLS is
//! ever said in clear.

use std::io;
use std::sync::Arc;

use bytes::BytesMut;
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};

use super::{Connection, HopError, limit};
use crate::smtp::extension::Extensions;
use crate::smtp::stream::Stream;
use crate::smtp::tls::outgoing::{Handshake, Outgoing};
use crate::tenant::NextHop;

impl Connection {
    /// Connects, agrees on encryption as far as it is wanted, and says who we
    /// are.
    pub(crate) async fn open(
        next_hop: &Arc<NextHop>,
        tls: &Outgoing,
        hostname: &str,
    ) -> Result<Self, HopError> {
        let mut connection = Self::connect(next_hop).await?;
        if let Outgoing::Implicit(handshake) = tls {
            connection.encrypt(handshake).await?;
        }
        connection.meet(hostname).await?;
        let handshake = match tls {
            Outgoing::InClear | Outgoing::Implicit(_) => return Ok(connection),
            Outgoing::IfOffered(_) if !connection.extensions.starttls => return Ok(connection),
            Outgoing::Required(_) if !connection.extensions.starttls => {
                return Err(HopError::NoTls);
            }
            Outgoing::IfOffered(handshake) | Outgoing::Required(handshake) => handshake,
        };
        match connection.start_tls(handshake).await {
            Ok(()) => {
                connection.introduce(hostname).await?;
                Ok(connection)
            }
            Err(error @ (HopError::Tls(_) | HopError::NoTls))
                if matches!(tls, Outgoing::IfOffered(_)) =>
            {
                tracing::warn!(next_hop = next_hop.address, %error, "going on in clear");
                let mut connection = Self::connect(next_hop).await?;
                connection.meet(hostname).await?;
                Ok(connection)
            }
            Err(error) => Err(error),
        }
    }

    async fn connect(next_hop: &Arc<NextHop>) -> Result<Self, HopError> {
        let stream = timeout(limit::CONNECT, TcpStream::connect(&next_hop.address))
            .await
            .map_err(|_| HopError::Slow)?
            .map_err(HopError::Connect)?;
        stream.set_nodelay(true).map_err(HopError::Connect)?;
        Ok(Self {
            next_hop: Arc::clone(next_hop),
            stream: Stream::Clear(stream),
            inbox: BytesMut::with_capacity(1024),
            outbox: Vec::with_capacity(1024),
            extensions: Extensions::default(),
            uses: 0,
            owed: 0,
        })
    }

    /// Takes the greeting, and says who we are.
    async fn meet(&mut self, hostname: &str) -> Result<(), HopError> {
        let greeting = self.reply(limit::GREETING).await?;
        if !greeting.is_positive() {
            return Err(HopError::Unwilling(greeting));
        }
        self.introduce(hostname).await
    }

    async fn introduce(&mut self, hostname: &str) -> Result<(), HopError> {
        let answer = self.command(&["EHLO ", hostname], limit::EHLO).await?;
        if answer.is_positive() {
            self.extensions = Extensions::parse(answer.text());
            // Nobody can promise it for one that could be anybody.
            self.extensions.require_tls &=
                self.next_hop.is_verified() && self.stream.is_encrypted();
            return Ok(());
        }
        let answer = self.command(&["HELO ", hostname], limit::EHLO).await?;
        if answer.is_positive() {
            Ok(())
        } else {
            Err(HopError::Unwilling(answer))
        }
    }

    /// Encrypts by STARTTLS. What was heard until then is forgotten, for
    /// anybody could have said it (RFC 3207 section 4.2).
    async fn start_tls(&mut self, handshake: &Handshake) -> Result<(), HopError> {
        let answer = self.command(&["STARTTLS"], limit::EHLO).await?;
        if !answer.is_positive() {
            return Err(HopError::NoTls);
        }
        self.extensions = Extensions::default();
        if !self.inbox.is_empty() {
            let error = "it said more before its handshake";
            return Err(HopError::Tls(io::Error::other(error)));
        }
        self.encrypt(handshake).await
    }

    async fn encrypt(&mut self, handshake: &Handshake) -> Result<(), HopError> {
        let deadline = Instant::now() + limit::HANDSHAKE;
        let agreed = self.stream.offer(handshake, deadline).await;
        agreed.map_err(HopError::Tls)
    }
}
