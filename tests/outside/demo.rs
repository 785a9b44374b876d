//! The demo, as a new user runs it.

use std::process::Command;
use std::time::{Duration, Instant};

use crate::support::exeat::{BINARY, error_of};

#[test]
fn the_demo_shows_every_action_and_ends_by_itself() {
    let elsewhere = tempfile::tempdir().expect("a temporary folder");
    let started = Instant::now();
    let output = Command::new(BINARY)
        .args(["demo", "--once"])
        .current_dir(elsewhere.path())
        .output()
        .expect("the binary runs");
    assert!(output.status.success(), "{}", error_of(&output));
    assert!(
        started.elapsed() < Duration::from_secs(40),
        "{:?}",
        started.elapsed()
    );
    let said = String::from_utf8(output.stdout).expect("UTF-8");
    for action in ["deliver", "note", "warn", "quarantine", "reject"] {
        let rows = said.lines().filter(|line| line.starts_with(action)).count();
        assert!(rows > 0, "no row begins with {action}:\n{said}");
    }
    assert!(
        said.contains("Not sent yet"),
        "the notices are shown:\n{said}"
    );
    assert!(!said.contains("differs"), "{said}");
    let left = std::fs::read_dir(elsewhere.path()).expect("there").count();
    assert_eq!(left, 0, "nothing is left in the folder it ran in");
}
