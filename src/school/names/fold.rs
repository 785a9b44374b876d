//! Letters into the form in which names are compared.
//!
//! Lower case, without diacritics (NFKD, and the letters that Unicode does
//! not take apart: ł, ø, ß, æ), look-alikes of other scripts as the Latin
//! letters they look like, invisible characters dropped. Roster and text go
//! through the same function, so that a mapping need not be right in any
//! language; it needs to be the same on both sides.

use unicode_normalization::char::{decompose_compatible, is_combining_mark};

/// The most bytes that a folded token may have; a longer run of letters is
/// no name.
pub(super) const LONGEST: usize = 64;

/// What a character is to a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    Letter,
    /// Zero-width characters, soft hyphens, combining marks: as if not there.
    Ignored,
    /// Anything else ends a token.
    Separator,
}

pub(super) fn class(c: char) -> Class {
    if c.is_ascii() {
        return if c.is_ascii_alphabetic() {
            Class::Letter
        } else {
            Class::Separator
        };
    }
    if is_invisible(c) || is_combining_mark(c) {
        Class::Ignored
    } else if c.is_alphabetic() && !is_apostrophe(c) {
        Class::Letter
    } else {
        Class::Separator
    }
}

/// Appends a letter's folded form.
pub(super) fn fold(c: char, into: &mut Vec<u8>) {
    if c.is_ascii() {
        into.push(c.to_ascii_lowercase() as u8);
        return;
    }
    // First apart, then lower: a mathematical 𝐙 has no lower case of its own.
    decompose_compatible(c, |part| {
        if class(part) == Class::Letter {
            part.to_lowercase()
                .for_each(|lower| push_plain(lower, into));
        }
    });
}

/// A whole name or part of one: its letters alone, folded.
pub(crate) fn folded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    for c in text.chars().filter(|&c| class(c) == Class::Letter) {
        fold(c, &mut bytes);
    }
    String::from_utf8(bytes).expect("folding appends whole characters")
}

/// What people type for the apostrophe of O'Brien.
pub(super) fn is_apostrophe(c: char) -> bool {
    matches!(
        c,
        '\'' | '`'
            | '´'
            | '‘'
            | '’'
            | '‛'
            | '′'
            | '‵'
            | 'ʹ'
            | 'ʻ'
            | 'ʼ'
            | 'ʽ'
            | 'ˈ'
            | '＇'
            | 'ꞌ'
    )
}

/// What people type for the hyphen of Mary-Jane. An en dash is one only
/// without spaces around it, which the caller sees.
pub(super) fn is_hyphen(c: char) -> bool {
    matches!(c, '-' | '‐' | '‑' | '‒' | '–' | '−' | '﹣' | '－')
}

/// Default-ignorable code points and directional controls.
fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
        | '\u{ffa0}' | '\u{e0000}'..='\u{e0fff}')
}

fn push_plain(c: char, into: &mut Vec<u8>) {
    let plain = latin(c);
    if plain.is_empty() {
        let mut buffer = [0; 4];
        into.extend_from_slice(c.encode_utf8(&mut buffer).as_bytes());
    } else {
        into.extend_from_slice(plain.as_bytes());
    }
}

/// The plain Latin letters for a lower-case letter that NFKD leaves whole;
/// empty where there are none. A look-alike counts by its capital where only
/// that looks alike (Cyrillic В, Greek Η): both cases must fold the same.
fn latin(c: char) -> &'static str {
    match c {
        'а' | 'α' | 'ɑ' => "a",
        'в' | 'β' | 'ɓ' => "b",
        'с' | 'ϲ' | 'ƈ' => "c",
        'ԁ' | 'đ' | 'ð' | 'ɖ' | 'ɗ' => "d",
        'е' | 'ε' | 'ҽ' => "e",
        'ƒ' => "f",
        'ɡ' | 'ԍ' | 'ɠ' => "g",
        'һ' | 'н' | 'η' | 'ħ' | 'հ' => "h",
        'і' | 'ι' | 'ı' | 'ɩ' | 'ɪ' => "i",
        'ј' | 'ϳ' | 'ȷ' => "j",
        'к' | 'κ' | 'ĸ' | 'ƙ' => "k",
        'ł' | 'ӏ' | 'ɫ' | 'ƚ' => "l",
        'м' | 'μ' => "m",
        'ν' | 'ŋ' | 'ɲ' | 'ո' => "n",
        'о' | 'ο' | 'ø' | 'օ' | 'ɵ' => "o",
        'р' | 'ρ' => "p",
        'ԛ' => "q",
        'ѕ' | 'ꜱ' => "s",
        'т' | 'τ' | 'ŧ' | 'ƭ' => "t",
        'ս' | 'ʋ' => "u",
        'ѵ' => "v",
        'ԝ' => "w",
        'х' | 'χ' => "x",
        'у' | 'υ' | 'ү' | 'ʏ' | 'ƴ' => "y",
        'ζ' | 'ƶ' => "z",
        'ß' => "ss",
        'æ' => "ae",
        'œ' => "oe",
        'þ' => "th",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(input: &str, expected: &str) {
        assert_eq!(folded(input), expected, "{input:?}");
    }

    #[test]
    fn diacritics_case_and_marks_are_dropped() {
        check("Zoë O’Brien", "zoeobrien");
        check("ZOE\u{308} O`BRIEN", "zoeobrien");
        check("Mary-Jane", "maryjane");
        check("Łukasz Żółć", "lukaszzolc");
        check("Søren Åkesson", "sorenakesson");
        check("Strauß STRAUẞ", "straussstrauss");
        check("Æsa Þórdís Đorđe", "aesathordisdorde");
        check("İpek Işık", "ipekisik");
        check("ﬁona", "fiona");
    }

    #[test]
    fn look_alikes_and_invisible_characters_make_no_difference() {
        check("Ｚｏｅ", "zoe");
        check("Zоё", "zoe");
        check("ВЕΝ", "ben");
        check("Zo\u{200b}e\u{ad}", "zoe");
        check("\u{202e}Zoe\u{202c}", "zoe");
        check("𝐙𝐨𝐞", "zoe");
    }

    #[test]
    fn both_cases_fold_alike() {
        for upper in ('A'..='Z')
            .chain('À'..='Þ')
            .chain('Α'..='Ω')
            .chain('А'..='Я')
        {
            if upper.is_uppercase() {
                let lower: String = upper.to_lowercase().collect();
                assert_eq!(folded(&upper.to_string()), folded(&lower), "{upper}");
            }
        }
    }

    #[test]
    fn other_scripts_stay_and_nothing_is_nothing() {
        check("王小明", "王小明");
        check("محمد", "محمد");
        check("123 –!", "");
        check("", "");
    }
}
