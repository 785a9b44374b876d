//! A message that gives away the password of its own attachment: the file
//! opens for whoever gets the message, and is read as they would read it.

use std::time::{Duration, Instant};

use exeat::extract::{Budget, Protection, Reading, Role, read_message};
use exeat::finding::ProblemKind;

use crate::documents::document;

/// Every kind of file that a password can be tried on, and words in it; the
/// password of all is "secret".
const LOCKED: &[(&str, &str)] = &[
    ("zipcrypto.zip", "Oban Marsh"),
    ("aes.zip", "Zoë was late."),
    ("half.zip", "Zoë was late."),
    ("locked.docx", "Quillfeather"),
    ("locked-2007.xlsx", "Oban"),
    ("locked.xls", "Oban"),
    ("../corpus/excel/xor-locked.xls", "Hannah Thwaites"),
    ("locked.doc", "Oban Marsh was late."),
    (
        "../corpus/older/xor-locked.doc",
        "Dear parents of Oyin Bello",
    ),
    ("../corpus/older/xor-whisper.doc", "Hamza Iqbal is in care"),
    (
        "../corpus/locked/assembly-2003.ppt",
        "Well done, Oyin Bello",
    ),
    ("locked.odt", "Oban Marsh was late."),
    ("locked.ods", "Oban"),
    (
        "../corpus/writer/letter-argon2.odt",
        "Dear parents of Oyin Bello",
    ),
    ("locked-rc4-40.pdf", "Quillfeather"),
    ("locked-aes128.pdf", "Quillfeather"),
    ("locked-aes256.pdf", "Quillfeather"),
    ("locked.7z", "Oban Marsh"),
    ("locked-names.7z", "Oban Marsh"),
    ("half.7z", "Oban Marsh"),
    ("../corpus/archives/locked-deflate64.7z", "Ahmed Hussain"),
    ("../corpus/rar/rar20-locked.rar", "Ahmed Hussain"),
    ("../corpus/rar/rar40-locked.rar", "Ahmed Hussain"),
    ("../corpus/rar/rar40-locked-names.rar", "Ahmed Hussain"),
    ("../corpus/rar/rar50-locked-solid.rar", "Ahmed Hussain"),
    ("../corpus/rar/rar50-locked-names.rar", "Ahmed Hussain"),
    ("../corpus/rar/rar50-locked-file-comment.rar", "Oyin Bello"),
];

fn part(name: &str, bytes: &[u8]) -> String {
    format!(
        "Content-Type: application/octet-stream\r\nContent-Disposition: attachment; filename=\"{name}\"\r\nContent-Transfer-Encoding: base64\r\n\r\n{}\r\n",
        base64(bytes)
    )
}

fn base64(bytes: &[u8]) -> String {
    const SIGNS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for (line, three) in bytes.chunks(3).enumerate() {
        if line % 19 == 0 && line > 0 {
            out.push_str("\r\n");
        }
        let number = three
            .iter()
            .fold(0_u32, |number, &byte| number << 8 | u32::from(byte))
            << (8 * (3 - three.len()));
        for at in 0..4 {
            let sign = SIGNS[(number >> (18 - 6 * at)) as usize & 63];
            out.push(if at <= three.len() {
                char::from(sign)
            } else {
                '='
            });
        }
    }
    out
}

fn text(body: &str) -> String {
    format!("Content-Type: text/plain; charset=utf-8\r\n\r\n{body}\r\n")
}

fn mail(subject: &str, parts: &[String]) -> Vec<u8> {
    let mut mail = format!(
        "Subject: {subject}\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
    );
    for part in parts {
        mail.push_str(&format!("--b\r\n{part}"));
    }
    mail.push_str("--b--\r\n");
    mail.into_bytes()
}

fn read(subject: &str, parts: &[String]) -> Reading {
    read_message(&mail(subject, parts), &Budget::default())
}

fn told(reading: &Reading) -> String {
    let inside = |text: &&exeat::extract::Text| text.role == Role::Attachment;
    let texts = reading.texts.iter().filter(inside);
    texts.map(|text| text.text.as_str()).collect()
}

#[test]
fn every_kind_of_file_opens_with_the_word_and_is_read() {
    for (name, words) in LOCKED {
        let file = part(name, &document(name));
        let reading = read("List", &[text("The password is secret."), file.clone()]);
        let opened = &reading.attachments[0];
        assert!(told(&reading).contains(words), "{name}: {reading:?}");
        assert_eq!(opened.protection, Protection::Weak, "{name}");
        assert_eq!(opened.why, "opens with a word of this message", "{name}");
        let opening = opened.opening.as_ref().expect("it was opened");
        assert_eq!((&*opening.word, opening.place.as_str()), ("secret", "body"));

        let closed = read("List", &[text("The password comes by telephone."), file]);
        let file = &closed.attachments[0];
        assert_eq!(file.opening, None, "{name}");
        assert_ne!(file.protection, Protection::Open, "{name}");
        let weak = [
            "zipcrypto.zip",
            "locked.xls",
            "locked.doc",
            "../corpus/excel/xor-locked.xls",
            "../corpus/older/xor-locked.doc",
            "../corpus/older/xor-whisper.doc",
            "locked-rc4-40.pdf",
            "../corpus/rar/rar20-locked.rar",
        ];
        assert_eq!(
            closed.problems.len(),
            usize::from(weak.contains(name)),
            "{name}"
        );
        if let [problem] = &closed.problems[..] {
            assert_eq!(problem.kind, ProblemKind::Unknown);
            let file = &closed.attachments[0];
            let told = format!("{}, and not read: {}", file.why, file.remedy());
            assert_eq!(problem.what, told, "{name}");
        }
        if !name.starts_with("half") {
            assert!(!told(&closed).contains(words), "{name}: {closed:?}");
        }
    }
}

#[test]
fn the_word_may_stand_anywhere() {
    let file = || part("list.zip", &document("zipcrypto.zip"));
    for (subject, parts, place) in [
        ("pw secret", vec![text("Attached."), file()], "subject"),
        ("List", vec![file(), text("It is secret!")], "body"),
        (
            "List",
            vec![text("See below.\r\n\r\n> pw: secret"), file()],
            "body",
        ),
        (
            "List",
            vec![part("secret list.zip", &document("zipcrypto.zip"))],
            "file name",
        ),
        (
            "List",
            vec![text("Attached."), part("pw.txt", b"secret"), file()],
            "pw.txt",
        ),
        (
            "List",
            vec![
                "Content-Type: text/html\r\n\r\n<p>Use <b>secret</b></p>\r\n".to_owned(),
                file(),
            ],
            "body",
        ),
    ] {
        let reading = read(subject, &parts);
        let opening = reading
            .attachments
            .iter()
            .find_map(|file| file.opening.as_ref());
        let found = opening.map(|opening| opening.place.as_str().to_owned());
        assert!(
            found.as_ref().is_some_and(|found| found.contains(place)),
            "{subject}, {place}: {found:?}"
        );
    }
}

#[test]
fn several_files_and_files_in_files_open() {
    let inner = document("locked.docx");
    let parts = [
        text("The password for both is secret"),
        part("a.7z", &document("locked.7z")),
        part("b.eml", &mail("Fwd", &[part("c.docx", &inner)])),
        part("d.pdf", &document("locked-aes256.pdf")),
    ];
    let reading = read("Lists", &parts);
    let opened = |name: &str| {
        let file = reading.attachments.iter().find(|file| file.name == name);
        file.expect("it was read").opening.is_some()
    };
    assert!(opened("a.7z") && opened("c.docx") && opened("d.pdf"));
}

#[test]
fn ten_thousand_words_are_tried_within_the_deadline() {
    let many: String = (0..10_000).map(|n| format!("Word{n} ")).collect();
    let names = LOCKED.iter().map(|(name, _)| *name);
    let mut parts = vec![text(&many)];
    parts.extend(names.map(|name| part(name, &document(name))));
    let started = Instant::now();
    let reading = read("Lists", &parts);
    // The deadline of a worker is twenty seconds; unoptimised builds take some
    // times longer than others.
    assert!(
        started.elapsed() < Duration::from_secs(60),
        "{:?}",
        started.elapsed()
    );
    assert!(
        reading
            .attachments
            .iter()
            .all(|file| file.opening.is_none())
    );
}

#[test]
fn damaged_files_stay_closed_or_are_told_of() {
    for (name, _) in LOCKED {
        let whole = document(name);
        for at in (0..whole.len()).step_by(whole.len() / 4 + 1) {
            let mut crossed = whole.clone();
            crossed[at] ^= 0x55;
            for bytes in [&crossed[..], &whole[..at]] {
                let reading = read(
                    "List",
                    &[text("The password is secret."), part(name, bytes)],
                );
                assert!(
                    !reading.attachments.is_empty() || bytes.is_empty(),
                    "{name}"
                );
            }
        }
    }
}
