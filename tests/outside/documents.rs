//! Real documents of real programs, read from outside.

use std::path::Path;

use exeat::extract::{Budget, Protection, Reading, Role, read_file};
use exeat::finding::ProblemKind;

pub(crate) fn document(name: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fixtures/documents")
        .join(name);
    std::fs::read(path).expect("the document is there")
}

pub(crate) fn read(name: &str) -> Reading {
    let reading = read_file(name, &document(name), &Budget::default());
    assert_eq!(reading.attachments[0].name, name);
    reading
}

/// The text at a place, exactly.
#[track_caller]
pub(crate) fn check(reading: &Reading, place: &str, hidden: bool, expected: &str) {
    let found = reading
        .texts
        .iter()
        .find(|text| text.location.as_str() == place && text.role != Role::FileName);
    let text = found.unwrap_or_else(|| {
        let places: Vec<&str> = reading
            .texts
            .iter()
            .map(|text| text.location.as_str())
            .collect();
        panic!("nothing at {place}, but at {places:#?}")
    });
    assert_eq!(text.text.trim_end(), expected, "{place}");
    assert_eq!(text.hidden, hidden, "{place}");
}

#[track_caller]
pub(crate) fn check_protection(name: &str, expected: Protection, why: &str) -> Reading {
    let reading = read(name);
    let file = &reading.attachments[0];
    assert_eq!(
        (file.protection, file.why.as_str()),
        (expected, why),
        "{name}"
    );
    reading
}

pub(crate) const TABLE: &str = "Name\tForm\tDate of birth\nZoë Quillfeather\t7B\t03/09/2014\nOban Marsh\t8A\t21/01/2013\nTilly Fennimore\t7B\t30/05/2014";

#[test]
fn word_documents_are_read_with_all_that_hides_in_them() {
    let reading = read("trip.docx");
    assert_eq!(reading.attachments[0].kind, "docx");
    check(
        &reading,
        "trip.docx",
        false,
        "Trip list\nThose who come to the museum:\nAfter the table.",
    );
    check(&reading, "trip.docx › table 1", false, TABLE);
    check(
        &reading,
        "trip.docx › (deleted text, hidden)",
        true,
        "Oban Marsh was excluded.",
    );
    check(
        &reading,
        "trip.docx › (hidden text)",
        true,
        "Invisible words.",
    );
    check(
        &reading,
        "trip.docx › header",
        false,
        "Greenfold School, confidential",
    );
    check(
        &reading,
        "trip.docx › footer",
        false,
        "Page of the trip list",
    );
    check(
        &reading,
        "trip.docx › comments",
        false,
        "Ask Tilly's mother",
    );
    let table = reading
        .texts
        .iter()
        .find(|text| text.table)
        .expect("the table");
    assert_eq!(table.location.as_str(), "trip.docx › table 1");
    assert_eq!(reading.problems, []);
}

#[test]
fn workbooks_are_read_with_all_that_hides_in_them() {
    let reading = read("register.xlsx");
    let rows = "Name\tForm\tDate of birth\tPhone\nZoë Quillfeather\t7B\t03/09/2014\t07700 900123\nOban Marsh\t8A\t21/01/2013\t07700 900124";
    check(&reading, "register.xlsx › sheet \"Y7\"", false, rows);
    check(
        &reading,
        "register.xlsx › sheet \"Y7\" (hidden rows or columns)",
        true,
        "Name\tForm\tDate of birth\tPhone\n\n\nTilly Fennimore\t7B\t30/05/2014\t07700 900125",
    );
    check(
        &reading,
        "register.xlsx › sheet \"SEN\" (hidden)",
        true,
        "\n\tOban Marsh\tdyslexia",
    );
    check(
        &reading,
        "register.xlsx › sheet \"Old\" (hidden)",
        true,
        "Leavers",
    );
    check(
        &reading,
        "register.xlsx › sheet \"Old\" (hidden) › from row 5000",
        true,
        "Wren Tallow",
    );
    check(
        &reading,
        "register.xlsx › sheet \"Columns\"",
        false,
        "Name\t\tForm\nTilly Fennimore\t\t7B",
    );
    check(
        &reading,
        "register.xlsx › sheet \"Y7\" › comments",
        false,
        "A Teacher\nSees the nurse",
    );
    assert!(
        reading
            .texts
            .iter()
            .filter(|text| text.location.as_str().contains("sheet"))
            .filter(|text| !text.location.as_str().ends_with("comments"))
            .all(|text| text.table)
    );

    let reading = read("pivot.xlsx");
    check(
        &reading,
        "pivot.xlsx › pivot table's hidden copy of the data",
        true,
        "Name\tBorn\nZoë Quillfeather\t03/09/2014\nOban Marsh\t21/01/2013",
    );
}

#[test]
fn open_documents_are_read() {
    let reading = read("writer.odt");
    check(&reading, "writer.odt › table 1", false, TABLE);
    let reading = read("calc.ods");
    check(
        &reading,
        "calc.ods › sheet \"SEN\" (hidden)",
        true,
        "\n\tOban Marsh\tdyslexia",
    );
    assert!(
        reading
            .texts
            .iter()
            .any(|text| text.text.contains("03/09/2014\t07700 900123"))
    );
}

#[test]
fn pdf_pages_forms_and_links_are_read() {
    let reading = read("letter.pdf");
    check(
        &reading,
        "letter.pdf › page 1",
        false,
        "Dear parents,\nthe trip is on Friday.",
    );
    let rows = "Name\tForm\tBorn\nZoë Quillfeather\t7B\t03/09/2014\nOban Marsh\t8A\t21/01/2013\nTilly Fennimore\t7B\t30/05/2014";
    check(&reading, "letter.pdf › page 2", false, rows);
    let reading = read("form.pdf");
    check(
        &reading,
        "form.pdf › form fields",
        false,
        "pupil\nTilly Fennimore",
    );
    check(
        &reading,
        "form.pdf › notes and links",
        false,
        "parent@home.example",
    );
    check(&reading, "form.pdf › bookmarks, hidden", true, "Oban Marsh");
    // Subset fonts with two-byte codes.
    let reading = read("writer.pdf");
    assert!(reading.texts.iter().any(|text| text.text.contains(TABLE)));
}

#[test]
fn a_pdf_without_text_is_a_problem_and_a_blank_one_is_none() {
    let reading = read("copier.pdf");
    assert_eq!(reading.problems.len(), 1);
    assert_eq!(reading.problems[0].kind, ProblemKind::NotRead);
    assert_eq!(reading.pictures[0].pages, [1, 2]);
    assert_eq!(
        reading.pictures[0].unread.as_ref(),
        reading.problems.first()
    );
    // A picture too small for words.
    assert_eq!(read("scan.pdf").problems, []);
    assert_eq!(read("blank.pdf").problems, []);
}

#[test]
fn zips_are_read_leaf_by_leaf() {
    let reading = read("letters.zip");
    check(&reading, "letters.zip › comment", false, "for Oban Marsh");
    check(
        &reading,
        "letters.zip › Y7/Zoë Quillfeather.txt",
        false,
        "Zoë was late.",
    );
    check(
        &reading,
        "letters.zip › Y7/trip.docx › table 1",
        false,
        TABLE,
    );
    check(
        &reading,
        "letters.zip › inner.zip › deep.csv",
        false,
        "Name\tForm\nWren Tallow\t9C\nOban Marsh\t8A",
    );
    let kinds: Vec<&str> = reading
        .attachments
        .iter()
        .map(|file| file.kind.as_str())
        .collect();
    assert_eq!(kinds, ["zip", "text", "docx", "zip", "csv"]);
    let names = reading
        .texts
        .iter()
        .filter(|text| text.role == Role::FileName)
        .count();
    assert_eq!(names, 5);
}

#[test]
fn protection_is_what_a_stranger_meets() {
    use Protection::{Open, Protected, Weak};
    check_protection("trip.docx", Open, "");
    check_protection(
        "locked.docx",
        Protected,
        "encrypted with a password (AES-256)",
    );
    check_protection(
        "sheet-protection.xlsx",
        Open,
        "opens without the password: only editing is restricted",
    );
    check_protection("aes.zip", Protected, "encrypted with AES-256");
    check_protection("half.zip", Weak, "only some of its files are encrypted");
    let lying = check_protection("lying.zip", Open, "");
    check(
        &lying,
        "lying.zip › liar.txt",
        false,
        "Zoë Quillfeather was late.",
    );
    check_protection(
        "locked-aes256.pdf",
        Protected,
        "encrypted with a password (AES-256)",
    );
    check_protection(
        "locked-aes128.pdf",
        Protected,
        "encrypted with a password (128-bit)",
    );
    check_protection(
        "locked-rc4-40.pdf",
        Weak,
        "encrypted with 40-bit RC4, which can be broken in minutes",
    );
    let open = check_protection(
        "owner-only.pdf",
        Open,
        "opens without a password: only printing, copying and changing are restricted",
    );
    check(
        &open,
        "owner-only.pdf › page 1",
        false,
        "Dear parents,\nthe trip is on Friday.",
    );
    for name in ["locked.docx", "aes.zip", "locked-aes256.pdf"] {
        let reading = read(name);
        assert_eq!(reading.problems, [], "{name}: protected is not unread");
        assert!(
            reading.texts.iter().all(|text| text.role == Role::FileName),
            "{name}"
        );
    }
}

#[test]
fn formats_not_read_yet_are_told_by_name() {
    let reading = read_file("old.cab", b"MSCF\0\0\0\0", &Budget::default());
    assert_eq!(reading.problems.len(), 1);
    assert_eq!(
        reading.problems[0].what,
        "a cabinet archive, which Exeat does not read"
    );
    assert_eq!(reading.problems[0].kind, ProblemKind::Unknown);
}

/// Every cut and many flipped bytes: never a panic, and never silence where
/// text was lost.
#[test]
fn damaged_documents_never_panic_and_never_pass_in_silence() {
    for name in [
        "trip.docx",
        "register.xlsx",
        "letter.pdf",
        "letters.zip",
        "locked.docx",
        "writer.odt",
        "word97.doc",
        "writer.pdf",
    ] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("fixtures/documents")
            .join(name);
        let bytes = std::fs::read(path).expect("the document is there");
        for tenths in 1..10 {
            let cut = &bytes[..bytes.len() * tenths / 10];
            let reading = read_file(name, cut, &Budget::default());
            let protected = reading.attachments[0].protection == Protection::Protected;
            assert!(
                !reading.problems.is_empty() || protected,
                "{name} cut to {tenths} tenths"
            );
        }
        let mut flipped = bytes.clone();
        let mut seed = 7_u64;
        for _ in 0..40 {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let at = (seed >> 33) as usize % flipped.len();
            flipped[at] ^= 1 << (seed % 8);
            read_file(name, &flipped, &Budget::default());
        }
    }
}
