//! The parameters of `Content-Type` and `Content-Disposition` (RFC 2045 section
//! 5.1, RFC 2231), in every way that mail clients read them.
//!
//! One name may stand there several times: plain, in a charset of its own, in
//! numbered pieces of any order. Each client takes another, so all are given.

use super::{charset, words};

/// Pieces of one value; no file has a name of more.
const MOST_PIECES: usize = 1_000;

/// One parameter as it stands.
#[derive(Debug)]
struct Parameter {
    name: String,
    /// `name*1`: a piece of a longer value.
    number: Option<u32>,
    /// `name*`: percent-encoded.
    extended: bool,
    value: String,
}

/// All values of the parameter of this name in a field's unfolded value, each
/// once.
pub fn values(field: &str, name: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut pieces: Vec<Parameter> = Vec::new();
    for parameter in parameters(field) {
        if parameter.name != name {
            continue;
        }
        match parameter.number {
            Some(_) if pieces.len() < MOST_PIECES => pieces.push(parameter),
            Some(_) => {}
            None if parameter.extended => found.push(extended(&parameter.value)),
            None => found.push(words::decode(parameter.value.as_bytes())),
        }
    }
    pieces.sort_by_key(|piece| piece.number);
    found.push(joined(&pieces, true));
    found.push(joined(&pieces, false));
    let mut values: Vec<String> = Vec::new();
    for value in found {
        let value = value.trim();
        if !value.is_empty() && !values.iter().any(|known| known == value) {
            values.push(value.to_owned());
        }
    }
    values
}

/// What stands before a field's parameters, comments left out.
pub fn media_type(field: &str) -> String {
    piece(field).0.trim().to_owned()
}

/// Pieces in their order; of those with one number the first, or the last.
fn joined(pieces: &[Parameter], first: bool) -> String {
    let mut kept: Vec<&Parameter> = Vec::new();
    for piece in pieces {
        match kept.last_mut() {
            Some(last) if last.number == piece.number => {
                if !first {
                    *last = piece;
                }
            }
            _ => kept.push(piece),
        }
    }
    let mut charset = None;
    let mut bytes = Vec::new();
    for (index, piece) in kept.iter().enumerate() {
        if !piece.extended {
            bytes.extend_from_slice(piece.value.as_bytes());
            continue;
        }
        let (declared, text) = match index {
            0 => language(&piece.value),
            _ => (None, piece.value.as_str()),
        };
        charset = charset.or(declared);
        bytes.extend(percent_decoded(text));
    }
    let text = charset::decode(&bytes, charset);
    words::decode(text.as_bytes())
}

fn extended(value: &str) -> String {
    let (charset, text) = language(value);
    charset::decode(&percent_decoded(text), charset)
}

/// `charset'language'text`
fn language(value: &str) -> (Option<&str>, &str) {
    let mut parts = value.splitn(3, '\'');
    match (parts.next(), parts.next(), parts.next()) {
        (Some(charset), Some(_), Some(text)) => {
            (Some(charset).filter(|charset| !charset.is_empty()), text)
        }
        _ => (None, value),
    }
}

fn percent_decoded(text: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        let pair = after.get(..2).filter(|_| byte == b'%');
        let pair = pair.and_then(|pair| std::str::from_utf8(pair).ok());
        match pair.and_then(|pair| u8::from_str_radix(pair, 16).ok()) {
            Some(escaped) => {
                out.push(escaped);
                rest = &after[2..];
            }
            None => out.push(byte),
        }
    }
    out
}

/// Every `name=value` of a field, however it is written.
fn parameters(field: &str) -> impl Iterator<Item = Parameter> {
    let mut rest = field;
    std::iter::from_fn(move || {
        while !rest.is_empty() {
            let (piece, after) = piece(rest);
            rest = after;
            if let Some(parameter) = parameter(&piece) {
                return Some(parameter);
            }
        }
        None
    })
}

/// Up to the next semicolon that is in no quotes, comments left out, and what
/// follows. A quote that does not end ends with the field.
fn piece(field: &str) -> (String, &str) {
    let mut out = String::new();
    let (mut quoted, mut comments, mut escaped) = (false, 0_u32, false);
    for (at, letter) in field.char_indices() {
        let plain = !std::mem::take(&mut escaped);
        match letter {
            '\\' if plain && (quoted || comments > 0) => escaped = true,
            '"' if plain && comments == 0 => quoted = !quoted,
            // Only white space before it tells a comment from a name with
            // brackets.
            '(' if plain
                && !quoted
                && (comments > 0 || !out.ends_with(|c: char| c.is_alphanumeric())) =>
            {
                comments += 1;
            }
            ')' if plain && !quoted && comments > 0 => {
                comments -= 1;
                continue;
            }
            ';' if plain && !quoted && comments == 0 => return (out, &field[at + 1..]),
            _ => {}
        }
        if comments == 0 {
            out.push(letter);
        }
    }
    (out, "")
}

fn parameter(piece: &str) -> Option<Parameter> {
    let (name, value) = piece.split_once('=')?;
    // Before the first semicolon the type itself may stand.
    let name = name.trim().rsplit([' ', '\t']).next()?.to_ascii_lowercase();
    let mut stars = name.split('*');
    let own = stars.next()?.to_owned();
    let (mut number, mut extended) = (None, false);
    for star in stars {
        match star {
            "" => extended = true,
            digits => number = Some(digits.parse().ok()?),
        }
    }
    Some(Parameter {
        name: own,
        number,
        extended,
        value: unquoted(value.trim()),
    })
}

/// The content of a quoted string; a backslash stands before one that is quoted,
/// or in the path of a file.
fn unquoted(value: &str) -> String {
    let Some(inner) = value.strip_prefix('"') else {
        let single = value
            .strip_prefix('\'')
            .and_then(|rest| rest.strip_suffix('\''));
        return single.unwrap_or(value).to_owned();
    };
    let mut out = String::new();
    let mut letters = inner.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '"' => break,
            '\\' => out.extend(letters.next()),
            _ => out.push(letter),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(field: &str, expected: &[&str]) {
        assert_eq!(values(field, "name"), expected, "{field}");
    }

    #[test]
    fn every_value_of_a_name_is_found() {
        check("text/plain; name=a.txt", &["a.txt"]);
        check("name=\"a b.txt\"", &["a b.txt"]);
        check("x; NAME = a.txt; name=\"b;c.txt\"", &["a.txt", "b;c.txt"]);
        check("x; name=(so) a.txt (and so)", &["a.txt"]);
        check("x; name=Report (1).txt", &["Report .txt"]);
        check("x; name=\"Report (1).txt\"", &["Report (1).txt"]);
        check("x; name*=utf-8''Zo%C3%AB; name=Zo", &["Zoë", "Zo"]);
        check("x; name*1=b; name*0=a; name=c", &["c", "ab"]);
        check(
            "x; name*0*=utf-8''Zo%C3; name*1*=%AB; name*2=\"%41\"",
            &["Zoë%41"],
        );
        check("x; name*0=a; name*0=b; name*5=c", &["ac", "bc"]);
        check("x; name==?utf-8?Q?Zo=C3=AB?=", &["Zoë"]);
        check("x; name=\"a", &["a"]);
        check("x; name=\"a\\\"b\"", &["a\"b"]);
        check("x; name='a b'", &["a b"]);
        check("x; name=", &[]);
        check("x; names=a", &[]);
        check("name", &[]);
        check("", &[]);
    }

    #[test]
    fn endless_fields_are_read_once() {
        for piece in ["(", "\"", ";", "name*1=a;", "\\", "name="] {
            values(&piece.repeat(20_000), "name");
        }
    }
}
