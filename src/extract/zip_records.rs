//! The records of a zip: its members, by the directory at the end and by the
//! headers before each.

use std::collections::HashMap;
use std::ops::Range;

use crate::mail::charset;

/// An archive's members, whatever they were found by.
#[derive(Debug, Default)]
pub(crate) struct Archive<'a> {
    pub(crate) members: Vec<Member<'a>>,
    pub(super) comment: &'a [u8],
    /// The directory is missing or ends too soon.
    pub(super) damaged: bool,
    /// Members that only some unpackers see, or that share their bytes.
    pub(super) ambiguous: bool,
    /// There may be more members than were looked for.
    pub(super) unended: bool,
}

#[derive(Debug, Clone)]
pub(crate) struct Member<'a> {
    pub(crate) name: String,
    pub(super) comment: &'a [u8],
    pub(super) flags: u16,
    pub(super) method: u16,
    /// When it was changed, in the form of DOS.
    pub(super) time: u16,
    pub(super) crc: u32,
    pub(super) size: u64,
    pub(crate) packed: &'a [u8],
    /// The strength of AES encryption, from its extra field.
    pub(super) aes: Option<u8>,
    pub(super) aes_method: u16,
}

pub(super) const ENCRYPTED: u16 = 1;
pub(super) const STRONG: u16 = 1 << 6;
pub(super) const STORED: u16 = 0;
pub(super) const DEFLATED: u16 = 8;
pub(super) const AES: u16 = 99;

impl<'a> Member<'a> {
    /// Whether it says that it is encrypted.
    pub(crate) fn is_sealed(&self) -> bool {
        self.flags & ENCRYPTED != 0 || self.aes.is_some()
    }

    /// A part that lies in a file as it is.
    pub(crate) fn stored(name: String, bytes: &'a [u8]) -> Self {
        Self {
            name,
            comment: &[],
            flags: 0,
            method: STORED,
            time: 0,
            crc: 0,
            size: bytes.len() as u64,
            packed: bytes,
            aes: None,
            aes_method: 0,
        }
    }
}

impl<'a> Archive<'a> {
    /// Parts that are known without any directory.
    pub(crate) fn of(members: Vec<Member<'a>>) -> Self {
        Self {
            members,
            ..Self::default()
        }
    }

    /// Finds the members, at most `limit` of them.
    pub(crate) fn parse(bytes: &'a [u8], limit: usize) -> Self {
        let mut archive = Self::default();
        let mut covered: Vec<Range<usize>> = Vec::new();
        archive.damaged = !archive.directory(bytes, limit, &mut covered);
        covered.sort_by_key(|range| range.start);
        archive.ambiguous = covered
            .windows(2)
            .any(|pair| pair[1].start < pair[0].end && !pair[1].is_empty());
        let listed = archive.members.len();
        archive.strays(bytes, limit, &covered);
        // A file cut short has lost its directory, and its members are all
        // strays; beside a directory a stray is a second reading.
        archive.ambiguous |= !archive.damaged && archive.members.len() > listed;
        archive.unended = archive.members.len() >= limit;
        archive
    }

    /// Whether another program may read other members than these.
    pub(crate) fn is_doubtful(&self) -> bool {
        self.damaged || self.ambiguous
    }

    /// Whether two members have one name and are not the same: of a document's
    /// parts some programs read the first, others the last.
    pub(crate) fn has_rivals(&self) -> bool {
        let mut seen = HashMap::new();
        self.members.iter().any(|member| {
            let first = seen.entry(member.name.as_str()).or_insert(member);
            (first.crc, first.packed) != (member.crc, member.packed)
        })
    }

    pub(crate) fn member(&self, name: &str) -> Option<&Member<'a>> {
        self.members.iter().find(|member| member.name == name)
    }

    /// Reads the central directory; false if there is none, or not all of it.
    fn directory(
        &mut self,
        bytes: &'a [u8],
        limit: usize,
        covered: &mut Vec<Range<usize>>,
    ) -> bool {
        let Some(end) = end_of_directory(bytes) else {
            return false;
        };
        self.comment = end.comment;
        let mut at = end.start;
        for _ in 0..end.entries.min(limit as u64) {
            let Some((member, local, next)) = central(bytes, at, end.shift) else {
                return false;
            };
            at = next;
            match member_at(bytes, local, member) {
                Some((member, range)) => {
                    covered.push(range);
                    self.members.push(member);
                }
                None => return false,
            }
        }
        true
    }

    /// Members that the directory does not list, in the gaps between those it
    /// does.
    fn strays(&mut self, bytes: &'a [u8], limit: usize, covered: &[Range<usize>]) {
        let finder = memchr::memmem::Finder::new(b"PK\x03\x04");
        let mut ranges = covered.iter().peekable();
        let mut at = 0;
        while self.members.len() < limit {
            while ranges.next_if(|range| range.end <= at).is_some() {}
            let gap_end = ranges
                .peek()
                .map_or(bytes.len(), |range| range.start.max(at));
            let Some(found) = bytes.get(at..gap_end).and_then(|gap| finder.find(gap)) else {
                match ranges.next() {
                    Some(range) => {
                        at = at.max(range.end);
                        continue;
                    }
                    None => return,
                }
            };
            let start = at + found;
            at = start + 4;
            let Some(member) = local_member(bytes, start) else {
                continue;
            };
            if let Some((member, range)) = member_at(bytes, start, member) {
                at = at.max(range.end);
                self.members.push(member);
            }
        }
    }
}

pub(super) struct Directory<'a> {
    start: usize,
    pub(super) entries: u64,
    comment: &'a [u8],
    /// How far all offsets are off, because something was put before the zip.
    shift: usize,
}

pub(super) fn end_of_directory(bytes: &[u8]) -> Option<Directory<'_>> {
    let tail = bytes.len().saturating_sub(66_000);
    let end = tail + memchr::memmem::rfind(&bytes[tail..], b"PK\x05\x06")?;
    let mut entries = u64::from(u16_at(bytes, end + 10)?);
    let mut size = u64::from(u32_at(bytes, end + 12)?);
    let mut offset = u64::from(u32_at(bytes, end + 16)?);
    let comment_length = usize::from(u16_at(bytes, end + 20)?);
    let comment = &bytes[end + 22..bytes.len().min(end + 22 + comment_length)];
    let mut last = end;
    if entries == 0xffff || offset == 0xffff_ffff {
        // Zip64: a locator before this record points to the longer one.
        let locator = end.checked_sub(20)?;
        if bytes[locator..].starts_with(b"PK\x06\x07") {
            let record = memchr::memmem::rfind(&bytes[..locator], b"PK\x06\x06")?;
            entries = u64_at(bytes, record + 32)?;
            size = u64_at(bytes, record + 40)?;
            offset = u64_at(bytes, record + 48)?;
            last = record;
        }
    }
    let size = usize::try_from(size).ok()?;
    let offset = usize::try_from(offset).ok()?;
    // The directory ends where its end record begins, whatever it says.
    let by_size = last.checked_sub(size)?;
    let is_there = |at: usize| {
        entries == 0
            || bytes
                .get(at..)
                .is_some_and(|rest| rest.starts_with(b"PK\x01\x02"))
    };
    let start = [by_size, offset].into_iter().find(|&at| is_there(at))?;
    Some(Directory {
        start,
        entries,
        comment,
        shift: start.saturating_sub(offset),
    })
}

/// A member as the central directory lists it, where its local header is, and
/// where the next entry begins.
fn central(bytes: &[u8], at: usize, shift: usize) -> Option<(Member<'_>, usize, usize)> {
    if !bytes.get(at..)?.starts_with(b"PK\x01\x02") {
        return None;
    }
    let name_length = usize::from(u16_at(bytes, at + 28)?);
    let extra_length = usize::from(u16_at(bytes, at + 30)?);
    let comment_length = usize::from(u16_at(bytes, at + 32)?);
    let name = at + 46;
    let extra = name + name_length;
    let comment = extra + extra_length;
    let next = comment + comment_length;
    let extra = bytes.get(extra..comment)?;
    let mut packed = u64::from(u32_at(bytes, at + 20)?);
    let mut size = u64::from(u32_at(bytes, at + 24)?);
    let mut local = u64::from(u32_at(bytes, at + 42)?);
    let mut long = extra_field(extra, 1).unwrap_or_default();
    for value in [&mut size, &mut packed, &mut local] {
        if *value == 0xffff_ffff
            && let Some(wide) = u64_at(long, 0)
        {
            *value = wide;
            long = &long[8..];
        }
    }
    let mut member = Member {
        name: decode_name(bytes.get(name..name + name_length)?),
        comment: bytes.get(comment..next)?,
        flags: u16_at(bytes, at + 8)?,
        method: u16_at(bytes, at + 10)?,
        time: u16_at(bytes, at + 12)?,
        crc: u32_at(bytes, at + 16)?,
        size,
        packed: &[],
        aes: None,
        aes_method: 0,
    };
    member.take_aes(extra);
    // What is here is cut to what the file holds when the data is looked up.
    let wanted = usize::try_from(packed).ok()?;
    let local = usize::try_from(local).ok()?.checked_add(shift)?;
    member.packed = bytes.get(..wanted.min(bytes.len()))?;
    Some((member, local, next))
}

/// A member as its local header tells, for want of a directory.
fn local_member(bytes: &[u8], at: usize) -> Option<Member<'_>> {
    let flags = u16_at(bytes, at + 6)?;
    let method = u16_at(bytes, at + 8)?;
    if !matches!(method, STORED | 1..=20 | 93..=99) || flags & 0x9000 != 0 {
        return None;
    }
    let name_length = usize::from(u16_at(bytes, at + 26)?);
    let extra_length = usize::from(u16_at(bytes, at + 28)?);
    let name = bytes.get(at + 30..at + 30 + name_length)?;
    let extra = bytes.get(at + 30 + name_length..at + 30 + name_length + extra_length)?;
    let mut packed = u32_at(bytes, at + 18)? as usize;
    if packed == 0 && flags & 8 != 0 {
        // The size stands in a descriptor behind the data: up to there, or to
        // the next record.
        let data = at + 30 + name_length + extra_length;
        let rest = bytes.get(data..)?;
        packed = next_record(rest).unwrap_or(rest.len());
    }
    let mut member = Member {
        name: decode_name(name),
        comment: &[],
        flags,
        method,
        time: u16_at(bytes, at + 10)?,
        crc: u32_at(bytes, at + 14)?,
        size: u64::from(u32_at(bytes, at + 22)?),
        packed: bytes.get(..packed.min(bytes.len()))?,
        aes: None,
        aes_method: 0,
    };
    member.take_aes(extra);
    Some(member)
}

/// Where the next record begins, whichever it is: to look for one kind of them
/// as far as the end, for each member anew, would take hours.
fn next_record(bytes: &[u8]) -> Option<usize> {
    let mut marks = memchr::memmem::find_iter(bytes, b"PK");
    marks.find(|&at| {
        matches!(
            bytes.get(at + 2..at + 4),
            Some(b"\x07\x08" | b"\x03\x04" | b"\x01\x02")
        )
    })
}

/// Gives a member its bytes, and takes over what its local header says of
/// encryption. The range is that of the whole record.
fn member_at<'a>(
    bytes: &'a [u8],
    local: usize,
    mut member: Member<'a>,
) -> Option<(Member<'a>, Range<usize>)> {
    if !bytes.get(local..)?.starts_with(b"PK\x03\x04") {
        return None;
    }
    let name_length = usize::from(u16_at(bytes, local + 26)?);
    let extra_length = usize::from(u16_at(bytes, local + 28)?);
    let data = local + 30 + name_length + extra_length;
    let extra = bytes.get(local + 30 + name_length..data)?;
    member.flags |= u16_at(bytes, local + 6)? & (ENCRYPTED | STRONG);
    if member.aes.is_none() {
        member.take_aes(extra);
    }
    let end = data.checked_add(member.packed.len())?.min(bytes.len());
    member.packed = bytes.get(data..end)?;
    Some((member, local..end))
}

impl Member<'_> {
    /// WinZip's AES: extra field 0x9901, with method 99. What is none of its
    /// three strengths proves no protection.
    fn take_aes(&mut self, extra: &[u8]) {
        if let Some(field) = extra_field(extra, 0x9901)
            && self.flags & ENCRYPTED != 0
        {
            self.aes = field
                .get(4)
                .copied()
                .filter(|strength| matches!(strength, 1..=3));
            self.aes_method = u16_at(field, 5).unwrap_or(STORED);
        }
    }
}

fn extra_field(mut extra: &[u8], wanted: u16) -> Option<&[u8]> {
    while extra.len() >= 4 {
        let id = u16_at(extra, 0)?;
        let length = usize::from(u16_at(extra, 2)?);
        let field = extra.get(4..4 + length)?;
        if id == wanted {
            return Some(field);
        }
        extra = &extra[4 + length..];
    }
    None
}

fn decode_name(name: &[u8]) -> String {
    charset::decode(name, None).replace('\\', "/")
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(
        bytes.get(at..at.checked_add(2)?)?.try_into().ok()?,
    ))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(
        bytes.get(at..at.checked_add(4)?)?.try_into().ok()?,
    ))
}

fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_le_bytes(
        bytes.get(at..at.checked_add(8)?)?.try_into().ok()?,
    ))
}
