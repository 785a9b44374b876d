//! Files broken in ways that leave them readable for some programs: what those
//! show is read, or told as missing. The classes were found by
//! `tests/full/mutations`.

use std::fs;

use exeat::extract::{Budget, Reading, read_file};
use exeat::finding::ProblemKind;

use crate::bombs::{borrowed, member, zip};
use crate::support::school::fixtures;

pub(crate) fn read(name: &str, bytes: &[u8]) -> Reading {
    read_file(name, bytes, &Budget::default())
}

/// A sample document, with its first `from` replaced by `to`.
pub(crate) fn changed(name: &str, from: &str, to: &str) -> Vec<u8> {
    let bytes = fs::read(fixtures().join("documents").join(name)).expect("the fixtures are there");
    let at = memchr::memmem::find(&bytes, from.as_bytes());
    let at = at.unwrap_or_else(|| panic!("{name} has no {from}"));
    [&bytes[..at], to.as_bytes(), &bytes[at + from.len()..]].concat()
}

#[track_caller]
pub(crate) fn says(reading: &Reading, words: &str) {
    let texts: Vec<&str> = reading
        .texts
        .iter()
        .map(|text| text.text.as_str())
        .collect();
    assert!(
        texts.iter().any(|text| text.contains(words)),
        "{words:?} is not in {texts:?}"
    );
}

#[track_caller]
pub(crate) fn tells(reading: &Reading, kind: ProblemKind) {
    let told = reading.problems.iter().any(|problem| problem.kind == kind);
    assert!(told, "{:?}", reading.problems);
}

#[test]
fn office_documents_are_read_whatever_their_parts_are_called() {
    let body = "<office:document-content><office:body><text:p>Zoe was late</text:p>\
                </office:body></office:document-content>";
    let kind = "application/vnd.oasis.opendocument.text";
    for name in ["content.xml", "n1.xml", "Content.XML", "sub/other.xml"] {
        let parts = [
            member("mimetype", kind.as_bytes()),
            member(name, body.as_bytes()),
        ];
        says(&read("note.odt", &zip(&borrowed(&parts))), "Zoe was late");
    }
    let rows = "<worksheet><sheetData><row><c r=\"A1\" t=\"inlineStr\"><is><t>Zoe</t></is></c>\
                <c r=\"B1\" t=\"inlineStr\"><is><t>7B</t></is></c></row></sheetData></worksheet>";
    let book = "<workbook><sheets><sheet name=\"A\" sheetId=\"1\"/></sheets></workbook>";
    let parts = [
        member("xl/workbook.xml", book.as_bytes()),
        member("xl/worksheets/sheet1.xml", rows.as_bytes()),
    ];
    let file = zip(&borrowed(&parts));
    says(&read("list.xlsx", &file), "Zoe\t7B");
    says(
        &read("list.xlsx", &[b"{\\rtf1 ", &file[..]].concat()),
        "Zoe\t7B",
    );
}

#[test]
fn xml_in_utf_16_without_a_mark_is_read() {
    let body =
        "<w:document><w:body><w:p><w:r><w:t>Zoe was late</w:t></w:r></w:p></w:body></w:document>";
    let wide: Vec<u8> = body.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let types = member("[Content_Types].xml", b"<Types/>");
    let parts = [types, member("word/document.xml", &wide)];
    says(&read("note.docx", &zip(&borrowed(&parts))), "Zoe was late");
}

#[test]
fn a_saved_message_is_read_in_whatever_shape_it_is() {
    let fields = "From: a@b.example\r\nTo: c@d.example\r\nSubject: x\r\nMIME-Version: 1.0\r\n";
    let plain = "Content-Type: text/plain; charset=utf-8\r\n";
    let whole = format!("{fields}{plain}\r\nZoe was late.\r\n");
    // The empty line is gone: the body begins all the same.
    says(
        &read(
            "a.eml",
            format!("{fields}{plain}Zoe was late.\r\n").as_bytes(),
        ),
        "Zoe was late.",
    );
    says(
        &read(
            "a.eml",
            format!("{fields}Zoe, UPN: 9\r\n{plain}").as_bytes(),
        ),
        "Zoe, UPN: 9",
    );
    // Saved in UTF-16, with a mark and without.
    let wide = |mark: &str, text: &str| -> Vec<u8> {
        let text = format!("{mark}{text}");
        text.encode_utf16().flat_map(u16::to_le_bytes).collect()
    };
    says(&read("a.eml", &wide("\u{feff}", &whole)), "Zoe was late.");
    says(&read("a.eml", &wide("", &whole)), "Zoe was late.");
    let mailbox = format!("From a@b.example Mon\r\n{whole}\r\nFrom a@b.example Mon\r\n{whole}");
    says(
        &read("a.mbox", &wide("\u{feff}", &mailbox)),
        "Zoe was late.",
    );
    // A charset that it is not in.
    says(
        &read("a.eml", whole.replace("utf-8", "utf-16").as_bytes()),
        "Zoe was late.",
    );
}

#[test]
fn a_message_with_all_its_fields_has_nothing_among_them() {
    let message = "From a@b.example Mon\r\nFrom: a@b.example\r\nTo : c@d.example\r\n\
                   Subject: a\r\n folded\r\n\tsubject\r\nMIME-Version: 1.0\r\nX:\r\n\r\nBody\r\n";
    let reading = read("a.eml", message.as_bytes());
    let among = reading
        .texts
        .iter()
        .find(|text| text.location.as_str().contains("among"));
    assert_eq!(among, None);
}

#[test]
fn a_table_called_one_is_one() {
    let uneven = "Notes of the day\nName;Form\n\"Zoe\";7B;late;again\n";
    says(&read("list.csv", uneven.as_bytes()), "Zoe\t7B\tlate\tagain");
    says(
        &read("list.txt", uneven.as_bytes()),
        "\"Zoe\";7B;late;again",
    );
    says(&read("list.csv", b"one, two"), "one\ttwo");
    says(
        &read("list.csv", b"nothing of the kind"),
        "nothing of the kind",
    );
}

#[test]
fn a_word_document_shorter_than_it_counts_is_told() {
    let file = fs::read(fixtures().join("documents/word97.doc")).expect("there");
    let honest = read("trip.doc", &file);
    assert_eq!(honest.problems, []);
    // `ccpText` ([MS-DOC] 2.5.5), behind the header of the first stream.
    let start = file
        .windows(2)
        .position(|mark| mark == [0xec, 0xa5])
        .expect("a header");
    let mut longer = file.clone();
    longer[start + 0x4c..start + 0x50].copy_from_slice(&90_000_u32.to_le_bytes());
    tells(&read("trip.doc", &longer), ProblemKind::Damaged);
}
