//! Messages that must stay encrypted all the way (RFC 8689).

use std::fs;
use std::sync::Arc;

use rustls::ClientConfig;

use crate::holding::with_name_in_subject;
use crate::postfix::text;
use crate::relay::{STAFF, innocent};
use crate::support::authority::Authority;
use crate::support::client::Client;
use crate::support::exeat::Exeat;
use crate::support::next_hop::{Behaviour, NextHop};
use crate::support::school::Greenfold;

const NAME: &str = "exeat.greenfold.sch.example";
const HOP: &str = "mx.supplier.example";
const VERIFIED: &str = "tls = \"required\"\nca = \"ca.pem\"\nname = \"mx.supplier.example\"";
const WITH: Option<&[&str]> = Some(&["PIPELINING", "SIZE", "8BITMIME", "REQUIRETLS"]);
const WITHOUT: Option<&[&str]> = Some(&["PIPELINING", "SIZE", "8BITMIME"]);

struct World {
    hop: NextHop,
    school: Greenfold,
    trusting: Arc<ClientConfig>,
    behaviour: Behaviour,
}

fn world(keywords: Option<&'static [&'static str]>, lines: &str) -> World {
    let authority = Authority::new("Test authority");
    let behaviour = Behaviour {
        tls: Some(authority.sign(&[HOP]).server()),
        keywords,
        ..Behaviour::default()
    };
    let hop = NextHop::start(behaviour.clone());
    let school = Greenfold::new(hop.address, "");
    fs::write(school.folder().join("ca.pem"), &authority.pem).expect("writable");
    authority.sign(&[NAME]).write(school.folder(), "mail");
    school.listen("certificate = \"mail.pem\"\nkey = \"mail.key\"");
    school.rewrite(|text| text.replacen("[next_hop]\n", &format!("[next_hop]\n{lines}\n"), 1));
    World {
        hop,
        school,
        trusting: authority.client(None),
        behaviour,
    }
}

/// A client under TLS, and whether it was offered REQUIRETLS.
fn connect(world: &World, exeat: &Exeat) -> (Client, bool) {
    let (mut client, _) = Client::greeted(exeat.smtp);
    let clear = client.say("EHLO client.greenfold.sch.example");
    assert!(!clear.text.contains("REQUIRETLS"), "never in clear");
    let offers = client.start_tls(&world.trusting, NAME);
    (client, offers.text.contains("REQUIRETLS"))
}

fn asking() -> String {
    format!("MAIL FROM:<{STAFF}> REQUIRETLS")
}

#[test]
fn it_is_offered_where_it_can_be_kept_all_the_way() {
    let world = world(WITH, VERIFIED);
    let exeat = Exeat::serve(&world.school.config());
    let (mut client, offered) = connect(&world, &exeat);
    assert!(offered);
    assert_eq!(client.say(&asking()).code, 250);
    assert_eq!(client.say("RCPT TO:<a@b.example>").code, 250);
    assert_eq!(client.data(&innocent("all-the-way")).code, 250);
    let arrived = &world.hop.wait_for(1)[0];
    assert!(arrived.encrypted && arrived.mail.ends_with(" REQUIRETLS"));
    // Without being asked for, it is not said on.
    let reply = client.transaction(STAFF, &["a@b.example"], &innocent("not-asked"));
    assert_eq!(reply.code, 250);
    assert!(!world.hop.wait_for(2)[1].mail.contains("REQUIRETLS"));
    // In clear it was never promised, and is not given by halves.
    let mut client = Client::connect(exeat.smtp);
    let reply = client.say(&asking());
    assert_eq!(reply.code, 550, "{reply:?}");
    assert!(reply.text.starts_with("5.7.30"), "{reply:?}");
}

#[test]
fn it_is_refused_where_it_cannot_be_kept() {
    for (keywords, lines) in [
        (WITH, "tls = \"opportunistic\""),
        (WITH, "tls = \"none\""),
        (WITHOUT, VERIFIED),
    ] {
        let world = world(keywords, lines);
        let exeat = Exeat::serve(&world.school.config());
        let (mut client, offered) = connect(&world, &exeat);
        assert!(!offered, "{lines}");
        let reply = client.say(&asking());
        assert_eq!(reply.code, 550, "{lines}: {reply:?}");
        assert!(reply.text.starts_with("5.7.30"), "{reply:?}");
        // The session goes on, and other mail goes.
        let reply = client.transaction(STAFF, &["a@b.example"], &innocent("other"));
        assert_eq!(reply.code, 250, "{reply:?}");
    }
}

#[test]
fn a_next_hop_that_keeps_it_no_more_does_not_get_the_message() {
    let world = world(WITH, VERIFIED);
    let exeat = Exeat::serve(&world.school.config());
    let (mut first, offered) = connect(&world, &exeat);
    let (mut second, _) = connect(&world, &exeat);
    assert!(offered);
    world.hop.behave(Behaviour {
        keywords: WITHOUT,
        ..world.behaviour.clone()
    });
    // The kept connection knows it; a new one doesn't.
    assert_eq!(first.say(&asking()).code, 250);
    let reply = second.say(&asking());
    assert_eq!(reply.code, 550, "{reply:?}");
    assert!(reply.text.starts_with("5.7.30"), "{reply:?}");
}

#[test]
fn what_was_held_is_sent_so_or_not_at_all() {
    let world = world(WITH, VERIFIED);
    let exeat = Exeat::serve(&world.school.config());
    let (mut client, _) = connect(&world, &exeat);
    assert_eq!(client.say(&asking()).code, 250);
    assert_eq!(client.say("RCPT TO:<a@b.example>").code, 250);
    let reply = client.data(&with_name_in_subject("held"));
    assert!(reply.text.contains("held"), "{reply:?}");
    let reference = exeat.holds()[0]["reference"]
        .as_str()
        .expect("a reference")
        .to_owned();
    // The notice shows that the outbox is at rest.
    world.hop.wait_for(1);
    exeat.end();
    world.hop.behave(Behaviour {
        keywords: WITHOUT,
        ..world.behaviour.clone()
    });
    let exeat = Exeat::serve(&world.school.config());
    let released = exeat.command(&["holds", "release", &reference, "--reason", "agreed"]);
    assert!(released.status.success(), "{}", text(&released.stderr));
    exeat.wait_for_log(|line| line["fields"]["message"] == "mail given up");
    let report = world
        .hop
        .wait_until(|all| all.iter().any(|one| text(&one.message).contains("5.7.30")));
    let sent_on = |all: &[crate::support::next_hop::Delivery]| {
        all.iter()
            .any(|one| one.recipients.iter().any(|to| to.contains("a@b.example")))
    };
    assert!(!sent_on(&report), "only its sender hears of it");
}
