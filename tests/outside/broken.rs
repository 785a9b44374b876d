//! Files broken in ways that leave them readable for some programs: what those
//! show is read, or told as missing. The classes were found by
//! `tests/full/mutations`.

use std::fs;

use exeat::extract::{Budget, Protection, Reading, read_file};
use exeat::finding::ProblemKind;

use crate::bombs::{borrowed, member, zip};
use crate::support::school::fixtures;

pub(crate) fn read(name: &str, bytes: &[u8]) -> Reading {
    read_file(name, bytes, &Budget::default())
}

/// A sample document, with its first `from` replaced by `to`.
fn changed(name: &str, from: &str, to: &str) -> Vec<u8> {
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
fn what_a_pdf_names_and_has_not_is_told() {
    for (file, from, to) in [
        // A page that is no object, one that is not there, one of no known kind.
        ("owner-only.pdf", "/Trans << >>", "/Trans << {R"),
        ("letter.pdf", "/Kids [ ", "/Kids [ 99 0 R "),
        // Streams without their length, with another filter, spelt wrongly.
        ("letter.pdf", "/Length 250", "/Lengxh 250"),
        ("letter.pdf", "/FlateDecode", "/FlateDecodx"),
        ("letter.pdf", "endstream", "\u{1}endstream"),
        // A font that is not there.
        ("letter.pdf", "/Font 1 0 R", "/Font 99 0 R"),
        // Its codes' meanings, which are not there.
        ("writer.pdf", "/ToUnicode ", "/ToUnicode 99"),
        // An encryption that says nothing of itself.
        ("owner-only.pdf", "/Encrypt 10 0 R", "/Encrypt 99 0 R"),
    ] {
        let reading = read(file, &changed(file, from, to));
        let is_told = !reading.problems.is_empty();
        assert!(
            is_told,
            "{file} with {to:?} is told of: {:?}",
            reading.texts
        );
        assert_ne!(
            reading.attachments[0].protection,
            Protection::Protected,
            "{to}"
        );
    }
    for file in [
        "letter.pdf",
        "owner-only.pdf",
        "writer.pdf",
        "form.pdf",
        "blank.pdf",
    ] {
        let reading = read(file, &changed(file, "%PDF-", "%PDF-"));
        assert_eq!(reading.problems, [], "{file}");
    }
}

#[test]
fn a_stream_that_is_not_packed_is_read() {
    let page = "BT /F1 12 Tf (Zoe was late) Tj ET";
    for filter in ["", "/Filter []", "/Filter null"] {
        let file = format!(
            "%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n\
             2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n\
             3 0 obj<</Type/Page/Parent 2 0 R/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>endobj\n\
             4 0 obj<</Length {}{filter}>>stream\n{page}\nendstream endobj\n\
             5 0 obj<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>endobj\n\
             trailer<</Root 1 0 R/Size 6>>\nstartxref\n0\n%%EOF\n",
            page.len()
        );
        says(&read("page.pdf", file.as_bytes()), "Zoe was late");
    }
}

#[test]
fn a_pdf_behind_another_files_first_bytes_is_read() {
    let letter = fs::read(fixtures().join("documents/letter.pdf")).expect("there");
    for front in ["{\\rtf1 ", "GIF89a\u{1}", "MZ", "\u{1}\n", ""] {
        let reading = read("letter.pdf", &[front.as_bytes(), &letter].concat());
        says(&reading, "Zoë Quillfeather");
    }
}

#[test]
fn a_pdf_in_a_zip_is_not_another_behind_it() {
    let letter = fs::read(fixtures().join("documents/letter.pdf")).expect("there");
    let reading = read(
        "letters.zip",
        &zip(&borrowed(&[member("letter.pdf", &letter)])),
    );
    says(&reading, "Zoë Quillfeather");
    assert_eq!(reading.problems, []);
    // The end of an empty zip, which hides nothing from a PDF's programs.
    let reading = read("letter.pdf", &[&zip(&[])[..], &letter].concat());
    says(&reading, "Zoë Quillfeather");
    tells(&reading, ProblemKind::Hostile);
}

#[test]
fn a_pdf_without_its_first_line_is_read() {
    for front in ["", "%PD", "\u{feff}0000000000 65535 f"] {
        let bytes = changed("letter.pdf", "%PDF-1.3", front);
        let reading = read("letter.pdf", &bytes);
        says(&reading, "Zoë Quillfeather");
        tells(&reading, ProblemKind::Damaged);
    }
    for words in [
        "An object ends at endobj, and its stream at endstream.",
        "1 0 obj is how an object begins.",
        "12 0 objections\nendobj",
    ] {
        let reading = read("note.txt", words.as_bytes());
        says(&reading, words);
        assert_eq!(reading.problems, [], "{words}");
    }
}

#[test]
fn a_pdf_is_protected_only_by_a_sound_encryption() {
    // The length of the key, which is not asked for in this version.
    for length in ["/Length 6  ", "/Length 16 ", "/Length 128", "/Lengxh 256"] {
        let bytes = changed("owner-only.pdf", "/Length 256", length);
        let reading = read("letter.pdf", &bytes);
        assert_eq!(
            reading.attachments[0].protection,
            Protection::Open,
            "{length}"
        );
        says(&reading, "Quillfeather");
    }
    // What programs pass over, or mend.
    for (from, to) in [
        ("/Perms <7d08", "/Perms <7d\0\0"),
        ("/Perms <", "/Pexms <"),
        ("/OE <", "/OX <"),
        ("/V 5", "/V 9"),
        ("/P -4", "/P ()"),
    ] {
        let reading = read("letter.pdf", &changed("owner-only.pdf", from, to));
        assert!(!reading.problems.is_empty(), "{to}");
        let protection = reading.attachments[0].protection;
        assert_ne!(protection, Protection::Protected, "{to}");
    }
    let padded = fs::read(fixtures().join("corpus/pdf/reportlab-aes-256.pdf")).expect("there");
    let bytes = fs::read(fixtures().join("corpus/pdf/qpdf-r6-user.pdf")).expect("there");
    let at = memchr::memmem::find(&bytes, b"/Length 256").expect("a length");
    let wrong = [&bytes[..at], b"/Length 6  ", &bytes[at + 11..]].concat();
    for bytes in [bytes, wrong, padded] {
        let reading = read("letter.pdf", &bytes);
        assert_eq!(reading.attachments[0].protection, Protection::Protected);
        assert_eq!(reading.problems, []);
    }
}

#[test]
fn pages_are_read_of_a_pdf_that_encrypts_only_strings() {
    let zeros = "00".repeat(32);
    let file = |encryption: &str| {
        let page = "BT /F1 12 Tf (Zoe was late) Tj ET";
        format!(
            "%PDF-1.6\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n\
             2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n\
             3 0 obj<</Type/Page/Parent 2 0 R/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>endobj\n\
             4 0 obj<</Length {}>>stream\n{page}\nendstream endobj\n\
             5 0 obj<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>endobj\n\
             6 0 obj<</Filter/Standard/V 4/R 4/P -4/O<{zeros}>/U<{zeros}>{encryption}\
             /CF<</StdCF<</CFM/AESV2/AuthEvent/EFOpen/Length 16>>>>>>endobj\n\
             trailer<</Root 1 0 R/Size 7/Encrypt 6 0 R/ID[<01><01>]>>\nstartxref\n0\n%%EOF\n",
            page.len()
        )
    };
    for only in ["/StmF/Identity/StrF/StdCF", "/EFF/StdCF/StrF/StdCF"] {
        let reading = read("letter.pdf", file(only).as_bytes());
        says(&reading, "Zoe was late");
        assert_eq!(reading.attachments[0].protection, Protection::Weak);
    }
    let reading = read("letter.pdf", file("/StmF/StdCF/StrF/StdCF").as_bytes());
    assert_eq!(reading.texts.len(), 1, "no more than the file's name");
    assert_eq!(reading.attachments[0].protection, Protection::Protected);
}

#[test]
fn letters_without_a_meaning_are_owed_unless_they_are_few() {
    let page = |shown: &str| {
        let map = "1 beginbfchar <41> <0041> endbfchar 1 beginbfchar <20> <0020> endbfchar";
        let content = format!("BT /F1 12 Tf ({shown}) Tj ET");
        format!(
            "%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n\
             2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n\
             3 0 obj<</Type/Page/Parent 2 0 R/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>endobj\n\
             4 0 obj<</Length {}>>stream\n{content}\nendstream endobj\n\
             5 0 obj<</Type/Font/Subtype/TrueType/BaseFont/AAAAAA+Own/FirstChar 0/LastChar 65\
             /FontDescriptor 6 0 R/ToUnicode 7 0 R>>endobj\n\
             6 0 obj<</Type/FontDescriptor/FontName/AAAAAA+Own/Flags 4>>endobj\n\
             7 0 obj<</Length {}>>stream\n{map}\nendstream endobj\n\
             trailer<</Root 1 0 R/Size 8>>\nstartxref\n0\n%%EOF\n",
            content.len(),
            map.len()
        )
    };
    // Codes 1 and 2 mean nothing that is known.
    let much = page(&"A\\001A\\002 ".repeat(20));
    assert!(!read("page.pdf", much.as_bytes()).problems.is_empty());
    let little = page(&format!("\\001 {}", "AAAA ".repeat(20)));
    assert_eq!(read("page.pdf", little.as_bytes()).problems, []);
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
