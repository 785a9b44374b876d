//! Stand-ins for tests: a next hop that follows a script, and a client, both
//! on real sockets of the loopback interface.

use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::time::Instant;

use super::stream::Stream;
use super::tls::outgoing::Outgoing;

/// What the next hop does about a line.
pub(crate) enum Act {
    /// One reply or several, with `\r\n` between them.
    Say(&'static str),
    Close,
    /// Says nothing more, and stays.
    Hang,
}

/// A next hop. Its script is asked about each line, with the connection's
/// number: an empty line for the greeting, `.` for the end of a message.
pub(crate) struct FakeHop {
    pub(crate) address: String,
    log: Arc<watch::Sender<Vec<String>>>,
}

impl FakeHop {
    pub(crate) async fn start(script: impl Fn(usize, &str) -> Act + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback");
        let address = listener.local_addr().expect("bound").to_string();
        let log = Arc::new(watch::Sender::new(Vec::new()));
        let script = Arc::new(script);
        let shared = Arc::clone(&log);
        tokio::spawn(async move {
            let mut number = 0;
            while let Ok((stream, _)) = listener.accept().await {
                let (script, log) = (Arc::clone(&script), Arc::clone(&shared));
                tokio::spawn(async move {
                    // The other side may close whenever it likes.
                    let _ = follow(stream, number, &*script, &log).await;
                });
                number += 1;
            }
        });
        Self { address, log }
    }

    /// One that takes everything.
    pub(crate) async fn polite() -> Self {
        Self::start(|_, line| polite(line)).await
    }

    /// All lines so far, each with its connection's number; messages as one.
    pub(crate) fn log(&self) -> Vec<String> {
        self.log.borrow().clone()
    }

    /// The same, once it is as it should be.
    pub(crate) async fn log_once(&self, is_right: impl Fn(&[String]) -> bool) -> Vec<String> {
        let mut log = self.log.subscribe();
        let right = log.wait_for(|log| is_right(log));
        let right = tokio::time::timeout(Duration::from_secs(20), right).await;
        match right {
            Ok(Ok(log)) => log.clone(),
            _ => panic!("not as expected: {:?}", self.log()),
        }
    }

    /// The messages whose end came.
    pub(crate) fn messages(&self) -> Vec<String> {
        let log = self.log();
        log.iter()
            .filter_map(|line| {
                line.split_once(" message ")
                    .map(|(_, message)| message.to_owned())
            })
            .collect()
    }
}

/// The answers of a next hop that supports and takes everything.
pub(crate) fn polite(line: &str) -> Act {
    Act::Say(match line.split([' ', ':']).next().unwrap_or_default() {
        "" => "220 hop.example",
        "EHLO" => {
            "250-hop.example\r\n250-PIPELINING\r\n250-SIZE 100000\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250-DSN\r\n250 ENHANCEDSTATUSCODES"
        }
        "DATA" => "354 go on",
        "." => "250 2.0.0 queued as 1",
        "QUIT" => "221 2.0.0 bye",
        "RCPT" => "250 2.1.5 recipient fine",
        "MAIL" => "250 2.1.0 sender fine",
        _ => "250 2.0.0 fine",
    })
}

fn note(log: &watch::Sender<Vec<String>>, line: String) {
    log.send_modify(|log| log.push(line));
}

async fn follow(
    stream: TcpStream,
    number: usize,
    script: &(impl Fn(usize, &str) -> Act + Sync),
    log: &watch::Sender<Vec<String>>,
) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    let mut line = String::new();
    loop {
        let reply = match script(number, &line) {
            Act::Say(reply) => reply,
            Act::Close => return Ok(()),
            Act::Hang => std::future::pending().await,
        };
        stream.write_all(format!("{reply}\r\n").as_bytes()).await?;
        if reply.starts_with("354") {
            let mut message = Vec::new();
            while !message.ends_with(b"\r\n.\r\n") && message != b".\r\n" {
                if stream.read_until(b'\n', &mut message).await? == 0 {
                    note(log, format!("{number} broken off"));
                    return Ok(());
                }
            }
            let message = String::from_utf8_lossy(&message).into_owned();
            note(log, format!("{number} message {message}"));
            ".".clone_into(&mut line);
            continue;
        }
        line.clear();
        if stream.read_line(&mut line).await? == 0 {
            return Ok(());
        }
        line.truncate(line.trim_end().len());
        note(log, format!("{number} {line}"));
    }
}

/// A client.
pub(crate) struct TestClient {
    pub(crate) stream: BufReader<Stream>,
}

impl TestClient {
    pub(crate) async fn connect(address: std::net::SocketAddr) -> Self {
        let stream = TcpStream::connect(address).await.expect("listening");
        Self {
            stream: BufReader::new(Stream::Clear(stream)),
        }
    }

    /// Goes on under TLS, with whoever is there.
    pub(crate) async fn start_tls(&mut self) {
        self.check("STARTTLS", "220").await;
        let Outgoing::Implicit(handshake) = Outgoing::implicit_with_anyone() else {
            unreachable!("it is implicit");
        };
        let deadline = Instant::now() + Duration::from_secs(20);
        let agreed = self.stream.get_mut().offer(&handshake, deadline).await;
        agreed.expect("both agree on TLS");
    }

    /// Takes leave, and closes.
    pub(crate) async fn leave(mut self) {
        self.stream.shutdown().await.expect("connected");
    }

    pub(crate) async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.stream
            .write_all(bytes.as_ref())
            .await
            .expect("connected");
    }

    /// The next reply, its lines joined by `\n`.
    pub(crate) async fn reply(&mut self) -> String {
        let mut reply = String::new();
        loop {
            let mut line = String::new();
            let read = self.stream.read_line(&mut line).await.unwrap_or(0);
            if read == 0 {
                return format!("{reply}closed");
            }
            reply.push_str(line.trim_end());
            if line.as_bytes().get(3) != Some(&b'-') {
                return reply;
            }
            reply.push('\n');
        }
    }

    /// Sends a line, and checks that the reply begins as expected.
    pub(crate) async fn check(&mut self, line: &str, expected: &str) {
        self.send(format!("{line}\r\n")).await;
        self.expect(expected).await;
    }

    pub(crate) async fn expect(&mut self, expected: &str) {
        let reply = self.reply().await;
        assert!(
            reply.starts_with(expected),
            "expected {expected}, came {reply}"
        );
    }

    pub(crate) async fn expect_closed(&mut self) {
        let mut rest = Vec::new();
        let _ = self.stream.read_to_end(&mut rest).await;
        assert_eq!(String::from_utf8_lossy(&rest), "");
    }
}
