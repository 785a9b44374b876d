//! Formats whose words are collected without their layout, built field by field
//! as their specifications say.

use std::io::{Cursor, Write};

use exeat::extract::{Budget, Protection, Reading, Role, read_file};
use exeat::finding::ProblemKind;

use crate::bombs::{deflated, zip};
use crate::documents::{check, document};

fn file(name: &str, bytes: &[u8]) -> Reading {
    read_file(name, bytes, &Budget::default())
}

pub(crate) fn utf_16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

/// All words but names.
fn words(reading: &Reading) -> String {
    reading
        .texts
        .iter()
        .filter(|text| text.role != Role::FileName)
        .map(|text| text.text.as_str())
        .collect()
}

#[track_caller]
fn check_problem(reading: &Reading, kind: &str, problem: ProblemKind) {
    assert_eq!(reading.attachments[0].kind, kind);
    assert_eq!(reading.attachments[0].protection, Protection::Open);
    let kinds: Vec<ProblemKind> = reading
        .problems
        .iter()
        .map(|problem| problem.kind)
        .collect();
    assert_eq!(kinds, [problem], "{:?}", reading.problems);
}

/// A section of OneNote: its mark, properties with texts, and a file.
fn onenote(texts: &[&str], stored: &[u8]) -> Vec<u8> {
    let mut out = b"\xe4\x52\x5c\x7b\x8c\xd8\xa7\x4d\xae\xb1\x53\x78\xd0\x29\x96\xd3".to_vec();
    out.resize(1_024, 0);
    for text in texts {
        let text = utf_16(text);
        out.extend_from_slice(&(text.len() as u32).to_le_bytes());
        out.extend_from_slice(&text);
        out.push(0);
    }
    out.extend_from_slice(b"\xe7\x16\xe3\xbd\x65\x26\x11\x45\xa4\xc4\x8d\x4d\x0b\x7a\x9e\xac");
    out.extend_from_slice(&(stored.len() as u64).to_le_bytes());
    out.extend_from_slice(&[0; 12]);
    out.extend_from_slice(stored);
    out.extend_from_slice(&utf_16("after it"));
    out
}

#[test]
fn onenote_gives_its_words_and_files() {
    let section = onenote(
        &["Zoë Quillfeather sees the nurse.", "Oban Marsh"],
        &document("trip.docx"),
    );
    let reading = file("notes.one", &section);
    check(
        &reading,
        "notes.one › words of its pages",
        false,
        "Zoë Quillfeather sees the nurse.\nOban Marsh\nafter it",
    );
    check_problem(&reading, "onenote", ProblemKind::Unknown);
    assert_eq!(reading.attachments[1].kind, "docx");
    assert!(words(&reading).contains("Oban Marsh was excluded."));
    let lying = onenote(&["Zoë Quillfeather"], &[]);
    let mut lying = lying[..lying.len() - 16].to_vec();
    let at = lying.len() - 20;
    lying[at..at + 8].copy_from_slice(&u64::MAX.to_le_bytes());
    let reading = file("notes.one", &lying);
    assert_eq!(words(&reading).trim(), "Zoë Quillfeather");
    check_problem(&reading, "onenote", ProblemKind::Unknown);
}

/// A database of one page of rows, with one row's flags.
fn access(rows: &[Vec<u8>], flags: u16) -> Vec<u8> {
    let mut out = b"\0\x01\0\0Standard ACE DB\0\x02".to_vec();
    out.resize(4_096, 0x5a);
    out.extend(definition());
    let mut page = vec![1, 1, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0];
    page.extend_from_slice(&(rows.len() as u16).to_le_bytes());
    let mut end = 4_096;
    for (number, row) in rows.iter().enumerate() {
        end -= row.len();
        let flags = if number == 1 { flags } else { 0 };
        page.extend_from_slice(&(end as u16 | flags).to_le_bytes());
    }
    page.resize(end, 0);
    for row in rows.iter().rev() {
        page.extend_from_slice(row);
    }
    out.extend(page);
    out
}

/// A table's definition, with the names of its columns.
fn definition() -> Vec<u8> {
    let mut page = vec![2, 1, 0, 0];
    page.resize(100, 0);
    for name in ["Pupil", "Form"] {
        let name = utf_16(name);
        page.extend_from_slice(&(name.len() as u16).to_le_bytes());
        page.extend_from_slice(&name);
        page.extend_from_slice(&[0, 0]);
    }
    page.resize(4_096, 0);
    page
}

/// A row with a number and these texts, whose bounds stand behind them.
fn row(texts: &[Vec<u8>]) -> Vec<u8> {
    let mut out = (texts.len() as u16 + 1).to_le_bytes().to_vec();
    out.extend_from_slice(&7_u32.to_le_bytes());
    let mut bounds = Vec::new();
    for text in texts {
        bounds.push(out.len() as u16);
        out.extend_from_slice(text);
    }
    bounds.push(out.len() as u16);
    for bound in bounds.iter().rev() {
        out.extend_from_slice(&bound.to_le_bytes());
    }
    out.extend_from_slice(&(texts.len() as u16).to_le_bytes());
    out.push(0xff);
    out
}

fn compressed(text: &str) -> Vec<u8> {
    let mut out = vec![0xff, 0xfe];
    out.extend(text.chars().map(|c| c as u8));
    out
}

#[test]
fn access_gives_its_rows() {
    // A memo says how long it is before it begins.
    let text = compressed("Sees the nurse");
    let mut memo = (text.len() as u32 | 0x8000_0000).to_le_bytes().to_vec();
    memo.extend_from_slice(&[0; 8]);
    memo.extend(text);
    let rows = [
        row(&[compressed("Zoë Quillfeather"), compressed("7B"), memo]),
        row(&[compressed("Wren Tallow"), compressed("9C")]),
        row(&[utf_16("Oban Marsh"), compressed("8A"), vec![0xd8; 9]]),
        // A letter of two bytes between those of one.
        row(&[[&compressed("Ta")[..], b"\0\x42\x01\0", b"low"].concat()]),
    ];
    let reading = file("pupils.accdb", &access(&rows, 0x8000));
    for (place, hidden, expected) in [
        (
            "rows",
            false,
            "Zoë Quillfeather\t7B\tSees the nurse\nOban Marsh\t8A\nTałlow",
        ),
        ("deleted or moved rows, hidden", true, "Wren Tallow\t9C"),
        ("names of columns", false, "Pupil\nForm"),
    ] {
        check(
            &reading,
            &format!("pupils.accdb › {place}"),
            hidden,
            expected,
        );
    }
    check_problem(&reading, "accdb", ProblemKind::Unknown);
    let mut old = b"\0\x01\0\0Standard Jet DB\0\0".to_vec();
    old.resize(4_096, 0);
    old.extend_from_slice(b"\x02\x01Zo\xeb Quillfeather\x07\x02");
    let reading = file("old.mdb", &old);
    assert!(words(&reading).contains("Zoë Quillfeather"));
    check_problem(&reading, "mdb", ProblemKind::Unknown);
}

#[test]
fn broken_databases_are_told() {
    let rows: Vec<Vec<u8>> = (0..20).map(|_| row(&[compressed("Oban Marsh")])).collect();
    let whole = access(&rows, 0);
    let mut seed = 7_u64;
    for _ in 0..500 {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let mut flipped = whole.clone();
        let at = 4_096 + (seed >> 33) as usize % (whole.len() - 4_096);
        flipped[at] = (seed >> 25) as u8;
        let cut = whole.len() - (seed >> 40) as usize % 8_192;
        assert!(!file("a.accdb", &flipped).problems.is_empty());
        assert!(!file("a.accdb", &flipped[..cut]).problems.is_empty());
    }
    // Every page is as random as if it were encrypted.
    let mut sealed = whole;
    for byte in &mut sealed[4_096..] {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        *byte = (seed >> 56) as u8 | 0x80;
    }
    let reading = file("a.accdb", &sealed);
    assert!(reading.problems[0].what.contains("encrypted or damaged"));
}

#[test]
fn publisher_and_other_programs_give_their_words() {
    for (stream, kind, problem) in [
        ("Quill/QuillSub/CONTENTS", "pub", ProblemKind::NotRead),
        ("VisioDocument", "vsd", ProblemKind::Unknown),
        ("Drawing", "ole", ProblemKind::Unknown),
    ] {
        let mut bytes = b"CHNKINK \x04\0\x07\0".to_vec();
        bytes.extend(utf_16("Zoë Quillfeather sees the nurse.\r"));
        bytes.extend_from_slice(b"\0\0\xff\x10Oban Marsh\0");
        let mut compound = cfb::CompoundFile::create(Cursor::new(Vec::new())).expect("memory");
        if let Some((folder, _)) = stream.rsplit_once('/') {
            compound.create_storage_all(folder).expect("memory");
        }
        let mut into = compound.create_stream(stream).expect("memory");
        into.write_all(&bytes).expect("memory takes all");
        drop(into);
        compound.flush().expect("memory takes all");
        let reading = file("letter", &compound.into_inner().into_inner());
        let expected = "Zoë Quillfeather sees the nurse.\nOban Marsh\n";
        assert!(words(&reading).ends_with(expected), "{kind}");
        check_problem(&reading, kind, problem);
    }
}

/// A field of Protocol Buffers with bytes.
fn field(number: u8, bytes: &[u8]) -> Vec<u8> {
    [&[number << 3 | 2][..], &length(bytes.len()), bytes].concat()
}

fn length(mut length: usize) -> Vec<u8> {
    let mut out = Vec::new();
    while length > 127 {
        out.push(length as u8 | 0x80);
        length >>= 7;
    }
    out.push(length as u8);
    out
}

/// A message with what says before it how long it is.
fn archived(message: &[u8]) -> Vec<u8> {
    let info = [&[8, 0xd1, 0x0f, 24][..], &length(message.len())].concat();
    let archive = [&[8, 1][..], &field(2, &info)].concat();
    [length(archive.len()), archive, message.to_vec()].concat()
}

/// A stream as Apple's programs compress it.
fn iwa(stream: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    for chunk in stream.chunks(65_536) {
        let packed = snap::raw::Encoder::new()
            .compress_vec(chunk)
            .expect("memory takes all");
        out.push(0);
        out.extend_from_slice(&(packed.len() as u32).to_le_bytes()[..3]);
        out.extend(packed);
    }
    out
}

fn package(members: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let members: Vec<(&str, Vec<u8>, u32)> = members
        .iter()
        .map(|(name, bytes)| {
            let (packed, size) = deflated([bytes.clone()].into_iter());
            (*name, packed, size)
        })
        .collect();
    zip(&members)
}

/// Texts of all lengths: one whose length is itself a letter, and one that is
/// two messages deep.
fn storage() -> Vec<u8> {
    let long = "Zoë Quillfeather sees the nurse every day, and nobody else is to know of it.";
    let deep = field(1, &field(4, "Oban Marsh\nTilly".as_bytes()));
    [
        archived(&[&[8, 1][..], &field(3, long.as_bytes()), &deep].concat()),
        archived(&field(3, b"Wren Tallow")),
    ]
    .concat()
}

#[test]
fn iwork_gives_the_words_of_its_streams() {
    let expected = "Zoë Quillfeather sees the nurse every day, and nobody else is to know of it.\nOban Marsh\nTilly\nWren Tallow";
    for (stream, kind, place) in [
        ("Index/Document.iwa", "pages", "words in it"),
        ("Index/Slide-12.iwa", "keynote", "words of a slide"),
    ] {
        let bytes = package(&[
            (stream, iwa(&storage())),
            ("preview.jpg", b"\xff\xd8\xff".to_vec()),
            ("Data/list.csv", b"Name,Form\nAsh Dunmore,7B\n".to_vec()),
        ]);
        let reading = file("report", &bytes);
        check(&reading, &format!("report › {place}"), false, expected);
        assert!(words(&reading).contains("Ash Dunmore"));
        check_problem(&reading, kind, ProblemKind::NotRead);
    }
    // A folder that was sent as a zip has its streams in another.
    let inner = package(&[("Index/Document.iwa", iwa(&storage()))]);
    let reading = file("report.zip", &package(&[("report.pages/Index.zip", inner)]));
    assert!(words(&reading).contains("Wren Tallow"));
}

#[test]
fn broken_and_hostile_iwork_is_told() {
    let sound = iwa(&storage());
    for length in 1..sound.len() {
        let reading = file(
            "a.pages",
            &package(&[("Index/a.iwa", sound[..length].to_vec())]),
        );
        check_problem(&reading, "pages", ProblemKind::Damaged);
    }
    let locked = package(&[("Index/a.iwa", vec![0x9c; 500]), (".iwpv2", vec![1; 64])]);
    check_problem(&file("a.pages", &locked), "pages", ProblemKind::Unknown);
    // Four gigabytes in a chunk of five bytes.
    let claims = package(&[("Index/a.iwa", b"\0\x05\0\0\xff\xff\xff\xff\x0f".to_vec())]);
    check_problem(&file("a.pages", &claims), "pages", ProblemKind::Hostile);
    let bomb = package(&[("Index/a.iwa", iwa(&vec![b'a'; 60_000_000]))]);
    check_problem(&file("a.pages", &bomb), "pages", ProblemKind::Hostile);
    let mut nested = field(1, "Oban Marsh".as_bytes());
    for _ in 0..5_000 {
        nested = field(1, &nested);
    }
    let deep = package(&[("Index/a.iwa", iwa(&archived(&nested)))]);
    check_problem(&file("a.pages", &deep), "pages", ProblemKind::NotRead);
}
