use super::*;
use crate::check::testing::{address, attach, mail_of, mailbox, message, school};
use crate::extract::{Protection, Reading, Role};
use crate::school::names::{Builder, FullName, NameKey};
use crate::school::{Class, Contact, People};

/// Amara's mother, and Ben's; Ben's father, who must not hear of him, and who
/// has a daughter Chloe; and a firm.
fn estate() -> School {
    let mut school = school();
    let contact =
        |class, name: &str, email: &str, pupils: &[usize], restricted: &[usize]| Contact {
            class,
            name: name.to_owned(),
            email: address(email),
            pupils: pupils.to_vec(),
            restricted: restricted.to_vec(),
            secure_route: false,
        };
    let mut names = Builder::new(NameKey::default());
    for name in crate::check::testing::PUPILS {
        let (legal_forename, legal_surname) = name.split_once(' ').expect("two names");
        names.add(&FullName {
            legal_forename,
            legal_surname,
            ..FullName::default()
        });
    }
    let people = std::mem::take(&mut school.people);
    let contacts = vec![
        contact(
            Class::Parent,
            "Ngozi Okafor",
            "ngozi@gmail.example",
            &[0],
            &[],
        ),
        contact(
            Class::Parent,
            "Ruth Whitlock",
            "ruth@gmail.example",
            &[1],
            &[],
        ),
        contact(
            Class::Parent,
            "Dean Whitlock",
            "dean@gmail.example",
            &[1, 2],
            &[1],
        ),
        contact(
            Class::Supplier,
            "Print",
            "orders@calder-print.example",
            &[],
            &[],
        ),
    ];
    School {
        people: People::new(people.pupils, people.staff, contacts, names.build()),
        ..school
    }
}

fn inspect(reading: &Reading, recipients: &[&str]) -> Vec<Finding> {
    let mut reading = reading.clone();
    reading.header.to = recipients.iter().map(|to| mailbox(to)).collect();
    WrongRecipient.inspect(&mail_of(&reading, recipients), &estate())
}

fn body(text: &str, recipients: &[&str]) -> Vec<Finding> {
    inspect(
        &message(&[(Role::Subject, "News"), (Role::Body, text)]),
        recipients,
    )
}

#[test]
fn what_is_told_of_a_pupil_is_for_the_pupil_s_own() {
    let detention = "Amara Okafor has a detention on Wednesday.";
    assert_eq!(body(detention, &["ruth@gmail.example"]).len(), 1);
    assert_eq!(body(detention, &["ngozi@gmail.example"]), []);
    let both = body(detention, &["ngozi@gmail.example", "ruth@gmail.example"]);
    assert_eq!(both.len(), 1);
    assert_eq!(both[0].excerpt, "r\u{2022}\u{2022}\u{2022}@gmail.example");
    assert_eq!(&*both[0].pupils[0].0, "P0");
    // Others are no parents: other rules tell of them.
    assert_eq!(body(detention, &["hire@coaches.example"]), []);
    assert_eq!(body(detention, &["p.ashworth@greenfold.sch.example"]), []);
}

#[test]
fn names_alone_and_what_is_one_s_own_pass() {
    for (text, to) in [
        (
            "The cast: George, Amara Okafor; Emily, Ben Whitlock.",
            "ruth@gmail.example",
        ),
        ("Amara has asked Ben to her party.", "ruth@gmail.example"),
        ("Ben Whitlock got 41% in science.", "ruth@gmail.example"),
        ("Chloe Marsden was suspended.", "dean@gmail.example"),
        ("Chloe Marsden was suspended.", "stranger@gmail.example"),
        ("", "ruth@gmail.example"),
    ] {
        assert_eq!(body(text, &[to]), [], "{text}");
    }
}

#[test]
fn attachments_count_if_they_are_open() {
    for (protection, expected) in [(Protection::Open, 1), (Protection::Protected, 0)] {
        let mut reading = message(&[(Role::Body, "The report is attached.")]);
        let report = "Amara Okafor\nDOB 03/04/2012\nadmitted to SEN support in May";
        attach(&mut reading, "report.txt", protection, &[("", report)]);
        assert_eq!(inspect(&reading, &["ruth@gmail.example"]).len(), expected);
    }
}

#[test]
fn a_greeting_tells_whom_it_is_for() {
    let greeting = |name: &str| format!("Dear {name},\n\nShe moves up to set 1 next week.");
    assert_eq!(
        body(&greeting("Mrs Okafor"), &["ruth@gmail.example"]).len(),
        1
    );
    for name in [
        "Mrs Whitlock",
        "Ruth",
        "Mrs Nobody",
        "Mrs Walker",
        "parents",
    ] {
        assert_eq!(body(&greeting(name), &["ruth@gmail.example"]), [], "{name}");
    }
    let both = ["ruth@gmail.example", "ngozi@gmail.example"];
    assert_eq!(body(&greeting("Mrs Okafor"), &both), []);
}

#[test]
fn to_a_restricted_contact_little_is_enough_and_nothing_says_why() {
    let ordinary = body("Amara Okafor has a detention.", &["ruth@gmail.example"]);
    for text in [
        "Ben Whitlock is doing well.",
        "Ben still owes \u{a3}12 for the museum.",
        "BEN'S coat is in the office.",
        "Your son is doing well.",
    ] {
        let findings = body(text, &["dean@gmail.example"]);
        let [finding] = &findings[..] else {
            panic!("{text}: {findings:?}");
        };
        assert_eq!(finding.weight, Weight::Restricted, "{text}");
        assert_eq!(
            (&finding.what, &finding.location),
            (&ordinary[0].what, &ordinary[0].location)
        );
        assert!(!finding.excerpt.contains("dean"));
    }
    for text in [
        "Your invoice for eleven panels is passed. The bench is better.",
        "Chloe had a good week.",
        "",
    ] {
        assert_eq!(body(text, &["dean@gmail.example"]), [], "{text}");
    }
}

#[test]
fn to_and_cc_show_no_restricted_contact_the_family_s_addresses() {
    let news = "The fair is on Saturday.";
    let shown = body(news, &["dean@gmail.example", "ruth@gmail.example"]);
    assert_eq!(shown.len(), 1);
    assert_eq!(shown[0].weight, Weight::Restricted);
    assert_eq!(
        body(news, &["dean@gmail.example", "ngozi@gmail.example"]),
        []
    );
    assert_eq!(
        body(news, &["ruth@gmail.example", "ngozi@gmail.example"]),
        []
    );
}

#[test]
fn domains_one_letter_away_from_known_ones_fire() {
    for (to, expected) in [
        ("orders@calder-prnt.example", 1),
        ("orders@calder-print.example", 0),
        ("orders@mail.calder-print.example", 0),
        ("orders@calder-paint.example", 1),
        ("office@calder-couriers.example", 0),
        ("p.ashworth@greenfo1d.sch.example", 1),
        ("ngozi@gmial.example", 1),
        ("ngozi@gmail.com", 0),
    ] {
        assert_eq!(body("200 copies please.", &[to]).len(), expected, "{to}");
    }
    let answer = message(&[
        (Role::Body, "Thank you."),
        (
            Role::Quoted,
            "On Monday, <Orders@calder-paint.example> wrote:\nMagnolia?",
        ),
    ]);
    assert_eq!(inspect(&answer, &["orders@calder-paint.example"]), []);
}

#[test]
fn a_mail_about_somebody_else_s_child_is_for_that_family() {
    for text in [
        "Amara Okafor has been late four times this week.",
        "I am afraid Amara Okafor has not handed in her coursework.",
        "Amara Okafor still owes \u{a3}40 for Berlin.",
        "Amara Okafor: English 7, maths 5. These are her mock results.",
        "Please confirm that Amara Okafor may take ibuprofen.",
        "Amara Okafor was sick in the minibus. Could somebody fetch her?",
        "Ben is well. Amara Okafor has been put on report for it.",
        "Dear Mrs Okafor,\n\nShe is working below target.",
        "Dear Mr and Mrs Okafor\n\nShe has settled well.",
        "Good morning Mrs Okafor,\n\nShe has settled well.",
        "Hi Ngozi,\n\nAmara's hearing test is on 4 December.",
    ] {
        assert_eq!(body(text, &["ruth@gmail.example"]).len(), 1, "{text}");
        assert_eq!(body(text, &["ngozi@gmail.example"]), [], "{text}");
    }
    let titled = message(&[
        (Role::Subject, "Amara Okafor"),
        (Role::Body, "As promised on the telephone."),
    ]);
    assert_eq!(inspect(&titled, &["ruth@gmail.example"]).len(), 1);
    assert_eq!(inspect(&titled, &["ngozi@gmail.example"]), []);
}

#[test]
fn what_everybody_may_know_and_what_a_parent_asked_pass() {
    for text in [
        "Squad for Saturday: Amara Okafor, Esme Tanner. Meet at nine.",
        "The head girl, Amara Okafor, will welcome the governors.",
        "The prize for music goes to Amara Okafor. Well done!",
        "Thank you for driving Ben and Amara Okafor to the match.",
        "We cannot give you the address of Amara Okafor. Please ask her mother.",
        "Amara Okafor has invited everybody to her party.",
        "First names only: Amara, Ben, Chloe.",
        "Hi Ruth,\n\nthe hearing test is on 4 December.",
        "Hi Ngozi,\n\nthe fair is on Saturday.",
        "Dear parents,\n\nthe fair is on Saturday.",
    ] {
        assert_eq!(body(text, &["ruth@gmail.example"]), [], "{text}");
    }
}

#[test]
fn an_answer_goes_to_whoever_asked() {
    let answer = |author: &str| {
        let asked = format!("On Monday, Ngozi <{author}> wrote:\n> How is her attendance?");
        message(&[
            (Role::Subject, "Re: attendance"),
            (Role::Body, "It is 91 per cent, and should be 96."),
            (Role::Quoted, &asked),
        ])
    };
    let to_ruth = |author: &str| inspect(&answer(author), &["ruth@gmail.example"]).len();
    assert_eq!(to_ruth("ngozi@gmail.example"), 1);
    assert_eq!(to_ruth("ruth@gmail.example"), 0);
    assert_eq!(to_ruth("stranger@gmail.example"), 0);
    assert_eq!(to_ruth("p.ashworth@greenfold.sch.example"), 0);
}

#[test]
fn departments_and_missing_labels_do_not_hide_a_typo() {
    for (to, expected) in [
        ("team@sen.calder-prnt.example", 1),
        ("team@sen.calder-print.example", 0),
        ("p.ashworth@greenfold.example", 1),
        ("p.ashworth@greenfold-pta.example", 0),
        ("hello@greenfold.museum.example", 0),
    ] {
        assert_eq!(body("See you.", &[to]).len(), expected, "{to}");
    }
}
