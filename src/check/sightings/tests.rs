use jiff::Timestamp;

use super::*;
use crate::check::Check;
use crate::check::pupil_name_in_body::PupilNameInBody;
use crate::check::pupil_name_in_subject::PupilNameInSubject;
use crate::extract::{Header, Mailbox};
use crate::finding::Location;
use crate::school::names::words::WORDS;
use crate::school::{NameKey, Routes, Source, Sources, import};

const ROSTER: &str = "\
pupil_id,forename,surname,form,email
P1,Zoë,O'Brien,9EH,zobrien@pupils.greenfold.sch.example
P2,Daniel,Cooper,7B,
P3,Summer,Field,8C,
P4,Will,Power,8C,
P5,Tom,Hart,8C,
P6,Ruth,Webb,8C,
P7,Ruth,Webb,9EH,
";
const STAFF: &str = "\
title,forename,surname,role,email
Mr,Daniel,Cooper,Teacher,d.cooper@greenfold.sch.example
Ms,Ada,Lowe,SENCO,a.lowe@greenfold.sch.example
";
const CONTACTS: &str = "\
type,name,email,pupil_id
parent,Tom Hart,tom.hart@webmail.example,P1
parent,Ruth Webb,family@webmail.example,P6
";

fn school_of(roster: &str) -> School {
    let domain = |name: &str| name.parse().expect("domain");
    let domains = vec![domain("greenfold.sch.example")];
    let source = |name, text: &'static str| {
        Some(Source {
            name,
            bytes: text.as_bytes(),
        })
    };
    let sources = Sources {
        roster: Some(Source {
            name: "roster.csv",
            bytes: roster.as_bytes(),
        }),
        staff: source("staff.csv", STAFF),
        contacts: source("contacts.csv", CONTACTS),
        domains: &domains,
    };
    School {
        id: "greenfold".into(),
        name: "Greenfold School".to_owned(),
        domains: domains.clone(),
        pupil_domains: vec![domain("pupils.greenfold.sch.example")],
        phones: Vec::new(),
        routes: Routes::default(),
        system_senders: Vec::new(),
        people: import(&sources, NameKey::new([5; 16]))
            .expect("good files")
            .people,
        habits: Default::default(),
        patterns: Default::default(),
    }
}

fn mailbox(name: &str, address: &str) -> Mailbox {
    Mailbox {
        name: name.to_owned(),
        address: address.to_owned(),
    }
}

/// What both rules say of one text.
fn judged(school: &School, role: Role, text: &str, from: Mailbox, to: Mailbox) -> Vec<Finding> {
    let reading = Reading {
        header: Header {
            from: vec![from.clone()],
            to: vec![to.clone()],
            ..Header::default()
        },
        texts: vec![Text {
            location: Location::new("here"),
            role,
            hidden: false,
            table: text.contains('\t'),
            text: text.to_owned(),
            attachment: None,
        }],
        ..Reading::default()
    };
    let envelope = Envelope::new(from.address.parse().ok(), to.address.parse());
    let mail = Screened::new(&envelope, &reading, school, Timestamp::UNIX_EPOCH);
    let checks: [&dyn Check; 2] = [&PupilNameInSubject, &PupilNameInBody];
    checks
        .iter()
        .flat_map(|check| check.inspect(&mail, school))
        .collect()
}

fn office() -> Mailbox {
    mailbox("Ada Lowe", "a.lowe@greenfold.sch.example")
}

fn outside() -> Mailbox {
    mailbox("Somebody", "somebody@elsewhere.example")
}

/// The pupils that count, as references.
fn pupils(findings: &[Finding]) -> Vec<&str> {
    findings
        .iter()
        .filter(|finding| finding.suppressed.is_none())
        .flat_map(|finding| &finding.pupils)
        .map(|pupil| &*pupil.0)
        .collect()
}

fn check(role: Role, text: &str, expected: &[&str]) {
    let findings = judged(&school_of(ROSTER), role, text, office(), outside());
    assert_eq!(
        pupils(&findings),
        expected,
        "{role:?} {text:?} {findings:#?}"
    );
}

fn check_between(from: Mailbox, to: Mailbox, role: Role, text: &str, expected: &[&str]) {
    let school = school_of(ROSTER);
    let findings = judged(&school, role, text, from.clone(), to.clone());
    assert_eq!(
        pupils(&findings),
        expected,
        "{from:?} {to:?} {role:?} {text:?} {findings:#?}"
    );
}

#[test]
fn the_examples_of_the_word_lists_hold() {
    for example in &WORDS.examples {
        let (forename, surname) = example.pupil.split_once(' ').expect("a full name");
        let school = school_of(&format!(
            "pupil_id,forename,surname\nX,{forename},{surname}\n"
        ));
        let cases = [(&example.fires, true), (&example.passes, false)];
        for (texts, fires) in cases {
            for text in texts {
                let findings = judged(&school, Role::Subject, text, office(), outside());
                assert_eq!(
                    !pupils(&findings).is_empty(),
                    fires,
                    "{}: {text:?} {findings:#?}",
                    example.pupil
                );
            }
        }
    }
}

#[test]
fn lists_are_plain_and_of_use() {
    let plain = |word: &String| {
        word.bytes()
            .all(|byte| byte.is_ascii_lowercase() || b" -".contains(&byte))
    };
    for list in [
        &WORDS.forenames.mainly,
        &WORDS.forenames.also,
        &WORDS.surnames.mainly,
        &WORDS.surnames.also,
        &WORDS.credits,
        &WORDS.posts,
    ] {
        assert!(
            list.iter().all(plain),
            "{:?}",
            list.iter().find(|word| !plain(word))
        );
    }
    for name in &WORDS.well_known {
        assert!(name.contains(' '), "{name} is no full name");
    }
}

#[test]
fn a_subject_and_a_body_have_each_their_rule_and_quotes_none() {
    let school = school_of(ROSTER);
    for (role, rule) in [
        (Role::Subject, RuleId::PupilNameInSubject),
        (Role::Body, RuleId::PupilNameInBody),
    ] {
        let findings = judged(&school, role, "About Zoë O'Brien", office(), outside());
        assert_eq!(findings.len(), 1);
        assert_eq!(findings[0].rule, rule);
        assert_eq!(findings[0].what, "a pupil's full name");
        assert_eq!(findings[0].excerpt, "About Z.O.");
        assert!(findings[0].confidence > 0.9);
    }
    for role in [Role::Quoted, Role::Attachment, Role::FileName] {
        check(role, "About Zoë O'Brien", &[]);
    }
}

#[test]
fn one_finding_tells_of_all_pupils() {
    let text = "Zoë O'Brien and Tom Hart, then\nZoë O'Brien again and Ruth Webb";
    let findings = judged(&school_of(ROSTER), Role::Body, text, office(), outside());
    assert_eq!(findings.len(), 1);
    assert_eq!(findings[0].what, "the full names of 3 pupils");
    assert_eq!(pupils(&findings), ["P1", "P5", "P6", "P7"]);
    assert!(
        !findings[0].excerpt.contains("Brien"),
        "{}",
        findings[0].excerpt
    );
}

#[test]
fn what_is_let_pass_says_why() {
    let findings = judged(
        &school_of(ROSTER),
        Role::Subject,
        "Mrs Ruth Webb's visit",
        office(),
        outside(),
    );
    let reasons: Vec<_> = findings
        .iter()
        .map(|finding| finding.suppressed.as_deref())
        .collect();
    assert_eq!(reasons, [Some("a title stands before it")]);
}

#[test]
fn the_sender_s_own_name_does_not_count() {
    let cooper = || mailbox("Mr D Cooper", "d.cooper@greenfold.sch.example");
    let zoe = || mailbox("O'Brien, Zoë", "zobrien@pupils.greenfold.sch.example");
    for (from, text, expected) in [
        (cooper(), "Kind regards\nDaniel Cooper\nTeacher", &[][..]),
        (cooper(), "I saw Zoë O'Brien.\nDaniel Cooper", &["P1"]),
        (zoe(), "Here is my homework\nZoë O'Brien 9EH", &[]),
        (office(), "I spoke to Daniel Cooper 7B today", &["P2"]),
        (office(), "Regards\nDaniel Cooper", &[]),
    ] {
        check_between(from, outside(), Role::Body, text, expected);
    }
    check_between(
        cooper(),
        outside(),
        Role::Subject,
        "Daniel Cooper on leave",
        &[],
    );
    check_between(
        cooper(),
        outside(),
        Role::Subject,
        "Daniel Cooper 7B: detention",
        &["P2"],
    );
    check_between(
        zoe(),
        outside(),
        Role::Subject,
        "Zoë O'Brien 9EH homework",
        &[],
    );
}

#[test]
fn an_address_tells_its_owner_s_name() {
    let unlisted = mailbox("", "tom.hart@greenfold.sch.example");
    let pupil = mailbox("", "tom.hart@pupils.greenfold.sch.example");
    let text = "Regards\nTom Hart";
    check_between(unlisted.clone(), outside(), Role::Body, text, &[]);
    check_between(pupil.clone(), outside(), Role::Body, text, &[]);
    check_between(office(), unlisted, Role::Body, text, &[]);
    // A pupil who receives the message is still a pupil.
    check_between(office(), pupil, Role::Body, text, &["P5"]);
}

#[test]
fn those_who_receive_the_message_may_be_called_by_name() {
    let cooper = mailbox("Daniel Cooper", "d.cooper@greenfold.sch.example");
    check_between(
        office(),
        cooper.clone(),
        Role::Body,
        "Dear Daniel Cooper, thank you",
        &[],
    );
    check_between(office(), cooper, Role::Subject, "Daniel Cooper 7B", &["P2"]);
    let hart = mailbox("", "tom.hart@webmail.example");
    check_between(
        office(),
        hart,
        Role::Body,
        "Dear Tom Hart, Zoë O'Brien is well",
        &["P1"],
    );
    // The mother shares her daughter's name, who may well be meant.
    let family = mailbox("Ruth Webb", "family@webmail.example");
    check_between(office(), family, Role::Subject, "Ruth Webb", &["P6", "P7"]);
}

#[test]
fn a_name_shared_with_staff_counts_but_less() {
    let findings = judged(
        &school_of(ROSTER),
        Role::Subject,
        "Meeting with Daniel Cooper",
        office(),
        outside(),
    );
    assert_eq!(pupils(&findings), ["P2"]);
    assert!((0.5..0.7).contains(&findings[0].confidence));
}

#[test]
fn addresses_of_staff_and_contacts_are_no_sightings_of_pupils() {
    check(Role::Body, "write to tom.hart@webmail.example.", &[]);
    check(Role::Body, "write to tom.hart@other.example", &["P5"]);
    check(
        Role::Body,
        "zoe.obrien@pupils.greenfold.sch.example",
        &["P1"],
    );
}

#[test]
fn everyday_words_count_among_pupils() {
    check(Role::Body, "Will Power", &[]);
    check(
        Role::Body,
        "Tom Hart, Will Power and Summer Field",
        &["P5", "P4"],
    );
    check(Role::Body, "Zoë O'Brien 9EH\nWill Power 8C", &["P1", "P4"]);
    check(Role::Body, "Name\tMark\nWill Power\t7", &["P4"]);
    check(Role::Body, "Forename\tSurname\nSummer\tField\t7", &["P3"]);
    check(
        Role::Body,
        "Tom Hart went to Summer Field on his bike",
        &["P5"],
    );
}

#[test]
fn hostile_messages_do_no_harm() {
    for text in [
        "Zoë O'Brien ".repeat(4_000),
        "Will Power, ".repeat(4_000),
        "\u{301}Zoë O'Brien".repeat(2_000),
        format!("{}Zoë O'Brien@{}", "a".repeat(9_000), "b".repeat(9_000)),
    ] {
        let _ = judged(&school_of(ROSTER), Role::Body, &text, office(), outside());
    }
}
