//! A first word with a server that should speak SMTP: who it is and what it
//! can do, and how it encrypts. Sends no mail.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream, ToSocketAddrs};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustls::{ClientConnection, ProtocolVersion, StreamOwned};

use super::tls::outgoing::{Handshake, Outgoing};

/// The longest answer that is taken, in bytes.
const LONGEST: usize = 16 * 1024;

/// What a server told of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Introduction {
    /// Its first line, without the code.
    pub(crate) greeting: String,
    /// The keywords of its answer to EHLO, with what follows them.
    pub(crate) extensions: Vec<String>,
    /// For example `TLS 1.3`.
    pub(crate) encryption: Option<String>,
}

/// Why there was no such talk.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Silence {
    #[error("its name cannot be resolved")]
    Name(#[source] io::Error),
    #[error("nothing listens there")]
    Refused,
    #[error("it cannot be reached")]
    Unreachable(#[source] io::Error),
    #[error("it took the connection, and said nothing in time")]
    Slow,
    #[error("it closed the connection")]
    Closed,
    #[error("it answered \"{0}\"")]
    Unwilling(String),
    #[error("it offers no encryption, and it is required")]
    NoTls,
    #[error("no agreement on TLS with it")]
    Tls(#[source] io::Error),
}

/// Greets the server at `host:port` as `hostname`, all within `patience`, and
/// encrypts as mail to it would be.
pub(crate) fn introduce(
    address: &str,
    tls: &Outgoing,
    hostname: &str,
    patience: Duration,
) -> Result<Introduction, Silence> {
    let deadline = Instant::now() + patience;
    let addresses = address.to_socket_addrs().map_err(Silence::Name)?;
    let mut server = Server {
        wire: Wire::Clear(connect(addresses, deadline)?),
        inbox: Vec::new(),
        deadline,
    };
    if let Outgoing::Implicit(handshake) = tls {
        server.encrypt(handshake)?;
    }
    let greeting = server.reply()?.remove(0);
    let mut extensions = server.ehlo(hostname)?;
    let offered = extensions
        .iter()
        .any(|offer| offer.eq_ignore_ascii_case("STARTTLS"));
    match tls {
        Outgoing::InClear | Outgoing::Implicit(_) => {}
        Outgoing::IfOffered(_) if !offered => {}
        Outgoing::Required(_) if !offered => return Err(Silence::NoTls),
        Outgoing::IfOffered(handshake) | Outgoing::Required(handshake) => {
            server.say("STARTTLS\r\n")?;
            server.reply()?;
            if !server.inbox.is_empty() {
                let error = "it said more before its handshake";
                return Err(Silence::Tls(io::Error::other(error)));
            }
            server.encrypt(handshake)?;
            extensions = server.ehlo(hostname)?;
        }
    }
    // Whether it says goodbye is its own affair.
    let _ = server.say("QUIT\r\n");
    Ok(Introduction {
        greeting,
        extensions,
        encryption: server.wire.version(),
    })
}

fn connect(
    addresses: impl Iterator<Item = SocketAddr>,
    deadline: Instant,
) -> Result<TcpStream, Silence> {
    let mut last = Silence::Refused;
    for address in addresses {
        match TcpStream::connect_timeout(&address, left(deadline)?) {
            Ok(stream) => return Ok(stream),
            Err(error) => last = Silence::from(error),
        }
    }
    Err(last)
}

fn left(deadline: Instant) -> Result<Duration, Silence> {
    let left = deadline.saturating_duration_since(Instant::now());
    if left.is_zero() {
        Err(Silence::Slow)
    } else {
        Ok(left)
    }
}

/// A socket, in clear or under TLS.
enum Wire {
    Clear(TcpStream),
    Tls(Box<StreamOwned<ClientConnection, TcpStream>>),
}

impl Wire {
    fn socket(&self) -> &TcpStream {
        match self {
            Self::Clear(socket) => socket,
            Self::Tls(stream) => &stream.sock,
        }
    }

    fn version(&self) -> Option<String> {
        let Self::Tls(stream) = self else {
            return None;
        };
        let version = stream.conn.protocol_version()?;
        Some(match version {
            ProtocolVersion::TLSv1_2 => "TLS 1.2".to_owned(),
            ProtocolVersion::TLSv1_3 => "TLS 1.3".to_owned(),
            other => format!("{other:?}"),
        })
    }

    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Clear(socket) => socket.read(into),
            Self::Tls(stream) => stream.read(into),
        }
    }

    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Self::Clear(socket) => socket.write_all(bytes),
            Self::Tls(stream) => stream.write_all(bytes).and_then(|()| stream.flush()),
        }
    }
}

struct Server {
    wire: Wire,
    /// What was read, and not yet taken for a line.
    inbox: Vec<u8>,
    deadline: Instant,
}

impl Server {
    fn encrypt(&mut self, handshake: &Handshake) -> Result<(), Silence> {
        let socket = self
            .wire
            .socket()
            .try_clone()
            .map_err(Silence::Unreachable)?;
        let name = handshake.name.clone();
        let connection = ClientConnection::new(Arc::clone(&handshake.config), name);
        let connection = connection.map_err(|error| Silence::Tls(io::Error::other(error)))?;
        let mut stream = StreamOwned::new(connection, socket);
        while stream.conn.is_handshaking() {
            let left = Some(left(self.deadline)?);
            let step = stream
                .sock
                .set_read_timeout(left)
                .and_then(|()| stream.conn.complete_io(&mut stream.sock));
            step.map_err(Silence::Tls)?;
        }
        self.wire = Wire::Tls(Box::new(stream));
        Ok(())
    }

    fn ehlo(&mut self, hostname: &str) -> Result<Vec<String>, Silence> {
        self.say(&format!("EHLO {hostname}\r\n"))?;
        Ok(self.reply()?.split_off(1))
    }

    fn say(&mut self, line: &str) -> Result<(), Silence> {
        let left = Some(left(self.deadline)?);
        self.wire
            .socket()
            .set_write_timeout(left)
            .and_then(|()| self.wire.write_all(line.as_bytes()))
            .map_err(Silence::from)
    }

    /// The lines of a positive reply, without the code; never none.
    fn reply(&mut self) -> Result<Vec<String>, Silence> {
        let (mut texts, mut length) = (Vec::new(), 0);
        loop {
            let line = self.line(LONGEST - length)?;
            length += line.len();
            let line = shown(&line);
            if !line.starts_with('2') {
                return Err(Silence::Unwilling(line));
            }
            texts.push(line.get(4..).unwrap_or_default().to_owned());
            if line.as_bytes().get(3) != Some(&b'-') {
                return Ok(texts);
            }
        }
    }

    /// The next line, or what there is of one that is too long.
    fn line(&mut self, longest: usize) -> Result<Vec<u8>, Silence> {
        loop {
            if let Some(end) = memchr::memchr(b'\n', &self.inbox) {
                return Ok(self.inbox.drain(..=end).collect());
            }
            if self.inbox.len() >= longest {
                return Err(Silence::Closed);
            }
            let left = Some(left(self.deadline)?);
            self.wire
                .socket()
                .set_read_timeout(left)
                .map_err(Silence::Unreachable)?;
            let mut more = [0; 1024];
            match self.wire.read(&mut more)? {
                0 => return Err(Silence::Closed),
                read => self.inbox.extend_from_slice(&more[..read]),
            }
        }
    }
}

impl From<io::Error> for Silence {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::ConnectionRefused => Self::Refused,
            io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock => Self::Slow,
            io::ErrorKind::ConnectionReset
            | io::ErrorKind::BrokenPipe
            | io::ErrorKind::UnexpectedEof => Self::Closed,
            _ => Self::Unreachable(error),
        }
    }
}

/// A stranger's line as a terminal may show it.
fn shown(line: &[u8]) -> String {
    let line = String::from_utf8_lossy(line);
    let plain = line.trim_end().chars().take(512);
    plain
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect()
}
