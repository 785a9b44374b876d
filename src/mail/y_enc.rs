//! yEnc 1.3: a file among words in bytes that are shifted by 42, between lines
//! `=ybegin` and `=yend`.

use std::ops::Range;

use memchr::memmem;

/// A file in yEnc, or a piece of one.
#[derive(Debug, PartialEq, Eq)]
pub struct YEncoded<'a> {
    pub name: &'a [u8],
    pub bytes: Vec<u8>,
    /// Where it stood in the text.
    pub range: Range<usize>,
}

/// The first file at or after `from`.
pub fn find(text: &[u8], from: usize) -> Option<YEncoded<'_>> {
    let mut at = from;
    loop {
        let start = at + memmem::find(text.get(at..)?, b"=ybegin ")?;
        let mut end = line_end(text, start);
        at = end;
        let line = text[start..end].trim_ascii_end();
        let name = memmem::find(line, b" name=").map_or(&b""[..], |n| &line[n + 6..]);
        if (start > 0 && text[start - 1] != b'\n') || memmem::find(line, b"size=").is_none() {
            continue;
        }
        if text[end..].starts_with(b"=ypart ") {
            end = line_end(text, end);
        }
        let (bytes, end) = decode(text, end);
        return Some(YEncoded {
            name,
            bytes,
            range: start..end,
        });
    }
}

fn line_end(text: &[u8], from: usize) -> usize {
    memchr::memchr(b'\n', &text[from..]).map_or(text.len(), |n| from + n + 1)
}

fn decode(text: &[u8], mut at: usize) -> (Vec<u8>, usize) {
    let mut out = Vec::new();
    while at < text.len() {
        let end = line_end(text, at);
        let line = &text[at..end];
        at = end;
        if line.starts_with(b"=yend") {
            break;
        }
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let mut bytes = line.iter().copied();
        while let Some(byte) = bytes.next() {
            let byte = match byte {
                b'=' => match bytes.next() {
                    Some(escaped) => escaped.wrapping_sub(64),
                    None => break,
                },
                _ => byte,
            };
            out.push(byte.wrapping_sub(42));
        }
    }
    (out, at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_found_among_words() {
        let text =
            b"See\r\n=ybegin line=128 size=3 name=a b.txt\r\n\x84\x99\x8f\r\n=yend size=3\r\nBye";
        let found = find(text, 0).expect("a file");
        assert_eq!(
            (found.name, found.bytes.as_slice()),
            (&b"a b.txt"[..], &b"Zoe"[..])
        );
        assert_eq!(&text[found.range.end..], b"Bye");
        assert_eq!(decode(b"=n=}\n", 0).0, [4, 19]);
        for text in [
            &b"so =ybegin size=1\n"[..],
            b"=ybegin line=128\n",
            b"=ybegin",
        ] {
            assert_eq!(find(text, 0), None);
        }
    }
}
