//! What is left after the process dies at its worst moments.

use crate::holding::with_name_in_subject;
use crate::relay::{STAFF, innocent};
use crate::support::client::Client;
use crate::support::exeat::Exeat;
use crate::support::next_hop::{Behaviour, NextHop};
use crate::support::school::Greenfold;

const TO: &str = "coach@leisure-centre.example";

/// Sends the message to a server that dies at `point`, restarts it, lets the
/// client try again, and gives back the new server and the retry's reply.
fn dies_at(point: &str, message: &[u8], school: &Greenfold) -> (Exeat, String) {
    let exeat = Exeat::serve_with(&school.config(), &[("EXEAT_FAILPOINT", point)]);
    let reply = Client::connect(exeat.smtp).transaction(STAFF, &[TO], message);
    assert_eq!(
        reply.code, 0,
        "{point}: the connection is lost before a reply: {reply:?}"
    );
    assert!(!exeat.wait().success(), "{point}: it died");
    let exeat = Exeat::serve(&school.config());
    let reply = Client::connect(exeat.smtp).transaction(STAFF, &[TO], message);
    assert_eq!(reply.code, 250, "{point}: {reply:?}");
    (exeat, reply.text)
}

fn copies(hop: &NextHop, part: &str) -> usize {
    let has = |message: &[u8]| String::from_utf8_lossy(message).contains(part);
    hop.accepted().iter().filter(|d| has(&d.message)).count()
}

#[test]
fn a_hold_exists_once_wherever_the_process_dies() {
    for point in ["before-hold", "after-hold"] {
        let hop = NextHop::start(Behaviour::default());
        let school = Greenfold::new(hop.address, "");
        let (exeat, reply) = dies_at(point, &with_name_in_subject("crash"), &school);
        let holds = exeat.holds();
        assert_eq!(holds.len(), 1, "{point}");
        assert!(
            reply.contains(holds[0]["reference"].as_str().expect("a text")),
            "{point}"
        );
        assert_eq!(
            copies(&hop, "Subject: Oyinkansola"),
            0,
            "{point}: nothing left"
        );
        let verified = exeat.command(&["journal", "verify"]);
        assert!(verified.status.success(), "{point}");
    }
}

#[test]
fn a_delivery_happens_once_unless_its_reply_was_not_recorded() {
    for (point, expected) in [
        ("before-decision", 1),
        ("before-dot", 1),
        // The next hop has taken the message, and nothing could say so.
        ("after-next-hop-reply", 2),
    ] {
        let hop = NextHop::start(Behaviour::default());
        let school = Greenfold::new(hop.address, "");
        let (exeat, _) = dies_at(point, &innocent("crash"), &school);
        assert_eq!(copies(&hop, "Subject: crash"), expected, "{point}");
        assert!(
            exeat.command(&["journal", "verify"]).status.success(),
            "{point}"
        );
    }
}

#[test]
fn a_release_that_dies_on_the_way_still_arrives() {
    for (point, most) in [("outbox-before-dot", 1), ("outbox-after-reply", 2)] {
        let hop = NextHop::start(Behaviour::default());
        let school = Greenfold::new(hop.address, "");
        let exeat = Exeat::serve(&school.config());
        let reply =
            Client::connect(exeat.smtp).transaction(STAFF, &[TO], &with_name_in_subject("r"));
        let reference = &reply.text[reply.text.find("EX-").expect("held")..][..12];
        // The notice goes first: the failpoint is for the release.
        hop.wait_until(|all| all.iter().filter(|d| d.mail.contains("FROM:<>")).count() >= 1);
        exeat.kill();
        let exeat = Exeat::serve_with(&school.config(), &[("EXEAT_FAILPOINT", point)]);
        let _ = exeat.command(&["holds", "release", reference, "--reason", "fine"]);
        assert!(!exeat.wait().success(), "{point}: it died");
        let _exeat = Exeat::serve(&school.config());
        let is_it =
            |message: &[u8]| String::from_utf8_lossy(message).contains("Subject: Oyinkansola");
        hop.wait_until(|all| all.iter().any(|d| is_it(&d.message)));
        let arrived = copies(&hop, "Subject: Oyinkansola");
        assert!((1..=most).contains(&arrived), "{point}: {arrived} copies");
    }
}
