//! Content transfer encodings (RFC 2045 section 6) and uuencode, decoded as
//! leniently as mail clients do: what a recipient's program can make readable
//! must be read.

use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use memchr::memmem;

const ENGINE: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Base64 with junk skipped, padding anywhere or missing. Never longer than
/// three quarters of the input.
pub fn base64(text: &[u8]) -> Vec<u8> {
    let mut out = vec![0; text.len() / 4 * 3 + 3];
    let mut length = 0;
    let mut rest = text;
    // The way of nearly all mail: lines of a multiple of four characters.
    while !rest.is_empty() {
        let end = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
        let line = rest[..end].strip_suffix(b"\r").unwrap_or(&rest[..end]);
        if !line.len().is_multiple_of(4)
            || (line.ends_with(b"=") && end < rest.len() && !rest[end..].trim_ascii().is_empty())
        {
            break;
        }
        match ENGINE.decode_slice(line, &mut out[length..]) {
            Ok(decoded) => length += decoded,
            Err(_) => break,
        }
        rest = &rest[(end + 1).min(rest.len())..];
    }
    out.truncate(length);
    if !rest.is_empty() {
        lenient_base64(rest, &mut out);
    }
    out
}

fn lenient_base64(text: &[u8], out: &mut Vec<u8>) {
    let mut bits = 0_u32;
    let mut sextets = 0;
    for &byte in text {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            b'=' => {
                // The end of one run; another may follow, and is read on.
                flush_sextets(bits, sextets, out);
                (bits, sextets) = (0, 0);
                continue;
            }
            _ => continue,
        };
        bits = bits << 6 | u32::from(value);
        sextets += 1;
        if sextets == 4 {
            out.extend_from_slice(&bits.to_be_bytes()[1..]);
            (bits, sextets) = (0, 0);
        }
    }
    flush_sextets(bits, sextets, out);
}

fn flush_sextets(bits: u32, sextets: u32, out: &mut Vec<u8>) {
    match sextets {
        2 => out.push((bits >> 4) as u8),
        3 => out.extend_from_slice(&((bits >> 2) as u16).to_be_bytes()),
        _ => {}
    }
}

/// What other programs make of base64 that is not as it ought to be: those that
/// skip all that is not in the alphabet (RFC 2045 section 6.8), padding too;
/// those that stop at the padding; those that show as it stands what was never
/// encoded. Nothing where all agree.
pub fn base64_otherwise(text: &[u8]) -> Vec<Vec<u8>> {
    let first_padding = memchr::memchr(b'=', text);
    let padded = first_padding.is_some_and(|at| text[at..].iter().any(|&b| is_sextet(b)));
    let web = memchr::memchr2(b'-', b'_', text).is_some();
    let mut readings = Vec::new();
    if padded || web {
        let strict: Vec<u8> = text.iter().copied().filter(|&b| is_sextet(b)).collect();
        readings.push(base64(&strict));
    }
    if padded {
        readings.push(base64(&text[..first_padding.unwrap_or_default()]));
    }
    let words = unencoded_lines(text);
    if !words.is_empty() {
        readings.push(words);
    }
    readings
}

fn is_sextet(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/')
}

/// The lines that nobody encoded: they have spaces and other signs.
fn unencoded_lines(text: &[u8]) -> Vec<u8> {
    let mut words = Vec::new();
    // Nearly always there are none, which one quick pass tells.
    let foreign = text.iter().filter(|&&b| is_foreign(b) & (b != b'\n'));
    if foreign.count() - memmem::find_iter(text, b"\r\n").count() < 2 {
        return words;
    }
    for line in text.split_inclusive(|&b| b == b'\n') {
        let mut foreign = line.trim_ascii().iter().filter(|&&b| is_foreign(b));
        if foreign.nth(1).is_some() {
            words.extend_from_slice(line);
        }
    }
    words
}

/// Whether it is in no base64, by arithmetic alone: many are asked at once.
fn is_foreign(byte: u8) -> bool {
    let letter = (byte | 0x20).wrapping_sub(b'a') < 26;
    let digit = byte.wrapping_sub(b'0') < 10;
    let sign = (byte == b'+') | (byte == b'/') | (byte == b'=') | (byte == b'-') | (byte == b'_');
    !(letter | digit | sign)
}

/// What a body may be whose encoding has a name that nobody knows.
pub fn guesses(body: &[u8]) -> Vec<Vec<u8>> {
    let mut guesses = Vec::new();
    let letters = body.iter().filter(|b| !b.is_ascii_whitespace());
    if letters.clone().count() >= 16 && letters.clone().all(|&b| is_sextet(b) || b == b'=') {
        guesses.push(base64(body));
    }
    let escape = |at: usize| hex_pair(&body[at + 1..]).is_some();
    if memchr::memchr_iter(b'=', body).any(escape) {
        guesses.push(quoted_printable(body));
    }
    guesses
}

/// Quoted-printable; a `=` that begins no escape stands for itself, as mail
/// clients show it.
pub fn quoted_printable(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(equals) = memchr::memchr(b'=', rest) {
        out.extend_from_slice(&rest[..equals]);
        rest = &rest[equals + 1..];
        if let Some(byte) = hex_pair(rest) {
            out.push(byte);
            rest = &rest[2..];
            continue;
        }
        // A soft line break, with white space that a gateway added.
        let blank = rest
            .iter()
            .take_while(|b| matches!(b, b' ' | b'\t' | b'\r'))
            .count();
        match rest.get(blank) {
            Some(b'\n') => rest = &rest[blank + 1..],
            None => rest = b"",
            Some(_) => out.push(b'='),
        }
    }
    out.extend_from_slice(rest);
    out
}

/// The Q encoding of RFC 2047.
pub fn quoted_word(text: &[u8]) -> Vec<u8> {
    let mut out = quoted_printable(text);
    // An underscore is a space only where it was not written as an escape.
    if text.contains(&b'_') {
        out.clear();
        let mut rest = text;
        while let Some((&byte, after)) = rest.split_first() {
            rest = after;
            match (byte, hex_pair(after)) {
                (b'=', Some(escaped)) => {
                    out.push(escaped);
                    rest = &after[2..];
                }
                (b'_', _) => out.push(b' '),
                _ => out.push(byte),
            }
        }
    }
    out
}

fn hex_pair(bytes: &[u8]) -> Option<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16).map(|value| value as u8);
    Some(digit(*bytes.first()?)? << 4 | digit(*bytes.get(1)?)?)
}

/// A file inside a text body, between `begin 644 name` and `end`.
#[derive(Debug, PartialEq, Eq)]
pub struct Uuencoded<'a> {
    pub name: &'a [u8],
    pub bytes: Vec<u8>,
    /// Where it stood in the text, line `end` included.
    pub range: std::ops::Range<usize>,
}

/// The first uuencoded file at or after `from`, in uuencode's own letters or in
/// base64 (POSIX.1).
pub fn uuencoded(text: &[u8], from: usize) -> Option<Uuencoded<'_>> {
    let mut at = from;
    while at < text.len() {
        let start = at + next_begin(&text[at..])?;
        let line_end = line_end(text, start);
        at = start + BEGIN.len();
        if start > 0 && text[start - 1] != b'\n' {
            continue;
        }
        let line = &text[at..line_end];
        let in_base64 = line.starts_with(b"-base64 ");
        let line = line.strip_prefix(b"-base64").unwrap_or(line);
        let Some(line) = line.strip_prefix(b" ") else {
            continue;
        };
        let mut words = line.trim_ascii().splitn(2, |&b| b == b' ');
        let mode = words.next().unwrap_or_default();
        if !(3..=4).contains(&mode.len()) || !mode.iter().all(u8::is_ascii_digit) {
            continue;
        }
        let (bytes, end) = match in_base64 {
            true => lines_of_base64(text, line_end),
            false => uudecode(text, line_end),
        };
        if !bytes.is_empty() {
            return Some(Uuencoded {
                name: words.next().unwrap_or_default(),
                bytes,
                range: start..end,
            });
        }
    }
    None
}

const BEGIN: &[u8] = b"begin";

/// Where the next such word is; some programs write it in capitals.
fn next_begin(text: &[u8]) -> Option<usize> {
    let capitals = memmem::find(text, b"BEGIN ");
    let small = memmem::find(text, BEGIN);
    capitals.into_iter().chain(small).min()
}

/// Lines of base64 up to one of equals signs.
fn lines_of_base64(text: &[u8], from: usize) -> (Vec<u8>, usize) {
    let mut at = from;
    while at < text.len() {
        let end = line_end(text, at);
        let line = text[at..end].trim_ascii();
        if line == b"====" {
            return (base64(&text[from..at]), end);
        }
        if !line.iter().all(|&b| is_sextet(b) || b == b'=') {
            break;
        }
        at = end;
    }
    (base64(&text[from..at]), at)
}

fn line_end(text: &[u8], from: usize) -> usize {
    memchr::memchr(b'\n', &text[from..]).map_or(text.len(), |n| from + n + 1)
}

fn uudecode(text: &[u8], mut at: usize) -> (Vec<u8>, usize) {
    let mut out = Vec::new();
    while at < text.len() {
        let end = line_end(text, at);
        let line = text[at..end].trim_ascii_end();
        if line.eq_ignore_ascii_case(b"end") {
            return (out, end);
        }
        let Some((&first, data)) = line.split_first() else {
            at = end;
            continue;
        };
        let length = usize::from(first.wrapping_sub(b' ') & 0x3f);
        // A line that cannot be one of these ends the file.
        if !(b' '..=b'`').contains(&first) || data.len() * 3 + 4 < length * 4 {
            return (out, at);
        }
        let mut decoded = Vec::with_capacity(length + 3);
        for group in data.chunks(4) {
            let bits = (0..4).fold(0_u32, |bits, i| {
                bits << 6 | u32::from(group.get(i).map_or(0, |b| b.wrapping_sub(b' ') & 0x3f))
            });
            decoded.extend_from_slice(&bits.to_be_bytes()[1..]);
        }
        decoded.truncate(length);
        out.extend_from_slice(&decoded);
        at = end;
    }
    (out, at)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(decoder: fn(&[u8]) -> Vec<u8>, encoded: &str, expected: &str) {
        let decoded = decoder(encoded.as_bytes());
        assert_eq!(String::from_utf8_lossy(&decoded), expected, "{encoded:?}");
    }

    #[test]
    fn base64_is_read_however_broken() {
        check(base64, "VGhlIHB1cGls", "The pupil");
        check(base64, "VGhl\r\nIHB1\r\ncGlscw==\r\n", "The pupils");
        check(base64, "VGhlIHB1cGlscw", "The pupils");
        check(base64, "VG hlI\nHB1cG!!lscw==", "The pupils");
        check(base64, "VGhlIHB1cGlscw==VGhl", "The pupilsThe");
        check(base64, "VGhlIHB1cGlscw==\r\nVGhl\r\n", "The pupilsThe");
        check(base64, "\r\n\r\nVGhl\r\n\r\n", "The");
        check(base64, "", "");
        check(base64, "(((", "");
        check(base64, "VGhlI", "The");
    }

    #[test]
    fn quoted_printable_is_read_however_broken() {
        check(quoted_printable, "Zo=C3=ab =3D", "Zoë =");
        check(
            quoted_printable,
            "one =\r\ntwo=  \r\nthree=\nfour",
            "one twothreefour",
        );
        check(quoted_printable, "2=2x and =ZZ, end=", "2=2x and =ZZ, end");
        check(quoted_word, "a_b=5Fc", "a b_c");
    }

    #[test]
    fn uuencoded_files_are_found_in_text() {
        let text = b"Hello\r\nbegin 644 list.txt\r\n#0V%T\r\n`\r\nend\r\nBye";
        let found = uuencoded(text, 0).expect("a file");
        assert_eq!(
            (found.name, found.bytes.as_slice()),
            (&b"list.txt"[..], &b"Cat"[..])
        );
        assert_eq!(&text[found.range.end..], b"Bye");
        assert!(uuencoded(b"we begin 100 metres\r\nfrom here", 0).is_none());
        assert!(uuencoded(b"begin 644 x\r\nplain words follow here\r\n", 0).is_none());
    }
}
