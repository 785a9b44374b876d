//! OLE compound files: what is in one, by the names of its streams.
//!
//! Office's encrypted documents are such files, and so are those that Office
//! wrote until 2003, and saved Outlook messages ([MS-CFB]).

use std::collections::HashSet;

use super::Protection;
use super::harvest::{Harvest, Place};
use super::{file, msg};
use crate::finding::ProblemKind;

const END: u32 = 0xffff_fffe;
/// Sectors of a chain that are followed: 64 MB of 512 bytes.
const LONGEST: usize = 128 * 1024;
const MOST_ENTRIES: usize = 20_000;

pub(crate) fn read(bytes: &[u8], place: &Place, harvest: &mut Harvest<'_>) {
    let Some(compound) = Compound::parse(bytes) else {
        harvest.kind(place, "ole");
        return harvest.problem(
            place,
            ProblemKind::Damaged,
            "an Office document of the older kind that is damaged",
        );
    };
    // First: the objects in a message have streams of any name.
    if compound.has(msg::PROPERTIES) {
        return msg::read(bytes, place, harvest);
    }
    if compound.has("EncryptedPackage") {
        return encrypted_office(&compound, place, harvest);
    }
    let (kind, words) = if compound.has("\u{9}DRMContent") {
        harvest.kind(place, "irm");
        return harvest.protection(place, Protection::Protected, "sealed by rights management");
    } else if compound.has("WordDocument") {
        ("doc", "a Word 97 document")
    } else if compound.has("Workbook") || compound.has("Book") {
        ("xls", "an Excel 97 workbook")
    } else if compound.has("PowerPoint Document") {
        ("ppt", "a PowerPoint 97 presentation")
    } else if compound.has("VisioDocument") {
        ("vsd", "a Visio drawing")
    } else if compound.has("Quill") {
        ("pub", "a Publisher document")
    } else {
        ("ole", "a compound file of some program")
    };
    file::unread(kind, words, place, harvest);
}

/// A docx, xlsx or pptx under a password ([MS-OFFCRYPTO] 2.3.4).
fn encrypted_office(compound: &Compound<'_>, place: &Place, harvest: &mut Harvest<'_>) {
    harvest.kind(place, "encrypted office");
    if compound.has("DRMEncryptedDataSpace") || compound.has("DRMEncryptedTransform") {
        return harvest.protection(place, Protection::Protected, "sealed by rights management");
    }
    let info = compound.stream("EncryptionInfo").unwrap_or_default();
    let version = |at: usize| {
        info.get(at..at + 2)
            .map(|pair| u16::from_le_bytes([pair[0], pair[1]]))
    };
    match (version(0), version(2)) {
        (Some(4), Some(4)) => {
            harvest.protection(
                place,
                Protection::Protected,
                "encrypted with a password (agile encryption)",
            );
        }
        (Some(2..=4), Some(2)) => {
            harvest.protection(
                place,
                Protection::Protected,
                "encrypted with a password (AES-128)",
            );
        }
        _ => harvest.problem(
            place,
            ProblemKind::Unknown,
            "an Office document encrypted in a way that Exeat does not know",
        ),
    }
}

struct Compound<'a> {
    bytes: &'a [u8],
    sector: usize,
    fat: Vec<u32>,
    mini_fat: Vec<u32>,
    mini_stream: Vec<u8>,
    entries: Vec<Entry>,
}

struct Entry {
    name: String,
    kind: u8,
    start: u32,
    size: u64,
}

impl<'a> Compound<'a> {
    fn parse(bytes: &'a [u8]) -> Option<Self> {
        let shift = u16::from_le_bytes([*bytes.get(0x1e)?, *bytes.get(0x1f)?]);
        if !matches!(shift, 9 | 12) {
            return None;
        }
        let mut compound = Self {
            bytes,
            sector: 1 << shift,
            fat: Vec::new(),
            mini_fat: Vec::new(),
            mini_stream: Vec::new(),
            entries: Vec::new(),
        };
        compound.read_fat()?;
        let directory = compound.chain(u32_at(bytes, 0x30)?);
        for entry in directory.chunks_exact(128).take(MOST_ENTRIES) {
            let length = usize::from(u16::from_le_bytes([entry[0x40], entry[0x41]]));
            let units: Vec<u16> = entry[..length.saturating_sub(2).min(64)]
                .chunks_exact(2)
                .map(|pair| u16::from_le_bytes([pair[0], pair[1]]))
                .collect();
            compound.entries.push(Entry {
                name: String::from_utf16_lossy(&units),
                kind: entry[0x42],
                start: u32_at(entry, 0x74)?,
                size: u64::from(u32_at(entry, 0x78)?),
            });
        }
        let root = compound.entries.first()?;
        if root.kind != 5 {
            return None;
        }
        compound.mini_stream = compound.chain(root.start);
        let mini_fat = compound.chain(u32_at(bytes, 0x3c)?);
        compound.mini_fat = numbers(&mini_fat).collect();
        Some(compound)
    }

    /// The sector table, whose own sectors are listed in the header and in a
    /// chain from there.
    fn read_fat(&mut self) -> Option<()> {
        let mut listed: Vec<u32> = numbers(self.bytes.get(0x4c..0x200)?).collect();
        let mut next = u32_at(self.bytes, 0x44)?;
        let mut seen = HashSet::new();
        while next < END && seen.insert(next) && seen.len() < 4_096 {
            let Some(sector) = self.sector_at(next) else {
                break;
            };
            let mut more: Vec<u32> = numbers(sector).collect();
            next = more.pop().unwrap_or(END);
            listed.extend(more);
        }
        for number in listed.into_iter().filter(|&number| number < END) {
            let Some(sector) = self.sector_at(number) else {
                break;
            };
            let more: Vec<u32> = numbers(sector).collect();
            self.fat.extend(more);
        }
        Some(())
    }

    fn sector_at(&self, number: u32) -> Option<&'a [u8]> {
        let start = (number as usize).checked_add(1)?.checked_mul(self.sector)?;
        let end = start.checked_add(self.sector)?.min(self.bytes.len());
        self.bytes
            .get(start..end)
            .filter(|sector| !sector.is_empty())
    }

    fn chain(&self, start: u32) -> Vec<u8> {
        let mut out = Vec::new();
        let mut next = start;
        let mut left = LONGEST.min(self.fat.len() + 1);
        while next < END && left > 0 {
            let Some(sector) = self.sector_at(next) else {
                break;
            };
            out.extend_from_slice(sector);
            next = self.fat.get(next as usize).copied().unwrap_or(END);
            left -= 1;
        }
        out
    }

    fn has(&self, name: &str) -> bool {
        self.entries.iter().any(|entry| entry.name == name)
    }

    /// A small stream's bytes.
    fn stream(&self, name: &str) -> Option<Vec<u8>> {
        let entry = self.entries.iter().find(|entry| entry.name == name)?;
        let size = usize::try_from(entry.size).ok()?;
        if entry.size >= 4_096 {
            let mut bytes = self.chain(entry.start);
            bytes.truncate(size);
            return Some(bytes);
        }
        let mut out = Vec::new();
        let mut next = entry.start;
        while next < END && out.len() < size {
            let start = (next as usize).checked_mul(64)?;
            out.extend_from_slice(self.mini_stream.get(start..start.checked_add(64)?)?);
            next = self.mini_fat.get(next as usize).copied()?;
        }
        out.truncate(size);
        Some(out)
    }
}

fn numbers(bytes: &[u8]) -> impl Iterator<Item = u32> {
    bytes
        .chunks_exact(4)
        .filter_map(|chunk| Some(u32::from_le_bytes(chunk.try_into().ok()?)))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}
