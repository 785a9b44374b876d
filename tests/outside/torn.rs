//! What other programs still find where a file or a message is torn: archives
//! behind other bytes, bodies without their header, pages whose elements do not
//! end. The classes were found by `tests/full/mutations`.

use std::fs;
use std::io::{Cursor, Write};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use exeat::extract::{Budget, Protection, Reading, read_message};
use exeat::finding::ProblemKind;

use crate::bombs::{borrowed, member, zip};
use crate::broken::{read, says, tells};
use crate::support::school::fixtures;
use crate::swept::utf_16;

fn fixture(name: &str) -> Vec<u8> {
    fs::read(fixtures().join(name)).expect("the fixtures are there")
}

#[track_caller]
fn is_silent(reading: &Reading, words: &str) {
    let texts: Vec<&str> = reading
        .texts
        .iter()
        .map(|text| text.text.as_str())
        .collect();
    assert!(!texts.iter().any(|text| text.contains(words)), "{texts:?}");
}

#[test]
fn archives_behind_other_bytes_are_read() {
    const GIF: &[u8] = b"GIF89a\x01\0\x01\0\0\0\0;";
    for name in [
        "archives/arm.7z",
        "archives/list.csv.bz2",
        "archives/list.csv.zst",
        "archives/list.tar",
        "archives/posix.tar.gz",
        "rar/rar50.rar",
        "rar/rar40.rar",
        "archives/python-deflated.zip",
    ] {
        let archive = fixture(&format!("corpus/{name}"));
        for front in [
            GIF,
            &GIF.repeat(40),
            b"{\\rtf1 ",
            b"\xff\xd8\xff\xe0\0\x10JFIF\0",
        ] {
            let reading = read("photo.gif", &[front, &archive].concat());
            let found = reading
                .texts
                .iter()
                .any(|text| text.text.contains("Oyin Bello"));
            assert!(
                found || !reading.problems.is_empty(),
                "{name} behind {front:?}"
            );
        }
        says(&read("photo.gif", &[GIF, &archive].concat()), "Oyin Bello");
    }
    // Text, too: browsers look for the first tag.
    let page = [
        GIF,
        b"<?xml version=\"1.0\"?><html><p>Zoe was late</p></html>",
    ]
    .concat();
    says(&read("page.html", &page), "Zoe was late");
    // Its directory is cut off: some programs do without.
    let archive = fixture("corpus/archives/python-deflated.zip");
    let reading = read("photo.gif", &[GIF, &archive[..archive.len() - 60]].concat());
    says(&reading, "Oyin Bello");
    tells(&reading, ProblemKind::Damaged);
}

#[test]
fn pictures_are_only_pictures() {
    for name in ["meadow.jpg", "badge.png", "screen.png", "writer.rtf"] {
        let reading = read(name, &fixture(&format!("documents/{name}")));
        assert_eq!(reading.attachments.len(), 1, "{name}");
        let hidden = reading
            .problems
            .iter()
            .any(|problem| problem.kind == ProblemKind::Hostile);
        assert!(!hidden, "{name}: {:?}", reading.problems);
    }
}

#[test]
fn a_photographs_words_are_found_behind_other_bytes() {
    let photo = fixture("corpus/pictures/commented.jpg");
    says(&read("photo.jpg", &photo), "Oyin Bello");
    let empty_zip = [&b"PK\x05\x06"[..], &[0; 18]].concat();
    for front in [
        &b"\xff\xd8\xff\xe0\0\x10JFIF\0"[..],
        b"\xff\xd8\xff\xff\0",
        &empty_zip,
        &empty_zip.repeat(3),
    ] {
        says(&read("photo.jpg", &[front, &photo].concat()), "Oyin Bello");
    }
}

#[test]
fn texts_in_units_of_four_bytes_are_told_apart_like_others() {
    let wide = |text: &str| -> Vec<u8> {
        let units = text.chars().flat_map(|c| u32::from(c).to_le_bytes());
        [0xff, 0xfe, 0, 0].into_iter().chain(units).collect()
    };
    let signed = fixture("corpus/sealed/signed-in-body.eml");
    let signed = String::from_utf8(signed).expect("a text");
    says(&read("a.eml", &wide(&signed)), "Oyin Bello");
    says(
        &read("a.csv", &wide("Name,Form\nZoë,7B\nJo,8A\n")),
        "Zoë\t7B",
    );
    says(
        &read("a.html", &wide("<html><p>Zoë was late</p></html>")),
        "Zoë was late",
    );
    let big: Vec<u8> = "Zoë"
        .chars()
        .flat_map(|c| u32::from(c).to_be_bytes())
        .collect();
    says(
        &read("a.txt", &[&[0, 0, 0xfe, 0xff][..], &big].concat()),
        "Zoë",
    );
}

#[test]
fn a_saved_message_has_lines_whatever_ends_them() {
    for end in ["\r\n", "\n", "\r"] {
        let lines = [
            "From: a@b.example",
            "To: c@d.example",
            "Subject: x",
            "MIME-Version: 1.0",
            "Content-Type: text/html",
            "Content-Transfer-Encoding: base64",
            "",
            "PHA+Wm9lIHdhcyBsYXRlPC9wPg==",
            "",
        ];
        says(&read("a.eml", lines.join(end).as_bytes()), "Zoe was late");
    }
}

#[test]
fn a_packed_body_needs_no_empty_line_before_it() {
    let packed = STANDARD.encode("Name,Form\r\nZoe,7B\r\n");
    let part = "Content-Type: application/octet-stream; name=list.csv\r\n\
                Content-Transfer-Encoding: base64\r\n";
    let fields = "From: a@b.example\r\nTo: c@d.example\r\nSubject: x\r\nMIME-Version: 1.0\r\n";
    for gap in ["\r\n", ""] {
        let message = format!("{fields}{part}{gap}{packed}\r\n");
        says(
            &read_message(message.as_bytes(), &Budget::default()),
            "Zoe\t7B",
        );
        let message = format!(
            "{fields}Content-Type: multipart/mixed; boundary=b\r\n{gap}--b\r\n{part}{gap}{packed}\r\n--b--\r\n"
        );
        says(
            &read_message(message.as_bytes(), &Budget::default()),
            "Zoe\t7B",
        );
    }
    // A field that is broken is no beginning of the body.
    let message = format!("{fields}{part}by c.example (1:2)\r\n\r\n{packed}\r\n");
    let reading = read_message(message.as_bytes(), &Budget::default());
    says(&reading, "Zoe\t7B");
    assert_eq!(reading.attachments.len(), 1);
}

#[test]
fn a_body_is_what_it_is_without_a_header_that_says_so() {
    let signed = fixture("corpus/sealed/signed-opaque.eml");
    let signed = String::from_utf8(signed).expect("a text");
    let body = signed
        .split_once("\n\n")
        .or(signed.split_once("\r\n\r\n"))
        .expect("a body")
        .1;
    let inner = format!(
        "Subject: Today\r\nMIME-Version: 1.0\r\nContent-Type: text/plain\r\n\
         Content-Transfer-Encoding: base64\r\n\r\n{}\r\n",
        STANDARD.encode("Oyin Bello was late.")
    );
    let fields = "From: a@b.example\r\nTo: c@d.example\r\nSubject: x\r\n\r\n";
    for body in [body, &inner] {
        let message = format!("{fields}{body}");
        says(
            &read_message(message.as_bytes(), &Budget::default()),
            "Oyin Bello",
        );
    }
    // What a person copies from another mail stays words of this one.
    let quoted = "From: a@b.example\r\nTo: c@d.example\r\nSubject: Trip\r\n\r\nSee you.\r\n";
    let message = format!("{fields}{quoted}");
    let reading = read_message(message.as_bytes(), &Budget::default());
    assert_eq!(reading.attachments, []);
}

#[test]
fn what_is_missing_in_a_saved_outlook_message_is_told() {
    let file = fixture("corpus/outlook/forwarded.msg");
    let name = |text: &str| -> Vec<u8> { text.encode_utf16().flat_map(u16::to_le_bytes).collect() };
    let whole = read("a.msg", &file);
    assert_eq!(whole.problems, []);
    for (from, to) in [
        ("__substg1.0_3701000D", "__substg2.0_3701000D"),
        ("__substg1.0_37010102", "__substh1.0_37010102"),
        ("__attach_version1.0_", "__attach_version2.0_"),
    ] {
        let (from, to) = (name(from), name(to));
        let at = memchr::memmem::rfind(&file, &from).expect("a name in the directory");
        let torn = [&file[..at], &to, &file[at + from.len()..]].concat();
        tells(&read("a.msg", &torn), ProblemKind::Damaged);
    }
}

#[test]
fn pages_are_read_behind_elements_that_do_not_end() {
    let signed = String::from_utf8(fixture("corpus/sealed/signed-in-body.eml"));
    let signed = signed.expect("a text");
    let page = format!("<html><pre>{signed}</pre></html>");
    says(&read("a.html", page.as_bytes()), "Oyin Bello");
    for open in [
        "<title>",
        "<style>p {",
        "<script>x",
        "<TITLE>",
        "<style/>",
        "<noscript>",
    ] {
        let page = format!("<html><head>{open}</head><body><p>Zoe was late</p></body></html>");
        says(&read("a.html", page.as_bytes()), "Zoe was late");
        let twice = format!("<html><style></style>{open}<p><title>Zoe was late</p>");
        says(&read("a.html", twice.as_bytes()), "Zoe was late");
    }
    let page = "<html><style>p { Zoe was late }</style><p>Nothing</p></html>";
    let reading = read("a.html", page.as_bytes());
    says(&reading, "Nothing");
    is_silent(&reading, "Zoe");
}

#[test]
fn a_document_without_its_list_of_types_is_one() {
    let body = "<w:document><w:p><w:r><w:t>Wren </w:t></w:r><w:r><w:t>Tallow</w:t></w:r></w:p></w:document>";
    let parts = [
        member("word/_rels/n93.xml.rels", b"<Relationships/>"),
        member("word/n93.xml", body.as_bytes()),
    ];
    says(&read("a.docx", &zip(&borrowed(&parts))), "Wren Tallow");
}

#[test]
fn a_sheet_that_ends_within_a_row_is_read_and_told() {
    let row = "<row><c t=\"inlineStr\"><is><t>Zoe</t></is></c>\
               <c t=\"inlineStr\"><is><t>7B</t></is></c>";
    let book = "<workbook><sheets><sheet name=\"A\" sheetId=\"1\"/></sheets></workbook>";
    for (end, whole) in [
        ("</row></sheetData></worksheet>", true),
        ("</row>", false),
        ("", false),
    ] {
        let sheet = format!("<worksheet><sheetData>{row}{end}");
        let parts = [
            member("[Content_Types].xml", b"<Types/>"),
            member("xl/workbook.xml", book.as_bytes()),
            member("xl/worksheets/sheet1.xml", sheet.as_bytes()),
        ];
        let reading = read("list.xlsx", &zip(&borrowed(&parts)));
        says(&reading, "Zoe\t7B");
        assert_eq!(reading.problems.is_empty(), whole, "{end}");
    }
}

#[test]
fn a_page_is_read_behind_a_tag_that_does_not_end() {
    for torn in [
        "<p title=\"Zoe was late",
        "<p class='x' title='Zoe was late</p><p>And again</p>",
        "<p lang=\"en\" title = \"x><b>Zoe was late</b>",
    ] {
        let page = format!("<html><p>Before</p>{torn}");
        let reading = read("a.html", page.as_bytes());
        says(&reading, "Before");
        says(&reading, "Zoe was late");
    }
    let reading = read("a.html", b"<html><p class=\"Zoe\">Before</p></html>");
    is_silent(&reading, "Zoe");
}

#[test]
fn parts_are_found_though_they_are_said_to_be_packed() {
    let parts = "--b\r\nContent-Type: text/plain\r\n\r\nZoe was late.\r\n--b--\r\n";
    for (encoding, body) in [
        ("base64", parts.to_owned()),
        ("quoted-printable", parts.to_owned()),
        ("7bit", parts.to_owned()),
        ("base64", STANDARD.encode(parts)),
    ] {
        let message = format!(
            "From: a@b.example\r\nMIME-Version: 1.0\r\nContent-Transfer-Encoding: {encoding}\r\n\
             Content-Type: multipart/mixed; boundary=b\r\n\r\n{body}\r\n"
        );
        let reading = read_message(message.as_bytes(), &Budget::default());
        says(&reading, "Zoe was late.");
    }
}

#[test]
fn a_sheet_is_one_wherever_it_lies() {
    let strings = "<sst><si><t>Zoe</t></si><si><t>7B</t></si></sst>";
    let sheet = "<worksheet xmlns=\"x\"><sheetData><row><c t=\"s\"><v>0</v></c>\
                 <c t=\"s\"><v>1</v></c></row></sheetData></worksheet>";
    for name in [
        "xl/worksheets/sheet1.xml",
        "../xl/worksheets/sheet1.xml",
        "xl/n1.xml",
        "n1.xml",
    ] {
        let parts = [
            member("[Content_Types].xml", b"<Types/>"),
            member("xl/workbook.xml", b"<workbook/>"),
            member("xl/sharedStrings.xml", strings.as_bytes()),
            member(name, sheet.as_bytes()),
        ];
        says(&read("list.xlsx", &zip(&borrowed(&parts))), "Zoe\t7B");
    }
}

#[test]
fn one_row_alone_is_no_tables_heading() {
    for (name, text, is_table) in [
        ("list.csv", "Name,Form\nZoe,7B\n", true),
        ("list.csv", "Zoe,7B,late\n", false),
        ("list.tsv", "Zoe\t7B\tlate", false),
    ] {
        let reading = read(name, text.as_bytes());
        let table = reading.texts.iter().any(|text| text.table);
        assert_eq!(table, is_table, "{text}");
        says(&reading, "Zoe\t7B");
    }
}

#[test]
fn two_parts_of_one_name_are_told_of() {
    let sheet = "<worksheet xmlns=\"x\"><sheetData><row><c t=\"s\"><v>0</v></c></row></sheetData></worksheet>";
    let strings = "<sst><si><t>Zoe</t></si></sst>";
    for (second, alike) in [("<x/>", false), (strings, true)] {
        let parts = [
            member("[Content_Types].xml", b"<Types/>"),
            member("xl/workbook.xml", b"<workbook/>"),
            member("xl/worksheets/sheet1.xml", sheet.as_bytes()),
            member("xl/sharedStrings.xml", second.as_bytes()),
            member("xl/sharedStrings.xml", strings.as_bytes()),
        ];
        let reading = read("list.xlsx", &zip(&borrowed(&parts)));
        assert_eq!(reading.problems.is_empty(), alike, "{:?}", reading.problems);
    }
}

#[test]
fn a_zip_of_no_known_strength_is_not_protected() {
    let file = fixture("documents/aes.zip");
    assert_eq!(
        read("a.zip", &file).attachments[0].protection,
        Protection::Protected
    );
    // Behind the extra field's length and version, and the maker's two letters.
    let fields: Vec<usize> = memchr::memmem::find_iter(&file, b"\x01\x99\x07\0").collect();
    for strength in [0, 4, 255] {
        let mut torn = file.clone();
        for field in &fields {
            torn[field + 8] = strength;
        }
        let reading = read("a.zip", &torn);
        assert_ne!(
            reading.attachments[0].protection,
            Protection::Protected,
            "{strength}"
        );
        assert!(!reading.problems.is_empty(), "{strength}");
    }
}

/// A damaged directory calls a stream by another name, and anybody can add one:
/// the document's own program shows neither.
#[test]
fn streams_that_no_program_looks_for_are_read() {
    for name in ["writer/letter.doc", "calc/list.xls", "impress/assembly.ppt"] {
        let file = Cursor::new(fixture(&format!("corpus/{name}")));
        let mut compound = cfb::CompoundFile::open(file).expect("a sound document");
        let words = "Maisie Holdsworth is on the register of children in care";
        compound.create_storage("Item").expect("memory takes all");
        for (path, bytes) in [("Note", utf_16(words)), ("Item/1", words.into())] {
            let mut stream = compound.create_stream(path).expect("memory takes all");
            stream.write_all(&bytes).expect("memory takes all");
        }
        let reading = read(name, &compound.into_inner().into_inner());
        let found = reading
            .texts
            .iter()
            .filter(|text| text.text.contains(words));
        assert!(found.clone().all(|text| text.hidden), "{name}");
        assert_eq!(found.count(), 2, "{name}: {:?}", reading.texts);
    }
}

#[test]
fn pictures_of_a_renamed_stream_are_seen() {
    let file = fixture("corpus/illustrated/slides.ppt");
    let (name, other) = (utf_16("Pictures"), utf_16("Pictured"));
    let at = file.windows(name.len()).position(|part| part == name);
    let at = at.expect("it has pictures");
    let renamed = [&file[..at], &other, &file[at + name.len()..]].concat();
    let pictures = |file: &[u8]| read("slides.ppt", file).pictures.len();
    assert!(pictures(&file) > 1);
    assert_eq!(pictures(&renamed), pictures(&file));
}
