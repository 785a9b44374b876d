//! Messages from DATA to their end: delivered, held, refused, sent again.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::Barrier;

use super::{Served, Setting, certificate, judge, tenant};
use crate::mail::header;
use crate::smtp::Limits;
use crate::smtp::testing::{Act, FakeHop, TestClient, polite};
use crate::store::{Filter, State};

/// Says an envelope to these recipients, and DATA.
async fn envelope(client: &mut TestClient, recipients: &[&str]) {
    client
        .check("MAIL FROM:<head@greenfold.example>", "250")
        .await;
    for recipient in recipients {
        client.check(&format!("RCPT TO:<{recipient}>"), "250").await;
    }
    client.check("DATA", "354").await;
}

/// Sends a message whole, and gives the reply to it.
async fn send(served: &Served, recipients: &[&str], message: &str) -> String {
    let mut client = served.greeted().await;
    envelope(&mut client, recipients).await;
    client.send(format!("{message}.\r\n")).await;
    client.reply().await
}

/// The reference in a reply.
fn reference(reply: &str) -> String {
    reply.rsplit(' ').next().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn a_delivered_message_has_one_field_more_and_all_else_alike() {
    let hop = FakeHop::polite().await;
    let served = Setting::judging(&hop.address).serve().await;
    let message = "Subject: deliver\r\nX-Odd:  a  b\t\r\n\r\n..\r\ntext\r\n\r\n";
    let reply = send(&served, &["a@b.example"], message).await;
    assert_eq!(reply, "250 2.0.0 queued as 1");
    let messages = hop.messages();
    let (trace, rest) = messages[0]
        .split_once("Subject")
        .expect("the field stands first");
    // On the wire the dot that begins a line is doubled, as it came.
    assert_eq!(format!("Subject{rest}"), format!("{message}.\r\n"));
    assert!(
        trace.starts_with(
            "Received: from client.example ([127.0.0.1])\r\n\tby exeat.example with ESMTP id "
        ),
        "{trace}"
    );
    assert_eq!(header::fields(trace.as_bytes()).count(), 1);
}

#[tokio::test]
async fn a_large_message_arrives_whole() {
    let hop = FakeHop::polite().await;
    let served = Setting::judging(&hop.address).serve().await;
    let body = ".a line that begins with a dot, as many others do too\r\n".repeat(60_000);
    let mut client = served.greeted().await;
    envelope(&mut client, &["a@b.example"]).await;
    client
        .send(format!(
            "Subject: deliver\r\n\r\n{}.\r\n",
            body.replace("\r\n.", "\r\n..").replacen('.', "..", 1)
        ))
        .await;
    client.expect("250 2.0.0 queued").await;
    let messages = hop.messages();
    let (_, arrived) = messages[0].split_once("\r\n\r\n").expect("a header");
    assert!(arrived.replace("\r\n..", "\r\n.").replacen("..", ".", 1) == format!("{body}.\r\n"));
}

#[tokio::test]
async fn a_held_message_is_kept_and_its_sender_told() {
    let hop = FakeHop::polite().await;
    let served = Setting::judging(&hop.address).serve().await;
    for (word, state) in [
        ("warn", State::AwaitingSender),
        ("quarantine", State::AwaitingReviewer),
    ] {
        let message =
            format!("Subject: {word} me\r\nMessage-ID: <{word}@greenfold.example>\r\n\r\ntext\r\n");
        let reply = send(&served, &["a@b.example", "c@d.example"], &message).await;
        assert!(reply.starts_with("250 2.0.0 held"), "{reply}");
        // The same message again is the same hold.
        let again = send(&served, &["a@b.example"], &message).await;
        assert_eq!(again, reply);
        let hold = served
            .store
            .find(&crate::store::Reference::parse(&reference(&reply)).expect("a reference"))
            .await
            .expect("held");
        assert_eq!((hold.state, hold.envelope.recipients.len()), (state, 2));
        let body = served
            .store
            .load_body(hold.body, &std::env::temp_dir())
            .await
            .expect("kept");
        let body = String::from_utf8(body.to_vec().expect("readable")).expect("text");
        assert!(
            body.starts_with("Received: ") && body.ends_with(&message),
            "{body}"
        );
    }
    assert!(hop.messages().is_empty());
    let notices = served
        .store
        .claim(std::time::Duration::from_secs(60), 10)
        .await
        .expect("claims");
    // The sender hears of both, whoever reviews of the quarantined one.
    assert_eq!(notices.len(), 3);
}

#[tokio::test]
async fn a_rejected_message_is_explained_and_gone() {
    let hop = FakeHop::polite().await;
    let served = Setting::judging(&hop.address).serve().await;
    let reply = send(&served, &["a@b.example"], "Subject: reject\r\n\r\ntext\r\n").await;
    assert!(reply.starts_with("550 5.7.1 Not sent"), "{reply}");
    assert!(hop.messages().is_empty());
    assert!(
        served
            .store
            .holds(&Filter::default())
            .await
            .expect("holds")
            .is_empty()
    );
}

#[tokio::test]
async fn a_noted_message_is_delivered_and_its_sender_told() {
    let hop = FakeHop::polite().await;
    let served = Setting::judging(&hop.address).serve().await;
    let reply = send(&served, &["a@b.example"], "Subject: note\r\n\r\ntext\r\n").await;
    assert_eq!(reply, "250 2.0.0 queued as 1");
    assert_eq!(hop.messages().len(), 1);
    served.relay.outbox().notified().await;
    let notices = served
        .store
        .claim(std::time::Duration::from_secs(60), 10)
        .await
        .expect("claims");
    assert_eq!(notices.len(), 1);
    assert!(notices[0].envelope.reverse_path.is_none());
}

#[tokio::test]
async fn refusals_of_the_message_are_handed_back() {
    async fn check(at: &'static str, reply: &'static str, expected: &str) {
        let hop = FakeHop::start(move |_, line| {
            if line == at {
                Act::Say(reply)
            } else {
                polite(line)
            }
        })
        .await;
        let served = Setting::judging(&hop.address).serve().await;
        let came = send(&served, &["a@b.example"], "Subject: deliver\r\n\r\n").await;
        assert!(came.starts_with(expected), "{came}");
        // The session and the next hop are of use for another message.
        let came = send(&served, &["c@d.example"], "Subject: reject\r\n\r\n").await;
        assert!(came.starts_with("550 5.7.1"), "{came}");
    }
    check("DATA", "451 4.3.1 full", "451 4.3.1 full").await;
    check("DATA", "554 5.5.1 no", "554 5.5.1 no").await;
    check(".", "451 4.7.1 later", "451 4.7.1 later").await;
    check(
        ".",
        "550-5.7.1 spam\r\n550 5.7.1 surely",
        "550-5.7.1 spam\n550 5.7.1 surely",
    )
    .await;
    check(".", "421 4.3.2 going", "451 4.3.2 going").await;
    check(".", "334 what", "451").await;
}

#[tokio::test]
async fn a_lost_reply_is_a_451() {
    for at in ["DATA", "."] {
        let hop =
            FakeHop::start(move |_, line| if line == at { Act::Close } else { polite(line) }).await;
        let served = Setting::judging(&hop.address).serve().await;
        let reply = send(&served, &["a@b.example"], "Subject: deliver\r\n\r\n").await;
        assert!(reply.starts_with("451 4.4.2"), "{reply}");
    }
}

/// Time flies once the next hop has heard the line after which it says
/// nothing more.
#[tokio::test]
async fn a_next_hop_that_hangs_is_given_up_before_the_client_gives_up() {
    for at in ["MAIL", "RCPT", "DATA", "."] {
        let hop = FakeHop::start(move |_, line| {
            if line.starts_with(at) {
                Act::Hang
            } else {
                polite(line)
            }
        })
        .await;
        let mut setting = Setting::judging(&hop.address);
        setting.limits = Limits {
            session_seconds: 24 * 60 * 60,
            ..Limits::default()
        };
        let served = setting.serve().await;
        let mut client = served.greeted().await;
        let heard = |log: &[String]| {
            let last = if at == "." { "message" } else { at };
            log.iter().any(|line| line.contains(last))
        };
        client.send("MAIL FROM:<head@greenfold.example>\r\n").await;
        if at == "MAIL" {
            // It is queued until a recipient or another command comes.
            client.send("NOOP\r\n").await;
        } else {
            client.expect("250").await;
            client.send("RCPT TO:<a@b.example>\r\n").await;
        }
        if matches!(at, "DATA" | ".") {
            client.expect("250").await;
            client.check("DATA", "354").await;
            client.send("Subject: deliver\r\n\r\n.\r\n").await;
        }
        hop.log_once(heard).await;
        tokio::time::pause();
        let began = tokio::time::Instant::now();
        client.expect("451 4.").await;
        assert!(
            began.elapsed() <= std::time::Duration::from_secs(9 * 60),
            "{at}"
        );
        tokio::time::resume();
        assert!(
            at == "." || hop.messages().is_empty(),
            "{at}: nothing was handed over"
        );
    }
}

#[tokio::test]
async fn a_message_sent_again_reaches_only_new_recipients() {
    let hop = FakeHop::polite().await;
    let served = Setting::judging(&hop.address).serve().await;
    let message = "Subject: deliver\r\nMessage-ID: <one@greenfold.example>\r\n\r\ntext\r\n";
    assert_eq!(
        send(&served, &["a@b.example"], message).await,
        "250 2.0.0 queued as 1"
    );
    // The outcome is recorded after the reply: the first retry that sees it
    // is answered without the next hop.
    while !send(&served, &["a@b.example"], message)
        .await
        .starts_with("250 2.0.0 Sent before")
    {}
    let before = hop.messages().len();
    assert_eq!(
        send(&served, &["a@b.example", "c@d.example"], message).await,
        "250 2.0.0 queued as 1"
    );
    assert_eq!(hop.messages().len(), before + 1);
    let log = hop.log();
    let last_mail = log
        .iter()
        .rposition(|line| line.contains("MAIL"))
        .expect("one");
    let recipients: Vec<&String> = log[last_mail..]
        .iter()
        .filter(|line| line.contains("RCPT"))
        .collect();
    assert_eq!(recipients.len(), 1);
    assert!(recipients[0].ends_with("RCPT TO:<c@d.example>"));
    // Without an identity no message is taken for another.
    for _ in 0..2 {
        assert_eq!(
            send(&served, &["a@b.example"], "Subject: deliver\r\n\r\n").await,
            "250 2.0.0 queued as 1"
        );
    }
}

#[tokio::test]
async fn nothing_is_sent_for_a_client_that_has_gone() {
    let hop = FakeHop::polite().await;
    let gone = Arc::new(Barrier::new(2));
    let mut setting = Setting::judging(&hop.address);
    let screened = Arc::clone(&gone);
    setting.screen = Arc::new(move |_, _, content, _| {
        let screened = Arc::clone(&screened);
        Box::pin(async move {
            screened.wait().await;
            screened.wait().await;
            Ok(judge(&content))
        })
    });
    setting.tls = Some(certificate());
    let served = setting.serve().await;
    for word in ["deliver", "warn"] {
        for encrypted in [false, true] {
            let mut client = served.greeted().await;
            if encrypted {
                client.start_tls().await;
                client
                    .check("EHLO client.example", "250-exeat.example")
                    .await;
            }
            envelope(&mut client, &["a@b.example"]).await;
            client.send(format!("Subject: {word}\r\n\r\n.\r\n")).await;
            // It leaves once the message has been read: under TLS its last
            // word is then a record that nobody reads.
            gone.wait().await;
            client.leave().await;
            gone.wait().await;
        }
    }
    served.stop.send(true).expect("serving");
    served.done.await.expect("no panic");
    assert!(hop.messages().is_empty());
    assert!(
        served
            .store
            .holds(&Filter::default())
            .await
            .expect("holds")
            .is_empty()
    );
}

#[tokio::test]
async fn a_next_hop_given_back_hears_the_envelope_anew() {
    let refusing = Arc::new(AtomicBool::new(false));
    let asked = Arc::clone(&refusing);
    let hop = FakeHop::start(move |_, line| {
        if line.starts_with("RCPT") && asked.load(Ordering::Relaxed) {
            Act::Say("550 5.1.1 no more")
        } else {
            polite(line)
        }
    })
    .await;
    let mut setting = Setting::judging(&hop.address);
    setting.limits = Limits {
        give_back_seconds: 0,
        ..Limits::default()
    };
    let served = setting.serve().await;
    let reply = send(&served, &["a@b.example"], "Subject: deliver\r\n\r\n").await;
    assert_eq!(reply, "250 2.0.0 queued as 1");
    let log = hop.log();
    let commands: Vec<&str> = log
        .iter()
        .filter_map(|line| line.split([' ', ':']).nth(1))
        .collect();
    assert_eq!(
        commands,
        [
            "EHLO", "MAIL", "RCPT", "RSET", "MAIL", "RCPT", "DATA", "message"
        ]
    );

    let mut client = served.greeted().await;
    envelope(&mut client, &["a@b.example"]).await;
    refusing.store(true, Ordering::Relaxed);
    client.send("Subject: deliver\r\n\r\n.\r\n").await;
    client.expect("451 4.5.0").await;
    assert_eq!(hop.messages().len(), 1);
}

#[tokio::test]
async fn the_header_names_the_school_where_the_sender_does_not() {
    let (one, two) = (FakeHop::polite().await, FakeHop::polite().await);
    let mut setting = Setting::judging(&one.address);
    setting.tenants.push(tenant("oakfield", &two.address));
    setting.client.default_school = Some("greenfold".to_owned());
    let served = setting.serve().await;
    let mut client = served.greeted().await;
    for (from, expected) in [
        ("Head <head@oakfield.example>", (0, 1)),
        ("head@greenfold.example", (1, 1)),
        ("someone@elsewhere.example", (2, 1)),
        ("<<>", (3, 1)),
    ] {
        client.check("MAIL FROM:<>", "250").await;
        client.check("RCPT TO:<a@b.example>", "250").await;
        client.check("DATA", "354").await;
        client
            .send(format!("From: {from}\r\nSubject: deliver\r\n\r\n.\r\n"))
            .await;
        client.expect("250 2.0.0 queued").await;
        assert_eq!(
            (one.messages().len(), two.messages().len()),
            expected,
            "{from}"
        );
    }
}
