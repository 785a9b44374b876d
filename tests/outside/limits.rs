//! Clients that take more than their part, or never come to an end: they are
//! put off or ended, and others are served on.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use crate::relay::{STAFF, innocent, without_trace};
use crate::support::client::{Client, Reply};
use crate::support::exeat::Exeat;
use crate::support::next_hop::{Behaviour, NextHop};
use crate::support::school::Greenfold;

const TO: &[&str] = &["a@b.example"];
const MEGABYTE: usize = 1024 * 1024;

/// A school whose clients are the whole of loopback.
fn world(limits: &str) -> (NextHop, Greenfold) {
    let hop = NextHop::start(Behaviour::default());
    let limits = format!("[listen.limits]\n{limits}\n");
    let school = Greenfold::with_head(hop.address, &limits, "");
    school.rewrite(|text| text.replace("127.0.0.1/32", "127.0.0.0/8"));
    (hop, school)
}

fn address(number: u8) -> Ipv4Addr {
    Ipv4Addr::new(127, 0, 1, number)
}

/// The start of a message of about this size.
fn much(subject: &str, size: usize) -> Vec<u8> {
    let line = "We like it very much here. ".repeat(35) + "\r\n";
    let lines = line.repeat(size / line.len());
    [innocent(subject), lines.into_bytes()].concat()
}

/// The memory that a server takes once it has read its first message.
fn at_work(exeat: &Exeat) -> u64 {
    let reply = Client::connect(exeat.smtp).transaction(STAFF, TO, &innocent("first"));
    assert_eq!(reply.code, 250, "{reply:?}");
    exeat.resident()
}

fn is(reply: &Reply, code: u16, enhanced: &str) {
    assert!(
        reply.code == code && reply.text.starts_with(enhanced),
        "{reply:?}"
    );
}

#[test]
fn idle_connections_are_counted_by_client_and_in_all() {
    let (hop, school) = world("");
    let exeat = Exeat::serve(&school.config());
    let before = at_work(&exeat);
    // Of a thousand from one address fifty are served.
    let connect = |from| Client::greeted_from(from, exeat.smtp);
    let (mut served, refused): (Vec<_>, Vec<_>) = (0..1000)
        .map(|_| connect(address(1)))
        .partition(|(_, greeting)| greeting.code == 220);
    assert_eq!(served.len(), 50);
    for (mut client, greeting) in refused {
        is(&greeting, 421, "4.3.2");
        assert_eq!(client.reply().code, 0, "closed");
    }
    let mut other = Client::connect_from(address(2), exeat.smtp);
    let reply = other.transaction(STAFF, TO, &innocent("beside"));
    assert_eq!(reply.code, 250, "{reply:?}");
    // Five hundred in all.
    drop(other);
    for number in 3.. {
        let more: Vec<_> = (0..50).map(|_| connect(address(number))).collect();
        let full = more.iter().any(|(_, greeting)| greeting.code == 421);
        served.extend(
            more.into_iter()
                .filter(|(_, greeting)| greeting.code == 220),
        );
        if full {
            break;
        }
    }
    // That of before may have been counted for a moment.
    assert!((499..=500).contains(&served.len()), "{}", served.len());
    let taken = exeat.resident().saturating_sub(before);
    assert!(taken < 64 * MEGABYTE as u64, "{taken} bytes for 500");
    // Who was served still is, and where one goes another may come.
    let (first, _) = &mut served[0];
    assert_eq!(first.say("NOOP").code, 250);
    assert_eq!(first.say("QUIT").code, 221);
    assert_eq!(first.reply().code, 0);
    let deadline = Instant::now() + Duration::from_secs(20);
    while connect(address(200)).1.code != 220 {
        assert!(Instant::now() < deadline, "a place is free");
    }
    assert_eq!(hop.accepted().len(), 2);
}

#[test]
fn bytes_under_way_are_counted_by_client_and_in_all() {
    let (hop, school) = world(
        "message_size = 1500000\nbytes_in_flight = 3000000\nbytes_in_flight_per_client = 2000000",
    );
    let exeat = Exeat::serve(&school.config());
    let large = |subject: &str| much(subject, 1_400_000);
    // One of each client is under way, and taken so far.
    let mut first = Client::connect_from(address(1), exeat.smtp);
    first.envelope(STAFF, TO);
    is(&first.chunk(&large("first"), false), 250, "2.0.0");
    let mut again = Client::connect_from(address(1), exeat.smtp);
    again.envelope(STAFF, TO);
    is(&again.data(&large("again")), 452, "4.3.1");
    let mut second = Client::connect_from(address(2), exeat.smtp);
    second.envelope(STAFF, TO);
    is(&second.chunk(&large("second"), false), 250, "2.0.0");
    // All that there is: large mail is put off, however it comes.
    let mut third = Client::connect_from(address(3), exeat.smtp);
    third.envelope(STAFF, TO);
    is(&third.data(&large("third")), 452, "4.3.1");
    third.envelope(STAFF, TO);
    is(&third.chunk(&large("third"), false), 452, "4.3.1");
    assert_eq!(third.say("RSET").code, 250);
    is(
        &third.say(&format!("MAIL FROM:<{STAFF}> SIZE=1400000")),
        452,
        "4.3.1",
    );
    // Small mail is served on.
    for from in 1..=3 {
        let mut small = Client::connect_from(address(from), exeat.smtp);
        let reply = small.transaction(STAFF, TO, &innocent(&format!("small-{from}")));
        is(&reply, 250, "2.0.0 taken");
    }
    // What has ended, or was broken off, makes room.
    is(&first.chunk(b"the end\r\n", true), 250, "2.0.0 taken");
    third.envelope(STAFF, TO);
    is(&third.data(&large("third")), 250, "2.0.0 taken");
    assert_eq!(second.say("RSET").code, 250);
    again.envelope(STAFF, TO);
    is(&again.data(&large("again")), 250, "2.0.0 taken");
    assert_eq!(hop.accepted().len(), 6);
    // No larger message is announced than can ever be taken.
    school.rewrite(|text| text.replace("message_size = 1500000", "message_size = 9000000"));
    exeat.end();
    let exeat = Exeat::serve(&school.config());
    let (mut client, _) = Client::greeted(exeat.smtp);
    let offers = client.say("EHLO client.greenfold.sch.example").text;
    assert!(offers.contains("\nSIZE 2000000\n"), "{offers}");
    is(
        &client.say(&format!("MAIL FROM:<{STAFF}> SIZE=2000001")),
        552,
        "5.3.4",
    );
}

#[test]
fn messages_are_counted_by_the_minute() {
    let (hop, school) = world("messages_per_minute = 5\nmessages_per_minute_per_client = 3");
    let exeat = Exeat::serve(&school.config());
    let mut codes = Vec::new();
    for from in [1, 2] {
        let mut client = Client::connect_from(address(from), exeat.smtp);
        for number in 0..4 {
            let message = innocent(&format!("counted-{from}-{number}"));
            let reply = client.transaction(STAFF, TO, &message);
            if reply.code != 250 {
                is(&reply, 451, "4.7.1");
                assert_eq!(client.say("RCPT TO:<a@b.example>").code, 503);
            }
            codes.push(reply.code);
        }
    }
    assert_eq!(codes, [250, 250, 250, 451, 250, 250, 451, 451]);
    assert_eq!(hop.accepted().len(), 5);
}

#[test]
fn large_messages_at_once_are_on_disk() {
    let (hop, school) = world("");
    let exeat = Exeat::serve(&school.config());
    let before = at_work(&exeat);
    let message = much("large", 10 * MEGABYTE);
    let clients: Vec<Client> = thread::scope(|scope| {
        let sending: Vec<_> = (0..12)
            .map(|_| {
                scope.spawn(|| {
                    let mut client = Client::connect_from(address(1), exeat.smtp);
                    client.envelope(STAFF, TO);
                    let reply = client.chunk(&message, false);
                    assert_eq!(reply.code, 250, "{reply:?}");
                    client
                })
            })
            .collect();
        let done = sending
            .into_iter()
            .map(|client| client.join().expect("taken"));
        done.collect()
    });
    // 120 MB have come; each keeps 4 MB in memory at most, beside its
    // buffers.
    let taken = exeat.resident().saturating_sub(before);
    assert!(taken < 12 * 7 * MEGABYTE as u64, "{taken} bytes");
    // Another is served meanwhile, and the limit of one message holds.
    let mut other = Client::connect_from(address(2), exeat.smtp);
    let reply = other.transaction(STAFF, TO, &innocent("beside"));
    assert_eq!(reply.code, 250, "{reply:?}");
    is(
        &other.say(&format!("MAIL FROM:<{STAFF}> SIZE=52428801")),
        552,
        "5.3.4",
    );
    drop(clients);
    assert_eq!(
        without_trace(&hop.accepted()[1].message),
        innocent("beside")
    );
}

/// Says `begun`, and once it has heard what it waits for a byte now and then,
/// until it is told to go; all that it has heard.
fn trickle(to: SocketAddr, from: Ipv4Addr, begun: &[u8], waits_for: &[u8]) -> String {
    let (client, greeting) = Client::greeted_from(from, to);
    assert_eq!(greeting.code, 220, "{greeting:?}");
    let mut stream = client.into_stream();
    stream
        .set_read_timeout(Some(Duration::from_millis(100)))
        .expect("a positive time");
    stream.write_all(begun).expect("connected");
    let (mut heard, mut room) = (Vec::new(), [0; 4096]);
    loop {
        match stream.read(&mut room) {
            Ok(0) => break,
            Ok(read) => heard.extend_from_slice(&room[..read]),
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {
                let waits = memchr::memmem::find(&heard, waits_for).is_none();
                if !waits && stream.write_all(b"O").is_err() {
                    break;
                }
            }
            // A reset is an end as good as any.
            Err(_) => break,
        }
    }
    String::from_utf8_lossy(&heard).into_owned()
}

#[test]
fn slow_senders_are_ended_and_others_do_not_feel_it() {
    let (hop, school) = world("command_seconds = 2\ndata_seconds = 2\ndata_grace_seconds = 1");
    let exeat = Exeat::serve(&school.config());
    let envelope = format!(
        "EHLO slow.greenfold.sch.example\r\nMAIL FROM:<{STAFF}>\r\nRCPT TO:<a@b.example>\r\n"
    );
    let began = Instant::now();
    thread::scope(|scope| {
        let slow: Vec<_> = (0..200_u8)
            .map(|number| {
                let (begun, waits_for) = match number % 5 {
                    0 => ("NO".to_owned(), ""),
                    1 => (format!("{envelope}DATA\r\n"), "354 "),
                    2 => (format!("{envelope}BDAT 100000\r\nSubject: slow"), ""),
                    3 => ("BDAT 100000\r\n".to_owned(), ""),
                    _ => ("x".repeat(3000), ""),
                };
                let to = exeat.smtp;
                let from = address(10 + number % 10);
                scope.spawn(move || trickle(to, from, begun.as_bytes(), waits_for.as_bytes()))
            })
            .collect();
        let mut slowest = Duration::ZERO;
        while slow.iter().any(|slow| !slow.is_finished()) {
            let began = Instant::now();
            let mut client = Client::connect_from(address(1), exeat.smtp);
            assert_eq!(client.say("NOOP").code, 250);
            slowest = slowest.max(began.elapsed());
        }
        assert!(slowest < Duration::from_secs(5), "{slowest:?}");
        for slow in slow {
            let heard = slow.join().expect("no panic");
            let last = heard.lines().last().unwrap_or_default();
            assert!(last.starts_with("421 4.4.2 "), "{heard}");
        }
    });
    // Each had its time, and no byte of theirs gave them more.
    assert!(
        began.elapsed() < Duration::from_secs(30),
        "{:?}",
        began.elapsed()
    );
    let mut client = Client::connect_from(address(1), exeat.smtp);
    let reply = client.transaction(STAFF, TO, &innocent("after"));
    assert_eq!(reply.code, 250, "{reply:?}");
    assert_eq!(hop.accepted().len(), 1);
}

#[test]
fn a_server_out_of_descriptors_waits_and_recovers() {
    let (hop, school) = world("");
    let exeat = Exeat::serve_with_descriptors(&school.config(), 64);
    let mut early = Client::connect(exeat.smtp);
    early.envelope(STAFF, TO);
    // More than there are descriptors for: the last of them wait in the queue.
    let waiting: Vec<TcpStream> = (0..100)
        .map(|_| TcpStream::connect(exeat.smtp).expect("the kernel takes them"))
        .collect();
    let failed =
        |line: &serde_json::Value| line["fields"]["message"] == "accepting a connection failed";
    exeat.wait_for_log(failed);
    // It does not spin: between two tries is a pause.
    let began = Instant::now();
    for _ in 0..5 {
        exeat.wait_for_log(failed);
    }
    assert!(
        began.elapsed() >= Duration::from_millis(800),
        "{:?}",
        began.elapsed()
    );
    // Whoever is there already is served, or put off, and never told a lie.
    let reply = early.data(&innocent("early"));
    assert!(matches!(reply.code, 250 | 451 | 452), "{reply:?}");
    drop(waiting);
    let deadline = Instant::now() + Duration::from_secs(30);
    loop {
        let mut client = Client::connect(exeat.smtp);
        let reply = client.transaction(STAFF, TO, &innocent("late"));
        if reply.code == 250 {
            break;
        }
        assert!(matches!(reply.code, 451 | 452), "{reply:?}");
        assert!(Instant::now() < deadline, "it recovers");
    }
    let subjects = |subject: &str| {
        let part = format!("Subject: {subject}\r\n");
        let has = |message: &[u8]| String::from_utf8_lossy(message).contains(&part);
        hop.accepted()
            .iter()
            .filter(|sent| has(&sent.message))
            .count()
    };
    assert_eq!(subjects("early"), usize::from(reply.code == 250));
    assert_eq!(subjects("late"), 1);
    assert!(exeat.command(&["journal", "verify"]).status.success());
}
