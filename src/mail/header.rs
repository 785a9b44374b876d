//! The few header fields that the parent process itself looks at.
//!
//! Messages are read in worker processes; this scan of the first lines is all
//! that the relay does with a stranger's bytes, and it is capped. It serves
//! the choice of the school, the loop count and the trace header; what a
//! reader of the message sees comes from the worker.

/// The length of header section that is looked at, in bytes.
pub const CAP: usize = 64 * 1024;

/// The raw header section: from the start to the empty line, or [`CAP`].
pub fn section(message: &[u8]) -> &[u8] {
    whole(&message[..message.len().min(CAP)])
}

/// The raw header section, however long; all of it where there is no empty
/// line.
pub fn whole(message: &[u8]) -> &[u8] {
    if message.starts_with(b"\r\n") {
        return &message[..0];
    }
    match memchr::memmem::find(message, b"\r\n\r\n") {
        Some(end) => &message[..end + 2],
        None => message,
    }
}

/// The same section, byte for byte, but for the fields of some names.
pub fn without(section: &[u8], is_out: impl Fn(&str) -> bool) -> Vec<u8> {
    let mut kept = Vec::with_capacity(section.len());
    let mut rest = section;
    while !rest.is_empty() {
        let (field, after) = split_field(rest);
        rest = after;
        if !split_name(field).is_some_and(|(name, _)| is_out(name)) {
            kept.extend_from_slice(field);
        }
    }
    kept
}

/// The fields of a header section in order: name and raw, unfolded value.
pub fn fields(section: &[u8]) -> impl Iterator<Item = (&str, String)> {
    let mut rest = section;
    std::iter::from_fn(move || {
        while !rest.is_empty() {
            let (field, after) = split_field(rest);
            rest = after;
            if let Some((name, value)) = split_name(field) {
                return Some((name, unfold(value)));
            }
        }
        None
    })
}

/// The first field of this name, whatever its case.
pub fn first(section: &[u8], name: &str) -> Option<String> {
    fields(section).find_map(|(field, value)| field.eq_ignore_ascii_case(name).then_some(value))
}

/// How many fields have this name.
pub fn count(section: &[u8], name: &str) -> usize {
    fields(section)
        .filter(|(field, _)| field.eq_ignore_ascii_case(name))
        .count()
}

/// A field's name and raw value. RFC 5322 section 4.5.8: white space before the
/// colon is obsolete, yet mail clients still take such a field.
fn split_name(field: &[u8]) -> Option<(&str, &[u8])> {
    let colon = memchr::memchr(b':', field)?;
    let name = std::str::from_utf8(field[..colon].trim_ascii_end()).ok()?;
    Some((name, &field[colon + 1..]))
}

fn split_field(section: &[u8]) -> (&[u8], &[u8]) {
    let mut end = 0;
    loop {
        end = match memchr::memchr(b'\n', &section[end..]) {
            Some(newline) => end + newline + 1,
            None => section.len(),
        };
        if !matches!(section.get(end), Some(b' ' | b'\t')) {
            return section.split_at(end);
        }
    }
}

fn unfold(value: &[u8]) -> String {
    let text = String::from_utf8_lossy(value);
    let text: String = text.chars().filter(|c| !matches!(c, '\r' | '\n')).collect();
    text.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_unfolded_and_found_without_case() {
        let message = b"Received: a\r\nSubject: one\r\n two\r\nreceived : b\r\nno colon\r\n\r\nSubject: body\r\n";
        let section = section(message);
        assert_eq!(first(section, "subject").as_deref(), Some("one two"));
        assert_eq!(count(section, "Received"), 2);
        assert_eq!(fields(section).count(), 3);
    }

    #[test]
    fn fields_can_be_left_out() {
        let section = b"X-A: 1\r\nB: 2\r\n x-a: no\r\nx-a :\r\n 3\r\nno colon\r\nX-AB: 4\r\n";
        let kept = without(section, |name| name.eq_ignore_ascii_case("x-a"));
        assert_eq!(
            kept.escape_ascii().to_string(),
            "B: 2\\r\\n x-a: no\\r\\nno colon\\r\\nX-AB: 4\\r\\n"
        );
        assert_eq!(without(section, |_| false), section);
        let long = [b"A: ", vec![b'x'; CAP].as_slice(), b"\r\n\r\nbody"].concat();
        assert_eq!(whole(&long).len(), CAP + 5);
    }

    #[test]
    fn a_message_without_header_or_end_is_no_trouble() {
        assert_eq!(section(b"\r\nbody"), b"");
        assert_eq!(fields(section(b"")).count(), 0);
        assert_eq!(first(section(b"From: a"), "From").as_deref(), Some("a"));
        let long = vec![b'x'; CAP * 2];
        assert_eq!(section(&long).len(), CAP);
    }
}
