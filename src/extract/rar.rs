//! RAR archives: the names of their files and what is encrypted, by the
//! headers (RAR 5.0 archive format; technote of RAR 4). The files themselves
//! are packed in a way that is not read.

use super::harvest::{Harvest, Place};
use super::{Protection, member};
use crate::finding::ProblemKind;
use crate::mail::charset;

const MARK_4: &[u8] = b"Rar!\x1a\x07\0";
const MARK_5: &[u8] = b"Rar!\x1a\x07\x01\0";

/// What the headers tell.
#[derive(Debug, Default, PartialEq, Eq)]
struct Archive {
    files: Vec<File>,
    /// The headers are encrypted, and so are all files.
    sealed: bool,
    /// The headers go on to the end that they tell.
    whole: bool,
}

#[derive(Debug, PartialEq, Eq)]
struct File {
    name: String,
    size: u64,
    encrypted: bool,
}

pub(crate) fn read(bytes: &[u8], place: &Place, harvest: &mut Harvest<'_>) {
    harvest.kind(place, "rar");
    let most = harvest.entries_left() + 1;
    let archive = match bytes.strip_prefix(MARK_5) {
        Some(rest) => five(rest, most),
        None => four(bytes.strip_prefix(MARK_4).unwrap_or_default(), most),
    };
    protection(&archive, place, harvest);
    if !archive.whole {
        harvest.problem(
            place,
            ProblemKind::Damaged,
            "the archive is cut short or damaged",
        );
    }
    for file in &archive.files {
        if !harvest.entry(place) {
            return;
        }
        file.tell(place, harvest);
    }
}

/// Protected only if every file with content is.
fn protection(archive: &Archive, place: &Place, harvest: &mut Harvest<'_>) {
    let with_content = || archive.files.iter().filter(|file| file.size > 0);
    let encrypted = with_content().filter(|file| file.encrypted).count();
    let (protection, why) = match (encrypted, with_content().count()) {
        _ if archive.sealed && archive.files.is_empty() => (
            Protection::Protected,
            "encrypted, the names of its files too",
        ),
        (0, _) => return,
        (encrypted, all) if encrypted == all && archive.whole => {
            (Protection::Protected, "encrypted with AES")
        }
        _ => (Protection::Weak, "only some of its files are encrypted"),
    };
    harvest.protection(place, protection, why);
}

impl File {
    fn tell(&self, place: &Place, harvest: &mut Harvest<'_>) {
        if self.size == 0 {
            return member::empty(&self.name, place, harvest);
        }
        if self.encrypted {
            member::encrypted(&self.name, self.size, member::ENCRYPTED, place, harvest);
            return;
        }
        let size = usize::try_from(self.size).unwrap_or(usize::MAX);
        let inside = harvest.attachment(place, &[&self.name], size);
        harvest.problem(
            &inside,
            ProblemKind::Unknown,
            "a file in a RAR archive, which is not read yet",
        );
    }
}

/// RAR 5: every header has its length, type and flags as numbers of seven bits
/// a byte.
fn five(mut rest: &[u8], most: usize) -> Archive {
    let mut archive = Archive::default();
    while archive.files.len() < most {
        let Some((header, after)) = header_5(rest) else {
            return archive;
        };
        match header.kind {
            // The file's own header, or a service's, which has no name of a file.
            2 => match file_5(&header) {
                Some(file) => archive.files.push(file),
                None => return archive,
            },
            4 => {
                archive.sealed = true;
                archive.whole = true;
                return archive;
            }
            5 => {
                archive.whole = true;
                return archive;
            }
            _ => {}
        }
        rest = after;
    }
    archive
}

struct Header5<'a> {
    kind: u64,
    fields: &'a [u8],
    extra: &'a [u8],
}

fn header_5(bytes: &[u8]) -> Option<(Header5<'_>, &[u8])> {
    let mut rest = bytes.get(4..)?;
    let length = usize::try_from(vint(&mut rest)?).ok()?;
    let (mut fields, after) = rest.split_at_checked(length)?;
    let kind = vint(&mut fields)?;
    let flags = vint(&mut fields)?;
    let extra = match flags & 1 {
        0 => 0,
        _ => usize::try_from(vint(&mut fields)?).ok()?,
    };
    let data = match flags & 2 {
        0 => 0,
        _ => usize::try_from(vint(&mut fields)?).ok()?,
    };
    let (fields, extra) = fields.split_at_checked(fields.len().checked_sub(extra)?)?;
    let header = Header5 {
        kind,
        fields,
        extra,
    };
    Some((header, after.get(data..)?))
}

fn file_5(header: &Header5<'_>) -> Option<File> {
    let mut fields = header.fields;
    let flags = vint(&mut fields)?;
    let size = vint(&mut fields)?;
    let _attributes = vint(&mut fields)?;
    // A time and a checksum, each of four bytes.
    let skipped = if flags & 2 != 0 { 4 } else { 0 } + if flags & 4 != 0 { 4 } else { 0 };
    fields = fields.get(skipped..)?;
    let _compression = vint(&mut fields)?;
    let _system = vint(&mut fields)?;
    let length = usize::try_from(vint(&mut fields)?).ok()?;
    let name = charset::decode(fields.get(..length)?, None);
    Some(File {
        name,
        size,
        encrypted: is_encrypted_5(header.extra),
    })
}

/// Whether the extra records have one of type 1.
fn is_encrypted_5(mut extra: &[u8]) -> bool {
    let mut record = || {
        let length = usize::try_from(vint(&mut extra)?).ok()?;
        let (mut record, after) = extra.split_at_checked(length)?;
        extra = after;
        vint(&mut record)
    };
    std::iter::from_fn(&mut record).any(|kind| kind == 1)
}

fn vint(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0;
    for shift in (0..63).step_by(7) {
        let (&byte, rest) = bytes.split_first()?;
        *bytes = rest;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

/// RAR 1.5 to 4: headers of checksum, type, flags and length.
fn four(mut rest: &[u8], most: usize) -> Archive {
    let mut archive = Archive::default();
    while archive.files.len() < most {
        let Some(&[_, _, kind, flags_low, flags_high, size_low, size_high]) = rest.first_chunk()
        else {
            // Older programs write no end.
            archive.whole = rest.is_empty() && !archive.files.is_empty();
            return archive;
        };
        let flags = u16::from_le_bytes([flags_low, flags_high]);
        let length = usize::from(u16::from_le_bytes([size_low, size_high]));
        let Some(header) = rest.get(..length).filter(|_| length >= 7) else {
            return archive;
        };
        let mut data = 0;
        match kind {
            0x73 if flags & 0x80 != 0 => {
                archive.sealed = true;
                archive.whole = true;
                return archive;
            }
            0x74 => match file_4(header, flags) {
                Some((file, packed)) => {
                    archive.files.push(file);
                    data = packed;
                }
                None => return archive,
            },
            0x7b => {
                archive.whole = true;
                return archive;
            }
            0x72..=0x7a if flags & 0x8000 != 0 => {
                data = u32_at(header, 7).map_or(usize::MAX, |size| size as usize);
            }
            0x72..=0x7a => {}
            _ => return archive,
        }
        let Some(after) = length.checked_add(data).and_then(|next| rest.get(next..)) else {
            return archive;
        };
        rest = after;
    }
    archive
}

/// A file, and how many packed bytes stand behind its header.
fn file_4(header: &[u8], flags: u16) -> Option<(File, usize)> {
    let mut packed = u64::from(u32_at(header, 7)?);
    let mut size = u64::from(u32_at(header, 11)?);
    let length = usize::from(u16::from_le_bytes([*header.get(26)?, *header.get(27)?]));
    let mut start = 32;
    if flags & 0x100 != 0 {
        packed |= u64::from(u32_at(header, 32)?) << 32;
        size |= u64::from(u32_at(header, 36)?) << 32;
        start = 40;
    }
    let name = header.get(start..start + length)?;
    // Unicode names stand behind the plain one, coded as differences to it.
    let name = name.split(|&byte| byte == 0).next().unwrap_or_default();
    let file = File {
        name: charset::decode(name, None).replace('\\', "/"),
        size,
        encrypted: flags & 4 != 0,
    };
    Some((file, usize::try_from(packed).ok()?))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A RAR 5 header; all numbers are below 128.
    fn header_of_5(kind: u8, fields: &[u8], extra: &[u8], data: &[u8]) -> Vec<u8> {
        let mut body = vec![kind, 3, extra.len() as u8, data.len() as u8];
        body.extend_from_slice(fields);
        body.extend_from_slice(extra);
        [&[0, 0, 0, 0, body.len() as u8], &body[..], data].concat()
    }

    fn file_of_5(extra: &[u8]) -> Vec<u8> {
        header_of_5(2, b"\0\x05\0\0\0\x07Zoe.txt", extra, b"12345")
    }

    fn header_of_4(kind: u8, flags: u16, fields: &[u8]) -> Vec<u8> {
        let [low, high] = flags.to_le_bytes();
        let length = fields.len() as u8 + 7;
        [&[0, 0, kind, low, high, length, 0], fields].concat()
    }

    fn file_of_4(flags: u16) -> Vec<u8> {
        let mut fields = [0; 25];
        (fields[0], fields[4], fields[19]) = (5, 5, 7);
        let header = header_of_4(0x74, flags, &[&fields[..], b"Zoe.txt"].concat());
        [&header[..], b"12345"].concat()
    }

    fn zoe(encrypted: bool) -> File {
        File {
            name: "Zoe.txt".to_owned(),
            size: 5,
            encrypted,
        }
    }

    #[test]
    fn names_and_encryption_are_read_from_both_formats() {
        let main = header_of_5(1, &[0], &[], &[]);
        let end = header_of_5(5, &[0], &[], &[]);
        let bytes = [main, file_of_5(&[]), file_of_5(&[2, 1, 0]), end].concat();
        let archive = five(&bytes, 100);
        assert_eq!(archive.files, [zoe(false), zoe(true)]);
        assert!(archive.whole && !archive.sealed);
        let main = header_of_4(0x73, 0, &[0; 6]);
        let end = header_of_4(0x7b, 0, &[]);
        let bytes = [main, file_of_4(0x8000), file_of_4(0x8004), end].concat();
        let archive = four(&bytes, 100);
        assert_eq!(archive.files, [zoe(false), zoe(true)]);
        assert!(archive.whole && !archive.sealed);
        assert!(four(&header_of_4(0x73, 0x80, &[0; 6]), 100).sealed);
        assert!(five(&header_of_5(4, &[0], &[], &[]), 100).sealed);
    }

    #[test]
    fn cut_archives_are_not_whole() {
        let five_bytes = [file_of_5(&[]), header_of_5(5, &[0], &[], &[])].concat();
        let four_bytes = [file_of_4(0x8000), header_of_4(0x7b, 0, &[])].concat();
        for at in 0..five_bytes.len() - 3 {
            assert!(!five(&five_bytes[..at], 100).whole, "{at}");
        }
        for at in (0..four_bytes.len()).filter(|&at| at != four_bytes.len() - 7) {
            assert!(!four(&four_bytes[..at], 100).whole, "{at}");
        }
    }
}
