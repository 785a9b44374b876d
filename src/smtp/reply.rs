//! Replies: a code and lines of text (RFC 5321 section 4.2), written for
//! clients and read from next hops.
//!
//! What a next hop says is a stranger's text on its way to another stranger's
//! log: it is cut to length and to printable ASCII here, and nowhere else.

use std::borrow::Cow;
use std::fmt;

/// The longest reply line that is read, in bytes. RFC 5321 section 4.5.3.1.5
/// says 512; kindness costs nothing here.
const MAX_LINE: usize = 2048;
/// The most lines that one reply may have.
const MAX_LINES: usize = 64;
/// What is handed on of one line, in bytes.
const KEPT: usize = 500;

/// A reply. Its text has one line or several, with `\n` between them, and
/// begins with the enhanced status code (RFC 2034) where there is one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    code: u16,
    text: Cow<'static, str>,
}

/// A next hop that does not speak SMTP.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("what the next hop sent is no SMTP reply")]
pub(crate) struct Malformed;

impl Reply {
    pub(crate) const fn new(code: u16, text: &'static str) -> Self {
        Self {
            code,
            text: Cow::Borrowed(text),
        }
    }

    pub(crate) const fn with_text(code: u16, text: String) -> Self {
        Self {
            code,
            text: Cow::Owned(text),
        }
    }

    pub fn code(&self) -> u16 {
        self.code
    }

    pub fn text(&self) -> &str {
        &self.text
    }

    /// 2xx.
    pub fn is_positive(&self) -> bool {
        self.code / 100 == 2
    }

    /// 5xx.
    pub fn is_permanent(&self) -> bool {
        self.code / 100 == 5
    }

    /// The enhanced status code, if the text begins with one of this class.
    pub fn enhanced(&self) -> Option<&str> {
        let word = self.text.split([' ', '\n']).next()?;
        let mut parts = word.split('.');
        let class = parts.next()?.parse::<u16>().ok()?;
        let number =
            |part: &str| (1..=3).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
        let rest = parts.next().is_some_and(number) && parts.next().is_some_and(number);
        (class == self.code / 100 && rest && parts.next().is_none()).then_some(word)
    }

    /// The same text under another code: for a 421 of the next hop, which
    /// would tell the client that *this* connection ends.
    pub(crate) fn with_code(self, code: u16) -> Self {
        Self { code, ..self }
    }

    pub(crate) fn write_to(&self, out: &mut Vec<u8>) {
        let mut lines = self.text.split('\n').peekable();
        while let Some(line) = lines.next() {
            let code = [
                b'0' + (self.code / 100 % 10) as u8,
                b'0' + (self.code / 10 % 10) as u8,
                b'0' + (self.code % 10) as u8,
            ];
            out.extend_from_slice(&code);
            out.push(if lines.peek().is_some() { b'-' } else { b' ' });
            out.extend_from_slice(line.as_bytes());
            out.extend_from_slice(b"\r\n");
        }
    }

    /// Reads one whole reply from the start of `input`: the reply and its
    /// length in bytes, or `None` while its end has not come.
    pub(crate) fn parse(input: &[u8]) -> Result<Option<(Self, usize)>, Malformed> {
        let mut text = String::new();
        let mut first = None;
        let mut at = 0;
        for _ in 0..MAX_LINES {
            let rest = &input[at..];
            let Some(newline) = memchr::memchr(b'\n', &rest[..rest.len().min(MAX_LINE)]) else {
                return if rest.len() < MAX_LINE {
                    Ok(None)
                } else {
                    Err(Malformed)
                };
            };
            let line = rest[..newline]
                .strip_suffix(b"\r")
                .unwrap_or(&rest[..newline]);
            let (code, last, words) = split_line(line).ok_or(Malformed)?;
            if *first.get_or_insert(code) != code {
                return Err(Malformed);
            }
            at += newline + 1;
            if !text.is_empty() {
                text.push('\n');
            }
            push_printable(&mut text, words);
            if last {
                return Ok(Some((Self::with_text(code, text), at)));
            }
        }
        Err(Malformed)
    }
}

impl fmt::Display for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.code, self.text.replace('\n', " / "))
    }
}

/// Code, whether it is the reply's last line, and the text.
fn split_line(line: &[u8]) -> Option<(u16, bool, &[u8])> {
    let (digits, rest) = line.split_at_checked(3)?;
    let code: u16 = std::str::from_utf8(digits).ok()?.parse().ok()?;
    if !(200..600).contains(&code) {
        return None;
    }
    match rest.split_first() {
        None => Some((code, true, rest)),
        Some((b' ', words)) => Some((code, true, words)),
        Some((b'-', words)) => Some((code, false, words)),
        Some(_) => None,
    }
}

fn push_printable(text: &mut String, words: &[u8]) {
    let words = String::from_utf8_lossy(&words[..words.len().min(KEPT)]);
    text.extend(words.chars().map(|c| match c {
        ' '..='~' => c,
        '\t' => ' ',
        _ => '?',
    }));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replies_are_read_at_every_split() {
        let whole = b"250-2.1.5 one\r\n250-two\r\n250 three\r\n421 next";
        let end = whole.len() - 8;
        for cut in 0..end {
            assert_eq!(Reply::parse(&whole[..cut]), Ok(None), "cut at {cut}");
        }
        let (reply, length) = Reply::parse(whole).expect("sound").expect("whole");
        assert_eq!((reply.code(), length), (250, end));
        assert_eq!(reply.text(), "2.1.5 one\ntwo\nthree");
        let mut written = Vec::new();
        reply.write_to(&mut written);
        assert_eq!(written, &whole[..end]);
    }

    #[test]
    fn strangers_text_is_cut_to_printable() {
        let check = |input: &[u8], expected: &str| {
            let (reply, _) = Reply::parse(input).expect("sound").expect("whole");
            assert_eq!(reply.text(), expected);
        };
        check(b"550\r\n", "");
        check(b"550 \x1b[31mred\r\n", "?[31mred");
        check("550 Größe\tx\r\n".as_bytes(), "Gr??e x");
        check(b"550 a\rb\n", "a?b");
        check(b"550 \xff\xfe\r\n", "??");
        let long = [b"550 ".as_slice(), &[b'a'; 1500], b"\r\n"].concat();
        check(&long, &"a".repeat(KEPT));
    }

    #[test]
    fn what_is_no_reply_is_an_error() {
        let long = [b'2'; MAX_LINE + 1];
        let endless = b"250-more\r\n".repeat(MAX_LINES + 1);
        for bad in [
            b"\r\n".as_slice(),
            b"ok\r\n",
            b"25 short\r\n",
            b"199 low\r\n",
            b"600 high\r\n",
            b"250_odd\r\n",
            b"2\xff0 odd\r\n",
            b"250-one\r\n251 two\r\n",
            b"HTTP/1.1 400 Bad Request\r\n",
            &long,
            &endless,
        ] {
            assert_eq!(Reply::parse(bad), Err(Malformed), "{}", bad.escape_ascii());
        }
    }

    #[test]
    fn enhanced_codes_are_recognised() {
        for (code, text, expected) in [
            (550, "5.1.1 unknown", Some("5.1.1")),
            (250, "2.0.0", Some("2.0.0")),
            (250, "5.1.1 other class", None),
            (250, "2.0 short", None),
            (250, "2.0.0.0 long", None),
            (250, "fine", None),
            (250, "", None),
        ] {
            assert_eq!(Reply::new(code, text).enhanced(), expected, "{text}");
        }
    }
}
