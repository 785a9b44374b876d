//! Whole letters, as their readers get them. `EXEAT_BLESS=1` writes what the
//! expected texts would be; whoever does that reads them.

use std::path::PathBuf;

use super::*;

/// Compares subject and text with the file `expected/NAME.txt`.
fn check(name: &str, mail: &Mail) {
    let read = read(mail);
    let letter = format!("Subject: {}\n\n{}", read.subject, read.text);
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src/notice/tests/expected");
    let file = folder.join(format!("{name}.txt"));
    if std::env::var_os("EXEAT_BLESS").is_some() {
        std::fs::write(&file, &letter).expect("the folder is writable");
        std::fs::write(folder.join(format!("{name}.html")), &read.html).expect("writable");
    }
    let expected = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(
        letter == expected,
        "{name} is now:\n{letter}\n(was expected:)\n{expected}"
    );
}

fn to_sender(about: &About, event: &Event) -> Mail {
    Estate::new()
        .to_sender(about, event)
        .expect("a person to tell")
}

#[test]
fn held_until_the_sender_decides() {
    check(
        "warned-subject",
        &to_sender(&about(vec![name_in_subject()]), &Event::Warned),
    );
    let several = vec![name_in_subject(), name_in_body(Action::Note)];
    check(
        "warned-subject-and-body",
        &to_sender(&about(several), &Event::Warned),
    );
    check(
        "warned-chain",
        &to_sender(&about(vec![chain()]), &Event::Warned),
    );
    let private = judged(
        RuleId::PersonalAddress,
        Action::Warn,
        Location::new("To"),
        "what looks like a colleague's private mailbox",
    );
    let unreadable = judged(
        RuleId::UnreadableContent,
        Action::Warn,
        Location::new("plan.pub"),
        "the file is damaged and could be read in part only",
    );
    check(
        "warned-two-changes",
        &to_sender(&about(vec![private, unreadable]), &Event::Warned),
    );
}

#[test]
fn held_until_a_reviewer_decides() {
    let cells = (1..=9).map(|row| register(&format!("B{row}"))).collect();
    check(
        "quarantined-register",
        &to_sender(&about(cells), &Event::Quarantined),
    );
}

#[test]
fn sent_with_something_to_know() {
    let mut note = about(vec![name_in_body(Action::Note)]);
    note.reference = None;
    note.due = None;
    note.recipients = 1;
    check("noted-body", &to_sender(&note, &Event::Noted));
}

#[test]
fn what_became_of_it() {
    let about = about(vec![register("B14")]);
    let by = "Priya Nair".to_owned();
    check(
        "released",
        &to_sender(&about, &Event::Released { by: by.clone() }),
    );
    let reason = "The family has moved; send it to the new school's office.".to_owned();
    check(
        "refused",
        &to_sender(&about, &Event::Refused { by, reason }),
    );
    check("withdrawn", &to_sender(&about, &Event::Withdrawn));
    let mut old = about.clone();
    old.received = at("2026-11-13T14:20:00Z");
    check("expired", &to_sender(&old, &Event::Expired));
}

#[test]
fn reviewers_are_told_of_what_waits() {
    let estate = Estate::new();
    let quarantined = estate.to_reviewers(&about(vec![register("B14")]), &Event::Quarantined);
    check("reviewer-quarantined", &quarantined[0]);

    let mut from_copier = about(vec![name_in_subject()]);
    from_copier.automatic = true;
    check(
        "reviewer-automatic",
        &estate.to_reviewers(&from_copier, &Event::Warned)[0],
    );
    from_copier.sender = None;
    let by = "Sam Okoro".to_owned();
    let reason = String::from("Not for this address.");
    check(
        "reviewer-null-refused",
        &estate.to_reviewers(&from_copier, &Event::Refused { by, reason })[0],
    );
}

#[test]
fn the_person_named_is_one_who_can_help() {
    let check = |estate: &Estate, expected: &str| {
        let mail = estate.to_sender(&about(vec![name_in_subject()]), &Event::Warned);
        let text = read(&mail.expect("a person to tell")).text;
        assert!(text.contains(expected), "{text}");
    };
    let mut estate = Estate::new();
    check(
        &estate,
        "ask Priya Nair, data lead, to release it: reply to this mail or telephone 01632 960 400.",
    );
    estate.reviewers = vec![address("data@greenfold.sch.example")];
    check(
        &estate,
        "ask the school office to release it: reply to this mail or telephone 01632 960 400.",
    );
    estate.school.phones.clear();
    check(
        &estate,
        "ask the school office to release it: reply to this mail.",
    );
    estate.reviewers.clear();
    check(&estate, "ask the school office to release it.");
    // Nobody is sent to herself.
    estate.reviewers = vec![address("D.Cooper@greenfold.sch.example")];
    check(
        &estate,
        "ask the school office to release it: reply to this mail.",
    );
    estate.settings.person = Some("Jo Bell, bursar".to_owned());
    estate.settings.phone = Some("extension 12".to_owned());
    check(
        &estate,
        "ask Jo Bell, bursar, to release it: reply to this mail or telephone extension 12.",
    );
}

#[test]
fn who_is_told_of_what() {
    let estate = Estate::new();
    let person = about(vec![register("B14")]);
    let program = About {
        automatic: true,
        ..person.clone()
    };
    let system = About {
        sender: Some(address("MIS@greenfold.sch.example")),
        ..person.clone()
    };
    let nobody = About {
        sender: None,
        ..person.clone()
    };
    let outside = About {
        sender: Some(address("parent@home.example")),
        ..person.clone()
    };
    let by = "Priya Nair".to_owned();
    let events = [
        // The event, and whether reviewers hear of it though the sender does.
        (Event::Warned, false),
        (Event::Quarantined, true),
        (Event::Released { by: by.clone() }, false),
        (
            Event::Refused {
                by,
                reason: "Wrong file".to_owned(),
            },
            false,
        ),
        (Event::Withdrawn, false),
        (Event::Expired, true),
    ];
    for (event, both) in &events {
        assert!(estate.to_sender(&person, event).is_some(), "{event:?}");
        assert_eq!(
            estate.to_reviewers(&person, event).len(),
            usize::from(*both),
            "{event:?}"
        );
        for about in [&program, &system, &nobody, &outside] {
            assert!(
                estate.to_sender(about, event).is_none(),
                "{event:?} {about:?}"
            );
            let mails = estate.to_reviewers(about, event);
            assert_eq!(mails.len(), 1, "{event:?} {about:?}");
            let text = read(&mails[0]).text;
            assert!(text.contains("Its sender has not been told: "), "{text}");
        }
    }
    assert!(estate.to_reviewers(&nobody, &Event::Noted).is_empty());
}

/// Who is asked about these findings on a mail of this sender.
fn asked(estate: &Estate, sender: &str, findings: Vec<Judged>, event: &Event) -> Vec<String> {
    let about = About {
        sender: Some(address(sender)),
        ..about(findings)
    };
    let mails = estate.to_reviewers(&about, event).into_iter();
    mails.map(|mail| mail.to.to_string()).collect()
}

#[test]
fn what_concerns_a_childs_safety_goes_to_safeguarding_and_nobody_decides_on_their_own() {
    const COOPER: &str = "d.cooper@greenfold.sch.example";
    const DATA: &str = "p.nair@greenfold.sch.example";
    const SAFE: &str = "dsl@greenfold.sch.example";
    let mut estate = Estate::new();
    let of = |rule: RuleId, action, weight| {
        let mut judged = judged(rule, action, Location::body(), "something");
        judged.finding.weight = weight;
        judged
    };
    let ordinary = Weight::Ordinary;
    let details = || of(RuleId::PersonalDetailsToPupil, Action::Quarantine, ordinary);
    let private = || of(RuleId::PupilPrivateAddress, Action::Quarantine, ordinary);
    let kept_away = || {
        of(
            RuleId::WrongRecipient,
            Action::Quarantine,
            Weight::Restricted,
        )
    };
    let threat = |action| of(RuleId::OffensiveLanguage, action, Weight::Threat);
    let data = || {
        of(
            RuleId::UnprotectedPersonalData,
            Action::Quarantine,
            ordinary,
        )
    };
    let held = &Event::Quarantined;
    assert_eq!(
        asked(&estate, COOPER, vec![details()], held),
        [DATA],
        "the school names nobody"
    );

    estate.safeguarding = vec![address(SAFE)];
    for finding in [
        details(),
        private(),
        kept_away(),
        threat(Action::Quarantine),
    ] {
        let with_a_note = vec![finding.clone(), name_in_body(Action::Note)];
        assert_eq!(asked(&estate, COOPER, vec![finding.clone()], held), [SAFE]);
        assert_eq!(asked(&estate, COOPER, with_a_note, held), [SAFE]);
        assert_eq!(
            asked(&estate, COOPER, vec![finding.clone(), data()], held),
            [SAFE, DATA]
        );
        let observed = Judged {
            mode: Mode::Observe,
            ..finding
        };
        assert_eq!(asked(&estate, COOPER, vec![observed, data()], held), [DATA]);
    }
    assert_eq!(asked(&estate, COOPER, vec![data()], held), [DATA]);
    assert_eq!(asked(&estate, SAFE, vec![details(), data()], held), [DATA]);
    assert_eq!(
        asked(&estate, SAFE, vec![details()], held),
        [DATA],
        "not oneself"
    );

    estate.reviewers = vec![address(DATA), address(SAFE)];
    let both = vec![details(), data()];
    assert_eq!(asked(&estate, COOPER, both, held), [SAFE, DATA], "once");

    // A pupil's mail that goes out all the same.
    assert_eq!(
        asked(&estate, COOPER, vec![threat(Action::Note)], &Event::Noted),
        [SAFE]
    );
    assert!(asked(&estate, COOPER, vec![details()], &Event::Noted).is_empty());
    let unsure = Judged {
        mode: Mode::Observe,
        ..threat(Action::Note)
    };
    assert!(asked(&estate, COOPER, vec![unsure], &Event::Noted).is_empty());
}

#[test]
fn a_school_without_reviewers_has_a_postmaster() {
    let mut estate = Estate::new();
    estate.reviewers.clear();
    let mails = estate.to_reviewers(&about(vec![register("B14")]), &Event::Quarantined);
    let to: Vec<_> = mails.iter().map(|mail| mail.to.as_str()).collect();
    assert_eq!(to, ["postmaster@greenfold.sch.example"]);
}

#[test]
fn only_what_counted_is_shown() {
    let mut observed = name_in_subject();
    observed.mode = Mode::Observe;
    let mut suppressed = chain();
    suppressed.finding.suppressed = Some("a warning about a chain".to_owned());
    let about = about(vec![register("B14"), register("B14"), observed, suppressed]);
    let text = read(&to_sender(&about, &Event::Quarantined)).text;
    assert_eq!(text.matches("register.xlsx").count(), 1, "{text}");
    assert!(
        !text.contains("subject line") && !text.contains("luck"),
        "{text}"
    );
}

#[test]
fn a_notice_travels_as_a_programs_mail() {
    let about = about(vec![name_in_subject()]);
    let mail = to_sender(&about, &Event::Warned);
    let header = read(&mail).header;
    for line in [
        "From: \"Exeat for Greenfold School\" <exeat@greenfold.sch.example>\r\n",
        "To: <d.cooper@greenfold.sch.example>\r\n",
        "Reply-To: <p.nair@greenfold.sch.example>\r\n",
        "Subject: Not sent yet: your mail of 14:02 to 3 people\r\n",
        "Date: Fri, 20 Nov 2026 14:20:00 +0000\r\n",
        "Auto-Submitted: auto-generated\r\n",
        "X-Auto-Response-Suppress: All\r\n",
        "Content-Type: multipart/alternative;",
        "@greenfold.sch.example>\r\n",
    ] {
        assert!(header.contains(line), "{line:?} is not in:\n{header}");
    }
    assert!(!header.contains("In-Reply-To") && !header.contains("References"));
    let id = |mail: &Mail| {
        let message = MessageParser::new()
            .parse(&mail.message)
            .expect("a message");
        message.message_id().expect("an identifier").to_owned()
    };
    assert_eq!(id(&mail), id(&to_sender(&about, &Event::Warned)));
    assert_ne!(id(&mail), id(&to_sender(&about, &Event::Expired)));

    let queued = mail.for_outbox(&"greenfold".into(), about.reference);
    assert_eq!(queued.envelope.reverse_path, None);
    assert_eq!(queued.kind, MailKind::Notice);
    assert_eq!(queued.envelope.addresses().count(), 1);
}
