//! Bytes into text, in whatever charset they are.

use std::borrow::Cow;

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, REPLACEMENT, UTF_8, UTF_16BE, UTF_16LE};

use super::utf_7;

/// How much of a text its charset is guessed from.
const GUESS: usize = 64 * 1024;

/// The text of `bytes`. A byte order mark goes first, then the declared
/// charset if it is a known one, then UTF-8 if the bytes are that, then a
/// guess. Latin 1 is read as Windows-1252, as every mail client does.
pub fn decode(bytes: &[u8], declared: Option<&str>) -> String {
    if declared.is_some_and(is_utf_7) && bytes.is_ascii() {
        return utf_7::decode(bytes);
    }
    if bytes.is_ascii() && declared.is_none_or(is_ascii_superset) {
        return String::from_utf8_lossy(bytes).into_owned();
    }
    if let Some((encoding, mark)) = Encoding::for_bom(bytes) {
        return with(encoding, &bytes[mark..]).into_owned();
    }
    if let Some(page) = declared.and_then(code_page) {
        return of_code_page(bytes, page);
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

/// What programs show that do not know the declared charset, where that is
/// something else: UTF-7 is not known to all.
pub fn otherwise(bytes: &[u8], declared: &str) -> Option<String> {
    if !is_utf_7(declared) || !bytes.is_ascii() {
        return None;
    }
    let plain = String::from_utf8_lossy(bytes);
    (utf_7::decode(bytes) != plain).then(|| plain.into_owned())
}

/// Whether the declared charset is one that some programs know and Exeat does
/// not, and something is written in it: EBCDIC, or the shifts of old Chinese
/// and Korean mail.
pub fn is_unread(bytes: &[u8], declared: &str) -> bool {
    let label = label(declared);
    match Encoding::for_label(label.as_bytes()) {
        Some(encoding) if encoding == REPLACEMENT => {
            memchr::memchr2(0x0e, 0x1b, bytes).is_some()
                || memchr::memmem::find(bytes, b"~{").is_some()
        }
        Some(_) => false,
        None => is_ebcdic(&label) && !bytes.is_ascii() && std::str::from_utf8(bytes).is_err(),
    }
}

fn is_ebcdic(label: &str) -> bool {
    const PAGES: [u32; 32] = [
        37, 273, 277, 278, 280, 284, 285, 290, 297, 420, 423, 424, 500, 870, 871, 875, 880, 905,
        918, 1026, 1047, 1140, 1141, 1142, 1143, 1144, 1145, 1146, 1147, 1148, 1149, 20924,
    ];
    let number = label.trim_start_matches(|c: char| !c.is_ascii_digit());
    label.contains("ebcdic") || number.parse().is_ok_and(|page| PAGES.contains(&page))
}

/// The upper halves of the charsets of DOS.
const CODE_PAGE_437: &str = "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐\
    └┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u{a0}";
const CODE_PAGE_850: &str = "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜø£Ø×ƒáíóúñÑªº¿®¬½¼¡«»░▒▓│┤ÁÂÀ©╣║╗╝¢¥┐\
    └┴┬├─┼ãÃ╚╔╩╦╠═╬¤ðÐÊËÈıÍÎÏ┘┌█▄¦Ì▀ÓßÔÒõÕµþÞÚÛÙýÝ¯´\u{ad}±‗¾¶§÷¸°¨·¹³²■\u{a0}";

fn code_page(declared: &str) -> Option<&'static str> {
    match label(declared).as_str() {
        "cp437" | "ibm437" | "437" | "cspc8codepage437" => Some(CODE_PAGE_437),
        "cp850" | "ibm850" | "850" | "cspc850multilingual" => Some(CODE_PAGE_850),
        _ => None,
    }
}

fn of_code_page(bytes: &[u8], page: &str) -> String {
    let upper: Vec<char> = page.chars().collect();
    let letter = |&byte: &u8| match byte.checked_sub(0x80) {
        Some(index) => upper.get(usize::from(index)).copied().unwrap_or('\u{fffd}'),
        None => char::from(byte),
    };
    bytes.iter().map(letter).collect()
}

fn is_utf_7(declared: &str) -> bool {
    matches!(
        label(declared).as_str(),
        "utf-7"
            | "utf7"
            | "unicode-1-1-utf-7"
            | "unicode-2-0-utf-7"
            | "csunicode11utf7"
            | "cp65000"
            | "65000"
    )
}

/// A charset's name as it is compared.
fn label(declared: &str) -> String {
    let name = declared.trim().trim_matches('"').to_ascii_lowercase();
    name.strip_prefix("x-").map_or(name.clone(), str::to_owned)
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
    // What the Encoding Standard will not decode is ASCII for the most part.
    let known = match Encoding::for_label(label.as_bytes()) {
        Some(encoding) if encoding == REPLACEMENT => return None,
        known => known,
    };
    known.or_else(|| {
        let folded = label.to_ascii_lowercase();
        let other = match folded.as_str() {
            "cp-1252"
            | "windows1252"
            | "cp_1252"
            | "iso-8859-1-windows-3.1-latin-1"
            | "latin-1" => "windows-1252",
            "cp65001" | "utf-8-mac" | "utf8mb4" => "utf-8",
            "cp936" | "936" => "gbk",
            "cp949" | "949" | "ks_c_5601" => "euc-kr",
            "cp950" | "950" => "big5",
            "cp932" | "932" | "shift-jis-2004" => "shift_jis",
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
