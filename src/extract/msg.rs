//! Saved Outlook messages (MS-OXMSG): MAPI properties as the streams of a
//! compound file.

use std::borrow::Cow;

use super::file;
use super::harvest::{Harvest, Place};
use super::mapi::{self, ATTACH_DATA, Properties, Property};
use super::ole::{self, Compound};
use crate::finding::ProblemKind;

/// The stream of the properties that have a fixed length; every message has
/// one.
pub(crate) const PROPERTIES: &str = "__properties_version1.0";
const ATTACHED_OBJECT: &str = "__substg1.0_3701000D";

/// The names of what other specifications put into a compound file begin so.
const OF_OTHERS: char = '\u{5}';

/// How a file is attached (MS-OXCMSG section 2.2.2.9): here, and not elsewhere.
const ATTACH_METHOD: u16 = 0x3705;
const BY_VALUE: u32 = 1;
const EMBEDDED: u32 = 5;
const OLE: u32 = 6;

/// What stands before the properties in their stream (section 2.4.1).
const HEADER: usize = 32;
const HEADER_OF_EMBEDDED: usize = 24;
const HEADER_OF_OTHERS: usize = 8;

pub(crate) fn read(compound: &Compound<'_>, place: &Place, harvest: &mut Harvest<'_>) {
    harvest.kind(place, "msg");
    let Some(inside) = harvest.deeper(place) else {
        return;
    };
    let mut saved = Saved::default();
    saved.message(compound, HEADER, &inside, harvest);
    // Of a file that is cut short that has been told.
    if saved.damaged && !compound.is_cut() {
        harvest.problem(
            place,
            ProblemKind::Damaged,
            "the message is cut short or damaged: not all of it was read",
        );
    }
}

#[derive(Debug, Default)]
struct Saved {
    /// A stream could not be read to its end.
    damaged: bool,
}

impl Saved {
    /// Reads the message that a storage is.
    fn message(
        &mut self,
        storage: &Compound<'_>,
        header: usize,
        place: &Place,
        harvest: &mut Harvest<'_>,
    ) {
        let properties = self.properties(storage, header, place, harvest);
        let mut recipients: Vec<Properties<'_>> = Vec::new();
        for recipient in storages(storage, "__recip_version1.0_") {
            if !harvest.entry(place) {
                break;
            }
            recipients.push(self.properties(&recipient, HEADER_OF_OTHERS, place, harvest));
        }
        mapi::read(&properties, &recipients, place, harvest);
        self.damaged |= storage.storages().any(is_strange);
        for attachment in storages(storage, "__attach_version1.0_") {
            if harvest.is_spent() {
                return;
            }
            self.attachment(&attachment, place, harvest);
        }
    }

    fn attachment(&mut self, storage: &Compound<'_>, place: &Place, harvest: &mut Harvest<'_>) {
        let properties = self.properties(storage, HEADER_OF_OTHERS, place, harvest);
        let names = properties.file_names();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let Some(object) = storages(storage, ATTACHED_OBJECT).next() else {
            self.damaged |= storage.storages().next().is_some();
            let data = properties.get(ATTACH_DATA);
            // A link has no data; a file has, if only none.
            let method = properties.number(ATTACH_METHOD);
            self.damaged |=
                data.is_none() && matches!(method, None | Some(BY_VALUE | EMBEDDED | OLE));
            let data = data.map_or(&[][..], |property| &property.value);
            return file::read(&names, data, place, harvest);
        };
        if !harvest.entry(place) {
            return;
        }
        let inside = harvest.attachment(place, &names, 0);
        let Some(inside) = harvest.deeper(&inside) else {
            return;
        };
        if object.has_at_top(PROPERTIES) {
            harvest.kind(&inside, "msg");
            self.message(&object, HEADER_OF_EMBEDDED, &inside, harvest);
        } else {
            ole::contents(&object, &inside, harvest);
        }
    }

    /// All properties of a message, a recipient or an attachment.
    fn properties(
        &mut self,
        storage: &Compound<'_>,
        header: usize,
        place: &Place,
        harvest: &mut Harvest<'_>,
    ) -> Properties<'static> {
        let mut properties = Properties::default();
        for (name, stream) in storage.opened(|path| !path.contains('/')) {
            self.damaged |= !stream.whole;
            if !harvest.decoded(place, stream.bytes.len()) {
                break;
            }
            if name.eq_ignore_ascii_case(PROPERTIES) {
                properties.0.extend(fixed(stream.bytes.get(header..)));
            } else if let Some(tag) = tag(name) {
                let [kind_low, kind_high, id_low, id_high] = tag.to_le_bytes();
                properties.0.push(Property {
                    kind: u16::from_le_bytes([kind_low, kind_high]),
                    id: u16::from_le_bytes([id_low, id_high]),
                    value: Cow::Owned(stream.bytes),
                });
            } else {
                self.damaged |= !name.starts_with(OF_OTHERS);
            }
        }
        properties
    }
}

/// Properties of a fixed length. Strings stand in streams of their own; here
/// are only their lengths.
fn fixed(entries: Option<&[u8]>) -> impl Iterator<Item = Property<'static>> {
    let entries = entries.unwrap_or_default().chunks_exact(16);
    entries
        .map(|entry| Property {
            kind: u16::from_le_bytes([entry[0], entry[1]]),
            id: u16::from_le_bytes([entry[2], entry[3]]),
            value: Cow::Owned(entry[8..].to_vec()),
        })
        .filter(|property| matches!(property.kind, 0x02..=0x0b | 0x14 | 0x40))
}

/// The storages in another whose names begin so, in their order.
fn storages<'a>(
    storage: &Compound<'a>,
    prefix: &str,
) -> impl Iterator<Item = Compound<'a>> + use<'a> {
    let mut paths: Vec<String> = storage
        .storages()
        .filter(|path| !path.contains('/') && path.starts_with(prefix))
        .map(str::to_owned)
        .collect();
    paths.sort();
    let all = storage.clone();
    paths.into_iter().map(move |path| all.storage(&path))
}

/// Whether a storage in a message is none that messages have: what would be in
/// it is not found.
fn is_strange(path: &str) -> bool {
    let known = [
        "__recip_version1.0_",
        "__attach_version1.0_",
        "__nameid_version1.0",
    ];
    !path.contains('/') && !known.iter().any(|name| path.starts_with(name))
}

/// The property that a stream is of: `__substg1.0_0037001F`. One of several
/// values has its number behind it.
fn tag(name: &str) -> Option<u32> {
    let digits = name.strip_prefix("__substg1.0_")?;
    u32::from_str_radix(digits.get(..8)?, 16).ok()
}
