//! Tar archives: V7, ustar and pax (POSIX.1-2017, `pax`), and GNU's long names.
//!
//! A tar has no directory: it is read from header to header, beyond the end
//! mark too, where some programs stop and others go on.

use super::harvest::{Harvest, Place};
use super::{file, member};
use crate::finding::ProblemKind;
use crate::mail::charset;

/// Headers and the data behind them fill whole blocks.
pub(super) const BLOCK: usize = 512;
const CHECKSUM: std::ops::Range<usize> = 148..156;
/// A pax header or a long name beyond this is none that a program wrote.
const LONGEST_EXTENSION: u64 = 1024 * 1024;

/// Whether the first block is a header: its checksum is right, or it has
/// ustar's mark, and so is a tar even if it is a damaged one.
pub(crate) fn is_one(bytes: &[u8]) -> bool {
    let Some(block) = bytes.get(..BLOCK) else {
        return false;
    };
    block[257..].starts_with(b"ustar") || (block[0] != 0 && is_header(block))
}

/// Reads the members as files.
pub(crate) fn read(bytes: &[u8], place: &Place, harvest: &mut Harvest<'_>) {
    harvest.kind(place, "tar");
    if let Some(inside) = harvest.deeper(place) {
        members(bytes, &inside, harvest);
    }
}

/// Reads the members of a tar whose place is one deeper already.
pub(crate) fn members(bytes: &[u8], place: &Place, harvest: &mut Harvest<'_>) {
    let mut walk = Walk {
        bytes,
        at: 0,
        ended: false,
        extension: Extension::default(),
    };
    while !harvest.is_spent() && walk.step(place, harvest) {}
}

struct Walk<'a> {
    bytes: &'a [u8],
    at: usize,
    /// A block of zeros was met, which ends the archive for most programs.
    ended: bool,
    extension: Extension,
}

/// What headers of their own say of the member behind them.
#[derive(Debug, Default)]
struct Extension {
    name: Option<String>,
    link: Option<String>,
    comment: Option<String>,
    size: Option<u64>,
    sparse: bool,
}

impl Walk<'_> {
    /// Reads what the next block begins; false at the end.
    fn step(&mut self, place: &Place, harvest: &mut Harvest<'_>) -> bool {
        let rest = &self.bytes[self.at..];
        let Some(block) = rest.get(..BLOCK) else {
            self.finish(rest, place, harvest);
            return false;
        };
        if block.iter().all(|&byte| byte == 0) {
            self.ended = true;
            self.at += BLOCK;
            return true;
        }
        if !is_header(block) {
            harvest.problem(
                place,
                ProblemKind::Damaged,
                if self.ended {
                    "there is something behind the archive's end that was not read"
                } else {
                    "the archive is damaged: not all of it was read"
                },
            );
            return false;
        }
        if self.ended {
            self.ended = false;
            harvest.problem(
                place,
                ProblemKind::Hostile,
                "the archive goes on behind its end: programs could unpack it in two ways",
            );
        }
        self.member(Header(block), place, harvest)
    }

    fn finish(&self, rest: &[u8], place: &Place, harvest: &mut Harvest<'_>) {
        if !self.ended || rest.iter().any(|&byte| byte != 0) {
            harvest.problem(
                place,
                ProblemKind::Damaged,
                "the archive is cut short or damaged",
            );
        }
    }

    fn member(&mut self, header: Header<'_>, place: &Place, harvest: &mut Harvest<'_>) -> bool {
        let Some(own_size) = header.size() else {
            harvest.problem(place, ProblemKind::Damaged, "a member has no valid size");
            return false;
        };
        let size = match self.extension.size {
            Some(size) if !header.is_extension() => size,
            _ => own_size,
        };
        if size != own_size {
            harvest.problem(
                place,
                ProblemKind::Hostile,
                "a member has two sizes: programs could unpack it in two ways",
            );
        }
        let start = self.at + BLOCK;
        let left = &self.bytes[start..];
        let length = usize::try_from(size).unwrap_or(usize::MAX);
        let data = &left[..left.len().min(length)];
        if header.is_extension() {
            if size > LONGEST_EXTENSION {
                harvest.exhaust(place, "a member's name is longer than any name");
                return false;
            }
            self.extension.take(header.kind(), data);
        } else {
            let extension = std::mem::take(&mut self.extension);
            leaf(header, &extension, data, place, harvest);
        }
        if data.len() < length {
            harvest.problem(
                place,
                ProblemKind::Damaged,
                "the archive is cut short or damaged",
            );
            return false;
        }
        self.at = start + length.next_multiple_of(BLOCK).min(left.len());
        true
    }
}

/// Reads a member as the file it is; of what has no content the name is all.
fn leaf(
    header: Header<'_>,
    extension: &Extension,
    data: &[u8],
    place: &Place,
    harvest: &mut Harvest<'_>,
) {
    let own_name = header.name();
    let name = extension.name.as_deref().unwrap_or(&own_name);
    let name = name.trim_end_matches('/');
    let own_link = header.link();
    let link = extension.link.as_deref().unwrap_or(&own_link);
    if extension.sparse || header.kind() == b'S' {
        if harvest.entry(place) {
            let inside = harvest.attachment(place, &[name], data.len());
            harvest.problem(
                &inside,
                ProblemKind::Unknown,
                "a file stored with holes, which is not read",
            );
        }
    } else if data.is_empty() {
        if harvest.entry(place) {
            member::empty(name, place, harvest);
        }
    } else {
        file::read(&[name], data, place, harvest);
    }
    // A link's target is a name too.
    member::empty(link, place, harvest);
    if let Some(comment) = &extension.comment {
        harvest.text(&place.within("comment"), comment.as_str());
    }
}

impl Extension {
    fn take(&mut self, kind: u8, data: &[u8]) {
        match kind {
            b'L' => self.name = Some(text(data)),
            b'K' => self.link = Some(text(data)),
            _ => self.take_records(data),
        }
    }

    /// Records of the form `length key=value\n`.
    fn take_records(&mut self, mut data: &[u8]) {
        while let Some((key, value, rest)) = record(data) {
            data = rest;
            match key {
                b"path" | b"GNU.sparse.name" => self.name = Some(text(value)),
                b"linkpath" => self.link = Some(text(value)),
                b"comment" => self.comment = Some(text(value)),
                b"size" => self.size = std::str::from_utf8(value).ok().and_then(|n| n.parse().ok()),
                _ => self.sparse |= key.starts_with(b"GNU.sparse."),
            }
        }
    }
}

fn record(data: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let space = memchr::memchr(b' ', data)?;
    let length: usize = std::str::from_utf8(&data[..space]).ok()?.parse().ok()?;
    let body = data.get(space + 1..length)?;
    let equals = memchr::memchr(b'=', body)?;
    let value = &body[equals + 1..];
    let value = value.strip_suffix(b"\n").unwrap_or(value);
    Some((&body[..equals], value, &data[length..]))
}

/// A header's block, in the fields of POSIX.1's ustar.
#[derive(Clone, Copy)]
struct Header<'a>(&'a [u8]);

impl Header<'_> {
    fn kind(self) -> u8 {
        self.0[156]
    }

    /// Says something of the next member, and is none itself. `X` is Solaris'
    /// pax header.
    fn is_extension(self) -> bool {
        matches!(self.kind(), b'x' | b'g' | b'X' | b'L' | b'K')
    }

    fn name(self) -> String {
        let name = text(&self.0[..100]);
        // GNU's older header has other things where ustar has the prefix.
        let prefix = match self.0[257..].starts_with(b"ustar\0") {
            true => text(&self.0[345..500]),
            false => String::new(),
        };
        if prefix.is_empty() {
            name
        } else {
            format!("{prefix}/{name}")
        }
    }

    fn link(self) -> String {
        text(&self.0[157..257])
    }

    fn size(self) -> Option<u64> {
        // Links and folders have no data, whatever size they tell.
        if matches!(self.kind(), b'1'..=b'6') {
            return Some(0);
        }
        number(&self.0[124..136])
    }
}

/// An octal number, or GNU's binary one with the highest bit set.
fn number(field: &[u8]) -> Option<u64> {
    let (&first, rest) = field.split_first()?;
    if first & 0x80 != 0 {
        return rest.iter().try_fold(u64::from(first & 0x7f), |sum, &byte| {
            sum.checked_mul(256)?.checked_add(u64::from(byte))
        });
    }
    let digits = field
        .split(|&byte| byte == 0)
        .next()
        .unwrap_or_default()
        .trim_ascii();
    if digits.is_empty() {
        return Some(0);
    }
    u64::from_str_radix(std::str::from_utf8(digits).ok()?, 8).ok()
}

/// Whether the checksum is right; some old programs summed signed bytes.
pub(super) fn is_header(block: &[u8]) -> bool {
    let Some(told) = number(&block[CHECKSUM]).filter(|&told| told > 0) else {
        return false;
    };
    let summed = |value: fn(u8) -> i64| -> i64 {
        let bytes = block.iter().enumerate();
        bytes
            .map(|(i, &byte)| {
                if CHECKSUM.contains(&i) {
                    32
                } else {
                    value(byte)
                }
            })
            .sum()
    };
    let told = i64::try_from(told).unwrap_or(0);
    told == summed(i64::from) || told == summed(|byte| i64::from(byte.cast_signed()))
}

fn text(field: &[u8]) -> String {
    let end = memchr::memchr(0, field).unwrap_or(field.len());
    charset::decode(&field[..end], None)
}
