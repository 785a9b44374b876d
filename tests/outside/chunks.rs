//! Messages in chunks (RFC 3030): taken in order, refused in step, and sent on
//! by DATA as they came.

use std::thread;

use crate::postfix::{Postfix, free_port, text};
use crate::relay::{STAFF, innocent, without_trace};
use crate::support::client::{Client, chunk};
use crate::support::exeat::Exeat;
use crate::support::next_hop::{Behaviour, Delivery, NextHop};
use crate::support::school::Greenfold;

const TO: &[&str] = &["a@b.example"];

fn world(limits: &str) -> (NextHop, Greenfold, Exeat) {
    let hop = NextHop::start(Behaviour::default());
    let limits = format!("[listen.limits]\n{limits}\n");
    let school = Greenfold::with_head(hop.address, &limits, "");
    let exeat = Exeat::serve(&school.config());
    (hop, school, exeat)
}

/// A client that has said an envelope.
fn client(exeat: &Exeat) -> Client {
    let mut client = Client::connect(exeat.smtp);
    client.envelope(STAFF, TO);
    client
}

/// Lines that would end a message or look like commands, were they not content.
fn dotted(subject: &str) -> Vec<u8> {
    let body = "..\r\n.\r\n.one\r\n..two\r\n\r\n.\r\nMAIL FROM:<evil@x.example>\r\n.\r\n";
    [innocent(subject), body.into()].concat()
}

#[test]
fn a_message_arrives_byte_for_byte_however_it_is_cut() {
    let (hop, _school, exeat) = world("");
    let mut client = Client::connect(exeat.smtp);
    for (round, cuts) in [
        &[][..],
        &[0],
        &[1, 2, 3],
        &[100, 100],
        &[60, 61, 200, 290, 312],
    ]
    .iter()
    .enumerate()
    {
        let message = dotted(&format!("cut-{round}"));
        client.envelope(STAFF, TO);
        let mut begin = 0;
        for &cut in *cuts {
            let reply = client.chunk(&message[begin..cut], false);
            assert_eq!(reply.code, 250, "{reply:?}");
            begin = cut;
        }
        let reply = client.chunk(&message[begin..], true);
        assert_eq!((reply.code, reply.text.as_str()), (250, "2.0.0 taken"));
        let arrived = &hop.accepted()[round].message;
        assert_eq!(text(without_trace(arrived)), text(&message));
    }
    // One byte a chunk, the last of them empty; all in one go.
    let message = dotted("bytes");
    client.envelope(STAFF, TO);
    let mut all: Vec<u8> = message
        .chunks(1)
        .flat_map(|byte| chunk(byte, false))
        .collect();
    all.extend(chunk(b"", true));
    client.send(&all);
    for _ in &message {
        assert_eq!(client.reply().code, 250);
    }
    assert_eq!(client.reply().text, "2.0.0 taken");
    let arrived = hop.accepted().pop().expect("arrived").message;
    assert_eq!(text(without_trace(&arrived)), text(&message));
}

#[test]
fn a_transaction_is_pipelined_with_its_chunks() {
    let (hop, _school, exeat) = world("");
    let mut client = Client::connect(exeat.smtp);
    let message = dotted("pipelined");
    let envelope = format!("MAIL FROM:<{STAFF}>\r\nRCPT TO:<a@b.example>\r\n");
    let (first, second) = message.split_at(150);
    client.send(
        &[
            envelope.as_bytes(),
            &chunk(first, false),
            &chunk(second, true),
            b"NOOP\r\n",
        ]
        .concat(),
    );
    let codes: Vec<u16> = (0..5).map(|_| client.reply().code).collect();
    assert_eq!(codes, [250, 250, 250, 250, 250]);
    assert_eq!(without_trace(&hop.accepted()[0].message), message);
    // What was answered is told before a chunk is waited for.
    client.send(envelope.as_bytes());
    client.send(b"BDAT 10\r\n0123");
    assert_eq!(client.reply().code, 250);
    assert_eq!(client.reply().code, 250);
    client.send(b"456789");
    assert_eq!(client.reply().text, "2.0.0 10 bytes taken");
}

#[test]
fn a_last_line_without_its_end_gets_one() {
    let (hop, _school, exeat) = world("");
    let mut client = client(&exeat);
    let message = innocent("endless");
    let cut = &message[..message.len() - 2];
    assert_eq!(client.chunk(cut, true).code, 250);
    assert_eq!(without_trace(&hop.accepted()[0].message), message);
    client.envelope(STAFF, TO);
    assert_eq!(client.chunk(b"Subject: dot\r\n\r\n.", true).code, 250);
    let arrived = &hop.accepted()[1].message;
    assert_eq!(without_trace(arrived), b"Subject: dot\r\n\r\n.\r\n");
}

#[test]
fn chunks_out_of_place_are_read_over() {
    let (hop, _school, exeat) = world("");
    // Were these bytes taken for commands, they would send mail.
    let evil = format!(
        "MAIL FROM:<{STAFF}>\r\nRCPT TO:<evil@x.example>\r\nDATA\r\n{}.\r\n",
        text(&innocent("evil"))
    );
    let evil = evil.as_bytes();
    let check = |client: &mut Client, code: u16, last: bool| {
        let reply = client.chunk(evil, last);
        assert_eq!(reply.code, code, "{reply:?}");
        assert_eq!(client.say("NOOP").text, "2.0.0 Still here", "in step");
    };
    let (mut early, _) = Client::greeted(exeat.smtp);
    check(&mut early, 503, true);
    let mut client = Client::connect(exeat.smtp);
    check(&mut client, 503, false);
    client.say(&format!("MAIL FROM:<{STAFF}>"));
    check(&mut client, 503, false);
    check(&mut client, 503, true);
    client.say("RCPT TO:<a@b.example>");
    check(&mut client, 250, false);
    assert_eq!(client.say("RCPT TO:<late@b.example>").code, 503);
    assert_eq!(client.say(&format!("MAIL FROM:<{STAFF}>")).code, 503);
    // DATA does not end what BDAT has begun, and nothing but RSET helps.
    assert_eq!(client.say("DATA").code, 503);
    check(&mut client, 503, false);
    check(&mut client, 503, true);
    assert_eq!(client.say("DATA").code, 503);
    assert_eq!(client.say("RSET").code, 250);
    check(&mut client, 503, true);
    // What came before RSET, or before EHLO, is forgotten.
    for forget in ["RSET", "EHLO client.greenfold.sch.example"] {
        client.envelope(STAFF, TO);
        assert_eq!(client.chunk(b"Subject: forgotten\r\n", false).code, 250);
        assert_eq!(client.say(forget).code, 250);
        client.envelope(STAFF, TO);
        let reply = client.chunk(&innocent(&forget[..4].to_lowercase()), true);
        assert_eq!(reply.code, 250, "{reply:?}");
    }
    client.envelope(STAFF, TO);
    assert_eq!(client.data(&innocent("data")).code, 250);
    check(&mut client, 503, true);
    let subjects: Vec<String> = hop.accepted().iter().map(subject).collect();
    assert_eq!(subjects, ["rset", "ehlo", "data"]);
}

fn subject(delivery: &Delivery) -> String {
    let message = text(&delivery.message);
    let (_, rest) = message.split_once("Subject: ").expect("a subject");
    rest.lines().next().unwrap_or_default().to_owned()
}

#[test]
fn where_the_size_is_unknown_the_session_ends() {
    let (hop, _school, exeat) = world("");
    for command in [
        "BDAT",
        "BDAT ten",
        "BDAT -1",
        "BDAT 0x10 LAST",
        "BDAT 10 FIRST",
        "BDAT 10 LAST LAST",
        "BDAT\t10",
        "BDAT 18446744073709551616",
        "BDAT 99999999999999999999999999 LAST",
        "bdat LAST",
    ] {
        let mut client = client(&exeat);
        client.send(format!("{command}\r\nNOOP\r\n").as_bytes());
        let reply = client.reply();
        assert_eq!(reply.code, 501, "{command}: {reply:?}");
        assert_eq!(client.reply().code, 0, "{command}: closed");
    }
    assert!(hop.accepted().is_empty());
}

#[test]
fn what_is_too_large_is_refused_in_step() {
    let (hop, _school, exeat) = world("message_size = 100000");
    let line = b"0123456789 and so on\r\n";
    let large = [innocent("large"), line.repeat(10_000)].concat();
    let mut client = client(&exeat);
    let reply = client.chunk(&large, true);
    assert_eq!((reply.code, &reply.text[..5]), (552, "5.3.4"), "{reply:?}");
    // By the sum of its chunks; those that follow are not wanted.
    client.envelope(STAFF, TO);
    let mut all = Vec::new();
    for piece in large.chunks(60_000) {
        all.extend(chunk(piece, false));
    }
    all.extend(chunk(b"", true));
    all.extend(b"NOOP\r\n");
    client.send(&all);
    let codes: Vec<u16> = (0..6).map(|_| client.reply().code).collect();
    assert_eq!(codes, [250, 552, 503, 503, 503, 250]);
    assert_eq!(client.say(&format!("MAIL FROM:<{STAFF}>")).code, 503);
    assert_eq!(client.say("RSET").code, 250);
    client.envelope(STAFF, TO);
    assert_eq!(client.chunk(&innocent("small"), true).code, 250);
    assert_eq!(hop.accepted().len(), 1);
    // A size that no message has is refused before anything comes of it.
    client.envelope(STAFF, TO);
    client.send(b"BDAT 18446744073709551615 LAST\r\nQUIT\r\n");
    drop(client);
    assert_eq!(hop.accepted().len(), 1);
}

#[test]
fn lines_are_held_to_the_same_as_after_data() {
    let (hop, _school, exeat) = world("");
    let mut client = Client::connect(exeat.smtp);
    for body in [
        "a lone \r carriage return\r\n",
        "a lone \n line feed\r\n",
        "a NUL \0\r\n",
        "a CR at its very end\r",
    ] {
        let message = [&innocent("odd")[..], body.as_bytes()].concat();
        for cut in [0, message.len() - 5, message.len()] {
            client.envelope(STAFF, TO);
            // The answer is that to the message, not to the chunk.
            assert_eq!(client.chunk(&message[..cut], false).code, 250);
            let reply = client.chunk(&message[cut..], true);
            assert_eq!(reply.code, 550, "{body:?}: {reply:?}");
            assert!(reply.text.starts_with("5.5.2 "), "{reply:?}");
        }
    }
    // A line end may be cut in two.
    let message = innocent("halved");
    let cut = message.len() - 1;
    client.envelope(STAFF, TO);
    assert_eq!(client.chunk(&message[..cut], false).code, 250);
    assert_eq!(client.chunk(&message[cut..], true).code, 250);
    // Three CRLF are a message, and so is nothing at all.
    for empty in [&b"\r\n\r\n\r\n"[..], b""] {
        client.envelope(STAFF, TO);
        assert_eq!(client.chunk(empty, true).code, 250);
    }
    let arrived = hop.accepted();
    assert_eq!(arrived.len(), 3);
    assert_eq!(without_trace(&arrived[1].message), b"\r\n\r\n\r\n");
}

#[test]
fn a_message_in_chunks_is_screened_like_any_other() {
    let (hop, _school, exeat) = world("");
    let chain = b"From: office@greenfold.sch.example\r\nTo: a@b.example\r\nSubject: Fwd: luck\r\n\r\nForward this to ten friends within an hour or you will have seven years of bad luck. Do not break the chain!\r\n";
    let mut client = client(&exeat);
    assert_eq!(client.chunk(&chain[..150], false).code, 250);
    let reply = client.chunk(&chain[150..], true);
    assert_eq!((reply.code, &reply.text[..5]), (550, "5.7.1"), "{reply:?}");
    let held = crate::holding::with_name_in_subject("chunks");
    client.envelope(STAFF, TO);
    let reply = client.chunk(&held, true);
    assert!(reply.text.contains("held"), "{reply:?}");
    assert_eq!(exeat.holds().len(), 1);
    let sent = hop.wait_for(1);
    assert!(
        sent.iter().all(|sent| sent.mail.contains("FROM:<>")),
        "a notice"
    );
}

#[test]
fn a_chunk_that_comes_too_slowly_ends_the_session() {
    let (hop, _school, exeat) = world("data_seconds = 1");
    for begun in [
        &b"BDAT 1000 LAST\r\n"[..],
        b"BDAT 1000\r\nSubject: slow\r\n",
    ] {
        let mut client = client(&exeat);
        client.send(begun);
        let reply = client.reply();
        assert_eq!((reply.code, &reply.text[..5]), (421, "4.4.2"), "{reply:?}");
    }
    // One that nobody wants is waited for no longer.
    let mut client = Client::connect(exeat.smtp);
    client.send(b"BDAT 1000\r\n");
    assert_eq!(client.reply().code, 421);
    // Never a byte less than there have to be, and far too slowly.
    let (slow_hop, _slow_school, slow) = world("data_grace_seconds = 0\ndata_rate = 100000");
    let mut client = self::client(&slow);
    let trickle = thread::spawn(move || {
        loop {
            let reply = client.chunk(b"x", false);
            if reply.code != 250 {
                return reply;
            }
        }
    });
    let reply = trickle.join().expect("no panic");
    assert_eq!((reply.code, &reply.text[..5]), (421, "4.4.2"), "{reply:?}");
    assert!(hop.accepted().is_empty() && slow_hop.accepted().is_empty());
}

#[test]
fn a_next_hop_given_back_between_chunks_hears_the_envelope_anew() {
    let (hop, _school, exeat) = world("give_back_seconds = 0");
    let message = dotted("given-back");
    let mut client = client(&exeat);
    let (first, second) = message.split_at(100);
    let whole = [chunk(first, false), chunk(second, true)];
    // The rest of a chunk is waited for, and the next hop is not kept meanwhile.
    client.send(&whole[0][..50]);
    client.send(&whole[0][50..]);
    assert_eq!(client.reply().code, 250);
    client.send(&whole[1]);
    assert_eq!(client.reply().text, "2.0.0 taken");
    assert_eq!(without_trace(&hop.accepted()[0].message), message);
}

#[test]
fn a_message_in_chunks_passes_through_postfix() {
    let hop = NextHop::start(Behaviour::default());
    let listens = free_port();
    let _postfix = Postfix::start(hop.address, &format!("{listens} inet n - n - - smtpd\n"));
    let school = Greenfold::new(listens, "");
    let exeat = Exeat::serve(&school.config());
    let message = dotted("postfix");
    let mut client = client(&exeat);
    assert_eq!(client.chunk(&message[..200], false).code, 250);
    let reply = client.chunk(&message[200..], true);
    assert!(reply.text.contains("queued as"), "{reply:?}");
    let arrived = hop.wait_for(1);
    let ours = without_trace(without_trace(&arrived[0].message));
    assert_eq!(text(ours), text(&message), "beneath two trace fields");
    assert_eq!(hop.accepted().len(), 1);
}
