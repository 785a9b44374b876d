//! Texts in messages of Protocol Buffers whose meaning is not known, as Apple's
//! documents keep them.

use super::sweep;

/// Messages inside messages; none that a program writes nests deeper.
const DEEPEST: u32 = 32;

/// What a field holds that has a length before it.
const BYTES: u64 = 2;

/// The texts of a stream, a text a line: before each message stands one that
/// says how long it is. At most `room` bytes, and little more.
pub(crate) fn stream(bytes: &[u8], room: usize) -> String {
    let mut out = String::new();
    let mut rest = bytes;
    while !rest.is_empty() && out.len() < room {
        let told = number(&mut rest).and_then(|length| take(&mut rest, length));
        let Some(lengths) = told.and_then(lengths) else {
            // Where messages end is lost, and their texts are not.
            out.push_str(&sweep::words(rest, room));
            break;
        };
        for length in lengths {
            let length = length.min(rest.len() as u64);
            let message = take(&mut rest, length).unwrap_or_default();
            if !texts(message, 0, room, &mut out) {
                out.push_str(&sweep::words(message, room));
            }
        }
    }
    out
}

/// The lengths of the messages that follow: `ArchiveInfo`'s second fields, and
/// of each the third.
fn lengths(info: &[u8]) -> Option<Vec<u64>> {
    let mut lengths = Vec::new();
    for field in Fields(info) {
        if let (2, Value::Bytes(message)) = field? {
            for field in Fields(message) {
                if let (3, Value::Number(length)) = field? {
                    lengths.push(length);
                }
            }
        }
    }
    Some(lengths)
}

/// Takes the texts of a message, and of those in it; false if it is none.
fn texts(message: &[u8], depth: u32, room: usize, out: &mut String) -> bool {
    let before = out.len();
    for field in Fields(message) {
        let bytes = match field {
            Some((_, Value::Bytes(bytes))) if out.len() < room => bytes,
            Some(_) => continue,
            None => {
                out.truncate(before);
                return false;
            }
        };
        match text(bytes) {
            Some(text) => {
                out.push_str(text);
                out.push('\n');
            }
            None if depth < DEEPEST => {
                texts(bytes, depth + 1, room, out);
            }
            None => {}
        }
    }
    true
}

/// Bytes that are words: UTF-8 with a letter or a digit, and nothing that no
/// keyboard writes.
fn text(bytes: &[u8]) -> Option<&str> {
    let text = std::str::from_utf8(bytes).ok()?;
    let odd = |c: char| c.is_control() && !c.is_whitespace();
    (text.contains(char::is_alphanumeric) && !text.contains(odd)).then_some(text)
}

enum Value<'a> {
    Number(u64),
    Bytes(&'a [u8]),
}

/// The fields of a message, by number; `None` once where it is none, and then
/// no more.
struct Fields<'a>(&'a [u8]);

impl<'a> Iterator for Fields<'a> {
    type Item = Option<(u64, Value<'a>)>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.0.is_empty() {
            return None;
        }
        let field = self.field();
        if field.is_none() {
            self.0 = &[];
        }
        Some(field)
    }
}

impl<'a> Fields<'a> {
    fn field(&mut self) -> Option<(u64, Value<'a>)> {
        let key = number(&mut self.0)?;
        let value = match key & 7 {
            0 => Value::Number(number(&mut self.0)?),
            1 => Value::Bytes(take(&mut self.0, 8).map(|_| &[][..])?),
            BYTES => {
                let length = number(&mut self.0)?;
                Value::Bytes(take(&mut self.0, length)?)
            }
            5 => Value::Bytes(take(&mut self.0, 4).map(|_| &[][..])?),
            _ => return None,
        };
        (key >> 3 > 0).then_some((key >> 3, value))
    }
}

/// Seven bits a byte, the lowest first.
fn number(rest: &mut &[u8]) -> Option<u64> {
    let mut number = 0;
    for at in 0..10 {
        let (&byte, behind) = rest.split_first()?;
        *rest = behind;
        number |= u64::from(byte & 0x7f) << (7 * at).min(63);
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

fn take<'a>(rest: &mut &'a [u8], length: u64) -> Option<&'a [u8]> {
    let (taken, left) = rest.split_at_checked(usize::try_from(length).ok()?)?;
    *rest = left;
    Some(taken)
}
