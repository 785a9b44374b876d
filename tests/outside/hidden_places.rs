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
