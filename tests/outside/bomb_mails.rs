//! Forty messages that carry a bomb each. Each is read in a worker with the
//! limits of a real one, ends soon, and is held.

use std::io::Write as _;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use exeat::finding::ProblemKind;
use flate2::Compression;
use flate2::write::{GzEncoder, ZlibEncoder};

use crate::bombs::{borrowed, member, zip};
use crate::exhaustion::Worker;

const FRONT: &str =
    "From: a@b.example\r\nTo: c@d.example\r\nSubject: Trip\r\nMIME-Version: 1.0\r\n";

fn alone(kind: &str, body: &[u8]) -> Vec<u8> {
    [
        FRONT.as_bytes(),
        b"Content-Type: ",
        kind.as_bytes(),
        b"\r\n\r\n",
        body,
    ]
    .concat()
}

fn attached(name: &str, bytes: &[u8]) -> Vec<u8> {
    let body = format!(
        "--b\r\nContent-Type: application/octet-stream; name=\"{name}\"\r\nContent-Transfer-Encoding: base64\r\n\r\n{}\r\n--b--\r\n",
        STANDARD.encode(bytes)
    );
    alone("multipart/mixed; boundary=b", body.as_bytes())
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).expect("memory takes all");
    encoder.finish().expect("memory takes all")
}

fn bzip2(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
    encoder.write_all(bytes).expect("memory takes all");
    encoder.finish().expect("memory takes all")
}

/// A document of this part, in which entities stand for entities.
fn laughing(part: &str, before: &str, after: &str, others: &[(&str, &str)]) -> Vec<u8> {
    let mut members = vec![member(part, laughs(before, after).as_bytes())];
    members.extend(
        others
            .iter()
            .map(|(name, text)| member(name, text.as_bytes())),
    );
    zip(&borrowed(&members))
}

fn laughs(before: &str, after: &str) -> String {
    let mut text = String::from("<?xml version=\"1.0\"?><!DOCTYPE w [<!ENTITY a \"ha\">");
    for (last, next) in ('a'..='t').zip('b'..='u') {
        text.push_str(&format!(
            "<!ENTITY {next} \"{}\">",
            format!("&{last};").repeat(10)
        ));
    }
    text + "]>" + before + "&u;" + after
}

/// What a part of a message becomes that is packed in itself so often.
fn nested(times: usize, pack: impl Fn(usize, Vec<u8>) -> Vec<u8>) -> Vec<u8> {
    (0..times).fold(b"Zoe Quill".to_vec(), |inner, level| pack(level, inner))
}

fn many(times: usize, piece: impl Fn(usize) -> String) -> Vec<u8> {
    (0..times).flat_map(|n| piece(n).into_bytes()).collect()
}

fn tar_of(name: &str, content: &[u8]) -> Vec<u8> {
    let mut header = [0_u8; 512];
    header[..name.len()].copy_from_slice(name.as_bytes());
    header[100..107].copy_from_slice(b"0000644");
    header[124..135].copy_from_slice(format!("{:011o}", content.len()).as_bytes());
    header[148..156].fill(b' ');
    header[156] = b'0';
    header[257..265].copy_from_slice(b"ustar\x0000");
    let sum: u32 = header.iter().map(|&byte| u32::from(byte)).sum();
    header[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
    let mut out = [&header[..], content].concat();
    out.resize(out.len().next_multiple_of(512) + 1024, 0);
    out
}

/// A picture that says it is larger than any.
fn huge_png() -> Vec<u8> {
    let mut out =
        b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\xff\xff\0\0\xff\xff\x08\x02\0\0\0\x39\x67\x4e\x07"
            .to_vec();
    let mut packed = ZlibEncoder::new(Vec::new(), Compression::best());
    packed
        .write_all(&vec![0; 20_000_000])
        .expect("memory takes all");
    let packed = packed.finish().expect("memory takes all");
    out.extend((packed.len() as u32).to_be_bytes());
    let mut sum = flate2::Crc::new();
    sum.update(b"IDAT");
    sum.update(&packed);
    out.extend(b"IDAT");
    out.extend(packed);
    out.extend(sum.sum().to_be_bytes());
    out.extend(b"\0\0\0\0IEND\xaeB`\x82");
    out
}

fn of_structure() -> Vec<(&'static str, Vec<u8>)> {
    let packed = STANDARD.encode("Zoe Quill was late");
    vec![
        ("multiparts in multiparts", alone("multipart/mixed; boundary=b", &many(400, |n| {
            format!("--b{}\r\nContent-Type: multipart/mixed; boundary=b{n}\r\n\r\n", if n == 0 { String::new() } else { (n - 1).to_string() })
        }))),
        ("messages in messages", many(400, |_| "Subject: a\r\nFrom: b@c.example\r\nTo: d@e.example\r\nMIME-Version: 1.0\r\nContent-Type: message/rfc822\r\n\r\n".to_owned())),
        ("ten thousand parts", alone("multipart/mixed; boundary=b", &b"--b\r\n\r\nx\r\n".repeat(10_000))),
        ("one boundary again and again", alone("multipart/mixed; boundary=b", &b"--b\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n".repeat(20_000))),
        ("parts in base64 of base64", alone("multipart/mixed; boundary=b", &nested(40, |_, inner| {
            let inner = if inner.starts_with(b"--b") { inner } else { [b"--b\r\n\r\n", inner.as_slice()].concat() };
            format!("--b\r\nContent-Type: multipart/mixed; boundary=b\r\nContent-Transfer-Encoding: base64\r\n\r\n{}", STANDARD.encode(inner)).into_bytes()
        }))),
        ("parts with two encodings each", alone("multipart/mixed; boundary=b", &format!("--b\r\nContent-Transfer-Encoding: base64\r\nContent-Transfer-Encoding: 7bit\r\n\r\n{packed}\r\n").repeat(2_000).into_bytes())),
        ("multiparts with two boundaries each", alone("multipart/mixed; boundary=b; boundary=c", &b"--b\r\nContent-Type: multipart/mixed; boundary=b; boundary=c\r\n\r\n--c\r\nContent-Type: multipart/mixed; boundary=b; boundary=c\r\n\r\n".repeat(300))),
        ("ends within ends", alone("multipart/mixed; boundary=b", &b"--b\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b--\r\n--bc\r\n".repeat(5_000))),
        ("two megabytes of fields", [FRONT.as_bytes(), &many(150_000, |n| format!("X-A{n}: b\r\n")), b"\r\nZoe Quill"].concat()),
        ("a field of two megabytes", [FRONT.as_bytes(), b"X-A: ", &vec![b'a'; 2_000_000], b"\r\n\r\nZoe Quill"].concat()),
        ("a field of endless folds", [FRONT.as_bytes(), b"X-A: b\r\n", &b" c\r\n".repeat(500_000), b"\r\nZoe Quill"].concat()),
        ("a subject of endless words", [FRONT.as_bytes(), b"X-Priority: 3
Subject: ", &b"=?utf-8?B?YQ?= ".repeat(100_000), b"

Zoe Quill"].concat()),
        ("forty megabytes in one line of base64", {
            let body = STANDARD.encode(b"Zoe Quill was late. ".repeat(1_500_000));
            [FRONT.as_bytes(), b"Content-Transfer-Encoding: base64\r\n\r\n", body.as_bytes()].concat()
        }),
        ("twenty megabytes of quoted-printable", [FRONT.as_bytes(), b"Content-Transfer-Encoding: quoted-printable\r\n\r\n", &b"=5Aoe=20was=20late=\r\n".repeat(1_000_000)].concat()),
        ("endless plain words", alone("text/plain", &b"Zoe Quill was late again.\r\n".repeat(500_000))),
        ("six thousand uuencoded files", alone("text/plain", &b"begin 644 a.txt\r\n#0V%T\r\n`\r\nend\r\n".repeat(6_000))),
        ("six thousand files in yEnc", alone("text/plain", &b"=ybegin line=128 size=3 name=a\r\n\x84\x99\x8f\r\n=yend size=3\r\n".repeat(6_000))),
        ("words turned round in one another", alone("text/plain; charset=utf-8", &"\u{202e}ab".repeat(300_000).into_bytes())),
    ]
}

fn of_pages() -> Vec<(&'static str, Vec<u8>)> {
    vec![
        (
            "a page of endless words",
            alone(
                "text/html",
                &b"<p>Zoe <b>Quill</b> was late again</p>".repeat(500_000),
            ),
        ),
        (
            "six thousand files in a page",
            alone(
                "text/html",
                &b"<img src='data:text/plain,Zoe'>".repeat(6_000),
            ),
        ),
        (
            "a style of endless words",
            alone(
                "text/html",
                &[
                    b"<style>".as_slice(),
                    &b"p:before{content:'Zoe Quill was late again'}".repeat(400_000),
                    b"</style>",
                    &b"<p>Zoe</p>".repeat(1_000_000),
                ]
                .concat(),
            ),
        ),
    ]
}

fn of_documents() -> Vec<(&'static str, Vec<u8>)> {
    let types = ("[Content_Types].xml", "<Types/>");
    vec![
        (
            "a Word document of entities",
            attached(
                "a.docx",
                &laughing(
                    "word/document.xml",
                    "<w:document><w:body><w:p><w:r><w:t>",
                    "</w:t></w:r></w:p></w:body></w:document>",
                    &[types],
                ),
            ),
        ),
        (
            "a workbook of entities",
            attached(
                "a.xlsx",
                &laughing(
                    "xl/worksheets/sheet1.xml",
                    "<worksheet><sheetData><row><c t=\"inlineStr\"><is><t>",
                    "</t></is></c></row></sheetData></worksheet>",
                    &[types, ("xl/workbook.xml", "<workbook/>")],
                ),
            ),
        ),
        (
            "slides of entities",
            attached(
                "a.pptx",
                &laughing(
                    "ppt/slides/slide1.xml",
                    "<p:sld><a:p><a:r><a:t>",
                    "</a:t></a:r></a:p></p:sld>",
                    &[types, ("ppt/presentation.xml", "<p:presentation/>")],
                ),
            ),
        ),
        (
            "an OpenDocument of entities",
            attached(
                "a.odt",
                &laughing(
                    "content.xml",
                    "<office:document-content><office:body><office:text><text:p>",
                    "</text:p></office:text></office:body></office:document-content>",
                    &[("mimetype", "application/vnd.oasis.opendocument.text")],
                ),
            ),
        ),
        (
            "a file of entities",
            attached("a.xml", laughs("<list><name>", "</name></list>").as_bytes()),
        ),
        ("a form that draws itself", {
            let content = "/F Do ".repeat(50);
            attached("a.pdf", format!(
                "%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n3 0 obj<</Type/Page/Parent 2 0 R/Contents 4 0 R/Resources<</XObject<</F 5 0 R>>>>>>endobj\n4 0 obj<</Length {0}>>stream\n{content}\nendstream endobj\n5 0 obj<</Type/XObject/Subtype/Form/Length {0}>>stream\n{content}\nendstream endobj\ntrailer<</Root 1 0 R/Size 6>>\nstartxref\n0\n%%EOF",
                content.len()
            ).as_bytes())
        }),
        ("a picture larger than any", attached("a.png", &huge_png())),
        (
            "rich text in groups",
            attached(
                "a.rtf",
                &[b"{\\rtf1 ".as_slice(), &b"{".repeat(3_000_000)].concat(),
            ),
        ),
        (
            "a table of endless rows",
            attached("a.csv", &b"Zoe,7B,late\r\n".repeat(1_500_000)),
        ),
        (
            "a calendar of endless events",
            attached(
                "a.ics",
                &[
                    b"BEGIN:VCALENDAR\r\n".as_slice(),
                    &b"BEGIN:VEVENT\r\nSUMMARY:Zoe\r\nEND:VEVENT\r\n".repeat(400_000),
                ]
                .concat(),
            ),
        ),
        (
            "a mailbox of endless messages",
            attached(
                "a.mbox",
                &b"From a@b.example Mon Nov 16 09:00:00 2026\nSubject: a\n\nb\n\n".repeat(200_000),
            ),
        ),
    ]
}

fn of_archives() -> Vec<(&'static str, Vec<u8>)> {
    let zeros = vec![0; 60_000_000];
    let in_zips = nested(40, |level, inner| {
        zip(&borrowed(&[member(&format!("{level}.zip"), &inner)]))
    });
    vec![
        ("zips in zips", attached("a.zip", &in_zips)),
        ("gzip of zeros", attached("a.gz", &gzip(&zeros))),
        ("gzip of gzip", attached("a.gz", &gzip(&gzip(&zeros)))),
        (
            "gzips in gzips",
            attached("a.gz", &nested(40, |_, inner| gzip(&inner))),
        ),
        ("bzip2 of zeros", attached("a.bz2", &bzip2(&zeros))),
        (
            "zstd of zeros",
            attached(
                "a.zst",
                &zstd::encode_all(zeros.as_slice(), 1).expect("memory takes all"),
            ),
        ),
        (
            "tars in tars",
            attached("a.tar", &nested(40, |_, inner| tar_of("a.tar", &inner))),
        ),
        (
            "ten thousand members",
            attached(
                "a.zip",
                &zip(&borrowed(
                    &(0..10_000)
                        .map(|n| member(&format!("{n}.txt"), b"Zoe"))
                        .collect::<Vec<_>>(),
                )),
            ),
        ),
        (
            "messages in zips in messages",
            nested(20, |level, inner| {
                attached(
                    &format!("{level}.zip"),
                    &zip(&borrowed(&[member("a.eml", &inner)])),
                )
            }),
        ),
    ]
}

#[tokio::test]
async fn forty_bombs_end_soon_and_are_held() {
    let worker = Worker::start().await;
    let bombs: Vec<(&str, Vec<u8>)> =
        [of_structure(), of_pages(), of_documents(), of_archives()].concat();
    assert!(bombs.len() >= 40, "{} bombs", bombs.len());
    let mut passed = Vec::new();
    for (name, message) in bombs {
        let reading = worker.read(name, message).await;
        let mut problems = reading.problems.iter();
        if !problems.any(|problem| {
            matches!(
                problem.kind,
                ProblemKind::Hostile | ProblemKind::Damaged | ProblemKind::Unknown
            )
        }) {
            passed.push((name, reading.problems));
        }
    }
    assert_eq!(passed, [], "these were not told of");
}
