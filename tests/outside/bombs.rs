//! Files made to exhaust whoever unpacks them. Each ends soon, with a problem,
//! and with what was read until then.

use std::io::Write;
use std::time::Instant;

use exeat::extract::{Budget, Reading, read_file};
use exeat::finding::ProblemKind;
use flate2::Compression;
use flate2::write::{DeflateEncoder, ZlibEncoder};

use crate::exhaustion::LONGEST;

pub(crate) fn deflated(pieces: impl Iterator<Item = Vec<u8>>) -> (Vec<u8>, u32) {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
    let mut size = 0;
    for piece in pieces {
        size += piece.len();
        encoder.write_all(&piece).expect("memory takes all");
    }
    (encoder.finish().expect("memory takes all"), size as u32)
}

/// A zip of deflated members; all of one's headers are honest.
pub(crate) fn zip(members: &[(&str, Vec<u8>, u32)]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut directory = Vec::new();
    for (name, packed, size) in members {
        let offset = out.len() as u32;
        let mut header = Vec::new();
        header.extend_from_slice(&[20, 0, 0, 0, 8, 0, 0, 0, 0, 0]);
        header.extend_from_slice(&0_u32.to_le_bytes());
        header.extend_from_slice(&(packed.len() as u32).to_le_bytes());
        header.extend_from_slice(&size.to_le_bytes());
        header.extend_from_slice(&(name.len() as u16).to_le_bytes());
        header.extend_from_slice(&[0, 0]);
        out.extend_from_slice(b"PK\x03\x04");
        out.extend_from_slice(&header);
        out.extend_from_slice(name.as_bytes());
        out.extend_from_slice(packed);
        directory.extend_from_slice(b"PK\x01\x02\x14\0");
        directory.extend_from_slice(&header);
        directory.extend_from_slice(&[0; 10]);
        directory.extend_from_slice(&offset.to_le_bytes());
        directory.extend_from_slice(name.as_bytes());
    }
    end(out, &directory, members.len())
}

fn end(mut out: Vec<u8>, directory: &[u8], count: usize) -> Vec<u8> {
    let offset = out.len() as u32;
    out.extend_from_slice(directory);
    out.extend_from_slice(b"PK\x05\x06\0\0\0\0");
    out.extend_from_slice(&[
        count as u8,
        (count >> 8) as u8,
        count as u8,
        (count >> 8) as u8,
    ]);
    out.extend_from_slice(&(directory.len() as u32).to_le_bytes());
    out.extend_from_slice(&offset.to_le_bytes());
    out.extend_from_slice(&[0, 0]);
    out
}

pub(crate) fn member(name: &str, content: &[u8]) -> (String, Vec<u8>, u32) {
    let (packed, size) = deflated(std::iter::once(content.to_vec()));
    (name.to_owned(), packed, size)
}

pub(crate) fn borrowed(members: &[(String, Vec<u8>, u32)]) -> Vec<(&str, Vec<u8>, u32)> {
    members
        .iter()
        .map(|(name, packed, size)| (name.as_str(), packed.clone(), *size))
        .collect()
}

#[track_caller]
fn check(name: &str, bytes: &[u8]) -> Reading {
    let started = Instant::now();
    let reading = read_file(name, bytes, &Budget::default());
    assert!(
        started.elapsed() < LONGEST,
        "{name}: {:?}",
        started.elapsed()
    );
    assert!(
        reading
            .problems
            .iter()
            .any(|problem| problem.kind == ProblemKind::Hostile),
        "{name}: {:?}",
        reading.problems
    );
    reading
}

#[test]
fn zips_in_zips() {
    let mut inner = zip(&borrowed(&[member("zero.txt", &vec![b'a'; 4_000_000])]));
    for _ in 0..6 {
        let packed = member("", &inner);
        let copies: Vec<(String, Vec<u8>, u32)> = (0..10)
            .map(|i| (format!("{i}.zip"), packed.1.clone(), packed.2))
            .collect();
        inner = zip(&borrowed(&copies));
    }
    check("42.zip", &inner);
}

#[test]
fn a_member_beyond_every_ratio() {
    let (packed, size) = deflated((0..60).map(|_| vec![0; 1_000_000]));
    let members = [
        member("first.txt", b"read before the bomb"),
        ("bomb.txt".to_owned(), packed, size),
    ];
    let reading = check("bomb.zip", &zip(&borrowed(&members)));
    assert!(
        reading
            .texts
            .iter()
            .any(|text| text.text == "read before the bomb")
    );
}

#[test]
fn members_that_share_their_bytes() {
    let (packed, size) = deflated(std::iter::once(vec![b'x'; 100_000]));
    let one = zip(&[("a.txt", packed, size)]);
    let entry_at = one
        .windows(4)
        .position(|mark| mark == b"PK\x01\x02")
        .expect("a directory");
    let entry = &one[entry_at..one.len() - 22];
    check(
        "overlap.zip",
        &end(one[..entry_at].to_vec(), &entry.repeat(2_000), 2_000),
    );
}

#[test]
fn a_member_behind_the_directorys_back() {
    let hidden = zip(&borrowed(&[member("hidden.txt", b"Zoe was late")]));
    let local = &hidden[..hidden
        .windows(4)
        .position(|mark| mark == b"PK\x01\x02")
        .expect("a directory")];
    let mut shown = local.to_vec();
    let second = zip(&borrowed(&[member("shown.txt", b"nothing here")]));
    shown.extend_from_slice(&second);
    let reading = check("two-faced.zip", &shown);
    assert!(reading.texts.iter().any(|text| text.text == "Zoe was late"));
    assert!(reading.texts.iter().any(|text| text.text == "nothing here"));
}

#[test]
fn a_sheet_without_end() {
    let row = b"<row><c t=\"inlineStr\"><is><t>Zoe Quill</t></is></c></row>".repeat(2_000);
    let head = std::iter::once(b"<worksheet><sheetData>".to_vec());
    let (sheet, size) = deflated(head.chain((0..1_000).map(|_| row.clone())));
    let members = [
        member("[Content_Types].xml", b"<Types/>"),
        member("xl/workbook.xml", b"<workbook/>"),
        ("xl/worksheets/sheet1.xml".to_owned(), sheet, size),
    ];
    check("endless.xlsx", &zip(&borrowed(&members)));
}

#[test]
fn entities_are_not_expanded() {
    let mut laughs = String::from("<!DOCTYPE w [<!ENTITY a \"ha\">");
    for i in 0..20 {
        let before = char::from(b'a' + i);
        let next = char::from(b'b' + i);
        laughs.push_str(&format!(
            "<!ENTITY {next} \"{}\">",
            format!("&{before};").repeat(10)
        ));
    }
    laughs.push_str("]><w:document><w:p><w:r><w:t>&u; and Zoe</w:t></w:r></w:p></w:document>");
    let members = [
        member("[Content_Types].xml", b"<Types/>"),
        member("word/document.xml", laughs.as_bytes()),
    ];
    let reading = read_file("laughs.docx", &zip(&borrowed(&members)), &Budget::default());
    assert!(
        reading
            .texts
            .iter()
            .any(|text| text.text.trim() == "&u; and Zoe")
    );
}

#[test]
fn a_page_that_inflates() {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::fast());
    for _ in 0..150 {
        encoder
            .write_all(&vec![b' '; 1_000_000])
            .expect("memory takes all");
    }
    let stream = encoder.finish().expect("memory takes all");
    let mut pdf = b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n3 0 obj<</Type/Page/Parent 2 0 R/Contents 4 0 R>>endobj\n".to_vec();
    pdf.extend_from_slice(
        format!(
            "4 0 obj<</Filter/FlateDecode/Length {}>>stream\n",
            stream.len()
        )
        .as_bytes(),
    );
    pdf.extend_from_slice(&stream);
    pdf.extend_from_slice(
        b"\nendstream endobj\ntrailer<</Root 1 0 R/Size 5>>\nstartxref\n0\n%%EOF",
    );
    check("bomb.pdf", &pdf);
}

#[test]
fn a_form_that_draws_itself() {
    let content = "/F Do ".repeat(50);
    let pdf = format!(
        "%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n3 0 obj<</Type/Page/Parent 2 0 R/Contents 4 0 R/Resources<</XObject<</F 5 0 R>>>>>>endobj\n4 0 obj<</Length {0}>>stream\n{content}\nendstream endobj\n5 0 obj<</Type/XObject/Subtype/Form/Length {0}>>stream\n{content}\nendstream endobj\ntrailer<</Root 1 0 R/Size 6>>\nstartxref\n0\n%%EOF",
        content.len()
    );
    check("loop.pdf", pdf.as_bytes());
}

/// A PDF of these objects, the first of which is its catalogue.
fn pdf(objects: &[String]) -> Vec<u8> {
    let numbered = objects.iter().zip(1..);
    let bodies: String = numbered
        .map(|(object, number)| format!("{number} 0 obj\n{object}\nendobj\n"))
        .collect();
    let end = objects.len() + 1;
    format!("%PDF-1.5\n{bodies}trailer<</Root 1 0 R/Size {end}>>\nstartxref\n0\n%%EOF\n")
        .into_bytes()
}

fn stream(content: &str, settings: &str) -> String {
    let length = content.len();
    format!("<<{settings}/Length {length}>>stream\n{content}\nendstream")
}

/// The same with one page, whose content is the fourth object.
fn page(content: &str, fonts: &str, more: &[String]) -> Vec<u8> {
    let front = [
        "<</Type/Catalog/Pages 2 0 R>>".to_owned(),
        "<</Type/Pages/Kids[3 0 R]/Count 1>>".to_owned(),
        format!(
            "<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Contents 4 0 R\
             /Resources<</Font<<{fonts}>>>>>>"
        ),
        stream(content, ""),
    ];
    pdf(&[&front[..], more].concat())
}

#[test]
fn trees_and_lists_of_pages_without_end() {
    let node = |number: usize| format!("<</Type/Pages/Kids[{} 0 R]/Count 1>>", number + 1);
    let catalog = "<</Type/Catalog/Pages 2 0 R>>".to_owned();
    let deep: Vec<String> = std::iter::once(catalog.clone())
        .chain((2..200_000).map(node))
        .collect();
    check("deep.pdf", &pdf(&deep));
    let kids = "3 0 R ".repeat(1_000_000);
    let root = format!("<</Type/Pages/Kids[{kids}]/Count 1000000>>");
    check(
        "wide.pdf",
        &pdf(&[catalog, root, "<</Type/Page>>".to_owned()]),
    );
}

#[test]
fn fonts_whose_letters_mean_too_much() {
    let text = "BT /F1 9 Tf <00410042> Tj ET";
    let font = "<</Type/Font/Subtype/Type0/Encoding/Identity-H/ToUnicode 6 0 R>>".to_owned();
    for map in [
        "1 beginbfrange <0000> <FFFF> <0041> endbfrange\n".repeat(70_000),
        " ".repeat(5_000_000),
    ] {
        let more = [font.clone(), stream(&map, "")];
        check("map.pdf", &page(text, "/F1 5 0 R", &more));
    }
    let names: String = (0..3_000).map(|i| format!("/F{i} {} 0 R", i + 6)).collect();
    let shown: String = (0..3_000)
        .map(|i| format!("BT /F{i} 9 Tf (A) Tj ET "))
        .collect();
    let map = "1 beginbfrange <00> <FFFF> <0041> endbfrange";
    let font = "<</Type/Font/Subtype/TrueType/BaseFont/A/ToUnicode 5 0 R>>".to_owned();
    let more = [vec![stream(map, "")], vec![font; 3_000]].concat();
    check("fonts.pdf", &page(&shown, &names, &more));
}

#[test]
fn pages_with_more_words_than_any_reader() {
    let words = format!("BT /F1 9 Tf {}ET", "(a b c d e f g h) Tj ".repeat(100_000));
    let font = "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>".to_owned();
    check("words.pdf", &page(&words, "/F1 5 0 R", &[font]));
}

#[test]
fn filters_upon_filters_are_told() {
    for filters in ["/ASCIIHexDecode".repeat(9), "/Crypt".repeat(100_000)] {
        let content = stream("00>", &format!("/Filter[{filters}]"));
        let page = "<</Type/Page/Parent 2 0 R/Contents 4 0 R>>".to_owned();
        let file = pdf(&[
            "<</Type/Catalog/Pages 2 0 R>>".to_owned(),
            "<</Type/Pages/Kids[3 0 R]/Count 1>>".to_owned(),
            page,
            content,
        ]);
        let reading = read_file("filters.pdf", &file, &Budget::default());
        assert!(!reading.problems.is_empty());
    }
}
