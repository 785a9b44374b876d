//! A password that opens an attachment is nowhere but in the sealed message:
//! not in what people are sent, nor in what a command prints, nor in the
//! store's files, nor in the log.

use std::fs;
use std::path::Path;

use base64::Engine;

use crate::documents::document;
use crate::holding::decoded;
use crate::relay::STAFF;
use crate::support::client::Client;
use crate::support::exeat::{Exeat, error_of, exeat};
use crate::support::locked::{pdf, zip};
use crate::support::mail::with_files as mail;
use crate::support::next_hop::{Behaviour, NextHop};
use crate::support::school::Greenfold;

const OUTSIDE: &str = "desk@marklog-software.example";
const REVIEWER: &str = "data@greenfold.sch.example";
const DOCX: &str = "Greenfold2026!";
const ZIP: &str = "Wombat-7731x";
const PDF: &str = "Kestrel8842q";

/// One mail and what it must not be known by.
struct Case {
    secret: &'static str,
    message: Vec<u8>,
}

/// A mail for each kind of file and each place where the password can stand;
/// and where it stands nowhere, because the school knows it.
fn cases() -> Vec<Case> {
    let files: [(&str, &'static str, Vec<u8>); 3] = [
        ("docx", DOCX, document("usual.docx")),
        ("zip", ZIP, zip(ZIP)),
        ("pdf", PDF, pdf(PDF)),
    ];
    let mut cases = Vec::new();
    for (ending, secret, bytes) in &files {
        let plain = format!("register.{ending}");
        let named = format!("register {secret}.{ending}");
        let told = format!("The password is {secret}");
        // Across two lines, and after a pupil's name, as findings quote it.
        let near = format!("Oyinkansola Bello's file, DOB 08/08/2015, opens with:\r\n{secret}");
        for (subject, body, name) in [
            (secret.to_string(), "Attached.".to_owned(), &plain),
            (
                format!("Oyinkansola Bello pw {secret}"),
                "Attached.".to_owned(),
                &plain,
            ),
            ("Register".to_owned(), told, &plain),
            ("Register".to_owned(), near, &plain),
            ("Register".to_owned(), "Attached.".to_owned(), &named),
            ("Register".to_owned(), "Attached.".to_owned(), &plain),
        ] {
            let file = [(name.as_str(), bytes.as_slice())];
            let message = mail(OUTSIDE, &subject, &body, &file);
            // No two of them are one mail that is sent again.
            let id = format!("Message-ID: <{}@greenfold.sch.example>\r\n", cases.len());
            let message = [id.into_bytes(), message].concat();
            cases.push(Case { secret, message });
        }
    }
    cases
}

/// Fails where a text tells one of the passwords, in any case, in base64, or
/// with a sign of a header's encoding between.
#[track_caller]
fn assert_silent(what: &str, told: &[u8]) {
    let text = String::from_utf8_lossy(told).to_lowercase();
    let joined: String = text.replace("=\r\n", "").replace("\\r\\n", "");
    for secret in [DOCX, ZIP, PDF] {
        let bare = secret.trim_end_matches('!').to_lowercase();
        for text in [&text, &joined] {
            if let Some(at) = text.find(&bare) {
                let from = text.floor_char_boundary(at.saturating_sub(200));
                let to = text.ceil_char_boundary((at + 100).min(text.len()));
                panic!("{what} tells {secret}: …{}…", &text[from..to]);
            }
        }
        let packed = base64::engine::general_purpose::STANDARD.encode(secret);
        let core = &packed.as_bytes()[..packed.len() - 4];
        let found = told.windows(core.len()).any(|window| window == core);
        assert!(!found, "{what} tells {secret} in base64");
    }
}

fn files_of(folder: &Path, into: &mut Vec<(String, Vec<u8>)>) {
    for entry in fs::read_dir(folder).expect("there") {
        let path = entry.expect("readable").path();
        let name = path.display().to_string();
        if path.is_dir() {
            files_of(&path, into);
        } else if path.is_file() && !name.ends_with(".toml") {
            into.push((name, fs::read(&path).expect("readable")));
        }
    }
}

#[test]
fn a_password_is_nowhere_but_in_the_sealed_message() {
    let hop = NextHop::start(Behaviour::default());
    let school = Greenfold::new(hop.address, &format!("passwords = [\"{DOCX}\", \"{ZIP}\"]"));
    let spill = school.folder().join("tmp");
    fs::create_dir(&spill).expect("writable");
    let spill = spill.display().to_string();
    let environment = [("RUST_LOG", "trace"), ("TMPDIR", spill.as_str())];
    let exeat = Exeat::serve_with(&school.config(), &environment);

    let cases = cases();
    let mut held = 0;
    for case in &cases {
        let reply = Client::connect(exeat.smtp).transaction(STAFF, &[OUTSIDE], &case.message);
        assert_eq!(reply.code, 250, "{reply:?}");
        assert_silent("the reply", reply.text.as_bytes());
        if reply.text.contains("EX-") {
            held += 1;
        } else {
            // What nobody could open went out, as it should.
            assert_eq!(case.secret, PDF, "{reply:?}");
        }
    }
    assert_eq!(
        held,
        cases.len() - 1,
        "all but the PDF whose password is told nowhere"
    );

    hop.wait_until(|all| {
        let mails_to = |who: &str| {
            let theirs = all.iter().flat_map(|mail| &mail.recipients);
            theirs.filter(|recipient| recipient.contains(who)).count()
        };
        mails_to(STAFF) >= held && mails_to(REVIEWER) > 0
    });
    for told in hop.accepted() {
        if told.recipients.iter().any(|who| who.contains(OUTSIDE)) {
            continue;
        }
        assert_silent("a notice", decoded(&told.message).as_bytes());
    }

    for arguments in [
        &["holds", "list", "--json"][..],
        &["holds", "list"],
        &["journal", "verify"],
    ] {
        let output = exeat.command(arguments);
        assert!(output.status.success(), "{}", error_of(&output));
        assert_silent(
            &arguments.join(" "),
            &[output.stdout, output.stderr].concat(),
        );
    }
    for hold in exeat.holds() {
        let reference = hold["reference"].as_str().expect("a reference");
        for json in [&["--json"][..], &[]] {
            let asked = [&["holds", "show", reference, "--reason", "asked"], json].concat();
            let output = exeat.command(&asked);
            assert!(output.status.success(), "{}", error_of(&output));
            assert_silent("holds show", &[output.stdout, output.stderr].concat());
        }
    }

    let running = |name: &str, files: Vec<(String, Vec<u8>)>| {
        assert!(
            files.iter().any(|(path, _)| path.ends_with("exeat.db")),
            "{name}"
        );
        for (path, bytes) in files {
            assert_silent(&format!("{path} {name}"), &bytes);
        }
    };
    let mut files = Vec::new();
    files_of(school.folder(), &mut files);
    running("while it runs", files);
    let log = exeat.end();
    assert!(log.contains("message answered"), "{log}");
    assert_silent("the log", log.as_bytes());
    let mut files = Vec::new();
    files_of(school.folder(), &mut files);
    running("afterwards", files);
}

#[test]
fn checking_a_folder_tells_no_password() {
    let nowhere = ([127, 0, 0, 1], 9).into();
    let school = Greenfold::new(nowhere, &format!("passwords = [\"{DOCX}\", \"{ZIP}\"]"));
    let folder = school.folder().join("mails");
    fs::create_dir(&folder).expect("writable");
    let cases = cases();
    for (number, case) in cases.iter().enumerate() {
        fs::write(folder.join(format!("{number}.eml")), &case.message).expect("writable");
    }
    let folder = folder.display().to_string();
    for format in [&["--json"][..], &[]] {
        let asked = [&["check", "--explain"], format, &[folder.as_str()]].concat();
        let output = exeat(&school.config(), &asked);
        assert_eq!(output.status.code(), Some(1), "{}", error_of(&output));
        assert_silent("check", &[output.stdout, output.stderr].concat());
    }
}
