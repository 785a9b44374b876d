//! Files that begin somewhere inside another: unpackers look for the marks of
//! archives, whatever stands before, and browsers for the first tag.
//!
//! Only marks that no other file has by chance are looked for. Zip archives
//! and PDF documents have rules of their own.

use memchr::memmem::{self, Finder};

use super::tar;

/// First bytes of archives, and of what Office wrote until 2003.
const MARKS: [&[u8]; 4] = [
    b"7z\xbc\xaf\x27\x1c",
    b"Rar!\x1a\x07",
    b"\xfd7zXZ\0",
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
];

/// The first block of bzip2 begins with the digits of pi.
const BZIP2_BLOCK: &[u8] = b"1AY&SY";
/// What stands before it: `BZh` and a digit.
const BZIP2_HEADER: usize = 4;

/// As much as is put before a file by design or by mistake.
const SHORT_FRONT: usize = 4 * 1024;

/// Marks of ustar that are looked at. Who writes of it does not so as often.
const MOST_HEADERS: usize = 1_000;

/// Where ustar's mark is in a member's header.
const USTAR: usize = 257;

/// Where the first archive behind other bytes begins.
pub(crate) fn archive(bytes: &[u8]) -> Option<usize> {
    let rest = bytes.get(1..)?;
    let marked = MARKS.iter().filter_map(|mark| memmem::find(rest, mark));
    let found = marked.chain(bzip2(rest)).chain(gzip(rest));
    let found = found.chain(zstd(rest)).chain(tar(rest));
    found.min().map(|at| at + 1)
}

/// Its mark is short: further behind it may well be chance.
fn zstd(bytes: &[u8]) -> Option<usize> {
    let head = &bytes[..bytes.len().min(SHORT_FRONT)];
    memmem::find(head, b"\x28\xb5\x2f\xfd")
}

/// What stands behind a GIF's end (GIF89a, section 27), which is told by each of
/// its blocks.
pub(crate) fn gif(bytes: &[u8]) -> Option<usize> {
    const COLOURS: usize = 3;
    let table = |flags: u8| match flags & 0x80 {
        0 => 0,
        _ => COLOURS << ((flags & 7) + 1),
    };
    let mark = bytes.get(..6)?;
    if mark != b"GIF87a" && mark != b"GIF89a" {
        return None;
    }
    let mut at = 13 + table(*bytes.get(10)?);
    loop {
        let kind = *bytes.get(at)?;
        at += match kind {
            // An extension: its label, and blocks of it.
            0x21 => 2,
            // A picture: its place and size, its colours, the size of codes.
            0x2c => 11 + table(*bytes.get(at + 9)?),
            0x3b => break,
            _ => return None,
        };
        while *bytes.get(at)? > 0 {
            at += 1 + usize::from(bytes[at]);
        }
        at += 1;
    }
    let rest = bytes.get(at + 1..)?;
    let is_filler = |byte: &u8| matches!(byte, 0 | b'\r' | b'\n' | b' ');
    (!rest.iter().all(is_filler)).then_some(at + 1)
}

fn bzip2(bytes: &[u8]) -> Option<usize> {
    memmem::find_iter(bytes, BZIP2_BLOCK)
        .filter_map(|at| at.checked_sub(BZIP2_HEADER))
        .find(|&at| bytes[at..].starts_with(b"BZh"))
}

/// By all of its header that is the same wherever it was packed (RFC 1952
/// section 2.3): the method, no reserved flag, the effort, the system.
fn gzip(bytes: &[u8]) -> Option<usize> {
    Finder::new(b"\x1f\x8b\x08").find_iter(bytes).find(|&at| {
        matches!(
            bytes[at..].first_chunk(),
            Some([_, _, _, 0..0x20, _, _, _, _, 0 | 2 | 4, 0..=13 | 255])
        )
    })
}

fn tar(bytes: &[u8]) -> Option<usize> {
    memmem::find_iter(bytes, b"ustar")
        .filter_map(|at| at.checked_sub(USTAR))
        // To sum up a block for each of them could take long.
        .take(MOST_HEADERS)
        .find(|&at| {
            let block = bytes.get(at..at + tar::BLOCK);
            block.is_some_and(tar::is_header)
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn archives_are_found_where_they_begin() {
        for mark in [
            &b"7z\xbc\xaf\x27\x1c"[..],
            b"Rar!\x1a\x07\x01\0",
            b"BZh91AY&SY",
            b"\x1f\x8b\x08\x08....\x02\x03list.csv\0",
            b"\x28\xb5\x2f\xfd\x64\x26",
        ] {
            for front in [
                &b"M"[..],
                b"GIF89a;",
                b"BZh",
                b"1AY&SY",
                b"\x1f\x8b\x08\xff",
            ] {
                let file = [front, mark].concat();
                assert_eq!(archive(&file), Some(front.len()), "{file:x?}");
                for end in 0..front.len() + 4 {
                    assert_eq!(archive(&file[..end]), None, "{file:x?} to {end}");
                }
            }
            assert_eq!(archive(mark), None, "at the start it is no other file");
        }
    }

    #[test]
    fn a_gif_tells_its_end() {
        let colours = [&b"GIF89a\x01\0\x01\0\x80\0\0"[..], &[9; 6]].concat();
        let picture = b"\x2c\0\0\0\0\x01\0\x01\0\0\x02\x02\x44\x01\0";
        let whole = [&colours[..], b"\x21\xfe\x03a;b\0", picture, b";"].concat();
        for rest in [&b""[..], b"\0\0", b"\r\n"] {
            assert_eq!(gif(&[&whole, rest].concat()), None);
        }
        assert_eq!(gif(&[&whole[..], b"<x/>"].concat()), Some(whole.len()));
        for end in 0..whole.len() {
            assert_eq!(gif(&whole[..end]), None, "{end}");
        }
    }

    #[test]
    fn what_only_looks_alike_is_none() {
        for bytes in [
            &b"ustar is a format of tar, and 1AY&SY is pi; BZh9"[..],
            b"..\x1f\x8b\x08\xff....\x02\x03",
            b"..\x1f\x8b\x08\0....\x07\x03",
            b"",
        ] {
            assert_eq!(archive(bytes), None, "{bytes:x?}");
        }
    }
}
