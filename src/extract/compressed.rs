//! Single files packed by gzip (RFC 1952), bzip2, xz, lzma or zstd (RFC 8878); most
//! hold a tar.

use std::io::Read;

use bzip2::read::MultiBzDecoder;
use flate2::read::MultiGzDecoder;
use lzma_rust2::{LzmaReader, XzReader};

use super::harvest::{Harvest, Place};
use super::{file, tar, unpack};
use crate::finding::ProblemKind;
use crate::mail::charset;

/// What an unpacker may keep of what it has unpacked: 64 MB, as `xz -9` wants,
/// and a little for itself.
const XZ_MEMORY_KB: u32 = 66 * 1024;
const ZSTD_WINDOW_LOG: u32 = 26;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Compression {
    Gzip,
    Bzip2,
    Xz,
    Lzma,
    Zstd,
}

impl Compression {
    /// The kind of the packed file, and of one that holds a tar.
    fn kinds(self) -> (&'static str, &'static str) {
        match self {
            Self::Gzip => ("gzip", "tar.gz"),
            Self::Bzip2 => ("bzip2", "tar.bz2"),
            Self::Xz => ("xz", "tar.xz"),
            Self::Lzma => ("lzma", "tar.lzma"),
            Self::Zstd => ("zstd", "tar.zst"),
        }
    }
}

pub(crate) fn read(by: Compression, bytes: &[u8], place: &Place, harvest: &mut Harvest<'_>) {
    let (kind, kind_of_tar) = by.kinds();
    harvest.kind(place, kind);
    let Some(inside) = harvest.deeper(place) else {
        return;
    };
    let unpacked = unpack(by, bytes, harvest.inflatable(bytes.len()));
    harvest.decoded(place, unpacked.bytes.len());
    if unpacked.names.iter().any(|name| !name.is_empty()) {
        harvest.text(&inside.within("names"), unpacked.names.join("\n"));
    }
    if tar::is_one(&unpacked.bytes) {
        harvest.kind(place, kind_of_tar);
        tar::members(&unpacked.bytes, &inside, harvest);
    } else if unpacked.end != End::Bomb && !unpacked.bytes.is_empty() {
        let name = harvest.name(place).to_owned();
        file::read(&[inner_name(&name)], &unpacked.bytes, &inside, harvest);
    }
    match unpacked.end {
        End::Whole => {}
        End::Broken => harvest.problem(
            place,
            ProblemKind::Damaged,
            "it is cut short or damaged: only what could be unpacked was read",
        ),
        End::Bomb => harvest.exhaust(
            place,
            "unpacked, it grows far beyond what it claims: a bomb",
        ),
    }
}

/// The name without the ending that packing gave it.
fn inner_name(name: &str) -> &str {
    const ENDINGS: [&str; 5] = [".gz", ".bz2", ".xz", ".lzma", ".zst"];
    let ending = ENDINGS.iter().find(|ending| {
        name.len() > ending.len()
            && name.is_char_boundary(name.len() - ending.len())
            && name[name.len() - ending.len()..].eq_ignore_ascii_case(ending)
    });
    ending.map_or("content", |ending| &name[..name.len() - ending.len()])
}

struct Unpacked {
    bytes: Vec<u8>,
    /// What gzip's header tells of the file: its name and a comment.
    names: Vec<String>,
    end: End,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Whole,
    Broken,
    Bomb,
}

/// Unpacks at most `limit` bytes, and as much of a damaged file as goes.
fn unpack(by: Compression, packed: &[u8], limit: usize) -> Unpacked {
    let mut names = Vec::new();
    let (bytes, end) = match by {
        Compression::Gzip => {
            let mut decoder = MultiGzDecoder::new(packed);
            let header = decoder.header();
            let fields = header.map(|header| [header.filename(), header.comment()]);
            for field in fields.into_iter().flatten().flatten() {
                names.push(charset::decode(field, None));
            }
            drain(&mut decoder, limit)
        }
        Compression::Bzip2 => drain(MultiBzDecoder::new(packed), limit),
        Compression::Xz => drain(XzReader::new_mem_limit(packed, true, XZ_MEMORY_KB), limit),
        Compression::Lzma => match LzmaReader::new_mem_limit(packed, XZ_MEMORY_KB, None) {
            Ok(decoder) => drain(decoder, limit),
            Err(_) => (Vec::new(), End::Broken),
        },
        Compression::Zstd => match zstd::Decoder::with_buffer(packed) {
            Ok(mut decoder) => match decoder.window_log_max(ZSTD_WINDOW_LOG) {
                Ok(()) => drain(decoder, limit),
                Err(_) => (Vec::new(), End::Broken),
            },
            Err(_) => (Vec::new(), End::Broken),
        },
    };
    Unpacked { bytes, names, end }
}

fn drain(decoder: impl Read, limit: usize) -> (Vec<u8>, End) {
    let (mut bytes, read) = unpack::drain(decoder, 0, limit);
    let end = match read {
        _ if bytes.len() > limit => End::Bomb,
        Ok(_) => End::Whole,
        Err(_) => End::Broken,
    };
    bytes.truncate(limit);
    (bytes, end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packed_files_lose_the_ending_of_their_names() {
        for (name, expected) in [
            ("marks.csv.gz", "marks.csv"),
            ("LIST.CSV.BZ2", "LIST.CSV"),
            ("photos.tgz", "content"),
            (".xz", "content"),
            ("é.zst", "é"),
        ] {
            assert_eq!(inner_name(name), expected);
        }
    }

    #[test]
    fn unpacking_ends_at_its_limit() {
        let packed = zstd::encode_all(&[b'a'; 5_000][..], 1).expect("memory takes all");
        let unpacked = unpack(Compression::Zstd, &packed, 1_000);
        assert_eq!((unpacked.bytes.len(), unpacked.end), (1_000, End::Bomb));
        let cut = &packed[..packed.len() - 3];
        assert_eq!(unpack(Compression::Zstd, cut, 10_000).end, End::Broken);
    }
}
