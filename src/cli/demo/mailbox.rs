//! The demo's next hop: it takes every message and keeps it.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// A message that arrived.
#[derive(Debug, Clone)]
pub(super) struct Arrival {
    /// The MAIL command's reverse path; empty for `<>`.
    pub(super) reverse_path: String,
    pub(super) recipients: Vec<String>,
    pub(super) message: Vec<u8>,
}

impl Arrival {
    /// Whether Exeat wrote it, rather than passed it on.
    pub(super) fn is_notice(&self) -> bool {
        self.reverse_path.is_empty()
            && memchr::memmem::find(&self.message, b"From: \"Exeat").is_some()
    }
}

/// The listening next hop and what came.
#[derive(Debug, Clone)]
pub(super) struct Mailbox {
    pub(super) address: SocketAddr,
    arrivals: Arc<(Mutex<Vec<Arrival>>, Condvar)>,
}

impl Mailbox {
    pub(super) fn open() -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let mailbox = Self {
            address: listener.local_addr()?,
            arrivals: Arc::default(),
        };
        let served = mailbox.clone();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let mailbox = served.clone();
                thread::spawn(move || {
                    // Whoever leaves in the middle has sent nothing.
                    let _ = mailbox.converse(stream);
                });
            }
        });
        Ok(mailbox)
    }

    pub(super) fn arrivals(&self) -> Vec<Arrival> {
        self.locked().clone()
    }

    /// Waits until what came is as wished; false if it is not in time.
    pub(super) fn wait(&self, patience: Duration, wished: impl Fn(&[Arrival]) -> bool) -> bool {
        let deadline = Instant::now() + patience;
        let mut arrivals = self.locked();
        while !wished(&arrivals) {
            let Some(left) = deadline.checked_duration_since(Instant::now()) else {
                return false;
            };
            arrivals = self
                .arrivals
                .1
                .wait_timeout(arrivals, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
        true
    }

    fn locked(&self) -> MutexGuard<'_, Vec<Arrival>> {
        self.arrivals
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn converse(&self, mut stream: TcpStream) -> io::Result<()> {
        let mut lines = BufReader::new(stream.try_clone()?);
        stream.write_all(b"220 mailbox.example ESMTP, keeps all and sends nothing\r\n")?;
        let (mut reverse_path, mut recipients) = (String::new(), Vec::new());
        loop {
            let mut line = String::new();
            if lines.by_ref().take(4096).read_line(&mut line)? == 0 {
                return Ok(());
            }
            let verb: String = line
                .chars()
                .take(4)
                .collect::<String>()
                .to_ascii_uppercase();
            let reply: &[u8] = match verb.as_str() {
                "EHLO" => {
                    b"250-mailbox.example\r\n250-PIPELINING\r\n250-SIZE 52428800\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250 ENHANCEDSTATUSCODES\r\n"
                }
                "MAIL" => {
                    reverse_path = path(&line);
                    recipients.clear();
                    b"250 2.1.0 ok\r\n"
                }
                "RCPT" => {
                    recipients.push(path(&line));
                    b"250 2.1.5 ok\r\n"
                }
                "DATA" => {
                    stream.write_all(b"354 go on\r\n")?;
                    let message = message(&mut lines)?;
                    self.locked().push(Arrival {
                        reverse_path: reverse_path.clone(),
                        recipients: std::mem::take(&mut recipients),
                        message,
                    });
                    self.arrivals.1.notify_all();
                    b"250 2.0.0 kept\r\n"
                }
                "QUIT" => {
                    stream.write_all(b"221 2.0.0 bye\r\n")?;
                    return Ok(());
                }
                _ => b"250 2.0.0 ok\r\n",
            };
            stream.write_all(reply)?;
        }
    }
}

fn path(line: &str) -> String {
    let inside = line
        .split_once('<')
        .and_then(|(_, rest)| rest.split_once('>'));
    inside.map_or_else(String::new, |(path, _)| path.to_owned())
}

/// A message up to its dot. The only client is Exeat, whose framing is sound.
fn message(lines: &mut impl BufRead) -> io::Result<Vec<u8>> {
    let mut message = Vec::new();
    loop {
        let mut line = Vec::new();
        if lines.read_until(b'\n', &mut line)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        if line == b".\r\n" {
            return Ok(message);
        }
        message.extend_from_slice(line.strip_prefix(b".").unwrap_or(&line));
    }
}
