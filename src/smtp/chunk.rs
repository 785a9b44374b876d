//! A piece of a message, as BDAT announces it (RFC 3030 section 2).

/// How long the piece is that follows the command, in bytes, and whether it
/// is the message's last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Chunk {
    pub(crate) size: u64,
    pub(crate) last: bool,
}

/// The rest of a command line whose verb is BDAT. Such a line is never taken
/// for another: if it is not sound, nobody knows what follows it.
pub(crate) fn arguments(line: &[u8]) -> Option<&[u8]> {
    let (verb, rest) = line.split_at_checked(4)?;
    let ends = rest
        .first()
        .is_none_or(|byte| !byte.is_ascii_alphanumeric());
    (verb.eq_ignore_ascii_case(b"BDAT") && ends).then_some(rest)
}

impl Chunk {
    /// `None` if it cannot be known how much comes.
    pub(crate) fn parse(arguments: &[u8]) -> Option<Self> {
        let arguments = std::str::from_utf8(arguments).ok()?;
        let mut words = arguments
            .strip_prefix(' ')?
            .split(' ')
            .filter(|word| !word.is_empty());
        let size = words.next()?;
        if !size.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let size = size.parse().ok()?;
        let last = match words.next() {
            None => false,
            Some(word) if word.eq_ignore_ascii_case("LAST") => true,
            Some(_) => return None,
        };
        words.next().is_none().then_some(Self { size, last })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read() {
        let check = |line: &str, size: u64, last: bool| {
            let found = arguments(line.as_bytes()).and_then(Chunk::parse);
            assert_eq!(found, Some(Chunk { size, last }), "{line}");
        };
        check("BDAT 0", 0, false);
        check("BDAT 86 LAST", 86, true);
        check("bdat  007  last ", 7, true);
        check("BDAT 18446744073709551615", u64::MAX, false);
    }

    #[test]
    fn what_has_no_size_is_no_chunk() {
        for line in [
            "BDAT",
            "BDAT ",
            "BDAT LAST",
            "BDAT -1",
            "BDAT +1",
            "BDAT 1.5",
            "BDAT 0x10",
            "BDAT 1,000",
            "BDAT 10 FIRST",
            "BDAT 10LAST",
            "BDAT 10 LAST LAST",
            "BDAT 10 20",
            "BDAT\t10",
            "BDAT 10\tLAST",
            "BDAT:10",
            "BDAT \u{661}",
            "BDAT 10 L\0AST",
            "BDAT 18446744073709551616",
            "BDAT 99999999999999999999999999999999999999999",
        ] {
            let rest = arguments(line.as_bytes()).expect(line);
            assert_eq!(Chunk::parse(rest), None, "{line}");
        }
        assert_eq!(Chunk::parse(b" 10 \xff"), None);
        for other in ["", "BDA", "BDATA 10", "DATA", " BDAT 10", "NOOP BDAT 10"] {
            assert_eq!(arguments(other.as_bytes()), None, "{other}");
        }
    }
}
