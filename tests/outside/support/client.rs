//! An SMTP client that sends exactly what a test says.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use rustix::net::{AddressFamily, SocketType, bind, connect, socket};
use rustls::ClientConfig;

use super::wire::Wire;

pub(crate) struct Client {
    wire: BufReader<Wire>,
}

/// A reply: its code and all its lines' texts, joined by `\n`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reply {
    pub(crate) code: u16,
    pub(crate) text: String,
}

impl Client {
    /// Connects, takes the greeting and says EHLO.
    pub(crate) fn connect(to: SocketAddr) -> Self {
        let (mut client, greeting) = Self::greeted(to);
        assert_eq!(greeting.code, 220, "{greeting:?}");
        let reply = client.say("EHLO client.greenfold.sch.example");
        assert_eq!(reply.code, 250, "{reply:?}");
        client
    }

    /// The same from an address of the test's choice.
    pub(crate) fn connect_from(from: Ipv4Addr, to: SocketAddr) -> Self {
        let (mut client, greeting) = Self::greeted_from(from, to);
        assert_eq!(greeting.code, 220, "{greeting:?}");
        let reply = client.say("EHLO client.greenfold.sch.example");
        assert_eq!(reply.code, 250, "{reply:?}");
        client
    }

    /// Connects from this address, and takes the greeting.
    pub(crate) fn greeted_from(from: Ipv4Addr, to: SocketAddr) -> (Self, Reply) {
        let socket = socket(AddressFamily::INET, SocketType::STREAM, None).expect("a socket");
        bind(&socket, &SocketAddr::from((from, 0))).expect("loopback is a whole network");
        connect(&socket, &to).expect("the server listens");
        let mut client = Self::over(TcpStream::from(socket));
        let greeting = client.reply();
        (client, greeting)
    }

    /// Connects and takes the greeting.
    pub(crate) fn greeted(to: SocketAddr) -> (Self, Reply) {
        let mut client = Self::connected(to);
        let greeting = client.reply();
        (client, greeting)
    }

    /// Connects, begins with TLS, and takes the greeting.
    pub(crate) fn under_tls(to: SocketAddr, config: &Arc<ClientConfig>, name: &str) -> Self {
        let mut client = Self::connected(to);
        client.handshake(config, name).expect("both agree on TLS");
        let greeting = client.reply();
        assert_eq!(greeting.code, 220, "{greeting:?}");
        client
    }

    /// Says STARTTLS, and EHLO anew; the answer to the latter.
    pub(crate) fn start_tls(&mut self, config: &Arc<ClientConfig>, name: &str) -> Reply {
        let reply = self.say("STARTTLS");
        assert_eq!(reply.code, 220, "{reply:?}");
        self.handshake(config, name).expect("both agree on TLS");
        self.say("EHLO client.greenfold.sch.example")
    }

    /// The handshake alone.
    pub(crate) fn handshake(
        &mut self,
        config: &Arc<ClientConfig>,
        name: &str,
    ) -> std::io::Result<()> {
        assert!(self.wire.buffer().is_empty(), "nothing was said before TLS");
        self.wire.get_mut().offer(config, name)
    }

    fn connected(to: SocketAddr) -> Self {
        Self::over(TcpStream::connect(to).expect("the server listens"))
    }

    /// The socket itself, of a client that has read all there was.
    pub(crate) fn into_stream(self) -> TcpStream {
        assert!(self.wire.buffer().is_empty(), "all was read");
        self.wire.into_inner().into_clear()
    }

    fn over(stream: TcpStream) -> Self {
        stream
            .set_read_timeout(Some(Duration::from_secs(60)))
            .expect("a positive time");
        Self {
            wire: BufReader::new(Wire::Clear(stream)),
        }
    }

    /// Sends a line and takes the reply.
    pub(crate) fn say(&mut self, line: &str) -> Reply {
        self.send(format!("{line}\r\n").as_bytes());
        self.reply()
    }

    pub(crate) fn send(&mut self, bytes: &[u8]) {
        let wire = self.wire.get_mut();
        wire.write_all(bytes).expect("the server reads");
        wire.flush().expect("the server reads");
    }

    /// The next reply; code 0 if the server has closed the connection.
    pub(crate) fn reply(&mut self) -> Reply {
        let mut text = Vec::new();
        loop {
            let mut line = String::new();
            let read = self.wire.read_line(&mut line).unwrap_or(0);
            if read == 0 {
                return Reply {
                    code: 0,
                    text: text.join("\n"),
                };
            }
            assert!(line.ends_with("\r\n"), "a reply ends in CRLF: {line:?}");
            assert!(line.len() <= 512, "a reply line is at most 512 octets");
            text.push(line[4..].trim_end().to_owned());
            if line.as_bytes()[3] == b' ' {
                return Reply {
                    code: line[..3].parse().expect("three digits"),
                    text: text.join("\n"),
                };
            }
        }
    }

    /// Everything until the server closes the connection.
    pub(crate) fn rest(&mut self) -> Vec<u8> {
        let mut rest = Vec::new();
        // A reset is an end as good as any.
        let _ = self.wire.read_to_end(&mut rest);
        rest
    }

    /// One whole transaction; the reply to the end of data, or the first that
    /// was not positive.
    pub(crate) fn transaction(&mut self, from: &str, to: &[&str], message: &[u8]) -> Reply {
        let reply = self.say(&format!("MAIL FROM:<{from}>"));
        if reply.code != 250 {
            return reply;
        }
        for recipient in to {
            let reply = self.say(&format!("RCPT TO:<{recipient}>"));
            if reply.code != 250 {
                return reply;
            }
        }
        self.data(message)
    }

    /// Sends a chunk, and takes the reply to it.
    pub(crate) fn chunk(&mut self, bytes: &[u8], last: bool) -> Reply {
        self.send(&chunk(bytes, last));
        self.reply()
    }

    /// An envelope that has to be accepted.
    pub(crate) fn envelope(&mut self, from: &str, to: &[&str]) {
        let reply = self.say(&format!("MAIL FROM:<{from}>"));
        assert_eq!(reply.code, 250, "{reply:?}");
        for recipient in to {
            let reply = self.say(&format!("RCPT TO:<{recipient}>"));
            assert_eq!(reply.code, 250, "{reply:?}");
        }
    }

    /// DATA, the message dot-stuffed, and its end.
    pub(crate) fn data(&mut self, message: &[u8]) -> Reply {
        let reply = self.say("DATA");
        if reply.code != 354 {
            return reply;
        }
        self.send(&stuffed(message));
        self.send(b".\r\n");
        self.reply()
    }
}

/// A chunk of a message with its command (RFC 3030).
pub(crate) fn chunk(bytes: &[u8], last: bool) -> Vec<u8> {
    let last = if last { " LAST" } else { "" };
    let command = format!("BDAT {}{last}\r\n", bytes.len());
    [command.as_bytes(), bytes].concat()
}

/// A message as DATA carries it (RFC 5321 section 4.5.2).
pub(crate) fn stuffed(message: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(message.len() + 16);
    for line in message.split_inclusive(|&byte| byte == b'\n') {
        if line.starts_with(b".") {
            out.push(b'.');
        }
        out.extend_from_slice(line);
    }
    if !out.is_empty() && !out.ends_with(b"\r\n") {
        out.extend_from_slice(b"\r\n");
    }
    out
}
