//! Documents that real programs made: every text is found where it stands,
//! every hidden place is told as one, and every protection is right.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use exeat::extract::{Budget, Protection, Reading, Role};
use exeat::finding::ProblemKind;
use exeat::mail::Content;
use exeat::worker::{Pool, Settings};
use serde::Deserialize;

/// A line of a set's truth; `fixtures/corpus/README.md` says what it means.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Truth {
    file: String,
    by: String,
    r#type: String,
    protection: Protection,
    texts: Vec<Said>,
    #[serde(default)]
    holds: Vec<Held>,
    #[serde(default)]
    problems: Vec<ProblemKind>,
    #[serde(default)]
    personal: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Said {
    r#where: String,
    says: String,
    #[serde(default)]
    hidden: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Held {
    r#where: String,
    r#type: String,
    protection: Protection,
}

/// Every file of the corpus with its truth.
fn corpus() -> Vec<(PathBuf, Truth)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/corpus");
    let mut files = Vec::new();
    for set in fs::read_dir(folder).expect("the corpus is there") {
        let set = set.expect("readable").path();
        let Ok(lines) = fs::read_to_string(set.join("truth.jsonl")) else {
            continue;
        };
        for line in lines.lines() {
            let truth: Truth =
                serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
            files.push((set.join(&truth.file), truth));
        }
    }
    files
}

/// What is not as its truth says.
fn faults(truth: &Truth, reading: &Reading) -> Vec<String> {
    let mut faults = Vec::new();
    let file = &reading.attachments[0];
    if (file.kind.as_str(), file.protection) != (truth.r#type.as_str(), truth.protection) {
        faults.push(format!("is {}, {:?}", file.kind, file.protection));
    }
    for said in &truth.texts {
        let mut texts = reading.texts.iter();
        let found = texts.any(|text| {
            text.role != Role::FileName
                && text.hidden == said.hidden
                && text.location.as_str().contains(&said.r#where)
                && text.text.contains(&said.says)
        });
        if !found {
            faults.push(format!("does not say {said:?}"));
        }
    }
    for held in &truth.holds {
        let mut files = reading.attachments.iter();
        let found = files.any(|file| {
            (file.kind.as_str(), file.protection) == (held.r#type.as_str(), held.protection)
                && file.location.as_str().contains(&held.r#where)
        });
        if !found {
            faults.push(format!("does not hold {held:?}"));
        }
    }
    let told = |kind: &ProblemKind| reading.problems.iter().any(|problem| problem.kind == *kind);
    let only = |kind: ProblemKind| truth.problems.contains(&kind);
    if !truth.problems.iter().all(told)
        || !reading.problems.iter().all(|problem| only(problem.kind))
    {
        faults.push(format!("has the problems {:?}", reading.problems));
    }
    if truth.personal && truth.protection == Protection::Protected {
        faults.push("is both protected and readable".to_owned());
    }
    faults
}

#[tokio::test(flavor = "multi_thread")]
async fn every_text_is_found_every_hiding_told_and_every_protection_right() {
    let program = Path::new(env!("CARGO_BIN_EXE_exeat"));
    let pool = Pool::start(program, &Settings::default(), Budget::default())
        .await
        .expect("workers start");
    let mut wrong = Vec::new();
    let mut made: BTreeMap<String, usize> = BTreeMap::new();
    for (path, truth) in corpus() {
        let bytes = fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let reading = pool
            .read_file(&truth.file, &Content::from(bytes))
            .await
            .expect("no fault");
        let faults = faults(&truth, &reading);
        if !faults.is_empty() {
            let places: Vec<String> = reading
                .texts
                .iter()
                .map(|text| format!("{} (hidden: {})", text.location, text.hidden))
                .collect();
            wrong.push(format!(
                "{}: {}\n  texts at {places:?}",
                truth.file,
                faults.join("; ")
            ));
        }
        *made.entry(truth.by).or_default() += 1;
    }
    assert!(
        wrong.is_empty(),
        "{} files are not read as they are:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    let files: usize = made.values().sum();
    assert!(files >= 500, "only {files} files: {made:?}");
}
