//! Multipart bodies, split at their boundaries (RFC 2046 section 5.1.1), in each
//! way that mail clients split them.

/// A multipart body, split at its boundary (RFC 2046 section 5.1.1).
#[derive(Debug, PartialEq, Eq)]
pub struct Multipart<'a> {
    pub preamble: &'a [u8],
    pub parts: Vec<&'a [u8]>,
    pub epilogue: &'a [u8],
}

/// Splits a multipart body; `None` if the boundary is empty or never comes.
/// At most `limit` parts are told apart, the last holding the rest.
pub fn split<'a>(body: &'a [u8], boundary: &str, limit: usize) -> Option<Multipart<'a>> {
    let boundary = boundary.trim_end().as_bytes();
    if boundary.is_empty() {
        return None;
    }
    let mut preamble = None;
    let mut parts = Vec::new();
    let mut start = 0;
    for line in delimiters(body, boundary) {
        // The line break before a delimiter belongs to the delimiter.
        let before = strip_line_break(&body[start..line.start]);
        match preamble {
            None => preamble = Some(before),
            Some(_) => parts.push(before),
        }
        start = line.end;
        if line.closes {
            return Some(Multipart {
                preamble: preamble.unwrap_or_default(),
                parts,
                epilogue: &body[start..],
            });
        }
        if parts.len() >= limit {
            break;
        }
    }
    let preamble = preamble?;
    parts.push(&body[start..]);
    Some(Multipart {
        preamble,
        parts,
        epilogue: b"",
    })
}

/// The parts of a multipart body for programs that take every line for a
/// delimiter that begins like one (RFC 2046 section 5.1.1 allows it), and read
/// on behind the end. `None` where they find no others.
pub fn split_loosely<'a>(body: &'a [u8], boundary: &str, limit: usize) -> Option<Vec<&'a [u8]>> {
    let boundary = boundary.trim_end().as_bytes();
    if boundary.is_empty() {
        return None;
    }
    let mut parts = Vec::new();
    let mut start: Option<usize> = None;
    let mut ended = false;
    let mut others = false;
    for line in lines_with(body, boundary) {
        let longer = !line.closes && !line.exact;
        if longer && (ended || is_of_another(body, boundary, line.tail)) {
            continue;
        }
        // What lies behind an end and before the next part is no part.
        if let Some(start) = start.filter(|_| !ended) {
            parts.push(strip_line_break(&body[start..line.start]));
        }
        others |= longer || (ended && !line.closes);
        ended = line.closes;
        start = Some(line.end);
        if parts.len() >= limit {
            break;
        }
    }
    if let Some(start) = start.filter(|_| !ended) {
        parts.push(&body[start..]);
    }
    others.then_some(parts)
}

/// Whether a longer delimiter belongs to a multipart inside, which names it.
fn is_of_another(body: &[u8], boundary: &[u8], tail: &[u8]) -> bool {
    let tail = tail.trim_ascii_end();
    let tail = tail.strip_suffix(b"--").unwrap_or(tail);
    let longer = [boundary, tail].concat();
    memchr::memmem::find_iter(body, &longer).any(|at| {
        let before = body[..at].trim_ascii_end();
        let before = before.strip_suffix(b"\"").unwrap_or(before);
        before.trim_ascii_end().ends_with(b"=")
    })
}

/// The boundary that a multipart body seems to use where its header names
/// none, or one that never comes: a line `--…` with a header field below it.
pub fn guess_boundary(body: &[u8]) -> Option<&str> {
    let mut lines = body.split(|&b| b == b'\n');
    let mut candidate: Option<&[u8]> = None;
    for line in lines.by_ref().take(2_000) {
        let line = line.trim_ascii_end();
        if candidate.is_some() && line.len() > 8 && line[..8].eq_ignore_ascii_case(b"content-") {
            return candidate.and_then(|found| std::str::from_utf8(found).ok());
        }
        candidate = line.strip_prefix(b"--").filter(|rest| !rest.is_empty());
    }
    None
}

struct Delimiter<'a> {
    start: usize,
    end: usize,
    closes: bool,
    /// Nothing but white space stands behind it.
    exact: bool,
    /// What stands behind the boundary.
    tail: &'a [u8],
}

/// The lines that are `--boundary` or `--boundary--`, with white space after.
fn delimiters<'a>(body: &'a [u8], boundary: &'a [u8]) -> impl Iterator<Item = Delimiter<'a>> {
    lines_with(body, boundary).filter(|line| line.exact)
}

/// The lines that begin with `--boundary`.
fn lines_with<'a>(body: &'a [u8], boundary: &'a [u8]) -> impl Iterator<Item = Delimiter<'a>> {
    let mut needle = b"--".to_vec();
    needle.extend_from_slice(boundary);
    let finder = memchr::memmem::Finder::new(&needle).into_owned();
    let mut from = 0;
    std::iter::from_fn(move || {
        while let Some(found) = finder.find(&body[from..]) {
            let start = from + found;
            let after = start + needle.len();
            from = after;
            if start > 0 && body[start - 1] != b'\n' {
                continue;
            }
            let end = memchr::memchr(b'\n', &body[after..]).map_or(body.len(), |n| after + n + 1);
            let tail = body[after..end].trim_ascii_end();
            let closes = tail.starts_with(b"--");
            let rest = tail.strip_prefix(b"--").unwrap_or(tail);
            let exact = rest.trim_ascii().is_empty();
            if exact {
                from = end;
            }
            return Some(Delimiter {
                start,
                end,
                closes,
                exact,
                tail,
            });
        }
        None
    })
}

fn strip_line_break(bytes: &[u8]) -> &[u8] {
    let bytes = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    bytes.strip_suffix(b"\r").unwrap_or(bytes)
}
