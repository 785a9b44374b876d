//! A look into an SQLite store behind Exeat's back, by Python's own SQLite.

use std::process::Command;

use super::school::Greenfold;

const SCRIPT: &str = "
import json, sqlite3, sys
store = sqlite3.connect(sys.argv[1], timeout=30)
for row in store.execute(sys.argv[2]):
    print(json.dumps([str(value) for value in row]))
store.commit()
";

/// The rows of a statement, every value as text; what it changes is kept.
pub(crate) fn query(school: &Greenfold, sql: &str) -> Vec<Vec<String>> {
    let output = Command::new("python3")
        .args(["-c", SCRIPT])
        .arg(school.folder().join("exeat.db"))
        .arg(sql)
        .output()
        .expect("python3 is there");
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{sql}: {error}");
    String::from_utf8(output.stdout)
        .expect("UTF-8")
        .lines()
        .map(|line| serde_json::from_str(line).expect("a list of texts"))
        .collect()
}
