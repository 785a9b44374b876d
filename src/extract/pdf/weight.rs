//! How much a PDF makes of its objects, before they are made: lopdf takes some
//! hundred bytes for each name and number of them.

use super::filter::inflated;

/// Objects of one file.
const MOST_OBJECTS: usize = 300_000;
/// Names, numbers and strings of all its objects.
const MOST_WORDS: usize = 1_000_000;
/// Bytes that its streams of objects unpack to.
const MOST_UNPACKED: usize = 32 * 1024 * 1024; // 32 MB

/// Whether it has more objects than any document.
pub(crate) fn is_too_heavy(bytes: &[u8]) -> bool {
    let objects = memchr::memmem::find_iter(bytes, b" obj").take(MOST_OBJECTS + 1);
    objects.count() > MOST_OBJECTS || !words_are_few(bytes)
}

fn words_are_few(bytes: &[u8]) -> bool {
    let starts = memchr::memmem::Finder::new(b"stream");
    let ends = memchr::memmem::Finder::new(b"endstream");
    let (mut words, mut unpacked, mut rest) = (0, 0, bytes);
    while words <= MOST_WORDS && unpacked <= MOST_UNPACKED {
        let Some(start) = starts.find(rest) else {
            return words + count(rest) <= MOST_WORDS;
        };
        let (head, behind) = rest.split_at(start);
        words += count(head);
        let content = &behind[b"stream".len()..];
        let end = ends.find(content).unwrap_or(0);
        if memchr::memmem::find(head, b"/ObjStm").is_some() {
            let packed = content[..end].trim_ascii_start();
            // What is not packed so, or is encrypted, is left to the worker's
            // own limits.
            match inflated(packed, MOST_UNPACKED - unpacked) {
                Ok((objects, _)) => {
                    words += count(&objects);
                    unpacked += objects.len();
                }
                Err(_) => return false,
            }
        }
        rest = &content[end..];
        rest = rest.strip_prefix(b"endstream").unwrap_or(rest);
    }
    false
}

/// Names, numbers and the like, about.
fn count(objects: &[u8]) -> usize {
    let is_between = |byte: u8| byte.is_ascii_whitespace() || matches!(byte, b'>' | b']' | b')');
    let opens = |byte: u8| matches!(byte, b'/' | b'<' | b'[' | b'(');
    let mut before = b' ';
    let mut words = 0;
    for &byte in objects {
        let begins = !is_between(byte) && (is_between(before) || before == b'[');
        words += usize::from(opens(byte) || begins);
        before = byte;
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_counted() {
        for (objects, expected) in [
            ("", 0),
            ("<</Type/Page /Count 12>>", 5),
            ("[1 2 (three)]", 4),
        ] {
            let counted = count(objects.as_bytes());
            assert!(counted.abs_diff(expected) <= 1, "{objects}: {counted}");
        }
    }

    #[test]
    fn streams_are_passed_over() {
        let words = b"1 ".repeat(MOST_WORDS + 1);
        let in_stream = [b"<<>>stream\n", &words[..], b"endstream endobj"].concat();
        assert!(!is_too_heavy(&in_stream));
        assert!(is_too_heavy(&words));
        assert!(is_too_heavy(&[&in_stream[..], &words].concat()));
    }
}
