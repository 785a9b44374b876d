//! Dialogues up to the point where a message is screened.

use std::time::Duration;

use super::{Setting, tenant};
use crate::smtp::NextHopDown;
use crate::smtp::testing::{Act, FakeHop, TestClient, polite};
use crate::smtp::trace::{Hop, Trace};
use crate::smtp::{BareNewlines, Limits};

const ENVELOPE: &str = "MAIL FROM:<head@greenfold.example>\r\nRCPT TO:<a@b.example>\r\nDATA\r\n";

#[tokio::test]
async fn answers_of_the_next_hop_are_handed_back() {
    let hop = FakeHop::start(|_, line| match line {
        "RCPT TO:<b@b.example>" => Act::Say("550-5.1.1 no such\r\n550 5.1.1 mailbox \x07"),
        "RCPT TO:<c@b.example> NOTIFY=NEVER" => Act::Say("451 4.7.1 greylisted"),
        "RCPT TO:<d@b.example>" => Act::Say("334 what"),
        line => polite(line),
    })
    .await;
    let served = Setting::of(&hop.address).serve().await;
    let mut client = served.connect().await;
    client
        .check(
            "EHLO client.example",
            "250-exeat.example\n250-PIPELINING\n250-SIZE 98976\n250-8BITMIME\n250-SMTPUTF8\n250-ENHANCEDSTATUSCODES\n250-DSN\n250 CHUNKING",
        )
        .await;
    client
        .check(
            "MAIL FROM:<Head@Greenfold.example> SIZE=100 BODY=8BITMIME",
            "250 2.1.0 sender fine",
        )
        .await;
    client
        .check("RCPT TO:<A@b.example>", "250 2.1.5 recipient fine")
        .await;
    client
        .check(
            "RCPT TO:<b@b.example>",
            "550-5.1.1 no such\n550 5.1.1 mailbox ?",
        )
        .await;
    client
        .check("RCPT TO:<c@b.example> NOTIFY=NEVER", "451 4.7.1 greylisted")
        .await;
    client.check("RCPT TO:<d@b.example>", "451 4.5.0").await;
    client.check("RCPT TO:<postmaster>", "250").await;
    client.check("RSET", "250").await;
    client.check("QUIT", "221").await;
    client.expect_closed().await;
    let log = hop
        .log_once(|log| log.iter().any(|line| line.ends_with("RSET")))
        .await;
    assert_eq!(
        log[1],
        "0 MAIL FROM:<Head@Greenfold.example> BODY=8BITMIME SIZE=1124"
    );
    assert_eq!(log[2], "0 RCPT TO:<A@b.example>");
    assert!(log.contains(&"0 RCPT TO:<postmaster>".to_owned()));
    assert_eq!(log.last().map(String::as_str), Some("0 RSET"));
}

#[tokio::test]
async fn a_pipelined_transaction_is_answered_in_order() {
    let hop = FakeHop::start(|_, line| match line {
        "RCPT TO:<b@b.example>" => Act::Say("550 5.1.1 unknown"),
        line => polite(line),
    })
    .await;
    let served = Setting::of(&hop.address).serve().await;
    let mut client = served.greeted().await;
    client
        .send("NOOP\r\nMAIL FROM:<head@greenfold.example>\r\nRCPT TO:<a@b.example>\r\nRCPT TO:<b@b.example>\r\nRCPT TO:<>\r\nRCPT TO:<c@b.example>\r\nVRFY x\r\nDATA\r\n")
        .await;
    for expected in [
        "250 2.0.0",
        "250 2.1.0",
        "250 2.1.5",
        "550 5.1.1 unknown",
        "501",
        "250 2.1.5",
        "252",
        "354",
    ] {
        client.expect(expected).await;
    }
}

#[tokio::test]
async fn a_refused_mail_ends_its_pipelined_transaction() {
    let hop = FakeHop::start(|_, line| match line {
        "MAIL FROM:<head@greenfold.example>" => Act::Say("452 4.3.1 full"),
        line => polite(line),
    })
    .await;
    let served = Setting::of(&hop.address).serve().await;
    let mut client = served.greeted().await;
    client.send(ENVELOPE).await;
    for expected in ["452 4.3.1 full", "503", "503"] {
        client.expect(expected).await;
    }
    client
        .check("MAIL FROM:<office@greenfold.example>", "250")
        .await;
}

#[tokio::test]
async fn a_message_that_cannot_be_screened_is_deferred_and_never_sent() {
    let hop = FakeHop::polite().await;
    let served = Setting::of(&hop.address).serve().await;
    let mut client = served.greeted().await;
    for _ in 0..2 {
        client.send(ENVELOPE).await;
        for expected in ["250", "250", "354"] {
            client.expect(expected).await;
        }
        client.send("Subject: a\r\n\r\nb\r\n.\r\n").await;
        client.expect("451 4.3.0").await;
    }
    let log = hop
        .log_once(|log| log.iter().filter(|line| line.ends_with("RSET")).count() == 2)
        .await;
    assert!(!log.iter().any(|line| line.contains("DATA")), "{log:?}");
    assert!(
        log.iter().all(|line| line.starts_with("0 ")),
        "one connection serves all"
    );
}

#[tokio::test]
async fn a_check_that_panics_defers_the_message() {
    let hop = FakeHop::polite().await;
    let mut setting = Setting::of(&hop.address);
    setting.screen =
        std::sync::Arc::new(|_, _, _, _| Box::pin(async { panic!("a check's fault") }));
    let served = setting.serve().await;
    let mut client = served.greeted().await;
    client.send(ENVELOPE).await;
    for expected in ["250", "250", "354"] {
        client.expect(expected).await;
    }
    client.send(".\r\nNOOP\r\n").await;
    for expected in ["451 4.3.0", "250"] {
        client.expect(expected).await;
    }
}

/// Sends the bytes after DATA, and checks the answer to them, that the
/// session goes on, and that the next hop got nothing.
async fn check_message(newlines: BareNewlines, message: &[u8], expected: &str) {
    let hop = FakeHop::polite().await;
    let mut setting = Setting::of(&hop.address);
    setting.client.bare_newlines = newlines;
    setting.limits = Limits {
        message_size: 4000,
        header: 2000,
        ..Limits::default()
    };
    let served = setting.serve().await;
    let mut client = served.greeted().await;
    client.send(ENVELOPE).await;
    for code in ["250", "250", "354"] {
        client.expect(code).await;
    }
    client.send(message).await;
    client.send(b".\r\nNOOP\r\n").await;
    client.expect(expected).await;
    client.expect("250 2.0.0").await;
    let log = hop.log();
    assert!(!log.iter().any(|line| line.contains("DATA")), "{log:?}");
    assert_eq!(
        log.iter().filter(|line| line.contains("MAIL")).count(),
        1,
        "nothing was smuggled"
    );
}

#[tokio::test]
async fn smuggled_ends_and_stray_bytes_are_refused() {
    let smuggled =
        "MAIL FROM:<evil@greenfold.example>\r\nRCPT TO:<a@b.example>\r\nDATA\r\nhello\r\n";
    for end in [
        "\n.\n",
        "\n.\r\n",
        "\r\n.\n",
        "\r.\r",
        "\r.\r\n",
        "\r\n.\r",
        "\r\n\0.\r\n",
        "\r\n.\0\r\n",
    ] {
        check_message(
            BareNewlines::Reject,
            format!("Subject: a\r\n\r\nb{end}{smuggled}").as_bytes(),
            "550 5.5.2",
        )
        .await;
    }
    check_message(
        BareNewlines::Normalise,
        format!("Subject: a\n\nb\n.\n{smuggled}").as_bytes(),
        "451 4.3.0",
    )
    .await;
    check_message(BareNewlines::Normalise, b"a\rb\r\n", "550 5.5.2").await;
}

#[tokio::test]
async fn oversized_messages_and_headers_are_refused_at_their_end() {
    let line = "x".repeat(98);
    let lines = |count: usize| format!("{line}\r\n").repeat(count);
    check_message(
        BareNewlines::Reject,
        format!("\r\n{}", lines(39)).as_bytes(),
        "451 4.3.0",
    )
    .await;
    check_message(
        BareNewlines::Reject,
        format!("\r\n{}", lines(40)).as_bytes(),
        "552 5.3.4",
    )
    .await;
    check_message(
        BareNewlines::Reject,
        format!("\r\n{}", lines(4000)).as_bytes(),
        "552 5.3.4",
    )
    .await;
    check_message(
        BareNewlines::Reject,
        format!("A: {}", lines(25)).as_bytes(),
        "552 5.3.4",
    )
    .await;
}

#[tokio::test]
async fn loops_are_broken() {
    let trace = Trace::new(b"key");
    let hop = Hop {
        helo: "client.example",
        address: "127.0.0.1".parse().expect("address"),
        hostname: "exeat.example",
        protocol: "ESMTP",
    };
    let own: String = (0..3)
        .map(|_| {
            trace
                .field(hop, jiff::Timestamp::UNIX_EPOCH)
                .expect("random")
        })
        .collect();
    check_message(
        BareNewlines::Reject,
        format!("{own}\r\nb\r\n").as_bytes(),
        "554 5.4.6",
    )
    .await;
    check_message(
        BareNewlines::Reject,
        "Received: x\r\n".repeat(101).as_bytes(),
        "554 5.4.6",
    )
    .await;
    check_message(
        BareNewlines::Reject,
        "Received: x\r\n".repeat(100).as_bytes(),
        "451 4.3.0",
    )
    .await;
}

#[tokio::test]
async fn a_next_hop_that_is_down_defers_or_spools() {
    for (when, expected) in [
        (NextHopDown::Defer, "451 4.4.1"),
        (NextHopDown::Spool, "250 2.1.0"),
    ] {
        let hop = FakeHop::start(|_, _| Act::Say("421 4.3.2 closed today")).await;
        let mut setting = Setting::of(&hop.address);
        setting.client.when_next_hop_is_down = when;
        let served = setting.serve().await;
        let mut client = served.connect().await;
        client
            .check(
                "EHLO client.example",
                "250-exeat.example\n250-PIPELINING\n250-SIZE 52428800\n250 CHUNKING",
            )
            .await;
        client
            .check("MAIL FROM:<head@greenfold.example>", expected)
            .await;
    }
}

#[tokio::test]
async fn a_next_hop_lost_in_an_envelope_defers_the_rest() {
    let hop = FakeHop::start(|_, line| match line {
        "RCPT TO:<b@b.example>" => Act::Close,
        line => polite(line),
    })
    .await;
    let served = Setting::of(&hop.address).serve().await;
    let mut client = served.greeted().await;
    client
        .send("MAIL FROM:<head@greenfold.example>\r\nRCPT TO:<a@b.example>\r\nRCPT TO:<b@b.example>\r\nRCPT TO:<c@b.example>\r\n")
        .await;
    for expected in ["250", "250", "451 4.4.2", "451 4.4.2"] {
        client.expect(expected).await;
    }
    client.check("RCPT TO:<d@b.example>", "451 4.4.2").await;
    client.check("DATA", "354").await;
}

#[tokio::test]
async fn a_promise_that_cannot_be_kept_is_said() {
    // The first connection, which the promise rests on, can do everything.
    let hop = FakeHop::start(|number, line| match line {
        "RSET" => Act::Close,
        line if line.starts_with("EHLO") && number > 0 => Act::Say("250 plain.example"),
        line => polite(line),
    })
    .await;
    let served = Setting::of(&hop.address).serve().await;
    let mut client = served.greeted().await;
    client
        .check("MAIL FROM:<head@greenfold.example>", "250")
        .await;
    client.check("RSET", "250").await;
    client
        .check("MAIL FROM:<head@greenfold.example> SMTPUTF8", "550 5.6.7")
        .await;
    client
        .check(
            "MAIL FROM:<head@greenfold.example> BODY=8BITMIME",
            "554 5.6.3",
        )
        .await;
    client
        .check("MAIL FROM:<head@greenfold.example> BODY=7BIT", "250")
        .await;
}

#[tokio::test]
async fn schools_are_those_of_sender_and_client() {
    let (one, two) = (FakeHop::polite().await, FakeHop::polite().await);
    let mut setting = Setting::of(&one.address);
    setting.tenants.push(tenant("oakfield", &two.address));
    setting.tenants.push(tenant("elmhurst", &two.address));
    setting.client.schools = vec!["greenfold".to_owned(), "oakfield".to_owned()];
    let served = setting.serve().await;
    let mut client = served.greeted().await;
    for (sender, expected) in [
        ("head@greenfold.example", "250"),
        ("head@oakfield.example", "250"),
        ("head@elmhurst.example", "550 5.7.1"),
        // Whose these are, the header has to say: at MAIL a school stands in.
        ("head@elsewhere.example", "250"),
        ("", "250"),
    ] {
        client
            .check(&format!("MAIL FROM:<{sender}>"), expected)
            .await;
        client.check("RSET", "250").await;
    }
    let senders = |hop: &FakeHop| {
        hop.log()
            .iter()
            .filter(|line| line.contains("MAIL"))
            .count()
    };
    assert_eq!((senders(&one), senders(&two)), (3, 1));
}

#[tokio::test]
async fn limits_on_lines_errors_and_connections_hold() {
    let hop = FakeHop::polite().await;
    let mut setting = Setting::of(&hop.address);
    setting.limits = Limits {
        connections_per_client: 2,
        errors: 2,
        ..Limits::default()
    };
    let served = setting.serve().await;
    let mut client = served.greeted().await;
    client
        .check(&"x".repeat(5000), "500 5.5.2 This line is too long")
        .await;
    let mut second = served.greeted().await;
    let mut third = TestClient::connect(served.address).await;
    third.expect("421 4.3.2").await;
    third.expect_closed().await;
    second.send("NOOP\nNOOP\r\n").await;
    second.expect("500 5.5.2 Lines end with CRLF").await;
    second.expect_closed().await;
    client.check("WHAT", "500").await;
    client.check("WHAT", "421 4.7.0").await;
    client.expect_closed().await;
}

#[tokio::test]
async fn strangers_are_told_what_to_do() {
    let hop = FakeHop::polite().await;
    let mut setting = Setting::of(&hop.address);
    setting.client.networks = vec!["192.0.2.0/24".parse().expect("network")];
    let served = setting.serve().await;
    let mut client = TestClient::connect(served.address).await;
    client.expect("554 5.7.1 127.0.0.1 may not send").await;
    client.expect_closed().await;
}

#[tokio::test]
async fn slow_clients_are_ended() {
    let hop = FakeHop::polite().await;
    let mut setting = Setting::of(&hop.address);
    setting.limits = Limits {
        command_seconds: 0,
        ..Limits::default()
    };
    let served = setting.serve().await;
    let mut client = served.connect().await;
    client.expect("421 4.4.2").await;
    client.expect_closed().await;

    let mut setting = Setting::of(&hop.address);
    setting.limits = Limits {
        data_seconds: 0,
        ..Limits::default()
    };
    let served = setting.serve().await;
    let mut client = served.greeted().await;
    client.send(ENVELOPE).await;
    for expected in ["250", "250", "354", "421 4.4.2"] {
        client.expect(expected).await;
    }
    client.expect_closed().await;
}

#[tokio::test]
async fn a_shutdown_ends_idle_sessions_and_waits_for_messages() {
    let hop = FakeHop::polite().await;
    let served = Setting::of(&hop.address).serve().await;
    let mut idle = served.greeted().await;
    let mut busy = served.greeted().await;
    busy.send(ENVELOPE).await;
    for expected in ["250", "250", "354"] {
        busy.expect(expected).await;
    }
    served.stop.send(true).expect("serving");
    idle.expect("421 4.3.2").await;
    busy.send("a\r\n.\r\n").await;
    busy.expect("451 4.3.0").await;
    busy.expect("421 4.3.2").await;
    tokio::time::timeout(Duration::from_secs(20), served.done)
        .await
        .expect("ends by itself")
        .expect("without a fault");
    drop(served.relay);
}
