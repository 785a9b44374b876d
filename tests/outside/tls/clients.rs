//! Who may relay: by certificate, by a header field, and with both.

use std::fs;
use std::sync::Arc;

use rcgen::ExtendedKeyUsagePurpose;
use rustls::ClientConfig;

use crate::holding::with_name_in_subject;
use crate::postfix::{Postfix, free_port, swaks_with, text};
use crate::relay::{STAFF, innocent, without_trace};
use crate::support::authority::Authority;
use crate::support::client::Client;
use crate::support::exeat::{Exeat, error_of, exeat};
use crate::support::next_hop::{Behaviour, NextHop};
use crate::support::school::Greenfold;

const NAME: &str = "exeat.greenfold.sch.example";
const SENDER: &str = "mail.provider.example";

struct World {
    hop: NextHop,
    authority: Authority,
    school: Greenfold,
}

/// `clients` is the list of entries.
fn world(clients: &str) -> World {
    let hop = NextHop::start(Behaviour::default());
    let authority = Authority::new("Test authority");
    let school = Greenfold::new(hop.address, "");
    fs::write(school.folder().join("ca.pem"), &authority.pem).expect("writable");
    authority.sign(&[NAME]).write(school.folder(), "mail");
    school.listen("certificate = \"mail.pem\"\nkey = \"mail.key\"");
    school.clients(clients);
    World {
        hop,
        authority,
        school,
    }
}

/// The code of MAIL in a session under TLS as this client.
fn mail_under_tls(exeat: &Exeat, client: &Arc<ClientConfig>) -> u16 {
    let (mut connected, _) = Client::greeted(exeat.smtp);
    connected.say("EHLO client.greenfold.sch.example");
    connected.start_tls(client, NAME);
    connected.say(&format!("MAIL FROM:<{STAFF}>")).code
}

#[test]
fn a_client_is_known_by_the_certificate_that_it_shows() {
    let world = world(&format!(
        "{{ network = \"127.0.0.0/8\", certificate = [\"other.example\", \"{SENDER}\"], ca = \"ca.pem\" }}"
    ));
    let exeat = Exeat::serve(&world.school.config());
    let authority = &world.authority;
    let unknown = Authority::new("Another authority");
    for (shown, code) in [
        (None, 530),
        (Some(authority.sign(&[SENDER])), 250),
        (Some(authority.sign(&["*.provider.example"])), 250),
        (Some(authority.sign(&["mx.elsewhere.example"])), 530),
        (Some(authority.sign_until(&[SENDER], 2025)), 530),
        (Some(unknown.sign(&[SENDER])), 530),
        // What a mail server has as a server is good for a client, too.
        (
            Some(authority.sign_with(&[SENDER], |params| {
                params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
            })),
            250,
        ),
        (
            Some(authority.sign_with(&[SENDER], |params| {
                params.extended_key_usages = vec![ExtendedKeyUsagePurpose::CodeSigning];
            })),
            530,
        ),
    ] {
        let found = mail_under_tls(&exeat, &authority.client(shown.as_ref()));
        assert_eq!(found, code, "{shown:?}");
    }
    exeat.wait_for_log(|line| {
        line["fields"]["message"] == "no entry in clients is for this certificate"
            && line["fields"]["certificate"] == "mx.elsewhere.example"
    });
    let mut clear = Client::connect(exeat.smtp);
    assert_eq!(clear.say(&format!("MAIL FROM:<{STAFF}>")).code, 530);
    assert_eq!(clear.say("RCPT TO:<a@b.example>").code, 503);
    assert!(world.hop.accepted().is_empty());
}

#[test]
fn the_first_entry_that_fits_what_was_shown_counts() {
    let world = world(&format!(
        "{{ network = \"127.0.0.1\", certificate = \"{SENDER}\", ca = \"ca.pem\" }}, \
         {{ network = [\"192.0.2.0/24\", \"127.0.0.1\"], schools = [\"elsewhere\"] }}"
    ));
    let exeat = Exeat::serve(&world.school.config());
    let mut clear = Client::connect(exeat.smtp);
    assert_eq!(clear.say(&format!("MAIL FROM:<{STAFF}>")).code, 550);
    let shown = world.authority.sign(&[SENDER]);
    let client = world.authority.client(Some(&shown));
    assert_eq!(mail_under_tls(&exeat, &client), 250);
    assert_eq!(mail_under_tls(&exeat, &world.authority.client(None)), 550);
}

#[test]
fn postfix_and_swaks_show_their_certificates() {
    let world = world(&format!(
        "{{ network = \"127.0.0.1\", certificate = \"{SENDER}\", ca = \"ca.pem\" }}"
    ));
    let exeat = Exeat::serve(&world.school.config());
    let shown = world.authority.sign(&[SENDER]);
    let listens = free_port();
    let services = format!("{listens} inet n - n - - smtpd\n");
    let _postfix = Postfix::start_with(exeat.smtp, &services, |folder| {
        shown.write(folder, "client");
        let folder = folder.display();
        format!(
            "smtp_tls_security_level = encrypt\nsmtp_tls_cert_file = {folder}/client.pem\n\
             smtp_tls_key_file = {folder}/client.key\n"
        )
    });
    let (status, said) = swaks_with(listens, "a@b.example", &innocent("postfix"), &[]);
    assert_eq!(status, Some(0), "{said}");
    world.hop.wait_for(1);
    shown.write(world.school.folder(), "client");
    let file = |ending: &str| {
        let path = world.school.folder().join(format!("client.{ending}"));
        path.display().to_string()
    };
    let (certificate, key) = (file("pem"), file("key"));
    let shows = ["--tls", "--tls-cert", &certificate, "--tls-key", &key];
    let (status, said) = swaks_with(exeat.smtp, "a@b.example", &innocent("swaks"), &shows);
    assert_eq!(status, Some(0), "{said}");
    let (status, said) = swaks_with(exeat.smtp, "a@b.example", &innocent("none"), &["--tls"]);
    assert_eq!(status, Some(23), "MAIL is refused: {said}");
    assert!(said.contains("530 5.7.0"), "{said}");
    world.hop.wait_for(2);
}

#[test]
fn a_message_is_known_by_a_header_field_that_goes_no_further() {
    let world =
        world("{ network = \"127.0.0.1\", header = { name = \"X-Origin\", value = \"b1e5-77\" } }");
    let exeat = Exeat::serve(&world.school.config());
    let send = |fields: &str, message: &[u8]| {
        let message = [fields.as_bytes(), message].concat();
        Client::connect(exeat.smtp).transaction(STAFF, &["a@b.example"], &message)
    };
    for fields in [
        "",
        "X-Origin: other\r\n",
        "X-Origin: b1e5-77\r\nX-Origin: other\r\n",
        "X-Origin: other\r\nX-ORIGIN : b1e5-77\r\n",
    ] {
        let reply = send(fields, &innocent("refused"));
        assert_eq!(reply.code, 550, "{fields}: {reply:?}");
        assert!(reply.text.starts_with("5.7.1 "), "{reply:?}");
    }
    assert!(world.hop.accepted().is_empty());
    assert!(exeat.holds().is_empty());
    let reply = send("X-Origin: b1e5-77\r\n", &innocent("known"));
    assert_eq!(reply.code, 250, "{reply:?}");
    let arrived = world.hop.wait_for(1);
    assert_eq!(without_trace(&arrived[0].message), innocent("known"));
    // What is held has it no more, either.
    let reply = send("X-Origin: b1e5-77\r\n", &with_name_in_subject("held"));
    assert!(reply.text.contains("held"), "{reply:?}");
    let reference = exeat.holds()[0]["reference"].clone();
    let reference = reference.as_str().expect("a reference");
    exeat.command(&["holds", "release", reference, "--reason", "agreed"]);
    let all = world.hop.wait_until(|all| {
        all.iter()
            .any(|one| text(&one.message).contains("Message-ID: <held@"))
    });
    assert!(
        all.iter()
            .all(|one| !text(&one.message).contains("b1e5-77"))
    );
    let log = exeat.end();
    assert!(!log.contains("b1e5-77"), "{log}");
}

#[test]
fn what_opens_the_relay_to_everybody_is_told() {
    let checked = |clients: &str| {
        let world = world(clients);
        let output = exeat(&world.school.config(), &["config", "check"]);
        let said = error_of(&output) + &text(&output.stdout);
        (output.status.code(), said)
    };
    for (clients, provider) in [
        ("\"40.107.0.0/16\"", Some("Exchange Online")),
        (
            "{ network = [\"10.0.0.0/8\", \"209.85.128.0/17\"] }",
            Some("Google"),
        ),
        ("\"0.0.0.0/0\"", Some("all of its customers")),
        // Its certificate is its customers', too.
        (
            "{ network = \"40.92.0.0/15\", certificate = \"mail.protection.example\", ca = \"ca.pem\" }",
            Some("Exchange Online"),
        ),
        (
            "{ network = \"40.92.0.0/15\", header = { name = \"X-Origin\", value = \"b1e5\" } }",
            None,
        ),
        ("\"10.0.0.0/8\"", None),
    ] {
        let (status, said) = checked(clients);
        assert_eq!(status, Some(0), "{said}");
        assert_eq!(
            said.contains("without a `header`"),
            provider.is_some(),
            "{said}"
        );
        assert!(
            provider.is_none_or(|provider| said.contains(provider)),
            "{said}"
        );
    }
    for (clients, words) in [
        (
            "{ network = \"10.0.0.0/8\", certificate = \"a.example\", ca = \"no.pem\" }",
            "no.pem could not be read",
        ),
        (
            "{ network = \"10.0.0.0/8\", ca = \"ca.pem\" }",
            "`ca` needs the name",
        ),
        (
            "{ network = \"10.0.0.0/8\", header = { name = \"X Y\", value = \"b\" } }",
            "no header field has this name",
        ),
    ] {
        let (status, said) = checked(clients);
        assert_eq!(status, Some(2), "{said}");
        let said = said.replace(['\n', '│'], " ");
        let said: Vec<&str> = said.split_whitespace().collect();
        assert!(said.join(" ").contains(words), "no {words:?}: {said:?}");
    }
    let world = world("{ network = \"10.0.0.0/8\", certificate = \"a.example\", ca = \"ca.pem\" }");
    world
        .school
        .rewrite(|text| text.replace("certificate = \"mail.pem\"\nkey = \"mail.key\"\n", ""));
    let output = exeat(&world.school.config(), &["config", "check"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(error_of(&output).contains("only under TLS"));
}
