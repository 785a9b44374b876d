//! Nothing is smuggled past Exeat: however the end of a message is imitated,
//! one message comes in and one goes out, to a next hop that would take every
//! imitation for an end.

use std::collections::BTreeSet;

use crate::relay::STAFF;
use crate::support::client::{Client, Reply, chunk};
use crate::support::exeat::{Exeat, error_of};
use crate::support::lenient::{Heard, Lenient};
use crate::support::school::Greenfold;

const TO: &str = "coach@leisure-centre.example";
/// What would be a message of its own behind an end.
const SMUGGLED: &str = "MAIL FROM:<evil@greenfold.sch.example>\r\nRCPT TO:<evil@x.example>\r\nDATA\r\nFrom: evil@greenfold.sch.example\r\nSubject: smuggled\r\n\r\nhello\r\n";

/// What some server or other takes for the end of a line.
const LINE_ENDS: &[&str] = &[
    "\r\n", "\n", "\r", "\n\r", "\r\r", "\n\n", "\r\r\n", "\r\n\0", "\0\r\n", "\r\0\n", "\n\0",
    "\r\0", "\0\n", "\u{b}", "\u{c}", "\u{85}", "\u{2028}",
];

/// All that may be taken for an end of a message, but for the true one.
fn imitations() -> BTreeSet<String> {
    let mixed = LINE_ENDS.iter().flat_map(|before| {
        LINE_ENDS
            .iter()
            .map(move |after| format!("{before}.{after}"))
    });
    let odd = [
        "\r\n..\r\n",
        "\r\n. \r\n",
        "\r\n.\t\r\n",
        "\r\n .\r\n",
        "\n..\n",
        "\r\n..\n",
        "\n..\r\n",
        "\r\n...\r\n",
        "\r\n.\r\r\n",
        "\r\n.\r.\r\n",
    ];
    mixed
        .chain(odd.map(str::to_owned))
        .filter(|form| !form.contains("\r\n.\r\n"))
        .collect()
}

struct World {
    hop: Lenient,
    exeat: Exeat,
    _school: Greenfold,
}

impl World {
    fn new(newlines: &str) -> Self {
        let hop = Lenient::start();
        let school = Greenfold::new(hop.address, "");
        school.rewrite(|text| {
            text.replace(
                "clients = [\"127.0.0.1/32\"]",
                &format!("clients = [{{ network = \"127.0.0.1/32\", bare_newlines = \"{newlines}\", proxy = true }}]"),
            )
        });
        let exeat = Exeat::serve(&school.config());
        Self {
            hop,
            exeat,
            _school: school,
        }
    }

    /// Nobody has heard of the smuggler; these subjects have arrived once,
    /// and no others.
    fn check(&self, sent: &BTreeSet<String>) {
        let Heard {
            envelopes,
            strange,
            messages,
        } = self.hop.heard_once(sent.len());
        assert!(strange.is_empty(), "{strange:?}");
        for line in envelopes {
            assert!(!line.contains("evil"), "{line}");
        }
        let mut arrived = Vec::new();
        for message in &messages {
            let subject = message
                .iter()
                .find_map(|line| line.strip_prefix("Subject: "));
            let subject = subject.expect("a subject");
            if subject.contains("case") {
                arrived.push(subject.to_owned());
            }
        }
        arrived.sort();
        assert_eq!(arrived, Vec::from_iter(sent.iter().cloned()));
    }
}

/// A message in the middle of which something imitates its end.
fn message(subject: &str, form: &str) -> Vec<u8> {
    format!(
        "From: The Office <{STAFF}>\r\nTo: {TO}\r\nSubject: {subject}\r\n\
         Date: Mon, 16 Nov 2026 14:02:00 +0000\r\nMessage-ID: <{}@greenfold.sch.example>\r\n\r\n\
         first{form}{SMUGGLED}",
        subject.replace(' ', "-")
    )
    .into_bytes()
}

/// The answer to a message, after which the session is in step.
fn answer(client: &mut Client, form: &str) -> Reply {
    let reply = client.reply();
    assert!(
        reply.code == 550 && reply.text.starts_with("5.5.2 ") || reply.code == 250,
        "{form:?}: {reply:?}"
    );
    let noop = client.say("NOOP");
    assert_eq!(noop.text, "2.0.0 Still here", "{form:?}");
    reply
}

/// Whether a message with this form in it is to be taken: it has no newline
/// that is none.
fn is_taken(form: &str, newlines: &str) -> bool {
    let lone = form.replace("\r\n", "");
    !lone.contains(['\r', '\0']) && (newlines != "reject" || !lone.contains('\n'))
}

#[test]
fn no_imitation_ends_a_message_after_data() {
    let forms = imitations();
    assert!(forms.len() > 200, "only {} forms", forms.len());
    for newlines in ["reject", "normalise"] {
        let world = World::new(newlines);
        let mut sent = BTreeSet::new();
        let mut client = Client::connect(world.exeat.smtp);
        for (number, form) in forms.iter().enumerate() {
            let subject = format!("case {number}");
            client.envelope(STAFF, &[TO]);
            assert_eq!(client.say("DATA").code, 354);
            client.send(&[&message(&subject, form)[..], b".\r\n"].concat());
            let reply = answer(&mut client, form);
            let taken = is_taken(form, newlines);
            assert_eq!(
                reply.code,
                if taken { 250 } else { 550 },
                "{form:?}: {reply:?}"
            );
            if taken {
                sent.insert(subject);
            }
        }
        world.check(&sent);
    }
}

#[test]
fn no_imitation_ends_a_message_in_chunks_and_neither_does_the_true_end() {
    let mut forms = imitations();
    forms.extend(["\r\n.\r\n", "\r\n.\r\n.\r\n", "\r\n..\r\n.\r\n"].map(str::to_owned));
    for newlines in ["reject", "normalise"] {
        let world = World::new(newlines);
        let mut sent = BTreeSet::new();
        let mut client = Client::connect(world.exeat.smtp);
        for (number, form) in forms.iter().enumerate() {
            let subject = format!("case {number}");
            client.envelope(STAFF, &[TO]);
            let message = message(&subject, form);
            // In the middle of the form, where the next hop begins a packet.
            let cut = message.len() - SMUGGLED.len() - form.len() / 2;
            let (first, second) = message.split_at(cut);
            client.send(&[chunk(first, false), chunk(second, true)].concat());
            assert_eq!(client.reply().code, 250, "{form:?}");
            let reply = answer(&mut client, form);
            let taken = is_taken(form, newlines);
            assert_eq!(
                reply.code,
                if taken { 250 } else { 550 },
                "{form:?}: {reply:?}"
            );
            if taken {
                sent.insert(subject);
            }
        }
        world.check(&sent);
    }
}

#[test]
fn held_mail_smuggles_nothing_when_it_is_released() {
    let world = World::new("normalise");
    let mut sent = BTreeSet::new();
    let forms = [
        "\r\n.\r\n",
        "\n.\n",
        "\n.\r\n",
        "\r\n.\n",
        "\r\n..\r\n",
        "\n..\n",
        "\r\n.\r\n.\r\n",
    ];
    for (number, form) in forms.iter().enumerate() {
        for by_chunks in [true, false] {
            if !by_chunks && form.contains("\r\n.\r\n") {
                continue;
            }
            let subject = format!("Oyinkansola Bello: case {number} {by_chunks}");
            let mut client = Client::connect(world.exeat.smtp);
            client.envelope(STAFF, &[TO]);
            let message = message(&subject, form);
            if by_chunks {
                client.send(&chunk(&message, true));
            } else {
                assert_eq!(client.say("DATA").code, 354);
                client.send(&[&message[..], b".\r\n"].concat());
            }
            let reply = answer(&mut client, form);
            assert!(reply.text.contains("held"), "{form:?}: {reply:?}");
            sent.insert(subject);
        }
    }
    let holds = world.exeat.holds();
    assert_eq!(holds.len(), sent.len());
    for hold in holds {
        let reference = hold["reference"].as_str().expect("a text");
        let why = ["holds", "release", reference, "--reason", "a test"];
        let released = world.exeat.command(&why);
        assert!(released.status.success(), "{}", error_of(&released));
    }
    // Each has two notices beside it.
    world.hop.heard_once(3 * sent.len());
    world.check(&sent);
}

#[test]
fn what_follows_data_before_its_answer_is_refused() {
    let world = World::new("reject");
    let envelope = format!("MAIL FROM:<{STAFF}>\r\nRCPT TO:<{TO}>\r\nDATA\r\n");
    let message = [&message("case", "\r\n")[..], b".\r\n"].concat();
    // What is behind DATA comes with it, or waits in the socket.
    for room in [0, 8192 - envelope.len()] {
        let noop = |length: usize| format!("NOOP {}\r\n", "x".repeat(length - 7));
        let mut padding = noop(100).repeat((room / 100).saturating_sub(1));
        if room > 0 {
            padding += &noop(room - padding.len());
        }
        let noops = padding.lines().count();
        let mut client = Client::connect(world.exeat.smtp);
        client.send(&[padding.as_bytes(), envelope.as_bytes(), &message].concat());
        for _ in 0..noops + 2 {
            assert_eq!(client.reply().code, 250);
        }
        let reply = client.reply();
        assert_eq!((reply.code, &reply.text[..5]), (554, "5.5.0"), "{reply:?}");
        assert_eq!(client.reply().code, 0, "closed");
    }
    world.check(&BTreeSet::new());
    // Commands may be told in one go, up to DATA.
    let mut client = Client::connect(world.exeat.smtp);
    client.send(envelope.as_bytes());
    let codes = [(); 3].map(|()| client.reply().code);
    assert_eq!(codes, [250, 250, 354]);
    client.send(&message);
    assert_eq!(client.reply().code, 250);
    world.check(&BTreeSet::from(["case".to_owned()]));
}

/// A header that hides ends of messages and commands in folds and in encoded
/// words.
fn hiding(id: &str) -> String {
    let end = "=?utf-8?Q?=0D=0A.=0D=0AMAIL_FROM:<evil@x.example>=0D=0A?=";
    let lone = "=?utf-8?B?CgouClFVSVQKCg==?= =?utf-8?Q?=00.=0A.=0DRSET?=";
    format!(
        "From: =?utf-8?Q?The=0D=0A.=0D=0AOffice?= <{STAFF}>\r\n\
         To: {TO}\r\n\
         Subject: Oyinkansola Bello: case {id}\r\n\t.\r\n {end} {lone}\r\n\
         Date: Mon, 16 Nov 2026 14:02:00 +0000\r\n\
         Message-ID: <{id}\r\n .\r\n MAIL@greenfold.sch.example>\r\n\
         X-Dots: a\r\n .\r\n\t.\r\n\
         \r\n\
         She starts on Monday.\r\n"
    )
}

#[test]
fn notices_and_reports_say_nothing_but_themselves() {
    let world = World::new("reject");
    let mut client = Client::connect(world.exeat.smtp);
    let extras = "NOTIFY=FAILURE ORCPT=rfc822;gone+20.+20MAIL@b.example";
    client.say(&format!("MAIL FROM:<{STAFF}> ENVID=a+20.+20MAIL+3A"));
    assert_eq!(
        client
            .say(&format!("RCPT TO:<gone@b.example> {extras}"))
            .code,
        250
    );
    let reply = client.data(hiding("hidden").as_bytes());
    assert!(reply.text.contains("held"), "{reply:?}");
    world.hop.refuse();
    for hold in world.exeat.holds() {
        let reference = hold["reference"].as_str().expect("a text");
        let why = ["holds", "release", reference, "--reason", "\r\n.\r\nMAIL"];
        assert!(world.exeat.command(&why).status.success());
    }
    // Two notices and a report; the message itself is refused.
    let Heard {
        envelopes,
        strange,
        messages,
    } = world.hop.heard_once(3);
    let reported = |message: &Vec<String>| {
        let is_it = |line: &String| line.contains("report-type=delivery-status");
        message.iter().any(is_it)
    };
    assert_eq!(
        (
            messages.len(),
            messages.iter().filter(|m| reported(m)).count()
        ),
        (3, 1)
    );
    assert!(strange.is_empty(), "{strange:?}");
    assert!(!envelopes.concat().contains("evil"), "{envelopes:?}");
    for message in messages {
        // No field of the header but those that Exeat means.
        let header = message.iter().take_while(|line| !line.is_empty());
        for line in header {
            assert!(
                line.starts_with([' ', '\t']) || line.contains(": "),
                "{line}"
            );
            assert!(!line.contains("evil") && !line.contains("Bello"), "{line}");
        }
    }
}

#[test]
fn commands_hide_no_other_commands() {
    let world = World::new("reject");
    let mail = format!("MAIL FROM:<{STAFF}>");
    let ehlo = "EHLO client.greenfold.sch.example";
    // What is said after the greeting, and what the last of it is answered.
    for (lines, code) in [
        // No line end but CRLF ends a command, and nothing else goes on.
        (vec!["EHLO a\rMAIL FROM:<evil@x.example>"], 500),
        (vec!["EHLO a\nMAIL FROM:<evil@x.example>"], 500),
        (vec!["EHLO a\0b"], 500),
        (vec!["EHLO a\r\r"], 500),
        (
            vec![
                ehlo,
                &mail,
                "RCPT TO:<a@b.example>\rRCPT TO:<evil@x.example>",
            ],
            500,
        ),
        (
            vec![
                ehlo,
                &mail,
                "RCPT TO:<a@b.example>\nRCPT TO:<evil@x.example>",
            ],
            500,
        ),
        (vec![ehlo, &mail, "RCPT TO:<\"a\r\"@b.example>"], 500),
        (vec![ehlo, &mail, "RCPT TO:<\"a\n\"@b.example>"], 500),
        (vec![ehlo, &mail, "RCPT TO:<\"a\0\"@b.example>"], 500),
        // Nor may other control characters.
        (vec!["EHLO a\u{b}b"], 501),
        (vec!["EHLO a)\tby evil"], 501),
        (vec!["EHLO a;b"], 501),
        (vec!["HELO [127.0.0.1] (evil)"], 501),
        (vec![ehlo, &mail, "RCPT TO:<a\u{85}evil@b.example>"], 501),
        (vec![ehlo, &mail, "RCPT TO:<a@b.example>\u{b}X"], 501),
        (
            vec![ehlo, &mail, "RCPT TO:<a@b.example> <evil@x.example>"],
            501,
        ),
        (
            vec![ehlo, &mail, "RCPT TO:<a@b.example>,<evil@x.example>"],
            501,
        ),
        (vec![ehlo, &mail, "RCPT TO:<a@b.example\u{2028}evil>"], 501),
        (
            vec![
                ehlo,
                "MAIL FROM:<office@greenfold.sch.example> ENVID=+0D+0ARCPT",
            ],
            501,
        ),
        (
            vec![
                ehlo,
                &mail,
                "RCPT TO:<a@b.example> ORCPT=rfc822;a+0A.+0Devil",
            ],
            501,
        ),
        // Nor may what a proxy tells of others.
        (vec![ehlo, "XFORWARD ADDR=192.0.2.1+0D+0ARCPT"], 501),
        (
            vec![ehlo, "XFORWARD HELO=a+0D+0AMAIL+20FROM:<evil@x.example>"],
            501,
        ),
        (vec![ehlo, "XFORWARD NAME=a+0A.+0A"], 501),
        (vec![ehlo, "XCLIENT HELO=a+0Devil"], 501),
        (vec![ehlo, "XCLIENT ADDR=127.0.0.1\rHELO=a"], 500),
        // What stands in quotes is one address, whatever it looks like.
        (
            vec![ehlo, &mail, "RCPT TO:<\"a> RCPT TO:<b\"@b.example>"],
            250,
        ),
        (vec![ehlo, &mail, "RCPT TO:<\"DATA\"@b.example>"], 250),
    ] {
        let (mut client, _) = Client::greeted(world.exeat.smtp);
        let replies: Vec<Reply> = lines.iter().map(|line| client.say(line)).collect();
        assert_eq!(
            replies.last().map(|reply| reply.code),
            Some(code),
            "{lines:?}"
        );
        if code == 500 {
            assert_eq!(client.reply().code, 0, "{lines:?}: closed");
        } else {
            assert_eq!(client.say("NOOP").text, "2.0.0 Still here", "{lines:?}");
        }
    }
    // A proxy's word goes into the trace field, and no further than its place.
    let mut client = Client::connect(world.exeat.smtp);
    let odd = "XFORWARD HELO=a+28b+29+3B+20id+20evil NAME=x+0x PROTO=x";
    assert_eq!(client.say(odd).code, 501);
    assert_eq!(
        client
            .say("XFORWARD HELO=a+28b+29+3B+20id+20evil ADDR=192.0.2.1")
            .code,
        250
    );
    client.envelope(STAFF, &[TO]);
    assert_eq!(client.data(&message("case", "\r\n")).code, 250);
    let messages = world.hop.heard_once(1).messages;
    assert!(
        messages[0][0].starts_with("Received: from unknown ([192.0.2.1])"),
        "{messages:?}"
    );
    world.check(&BTreeSet::from(["case".to_owned()]));
}
