//! Saved Outlook messages (MS-OXMSG): MAPI properties as the streams of a
//! compound file.

use std::borrow::Cow;
use std::io::{Cursor, Read};
use std::path::{Path, PathBuf};

use cfb::CompoundFile;

use super::file;
use super::harvest::{Harvest, Place};
use super::mapi::{self, ATTACH_DATA, Properties, Property};
use crate::finding::ProblemKind;

/// The stream of the properties that have a fixed length; every message has
/// one.
pub(crate) const PROPERTIES: &str = "__properties_version1.0";
const ATTACHED_OBJECT: &str = "__substg1.0_3701000D";

/// What stands before the properties in their stream (section 2.4.1).
const HEADER: usize = 32;
const HEADER_OF_EMBEDDED: usize = 24;
const HEADER_OF_OTHERS: usize = 8;

pub(crate) fn read(bytes: &[u8], place: &Place, harvest: &mut Harvest<'_>) {
    harvest.kind(place, "msg");
    let Some(inside) = harvest.deeper(place) else {
        return;
    };
    let compound = CompoundFile::open(Cursor::new(bytes));
    let Some(compound) = compound.ok().filter(|file| file.is_stream(PROPERTIES)) else {
        return damaged(place, harvest);
    };
    let mut saved = Saved {
        compound,
        damaged: false,
    };
    saved.message(Path::new("/"), HEADER, &inside, harvest);
    if saved.damaged {
        damaged(place, harvest);
    }
}

fn damaged(place: &Place, harvest: &mut Harvest<'_>) {
    harvest.problem(
        place,
        ProblemKind::Damaged,
        "the message is cut short or damaged: not all of it was read",
    );
}

struct Saved<'a> {
    compound: CompoundFile<Cursor<&'a [u8]>>,
    /// A stream could not be read to its end.
    damaged: bool,
}

impl Saved<'_> {
    fn message(&mut self, path: &Path, header: usize, place: &Place, harvest: &mut Harvest<'_>) {
        let properties = self.properties(path, header, place, harvest);
        let recipients: Vec<Properties<'_>> = self
            .storages(path, "__recip_version1.0_")
            .iter()
            .take(harvest.entries_left())
            .map(|path| self.properties(path, HEADER_OF_OTHERS, place, harvest))
            .collect();
        mapi::read(&properties, &recipients, place, harvest);
        for path in self.storages(path, "__attach_version1.0_") {
            if harvest.is_spent() {
                return;
            }
            self.attachment(&path, place, harvest);
        }
    }

    fn attachment(&mut self, path: &Path, place: &Place, harvest: &mut Harvest<'_>) {
        let properties = self.properties(path, HEADER_OF_OTHERS, place, harvest);
        let names = properties.file_names();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let object = path.join(ATTACHED_OBJECT);
        if !self.compound.is_storage(&object) {
            let data = properties.get(ATTACH_DATA);
            let data = data.map_or(&[][..], |property| &property.value);
            return file::read(&names, data, place, harvest);
        }
        if !harvest.entry(place) {
            return;
        }
        let inside = harvest.attachment(place, &names, 0);
        if !self.compound.is_stream(object.join(PROPERTIES)) {
            harvest.kind(&inside, "ole");
            return harvest.problem(
                &inside,
                ProblemKind::Unknown,
                "an embedded object, which is not read",
            );
        }
        harvest.kind(&inside, "msg");
        if let Some(inside) = harvest.deeper(&inside) {
            self.message(&object, HEADER_OF_EMBEDDED, &inside, harvest);
        }
    }

    /// The storages in another whose names begin so, in their order.
    fn storages(&mut self, path: &Path, prefix: &str) -> Vec<PathBuf> {
        let Ok(entries) = self.compound.read_storage(path) else {
            self.damaged = true;
            return Vec::new();
        };
        let mut paths: Vec<PathBuf> = entries
            .filter(|entry| entry.is_storage() && entry.name().starts_with(prefix))
            .map(|entry| entry.path().to_owned())
            .collect();
        paths.sort();
        paths
    }

    /// All properties of a message, a recipient or an attachment.
    fn properties(
        &mut self,
        path: &Path,
        header: usize,
        place: &Place,
        harvest: &mut Harvest<'_>,
    ) -> Properties<'static> {
        let mut properties = Properties::default();
        let fixed = self.stream(&path.join(PROPERTIES), place, harvest);
        for entry in fixed.get(header..).unwrap_or_default().chunks_exact(16) {
            properties.0.push(Property {
                kind: u16::from_le_bytes([entry[0], entry[1]]),
                id: u16::from_le_bytes([entry[2], entry[3]]),
                value: Cow::Owned(entry[8..].to_vec()),
            });
        }
        // Strings stand in streams of their own; here are only their lengths.
        let is_fixed = |property: &Property<'_>| matches!(property.kind, 0x02..=0x0b | 0x14 | 0x40);
        properties.0.retain(is_fixed);
        let Ok(entries) = self.compound.read_storage(path) else {
            self.damaged = true;
            return properties;
        };
        let streams: Vec<(u32, PathBuf)> = entries
            .filter(cfb::Entry::is_stream)
            .filter_map(|entry| Some((tag(entry.name())?, entry.path().to_owned())))
            .collect();
        for (tag, path) in streams {
            let [kind_low, kind_high, id_low, id_high] = tag.to_le_bytes();
            properties.0.push(Property {
                kind: u16::from_le_bytes([kind_low, kind_high]),
                id: u16::from_le_bytes([id_low, id_high]),
                value: Cow::Owned(self.stream(&path, place, harvest)),
            });
        }
        properties
    }

    /// A stream's bytes, as far as they can be read and the budget goes.
    fn stream(&mut self, path: &Path, place: &Place, harvest: &mut Harvest<'_>) -> Vec<u8> {
        let mut bytes = Vec::new();
        let Ok(stream) = self.compound.open_stream(path) else {
            self.damaged = true;
            return bytes;
        };
        let length = stream.len();
        let most = harvest.room() as u64 + 1;
        let read = stream.take(most).read_to_end(&mut bytes);
        self.damaged |= read.is_err() || (bytes.len() as u64) < length.min(most);
        if !harvest.decoded(place, bytes.len()) {
            bytes.clear();
        }
        bytes
    }
}

/// The property that a stream is of: `__substg1.0_0037001F`. One of several
/// values has its number behind it.
fn tag(name: &str) -> Option<u32> {
    let digits = name.strip_prefix("__substg1.0_")?;
    u32::from_str_radix(digits.get(..8)?, 16).ok()
}
