//! The framing of DATA (RFC 5321 section 4.5.2), both ways: a client's bytes
//! into a message, and a message into what a next hop is sent; and the content
//! of BDAT (RFC 3030), where dots mean nothing and sizes tell the end.
//!
//! After DATA a message ends with CRLF, a dot, CRLF, and with nothing else:
//! every other mixture of line ends and dots is content to one server and an
//! end to another, which is how messages are smuggled. The decoder reads on to
//! the true end whatever comes, so that the fault can be answered in its place.
//! What comes in chunks goes on by DATA, and so its lines are held to the same.

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

/// Takes a client's bytes and gives those of the message.
#[derive(Debug)]
pub(crate) struct Decoder {
    before: Before,
    newlines: BareNewlines,
    /// They come after DATA: dots are doubled, and one alone is the end.
    dotted: bool,
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
    /// For what comes after DATA.
    pub(crate) fn of_data(newlines: BareNewlines) -> Self {
        Self {
            before: Before::LineEnd,
            newlines,
            dotted: true,
            faulty: false,
        }
    }

    /// For what comes in chunks.
    pub(crate) fn of_chunks(newlines: BareNewlines) -> Self {
        Self {
            dotted: false,
            ..Self::of_data(newlines)
        }
    }

    /// Whether a lone CR, a lone LF (unless normalised) or a NUL was met.
    pub(crate) fn faulty(&self) -> bool {
        self.faulty
    }

    /// Decodes the next bytes into `sink`, in runs as long as they come.
    pub(crate) fn push(&mut self, input: &[u8], mut sink: impl FnMut(&[u8])) -> Progress {
        // `input[run..at]` is content that the sink has not had yet.
        let (mut run, mut at) = (0, 0);
        while at < input.len() {
            let byte = input[at];
            match (self.before, byte) {
                (Before::LineEnd | Before::LoneLf, b'.') if self.dotted => {
                    sink(&input[run..at]);
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
                    return Progress {
                        used: at + 1,
                        ended: true,
                    };
                }
                (Before::DotCr, _) => {
                    // The CR was content after all; it may have come with the
                    // bytes before these.
                    self.faulty = true;
                    if at == 0 {
                        sink(b"\r");
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
                            sink(&input[run..at]);
                            sink(b"\r\n");
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
            sink(&input[run..end]);
        }
        Progress {
            used: at,
            ended: false,
        }
    }

    /// The end of a message: what its last line lacks of a line end, which
    /// can only be where it came in chunks.
    pub(crate) fn finish(&mut self) -> &'static [u8] {
        match self.before {
            Before::Text => b"\r\n",
            Before::Cr => {
                self.faulty = true;
                b""
            }
            Before::LineEnd | Before::LoneLf | Before::Dot | Before::DotCr => b"",
        }
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
mod tests;
