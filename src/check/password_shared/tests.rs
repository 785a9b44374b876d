use super::*;
use crate::check::testing::{attach, mail_of, message, school};
use crate::extract::{Protection, Reading};

fn inspect(reading: &Reading) -> Vec<Finding> {
    let findings = PasswordShared.inspect(&mail_of(reading, &[]), &school());
    let counts = |finding: &Finding| finding.suppressed.is_none();
    findings.into_iter().filter(counts).collect()
}

fn fires(body: &str) -> bool {
    !inspect(&message(&[(Role::Body, body)])).is_empty()
}

#[test]
fn credentials_of_accounts_systems_and_devices_count() {
    let missed: Vec<&str> = [
        "Username: jsmith Password: Kestrel19",
        "Log in as me: y.demir and then Thales624BC with a capital T.",
        "go on the portal as 25haworthm and its maisieDog2014 (capital D)",
        "The wifi password is Otter17, tell the visitors.",
        "My laptop password is still Biscuit_and_Gravy7.",
        "The alarm code is 4482, unset it when you come in.",
        "The door code is 1938.",
        "unlock the iPad: the passcode is 2580",
        "Log on to the bank with my card, passcode 771340, PIN 9061.",
        "To get into Arbor use the admin login: office / Larkspur!Ferry22",
        "user = svc_marks\npwd = q9#TernWeir_4410\nserver = mis",
        "Our school Twitter account's password is Greenfold2026!",
        "The copier needs a code: Maths 20413, English 20877.",
        "here's my login for the exam board portal, GF_exams with Heron-Slate-40",
    ]
    .into_iter()
    .filter(|body| !fires(body))
    .collect();
    assert!(missed.is_empty(), "{missed:#?}");
}

#[test]
fn documents_meetings_advice_and_lessons_pass() {
    let wrong: Vec<&str> = [
        "The password is Otter17.",
        "The password for the file that I sent you this morning is Otter-Ninepin-07.",
        "This is the password for the advice that went to you: Otter-Ninepin-Bramble-07",
        "Meeting ID 8841 2207, passcode 553109. Papers are on the governors' portal.",
        "Reset your password at https://portal.example/reset2026 before Friday.",
        "Your user name is your e-mail address; your password is on a slip in your pigeonhole.",
        "Never share your password, not even with IT. Weak passwords such as Summer2026! are guessed in seconds.",
        "Lesson: put \"username: admin, password: admin1\" on the board and ask what is wrong.",
        "User name: g.prosser\nPassword: ********\nChoose one with the link.",
        "My old password, Kestrel19, no longer works on the laptop.",
        "Mum has given the password for collecting her: marmalade1. Let her go.",
        "Please log in to the portal by 4 pm on 12 November 2026 and check Year10 options.",
        "The product code for the laptop is 20413 and the sort code is 20-44-13.",
        "I can't log in, my password isn't working on the laptop.",
        "The wifi is down in room B12; ring 01632 960 400.",
        "Sign in at reception, wear a badge, Year 7 go to hall 2.",
        "Log in to the site as usual; the file is marks2026.xlsx, form GF-2280.",
        "The phone number of the office is 01632 960 400, code of conduct attached.",
        "",
    ]
    .into_iter()
    .filter(|body| fires(body))
    .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn what_is_quoted_counts_where_it_is_passed_on() {
    let welcome = "Welcome to TripTrack! Your username: b.keane Your password: Kestrel19";
    let with = |subject: &str, body: &str| {
        let mut reading = message(&[
            (Role::Subject, subject),
            (Role::Body, body),
            (Role::Quoted, welcome),
        ]);
        reading.header.subject = subject.to_owned();
        !inspect(&reading).is_empty()
    };
    assert!(with("Fwd: Welcome", "Marta, use this for the trip forms."));
    assert!(with("Trip forms", "Marta, use this for the trip forms."));
    assert!(!with(
        "Re: Welcome",
        "Thank you for your help with my account."
    ));
}

#[test]
fn tables_of_logins_count_wherever_they_stand() {
    let with = |sheet: &str| {
        let mut reading = message(&[(Role::Body, "Attached.")]);
        attach(
            &mut reading,
            "logins.xlsx",
            Protection::Open,
            &[("sheet \"1\"", sheet)],
        );
        inspect(&reading)
    };
    let findings = with("Name\tUsername\tPassword\nA B\tab1\totter17\nC D\tcd2\theron83\n");
    assert_eq!(findings[0].what, "a table with 2 passwords in it");
    assert!(!format!("{findings:?}").contains("otter17"));
    assert_eq!(with("Class 7A\nPupil\tPIN\nA B\t4471\n").len(), 1);
    for sheet in [
        "Name\tUsername\tPassword\nA B\tab1\t\nC D\tcd2\t*****\n",
        "Name\tPassword reset?\nA B\tyes\n",
        "Rule\tPassword\nLength\t12345\n",
        "",
    ] {
        assert!(with(sheet).is_empty(), "{sheet}");
    }
}

#[test]
fn nothing_shows_the_secret_and_no_text_is_too_long() {
    let reading = message(&[(Role::Body, "The wifi password is Otter17.")]);
    let findings = inspect(&reading);
    assert!(!findings.is_empty() && !format!("{findings:?}").contains("Otter17"));
    for text in [
        "password is a1 wifi ".repeat(5_000),
        "log in as x_1 ".repeat(5_000),
        "\u{feff}PIN\u{301} 1234 ".repeat(5_000),
    ] {
        assert!(inspect(&message(&[(Role::Body, &text)])).len() <= 1);
    }
}
