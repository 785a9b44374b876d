//! What is held, how its sender hears of it, and how it gets out.

use crate::relay::{STAFF, without_trace};
use crate::support::client::Client;
use crate::support::exeat::{Exeat, error_of};
use crate::support::next_hop::{Behaviour, Delivery, NextHop};
use crate::support::school::Greenfold;

/// A pupil of the fixtures' roster, in a subject, to the outside.
pub(crate) fn with_name_in_subject(id: &str) -> Vec<u8> {
    format!(
        "From: The Office <{STAFF}>\r\n\
         To: coach@leisure-centre.example\r\n\
         Subject: Oyinkansola Bello: swimming lessons\r\n\
         Date: Mon, 16 Nov 2026 14:02:00 +0000\r\n\
         Message-ID: <{id}@greenfold.sch.example>\r\n\
         \r\n\
         She starts on Monday.\r\n\
         .\r\n\
         \r\n\
         The Office\r\n"
    )
    .into_bytes()
}

const COACH: &str = "coach@leisure-centre.example";

struct World {
    hop: NextHop,
    school: Greenfold,
    exeat: Exeat,
}

impl World {
    fn new(behaviour: Behaviour) -> Self {
        let hop = NextHop::start(behaviour);
        let school = Greenfold::new(hop.address, "");
        let exeat = Exeat::serve(&school.config());
        Self { hop, school, exeat }
    }

    /// Sends a mail that is held; its reference.
    fn hold(&self, id: &str) -> String {
        let reply = Client::connect(self.exeat.smtp).transaction(
            STAFF,
            &[COACH],
            &with_name_in_subject(id),
        );
        assert_eq!(reply.code, 250, "{reply:?}");
        let at = reply
            .text
            .find("EX-")
            .unwrap_or_else(|| panic!("not held: {reply:?}"));
        reply.text[at..at + 12].to_owned()
    }

    fn command(&self, arguments: &[&str]) -> String {
        let output = self.exeat.command(arguments);
        assert!(
            output.status.success(),
            "{arguments:?}: {}",
            error_of(&output)
        );
        String::from_utf8(output.stdout).expect("UTF-8")
    }

    /// The mails that arrived for this address.
    fn mails_to(&self, who: &str, count: usize) -> Vec<Delivery> {
        let theirs = |d: &Delivery| d.recipients.iter().any(|r| r.contains(who));
        self.hop
            .wait_until(|all| all.iter().filter(|d| theirs(d)).count() >= count);
        self.hop.accepted().into_iter().filter(theirs).collect()
    }
}

#[test]
fn a_hold_is_told_kept_and_released_byte_for_byte() {
    let world = World::new(Behaviour::default());
    let reference = world.hold("one");

    let notice = &world.mails_to(STAFF, 1)[0];
    assert_eq!(
        notice.mail.split(' ').nth(1),
        Some("FROM:<>"),
        "{}",
        notice.mail
    );
    let text = decoded(&notice.message);
    assert!(text.contains(&reference), "{text}");
    assert!(text.contains("Not sent yet"), "{text}");
    assert!(text.contains("Auto-Submitted: auto-"), "{text}");
    assert!(
        !text.contains("Oyinkansola") && !text.contains("Bello"),
        "{text}"
    );
    assert!(text.contains("O.B."), "{text}");

    let list = world.command(&["holds", "list"]);
    assert!(
        list.contains(&reference) && !list.contains("Bello"),
        "{list}"
    );
    let shown = world.command(&["holds", "show", &reference, "--reason", "the sender rang"]);
    assert!(shown.contains(COACH), "{shown}");
    assert!(world.mails_to(COACH, 0).is_empty(), "nothing has left");

    world.command(&[
        "holds",
        "release",
        &reference,
        "--reason",
        "the coach needs it",
    ]);
    let sent = &world.mails_to(COACH, 1)[0];
    assert_eq!(without_trace(&sent.message), with_name_in_subject("one"));
    assert!(
        sent.mail.starts_with(&format!("MAIL FROM:<{STAFF}>")),
        "{}",
        sent.mail
    );
    let told = world.mails_to(STAFF, 2);
    assert!(decoded(&told[1].message).contains(&reference));

    let again = world
        .exeat
        .command(&["holds", "release", &reference, "--reason", "again"]);
    assert_eq!(again.status.code(), Some(2), "{}", error_of(&again));
    assert!(
        error_of(&again).contains("released"),
        "{}",
        error_of(&again)
    );
    assert_eq!(world.mails_to(COACH, 1).len(), 1);
    world.command(&["journal", "verify"]);
}

#[test]
fn a_rule_that_people_mostly_overrule_is_proposed_for_observing() {
    let world = World::new(Behaviour::default());
    for number in 0..10 {
        let reference = world.hold(&format!("tally-{number}"));
        let decision = if number < 3 { "refuse" } else { "release" };
        world.command(&["holds", decision, &reference, "--reason", "as agreed"]);
    }
    let told = world.command(&["rules"]);
    let row = told
        .lines()
        .find(|line| line.starts_with("pupil-name-in-subject"));
    let row: Vec<&str> = row.expect("a row").split_whitespace().collect();
    assert_eq!(row[2..], ["10", "10", "3", "7"], "{told}");
    assert!(told.contains("of the 10 messages that it held and people decided on, they let 7 go"));
    assert!(told.contains("pupil-name-in-subject = { mode = \"observe\" }"));
    assert!(!told.contains("chain-message = {"), "{told}");
    let json = world.command(&["rules", "--json", "--school", "greenfold"]);
    let of = |rule: &str| -> serde_json::Value {
        let line = json
            .lines()
            .find(|line| line.contains(rule))
            .expect("a line");
        serde_json::from_str(line).expect("JSON")
    };
    assert_eq!(of("\"pupil-name-in-subject\"")["proposed"], "observe");
    assert_eq!(of("\"chain-message\"")["proposed"], serde_json::Value::Null);
}

#[test]
fn what_was_let_go_in_a_thread_is_not_asked_again() {
    let world = World::new(Behaviour::default());
    let send = |id: &str, subject: &str, to: &str, before: &str| -> bool {
        let mail = format!(
            "From: The Office <{STAFF}>\r\nTo: {to}\r\nSubject: {subject}\r\n\
             Date: Mon, 16 Nov 2026 14:02:00 +0000\r\n\
             Message-ID: <{id}@greenfold.sch.example>\r\n{before}\r\nSee you then.\r\n"
        );
        let mut client = Client::connect(world.exeat.smtp);
        let reply = client.transaction(STAFF, &[to], mail.as_bytes());
        assert_eq!(reply.code, 250, "{reply:?}");
        reply.text.contains("EX-")
    };
    const OYIN: &str = "Re: Oyinkansola Bello: swimming lessons";
    const LATER: &str = "In-Reply-To: <answer@leisure-centre.example>\r\n\
         References: <first@greenfold.sch.example>\r\n <answer@leisure-centre.example>\r\n";
    let reference = world.hold("first");
    assert!(send("second", OYIN, COACH, LATER), "nobody has decided yet");
    world.command(&["holds", "release", &reference, "--reason", "agreed"]);
    assert!(!send("third", OYIN, COACH, LATER));
    assert!(send("fourth", OYIN, COACH, ""), "of no thread");
    let other = "Re: Fatima Zahra Benali: swimming lessons";
    assert!(send("fifth", other, COACH, LATER), "another pupil");
    let to = "office@other-pool.example";
    assert!(send("sixth", OYIN, to, LATER), "another recipient");
    let told = world.command(&["holds", "list", "--json"]);
    assert_eq!(told.lines().count(), 4, "{told}");
}

#[test]
fn a_refused_mail_never_leaves_and_its_sender_hears_why() {
    let world = World::new(Behaviour::default());
    let reference = world.hold("two");
    let without_reason = world.exeat.command(&["holds", "refuse", &reference]);
    assert_eq!(without_reason.status.code(), Some(2));
    world.command(&[
        "holds",
        "refuse",
        &reference,
        "--reason",
        "please ring me first",
    ]);
    let told = world.mails_to(STAFF, 2);
    assert!(decoded(&told[1].message).contains("please ring me first"));
    assert!(world.mails_to(COACH, 0).is_empty());
    assert!(
        world.exeat.holds().is_empty(),
        "it waits for nobody any more"
    );
}

#[test]
fn holds_outlive_the_server_and_can_be_released_without_it() {
    let world = World::new(Behaviour::default());
    let reference = world.hold("three");
    let World { hop, school, exeat } = world;
    exeat.kill();
    let output = crate::support::exeat::exeat(
        &school.config(),
        &[
            "holds",
            "release",
            &reference,
            "--reason",
            "while it is down",
        ],
    );
    assert!(output.status.success(), "{}", error_of(&output));
    let exeat = Exeat::serve(&school.config());
    let world = World { hop, school, exeat };
    let sent = &world.mails_to(COACH, 1)[0];
    assert_eq!(without_trace(&sent.message), with_name_in_subject("three"));
}

#[test]
fn the_same_mail_again_joins_its_hold() {
    let world = World::new(Behaviour::default());
    let first = world.hold("four");
    assert_eq!(world.hold("four"), first);
    let reply = Client::connect(world.exeat.smtp).transaction(
        STAFF,
        &[COACH, "second@leisure-centre.example"],
        &with_name_in_subject("four"),
    );
    assert!(reply.text.contains(&first), "{reply:?}");
    assert_eq!(world.exeat.holds().len(), 1);
    world.command(&["holds", "release", &first, "--reason", "fine"]);
    let sent = world.mails_to("second@", 1);
    assert_eq!(sent[0].recipients.len(), 2, "both recipients, each once");
}

#[test]
fn a_release_may_be_for_some_of_the_recipients() {
    let world = World::new(Behaviour::default());
    let reply = Client::connect(world.exeat.smtp).transaction(
        STAFF,
        &[COACH, "second@leisure-centre.example"],
        &with_name_in_subject("five"),
    );
    let reference = &reply.text[reply.text.find("EX-").expect("held")..][..12];
    world.command(&[
        "holds",
        "release",
        reference,
        "--to",
        COACH,
        "--reason",
        "only the coach",
    ]);
    let sent = world.mails_to(COACH, 1);
    assert_eq!(sent[0].recipients.len(), 1);
}

#[test]
fn a_released_mail_that_cannot_be_delivered_is_reported() {
    let world = World::new(Behaviour {
        recipients: vec![("coach", "450 4.2.0 wait")],
        ..Behaviour::default()
    });
    // The next hop takes the recipient now and refuses it later.
    world.hop.behave(Behaviour::default());
    let reference = world.hold("six");
    world.hop.behave(Behaviour {
        recipients: vec![("coach", "550 5.1.1 no such person")],
        ..Behaviour::default()
    });
    world.command(&["holds", "release", &reference, "--reason", "fine"]);
    let is_report = |d: &Delivery| decoded(&d.message).contains("message/delivery-status");
    world.hop.wait_until(|all| all.iter().any(is_report));
    let report = world
        .hop
        .accepted()
        .into_iter()
        .find(is_report)
        .expect("just seen");
    let text = decoded(&report.message);
    assert!(text.contains("Status: 5.1.1"), "{text}");
    assert!(text.contains("Action: failed"), "{text}");
    assert!(report.mail.starts_with("MAIL FROM:<>"), "{}", report.mail);
}

#[test]
fn a_reject_says_what_and_where_to_read_more() {
    let world = World::new(Behaviour::default());
    let chain = b"From: office@greenfold.sch.example\r\nTo: a@b.example\r\nSubject: Fwd: luck\r\n\r\nForward this to ten friends within an hour or you will have seven years of bad luck. Do not break the chain!\r\n";
    let reply = Client::connect(world.exeat.smtp).transaction(STAFF, &["a@b.example"], chain);
    assert_eq!(reply.code, 550, "{reply:?}");
    let lines: Vec<&str> = reply.text.lines().collect();
    assert!(lines.len() <= 2, "{reply:?}");
    assert!(
        lines.iter().all(|line| line.starts_with("5.7.1 ")),
        "{reply:?}"
    );
    assert!(
        reply
            .text
            .contains("https://exeat.greenfold.sch.example/rules/chain-message")
    );
    assert!(!reply.text.contains('@'), "{reply:?}");
    assert!(world.hop.accepted().is_empty());
}

#[test]
fn automatic_mail_is_answered_by_nobody_but_a_person_hears() {
    let world = World::new(Behaviour::default());
    let message = String::from_utf8(with_name_in_subject("seven")).expect("UTF-8");
    let pupils = "pupil_id,name,upn\r\nx,Oyinkansola Bello,Q999201419178\r\ny,Fatima Zahra Benali,T999330519090\r\nz,Ceri Bowen,N999201419138\r\n";
    let message = format!(
        "Auto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\nContent-Type: text/csv; name=\"list.csv\"\r\nContent-Disposition: attachment; filename=\"list.csv\"\r\n{}\r\n\r\n{pupils}",
        message.split_once("\r\n\r\n").expect("a header").0
    );
    let reply = Client::connect(world.exeat.smtp).transaction("", &[COACH], message.as_bytes());
    assert!(reply.text.contains("EX-"), "{reply:?}");
    let told = &world.mails_to("data@greenfold.sch.example", 1)[0];
    assert!(decoded(&told.message).contains("EX-"));
    assert!(world.mails_to(STAFF, 0).is_empty());
}

#[test]
fn an_urgent_route_is_never_held() {
    let world = World::new(Behaviour::default());
    let duty = "duty@childrens-duty.northshire-council.example";
    let reply = Client::connect(world.exeat.smtp).transaction(
        STAFF,
        &[duty, COACH],
        &with_name_in_subject("eight"),
    );
    assert_eq!(
        (reply.code, reply.text.contains("EX-")),
        (250, false),
        "{reply:?}"
    );
    assert_eq!(world.mails_to(duty, 1)[0].recipients.len(), 2);
}

#[test]
fn a_school_may_only_look_at_first() {
    let hop = NextHop::start(Behaviour::default());
    let school = Greenfold::new(hop.address, "mode = \"observe\"\n");
    let exeat = Exeat::serve(&school.config());
    let reply =
        Client::connect(exeat.smtp).transaction(STAFF, &[COACH], &with_name_in_subject("nine"));
    assert_eq!((reply.code, reply.text.as_str()), (250, "2.0.0 taken"));
    assert!(exeat.holds().is_empty());
}

/// A message's header as it is and its parts in clear.
pub(crate) fn decoded(message: &[u8]) -> String {
    let parsed = mail_parser::MessageParser::default()
        .parse(message)
        .expect("a message");
    let mut text = String::from_utf8_lossy(message).into_owned();
    for index in 0..parsed.text_body_count() {
        text.push_str(&parsed.body_text(index).unwrap_or_default());
    }
    for part in parsed.parts.iter() {
        text.push_str(&String::from_utf8_lossy(part.contents()));
    }
    text
}

#[test]
fn a_released_mail_that_comes_by_again_passes() {
    let world = World::new(Behaviour::default());
    let reference = world.hold("ten");
    world.command(&["holds", "release", &reference, "--reason", "fine"]);
    let sent = world.mails_to(COACH, 1)[0].message.clone();
    // A loop-back connector hands it to Exeat once more, trace field and all.
    let again = |to: &str| {
        let mut client = Client::connect(world.exeat.smtp);
        client.transaction(STAFF, &[to], &sent)
    };
    let reply = again(COACH);
    assert_eq!((reply.code, reply.text.as_str()), (250, "2.0.0 taken"));
    assert_eq!(world.mails_to(COACH, 2).len(), 2);
    // To anybody else it is as new.
    assert!(again("other@leisure-centre.example").text.contains("EX-"));
    // And the trace cannot be made up.
    let forged = [
        b"Received: from a by b (Exeat) id 1.2; now\r\n".as_slice(),
        &with_name_in_subject("ten"),
    ]
    .concat();
    let mut client = Client::connect(world.exeat.smtp);
    assert!(
        client
            .transaction(STAFF, &[COACH], &forged)
            .text
            .contains("EX-")
    );
}

#[test]
fn what_several_colleagues_send_on_is_seen_as_a_chain() {
    let world = World::new(Behaviour::default());
    let mail = |who: &str| {
        format!(
            "From: {who}@greenfold.sch.example\r\nTo: friend@elsewhere.example\r\n\
             Subject: Fwd: please read\r\nMessage-ID: <{who}.cards@greenfold.sch.example>\r\n\r\n\
             Hi, {who} here!\r\n\r\nThe bank is changing its cards in March, and the new ones are \
             green with a thin white\r\nstripe that runs from one side to the other.\r\nTell everyone you know.\r\n"
        )
    };
    let codes = ["one", "two", "two", "three"].map(|who| {
        let mut client = Client::connect(world.exeat.smtp);
        let sender = format!("{who}@greenfold.sch.example");
        let mail = mail(who).into_bytes();
        client
            .transaction(&sender, &["friend@elsewhere.example"], &mail)
            .code
    });
    assert_eq!(codes, [250, 250, 250, 550]);
}
