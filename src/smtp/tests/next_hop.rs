//! The client of the next hop and its pool, against a scripted one.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use crate::mail::{Content, Envelope};
use crate::smtp::next_hop::{Connection, HopError};
use crate::smtp::pool::NextHops;
use crate::smtp::testing::{Act, FakeHop, polite};
use crate::smtp::tls::outgoing::Outgoing;
use crate::tenant::NextHop;

fn envelope(recipients: &[&str]) -> Envelope {
    let address = |text: &&str| text.parse().expect("address");
    Envelope::new(
        Some("head@greenfold.example".parse().expect("address")),
        recipients.iter().map(address),
    )
}

fn clear(address: &str) -> Arc<NextHop> {
    NextHop::in_clear(address).into()
}

fn soon() -> Instant {
    Instant::now() + Duration::from_secs(20)
}

async fn send(hops: &NextHops, address: &str, message: &str) -> Result<u16, HopError> {
    let mut submitted = hops
        .submit(&clear(address), &envelope(&["a@b.example"]), None)
        .await?;
    let content = Content::from(message.as_bytes().to_vec());
    assert_eq!(submitted.connection.data().await?.code(), 354);
    submitted.connection.body(&content).await?;
    submitted.connection.end_body().await?;
    let reply = submitted.connection.final_reply(soon()).await?;
    hops.keep(submitted.connection);
    Ok(reply.code())
}

#[tokio::test]
async fn an_envelope_gets_an_answer_for_each_recipient() {
    for pipelining in [true, false] {
        let hop = FakeHop::start(move |_, line| match line {
            "EHLO us.example" if !pipelining => Act::Say("250 plain.example"),
            "RCPT TO:<b@b.example>" => Act::Say("550 5.1.1 unknown"),
            "RCPT TO:<c@b.example>" => Act::Say("451 4.2.0 later"),
            line => polite(line),
        })
        .await;
        let mut connection =
            Connection::open(&clear(&hop.address), &Outgoing::InClear, "us.example")
                .await
                .expect("open");
        let envelope = envelope(&["a@b.example", "b@b.example", "c@b.example"]);
        let (mail, recipients) = connection
            .submit(&envelope, Some(10))
            .await
            .expect("answers");
        assert_eq!(mail.code(), 250);
        let codes: Vec<u16> = recipients.iter().map(|reply| reply.code()).collect();
        assert_eq!(codes, [250, 550, 451]);
        assert_eq!(recipients[1].text(), "5.1.1 unknown");
        let size = if pipelining { " SIZE=10" } else { "" };
        assert_eq!(
            hop.log()[1],
            format!("0 MAIL FROM:<head@greenfold.example>{size}")
        );
    }
}

#[tokio::test]
async fn many_recipients_go_in_pieces() {
    let hop = FakeHop::polite().await;
    let mut connection = Connection::open(&clear(&hop.address), &Outgoing::InClear, "us.example")
        .await
        .expect("open");
    let addresses: Vec<String> = (0..300).map(|n| format!("a{n}@b.example")).collect();
    let addresses: Vec<&str> = addresses.iter().map(String::as_str).collect();
    let (_, recipients) = connection
        .submit(&envelope(&addresses), None)
        .await
        .expect("answers");
    assert_eq!(recipients.len(), 300);
}

#[tokio::test]
async fn a_refused_mail_asks_no_recipients_answers() {
    for pipelining in [true, false] {
        let hop = FakeHop::start(move |_, line| match line {
            "EHLO us.example" if !pipelining => Act::Say("250 plain.example"),
            line if line.starts_with("MAIL") => Act::Say("553 5.1.8 unwanted"),
            line if line.starts_with("RCPT") => Act::Say("503 5.5.1 no MAIL"),
            line => polite(line),
        })
        .await;
        let mut connection =
            Connection::open(&clear(&hop.address), &Outgoing::InClear, "us.example")
                .await
                .expect("open");
        let (mail, recipients) = connection
            .submit(&envelope(&["a@b.example"]), None)
            .await
            .expect("answers");
        assert_eq!((mail.code(), recipients.len()), (553, 0));
    }
}

#[tokio::test]
async fn messages_are_stuffed_and_ended_and_connections_kept() {
    let hop = FakeHop::polite().await;
    let hops = NextHops::new("us.example".to_owned());
    for message in ["Subject: a\r\n\r\n.\r\n..b\r\n", "", "no end"] {
        assert_eq!(send(&hops, &hop.address, message).await.expect("sent"), 250);
    }
    assert_eq!(
        hop.messages(),
        [
            "Subject: a\r\n\r\n..\r\n...b\r\n.\r\n",
            ".\r\n",
            "no end\r\n.\r\n"
        ]
    );
    assert!(
        hop.log().iter().all(|line| line.starts_with("0 ")),
        "one connection for all"
    );
    assert!(hops.extensions(&clear(&hop.address)).expect("heard").utf8);
}

#[tokio::test]
async fn a_transaction_given_back_is_reset_first() {
    let hop = FakeHop::polite().await;
    let hops = NextHops::new("us.example".to_owned());
    let submitted = hops
        .submit(&clear(&hop.address), &envelope(&["a@b.example"]), None)
        .await
        .expect("sent");
    hops.give_back(submitted.connection).await;
    assert_eq!(send(&hops, &hop.address, "x\r\n").await.expect("sent"), 250);
    let commands: Vec<String> = hop
        .log()
        .iter()
        .map(|line| line.chars().take(6).collect())
        .collect();
    assert_eq!(
        commands,
        [
            "0 EHLO", "0 MAIL", "0 RCPT", "0 RSET", "0 MAIL", "0 RCPT", "0 DATA", "0 mess"
        ]
    );
}

#[tokio::test]
async fn a_kept_connection_that_died_is_replaced() {
    // Each connection is good for one message; the second says so, the third
    // just closes.
    let hop = FakeHop::start(|number, line| match (number, line) {
        (0, "RSET") => Act::Close,
        (1, line) if line.starts_with("RSET") => Act::Say("421 4.4.2 idle too long"),
        (_, line) => polite(line),
    })
    .await;
    let hops = NextHops::new("us.example".to_owned());
    for _ in 0..3 {
        let submitted = hops
            .submit(&clear(&hop.address), &envelope(&["a@b.example"]), None)
            .await
            .expect("sent");
        assert!(submitted.recipients.iter().all(|reply| reply.is_positive()));
        hops.give_back(submitted.connection).await;
    }
    assert!(hop.log().iter().any(|line| line.starts_with("2 RCPT")));
}

#[tokio::test]
async fn an_unwilling_or_strange_next_hop_is_an_error() {
    async fn check(script: impl Fn(usize, &str) -> Act + Send + Sync + 'static, expected: &str) {
        let hop = FakeHop::start(script).await;
        let hops = NextHops::new("us.example".to_owned());
        let error = send(&hops, &hop.address, "x\r\n")
            .await
            .expect_err(expected);
        assert!(format!("{error:?}").starts_with(expected), "{error:?}");
    }
    check(|_, _| Act::Say("421 4.3.2 not now"), "Unwilling").await;
    check(|_, _| Act::Say("554 5.7.1 never"), "Unwilling").await;
    check(|_, _| Act::Say("hello"), "Malformed").await;
    check(|_, _| Act::Close, "Closed").await;
    check(
        |_, line| {
            if line == "DATA" {
                Act::Close
            } else {
                polite(line)
            }
        },
        "Closed",
    )
    .await;
    check(
        |_, line| {
            if line == "." {
                Act::Close
            } else {
                polite(line)
            }
        },
        "Closed",
    )
    .await;
    let hops = NextHops::new("us.example".to_owned());
    let free = std::net::TcpListener::bind("127.0.0.1:0").expect("loopback");
    let address = free.local_addr().expect("bound").to_string();
    drop(free);
    assert!(matches!(
        send(&hops, &address, "x").await,
        Err(HopError::Connect(_))
    ));
}

#[tokio::test]
async fn a_next_hop_without_ehlo_gets_helo_and_no_parameters() {
    let hop = FakeHop::start(|_, line| match line {
        "EHLO us.example" => Act::Say("500 what"),
        line => polite(line),
    })
    .await;
    let mut connection = Connection::open(&clear(&hop.address), &Outgoing::InClear, "us.example")
        .await
        .expect("open");
    let mut envelope = envelope(&["a@b.example"]);
    envelope.mail_parameters = "BODY=7BIT RET=HDRS ENVID=1".to_owned();
    envelope.recipients[0].parameters = "NOTIFY=NEVER".to_owned();
    connection
        .submit(&envelope, Some(10))
        .await
        .expect("answers");
    assert_eq!(
        hop.log()[1..],
        [
            "0 HELO us.example",
            "0 MAIL FROM:<head@greenfold.example>",
            "0 RCPT TO:<a@b.example>"
        ]
    );
}
