//! Clients that ask for TLS, and what goes wrong with certificates.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use jiff::{Timestamp, ToSpan};

use crate::postfix::{Postfix, free_port, swaks_with, text};
use crate::relay::{STAFF, innocent, without_trace};
use crate::support::authority::{Authority, Identity};
use crate::support::client::Client;
use crate::support::doctor::told_about;
use crate::support::exeat::{Exeat, error_of, exeat};
use crate::support::next_hop::{Behaviour, NextHop};
use crate::support::school::Greenfold;

const NAME: &str = "exeat.greenfold.sch.example";
const FILES: &str = "certificate = \"mail.pem\"\nkey = \"mail.key\"";

/// A school whose Exeat shows a certificate.
fn school(hop: &NextHop, shown: &Identity, more: &str) -> Greenfold {
    let school = Greenfold::new(hop.address, "");
    shown.write(school.folder(), "mail");
    school.listen(&format!("{FILES}\n{more}"));
    school
}

fn world(more: &str) -> (NextHop, Authority, Greenfold) {
    let hop = NextHop::start(Behaviour::default());
    let authority = Authority::new("Test authority");
    let school = school(&hop, &authority.sign(&[NAME]), more);
    (hop, authority, school)
}

#[test]
fn mail_comes_in_under_starttls() {
    let (hop, authority, school) = world("");
    let exeat = Exeat::serve(&school.config());
    let (mut client, _) = Client::greeted(exeat.smtp);
    let reply = client.say("EHLO client.greenfold.sch.example");
    assert!(reply.text.contains("\nSTARTTLS"), "{reply:?}");
    let reply = client.say("STARTTLS");
    assert_eq!(reply.code, 220, "{reply:?}");
    client
        .handshake(&authority.client(None), NAME)
        .expect("both agree on TLS");
    assert_eq!(client.say(&format!("MAIL FROM:<{STAFF}>")).code, 503);
    let reply = client.say("EHLO client.greenfold.sch.example");
    assert_eq!(reply.code, 250);
    assert!(!reply.text.contains("STARTTLS"), "{reply:?}");
    assert!(reply.text.contains("8BITMIME"), "{reply:?}");
    assert_eq!(client.say("STARTTLS").code, 503);
    // Larger than what one record of TLS holds, and many buffers.
    let long = "A line of a long mail, about nothing.\r\n".repeat(20_000);
    for round in 1..=2 {
        let subject = format!("order-{round}");
        let message = [innocent(&subject), long.clone().into_bytes()].concat();
        let reply = client.transaction(STAFF, &["a@b.example"], &message);
        assert_eq!(reply.code, 250, "{reply:?}");
        let arrived = hop.wait_for(round);
        let arrived = &arrived[round - 1].message;
        assert!(text(arrived).contains("with ESMTPS id "));
        assert!(without_trace(arrived) == message, "byte for byte");
    }
    assert_eq!(client.say("QUIT").code, 221);
}

#[test]
fn what_is_said_before_tls_is_never_taken_for_said_under_it() {
    let (hop, authority, school) = world("");
    let exeat = Exeat::serve(&school.config());
    let before = hop.connections();
    // One segment holds both.
    let mut client = Client::connect(exeat.smtp);
    client.send(format!("STARTTLS\r\nMAIL FROM:<{STAFF}>\r\n").as_bytes());
    assert_eq!(client.reply().code, 554);
    assert_eq!(client.reply().code, 0, "closed");
    // After the answer, and in clear.
    let mut client = Client::connect(exeat.smtp);
    assert_eq!(client.say("STARTTLS").code, 220);
    client.send(format!("MAIL FROM:<{STAFF}>\r\n").as_bytes());
    let rest = text(&client.rest());
    assert!(!rest.contains("250"), "an alert of TLS at most: {rest:?}");
    exeat.wait_for_log(|line| {
        line["fields"]["message"]
            .as_str()
            .is_some_and(|said| said.contains("no agreement on TLS"))
    });
    // An envelope from before does not outlive it, nor does the greeting.
    let mut client = Client::connect(exeat.smtp);
    client.say(&format!("MAIL FROM:<{STAFF}>"));
    assert_eq!(client.say("STARTTLS").code, 503);
    assert_eq!(client.say("RSET").code, 250);
    client.start_tls(&authority.client(None), NAME);
    assert_eq!(client.say("RCPT TO:<a@b.example>").code, 503);
    assert_eq!(client.say("DATA").code, 503);
    assert!(hop.connections() <= before + 1);
    assert!(hop.accepted().is_empty());
}

#[test]
fn what_follows_data_too_soon_is_refused_under_tls_as_well() {
    let (hop, authority, school) = world("");
    let exeat = Exeat::serve(&school.config());
    let mut client = Client::connect(exeat.smtp);
    client.start_tls(&authority.client(None), NAME);
    client.envelope(STAFF, &["a@b.example"]);
    client.send(&[&b"DATA\r\n"[..], &innocent("soon"), b".\r\n"].concat());
    assert_eq!(client.reply().code, 554);
    assert_eq!(client.reply().code, 0, "closed");
    // Who waits is heard, also after chunks.
    let mut client = Client::connect(exeat.smtp);
    client.start_tls(&authority.client(None), NAME);
    client.envelope(STAFF, &["a@b.example"]);
    assert_eq!(client.chunk(&innocent("chunk"), true).code, 250);
    client.envelope(STAFF, &["a@b.example"]);
    assert_eq!(client.data(&innocent("data")).code, 250);
    let arrived = hop.wait_for(2);
    assert_eq!(without_trace(&arrived[0].message), innocent("chunk"));
}

#[test]
fn without_a_certificate_there_is_no_tls() {
    let hop = NextHop::start(Behaviour::default());
    let school = Greenfold::new(hop.address, "");
    let exeat = Exeat::serve(&school.config());
    let (mut client, _) = Client::greeted(exeat.smtp);
    let reply = client.say("EHLO client.greenfold.sch.example");
    assert!(!reply.text.contains("STARTTLS"), "{reply:?}");
    assert_eq!(client.say("STARTTLS").code, 502);
}

#[test]
fn mail_comes_in_under_tls_from_the_first_byte() {
    let (hop, authority, school) = world("smtps = \"127.0.0.1:0\"");
    let exeat = Exeat::serve(&school.config());
    let smtps = exeat.listening("smtps");
    let mut client = Client::under_tls(smtps, &authority.client(None), NAME);
    let reply = client.say("EHLO client.greenfold.sch.example");
    assert!(!reply.text.contains("STARTTLS"), "{reply:?}");
    let reply = client.transaction(STAFF, &["a@b.example"], &innocent("implicit"));
    assert_eq!(reply.code, 250, "{reply:?}");
    assert!(text(&hop.wait_for(1)[0].message).contains("with ESMTPS id "));
    // Who speaks in clear there hears nothing.
    let mut clear = TcpStream::connect(smtps).expect("it listens");
    clear.write_all(b"EHLO a.example\r\n").expect("writable");
    let mut heard = Vec::new();
    let _ = clear.read_to_end(&mut heard);
    assert!(!text(&heard).contains("220"), "{heard:?}");
}

#[test]
fn a_handshake_that_does_not_come_ends() {
    let (_hop, _authority, school) =
        world("smtps = \"127.0.0.1:0\"\nlimits = { command_seconds = 1 }");
    let exeat = Exeat::serve(&school.config());
    let smtps = exeat.listening("smtps");
    // Nothing, and the start of a hello.
    for said in [&b""[..], &[22, 3, 1, 2, 0, 1]] {
        let mut client = TcpStream::connect(smtps).expect("it listens");
        client
            .set_read_timeout(Some(Duration::from_secs(30)))
            .expect("a time");
        client.write_all(said).expect("writable");
        let mut heard = Vec::new();
        let _ = client.read_to_end(&mut heard);
        exeat.wait_for_log(|line| {
            line["fields"]["message"]
                .as_str()
                .is_some_and(|said| said.contains("no agreement on TLS"))
        });
    }
}

#[test]
fn other_programs_agree_with_it_on_tls() {
    let (hop, authority, school) = world("smtps = \"127.0.0.1:0\"");
    fs::write(school.folder().join("ca.pem"), &authority.pem).expect("writable");
    let ca = school.folder().join("ca.pem").display().to_string();
    let exeat = Exeat::serve(&school.config());
    let smtps = exeat.listening("smtps");

    let (status, said) = swaks_with(exeat.smtp, "a@b.example", &innocent("tls"), &["--tls"]);
    assert_eq!(status, Some(0), "{said}");
    let more = ["--tls-on-connect"];
    let (status, said) = swaks_with(smtps, "a@b.example", &innocent("on-connect"), &more);
    assert_eq!(status, Some(0), "{said}");
    let arrived = hop.wait_for(2);
    assert!(
        arrived
            .iter()
            .all(|arrived| text(&arrived.message).contains("with ESMTPS"))
    );

    for protocol in ["-tls1_2", "-tls1_3"] {
        let mut client = Command::new("openssl")
            .args(["s_client", "-quiet", "-starttls", "smtp", protocol])
            .args(["-verify_return_error", "-verify_hostname", NAME])
            .args(["-CAfile", &ca, "-connect", &exeat.smtp.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("openssl is there; tests/run installs what is missing");
        let mut input = client.stdin.take().expect("piped");
        input
            .write_all(b"EHLO c.example\r\nSTARTTLS\r\nQUIT\r\n")
            .expect("it reads");
        let output = client.wait_with_output().expect("it ends");
        let said = text(&output.stdout);
        assert!(said.contains("250-") && said.contains("221 "), "{said}");
        assert!(said.contains("503 5.5.1"), "{said}");
    }
}

#[test]
fn nobody_renegotiates() {
    // The client waits for a handshake until the server has enough of it.
    let (_hop, _authority, school) = world("limits = { command_seconds = 2 }");
    let exeat = Exeat::serve(&school.config());
    let mut client = Command::new("openssl")
        .args(["s_client", "-starttls", "smtp", "-tls1_2", "-connect"])
        .arg(exeat.smtp.to_string())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("openssl is there; tests/run installs what is missing");
    let mut input = client.stdin.take().expect("piped");
    // A line with nothing else asks for a new handshake.
    input.write_all(b"R\n").expect("it reads");
    let output = client.wait_with_output().expect("it ends");
    let said = text(&output.stdout) + &text(&output.stderr);
    assert!(said.contains("RENEGOTIATING"), "{said}");
    assert!(said.contains("no renegotiation"), "{said}");
}

#[test]
fn a_shutdown_waits_for_no_handshake() {
    let (_hop, _authority, school) = world("smtps = \"127.0.0.1:0\"");
    let exeat = Exeat::serve(&school.config());
    let smtps = exeat.listening("smtps");
    let mut silent = TcpStream::connect(smtps).expect("it listens");
    silent.write_all(&[22, 3, 1]).expect("writable");
    let mut waiting = Client::connect(exeat.smtp);
    assert_eq!(waiting.say("STARTTLS").code, 220);
    let asked = Instant::now();
    exeat.end();
    assert!(
        asked.elapsed() < Duration::from_secs(20),
        "{:?}",
        asked.elapsed()
    );
}

#[test]
fn postfix_sends_under_tls_and_verifies_it() {
    let (hop, authority, school) = world("");
    let exeat = Exeat::serve(&school.config());
    let listens = free_port();
    let _postfix = Postfix::start_with(
        exeat.smtp,
        &format!("{listens} inet n - n - - smtpd\n"),
        |folder| {
            let ca = folder.join("ca.pem");
            fs::write(&ca, &authority.pem).expect("writable");
            format!(
                "smtp_tls_security_level = secure\nsmtp_tls_secure_cert_match = {NAME}\n\
                 smtp_tls_CAfile = {}\n",
                ca.display()
            )
        },
    );
    let (status, said) = swaks_with(listens, "a@b.example", &innocent("from-postfix"), &[]);
    assert_eq!(status, Some(0), "{said}");
    let arrived = hop.wait_for(1);
    assert!(text(&arrived[0].message).contains("with ESMTPS id "));
}

#[test]
fn a_wrong_certificate_is_told_before_any_client_meets_it() {
    let (_hop, authority, school) = world("");
    let other = authority.sign(&["other.example"]);
    let fault = |change: &dyn Fn(&Greenfold), expected: &[&str]| {
        let good = fs::read_to_string(school.config()).expect("readable");
        change(&school);
        let output = exeat(&school.config(), &["config", "check"]);
        let said = error_of(&output);
        assert_eq!(output.status.code(), Some(2), "{said}");
        for words in expected {
            assert!(said.contains(words), "no {words:?} in {said}");
        }
        fs::write(school.config(), good).expect("writable");
        authority.sign(&[NAME]).write(school.folder(), "mail");
    };
    let remove = |name: &str| {
        let file = school.folder().join(name);
        move |_: &Greenfold| fs::remove_file(&file).expect("there")
    };
    fault(&remove("mail.pem"), &["mail.pem", "could not be read"]);
    fault(&remove("mail.key"), &["mail.key", "could not be read"]);
    fault(
        &|school| fs::write(school.folder().join("mail.key"), &other.key).expect("writable"),
        &["mail.key: the key does not belong to the certificate"],
    );
    fault(
        &|school| fs::write(school.folder().join("mail.pem"), "nothing").expect("writable"),
        &["mail.pem: there is no certificate"],
    );
    fault(
        &|school| school.rewrite(|text| text.replace("key = \"mail.key\"", "")),
        &["`key` is missing"],
    );
    fault(
        &|school| school.rewrite(|text| text.replace(FILES, "smtps = \"127.0.0.1:0\"")),
        &["`smtps` needs a `certificate`"],
    );
    fault(
        &|school| {
            authority
                .sign_until(&[NAME], 2025)
                .write(school.folder(), "mail")
        },
        &["it ended on 2025-01-01"],
    );
    let output = exeat(&school.config(), &["config", "check"]);
    assert_eq!(output.status.code(), Some(0), "{}", error_of(&output));
    let said = text(&output.stdout);
    assert!(
        said.contains(&format!("certificate for {NAME}, until 2060")),
        "{said}"
    );
}

#[test]
fn doctor_knows_a_listener_under_tls() {
    let at = free_port();
    let (_hop, _authority, school) = world(&format!("smtps = \"{at}\""));
    let line = || told_about(&school.config(), "smtps").remove(0);
    let told = line();
    assert_eq!(told["what"], format!("{at}: free"));
    let _exeat = Exeat::serve(&school.config());
    let told = line();
    assert_eq!(told["what"], format!("{at}: Exeat answers"));
}

#[test]
fn doctor_tells_when_a_certificate_ends() {
    let (_hop, authority, school) = world("");
    let line = || told_about(&school.config(), "certificate").remove(0);
    let told = line();
    assert_eq!(told["state"], "ok", "{told}");
    assert!(
        told["what"]
            .as_str()
            .is_some_and(|what| what.contains(NAME))
    );
    let in_days = |days: i64| {
        let end = Timestamp::now() + (days * 24 + 1).hours();
        let shown = authority.sign_with(&[NAME, "mail.example"], |params| {
            params.not_after = (std::time::SystemTime::UNIX_EPOCH
                + Duration::from_secs(end.as_second().unsigned_abs()))
            .into();
        });
        shown.write(school.folder(), "mail");
        line()
    };
    let told = in_days(22);
    assert_eq!(told["state"], "ok", "{told}");
    let told = in_days(20);
    assert_eq!(told["state"], "warning", "{told}");
    let what = told["what"].as_str().expect("words");
    assert!(
        what.contains("in 20 days") && what.contains("mail.example"),
        "{what}"
    );
    let told = in_days(-1);
    assert_eq!(told["state"], "fault", "{told}");
}

#[test]
fn a_new_certificate_is_taken_up_and_a_wrong_one_is_not() {
    let (_hop, authority, school) = world("");
    let exeat = Exeat::serve(&school.config());
    let client = authority.client(None);
    let shown = |name: &str| {
        let mut connected = Client::connect(exeat.smtp);
        assert_eq!(connected.say("STARTTLS").code, 220);
        connected.handshake(&client, name).is_ok()
    };
    let logged = |words: &str| {
        exeat.wait_for_log(|line| {
            line["fields"]["message"]
                .as_str()
                .is_some_and(|said| said.contains(words))
        });
    };
    assert!(shown(NAME) && !shown("new.example"));
    // By the change alone.
    authority
        .sign(&["new.example"])
        .write(school.folder(), "mail");
    logged("configuration reloaded");
    assert!(shown("new.example") && !shown(NAME));
    // A key that is another's.
    let key = authority.sign(&[NAME]).key;
    fs::write(school.folder().join("mail.key"), key).expect("writable");
    exeat.signal("HUP");
    logged("the old one stays");
    assert!(shown("new.example"));
    // One that has ended.
    authority
        .sign_until(&[NAME], 2025)
        .write(school.folder(), "mail");
    exeat.signal("HUP");
    logged("the certificate has ended");
    logged("the certificate before it stays in use");
    logged("configuration reloaded");
    assert!(shown("new.example"));
    // And a good one again, for whoever comes next.
    authority.sign(&[NAME]).write(school.folder(), "mail");
    exeat.signal("HUP");
    logged("configuration reloaded");
    assert!(shown(NAME));
}
