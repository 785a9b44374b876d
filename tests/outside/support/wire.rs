//! A socket in clear or under TLS, on either side.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;

use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, ServerConfig, ServerConnection, StreamOwned};

pub(crate) enum Wire {
    Clear(TcpStream),
    Client(Box<StreamOwned<ClientConnection, TcpStream>>),
    Server(Box<StreamOwned<ServerConnection, TcpStream>>),
    Broken,
}

impl Wire {
    /// The whole handshake of a client.
    pub(crate) fn offer(&mut self, config: &Arc<ClientConfig>, name: &str) -> io::Result<()> {
        let name = ServerName::try_from(name.to_owned()).expect("a name");
        let connection =
            ClientConnection::new(Arc::clone(config), name).map_err(io::Error::other)?;
        let mut stream = StreamOwned::new(connection, self.take());
        while stream.conn.is_handshaking() {
            stream.conn.complete_io(&mut stream.sock)?;
        }
        *self = Self::Client(Box::new(stream));
        Ok(())
    }

    /// The whole handshake of a server.
    pub(crate) fn accept(&mut self, config: &Arc<ServerConfig>) -> io::Result<()> {
        let connection = ServerConnection::new(Arc::clone(config)).map_err(io::Error::other)?;
        let mut stream = StreamOwned::new(connection, self.take());
        while stream.conn.is_handshaking() {
            stream.conn.complete_io(&mut stream.sock)?;
        }
        *self = Self::Server(Box::new(stream));
        Ok(())
    }

    pub(crate) fn is_encrypted(&self) -> bool {
        !matches!(self, Self::Clear(_) | Self::Broken)
    }

    pub(crate) fn into_clear(mut self) -> TcpStream {
        Self::take(&mut self)
    }

    fn take(&mut self) -> TcpStream {
        match std::mem::replace(self, Self::Broken) {
            Self::Clear(socket) => socket,
            _ => panic!("it was in clear"),
        }
    }
}

impl Read for Wire {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Clear(stream) => stream.read(into),
            Self::Client(stream) => stream.read(into),
            Self::Server(stream) => stream.read(into),
            Self::Broken => Ok(0),
        }
    }
}

impl Write for Wire {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Clear(stream) => stream.write(bytes),
            Self::Client(stream) => stream.write(bytes),
            Self::Server(stream) => stream.write(bytes),
            Self::Broken => Err(io::ErrorKind::BrokenPipe.into()),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Clear(stream) => stream.flush(),
            Self::Client(stream) => stream.flush(),
            Self::Server(stream) => stream.flush(),
            Self::Broken => Ok(()),
        }
    }
}
