//! Which letters a `Glyphs` element shows, and how far each reaches (ECMA-388
//! 12.1.3): `Indices="36,55;;(2:1)58"`.

use super::font::{self, Font};

/// Some letters that are drawn in one go, and how far they reach, in heights.
#[derive(Debug, PartialEq)]
pub(super) struct Cluster {
    pub(super) letters: String,
    pub(super) width: f32,
    /// A shape of which nobody tells what letter it is.
    pub(super) unknown: bool,
}

/// The letters in their order; at most `room` bytes of them.
pub(super) fn clusters(said: &str, indices: &str, font: &Font, room: usize) -> Vec<Cluster> {
    // A brace at the beginning is not meant as one.
    let said = said.strip_prefix("{}").unwrap_or(said);
    let face = font.face();
    let mut letters = said.chars();
    let mut mappings = indices.split(';').filter(|_| !indices.trim().is_empty());
    let mut found = Vec::new();
    let mut length = 0;
    while length <= room {
        let mapping = mappings.next();
        if letters.as_str().is_empty() && (mapping.is_none() || !said.is_empty()) {
            break;
        }
        let (units, shapes, first) = Mapping::many(mapping.unwrap_or_default());
        let mut text = taken(&mut letters, units);
        let mut width = first.width(face.as_ref(), text.chars().next());
        for _ in 1..shapes {
            let next = Mapping::parse(mappings.next().unwrap_or_default());
            width += next.width(face.as_ref(), None);
        }
        let mut unknown = false;
        if said.is_empty() {
            let letter = first.shape.and_then(|shape| font.letter(shape));
            unknown = letter.is_none();
            text.extend(letter);
        }
        length += text.len().max(1);
        found.push(Cluster {
            letters: text,
            width,
            unknown,
        });
    }
    found
}

/// So many units of UTF-16 of them.
fn taken(letters: &mut std::str::Chars<'_>, units: usize) -> String {
    let mut text = String::new();
    let mut left = units;
    while left > 0
        && let Some(letter) = letters.next()
    {
        left = left.saturating_sub(letter.len_utf16());
        text.push(if letter.is_control() { ' ' } else { letter });
    }
    text
}

#[derive(Debug, Default)]
struct Mapping {
    shape: Option<u16>,
    /// In hundredths of the height.
    advance: Option<f32>,
}

impl Mapping {
    /// How many letters become how many shapes, and the first of these.
    fn many(written: &str) -> (usize, usize, Self) {
        let cluster = || {
            let (counts, rest) = written.trim().strip_prefix('(')?.split_once(')')?;
            let (letters, shapes) = counts.split_once(':').unwrap_or((counts, "1"));
            let letters: usize = letters.trim().parse().ok()?;
            let shapes: usize = shapes.trim().parse().ok()?;
            Some((letters.max(1), shapes.max(1), rest))
        };
        let (letters, shapes, rest) = cluster().unwrap_or((1, 1, written));
        // No letter is drawn in more shapes than a word has.
        (letters, shapes.min(64), Self::parse(rest))
    }

    fn parse(written: &str) -> Self {
        let mut fields = written.split(',').map(str::trim);
        Self {
            shape: fields.next().and_then(|shape| shape.parse().ok()),
            advance: fields.next().and_then(|advance| advance.parse().ok()),
        }
    }

    fn width(&self, face: Option<&ttf_parser::Face<'_>>, letter: Option<char>) -> f32 {
        match self.advance {
            Some(advance) => advance / 100.0,
            None => font::width(face, self.shape, letter),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(said: &str, indices: &str, expected: &[(&str, f32)]) {
        let found = clusters(said, indices, &Font::default(), 1_000);
        let found: Vec<(&str, f32)> = found
            .iter()
            .map(|cluster| (cluster.letters.as_str(), cluster.width))
            .collect();
        assert_eq!(found, expected, "{said} {indices}");
    }

    #[test]
    fn letters_are_as_wide_as_the_indices_tell() {
        check("ab", "", &[("a", 0.5), ("b", 0.5)]);
        check("abc", "36,60;;38,20", &[("a", 0.6), ("b", 0.5), ("c", 0.2)]);
        check("{}{a", "", &[("{", 0.5), ("a", 0.5)]);
        // Two letters in one shape, one letter in two.
        check("fix", "(2:1)44,90;12,40", &[("fi", 0.9), ("x", 0.4)]);
        check("éx", "(1:2)5,50;6,0;7,40", &[("é", 0.5), ("x", 0.4)]);
        check("😀x", "(2:1)5,90;6,40", &[("😀", 0.9), ("x", 0.4)]);
        check("ab", "1,10;2,10;3,10;4,10", &[("a", 0.1), ("b", 0.1)]);
    }

    #[test]
    fn broken_indices_lose_no_letter() {
        for indices in ["(", "(x:y)1", "(0:0)", "(9:9)", ";;;;;;;", "(2", "1,,,;é"] {
            let found = clusters("Zoë", indices, &Font::default(), 1_000);
            let text: String = found.iter().map(|cluster| &*cluster.letters).collect();
            assert_eq!(text, "Zoë", "{indices}");
        }
        let endless = "1;".repeat(100_000);
        assert!(clusters("", &endless, &Font::default(), 100).len() < 200);
    }

    #[test]
    fn shapes_alone_are_unknown_without_their_font() {
        let found = clusters("", "36;37", &Font::default(), 100);
        assert_eq!(found.len(), 2);
        assert!(found.iter().all(|cluster| cluster.unknown));
    }
}
