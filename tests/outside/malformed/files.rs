//! Files that are two things at once, or none of what they are called.

use super::{Case, Expected, HOSTILE, WORDS, base64, case};
use crate::bombs::{borrowed, member, zip};

fn attached(name: &str, kind: &str, bytes: &[u8], expected: Expected) -> Case {
    let message = format!(
        "Subject: Trip\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nSee below.\n--b\nContent-Type: {kind}; name=\"{name}\"\nContent-Transfer-Encoding: base64\n\n{}\n--b--\n",
        base64(bytes)
    );
    case(
        format!("{name} as {kind}, {} bytes", bytes.len()),
        &message,
        expected,
    )
}

/// A PDF with one page of words.
fn pdf() -> Vec<u8> {
    let content = format!("BT /F1 12 Tf 72 720 Td ({WORDS}) Tj ET");
    format!(
        "%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>endobj\n4 0 obj<</Length {}>>stream\n{content}\nendstream endobj\n5 0 obj<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>endobj\ntrailer<</Root 1 0 R/Size 6>>\nstartxref\n0\n%%EOF\n",
        content.len()
    )
    .into_bytes()
}

pub(super) fn cases() -> Vec<Case> {
    let archive = zip(&borrowed(&[member("list.txt", WORDS.as_bytes())]));
    let page = format!("<html><body><p>{WORDS}</p></body></html>").into_bytes();
    let words = WORDS.as_bytes().to_vec();
    let rich = format!("{{\\rtf1\\ansi {WORDS}}}").into_bytes();
    let message = format!(
        "From: a@b.example\r\nTo: c@d.example\r\nSubject: x\r\nMIME-Version: 1.0\r\n\r\n{WORDS}"
    )
    .into_bytes();
    let table = format!("Name,Note\r\nA,\"{WORDS}\"\r\n").into_bytes();
    let mut cases = Vec::new();
    // Called what it is not: people are told of it by the name, and it is read.
    for (bytes, _) in [
        (&archive, "zip"),
        (&page, "html"),
        (&words, "txt"),
        (&pdf(), "pdf"),
        (&rich, "rtf"),
        (&message, "eml"),
        (&table, "csv"),
    ] {
        for (name, kind) in [
            ("photo.jpg", "image/jpeg"),
            ("list.dat", "application/octet-stream"),
            ("list.txt", "text/plain"),
            ("list.pdf", "application/pdf"),
            ("song.mp3", "audio/mpeg"),
            ("list", "application/x-unheard-of"),
        ] {
            cases.push(attached(name, kind, bytes, Expected::Alike));
        }
    }
    // One thing before another.
    let small = "A note. ".repeat(10).into_bytes();
    let long = "A note. ".repeat(20_000).into_bytes();
    let blank_page = b"<html><body>Nothing here</body></html>".to_vec();
    let gif = b"GIF89a\x01\0\x01\0\x80\0\0\0\0\0\xff\xff\xff!\xf9\x04\x01\0\0\0\0,\0\0\0\0\x01\0\x01\0\0\x02\x02D\x01\0;".to_vec();
    for (front, bytes) in [
        ("a note", &small),
        ("a long note", &long),
        ("a page", &blank_page),
        ("a picture", &gif),
    ] {
        for (back, more) in [("zip", &archive), ("pdf", &pdf())] {
            let both = [bytes.as_slice(), b"\n", more].concat();
            let mut both = attached(
                &format!("file.{back}"),
                "application/octet-stream",
                &both,
                Expected::Read,
            );
            both.name = format!("{front} before {back}: {}", both.name);
            cases.push(both);
        }
    }
    for (front, bytes) in [("a picture", &gif), ("a document", &pdf())] {
        let mut both = attached(
            "file.html",
            "text/html",
            &[bytes.as_slice(), b"\n", &page].concat(),
            Expected::Read,
        );
        both.name = format!("{front} before a page");
        cases.push(both);
    }
    // A picture whose own comment is a page, as browsers would open it.
    let comment = [
        &gif[..gif.len() - 1],
        b"!\xfe",
        &[page.len() as u8],
        &page,
        b"\0;",
    ]
    .concat();
    cases.push(attached("file.html", "text/html", &comment, Expected::Read));
    cases.push(attached("file.gif", "image/gif", &comment, Expected::Read));
    // An archive whose directory names another member than its header.
    let mut lies = zip(&borrowed(&[member("list.txt", WORDS.as_bytes())]));
    let at = lies
        .windows(8)
        .rposition(|name| name == b"list.txt")
        .expect("a directory");
    lies[at..at + 8].copy_from_slice(b"note.jpg");
    cases.push(attached(
        "lies.zip",
        "application/zip",
        &lies,
        Expected::Read,
    ));
    // Two archives in one, of which each program shows one.
    let other = zip(&borrowed(&[member("other.txt", b"nothing here")]));
    cases.push(attached(
        "two.zip",
        "application/zip",
        &[archive.as_slice(), &other].concat(),
        HOSTILE,
    ));
    cases.push(attached(
        "two.zip",
        "application/zip",
        &[other.as_slice(), &archive].concat(),
        HOSTILE,
    ));
    // A size in the directory of which other programs believe the header's.
    let mut short = archive.clone();
    let at = short
        .windows(4)
        .position(|mark| mark == b"PK\x01\x02")
        .expect("a directory");
    short[at + 24..at + 28].copy_from_slice(&4_u32.to_le_bytes());
    cases.push(attached(
        "short.zip",
        "application/zip",
        &short,
        Expected::Read,
    ));
    cases
}
