//! ToUnicode maps: what a font's codes mean (ISO 32000-1 section 9.10.3).

use std::collections::HashMap;

use super::content::{Token, Tokens};

/// Codes of one range that are mapped.
const LONGEST_RANGE: u32 = 65_536;
/// Codes that all ranges map together; crafted ones map the same without end.
const MOST_CODES: usize = 4 * LONGEST_RANGE as usize;
/// Characters that one code may mean: a ligature has three.
const LONGEST_MEANING: usize = 16;

/// What codes mean.
#[derive(Debug, Default)]
pub(crate) struct Map {
    pub(crate) meanings: HashMap<u32, String>,
    /// Some of it makes no sense: readers differ in what they take of it.
    pub(crate) damaged: bool,
    /// It maps more codes than any font has.
    pub(crate) endless: bool,
}

/// A ToUnicode map: `bfchar` and `bfrange` sections.
pub(crate) fn to_unicode(map: &[u8]) -> Map {
    let mut meanings = HashMap::new();
    let mut operands: Vec<Operand> = Vec::new();
    let mut list: Option<Vec<Vec<u8>>> = None;
    let mut left = MOST_CODES;
    // Within a section: of how many operands its entries are.
    let mut section: Option<usize> = None;
    let mut damaged = false;
    let mut tokens = Tokens::new(map);
    for token in tokens.by_ref() {
        match token {
            Token::String(bytes) => match &mut list {
                Some(list) => list.push(bytes.into_owned()),
                None => operands.push(Operand::Code(bytes.into_owned())),
            },
            Token::ArrayStart => list = Some(Vec::new()),
            Token::ArrayEnd => operands.extend(list.take().map(Operand::List)),
            Token::Operator(word) => {
                let size = section.take();
                let ends = matches!(word, b"endbfchar" | b"endbfrange");
                damaged |= size.map_or(ends, |size| !operands.len().is_multiple_of(size));
                match word {
                    b"beginbfchar" => section = Some(2),
                    b"beginbfrange" => section = Some(3),
                    b"endbfchar" => characters(&operands, &mut meanings),
                    b"endbfrange" => ranges(&operands, &mut left, &mut meanings),
                    _ if size.is_some() => {
                        damaged = true;
                        section = size;
                        continue;
                    }
                    _ => {}
                }
                operands.clear();
            }
            Token::Number(_) | Token::Name(_) => damaged |= section.is_some(),
        }
        if meanings.len() > 2 * LONGEST_RANGE as usize {
            break;
        }
    }
    damaged |= section.is_some() || (tokens.damaged && !meanings.is_empty());
    Map {
        endless: left == 0 || meanings.len() > 2 * LONGEST_RANGE as usize,
        meanings,
        damaged,
    }
}

enum Operand {
    Code(Vec<u8>),
    List(Vec<Vec<u8>>),
}

fn characters(operands: &[Operand], meanings: &mut HashMap<u32, String>) {
    for pair in operands.chunks_exact(2) {
        if let [Operand::Code(code), Operand::Code(meaning)] = pair {
            meanings.insert(code_of(code), utf16(meaning));
        }
    }
}

fn ranges(operands: &[Operand], left: &mut usize, meanings: &mut HashMap<u32, String>) {
    for triple in operands.chunks_exact(3) {
        let [Operand::Code(first), Operand::Code(last), target] = triple else {
            continue;
        };
        let (first, last) = (code_of(first), code_of(last));
        let count = last.saturating_sub(first).min(LONGEST_RANGE - 1) as usize + 1;
        let codes = (first..=last).take(count.min(*left));
        *left -= count.min(*left);
        match target {
            Operand::List(list) => {
                meanings.extend(
                    codes
                        .zip(list)
                        .map(|(code, meaning)| (code, utf16(meaning))),
                );
            }
            Operand::Code(meaning) => {
                let text = utf16(meaning);
                let Some(last) = text.chars().next_back() else {
                    continue;
                };
                let stem = &text[..text.len() - last.len_utf8()];
                meanings.extend(codes.map(|code| {
                    let c = char::from_u32(u32::from(last) + (code - first)).unwrap_or('\u{fffd}');
                    (code, format!("{stem}{c}"))
                }));
            }
        }
    }
}

fn code_of(bytes: &[u8]) -> u32 {
    bytes
        .iter()
        .take(4)
        .fold(0, |code, &byte| code << 8 | u32::from(byte))
}

fn utf16(bytes: &[u8]) -> String {
    let units: Vec<u16> = match bytes {
        [one] => vec![u16::from(*one)],
        _ => bytes
            .chunks_exact(2)
            .map(|pair| u16::from_be_bytes([pair[0], pair[1]]))
            .collect(),
    };
    let text = String::from_utf16_lossy(&units);
    // Some maps have NUL for a glyph of no meaning, and Qt's have a tab for the
    // space between words.
    text.chars()
        .filter(|&c| c != '\0')
        .map(|c| if c.is_whitespace() { ' ' } else { c })
        .take(LONGEST_MEANING)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(map: &str, code: u32, expected: Option<&str>) {
        assert_eq!(
            to_unicode(map.as_bytes())
                .meanings
                .get(&code)
                .map(String::as_str),
            expected,
            "{map}"
        );
    }

    #[test]
    fn any_space_is_a_space() {
        check(
            "1 beginbfrange <04> <05> [<0009> <00A0>] endbfrange",
            4,
            Some(" "),
        );
        check(
            "1 beginbfrange <04> <05> [<0009> <00A0>] endbfrange",
            5,
            Some(" "),
        );
    }

    #[test]
    fn characters_ranges_and_lists_are_mapped() {
        check("1 beginbfchar <01> <005A> endbfchar", 1, Some("Z"));
        check("1 beginbfchar <0001> <00660066> endbfchar", 1, Some("ff"));
        check(
            "1 beginbfrange <10> <12> <0041> endbfrange",
            0x12,
            Some("C"),
        );
        check(
            "1 beginbfrange <10> <11> [<005A> <00EB>] endbfrange",
            0x11,
            Some("ë"),
        );
        check("1 beginbfrange <10> <12> <0041> endbfrange", 0x13, None);
        check("1 beginbfchar <01> <D83DDE00> endbfchar", 1, Some("😀"));
    }

    #[test]
    fn broken_and_endless_maps_end() {
        check("beginbfchar <01> endbfchar", 1, None);
        check("beginbfrange <12> <10> <0041> endbfrange", 0x11, None);
        let map = to_unicode(b"beginbfrange <00000000> <FFFFFFFF> <0041> endbfrange");
        assert!(map.meanings.len() <= LONGEST_RANGE as usize);
        assert!(!map.endless);
        let again = "<0000> <FFFF> <0041> ".repeat(9);
        let map = to_unicode(format!("9 beginbfrange {again} endbfrange").as_bytes());
        assert!(map.endless);
    }

    #[test]
    fn what_makes_no_sense_is_told() {
        let sound = "/CMapName /F1 def 1 begincodespacerange <00> <ff> endcodespacerange";
        let entries = "2 beginbfchar <01> <005A> <02>\n<0041> endbfchar";
        for (broken, expected) in [
            ("", false),
            ("1 beginbfrange <10> <11> [<005A> <00EB>] endbfrange", false),
            ("0 beginbfchar endbfchar", false),
            ("2 beginbfchar <03> <005A> <0204> endbfchar", true),
            ("2 beginbfchar <03> <005A> x <0041> endbfchar", true),
            ("2 beginbfchar <03> <005A <04> <0041> endbfchar", true),
            ("1 beginbfchar <03> 5A> endbfchar", true),
            ("1 beginbfchar <03> <005A0> endbfchar", true),
            ("1 beginbfrange <10> <12> endbfrange", true),
            ("1 beginbfchar <03> <005A>", true),
            ("1 begin <03> <005A> endbfchar", true),
        ] {
            let map = to_unicode(format!("{sound} {entries} {broken}").as_bytes());
            assert_eq!(map.damaged, expected, "{broken}");
            assert!(map.meanings.contains_key(&1));
        }
    }
}
