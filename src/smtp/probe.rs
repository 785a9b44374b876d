//! A first word with a server that should speak SMTP: who it is and what it
//! can do. Sends no mail.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream, ToSocketAddrs};
use std::time::{Duration, Instant};

/// The longest answer that is taken, in bytes.
const LONGEST: u64 = 16 * 1024;

/// What a server told of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Introduction {
    /// Its first line, without the code.
    pub(crate) greeting: String,
    /// The keywords of its answer to EHLO, with what follows them.
    pub(crate) extensions: Vec<String>,
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
}

/// Greets the server at `host:port` as `hostname`, all within `patience`.
pub(crate) fn introduce(
    address: &str,
    hostname: &str,
    patience: Duration,
) -> Result<Introduction, Silence> {
    let deadline = Instant::now() + patience;
    let addresses = address.to_socket_addrs().map_err(Silence::Name)?;
    let stream = connect(addresses, deadline)?;
    let mut server = Server {
        lines: BufReader::new(
            stream
                .try_clone()
                .map_err(Silence::Unreachable)?
                .take(LONGEST),
        ),
        stream,
        deadline,
    };
    let greeting = server.reply()?.remove(0);
    server.say(&format!("EHLO {hostname}\r\n"))?;
    let extensions = server.reply()?.split_off(1);
    // Whether it says goodbye is its own affair.
    let _ = server.say("QUIT\r\n");
    Ok(Introduction {
        greeting,
        extensions,
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

struct Server {
    stream: TcpStream,
    lines: BufReader<io::Take<TcpStream>>,
    deadline: Instant,
}

impl Server {
    fn say(&mut self, line: &str) -> Result<(), Silence> {
        self.stream
            .set_write_timeout(Some(left(self.deadline)?))
            .and_then(|()| self.stream.write_all(line.as_bytes()))
            .map_err(Silence::from)
    }

    /// The lines of a positive reply, without the code; never none.
    fn reply(&mut self) -> Result<Vec<String>, Silence> {
        let mut texts = Vec::new();
        loop {
            self.stream
                .set_read_timeout(Some(left(self.deadline)?))
                .map_err(Silence::Unreachable)?;
            let mut line = Vec::new();
            self.lines
                .read_until(b'\n', &mut line)
                .map_err(Silence::from)?;
            if line.is_empty() {
                return Err(Silence::Closed);
            }
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
}

impl From<io::Error> for Silence {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::ConnectionRefused => Self::Refused,
            io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock => Self::Slow,
            io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe => Self::Closed,
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
