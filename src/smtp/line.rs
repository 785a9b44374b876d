//! Command lines out of a stream of bytes, strictly: a line ends with CRLF
//! and with nothing else (RFC 5321 section 2.3.8).
//!
//! Where two servers differ on what ends a line, a stranger can hide a
//! command or a message from one of them. So a lone CR, a lone LF or a NUL is
//! a fault that ends the session, and never a line's end.

use bytes::{Bytes, BytesMut};

/// What the start of the buffer holds.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Line {
    /// A whole line, without its CRLF.
    Whole(Bytes),
    /// Not a whole line yet.
    Partial,
    /// Longer than the limit, CRLF included. The rest of it is still to come:
    /// [`skip`] it.
    TooLong,
    /// A lone CR or LF, or a NUL.
    Broken,
}

/// Takes the next line of at most `limit` bytes out of `buffer`.
pub(crate) fn take(buffer: &mut BytesMut, limit: usize) -> Line {
    let within = &buffer[..buffer.len().min(limit)];
    match memchr::memchr3(b'\r', b'\n', 0, within) {
        Some(end) if within[end] == b'\r' => match within.get(end + 1) {
            Some(b'\n') => {
                let line = buffer.split_to(end + 2).freeze();
                Line::Whole(line.slice(..end))
            }
            Some(_) => Line::Broken,
            None if buffer.len() < limit => Line::Partial,
            None => Line::TooLong,
        },
        Some(_) => Line::Broken,
        None if buffer.len() < limit => Line::Partial,
        None => Line::TooLong,
    }
}

/// Drops what is there of an overlong line; whether its end was among it.
pub(crate) fn skip(buffer: &mut BytesMut) -> bool {
    match memchr::memmem::find(buffer, b"\r\n") {
        Some(end) => {
            let _ = buffer.split_to(end + 2);
            true
        }
        None => {
            // A CR at the very end may be half of the line's end.
            let keep = usize::from(buffer.last() == Some(&b'\r'));
            let _ = buffer.split_to(buffer.len() - keep);
            false
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(input: &[u8], expected: Line) {
        assert_eq!(
            take(&mut BytesMut::from(input), 16),
            expected,
            "{}",
            input.escape_ascii()
        );
    }

    #[test]
    fn only_crlf_ends_a_line() {
        check(b"", Line::Partial);
        check(b"NOOP", Line::Partial);
        check(b"NOOP\r", Line::Partial);
        check(b"NOOP\r\n", Line::Whole(Bytes::from_static(b"NOOP")));
        check(b"\r\n", Line::Whole(Bytes::new()));
        check(b"NOOP\r\nRSET", Line::Whole(Bytes::from_static(b"NOOP")));
        check(b"NOOP\n", Line::Broken);
        check(b"NOOP\nRSET\r\n", Line::Broken);
        check(b"NOOP\rRSET\r\n", Line::Broken);
        check(b"NOOP\r\r\n", Line::Broken);
        check(b"NO\0OP\r\n", Line::Broken);
        check(b"\n", Line::Broken);
    }

    #[test]
    fn the_limit_counts_the_line_end() {
        check(
            b"12345678901234\r\n",
            Line::Whole(Bytes::from_static(b"12345678901234")),
        );
        check(b"12345678901234\r", Line::Partial);
        check(b"123456789012345\r\n", Line::TooLong);
        check(b"1234567890123456", Line::TooLong);
        check(b"123456789012345", Line::Partial);
    }

    #[test]
    fn an_overlong_line_is_skipped_to_its_end() {
        let mut buffer = BytesMut::from(&b"xxxxxxxx\r"[..]);
        assert!(!skip(&mut buffer));
        buffer.extend_from_slice(b"\nNOOP\r\n");
        assert!(skip(&mut buffer));
        assert_eq!(&buffer[..], b"NOOP\r\n");
    }

    #[test]
    fn lines_are_the_same_at_every_split() {
        let input = b"EHLO a.example\r\nMAIL FROM:<>\r\nQUIT\r\n";
        for cut in 0..=input.len() {
            let mut buffer = BytesMut::new();
            let mut lines = Vec::new();
            for piece in [&input[..cut], &input[cut..]] {
                buffer.extend_from_slice(piece);
                while let Line::Whole(line) = take(&mut buffer, 100) {
                    lines.push(line);
                }
            }
            assert_eq!(
                lines,
                ["EHLO a.example", "MAIL FROM:<>", "QUIT"],
                "cut at {cut}"
            );
        }
    }
}
