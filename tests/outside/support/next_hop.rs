//! A next hop that keeps what it accepts and fails where it is told to.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use rustls::ServerConfig;

use super::wire::Wire;

/// What the next hop does out of the ordinary.
#[derive(Debug, Clone, Default)]
pub(crate) struct Behaviour {
    /// What it says in place of its greeting, after which it closes.
    pub(crate) greeting: Option<&'static str>,
    /// Recipients (the part before `@`) and the reply to their RCPT.
    pub(crate) recipients: Vec<(&'static str, &'static str)>,
    pub(crate) mail: Option<&'static str>,
    pub(crate) data: Option<&'static str>,
    /// The reply after the dot.
    pub(crate) end_of_data: Option<&'static str>,
    /// Closes the connection in the middle of the message.
    pub(crate) drop_in_data: bool,
    /// Takes the message whole and closes without a reply, so many times.
    pub(crate) drop_after_dot: usize,
    /// It offers STARTTLS with this.
    pub(crate) tls: Option<Arc<ServerConfig>>,
    /// It begins with TLS instead.
    pub(crate) implicit: bool,
    /// The reply to STARTTLS.
    pub(crate) starttls: Option<&'static str>,
    /// Keywords that EHLO announces.
    pub(crate) keywords: Option<&'static [&'static str]>,
}

/// A message that was accepted.
#[derive(Debug, Clone)]
pub(crate) struct Delivery {
    pub(crate) mail: String,
    pub(crate) recipients: Vec<String>,
    pub(crate) message: Vec<u8>,
    pub(crate) encrypted: bool,
}

#[derive(Default)]
struct State {
    behaviour: Behaviour,
    accepted: Vec<Delivery>,
    /// Messages that came whole and got no reply.
    swallowed: Vec<Delivery>,
    connections: usize,
    /// Every line that came in clear.
    clear: Vec<String>,
}

#[derive(Clone)]
pub(crate) struct NextHop {
    pub(crate) address: SocketAddr,
    state: Arc<(Mutex<State>, Condvar)>,
}

impl NextHop {
    pub(crate) fn start(behaviour: Behaviour) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has free ports");
        let hop = Self {
            address: listener.local_addr().expect("bound"),
            state: Arc::default(),
        };
        hop.behave(behaviour);
        let serving = hop.clone();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let hop = serving.clone();
                thread::spawn(move || hop.serve(stream));
            }
        });
        hop
    }

    pub(crate) fn behave(&self, behaviour: Behaviour) {
        self.state.0.lock().expect("no test panics here").behaviour = behaviour;
    }

    pub(crate) fn accepted(&self) -> Vec<Delivery> {
        self.state
            .0
            .lock()
            .expect("no test panics here")
            .accepted
            .clone()
    }

    pub(crate) fn swallowed(&self) -> Vec<Delivery> {
        self.state
            .0
            .lock()
            .expect("no test panics here")
            .swallowed
            .clone()
    }

    pub(crate) fn connections(&self) -> usize {
        self.state
            .0
            .lock()
            .expect("no test panics here")
            .connections
    }

    /// Every line that came in clear.
    pub(crate) fn heard_in_clear(&self) -> Vec<String> {
        self.state
            .0
            .lock()
            .expect("no test panics here")
            .clear
            .clone()
    }

    /// Waits until so many messages were accepted.
    pub(crate) fn wait_for(&self, count: usize) -> Vec<Delivery> {
        self.wait_until(|accepted| accepted.len() >= count)
    }

    /// Waits until what was accepted is as wished; at most a minute.
    pub(crate) fn wait_until(&self, done: impl Fn(&[Delivery]) -> bool) -> Vec<Delivery> {
        let deadline = Instant::now() + Duration::from_secs(60);
        let mut state = self.state.0.lock().expect("no test panics here");
        while !done(&state.accepted) {
            let left = deadline
                .checked_duration_since(Instant::now())
                .unwrap_or_else(|| panic!("only {} messages arrived", state.accepted.len()));
            state = self
                .state
                .1
                .wait_timeout(state, left)
                .expect("no test panics here")
                .0;
        }
        state.accepted.clone()
    }

    fn serve(&self, stream: TcpStream) {
        self.state
            .0
            .lock()
            .expect("no test panics here")
            .connections += 1;
        // A client that leaves is none of the test's business here.
        let _ = self.converse(stream);
    }

    fn converse(&self, stream: TcpStream) -> std::io::Result<()> {
        let mut wire = Wire::Clear(stream);
        let begins = self
            .state
            .0
            .lock()
            .expect("no test panics here")
            .behaviour
            .clone();
        if let (true, Some(tls)) = (begins.implicit, &begins.tls) {
            wire.accept(tls)?;
        }
        let mut lines = BufReader::new(wire);
        if let Some(greeting) = begins.greeting {
            return say(&mut lines, greeting);
        }
        say(&mut lines, "220 next-hop.example ESMTP")?;
        let mut delivery = Delivery {
            mail: String::new(),
            recipients: Vec::new(),
            message: Vec::new(),
            encrypted: false,
        };
        loop {
            let mut line = String::new();
            if lines.read_line(&mut line)? == 0 {
                return Ok(());
            }
            let line = line.trim_end();
            delivery.encrypted = lines.get_ref().is_encrypted();
            if !delivery.encrypted {
                let mut state = self.state.0.lock().expect("no test panics here");
                state.clear.push(line.to_owned());
            }
            let verb = line
                .split([' ', ':'])
                .next()
                .unwrap_or_default()
                .to_uppercase();
            let behaviour = self
                .state
                .0
                .lock()
                .expect("no test panics here")
                .behaviour
                .clone();
            let reply = match verb.as_str() {
                "EHLO" => ehlo(&behaviour, delivery.encrypted),
                "STARTTLS" => {
                    let reply = behaviour.starttls.unwrap_or("220 2.0.0 go on");
                    say(&mut lines, reply)?;
                    if let (true, Some(tls)) = (reply == "220 2.0.0 go on", &behaviour.tls) {
                        lines.get_mut().accept(tls)?;
                    }
                    continue;
                }
                "MAIL" => {
                    line.clone_into(&mut delivery.mail);
                    delivery.recipients.clear();
                    behaviour.mail.unwrap_or("250 2.1.0 ok").to_owned()
                }
                "RCPT" => {
                    let local = line.split(['<', '@']).nth(1).unwrap_or_default();
                    let told = behaviour.recipients.iter().find(|(who, _)| *who == local);
                    let reply = told.map_or("250 2.1.5 ok", |(_, reply)| reply);
                    if reply.starts_with('2') {
                        delivery.recipients.push(line.to_owned());
                    }
                    reply.to_owned()
                }
                "DATA" if delivery.recipients.is_empty() => "503 5.5.1 no recipients".to_owned(),
                "DATA" if behaviour.data.is_some() => behaviour.data.unwrap_or_default().to_owned(),
                "DATA" => {
                    say(&mut lines, "354 go on")?;
                    if behaviour.drop_in_data {
                        let mut first = String::new();
                        lines.read_line(&mut first)?;
                        return Ok(());
                    }
                    delivery.message = message(&mut lines)?;
                    if self.swallow(&delivery) {
                        return Ok(());
                    }
                    let reply = behaviour.end_of_data.unwrap_or("250 2.0.0 taken");
                    if reply.starts_with('2') {
                        self.accept(&delivery);
                    }
                    reply.to_owned()
                }
                "QUIT" => {
                    say(&mut lines, "221 2.0.0 bye")?;
                    return Ok(());
                }
                _ => "250 2.0.0 ok".to_owned(),
            };
            say(&mut lines, &reply)?;
        }
    }

    fn accept(&self, delivery: &Delivery) {
        let mut state = self.state.0.lock().expect("no test panics here");
        state.accepted.push(delivery.clone());
        self.state.1.notify_all();
    }

    fn swallow(&self, delivery: &Delivery) -> bool {
        let mut state = self.state.0.lock().expect("no test panics here");
        if state.behaviour.drop_after_dot == 0 {
            return false;
        }
        state.behaviour.drop_after_dot -= 1;
        state.swallowed.push(delivery.clone());
        self.state.1.notify_all();
        true
    }
}

fn say(lines: &mut BufReader<Wire>, reply: &str) -> std::io::Result<()> {
    let wire = lines.get_mut();
    wire.write_all(format!("{reply}\r\n").as_bytes())?;
    wire.flush()
}

fn ehlo(behaviour: &Behaviour, encrypted: bool) -> String {
    let usual: &[&str] = &[
        "PIPELINING",
        "SIZE 52428800",
        "8BITMIME",
        "SMTPUTF8",
        "ENHANCEDSTATUSCODES",
    ];
    let keywords = behaviour.keywords.unwrap_or(usual);
    let mut lines = vec!["next-hop.example"];
    lines.extend(keywords);
    if behaviour.tls.is_some() && !encrypted {
        lines.push("STARTTLS");
    }
    let last = lines.len() - 1;
    let reply: Vec<String> = lines
        .iter()
        .enumerate()
        .map(|(index, text)| format!("250{}{text}", if index == last { ' ' } else { '-' }))
        .collect();
    reply.join("\r\n")
}

/// The message up to its dot, unstuffed.
fn message(lines: &mut impl BufRead) -> std::io::Result<Vec<u8>> {
    let mut message = Vec::new();
    loop {
        let mut line = Vec::new();
        if lines.read_until(b'\n', &mut line)? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        if line == b".\r\n" {
            return Ok(message);
        }
        let line = line.strip_prefix(b".").unwrap_or(&line);
        message.extend_from_slice(line);
    }
}
