//! Precision and recall of every rule on mails that none was tuned on.
//!
//! Failures name no mail on purpose: see `fixtures/hartwell/README.md`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::support::exeat::{error_of, exeat};
use crate::support::school::fixtures;

/// What precision and recall must reach.
const ENOUGH: f64 = 0.8;

#[derive(Default)]
struct Counts {
    right: u32,
    too_much: u32,
    missed: u32,
}

#[test]
fn every_rule_finds_most_and_is_mostly_right() {
    let folder = fixtures().join("hartwell");
    let mails = folder.join("mails");
    let config = folder.join("school/exeat.toml");
    let output = exeat(
        &config,
        &["check", "--json", mails.to_str().expect("UTF-8")],
    );
    assert_eq!(output.status.code(), Some(1), "{}", error_of(&output));
    let mut counts: BTreeMap<String, Counts> = BTreeMap::new();
    let mut judged = 0;
    for line in String::from_utf8_lossy(&output.stdout).lines() {
        let mut report: Value = serde_json::from_str(line).expect("an object a line");
        let file = report["file"].as_str().expect("a name").to_owned();
        let expected = expectation(&file);
        if expected.get("from").is_some() || expected.get("to").is_some() {
            report = told(&config, &file, &expected);
        }
        count(&report, &expected, &mut counts);
        judged += 1;
    }
    assert!(judged >= 250, "only {judged} mails");
    let mut short = Vec::new();
    let mut called_for = 0;
    for (rule, counts) in &counts {
        let (right, too_much, missed) = (counts.right, counts.too_much, counts.missed);
        if right + missed == 0 {
            eprintln!("{rule:28} no mail calls for it, {too_much} meet it");
            continue;
        }
        called_for += 1;
        let precision = f64::from(right) / f64::from((right + too_much).max(1));
        let recall = f64::from(right) / f64::from((right + missed).max(1));
        eprintln!("{rule:28} precision {precision:.2}, recall {recall:.2}");
        if precision < ENOUGH || recall < ENOUGH {
            short.push(format!(
                "{rule}: precision {precision:.2}, recall {recall:.2}"
            ));
        }
    }
    assert_eq!(called_for, 6, "every rule was called for");
    assert!(short.is_empty(), "{}", short.join("\n"));
}

fn expectation(file: &str) -> Value {
    let path = Path::new(file).with_extension("expect.json");
    serde_json::from_slice(&fs::read(path).expect("beside its mail")).expect("JSON")
}

/// The report of a mail whose envelope is not that of its header.
fn told(config: &Path, file: &str, expected: &Value) -> Value {
    let mut arguments = vec!["check", "--json", file];
    if let Some(from) = expected["from"].as_str() {
        arguments.extend(["--from", from]);
    }
    let recipients = expected["to"].as_array().into_iter().flatten();
    for to in recipients.filter_map(Value::as_str) {
        arguments.extend(["--to", to]);
    }
    let output = exeat(config, &arguments);
    serde_json::from_slice(&output.stdout).expect("one object")
}

fn count(report: &Value, expected: &Value, counts: &mut BTreeMap<String, Counts>) {
    let words = |list: &Value| -> BTreeSet<String> {
        let list = list.as_array().into_iter().flatten();
        list.filter_map(Value::as_str).map(str::to_owned).collect()
    };
    let findings = report["findings"].as_array().expect("a list");
    let found: BTreeSet<String> = findings
        .iter()
        .filter(|finding| finding["mode"] == "enforce")
        .filter_map(|finding| finding["rule"].as_str())
        .map(str::to_owned)
        .collect();
    let (due, may) = (words(&expected["rules"]), words(&expected["may"]));
    for rule in found.union(&due) {
        let counts = counts.entry(rule.clone()).or_default();
        match (found.contains(rule), due.contains(rule)) {
            (true, true) => counts.right += 1,
            (true, false) if !may.contains(rule) => counts.too_much += 1,
            (false, true) => counts.missed += 1,
            _ => {}
        }
    }
}
