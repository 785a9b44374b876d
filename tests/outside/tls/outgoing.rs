//! Next hops that encrypt, that should, and that only seem to.

use std::fs;
use std::sync::Arc;

use crate::postfix::{Postfix, free_port, text};
use crate::relay::{STAFF, innocent};
use crate::support::authority::{Authority, Identity};
use crate::support::client::{Client, Reply};
use crate::support::doctor::told_about;
use crate::support::exeat::{Exeat, error_of, exeat};
use crate::support::next_hop::{Behaviour, NextHop};
use crate::support::school::Greenfold;

const NAME: &str = "mx.supplier.example";

/// A next hop that offers STARTTLS with this.
fn showing(identity: &Identity) -> Behaviour {
    Behaviour {
        tls: Some(identity.server()),
        ..Behaviour::default()
    }
}

/// A school with these lines under `[next_hop]`, and the authority's file.
fn school(hop: &NextHop, authority: &Authority, lines: &str) -> Greenfold {
    let school = Greenfold::new(hop.address, "");
    fs::write(school.folder().join("ca.pem"), &authority.pem).expect("writable");
    school.rewrite(|text| text.replacen("[next_hop]\n", &format!("[next_hop]\n{lines}\n"), 1));
    school
}

fn required(more: &str) -> String {
    format!("tls = \"required\"\nca = \"ca.pem\"\n{more}")
}

fn send(exeat: &Exeat, subject: &str) -> Reply {
    Client::connect(exeat.smtp).transaction(STAFF, &["a@b.example"], &innocent(subject))
}

/// Nothing of any message was said in clear.
#[track_caller]
fn assert_discreet(hop: &NextHop) {
    let heard = hop.heard_in_clear();
    let discreet = |line: &String| {
        ["EHLO ", "HELO ", "STARTTLS", "QUIT"]
            .iter()
            .any(|verb| line.starts_with(verb))
    };
    assert!(heard.iter().all(discreet), "{heard:?}");
    assert!(!heard.is_empty(), "it was spoken to");
}

#[test]
fn whoever_offers_encryption_is_taken_up_on_it() {
    let authority = Authority::new("Test authority");
    let unknown = Authority::new("Another authority");
    for identity in [
        authority.sign(&[NAME]),
        authority.sign_until(&[NAME], 2025),
        authority.sign(&["elsewhere.example"]),
        unknown.sign(&[NAME]),
    ] {
        let hop = NextHop::start(showing(&identity));
        let school = school(&hop, &authority, "");
        let exeat = Exeat::serve(&school.config());
        let reply = send(&exeat, "opportunistic");
        assert_eq!(reply.code, 250, "{reply:?}");
        assert!(hop.wait_for(1)[0].encrypted);
        assert_discreet(&hop);
    }
}

#[test]
fn without_encryption_mail_goes_where_it_is_not_required() {
    let authority = Authority::new("Test authority");
    let identity = authority.sign(&[NAME]);
    for (lines, behaviour) in [
        ("", Behaviour::default()),
        ("tls = \"none\"", showing(&identity)),
        // Offered, and then refused or broken off.
        (
            "tls = \"opportunistic\"",
            Behaviour {
                starttls: Some("454 4.7.0 not now"),
                ..showing(&identity)
            },
        ),
        (
            "tls = \"opportunistic\"",
            Behaviour {
                starttls: Some("220 2.0.0 I only say so"),
                ..showing(&identity)
            },
        ),
    ] {
        let hop = NextHop::start(behaviour);
        let school = school(&hop, &authority, lines);
        let exeat = Exeat::serve(&school.config());
        let reply = send(&exeat, "clear");
        assert_eq!(reply.code, 250, "{lines}: {reply:?}");
        assert!(!hop.wait_for(1)[0].encrypted);
    }
}

#[test]
fn where_it_is_required_the_right_one_gets_mail() {
    let authority = Authority::new("Test authority");
    for (names, lines) in [
        ([NAME].as_slice(), required(&format!("name = \"{NAME}\""))),
        (
            &["*.supplier.example"],
            required(&format!("name = \"{NAME}\"")),
        ),
        // Its address is an IP, and the certificate says so.
        (&["127.0.0.1"], required("")),
    ] {
        let hop = NextHop::start(showing(&authority.sign(names)));
        let school = school(&hop, &authority, &lines);
        let exeat = Exeat::serve(&school.config());
        for round in 0..2 {
            let reply = send(&exeat, &format!("required-{round}"));
            assert_eq!(reply.code, 250, "{names:?}: {reply:?}");
        }
        assert!(hop.wait_for(2).iter().all(|delivery| delivery.encrypted));
        assert_discreet(&hop);
    }
}

#[test]
fn where_it_is_required_nobody_else_gets_a_word() {
    let authority = Authority::new("Test authority");
    let unknown = Authority::new("Another authority");
    let good = authority.sign(&[NAME]);
    let named = required(&format!("name = \"{NAME}\""));
    for (behaviour, lines, code, why) in [
        (
            showing(&authority.sign_until(&[NAME], 2025)),
            &named,
            "4.7.5",
            "certificate expired",
        ),
        (
            showing(&authority.sign(&["elsewhere.example"])),
            &named,
            "4.7.5",
            "not valid for name",
        ),
        (
            showing(&unknown.sign(&[NAME])),
            &named,
            "4.7.5",
            "UnknownIssuer",
        ),
        (showing(&good), &required(""), "4.7.5", "not valid for name"),
        // STARTTLS withdrawn, refused, followed by more, and not meant.
        (
            Behaviour::default(),
            &named,
            "4.7.4",
            "offers no encryption",
        ),
        (
            Behaviour {
                starttls: Some("454 4.7.0 not now"),
                ..showing(&good)
            },
            &named,
            "4.7.4",
            "offers no encryption",
        ),
        (
            Behaviour {
                starttls: Some("220 2.0.0 go on\r\n250 2.0.0 and more"),
                ..showing(&good)
            },
            &named,
            "4.7.5",
            "said more before its handshake",
        ),
        (
            Behaviour {
                starttls: Some("220 2.0.0 I only say so"),
                ..showing(&good)
            },
            &named,
            "4.7.5",
            "no agreement on TLS",
        ),
    ] {
        let hop = NextHop::start(behaviour);
        let school = school(&hop, &authority, lines);
        let exeat = Exeat::serve(&school.config());
        let mut client = Client::connect(exeat.smtp);
        let reply = client.say(&format!("MAIL FROM:<{STAFF}>"));
        assert_eq!(reply.code, 451, "{why}: {reply:?}");
        assert!(reply.text.starts_with(code), "{why}: {reply:?}");
        exeat.wait_for_log(|line| {
            line["fields"]["message"] == "next hop not reached"
                && line["fields"]["error"]
                    .as_str()
                    .is_some_and(|error| error.contains(why))
        });
        assert!(hop.accepted().is_empty());
        assert_discreet(&hop);
    }
}

#[test]
fn a_certificate_that_signed_itself_is_good_where_it_is_named() {
    let authority = Authority::new("Test authority");
    let (own, twin) = (
        Identity::of_itself(NAME, 2060),
        Identity::of_itself(NAME, 2060),
    );
    let (over, other) = (
        Identity::of_itself(NAME, 2025),
        Identity::of_itself("a.example", 2060),
    );
    for (shown, named, code) in [
        (&own, &own.chain, 250),
        (&twin, &own.chain, 451),
        (&own, &authority.pem, 451),
        (&over, &over.chain, 451),
        (&other, &other.chain, 451),
    ] {
        let hop = NextHop::start(showing(shown));
        let school = school(&hop, &authority, &required(&format!("name = \"{NAME}\"")));
        fs::write(school.folder().join("ca.pem"), named).expect("writable");
        let exeat = Exeat::serve(&school.config());
        let reply = send(&exeat, "self-signed");
        assert_eq!(reply.code, code, "{reply:?}");
        assert_discreet(&hop);
    }
}

#[test]
fn a_next_hop_that_withdraws_its_offer_gets_no_more_mail() {
    let authority = Authority::new("Test authority");
    let hop = NextHop::start(showing(&authority.sign(&[NAME])));
    let school = school(&hop, &authority, &required(&format!("name = \"{NAME}\"")));
    let exeat = Exeat::serve(&school.config());
    assert_eq!(send(&exeat, "before").code, 250);
    hop.behave(Behaviour::default());
    // One client has the connection that is encrypted already, so the second
    // needs a new one.
    let mut first = Client::connect(exeat.smtp);
    assert_eq!(first.say(&format!("MAIL FROM:<{STAFF}>")).code, 250);
    let mut second = Client::connect(exeat.smtp);
    let reply = second.say(&format!("MAIL FROM:<{STAFF}>"));
    assert_eq!(reply.code, 451, "{reply:?}");
    assert!(reply.text.starts_with("4.7.4"), "{reply:?}");
    assert_discreet(&hop);
}

#[test]
fn a_connection_in_clear_does_not_outlive_the_demand_for_encryption() {
    let authority = Authority::new("Test authority");
    let hop = NextHop::start(Behaviour::default());
    let school = school(&hop, &authority, "tls = \"opportunistic\"");
    let exeat = Exeat::serve(&school.config());
    assert_eq!(send(&exeat, "before").code, 250);
    school.rewrite(|text| text.replace("tls = \"opportunistic\"", &required("")));
    exeat.signal("HUP");
    exeat.wait_for_log(|line| line["fields"]["message"] == "configuration reloaded");
    let reply = send(&exeat, "after");
    assert_eq!(reply.code, 451, "{reply:?}");
    assert_eq!(hop.accepted().len(), 1);
}

#[test]
fn what_waits_in_the_outbox_waits_for_the_right_one() {
    let authority = Authority::new("Test authority");
    let hop = NextHop::start(showing(&authority.sign_until(&[NAME], 2025)));
    let school = school(&hop, &authority, &required(&format!("name = \"{NAME}\"")));
    school.clients("{ network = \"127.0.0.1/32\", when_next_hop_is_down = \"spool\" }");
    let exeat = Exeat::serve(&school.config());
    let reply = send(&exeat, "spooled");
    assert_eq!(reply.code, 250, "{reply:?}");
    let line =
        exeat.wait_for_log(|line| line["fields"]["message"] == "mail not sent, to be tried again");
    let error = line["fields"]["error"].as_str().expect("words");
    assert!(error.contains("certificate expired"), "{error}");
    assert!(hop.accepted().is_empty());
    assert_discreet(&hop);
}

#[test]
fn tls_may_begin_at_once() {
    let authority = Authority::new("Test authority");
    let lines = format!("tls = \"implicit\"\nca = \"ca.pem\"\nname = \"{NAME}\"");
    for (identity, code) in [
        (authority.sign(&[NAME]), 250),
        (authority.sign(&["elsewhere.example"]), 451),
    ] {
        let hop = NextHop::start(Behaviour {
            implicit: true,
            ..showing(&identity)
        });
        let school = school(&hop, &authority, &lines);
        let exeat = Exeat::serve(&school.config());
        let reply = send(&exeat, "implicit");
        assert_eq!(reply.code, code, "{reply:?}");
        assert!(hop.heard_in_clear().is_empty());
        assert_eq!(hop.accepted().len(), usize::from(code == 250));
    }
}

#[test]
fn a_real_postfix_takes_mail_under_verified_tls() {
    let authority = Authority::new("Test authority");
    let after = NextHop::start(Behaviour::default());
    let listens = free_port();
    let services = format!("{listens} inet n - n - - smtpd\n");
    let _postfix = Postfix::start_with(after.address, &services, |folder| {
        authority.sign(&[NAME]).write(folder, "mx");
        let folder = folder.display();
        format!(
            "smtpd_tls_security_level = encrypt\nsmtpd_tls_cert_file = {folder}/mx.pem\n\
             smtpd_tls_key_file = {folder}/mx.key\nsmtpd_tls_received_header = yes\n"
        )
    });
    let to = Greenfold::new(listens, "");
    fs::write(to.folder().join("ca.pem"), &authority.pem).expect("writable");
    let lines = required(&format!("name = \"{NAME}\""));
    to.rewrite(|text| text.replacen("[next_hop]\n", &format!("[next_hop]\n{lines}\n"), 1));
    let exeat = Exeat::serve(&to.config());
    let reply = send(&exeat, "to-postfix");
    assert_eq!(reply.code, 250, "{reply:?}");
    let arrived = after.wait_for(1);
    assert!(text(&arrived[0].message).contains("using TLSv1.3"));
}

#[test]
fn doctor_tells_how_a_next_hop_encrypts() {
    let authority = Authority::new("Test authority");
    let good = authority.sign(&[NAME]);
    let named = required(&format!("name = \"{NAME}\""));
    for (behaviour, lines, state, words) in [
        (showing(&good), named.as_str(), "ok", "(verified, TLS 1.3)"),
        (showing(&good), "", "ok", "(not verified, TLS 1.3)"),
        (Behaviour::default(), "", "ok", ": answers with"),
        (
            Behaviour::default(),
            &named,
            "fault",
            "offers no encryption",
        ),
        (
            showing(&authority.sign_until(&[NAME], 2025)),
            &named,
            "fault",
            "certificate expired",
        ),
    ] {
        let hop = NextHop::start(behaviour);
        let school = school(&hop, &authority, lines);
        let said = told_about(&school.config(), "next hop");
        let told = said.iter().any(|line| {
            line["state"] == state
                && line["what"]
                    .as_str()
                    .is_some_and(|what| what.contains(words))
        });
        assert!(told, "no {state} with {words:?}: {said:?}");
        assert_discreet(&hop);
    }
}

#[test]
fn what_is_wrong_with_the_demand_is_told() {
    let authority = Authority::new("Test authority");
    let hop = NextHop::start(Behaviour::default());
    let school = Arc::new(school(&hop, &authority, "#here"));
    fs::write(school.folder().join("none.pem"), "nothing").expect("writable");
    let checked = |lines: &str| {
        let before = fs::read_to_string(school.config()).expect("readable");
        school.rewrite(|text| text.replace("#here", lines));
        let output = exeat(&school.config(), &["config", "check"]);
        fs::write(school.config(), before).expect("writable");
        (
            output.status.code(),
            error_of(&output) + &text(&output.stdout),
        )
    };
    for (lines, words) in [
        ("tls = \"maybe\"", "unknown variant `maybe`"),
        (
            "tls = \"required\"\nca = \"absent.pem\"",
            "absent.pem could not be read",
        ),
        (
            "tls = \"required\"\nca = \"none.pem\"",
            "none.pem: there is no certificate",
        ),
        (
            "tls = \"required\"\nca = \"ca.pem\"\nname = \"a b\"",
            "no certificate can be for this name",
        ),
    ] {
        let (status, said) = checked(lines);
        assert_eq!(status, Some(2), "{said}");
        // The frame of the message may break it over lines.
        let said = said.replace(['\n', '│'], " ");
        let said: Vec<&str> = said.split_whitespace().collect();
        assert!(said.join(" ").contains(words), "no {words:?}: {said:?}");
    }
    let (status, said) = checked("ca = \"ca.pem\"");
    assert_eq!(status, Some(0), "{said}");
    assert!(said.contains("are looked at only with"), "{said}");
    let (status, said) = checked(&required(&format!("name = \"{NAME}\"")));
    assert_eq!(status, Some(0), "{said}");
    assert!(said.contains(&format!("under TLS as {NAME}")), "{said}");
}
