//! What a PDF's streams hold: their filters taken off, one by one (ISO 32000-1
//! section 7.4), as far as they go, and whether that is all.
//!
//! lopdf passes over what it cannot unpack; here damage is told, since other
//! readers go on behind it.

use std::borrow::Cow;

use flate2::{Decompress, FlushDecompress, Status};
use lopdf::{DecompressError, Dictionary, Document, Error, Object, Stream};

/// Filters of one stream.
const MOST_FILTERS: usize = 8;

/// It unpacks to more than may be read.
#[derive(Debug)]
pub(crate) struct Endless;

/// Adds what is in a stream, as far as it goes; whether that is all. Of each
/// filter at most so many bytes are taken.
pub(crate) fn unpack(
    stream: &Stream,
    document: &Document,
    most: usize,
    out: &mut Vec<u8>,
) -> Result<bool, Endless> {
    if stream.content.len() > most {
        return Err(Endless);
    }
    // lopdf keeps where a stream begins only if it does not know its length.
    let mut whole = !(stream.content.is_empty() && stream.start_position.is_some());
    let Some(filters) = filters(&stream.dict, document) else {
        return Ok(false);
    };
    let mut bytes = Cow::Borrowed(stream.content.as_slice());
    for (filter, settings) in filters {
        let (next, all) = take_off(filter, settings, &bytes, most)?;
        whole &= all;
        bytes = Cow::Owned(next);
    }
    match bytes {
        Cow::Owned(bytes) if out.is_empty() => *out = bytes,
        bytes => out.extend_from_slice(&bytes),
    }
    Ok(whole)
}

/// The filters with their settings, in the order in which they are taken off;
/// `None` where they cannot be told.
fn filters<'a>(
    stream: &'a Dictionary,
    document: &'a Document,
) -> Option<Vec<(&'a [u8], Option<&'a Dictionary>)>> {
    let named = |long: &[u8], short: &[u8]| {
        let named = stream.get_deref(long, document);
        named.or_else(|_| stream.get_deref(short, document)).ok()
    };
    let names = match named(b"Filter", b"F") {
        None | Some(Object::Null) => return Some(Vec::new()),
        // A file of its own, which is not looked for.
        Some(Object::String(..) | Object::Dictionary(_)) => return None,
        Some(Object::Array(names)) => names.iter().collect(),
        Some(name) => vec![name],
    };
    if names.len() > MOST_FILTERS {
        return None;
    }
    let settings: Vec<&Object> = match named(b"DecodeParms", b"DP") {
        Some(Object::Array(settings)) => settings.iter().collect(),
        Some(settings) => vec![settings],
        None => Vec::new(),
    };
    let deref = |object| document.dereference(object).ok().map(|(_, object)| object);
    let pairs = names.into_iter().enumerate().map(|(index, name)| {
        let settings = settings.get(index).copied().and_then(deref);
        let settings = settings.and_then(|settings| settings.as_dict().ok());
        Some((deref(name)?.as_name().ok()?, settings))
    });
    pairs.collect()
}

/// What one filter packed, and whether that is all of it.
fn take_off(
    filter: &[u8],
    settings: Option<&Dictionary>,
    packed: &[u8],
    most: usize,
) -> Result<(Vec<u8>, bool), Endless> {
    match filter {
        b"FlateDecode" | b"Fl" => {
            let (bytes, whole) = inflated(packed, most)?;
            match settings.filter(|settings| settings.has(b"Predictor")) {
                None => Ok((bytes, whole)),
                Some(_) => {
                    let (bytes, known) = by_lopdf(b"FlateDecode", settings, packed, most)?;
                    Ok((bytes, whole && known))
                }
            }
        }
        b"ASCII85Decode" | b"A85" => ascii_85(packed, most),
        b"ASCIIHexDecode" | b"AHx" => Ok(hexadecimal(packed)),
        b"LZWDecode" | b"LZW" => by_lopdf(b"LZWDecode", settings, packed, most),
        b"RunLengthDecode" | b"RL" => by_lopdf(b"RunLengthDecode", None, packed, most),
        // Its cipher is off by now (section 7.4.10).
        b"Crypt" => Ok((packed.to_vec(), true)),
        // Pictures' own.
        _ => Ok((Vec::new(), false)),
    }
}

fn by_lopdf(
    filter: &[u8],
    settings: Option<&Dictionary>,
    packed: &[u8],
    most: usize,
) -> Result<(Vec<u8>, bool), Endless> {
    let mut stream = Dictionary::new();
    stream.set("Filter", Object::Name(filter.to_vec()));
    if let Some(settings) = settings {
        stream.set("DecodeParms", settings.clone());
    }
    match Stream::new(stream, packed.to_vec()).decompressed_content_with_limit(most) {
        Ok(bytes) => Ok((bytes, true)),
        Err(Error::Decompress(DecompressError::MemoryLimitExceeded { .. })) => Err(Endless),
        Err(_) => Ok((Vec::new(), false)),
    }
}

/// What Deflate packed, and whether that is all of it.
///
/// Neither the two bytes in front nor the checksum behind are asked for: much
/// software gets them wrong, and no reader cares.
pub(crate) fn inflated(packed: &[u8], most: usize) -> Result<(Vec<u8>, bool), Endless> {
    let Some(packed) = packed.get(2..) else {
        return Ok((Vec::new(), packed.is_empty()));
    };
    let mut out = Vec::with_capacity((packed.len() * 4).min(most.saturating_add(1)));
    let mut inflater = Decompress::new(false);
    loop {
        let (read, written) = (inflater.total_in(), out.len());
        if written == out.capacity() {
            out.reserve((written / 2).max(4096));
        }
        let rest = &packed[read as usize..];
        let status = inflater.decompress_vec(rest, &mut out, FlushDecompress::None);
        if out.len() > most {
            return Err(Endless);
        }
        let stuck = inflater.total_in() == read && out.len() == written;
        match status {
            Ok(Status::StreamEnd) => {
                let behind = &packed[inflater.total_in() as usize..];
                return Ok((out, is_an_end(behind)));
            }
            Ok(_) if !stuck => {}
            // Some programs end with a flush, behind which nothing is missing.
            Ok(_) => return Ok((out, packed.ends_with(&[0, 0, 0xff, 0xff]))),
            Err(_) => return Ok((out, false)),
        }
    }
}

/// Whether no more than a checksum and a few signs are behind the end of what
/// is packed: damage makes ends, too.
fn is_an_end(behind: &[u8]) -> bool {
    let more = behind.iter().filter(|&&byte| !is_white(byte)).count();
    more <= 16
}

/// Signs that have no place in it are passed over, as by those readers that go
/// on.
fn ascii_85(packed: &[u8], most: usize) -> Result<(Vec<u8>, bool), Endless> {
    let packed = packed.trim_ascii_start();
    let packed = packed.strip_prefix(b"<~").unwrap_or(packed);
    let mut out = Vec::with_capacity(packed.len() / 5 * 4 + 4);
    let mut whole = true;
    let mut group = Vec::with_capacity(5);
    for &sign in packed {
        match sign {
            b'~' => break,
            b'z' if group.is_empty() => out.extend_from_slice(&[0; 4]),
            b'!'..=b'u' => group.push(sign - b'!'),
            _ => whole &= is_white(sign),
        }
        if group.len() == 5 {
            whole &= put_group(&group, &mut out);
            group.clear();
        }
        if out.len() > most {
            return Err(Endless);
        }
    }
    let given = group.len();
    if given > 1 {
        group.resize(5, 84);
        whole &= put_group(&group, &mut out);
        out.truncate(out.len() - (5 - given));
    }
    Ok((out, whole))
}

/// Five digits to the base of 85 as four bytes; whether they are no more.
fn put_group(digits: &[u8], out: &mut Vec<u8>) -> bool {
    let value = digits
        .iter()
        .fold(0_u64, |value, &digit| value * 85 + u64::from(digit));
    out.extend_from_slice(&(value as u32).to_be_bytes());
    u32::try_from(value).is_ok()
}

fn hexadecimal(packed: &[u8]) -> (Vec<u8>, bool) {
    let mut out = Vec::with_capacity(packed.len() / 2 + 1);
    let mut whole = true;
    let mut high = None;
    for &sign in packed {
        match (char::from(sign).to_digit(16), high) {
            (Some(digit), None) => high = Some(digit),
            (Some(digit), Some(before)) => {
                out.push((before << 4 | digit) as u8);
                high = None;
            }
            (None, _) if sign == b'>' => break,
            (None, _) => whole &= is_white(sign),
        }
    }
    out.extend(high.map(|high| (high << 4) as u8));
    (out, whole)
}

/// PDF counts the zero byte among them (ISO 32000-1 section 7.2.2).
fn is_white(byte: u8) -> bool {
    byte.is_ascii_whitespace() || byte == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &[u8] = b"BT (Zoe was late) Tj ET";

    fn deflated() -> Vec<u8> {
        use std::io::Write;
        let mut encoder =
            flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(TEXT).expect("memory takes all");
        encoder.finish().expect("memory takes all")
    }

    #[track_caller]
    fn check(filter: &[u8], packed: &[u8], expected: &[u8], whole: bool) {
        let (bytes, all) = take_off(filter, None, packed, 1_000).expect("it ends");
        assert_eq!(
            String::from_utf8_lossy(&bytes),
            String::from_utf8_lossy(expected)
        );
        assert_eq!(all, whole, "{}", String::from_utf8_lossy(packed));
    }

    #[test]
    fn what_is_whole_is_told_from_what_is_not() {
        let packed = deflated();
        let end = packed.len();
        check(b"FlateDecode", &packed, TEXT, true);
        check(b"Fl", &packed[..end - 4], TEXT, true);
        check(
            b"FlateDecode",
            &[&packed[..], b"\n more"].concat(),
            TEXT,
            true,
        );
        check(b"FlateDecode", &[&packed[..], TEXT].concat(), TEXT, false);
        check(b"FlateDecode", &packed[..end - 6], &TEXT[..22], false);
        check(b"FlateDecode", b"", b"", true);
        check(b"ASCIIHexDecode", b"5A 6f\0 65>7", b"Zoe", true);
        check(b"AHx", b"5A6f6", b"Zo`", true);
        check(b"AHx", b"5A?6f65>", b"Zoe", false);
        check(
            b"ASCII85Decode",
            b"<~ 87cU\nRD]~>",
            b"Hello\0"[..5].as_ref(),
            true,
        );
        check(b"A85", b"87cU\x01RD]~>", b"Hello", false);
        check(b"A85", b"z~>", b"\0\0\0\0", true);
        check(b"A85", b"uuuuu~>", &[0x08, 0x78, 0x0e, 0xc4], false);
        check(b"DCTDecode", b"\xff\xd8", b"", false);
    }

    #[test]
    fn nothing_unpacks_without_end() {
        for (filter, packed) in [(&b"FlateDecode"[..], deflated()), (b"A85", b"z".repeat(9))] {
            assert!(take_off(filter, None, &packed, 20).is_err());
        }
    }
}
