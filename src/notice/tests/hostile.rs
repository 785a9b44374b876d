//! What no letter may hold, whatever the mail was like.

use proptest::prelude::*;

use super::*;

/// Words that blame, threaten or belong to a trade.
const FORBIDDEN: [&str; 15] = [
    "violat",
    "breach",
    "offen",
    "guilty",
    "illegal",
    "suspicious",
    "quarantine",
    "blocked",
    "dlp",
    "compliance",
    "smtp",
    "your password",
    "you must",
    "you have failed",
    "click",
];

fn events() -> [Event; 7] {
    let by = "Priya Nair".to_owned();
    [
        Event::Warned,
        Event::Quarantined,
        Event::Noted,
        Event::Released { by: by.clone() },
        Event::Refused {
            by,
            reason: "Wrong file".to_owned(),
        },
        Event::Withdrawn,
        Event::Expired,
    ]
}

/// Every letter that these facts could lead to.
fn letters(about: &About) -> Vec<Mail> {
    let estate = Estate::new();
    let untold = About {
        automatic: true,
        ..about.clone()
    };
    events()
        .iter()
        .flat_map(|event| {
            let mut mails: Vec<Mail> = estate.to_sender(about, event).into_iter().collect();
            mails.extend(estate.to_reviewers(about, event));
            mails.extend(estate.to_reviewers(&untold, event));
            mails
        })
        .collect()
}

/// What holds of every letter.
fn check(mail: &Mail) {
    let message = &mail.message;
    assert!(message.is_ascii(), "a relay of 1982 could take it");
    assert!(message.split(|&b| b == b'\n').all(|line| line.len() <= 998));
    assert_eq!(
        memchr::memchr_iter(b'\n', message).count(),
        memchr::memmem::find_iter(message, b"\r\n").count(),
        "every line ends in CRLF"
    );
    let read = read(mail);
    let names: Vec<&str> = read
        .header
        .split("\r\n")
        .filter(|line| !line.starts_with([' ', '\t']) && !line.is_empty())
        .map(|line| line.split(':').next().expect("split gives a first"))
        .collect();
    let known = [
        "From",
        "To",
        "Subject",
        "Date",
        "Message-ID",
        "Auto-Submitted",
        "X-Auto-Response-Suppress",
        "Content-Language",
        "Reply-To",
        "MIME-Version",
        "Content-Type",
    ];
    assert!(names.iter().all(|name| known.contains(name)), "{names:?}");
    assert!(
        names
            .iter()
            .all(|name| names.iter().filter(|other| *other == name).count() == 1)
    );
    for text in [&read.text, &read.html] {
        for link in text.split("http").skip(1) {
            let link = link.replace("&#x2f;", "/");
            let own = link.starts_with(&CONSOLE["http".len()..]);
            assert!(
                own || !link.trim_start_matches('s').starts_with("://"),
                "{link}"
            );
        }
        assert!(
            !text.contains("P-0042"),
            "pupils' references stay in the store"
        );
        assert!(!text.contains(['\u{202e}', '\u{2067}', '\0', '\u{1b}']));
    }
}

#[test]
fn no_letter_blames_or_speaks_jargon() {
    let rules = RuleId::ALL.map(|rule| {
        let action = if rule == RuleId::UnprotectedPersonalData {
            Action::Quarantine
        } else {
            Action::Warn
        };
        judged(rule, action, Location::body(), "something")
    });
    for mail in letters(&about(rules.to_vec())) {
        check(&mail);
        let read = read(&mail);
        let letter = format!("{} {} {}", read.subject, read.text, read.html).to_lowercase();
        // A link names the rule.
        let letter = RuleId::ALL
            .iter()
            .fold(letter, |letter, rule| letter.replace(rule.as_str(), ""));
        for word in FORBIDDEN {
            assert!(!letter.contains(word), "\"{word}\" in:\n{letter}");
        }
        assert!(
            !letter.contains("excerpt"),
            "nothing of the mail is repeated:\n{letter}"
        );
        let subject = read.subject.to_lowercase();
        assert!(
            !subject.contains("name") && !subject.contains("a.b."),
            "{subject}"
        );
    }
}

#[test]
fn a_pupils_name_in_evidence_that_is_not_shown_stays_out() {
    let mut finding = name_in_subject();
    finding.finding.excerpt = "Marks for Zoë O'Brien".to_owned();
    finding.finding.suppressed = None;
    finding.finding.pupils = vec![PupilRef("B801200005001".into())];
    let mut suppressed = name_in_body(Action::Note);
    suppressed.finding.what = "Zoë O'Brien".to_owned();
    suppressed.finding.suppressed = Some("the sender's own name".to_owned());
    for mail in letters(&about(vec![finding, suppressed])) {
        let read = read(&mail);
        for text in [&read.header, &read.text, &read.html] {
            assert!(
                !text.contains("Brien") && !text.contains("B801200005001"),
                "{text}"
            );
        }
    }
}

#[test]
fn strangers_markup_is_shown_and_never_obeyed() {
    let mut odd = about(vec![judged(
        RuleId::UnprotectedPersonalData,
        Action::Quarantine,
        Location::new("<img src=http://evil.example/x>.docx"),
        "{{ opening }} <script>alert(1)</script>",
    )]);
    odd.subject = "</title><a href=\"javascript:x\">{% raw %}".to_owned();
    for mail in letters(&odd) {
        check(&mail);
        let html = read(&mail).html;
        assert!(
            !html.contains("<img")
                && !html.contains("<script")
                && !html.contains("<a href=\"javascript")
        );
    }
}

#[test]
fn an_address_that_would_end_a_line_is_told_nothing() {
    let estate = Estate::new();
    let mut odd = about(vec![register("B14")]);
    if let Ok(sender) = "\"a\r\nBcc: b\"@greenfold.sch.example".parse() {
        odd.sender = Some(sender);
        assert!(estate.to_sender(&odd, &Event::Quarantined).is_none());
        for mail in estate.to_reviewers(&odd, &Event::Quarantined) {
            check(&mail);
        }
    }
}

#[test]
fn a_school_of_any_name_and_size_is_met() {
    let mut estate = Estate::new();
    estate.school.name = format!("Ysgol Gyfun Gŵyr\r\nBcc: x@d.example {}", "a".repeat(500));
    estate.settings.person = Some("Łukasz \u{202e}Źdźbło, <b>lead</b>\nX: y".to_owned());
    estate.reviewers = (0..100)
        .map(|i| address(&format!("reviewer.{i}@greenfold.sch.example")))
        .collect();
    let mut large = about((0..2000).map(|row| register(&format!("B{row}"))).collect());
    large.recipients = usize::MAX;
    large.subject = "💡".repeat(100_000);
    let mail = estate
        .to_sender(&large, &Event::Quarantined)
        .expect("a person to tell");
    check(&mail);
    assert!(read(&mail).text.contains("and 1994 more"));
    assert!(mail.message.len() < 40_000, "{} bytes", mail.message.len());
    let mails = estate.to_reviewers(&large, &Event::Quarantined);
    assert_eq!(mails.len(), 100);
    mails.iter().for_each(check);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_input_breaks_a_letter(
        subject in ".{0,200}",
        place in any::<String>(),
        what in any::<String>(),
        recipients in any::<usize>(),
        received in -62_135_596_800_i64..253_000_000_000,
    ) {
        let mut odd = about(vec![judged(RuleId::UnprotectedPersonalData, Action::Quarantine, Location::new(place), &what)]);
        odd.subject = subject;
        odd.recipients = recipients;
        odd.received = Timestamp::from_second(received).expect("in range");
        odd.due = Some(odd.received);
        letters(&odd).iter().for_each(check);
    }
}
