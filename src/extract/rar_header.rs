//! What a RAR archive's headers tell before any of it is unpacked: how far an
//! archive goes that is cut short, and what a password costs to try (RAR 5.0
//! archive format; technote of RAR 4).

use std::time::Duration;

const MARK_1: &[u8] = b"RE~^";
const MARK_4: &[u8] = b"Rar!\x1a\x07\0";
pub(crate) const MARK_5: &[u8] = b"Rar!\x1a\x07\x01\0";

/// What RAR 3 and 4 do to a password: 262,144 rounds of SHA-1.
pub(crate) const ROUNDS_OF_4: Duration = Duration::from_millis(40);

/// How far the blocks go that are wholly there.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Extent {
    pub(crate) length: usize,
    /// They go on to the end that they tell.
    pub(crate) whole: bool,
}

/// What RAR 5 does to a password: so many rounds of HMAC with SHA-256, as a
/// power of two.
pub(crate) fn rounds_of_5(power: u8) -> Duration {
    Duration::from_nanos(500) * (1 << power.min(24))
}

/// What trying a password on the encrypted headers of a RAR 5 costs.
pub(crate) fn headers_of_5(bytes: &[u8]) -> Duration {
    let power = || {
        let (_, mut fields, _) = header_5(bytes.strip_prefix(MARK_5)?)?;
        let _version = vint(&mut fields)?;
        let _flags = vint(&mut fields)?;
        fields.first().copied()
    };
    rounds_of_5(power().unwrap_or_default())
}

pub(crate) fn extent(bytes: &[u8]) -> Extent {
    let mut extent = match bytes.strip_prefix(MARK_5) {
        Some(blocks) => return walk(bytes, blocks, block_5),
        None => match bytes.strip_prefix(MARK_4) {
            Some(blocks) => walk(bytes, blocks, block_4),
            None => walk(bytes, bytes, block_1),
        },
    };
    // Older programs write no end.
    extent.whole |= extent.length == bytes.len();
    extent
}

/// What a block means for those behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Then {
    More,
    End,
    /// What stands behind encrypted headers cannot be told.
    Sealed,
}

/// Goes from block to block as far as they are there.
fn walk<'b>(
    bytes: &[u8],
    mut rest: &'b [u8],
    block: impl Fn(&'b [u8]) -> Option<(Then, &'b [u8])>,
) -> Extent {
    while let Some((then, after)) = block(rest) {
        rest = after;
        let behind = match then {
            Then::More => continue,
            Then::End => rest.len(),
            Then::Sealed => 0,
        };
        return Extent {
            length: bytes.len() - behind,
            whole: true,
        };
    }
    Extent {
        length: bytes.len() - rest.len(),
        whole: false,
    }
}

fn block_5(bytes: &[u8]) -> Option<(Then, &[u8])> {
    let (kind, _, after) = header_5(bytes)?;
    let then = match kind {
        4 => Then::Sealed,
        5 => Then::End,
        _ => Then::More,
    };
    Some((then, after))
}

/// RAR 5: every header has its length, type and flags as numbers of seven bits
/// a byte. Gives the type, the fields behind it, and what follows.
fn header_5(bytes: &[u8]) -> Option<(u64, &[u8], &[u8])> {
    let mut rest = bytes.get(4..)?;
    let length = usize::try_from(vint(&mut rest)?).ok()?;
    let (mut fields, after) = rest.split_at_checked(length)?;
    let kind = vint(&mut fields)?;
    let flags = vint(&mut fields)?;
    let _extra = if flags & 1 != 0 {
        vint(&mut fields)?
    } else {
        0
    };
    let data = if flags & 2 != 0 {
        vint(&mut fields)?
    } else {
        0
    };
    let after = after.get(usize::try_from(data).ok()?..)?;
    Some((kind, fields, after))
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
fn block_4(bytes: &[u8]) -> Option<(Then, &[u8])> {
    let &[_, _, kind, flags_low, flags_high, size_low, size_high] = bytes.first_chunk()?;
    let flags = u16::from_le_bytes([flags_low, flags_high]);
    let length = usize::from(u16::from_le_bytes([size_low, size_high]));
    let header = bytes.get(..length).filter(|_| length >= 7)?;
    let is_file = matches!(kind, 0x74 | 0x7a);
    let mut data = 0;
    if is_file || flags & 0x8000 != 0 {
        data = u64::from(u32_at(header, 7)?);
    }
    if is_file && flags & 0x100 != 0 {
        data |= u64::from(u32_at(header, 32)?) << 32;
    }
    let then = match kind {
        0x73 if flags & 0x80 != 0 => Then::Sealed,
        0x7b => Then::End,
        0x72..=0x7a => Then::More,
        _ => return None,
    };
    let after = length.checked_add(usize::try_from(data).ok()?)?;
    Some((then, bytes.get(after..)?))
}

/// RAR 1.4: a mark with a length, then files without an end.
fn block_1(bytes: &[u8]) -> Option<(Then, &[u8])> {
    let (length, data) = match bytes.strip_prefix(MARK_1) {
        Some(rest) => (u16_at(rest, 0)?, 0),
        None => (u16_at(bytes, 10)?, u32_at(bytes, 0)?),
    };
    let after = usize::from(length).checked_add(usize::try_from(data).ok()?)?;
    Some((Then::More, bytes.get(after..).filter(|_| length > 6)?))
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(bytes.get(at..at + 2)?.try_into().ok()?))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A RAR 5 header; all numbers are below 128.
    fn header_of_5(kind: u8, fields: &[u8], data: &[u8]) -> Vec<u8> {
        let body = [&[kind, 2, data.len() as u8], fields].concat();
        [&[0, 0, 0, 0, body.len() as u8], &body[..], data].concat()
    }

    fn header_of_4(kind: u8, flags: u16, fields: &[u8]) -> Vec<u8> {
        let [low, high] = flags.to_le_bytes();
        let length = fields.len() as u8 + 7;
        [&[0, 0, kind, low, high, length, 0], fields].concat()
    }

    fn file_of_4() -> Vec<u8> {
        let mut fields = [0; 25];
        fields[0] = 5;
        [header_of_4(0x74, 0x8000, &fields), b"12345".to_vec()].concat()
    }

    #[test]
    fn archives_go_to_their_end_and_no_further() {
        let five = [
            MARK_5,
            &header_of_5(2, b"f", b"12345"),
            &header_of_5(5, &[0], &[]),
        ]
        .concat();
        let four = [MARK_4, &header_of_4(0x73, 0, &[0; 6]), &file_of_4()].concat();
        let ended = [&four[..], &header_of_4(0x7b, 0, &[])].concat();
        for archive in [&five, &ended] {
            let behind = [&archive[..], b"behind"].concat();
            let extent = extent(&behind);
            assert_eq!((extent.length, extent.whole), (archive.len(), true));
        }
        assert!(extent(&four).whole);
    }

    #[test]
    fn what_is_cut_short_ends_with_its_last_whole_block() {
        let first = [MARK_5, &header_of_5(2, b"f", b"12345")].concat();
        let five = [
            &first[..],
            &header_of_5(2, b"g", b"1"),
            &header_of_5(5, &[0], &[]),
        ]
        .concat();
        for at in first.len()..five.len() {
            let extent = extent(&five[..at]);
            assert!(!extent.whole && extent.length <= at, "{at}");
            assert!(extent.length >= first.len(), "{at}");
        }
        let four = [MARK_4, &header_of_4(0x73, 0, &[0; 6]), &file_of_4()].concat();
        assert_eq!(extent(&four[..four.len() - 1]).length, 20);
        let file = [&[2, 0, 0, 0, 2, 0, 0, 0, 0, 0, 21, 0][..], &[0; 9], b"ok"].concat();
        let one = [MARK_1, &[7, 0, 0], &file, &file].concat();
        assert!(extent(&one).whole);
        for at in 8..one.len() {
            let extent = extent(&one[..at]);
            assert_eq!(extent.whole, at == 30, "{at}");
        }
    }

    #[test]
    fn encrypted_headers_say_what_a_password_costs() {
        let sealed = |power| [MARK_5, &header_of_5(4, &[0, 0, power], &[]), b"noise"].concat();
        assert!(extent(&sealed(15)).whole);
        assert_eq!(extent(&sealed(15)).length, sealed(15).len());
        assert!(headers_of_5(&sealed(15)) < Duration::from_millis(50));
        assert!(headers_of_5(&sealed(24)) > Duration::from_secs(2));
        assert!(headers_of_5(&sealed(255)) > Duration::from_secs(2));
        assert!(extent(&[MARK_4, &header_of_4(0x73, 0x80, &[0; 6]), b"x"].concat()).whole);
    }
}
