//! The passwords that a school is known to use: a file that opens with one is
//! protected from nobody who knows the school.

use std::fs;
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;

use serde_json::Value;

use crate::documents::document;
use crate::support::exeat::{error_of, exeat};
use crate::support::locked::{pdf, zip};
use crate::support::mail::with_files as mail;
use crate::support::school::Greenfold;

const OUTSIDE: &str = "desk@marklog-software.example";
const USUAL: &str = "usual = [\"Greenfold2026!\", \"gf-school\"]";
const SECRETS: &[&str] = &["Greenfold2026", "gf-school", "Kestrel"];

fn school(more: &str) -> Greenfold {
    let nowhere = SocketAddr::from(([127, 0, 0, 1], 9));
    Greenfold::new(nowhere, more)
}

fn of_line(output: &std::process::Output) -> Value {
    assert!(!output.stdout.is_empty(), "{}", error_of(output));
    serde_json::from_slice(&output.stdout).expect("one object")
}

/// What `exeat check` says of a message; it never says the password.
fn check(school: &Greenfold, message: &[u8]) -> Value {
    let path = school.folder().join("mail.eml");
    fs::write(&path, message).expect("writable");
    let path = path.display().to_string();
    let output = exeat(&school.config(), &["check", "--json", "--explain", &path]);
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &error_of(&output);
    for secret in SECRETS {
        assert!(!said.contains(secret), "{said}");
    }
    of_line(&output)
}

fn findings<'v>(said: &'v Value, rule: &str) -> Vec<&'v Value> {
    let all = said["findings"].as_array().expect("a list").iter();
    all.filter(|finding| finding["rule"] == rule).collect()
}

#[track_caller]
fn assert_weak(said: &Value, why: &str) {
    assert_eq!(said["action"], "quarantine", "{said}");
    let found = findings(said, "unprotected-personal-data");
    let what = found.first().map(|finding| finding["what"].to_string());
    let what = what.unwrap_or_default();
    assert!(what.contains(why), "{said}");
    assert!(what.contains("a password of its own"), "{said}");
    let rule = findings(said, "password-with-document");
    assert!(rule.is_empty(), "the mail does not tell it: {said}");
}

#[track_caller]
fn assert_protected(said: &Value) {
    let found = findings(said, "unprotected-personal-data");
    assert!(found.is_empty(), "{said}");
}

/// A body of more words than an Office document can be tried with.
fn long_body() -> String {
    let words: Vec<String> = (0..400).map(|n| format!("Detail{n}x")).collect();
    format!("Please find the register attached. {}", words.join(" "))
}

#[test]
fn what_opens_with_a_password_for_everything_is_weak() {
    let usual = document("usual.docx");
    let given = school(&format!("passwords = {{ {USUAL} }}"));
    for body in ["Register attached.".to_owned(), long_body()] {
        let message = mail(OUTSIDE, "Register", &body, &[("list.docx", &usual)]);
        assert_weak(&check(&given, &message), "the school uses for everything");
    }
    for password in ["gf-school", "gf-school2026", "Gf-school", "Greenfold2025!"] {
        let message = mail(
            OUTSIDE,
            "Register",
            "Attached.",
            &[("list.zip", &zip(password))],
        );
        assert_weak(&check(&given, &message), "the school uses for everything");
    }
    // Another password is nobody's business.
    let message = mail(
        OUTSIDE,
        "Register",
        "Attached.",
        &[("list.pdf", &pdf("Kestrel-8842"))],
    );
    let said = check(&given, &message);
    assert_eq!(said["action"], "deliver", "{said}");
}

#[test]
fn a_file_or_a_list_gives_them_as_well() {
    let usual = document("usual.docx");
    let message = mail(OUTSIDE, "Register", "Attached.", &[("list.docx", &usual)]);
    let list = school("passwords = [\"Greenfold2026!\"]");
    assert_weak(&check(&list, &message), "the school uses for everything");

    let file = school("passwords = { file = \"passwords.txt\" }");
    let secret = file.folder().join("passwords.txt");
    fs::write(&secret, "\u{feff}gf-school\r\n\r\n  Greenfold2026!  \r\n").expect("writable");
    assert_weak(&check(&file, &message), "the school uses for everything");
    fs::write(&secret, "Kestrel-8842\n").expect("writable");
    fs::set_permissions(&secret, fs::Permissions::from_mode(0o644)).expect("its own file");
    let output = exeat(&file.config(), &["config", "check"]);
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        said.contains("passwords.txt") && said.contains("chmod 600"),
        "{said}"
    );
    assert!(!said.contains("Kestrel"), "{said}");
}

#[test]
fn the_schools_name_and_pupils_birthdays_are_guessed() {
    let plain = school("");
    for (password, subject, why) in [
        ("Greenfold2026", "Register", "made of the school's name"),
        ("greenfoldschool", "Register", "made of the school's name"),
        (
            "08082015",
            "Register for Oyinkansola Bello",
            "a pupil's date of birth",
        ),
        (
            "08/08/2015",
            "Register for O. Bello (Oyinkansola Bello)",
            "a pupil's date of birth",
        ),
    ] {
        let message = mail(
            OUTSIDE,
            subject,
            "Attached.",
            &[("list.zip", &zip(password))],
        );
        let said = check(&plain, &message);
        let found = findings(&said, "unprotected-personal-data");
        assert!(
            found[0]["what"].to_string().contains(why),
            "{password}: {said}"
        );
    }
    // A birthday of nobody whom the mail concerns, and one that is not to be
    // tried.
    let message = mail(
        OUTSIDE,
        "Register",
        "Attached.",
        &[("list.zip", &zip("08082015"))],
    );
    assert_protected(&check(&plain, &message));
    let without = school("passwords = { birth_dates = false }");
    let subject = "Register for Oyinkansola Bello";
    let message = mail(
        OUTSIDE,
        subject,
        "Attached.",
        &[("list.zip", &zip("08082015"))],
    );
    assert_protected(&check(&without, &message));
}

#[test]
fn what_the_mail_itself_tells_comes_first() {
    let usual = document("usual.docx");
    let given = school("passwords = [\"Greenfold2026!\"]");
    let body = "The password is Greenfold2026!";
    let message = mail(OUTSIDE, "Register", body, &[("list.docx", &usual)]);
    let said = check(&given, &message);
    assert_eq!(findings(&said, "password-with-document").len(), 1, "{said}");
}

#[test]
fn reading_a_file_tries_them_too() {
    let given = school("passwords = [\"Greenfold2026!\"]");
    let file = given.folder().join("list.docx");
    fs::write(&file, document("usual.docx")).expect("writable");
    let file = file.display().to_string();
    let said = of_line(&exeat(&given.config(), &["read", "--json", &file]));
    assert_eq!(said["protection"], "weak", "{said}");
    let why = "opens with a password that the school uses for everything";
    assert_eq!(said["why"], why, "{said}");
    assert!(
        said["texts"].to_string().contains("Oyinkansola Bello"),
        "{said}"
    );
    assert!(!said.to_string().contains("Greenfold2026"), "{said}");

    fs::write(&file, pdf("Kestrel-8842")).expect("writable");
    let said = of_line(&exeat(&given.config(), &["read", "--json", &file]));
    assert_eq!(said["protection"], "protected", "{said}");
}

#[test]
fn no_fault_of_the_configuration_quotes_them() {
    for (faulty, part) in [
        (
            "passwords = \"Greenfold2026!\"",
            "passwords is a list of strings",
        ),
        (
            "passwords = [\"Greenfold2026!\", 5]",
            "passwords is a list of strings",
        ),
        (
            "passwords = { usual = \"gf-school\" }",
            "passwords is a list of strings",
        ),
        (
            "passwords = { usuals = [\"gf-school\"] }",
            "passwords is a list of strings",
        ),
        (
            "password = [\n  \"Greenfold2026!\",\n  \"gf-school\",\n]",
            "unknown field `password`",
        ),
        ("phones = 3 # Passwords: Kestrel-8842, gf-school", "phones"),
        ("passwords = [\"Greenfold2026!\", \"gf-school]", ""),
        (
            "passwords = { file = \"absent.txt\" }",
            "absent.txt could not be read",
        ),
        (
            "[school.passwords]\nusual = [\n'Kestrel-8842',\n\"gf-school\"]\nfiel = 4",
            "passwords is",
        ),
    ] {
        let output = exeat(&school(faulty).config(), &["config", "check"]);
        assert_eq!(output.status.code(), Some(2), "{faulty}");
        let said = String::from_utf8_lossy(&output.stdout).into_owned() + &error_of(&output);
        let flat = said.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(flat.contains(part), "{faulty}: {said}");
        for secret in SECRETS {
            assert!(!said.contains(secret), "{faulty}: {said}");
        }
    }
}
