//! Backups of a store that is served, and what a restored one does.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::thread;

use serde_json::Value;

use crate::holding::with_name_in_subject;
use crate::relay::{STAFF, innocent};
use crate::support::client::Client;
use crate::support::exeat::{Exeat, error_of, exeat};
use crate::support::next_hop::{Behaviour, NextHop};
use crate::support::school::Greenfold;

pub(crate) const COACH: &str = "coach@leisure-centre.example";

/// Sends a mail that is held; its reference.
pub(crate) fn hold(exeat: &Exeat, id: &str) -> String {
    let reply = Client::connect(exeat.smtp).transaction(STAFF, &[COACH], &with_name_in_subject(id));
    let at = reply.text.find("EX-");
    reply.text[at.unwrap_or_else(|| panic!("not held: {reply:?}"))..][..12].to_owned()
}

/// A command that must do what it is asked; what it prints.
pub(crate) fn done(config: &Path, arguments: &[&str]) -> String {
    let output = exeat(config, arguments);
    assert!(
        output.status.success(),
        "{arguments:?}: {}",
        error_of(&output)
    );
    String::from_utf8(output.stdout).expect("UTF-8")
}

fn release(config: &Path, reference: &str) {
    done(config, &["holds", "release", reference, "--reason", "fine"]);
}

fn copies(hop: &NextHop, part: &str) -> usize {
    let has = |message: &[u8]| String::from_utf8_lossy(message).contains(part);
    hop.accepted().iter().filter(|d| has(&d.message)).count()
}

fn arrives(hop: &NextHop, part: &str, times: usize) {
    let has = |message: &[u8]| String::from_utf8_lossy(message).contains(part);
    hop.wait_until(|all| all.iter().filter(|d| has(&d.message)).count() >= times);
    assert_eq!(copies(hop, part), times, "{part}");
}

/// Puts the backup in the store's place, as the handbook says.
fn restore(school: &Greenfold, backup: &Path) {
    for name in ["exeat.db", "exeat.db-wal", "exeat.db-shm"] {
        drop(fs::remove_file(school.folder().join(name)));
    }
    fs::copy(backup, school.folder().join("exeat.db")).expect("copied");
}

fn owed(config: &Path) -> Vec<Value> {
    done(config, &["outbox", "list", "--json"])
        .lines()
        .map(|line| serde_json::from_str(line).expect("an object a line"))
        .collect()
}

#[test]
fn nothing_of_a_restored_store_is_sent_twice_without_a_person() {
    let hop = NextHop::start(Behaviour::default());
    let school = Greenfold::new(hop.address, "");
    let (config, backup) = (school.config(), school.folder().join("old.db"));
    let server = Exeat::serve(&config);
    let (first, second) = (hold(&server, "first"), hold(&server, "second"));
    let waiting = hold(&server, "waiting");
    hop.wait_until(|all| all.iter().filter(|d| d.mail.contains("FROM:<>")).count() >= 3);
    // It dies with both of them in its outbox.
    server.kill();
    let dying = Exeat::serve_with(&config, &[("EXEAT_FAILPOINT", "outbox-before-dot")]);
    // It may die before it has answered the command.
    exeat(&config, &["holds", "release", &first, "--reason", "fine"]);
    assert!(!dying.wait().success(), "it died");
    release(&config, &second);
    done(&config, &["backup", backup.to_str().expect("UTF-8")]);
    let before: Vec<Value> = owed(&config);

    let server = Exeat::serve(&config);
    for id in ["<first@", "<second@"] {
        arrives(&hop, id, 1);
    }
    release(&config, &waiting);
    arrives(&hop, "<waiting@", 1);
    server.kill();

    restore(&school, &backup);
    let server = Exeat::serve(&config);
    let listed = owed(&config);
    assert_eq!(listed.len(), before.len(), "as when it was made");
    let reply = Client::connect(server.smtp).transaction(STAFF, &[COACH], &innocent("today"));
    assert_eq!(reply.code, 250, "mail passes all the while: {reply:?}");
    release(&config, &waiting);
    for id in ["<first@", "<second@", "<waiting@"] {
        assert_eq!(copies(&hop, id), 1, "{id} is not sent again");
    }
    let told = done(&config, &["outbox", "list"]);
    assert!(told.contains("exeat outbox resume"), "{told}");
    let doctor = server.command(&["doctor"]);
    let doctor = String::from_utf8_lossy(&doctor.stdout).into_owned();
    assert!(doctor.contains("restored from a backup"), "{doctor}");

    // A person knows that the first one has arrived, and of no other.
    let of_first = |mail: &&Value| mail["hold"] == first && mail["kind"] == "release";
    let mail = listed.iter().find(of_first).expect("it waits")["id"].to_string();
    let dropped = ["outbox", "drop", &mail, "--reason", "the coach has it"];
    done(&config, &dropped);
    assert_eq!(server.command(&dropped).status.code(), Some(2), "once");
    let nothing = server.command(&["outbox", "resume", "--reason", " "]);
    assert_eq!(nothing.status.code(), Some(2), "a reason is needed");
    let resume = ["outbox", "resume", "--reason", "all but one were looked at"];
    done(&config, &resume);
    for id in ["<second@", "<waiting@"] {
        arrives(&hop, id, 2);
    }
    assert_eq!(copies(&hop, "<first@"), 1);
    let again = server.command(&resume);
    assert_eq!(again.status.code(), Some(2));
    assert!(
        error_of(&again).contains("does not wait"),
        "{}",
        error_of(&again)
    );
    done(&config, &["journal", "verify"]);
}

#[test]
fn a_backup_is_whole_while_mail_flows_and_lacks_the_key() {
    let hop = NextHop::start(Behaviour::default());
    let school = Greenfold::new(hop.address, "");
    let config = school.config();
    let server = Exeat::serve(&config);
    let held = hold(&server, "held");
    let folder = school.folder().join("backups");
    fs::create_dir(&folder).expect("made");
    let smtp = server.smtp;
    let sending = thread::spawn(move || {
        for number in 0..40 {
            let mail = innocent(&format!("flow-{number}"));
            let reply = Client::connect(smtp).transaction(STAFF, &[COACH], &mail);
            assert_eq!(reply.code, 250, "{reply:?}");
        }
    });
    let told = done(
        &config,
        &[
            "backup",
            folder.to_str().expect("UTF-8"),
            "--reason",
            "nightly",
        ],
    );
    assert!(told.contains("exeat.db.key, which is not in it"), "{told}");
    sending.join().expect("all were taken");

    let files: Vec<_> = fs::read_dir(&folder).expect("a folder").flatten().collect();
    assert_eq!(files.len(), 1, "{files:?}");
    let backup = files[0].path();
    assert_eq!(files[0].metadata().expect("a file").mode() & 0o777, 0o600);
    let again = server.command(&["backup", backup.to_str().expect("UTF-8")]);
    assert_eq!(again.status.code(), Some(2), "nothing is overwritten");
    let bytes = fs::read(&backup).expect("readable");
    let key = fs::read(school.folder().join("exeat.db.key")).expect("the key");
    for secret in [key.as_slice(), b"Oyinkansola", COACH.as_bytes()] {
        assert!(!bytes.windows(secret.len()).any(|window| window == secret));
    }

    // On another machine, with the key and without the head file.
    let other = Greenfold::new(hop.address, "");
    restore(&other, &backup);
    let unread = exeat(&other.config(), &["holds", "list"]);
    assert!(
        error_of(&unread).contains("there is no key file"),
        "{}",
        error_of(&unread)
    );
    fs::copy(
        school.folder().join("exeat.db.key"),
        other.folder().join("exeat.db.key"),
    )
    .expect("copied");
    done(&other.config(), &["journal", "verify"]);
    let shown = done(
        &other.config(),
        &["holds", "show", &held, "--content", "--reason", "a drill"],
    );
    assert_eq!(
        crate::relay::without_trace(shown.as_bytes()),
        with_name_in_subject("held")
    );
    done(
        &other.config(),
        &["outbox", "resume", "--reason", "a drill"],
    );
}
