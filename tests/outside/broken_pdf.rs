//! PDFs broken in ways that leave them readable for some programs, which mend
//! what they find: what those show is read, or told as missing.

use std::fs;

use exeat::extract::Protection;
use exeat::finding::ProblemKind;

use crate::bombs::{borrowed, member, zip};
use crate::broken::{changed, read, says, tells};
use crate::support::school::fixtures;

fn corpus(name: &str) -> Vec<u8> {
    fs::read(fixtures().join("corpus/pdf").join(name)).expect("the fixtures are there")
}

/// A file of the corpus, with its last `from` replaced by `to`.
fn with_last(name: &str, from: &str, to: &str) -> Vec<u8> {
    let bytes = corpus(name);
    let at = memchr::memmem::rfind(&bytes, from.as_bytes());
    let at = at.unwrap_or_else(|| panic!("{name} has no {from}"));
    [&bytes[..at], to.as_bytes(), &bytes[at + from.len()..]].concat()
}

/// The same with the first.
fn with_first(name: &str, from: &str, to: &str) -> Vec<u8> {
    let bytes = corpus(name);
    let at = memchr::memmem::find(&bytes, from.as_bytes());
    let at = at.unwrap_or_else(|| panic!("{name} has no {from}"));
    [&bytes[..at], to.as_bytes(), &bytes[at + from.len()..]].concat()
}

#[test]
fn a_later_version_is_read_whatever_the_tables_say() {
    // The update is found where only the end of the file is damaged.
    for (from, to) in [
        ("%%EOF", "x"),
        ("%%EOF", ""),
        ("%%EOF", "%\0\0\0\0"),
        ("startxref\n2044", "startxref\n1044"),
        ("startxref\n2044", "startxref\n9"),
        ("startxref\n2044", "startxref\n999999999999"),
        ("startxref\n2044", "startxref"),
        ("startxref\n2044", ""),
        ("/Prev 1044", "/Prev 104"),
    ] {
        let reading = read("note.pdf", &with_last("updated.pdf", from, to));
        says(&reading, "UPN Q999201419178");
    }
    // Programs differ in what they find of these.
    for file in [
        with_last("updated.pdf", "3 0 obj", "3 9223372036854775807 obj"),
        with_last("updated.pdf", "3 0 obj", "3 0 ocj"),
        with_first("updated.pdf", "endstream", ""),
        with_first(
            "updated.pdf",
            "endobj\nxref",
            "endobj\nxrefndstream\nendobj\nxref",
        ),
    ] {
        tells(&read("note.pdf", &file), ProblemKind::Damaged);
    }
}

#[test]
fn what_all_programs_read_alike_is_no_problem() {
    let letter = corpus("letter.pdf");
    for file in [
        corpus("updated.pdf"),
        corpus("removed.pdf"),
        corpus("qpdf-linearised.pdf"),
        corpus("qpdf-object-streams.pdf"),
        corpus("damaged-xref.pdf"),
        [b"From the copier\r\n", &letter[..]].concat(),
        [&letter[..], b"\n\n  \0\0"].concat(),
        with_last("letter.pdf", "startxref\n", "startxref\n1"),
        // A table that is off by one, as some programs wrote it.
        with_last(
            "letter.pdf",
            "0 8\n0000000000 65535 f",
            "1 8\n0000000000 65535 f",
        ),
    ] {
        let reading = read("letter.pdf", &file);
        assert_eq!(reading.problems, []);
        let mut texts: Vec<&str> = reading
            .texts
            .iter()
            .map(|text| text.text.as_str())
            .collect();
        let all = texts.len();
        texts.sort_unstable();
        texts.dedup();
        assert_eq!(texts.len(), all, "nothing is said twice: {texts:?}");
    }
}

#[test]
fn what_could_not_be_read_of_a_pdf_is_told() {
    for (file, from, to) in [
        // A form's field, a table of letters: objects that make no sense.
        ("fields.pdf", "/FT /Tx", "`/FT /Tx"),
        ("fields.pdf", "/V (Q999201419178)", "/V (Q999201419178"),
        ("fields.pdf", "/Differences [", "/Differences [ ("),
        // Lengths that are gone, in the clear and under a cipher.
        ("form-object.pdf", "/Length ", "/Lexgth "),
        (
            "qpdf-r4-aes-owner.pdf",
            "/Length 192 /Filter",
            "/Lexgth 192 /Filter",
        ),
        // A digit of a page's packed text.
        ("columns.pdf", "~>endstream", "!!!!!!~>endstream"),
    ] {
        let reading = read("letter.pdf", &with_first(file, from, to));
        tells(&reading, ProblemKind::Damaged);
    }
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
        "A stream is written so:\n4 0 obj\n<< /Length 9 /Filter /FlateDecode >>\nstream\n\
         ...\nendstream\nendobj\nand the last line is %%EOF.",
        "The least PDF:\n1 0 obj\n<< /Type /Catalog /Pages 2 0 R >>\nendobj\n2 0 obj\n\
         << /Type /Pages /Kids [3 0 R] /Count 1 >>\nendobj\n3 0 obj\n\
         << /Type /Page /Parent 2 0 R /Contents 4 0 R >>\nendobj\n4 0 obj\n<< /Length 15 >>\n\
         stream\nBT (Hello) Tj ET\nendstream\nendobj\ntrailer\n<< /Root 1 0 R /Size 5 >>",
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
