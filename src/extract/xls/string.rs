//! Strings of records: one or two bytes a character in BIFF8 ([MS-XLS]
//! 2.5.294), the workbook's code page before.

use encoding_rs::{Encoding, WINDOWS_1252};

use crate::extract::bytes::{cp1252, u16_at, u32_at, utf16};
use crate::extract::formula::Dialect;

/// How a workbook writes its strings.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Version {
    /// Excel 5 and 95.
    Biff5(&'static Encoding),
    Biff8,
}

impl Version {
    pub(crate) fn of(bof: &[u8]) -> Self {
        match u16_at(bof, 0) {
            Some(0x0600) => Self::Biff8,
            _ => Self::Biff5(WINDOWS_1252),
        }
    }

    /// Takes the code page of an older workbook.
    pub(crate) fn with_code_page(self, page: u16) -> Self {
        let Self::Biff5(_) = self else { return self };
        Self::Biff5(match page {
            10_000 | 0x8000 => encoding_rs::MACINTOSH,
            page => {
                Encoding::for_label(format!("windows-{page}").as_bytes()).unwrap_or(WINDOWS_1252)
            }
        })
    }

    pub(crate) fn dialect(self) -> Dialect {
        match self {
            Self::Biff5(_) => Dialect::Biff5,
            Self::Biff8 => Dialect::Biff8,
        }
    }

    /// A string after a length of one byte.
    pub(crate) fn short(self, bytes: &[u8]) -> Option<String> {
        let length = usize::from(*bytes.first()?);
        self.characters(bytes.get(1..)?, length)
    }

    /// A string after a length of two bytes.
    pub(crate) fn long(self, bytes: &[u8]) -> Option<String> {
        let length = usize::from(u16_at(bytes, 0)?);
        self.characters(bytes.get(2..)?, length)
    }

    /// The same, and what stands behind it; `None` if it is not all there.
    pub(crate) fn taken(self, bytes: &[u8]) -> Option<(String, &[u8])> {
        let text = self.long(bytes)?;
        let length = usize::from(u16_at(bytes, 0)?);
        let size = self.size(bytes.get(2..)?, length)?;
        Some((text, bytes.get(2 + size..)?))
    }

    /// The bytes of so many characters.
    pub(crate) fn size(self, bytes: &[u8], length: usize) -> Option<usize> {
        Some(match self {
            Self::Biff5(_) => length,
            Self::Biff8 => 1 + length * (1 + usize::from(bytes.first()? & 1)),
        })
    }

    /// So many characters, as far as they are there.
    pub(crate) fn characters(self, bytes: &[u8], length: usize) -> Option<String> {
        match self {
            Self::Biff5(encoding) => {
                let bytes = &bytes[..length.min(bytes.len())];
                Some(encoding.decode_without_bom_handling(bytes).0.into_owned())
            }
            Self::Biff8 => {
                let flags = *bytes.first()?;
                Some(wide_or_narrow(&bytes[1..], length, flags & 1 != 0))
            }
        }
    }
}

fn wide_or_narrow(bytes: &[u8], length: usize, wide: bool) -> String {
    match wide {
        true => utf16(&bytes[..(length * 2).min(bytes.len())]),
        false => cp1252(&bytes[..length.min(bytes.len())]),
    }
}

/// The strings that a workbook's cells share ([MS-XLS] 2.4.265), over all
/// records that continue the first. False if they end too soon.
pub(crate) fn shared_strings(pieces: &[&[u8]], mut keep: impl FnMut(&str)) -> bool {
    let count = pieces.first().and_then(|piece| u32_at(piece, 4));
    let Some(count) = count else { return false };
    let mut reader = Pieces {
        pieces,
        piece: 0,
        at: 8,
    };
    (0..count).all(|_| match reader.string() {
        Some(string) => {
            keep(&string);
            true
        }
        None => false,
    })
}

struct Pieces<'a> {
    pieces: &'a [&'a [u8]],
    piece: usize,
    at: usize,
}

impl<'a> Pieces<'a> {
    /// What is left of the piece, or the next one.
    fn rest(&mut self) -> Option<&'a [u8]> {
        loop {
            let rest = self.pieces.get(self.piece)?.get(self.at..)?;
            if !rest.is_empty() {
                return Some(rest);
            }
            self.piece += 1;
            self.at = 0;
        }
    }

    fn take(&mut self, most: usize) -> Option<&'a [u8]> {
        let rest = self.rest()?;
        let taken = &rest[..most.min(rest.len())];
        self.at += taken.len();
        Some(taken)
    }

    fn number(&mut self, bytes: usize) -> Option<u32> {
        let mut number = 0;
        for place in 0..bytes {
            number |= u32::from(*self.take(1)?.first()?) << (8 * place);
        }
        Some(number)
    }

    fn skip(&mut self, mut bytes: usize) -> Option<()> {
        while bytes > 0 {
            bytes -= self.take(bytes)?.len();
        }
        Some(())
    }

    /// [MS-XLS] 2.5.293. Where characters go on in the next record, that one
    /// begins with a flag of its own.
    fn string(&mut self) -> Option<String> {
        let mut left = self.number(2)? as usize;
        let flags = self.number(1)?;
        let runs = if flags & 8 != 0 { self.number(2)? } else { 0 };
        let extra = if flags & 4 != 0 { self.number(4)? } else { 0 };
        let mut wide = flags & 1 != 0;
        let mut out = String::new();
        while left > 0 {
            let before = self.piece;
            self.rest()?;
            if self.piece != before {
                wide = self.number(1)? & 1 != 0;
            }
            let bytes = self.take(if wide { left * 2 } else { left })?;
            let read = if wide {
                bytes.len().div_ceil(2)
            } else {
                bytes.len()
            };
            out.push_str(&wide_or_narrow(bytes, read, wide));
            left -= read.min(left);
        }
        self.skip(runs as usize * 4 + extra as usize)?;
        Some(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(pieces: &[&[u8]], expected: &[&str], whole: bool) {
        let mut strings = Vec::new();
        let ended = shared_strings(pieces, |string| strings.push(string.to_owned()));
        assert_eq!(
            (strings.as_slice(), ended),
            (
                &expected.iter().map(|s| (*s).to_owned()).collect::<Vec<_>>()[..],
                whole
            )
        );
    }

    #[test]
    fn strings_go_on_in_the_next_record() {
        let head = b"\x02\0\0\0\x02\0\0\0";
        check(
            &[&[&head[..], b"\x03\0\0Zo\xeb\x02\0\x01O\0k\0"].concat()],
            &["Zoë", "Ok"],
            true,
        );
        // One byte a character before the border, two after it.
        check(
            &[
                &[&head[..], b"\x04\0\0Ob"].concat(),
                b"\x01a\0n\0\x01\0\x08\x01\0X\0\0\0\0",
            ],
            &["Oban", "X"],
            true,
        );
        check(&[&[&head[..], b"\x04\0\0Ob"].concat()], &[], false);
        check(&[b"\x02"], &[], false);
    }
}
