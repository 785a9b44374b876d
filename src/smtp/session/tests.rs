//! Dialogues: which answer a command gets, and when.

use super::*;

const LIMITS: Limits = Limits {
    line: 2048,
    header: 1000,
    message_size: 5000,
    recipients: 2,
    errors: 4,
    command_seconds: 1,
    data_seconds: 1,
    data_rate: 1,
    data_grace_seconds: 1,
    session_seconds: 1,
    session_messages: 2,
    connections: 1,
    connections_per_client: 1,
    messages_per_minute: 0,
    messages_per_minute_per_client: 0,
    bytes_in_flight: 5000,
    bytes_in_flight_per_client: 5000,
    screen_deadline: 1,
    give_back_seconds: 1,
    drain_seconds: 1,
};

/// Runs a dialogue of lines `command => code`. The next hop accepts all
/// but addresses that begin with `no`; messages are taken with 250.
fn check(promised: Extensions, dialogue: &str) {
    check_with(Session::default(), promised, dialogue);
}

fn check_with(mut session: Session, promised: Extensions, dialogue: &str) {
    for line in dialogue
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
    {
        let (command, expected) = line.split_once(" => ").expect("command => code");
        let refused = |text: &str| if text.starts_with("no") { 550 } else { 250 };
        let step = if session.awaits_response() {
            session.response(command.as_bytes(), &LIMITS)
        } else {
            session.take(Command::parse(command.as_bytes()), &LIMITS)
        };
        let code = match step {
            Step::Answer(reply) | Step::Reset(reply) | Step::Close(reply) => reply.code(),
            Step::Promise => {
                session.promise(Extensions::promise([promised], LIMITS.message_size));
                250
            }
            Step::Mail(mail) => {
                let code = refused(mail.reverse_path.map_or("", |path| path.text));
                session.mail_answered(code == 250);
                code
            }
            Step::Rcpt(rcpt) => {
                let code = refused(rcpt.path.text);
                session.rcpt_answered(code == 250);
                code
            }
            Step::Data => {
                session.message_ended();
                354
            }
            Step::Chunk(chunk) => {
                let taken = chunk.size < 100;
                if chunk.last {
                    session.message_ended();
                } else {
                    session.chunk_ended(taken);
                }
                if taken { 250 } else { 552 }
            }
            Step::Skip(_, reply) | Step::Spoil(reply) => reply.code(),
            Step::StartTls => {
                session.encrypted();
                220
            }
            Step::Challenge(reply) => reply.code(),
            Step::SignIn(_) => {
                session.signed_in();
                235
            }
            Step::Forwarded(_) => 250,
            Step::Instead(_) => {
                session.begin_anew();
                220
            }
        };
        assert_eq!(code.to_string(), expected, "{command}\nin {dialogue}");
    }
}

#[test]
fn commands_come_in_their_order() {
    check(
        Extensions::OWN,
        "
        NOOP => 250
        MAIL FROM:<a@b.example> => 503
        RCPT TO:<a@b.example> => 503
        EHLO c.example => 250
        DATA => 503
    ",
    );
    check(
        Extensions::OWN,
        "
        EHLO c.example => 250
        MAIL FROM:<a@b.example> => 250
        MAIL FROM:<a@b.example> => 503
        DATA => 503
        RCPT TO:<no@b.example> => 550
        DATA => 503
        RCPT TO:<a@b.example> => 250
        RCPT TO:<no@b.example> => 550
        DATA => 354
        DATA => 503
    ",
    );
    check(
        Extensions::OWN,
        "
        HELO c.example => 250
        MAIL FROM:<> => 250
        RSET => 250
        RCPT TO:<a@b.example> => 503
        MAIL FROM:<no@b.example> => 550
        RCPT TO:<a@b.example> => 503
        MAIL FROM:<> => 250
        EHLO c.example => 250
        RCPT TO:<a@b.example> => 503
        VRFY a => 252
        HELP => 214
        QUIT => 221
    ",
    );
}

#[test]
fn encryption_comes_once_and_forgets_what_was_said() {
    let offered = || {
        let mut session = Session::default();
        session.offer_tls(true);
        session
    };
    check_with(
        offered(),
        Extensions::OWN,
        "
        STARTTLS => 503
        EHLO c.example => 250
        MAIL FROM:<a@b.example> => 250
        STARTTLS => 503
        RSET => 250
        STARTTLS now => 501
        STARTTLS => 220
        NOOP => 250
    ",
    );
    check_with(
        offered(),
        Extensions::OWN,
        "
        EHLO c.example => 250
        STARTTLS => 220
        MAIL FROM:<a@b.example> => 503
        EHLO c.example => 250
        STARTTLS => 503
        MAIL FROM:<a@b.example> => 250
    ",
    );
    check(
        Extensions::OWN,
        "
        EHLO c.example => 250
        STARTTLS => 502
    ",
    );
    let mut session = offered();
    assert_eq!(session.own_keywords(), ["CHUNKING", "STARTTLS"]);
    let limits = LIMITS;
    session.take(Ok(Command::Ehlo("c.example")), &limits);
    session.promise(Extensions::OWN);
    assert_eq!(session.protocol(), "ESMTP");
    session.encrypted();
    assert_eq!((session.helo(), session.protocol()), ("", "SMTP"));
    session.offer_tls(true);
    assert_eq!(session.own_keywords(), ["CHUNKING"]);
    session.promise(Extensions::OWN);
    assert_eq!(session.protocol(), "ESMTPS");
}

#[test]
fn who_has_not_shown_who_it_is_sends_nothing() {
    let mut session = Session::default();
    session.bar(true);
    check_with(
        session,
        Extensions::OWN,
        "
        EHLO c.example => 250
        MAIL FROM:<a@b.example> => 530
        RCPT TO:<a@b.example> => 503
        NOOP => 250
        DATA => 503
    ",
    );
}

#[test]
fn signing_in_takes_encryption_and_its_time() {
    let possible = || {
        let mut session = Session::default();
        session.offer_sign_in(true);
        session
    };
    let encrypted = || {
        let mut session = possible();
        session.encrypted();
        session.offer_sign_in(true);
        session
    };
    assert!(!possible().own_keywords().contains(&"AUTH PLAIN"));
    assert!(encrypted().own_keywords().contains(&"AUTH PLAIN"));
    check_with(
        possible(),
        Extensions::OWN,
        "
        EHLO c.example => 250
        AUTH PLAIN AGEAYg== => 538
    ",
    );
    check_with(
        encrypted(),
        Extensions::OWN,
        "
        AUTH PLAIN AGEAYg== => 503
        EHLO c.example => 250
        MAIL FROM:<a@b.example> => 250
        AUTH PLAIN AGEAYg== => 503
        RSET => 250
        AUTH LOGIN => 504
        AUTH PLAIN AGEAYg== => 235
        AUTH PLAIN AGEAYg== => 503
    ",
    );
    check_with(
        encrypted(),
        Extensions::OWN,
        "
        EHLO c.example => 250
        AUTH PLAIN => 334
        * => 501
        AUTH PLAIN => 334
        QUIT => 501
        AUTH plain => 334
        AGEAYg== => 235
        MAIL FROM:<a@b.example> => 250
    ",
    );
    check_with(
        encrypted(),
        Extensions::OWN,
        "
        EHLO c.example => 250
        AUTH => 501
        AUTH PLAIN a b => 501
        AUTH PLAIN = => 501
    ",
    );
    check(
        Extensions::OWN,
        "
        EHLO c.example => 250
        AUTH PLAIN => 502
    ",
    );
    let mut session = encrypted();
    session.promise(Extensions::OWN);
    session.signed_in();
    assert_eq!(session.protocol(), "ESMTPSA");
    session.offer_sign_in(true);
    assert_eq!(session.protocol(), "ESMTPSA", "EHLO changes nothing");
}

#[test]
fn only_a_proxy_speaks_for_others() {
    let mut session = Session::default();
    session.trust_as_proxy(true);
    check_with(
        session,
        Extensions::OWN,
        "
        XFORWARD ADDR=192.0.2.1 => 503
        EHLO c.example => 250
        XFORWARD ADDR=192.0.2.1 => 250
        MAIL FROM:<a@b.example> => 250
        XFORWARD ADDR=192.0.2.1 => 503
        XCLIENT ADDR=192.0.2.1 => 503
        RSET => 250
        XCLIENT ADDR=192.0.2.1 => 220
        MAIL FROM:<a@b.example> => 503
    ",
    );
    check(
        Extensions::OWN,
        "
        EHLO c.example => 250
        XFORWARD ADDR=192.0.2.1 => 502
        XCLIENT ADDR=192.0.2.1 => 502
        XCLIENT ADDR=nowhere => 501
    ",
    );
}

#[test]
fn parameters_are_those_that_were_promised() {
    check(
        Extensions::OWN,
        "
        EHLO c.example => 250
        MAIL FROM:<a@b.example> SIZE=5000 BODY=8bitmime SMTPUTF8 RET=HDRS ENVID=x => 250
        RCPT TO:<ä@b.example> NOTIFY=NEVER ORCPT=rfc822;a@b.example => 250
        RSET => 250
        MAIL FROM:<a@b.example> SIZE=5001 => 552
        MAIL FROM:<a@b.example> SIZE=99999999999999999999 => 552
        MAIL FROM:<ä@b.example> => 553
        MAIL FROM:<a@b.example> => 250
        RCPT TO:<ä@b.example> => 553
        RCPT TO:<a@b.example> => 250
        DATA => 354
    ",
    );
    for (line, code) in [
        ("SIZE=x", 501),
        ("SIZE", 501),
        ("SIZE=111111111111111111111", 501),
        ("BODY=BINARYMIME", 501),
        ("SMTPUTF8=yes", 501),
        ("RET=SOME", 501),
        ("AUTH=<>", 555),
        ("REQUIRETLS=1", 501),
    ] {
        check(
            Extensions::OWN,
            &format!("EHLO c.example => 250\nMAIL FROM:<a@b.example> {line} => {code}"),
        );
    }
    for (promised, code) in [(Extensions::OWN, 250), (Extensions::LEAST, 550)] {
        let asked = "MAIL FROM:<a@b.example> REQUIRETLS";
        check(
            promised,
            &format!("EHLO c.example => 250\n{asked} => {code}"),
        );
    }
    let none = Extensions::default();
    check(
        none,
        "
        EHLO c.example => 250
        MAIL FROM:<a@b.example> BODY=8BITMIME => 555
        MAIL FROM:<a@b.example> SMTPUTF8 => 555
        MAIL FROM:<a@b.example> SIZE=10 => 250
        RCPT TO:<a@b.example> NOTIFY=NEVER => 555
    ",
    );
    check(
        Extensions::OWN,
        "
        HELO c.example => 250
        MAIL FROM:<a@b.example> SIZE=10 => 555
        MAIL FROM:<a@b.example> => 250
    ",
    );
}

#[test]
fn limits_end_recipients_errors_and_messages() {
    check(
        Extensions::OWN,
        "
        EHLO c.example => 250
        MAIL FROM:<> => 250
        RCPT TO:<a@b.example> => 250
        RCPT TO:<no@b.example> => 550
        RCPT TO:<b@b.example> => 250
        RCPT TO:<c@b.example> => 452
        DATA => 354
    ",
    );
    check(
        Extensions::OWN,
        "
        NONSENSE => 500
        MAIL => 501
        EXPN x => 502
        NOOP => 250
        DATA => 503
        DATA => 421
    ",
    );
    check(
        Extensions::OWN,
        "
        EHLO c.example => 250
        MAIL FROM:<> => 250
        RCPT TO:<a@b.example> => 250
        DATA => 354
        MAIL FROM:<> => 250
        RCPT TO:<a@b.example> => 250
        DATA => 354
        MAIL FROM:<> => 421
    ",
    );
}

#[test]
fn a_pipelined_transaction_closes_when_mail_is_refused() {
    let mut session = Session::default();
    let mut take = |line: &'static str| {
        let step = session.take(Command::parse(line.as_bytes()), &LIMITS);
        matches!(step, Step::Mail(_) | Step::Rcpt(_))
    };
    take("EHLO c.example");
    assert!(take("MAIL FROM:<a@b.example>") && take("RCPT TO:<a@b.example>"));
    session.mail_answered(false);
    session.rcpt_answered(true);
    assert!(!session.is_open());
    let step = session.take(Ok(Command::Data), &LIMITS);
    assert_eq!(step, Step::Answer(NO_MAIL));
}

#[test]
fn chunks_have_their_order() {
    check(
        Extensions::OWN,
        "
        BDAT 1 => 503
        EHLO c.example => 250
        BDAT 1 => 503
        MAIL FROM:<a@b.example> => 250
        BDAT 1 => 503
        BDAT 1 LAST => 503
        RCPT TO:<no@b.example> => 550
        BDAT 1 => 503
        RCPT TO:<a@b.example> => 250
        BDAT 1 => 250
        RCPT TO:<c@b.example> => 503
        MAIL FROM:<a@b.example> => 503
        NOOP => 250
        BDAT 0 => 250
        BDAT 0 LAST => 250
        BDAT 0 LAST => 503
        DATA => 503
    ",
    );
    check(
        Extensions::OWN,
        "
        EHLO c.example => 250
        MAIL FROM:<a@b.example> => 250
        RCPT TO:<a@b.example> => 250
        BDAT 1 => 250
        DATA => 503
        BDAT 1 LAST => 503
        RSET => 250
        MAIL FROM:<a@b.example> => 250
        RCPT TO:<a@b.example> => 250
        DATA => 354
        BDAT 1 LAST => 503
    ",
    );
    check(
        Extensions::OWN,
        "
        EHLO c.example => 250
        MAIL FROM:<a@b.example> => 250
        RCPT TO:<a@b.example> => 250
        BDAT 100 => 552
        BDAT 1 => 503
        BDAT 1 LAST => 503
        BDAT 1 => 503
        BDAT 1 => 503
        BDAT 1 => 503
        BDAT 1 => 503
        RSET => 250
        MAIL FROM:<a@b.example> => 250
        RCPT TO:<a@b.example> => 250
        BDAT 100 LAST => 552
        MAIL FROM:<a@b.example> => 250
        BDAT x => 501
    ",
    );
}

#[test]
fn parameters_of_status_reports_are_sound() {
    let check = |mail: &str, rcpt: &str, expected: u16| {
        let mut session = Session::default();
        session.promise(Extensions::OWN);
        session.take(Ok(Command::Ehlo("c.example")), &LIMITS);
        for line in [
            format!("MAIL FROM:<a@b.example> {mail}"),
            format!("RCPT TO:<a@b.example> {rcpt}"),
        ] {
            match session.take(Command::parse(line.as_bytes()), &LIMITS) {
                Step::Mail(_) => {}
                Step::Rcpt(_) => assert_eq!(expected, 250, "{mail} {rcpt}"),
                Step::Answer(reply) => return assert_eq!(reply.code(), expected, "{mail} {rcpt}"),
                step => panic!("{step:?}"),
            }
        }
    };
    let (hundred, long) = ("x".repeat(100), "x".repeat(493));
    for sound in [
        "RET=full ENVID=QQ314159",
        "ENVID=a+2Bb+3Dc+20d",
        &format!("ENVID={hundred}"),
    ] {
        check(sound, "", 250);
    }
    for broken in [
        "ENVID=a+",
        "ENVID=a+2",
        "ENVID=a+xy",
        "ENVID=a+0D+0AMAIL",
        "ENVID=a+00",
        "ENVID=a+C3+A4",
        "ENVID=ä",
        &format!("ENVID={hundred}x"),
        "RET=",
        "RET=HDRS RET=FULL",
        "ENVID=a ENVID=b",
    ] {
        check(broken, "", 501);
    }
    for sound in [
        "NOTIFY=NEVER",
        "NOTIFY=success,Failure,DELAY ORCPT=rfc822;A+2Bx@b.example",
        "ORCPT=x-own-kind;anything",
        &format!("ORCPT=rfc822;{long}"),
    ] {
        check("", sound, 250);
    }
    for broken in [
        "NOTIFY",
        "NOTIFY=",
        "NOTIFY=ALWAYS",
        "NOTIFY=NEVER,SUCCESS",
        "NOTIFY=SUCCESS,SUCCESS",
        "NOTIFY=SUCCESS,",
        "NOTIFY=SUCCESS NOTIFY=DELAY",
        "ORCPT=a@b.example",
        "ORCPT=rfc822;",
        "ORCPT=;a@b.example",
        "ORCPT=rfc_822;a@b.example",
        "ORCPT=rfc822;a+@b.example",
        "ORCPT=rfc822;a+0D+0ARCPT",
        "ORCPT=utf-8;ä@b.example",
        &format!("ORCPT=rfc822;{long}x"),
    ] {
        check("", broken, 501);
    }
    check("SMTPUTF8", "ORCPT=utf-8;ä@b.example", 250);
    check("SMTPUTF8", "ORCPT=rfc822;ä@b.example", 501);
    check("", "ORCPT=utf-8;\\x{E4}@b.example", 250);
    check("", "NOTIFIED=NEVER", 555);
}
