//! Outlook's own formats, built field by field as their specifications say.

use std::io::{Cursor, Write};

use exeat::extract::{Budget, Reading, Role, read_file};

use crate::swept::utf_16;

fn texts(reading: &Reading) -> Vec<(&str, &str)> {
    reading
        .texts
        .iter()
        .filter(|text| text.role != Role::FileName)
        .map(|text| (text.location.as_str(), text.text.trim_end()))
        .collect()
}

#[track_caller]
fn check(reading: &Reading, place: &str, expected: &str) {
    let found = texts(reading);
    assert!(found.contains(&(place, expected)), "{place}: {found:#?}");
}

/// Raw, as the specification allows it.
fn rtf(text: &str) -> Vec<u8> {
    let length = text.len() as u32;
    let mut out = (length + 12).to_le_bytes().to_vec();
    out.extend_from_slice(&length.to_le_bytes());
    out.extend_from_slice(b"MELA\0\0\0\0");
    out.extend_from_slice(text.as_bytes());
    out
}

/// A property of variable length, as TNEF encodes it.
fn property(kind: u16, id: u16, value: &[u8]) -> Vec<u8> {
    let mut out = kind.to_le_bytes().to_vec();
    out.extend_from_slice(&id.to_le_bytes());
    if id >= 0x8000 {
        out.extend_from_slice(&[7; 16]);
        out.extend_from_slice(&[1, 0, 0, 0, 6, 0, 0, 0]);
        out.extend_from_slice(&utf_16("abc"));
        out.extend_from_slice(&[0; 2]);
    }
    out.extend_from_slice(&1_u32.to_le_bytes());
    out.extend_from_slice(&(value.len() as u32).to_le_bytes());
    out.extend_from_slice(value);
    out.resize(out.len().next_multiple_of(4), 0);
    out
}

fn properties(list: &[Vec<u8>]) -> Vec<u8> {
    let mut out = (list.len() as u32).to_le_bytes().to_vec();
    out.extend(list.concat());
    out
}

fn attribute(level: u8, id: u32, data: &[u8]) -> Vec<u8> {
    let mut out = vec![level];
    out.extend_from_slice(&id.to_le_bytes());
    out.extend_from_slice(&(data.len() as u32).to_le_bytes());
    out.extend_from_slice(data);
    let sum = data
        .iter()
        .fold(0_u16, |sum, &byte| sum.wrapping_add(u16::from(byte)));
    out.extend_from_slice(&sum.to_le_bytes());
    out
}

fn tnef(attributes: &[Vec<u8>]) -> Vec<u8> {
    let mut out = b"\x78\x9f\x3e\x22\x01\x00".to_vec();
    out.extend(attributes.concat());
    out
}

fn inner() -> Vec<u8> {
    let message = properties(&[
        property(0x001f, 0x0037, &utf_16("Fwd: Oban\0")),
        property(0x001f, 0x1000, &utf_16("Oban was excluded.\0")),
    ]);
    tnef(&[attribute(1, 0x0006_9003, &message)])
}

/// A message with each kind of body, and three attachments.
fn winmail() -> Vec<u8> {
    let page = "<p>Zo\u{eb} was late.</p><p style='display:none'>Behind it</p>";
    let message = properties(&[
        [&[3, 0, 0xfd, 0x3f][..], &1252_u32.to_le_bytes()].concat(),
        [&[0x40, 0, 0x39, 0][..], &[0; 8]].concat(),
        property(0x001e, 0x0c1a, b"A Teacher\0"),
        property(0x0102, 0x1013, page.as_bytes()),
        property(0x0102, 0x1009, &rtf("{\\rtf1\\ansi Tilly sees the nurse.}")),
        property(0x001f, 0x8005, &utf_16("The sick bay\0")),
    ]);
    let recipient = properties(&[
        property(0x001e, 0x3001, b"Ms Hale\0"),
        property(0x001e, 0x3003, b"hale@home.example\0"),
    ]);
    let recipients = [&1_u32.to_le_bytes()[..], &recipient].concat();
    let long_name = properties(&[property(
        0x001e,
        0x3707,
        b"Zo\xeb Quillfeather, marks.csv\0",
    )]);
    let embedded = properties(&[
        property(0x001e, 0x3001, b"Fwd: Oban\0"),
        property(0x000d, 0x3701, &[&[7; 16][..], &inner()].concat()),
    ]);
    tnef(&[
        attribute(1, 0x0008_9006, &[0, 0, 1, 0]),
        attribute(1, 0x0001_8004, b"About Zo\xeb\0"),
        attribute(1, 0x0006_9003, &message),
        attribute(1, 0x0006_9004, &recipients),
        attribute(2, 0x0006_9002, &[0; 14]),
        attribute(2, 0x0001_8010, b"ZOEQUI~1.CSV\0"),
        attribute(2, 0x0006_800f, b"Name,Form,Born\nZoe,7B,2014\n"),
        attribute(2, 0x0006_9005, &long_name),
        attribute(2, 0x0006_9002, &[0; 14]),
        attribute(2, 0x0006_9005, &embedded),
    ])
}

#[test]
fn a_winmail_is_read_with_all_that_it_wraps() {
    let reading = read_file("winmail.dat", &winmail(), &Budget::default());
    assert_eq!(reading.problems, []);
    assert_eq!(reading.attachments[0].kind, "tnef");
    check(&reading, "winmail.dat › subject", "About Zoë");
    check(
        &reading,
        "winmail.dat › sender and recipients",
        "A Teacher\nMs Hale hale@home.example",
    );
    check(&reading, "winmail.dat › body", "Zoë was late.");
    check(&reading, "winmail.dat › body (hidden)", "Behind it");
    check(&reading, "winmail.dat › body", "Tilly sees the nurse.");
    check(&reading, "winmail.dat › properties, hidden", "The sick bay");
    check(
        &reading,
        "winmail.dat › Zoë Quillfeather, marks.csv",
        "Name\tForm\tBorn\nZoe\t7B\t2014",
    );
    check(
        &reading,
        "winmail.dat › Fwd: Oban › body",
        "Oban was excluded.",
    );
}

#[test]
fn a_body_that_was_html_is_read_as_such_and_once() {
    let html = r"{\rtf1\ansi\fromhtml1{\*\htmltag84 <p title='Oban'>}\htmlrtf {\htmlrtf0 Zo\'eb was late.\htmlrtf \par}\htmlrtf0{\*\htmltag92 </p>}}";
    let message = properties(&[
        property(0x001f, 0x1000, &utf_16("Zo\u{eb} was late.\r\n")),
        property(0x0102, 0x1009, &rtf(html)),
    ]);
    let bytes = tnef(&[attribute(1, 0x0006_9003, &message)]);
    let reading = read_file("winmail.dat", &bytes, &Budget::default());
    let bodies: Vec<&str> = texts(&reading)
        .into_iter()
        .filter(|(place, _)| *place == "winmail.dat › body")
        .map(|(_, text)| text)
        .collect();
    assert_eq!(bodies, ["Zoë was late."]);
    assert_eq!(reading.problems, []);
}

/// Where the attributes end: a file cut there is a whole one of fewer.
fn ends(tnef: &[u8]) -> Vec<usize> {
    let mut ends = Vec::new();
    let mut at = 6;
    while let Some(length) = tnef.get(at + 5..at + 9) {
        let length = u32::from_le_bytes(length.try_into().expect("four bytes"));
        at += 9 + length as usize + 2;
        ends.push(at);
    }
    ends
}

/// Cut anywhere but at these places it tells of it.
fn check_damage(name: &str, bytes: &[u8], except: &[usize]) {
    let whole = read_file(name, bytes, &Budget::default());
    for at in 8..bytes.len() {
        let reading = read_file(name, &bytes[..at], &Budget::default());
        assert!(
            !reading.problems.is_empty()
                || texts(&reading) == texts(&whole)
                || except.contains(&at),
            "cut at {at}"
        );
    }
    check_flips(name, bytes);
}

/// With bytes changed it comes to an end.
fn check_flips(name: &str, bytes: &[u8]) {
    let mut seed = 3_u64;
    for _ in 0..2_000 {
        let mut flipped = bytes.to_vec();
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let at = (seed >> 33) as usize % flipped.len();
        flipped[at] = (seed >> 24) as u8;
        read_file(name, &flipped, &Budget::default());
    }
}

#[test]
fn damaged_winmails_do_not_pass_in_silence() {
    let bytes = winmail();
    check_damage("winmail.dat", &bytes, &ends(&bytes));
}

/// Puts a message's streams into a compound file.
fn store(file: &mut cfb::CompoundFile<Cursor<Vec<u8>>>, path: &str, bytes: &[u8]) {
    let path = std::path::Path::new(path);
    if let Some(storage) = path.parent() {
        file.create_storage_all(storage).expect("memory takes all");
    }
    let mut stream = file.create_stream(path).expect("memory takes all");
    stream.write_all(bytes).expect("memory takes all");
}

fn msg() -> Vec<u8> {
    let mut file = cfb::CompoundFile::create(Cursor::new(Vec::new())).expect("memory takes all");
    let mut own = vec![0; 32];
    own.extend_from_slice(&[3, 0, 0xde, 0x3f, 6, 0, 0, 0]);
    own.extend_from_slice(&u64::from(65_001_u32).to_le_bytes());
    let attach = "/__attach_version1.0_#00000000";
    let second = "/__attach_version1.0_#00000001";
    let inner = format!("{second}/__substg1.0_3701000D");
    let third = "/__attach_version1.0_#00000002";
    let streams = [
        ("/__properties_version1.0".to_owned(), own),
        ("/__substg1.0_0037001F".to_owned(), utf_16("About Zo\u{eb}")),
        ("/__substg1.0_0C1A001F".to_owned(), utf_16("A Teacher")),
        ("/__substg1.0_0E04001F".to_owned(), utf_16("Ms Hale")),
        (
            "/__substg1.0_10130102".to_owned(),
            "<p>Zo\u{eb} was late.".as_bytes().to_vec(),
        ),
        (
            "/__substg1.0_10090102".to_owned(),
            rtf(r"{\rtf1 Tilly sees the nurse.}"),
        ),
        (
            "/__substg1.0_8001101F-00000000".to_owned(),
            utf_16("The sick bay"),
        ),
        (
            "/__recip_version1.0_#00000000/__properties_version1.0".to_owned(),
            vec![0; 8],
        ),
        (
            "/__recip_version1.0_#00000000/__substg1.0_39FE001F".to_owned(),
            utf_16("hale@home.example"),
        ),
        (format!("{attach}/__properties_version1.0"), vec![0; 8]),
        (
            format!("{attach}/__substg1.0_3707001F"),
            utf_16("Zo\u{eb} Quillfeather, marks.csv"),
        ),
        (
            format!("{attach}/__substg1.0_37010102"),
            b"Name,Form,Born\nZoe,7B,2014\n".repeat(200),
        ),
        (format!("{second}/__properties_version1.0"), vec![0; 8]),
        (
            format!("{second}/__substg1.0_3001001F"),
            utf_16("Fwd: Oban"),
        ),
        (format!("{inner}/__properties_version1.0"), vec![0; 24]),
        (
            format!("{inner}/__substg1.0_1000001F"),
            utf_16("Oban was excluded."),
        ),
        (format!("{third}/__substg1.0_3001001F"), utf_16("Chart")),
        (
            format!("{third}/__substg1.0_3701000D/Package"),
            b"Wren Tallow has left.".to_vec(),
        ),
    ];
    for (path, bytes) in &streams {
        store(&mut file, path, bytes);
    }
    file.flush().expect("memory takes all");
    file.into_inner().into_inner()
}

#[test]
fn a_saved_message_is_read_with_all_that_it_holds() {
    let reading = read_file("saved.msg", &msg(), &Budget::default());
    assert_eq!(reading.problems, []);
    assert_eq!(reading.attachments[0].kind, "msg");
    check(&reading, "saved.msg › subject", "About Zoë");
    check(
        &reading,
        "saved.msg › sender and recipients",
        "A Teacher\nMs Hale\nhale@home.example",
    );
    check(&reading, "saved.msg › body", "Zoë was late.");
    check(&reading, "saved.msg › body", "Tilly sees the nurse.");
    check(&reading, "saved.msg › properties, hidden", "The sick bay");
    check(
        &reading,
        "saved.msg › Fwd: Oban › body",
        "Oban was excluded.",
    );
    check(&reading, "saved.msg › Chart", "Wren Tallow has left.");
    let marks = "saved.msg › Zoë Quillfeather, marks.csv";
    let found = texts(&reading);
    let (_, table) = found
        .iter()
        .find(|(place, _)| *place == marks)
        .expect(marks);
    assert_eq!(table.lines().count(), 400);
}

#[test]
fn damaged_saved_messages_do_not_pass_in_silence() {
    let bytes = msg();
    let whole = read_file("saved.msg", &bytes, &Budget::default());
    for at in (8..bytes.len()).step_by(300) {
        let reading = read_file("saved.msg", &bytes[..at], &Budget::default());
        assert!(
            !reading.problems.is_empty() || texts(&reading) == texts(&whole),
            "cut at {at}"
        );
    }
    check_flips("saved.msg", &bytes);
}
