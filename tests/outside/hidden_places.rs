//! Places in documents that their programs do not show: each is read, named
//! as a person would name it, and marked; what is shown is not.

use exeat::extract::{Budget, Reading, read_file};

use crate::bombs::{deflated, zip};
use crate::documents::{check, document, read};

#[test]
fn slides_are_numbered_as_they_are_shown() {
    let reading = read("assembly.pptx");
    for (place, hidden, expected) in [
        ("slide 1", false, "Welcome to assembly"),
        ("slide 2", false, "Prizes for Zoë Quillfeather"),
        ("slide 3 (hidden)", true, "Oban Marsh is excluded"),
        (
            "slide left out of the presentation, hidden",
            true,
            "Wren Tallow has left",
        ),
        ("notes of slide 2", true, "Tilly Fennimore comes second"),
        ("comments on slide 3", false, "Ask the mother"),
    ] {
        let place = format!("assembly.pptx › {place}");
        check(&reading, &place, hidden, expected);
    }
    assert_eq!(reading.problems, []);
    let shown: Vec<&str> = reading
        .texts
        .iter()
        .filter_map(|text| text.location.as_str().split(" › slide ").nth(1))
        .collect();
    assert_eq!(shown[..3], ["1", "2", "3 (hidden)"]);
}

#[test]
fn slides_of_open_documents_are_numbered() {
    let reading = read("assembly.odp");
    for (place, hidden, expected) in [
        ("slide 1", false, "Welcome to assembly"),
        ("notes of slide 1", true, "Tilly Fennimore comes second"),
        ("slide 2 (hidden)", true, "Oban Marsh is excluded"),
    ] {
        let place = format!("assembly.odp › {place}");
        check(&reading, &place, hidden, expected);
    }
    assert_eq!(reading.problems, []);
}

#[test]
fn workbooks_show_what_their_programs_do_not() {
    let reading = read("marks.xlsx");
    for (place, hidden, expected) in [
        (
            "sheet \"9B\"",
            false,
            "Name\tMark\nZoë Quillfeather\tA\n\nTilly Fennimore\tB",
        ),
        (
            "sheet \"9B\" (hidden rows or columns)",
            true,
            "Name\tMark\tReason\n\nOban Marsh\tC\nTilly Fennimore\tB\till",
        ),
        (
            "sheet \"9B\" › header and footer",
            false,
            "For A Teacher\nPage",
        ),
        ("defined names, hidden", true, "Excluded\t\"Wren Tallow\""),
        ("custom XML, hidden", true, "Wren Tallow"),
        (
            "copy of another workbook's data, hidden › sheet \"SEN\"",
            true,
            "Name\tNeed\n\nOban Marsh\tdyslexia",
        ),
        (
            "chart's hidden copy of the data › values",
            true,
            "\nZoë Quillfeather\t71\nOban Marsh\t48",
        ),
    ] {
        let place = format!("marks.xlsx › {place}");
        check(&reading, &place, hidden, expected);
    }
    let comments: Vec<&str> = reading
        .texts
        .iter()
        .filter(|text| text.location.as_str() == "marks.xlsx › sheet \"9B\" › comments")
        .map(|text| text.text.trim())
        .collect();
    assert_eq!(
        comments,
        ["A Teacher\nSees the nurse", "Ask her mother"],
        "old and threaded"
    );
    assert_eq!(reading.problems, []);
}

#[test]
fn binary_workbooks_are_read_with_their_hidden_sheets() {
    let reading = read("register.xlsb");
    assert_eq!(reading.attachments[0].kind, "xlsb");
    let rows = "Name\tForm\tDate of birth\tMark\tBoarder\nZoë Quillfeather\t7B\t03/09/2014\t71.5\tTRUE\nOban Marsh\t8A\t21/01/2013\t48.25\tFALSE";
    for (place, hidden, expected) in [
        ("sheet \"Y7\"", false, rows),
        ("sheet \"SEN\" (hidden)", true, "Oban Marsh\tdyslexia"),
        ("sheet \"Old\" (hidden)", true, "Wren Tallow\tleft"),
    ] {
        let place = format!("register.xlsb › {place}");
        check(&reading, &place, hidden, expected);
    }
    assert!(reading.texts.iter().skip(1).all(|text| text.table));
    assert_eq!(reading.problems, []);
}

#[test]
fn binary_workbooks_show_what_is_folded_up_and_said_of_it() {
    let reading = read("folded.xlsb");
    for (place, hidden, expected) in [
        ("sheet \"9B\"", false, "Name\t\tMark\nZoë Quillfeather\t\tA"),
        (
            "sheet \"9B\" (hidden rows or columns)",
            true,
            "Name\tReason\tMark\nZoë Quillfeather\till\tA\nOban Marsh\taway\tC",
        ),
        (
            "sheet \"9B\" › comments",
            false,
            "A Teacher\nSees the nurse",
        ),
    ] {
        let place = format!("folded.xlsb › {place}");
        check(&reading, &place, hidden, expected);
    }
    assert_eq!(reading.problems, []);
}

#[test]
fn forms_show_what_they_offer() {
    let reading = read("form.docx");
    check(&reading, "form.docx", false, "Pupil: Zoë Quillfeather");
    for (place, expected) in [
        (
            "(choices of form fields, hidden)",
            "Zoë Quillfeather\nOban Marsh",
        ),
        ("building blocks, hidden", "Wren Tallow is excluded."),
    ] {
        check(&reading, &format!("form.docx › {place}"), true, expected);
    }
    assert_eq!(reading.problems, []);
}

/// Cuts and flipped bytes: never a panic, and never silence where text was
/// lost.
#[test]
fn damaged_documents_with_hidden_places_are_told() {
    let all = |reading: &Reading| -> String {
        let texts = reading.texts.iter();
        texts.map(|text| format!("{}\n", text.text)).collect()
    };
    for name in ["assembly.pptx", "marks.xlsx", "register.xlsb"] {
        let bytes = document(name);
        let whole = all(&read(name));
        for tenths in 1..10 {
            let cut = &bytes[..bytes.len() * tenths / 10];
            let reading = read_file(name, cut, &Budget::default());
            assert!(
                !reading.problems.is_empty(),
                "{name} cut to {tenths} tenths"
            );
        }
        for step in 0..200 {
            let mut flipped = bytes.clone();
            flipped[step * 7_919 % bytes.len()] ^= 1 << (step % 8);
            let reading = read_file(name, &flipped, &Budget::default());
            let found = all(&reading);
            let complete = whole.split_whitespace().all(|word| found.contains(word));
            let told = complete || !reading.problems.is_empty();
            assert!(told, "{name}, flip {step}");
        }
    }
}

/// Records in a sound archive that end too soon, or say what cannot be.
#[test]
fn binary_workbooks_with_broken_records_are_told() {
    let broken: [&[u8]; 6] = [
        b"\x83",
        b"\x83\x01\x00",
        // A sheet's record that is too short, and one longer than the part.
        b"\x9c\x01\x02ab",
        b"\x9c\x01\xff\xff\xff\x7fab",
        // The properties without a byte.
        b"\x99\x01\x00",
        b"not records at all",
    ];
    for workbook in broken {
        let parts: [(&str, &[u8]); 4] = [
            ("[Content_Types].xml", b"<Types/>"),
            ("xl/workbook.bin", workbook),
            // No formats at all.
            ("xl/styles.bin", b"\xe9\x04\x04\0\0\0\0"),
            ("xl/worksheets/sheet1.bin", b"\x81\x01\x00"),
        ];
        let file = zip(&parts.map(|(name, part)| {
            let (packed, size) = deflated([part.to_vec()].into_iter());
            (name, packed, size)
        }));
        let reading = read_file("a.xlsb", &file, &Budget::default());
        let told = reading.problems.iter().map(|problem| problem.what.as_str());
        let expected = ["a part of it is damaged and was read only in part"];
        assert_eq!(told.collect::<Vec<_>>(), expected, "{workbook:?}");
    }
}

#[test]
fn words_that_a_style_hides_are_told_from_others() {
    for (name, shown) in [
        ("styled.docx", "The trip is on Friday.\n\nBring a coat."),
        ("styled.odt", "The trip is on Friday.\nBring a coat."),
    ] {
        let reading = read(name);
        check(&reading, name, false, shown);
        check(
            &reading,
            &format!("{name} › (hidden text)"),
            true,
            ", without Oban Marsh\nWren Tallow is excluded.",
        );
        assert_eq!(reading.problems, []);
    }
}

/// A document of one style that hides and one paragraph.
fn styled(style: &str, paragraph: &str) -> Reading {
    let member = |name, xml: String| {
        let (packed, size) = deflated([xml.into_bytes()].into_iter());
        (name, packed, size)
    };
    let hide = "<w:rPr><w:vanish/></w:rPr>";
    let archive = zip(&[
        member("[Content_Types].xml", "<Types/>".into()),
        member(
            "word/document.xml",
            format!("<w:document><w:body>{paragraph}</w:body></w:document>"),
        ),
        member(
            "word/styles.xml",
            format!(
                "<w:styles>{style}<w:style w:type='paragraph' w:styleId='P'>{hide}</w:style><w:style w:type='character' w:styleId='C'>{hide}</w:style></w:styles>"
            ),
        ),
    ]);
    read_file("a.docx", &archive, &Budget::default())
}

#[test]
fn styles_hide_what_does_not_say_otherwise() {
    let run = "<w:t>secret</w:t></w:r></w:p>";
    let default = format!(
        "<w:style w:type='paragraph' w:default='1' w:styleId='N'>{}</w:style>",
        "<w:rPr><w:vanish w:val='true'/></w:rPr>"
    );
    for (style, start, hidden) in [
        ("", "<w:p><w:r>", false),
        ("", "<w:p><w:pPr><w:pStyle w:val='P'/></w:pPr><w:r>", true),
        ("", "<w:p><w:r><w:rPr><w:rStyle w:val='C'/></w:rPr>", true),
        (
            "",
            "<w:p><w:pPr><w:pStyle w:val='P'/></w:pPr><w:r><w:rPr><w:vanish w:val='0'/></w:rPr>",
            false,
        ),
        (
            "",
            "<w:p><w:pPr><w:pStyle w:val='P'/></w:pPr><w:r><w:rPr><w:rStyle w:val='C'/></w:rPr>",
            false,
        ),
        (&default, "<w:p><w:r>", true),
        (
            &default,
            "<w:p><w:pPr><w:pStyle w:val='none'/></w:pPr><w:r>",
            false,
        ),
        // An older version's style, and one of a paragraph before.
        (
            "",
            "<w:p><w:pPr><w:pPrChange><w:pPr><w:pStyle w:val='P'/></w:pPr></w:pPrChange></w:pPr><w:r>",
            false,
        ),
        (
            "",
            "<w:p><w:pPr><w:pStyle w:val='P'/></w:pPr><w:r><w:t/></w:r></w:p><w:p><w:r>",
            false,
        ),
    ] {
        let reading = styled(style, &format!("{start}{run}"));
        let text = reading
            .texts
            .iter()
            .find(|text| text.text.contains("secret"));
        assert_eq!(text.map(|text| text.hidden), Some(hidden), "{style}{start}");
    }
}

#[test]
fn sheets_of_open_documents_show_what_is_folded_up() {
    let reading = read("folded.ods");
    for (place, hidden, expected) in [
        (
            "sheet \"9B\"",
            false,
            "Name\t\tMark\nZoë Quillfeather\t\tA\n\n\n\nAsh Dunmore\t\tA",
        ),
        (
            "sheet \"9B\" (hidden rows or columns)",
            true,
            "Name\tReason\tMark\nZoë Quillfeather\till\tA\nOban Marsh\taway\tC\nWren Tallow\tleft\tD\nTilly Fennimore\tlate\tB\nAsh Dunmore\there\tA",
        ),
        ("sheet \"SEN\" (hidden)", true, "Oban Marsh: dyslexia"),
    ] {
        check(&reading, &format!("folded.ods › {place}"), hidden, expected);
    }
    assert_eq!(reading.problems, []);
}

/// An OpenDocument file of this content.
fn open_document(kind: &str, content: &str) -> Reading {
    let member = |name, text: String| {
        let (packed, size) = deflated([text.into_bytes()].into_iter());
        (name, packed, size)
    };
    let archive = zip(&[
        member(
            "mimetype",
            format!("application/vnd.oasis.opendocument.{kind}"),
        ),
        member("content.xml", content.to_owned()),
    ]);
    read_file("a", &archive, &Budget::default())
}

#[test]
fn sections_and_fields_of_open_documents_hide_words() {
    let styles = "<style:style style:name='S' style:family='paragraph'><style:text-properties text:display='true'/></style:style><style:style style:name='H' style:family='paragraph'><style:text-properties text:display='none'/></style:style><style:style style:name='I' style:family='paragraph' style:parent-style-name='H'/>";
    for (words, hidden) in [
        (
            "<text:section text:display='none'><text:p text:style-name='S'>secret</text:p></text:section>",
            true,
        ),
        (
            "<text:section><text:p text:style-name='S'>secret</text:p></text:section>",
            false,
        ),
        (
            "<text:section text:display='none'><text:p>x</text:p></text:section><text:p>secret</text:p>",
            false,
        ),
        (
            "<text:p><text:hidden-paragraph text:is-hidden='true'/><text:span>secret</text:span></text:p>",
            true,
        ),
        (
            "<text:p>x<text:hidden-text text:string-value='secret' text:is-hidden='true'/></text:p>",
            true,
        ),
    ] {
        let reading = open_document("text", &format!("<a>{styles}{words}</a>"));
        let text = reading
            .texts
            .iter()
            .find(|text| text.text.contains("secret"));
        assert_eq!(text.map(|text| text.hidden), Some(hidden), "{words}");
    }
}

#[test]
fn repeated_cells_end_at_the_budget() {
    let cell = "<table:table-cell table:number-columns-repeated='16000'><text:p>".to_owned()
        + &"secret ".repeat(10_000)
        + "</text:p></table:table-cell>";
    let row =
        format!("<table:table-row table:number-rows-repeated='1000000'>{cell}</table:table-row>");
    let sheet = format!("<table:table table:name='S'>{row}{row}{row}</table:table>");
    let reading = open_document("spreadsheet", &sheet);
    assert_eq!(reading.problems.len(), 1, "{:?}", reading.problems);
    assert_eq!(
        reading.problems[0].kind,
        exeat::finding::ProblemKind::Hostile
    );
}
