//! `exeat evaluate`, and precision and recall of every rule on mails that none
//! was tuned on.
//!
//! What is measured names no mail on purpose: see
//! `fixtures/hartwell/README.md`.

use std::fs;
use std::path::Path;
use std::process::Output;

use serde_json::{Value, json};

use crate::holding::with_name_in_subject;
use crate::relay::innocent;
use crate::support::exeat::{error_of, exeat};
use crate::support::school::{Greenfold, fixtures};

/// What each rule has reached in precision and recall, and must not fall
/// behind. What these mails ask of a rule is more: 0.95.
const REACHED: &[(&str, f64, f64)] = &[
    ("pupil-name-in-subject", 0.97, 0.91),
    ("pupil-name-in-body", 0.97, 0.98),
    ("unprotected-personal-data", 0.99, 0.99),
    ("personal-data-in-body", 0.88, 0.88),
    ("password-with-document", 0.99, 0.71),
    ("password-shared", 0.93, 0.99),
    ("personal-address", 0.96, 0.96),
    ("personal-details-to-pupil", 0.92, 0.99),
    ("pupil-private-address", 0.99, 0.83),
    ("personal-business", 0.61, 0.86),
    ("chain-message", 0.81, 0.88),
    ("offensive-language", 0.77, 0.77),
    ("pupil-photo", 0.99, 0.91),
    ("wrong-recipient", 0.77, 0.58),
    ("visible-recipients", 0.99, 0.99),
    ("unreadable-content", 0.99, 0.99),
];

/// The same of the second set, which is written plainly.
const REACHED_IN_SECOND: &[(&str, f64, f64)] = &[
    ("pupil-name-in-body", 0.95, 0.99),
    ("personal-data-in-body", 0.99, 0.94),
    ("password-with-document", 0.99, 0.87),
    ("password-shared", 0.91, 0.99),
    ("personal-address", 0.99, 0.99),
    ("personal-details-to-pupil", 0.99, 0.81),
    ("personal-business", 0.89, 0.74),
    ("chain-message", 0.99, 0.90),
    ("offensive-language", 0.99, 0.90),
    ("wrong-recipient", 0.99, 0.99),
    ("out-of-hours", 0.99, 0.99),
];

/// The same of mails to tune on, which hold what rules still get wrong.
const REACHED_IN_TUNING: &[(&str, f64, f64)] = &[
    ("personal-data-in-body", 0.99, 0.84),
    ("wrong-recipient", 0.87, 0.77),
];

#[test]
fn no_rule_falls_behind_what_it_has_reached() {
    let folder = fixtures().join("hartwell");
    let rules = measured(&folder.join("school"), &folder.join("mails"), 600);
    reaches(&rules, REACHED);
}

#[test]
fn no_rule_falls_behind_on_the_second_set() {
    let folder = fixtures().join("hartwell");
    let rules = measured(&folder.join("school"), &folder.join("second"), 170);
    reaches(&rules, REACHED_IN_SECOND);
}

#[test]
fn no_rule_falls_behind_on_mails_to_tune_on() {
    let rules = measured(&fixtures().join("school"), &fixtures().join("tuning"), 100);
    reaches(&rules, REACHED_IN_TUNING);
}

/// Each rule's totals on the mails of a folder, of which there are so many at
/// least.
fn measured(school: &Path, mails: &Path, least: u64) -> Vec<Value> {
    let mails = mails.to_str().expect("UTF-8");
    let arguments = ["evaluate", "--totals", "--json", mails];
    let mut whole = answer(&exeat(&school.join("exeat.toml"), &arguments));
    assert!(whole["messages"].as_u64() >= Some(least), "{whole}");
    match whole["rules"].take() {
        Value::Array(rules) => rules,
        other => panic!("no list: {other}"),
    }
}

#[track_caller]
fn reaches(rules: &[Value], floors: &[(&str, f64, f64)]) {
    for &(id, precision, recall) in floors {
        let rule = rules.iter().find(|rule| rule["rule"] == id).expect(id);
        let share = |what: &str| rule[what].as_f64().unwrap_or_default();
        let said = format!("{id}: {rule}, and had reached {precision} and {recall}");
        eprintln!("{said}");
        assert!(
            share("precision") >= precision && share("recall") >= recall,
            "{said}"
        );
    }
}

/// A message that is right, one that is missed, a false alarm, and one on
/// which people differ; then one without a label.
fn labelled() -> Greenfold {
    let school = Greenfold::new(([127, 0, 0, 1], 9).into(), "");
    let named = |name: &str| String::from_utf8(with_name_in_subject(name)).expect("text");
    let other = named("other").replace("Subject: ", "Subject: Mrs ");
    let mails: [(&str, &str, Option<Value>); 6] = [
        (
            "a",
            &named("a"),
            Some(json!({"rules": ["pupil-name-in-subject"]})),
        ),
        (
            "b",
            &innocent_text("b"),
            Some(json!({"rules": ["chain-message"]})),
        ),
        ("c", &named("c"), Some(json!({"rules": []}))),
        (
            "d",
            &named("d"),
            Some(json!({"rules": [], "may": ["pupil-name-in-subject"]})),
        ),
        ("e", &other, None),
        (
            "f",
            &innocent_text("f"),
            Some(json!({"rules": [], "may": ["no-such-rule"]})),
        ),
    ];
    let folder = school.folder().join("mails");
    fs::create_dir(&folder).expect("writable");
    for (name, mail, label) in mails {
        fs::write(folder.join(format!("{name}.eml")), mail).expect("writable");
        if let Some(label) = label {
            fs::write(
                folder.join(format!("{name}.expect.json")),
                label.to_string(),
            )
            .expect("writable");
        }
    }
    school
}

fn innocent_text(name: &str) -> String {
    String::from_utf8(innocent(name)).expect("text")
}

fn evaluate(school: &Greenfold, arguments: &[&str]) -> Output {
    let mut all = vec!["evaluate"];
    all.extend(arguments);
    exeat(&school.config(), &all)
}

fn answer(output: &Output) -> Value {
    assert_eq!(output.status.code(), Some(0), "{}", error_of(output));
    serde_json::from_slice(&output.stdout).expect("one object")
}

#[test]
fn each_miss_and_each_false_alarm_is_told_with_its_reason() {
    let school = labelled();
    let folder = school.folder().join("mails");
    let folder = folder.to_str().expect("UTF-8");
    let whole = answer(&evaluate(&school, &["--json", folder]));
    assert_eq!(whole["messages"], 5);
    assert_eq!(whole["unlabelled"], 1);
    assert_eq!(whole["unknown_rules"], json!(["no-such-rule"]));
    let rules = whole["rules"].as_array().expect("a list");
    let of = |id: &str| rules.iter().find(|rule| rule["rule"] == id).expect(id);
    let subject = of("pupil-name-in-subject");
    assert_eq!(subject["right"], 1);
    assert_eq!(subject["false_alarms"], 1);
    assert_eq!(subject["precision"], 0.5);
    assert_eq!(subject["recall"], 1.0);
    assert_eq!(of("chain-message")["missed"], 1);
    assert_eq!(of("chain-message")["precision"], Value::Null);
    let mistakes = whole["mistakes"].as_array().expect("a list");
    let told: Vec<(&str, &str)> = mistakes
        .iter()
        .map(|mistake| {
            let word = |key: &str| mistake[key].as_str().expect(key);
            (word("mistake"), word("rule"))
        })
        .collect();
    assert_eq!(
        told,
        [
            ("missed", "chain-message"),
            ("false alarm", "pupil-name-in-subject")
        ]
    );
    assert!(
        mistakes[1]["file"]
            .as_str()
            .expect("a path")
            .ends_with("c.eml")
    );
    let why = mistakes[1]["reasons"][0]["why"].as_str().expect("words");
    assert!(why.contains("(subject)"), "{why}");

    // For people, and for scripts.
    let output = evaluate(&school, &[folder]);
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        said.contains("precision") && said.contains("c.eml"),
        "{said}"
    );
    assert!(!said.contains("Bello"), "no name in clear: {said}");
    let output = evaluate(&school, &["--totals", folder]);
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(said.contains("recall") && !said.contains("c.eml"), "{said}");
    let status = |least| {
        evaluate(&school, &["--at-least", least, folder])
            .status
            .code()
    };
    assert_eq!((status("0.5"), status("0")), (Some(1), Some(0)));
    let only = [
        "--at-least",
        "0.5",
        "--rule",
        "pupil-name-in-subject",
        folder,
    ];
    assert_eq!(evaluate(&school, &only).status.code(), Some(0));
}

#[test]
fn lists_of_labels_are_read_and_bad_ones_are_told_by_their_line() {
    let school = labelled();
    let list = school.folder().join("labels.jsonl");
    let path = list.to_str().expect("UTF-8");
    let check = |text: &str, expected: &str| {
        fs::write(&list, text).expect("writable");
        let output = evaluate(&school, &[path]);
        assert_eq!(output.status.code(), Some(2), "{text}");
        let error = error_of(&output);
        assert!(error.contains(expected), "{error}\nnot: {expected}");
    };
    check("", "no message here has a label");
    check("\n{\"rules\": [}", "labels.jsonl, line 2");
    check("{\"rules\": []}", "line 1: `file` is missing");
    check(
        "{\"file\": \"mails/x.eml\", \"rules\": []}",
        "x.eml does not exist",
    );
    check("{\"file\": \"mails/a.eml\"}", "missing field `rules`");
    let unknown = "{\"file\": \"mails/a.eml\", \"rules\": [], \"school\": \"other\"}";
    check(unknown, "line 1: ");
    let bad = "{\"file\": \"mails/a.eml\", \"rules\": [], \"from\": \"nobody\"}";
    check(bad, "line 1: from");

    let good = "{\"file\": \"mails/a.eml\", \"rules\": [\"pupil-name-in-subject\"], \"from\": \"<>\"}\n\n\
        {\"file\": \"mails/b.eml\", \"rules\": [], \"to\": [\"a@b.example\"], \"school\": \"greenfold\"}\n";
    fs::write(&list, good).expect("writable");
    let whole = answer(&evaluate(&school, &["--json", path]));
    assert_eq!(whole["messages"], 2);
    assert_eq!(whole["mistakes"], json!([]));

    let output = evaluate(&school, &["--at-least", "2", path]);
    assert_eq!(output.status.code(), Some(2));
    let output = evaluate(&school, &["no-such-folder"]);
    assert!(error_of(&output).contains("no-such-folder does not exist"));
}
