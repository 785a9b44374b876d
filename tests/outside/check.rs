//! `exeat check`, `exeat read` and `exeat config check` as a script sees them.

use std::fs;
use std::process::{Command, Stdio};

use base64::Engine;
use serde_json::Value;

use crate::documents::document;
use crate::holding::with_name_in_subject;
use crate::relay::innocent;
use crate::support::exeat::{BINARY, error_of, exeat};
use crate::support::school::{Greenfold, fixtures};

fn school() -> Greenfold {
    Greenfold::new(([127, 0, 0, 1], 9).into(), "")
}

fn json(output: &std::process::Output) -> Vec<Value> {
    String::from_utf8_lossy(&output.stdout)
        .lines()
        .map(|line| serde_json::from_str(line).expect("an object a line"))
        .collect()
}

#[test]
fn the_object_and_the_exit_status_are_as_documented() {
    let school = school();
    let (good, bad) = (
        school.folder().join("good.eml"),
        school.folder().join("bad.eml"),
    );
    fs::write(&good, innocent("fine")).expect("writable");
    fs::write(&bad, with_name_in_subject("bad")).expect("writable");
    let (good, bad) = (good.to_str().expect("UTF-8"), bad.to_str().expect("UTF-8"));

    let output = exeat(&school.config(), &["check", "--json", good]);
    assert_eq!(output.status.code(), Some(0), "{}", error_of(&output));
    let report = &json(&output)[0];
    assert_eq!(report["file"], good);
    assert_eq!(report["action"], "deliver");
    assert!(report["took_ms"].is_number() && report["problems"].is_array());

    let output = exeat(&school.config(), &["check", "--json", good, bad]);
    assert_eq!(output.status.code(), Some(1));
    let reports = json(&output);
    assert_eq!(reports.len(), 2);
    let finding = &reports[1]["findings"][0];
    assert_eq!(finding["rule"], "pupil-name-in-subject");
    assert_eq!(finding["action"], "warn");
    assert_eq!(finding["mode"], "enforce");
    assert_eq!(finding["where"], "subject");
    assert_eq!(finding["pupils"], serde_json::json!(["GF0001"]));
    assert!(
        finding["confidence"]
            .as_f64()
            .is_some_and(|c| (0.0..=1.0).contains(&c))
    );
    let excerpt = finding["excerpt"].as_str().expect("a text");
    assert!(
        excerpt.contains("O.B.") && !excerpt.contains("Bello"),
        "{excerpt}"
    );

    let output = exeat(&school.config(), &["check"]);
    assert_eq!(output.status.code(), Some(2));
    let output = exeat(&school.folder().join("absent.toml"), &["check", good]);
    assert_eq!(output.status.code(), Some(2));
    assert!(
        error_of(&output).contains("absent.toml"),
        "{}",
        error_of(&output)
    );
}

#[test]
fn what_cannot_be_read_or_placed_is_a_line_with_a_problem() {
    let school = school();
    let stranger = school.folder().join("stranger.eml");
    fs::write(&stranger, "From: a@b.example\n\nhello\n").expect("writable");
    let two = school.folder().join("two.toml");
    let text = fs::read_to_string(school.config()).expect("there");
    let school_table = &text[text.find("[[school]]").expect("one")..];
    let second = school_table.replace("greenfold", "other");
    fs::write(&two, format!("{text}\n{second}")).expect("writable");
    let absent = school.folder().join("absent.eml");
    let output = exeat(
        &two,
        &[
            "check",
            "--json",
            stranger.to_str().expect("UTF-8"),
            absent.to_str().expect("UTF-8"),
        ],
    );
    assert_eq!(output.status.code(), Some(1), "{}", error_of(&output));
    let reports = json(&output);
    assert_eq!(reports.len(), 2);
    for report in reports {
        assert_eq!(
            report["problems"].as_array().map(Vec::len),
            Some(1),
            "{report}"
        );
        assert_ne!(report["action"], "deliver", "unread is never clean");
    }
}

#[test]
fn five_hundred_mails_are_each_answered() {
    let school = school();
    let folder = school.folder().join("many/deep");
    fs::create_dir_all(&folder).expect("writable");
    for number in 0..400 {
        let message = if number % 2 == 0 {
            innocent(&format!("n{number}"))
        } else {
            with_name_in_subject(&format!("n{number}"))
        };
        fs::write(folder.join(format!("{number:03}.eml")), message).expect("writable");
    }
    let mbox: String = (0..100)
        .map(|number| {
            let message = innocent(&format!("m{number}"));
            format!(
                "From x Mon Nov 16 10:00:00 2026\n{}\n",
                String::from_utf8_lossy(&message)
            )
        })
        .collect();
    fs::write(folder.join("some.mbox"), mbox.replace("\r\n", "\n")).expect("writable");
    let many = school.folder().join("many");
    let output = exeat(
        &school.config(),
        &["check", "--json", many.to_str().expect("UTF-8")],
    );
    assert_eq!(output.status.code(), Some(1), "{}", error_of(&output));
    let reports = json(&output);
    assert_eq!(reports.len(), 500);
    let held = reports
        .iter()
        .filter(|report| report["action"] == "warn")
        .count();
    let delivered = reports
        .iter()
        .filter(|report| report["action"] == "deliver")
        .count();
    assert_eq!((held, delivered), (200, 300));
    let last = reports[499]["file"].as_str().expect("a name");
    assert!(last.ends_with("some.mbox#100"), "{last}");
}

#[test]
fn the_envelope_can_be_told() {
    let school = school();
    let file = school.folder().join("one.eml");
    fs::write(&file, with_name_in_subject("one")).expect("writable");
    let file = file.to_str().expect("UTF-8");
    let internal = [
        "check",
        "--json",
        file,
        "--to",
        "h.ashworth@greenfold.sch.example",
    ];
    assert_eq!(
        json(&exeat(&school.config(), &internal))[0]["action"],
        "note"
    );
    let wrong = exeat(&school.config(), &["check", file, "--school", "nowhere"]);
    assert_eq!(wrong.status.code(), Some(2));
    assert!(
        error_of(&wrong).contains("greenfold"),
        "{}",
        error_of(&wrong)
    );
}

#[test]
fn a_match_that_does_not_count_can_say_why() {
    let school = school();
    let file = fixtures().join("mails/subject-author-poem.eml");
    let file = file.to_str().expect("UTF-8");
    let silent = json(&exeat(&school.config(), &["check", "--json", file]));
    assert_eq!(silent[0]["findings"], serde_json::json!([]));
    let explained = json(&exeat(
        &school.config(),
        &["check", "--json", "--explain", file],
    ));
    let reasons: Vec<&str> = explained[0]["findings"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|finding| finding["suppressed"].as_str())
        .collect();
    assert!(!reasons.is_empty(), "{explained:?}");
}

#[test]
fn read_shows_texts_problems_and_protection() {
    let school = school();
    let csv = school.folder().join("list.csv");
    fs::write(&csv, "name,year,form\nAda,9,9A\nBen,8,8C\n").expect("writable");
    let output = exeat(
        &school.config(),
        &["read", "--json", csv.to_str().expect("UTF-8")],
    );
    assert_eq!(output.status.code(), Some(0), "{}", error_of(&output));
    let object = &json(&output)[0];
    assert_eq!(object["type"], "csv");
    assert_eq!(object["protection"], "open");
    let texts = object["texts"].as_array().expect("a list");
    assert!(
        texts
            .iter()
            .any(|text| text["text"].as_str().is_some_and(|t| t.contains("Ada")))
    );
    let output = exeat(&school.config(), &["read", "--json", "/nonexistent"]);
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn read_takes_files_and_folders_and_shows_people_what_counts() {
    let school = school();
    let folder = school.folder().join("files");
    fs::create_dir_all(folder.join("inner")).expect("writable");
    for (name, document) in [
        ("a.docx", "trip.docx"),
        ("b.zip", "letters.zip"),
        ("inner/c.pdf", "locked-aes256.pdf"),
    ] {
        let bytes = crate::documents::document(document);
        fs::write(folder.join(name), bytes).expect("writable");
    }
    fs::write(folder.join("inner/d.txt"), "one\u{1b}[2J\n".repeat(90)).expect("writable");
    std::os::unix::fs::symlink(&folder, folder.join("inner/loop")).expect("a link");
    let asked = folder.to_str().expect("UTF-8");

    let output = exeat(&school.config(), &["read", "--json", asked]);
    assert_eq!(output.status.code(), Some(0), "{}", error_of(&output));
    let objects = json(&output);
    let files: Vec<&str> = objects.iter().filter_map(|o| o["file"].as_str()).collect();
    let ends = ["a.docx", "b.zip", "inner/c.pdf", "inner/d.txt"];
    assert!(
        files.len() == 4 && files.iter().zip(ends).all(|(f, end)| f.ends_with(end)),
        "{files:?}"
    );
    assert_eq!(objects[2]["protection"], "protected");

    let output = exeat(&school.config(), &["read", asked]);
    let said = String::from_utf8(output.stdout).expect("UTF-8");
    for part in [
        "a.docx: docx, ",
        "c.pdf: pdf, ",
        "KB, protected: ",
        "one␛[2J",
        "(50 lines more)",
        "--full shows all",
    ] {
        assert!(said.contains(part), "{part:?} is not in:\n{said}");
    }
    assert!(!said.contains('\u{1b}'), "{said}");
    let full = exeat(&school.config(), &["read", "--full", asked]);
    let said = String::from_utf8(full.stdout).expect("UTF-8");
    assert!(said.matches("one␛").count() == 90, "{said}");

    // One that cannot be opened keeps nobody from the others.
    let output = exeat(&school.config(), &["read", "--json", "/nonexistent", asked]);
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(json(&output).len(), 4);
    assert!(error_of(&output).contains("/nonexistent"));
    let help = exeat(&school.config(), &["read", "--help"]);
    assert!(String::from_utf8_lossy(&help.stdout).contains("exeat read --json inbox/"));
}

#[test]
fn every_fault_of_a_configuration_is_told_at_once_with_its_place() {
    let school = school();
    school.rewrite(|text| {
        text.replace("[store]", "[store]\ncolour = \"red\"")
            .replace("roster = \"roster.csv\"", "roster = \"absent.csv\"")
            .replace("action = \"reject\"", "action = \"explode\"")
            .replace("phones = [", "phones = [3, ")
    });
    let output = exeat(&school.config(), &["config", "check"]);
    assert_eq!(output.status.code(), Some(2));
    let error = error_of(&output);
    for part in ["colour", "absent.csv", "explode", "exeat.toml:"] {
        assert!(error.contains(part), "{part} is not in:\n{error}");
    }
    let school = Greenfold::new(([127, 0, 0, 1], 9).into(), "");
    let output = exeat(&school.config(), &["config", "check"]);
    assert_eq!(output.status.code(), Some(0), "{}", error_of(&output));
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(said.contains("200 pupils"), "{said}");
}

#[test]
fn a_file_that_is_not_what_it_claims_is_told_so() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mail = folder.path().join("renamed.eml");
    let docx = base64::engine::general_purpose::STANDARD.encode(document("form.docx"));
    let part = |kind: &str, name: &str| {
        format!(
            "--b\r\nContent-Type: {kind}\r\nContent-Disposition: attachment; filename={name}\r\n\
             Content-Transfer-Encoding: base64\r\n\r\n{docx}\r\n"
        )
    };
    let parts = [
        part("image/jpeg", "photo.jpg"),
        part("application/pdf", "form.docx"),
        part("application/octet-stream", "other.docx"),
    ];
    let text = format!(
        "From: a@b.example\r\nTo: c@d.example\r\nSubject: Form\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n{}--b--\r\n",
        parts.concat()
    );
    fs::write(&mail, text).expect("writable");
    let output = Command::new(BINARY).arg("read").arg(&mail).output();
    let output = output.expect("the binary runs");
    let said = String::from_utf8(output.stdout).expect("UTF-8");
    for line in [
        "photo.jpg: docx, though named like a picture (.jpg) and declared as a picture (image/jpeg), ",
        "form.docx: docx, though declared as a PDF document (application/pdf), ",
        "other.docx: docx, 1.5 KB, open\n",
    ] {
        assert!(said.contains(line), "{said}");
    }
}

/// As in `exeat read … | head`.
#[test]
fn a_reader_that_has_seen_enough_is_no_fault() {
    let mut child = Command::new(BINARY)
        .arg("read")
        .arg(fixtures().join("documents/register.xlsx"))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary runs");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(error_of(&output), "");
}
