use super::*;
use crate::check::testing::{PUPILS, mail_of, message, school};
use crate::extract::Role;

const OUTSIDE: &[&str] = &["office@council.example"];

fn inspect(texts: &[(Role, &str)], recipients: &[&str]) -> Vec<Finding> {
    let reading = message(texts);
    let mut findings = PersonalDataInBody.inspect(&mail_of(&reading, recipients), &school());
    findings.retain(|finding| finding.confidence >= 0.5);
    findings
}

fn body(text: &str) -> Vec<Finding> {
    inspect(&[(Role::Body, text)], OUTSIDE)
}

/// Nothing that names or numbers anybody may stand in a finding.
fn assert_masked(finding: &Finding) {
    let said = format!("{} {} {}", finding.location, finding.what, finding.excerpt);
    let names = PUPILS.iter().flat_map(|name| name.split(' '));
    for name in names.chain(["8012", "9993", "Acacia", "2012"]) {
        assert!(!said.contains(name), "{name} in {said}");
    }
}

#[test]
fn tables_and_numbers_in_the_mail_fire() {
    for (text, expected) in [
        (
            "Dear all,\nName\tForm\tDate of birth\nAmara Okafor\t7B\t03/04/2012\nBen Whitlock\t7B\t05/06/2012\nRegards",
            "2 pupils, with date of birth",
        ),
        (
            "Here are the marks:\nName\tMaths\tEnglish\nAmara Okafor\t62\t55\nBen Whitlock\t71\t60\nChloe Marsden\t44\t81\n",
            "3 pupils, with data about each of them",
        ),
        (
            "Please add Dylan Pryce, UPN R674123101121, DOB 03/04/2012, to the list.",
            "1 pupil, with UPN and date of birth",
        ),
        (
            "Please remove the UPNs R674123101121 and E801214514037.",
            "2 pupils, with UPN",
        ),
        (
            "New starter: NI number AB 12 34 56 C, her sort code 20-00-00, account number 12345678.",
            "1 person, with National Insurance number",
        ),
        (
            "Employee\tSalary\tSick days\nMr D Cooper\t41333\t14\n",
            "1 member of staff, with absence and sickness and pay",
        ),
    ] {
        assert_finding(&body(text), expected, text);
    }
}

#[test]
fn words_about_a_named_pupil_fire() {
    for (text, expected) in [
        (
            "Amara Okafor has an EHCP; the SENCO will ring about her asthma.",
            "1 pupil, with health and special educational needs",
        ),
        (
            "Please seat Ben Whitlock at the front: he has a visual impairment.",
            "1 pupil, with special educational needs",
        ),
        (
            "One of the group, Chloe Marsden, is in care and has just changed foster carers.",
            "1 pupil, with care status",
        ),
        (
            "Dylan Pryce was suspended for five days on Monday.",
            "1 pupil, with behaviour and exclusions",
        ),
        (
            "Esme Tanner lives at 12 Acacia Road, Northshire, and needs a seat on route 4.",
            "1 pupil, with home address and family circumstances",
        ),
        (
            "No pork for Finn Gallagher please, and he is on free school meals.",
            "1 pupil, with free school meals",
        ),
    ] {
        assert_finding(&body(text), expected, text);
    }
}

fn assert_finding(findings: &[Finding], expected: &str, text: &str) {
    let [finding] = findings else {
        panic!("{text}: {findings:?}");
    };
    assert_eq!(finding.what, expected, "{text}");
    assert_eq!(finding.rule, RuleId::PersonalDataInBody);
    assert!(finding.location.as_str().starts_with("body"));
    assert_masked(finding);
}

#[test]
fn ordinary_mail_passes() {
    for text in [
        "A.O. has an EHCP; the SENCO will ring about her asthma.",
        "Amara has been off with her asthma again.",
        "Ben Whitlock will be late on Monday.\n\nGreenfold School\nAddress: 1 School Lane, Northshire NS1 2AB\nTel 01632 960 400",
        "Ben Whitlock came second in the butterfly.\n\nKind regards\nR Llewellyn\nSENCO, Mental Health Support Team",
        "Ben Whitlock will be there.\n\nRuth Llewellyn\nSENCO\nGreenfold School",
        "Trip payment for Chloe Marsden: please pay into sort code 20-00-00, account number 12345678.",
        "Order 9993729884, invoice 20417, quote 4000056655665556.",
        "Team for Saturday\nName\tPosition\nAmara Okafor\tGA\nBen Whitlock\tGK\nChloe Marsden\tC\n",
        "Results of the gala\nName\tEvent\tScore\nAmara Okafor\t100 m\t62\nBen Whitlock\t50 m\t71\nChloe Marsden\t50 m\t44\n",
        "A UPN has a check letter, for example B801200005001.",
        "Mr D Cooper\tHead of Maths\t01632 960 401\nMrs P Ashworth\tHeadteacher\t01632 960 400\n",
        "Our Year 8 lesson on diabetes went well; may we borrow the model pancreas again?",
        "",
    ] {
        assert!(body(text).is_empty(), "{text}: {:?}", body(text));
    }
}

#[test]
fn subject_and_quotation_count_too() {
    let subject = inspect(
        &[
            (Role::Subject, "Autism assessment for Dylan Pryce"),
            (Role::Body, "Any dates?"),
        ],
        OUTSIDE,
    );
    assert_eq!(subject[0].what, "1 pupil, with special educational needs");
    assert_eq!(subject[0].location.as_str(), "subject");
    let quoted = inspect(
        &[
            (Role::Body, "Thank you, see below."),
            (
                Role::Quoted,
                "Amara Okafor, UPN B801200005001, DOB 03/04/2012",
            ),
        ],
        OUTSIDE,
    );
    assert_eq!(quoted[0].what, "1 pupil, with UPN and date of birth");
}

#[test]
fn an_answer_tells_nobody_what_they_wrote_themselves() {
    let quoted = "On Monday, Office <office@council.example> wrote:\nAmara Okafor has an EHCP.";
    let texts = [(Role::Body, "Thank you."), (Role::Quoted, quoted)];
    assert!(inspect(&texts, OUTSIDE).is_empty());
    assert!(
        inspect(
            &texts,
            &["office@council.example", "head@greenfold.sch.example"]
        )
        .is_empty()
    );
    let others = ["office@council.example", "hire@coaches.example"];
    assert_eq!(inspect(&texts, &others).len(), 1);
    let added = [
        (Role::Body, "Amara Okafor has asthma too."),
        (Role::Quoted, quoted),
    ];
    assert_eq!(inspect(&added, OUTSIDE).len(), 1);
}

#[test]
fn a_mail_is_about_whom_its_subject_names() {
    let told =
        "As agreed. The other thing: the counsellor saw her on Wednesday after the self-harm.";
    let mail = |subject, role| inspect(&[(Role::Subject, subject), (role, told)], OUTSIDE);
    assert_eq!(mail("Chloe Marsden", Role::Body)[0].pupils.len(), 1);
    assert!(mail("Wednesday", Role::Body).is_empty());
    // What somebody else wrote before the subject was changed need not be.
    assert!(mail("Chloe Marsden", Role::Quoted).is_empty());
}

/// A mail in which the only name stands far from what is told.
fn scattered(told: &str, others: &str) -> Vec<Finding> {
    let between = "The heating comes on at eight and goes off at two. ".repeat(8);
    body(&format!(
        "Your list: at ten Chloe Marsden{others}.\n{between}\n{told}\n"
    ))
}

#[test]
fn pronouns_speak_of_the_only_one_who_is_named() {
    let told = "She is back to panic attacks and her nan is worried.";
    assert_eq!(scattered(told, "").len(), 1);
    assert!(scattered(told, ", at eleven Ben Whitlock").is_empty());
    assert!(scattered("A colleague lectures on panic attacks.", "").is_empty());
    assert!(scattered("She likes the new inhaler poster.", "").is_empty());
    let long = "The heating comes on at eight. ".repeat(200);
    assert!(scattered(&format!("{long}{told}"), "").is_empty());
}

#[test]
fn what_schools_say_in_their_own_ways_fires() {
    for text in [
        "Ben Whitlock has been cutting himself again, so no scissors.",
        "Chloe Marsden's dad has gone back to prison.",
        "Esme Tanner may be quiet: her mum died on Sunday.",
        "If Finn Gallagher is late, they are in a refuge and the bus is slow.",
        "Dylan Pryce was adopted at three and has no baby pictures.",
        "Amara Okafor came in with bruises on both arms.",
        "Ben Whitlock: melatonin at eight, and his meds go in the blue box.",
        "Chloe Marsden is expecting in March and would like to see the nursery.",
        "Dylan Pryce is on the spectrum, so tell him straight.",
        "Esme Tanner threw a chair and swore at a TA.",
        "Finn Gallagher is down to 71.3%, nearly all Mondays.",
        "Amara Okafor has been living as a boy since Year 8.",
        "Ben Whitlock joined us with no English in January.",
        "Chloe Marsden's family can't afford the coach.",
        "Esme Tanner 19.01.14\nFinn Gallagher b. 3 April 2014",
        "Collect Dylan Pryce from 31 Quarry Bank; the chair has to be clamped.",
    ] {
        assert_eq!(body(text).len(), 1, "{text}");
    }
    for text in [
        "Ben Whitlock hit the post twice and was knocked out of the cup by a better side.",
        "Chloe Marsden's mother will collect her from the office.",
        "Esme Tanner plays the part of the nurse; the pregnancy cushion is in the box.",
        "Dylan Pryce will read the poem about an adopted highland cow.",
        "Finn Gallagher has seen the whole spectrum of our work, and a refuge hut.",
        "Amara Okafor ran 400 m on 19.09.26.",
        "Ben Whitlock and Chloe Marsden speak for the motion: this House would put a counsellor in every school.",
        "Emily attacked on the hill before Esme Tanner; the finish needs an exclusion zone.",
    ] {
        assert!(body(text).is_empty(), "{text}: {:?}", body(text));
    }
}

#[test]
fn only_what_leaves_the_school_counts() {
    let text = "Amara Okafor, UPN B801200005001, DOB 03/04/2012";
    assert_eq!(body(text).len(), 1);
    let inside = &["head@greenfold.sch.example"];
    assert!(inspect(&[(Role::Body, text)], inside).is_empty());
}
