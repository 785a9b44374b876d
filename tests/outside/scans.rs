//! Scanned pages on their way through the relay: judged by their text, read on
//! in the background where that takes long, and lost by nothing.

use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::documents::document;
use crate::ocr::mail;
use crate::relay::{STAFF, innocent};
use crate::support::client::Client;
use crate::support::exeat::Exeat;
use crate::support::next_hop::{Behaviour, NextHop};
use crate::support::school::Greenfold;

const OUTSIDE: &str = "coach@leisure-centre.example";
/// Nobody waits for screening: whatever is not read at once is kept.
const AT_ONCE: &str = "[listen.limits]\nscreen_deadline = 0\n";

fn scan(file: &str) -> Vec<u8> {
    mail(&[(file, &document(file))])
}

/// Holds in any state.
fn holds(exeat: &Exeat) -> Vec<Value> {
    exeat.holds_by(&["--state", "all"])
}

/// The one hold, once it has been read.
fn settled(exeat: &Exeat) -> Value {
    let began = Instant::now();
    loop {
        let mut holds = holds(exeat);
        assert_eq!(holds.len(), 1, "{holds:?}");
        let hold = holds.remove(0);
        if hold["state"] != "reading" {
            return hold;
        }
        assert!(began.elapsed() < Duration::from_secs(60), "{hold}");
    }
}

/// Gives what was noticed.
fn check_register_is_held<'h>(hold: &'h Value, place: &str) -> &'h str {
    assert_eq!(hold["state"], "awaiting-reviewer", "{hold}");
    assert_eq!(hold["action"], "quarantine", "{hold}");
    let findings = hold["findings"].as_array().expect("a list");
    let found = findings
        .iter()
        .map(|judged| &judged["finding"])
        .find(|finding| finding["rule"] == "unprotected-personal-data")
        .unwrap_or_else(|| panic!("{hold}"));
    let location = found["location"].as_str().expect("a text");
    assert!(location.starts_with(place), "{found}");
    assert_eq!(found["pupils"].as_array().map(Vec::len), Some(5), "{found}");
    assert!(!hold.to_string().contains("Bello"), "names are masked");
    found["what"].as_str().expect("a text")
}

#[test]
fn a_scanned_register_is_held_before_the_client_hears_of_it() {
    for (file, place) in [
        ("copier.pdf", "copier.pdf › page 2 (read from the picture)"),
        ("sheet.jpg", "sheet.jpg (read from the picture)"),
    ] {
        let hop = NextHop::start(Behaviour::default());
        let school = Greenfold::new(hop.address, "");
        let exeat = Exeat::serve(&school.config());
        let mut client = Client::connect(exeat.smtp);
        let reply = client.transaction(STAFF, &[OUTSIDE], &scan(file));
        assert!(reply.text.contains("held, reference"), "{reply:?}");
        check_register_is_held(&settled(&exeat), place);
        assert!(
            hop.accepted()
                .iter()
                .all(|sent| !sent.recipients.contains(&OUTSIDE.to_owned()))
        );
    }
}

#[test]
fn pictures_without_words_go_out_at_once() {
    let hop = NextHop::start(Behaviour::default());
    let school = Greenfold::new(hop.address, "");
    let exeat = Exeat::serve(&school.config());
    let mut client = Client::connect(exeat.smtp);
    for file in ["meadow.jpg", "badge.png"] {
        let reply = client.transaction(STAFF, &[OUTSIDE], &scan(file));
        assert_eq!(
            (reply.code, reply.text.contains("held")),
            (250, false),
            "{reply:?}"
        );
    }
    assert_eq!(hop.accepted().len(), 2);
    assert!(holds(&exeat).is_empty());
}

#[test]
fn what_takes_long_is_kept_and_decided_when_it_has_been_read() {
    let hop = NextHop::start(Behaviour::default());
    let school = Greenfold::with_head(hop.address, AT_ONCE, "");
    let exeat = Exeat::serve(&school.config());
    let reply = Client::connect(exeat.smtp).transaction(STAFF, &[OUTSIDE], &scan("copier.pdf"));
    assert!(reply.text.contains("held, reference"), "{reply:?}");
    let hold = settled(&exeat);
    let place = "copier.pdf › page 2 (read from the picture)";
    let noticed = check_register_is_held(&hold, place);
    assert!(
        noticed.starts_with("5 pupils, with date of birth, health"),
        "{noticed}"
    );
    assert!(exeat.command(&["journal", "verify"]).status.success());
}

#[test]
fn what_was_being_read_at_a_crash_is_read_at_the_next_start() {
    for (file, held) in [("copier.tif", true), ("meadow.jpg", false)] {
        let hop = NextHop::start(Behaviour::default());
        let school = Greenfold::with_head(hop.address, AT_ONCE, "");
        let exeat = Exeat::serve(&school.config());
        let reply = Client::connect(exeat.smtp).transaction(STAFF, &[OUTSIDE], &scan(file));
        assert!(reply.text.contains("held, reference"), "{reply:?}");
        exeat.kill();
        let exeat = Exeat::serve(&school.config());
        let hold = settled(&exeat);
        let to_outside = |sent: &[crate::support::next_hop::Delivery]| {
            let to = |sent: &&crate::support::next_hop::Delivery| {
                sent.recipients.iter().any(|to| to.contains(OUTSIDE))
            };
            sent.iter().filter(to).count()
        };
        if held {
            check_register_is_held(&hold, "copier.tif › page 2 (read from the picture)");
            assert_eq!(to_outside(&hop.accepted()), 0);
        } else {
            assert_eq!(hold["state"], "released", "{hold}");
            hop.wait_until(|sent| to_outside(sent) == 1);
        }
        assert!(exeat.command(&["journal", "verify"]).status.success());
    }
}

/// A picture that never ends being read keeps its own queue only.
#[cfg(debug_assertions)]
#[test]
fn mail_without_pictures_does_not_wait_for_mail_with_them() {
    let hop = NextHop::start(Behaviour::default());
    let head = "[workers]\ncount = 1\nocr_deadline_seconds = 60\n";
    let school = Greenfold::with_head(hop.address, head, "");
    let exeat = Exeat::serve(&school.config());
    let endless = crate::ocr::with_comment(&document("sheet.jpg"), "X-Exeat-Test-Fault: hang ");
    let (answered, slow) = mpsc::channel();
    let address = exeat.smtp;
    thread::spawn(move || {
        for copy in ["one.jpg", "two.jpg"] {
            let answered = answered.clone();
            let message = mail(&[(copy, &endless)]);
            thread::spawn(move || {
                let mut client = Client::connect(address);
                let reply = client.transaction(STAFF, &[OUTSIDE], &message);
                // The test may be over.
                let _ = answered.send(reply);
            });
        }
    });
    let mut client = Client::connect(exeat.smtp);
    for number in 0..50 {
        let reply = client.transaction(STAFF, &[OUTSIDE], &innocent(&number.to_string()));
        assert_eq!(reply.code, 250, "{reply:?}");
    }
    assert_eq!(hop.accepted().len(), 50);
    assert!(
        slow.try_recv().is_err(),
        "the pictures are still being read"
    );
}

/// Nothing is left running of a server that has died, whatever its workers
/// were at.
#[cfg(debug_assertions)]
#[test]
fn workers_end_with_their_server() {
    let hop = NextHop::start(Behaviour::default());
    let school = Greenfold::with_head(hop.address, AT_ONCE, "");
    let exeat = Exeat::serve(&school.config());
    let lasting = crate::ocr::with_comment(&document("sheet.jpg"), "X-Exeat-Test-Fault: linger ");
    let message = mail(&[("scan.jpg", &lasting)]);
    let reply = Client::connect(exeat.smtp).transaction(STAFF, &[OUTSIDE], &message);
    assert_eq!(reply.code, 250, "{reply:?}");
    let server = exeat.id();
    let began = Instant::now();
    let family = loop {
        let family = descendants(server);
        // Two readers or more, the worker with the picture, and its program.
        if family.iter().any(|(_, name)| name == "tesseract") {
            break family;
        }
        assert!(began.elapsed() < Duration::from_secs(30), "{family:?}");
    };
    exeat.kill();
    let killed = Instant::now();
    let lives = |(id, name): &(u32, String)| name_of(*id).as_ref() == Some(name);
    while family.iter().any(lives) {
        assert!(killed.elapsed() < Duration::from_secs(10), "{family:?}");
    }
}

/// The processes that come from one, and what they run.
#[cfg(debug_assertions)]
fn descendants(of: u32) -> Vec<(u32, String)> {
    let children = std::fs::read_dir(format!("/proc/{of}/task"))
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|thread| std::fs::read_to_string(thread.path().join("children")).ok())
        .collect::<String>();
    children
        .split_whitespace()
        .filter_map(|id| id.parse().ok())
        .flat_map(|id| {
            [(id, name_of(id).unwrap_or_default())]
                .into_iter()
                .chain(descendants(id))
        })
        .collect()
}

/// What a process runs; none once it has ended.
#[cfg(debug_assertions)]
fn name_of(id: u32) -> Option<String> {
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).ok()?;
    let value = |key: &str| {
        status
            .lines()
            .find_map(|line| Some(line.strip_prefix(key)?.trim()))
    };
    (!value("State:")?.starts_with('Z')).then_some(value("Name:")?.to_owned())
}
