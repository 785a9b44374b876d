//! A next hop that refuses, falters or goes in circles: what it says is what
//! the client hears, recipient by recipient, and nothing is lost or doubled by
//! the client's next try.

use crate::holding::with_name_in_subject;
use crate::postfix::text;
use crate::relay::{STAFF, innocent, without_trace};
use crate::support::client::{Client, Reply, chunk, stuffed};
use crate::support::exeat::{Exeat, error_of};
use crate::support::next_hop::{Behaviour, Delivery, NextHop};
use crate::support::school::Greenfold;

fn started(behaviour: Behaviour) -> (NextHop, Greenfold, Exeat) {
    let hop = NextHop::start(behaviour);
    let school = Greenfold::new(hop.address, "");
    let exeat = Exeat::serve(&school.config());
    (hop, school, exeat)
}

/// The recipients of all deliveries whose message has this in it, sorted.
fn reached(deliveries: &[Delivery], part: &str) -> Vec<String> {
    let mut reached: Vec<String> = deliveries
        .iter()
        .filter(|sent| text(&sent.message).contains(part))
        .flat_map(|sent| sent.recipients.clone())
        .collect();
    reached.sort();
    reached
}

#[test]
fn a_refusal_is_of_its_own_class_and_the_next_try_arrives_once() {
    let plain = Behaviour::default;
    let one = |reply| vec![("a", reply)];
    for (number, (behaviour, code, enhanced)) in [
        (
            Behaviour {
                greeting: Some("421 4.3.2 not today"),
                ..plain()
            },
            451,
            "4.4.1",
        ),
        (
            Behaviour {
                greeting: Some("554 5.3.2 not for you"),
                ..plain()
            },
            451,
            "4.4.1",
        ),
        (
            Behaviour {
                mail: Some("550 5.7.1 not from you"),
                ..plain()
            },
            550,
            "5.7.1",
        ),
        (
            Behaviour {
                recipients: one("450 4.2.1 busy"),
                ..plain()
            },
            450,
            "4.2.1",
        ),
        (
            Behaviour {
                recipients: one("553 5.1.3 no such form"),
                ..plain()
            },
            553,
            "5.1.3",
        ),
        (
            Behaviour {
                data: Some("554 5.5.1 no valid recipients"),
                ..plain()
            },
            554,
            "5.5.1",
        ),
        (
            Behaviour {
                data: Some("421 4.3.2 going down"),
                ..plain()
            },
            451,
            "4.",
        ),
        (
            Behaviour {
                end_of_data: Some("421 4.3.2 going down"),
                ..plain()
            },
            451,
            "4.3.2",
        ),
        (
            Behaviour {
                end_of_data: Some("354 go on for ever"),
                ..plain()
            },
            451,
            "4.",
        ),
        (
            Behaviour {
                end_of_data: Some("this is no reply"),
                ..plain()
            },
            451,
            "4.",
        ),
    ]
    .into_iter()
    .enumerate()
    {
        let shown = format!("{behaviour:?}");
        let (hop, _school, exeat) = started(behaviour);
        let message = innocent(&format!("class-{number}"));
        let reply = Client::connect(exeat.smtp).transaction(STAFF, &["a@b.example"], &message);
        let begins = reply.text.starts_with(enhanced);
        assert!(reply.code == code && begins, "{shown}: {reply:?}");
        assert!(hop.accepted().is_empty(), "{shown}");
        assert!(exeat.holds().is_empty(), "{shown}");
        hop.behave(plain());
        let mut again = Client::connect(exeat.smtp);
        let reply = again.transaction(STAFF, &["a@b.example"], &message);
        assert_eq!(reply.code, 250, "{shown}: {reply:?}");
        let arrived = hop.accepted();
        assert_eq!(arrived.len(), 1, "{shown}");
        assert_eq!(without_trace(&arrived[0].message), message);
    }
}

#[test]
fn a_lost_reply_costs_one_copy_at_most_and_is_told() {
    let (hop, _school, exeat) = started(Behaviour {
        drop_after_dot: 2,
        ..Behaviour::default()
    });
    let message = innocent("lost");
    let send = || Client::connect(exeat.smtp).transaction(STAFF, &["a@b.example"], &message);
    for _ in 0..2 {
        let reply = send();
        assert_eq!((reply.code, &reply.text[..5]), (451, "4.4.2"), "{reply:?}");
        exeat.wait_for_log(|line| line["fields"]["message"] == "reply to a message lost");
    }
    assert_eq!(send().text, "2.0.0 taken");
    let (lost, arrived) = (hop.swallowed(), hop.accepted());
    assert_eq!((lost.len(), arrived.len()), (2, 1));
    for copy in lost.iter().chain(&arrived) {
        assert_eq!(without_trace(&copy.message), message, "the same Message-ID");
    }
}

/// One recipient of each kind, the message by DATA or in a chunk: the replies
/// to all, and to the message.
fn mixed(exeat: &Exeat, recipients: &[&str], message: &[u8], pipelined: bool) -> Vec<Reply> {
    let mut lines = vec![format!("MAIL FROM:<{STAFF}>")];
    lines.extend(
        recipients
            .iter()
            .map(|who| format!("RCPT TO:<{who}@b.example>")),
    );
    let mut client = Client::connect(exeat.smtp);
    if pipelined {
        let all = lines.join("\r\n") + "\r\n";
        client.send(&[all.as_bytes(), &chunk(message, true)].concat());
        return (0..=lines.len()).map(|_| client.reply()).collect();
    }
    let mut replies: Vec<Reply> = lines.iter().map(|line| client.say(line)).collect();
    assert_eq!(client.say("DATA").code, 354);
    client.send(&[&stuffed(message)[..], b".\r\n"].concat());
    replies.push(client.reply());
    replies
}

#[test]
fn each_recipient_keeps_its_own_reply_and_none_is_lost_or_doubled() {
    let faltering = || Behaviour {
        recipients: vec![
            ("gone", "550 5.1.1 no such mailbox"),
            ("later", "451 4.2.1 mailbox busy"),
        ],
        ..Behaviour::default()
    };
    for pipelined in [false, true] {
        let (hop, _school, exeat) = started(faltering());
        let message = innocent("mixed");
        let all = ["there", "gone", "later", "also"];
        let replies = mixed(&exeat, &all, &message, pipelined);
        let codes: Vec<u16> = replies.iter().map(|reply| reply.code).collect();
        assert_eq!(codes, [250, 250, 550, 451, 250, 250]);
        assert_eq!(replies[2].text, "5.1.1 no such mailbox");
        assert_eq!(replies[3].text, "4.2.1 mailbox busy");
        // The client tries again for the one that was busy.
        hop.behave(Behaviour::default());
        let replies = mixed(&exeat, &["later"], &message, pipelined);
        assert_eq!(replies.last().map(|reply| reply.code), Some(250));
        let reach = || reached(&hop.accepted(), "Subject: mixed");
        let expected = ["also", "later", "there"].map(|who| format!("RCPT TO:<{who}@b.example>"));
        assert_eq!(reach(), expected);
        // Where the message itself is put off, so are all of its recipients.
        hop.behave(Behaviour {
            end_of_data: Some("452 4.3.1 full"),
            ..faltering()
        });
        let message = innocent("full");
        let replies = mixed(&exeat, &all, &message, pipelined);
        let codes: Vec<u16> = replies.iter().map(|reply| reply.code).collect();
        assert_eq!(codes, [250, 250, 550, 451, 250, 452]);
        assert!(reached(&hop.accepted(), "Subject: full").is_empty());
        hop.behave(Behaviour::default());
        let replies = mixed(&exeat, &["there", "later", "also"], &message, pipelined);
        assert_eq!(replies.last().map(|reply| reply.code), Some(250));
        assert_eq!(reached(&hop.accepted(), "Subject: full"), expected);
    }
}

#[test]
fn where_all_are_refused_nothing_is_taken() {
    let (hop, _school, exeat) = started(Behaviour {
        recipients: vec![("gone", "550 5.1.1 no"), ("later", "451 4.2.1 busy")],
        ..Behaviour::default()
    });
    let mut client = Client::connect(exeat.smtp);
    client.say(&format!("MAIL FROM:<{STAFF}>"));
    assert_eq!(client.say("RCPT TO:<gone@b.example>").code, 550);
    assert_eq!(client.say("RCPT TO:<later@b.example>").code, 451);
    assert_eq!(client.say("DATA").code, 503);
    assert_eq!(client.chunk(&innocent("nobody"), true).code, 503);
    assert_eq!(client.say("RSET").code, 250);
    assert!(hop.accepted().is_empty());
}

#[test]
fn a_hold_is_for_those_whom_the_next_hop_took() {
    let (hop, _school, exeat) = started(Behaviour {
        recipients: vec![("gone", "550 5.1.1 no"), ("later", "451 4.2.1 busy")],
        ..Behaviour::default()
    });
    let message = with_name_in_subject("mixed");
    let replies = mixed(&exeat, &["there", "gone", "later"], &message, false);
    let codes: Vec<u16> = replies.iter().map(|reply| reply.code).collect();
    assert_eq!(codes, [250, 250, 550, 451, 250]);
    // The one that was busy joins on the client's next try.
    hop.behave(Behaviour::default());
    let replies = mixed(&exeat, &["later"], &message, false);
    assert_eq!(replies.last().map(|reply| reply.code), Some(250));
    let holds = exeat.holds();
    assert_eq!(holds.len(), 1, "one hold for both tries");
    let reference = holds[0]["reference"].as_str().expect("a text");
    // At the release one of them is refused, and the other gets it.
    hop.behave(Behaviour {
        recipients: vec![("later", "550 5.2.1 closed meanwhile")],
        ..Behaviour::default()
    });
    let released = exeat.command(&["holds", "release", reference, "--reason", "a test"]);
    assert!(released.status.success(), "{}", error_of(&released));
    let report = "Final-Recipient: rfc822; later@b.example";
    let all = hop.wait_until(|all| {
        let told = |sent: &Delivery| text(&sent.message).contains(report);
        all.iter().any(told)
    });
    let subject = "Subject: Oyinkansola Bello: swimming lessons\r\nDate: ";
    let copies: Vec<Delivery> = all
        .into_iter()
        .filter(|sent| !sent.mail.contains("FROM:<>"))
        .collect();
    assert_eq!(reached(&copies, subject), ["RCPT TO:<there@b.example>"]);
    assert_eq!(copies.len(), 1);
}

#[test]
fn mail_that_comes_by_again_and_again_is_a_loop() {
    let (hop, _school, exeat) = started(Behaviour::default());
    let mut message = innocent("circle");
    // A connector may bring it by a second time, and a third.
    for passage in 1..=3 {
        let mut client = Client::connect(exeat.smtp);
        client.envelope(STAFF, &["a@b.example"]);
        let reply = client.chunk(&message, true);
        assert_eq!(reply.text, "2.0.0 taken", "passage {passage}");
        message = hop.wait_for(passage)[passage - 1].message.clone();
        assert_eq!(text(&message).matches("Received: ").count(), passage);
    }
    let mut client = Client::connect(exeat.smtp);
    let loops = |reply: &Reply| reply.code == 554 && reply.text.starts_with("5.4.6 ");
    let reply = client.transaction(STAFF, &["a@b.example"], &message);
    assert!(loops(&reply), "{reply:?}");
    client.envelope(STAFF, &["a@b.example"]);
    let reply = client.chunk(&message, true);
    assert!(loops(&reply), "{reply:?}");
    // Others have no key to make such fields with, but too many are too many.
    let fields = |count: usize, subject: &str| {
        let field = "Received: from a.example by b.example with ESMTP id 1-2; Mon, 16 Nov 2026 10:00:00 +0000\r\n";
        [field.repeat(count).into_bytes(), innocent(subject)].concat()
    };
    let reply = client.transaction(STAFF, &["a@b.example"], &fields(100, "hundred"));
    assert_eq!(reply.text, "2.0.0 taken");
    let reply = client.transaction(STAFF, &["a@b.example"], &fields(101, "more"));
    assert!(loops(&reply), "{reply:?}");
    assert_eq!(hop.accepted().len(), 4);
}
