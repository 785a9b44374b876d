//! RTF documents: a real program's, and what the format allows besides.

use std::path::Path;

use exeat::extract::{Budget, Reading, read_file};
use exeat::finding::ProblemKind;

fn read(rtf: &[u8]) -> Reading {
    let reading = read_file("x.rtf", rtf, &Budget::default());
    assert_eq!(reading.attachments[0].kind, "rtf");
    reading
}

fn writer() -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/documents/writer.rtf");
    std::fs::read(path).expect("the document is there")
}

/// The text at a place inside the document.
fn text<'a>(reading: &'a Reading, place: &str) -> Option<(&'a str, bool)> {
    let place = format!("x.rtf{place}");
    let found = reading
        .texts
        .iter()
        .find(|text| text.location.as_str() == place);
    found.map(|text| (text.text.trim(), text.hidden))
}

#[track_caller]
fn check(rtf: &str, place: &str, expected: &str) {
    let reading = read(rtf.as_bytes());
    assert_eq!(
        text(&reading, place).map(|(text, _)| text),
        Some(expected),
        "{rtf}: {:#?}",
        reading.texts
    );
    assert_eq!(reading.problems, [], "{rtf}");
}

#[test]
fn a_writers_document_is_read_with_all_that_hides_in_it() {
    let reading = read(&writer());
    assert_eq!(reading.problems, []);
    let shown = "Trip list\nThose who come to the museum:\nAfter the table.";
    assert_eq!(text(&reading, ""), Some((shown, false)));
    let table = "Name\tForm\tDate of birth\nZoë Quillfeather\t7B\t03/09/2014\nOban Marsh\t8A\t21/01/2013\nTilly Fennimore\t7B\t30/05/2014";
    assert_eq!(text(&reading, " › table 1"), Some((table, false)));
    let hidden = "Invisible words.";
    assert_eq!(text(&reading, " › (hidden text)"), Some((hidden, true)));
    let deleted = "Oban Marsh was excluded.";
    let place = " › (deleted text, hidden)";
    assert_eq!(text(&reading, place), Some((deleted, true)));
    for (place, part) in [
        (" › header and footer", "Greenfold School, confidential"),
        (" › comments", "Ask Tilly's mother"),
        (" › document properties, hidden", "A Teacher"),
    ] {
        let (found, _) = text(&reading, place).expect(place);
        assert!(found.contains(part), "{found}");
    }
}

#[test]
fn characters_are_read_in_every_way_of_writing_them() {
    check(r"{\rtf1\ansi Zo\'eb}", "", "Zoë");
    check(r"{\rtf1\ansi\ansicpg1250 \'a3\'f3d\'9f}", "", "Łódź");
    check(
        r"{\rtf1\ansi Zo\u235?, \uc0\u321 \u243\'f3d}",
        "",
        "Zoë, Łóód",
    );
    check(r"{\rtf1\uc2\u-10179ab\u-8704 ab!}", "", "😀!");
    check(
        r"{\rtf1{\fonttbl{\f0\fcharset0 A;}{\f1\fcharset204 B;}}\f1 \'c8\'e2\'e0\'ed\f0  \'e9}",
        "",
        "Иван é",
    );
    check(
        r"{\rtf1 a\~b\_c\-d\emdash e\\\{\}}",
        "",
        "a\u{a0}b-cd—e\\{}",
    );
    check(
        "{\\rtf1 Quill\r\nfeather\\par Marsh\\\nX}",
        "",
        "Quillfeather\nMarsh\nX",
    );
    check(
        r"{\rtf1 {\upr{Lodz}{\*\ud{\u321?\u243?d\u378?}}}}",
        "",
        "Łódź",
    );
}

#[test]
fn destinations_go_to_places_of_their_own() {
    check(
        r"{\rtf1 a{\v secret}b\v c\v0 d}",
        " › (hidden text)",
        "secretc",
    );
    check(r"{\rtf1 a{\v secret}b}", "", "ab");
    check(
        r#"{\rtf1{\field{\*\fldinst HYPERLINK "mailto:parent@home.example"}{\fldrslt write}}}"#,
        " › (field codes, hidden)",
        "HYPERLINK \"mailto:parent@home.example\"",
    );
    check(
        r"{\rtf1{\*\bkmkstart Plan of Oban}a{\*\bkmkend Plan of Oban}}",
        " › (names of bookmarks, hidden)",
        "Plan of Oban",
    );
    check(
        r"{\rtf1{\shp{\sp{\sn posh}{\sv 1}}{\sp{\sn wzDescription}{\sv Oban by the pool}}}a}",
        " › (descriptions, hidden)",
        "Oban by the pool",
    );
    check(r"{\rtf1 a{\footnote Oban}b}", " › footnotes", "Oban");
    check(
        r"{\rtf1{\info{\author A Teacher}{\title Zo\'eb}}a}",
        " › document properties, hidden",
        "A Teacher\nZoë",
    );
    check(r"{\rtf1{\*\novelty Zoe}a}", " › (hidden text)", "Zoe");
    check(r"{\rtf1 a} and Zoe", " › (hidden text)", "and Zoe");
    check(
        r"{\rtf1\trowd\intbl a\par b\cell c\cell\row\pard after}",
        " › table 1",
        "a b\tc",
    );
    check(r"{\rtf1{\*\themedata\bin4 }}}}}still}", "", "still");
}

/// An object of OLE 1.0, in hexadecimal.
fn object(class: &str, data: &[u8]) -> String {
    let mut out = vec![1, 5, 0, 0, 2, 0, 0, 0];
    let class = format!("{class}\0");
    for counted in [class.as_bytes(), &[], &[], data] {
        out.extend_from_slice(&(counted.len() as u32).to_le_bytes());
        out.extend_from_slice(counted);
    }
    let digits: String = out.iter().map(|byte| format!("{byte:02x}")).collect();
    format!(r"{{\rtf1 see{{\object\objemb{{\*\objdata {digits}}}}}}}")
}

#[test]
fn embedded_files_are_read() {
    let file = b"Name,Form,Born\nZoe,7B,2014\n";
    let mut package = b"\x02\0list.csv\0C:\\list.csv\0\0\0\x03\0\x01\0\0\0\0".to_vec();
    package.extend_from_slice(&(file.len() as u32).to_le_bytes());
    package.extend_from_slice(file);
    let reading = read(object("Package", &package).as_bytes());
    let table = "Name\tForm\tBorn\nZoe\t7B\t2014";
    assert_eq!(text(&reading, " › list.csv"), Some((table, false)));
    assert_eq!(reading.problems, []);
    // An object of a kind that cannot be read, one that is none, one in bytes.
    for rtf in [
        object(
            "Word.Document.8",
            &[0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1],
        ),
        r"{\rtf1{\object{\*\objdata 0105}}}".to_owned(),
        r"{\rtf1{\object{\*\objdata\bin3 abc}}}".to_owned(),
    ] {
        assert_eq!(read(rtf.as_bytes()).problems.len(), 1, "{rtf}");
    }
}

#[test]
fn damaged_and_hostile_documents_do_not_pass_in_silence() {
    let bytes = writer();
    for at in (16..bytes.len() - 4).step_by(bytes.len() / 80) {
        assert!(!read(&bytes[..at]).problems.is_empty(), "cut at {at}");
    }
    let mut seed = 5_u64;
    for _ in 0..200 {
        let mut flipped = bytes.clone();
        for _ in 0..5 {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let at = 6 + (seed >> 33) as usize % (flipped.len() - 6);
            flipped[at] ^= 1 << (seed >> 29 & 7);
        }
        read_file("x.rtf", &flipped, &Budget::default());
    }
    let deep = format!("{{\\rtf1{}", "{".repeat(3_000_000));
    assert_eq!(read(deep.as_bytes()).problems[0].kind, ProblemKind::Hostile);
    for tail in [
        "\\",
        "\\'",
        "\\'4",
        "\\u",
        "\\bin99999999999 ",
        "\\bin-1 ",
        "\\uc-1\\u1",
    ] {
        read(format!("{{\\rtf1 {tail}").as_bytes());
    }
}
