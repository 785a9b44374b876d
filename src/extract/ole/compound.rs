//! The compound file itself: a small file system of storages and streams in
//! sectors ([MS-CFB]).
//!
//! It is read leniently, as Office reads it: what a damaged file still holds
//! is given out, and [`Stream::whole`] tells whether that is all.

use std::collections::HashSet;
use std::rc::Rc;

use crate::extract::bytes::{u16_at, u32_at, utf16};

const END: u32 = 0xffff_fffe;
const FREE: u32 = 0xffff_ffff;
const MINI_SECTOR: usize = 64;
/// Streams below this lie in the mini stream (2.2, `Mini Stream Cutoff Size`).
const MINI_CUTOFF: u32 = 4_096;
/// No entry: the end of a branch of the directory's tree.
const NO_ENTRY: u32 = 0xffff_ffff;
const MOST_ENTRIES: usize = 20_000;
/// Storages inside storages.
const DEEPEST: u32 = 32;

#[derive(Clone)]
pub(crate) struct Compound<'a> {
    sectors: Rc<Sectors<'a>>,
    entries: Vec<Entry>,
}

struct Sectors<'a> {
    bytes: &'a [u8],
    sector: usize,
    fat: Vec<u32>,
    mini_fat: Vec<u32>,
    mini_stream: Vec<u8>,
    /// Tables or directory are not all there.
    lost: bool,
}

#[derive(Clone)]
struct Entry {
    /// With the storages around it: `ObjectPool/_1234/Workbook`.
    path: String,
    name: String,
    kind: u8,
    siblings: [u32; 2],
    child: u32,
    start: u32,
    size: u32,
}

const STORAGE: u8 = 1;
const STREAM: u8 = 2;
const ROOT: u8 = 5;

pub(crate) struct Stream {
    pub(crate) bytes: Vec<u8>,
    /// All bytes that the directory promises are there.
    pub(crate) whole: bool,
}

impl<'a> Compound<'a> {
    pub(crate) fn parse(bytes: &'a [u8]) -> Option<Self> {
        let mut sectors = Sectors::parse(bytes)?;
        let directory = sectors.chain(u32_at(bytes, 0x30)?);
        let entries: Vec<Entry> = directory
            .chunks_exact(128)
            .take(MOST_ENTRIES)
            .filter_map(Entry::parse)
            .collect();
        let root = entries.first().filter(|root| root.kind == ROOT)?;
        let child = root.child;
        sectors.mini_stream = sectors.chain(root.start);
        let mini_fat = sectors.chain(u32_at(bytes, 0x3c)?);
        sectors.lost |= sectors.mini_stream.len() < root.size as usize
            || directory.len() % sectors.sector != 0
            || mini_fat.len() % sectors.sector != 0;
        sectors.mini_fat = numbers(&mini_fat).collect();
        let mut tree = Tree {
            entries,
            seen: HashSet::new(),
            torn: false,
        };
        tree.name_paths(child, "", 0);
        sectors.lost |= tree.torn;
        Some(Self {
            sectors: Rc::new(sectors),
            entries: tree.entries,
        })
    }

    /// What is in one of its storages, as if that were a file of its own.
    pub(crate) fn storage(&self, path: &str) -> Self {
        let inside = |entry: &Entry| {
            let path = entry.path.strip_prefix(path)?.strip_prefix('/')?.to_owned();
            Some(Entry {
                path,
                ..entry.clone()
            })
        };
        Self {
            sectors: Rc::clone(&self.sectors),
            entries: self.entries.iter().filter_map(inside).collect(),
        }
    }

    /// Whether a stream or storage of this name is anywhere in it.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.entries
            .iter()
            .any(|entry| entry.name.eq_ignore_ascii_case(name))
    }

    /// Whether a stream or storage of this name stands at the top.
    pub(crate) fn has_at_top(&self, name: &str) -> bool {
        self.entries
            .iter()
            .any(|entry| entry.path.eq_ignore_ascii_case(name))
    }

    /// Paths of all streams.
    pub(crate) fn streams(&self) -> impl Iterator<Item = &str> {
        self.paths(STREAM)
    }

    /// Paths of all storages.
    pub(crate) fn storages(&self) -> impl Iterator<Item = &str> {
        self.paths(STORAGE)
    }

    /// Whether tables or directory are not all there, or the file ends before
    /// sectors that are in use.
    pub(crate) fn is_cut(&self) -> bool {
        let Sectors {
            bytes,
            sector,
            fat,
            lost,
            ..
        } = &*self.sectors;
        let there = bytes.len().saturating_sub(1) / sector;
        *lost || fat.iter().skip(there).any(|next| *next != FREE)
    }

    fn paths(&self, kind: u8) -> impl Iterator<Item = &str> {
        self.entries
            .iter()
            .filter(move |entry| entry.kind == kind)
            .map(|entry| entry.path.as_str())
    }

    pub(crate) fn stream(&self, path: &str) -> Option<Stream> {
        let entry = self
            .entries
            .iter()
            .find(|entry| entry.kind == STREAM && entry.path.eq_ignore_ascii_case(path))?;
        Some(self.open(entry))
    }

    /// The streams whose paths are wanted, each read when its turn comes.
    pub(crate) fn opened(
        &self,
        wanted: impl Fn(&str) -> bool,
    ) -> impl Iterator<Item = (&str, Stream)> {
        self.entries
            .iter()
            .filter(move |entry| entry.kind == STREAM && wanted(&entry.path))
            .map(|entry| (entry.path.as_str(), self.open(entry)))
    }

    fn open(&self, entry: &Entry) -> Stream {
        let size = entry.size as usize;
        let mut bytes = if entry.size >= MINI_CUTOFF {
            self.sectors.chain(entry.start)
        } else {
            self.sectors.mini_chain(entry.start, size)
        };
        bytes.truncate(size);
        let whole = bytes.len() == size;
        Stream { bytes, whole }
    }
}

/// The directory, while its entries get their paths.
struct Tree {
    entries: Vec<Entry>,
    seen: HashSet<u32>,
    /// It leads to what is no entry.
    torn: bool,
}

impl Tree {
    /// Gives every entry that the tree below `first` reaches its path. Those
    /// that it does not reach keep their plain names: a damaged or a crafted
    /// tree hides nothing.
    fn name_paths(&mut self, first: u32, above: &str, depth: u32) {
        let mut to_visit = vec![first];
        while let Some(index) = to_visit.pop() {
            if index == NO_ENTRY || !self.seen.insert(index) {
                continue;
            }
            let Some(entry) = self.entries.get_mut(index as usize) else {
                self.torn = true;
                continue;
            };
            self.torn |= !matches!(entry.kind, STORAGE | STREAM);
            entry.path = format!("{above}{}", entry.name);
            to_visit.extend(entry.siblings);
            let (child, below) = (entry.child, format!("{}/", entry.path));
            if child != NO_ENTRY && depth < DEEPEST {
                self.name_paths(child, &below, depth + 1);
            }
        }
    }
}

impl<'a> Sectors<'a> {
    fn parse(bytes: &'a [u8]) -> Option<Self> {
        let shift = u16_at(bytes, 0x1e)?;
        if !matches!(shift, 9 | 12) {
            return None;
        }
        let mut sectors = Self {
            bytes,
            sector: 1 << shift,
            fat: Vec::new(),
            mini_fat: Vec::new(),
            mini_stream: Vec::new(),
            lost: false,
        };
        sectors.read_fat()?;
        Some(sectors)
    }

    /// The sector table, whose own sectors are listed in the header and in a
    /// chain from there.
    fn read_fat(&mut self) -> Option<()> {
        let sectors = self.bytes.len() / self.sector + 1;
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
            // Numbers of sectors that the file does not have serve nobody.
            if self.fat.len() > sectors {
                break;
            }
            let Some(sector) = self.sector_at(number) else {
                break;
            };
            self.lost |= sector.len() < self.sector;
            self.fat.extend(numbers(sector));
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
        // A chain longer than the file runs in a circle.
        let mut left = self.bytes.len() / self.sector + 1;
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

    fn mini_chain(&self, start: u32, size: usize) -> Vec<u8> {
        let mut out = Vec::new();
        let mut next = start as usize;
        while out.len() < size {
            let from = next.saturating_mul(MINI_SECTOR);
            let Some(sector) = self.mini_stream.get(from..from.saturating_add(MINI_SECTOR)) else {
                break;
            };
            out.extend_from_slice(sector);
            match self.mini_fat.get(next) {
                Some(&following) => next = following as usize,
                None => break,
            }
        }
        out
    }
}

impl Entry {
    /// One of the directory's 128 bytes (2.6.1).
    fn parse(entry: &[u8]) -> Option<Self> {
        let length = usize::from(u16_at(entry, 0x40)?).saturating_sub(2).min(64);
        let name = utf16(&entry[..length]);
        Some(Self {
            path: name.clone(),
            name,
            kind: entry[0x42],
            siblings: [u32_at(entry, 0x44)?, u32_at(entry, 0x48)?],
            child: u32_at(entry, 0x4c)?,
            start: u32_at(entry, 0x74)?,
            // Old writers leave waste in the upper half (2.6.1).
            size: u32_at(entry, 0x78)?,
        })
    }
}

fn numbers(bytes: &[u8]) -> impl Iterator<Item = u32> + use<'_> {
    bytes.chunks_exact(4).filter_map(|chunk| u32_at(chunk, 0))
}
