//! The framing of DATA (RFC 5321 section 4.5.2), both ways: a client's bytes
//! into a message, and a message into what a next hop is sent.
//!
//! A message ends with CRLF, a dot, CRLF, and with nothing else: every other
//! mixture of line ends and dots is content to one server and an end to
//! another, which is how messages are smuggled. The decoder reads on to the
//! true end whatever comes, so that the fault can be answered in its place.

use std::io;

/// What stands before the place where a [`Decoder`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Before {
    /// The start, or CRLF.
    LineEnd,
    /// A dot that began a line.
    Dot,
    /// The same and a CR.
    DotCr,
    /// Anything else in a line.
    Text,
    /// A CR in a line.
    Cr,
    /// A lone LF; only where such are normalised.
    LoneLf,
}

/// What a client may do with line ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum BareNewlines {
    /// A message with a lone CR or LF is refused with 550 5.5.2.
    #[default]
    Reject,
    /// A lone LF becomes CRLF; for machines that know no better. It never
    /// ends the message, and a lone CR is refused all the same.
    Normalise,
}

/// Takes a client's bytes after DATA and gives those of the message.
#[derive(Debug)]
pub(crate) struct Decoder {
    before: Before,
    newlines: BareNewlines,
    faulty: bool,
}

/// What a run of bytes did.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Progress {
    /// How many of them belong to the message; the rest comes after it.
    pub(crate) used: usize,
    pub(crate) ended: bool,
}

impl Decoder {
    pub(crate) fn new(newlines: BareNewlines) -> Self {
        Self {
            before: Before::LineEnd,
            newlines,
            faulty: false,
        }
    }

    /// Whether a lone CR, a lone LF (unless normalised) or a NUL was met.
    pub(crate) fn faulty(&self) -> bool {
        self.faulty
    }

    /// Decodes the next bytes into `sink`, in runs as long as they come.
    pub(crate) fn push(
        &mut self,
        input: &[u8],
        mut sink: impl FnMut(&[u8]) -> io::Result<()>,
    ) -> io::Result<Progress> {
        // `input[run..at]` is content that the sink has not had yet.
        let (mut run, mut at) = (0, 0);
        while at < input.len() {
            let byte = input[at];
            match (self.before, byte) {
                (Before::LineEnd | Before::LoneLf, b'.') => {
                    sink(&input[run..at])?;
                    run = at + 1;
                    // After a lone LF a dot may be stuffed, but never the end.
                    self.before = if self.before == Before::LineEnd {
                        Before::Dot
                    } else {
                        Before::Text
                    };
                    at += 1;
                }
                (Before::Dot, b'\r') => {
                    self.before = Before::DotCr;
                    at += 1;
                }
                (Before::DotCr, b'\n') => {
                    return Ok(Progress {
                        used: at + 1,
                        ended: true,
                    });
                }
                (Before::DotCr, _) => {
                    // The CR was content after all; it may have come with the
                    // bytes before these.
                    self.faulty = true;
                    if at == 0 {
                        sink(b"\r")?;
                    }
                    self.before = Before::Text;
                }
                (Before::Cr, b'\n') => {
                    self.before = Before::LineEnd;
                    at += 1;
                }
                (Before::Cr, _) => {
                    self.faulty = true;
                    self.before = Before::Text;
                }
                (_, b'\r') => {
                    self.before = Before::Cr;
                    at += 1;
                }
                (_, b'\n') => {
                    match self.newlines {
                        BareNewlines::Reject => {
                            self.faulty = true;
                            self.before = Before::Text;
                        }
                        BareNewlines::Normalise => {
                            sink(&input[run..at])?;
                            sink(b"\r\n")?;
                            run = at + 1;
                            self.before = Before::LoneLf;
                        }
                    }
                    at += 1;
                }
                (_, 0) => {
                    self.faulty = true;
                    self.before = Before::Text;
                    at += 1;
                }
                _ => {
                    self.before = Before::Text;
                    at = memchr::memchr3(b'\r', b'\n', 0, &input[at..])
                        .map_or(input.len(), |next| at + next);
                }
            }
        }
        // A CR after a line's first dot is either the end or a fault, so it
        // is kept back until the next byte tells.
        let end = at.saturating_sub(usize::from(self.before == Before::DotCr));
        if run < end {
            sink(&input[run..end])?;
        }
        Ok(Progress {
            used: at,
            ended: false,
        })
    }
}

/// Writes a message as a next hop is to get it: dots doubled at the start of
/// lines, and at last the end.
#[derive(Debug)]
pub(crate) struct Encoder {
    /// The last two bytes were CRLF, or nothing has come.
    line_start: bool,
    /// The last byte was CR.
    cr: bool,
}

impl Encoder {
    pub(crate) fn new() -> Self {
        Self {
            line_start: true,
            cr: false,
        }
    }

    pub(crate) fn push(&mut self, input: &[u8], out: &mut Vec<u8>) {
        let (Some(&first), Some(&last)) = (input.first(), input.last()) else {
            return;
        };
        out.reserve(input.len() + 64);
        let after_split_crlf = self.cr && first == b'\n';
        if self.line_start && first == b'.' {
            out.push(b'.');
        }
        let mut run = 0;
        if after_split_crlf && input.get(1) == Some(&b'.') {
            out.extend_from_slice(b"\n.");
            run = 1;
        }
        for dot in memchr::memmem::find_iter(input, b"\r\n.") {
            out.extend_from_slice(&input[run..dot + 2]);
            out.push(b'.');
            run = dot + 2;
        }
        out.extend_from_slice(&input[run..]);
        self.line_start = input.ends_with(b"\r\n") || (after_split_crlf && input.len() == 1);
        self.cr = last == b'\r';
    }

    /// The end of the message, beginning with CRLF where its last line had
    /// none.
    pub(crate) fn end(&self) -> &'static [u8] {
        if self.line_start {
            b".\r\n"
        } else {
            b"\r\n.\r\n"
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Decodes `input` in two pieces; what came out, what was left over after
    /// the end, and whether it was faulty.
    fn decode(
        input: &[u8],
        cut: usize,
        newlines: BareNewlines,
    ) -> (Vec<u8>, Option<Vec<u8>>, bool) {
        let mut decoder = Decoder::new(newlines);
        let mut message = Vec::new();
        let mut used = 0;
        for end in [cut, input.len()] {
            let progress = decoder
                .push(&input[used..end], |bytes| {
                    message.extend_from_slice(bytes);
                    Ok(())
                })
                .expect("memory");
            used += progress.used;
            if progress.ended {
                return (message, Some(input[used..].to_vec()), decoder.faulty());
            }
        }
        (message, None, decoder.faulty())
    }

    fn check_as(
        newlines: BareNewlines,
        input: &[u8],
        message: &[u8],
        rest: Option<&[u8]>,
        faulty: bool,
    ) {
        for cut in 0..=input.len() {
            assert_eq!(
                decode(input, cut, newlines),
                (message.to_vec(), rest.map(<[u8]>::to_vec), faulty),
                "{} cut at {cut}",
                input.escape_ascii()
            );
        }
    }

    fn check(input: &[u8], message: &[u8], rest: Option<&[u8]>, faulty: bool) {
        check_as(BareNewlines::Reject, input, message, rest, faulty);
    }

    #[test]
    fn a_message_ends_with_its_dot() {
        check(b"a\r\n.\r\n", b"a\r\n", Some(b""), false);
        check(b"a\r\n.\r\nQUIT\r\n", b"a\r\n", Some(b"QUIT\r\n"), false);
        check(b".\r\n", b"", Some(b""), false);
        check(b".\r\n.\r\n", b"", Some(b".\r\n"), false);
        check(b"\r\n.\r\n", b"\r\n", Some(b""), false);
        check(b"a\r\n", b"a\r\n", None, false);
        check(b"", b"", None, false);
    }

    #[test]
    fn stuffed_dots_are_taken_away() {
        check(b"..\r\n.\r\n", b".\r\n", Some(b""), false);
        check(
            b"..a\r\n...\r\n.b.\r\n.\r\n",
            b".a\r\n..\r\nb.\r\n",
            Some(b""),
            false,
        );
        check(b"a.\r\n.\r\n", b"a.\r\n", Some(b""), false);
        check(b"a\r\n. \r\n.\r\n", b"a\r\n \r\n", Some(b""), false);
    }

    #[test]
    fn nothing_but_crlf_dot_crlf_ends_a_message() {
        check(b"a\n.\nb\r\n.\r\n", b"a\n.\nb\r\n", Some(b""), true);
        check(b"a\r\n.\nb\r\n.\r\n", b"a\r\n\nb\r\n", Some(b""), true);
        check(b"a\n.\r\nb\r\n.\r\n", b"a\n.\r\nb\r\n", Some(b""), true);
        check(b"a\r.\rb\r\n.\r\n", b"a\r.\rb\r\n", Some(b""), true);
        check(b"a\r.\r\nb\r\n.\r\n", b"a\r.\r\nb\r\n", Some(b""), true);
        check(b"a\r\n.\rb\r\n.\r\n", b"a\r\n\rb\r\n", Some(b""), true);
        check(
            b"a\r\n.\r\r\nb\r\n.\r\n",
            b"a\r\n\r\r\nb\r\n",
            Some(b""),
            true,
        );
        check(
            b"a\r\n.\r.\r\nb\r\n.\r\n",
            b"a\r\n\r.\r\nb\r\n",
            Some(b""),
            true,
        );
        check(b"a\r\r\n.\r\n", b"a\r\r\n", Some(b""), true);
        check(b"a\0b\r\n.\r\n", b"a\0b\r\n", Some(b""), true);
        check(b"a\r\n.\0\r\n.\r\n", b"a\r\n\0\r\n", Some(b""), true);
        check(b"\n.\r\n", b"\n.\r\n", None, true);
        check(b".\n", b"\n", None, true);
    }

    #[test]
    fn lone_newlines_may_be_normalised_but_never_end_a_message() {
        let normalise = |input: &[u8], message: &[u8], rest, faulty| {
            check_as(BareNewlines::Normalise, input, message, rest, faulty);
        };
        normalise(
            b"a\nb\n\r\n.\r\n",
            b"a\r\nb\r\n\r\n",
            Some(b"".as_slice()),
            false,
        );
        normalise(b"a\n.\nb\r\n.\r\n", b"a\r\n\r\nb\r\n", Some(b""), false);
        normalise(b"a\n.\r\nb\r\n.\r\n", b"a\r\n\r\nb\r\n", Some(b""), false);
        normalise(b"a\r\n.\nb\r\n.\r\n", b"a\r\n\r\nb\r\n", Some(b""), false);
        normalise(b"a\n..b\r\n.\r\n", b"a\r\n.b\r\n", Some(b""), false);
        normalise(b"a\rb\r\n.\r\n", b"a\rb\r\n", Some(b""), true);
        normalise(b"a\n.\n", b"a\r\n\r\n", None, false);
    }

    fn encode(message: &[u8], cut: usize) -> Vec<u8> {
        let mut encoder = Encoder::new();
        let mut out = Vec::new();
        encoder.push(&message[..cut], &mut out);
        encoder.push(&message[cut..], &mut out);
        out.extend_from_slice(encoder.end());
        out
    }

    #[test]
    fn what_is_encoded_decodes_to_itself() {
        for message in [
            b"".as_slice(),
            b".",
            b".\r\n",
            b"\r\n.\r\n",
            b"a\r\n.\r\nb\r\n",
            b"...\r\n..\r\n.\r\n",
            b"\r\n\r\n.\r\n",
            b"Subject: a\r\n\r\nno end",
        ] {
            for cut in 0..=message.len() {
                let wire = encode(message, cut);
                let (mut back, rest, faulty) = decode(&wire, wire.len(), BareNewlines::Reject);
                assert_eq!((rest, faulty), (Some(Vec::new()), false));
                // The last line gets its end, if it had none.
                if !message.is_empty() && !message.ends_with(b"\r\n") {
                    assert_eq!(back.split_off(back.len() - 2), b"\r\n");
                }
                assert_eq!(back, message, "{} cut at {cut}", message.escape_ascii());
            }
        }
    }

    proptest::proptest! {
        #[test]
        fn splits_never_matter(
            bytes in proptest::collection::vec(proptest::sample::select(b"a.\r\n\0".to_vec()), 0..40),
            cut in 0usize..40,
        ) {
            let cut = cut.min(bytes.len());
            for newlines in [BareNewlines::Reject, BareNewlines::Normalise] {
                proptest::prop_assert_eq!(
                    decode(&bytes, cut, newlines),
                    decode(&bytes, bytes.len(), newlines)
                );
            }
            if !bytes.contains(&0) {
                proptest::prop_assert_eq!(encode(&bytes, cut), encode(&bytes, bytes.len()));
            }
        }
    }
}
