//! Blocks of base64 between lines of dashes: OpenPGP's armour (RFC 9580
//! section 6.2) and S/MIME's PEM (RFC 7468), alone in a file or among words.
//!
//! What the lines claim is a claim: the bytes between them tell what they are,
//! and what stands there in plain words is read as words.

use std::ops::Range;

use super::harvest::{Harvest, Place};
use super::{ber, cms, pgp, plain};
use crate::mail::encoding;

const BEGIN: &[u8] = b"-----BEGIN ";
const END: &[u8] = b"-----END ";

/// One block in a text.
pub(crate) struct Block<'a> {
    family: Family,
    /// What is between its first and its last line.
    inside: &'a [u8],
    /// All of it in the text that it was found in.
    pub(crate) range: Range<usize>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Family {
    OpenPgp,
    /// A signature or a key, which nobody misses if it is broken.
    OpenPgpBeside,
    Smime,
}

/// The first block at or after `from`. Certificates and private keys are none:
/// they are text, and are read as such.
pub(crate) fn find(text: &[u8], from: usize) -> Option<Block<'_>> {
    let mut at = from;
    loop {
        let start = at + memchr::memmem::find(text.get(at..)?, BEGIN)?;
        at = start + BEGIN.len();
        if !matches!(&text[..start], [] | [.., b'\n'] | b"\xef\xbb\xbf") {
            continue;
        }
        let end = line_end(text, at);
        let Some(label) = text[at..end].trim_ascii_end().strip_suffix(b"-----") else {
            continue;
        };
        let family = match label {
            // Signed in clear, it is a text; its signature comes behind it.
            b"PGP SIGNED MESSAGE" => continue,
            b"PGP SIGNATURE" | b"PGP PUBLIC KEY BLOCK" => Family::OpenPgpBeside,
            _ if label.starts_with(b"PGP ") => Family::OpenPgp,
            b"CMS" | b"PKCS7" | b"PKCS #7 SIGNED DATA" => Family::Smime,
            _ => continue,
        };
        let last = last_line(text, end);
        return Some(Block {
            family,
            inside: &text[end..last],
            range: start..line_end(text, last),
        });
    }
}

/// Reads a file that has such blocks, and what stands around them.
pub(crate) fn read(text: &[u8], place: &Place, harvest: &mut Harvest<'_>) {
    let Some(first) = find(text, 0) else {
        return plain::read(text, place, harvest);
    };
    let alone = text[..first.range.start].trim_ascii().is_empty()
        && text[first.range.end..].trim_ascii().is_empty();
    if alone {
        return first.read(place, harvest);
    }
    harvest.kind(place, "text");
    if let Some(inside) = harvest.deeper(place) {
        let rest = take_out(text, &inside, harvest);
        plain::read_into(&rest, place, harvest);
    }
}

/// Reads the blocks of a text as files, and gives what is left of it.
pub(crate) fn take_out(text: &[u8], place: &Place, harvest: &mut Harvest<'_>) -> Vec<u8> {
    let mut rest = Vec::with_capacity(text.len());
    let mut from = 0;
    while let Some(block) = find(text, from) {
        rest.extend_from_slice(&text[from..block.range.start]);
        from = block.range.end;
        if !harvest.entry(place) {
            break;
        }
        let inside = harvest.attachment(place, &[block.name()], block.inside.len());
        block.read(&inside, harvest);
    }
    rest.extend_from_slice(&text[from..]);
    rest
}

impl Block<'_> {
    fn name(&self) -> &'static str {
        match self.family {
            Family::OpenPgp | Family::OpenPgpBeside => "OpenPGP block",
            Family::Smime => "S/MIME block",
        }
    }

    fn read(&self, place: &Place, harvest: &mut Harvest<'_>) {
        let (data, words) = self.divide();
        plain::read_into(&words, place, harvest);
        let bytes = encoding::base64(&data);
        if !harvest.decoded(place, bytes.len()) {
            return;
        }
        let is_sound = match self.family {
            Family::OpenPgp | Family::OpenPgpBeside => pgp::is_one(&bytes),
            Family::Smime => ber::is_one(&bytes),
        };
        match self.family {
            Family::OpenPgpBeside if !is_sound => harvest.kind(place, "text"),
            Family::OpenPgp | Family::OpenPgpBeside => pgp::read(&bytes, place, harvest),
            Family::Smime => cms::read(&bytes, place, harvest),
        }
        // What no program can decode is words to whoever opens it.
        if !is_sound {
            plain::read_into(&data, place, harvest);
        }
    }

    /// The lines of base64, and all others: headers as `Comment: …`, and words
    /// that somebody put there.
    fn divide(&self) -> (Vec<u8>, Vec<u8>) {
        let (mut data, mut words) = (Vec::new(), Vec::new());
        let mut width = None;
        for line in self.inside.split(|&byte| byte == b'\n') {
            let line = line.trim_ascii();
            // The checksum says nothing that the packets don't.
            if line.is_empty() || (line.len() == 5 && line.starts_with(b"=")) {
                continue;
            }
            let is_data = line.iter().all(|byte| is_base64(*byte))
                && *width.get_or_insert(line.len()) >= line.len();
            let to = if is_data { &mut data } else { &mut words };
            to.extend_from_slice(line);
            to.push(b'\n');
        }
        (data, words)
    }
}

fn is_base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=')
}

fn line_end(text: &[u8], from: usize) -> usize {
    memchr::memchr(b'\n', &text[from..]).map_or(text.len(), |found| from + found + 1)
}

/// Where the line stands that ends the block, or the text's end.
fn last_line(text: &[u8], from: usize) -> usize {
    let mut at = from;
    while let Some(found) = memchr::memmem::find(&text[at..], END) {
        let start = at + found;
        if start == 0 || text[start - 1] == b'\n' {
            return start;
        }
        at = start + END.len();
    }
    text.len()
}
