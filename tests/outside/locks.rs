//! Mail with encrypted files keeps no other mail waiting.

use std::thread;
use std::time::{Duration, Instant};

use crate::documents::document;
use crate::relay::STAFF;
use crate::support::client::{Client, stuffed};
use crate::support::exeat::Exeat;
use crate::support::mail::with_files as mail;
use crate::support::next_hop::{Behaviour, NextHop};
use crate::support::school::Greenfold;

const OUTSIDE: &str = "desk@marklog-software.example";
/// Messages with an encrypted document, all at once.
const LOCKED: usize = 4;

/// More words than an encrypted document is tried with: the dearest case.
fn locked() -> Vec<u8> {
    let words: Vec<String> = (0..60).map(|n| format!("Detail{n}x")).collect();
    let body = format!("Minutes attached. {}", words.join(" "));
    mail(
        OUTSIDE,
        "Minutes",
        &body,
        &[("minutes.docx", &document("locked.docx"))],
    )
}

#[test]
fn plain_mail_overtakes_mail_with_encrypted_files() {
    let hop = NextHop::start(Behaviour::default());
    let school = Greenfold::with_head(hop.address, "[workers]\ncount = 2\n", "");
    let exeat = Exeat::serve(&school.config());
    let message = locked();
    let mut clients: Vec<Client> = (0..LOCKED).map(|_| Client::connect(exeat.smtp)).collect();
    for client in &mut clients {
        for line in [
            format!("MAIL FROM:<{STAFF}>"),
            format!("RCPT TO:<{OUTSIDE}>"),
        ] {
            assert_eq!(client.say(&line).code, 250);
        }
        assert_eq!(client.say("DATA").code, 354);
    }
    let began = Instant::now();
    for client in &mut clients {
        client.send(&stuffed(&message));
        client.send(b".\r\n");
    }
    let locked: Vec<thread::JoinHandle<Duration>> = clients
        .into_iter()
        .map(|mut client| {
            thread::spawn(move || {
                let reply = client.reply();
                assert_eq!(reply.code, 250, "{reply:?}");
                began.elapsed()
            })
        })
        .collect();

    let mut slowest = Duration::ZERO;
    let mut plain = Client::connect(exeat.smtp);
    for _ in 0..20 {
        let sent = Instant::now();
        let message = mail(OUTSIDE, "Trip", "We meet at nine.", &[]);
        let reply = plain.transaction(STAFF, &[OUTSIDE], &message);
        assert_eq!(reply.code, 250, "{reply:?}");
        slowest = slowest.max(sent.elapsed());
    }
    let overtaken = began.elapsed();
    let mut locked: Vec<Duration> = locked
        .into_iter()
        .map(|client| client.join().expect("it was answered"))
        .collect();
    locked.sort();
    eprintln!("slowest plain mail {slowest:?}; twenty by {overtaken:?}; encrypted {locked:?}");
    // Twenty mails one after the other are through before the encrypted ones,
    // which were there first, are half done.
    assert!(overtaken < locked[LOCKED / 2], "{overtaken:?} {locked:?}");
}
