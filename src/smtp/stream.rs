//! A connection, in clear or under TLS, either way round.
//!
//! An enum rather than a boxed trait: mail in clear is read and written as if
//! there were no TLS.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::net::RecvFlags;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout_at};
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::{TlsAcceptor, TlsConnector, TlsStream};

use super::tls::outgoing::Handshake;

#[derive(Debug)]
pub(crate) enum Stream {
    Clear(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
    /// A handshake has failed on it: nothing more can be said.
    Broken,
}

/// What a socket has to read, looked at without waiting or taking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Peeked {
    Nothing,
    Bytes,
    /// Closed or broken by the other side.
    Gone,
}

impl Stream {
    /// Takes a client's handshake. After an error the stream is broken.
    pub(crate) async fn accept(
        &mut self,
        config: Arc<ServerConfig>,
        deadline: Instant,
    ) -> io::Result<()> {
        let socket = self.take_clear()?;
        let handshake = TlsAcceptor::from(config).accept(socket);
        let stream = timeout_at(deadline, handshake).await??;
        *self = Self::Tls(Box::new(stream.into()));
        Ok(())
    }

    /// Offers a server a handshake. After an error the stream is broken.
    pub(crate) async fn offer(
        &mut self,
        handshake: &Handshake,
        deadline: Instant,
    ) -> io::Result<()> {
        let socket = self.take_clear()?;
        let connector = TlsConnector::from(Arc::clone(&handshake.config));
        let handshake = connector.connect(handshake.name.clone(), socket);
        let stream = timeout_at(deadline, handshake).await??;
        *self = Self::Tls(Box::new(stream.into()));
        Ok(())
    }

    fn take_clear(&mut self) -> io::Result<TcpStream> {
        match std::mem::replace(self, Self::Broken) {
            Self::Clear(socket) => Ok(socket),
            Self::Tls(_) | Self::Broken => Err(io::ErrorKind::NotConnected.into()),
        }
    }

    pub(crate) fn is_encrypted(&self) -> bool {
        matches!(self, Self::Tls(_))
    }

    /// The certificates that the other side has shown, its own first.
    pub(crate) fn certificates(&self) -> &[CertificateDer<'static>] {
        match self {
            Self::Tls(stream) => stream.get_ref().1.peer_certificates().unwrap_or_default(),
            Self::Clear(_) | Self::Broken => &[],
        }
    }

    pub(crate) fn peek(&self) -> Peeked {
        match self {
            Self::Clear(socket) => peek(socket),
            Self::Tls(stream) => {
                let socket = stream.get_ref().0;
                // Who takes leave under TLS sends a last record before the
                // socket closes, so that there is something to read then, too.
                let mut ends = [PollFd::new(socket, PollFlags::RDHUP)];
                match poll(&mut ends, Some(&Timespec::default())) {
                    Ok(0) => peek(socket),
                    Ok(_) | Err(_) => Peeked::Gone,
                }
            }
            Self::Broken => Peeked::Gone,
        }
    }
}

fn peek(socket: &TcpStream) -> Peeked {
    let mut byte = [0_u8; 1];
    match rustix::net::recv(
        socket,
        byte.as_mut_slice(),
        RecvFlags::PEEK | RecvFlags::DONTWAIT,
    ) {
        Ok((_, 0)) => Peeked::Gone,
        Ok(_) => Peeked::Bytes,
        Err(rustix::io::Errno::AGAIN | rustix::io::Errno::INTR) => Peeked::Nothing,
        Err(_) => Peeked::Gone,
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Clear(stream) => Pin::new(stream).poll_read(context, into),
            Self::Tls(stream) => Pin::new(stream).poll_read(context, into),
            Self::Broken => Poll::Ready(Err(io::ErrorKind::NotConnected.into())),
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Clear(stream) => Pin::new(stream).poll_write(context, bytes),
            Self::Tls(stream) => Pin::new(stream).poll_write(context, bytes),
            Self::Broken => Poll::Ready(Err(io::ErrorKind::NotConnected.into())),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Clear(stream) => Pin::new(stream).poll_flush(context),
            Self::Tls(stream) => Pin::new(stream).poll_flush(context),
            Self::Broken => Poll::Ready(Ok(())),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Clear(stream) => Pin::new(stream).poll_shutdown(context),
            Self::Tls(stream) => Pin::new(stream).poll_shutdown(context),
            Self::Broken => Poll::Ready(Ok(())),
        }
    }
}
