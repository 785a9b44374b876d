//! What `exeat doctor` says.

use std::path::Path;

use serde_json::Value;

use super::exeat::{error_of, exeat};

/// What it says in JSON, and its exit status.
pub(crate) fn doctor(config: &Path) -> (Vec<Value>, i32) {
    let output = exeat(config, &["doctor", "--json"]);
    let said = String::from_utf8(output.stdout.clone()).expect("UTF-8");
    let lines: Vec<Value> = said
        .lines()
        .map(|line| serde_json::from_str(line).expect("an object a line"))
        .collect();
    assert!(!lines.is_empty(), "{}", error_of(&output));
    for line in &lines {
        let well = line["state"] == "ok";
        assert_eq!(
            line.get("do").is_none(),
            well,
            "a remedy where one is needed: {line}"
        );
    }
    (lines, output.status.code().expect("it ended by itself"))
}

/// The lines about one thing.
pub(crate) fn told_about(config: &Path, about: &str) -> Vec<Value> {
    let (mut lines, _) = doctor(config);
    lines.retain(|line| line["about"] == about);
    lines
}
