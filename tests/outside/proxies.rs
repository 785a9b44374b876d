//! Proxies that say for whom they speak (XFORWARD, XCLIENT).

use crate::postfix::{Postfix, free_port, swaks_with, text};
use crate::relay::{STAFF, innocent};
use crate::support::client::Client;
use crate::support::exeat::Exeat;
use crate::support::next_hop::{Behaviour, NextHop};
use crate::support::school::Greenfold;

/// `clients` is the list of entries.
fn world(clients: &str) -> (NextHop, Greenfold) {
    let hop = NextHop::start(Behaviour::default());
    let school = Greenfold::new(hop.address, "");
    school.clients(clients);
    (hop, school)
}

#[test]
fn the_client_behind_a_proxy_stands_in_the_trace_and_the_log() {
    let (hop, school) = world("{ network = \"127.0.0.1\", proxy = true }");
    let exeat = Exeat::serve(&school.config());
    let (mut client, _) = Client::greeted(exeat.smtp);
    let offers = client.say("EHLO proxy.greenfold.sch.example");
    assert!(offers.text.contains("\nXFORWARD NAME ADDR"), "{offers:?}");
    for (number, (forward, from, address)) in [
        (
            "XFORWARD NAME=spike.example ADDR=192.0.2.7 PROTO=ESMTP HELO=spike+2Eexample",
            "from spike.example ([192.0.2.7])",
            "192.0.2.7",
        ),
        (
            "XFORWARD ADDR=IPV6:2001:db8::7 HELO=[UNAVAILABLE]",
            "from unknown ([IPv6:2001:db8::7])",
            "2001:db8::7",
        ),
        // What was said of one message is not said of the next.
        (
            "NOOP",
            "from proxy.greenfold.sch.example ([127.0.0.1])",
            "127.0.0.1",
        ),
    ]
    .into_iter()
    .enumerate()
    {
        assert_eq!(client.say(forward).code, 250);
        let message = innocent(&format!("forwarded-{number}"));
        let reply = client.transaction(STAFF, &["a@b.example"], &message);
        assert_eq!(reply.code, 250, "{reply:?}");
        let arrived = hop.wait_for(number + 1);
        let arrived = text(&arrived[number].message);
        assert!(
            arrived.starts_with(&format!("Received: {from}")),
            "{arrived}"
        );
        exeat.wait_for_log(|line| {
            line["fields"]["message"] == "message answered" && line["fields"]["client"] == address
        });
    }
    for wrong in [
        "XFORWARD",
        "XFORWARD ADDR=nowhere",
        "XFORWARD HELO=a+0D+0Ab",
    ] {
        assert_eq!(client.say(wrong).code, 501, "{wrong}");
    }
}

#[test]
fn the_client_behind_a_proxy_has_its_own_entry() {
    let (hop, school) = world(
        "{ network = \"127.0.0.1\", proxy = true }, \
         { network = [\"192.0.2.0/24\", \"2001:db8::/32\"], schools = [\"elsewhere\"] }, \
         { network = \"198.51.100.0/24\" }",
    );
    let exeat = Exeat::serve(&school.config());
    let mut client = Client::connect(exeat.smtp);
    for (address, code) in [
        ("192.0.2.7", 550),
        ("198.51.100.9", 250),
        ("IPV6:2001:db8::7", 550),
    ] {
        let reply = client.say(&format!("XCLIENT ADDR={address} NAME=[UNAVAILABLE]"));
        assert_eq!(reply.code, 220, "{reply:?}");
        assert_eq!(client.say(&format!("MAIL FROM:<{STAFF}>")).code, 503);
        client.say("EHLO behind.example");
        assert_eq!(client.say(&format!("MAIL FROM:<{STAFF}>")).code, code);
        client.say("RSET");
    }
    client.say("XCLIENT ADDR=198.51.100.9");
    client.say("EHLO behind.example");
    let reply = client.transaction(STAFF, &["a@b.example"], &innocent("behind"));
    assert_eq!(reply.code, 250, "{reply:?}");
    let arrived = text(&hop.wait_for(1)[0].message);
    assert!(
        arrived.starts_with("Received: from behind.example ([198.51.100.9])"),
        "{arrived}"
    );
    // Nobody's client is turned away as if it had come itself.
    let reply = client.say("XCLIENT ADDR=203.0.113.9");
    assert_eq!(reply.code, 554, "{reply:?}");
    assert!(reply.text.contains("203.0.113.9"), "{reply:?}");
    assert_eq!(client.reply().code, 0, "closed");
}

#[test]
fn nobody_else_speaks_for_others() {
    let (_hop, school) = world("\"127.0.0.1\"");
    let exeat = Exeat::serve(&school.config());
    let (mut client, _) = Client::greeted(exeat.smtp);
    let offers = client.say("EHLO client.greenfold.sch.example");
    assert!(!offers.text.contains("XFORWARD"), "{offers:?}");
    assert!(!offers.text.contains("XCLIENT"), "{offers:?}");
    assert_eq!(client.say("XFORWARD ADDR=192.0.2.7").code, 502);
    assert_eq!(client.say("XCLIENT ADDR=192.0.2.7").code, 502);
}

#[test]
fn a_real_postfix_tells_whom_it_filters_for() {
    let hop = NextHop::start(Behaviour::default());
    let (listens, back) = (free_port(), free_port());
    let school = Greenfold::new(back, "");
    school.clients("{ network = \"127.0.0.1\", proxy = true }");
    let exeat = Exeat::serve(&school.config());
    let services = format!(
        "{listens} inet n - n - - smtpd\n  -o smtpd_proxy_filter={}\n\
         \x20 -o smtpd_authorized_xclient_hosts=127.0.0.0/8\n\
         {back} inet n - n - - smtpd\n  -o smtpd_authorized_xforward_hosts=127.0.0.0/8\n",
        exeat.smtp
    );
    let _postfix = Postfix::start(hop.address, &services);
    // swaks plays a client at another address to Postfix.
    let shown = [
        "--xclient",
        "ADDR=127.0.0.77 HELO=copier.greenfold.sch.example",
    ];
    let (status, said) = swaks_with(listens, "a@b.example", &innocent("filtered"), &shown);
    assert_eq!(status, Some(0), "{said}");
    let arrived = text(&hop.wait_for(1)[0].message);
    assert!(
        arrived.contains("from client.greenfold.sch.example ([127.0.0.77])"),
        "{arrived}"
    );
}
