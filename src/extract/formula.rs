//! The words in formulas as the binary workbooks keep them: a run of tokens
//! ([MS-XLS] 2.5.198, [MS-XLSB] 2.5.97), of which each must be known to find
//! the next.

use super::bytes::{cp1252, u16_at, u32_at, utf16};

/// How a workbook writes its tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// Excel 5 and 95.
    Biff5,
    /// Excel 97 to 2003.
    Biff8,
    /// Binary workbooks of Excel 2007 and later.
    Biff12,
}

/// Tokens ([MS-XLS] 2.5.198.25). From 0x20 on they come in three classes, each
/// 0x20 apart.
mod token {
    pub(super) const EXP: u8 = 0x01;
    pub(super) const TABLE: u8 = 0x02;
    pub(super) const FIRST_OPERATOR: u8 = 0x03;
    pub(super) const LAST_OPERATOR: u8 = 0x16;
    pub(super) const STRING: u8 = 0x17;
    pub(super) const ATTRIBUTE: u8 = 0x19;
    pub(super) const ERROR: u8 = 0x1c;
    pub(super) const BOOLEAN: u8 = 0x1d;
    pub(super) const INTEGER: u8 = 0x1e;
    pub(super) const NUMBER: u8 = 0x1f;
    pub(super) const ARRAY: u8 = 0x20;
    pub(super) const FUNCTION: u8 = 0x21;
    pub(super) const FUNCTION_OF_MANY: u8 = 0x22;
    pub(super) const NAME: u8 = 0x23;
    pub(super) const CELL: u8 = 0x24;
    pub(super) const AREA: u8 = 0x25;
    pub(super) const FIRST_MEMORY: u8 = 0x26;
    pub(super) const LAST_MEMORY: u8 = 0x28;
    pub(super) const MEMORY_FUNCTION: u8 = 0x29;
    pub(super) const CELL_ERROR: u8 = 0x2a;
    pub(super) const AREA_ERROR: u8 = 0x2b;
    pub(super) const CELL_NEAR: u8 = 0x2c;
    pub(super) const AREA_NEAR: u8 = 0x2d;
    pub(super) const NAME_ELSEWHERE: u8 = 0x39;
    pub(super) const CELL_ELSEWHERE: u8 = 0x3a;
    pub(super) const AREA_ELSEWHERE: u8 = 0x3b;
    pub(super) const CELL_ERROR_ELSEWHERE: u8 = 0x3c;
    pub(super) const AREA_ERROR_ELSEWHERE: u8 = 0x3d;
}

/// The strings in a formula, as far as its tokens are known; `behind` are the
/// values of arrays, which stand behind the tokens.
pub(crate) fn words(tokens: &[u8], behind: &[u8], dialect: Dialect) -> Vec<String> {
    let mut words = Vec::new();
    let mut rest = tokens;
    let mut arrays = 0;
    while let Some((&first, data)) = rest.split_first() {
        if first == token::STRING {
            let Some((word, size)) = string(data, dialect) else {
                break;
            };
            words.push(word);
            rest = data.get(size..).unwrap_or_default();
            continue;
        }
        let class = match first {
            0x40.. => (first & 0x1f) | 0x20,
            _ => first,
        };
        arrays += usize::from(class == token::ARRAY);
        let Some(size) = size(class, data, dialect) else {
            break;
        };
        rest = data.get(size..).unwrap_or_default();
    }
    if dialect == Dialect::Biff8 {
        array_words(behind, arrays, &mut words);
    }
    // A list of choices is one string, set apart by zeros.
    for word in &mut words {
        *word = word.replace('\0', ", ");
    }
    words.retain(|word| !word.trim().is_empty());
    words
}

/// A string behind its token, and its bytes.
fn string(data: &[u8], dialect: Dialect) -> Option<(String, usize)> {
    match dialect {
        Dialect::Biff5 => {
            let length = usize::from(*data.first()?);
            Some((cp1252(data.get(1..1 + length)?), 1 + length))
        }
        Dialect::Biff8 => characters(data.get(1..)?, usize::from(*data.first()?))
            .map(|(text, size)| (text, 1 + size)),
        Dialect::Biff12 => {
            let size = usize::from(u16_at(data, 0)?) * 2;
            Some((utf16(data.get(2..2 + size)?), 2 + size))
        }
    }
}

/// So many characters behind the flag that tells how wide they are.
fn characters(data: &[u8], length: usize) -> Option<(String, usize)> {
    Some(match data.first()? & 1 {
        0 => (cp1252(data.get(1..1 + length)?), 1 + length),
        _ => (utf16(data.get(1..1 + length * 2)?), 1 + length * 2),
    })
}

/// Bytes behind a token; `None` where that is not known.
fn size(token: u8, data: &[u8], dialect: Dialect) -> Option<usize> {
    // A cell's row and column, and those of an area.
    let (cell, area) = match dialect {
        Dialect::Biff5 => (3, 6),
        Dialect::Biff8 => (4, 8),
        Dialect::Biff12 => (6, 12),
    };
    let old = dialect == Dialect::Biff5;
    Some(match token {
        token::EXP | token::TABLE => 4,
        token::FIRST_OPERATOR..=token::LAST_OPERATOR => 0,
        token::ATTRIBUTE => match data.first()? & 4 {
            0 => 3,
            // A choice has a list of places to go to.
            _ => 3 + 2 * (usize::from(u16_at(data, 1)?) + 1),
        },
        token::ERROR | token::BOOLEAN => 1,
        token::INTEGER | token::FUNCTION | token::MEMORY_FUNCTION => 2,
        token::NUMBER => 8,
        token::ARRAY if dialect == Dialect::Biff12 => 14,
        token::ARRAY => 7,
        token::FUNCTION_OF_MANY => 3,
        token::NAME => {
            if old {
                14
            } else {
                4
            }
        }
        token::FIRST_MEMORY..=token::LAST_MEMORY => 6,
        token::CELL | token::CELL_ERROR | token::CELL_NEAR => cell,
        token::AREA | token::AREA_ERROR | token::AREA_NEAR => area,
        token::NAME_ELSEWHERE => {
            if old {
                24
            } else {
                6
            }
        }
        token::CELL_ELSEWHERE | token::CELL_ERROR_ELSEWHERE => {
            if old {
                17
            } else {
                cell + 2
            }
        }
        token::AREA_ELSEWHERE | token::AREA_ERROR_ELSEWHERE => {
            if old {
                20
            } else {
                area + 2
            }
        }
        _ => return None,
    })
}

/// The strings among the values of so many arrays ([MS-XLS] 2.5.198.8).
fn array_words(mut behind: &[u8], arrays: usize, words: &mut Vec<String>) {
    for _ in 0..arrays {
        let (Some(columns), Some(rows)) = (behind.first(), u16_at(behind, 1)) else {
            return;
        };
        let values = (usize::from(*columns) + 1) * (usize::from(rows) + 1);
        behind = &behind[3..];
        for _ in 0..values {
            let Some((kind, data)) = behind.split_first() else {
                return;
            };
            let size = match kind {
                2 => {
                    let length = u16_at(data, 0).map(usize::from);
                    let text = length.zip(data.get(2..));
                    let Some((word, size)) = text.and_then(|(length, d)| characters(d, length))
                    else {
                        return;
                    };
                    words.push(word);
                    2 + size
                }
                _ => 8,
            };
            behind = data.get(size..).unwrap_or_default();
        }
    }
}

/// The tokens of a formula with their number of bytes before them, and what
/// stands behind; the number has so many bytes.
pub(crate) fn counted(data: &[u8], bytes: usize) -> Option<(&[u8], &[u8])> {
    let length = match bytes {
        2 => usize::from(u16_at(data, 0)?),
        _ => u32_at(data, 0)? as usize,
    };
    data.get(bytes..)?.split_at_checked(length)
}

/// Adds a line of words to others, unless it has none.
pub(crate) fn push_line(to: &mut String, text: &str) {
    if !text.trim().is_empty() {
        to.push_str(text);
        to.push('\n');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(tokens: &[u8], behind: &[u8], dialect: Dialect, expected: &[&str]) {
        assert_eq!(words(tokens, behind, dialect), expected);
        for length in 0..tokens.len() {
            assert!(words(&tokens[..length], behind, dialect).len() <= expected.len());
        }
        for length in 0..behind.len() {
            assert!(words(tokens, &behind[..length], dialect).len() <= expected.len());
        }
    }

    #[test]
    fn strings_are_found_among_other_tokens() {
        // IF(A1="Zoe",Sheet!A1:B2,"Oban")
        check(
            b"\x44\0\0\0\xc0\x17\x03\0Zoe\x0b\x19\x02\x1b\0\x3b\0\0\0\0\x01\0\0\xc0\x01\xc0\x17\x04\x01O\0b\0a\0n\0\x42\x03\x01\0",
            b"",
            Dialect::Biff8,
            &["Zoe", "Oban"],
        );
        check(
            b"\x44\0\xc0\0\x17\x03Zoe\x0b",
            b"",
            Dialect::Biff5,
            &["Zoe"],
        );
        check(
            b"\x44\0\0\0\0\0\xc0\x17\x03\0Z\0o\0e\0\x0b",
            b"",
            Dialect::Biff12,
            &["Zoe"],
        );
    }

    #[test]
    fn arrays_and_lists_are_read() {
        check(
            b"\x60\0\0\0\0\0\0\0",
            b"\x01\0\0\x02\x03\0\0Zoe\x01\0\0\0\0\0\0\0\0",
            Dialect::Biff8,
            &["Zoe"],
        );
        check(b"\x17\x08\0Zoe\0Oban", b"", Dialect::Biff8, &["Zoe, Oban"]);
    }

    #[test]
    fn a_choice_among_many_is_passed() {
        check(
            b"\x19\x04\x02\0\0\0\x01\0\x02\0\x17\x03\0Zoe",
            b"",
            Dialect::Biff8,
            &["Zoe"],
        );
    }

    #[test]
    fn behind_what_is_not_known_nothing_is_guessed() {
        check(b"\x18\x17\x03\0Zoe", b"", Dialect::Biff8, &[]);
    }
}
