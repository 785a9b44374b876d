use super::*;
use crate::check::testing::{mail_of, mailbox, message, school};

const PUPIL: &str = "aokafor@pupils.greenfold.sch.example";

fn school_with_phones() -> School {
    School {
        phones: vec!["01632960400".to_owned(), "+441632960401".replace('+', "")],
        ..school()
    }
}

fn to(recipients: &[&str], texts: &[(Role, &str)]) -> Vec<Finding> {
    let reading = message(texts);
    PersonalDetailsToPupil.inspect(&mail_of(&reading, recipients), &school_with_phones())
}

fn written(text: &str) -> Vec<Finding> {
    to(&[PUPIL], &[(Role::Body, text)])
}

#[test]
fn the_sender_s_own_details_fire() {
    for (text, expected) in [
        (
            "If you get stuck, just text me on 07700 900417 and I'll ring back.",
            "a mobile number",
        ),
        ("My mobile's 07700 900 417, any time.", "a mobile number"),
        (
            "ring me at home,\n01632 960177, my kids will fetch me",
            "a telephone number",
        ),
        (
            "I've put my number in your planner, here it is too: 07700900339",
            "a mobile number",
        ),
        ("Message me, mine is +44 7700 900583.", "a mobile number"),
        (
            "My own mobile's best since the trip phone has died, 07700 900128.",
            "a mobile number",
        ),
        (
            "Ring the minute you're out, I'll be waiting: 07700 900246.",
            "a mobile number",
        ),
        (
            "give me a bell: oh double-seven double-oh, nine hundred, two one six",
            "a mobile number",
        ),
        (
            "See you there.\n\nD Cooper\nHead of Maths\nMob: 07700 900417",
            "a mobile number",
        ),
        (
            "Use my own email, coopersfilms@gmail.com, it takes anything.",
            "a private mailbox",
        ),
        (
            "The scan can go to dan.cooper82@gmail.com",
            "a private mailbox",
        ),
        (
            "send it to me: d cooper at hotmail dot com, all one word",
            "a private mailbox",
        ),
        ("Come round to 41 Moor Lane after five.", "a home address"),
        (
            "Could you call for it? We are at 12 Heron Bank, the house with the green door.",
            "a home address",
        ),
        (
            "I love post: write me a letter, Flat 2, 19 Cross Street.",
            "a home address",
        ),
        (
            "add me on snap its jordz_leeds10 and ill send the drills",
            "a name on",
        ),
        (
            "My Instagram is private, not the school's: @marta.viaja",
            "a name on",
        ),
        (
            "I'm on Discord as kier4n_d#0417, evenings mostly.",
            "a name on",
        ),
        (
            "Stick it on Strava, I'm dc_fellrunner on there.",
            "a name on",
        ),
        (
            "find me on Facebook, picture of me with a carp",
            "a name on",
        ),
        ("Watch it on my own channel and DM me there.", "a name on"),
        ("Snap: jordz_99, add me xx", "a name on"),
        (
            "For swaps tap https://wa.me/447700900417, it opens a chat with me.",
            "a mobile number",
        ),
        ("text me, its O77OO 9OO 417", "a mobile number"),
        (
            "Or zero seven seven double zero, then 900, then four one seven.",
            "a mobile number",
        ),
        ("NEW NUMBER: 07700 900417", "a mobile number"),
        (
            "Coach 2: Mr Pritchard, 07700 900 417 (his own, there is no second school phone)",
            "a mobile number",
        ),
        (
            "Save this in your phone under Coach: 07700 900417",
            "a mobile number",
        ),
        ("ffoniwch fi gartref ar 01632 960 177", "a telephone number"),
        (
            "From Friday I'll be at 3 Moor View, come and see the dog.",
            "a home address",
        ),
        ("I'm at home, so you come to me.", "an invitation"),
        ("Come to my flat after training.", "an invitation"),
    ] {
        let findings = written(text);
        let [finding] = &findings[..] else {
            panic!("{text}: {findings:?}");
        };
        assert!(
            finding.what.starts_with(expected),
            "{text}: {}",
            finding.what
        );
        assert!(finding.confidence >= 0.5, "{text}");
        let said = format!("{} {}", finding.what, finding.excerpt);
        for detail in [
            "417", "177", "339", "cooper", "Moor", "heron", "jordz", "viaja", "nine",
        ] {
            assert!(
                !said.contains(detail) || detail == "nine",
                "{detail} in {said}"
            );
        }
    }
}

#[test]
fn other_people_s_details_pass() {
    for text in [
        "Ring school on 01632 960400 before 8.30, or 01632 960 401.",
        "Trip phone (a school one, Mr Pritchard and I take turns): 07700 900040.",
        "Call me on the office number, 01632 960 499.",
        "Out of hours there is YoungLine on 020 7946 0111, or Childline on 0800 1111.",
        "Ring Mr Hallas, the foreman, on 07700 900552 between 12 and 1; I have told him.",
        "The bookings secretary is on 01632 960350 and lives next door.",
        "You asked us to change your mobile. We now have 07700 900671. Is that right?",
        "The number that texted you, 07700 900999, isn't anybody at school. Tell me more.",
        "I don't give out my mobile; the office is on 01632 960 488.",
        "Mo writes his number as 07700 900*** and wants the last three digits.",
        "Write to the author at Lantern Press, 14 Mill Street, or authors@lanternpress.example.",
        "The governors meet in the village hall: 2 Church Walk, 6 pm.",
        "Email the club: calderchess@gmail.com. They meet on Mondays.",
        "You're in charge of the accounts: @greenfold_hockey and @greenfold_netball.",
        "Staff can't give out personal accounts, so I'm not on Discord for pupils.",
        "Our Instagram lesson is on Friday: what does a profile tell strangers?",
        "I am on page 41, and we are at chapter 3 of the book.",
        "good: 07700 900123, bad: 07700-9OO-123 (those are letters!)",
        "Come to my room at lunch, and bring the book to my office.",
        "I'll be at home marking, so hand it in to Ms Keane.",
        "Mine is the red car outside the hall; a friend of mine drives it.",
        "Message me on Teams if you get stuck.",
        "I'm on duty on the field as usual, so look for me there.",
        "",
    ] {
        assert_eq!(written(text), [], "{text}");
    }
}

#[test]
fn a_card_and_what_is_quoted_tell_by_the_sender_s_name() {
    let quoted = |text| {
        to(
            &[PUPIL],
            &[(Role::Body, "See below."), (Role::Quoted, text)],
        )
    };
    for (text, expected) in [
        (
            "Daniel Cooper <d.cooper@greenfold.sch.example> wrote:\nWhere are you? Mine is 07700 900417",
            1,
        ),
        ("Deliver to: Mr D Cooper, 3 Fell View, NS2 6RB", 1),
        ("Deliver to: Mrs A Smith, 3 Fell View, NS2 6RB", 0),
        ("Jake wrote: Mine is 07700 900417", 0),
    ] {
        assert_eq!(quoted(text).len(), expected, "{text}");
    }
    let card = |name: &str, kind: &str| {
        let text = format!("{name}\nTEL 07700 900417");
        let mut reading = message(&[(Role::Body, "My card."), (Role::Attachment, &text)]);
        reading.texts[1].attachment = Some(0);
        reading.attachments.push(crate::extract::Attachment {
            location: crate::finding::Location::new("card.vcf"),
            name: "card.vcf".to_owned(),
            kind: kind.to_owned(),
            size: 1,
            protection: crate::extract::Protection::Open,
            why: String::new(),
            claim: String::new(),
            opening: None,
        });
        PersonalDetailsToPupil.inspect(&mail_of(&reading, &[PUPIL]), &school_with_phones())
    };
    assert_eq!(card("Daniel Cooper", "vcf").len(), 1);
    assert!(card("Daniel Cooper", "txt").is_empty());
    assert!(card("Ann Smith", "vcf").is_empty());
}

#[test]
fn only_families_and_only_staff_are_concerned() {
    let texts = [(Role::Body, "Text me on 07700 900417.")];
    assert_eq!(
        to(&[PUPIL, "p.ashworth@greenfold.sch.example"], &texts).len(),
        1
    );
    assert_eq!(to(&["s.cooper@gmail.example"], &texts).len(), 1, "a parent");
    let mailbox_alone = [(Role::Body, "Use my own email, coopersfilms@gmail.com.")];
    assert_eq!(to(&[PUPIL], &mailbox_alone).len(), 1);
    assert!(to(&["s.cooper@gmail.example"], &mailbox_alone).is_empty());
    assert!(to(&["p.ashworth@greenfold.sch.example"], &texts).is_empty());
    assert!(to(&["hire@coaches.example"], &texts).is_empty());
    let mut by_pupil = message(&texts);
    by_pupil.header.from = vec![mailbox("bwhitlock@pupils.greenfold.sch.example")];
    let mail = mail_of(&by_pupil, &[PUPIL]);
    assert!(PersonalDetailsToPupil.inspect(&mail, &school()).is_empty());
}

#[test]
fn of_a_quotation_only_what_bears_the_sender_s_name_counts() {
    let quoted = |text: &str| {
        to(
            &[PUPIL],
            &[(Role::Body, "See below."), (Role::Quoted, text)],
        )
    };
    assert_eq!(
        quoted("With love\nDaniel Cooper, 3 Fell View. 07700 900862").len(),
        1
    );
    assert_eq!(quoted("From: Dan <dan.cooper82@gmail.com>\nHello").len(), 1);
    assert!(quoted("what's your number? mine is 07700 900145").is_empty());
    assert!(quoted("Mr Cooper, ring my mum\nher mobile is 07700 900145").is_empty());
}

#[test]
fn an_offer_in_words_of_its_own_is_told_and_not_shown() {
    for text in [
        "You can always message me privately in the evenings, and I'd rather you used that than the school one.",
        "Same name as here if you look for me, add me and we can chat properly about it tonight.",
        "Come to mine on Saturday if you want to practise, my wife will make us lunch.",
    ] {
        let findings = written(text);
        let [finding] = findings.as_slice() else {
            panic!("{text}: {findings:?}");
        };
        assert_eq!(finding.suppressed, None);
        assert!(!text.contains(&finding.excerpt), "{}", finding.excerpt);
    }
    for text in [
        "You can always message me on Teams in the evenings, and I'd rather you used that than paper.",
        "Come to the hall on Saturday if you want to practise, the kitchen will make us lunch.",
    ] {
        assert_eq!(written(text), Vec::new(), "{text}");
    }
}
