//! Small words: numbers, people, telephone numbers, and strangers' texts made
//! fit to stand in a sentence.

/// A stranger's text as one line of at most `limit` characters: nothing in it
/// turns the direction of writing, ends a line, or becomes a link.
pub(super) fn line(text: &str, limit: usize) -> String {
    let mut line = String::new();
    for word in text.split(|c: char| c.is_whitespace() || c.is_control()) {
        let word: String = word.chars().filter(|&c| !turns_or_hides(c)).collect();
        if word.is_empty() {
            continue;
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(&word);
    }
    // Mail programs make a link of whatever has a scheme, and a notice must
    // lend none its trust.
    cut(&line.replace("://", ": "), limit)
}

/// `text` up to `limit` characters, the last of them an ellipsis if more
/// follow.
fn cut(text: &str, limit: usize) -> String {
    match text.char_indices().nth(limit) {
        None => text.to_owned(),
        Some(_) => {
            let kept: String = text.chars().take(limit.saturating_sub(1)).collect();
            format!("{}…", kept.trim_end())
        }
    }
}

/// Characters that change the direction of writing (UAX #9), that are not
/// seen, or that end a line for some programs.
fn turns_or_hides(c: char) -> bool {
    matches!(
        c,
        '\u{00AD}' | '\u{061C}' | '\u{180E}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}' | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}' | '\u{E0000}'..='\u{E007F}'
    )
}

/// `one`, `two`, … `nine`, `10`.
pub(super) fn number(n: usize) -> String {
    const WORDS: [&str; 10] = [
        "no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine",
    ];
    WORDS
        .get(n)
        .map_or_else(|| n.to_string(), |word| (*word).to_owned())
}

/// `one person`, `3 people`.
pub(super) fn people(n: usize) -> String {
    match n {
        1 => "one person".to_owned(),
        n => format!("{n} people"),
    }
}

pub(super) fn capitalised(text: &str) -> String {
    let mut chars = text.chars();
    chars
        .next()
        .map(|first| first.to_uppercase().chain(chars).collect())
        .unwrap_or_default()
}

/// A telephone number's digits in the groups in which it is spoken. What is
/// no British number of eleven digits stays as it is.
pub(super) fn telephone(number: &str) -> String {
    let shaped = number.len() == 11 && number.bytes().all(|b| b.is_ascii_digit());
    if !shaped || !number.starts_with('0') {
        return number.to_owned();
    }
    // London and its like have three digits of area; 0113 to 0191, and
    // non-geographic numbers, four; the rest five.
    let (area, second) = match number.as_bytes() {
        [b'0', b'2', ..] => (3, 7),
        [b'0', b'3' | b'8' | b'9', ..] | [b'0', b'1', b'1', ..] | [b'0', b'1', _, b'1', ..] => {
            (4, 7)
        }
        _ => (5, 8),
    };
    format!(
        "{} {} {}",
        &number[..area],
        &number[area..second],
        &number[second..]
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strangers_texts_become_one_plain_line() {
        let check = |text: &str, expected: &str| assert_eq!(line(text, 20), expected, "{text:?}");
        check("Marks for A.B.", "Marks for A.B.");
        check("", "");
        check(" \r\n\t ", "");
        check("Trip\r\nBcc: all@d.example", "Trip Bcc: all@d.exa…");
        check("a\u{0}b\u{1b}[1m\u{85}c", "a b [1m c");
        check("evil\u{202e}fdp.exe", "evilfdp.exe");
        check("\u{2067}\u{200b}\u{feff}", "");
        check("a\u{2028}b", "a b");
        check("https://e.example", "https: e.example");
        check("x:://// y", "x:: // y");
        check("מבחן של א.ב.", "מבחן של א.ב.");
        check("12345678901234567890", "12345678901234567890");
        check("123456789012345678901", "1234567890123456789…");
        check("1234567890 1234567 x y", "1234567890 1234567…");
        check(&"💡".repeat(30), &format!("{}…", "💡".repeat(19)));
    }

    #[test]
    fn numbers_are_said_as_people_say_them() {
        assert_eq!(number(1), "one");
        assert_eq!(number(9), "nine");
        assert_eq!(number(10), "10");
        assert_eq!(people(1), "one person");
        assert_eq!(people(450), "450 people");
        assert_eq!(capitalised("the school office"), "The school office");
        assert_eq!(capitalised(""), "");
        assert_eq!(capitalised("ßa"), "SSa");
    }

    #[test]
    fn telephone_numbers_are_grouped() {
        let check = |digits: &str, expected: &str| assert_eq!(telephone(digits), expected);
        check("01632960400", "01632 960 400");
        check("02079460123", "020 7946 0123");
        check("01134960123", "0113 496 0123");
        check("01914980123", "0191 498 0123");
        check("03069990123", "0306 999 0123");
        check("07700900123", "07700 900 123");
        check("+44 1632 960400", "+44 1632 960400");
        check("999", "999");
        check("", "");
    }
}
