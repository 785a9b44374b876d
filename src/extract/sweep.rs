//! The words in a format whose structure is not read: runs of UTF-16 and of
//! 8-bit text, in the order of the file.
//!
//! What is found is a part of what a reader of the format would find, or looks
//! like words by chance: it never counts as all.

use crate::mail::charset;

/// Shorter runs are chance more often than words.
const SHORTEST_WIDE: usize = 3;
const SHORTEST_NARROW: usize = 6;

/// The words in `bytes`, a run a line, at most `room` bytes of them.
pub(crate) fn words(bytes: &[u8], room: usize) -> String {
    let mut out = String::new();
    let mut at = 0;
    while at < bytes.len() && out.len() < room {
        // A run beyond the room is not taken in whole: what is over is told by
        // those who keep the words.
        let end = at.saturating_add(room).saturating_add(1).min(bytes.len());
        let rest = &bytes[at..end];
        let (text, length) = match wide(rest) {
            (Some(text), length) => (Some(text), length),
            _ => narrow(rest),
        };
        at += length.max(1);
        if let Some(text) = text.filter(|text| are_words(text)) {
            out.push_str(text.trim());
            out.push('\n');
        }
    }
    out
}

/// A run of UTF-16, and the bytes that it takes.
fn wide(bytes: &[u8]) -> (Option<String>, usize) {
    let units: Vec<u16> = bytes
        .chunks_exact(2)
        .map(|pair| u16::from_le_bytes([pair[0], pair[1]]))
        .take_while(|unit| is_wide(*unit))
        .collect();
    match units.len() {
        ..SHORTEST_WIDE => (None, 0),
        count => (Some(String::from_utf16_lossy(&units)), 2 * count),
    }
}

/// Latin letters, punctuation and line ends. Any two bytes are a letter of some
/// alphabet: of the others none can be told from chance.
fn is_wide(unit: u16) -> bool {
    matches!(unit, 9..=13 | 0x20..=0x7e | 0xa0..=0x17f | 0x1e80..=0x1ef9 | 0x2010..=0x2044 | 0x20ac)
}

/// A run of 8-bit text, and the bytes that it takes.
fn narrow(bytes: &[u8]) -> (Option<String>, usize) {
    let is_text = |byte: &u8| matches!(byte, 9 | 10 | 13 | 0x20..=0x7e | 0x91 | 0x92 | 0xa0..);
    let mut length = bytes.iter().take_while(|byte| is_text(byte)).count();
    // The last one is the first of UTF-16.
    if let Some([0, next, 0]) = bytes.get(length..length + 3)
        && is_text(next)
        && length > 0
    {
        length -= 1;
    }
    let run = &bytes[..length];
    let plain = run
        .iter()
        .filter(|byte| byte.is_ascii_alphanumeric() || byte.is_ascii_whitespace())
        .count();
    // In packed pictures most bytes look like text.
    if length < SHORTEST_NARROW || plain * 100 < length * 85 {
        return (None, length);
    }
    (Some(charset::decode(run, None)), length)
}

/// Whether a run has anything that a person could have written.
fn are_words(text: &str) -> bool {
    let longest = text
        .split(|c: char| !c.is_alphabetic())
        .map(|word| word.chars().count())
        .max();
    longest.is_some_and(|longest| longest >= 3)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utf_16(text: &str) -> Vec<u8> {
        text.encode_utf16().flat_map(u16::to_le_bytes).collect()
    }

    #[test]
    fn words_are_found_at_any_place() {
        for before in [&b""[..], b"\x01", b"\x26\0\0\0", b"\xff\xfe\x03", b"12"] {
            for after in [&b""[..], b"\0\0", b"\x01\x02\x03"] {
                let wide = [before, &utf_16("Zoë Quillfeather"), after].concat();
                assert_eq!(words(&wide, 1_000), "Zoë Quillfeather\n", "{wide:x?}");
                let before = before.strip_suffix(b"12").unwrap_or(before);
                let narrow = [before, b"Oban Marsh", after].concat();
                assert_eq!(words(&narrow, 1_000), "Oban Marsh\n", "{narrow:x?}");
            }
        }
    }

    #[test]
    fn chance_is_no_word() {
        let mut seed = 7_u64;
        let noise: Vec<u8> = (0..100_000)
            .map(|_| {
                seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                (seed >> 56) as u8
            })
            .collect();
        assert!(words(&noise, 1_000_000).len() < 1_000);
        assert_eq!(words(&[0; 1_000], 1_000), "");
        assert_eq!(words(b"12 34 56 78", 1_000), "");
    }

    #[test]
    fn words_end_at_their_room() {
        let many = b"some words\0".repeat(10_000);
        assert!(words(&many, 100).len() < 120);
    }
}
