//! Mail in over SMTP and out to the next hop, in one transaction.

use crate::support::client::{Client, Reply};
use crate::support::exeat::Exeat;
use crate::support::next_hop::{Behaviour, NextHop};
use crate::support::school::Greenfold;

pub(crate) const STAFF: &str = "office@greenfold.sch.example";

/// A mail that no rule minds.
pub(crate) fn innocent(subject: &str) -> Vec<u8> {
    format!(
        "From: The Office <{STAFF}>\r\n\
         To: someone@supplier.example\r\n\
         Subject: {subject}\r\n\
         Date: Mon, 16 Nov 2026 10:00:00 +0000\r\n\
         Message-ID: <{subject}@greenfold.sch.example>\r\n\
         \r\n\
         The delivery on Tuesday suits us.\r\n\
         .A line that begins with a dot.\r\n\
         \r\n\
         Regards\r\n"
    )
    .into_bytes()
}

fn started(behaviour: Behaviour) -> (NextHop, Greenfold, Exeat) {
    configured(behaviour, "", "")
}

fn configured(behaviour: Behaviour, head: &str, more: &str) -> (NextHop, Greenfold, Exeat) {
    let hop = NextHop::start(behaviour);
    let school = Greenfold::with_head(hop.address, head, more);
    let exeat = Exeat::serve(&school.config());
    (hop, school, exeat)
}

/// The message without the one header field that relaying adds.
pub(crate) fn without_trace(message: &[u8]) -> &[u8] {
    assert!(
        message.starts_with(b"Received: "),
        "{}",
        String::from_utf8_lossy(message)
    );
    let mut end = 0;
    loop {
        end += message[end..]
            .iter()
            .position(|&b| b == b'\n')
            .expect("lines")
            + 1;
        if !matches!(message[end], b' ' | b'\t') {
            return &message[end..];
        }
    }
}

#[test]
fn clean_mail_arrives_byte_for_byte() {
    let (hop, _school, exeat) = started(Behaviour::default());
    let message = innocent("order");
    let mut client = Client::connect(exeat.smtp);
    client.say(&format!("MAIL FROM:<{STAFF}> BODY=8BITMIME SIZE=500"));
    client.say("RCPT TO:<\"odd name\"@supplier.example>");
    let reply = client.data(&message);
    assert_eq!(
        (reply.code, reply.text.as_str()),
        (250, "2.0.0 taken"),
        "the next hop's own words"
    );
    let delivery = &hop.accepted()[0];
    assert_eq!(without_trace(&delivery.message), message);
    assert!(delivery.mail.contains("BODY=8BITMIME"), "{}", delivery.mail);
    assert!(delivery.recipients[0].contains("<\"odd name\"@supplier.example>"));
}

#[test]
fn connections_to_the_next_hop_are_kept() {
    let (hop, _school, exeat) = started(Behaviour::default());
    for round in 0..3 {
        let mut client = Client::connect(exeat.smtp);
        for number in 0..10 {
            let message = innocent(&format!("kept-{round}-{number}"));
            assert_eq!(
                client.transaction(STAFF, &["a@b.example"], &message).code,
                250
            );
        }
        assert_eq!(client.say("QUIT").code, 221);
    }
    assert_eq!(hop.accepted().len(), 30);
    assert!(
        hop.connections() <= 3,
        "{} connections for 30 mails",
        hop.connections()
    );
}

#[test]
fn replies_to_recipients_are_handed_back() {
    let (hop, _school, exeat) = started(Behaviour {
        recipients: vec![
            ("gone", "550 5.1.1 no such mailbox"),
            ("later", "451 4.2.1 mailbox busy"),
        ],
        ..Behaviour::default()
    });
    let mut client = Client::connect(exeat.smtp);
    assert_eq!(client.say(&format!("MAIL FROM:<{STAFF}>")).code, 250);
    assert_eq!(client.say("RCPT TO:<there@b.example>").code, 250);
    let gone = client.say("RCPT TO:<gone@b.example>");
    assert_eq!(
        (gone.code, gone.text.as_str()),
        (550, "5.1.1 no such mailbox")
    );
    assert_eq!(client.say("RCPT TO:<later@b.example>").code, 451);
    assert_eq!(client.data(&innocent("mixed")).code, 250);
    assert_eq!(hop.accepted()[0].recipients, ["RCPT TO:<there@b.example>"]);
}

#[test]
fn a_next_hop_that_refuses_is_heard() {
    for (behaviour, code) in [
        (
            Behaviour {
                mail: Some("451 4.3.0 not now"),
                ..Behaviour::default()
            },
            451,
        ),
        (
            Behaviour {
                data: Some("450 4.3.0 not now"),
                ..Behaviour::default()
            },
            450,
        ),
        (
            Behaviour {
                end_of_data: Some("554 5.6.0 not this"),
                ..Behaviour::default()
            },
            554,
        ),
        (
            Behaviour {
                end_of_data: Some("452 4.3.1 full"),
                ..Behaviour::default()
            },
            452,
        ),
        (
            Behaviour {
                drop_in_data: true,
                ..Behaviour::default()
            },
            451,
        ),
        (
            Behaviour {
                drop_after_dot: 1,
                ..Behaviour::default()
            },
            451,
        ),
    ] {
        let shown = format!("{behaviour:?}");
        let (hop, _school, exeat) = started(behaviour);
        let message = innocent("refused");
        let reply = Client::connect(exeat.smtp).transaction(STAFF, &["a@b.example"], &message);
        assert_eq!(reply.code, code, "{shown}: {reply:?}");
        assert!(hop.accepted().is_empty() && exeat.holds().is_empty());
        let swallowed = usize::from(shown.contains("drop_after_dot: 1"));
        assert_eq!(hop.swallowed().len(), swallowed, "{shown}");
        // The client tries again, and it arrives once.
        hop.behave(Behaviour::default());
        let reply = Client::connect(exeat.smtp).transaction(STAFF, &["a@b.example"], &message);
        assert_eq!(reply.code, 250, "{shown}: {reply:?}");
        assert_eq!(hop.accepted().len(), 1);
    }
}

#[test]
fn a_next_hop_that_is_down_loses_nothing() {
    let school = Greenfold::new(([127, 0, 0, 1], 1).into(), "");
    let exeat = Exeat::serve(&school.config());
    let mut client = Client::connect(exeat.smtp);
    let reply = client.transaction(STAFF, &["a@b.example"], &innocent("down"));
    assert_eq!(reply.code, 451, "{reply:?}");
    assert!(exeat.holds().is_empty());
}

#[test]
fn what_arrived_is_not_sent_again() {
    let (hop, _school, exeat) = started(Behaviour::default());
    let message = innocent("twice");
    let send = |to: &[&str]| Client::connect(exeat.smtp).transaction(STAFF, to, &message);
    assert_eq!(send(&["a@b.example"]).code, 250);
    assert_eq!(send(&["a@b.example"]).code, 250);
    assert_eq!(hop.accepted().len(), 1, "the retry went nowhere");
    assert_eq!(send(&["a@b.example", "c@b.example"]).code, 250);
    let accepted = hop.accepted();
    assert_eq!(accepted.len(), 2);
    assert_eq!(accepted[1].recipients, ["RCPT TO:<c@b.example>"]);
}

#[test]
fn only_what_the_next_hop_can_is_announced() {
    let keywords: &[&str] = &["SIZE 1000000", "8BITMIME"];
    let (_hop, _school, exeat) = started(Behaviour {
        keywords: Some(keywords),
        ..Behaviour::default()
    });
    let (mut client, _) = Client::greeted(exeat.smtp);
    let ehlo = client.say("EHLO me.example").text;
    assert!(
        ehlo.contains("8BITMIME") && ehlo.contains("PIPELINING") && ehlo.contains("CHUNKING"),
        "{ehlo}"
    );
    // With room for the header field that Exeat adds.
    assert!(ehlo.contains("SIZE 998976"), "{ehlo}");
    for absent in ["SMTPUTF8", "BINARYMIME"] {
        assert!(!ehlo.contains(absent), "{ehlo}");
    }
}

#[test]
fn newlines_that_are_none_are_refused_after_the_true_end() {
    let (hop, _school, exeat) = started(Behaviour::default());
    let forms: &[&[u8]] = &[
        b"text\n.\nMAIL FROM:<evil@x.example>\r\n",
        b"text\r\n.\nMAIL FROM:<evil@x.example>\r\n",
        b"text\n.\r\nMAIL FROM:<evil@x.example>\r\n",
        b"text\r.\rMAIL FROM:<evil@x.example>\r\n",
        b"text\r\n.\rMAIL FROM:<evil@x.example>\r\n",
        b"a lone \r carriage return\r\n",
        b"a lone \n line feed\r\n",
        b"a NUL \0\r\n",
    ];
    for body in forms {
        let mut client = Client::connect(exeat.smtp);
        client.say(&format!("MAIL FROM:<{STAFF}>"));
        client.say("RCPT TO:<a@b.example>");
        assert_eq!(client.say("DATA").code, 354);
        client.send(b"Subject: odd\r\n\r\n");
        client.send(body);
        client.send(b".\r\n");
        let reply = client.reply();
        assert_eq!(reply.code, 550, "{:?}", String::from_utf8_lossy(body));
        assert!(reply.text.starts_with("5.5.2 "), "{reply:?}");
        // One reply for one message: the session is in step.
        assert_eq!(client.say("NOOP").code, 250);
    }
    assert!(hop.accepted().is_empty());
}

#[test]
fn a_copier_may_be_forgiven_its_newlines() {
    let hop = NextHop::start(Behaviour::default());
    let school = Greenfold::new(hop.address, "");
    school.clients("{ network = \"127.0.0.1/32\", bare_newlines = \"normalise\" }");
    let exeat = Exeat::serve(&school.config());
    let mut client = Client::connect(exeat.smtp);
    client.say(&format!("MAIL FROM:<{STAFF}>"));
    client.say("RCPT TO:<a@b.example>");
    assert_eq!(client.say("DATA").code, 354);
    // A dot after a lone line feed is stuffing, never the end.
    client.send(b"Subject: scan\n\nfrom the copier\n.\nstill inside\n\r\n.\r\n");
    assert_eq!(client.reply().code, 250);
    let message = hop.accepted()[0].message.clone();
    assert_eq!(
        without_trace(&message),
        b"Subject: scan\r\n\r\nfrom the copier\r\n\r\nstill inside\r\n\r\n"
    );
}

#[test]
fn only_clients_may_relay_and_only_for_their_school() {
    let (hop, school, exeat) = started(Behaviour::default());
    let mut client = Client::connect(exeat.smtp);
    let reply = client.transaction(
        "someone@elsewhere.example",
        &["a@b.example"],
        b"From: someone@elsewhere.example\r\n\r\nx\r\n",
    );
    assert_eq!(reply.code, 550, "{reply:?}");
    assert!(reply.text.starts_with("5.7.1 "), "{reply:?}");
    drop((client, exeat));
    school.clients("\"192.0.2.0/24\"");
    let exeat = Exeat::serve(&school.config());
    let (mut client, greeting) = Client::greeted(exeat.smtp);
    let refused = if greeting.code == 220 {
        client.say("EHLO me.example");
        client.say(&format!("MAIL FROM:<{STAFF}>"))
    } else {
        greeting
    };
    assert!(matches!(refused.code, 550 | 554), "{refused:?}");
    assert!(hop.accepted().is_empty());
}

#[test]
fn the_session_keeps_to_the_standard() {
    let (_hop, _school, exeat) = started(Behaviour::default());
    let (mut client, greeting) = Client::greeted(exeat.smtp);
    assert_eq!(greeting.code, 220);
    let mail = format!("MAIL FROM:<{STAFF}>");
    let dialogue: &[(&str, u16)] = &[
        (&mail, 503),
        ("EHLO me.example", 250),
        ("RCPT TO:<a@b.example>", 503),
        ("DATA", 503),
        ("VRFY someone", 252),
        ("HELP", 214),
        ("NOOP", 250),
        ("FROB", 500),
        ("MAIL FROM:nobody", 501),
        (&mail, 250),
        (&mail, 503),
        ("DATA", 503),
        ("RSET", 250),
        (&format!("{mail} SIZE=99999999999"), 552),
        (&format!("{mail} NONSENSE=1"), 555),
        (&mail, 250),
        ("RCPT TO:<a b>", 501),
        ("QUIT", 221),
    ];
    for (line, code) in dialogue {
        let reply = client.say(line);
        assert_eq!(reply.code, *code, "{line}: {reply:?}");
    }
}

#[test]
fn what_is_too_large_is_refused() {
    let head = "[listen.limits]\nmessage_size = 100000\nrecipients = 3\n";
    let (hop, _school, exeat) = configured(Behaviour::default(), head, "");
    let mut client = Client::connect(exeat.smtp);
    let mut large = innocent("large");
    large.extend(b"0123456789 and so on\r\n".repeat(10_000));
    let reply = client.transaction(STAFF, &["a@b.example"], &large);
    assert_eq!((reply.code, &reply.text[..5]), (552, "5.3.4"), "{reply:?}");
    client.say(&format!("MAIL FROM:<{STAFF}>"));
    let codes: Vec<u16> = (0..4)
        .map(|n| client.say(&format!("RCPT TO:<r{n}@b.example>")).code)
        .collect();
    assert_eq!(codes, [250, 250, 250, 452]);
    assert_eq!(client.data(&innocent("three")).code, 250);
    assert_eq!(hop.accepted()[0].recipients.len(), 3);
    let endless = "X".repeat(200_000);
    client.send(endless.as_bytes());
    client.send(b"\r\n");
    assert_eq!(client.reply().code, 500);
}

#[test]
fn pipelined_commands_are_answered_in_order() {
    let (hop, _school, exeat) = started(Behaviour {
        recipients: vec![("gone", "550 5.1.1 no such mailbox")],
        ..Behaviour::default()
    });
    let mut client = Client::connect(exeat.smtp);
    client.send(
        format!("MAIL FROM:<{STAFF}>\r\nRCPT TO:<a@b.example>\r\nRCPT TO:<gone@b.example>\r\nRCPT TO:<c@b.example>\r\nDATA\r\n").as_bytes(),
    );
    let codes: Vec<u16> = (0..5).map(|_| client.reply().code).collect();
    assert_eq!(codes, [250, 250, 550, 250, 354]);
    client.send(&crate::support::client::stuffed(&innocent("pipelined")));
    client.send(b".\r\nNOOP\r\n");
    assert_eq!(client.reply().code, 250);
    assert_eq!(client.reply().code, 250);
    assert_eq!(hop.accepted()[0].recipients.len(), 2);
}

#[test]
fn a_slow_screening_gives_the_connection_back() {
    let head = "[listen.limits]\ngive_back_seconds = 0\n";
    let (hop, _school, exeat) = configured(Behaviour::default(), head, "");
    let mut client = Client::connect(exeat.smtp);
    let message = innocent("slow");
    assert_eq!(
        client.transaction(STAFF, &["a@b.example"], &message).code,
        250
    );
    assert_eq!(without_trace(&hop.accepted()[0].message), message);
    // A recipient whom the next hop now refuses: not yet, says Exeat.
    client.say(&format!("MAIL FROM:<{STAFF}>"));
    client.say("RCPT TO:<late@b.example>");
    assert_eq!(client.say("DATA").code, 354);
    hop.behave(Behaviour {
        recipients: vec![("late", "550 5.1.1 gone meanwhile")],
        ..Behaviour::default()
    });
    client.send(&crate::support::client::stuffed(&innocent("late")));
    client.send(b".\r\n");
    assert_eq!(client.reply().code, 451);
    assert_eq!(hop.accepted().len(), 1);
}

#[test]
fn what_takes_too_long_to_read_is_taken_and_goes_on() {
    let head = "[listen.limits]\nscreen_deadline = 0\n";
    let (hop, _school, exeat) = configured(Behaviour::default(), head, "");
    let mut client = Client::connect(exeat.smtp);
    let message = innocent("background");
    let reply = client.transaction(STAFF, &["a@b.example"], &message);
    assert_eq!(reply.code, 250, "{reply:?}");
    let arrived = hop.wait_for(1);
    assert_eq!(without_trace(&arrived[0].message), message);
}

#[test]
fn the_end_is_graceful() {
    let (hop, _school, exeat) = started(Behaviour::default());
    let mut busy = Client::connect(exeat.smtp);
    busy.say(&format!("MAIL FROM:<{STAFF}>"));
    busy.say("RCPT TO:<a@b.example>");
    assert_eq!(busy.say("DATA").code, 354);
    let mut idle = Client::connect(exeat.smtp);
    exeat.signal("TERM");
    let Reply { code, .. } = idle.reply();
    assert_eq!(code, 421);
    busy.send(&crate::support::client::stuffed(&innocent("last")));
    busy.send(b".\r\n");
    assert_eq!(busy.reply().code, 250);
    assert!(exeat.wait().success());
    assert_eq!(hop.accepted().len(), 1);
}

#[test]
fn a_reload_takes_the_new_rules_or_keeps_the_old() {
    let (_hop, school, exeat) = started(Behaviour::default());
    let chain = b"From: office@greenfold.sch.example\r\nTo: a@b.example\r\nSubject: Fwd: luck\r\nMessage-ID: <%@greenfold.sch.example>\r\n\r\nForward this to ten friends within an hour or you will have seven years of bad luck. Do not break the chain!\r\n";
    let send = |id: &str| {
        let message = String::from_utf8_lossy(chain).replace('%', id);
        Client::connect(exeat.smtp)
            .transaction(STAFF, &["a@b.example"], message.as_bytes())
            .code
    };
    assert_eq!(send("1"), 550);
    school.rewrite(|text| text.replace("{ action = \"reject\" }", "{ action = \"nonsense\" }"));
    exeat.signal("HUP");
    exeat.wait_for_log(|line| {
        line["fields"]["message"]
            .as_str()
            .is_some_and(|m| m.contains("stays"))
    });
    assert_eq!(send("2"), 550, "the old configuration stays");
    school.rewrite(|text| text.replace("nonsense", "deliver"));
    exeat.signal("HUP");
    exeat.wait_for_log(|line| line["fields"]["message"] == "configuration reloaded");
    assert_eq!(send("3"), 250);
}
