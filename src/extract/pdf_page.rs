//! The pages of a PDF and what each draws, found as leniently as the programs
//! of those who get the file find them. What is named and not there is told:
//! lopdf passes over objects that it cannot parse.

use std::collections::HashSet;
use std::io::Read;

use flate2::read::DeflateDecoder;
use lopdf::{DecompressError, Dictionary, Document, Error, Object, ObjectId, Stream};

/// Pages, and whether all are there that the file names.
#[derive(Debug, Default)]
pub(crate) struct Pages {
    /// In their order.
    pub(crate) ids: Vec<ObjectId>,
    pub(crate) lost: bool,
}

/// The bytes that draw a page, and whether all of them are there.
#[derive(Debug, Default)]
pub(crate) struct Content {
    pub(crate) bytes: Vec<u8>,
    pub(crate) lost: bool,
}

/// It unpacks to more than may be read.
#[derive(Debug)]
pub(crate) struct Endless;

/// At most so many pages, and one more.
pub(crate) fn pages(document: &Document, most: usize) -> Pages {
    let mut pages = Pages::default();
    let root = document.catalog().and_then(|catalog| catalog.get(b"Pages"));
    let mut seen = HashSet::new();
    // Nodes of the tree yet to be looked at, the next one last.
    let mut ahead: Vec<&Object> = root.into_iter().collect();
    while let Some(node) = ahead.pop() {
        let Ok(id) = node.as_reference() else {
            // Written out where a reference must stand (ISO 32000-1 section
            // 7.7.3); there it has no number to draw it by.
            pages.lost = true;
            continue;
        };
        // A tree that comes back to itself has been read by then.
        if !seen.insert(id) {
            continue;
        }
        let Ok(dictionary) = document.get_dictionary(id) else {
            pages.lost = true;
            continue;
        };
        match dictionary
            .get_deref(b"Kids", document)
            .map(Object::as_array)
        {
            Ok(Ok(kids)) => ahead.extend(kids.iter().rev()),
            Ok(Err(_)) => pages.lost = true,
            Err(_) => pages.ids.push(id),
        }
        if pages.ids.len() > most {
            break;
        }
    }
    pages
}

/// What a page draws, at most so many bytes.
pub(crate) fn content(document: &Document, id: ObjectId, most: usize) -> Result<Content, Endless> {
    let mut content = Content::default();
    let Ok(page) = document.get_dictionary(id) else {
        content.lost = true;
        return Ok(content);
    };
    let named = page.get_deref(b"Contents", document);
    let parts: Vec<&Object> = match named {
        Ok(Object::Array(parts)) => parts.iter().collect(),
        Ok(Object::Null) => Vec::new(),
        Ok(part) => vec![part],
        // A page may be blank.
        Err(_) => {
            content.lost = page.has(b"Contents");
            Vec::new()
        }
    };
    for part in parts {
        let part = document
            .dereference(part)
            .and_then(|(_, part)| part.as_stream());
        let Ok(stream) = part else {
            content.lost = true;
            continue;
        };
        let whole = unpack(stream, most - content.bytes.len(), &mut content.bytes)?;
        content.lost |= !whole || has_lost_its_bytes(stream, document);
        content.bytes.push(b'\n');
        if content.bytes.len() > most {
            return Err(Endless);
        }
    }
    Ok(content)
}

/// Adds what is in a stream, as far as it goes; whether that is all.
pub(crate) fn unpack(stream: &Stream, most: usize, out: &mut Vec<u8>) -> Result<bool, Endless> {
    if is_simply_deflated(&stream.dict)
        && let Some(packed) = stream.content.get(2..)
    {
        // Its checksum is not asked for: much software gets it wrong, and no
        // reader cares.
        let before = out.len();
        let done = DeflateDecoder::new(packed)
            .take(most as u64 + 1)
            .read_to_end(out);
        return match out.len() - before > most {
            true => Err(Endless),
            false => Ok(done.is_ok()),
        };
    }
    let filters = stream.filters().unwrap_or_default();
    if filters.is_empty() {
        if stream.content.len() > most {
            return Err(Endless);
        }
        out.extend_from_slice(&stream.content);
        return Ok(true);
    }
    match stream.decompressed_content_with_limit(most) {
        Ok(bytes) => {
            out.extend(bytes);
            Ok(is_spelt_right(filters[0], &stream.content))
        }
        Err(Error::Decompress(DecompressError::MemoryLimitExceeded { .. })) => Err(Endless),
        Err(_) => Ok(false),
    }
}

/// Whether bytes spelt in ASCII have no other signs in them, which some
/// readers look past and lopdf ends at.
fn is_spelt_right(filter: &[u8], content: &[u8]) -> bool {
    let is_sign = |byte: u8| match filter {
        b"ASCII85Decode" | b"A85" => matches!(byte, b'!'..=b'u' | b'z'),
        b"ASCIIHexDecode" | b"AHx" => byte.is_ascii_hexdigit(),
        _ => true,
    };
    let end = match filter {
        b"ASCII85Decode" | b"A85" => memchr::memchr(b'~', content),
        _ => memchr::memchr(b'>', content),
    };
    let content = &content[..end.unwrap_or(content.len())];
    // PDF counts the zero byte as white space (ISO 32000-1 section 7.2.2).
    let is_white = |byte: u8| byte.is_ascii_whitespace() || byte == 0;
    content.iter().all(|&byte| is_sign(byte) || is_white(byte))
}

fn is_simply_deflated(dictionary: &Dictionary) -> bool {
    let filter = match dictionary.get(b"Filter") {
        Ok(Object::Array(filters)) if filters.len() == 1 => &filters[0],
        Ok(filter) => filter,
        Err(_) => return false,
    };
    filter.as_name().is_ok_and(|name| name == b"FlateDecode") && !dictionary.has(b"DecodeParms")
}

/// lopdf leaves a stream empty whose length it cannot tell.
fn has_lost_its_bytes(stream: &Stream, document: &Document) -> bool {
    let length = stream.dict.get_deref(b"Length", document);
    stream.content.is_empty()
        && !length
            .and_then(Object::as_i64)
            .is_ok_and(|length| length == 0)
}
