use jiff::Timestamp;

use super::*;
use crate::extract::{Header, Mailbox, Reading};
use crate::finding::{Location, PupilRef, Weight};
use crate::mail::{Address, Envelope};
use crate::school::{NameKey, Routes, Source, Sources, import};

use Action::{Deliver, Note, Quarantine, Reject, Warn};
use RuleId::{
    ChainMessage, CopyrightMaterial, OpinionOfPerson, OutOfHours, PersonalAddress,
    PersonalBusiness, PupilNameInBody, PupilNameInSubject, SocialMediaSignup,
    UnprotectedPersonalData, UnreadableContent,
};

const ROSTER: &str = "pupil_id,forename,surname\nP1,Zoë,O'Brien\nP2,Max,O'Brien\nP3,Tom,Hart\n";
const CONTACTS: &str = "\
type,name,email,pupil_id,secure_route
parent,Ann O'Brien,brien@webmail.example,P1;P2,
parent,Joy Hart,hart@webmail.example,P3,
authority,SEN team,sen@northshire.example,P1,
authority,Portal,portal@northshire.example,,yes
health,Nurse,nurse@clinic.example,,
police,Officer,officer@police.example,,
school,Office,office@hilltop.example,,
supplier,Photos,hello@photos.example,,
governor,Ada,ada@board.example,,
parent,Shared,shared@webmail.example,P1,
health,Shared,shared@webmail.example,,
supplier,Both,both@firm.example,,
authority,Both,both@firm.example,,
";

fn school() -> School {
    let domain = |name: &str| name.parse().expect("domain");
    let route = |name: &str| vec![name.parse().expect("route")];
    let domains = vec![domain("greenfold.example")];
    let source = |name, text: &'static str| {
        Some(Source {
            name,
            bytes: text.as_bytes(),
        })
    };
    let sources = Sources {
        roster: source("roster.csv", ROSTER),
        staff: None,
        contacts: source("contacts.csv", CONTACTS),
        domains: &domains,
    };
    School {
        id: "greenfold".into(),
        name: "Greenfold School".to_owned(),
        domains: domains.clone(),
        pupil_domains: vec![domain("pupils.greenfold.example")],
        phones: Vec::new(),
        routes: Routes {
            secure: route("secure.example"),
            urgent: route("duty@council.example"),
            private: route("union.example"),
        },
        system_senders: vec!["mis@greenfold.example".parse().expect("address")],
        people: import(&sources, NameKey::new([2; 16]))
            .expect("good files")
            .people,
        habits: Default::default(),
        patterns: Default::default(),
    }
}

fn finding(rule: RuleId) -> Finding {
    Finding {
        rule,
        location: Location::subject(),
        what: "something".to_owned(),
        excerpt: "Z.O.".to_owned(),
        confidence: 0.9,
        pupils: vec![PupilRef("P1".into())],
        weight: Weight::Ordinary,
        suppressed: None,
    }
}

fn weighing(rule: RuleId, weight: Weight) -> Finding {
    Finding {
        weight,
        ..finding(rule)
    }
}

fn policy(text: &str) -> Policy {
    Policy::new(&toml::from_str(text).expect("settings"))
}

/// A message; by staff to nobody unless said otherwise.
#[derive(Clone)]
struct Mail {
    from: Option<&'static str>,
    automatic: bool,
    to: Vec<&'static str>,
}

fn to(recipients: &[&'static str]) -> Mail {
    Mail {
        from: Some("office@greenfold.example"),
        automatic: false,
        to: recipients.to_vec(),
    }
}

fn verdict(policy: &Policy, mail: &Mail, findings: Vec<Finding>) -> Verdict {
    let address = |text: &str| -> Address { text.parse().expect("address") };
    let envelope = Envelope::new(mail.from.map(address), mail.to.iter().map(|to| address(to)));
    let from = mail.from.unwrap_or("office@greenfold.example");
    let reading = Reading {
        header: Header {
            automatic: mail.automatic,
            from: vec![Mailbox {
                name: String::new(),
                address: from.to_owned(),
            }],
            ..Header::default()
        },
        ..Reading::default()
    };
    let school = school();
    let mail = Screened::new(&envelope, &reading, &school, Timestamp::UNIX_EPOCH);
    decide(policy, &school, &mail, findings)
}

fn check_with(settings: &str, mail: &Mail, finding: Finding, expected: Action) {
    let verdict = verdict(&policy(settings), mail, vec![finding.clone()]);
    assert_eq!(
        verdict.action, expected,
        "{settings} {finding:?} from {:?} to {:?}",
        mail.from, mail.to
    );
}

fn check(finding: Finding, recipients: &[&'static str], expected: Action) {
    check_with("", &to(recipients), finding, expected);
}

const OUTSIDE: &str = "somebody@elsewhere.example";
const STAFF: &str = "head@greenfold.example";
const PUPIL: &str = "zoe@pupils.greenfold.example";
const MOTHER: &str = "brien@webmail.example";
const OTHER_MOTHER: &str = "hart@webmail.example";

#[test]
fn a_name_in_the_subject_warns_but_for_the_school_and_the_family() {
    for (recipients, expected) in [
        (&[OUTSIDE][..], Warn),
        (&["sen@northshire.example"], Warn),
        (&["x@secure.example"], Warn),
        (&[OTHER_MOTHER], Warn),
        (&[STAFF], Note),
        (&[PUPIL], Note),
        (&[MOTHER], Note),
        (&[MOTHER, STAFF], Note),
        (&[MOTHER, OTHER_MOTHER], Warn),
        (&[STAFF, OUTSIDE], Warn),
        (&["x@sub.greenfold.example"], Warn),
        (&[], Warn),
    ] {
        check(finding(PupilNameInSubject), recipients, expected);
    }
}

#[test]
fn a_name_in_the_body_is_a_note() {
    for recipients in [&[OUTSIDE][..], &[STAFF], &[MOTHER], &[]] {
        check(finding(PupilNameInBody), recipients, Note);
    }
}

#[test]
fn personal_data_is_quarantined_but_for_those_with_a_right_to_it() {
    for (recipients, expected) in [
        (&[OUTSIDE][..], Quarantine),
        (&["hello@photos.example"], Quarantine),
        (&["ada@board.example"], Quarantine),
        (&[OTHER_MOTHER], Quarantine),
        (&["sen@northshire.example"], Warn),
        (&["nurse@clinic.example"], Warn),
        (&["officer@police.example"], Warn),
        (&["office@hilltop.example"], Warn),
        (&[MOTHER], Note),
        (&[MOTHER, STAFF], Note),
        (&[STAFF, PUPIL], Deliver),
        (&["x@secure.example"], Deliver),
        (
            &["x@deep.secure.example", "portal@northshire.example", STAFF],
            Deliver,
        ),
        (&["x@secure.example", "sen@northshire.example"], Warn),
        (&["x@secure.example", OUTSIDE], Quarantine),
        (&[MOTHER, "nurse@clinic.example", OUTSIDE], Quarantine),
        (&["shared@webmail.example"], Note),
        (&["both@firm.example"], Quarantine),
        (&[], Quarantine),
    ] {
        check(finding(UnprotectedPersonalData), recipients, expected);
    }
}

#[test]
fn own_contacts_are_those_of_all_pupils_of_the_finding() {
    let about = |pupils: &[&str]| Finding {
        pupils: pupils.iter().map(|&pupil| PupilRef(pupil.into())).collect(),
        ..finding(UnprotectedPersonalData)
    };
    check(about(&["P1", "P2"]), &[MOTHER], Note);
    check(about(&["P1", "P3"]), &[MOTHER], Quarantine);
    check(about(&["P1", "P3"]), &[MOTHER, OTHER_MOTHER], Quarantine);
    check(about(&["P9"]), &[MOTHER], Quarantine);
    check(about(&[]), &[MOTHER], Quarantine);
}

#[test]
fn data_in_the_mail_itself_asks_its_sender_first() {
    let in_body = || Finding {
        pupils: vec![PupilRef("P1".into())],
        ..weighing(UnprotectedPersonalData, Weight::InBody)
    };
    check(in_body(), &[OUTSIDE], Warn);
    check(in_body(), &[MOTHER], Note);
    check(in_body(), &[STAFF], Deliver);
    check_with(
        "[rules]\nunprotected-personal-data = { classes = { in-body = \"quarantine\" } }",
        &to(&[OUTSIDE]),
        in_body(),
        Quarantine,
    );
}

#[test]
fn private_mailboxes_and_chains_warn() {
    check(finding(PersonalAddress), &[OUTSIDE], Warn);
    check(finding(PersonalAddress), &[STAFF], Warn);
    check(
        weighing(PersonalAddress, Weight::PrivateFrom),
        &[OUTSIDE],
        Reject,
    );
    check(
        weighing(PersonalAddress, Weight::PrivateFrom),
        &[STAFF],
        Reject,
    );
    check(finding(ChainMessage), &[OUTSIDE], Warn);
    check(finding(ChainMessage), &[STAFF], Warn);
}

#[test]
fn what_could_not_be_read_is_judged_by_its_kind() {
    for (weight, recipients, expected, mode) in [
        (Weight::Ordinary, &[OUTSIDE][..], Warn, Mode::Enforce),
        (Weight::Hostile, &[OUTSIDE], Quarantine, Mode::Enforce),
        (Weight::NotRead, &[OUTSIDE], Deliver, Mode::Observe),
        (Weight::Ordinary, &[STAFF], Note, Mode::Enforce),
        (Weight::Hostile, &[STAFF], Note, Mode::Enforce),
        (Weight::NotRead, &[STAFF], Deliver, Mode::Observe),
        (
            Weight::Hostile,
            &[STAFF, OUTSIDE],
            Quarantine,
            Mode::Enforce,
        ),
    ] {
        let verdict = verdict(
            &policy(""),
            &to(recipients),
            vec![weighing(UnreadableContent, weight)],
        );
        assert_eq!(
            (verdict.action, verdict.findings[0].mode),
            (expected, mode),
            "{weight:?} {recipients:?}"
        );
    }
}

#[test]
fn staff_mail_to_an_urgent_route_is_never_held() {
    let urgent = to(&["duty@council.example", OUTSIDE]);
    for rule in RuleId::ALL {
        let on = format!("rules = {{ {rule} = {{ mode = \"enforce\" }} }}");
        for weight in [Weight::Ordinary, Weight::Hostile, Weight::PrivateFrom] {
            check_with(&on, &urgent, weighing(rule, weight), Note);
        }
    }
    check_with(
        "rules = { chain-message = { action = \"deliver\" } }",
        &urgent,
        finding(ChainMessage),
        Deliver,
    );
    let stranger = Mail {
        from: Some("x@elsewhere.example"),
        ..urgent
    };
    check_with("", &stranger, finding(UnprotectedPersonalData), Quarantine);
    check(
        finding(UnprotectedPersonalData),
        &["other@council.example"],
        Quarantine,
    );
}

#[test]
fn programs_are_never_warned() {
    let automatic = Mail {
        automatic: true,
        ..to(&[OUTSIDE])
    };
    let null = Mail {
        from: None,
        ..to(&[OUTSIDE])
    };
    let system = Mail {
        from: Some("MIS@greenfold.example"),
        ..to(&[OUTSIDE])
    };
    for mail in [automatic, null, system] {
        check_with("", &mail, finding(PupilNameInSubject), Note);
        check_with("", &mail, finding(ChainMessage), Note);
        check_with("", &mail, finding(UnprotectedPersonalData), Quarantine);
        check_with(
            "",
            &mail,
            weighing(UnreadableContent, Weight::Hostile),
            Quarantine,
        );
        check_with(
            "",
            &mail,
            weighing(PersonalAddress, Weight::PrivateFrom),
            Reject,
        );
    }
}

#[test]
fn pupils_can_always_reach_help() {
    let by_pupil = |recipients: &[&'static str]| Mail {
        from: Some(PUPIL),
        ..to(recipients)
    };
    for (recipients, expected) in [
        (&[STAFF][..], Note),
        (&[STAFF, "duty@council.example"], Note),
        (&["help@union.example", OUTSIDE], Note),
        (&["nurse@clinic.example"], Note),
        (&["officer@police.example", OUTSIDE], Note),
        (&[OUTSIDE], Quarantine),
        (&[STAFF, OUTSIDE], Quarantine),
        (&["max@pupils.greenfold.example", OUTSIDE], Quarantine),
    ] {
        let settings = "rules = { unprotected-personal-data = { recipients = \"all\" } }";
        check_with(
            settings,
            &by_pupil(recipients),
            finding(UnprotectedPersonalData),
            expected,
        );
    }
    check_with("", &by_pupil(&[STAFF]), finding(ChainMessage), Note);
    check_with(
        "",
        &by_pupil(&["max@pupils.greenfold.example"]),
        finding(ChainMessage),
        Warn,
    );
}

#[test]
fn conduct_is_no_business_on_private_routes() {
    check(finding(PersonalAddress), &["rep@union.example"], Deliver);
    check(
        weighing(PersonalAddress, Weight::PrivateFrom),
        &["rep@union.example"],
        Deliver,
    );
    check(finding(ChainMessage), &["rep@union.example"], Deliver);
    check(finding(ChainMessage), &["rep@union.example", OUTSIDE], Warn);
    check(
        finding(UnprotectedPersonalData),
        &["rep@union.example"],
        Quarantine,
    );
    check(finding(PupilNameInSubject), &["rep@union.example"], Warn);
}

#[test]
fn a_school_changes_what_it_likes() {
    for (settings, finding, recipients, expected) in [
        (
            "chain-message = { action = \"reject\" }",
            finding(ChainMessage),
            &[OUTSIDE][..],
            Reject,
        ),
        (
            "pupil-name-in-body = { recipients = \"external\" }",
            finding(PupilNameInBody),
            &[STAFF],
            Deliver,
        ),
        (
            "pupil-name-in-body = { recipients = \"external\" }",
            finding(PupilNameInBody),
            &[STAFF, OUTSIDE],
            Note,
        ),
        (
            "chain-message = { recipients = \"internal\" }",
            finding(ChainMessage),
            &[OUTSIDE],
            Deliver,
        ),
        (
            "chain-message = { recipients = \"internal\" }",
            finding(ChainMessage),
            &[OUTSIDE, STAFF],
            Warn,
        ),
        (
            "pupil-name-in-subject = { action = \"reject\" }",
            finding(PupilNameInSubject),
            &[OUTSIDE],
            Reject,
        ),
        (
            "pupil-name-in-subject = { action = \"reject\" }",
            finding(PupilNameInSubject),
            &[STAFF],
            Note,
        ),
        (
            "pupil-name-in-subject = { classes = { internal = \"warn\" } }",
            finding(PupilNameInSubject),
            &[STAFF],
            Warn,
        ),
        (
            "pupil-name-in-subject = { action = \"deliver\" }",
            finding(PupilNameInSubject),
            &[STAFF],
            Deliver,
        ),
        (
            "unprotected-personal-data = { action = \"note\" }",
            finding(UnprotectedPersonalData),
            &["nurse@clinic.example"],
            Note,
        ),
        (
            "unprotected-personal-data = { classes = { authority = \"note\", governor = \"reject\" } }",
            finding(UnprotectedPersonalData),
            &["sen@northshire.example"],
            Note,
        ),
        (
            "unprotected-personal-data = { classes = { authority = \"note\", governor = \"reject\" } }",
            finding(UnprotectedPersonalData),
            &["ada@board.example"],
            Reject,
        ),
        (
            "unprotected-personal-data = { recipients = \"all\" }",
            finding(UnprotectedPersonalData),
            &[STAFF],
            Quarantine,
        ),
        (
            "personal-address = { action = \"note\" }",
            weighing(PersonalAddress, Weight::PrivateFrom),
            &[OUTSIDE],
            Note,
        ),
        (
            "personal-address = { classes = { private-from = \"warn\" } }",
            weighing(PersonalAddress, Weight::PrivateFrom),
            &[OUTSIDE],
            Warn,
        ),
        (
            "personal-address = { action = \"quarantine\" }",
            weighing(PersonalAddress, Weight::PrivateFrom),
            &[OUTSIDE],
            Reject,
        ),
        (
            "unreadable-content = { action = \"warn\" }",
            weighing(UnreadableContent, Weight::Hostile),
            &[OUTSIDE],
            Quarantine,
        ),
        (
            "unreadable-content = { action = \"reject\" }",
            weighing(UnreadableContent, Weight::Hostile),
            &[OUTSIDE],
            Reject,
        ),
        (
            "unreadable-content = { classes = { not-read = \"warn\" } }",
            weighing(UnreadableContent, Weight::NotRead),
            &[OUTSIDE],
            Warn,
        ),
        (
            "chain-message = { threshold = 0.95 }",
            finding(ChainMessage),
            &[OUTSIDE],
            Deliver,
        ),
        (
            "chain-message = { threshold = 0.9 }",
            finding(ChainMessage),
            &[OUTSIDE],
            Warn,
        ),
        (
            "chain-message = { mode = \"observe\" }",
            finding(ChainMessage),
            &[OUTSIDE],
            Deliver,
        ),
        (
            "chain-message = { mode = \"off\" }",
            finding(ChainMessage),
            &[OUTSIDE],
            Deliver,
        ),
    ] {
        check_with(
            &format!("[rules]\n{settings}"),
            &to(recipients),
            finding,
            expected,
        );
    }
}

#[test]
fn one_verdict_is_the_strongest_and_keeps_the_order_of_rules() {
    let findings = vec![
        finding(ChainMessage),
        finding(UnprotectedPersonalData),
        finding(PupilNameInSubject),
    ];
    let verdict = verdict(&policy(""), &to(&[OUTSIDE]), findings);
    assert_eq!(verdict.action, Quarantine);
    let judged: Vec<_> = verdict
        .findings
        .iter()
        .map(|judged| (judged.finding.rule, judged.action))
        .collect();
    assert_eq!(
        judged,
        [
            (PupilNameInSubject, Warn),
            (UnprotectedPersonalData, Quarantine),
            (ChainMessage, Warn)
        ]
    );
}

#[test]
fn nothing_found_and_what_does_not_count_are_delivered() {
    assert_eq!(
        verdict(&policy(""), &to(&[OUTSIDE]), Vec::new()),
        Verdict::default()
    );
    let suppressed = Finding {
        suppressed: Some("a title stands before it".to_owned()),
        ..finding(PupilNameInSubject)
    };
    let unsure = Finding {
        confidence: 0.4,
        ..finding(ChainMessage)
    };
    let secured = finding(UnprotectedPersonalData);
    let verdict = verdict(
        &policy(""),
        &to(&["x@secure.example"]),
        vec![suppressed, unsure, secured],
    );
    assert_eq!(verdict.action, Deliver);
    let reasons: Vec<_> = verdict
        .findings
        .iter()
        .map(|judged| (judged.action, judged.finding.suppressed.as_deref()))
        .collect();
    assert_eq!(
        reasons,
        [
            (Deliver, Some("a title stands before it")),
            (
                Deliver,
                Some("every recipient it concerns is on a secure route")
            ),
            (Deliver, Some("less certain than the school asks for")),
        ]
    );
}

#[test]
fn an_observing_school_delivers_all_and_records_what_it_would_do() {
    for rule in RuleId::ALL {
        let on = format!("mode = \"observe\"\nrules = {{ {rule} = {{ mode = \"enforce\" }} }}");
        let verdict = verdict(&policy(&on), &to(&[OUTSIDE]), vec![finding(rule)]);
        assert_eq!(verdict.action, Deliver);
        assert_eq!(verdict.findings[0].mode, Mode::Observe);
        assert!(verdict.findings[0].action >= Note);
    }
}

#[test]
fn rules_run_and_have_clauses() {
    let changed =
        policy("[rules]\nchain-message = { mode = \"off\", clause = \"No chains here.\" }");
    for rule in RuleId::ALL {
        let off = [
            PersonalBusiness,
            OpinionOfPerson,
            CopyrightMaterial,
            OutOfHours,
            SocialMediaSignup,
        ]
        .contains(&rule);
        assert_eq!(changed.runs(rule), rule != ChainMessage && !off);
        assert_eq!(changed.rule(rule).id, rule);
        assert_eq!(Policy::default().runs(rule), !off);
        assert!(Policy::default().clause(rule).ends_with('.'));
        for on in [
            "action = \"note\"",
            "mode = \"enforce\"",
            "mode = \"observe\"",
        ] {
            assert!(policy(&format!("[rules]\n{rule} = {{ {on} }}")).runs(rule));
        }
    }
    assert_eq!(changed.clause(ChainMessage), "No chains here.");
    let dropped = verdict(&changed, &to(&[OUTSIDE]), vec![finding(ChainMessage)]);
    assert!(dropped.findings.is_empty());
}
