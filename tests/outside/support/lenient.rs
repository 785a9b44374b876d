//! A next hop that takes every form of line end for one: the kind of server
//! that messages are smuggled into. Where a message on its way there holds
//! anything that such a server takes for its end, what follows is commands.

use std::io::{BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::Duration;

/// What it has heard.
#[derive(Debug, Clone, Default)]
pub(crate) struct Heard {
    /// Every line of an envelope that it took: MAIL and RCPT.
    pub(crate) envelopes: Vec<String>,
    /// Every line that was no command it knows.
    pub(crate) strange: Vec<String>,
    /// The lines of every message that it took.
    pub(crate) messages: Vec<Vec<String>>,
}

#[derive(Clone)]
pub(crate) struct Lenient {
    pub(crate) address: SocketAddr,
    heard: Arc<(Mutex<Heard>, Condvar)>,
    refuses: Arc<AtomicBool>,
}

impl Lenient {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has free ports");
        let hop = Self {
            address: listener.local_addr().expect("bound"),
            heard: Arc::default(),
            refuses: Arc::default(),
        };
        let serving = hop.clone();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let hop = serving.clone();
                // Who leaves is none of the test's business here.
                thread::spawn(move || hop.converse(stream));
            }
        });
        hop
    }

    /// From now on it refuses recipients whose address begins with `gone`.
    pub(crate) fn refuse(&self) {
        self.refuses.store(true, Ordering::Relaxed);
    }

    /// What it has heard, once so many messages have come.
    pub(crate) fn heard_once(&self, messages: usize) -> Heard {
        let heard = self.heard.0.lock().expect("no test panics here");
        let wait = Duration::from_secs(60);
        let (heard, late) = self
            .heard
            .1
            .wait_timeout_while(heard, wait, |heard| heard.messages.len() < messages)
            .expect("no test panics here");
        assert!(!late.timed_out(), "{heard:?}");
        heard.clone()
    }

    fn converse(&self, stream: TcpStream) -> std::io::Result<()> {
        stream.set_nodelay(true)?;
        let mut lines = Lines {
            from: BufReader::new(stream.try_clone()?),
            after_cr: false,
        };
        let mut stream = stream;
        let mut say = |reply: &str| stream.write_all(format!("{reply}\r\n").as_bytes());
        say("220 lenient.example ESMTP")?;
        while let Some(line) = lines.next()? {
            let verb = line.split([' ', ':']).next().unwrap_or_default();
            match verb.to_uppercase().as_str() {
                "EHLO" => say(
                    "250-lenient.example\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250-DSN\r\n250 ENHANCEDSTATUSCODES",
                )?,
                "DATA" => {
                    say("354 go on")?;
                    let mut message = Vec::new();
                    loop {
                        let Some(line) = lines.next()? else {
                            return Ok(());
                        };
                        if line == "." {
                            break;
                        }
                        message.push(line);
                    }
                    self.note(|heard| heard.messages.push(message));
                    say("250 2.0.0 taken")?;
                }
                "RCPT" if line.contains("<gone") && self.refuses.load(Ordering::Relaxed) => {
                    say("550 5.1.1 no such \r.\r mailbox")?;
                }
                "MAIL" | "RCPT" => {
                    self.note(|heard| heard.envelopes.push(line));
                    say("250 2.0.0 ok")?;
                }
                "RSET" | "QUIT" | "NOOP" => say("250 2.0.0 ok")?,
                _ => {
                    self.note(|heard| heard.strange.push(line));
                    say("500 5.5.2 what")?;
                }
            }
        }
        Ok(())
    }

    fn note(&self, note: impl FnOnce(&mut Heard)) {
        note(&mut self.heard.0.lock().expect("no test panics here"));
        self.heard.1.notify_all();
    }
}

/// Lines that end with CR, LF, or both; what is NUL is not there.
struct Lines {
    from: BufReader<TcpStream>,
    after_cr: bool,
}

impl Lines {
    fn next(&mut self) -> std::io::Result<Option<String>> {
        let mut line = Vec::new();
        loop {
            let mut byte = [0];
            if self.from.read(&mut byte)? == 0 {
                return Ok(None);
            }
            let after_cr = std::mem::replace(&mut self.after_cr, byte == *b"\r");
            match byte[0] {
                b'\n' if after_cr => {}
                b'\r' | b'\n' => return Ok(Some(String::from_utf8_lossy(&line).into_owned())),
                0 => {}
                byte => line.push(byte),
            }
        }
    }
}
