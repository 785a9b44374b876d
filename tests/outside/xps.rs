//! XPS that is broken, made to exhaust, or not what it seems.

use std::path::Path;
use std::time::Instant;

use exeat::extract::{Budget, Reading, read_file};
use exeat::finding::ProblemKind;

use crate::bombs::{borrowed, deflated, member, zip};
use crate::documents::check;
use crate::exhaustion::LONGEST;

const LIST: &str = r#"<Relationships><Relationship Type="fixedrepresentation" Target="/a.fdseq"/></Relationships>"#;
const SEQUENCE: &str =
    r#"<FixedDocumentSequence><DocumentReference Source="a.fdoc"/></FixedDocumentSequence>"#;

fn read(bytes: &[u8]) -> Reading {
    read_file("a.xps", bytes, &Budget::default())
}

fn glyphs(x: u32, y: u32, words: &str) -> String {
    format!(
        r##"<Glyphs Fill="#000000" FontRenderingEmSize="14" OriginX="{x}" OriginY="{y}" UnicodeString="{words}"/>"##
    )
}

fn page(inside: &str) -> String {
    format!(r#"<FixedPage Width="800" Height="1100">{inside}</FixedPage>"#)
}

/// A document that shows these pages, in this order, and has these parts.
fn xps(listed: &[&str], parts: &[(&str, &str)]) -> Vec<u8> {
    let listed: String = listed
        .iter()
        .map(|page| format!(r#"<PageContent Source="{page}"/>"#))
        .collect();
    let document = format!("<FixedDocument>{listed}</FixedDocument>");
    let mut members = vec![
        member("_rels/.rels", LIST.as_bytes()),
        member("a.fdseq", SEQUENCE.as_bytes()),
        member("a.fdoc", document.as_bytes()),
    ];
    members.extend(
        parts
            .iter()
            .map(|(name, part)| member(name, part.as_bytes())),
    );
    zip(&borrowed(&members))
}

#[track_caller]
fn check_problems(reading: &Reading, expected: &[ProblemKind]) {
    let problems: Vec<ProblemKind> = reading
        .problems
        .iter()
        .map(|problem| problem.kind)
        .collect();
    assert_eq!(problems, expected, "{:?}", reading.problems);
}

#[test]
fn pages_come_as_they_are_listed_and_words_as_they_stand() {
    let first = page(
        &[
            glyphs(300, 90, "7B"),
            glyphs(50, 120, "below"),
            glyphs(50, 90, "Zoë"),
        ]
        .concat(),
    );
    let second = page(&glyphs(50, 90, "second"));
    let parts = [("1.fpage", &*second), ("2.FPAGE", &*first)];
    let reading = read(&xps(&["2.fpage", "/1.fpage"], &parts));
    assert_eq!(reading.attachments[0].kind, "xps");
    check(&reading, "a.xps › page 1", false, "Zoë\t7B\nbelow");
    check(&reading, "a.xps › page 2", false, "second");
    check_problems(&reading, &[]);
}

#[test]
fn what_is_missing_is_told() {
    let whole = page(&glyphs(50, 90, "first"));
    for (listed, parts) in [
        (&["1.fpage", "2.fpage"][..], &[("1.fpage", &*whole)][..]),
        (&["1.fpage"], &[("1.fpage", &whole[..whole.len() - 12])]),
        (
            &["1.fpage"],
            &[("1.fpage", &*whole), ("docProps/core.xml", "<a><b>cut")],
        ),
    ] {
        let reading = read(&xps(listed, parts));
        check(&reading, "a.xps › page 1", false, "first");
        check_problems(&reading, &[ProblemKind::Damaged]);
    }
    // Without the lists, by name.
    let pages: Vec<(String, Vec<u8>, u32)> = [10, 9]
        .map(|n| {
            member(
                &format!("{n}.fpage"),
                page(&glyphs(5, 90, &format!("page {n}"))).as_bytes(),
            )
        })
        .into();
    let reading = read(&zip(&borrowed(&pages)));
    check(&reading, "a.xps › page 1", false, "page 9");
    check(&reading, "a.xps › page 2", false, "page 10");
    check_problems(&reading, &[ProblemKind::Damaged]);
}

#[test]
fn pages_that_only_draw_are_told_and_empty_ones_are_not() {
    let line = r##"<Path Stroke="#000000" Data="M 0,0 L 9,9"/>"##;
    let shapes = r##"<Glyphs Fill="#000000" FontRenderingEmSize="14" OriginX="5" OriginY="9" UnicodeString="" Indices="5;6;7"/>"##;
    for (inside, expected) in [
        (line.to_owned(), &[ProblemKind::NotRead][..]),
        (shapes.to_owned(), &[ProblemKind::NotRead]),
        (format!("{line}{}", glyphs(50, 90, "words")), &[]),
        (String::new(), &[]),
    ] {
        let reading = read(&xps(&["1.fpage"], &[("1.fpage", &page(&inside))]));
        check_problems(&reading, expected);
    }
}

#[test]
fn words_that_a_clip_cuts_away_are_hidden() {
    let clip = |area: &str, y: u32, words: &str| {
        format!(r#"<Canvas Clip="{area}">{}</Canvas>"#, glyphs(50, y, words))
    };
    let around = "M 40,70 L 400,70 400,110 40,110 Z";
    let inside = [clip(around, 90, "shown"), clip(around, 300, "Oban Marsh")].concat();
    let reading = read(&xps(&["1.fpage"], &[("1.fpage", &page(&inside))]));
    check(&reading, "a.xps › page 1", false, "shown");
    check(&reading, "a.xps › page 1, cut away", true, "Oban Marsh");
}

#[test]
fn a_zip_with_such_a_name_in_it_and_a_password_is_no_document() {
    let mut locked = xps(&["1.fpage"], &[("1.fpage", &page("x"))]);
    for mark in [&b"PK\x03\x04"[..], b"PK\x01\x02"] {
        let flags = if mark[2] == 3 { 6 } else { 8 };
        let found: Vec<usize> = (0..locked.len() - 4)
            .filter(|&at| locked[at..].starts_with(mark))
            .collect();
        for at in found {
            locked[at + flags] |= 1;
        }
    }
    let reading = read(&locked);
    assert_eq!(reading.attachments[0].kind, "zip");
}

#[test]
fn what_is_made_to_exhaust_ends() {
    let deep = "<Canvas>".repeat(1_000_000);
    let many = glyphs(1, 1, &"word ".repeat(100)).repeat(20_000);
    let shared = format!(
        r#"<Canvas Clip="{}">{}</Canvas>"#,
        "M 0,0 L 9,9 ".repeat(20_000),
        glyphs(1, 1, "x").repeat(20_000)
    );
    for inside in [&deep, &many, &shared] {
        let started = Instant::now();
        let reading = read(&xps(&["1.fpage"], &[("1.fpage", &page(inside))]));
        assert!(started.elapsed() < LONGEST, "{:?}", started.elapsed());
        assert!(reading.text_size() < 9 * 1024 * 1024);
    }
    let (packed, size) = deflated((0..1_000).map(|_| vec![b' '; 1_000_000]));
    let bomb = zip(&[("1.fpage", packed, size)]);
    check_problems(&read(&bomb), &[ProblemKind::Hostile]);
    let listed = vec!["1.fpage"; 100_000];
    let reading = read(&xps(&listed, &[("1.fpage", &page(&glyphs(1, 50, "once")))]));
    check(&reading, "a.xps › page 1", false, "once");
}

#[test]
fn broken_bytes_are_never_taken_for_the_whole() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/corpus/xps");
    for name in ["class.xps", "pieces.xps", "hidden.xps"] {
        let whole = std::fs::read(corpus.join(name)).expect("the corpus is there");
        let words = read(&whole).text_size();
        for at in (0..whole.len()).step_by(whole.len() / 60) {
            let cut = read(&whole[..at]);
            assert!(at == 0 || !cut.problems.is_empty(), "{name} cut at {at}");
            let mut torn = whole.clone();
            torn[at] ^= 0x55;
            let torn = read(&torn);
            let told = !torn.problems.is_empty() || torn.text_size() >= words;
            assert!(told, "{name} torn at {at}");
        }
    }
}
