//! Signed, packed and encrypted messages of real programs: what is truly sealed
//! counts as protected, and all else is read.

use std::io::{Cursor, Write};

use exeat::extract::{Budget, Protection, Reading, Role, read_file, read_message};
use exeat::finding::ProblemKind;
use flate2::Compression;
use flate2::write::{DeflateEncoder, ZlibEncoder};

use crate::documents::document;

const NURSE: &str = "Zoë Quillfeather sees the nurse.";
const LIST: &str = "Name\tForm\nZoë Quillfeather\t7B\nOban Marsh\t8A";

fn file(name: &str, bytes: &[u8]) -> Reading {
    read_file(name, bytes, &Budget::default())
}

fn sample(name: &str) -> Reading {
    file(name, &document(&format!("sealed/{name}")))
}

fn message(name: &str) -> Reading {
    read_message(&document(&format!("sealed/{name}")), &Budget::default())
}

/// All texts but names, each with its role.
fn told(reading: &Reading) -> Vec<(Role, &str)> {
    reading
        .texts
        .iter()
        .filter(|text| text.role != Role::FileName)
        .map(|text| (text.role, text.text.trim()))
        .collect()
}

#[track_caller]
fn check(reading: &Reading, kind: &str, protection: Protection, words: &[&str]) {
    let file = &reading.attachments[0];
    assert_eq!((file.kind.as_str(), file.protection), (kind, protection));
    let found: Vec<&str> = told(reading).into_iter().map(|(_, text)| text).collect();
    assert_eq!(found, words, "{}", file.name);
    assert_eq!(reading.problems, [], "{}", file.name);
}

#[track_caller]
fn check_problem(reading: &Reading, protection: Protection, kind: ProblemKind) {
    assert_eq!(reading.attachments[0].protection, protection);
    let kinds: Vec<ProblemKind> = reading
        .problems
        .iter()
        .map(|problem| problem.kind)
        .collect();
    assert_eq!(kinds, [kind], "{:?}", reading.problems);
}

#[test]
fn smime_is_protected_only_if_it_is_encrypted() {
    use Protection::{Open, Protected, Weak};
    for (name, kind, protection, words) in [
        ("signed.p7m", "signed message", Open, &[NURSE][..]),
        ("signed-ber.p7m", "signed message", Open, &[NURSE]),
        ("list.csv.pem", "signed message", Open, &[LIST]),
        ("detached.p7s", "signature", Open, &[]),
        ("enveloped.p7m", "smime", Protected, &[]),
        ("enveloped-ber.p7m", "smime", Protected, &[]),
        ("enveloped.pem", "smime", Protected, &[]),
        ("authenveloped.p7m", "smime", Protected, &[]),
        ("encrypted.p7m", "smime", Protected, &[]),
    ] {
        check(&sample(name), kind, protection, words);
    }
    // Neither read nor protected.
    check_problem(&sample("rc2-40.p7m"), Weak, ProblemKind::Unknown);
}

#[test]
fn a_signed_message_is_read_as_its_own_body() {
    let reading = message("signed.eml");
    assert_eq!(
        told(&reading),
        [(Role::Subject, "Today"), (Role::Body, NURSE)]
    );
    assert_eq!((reading.attachments.len(), reading.problems.len()), (0, 0));
    let reading = message("enveloped.eml");
    assert_eq!(told(&reading), [(Role::Subject, "Today")]);
    assert_eq!(reading.attachments[0].protection, Protection::Protected);
    assert_eq!(reading.problems, []);
}

#[test]
fn a_subject_that_was_signed_too_is_read() {
    let part = b"Subject: About Wren Tallow\r\nContent-Type: text/plain\r\n\r\nDear all";
    let mail = mail("application/pkcs7-mime", &signed(part));
    let reading = read_message(&mail, &Budget::default());
    let words: Vec<&str> = told(&reading).into_iter().map(|(_, text)| text).collect();
    assert!(words.contains(&"About Wren Tallow") && words.contains(&"Dear all"));
    assert_eq!(reading.problems, []);
}

#[test]
fn a_signed_document_is_read_as_the_file_that_it_is() {
    // Signed files go by the same type as signed messages.
    let pdf = signed(&document("letter.pdf"));
    let mail = mail("application/pkcs7-mime; name=letter.pdf.p7m", &pdf);
    let reading = read_message(&mail, &Budget::default());
    let kinds: Vec<(&str, &str)> = reading
        .attachments
        .iter()
        .map(|file| (file.name.as_str(), file.kind.as_str()))
        .collect();
    assert_eq!(
        kinds,
        [("letter.pdf.p7m", "signed message"), ("letter.pdf", "pdf")]
    );
    let plain = file("letter.pdf", &document("letter.pdf"));
    assert_eq!(told(&reading).len(), told(&plain).len());
}

#[test]
fn compressed_messages_are_unpacked() {
    let part = format!("Content-Type: text/plain; charset=utf-8\r\n\r\n{NURSE}");
    let packed = compressed(DATA, part.as_bytes());
    check(
        &file("a.p7m", &packed),
        "compressed message",
        Protection::Open,
        &[NURSE],
    );
    let reading = read_message(&mail("application/pkcs7-mime", &packed), &Budget::default());
    assert_eq!(told(&reading), [(Role::Body, NURSE)]);
    // Signed, and then packed without a layer of MIME between.
    let inner = content(&signed(part.as_bytes()));
    let reading = file("a.p7m", &compressed(SIGNED, &inner));
    assert_eq!(told(&reading), [(Role::Attachment, NURSE)]);
    let mail = mail("application/x-pkcs7-mime", &compressed(SIGNED, &inner));
    let reading = read_message(&mail, &Budget::default());
    assert_eq!(told(&reading), [(Role::Body, NURSE)]);
}

#[test]
fn smime_in_other_wrappings_is_found() {
    let base64 = document("sealed/enveloped.eml");
    let body = base64
        .windows(4)
        .position(|four| four == b"\n\nMI")
        .or_else(|| base64.windows(6).position(|six| six == b"\r\n\r\nMI"));
    let body = &base64[body.expect("base64 behind the header")..];
    let reading = file("smime.p7m", body.trim_ascii());
    assert_eq!(reading.attachments[0].protection, Protection::Protected);
    // A part that was saved with its fields.
    let part = b"MIME-Version: 1.0\nContent-Type: application/pkcs7-mime; smime-type=signed-data\nContent-Transfer-Encoding: base64\n\n";
    let signed = document("sealed/signed.eml");
    let at = signed
        .windows(2)
        .position(|two| two == b"MI")
        .expect("base64");
    let at = signed[at + 2..]
        .windows(3)
        .position(|three| three == b"\nMI")
        .expect("base64")
        + at
        + 3;
    let reading = file("saved.txt", &[&part[..], &signed[at..]].concat());
    assert!(
        told(&reading).contains(&(Role::Attachment, NURSE)),
        "{reading:?}"
    );
}

#[test]
fn what_only_claims_to_be_encrypted_is_open() {
    let words = format!("Dear parents, {NURSE}");
    let reading = file("a.p7m", &enveloped(words.as_bytes()));
    check(&reading, "smime", Protection::Open, &[&words]);
    let reading = file("a.p7m", &enveloped(&document("list.csv.gz")[..0]));
    check_problem(&reading, Protection::Open, ProblemKind::Damaged);
    // Clear words behind what is sealed.
    let mut behind = document("sealed/enveloped.p7m");
    behind.extend_from_slice(NURSE.as_bytes());
    check_problem(
        &file("a.p7m", &behind),
        Protection::Protected,
        ProblemKind::Damaged,
    );
}

#[test]
fn openpgp_is_protected_only_if_it_is_encrypted() {
    use Protection::{Open, Protected};
    for (name, kind, protection, words) in [
        ("list.csv.gpg", "pgp", Protected, &[][..]),
        ("list.csv.asc", "pgp", Protected, &[]),
        ("password.gpg", "pgp", Protected, &[]),
        ("store-none.gpg", "pgp", Open, &[LIST]),
        ("store-zip.gpg", "pgp", Open, &[LIST]),
        ("store-zlib.gpg", "pgp", Open, &[LIST]),
        ("store-bzip2.gpg", "pgp", Open, &[LIST]),
        ("signed.asc", "pgp", Open, &[LIST]),
        ("detached.asc", "signature", Open, &[]),
        ("detached.sig", "signature", Open, &[]),
        (
            "key.asc",
            "pgp key",
            Open,
            &["A Teacher <teacher@greenfold.sch.example>"],
        ),
        (
            "key.gpg",
            "pgp key",
            Open,
            &["A Teacher <teacher@greenfold.sch.example>"],
        ),
    ] {
        check(&sample(name), kind, protection, words);
    }
    let clear = sample("clear.asc");
    assert!(told(&clear)[0].1.contains(NURSE));
    assert_eq!(clear.problems, []);
}

#[test]
fn openpgp_in_a_body_is_told_from_the_words_around_it() {
    let sealed = String::from_utf8(document("sealed/list.csv.asc")).expect("armour");
    let body = format!("Subject: s\r\n\r\nHi,\r\n{sealed}Tilly too\r\n");
    let reading = read_message(body.as_bytes(), &Budget::default());
    assert_eq!(
        told(&reading),
        [(Role::Subject, "s"), (Role::Body, "Hi,\nTilly too")]
    );
    assert_eq!(reading.attachments[0].protection, Protection::Protected);
    assert_eq!(reading.problems, []);
    let file = file("note.asc", format!("Hi,\n{sealed}Tilly too").as_bytes());
    assert_eq!(told(&file), [(Role::Attachment, "Hi,\nTilly too")]);
    assert_eq!(file.attachments[0].protection, Protection::Open);
    assert_eq!(file.attachments[1].protection, Protection::Protected);
    // Signed in clear, it is a body like others.
    let clear = String::from_utf8(document("sealed/clear.asc")).expect("text");
    let reading = read_message(
        format!("Subject: s\n\n{clear}").as_bytes(),
        &Budget::default(),
    );
    assert!(told(&reading)[1].1.contains(NURSE));
    assert_eq!(told(&reading)[1].0, Role::Body);
    assert_eq!(reading.attachments[0].kind, "signature");
    assert_eq!(reading.problems, []);
}

#[test]
fn multipart_encrypted_is_judged_by_its_packets() {
    let part = |armoured: &str| {
        format!(
            "Subject: s\r\nContent-Type: multipart/encrypted; protocol=\"application/pgp-encrypted\"; boundary=b\r\n\r\n--b\r\nContent-Type: application/pgp-encrypted\r\n\r\nVersion: 1\r\n--b\r\nContent-Type: application/octet-stream; name=encrypted.asc\r\n\r\n{armoured}\r\n--b--\r\n"
        )
    };
    let sealed = String::from_utf8(document("sealed/list.csv.asc")).expect("armour");
    let reading = read_message(part(&sealed).as_bytes(), &Budget::default());
    let last = reading.attachments.last().expect("the second part");
    assert_eq!(last.protection, Protection::Protected);
    assert_eq!(reading.problems, []);
    let signed = String::from_utf8(document("sealed/signed.asc")).expect("armour");
    let reading = read_message(part(&signed).as_bytes(), &Budget::default());
    assert!(
        reading
            .attachments
            .iter()
            .all(|file| file.protection == Protection::Open)
    );
    assert!(told(&reading).contains(&(Role::Attachment, LIST)));
}

#[test]
fn an_armour_around_words_protects_nothing() {
    let words = "-----BEGIN PGP MESSAGE-----\nComment: Oban Marsh\n\nZoë sees\nthe nurse\n-----END PGP MESSAGE-----\n";
    let reading = file("a.asc", words.as_bytes());
    check_problem(&reading, Protection::Open, ProblemKind::Damaged);
    let all: String = told(&reading).iter().map(|(_, text)| *text).collect();
    assert!(
        all.contains("Zoë sees") && all.contains("Oban Marsh"),
        "{all}"
    );
    let one = "-----BEGIN PGP MESSAGE-----\n\nQuillfeather\n";
    let reading = file("a.asc", one.as_bytes());
    assert_eq!(told(&reading), [(Role::Attachment, "Quillfeather")]);
    check_problem(&reading, Protection::Open, ProblemKind::Damaged);
    // Words under the packet that is for encrypted bytes.
    let clear = packet(18, format!("\u{1}{NURSE}").as_bytes());
    let reading = file("a.gpg", &[packet(3, &[4, 9, 0, 8]), clear].concat());
    check(&reading, "pgp", Protection::Open, &[NURSE]);
    // A key's packet, and nothing that it opens.
    let sealed = document("sealed/list.csv.gpg");
    check_problem(
        &file("a.gpg", &sealed[..100]),
        Protection::Open,
        ProblemKind::Damaged,
    );
    // Clear packets beside sealed ones.
    let both = [&sealed[..], &document("sealed/store-none.gpg")].concat();
    let reading = file("a.gpg", &both);
    check(&reading, "pgp", Protection::Weak, &[LIST]);
}

#[test]
fn packed_packets_end_at_the_budget() {
    let mut inner = packet(11, &[&b"b\0\0\0\0\0"[..], &vec![b'a'; 30_000_000]].concat());
    for _ in 0..3 {
        let mut packed = DeflateEncoder::new(vec![1], Compression::best());
        packed.write_all(&inner).expect("memory takes all");
        inner = packet(8, &packed.finish().expect("memory takes all"));
    }
    let reading = file("bomb.gpg", &inner);
    check_problem(&reading, Protection::Open, ProblemKind::Hostile);
    let bomb = compressed(DATA, &vec![b'a'; 30_000_000]);
    let reading = file("bomb.p7m", &bomb);
    check_problem(&reading, Protection::Open, ProblemKind::Hostile);
    let mut nested = packet(11, b"b\0\0\0\0\0Zo");
    for _ in 0..2_000 {
        nested = packet(8, &[&[0], &nested[..]].concat());
    }
    let reading = file("deep.gpg", &nested);
    assert_eq!(reading.problems[0].kind, ProblemKind::Hostile);
}

#[test]
fn cut_and_crossed_out_bytes_are_never_silent() {
    for name in [
        "signed.p7m",
        "signed-ber.p7m",
        "enveloped.p7m",
        "list.csv.gpg",
        "signed.asc",
        "store-zip.gpg",
        "key.gpg",
    ] {
        let whole = document(&format!("sealed/{name}"));
        for length in 0..whole.len() {
            let reading = file(name, &whole[..length]);
            assert_eq!(reading.attachments[0].name, name);
        }
        for at in 0..whole.len() {
            for byte in [0, 0x30, 0x80, 0xff] {
                let mut crossed = whole.clone();
                crossed[at] = byte;
                file(name, &crossed);
            }
        }
    }
    for length in 5..document("sealed/signed.p7m").len() {
        let reading = file("a.p7m", &document("sealed/signed.p7m")[..length]);
        assert!(!reading.problems.is_empty(), "{length}");
    }
}

#[test]
fn rpmsg_is_protected_if_something_is_sealed_in_it() {
    for whole in [true, false] {
        let sealed = rpmsg(&compound("\u{9}DRMContent", &[0x9c; 9_000]), whole);
        check(
            &file("message.rpmsg", &sealed),
            "rpmsg",
            Protection::Protected,
            &[],
        );
    }
    let open = rpmsg(
        &compound("\u{9}DRMContent", NURSE.repeat(300).as_bytes()),
        true,
    );
    let reading = file("message.rpmsg", &open);
    assert_eq!(reading.attachments[0].protection, Protection::Open);
    assert!(!reading.problems.is_empty());
    let words = rpmsg(NURSE.as_bytes(), true);
    let reading = file("message.rpmsg", &words);
    check_problem(&reading, Protection::Open, ProblemKind::Damaged);
    assert_eq!(told(&reading), [(Role::Attachment, NURSE)]);
    let sealed = rpmsg(&compound("\u{9}DRMContent", &[0x9c; 9_000]), true);
    for length in 8..sealed.len() {
        let reading = file("message.rpmsg", &sealed[..length]);
        assert!(
            !reading.problems.is_empty()
                || reading.attachments[0].protection == Protection::Protected,
            "{length}"
        );
    }
    let bomb = rpmsg(&vec![b'a'; 30_000_000], false);
    check_problem(
        &file("message.rpmsg", &bomb),
        Protection::Open,
        ProblemKind::Hostile,
    );
}

const DATA: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01";
const SIGNED: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02";
const ENVELOPED: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x07\x03";
const COMPRESSED: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x01\x09";
const ZLIB: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x03\x08";
const AES: &[u8] = b"\x60\x86\x48\x01\x65\x03\x04\x01\x2a";

/// A value of DER.
fn der(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let content = parts.concat();
    let length = (content.len() as u32).to_be_bytes();
    [&[tag, 0x84], &length[..], &content].concat()
}

fn content_info(kind: &[u8], content: &[u8]) -> Vec<u8> {
    der(0x30, &[&der(6, &[kind]), &der(0xa0, &[content])])
}

/// What is in a content info made here.
fn content(info: &[u8]) -> Vec<u8> {
    info[6 + 6 + SIGNED.len() + 6..].to_vec()
}

/// A signature without signers around a file.
fn signed(bytes: &[u8]) -> Vec<u8> {
    let inner = der(0x30, &[&der(6, &[DATA]), &der(0xa0, &[&der(4, &[bytes])])]);
    let parts = [
        &der(2, &[&[1]])[..],
        &der(0x31, &[]),
        &inner,
        &der(0x31, &[]),
    ];
    content_info(SIGNED, &der(0x30, &parts))
}

fn enveloped(bytes: &[u8]) -> Vec<u8> {
    let algorithm = der(0x30, &[&der(6, &[AES]), &der(4, &[&[7; 16]])]);
    let inner = der(0x30, &[&der(6, &[DATA]), &algorithm, &der(0x80, &[bytes])]);
    let parts = [&der(2, &[&[0]])[..], &der(0x31, &[]), &inner];
    content_info(ENVELOPED, &der(0x30, &parts))
}

fn compressed(kind: &[u8], bytes: &[u8]) -> Vec<u8> {
    let mut packed = ZlibEncoder::new(Vec::new(), Compression::best());
    packed.write_all(bytes).expect("memory takes all");
    let packed = packed.finish().expect("memory takes all");
    let inner = der(
        0x30,
        &[&der(6, &[kind]), &der(0xa0, &[&der(4, &[&packed])])],
    );
    let algorithm = der(0x30, &[&der(6, &[ZLIB])]);
    let parts = [&der(2, &[&[0]])[..], &algorithm, &inner];
    content_info(COMPRESSED, &der(0x30, &parts))
}

/// A message whose only part is this one.
fn mail(kind: &str, bytes: &[u8]) -> Vec<u8> {
    let header = format!("Content-Type: {kind}\r\nContent-Transfer-Encoding: binary\r\n\r\n");
    [header.as_bytes(), bytes].concat()
}

/// A packet of OpenPGP.
fn packet(tag: u8, body: &[u8]) -> Vec<u8> {
    let length = (body.len() as u32).to_be_bytes();
    [&[0xc0 | tag, 255], &length[..], body].concat()
}

fn compound(stream: &str, bytes: &[u8]) -> Vec<u8> {
    let mut file = cfb::CompoundFile::create(Cursor::new(Vec::new())).expect("a file in memory");
    let mut stream = file.create_stream(stream).expect("a stream");
    stream.write_all(bytes).expect("memory takes all");
    drop(stream);
    file.flush().expect("memory takes all");
    file.into_inner().into_inner()
}

/// Blocks of four kilobytes, packed each by itself or as one stream.
fn rpmsg(bytes: &[u8], by_itself: bool) -> Vec<u8> {
    let pack = |bytes: &[u8]| {
        let mut packed = ZlibEncoder::new(Vec::new(), Compression::best());
        packed.write_all(bytes).expect("memory takes all");
        packed.finish().expect("memory takes all")
    };
    let whole = pack(bytes);
    let blocks: Vec<Vec<u8>> = match by_itself {
        true => bytes.chunks(4_096).map(pack).collect(),
        false => whole.chunks(4_096).map(<[u8]>::to_vec).collect(),
    };
    let mut out = b"\x76\xe8\x04\x60\xc4\x11\xe3\x86".to_vec();
    for block in blocks {
        out.extend_from_slice(&0x0fa0_u32.to_le_bytes());
        out.extend_from_slice(&4_096_u32.to_le_bytes());
        out.extend_from_slice(&(block.len() as u32).to_le_bytes());
        out.extend_from_slice(&block);
    }
    out
}
