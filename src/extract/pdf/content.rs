//! The tokens of a PDF content stream (ISO 32000-1 section 7.8.2).

use std::borrow::Cow;

/// One token; arrays come flat, which is all that showing text needs.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Token<'a> {
    Number(f32),
    String(Cow<'a, [u8]>),
    Name(&'a [u8]),
    Operator(&'a [u8]),
    ArrayStart,
    ArrayEnd,
}

/// Strings longer than this are cut: no line of text is so long.
const LONGEST_STRING: usize = 1024 * 1024;

#[derive(Debug)]
pub(crate) struct Tokens<'a> {
    bytes: &'a [u8],
    at: usize,
    /// A string in hexadecimal had other signs in it, or half a byte.
    pub(crate) damaged: bool,
}

impl<'a> Tokens<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self {
            bytes,
            at: 0,
            damaged: false,
        }
    }

    /// Passes over an inline image's data, up to its `EI`.
    pub(crate) fn skip_image(&mut self) {
        let mut from = self.at;
        while let Some(found) = memchr::memmem::find(&self.bytes[from..], b"EI") {
            let start = from + found;
            from = start + 2;
            let before = start.checked_sub(1).map(|i| self.bytes[i]);
            let after = self.bytes.get(from);
            if before.is_none_or(is_space) && after.is_none_or(|&b| is_space(b)) {
                self.at = from;
                return;
            }
        }
        self.at = self.bytes.len();
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn skip_space(&mut self) {
        while let Some(byte) = self.peek() {
            if byte == b'%' {
                let rest = &self.bytes[self.at..];
                self.at += memchr::memchr2(b'\n', b'\r', rest).unwrap_or(rest.len());
            } else if is_space(byte) {
                self.at += 1;
            } else {
                break;
            }
        }
    }

    fn regular(&mut self) -> &'a [u8] {
        let start = self.at;
        while self
            .peek()
            .is_some_and(|byte| !is_space(byte) && !is_delimiter(byte))
        {
            self.at += 1;
        }
        &self.bytes[start..self.at]
    }

    fn literal(&mut self) -> Cow<'a, [u8]> {
        let start = self.at;
        // The usual string has no escapes and no parentheses inside.
        if let Some(end) = memchr::memchr3(b'(', b')', b'\\', &self.bytes[start..])
            && self.bytes[start + end] == b')'
        {
            self.at = start + end + 1;
            return Cow::Borrowed(&self.bytes[start..start + end]);
        }
        let mut out = Vec::new();
        let mut depth = 1;
        while let Some(byte) = self.peek() {
            self.at += 1;
            match byte {
                b'(' => depth += 1,
                b')' => {
                    depth -= 1;
                    if depth == 0 {
                        break;
                    }
                }
                b'\\' => {
                    self.escape(&mut out);
                    continue;
                }
                _ => {}
            }
            if out.len() < LONGEST_STRING {
                out.push(byte);
            }
        }
        Cow::Owned(out)
    }

    fn escape(&mut self, out: &mut Vec<u8>) {
        let Some(byte) = self.peek() else { return };
        self.at += 1;
        match byte {
            b'n' => out.push(b'\n'),
            b'r' => out.push(b'\r'),
            b't' => out.push(b'\t'),
            b'b' => out.push(8),
            b'f' => out.push(12),
            b'0'..=b'7' => {
                let mut value = u32::from(byte - b'0');
                for _ in 0..2 {
                    match self.peek() {
                        Some(digit @ b'0'..=b'7') => {
                            value = value * 8 + u32::from(digit - b'0');
                            self.at += 1;
                        }
                        _ => break,
                    }
                }
                out.push(value as u8);
            }
            b'\r' => {
                if self.peek() == Some(b'\n') {
                    self.at += 1;
                }
            }
            b'\n' => {}
            other => out.push(other),
        }
    }

    fn hexadecimal(&mut self) -> Cow<'a, [u8]> {
        let mut out = Vec::new();
        let mut high: Option<u8> = None;
        while let Some(byte) = self.peek() {
            self.at += 1;
            if byte == b'>' {
                break;
            }
            let Some(digit) = char::from(byte).to_digit(16) else {
                self.damaged |= !is_space(byte);
                continue;
            };
            match high.take() {
                Some(high) => out.push(high << 4 | digit as u8),
                None => high = Some(digit as u8),
            }
        }
        self.damaged |= high.is_some();
        out.extend(high.map(|high| high << 4));
        Cow::Owned(out)
    }
}

impl<'a> Iterator for Tokens<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        loop {
            self.skip_space();
            let byte = self.peek()?;
            match byte {
                b'(' => {
                    self.at += 1;
                    return Some(Token::String(self.literal()));
                }
                b'<' if self.bytes.get(self.at + 1) == Some(&b'<') => self.at += 2,
                b'<' => {
                    self.at += 1;
                    return Some(Token::String(self.hexadecimal()));
                }
                b'/' => {
                    self.at += 1;
                    return Some(Token::Name(self.regular()));
                }
                b'[' => {
                    self.at += 1;
                    return Some(Token::ArrayStart);
                }
                b']' => {
                    self.at += 1;
                    return Some(Token::ArrayEnd);
                }
                b'>' | b'{' | b'}' | b')' => self.at += 1,
                _ => {
                    let word = self.regular();
                    return Some(number(word).map_or(Token::Operator(word), Token::Number));
                }
            }
        }
    }
}

fn number(word: &[u8]) -> Option<f32> {
    let first = *word.first()?;
    if !(first.is_ascii_digit() || matches!(first, b'+' | b'-' | b'.')) {
        return None;
    }
    let (negative, digits) = match word.strip_prefix(b"-") {
        Some(rest) => (true, rest.strip_prefix(b"-").unwrap_or(rest)),
        None => (false, word.strip_prefix(b"+").unwrap_or(word)),
    };
    let mut value = 0.0_f64;
    let mut scale = 0.0_f64;
    for &byte in digits {
        match byte {
            b'0'..=b'9' if scale == 0.0 => value = value * 10.0 + f64::from(byte - b'0'),
            b'0'..=b'9' => {
                value += f64::from(byte - b'0') * scale;
                scale /= 10.0;
            }
            b'.' if scale == 0.0 => scale = 0.1,
            // `12-34`, which some programs write, is 12.
            b'-' => break,
            _ => return None,
        }
    }
    Some(if negative { -value } else { value } as f32)
}

fn is_space(byte: u8) -> bool {
    matches!(byte, 0 | b'\t' | b'\n' | 12 | b'\r' | b' ')
}

fn is_delimiter(byte: u8) -> bool {
    matches!(
        byte,
        b'(' | b')' | b'<' | b'>' | b'[' | b']' | b'{' | b'}' | b'/' | b'%'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(content: &str, expected: &str) {
        let tokens: Vec<String> = Tokens::new(content.as_bytes())
            .map(|token| match token {
                Token::Number(number) => format!("{number}"),
                Token::String(bytes) => format!("({})", String::from_utf8_lossy(&bytes)),
                Token::Name(name) => format!("/{}", String::from_utf8_lossy(name)),
                Token::Operator(word) => String::from_utf8_lossy(word).into_owned(),
                Token::ArrayStart => "[".to_owned(),
                Token::ArrayEnd => "]".to_owned(),
            })
            .collect();
        assert_eq!(tokens.join(" "), expected, "{content}");
    }

    #[test]
    fn tokens_are_told_apart() {
        check("BT /F1 12 Tf (a b) Tj ET", "BT /F1 12 Tf (a b) Tj ET");
        check("[(a)-250.5(b)]TJ", "[ (a) -250.5 (b) ] TJ");
        check(r"(a\)\(b\101\n(c)) '", "(a)(bA\n(c)) '");
        check("<48 65 6C6>Tj", "(Hel`) Tj");
        check("% note\n1 0 0 1 -.5 +2 cm", "1 0 0 1 -0.5 2 cm");
        check("/OC <</MCID 0>> BDC", "/OC /MCID 0 BDC");
        check("(never ends", "(never ends)");
        check("", "");
        check(">>})", "");
    }
}
