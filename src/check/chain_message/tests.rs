use super::*;
use crate::check::History;
use crate::check::testing::{mail_of, message, school};

fn fires(subject: &str, body: &str) -> bool {
    let reading = message(&[(Role::Subject, subject), (Role::Body, body)]);
    let findings = ChainMessage.inspect(&mail_of(&reading, &[]), &school());
    findings.iter().any(|finding| finding.suppressed.is_none())
}

#[derive(serde::Deserialize)]
struct Examples {
    worked: Labelled,
    kept: Labelled,
}

#[derive(serde::Deserialize)]
struct Labelled {
    chain: Vec<String>,
    ordinary: Vec<String>,
}

fn examples() -> Examples {
    toml::from_str(include_str!("../../../fixtures/chain-messages.toml")).expect("good examples")
}

/// Recall and precision.
fn measure(examples: &Labelled) -> (f64, f64) {
    let count = |texts: &[String]| texts.iter().filter(|text| fires("", text)).count() as f64;
    let hits = count(&examples.chain);
    let recall = hits / examples.chain.len() as f64;
    (recall, hits / (hits + count(&examples.ordinary)).max(1.0))
}

#[test]
fn examples_worked_with_are_told_apart() {
    let (recall, precision) = measure(&examples().worked);
    assert!(recall >= 0.95 && precision >= 0.9, "{recall} {precision}");
}

#[test]
fn examples_kept_apart_are_told_apart() {
    let (recall, precision) = measure(&examples().kept);
    assert!(recall >= 0.85 && precision >= 0.85, "{recall} {precision}");
}

#[test]
fn the_subject_and_the_quoted_text_count() {
    let chain = "> Send this to ten people you know within the hour\n> or you will have bad luck.";
    let reading = message(&[(Role::Subject, "FW: FW: Read"), (Role::Quoted, chain)]);
    let findings = ChainMessage.inspect(&mail_of(&reading, &[]), &school());
    let [finding] = findings.as_slice() else {
        panic!("one finding, not {findings:?}");
    };
    assert_eq!(finding.suppressed, None);
    assert!(
        finding.excerpt.starts_with("Send this to ten people"),
        "{}",
        finding.excerpt
    );
    assert!(finding.what.contains("luck"), "{}", finding.what);

    let warning = "Please do not forward the message below, it is a hoax.";
    let reading = message(&[(Role::Body, warning), (Role::Quoted, chain)]);
    let findings = ChainMessage.inspect(&mail_of(&reading, &[]), &school());
    assert!(findings.iter().all(|finding| finding.suppressed.is_some()));
    assert_eq!(findings.len(), 1, "the match can be explained");
}

#[test]
fn a_disclaimer_neither_makes_a_chain_nor_hides_one() {
    let disclaimer = "This message is intended only for the person it is addressed to. If it \
        has reached you in error, please tell the school and delete it; do not copy it or \
        forward it to anybody else.";
    for (subject, body) in [
        ("Certificate", "Please spell the second name with a c."),
        (
            "Good luck!",
            "A surprise for you, and a free voucher. Wonderful news.",
        ),
        (
            "Warning",
            "A virus is going around, the police say. Not a hoax.",
        ),
    ] {
        let body = format!("{body}\n\nL Hargreaves\n\n{disclaimer}");
        assert!(!fires(subject, &body), "{body}");
    }
    let chain = "Send this to ten people you know within the hour or you will have bad luck.";
    assert!(fires(
        "Read",
        &format!("{chain}\n\nL Hargreaves\n\n{disclaimer}")
    ));
    assert!(fires("Read", &format!("{chain}\n{disclaimer}")));
}

#[test]
fn negated_requests_are_told_from_conditions() {
    for (text, expected) in [
        ("do not copy it or forward it to anybody", true),
        ("you must not copy, distribute or forward it", true),
        ("never forward it", true),
        ("please don't forward it", true),
        ("if you do not forward it", false),
        ("those who don't forward it", false),
        ("don't be shy, forward it", false),
        ("don't forget to forward it", false),
        ("do not keep it to yourself! forward it", false),
        ("forward it", false),
    ] {
        let request = text.rfind("forward").expect("a request");
        assert_eq!(is_negated(text, request), expected, "{text}");
    }
}

#[test]
fn wrapped_dressed_up_and_spread_out_it_is_still_a_chain() {
    assert!(fires(
        "",
        "SEND\nTHIS TO 10\u{a0}PEOPLE, OR\nELSE SEVEN YEARS OF BAD LUCK"
    ));
    assert!(fires(
        "Send this to everyone in your contacts",
        "It\u{2019}s not a hoax. The virus wipes your hard disk."
    ));
    let apart = format!(
        "Send this to ten people.{}\n\nGood luck with the mocks!",
        " More news.".repeat(100)
    );
    assert!(!fires("", &apart), "what stands far apart is unrelated");
    assert!(!fires("", &"Please share. ".repeat(20_000)));
}

#[test]
fn what_several_others_have_sent_needs_less_to_be_a_chain() {
    let check = |body: &str, alike: usize, expected: bool| {
        let reading = message(&[(Role::Subject, "Please read"), (Role::Body, body)]);
        let mail = mail_of(&reading, &[]).after(History {
            alike,
            ..History::default()
        });
        let findings = ChainMessage.inspect(&mail, &school());
        let fires = findings.iter().any(|finding| finding.suppressed.is_none());
        assert_eq!(fires, expected, "{alike}: {body}");
    };
    let weak = "The bank is changing its cards in March. Tell everyone you know.";
    check(weak, 0, false);
    check(weak, 1, false);
    check(weak, 2, true);
    // Many send these, and nobody is asked to spread them without end.
    for common in [
        "The summer fair is on Saturday at two. Please share with friends and family!",
        "Reports go home on Friday. Please pass them on to your form group.",
        "Do not forward the message about the bank to everyone you know: it is a hoax.",
    ] {
        check(common, 9, false);
    }
}
