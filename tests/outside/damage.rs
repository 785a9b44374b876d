//! Stores that must not be served, and what is said of them; the clock and
//! the database at their worst.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};

use crate::holding::with_name_in_subject;
use crate::relay::{STAFF, innocent};
use crate::restore::{COACH, done, hold};
use crate::support::client::Client;
use crate::support::exeat::{Exeat, error_of, exeat};
use crate::support::next_hop::{Behaviour, NextHop};
use crate::support::school::Greenfold;
use crate::support::store::query;

/// A school whose server has held two mails and has stopped in peace.
fn used() -> (Greenfold, Vec<String>) {
    let hop = NextHop::start(Behaviour::default());
    let school = Greenfold::new(hop.address, "");
    let server = Exeat::serve(&school.config());
    let holds = ["one", "two", "three"].map(|id| hold(&server, id));
    hop.wait_until(|all| all.iter().filter(|d| d.mail.contains("FROM:<>")).count() >= 3);
    server.end();
    (school, holds.to_vec())
}

fn refused(school: &Greenfold, command: &[&str], says: &str) {
    let output = exeat(&school.config(), command);
    let told = error_of(&output);
    assert_eq!(output.status.code(), Some(2), "{command:?}: {told}");
    assert!(told.contains(says), "{command:?}: {told}");
}

#[test]
fn a_store_that_is_not_as_it_was_is_refused_and_left_alone() {
    let (school, _) = used();
    let (store, key) = (
        school.folder().join("exeat.db"),
        school.folder().join("exeat.db.key"),
    );
    let whole = fs::read(&store).expect("the store");
    let mut flipped = whole.clone();
    for page in 2..whole.len() / 4096 {
        flipped[page * 4096..page * 4096 + 200].fill(0xa5);
    }
    for (bytes, says) in [
        (
            whole[..whole.len() / 2].to_vec(),
            "restore it from a backup",
        ),
        (
            whole[..whole.len() - 4096].to_vec(),
            "restore it from a backup",
        ),
        (flipped, "restore it from a backup"),
        (
            b"recipes: cake, bread\n".repeat(500),
            "restore it from a backup",
        ),
        (Vec::new(), "journal rows; restore it from a backup"),
    ] {
        fs::write(&store, &bytes).expect("written");
        refused(&school, &["serve"], says);
        assert!(
            fs::read(&store).expect("readable") == bytes,
            "left as it was"
        );
    }
    fs::remove_file(&store).expect("removed");
    for command in [&["serve"][..], &["holds", "list"], &["store", "check"]] {
        refused(&school, command, "journal rows; restore it from a backup");
        assert!(!store.exists(), "an empty one is never made in its place");
    }

    fs::write(&store, &whole).expect("written");
    query(
        &school,
        "UPDATE about SET value = '99' WHERE name = 'schema_version'",
    );
    refused(
        &school,
        &["serve"],
        "use the release that made it, or a newer one",
    );
    fs::write(&store, &whole).expect("written");
    let secret = fs::read(&key).expect("the key");
    fs::remove_file(&key).expect("removed");
    refused(
        &school,
        &["serve"],
        "put the key that this store was made with there",
    );
    assert!(!key.exists(), "none is made");
    let (other, _) = used();
    fs::copy(other.folder().join("exeat.db.key"), &key).expect("copied");
    refused(&school, &["serve"], "put that key in its place");

    fs::write(&key, secret).expect("written");
    Exeat::serve(&school.config()).end();
    fs::remove_file(&store).expect("removed");
    fs::write(&store, "").expect("emptied");
    query(&school, "CREATE TABLE recipes (name TEXT)");
    refused(&school, &["serve"], "another program's database");
}

#[test]
fn every_corrupt_entry_is_told_and_the_others_are_good() {
    let (school, holds) = used();
    let sound = done(&school.config(), &["store", "check"]);
    assert!(sound.contains("the journal is whole"), "{sound}");
    assert!(sound.contains("3 holds, 3 messages, 3 mails"), "{sound}");
    let (first, second) = (&holds[0], &holds[1]);
    for change in [
        format!("UPDATE holds SET envelope = zeroblob(90) WHERE reference = '{first}'"),
        format!(
            "UPDATE body_chunks SET sealed = zeroblob(300) WHERE body IN
             (SELECT body FROM holds WHERE reference IN ('{first}', '{second}'))"
        ),
        "UPDATE outbox SET message = zeroblob(90) WHERE id = (SELECT MIN(id) FROM outbox)"
            .to_owned(),
        "UPDATE journal SET time = time + 1 WHERE seq IN (3, 6)".to_owned(),
    ] {
        query(&school, &change);
    }
    let output = exeat(&school.config(), &["store", "check"]);
    let told = String::from_utf8(output.stdout.clone()).expect("UTF-8");
    assert_eq!(output.status.code(), Some(1), "{told}");
    for fault in [
        format!("hold {first}: "),
        format!("the message of hold {first}: "),
        format!("the message of hold {second}: "),
        "mail ".to_owned(),
        "row 3 ".to_owned(),
        "row 6 ".to_owned(),
        "these open: 2 holds, 1 messages, 2 mails".to_owned(),
    ] {
        assert!(
            told.lines().any(|line| line.starts_with(&fault)),
            "{fault}: {told}"
        );
    }
    let output = exeat(&school.config(), &["journal", "verify"]);
    let told = String::from_utf8(output.stdout).expect("UTF-8");
    assert_eq!(output.status.code(), Some(1));
    assert!(told.contains("row 3 ") && told.contains("row 6 "), "{told}");
}

/// Another process that holds the database's write lock.
struct Locking(Child);

impl Locking {
    fn new(school: &Greenfold) -> Self {
        let script = "import sqlite3, sys\n\
             store = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=30)\n\
             store.execute('BEGIN EXCLUSIVE')\nprint('locked', flush=True)\n\
             sys.stdin.readline()\nstore.execute('ROLLBACK')\nprint('over', flush=True)\n";
        let mut child = Command::new("python3")
            .args(["-c", script])
            .arg(school.folder().join("exeat.db"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("python3 is there");
        let mut line = String::new();
        let said = child.stdout.as_mut().expect("piped");
        BufReader::new(said)
            .read_line(&mut line)
            .expect("it says so");
        assert_eq!(line, "locked\n");
        Self(child)
    }

    fn end(mut self) {
        let asked = self.0.stdin.take().expect("piped").write_all(b"\n");
        asked.expect("it listens");
        assert!(self.0.wait().expect("it ends").success());
    }
}

#[test]
fn a_locked_database_puts_mail_off_and_nothing_is_lost() {
    let hop = NextHop::start(Behaviour::default());
    let school = Greenfold::new(hop.address, "");
    let server = Exeat::serve(&school.config());
    let locking = Locking::new(&school);
    for mail in [innocent("plain"), with_name_in_subject("named")] {
        let reply = Client::connect(server.smtp).transaction(STAFF, &[COACH], &mail);
        assert_eq!(reply.code, 451, "{reply:?}");
        assert!(reply.text.starts_with("4.3.0"), "{reply:?}");
    }
    assert!(hop.accepted().is_empty(), "nothing without a record");
    locking.end();
    let reply = Client::connect(server.smtp).transaction(STAFF, &[COACH], &innocent("plain"));
    assert_eq!(reply.code, 250, "{reply:?}");
    hold(&server, "named");
    done(&school.config(), &["journal", "verify"]);
}

#[test]
fn no_jump_of_the_clock_loses_or_lets_go_of_anything() {
    let library = fs::read_dir("/usr/lib")
        .expect("a folder")
        .flatten()
        .map(|entry| entry.path().join("faketime/libfaketimeMT.so.1"))
        .find(|path| path.exists())
        .expect("libfaketime is there");
    let hop = NextHop::start(Behaviour::default());
    let school = Greenfold::new(hop.address, "");
    let clock = school.folder().join("clock");
    let set = |time: &str| fs::write(&clock, time).expect("written");
    set("+0");
    let environment = [
        ("LD_PRELOAD", library.to_str().expect("UTF-8")),
        ("FAKETIME_TIMESTAMP_FILE", clock.to_str().expect("UTF-8")),
        ("FAKETIME_NO_CACHE", "1"),
        ("FAKETIME_DONT_FAKE_MONOTONIC", "1"),
    ];
    let server = Exeat::serve_with(&school.config(), &environment);
    let held = hold(&server, "held");
    let jumps = [
        "+1d",
        "-1d",
        "@1970-01-02 00:00:00",
        "@2026-10-25 01:59:59",
        "+0",
    ];
    for (number, time) in jumps.into_iter().enumerate() {
        set(time);
        let mail = innocent(&format!("jump-{number}"));
        let reply = Client::connect(server.smtp).transaction(STAFF, &[COACH], &mail);
        assert_eq!(reply.code, 250, "{time}: {reply:?}");
        let references: Vec<String> = server
            .holds()
            .iter()
            .map(|hold| hold["reference"].as_str().expect("a text").to_owned())
            .collect();
        assert!(references.contains(&held), "{time}: {references:?}");
        let released = hold(&server, &format!("released-{number}"));
        done(
            &school.config(),
            &["holds", "release", &released, "--reason", "fine"],
        );
        let part = format!("<released-{number}@");
        let is_it = |message: &[u8]| String::from_utf8_lossy(message).contains(&part);
        hop.wait_until(|all| all.iter().any(|d| is_it(&d.message)));
        let copies = hop.accepted().iter().filter(|d| is_it(&d.message)).count();
        assert_eq!(copies, 1, "{time}");
    }
    let left = hop.accepted();
    let has = |message: &[u8]| String::from_utf8_lossy(message).contains("<held@");
    assert!(!left.iter().any(|d| has(&d.message)), "no jump lets it go");
    server.end();
    done(&school.config(), &["journal", "verify"]);
    // A week and a day later nobody has decided: it expires, and its sender
    // hears of it; it does not leave.
    set("+8d");
    let server = Exeat::serve_with(&school.config(), &environment);
    hop.wait_until(|all| {
        let expired = |d: &&crate::support::next_hop::Delivery| {
            crate::holding::decoded(&d.message).contains("Expired")
        };
        all.iter().any(|d| expired(&d))
    });
    assert!(server.holds().is_empty());
    assert!(!hop.accepted().iter().any(|d| has(&d.message)));
}
