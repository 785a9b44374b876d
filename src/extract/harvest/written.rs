//! Texts and names as everything behind the readers may rely on them.

/// Line ends as `\n`, without NUL.
pub(super) fn clean(text: String) -> String {
    if memchr::memchr2(b'\r', b'\0', text.as_bytes()).is_none() {
        return text;
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text.as_str();
    while let Some(at) = memchr::memchr2(b'\r', b'\0', rest.as_bytes()) {
        out.push_str(&rest[..at]);
        let found = rest.as_bytes()[at];
        rest = &rest[at + 1..];
        if found == b'\r' && !rest.starts_with('\n') {
            out.push('\n');
        }
    }
    out.push_str(rest);
    out
}

/// A name as a location can hold it: one line, and not without end.
pub(super) fn shown_name(name: &str) -> String {
    let flat: String = name
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .take(120)
        .collect();
    flat.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_ends_are_one_kind() {
        for (raw, expected) in [
            ("a\r\nb", "a\nb"),
            ("a\rb\0c", "a\nbc"),
            ("a", "a"),
            ("\r\r\n", "\n\n"),
        ] {
            assert_eq!(clean(raw.to_owned()), expected);
        }
    }
}
