//! The two headers of a 7z file, as far as they must be known before the list
//! of files behind them may be unpacked (`7zFormat.txt` of the LZMA SDK).

use std::time::Duration;

use flate2::Crc;

/// Packed, the list of files begins so; else with 1.
const ENCODED_HEADER: u8 = 0x17;
const PACK_INFO: u8 = 0x06;
const UNPACK_INFO: u8 = 0x07;
const FOLDER: u8 = 0x0b;
const SIZE: u8 = 0x09;
const CRC: u8 = 0x0a;
const CODERS_UNPACK_SIZE: u8 = 0x0c;

const AES_256: &[u8] = &[0x06, 0xf1, 0x07, 0x01];
const LZMA: &[u8] = &[0x03, 0x01, 0x01];
const LZMA2: &[u8] = &[0x21];
const PPMD: &[u8] = &[0x03, 0x04, 0x01];

/// How the list of files lies in the archive.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum List {
    /// It takes so many bytes in memory, and as many more to unpack it.
    Readable {
        size: u64,
        memory: u64,
    },
    /// The same, behind a password; each trial costs so much.
    Encrypted {
        size: u64,
        memory: u64,
        trial: Duration,
    },
    Damaged,
}

/// One step of packing: what it is, and its parameters.
pub(crate) struct Coder<'a> {
    pub(crate) id: &'a [u8],
    pub(crate) properties: &'a [u8],
}

impl Coder<'_> {
    pub(crate) fn encrypts(&self) -> bool {
        self.id == AES_256
    }

    /// What trying a password on it costs: two to the power that its
    /// parameters begin with is how often they are hashed.
    pub(crate) fn trial(&self) -> Duration {
        match (self.encrypts(), self.properties.first()) {
            (true, Some(&power)) => Duration::from_nanos(25) * (1 << (power & 0x3f).min(24)),
            _ => Duration::ZERO,
        }
    }

    /// Bytes that its undoing takes.
    pub(crate) fn memory(&self) -> u64 {
        let number = self.properties.get(1..5).map_or(u32::MAX, |bytes| {
            u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]])
        });
        match self.id {
            LZMA | PPMD => u64::from(number),
            LZMA2 => match self.properties.first() {
                Some(&bits @ 0..40) => u64::from(2 | u32::from(bits & 1)) << (bits / 2 + 11),
                _ => u64::from(u32::MAX),
            },
            _ => 0,
        }
    }
}

pub(crate) fn list(archive: &[u8]) -> List {
    look(archive).unwrap_or(List::Damaged)
}

fn look(archive: &[u8]) -> Option<List> {
    let told = u32::from_le_bytes(archive.get(8..12)?.try_into().ok()?);
    let start = archive.get(12..32)?;
    let mut crc = Crc::new();
    crc.update(start);
    if crc.sum() != told {
        return None;
    }
    let field = |at: usize| Some(u64::from_le_bytes(start.get(at..at + 8)?.try_into().ok()?));
    let offset = usize::try_from(field(0)?).ok()?.checked_add(32)?;
    let size = field(8)?;
    let end = offset.checked_add(usize::try_from(size).ok()?)?;
    // The header is the last of the archive: what stands behind it is another
    // file, for other programs.
    let header = archive.get(offset..end).filter(|_| end == archive.len())?;
    match header.split_first()? {
        (&ENCODED_HEADER, rest) => encoded(&mut Fields(rest)),
        _ => Some(List::Readable { size, memory: 0 }),
    }
}

/// A header that says how the true one is packed: one folder, whose coders
/// have one stream in and one out each.
fn encoded(fields: &mut Fields<'_>) -> Option<List> {
    fields.expect(PACK_INFO)?;
    let (_position, streams) = (fields.number()?, fields.number()?);
    fields.expect(SIZE)?;
    for _ in 0..streams {
        fields.number()?;
    }
    fields.skip_digests()?;
    fields.expect(UNPACK_INFO)?;
    fields.expect(FOLDER)?;
    if (fields.number()?, fields.byte()?) != (1, 0) {
        return None;
    }
    let count = fields.number()?;
    let mut coders = Vec::new();
    for _ in 0..count {
        coders.push(fields.coder()?);
    }
    // Which coder's output is which one's input.
    for _ in 0..2 * count.checked_sub(1)? {
        fields.number()?;
    }
    fields.expect(CODERS_UNPACK_SIZE)?;
    let mut size = 0;
    for _ in 0..count {
        size = fields.number()?.max(size);
    }
    let memory = coders.iter().map(Coder::memory).sum();
    if coders.iter().any(Coder::encrypts) {
        let trial = coders.iter().map(Coder::trial).sum();
        return Some(List::Encrypted {
            size,
            memory,
            trial,
        });
    }
    Some(List::Readable { size, memory })
}

struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    fn byte(&mut self) -> Option<u8> {
        let (&byte, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(byte)
    }

    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }

    fn expect(&mut self, wanted: u8) -> Option<()> {
        (self.byte()? == wanted).then_some(())
    }

    /// The ones at the start of the first byte count those that follow; what
    /// is left of it are the highest bits.
    fn number(&mut self) -> Option<u64> {
        let first = self.byte()?;
        let more = first.leading_ones();
        let mut value = 0;
        for i in 0..more {
            value |= u64::from(self.byte()?) << (8 * i);
        }
        let high = u64::from(first) & (0x7f_u64 >> more);
        Some(value | high.checked_shl(8 * more).unwrap_or(0))
    }

    /// Checksums of the packed streams, and the end of their record.
    fn skip_digests(&mut self) -> Option<()> {
        match self.byte()? {
            0 => Some(()),
            CRC => {
                // All are there: one stream.
                self.expect(1)?;
                self.take(4)?;
                self.expect(0)
            }
            _ => None,
        }
    }

    fn coder(&mut self) -> Option<Coder<'a>> {
        let flags = self.byte()?;
        let id = self.take(usize::from(flags & 0x0f))?;
        // Several streams, or further methods: no header is packed so.
        if flags & 0xd0 != 0 {
            return None;
        }
        let properties = match flags & 0x20 {
            0 => &[][..],
            _ => {
                let length = usize::try_from(self.number()?).ok()?;
                self.take(length)?
            }
        };
        Some(Coder { id, properties })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_in_every_length() {
        for (bytes, expected) in [
            (&[0x7f][..], Some(0x7f)),
            (&[0x80, 0x80], Some(0x80)),
            (&[0x81, 0x02], Some(0x102)),
            (&[0xc1, 0x02, 0x03], Some(0x1_0302)),
            (&[0xff, 1, 0, 0, 0, 0, 0, 0, 2], Some(0x0200_0000_0000_0001)),
            (&[0xfe, 1, 0, 0, 0, 0, 0, 2], Some(0x0002_0000_0000_0001)),
            (&[0x80], None),
        ] {
            assert_eq!(Fields(bytes).number(), expected, "{bytes:x?}");
        }
    }

    #[test]
    fn dictionaries_are_told_in_bytes() {
        let memory = |id, properties| Coder { id, properties }.memory();
        assert_eq!(memory(LZMA, &[0x5d, 0, 0, 0, 4]), 64 << 20);
        assert_eq!(memory(LZMA2, &[28]), 64 << 20);
        assert_eq!(memory(LZMA2, &[40]), u64::from(u32::MAX));
        assert_eq!(memory(LZMA, &[0x5d]), u64::from(u32::MAX));
        assert_eq!(memory(&[0], &[]), 0);
    }
}
