//! How members of a zip are packed beside "deflate" (APPNOTE 4.4.5 and 5.8 to
//! 5.11): 7-Zip, Info-ZIP and Python offer the others.

use std::io::{self, Read};

use bzip2::read::BzDecoder;
use deflate64::Deflate64Decoder;
use lzma_rust2::{LzmaReader, XzReader};
use ppmd_rust::Ppmd8Decoder;

use super::unpack::{Fault, inflate};

const DEFLATE_64: u16 = 9;
const BZIP2: u16 = 12;
const LZMA: u16 = 14;
const ZSTD: u16 = 93;
const XZ: u16 = 95;
const PPMD: u16 = 98;

/// What an unpacker may keep of what it has unpacked: 64 MB, as 7-Zip's
/// "ultra" wants, and a little for itself.
const MOST_MEMORY_KB: u32 = 66 * 1024;
const ZSTD_WINDOW_LOG: u32 = 26;

/// What is packed, and how.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Packed<'a> {
    pub(crate) method: u16,
    pub(crate) bytes: &'a [u8],
    /// The size it says it unpacks to.
    pub(crate) size: u64,
    /// Whether its own end is marked in it.
    pub(crate) marked: bool,
}

impl Packed<'_> {
    /// Unpacks at most `limit` bytes.
    pub(crate) fn unpack(self, limit: usize) -> Result<Vec<u8>, Fault> {
        let Self { bytes, size, .. } = self;
        match self.method {
            DEFLATE_64 => inflate(Deflate64Decoder::with_buffer(bytes), size, limit),
            BZIP2 => inflate(BzDecoder::new(bytes), size, limit),
            XZ => {
                let decoder = XzReader::new_mem_limit(bytes, true, MOST_MEMORY_KB);
                inflate(decoder, size, limit)
            }
            LZMA => inflate(self.lzma().ok_or(Fault::Damaged)?, size, limit),
            ZSTD => inflate(zstd(bytes).map_err(|_| Fault::Damaged)?, size, limit),
            PPMD => inflate(self.ppmd().ok_or(Fault::Damaged)?, size, limit),
            other => Err(Fault::Method(other)),
        }
    }

    /// Two bytes of a version, two of a length, then what begins a `.lzma`
    /// file, but for the size.
    fn lzma(self) -> Option<impl Read> {
        let (head, packed) = self.bytes.split_at_checked(9)?;
        let size = if self.marked { u64::MAX } else { self.size };
        let head = [&head[4..], &size.to_le_bytes()].concat();
        let file = io::Cursor::new(head).chain(packed);
        LzmaReader::new_mem_limit(file, MOST_MEMORY_KB, None).ok()
    }

    /// Two bytes of parameters: the order, the memory, and what is done where
    /// it is spent.
    fn ppmd(self) -> Option<impl Read> {
        let (&[low, high], packed) = self.bytes.split_first_chunk()?;
        let parameters = u16::from_le_bytes([low, high]);
        let order = u32::from(parameters & 0xf) + 1;
        let memory = (u32::from(parameters >> 4 & 0xff) + 1) << 20;
        if memory > MOST_MEMORY_KB << 10 {
            return None;
        }
        let decoder = Ppmd8Decoder::new(packed, order, memory, (parameters >> 12).into());
        Some(decoder.ok()?.take(self.size))
    }
}

fn zstd(bytes: &[u8]) -> io::Result<impl Read> {
    let mut decoder = zstd::Decoder::with_buffer(bytes)?;
    decoder.window_log_max(ZSTD_WINDOW_LOG)?;
    Ok(decoder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_asks_for_too_much_memory_or_is_cut_is_damaged() {
        let packed = |method, bytes| Packed {
            method,
            bytes,
            size: 10,
            marked: false,
        };
        let greedy_lzma = [&[9, 20, 5, 0, 0x5d][..], &[0xff; 4], &[0; 20]].concat();
        for packed in [
            packed(LZMA, &greedy_lzma[..]),
            packed(LZMA, b"\x09\x14\x05"),
            packed(PPMD, b"\xff\x0f12345678"),
            packed(PPMD, b"\x00"),
            packed(ZSTD, b"12345678"),
            packed(XZ, b"12345678"),
            packed(BZIP2, b"12345678"),
            packed(DEFLATE_64, b"\xff2345678"),
        ] {
            assert_eq!(packed.unpack(1_000), Err(Fault::Damaged), "{packed:?}");
        }
        assert_eq!(packed(77, b"").unpack(1), Err(Fault::Method(77)));
    }
}
