//! Words that are made as passwords are.

/// The shortest and the longest word that may be a password, in bytes.
const LENGTHS: std::ops::RangeInclusive<usize> = 6..=40;
/// Letters of which at least so many make a word.
const LETTERS: usize = 4;

/// A word between gaps, and what stands before it.
#[derive(Debug)]
pub(super) struct Token<'t> {
    word: &'t str,
    before: &'t str,
}

/// How a word is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Made {
    /// `Larkspur!Ferry22`, `maisieDog2014`: nobody writes so but in passwords.
    AtRandom,
    /// `heron2026`: a user's name may look like it.
    WithDigits,
    /// `y.demir`, `GF_examsoff`.
    LikeName,
    AsWords,
}

pub(super) fn tokens(text: &str) -> impl Iterator<Item = Token<'_>> {
    text.split_whitespace().scan("", |before, raw| {
        let word = raw.trim_matches(is_mark);
        let token = Token { word, before };
        *before = raw;
        Some(token)
    })
}

/// What stands around words.
fn is_mark(c: char) -> bool {
    matches!(
        c,
        '"' | '\''
            | '“'
            | '”'
            | '‘'
            | '’'
            | '('
            | ')'
            | '['
            | ']'
            | '<'
            | '>'
            | ','
            | ';'
            | ':'
            | '.'
    )
}

impl<'t> Token<'t> {
    pub(super) fn word(&self) -> &'t str {
        self.word
    }

    /// Whether the word before it says that a password comes.
    pub(super) fn is_introduced(&self) -> bool {
        let before = self.before.trim_matches(|c: char| ".,;:()\"'".contains(c));
        let before = before.to_lowercase();
        [
            "password", "pw", "pwd", "pass", "then", "its", "it's", "/", "&", "still", "passcode",
            "that's", "so", "sign-in",
        ]
        .contains(&before.as_str())
    }

    pub(super) fn is_behind_a_stroke(&self) -> bool {
        self.before == "/" && self.word.len() >= *LENGTHS.start()
    }

    /// `Gr33nBroom!wall`: a sign within a word that has digits and letters of
    /// both sizes, which no name, code or number has.
    pub(super) fn is_beyond_doubt(&self) -> bool {
        let inner = self.word.get(1..self.word.len().saturating_sub(1));
        inner.is_some_and(|inner| inner.contains(['!', '#', '$', '%', '^', '*', '+', '~']))
            && self.word.contains(|c: char| c.is_ascii_uppercase())
            && self.word.bytes().filter(u8::is_ascii_digit).count() >= 2
            && !self.word.contains(['/', '(', '='])
            && self.made() == Made::AtRandom
    }

    pub(super) fn made(&self) -> Made {
        let word = self.word;
        // Most words have neither, and are soon told.
        let tells = |byte: u8| byte.is_ascii_digit() || matches!(byte, b'.' | b'_');
        if !word.bytes().any(tells) {
            return Made::AsWords;
        }
        if is_of_the_net_or_a_file(word) || word.starts_with(['@', '#', '£', '+']) {
            return Made::AsWords;
        }
        let letters = word.bytes().filter(u8::is_ascii_alphabetic).count();
        let digits = word.bytes().filter(u8::is_ascii_digit).count();
        let signs = word
            .bytes()
            .filter(|byte| b"!#$%&*+=^~?_@".contains(byte))
            .count();
        let hyphens = word.bytes().filter(|&byte| byte == b'-').count();
        let small = word.bytes().any(|byte| byte.is_ascii_lowercase());
        let inner_capital = word
            .as_bytes()
            .windows(2)
            .any(|pair| pair[0].is_ascii_lowercase() && pair[1].is_ascii_uppercase());
        let capital = word.starts_with(|c: char| c.is_ascii_uppercase());
        if letters == 0 || !word.is_ascii() {
            return Made::AsWords;
        }
        let long_enough = LENGTHS.contains(&word.len()) && letters >= LETTERS;
        let mixed = signs > 0 || inner_capital && !is_product(word) || hyphens >= 2 && small;
        let capital_and_number = small && capital && digits >= 2 && is_mixed_up(word);
        match digits {
            0 if word.contains(['.', '_']) => Made::LikeName,
            0 => Made::AsWords,
            _ if long_enough && small && (mixed || capital_and_number) => Made::AtRandom,
            _ if long_enough && small && !word.contains(['/', '\\']) => Made::WithDigits,
            _ => Made::AsWords,
        }
    }
}

/// Capitals or letters behind the digits: `Thales624BC`, not `Summer2026`.
fn is_mixed_up(word: &str) -> bool {
    let digit = word.find(|c: char| c.is_ascii_digit());
    digit.is_some_and(|at| {
        let behind = word[at..].trim_start_matches(|c: char| c.is_ascii_digit());
        behind.len() >= 2 && behind.bytes().all(|byte| byte.is_ascii_alphanumeric())
    })
}

/// `iPhone15`, `iPad10`.
fn is_product(word: &str) -> bool {
    [
        "iPhone",
        "iPad",
        "iMac",
        "MacBook",
        "iOS",
        "YouTube",
        "PowerPoint",
    ]
    .iter()
    .any(|product| word.starts_with(product))
}

/// Addresses, links and names of files.
fn is_of_the_net_or_a_file(word: &str) -> bool {
    let extension = word.rsplit_once('.').map(|(_, last)| last);
    word.contains("://")
        || word.starts_with("www.")
        || word
            .split_once('@')
            .is_some_and(|(_, domain)| domain.contains('.'))
        || extension.is_some_and(|last| {
            (2..=5).contains(&last.len()) && last.bytes().all(|byte| byte.is_ascii_alphanumeric())
        }) && word.contains('.')
            && !word
                .bytes()
                .all(|byte| byte.is_ascii_alphabetic() || byte == b'.')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(text: &str) -> Made {
        tokens(text).next().expect("a word").made()
    }

    #[test]
    fn words_are_told_by_how_they_are_made() {
        for (word, expected) in [
            ("Larkspur!Ferry22", Made::AtRandom),
            ("maisieDog2014,", Made::AtRandom),
            ("q9#TernWeir_4410", Made::AtRandom),
            ("Biscuit_and_Gravy7", Made::AtRandom),
            ("Otter-Ninepin-Bramble-07.", Made::AtRandom),
            ("Thales624BC", Made::AtRandom),
            ("(heron2026)", Made::WithDigits),
            ("25haworthm", Made::WithDigits),
            ("y.demir", Made::LikeName),
            ("office@school.example", Made::AsWords),
            ("https://portal.example/Login2026", Made::AsWords),
            ("marks2026.xlsx", Made::AsWords),
            ("NS8-4K2P-TQ71-0083-MLDR", Made::AsWords),
            ("B801200005001", Made::AsWords),
            ("iPhone15", Made::WithDigits),
            ("@greenfold_drama2", Made::AsWords),
            ("2026-27", Made::AsWords),
            ("Wednesday", Made::AsWords),
            ("10am", Made::AsWords),
        ] {
            assert_eq!(made(word), expected, "{word}");
        }
        let odd = |word: &str| tokens(word).any(|token| token.is_beyond_doubt());
        assert!(odd("it says Gr33nBroom!wall") && odd("q9#TernWeir_4410"));
        for word in [
            "Year6_Trip_2026",
            "C#Minor7",
            "5*Hotel",
            "Summer2026!",
            "A+B=C12d",
            "",
        ] {
            assert!(!odd(word), "{word}");
        }
        assert!(tokens("").next().is_none());
        assert!(tokens(&"x1".repeat(100_000)).all(|token| token.made() == Made::AsWords));
    }
}
