//! Clients that sign in (SMTP AUTH).

use std::io::Write;
use std::process::{Command, Output, Stdio};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::postfix::{swaks_with, text};
use crate::relay::{STAFF, innocent};
use crate::support::authority::Authority;
use crate::support::client::Client;
use crate::support::exeat::{BINARY, Exeat, error_of, exeat};
use crate::support::next_hop::{Behaviour, NextHop};
use crate::support::school::Greenfold;

const NAME: &str = "exeat.greenfold.sch.example";
const PASSWORD: &str = "Otter & kettle 1742";

fn hash(password: &str) -> Output {
    let mut command = Command::new(BINARY)
        .args(["account", "hash"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary runs");
    let mut input = command.stdin.take().expect("piped");
    input.write_all(password.as_bytes()).expect("it reads");
    drop(input);
    command.wait_with_output().expect("it ends")
}

/// An account with the usual password.
fn account(name: &str, more: &str) -> String {
    let output = hash(&format!("{PASSWORD}\n"));
    assert!(output.status.success(), "{}", error_of(&output));
    let hash = text(&output.stdout);
    format!(
        "[[listen.account]]\nname = \"{name}\"\npassword_hash = \"{}\"\n{more}\n",
        hash.trim_end()
    )
}

struct World {
    hop: NextHop,
    authority: Authority,
    school: Greenfold,
}

/// `clients` is the list of entries.
fn world(clients: &str, accounts: &str) -> World {
    let hop = NextHop::start(Behaviour::default());
    let authority = Authority::new("Test authority");
    let school = Greenfold::with_head(hop.address, accounts, "");
    authority.sign(&[NAME]).write(school.folder(), "mail");
    school.listen("certificate = \"mail.pem\"\nkey = \"mail.key\"");
    school.clients(clients);
    World {
        hop,
        authority,
        school,
    }
}

fn plain(name: &str, password: &str) -> String {
    format!(
        "AUTH PLAIN {}",
        STANDARD.encode(format!("\0{name}\0{password}"))
    )
}

/// A client under TLS, which was offered to sign in.
fn connect(world: &World, exeat: &Exeat) -> Client {
    let (mut client, _) = Client::greeted(exeat.smtp);
    let offers = client.say("EHLO client.greenfold.sch.example");
    assert!(!offers.text.contains("AUTH"), "never in clear: {offers:?}");
    let offers = client.start_tls(&world.authority.client(None), NAME);
    assert!(offers.text.contains("\nAUTH PLAIN"), "{offers:?}");
    client
}

#[test]
fn who_signs_in_may_send_from_anywhere() {
    let world = world("\"192.0.2.0/24\"", &account("copier", ""));
    let exeat = Exeat::serve(&world.school.config());
    let mut clear = Client::connect(exeat.smtp);
    assert_eq!(clear.say(&plain("copier", PASSWORD)).code, 538);
    assert_eq!(clear.say(&format!("MAIL FROM:<{STAFF}>")).code, 530);

    let mut client = connect(&world, &exeat);
    assert_eq!(client.say(&format!("MAIL FROM:<{STAFF}>")).code, 530);
    assert_eq!(client.say("AUTH LOGIN").code, 504);
    assert_eq!(client.say("AUTH PLAIN").code, 334);
    assert_eq!(client.say("*").code, 501);
    assert_eq!(client.say("AUTH PLAIN !!").code, 501);
    assert_eq!(client.say(&plain("copier", "wrong")).code, 535);
    assert_eq!(client.say(&plain("nobody", PASSWORD)).code, 535);
    let acting = STANDARD.encode(format!("head\0copier\0{PASSWORD}"));
    assert_eq!(client.say(&format!("AUTH PLAIN {acting}")).code, 501);
    assert_eq!(client.say(&format!("MAIL FROM:<{STAFF}>")).code, 530);
    assert_eq!(client.say("AUTH PLAIN").code, 334);
    let response = STANDARD.encode(format!("\0copier\0{PASSWORD}"));
    assert_eq!(client.say(&response).code, 235);
    assert_eq!(client.say(&plain("copier", PASSWORD)).code, 503);
    let reply = client.say(&format!("MAIL FROM:<{STAFF}> AUTH=<>"));
    assert_eq!(reply.code, 250, "{reply:?}");
    assert_eq!(client.say("RCPT TO:<a@b.example>").code, 250);
    assert_eq!(client.data(&innocent("signed-in")).code, 250);
    let arrived = &world.hop.wait_for(1)[0];
    assert!(text(&arrived.message).contains("with ESMTPSA id "));
    assert!(!arrived.mail.contains("AUTH"), "{}", arrived.mail);
    let log = exeat.end();
    assert!(log.contains("\"account\":\"copier\""), "{log}");
    for secret in ["Otter", "argon2", "wrong\"", "nobody", &response] {
        assert!(!log.contains(secret), "{secret} in {log}");
    }
}

#[test]
fn an_account_has_its_own_rights() {
    let accounts = account("elsewhere", "schools = [\"elsewhere\"]") + &account("all", "");
    let world = world("\"127.0.0.1\"", &accounts);
    let exeat = Exeat::serve(&world.school.config());
    for (name, code) in [("elsewhere", 550), ("all", 250)] {
        let mut client = connect(&world, &exeat);
        assert_eq!(client.say(&plain(name, PASSWORD)).code, 235);
        let reply = client.say(&format!("MAIL FROM:<{STAFF}>"));
        assert_eq!(reply.code, code, "{name}: {reply:?}");
    }
    // Its network may send without, as before.
    let mut clear = Client::connect(exeat.smtp);
    assert_eq!(clear.say(&format!("MAIL FROM:<{STAFF}>")).code, 250);
}

#[test]
fn swaks_signs_in() {
    let world = world("\"192.0.2.0/24\"", &account("copier", ""));
    let exeat = Exeat::serve(&world.school.config());
    let with = |password: &'static str| {
        let words = [
            "--tls",
            "--auth",
            "PLAIN",
            "--auth-user",
            "copier",
            "--auth-password",
            password,
        ];
        swaks_with(exeat.smtp, "a@b.example", &innocent("swaks"), &words)
    };
    let (status, said) = with(PASSWORD);
    assert_eq!(status, Some(0), "{said}");
    let (status, said) = with("wrong");
    assert_eq!(status, Some(28), "signing in fails: {said}");
    world.hop.wait_for(1);
}

#[test]
fn passwords_are_not_guessed_at_leisure() {
    let world = world("\"192.0.2.0/24\"", &account("copier", ""));
    let exeat = Exeat::serve(&world.school.config());
    for number in 0..5 {
        // A session for each changes nothing.
        let mut client = connect(&world, &exeat);
        assert_eq!(client.say(&plain("copier", &number.to_string())).code, 535);
    }
    let mut client = connect(&world, &exeat);
    let reply = client.say(&plain("copier", PASSWORD));
    assert_eq!(reply.code, 454, "even the right one: {reply:?}");
    exeat.wait_for_log(|line| line["fields"]["message"] == "no more tries to sign in for a while");
}

#[test]
fn hashes_are_made_and_looked_at() {
    let output = hash("too short\n");
    assert_eq!(output.status.code(), Some(2));
    assert!(error_of(&output).contains("at least 10 characters"));
    let (one, two) = (hash(PASSWORD), hash(&format!("{PASSWORD}\r\n")));
    assert!(text(&one.stdout).starts_with("$argon2id$"));
    assert_ne!(one.stdout, two.stdout, "each has its own salt");

    let checked = |accounts: &str, change: &dyn Fn(&str) -> String| {
        let world = world("\"127.0.0.1\"", accounts);
        world.school.rewrite(change);
        let output = exeat(&world.school.config(), &["config", "check"]);
        let said = error_of(&output).replace(['\n', '│'], " ");
        let said: Vec<&str> = said.split_whitespace().collect();
        (output.status.code(), said.join(" "))
    };
    let same = |text: &str| text.to_owned();
    let good = account("copier", "");
    assert_eq!(checked(&good, &same).0, Some(0));
    for (accounts, change, words) in [
        (
            good.replace("$argon2id", "$argon2x"),
            &same as &dyn Fn(&str) -> String,
            "is what `exeat account hash` prints",
        ),
        (
            format!("{good}{good}"),
            &same,
            "another account has the same name",
        ),
        (good.replace("copier", ""), &same, "an account has a name"),
        (
            good.clone(),
            &|text: &str| text.replace("certificate = \"mail.pem\"\nkey = \"mail.key\"\n", ""),
            "accounts sign in only under TLS",
        ),
    ] {
        let (status, said) = checked(&accounts, change);
        assert_eq!(status, Some(2), "{said}");
        assert!(said.contains(words), "no {words:?}: {said}");
        assert!(!said.contains("$argon2"), "{said}");
    }
}
