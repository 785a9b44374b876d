//! Bytes into text, in whatever charset they are.

use std::borrow::Cow;

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};

/// How much of a text its charset is guessed from.
const GUESS: usize = 64 * 1024;

/// The text of `bytes`. A byte order mark goes first, then the declared
/// charset if it is a known one, then UTF-8 if the bytes are that, then a
/// guess. Latin 1 is read as Windows-1252, as every mail client does.
pub fn decode(bytes: &[u8], declared: Option<&str>) -> String {
    if bytes.is_ascii() && declared.is_none_or(is_ascii_superset) {
        return String::from_utf8_lossy(bytes).into_owned();
    }
    if let Some((encoding, mark)) = Encoding::for_bom(bytes) {
        return with(encoding, &bytes[mark..]).into_owned();
    }
    match declared.and_then(named) {
        // What has no zero byte is no UTF-16 of this world's text; some programs
        // believe the declaration, others the bytes.
        Some(encoding) if is_utf16(encoding) && !bytes.contains(&0) => decode(bytes, None),
        Some(encoding) if encoding != UTF_8 => with(encoding, bytes).into_owned(),
        _ => match std::str::from_utf8(bytes) {
            Ok(text) => text.to_owned(),
            Err(_) => with(guess(bytes), bytes).into_owned(),
        },
    }
}

fn is_utf16(encoding: &'static Encoding) -> bool {
    encoding == UTF_16LE || encoding == UTF_16BE
}

/// UTF-16, by its mark or by the zero bytes of its ASCII characters.
pub fn sniff_utf16(bytes: &[u8]) -> Option<&'static Encoding> {
    if let Some((encoding, _)) = Encoding::for_bom(bytes).filter(|(found, _)| is_utf16(found)) {
        return Some(encoding);
    }
    let head = &bytes[..bytes.len().min(512) & !1];
    if head.len() < 4 {
        return None;
    }
    let zeros = |offset: usize| {
        head.iter()
            .skip(offset)
            .step_by(2)
            .filter(|&&b| b == 0)
            .count()
    };
    let (even, odd) = (zeros(0), zeros(1));
    let pairs = head.len() / 2;
    match (even * 10 > pairs * 7, odd * 10 > pairs * 7) {
        (true, false) => Some(UTF_16BE),
        (false, true) => Some(UTF_16LE),
        _ => None,
    }
}

/// The text of UTF-32 with its mark, which spreadsheets and editors open.
pub fn utf32(bytes: &[u8]) -> Option<String> {
    let (number, units): (fn([u8; 4]) -> u32, _) = match bytes.split_first_chunk()? {
        ([0xff, 0xfe, 0, 0], units) => (u32::from_le_bytes, units),
        ([0, 0, 0xfe, 0xff], units) => (u32::from_be_bytes, units),
        _ => return None,
    };
    let (units, _) = units.as_chunks();
    let letter = |unit: &[u8; 4]| char::from_u32(number(*unit)).unwrap_or('\u{fffd}');
    Some(units.iter().map(letter).collect())
}

/// The text of `bytes` in this encoding; what is no character becomes U+FFFD.
pub fn with<'a>(encoding: &'static Encoding, bytes: &'a [u8]) -> Cow<'a, str> {
    encoding.decode_without_bom_handling(bytes).0
}

/// Labels that the Encoding Standard lacks, but mail has.
fn named(label: &str) -> Option<&'static Encoding> {
    let label = label.trim().trim_matches('"');
    Encoding::for_label(label.as_bytes()).or_else(|| {
        let folded = label.to_ascii_lowercase();
        let other = match folded.as_str() {
            "cp-1252"
            | "windows1252"
            | "cp_1252"
            | "iso-8859-1-windows-3.1-latin-1"
            | "latin-1" => "windows-1252",
            "utf-7" | "unicode-1-1-utf-7" | "cp65001" | "utf-8-mac" | "utf8mb4" => "utf-8",
            "cp936" | "936" => "gbk",
            "cp949" | "949" | "ks_c_5601" => "euc-kr",
            "cp950" | "950" => "big5",
            "cp932" | "932" | "shift-jis-2004" => "shift_jis",
            "cp850" | "ibm850" | "cp437" | "ibm437" => "windows-1252",
            other => other
                .strip_prefix("cp-")
                .or_else(|| other.strip_prefix("x-"))?,
        };
        Encoding::for_label(other.as_bytes())
    })
}

fn is_ascii_superset(label: &str) -> bool {
    named(label)
        .is_none_or(|encoding| encoding.is_ascii_compatible() && encoding.name() != "ISO-2022-JP")
}

fn guess(bytes: &[u8]) -> &'static Encoding {
    if let Some(encoding) = sniff_utf16(bytes) {
        return encoding;
    }
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Allow);
    detector.feed(&bytes[..bytes.len().min(GUESS)], true);
    // British mail: the guess leans to no other country.
    detector.guess(Some(b"uk"), Utf8Detection::Allow)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(bytes: &[u8], declared: Option<&str>, expected: &str) {
        assert_eq!(decode(bytes, declared), expected, "{declared:?}");
    }

    #[test]
    fn declared_marked_and_guessed_charsets_are_read() {
        check(b"plain", None, "plain");
        check("Zoë".as_bytes(), None, "Zoë");
        check("Zoë".as_bytes(), Some("us-ascii"), "ZoÃ«");
        check(b"Zo\xeb", Some("iso-8859-1"), "Zoë");
        check(b"Zoe was late", Some("utf-16"), "Zoe was late");
        check("Zoë was late".as_bytes(), Some("utf-16le"), "Zoë was late");
        check(b"Z\0o\0\xeb\0", Some("utf-16le"), "Zoë");
        check(b"\x9315\x94", Some("latin1"), "“15”");
        check(
            b"Zo\xeb was late again",
            Some("utf-8"),
            "Zoë was late again",
        );
        check(
            b"Zo\xeb was late again",
            Some("x-nonsense"),
            "Zoë was late again",
        );
        check(b"\xff\xfeZ\0o\0\xeb\0", Some("utf-8"), "Zoë");
        check(b"\xef\xbb\xbfZo\xc3\xab", Some("iso-8859-1"), "Zoë");
        check(b"Z\0o\0e\0 \0Q\0", Some("utf-16le"), "Zoe Q");
        check(b"\x1b$B$\"\x1b(B", Some("iso-2022-jp"), "あ");
        check(b"\xa3\xb1 \xb3\xf3a", Some("iso-8859-2"), "Łą łóa");
    }

    #[test]
    fn utf16_without_a_mark_is_noticed() {
        assert_eq!(sniff_utf16(b"a\0b\0c\0d\0"), Some(UTF_16LE));
        assert_eq!(sniff_utf16(b"\0a\0b\0c\0d"), Some(UTF_16BE));
        assert_eq!(sniff_utf16(b"\xff\xfea\0\x01\x02\x03\x04"), Some(UTF_16LE));
        assert_eq!(sniff_utf16(b"abcdefgh"), None);
        assert_eq!(sniff_utf16(b"\xef\xbb\xbfabcd"), None);
        assert_eq!(sniff_utf16(b""), None);
        assert_eq!(sniff_utf16(&[0; 64]), None);
    }
}
