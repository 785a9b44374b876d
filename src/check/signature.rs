//! Where a mail's text ends and its writer's signature begins.

use std::sync::LazyLock;

use regex::Regex;

/// The offset of the signature; the text's length where there is none.
pub(super) fn start(text: &str) -> usize {
    static SIGNATURE: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"(?im)^(?:-- ?$|_{4,}|(?:kind|best|warm|many)? ?(?:regards|wishes|thanks)\b[^\n]{0,20}$|all the best\b|yours (?:sincerely|faithfully)\b|sent from my )")
            .expect("a good expression")
    });
    SIGNATURE
        .find(text)
        .map_or(text.len(), |found| found.start())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_begins_where_the_writer_takes_leave() {
        for (text, expected) in [
            ("The hall is booked.\n\nKind regards\nD Cooper", 21),
            ("Thanks for the list of names that you sent on Monday", 52),
            ("See you there\n-- \nD Cooper", 14),
            ("Yes!\nSent from my iPhone", 5),
            ("No end", 6),
            ("", 0),
        ] {
            assert_eq!(start(text), expected, "{text}");
        }
    }
}
