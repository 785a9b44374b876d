//! Places in documents that their programs do not show: each is read, named
//! as a person would name it, and marked; what is shown is not.

use crate::documents::{check, read};

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
