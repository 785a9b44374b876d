//! Bitmaps as Windows keeps them in memory, made into files.

use crate::extract::bytes::{u16_at, u32_at};

/// The header that a BMP file has before the bitmap.
const FILE_HEADER: usize = 14;
/// Sizes of the bitmap's own header: of OS/2, and the least of Windows.
const CORE: usize = 12;
const INFO: usize = 40;

/// Ways in which the bits are packed ([MS-WMF] 2.1.1.7).
const BITFIELDS: u32 = 3;
const JPEG: u32 = 4;
const PNG: u32 = 5;

/// A bitmap whose bits follow upon its header and colours, as a file.
pub(crate) fn as_file(dib: &[u8]) -> Option<Vec<u8>> {
    let header = header_size(dib)?;
    joined(dib.get(..header)?, dib.get(header..)?)
}

/// A bitmap's header, with its colours, and its bits, as a file.
pub(super) fn joined(header: &[u8], bits: &[u8]) -> Option<Vec<u8>> {
    if u32_at(header, 0)? as usize >= INFO && matches!(u32_at(header, 16)?, JPEG | PNG) {
        return Some(bits.to_vec());
    }
    let offset = FILE_HEADER + header.len();
    let size = u32::try_from(offset + bits.len()).ok()?;
    let offset = u32::try_from(offset).ok()?;
    let mut file = Vec::with_capacity(size as usize);
    file.extend_from_slice(b"BM");
    file.extend_from_slice(&size.to_le_bytes());
    file.extend_from_slice(&[0; 4]);
    file.extend_from_slice(&offset.to_le_bytes());
    file.extend_from_slice(header);
    file.extend_from_slice(bits);
    Some(file)
}

/// Bytes of the header with masks and colours ([MS-WMF] 2.2.2.9).
fn header_size(dib: &[u8]) -> Option<usize> {
    let size = u32_at(dib, 0)? as usize;
    if size == CORE {
        let depth = u16_at(dib, 10)?;
        return Some(CORE + 3 * colours(depth, 0));
    }
    if !(INFO..=256).contains(&size) {
        return None;
    }
    let depth = u16_at(dib, 14)?;
    let masks = match u32_at(dib, 16)? {
        BITFIELDS if size == INFO => 12,
        _ => 0,
    };
    Some(size + masks + 4 * colours(depth, u32_at(dib, 32)?))
}

fn colours(depth: u16, used: u32) -> usize {
    match (depth, used) {
        (1..=8, 0) => 1 << depth,
        (_, used) => used.min(256) as usize,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_are_found_behind_header_and_colours() {
        let mut dib = vec![0; 40];
        dib[0] = 40;
        for (depth, used, expected) in [(24, 0, 40), (1, 0, 48), (8, 0, 1064), (8, 2, 48)] {
            dib[14] = depth;
            dib[32] = used;
            assert_eq!(header_size(&dib), Some(expected), "{depth} {used}");
        }
        dib[14] = 32;
        dib[16] = 3;
        dib.extend([0; 20]);
        dib.extend(b"bits");
        let file = as_file(&dib).expect("whole");
        assert_eq!(u32_at(&file, 10), Some(14 + 52 + 4 * 2));
        for cut in 0..40 {
            assert_eq!(as_file(&dib[..cut]), None, "{cut}");
        }
    }
}
