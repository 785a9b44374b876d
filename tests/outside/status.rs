//! Delivery status: what a client asks for (RFC 3461) reaches the next hop as
//! it was said, also after a hold; and what Exeat has to report itself
//! (RFC 3464) keeps to it.

use serde_json::Value;

use crate::postfix::text;
use crate::relay::{STAFF, innocent};
use crate::support::client::{Client, Reply};
use crate::support::exeat::{Exeat, error_of};
use crate::support::next_hop::{Behaviour, Delivery, NextHop};
use crate::support::school::Greenfold;

const KEYWORDS: &[&str] = &["PIPELINING", "8BITMIME", "ENHANCEDSTATUSCODES", "DSN"];
const MAIL: &str = "RET=HDRS ENVID=QQ+2B314";
const RCPT: &str = "NOTIFY=FAILURE,Delay ORCPT=rfc822;Coach+2Bswim@b.example";

fn able() -> Behaviour {
    Behaviour {
        keywords: Some(KEYWORDS),
        ..Behaviour::default()
    }
}

struct World {
    hop: NextHop,
    school: Greenfold,
    exeat: Exeat,
}

impl World {
    fn new() -> Self {
        let hop = NextHop::start(able());
        let school = Greenfold::new(hop.address, "");
        let exeat = Exeat::serve(&school.config());
        Self { hop, school, exeat }
    }

    /// Sends a message to `gone` and others, each with what stands behind.
    fn send(&self, mail: &str, recipients: &[(&str, &str)], message: &[u8]) -> Reply {
        let mut client = Client::connect(self.exeat.smtp);
        assert_eq!(client.say(&format!("MAIL FROM:<{STAFF}> {mail}")).code, 250);
        for (who, parameters) in recipients {
            let rcpt = client.say(&format!("RCPT TO:<{who}@b.example> {parameters}"));
            assert_eq!(rcpt.code, 250, "{rcpt:?}");
        }
        client.data(message)
    }

    fn restarted(self) -> Self {
        self.exeat.end();
        let exeat = Exeat::serve(&self.school.config());
        Self { exeat, ..self }
    }

    fn release(&self) {
        for hold in self.exeat.holds() {
            let reference = hold["reference"].as_str().expect("a text");
            let why = ["holds", "release", reference, "--reason", "a test"];
            let released = self.exeat.command(&why);
            assert!(released.status.success(), "{}", error_of(&released));
        }
    }

    /// The reports that have come to the sender, once there are so many.
    fn reports(&self, count: usize) -> Vec<String> {
        let is_report =
            |sent: &Delivery| text(&sent.message).contains("report-type=delivery-status");
        let all = self
            .hop
            .wait_until(|all| all.iter().filter(|sent| is_report(sent)).count() >= count);
        let reports = all.iter().filter(|sent| is_report(sent));
        reports
            .map(|report| {
                assert!(report.mail.starts_with("MAIL FROM:<>"), "{}", report.mail);
                assert_eq!(report.recipients.len(), 1);
                assert!(report.recipients[0].contains(STAFF), "{report:?}");
                text(&report.message)
            })
            .collect()
    }
}

/// A message that is held.
fn held(id: &str) -> Vec<u8> {
    crate::holding::with_name_in_subject(id)
}

#[test]
fn what_is_asked_for_is_passed_on_as_it_was_said() {
    let world = World::new();
    let mut client = Client::connect(world.exeat.smtp);
    let offers = client.say("EHLO client.greenfold.sch.example");
    assert!(offers.text.lines().any(|line| line == "DSN"), "{offers:?}");
    let reply = world.send(MAIL, &[("coach", RCPT), ("other", "")], &innocent("dsn"));
    assert_eq!(reply.code, 250, "{reply:?}");
    let sent = &world.hop.accepted()[0];
    let mail = format!("MAIL FROM:<{STAFF}> {MAIL}");
    assert!(sent.mail.starts_with(&mail), "{}", sent.mail);
    let rcpt = format!("RCPT TO:<coach@b.example> {RCPT}");
    assert_eq!(sent.recipients, [&rcpt, "RCPT TO:<other@b.example>"]);
    for broken in [
        "ENVID=a+",
        "ENVID=a+0D+0ARCPT+20TO:<evil@x.example>",
        "RET=ALL",
        "RET",
    ] {
        let reply = client.say(&format!("MAIL FROM:<{STAFF}> {broken}"));
        assert_eq!((reply.code, &reply.text[..5]), (501, "5.5.4"), "{broken}");
    }
    client.say(&format!("MAIL FROM:<{STAFF}>"));
    for broken in [
        "NOTIFY=NEVER,DELAY",
        "NOTIFY=x",
        "ORCPT=a@b.example",
        "ORCPT",
    ] {
        let reply = client.say(&format!("RCPT TO:<a@b.example> {broken}"));
        assert_eq!((reply.code, &reply.text[..5]), (501, "5.5.4"), "{broken}");
    }
}

#[test]
fn where_the_next_hop_cannot_it_is_not_offered() {
    let hop = NextHop::start(Behaviour::default());
    let school = Greenfold::new(hop.address, "");
    let exeat = Exeat::serve(&school.config());
    let mut client = Client::connect(exeat.smtp);
    let offers = client.say("EHLO client.greenfold.sch.example");
    assert!(!offers.text.lines().any(|line| line == "DSN"), "{offers:?}");
    for asked in ["RET=HDRS", "ENVID=1"] {
        let reply = client.say(&format!("MAIL FROM:<{STAFF}> {asked}"));
        assert_eq!(reply.code, 555, "{asked}");
    }
    client.say(&format!("MAIL FROM:<{STAFF}>"));
    for asked in ["NOTIFY=NEVER", "ORCPT=rfc822;a@b.example"] {
        let reply = client.say(&format!("RCPT TO:<a@b.example> {asked}"));
        assert_eq!(reply.code, 555, "{asked}");
    }
    assert_eq!(client.say("RCPT TO:<a@b.example>").code, 250);
    assert_eq!(client.data(&innocent("plain")).code, 250);
}

#[test]
fn a_hold_keeps_what_was_asked_for() {
    let world = World::new();
    let recipients = [("coach", RCPT), ("other", "NOTIFY=NEVER"), ("third", "")];
    let reply = world.send(MAIL, &recipients, &held("kept"));
    assert!(reply.text.contains("held"), "{reply:?}");
    // Also over a restart.
    let world = world.restarted();
    world.release();
    let is_it = |sent: &Delivery| text(&sent.message).contains("Subject: Oyinkansola");
    let all = world.hop.wait_until(|all| all.iter().any(is_it));
    let sent = all.iter().find(|sent| is_it(sent)).expect("it has come");
    assert!(
        sent.mail
            .starts_with(&format!("MAIL FROM:<{STAFF}> {MAIL}")),
        "{}",
        sent.mail
    );
    let expected = recipients.map(|(who, parameters)| {
        format!("RCPT TO:<{who}@b.example> {parameters}")
            .trim_end()
            .to_owned()
    });
    assert_eq!(sent.recipients, expected);
    // A next hop that has lost the skill meanwhile gets it without.
    let reply = world.send(MAIL, &[("coach", RCPT)], &held("later"));
    assert!(reply.text.contains("held"), "{reply:?}");
    world.hop.behave(Behaviour::default());
    let world = world.restarted();
    world.release();
    let all = world
        .hop
        .wait_until(|all| all.iter().filter(|sent| is_it(sent)).count() == 2);
    let sent = all.iter().rfind(|sent| is_it(sent)).expect("it has come");
    assert!(!sent.mail.contains("ENVID"), "{}", sent.mail);
    assert_eq!(sent.recipients, ["RCPT TO:<coach@b.example>"]);
}

#[test]
fn a_report_names_envelope_and_recipient_and_respects_never() {
    let world = World::new();
    let recipients = [
        ("gone", RCPT),
        ("silent", "NOTIFY=NEVER ORCPT=rfc822;silent@b.example"),
        ("delay", "NOTIFY=DELAY,SUCCESS"),
        ("plain", ""),
        ("there", "NOTIFY=FAILURE"),
    ];
    let message = [
        &b"X-Odd: a\r\n\t.\r\n"[..],
        &held("reported"),
        b"the end of the text\r\n",
    ]
    .concat();
    world.send(&MAIL.replace("HDRS", "FULL"), &recipients, &message);
    world.hop.behave(Behaviour {
        recipients: vec![
            ("gone", "550 5.1.1 no such mailbox"),
            ("silent", "550 5.1.1 no such mailbox"),
            ("delay", "553 5.1.3 no such thing"),
            ("plain", "552 5.2.2 full for ever"),
        ],
        ..able()
    });
    world.release();
    let reports = world.reports(1);
    assert_eq!(reports.len(), 1);
    let report = &reports[0];
    for line in [
        "Original-Envelope-Id: QQ+314",
        "Original-Recipient: rfc822;Coach+swim@b.example",
        "Final-Recipient: rfc822; gone@b.example",
        "Status: 5.1.1",
        "Diagnostic-Code: smtp; 550 5.1.1 no such mailbox",
        "Final-Recipient: rfc822; plain@b.example",
        "Status: 5.2.2",
        "Auto-Submitted: auto-replied",
        "Content-Type: text/rfc822-headers; charset=us-ascii",
        "Subject: Oyinkansola Bello: swimming lessons",
    ] {
        assert!(
            report.lines().any(|found| found == line),
            "{line}\n{report}"
        );
    }
    // Neither those who did not ask, nor the text of the message.
    for absent in [
        "silent@",
        "delay@",
        "there@",
        "the end of the text",
        "She starts",
    ] {
        assert!(!report.contains(absent), "{absent}\n{report}");
    }
    // Where nobody wants to hear, nobody does.
    world.hop.behave(able());
    let never = [("silent", "NOTIFY=NEVER"), ("delay", "NOTIFY=SUCCESS")];
    world.send("", &never, &held("never"));
    world.hop.behave(Behaviour {
        recipients: vec![("silent", "550 5.1.1 no"), ("delay", "550 5.1.1 no")],
        ..able()
    });
    world.release();
    world.exeat.wait_for_log(|line: &Value| {
        line["fields"]["message"] == "mail given up" && line["fields"]["recipients"] == 2
    });
    // A last one that is reported shows that none was before it.
    world.hop.behave(able());
    world.send("", &[("gone", "")], &held("last"));
    world.hop.behave(Behaviour {
        recipients: vec![("gone", "550 5.1.1 no")],
        ..able()
    });
    world.release();
    assert_eq!(world.reports(2).len(), 2);
}
