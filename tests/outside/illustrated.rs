//! Pictures in documents and pages: read where they stand, told where they
//! cannot be, and no bombs.

use std::path::Path;

use base64::Engine;
use exeat::extract::{Budget, Reading, read_file};
use exeat::finding::ProblemKind;
use exeat::mail::Content;
use exeat::worker::{Pool, Settings};

use crate::bombs::{borrowed, member, zip};
use crate::documents::document;
use crate::support::exeat::BINARY;

fn corpus(file: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/corpus/illustrated");
    std::fs::read(path.join(file)).expect("the corpus is there")
}

fn read(name: &str, bytes: &[u8]) -> Reading {
    read_file(name, bytes, &Budget::default())
}

/// A white picture of so many pixels.
fn bitmap(width: u32, height: u32) -> Vec<u8> {
    let mut bitmap = b"BM\0\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0".to_vec();
    bitmap.extend(width.to_le_bytes());
    bitmap.extend(height.to_le_bytes());
    bitmap.extend(b"\x01\0\x18\0");
    bitmap.resize(54, 0);
    bitmap.resize(54 + (width * 3 * height) as usize, 0xff);
    bitmap
}

/// A document of a paragraph and these parts.
fn docx(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let body = b"<document><body><p><r><t>The list is below.</t></r></p></body></document>";
    let mut members = vec![
        member("[Content_Types].xml", b"<Types/>"),
        member("word/document.xml", body),
    ];
    members.extend(parts.iter().map(|(name, bytes)| member(name, bytes)));
    zip(&borrowed(&members))
}

#[track_caller]
fn check_problems(reading: &Reading, expected: &[(&str, ProblemKind)]) {
    let problems: Vec<(&str, ProblemKind)> = reading
        .problems
        .iter()
        .map(|problem| (problem.location.as_str(), problem.kind))
        .collect();
    assert_eq!(problems, expected, "{:?}", reading.problems);
}

#[test]
fn what_may_hold_words_waits_for_ocr_and_the_rest_is_passed_over() {
    let large = ("a.docx › picture 2", ProblemKind::NotRead);
    for (second, expected) in [
        (document("screen.png"), &[large][..]),
        (bitmap(640, 480), &[]),
        (bitmap(64, 48), &[]),
    ] {
        let parts = [
            ("word/media/image1.bmp", &bitmap(120, 60)[..]),
            ("word/media/image2.png", &second),
        ];
        let reading = read("a.docx", &docx(&parts));
        check_problems(&reading, expected);
        assert_eq!(reading.pictures.len(), expected.len());
    }
}

#[test]
fn pictures_of_no_known_kind_are_told_as_such() {
    let parts = [
        (
            "word/media/image1.wdp",
            &b"II\xbc\x01\x08\0\0\0\0\0\0\0"[..],
        ),
        ("word/media/film.mp4", b"\0\0\0\x18ftypmp42\0\0\0\0"),
        ("word/media/empty.png", b""),
    ];
    let expected = [
        ("a.docx › picture 1", ProblemKind::NotRead),
        ("a.docx › picture 2", ProblemKind::NotRead),
    ];
    check_problems(&read("a.docx", &docx(&parts)), &expected);
}

#[test]
fn blank_paper_that_packs_well_is_no_bomb_and_what_grows_without_end_is_not_unpacked() {
    // A scan without a mark on it, as a bitmap.
    let mut paper = bitmap(1_240, 1_754);
    let reading = read("a.docx", &docx(&[("word/media/image1.bmp", &paper)]));
    check_problems(&reading, &[]);
    paper.resize(60_000_000, 0xff);
    let reading = read("a.docx", &docx(&[("word/media/image1.bmp", &paper)]));
    check_problems(&reading, &[("a.docx › picture 1", ProblemKind::NotRead)]);
    assert_eq!(reading.pictures.len(), 0);
}

#[test]
fn drawings_that_are_broken_anywhere_never_pass_in_silence() {
    for file in ["drawn.emf", "drawn.wmf"] {
        let whole = corpus(file);
        let words: usize = read(file, &whole).text_size();
        for length in (60..whole.len()).step_by(97) {
            let reading = read(file, &whole[..length]);
            assert!(
                reading.text_size() >= words || !reading.problems.is_empty(),
                "{file} cut to {length}"
            );
        }
        // Sizes, counts and offsets that lead nowhere.
        for at in (0..whole.len()).step_by(31) {
            let mut bent = whole.clone();
            bent[at] ^= 0xff;
            read(file, &bent);
        }
    }
}

#[test]
fn documents_with_pictures_that_are_broken_anywhere_are_borne() {
    for file in ["letter.doc", "sheets.xls", "letter.rtf", "slides.pptx"] {
        let whole = corpus(file);
        for at in (0..whole.len()).step_by(whole.len() / 60 + 1) {
            let cut = read(file, &whole[..at]);
            assert!(at < 20 || !cut.problems.is_empty(), "{file} cut to {at}");
            let mut bent = whole.clone();
            bent[at] ^= 0xff;
            read(file, &bent);
        }
    }
}

#[test]
fn a_message_of_many_pictures_meets_its_end() {
    let names: Vec<String> = (0..6_000).map(|n| format!("word/media/{n}.bmp")).collect();
    let picture = bitmap(300, 300);
    let parts: Vec<(&str, &[u8])> = names.iter().map(|n| (n.as_str(), &picture[..])).collect();
    let budget = Budget {
        glanced: 1_000_000,
        ..Budget::default()
    };
    let reading = read_file("a.docx", &docx(&parts), &budget);
    assert!(reading.pictures.len() <= 500);
    let hostile = |kind: ProblemKind| kind == ProblemKind::Hostile;
    assert!(reading.problems.iter().any(|problem| hostile(problem.kind)));
}

#[tokio::test]
async fn a_picture_in_the_text_of_a_mail_is_read() {
    let settings = Settings {
        count: 1,
        ..Settings::default()
    };
    let pool = Pool::start(Path::new(BINARY), &settings, Budget::default())
        .await
        .expect("workers start");
    let coded = base64::engine::general_purpose::STANDARD.encode(document("screen.png"));
    let message = format!(
        "From: office@greenfold.sch.example\r\nTo: alex@home.example\r\nSubject: List\r\n\
         MIME-Version: 1.0\r\nContent-Type: text/html\r\n\r\n\
         <p>As asked:</p>\r\n<img alt='' src=\"DATA:image/png;base64,{coded}\">\r\n\
         <img src='data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7'>\r\n"
    );
    let reading = pool
        .read_message(&Content::from(message.into_bytes()))
        .await
        .expect("no fault");
    let place = "picture 1 in the body (read from the picture)";
    let text = reading
        .texts
        .iter()
        .find(|text| text.location.as_str() == place)
        .unwrap_or_else(|| panic!("{reading:#?}"));
    assert!(text.text.contains("Nia Meredith"), "{}", text.text);
    check_problems(&reading, &[]);
    assert_eq!(reading.texts[1].text.trim(), "As asked:");
}
