//! Every sample mail meets the same fate through `exeat check` and through
//! SMTP, and it is the fate that stands beside it.

use std::collections::BTreeSet;
use std::fs;

use serde_json::Value;

use crate::support::client::Client;
use crate::support::exeat::{Exeat, error_of, exeat};
use crate::support::next_hop::{Behaviour, NextHop};
use crate::support::school::{Expectation, Greenfold, fixtures, mails};

#[test]
fn check_gives_each_mail_its_due() {
    let school = Greenfold::new(([127, 0, 0, 1], 9).into(), "");
    let mut wrong = Vec::new();
    let mut judged = 0;
    for (name, reports) in check_all(&school) {
        let (expected, report) = reports;
        judged += 1;
        if let Some(difference) = difference(&expected, &report) {
            wrong.push(format!("{name}: {difference}"));
        }
    }
    assert!(judged >= 60, "only {judged} mails were judged");
    assert!(
        wrong.is_empty(),
        "{} of {judged} are wrong:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

/// One run over the whole folder, and one for each mail whose envelope is not
/// that of its header.
fn check_all(school: &Greenfold) -> Vec<(String, (Expectation, Value))> {
    let folder = fixtures().join("mails");
    let output = exeat(
        &school.config(),
        &["check", "--json", folder.to_str().expect("UTF-8")],
    );
    assert_eq!(output.status.code(), Some(1), "{}", error_of(&output));
    let reports: Vec<Value> = lines(&output.stdout);
    mails()
        .into_iter()
        .map(|(name, _, expected)| {
            let file = folder.join(format!("{name}.eml"));
            let file = file.to_str().expect("UTF-8");
            let report = if expected.from.is_some() || expected.to.is_some() {
                check_one(school, file, &expected)
            } else {
                let same = |report: &&Value| report["file"] == file;
                reports
                    .iter()
                    .find(same)
                    .unwrap_or_else(|| panic!("no line for {name}"))
                    .clone()
            };
            (name, (expected, report))
        })
        .collect()
}

fn check_one(school: &Greenfold, file: &str, expected: &Expectation) -> Value {
    let mut arguments = vec!["check", "--json", file];
    if let Some(from) = &expected.from {
        arguments.extend(["--from", from]);
    }
    for to in expected.to.iter().flatten() {
        arguments.extend(["--to", to]);
    }
    let output = exeat(&school.config(), &arguments);
    let report = lines(&output.stdout).pop();
    report.unwrap_or_else(|| panic!("{file}: {}", error_of(&output)))
}

fn lines(output: &[u8]) -> Vec<Value> {
    String::from_utf8_lossy(output)
        .lines()
        .map(|line| serde_json::from_str(line).expect("an object a line"))
        .collect()
}

fn difference(expected: &Expectation, report: &Value) -> Option<String> {
    let findings = report["findings"].as_array().expect("a list");
    let enforced: BTreeSet<&str> = findings
        .iter()
        .filter(|finding| finding["mode"] == "enforce")
        .filter_map(|finding| finding["rule"].as_str())
        .collect();
    let due: BTreeSet<&str> = expected.rules.iter().map(String::as_str).collect();
    let may: BTreeSet<&str> = expected.may.iter().map(String::as_str).collect();
    let missing: Vec<_> = due.difference(&enforced).collect();
    let extra: Vec<_> = enforced
        .difference(&due)
        .filter(|rule| !may.contains(**rule))
        .collect();
    let same_action = report["action"] == expected.action.as_str();
    let right = missing.is_empty() && extra.is_empty() && same_action;
    (!right).then(|| {
        format!(
            "{} instead of {}, missing {missing:?}, too much {extra:?}: {findings:?}",
            report["action"], expected.action
        )
    })
}

#[test]
fn smtp_gives_each_mail_the_same() {
    let hop = NextHop::start(Behaviour::default());
    let school = Greenfold::new(hop.address, "");
    let exeat = Exeat::serve(&school.config());
    let mut client = Client::connect(exeat.smtp);
    let mut fates: Vec<(String, String, Fate)> = Vec::new();
    for (name, (expected, report)) in check_all(&school) {
        let message = fs::read(fixtures().join(format!("mails/{name}.eml"))).expect("readable");
        let header = Header::of(&message);
        let from = match expected.from.as_deref() {
            Some("<>") => String::new(),
            Some(from) => from.to_owned(),
            None => header.from(),
        };
        let to = expected.to.unwrap_or_else(|| header.recipients());
        let to: Vec<&str> = to.iter().map(String::as_str).collect();
        let before = hop.accepted().len();
        let reply = client.transaction(&from, &to, &message);
        let fate = match (reply.code, reply.text.split_once("reference ")) {
            (250, Some((_, reference))) => Fate::Held(reference.to_owned()),
            (250, None) => {
                assert!(hop.accepted().len() > before, "{name}: 250, but nowhere");
                Fate::Delivered
            }
            (550, _) => Fate::Rejected,
            _ => panic!("{name}: {reply:?}"),
        };
        let action = report["action"].as_str().expect("a word").to_owned();
        fates.push((name, action, fate));
    }
    let holds = exeat.holds();
    let held_as = |reference: &str| {
        let hold = holds.iter().find(|hold| hold["reference"] == reference);
        let hold = hold.unwrap_or_else(|| panic!("{reference} is not held"));
        hold["action"].as_str().expect("a word").to_owned()
    };
    for (name, action, fate) in fates {
        let went = match fate {
            Fate::Held(reference) => held_as(&reference),
            Fate::Delivered if action == "note" => action.clone(),
            Fate::Delivered => "deliver".to_owned(),
            Fate::Rejected => "reject".to_owned(),
        };
        assert_eq!(went, action, "{name}: by SMTP, and by check");
    }
}

enum Fate {
    Delivered,
    Held(String),
    Rejected,
}

/// The addresses of a header, read with a parser of their own.
struct Header<'m>(mail_parser::Message<'m>);

impl<'m> Header<'m> {
    fn of(message: &'m [u8]) -> Self {
        Self(
            mail_parser::MessageParser::default()
                .parse(message)
                .expect("a header"),
        )
    }

    fn from(&self) -> String {
        let from = self.0.from().and_then(mail_parser::Address::first);
        from.and_then(|mailbox| mailbox.address())
            .unwrap_or_default()
            .to_owned()
    }

    fn recipients(&self) -> Vec<String> {
        let mut all: Vec<String> = [self.0.to(), self.0.cc(), self.0.bcc()]
            .into_iter()
            .flatten()
            .flat_map(mail_parser::Address::iter)
            .filter_map(|mailbox| mailbox.address().map(str::to_owned))
            .collect();
        let mut seen = BTreeSet::new();
        all.retain(|address| seen.insert(address.to_lowercase()));
        all
    }
}
