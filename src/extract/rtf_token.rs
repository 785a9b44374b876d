//! The syntax of RTF 1.9.1: groups, control words and symbols, characters.

/// One token of an RTF file.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Token<'a> {
    Open,
    Close,
    /// A control word with its number: `\fs24`.
    Word(&'a [u8], Option<i32>),
    /// A control symbol: `\~`.
    Symbol(u8),
    /// A character's byte, plain or as `\'hh`.
    Byte(u8),
    /// Bytes as they are, behind `\bin`.
    Binary(&'a [u8]),
}

/// The tokens of a file.
pub(crate) struct Tokens<'a> {
    rest: &'a [u8],
}

impl<'a> Tokens<'a> {
    pub(crate) fn new(rtf: &'a [u8]) -> Self {
        Self { rest: rtf }
    }

    pub(crate) fn rest(&self) -> &'a [u8] {
        self.rest
    }

    fn byte(&mut self) -> Option<u8> {
        let (&byte, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(byte)
    }

    fn take_while(&mut self, wanted: fn(&u8) -> bool, most: usize) -> &'a [u8] {
        let length = self
            .rest
            .iter()
            .take(most)
            .take_while(|&byte| wanted(byte))
            .count();
        let (taken, rest) = self.rest.split_at(length);
        self.rest = rest;
        taken
    }

    fn control(&mut self) -> Option<Token<'a>> {
        if !self.rest.first()?.is_ascii_alphabetic() {
            return Some(match self.byte()? {
                b'\'' => self.hex(),
                byte @ (b'\\' | b'{' | b'}') => Token::Byte(byte),
                symbol => Token::Symbol(symbol),
            });
        }
        let word = self.take_while(u8::is_ascii_alphabetic, 64);
        let number = self.number();
        if self.rest.first() == Some(&b' ') {
            self.byte();
        }
        if word == b"bin" {
            let length = usize::try_from(number.unwrap_or(0)).unwrap_or(0);
            let (binary, rest) = self.rest.split_at(length.min(self.rest.len()));
            self.rest = rest;
            return Some(Token::Binary(binary));
        }
        Some(Token::Word(word, number))
    }

    fn number(&mut self) -> Option<i32> {
        let negative =
            self.rest.first() == Some(&b'-') && self.rest.get(1).is_some_and(u8::is_ascii_digit);
        if negative {
            self.byte();
        }
        let digits = self.take_while(u8::is_ascii_digit, 10);
        let value: i64 = std::str::from_utf8(digits).ok()?.parse().ok()?;
        i32::try_from(if negative { -value } else { value }).ok()
    }

    fn hex(&mut self) -> Token<'a> {
        let digits = self.take_while(u8::is_ascii_hexdigit, 2);
        let value = digits.iter().fold(0, |sum, &digit| {
            sum * 16 + char::from(digit).to_digit(16).unwrap_or(0)
        });
        Token::Byte(u8::try_from(value).unwrap_or(b'?'))
    }
}

impl<'a> Iterator for Tokens<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        loop {
            return Some(match self.byte()? {
                b'{' => Token::Open,
                b'}' => Token::Close,
                b'\\' => return self.control(),
                // Line ends are for whoever reads the file raw.
                b'\r' | b'\n' | 0 => continue,
                byte => Token::Byte(byte),
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_told_apart() {
        use Token::{Binary, Byte, Close, Open, Symbol, Word};
        let rtf = b"{\\b1 a\\'e9\r\\~\\\\\\u-3900?\\bin3 {{{}";
        let tokens: Vec<Token<'_>> = Tokens::new(rtf).collect();
        let expected = [
            Open,
            Word(b"b", Some(1)),
            Byte(b'a'),
            Byte(0xe9),
            Symbol(b'~'),
            Byte(b'\\'),
            Word(b"u", Some(-3900)),
            Byte(b'?'),
            Binary(b"{{{"),
            Close,
        ];
        assert_eq!(tokens, expected);
        assert_eq!(Tokens::new(b"\\").count(), 0);
    }
}
