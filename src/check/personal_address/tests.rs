use super::*;
use crate::check::testing::{attach, mail_of, mailbox, message, school};
use crate::extract::{Protection, Reading};
use crate::school::import::{Source, Sources, import};
use crate::school::names::NameKey;

fn inspect(reading: &Reading) -> Vec<Finding> {
    let recipients: Vec<&str> = reading
        .header
        .to
        .iter()
        .map(|to| to.address.as_str())
        .collect();
    PersonalAddress.inspect(&mail_of(reading, &recipients), &school())
}

fn fired(findings: &[Finding]) -> usize {
    findings
        .iter()
        .filter(|finding| finding.suppressed.is_none())
        .count()
}

/// From Daniel Cooper's school address.
fn to(recipient: &str, body: &str) -> Reading {
    let mut reading = message(&[(Role::Subject, "Hello"), (Role::Body, body)]);
    reading.header.to = vec![mailbox(recipient)];
    reading
}

#[test]
fn private_mailboxes_of_staff_are_told_from_others() {
    for (recipient, expected) in [
        ("dan.cooper82@gmail.example", 1),
        ("danielcooper@hotmail.co.uk", 1),
        ("dcooper@btinternet.com", 1),
        ("cooper@sky.com", 1),
        ("DAN.COOPER@GMAIL.COM", 1),
        ("pippa.ashworth@yahoo.co.uk", 1),
        ("p.ashworth@icloud.com", 1),
        ("kate_oneill@outlook.com", 1),
        ("koneill77@live.co.uk", 1),
        ("d_cooper@talktalk.net", 1),
        // Another's surname alone is anyone's.
        ("ashworth@gmail.com", 0),
        ("thecoopers@gmail.com", 1),
        ("theashworths@gmail.com", 0),
        ("s.cooper@gmail.example", 0),
        ("sarah.cooper@gmail.com", 0),
        ("cooper.plumbing@gmail.com", 0),
        ("dan.cooper@cooperbuilders.example", 0),
        ("d.cooper@council.gov.uk", 0),
        ("d.cooper@nhs.net", 0),
        ("d.cooper@greenfold.sch.example", 0),
        ("zelda.fitz@gmail.com", 0),
        ("not an address", 0),
    ] {
        let mut reading = to(recipient, "See attached.");
        attach(&mut reading, "markbook.xlsx", Protection::Open, &[]);
        let mail = mail_of(&reading, &[]);
        let findings = PersonalAddress.inspect(&mail, &school());
        assert_eq!(fired(&findings), expected, "{recipient}");
        for finding in findings {
            let said = format!("{finding:?}").to_lowercase();
            assert!(
                !said.contains("cooper") && !said.contains("ashworth"),
                "{said}"
            );
        }
    }
}

#[test]
fn only_school_business_counts() {
    for (body, expected) in [
        ("Year 9 seating plan below", 1),
        ("Minutes of the meeting, and the budget", 1),
        ("Notes on Amara Okafor", 1),
        ("Dentist 3pm", 0),
        ("Buy milk, pick up the car", 0),
        (
            "Dentist 3pm\n\nKind regards\nDaniel Cooper\nHead of Year 9, Greenfold School",
            0,
        ),
        ("Train is at 6.\n-- \nDaniel Cooper\nTeacher of English", 0),
        ("", 0),
    ] {
        let findings = inspect(&to("dan.cooper82@gmail.example", body));
        assert_eq!(fired(&findings), expected, "{body:?}");
        assert_eq!(findings.len(), 1, "recognised in any case");
    }
}

#[test]
fn the_field_decides_what_is_said() {
    let private = || vec![mailbox("dan.cooper82@gmail.example")];
    let body = [(Role::Body, "The Year 9 homework")];
    let mut from = message(&body);
    from.header.from = private();
    let mut reply = message(&body);
    reply.header.reply_to = private();
    let mut cc = message(&body);
    cc.header.cc = private();
    for (reading, field, weight) in [
        (from, "From", Weight::PrivateFrom),
        (reply, "Reply-To", Weight::Ordinary),
        (cc, "Cc", Weight::Ordinary),
    ] {
        let findings = inspect(&reading);
        assert_eq!(
            findings.len(),
            1,
            "one for an address, however often it stands there"
        );
        assert_eq!(findings[0].location.as_str(), field);
        assert_eq!(findings[0].weight, weight);
        assert_eq!(findings[0].excerpt, "d•••@gmail.example");
    }
    let reading = message(&body);
    let mail = mail_of(&reading, &["dan.cooper82@gmail.example"]);
    let findings = PersonalAddress.inspect(&mail, &school());
    assert_eq!(findings[0].location.as_str(), "recipients", "a blind copy");
}

#[test]
fn requests_to_use_a_private_mailbox() {
    for (body, expected) in [
        ("Please send the Year 9 marks to my gmail.", 1),
        ("Could you reply to my personal email about the trip?", 1),
        ("Email me the class list on my private address", 1),
        ("I'm off site, so use my Hotmail account for the reports", 1),
        (
            "Please send your homework to dan.cooper82@gmail.example by Friday",
            1,
        ),
        (
            "My personal email is dc@yahoo.example, the school one is full",
            1,
        ),
        (
            "Send it to dcooper@gmail.com rather than this school address",
            1,
        ),
        (
            "Please forward the lesson plans to pippa.ashworth@icloud.com",
            1,
        ),
        ("You can reach me on gmail about the school trip", 1),
        (
            "It\u{2019}s easiest to get me via my private email for the rota",
            1,
        ),
        ("Please do not send school work to my personal email", 0),
        ("Never reply to my gmail about pupils", 0),
        (
            "Staff must not use my personal email for school matters.",
            0,
        ),
        ("Please send the form to the school office", 0),
        (
            "Please send the consent form to zelda.fitz@gmail.com, our parent rep",
            0,
        ),
        ("Reply to my email about the trip when you can", 0),
        ("Send the homework to d.cooper@greenfold.sch.example", 0),
        ("My personal view is that the trip should go ahead", 0),
        ("Use your personal email to sign up for the school app", 0),
        ("Please send cake recipes to my gmail", 0),
    ] {
        let findings = inspect(&message(&[(Role::Body, body)]));
        assert_eq!(fired(&findings), expected, "{body}");
    }
    let quoted = message(&[(Role::Quoted, "Please send the Year 9 marks to my gmail.")]);
    assert_eq!(fired(&inspect(&quoted)), 0, "others' words");
    let mut pupil = message(&[(Role::Body, "Please send the homework to my gmail.")]);
    pupil.header.from = vec![mailbox("a.okafor@pupils.greenfold.sch.example")];
    assert_eq!(fired(&inspect(&pupil)), 0, "pupils may");
}

#[test]
fn odd_and_huge_input_is_no_trouble() {
    for body in [
        "@".repeat(10_000),
        "send to a@b.c ".repeat(5_000),
        "\u{1f600}@gmail.com my gmail send".repeat(500),
    ] {
        let mut reading = message(&[(Role::Body, &body)]);
        reading.header.to = vec![mailbox(&body)];
        let _ = PersonalAddress.inspect(&mail_of(&reading, &[]), &school());
    }
}

#[derive(serde::Deserialize)]
struct Cases {
    worked: Labelled,
    kept: Labelled,
    fixtures: Labelled,
    primary: Lists,
    second: Labelled,
    secondary: Lists,
    third: Labelled,
    fourth: Labelled,
    fifth: Labelled,
    sixth: Labelled,
}

/// What a school imports.
#[derive(serde::Deserialize)]
struct Lists {
    roster: String,
    staff: String,
    contacts: String,
}

#[derive(serde::Deserialize)]
struct Labelled {
    wrong: Vec<Case>,
    right: Vec<Case>,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    from: Option<String>,
    /// An address, or a name with an address in angle brackets.
    to: String,
    cc: Option<String>,
    bcc: Option<String>,
    reply_to: Option<String>,
    #[serde(default)]
    subject: String,
    body: String,
    #[serde(default)]
    quoted: String,
    file: Option<String>,
}

impl Case {
    fn fires(&self, school: &School) -> bool {
        let mut reading = message(&[
            (Role::Subject, &self.subject),
            (Role::Body, &self.body),
            (Role::Quoted, &self.quoted),
        ]);
        reading.header.to = vec![named(&self.to)];
        reading.header.cc = self.cc.iter().map(|text| named(text)).collect();
        reading.header.reply_to = self.reply_to.iter().map(|text| named(text)).collect();
        if let Some(from) = &self.from {
            reading.header.from = vec![named(from)];
        }
        if let Some(file) = &self.file {
            attach(&mut reading, file, Protection::Open, &[]);
        }
        let to = named(&self.to).address;
        let recipients: Vec<&str> = [Some(to.as_str()), self.bcc.as_deref()]
            .into_iter()
            .flatten()
            .collect();
        fired(&PersonalAddress.inspect(&mail_of(&reading, &recipients), school)) > 0
    }
}

fn named(text: &str) -> Mailbox {
    match text.trim_end_matches('>').split_once(" <") {
        Some((name, address)) => Mailbox {
            name: name.to_owned(),
            address: address.to_owned(),
        },
        None => mailbox(text),
    }
}

/// The cases that are judged wrongly, by their text.
fn misjudged(cases: &[Case], expected: bool, school: &School) -> Vec<String> {
    cases
        .iter()
        .filter(|case| case.fires(school) != expected)
        .map(|case| format!("{} | {} | {}", case.to, case.subject, case.body))
        .collect()
}

fn cases() -> Cases {
    toml::from_str(include_str!("cases.toml")).expect("good cases")
}

#[test]
fn cases_worked_with_are_told_apart() {
    let Labelled { wrong, right } = cases().worked;
    assert_eq!(
        misjudged(&wrong, true, &school()),
        Vec::<String>::new(),
        "missed"
    );
    assert_eq!(
        misjudged(&right, false, &school()),
        Vec::<String>::new(),
        "false"
    );
}

#[test]
fn cases_kept_apart_are_mostly_told_apart() {
    let Labelled { wrong, right } = cases().kept;
    let (missed, falsely) = (
        misjudged(&wrong, true, &school()),
        misjudged(&right, false, &school()),
    );
    assert!(missed.len() * 10 <= wrong.len(), "missed {missed:#?}");
    assert!(falsely.len() * 20 <= right.len(), "false {falsely:#?}");
}

/// The people of the fixtures.
fn fixtures() -> Lists {
    Lists {
        roster: include_str!("../../../fixtures/school/roster.csv").to_owned(),
        staff: include_str!("../../../fixtures/school/staff.csv").to_owned(),
        contacts: include_str!("../../../fixtures/school/contacts.csv").to_owned(),
    }
}

fn school_of(lists: &Lists) -> School {
    let mut school = school();
    let sources = Sources {
        roster: Some(Source {
            name: "roster.csv",
            bytes: lists.roster.trim_start().as_bytes(),
        }),
        staff: Some(Source {
            name: "staff.csv",
            bytes: lists.staff.trim_start().as_bytes(),
        }),
        contacts: Some(Source {
            name: "contacts.csv",
            bytes: lists.contacts.trim_start().as_bytes(),
        }),
        domains: &school.domains,
    };
    school.people = import(&sources, NameKey::default())
        .expect("good lists")
        .people;
    school
}

#[test]
fn cases_of_a_whole_school_are_told_apart() {
    let Labelled { wrong, right } = cases().fixtures;
    let school = school_of(&fixtures());
    let (missed, falsely) = (
        misjudged(&wrong, true, &school),
        misjudged(&right, false, &school),
    );
    assert!(missed.len() * 20 <= wrong.len(), "missed {missed:#?}");
    assert_eq!(falsely, Vec::<String>::new(), "false");
}

#[test]
fn cases_of_a_primary_school_are_told_apart() {
    let Cases {
        primary, second, ..
    } = cases();
    let school = school_of(&primary);
    assert_told_apart(&second, &school);
}

#[test]
fn cases_of_a_secondary_school_are_mostly_told_apart() {
    let Cases {
        secondary, third, ..
    } = cases();
    let school = school_of(&secondary);
    assert_told_apart(&third, &school);
}

#[test]
fn more_cases_of_a_whole_school_are_mostly_told_apart() {
    assert_told_apart(&cases().fourth, &school_of(&fixtures()));
}

#[test]
fn more_cases_of_a_primary_school_are_mostly_told_apart() {
    let Cases { primary, fifth, .. } = cases();
    assert_told_apart(&fifth, &school_of(&primary));
}

#[test]
fn more_cases_of_a_secondary_school_are_mostly_told_apart() {
    let Cases {
        secondary, sixth, ..
    } = cases();
    assert_told_apart(&sixth, &school_of(&secondary));
}

/// At most one in ten wrongs is missed, and one in twenty rights is taken.
fn assert_told_apart(Labelled { wrong, right }: &Labelled, school: &School) {
    let (missed, falsely) = (
        misjudged(wrong, true, school),
        misjudged(right, false, school),
    );
    assert!(
        missed.len() * 10 <= wrong.len() && falsely.len() * 20 <= right.len(),
        "missed {} of {} {missed:#?}, false {} of {} {falsely:#?}",
        missed.len(),
        wrong.len(),
        falsely.len(),
        right.len(),
    );
}
