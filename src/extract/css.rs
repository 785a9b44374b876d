//! What a style sheet says by itself: words that it puts into a page, and files
//! that are an address in it.

/// The words of `content: "…"`, which stand before or after elements.
pub(crate) fn contents(sheet: &str) -> Vec<String> {
    let mut words = Vec::new();
    for at in found(sheet, "content") {
        let rest = sheet[at..].trim_start();
        let Some(value) = rest.strip_prefix(':') else {
            continue;
        };
        strings(value, &mut words);
    }
    words
}

/// The addresses of `url(…)` that hold a file in themselves.
pub(crate) fn addresses(sheet: &str) -> impl Iterator<Item = &str> {
    found(sheet, "url(").filter_map(|at| {
        let rest = sheet[at..].trim_start();
        let (quote, rest) = match rest.chars().next()? {
            quote @ ('"' | '\'') => (quote, &rest[1..]),
            _ => (')', rest),
        };
        let is_one = rest.get(..5)?.eq_ignore_ascii_case("data:");
        is_one.then(|| rest.split(quote).next().unwrap_or_default())
    })
}

/// Behind each place where the word stands.
fn found<'a>(sheet: &'a str, word: &'a str) -> impl Iterator<Item = usize> + 'a {
    let first = word.as_bytes()[0];
    memchr::memchr2_iter(first, first.to_ascii_uppercase(), sheet.as_bytes())
        .filter(|&at| {
            let end = at + word.len();
            sheet
                .get(at..end)
                .is_some_and(|found| found.eq_ignore_ascii_case(word))
        })
        .map(|at| at + word.len())
}

/// The quoted strings up to the end of a declaration, as one.
fn strings(value: &str, words: &mut Vec<String>) {
    let mut text = String::new();
    let mut letters = value.chars().peekable();
    let mut quote = None;
    while let Some(letter) = letters.next() {
        match (quote, letter) {
            (None, ';' | '}') => break,
            (None, '"' | '\'') => quote = Some(letter),
            (None, _) => {}
            (Some(end), letter) if letter == end => quote = None,
            (Some(_), '\\') => {
                let mut digits = String::new();
                while digits.len() < 6
                    && let Some(digit) = letters.next_if(char::is_ascii_hexdigit)
                {
                    digits.push(digit);
                }
                let code = u32::from_str_radix(&digits, 16).ok();
                match code.and_then(char::from_u32) {
                    Some(escaped) => {
                        text.push(escaped);
                        letters.next_if(char::is_ascii_whitespace);
                    }
                    None => text.extend(letters.next()),
                }
            }
            (Some(_), letter) => text.push(letter),
        }
    }
    if !text.trim().is_empty() {
        words.push(text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_addresses_are_found() {
        for (sheet, expected) in [
            ("p:before{content:\"Zoe\"}", &["Zoe"][..]),
            (
                "p::after { CONTENT : 'Zo\\65  Q' ' b'; color: red }",
                &["Zoe Q b"],
            ),
            (
                "p{content:'a\\'b'} q{content:attr(x)} r{content:\"c\"",
                &["a'b", "c"],
            ),
            ("p{justify-content:center}", &[]),
            ("content", &[]),
            ("content:\"\\", &[]),
        ] {
            assert_eq!(contents(sheet), expected, "{sheet}");
        }
        let sheet = "p{background:url(data:,a)} q{background:URL( 'data:,b)' )} r{url(x)}";
        assert_eq!(
            addresses(sheet).collect::<Vec<_>>(),
            ["data:,a", "data:,b)"]
        );
    }
}
