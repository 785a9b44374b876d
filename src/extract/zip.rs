//! Zip archives: every member, by the central directory and by what else lies
//! in the file.
//!
//! The directory at the end and the headers before the members can tell
//! different stories, and unpackers differ in which they believe. Both are
//! read. An Office document is a zip too and goes to its own reader.

use std::borrow::Cow;

use flate2::Crc;
use flate2::read::DeflateDecoder;

use super::cipher::ZipCipher;
use super::harvest::{Harvest, Place};
use super::unpack::{Fault, inflate};
use super::zip_method::Packed;
use super::zip_records::{
    AES, Archive, DEFLATED, ENCRYPTED, Member, STORED, STRONG, end_of_directory,
};
use super::{Protection, file, iwork, member, odf, office, office_part, xps};
use crate::finding::ProblemKind;
use crate::mail::charset;

/// The record at an archive's end, without a comment.
const LENGTH_OF_END: usize = 22;

/// Bit 1 of a member's flags: where it is packed with LZMA, its end is marked.
const MARKED_END: u16 = 2;

/// What is done to a member's bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sealing {
    Clear,
    ZipCrypto,
    Aes(u8),
    /// PKWARE's own encryption.
    Strong,
}

pub(crate) fn read(bytes: &[u8], place: &Place, harvest: &mut Harvest<'_>) {
    let mut archive = Archive::parse(bytes, harvest.entries_left() + 1);
    if as_document(bytes, &archive, place, harvest) {
        return;
    }
    let iwork = iwork::is_one(&archive);
    harvest.kind(
        place,
        if iwork {
            iwork::kind_of(&archive)
        } else {
            "zip"
        },
    );
    archive.faults(place, harvest);
    if iwork && let Some(inside) = harvest.deeper(place) {
        iwork::read(&archive, &inside, harvest);
        // What is left are pictures and files that were put into it.
        archive.members.retain(|member| !iwork::is_own(member));
    }
    let sealings = archive.sealings(place, harvest);
    protection(&archive, &sealings, place, harvest);
    if let Some(inside) = harvest.deeper(place) {
        archive.read_members(&sealings, &inside, harvest);
    }
}

/// Reads the office document that an archive is, if it is one.
fn as_document(
    bytes: &[u8],
    archive: &Archive<'_>,
    place: &Place,
    harvest: &mut Harvest<'_>,
) -> bool {
    if office_part::is_one(archive) {
        office::read(bytes, archive, place, harvest);
    } else if odf::is_one(archive) {
        odf::read(archive, place, harvest);
    } else if xps::is_one(archive) {
        xps::read(archive, place, harvest);
    } else {
        return false;
    }
    true
}

/// A zip behind another file's bytes: unpackers look for its directory at the
/// end, and do not mind what stands before.
pub(crate) fn behind(bytes: &[u8], place: &Place, harvest: &mut Harvest<'_>) {
    if end_of_directory(bytes).is_some_and(|end| end.entries == 0) {
        return;
    }
    let archive = Archive::parse(bytes, harvest.entries_left() + 1);
    // Cut off, its directory is missed by some programs and not by others.
    if archive.members.is_empty() {
        return;
    }
    if let Some(inside) = harvest.deeper(&place.within("archive behind it")) {
        if as_document(bytes, &archive, &inside, harvest) {
            return;
        }
        archive.faults(&inside, harvest);
        let sealings = archive.sealings(&inside, harvest);
        archive.read_members(&sealings, &inside, harvest);
    }
}

/// What stands behind an archive without members: it hides nothing from
/// programs that look for the beginning of another kind of file.
pub(crate) fn behind_nothing(bytes: &[u8]) -> Option<&[u8]> {
    let end = bytes.get(..LENGTH_OF_END)?;
    let comment = usize::from(u16::from_le_bytes([end[20], end[21]]));
    let rest = bytes.get(LENGTH_OF_END + comment..)?;
    let is_empty = end.starts_with(b"PK\x05\x06") && end[4..12].iter().all(|byte| *byte == 0);
    (is_empty && !rest.trim_ascii().is_empty()).then_some(rest)
}

impl Archive<'_> {
    /// Tells what is wrong with the archive itself.
    pub(crate) fn faults(&self, place: &Place, harvest: &mut Harvest<'_>) {
        if self.damaged {
            harvest.problem(
                place,
                ProblemKind::Damaged,
                "the archive is cut short or damaged, or one of several parts",
            );
        }
        if self.unended {
            harvest.problem(
                place,
                ProblemKind::Hostile,
                "it has more parts than Exeat reads of one message",
            );
        }
        if self.ambiguous {
            harvest.problem(
                place,
                ProblemKind::Hostile,
                "the archive's members overlap or hide behind its directory: programs could unpack it in two ways",
            );
        }
    }

    /// Tells what is wrong with an archive whose members are a document's parts.
    pub(crate) fn faults_of_document(&self, place: &Place, harvest: &mut Harvest<'_>) {
        self.faults(place, harvest);
        if self.has_rivals() && !self.ambiguous {
            harvest.problem(
                place,
                ProblemKind::Hostile,
                "two of its parts have one name: programs could read it in two ways",
            );
        }
    }

    /// What each member's bytes are under, found out once: it costs.
    fn sealings(&self, place: &Place, harvest: &mut Harvest<'_>) -> Vec<Sealing> {
        let sealing = |member: &Member<'_>| member.sealing(place, harvest);
        self.members.iter().map(sealing).collect()
    }

    fn read_members(&self, sealings: &[Sealing], place: &Place, harvest: &mut Harvest<'_>) {
        harvest.text(
            &place.within("comment"),
            charset::decode(self.comment, None),
        );
        for (member, sealing) in self.members.iter().zip(sealings) {
            if harvest.is_spent() {
                return;
            }
            member.read(*sealing, place, harvest);
        }
    }
}

/// Protected only if every member with content is.
fn protection(
    archive: &Archive<'_>,
    sealings: &[Sealing],
    place: &Place,
    harvest: &mut Harvest<'_>,
) {
    let sealings: Vec<Sealing> = archive
        .members
        .iter()
        .zip(sealings)
        .filter(|(member, _)| !member.packed.is_empty())
        .map(|(_, sealing)| *sealing)
        .collect();
    let clear = sealings
        .iter()
        .filter(|sealing| **sealing == Sealing::Clear)
        .count();
    let (protection, why) = match (clear, sealings.len()) {
        (clear, all) if clear == all => (Protection::Open, ""),
        (1.., _) => (Protection::Weak, "only some of its files are encrypted"),
        _ if sealings.contains(&Sealing::ZipCrypto) => (
            Protection::Weak,
            "encrypted with ZipCrypto, which can be broken in minutes",
        ),
        _ => match sealings.iter().min_by_key(|sealing| sealing.strength()) {
            Some(Sealing::Aes(1)) => (Protection::Protected, "encrypted with AES-128"),
            Some(Sealing::Aes(2)) => (Protection::Protected, "encrypted with AES-192"),
            Some(Sealing::Aes(_)) => (Protection::Protected, "encrypted with AES-256"),
            _ => (
                Protection::Protected,
                "encrypted with PKWARE's strong encryption",
            ),
        },
    };
    match clear {
        // Its members speak for themselves.
        1.. => harvest.protection(place, protection, why),
        0 => harvest.closed(place, protection, why),
    }
}

impl Sealing {
    fn strength(self) -> u8 {
        match self {
            Self::Clear => 0,
            Self::ZipCrypto => 1,
            Self::Aes(strength) => 1 + strength,
            Self::Strong => 5,
        }
    }
}

impl Member<'_> {
    /// Reads the member as the file it is.
    fn read(&self, sealing: Sealing, place: &Place, harvest: &mut Harvest<'_>) {
        let name = self.name.trim_end_matches('/');
        let comment = charset::decode(self.comment, None);
        if self.packed.is_empty() && self.size == 0 {
            // A folder, or a file without content: its name is all of it.
            if harvest.entry(place) {
                member::empty(name, place, harvest);
            }
            return;
        }
        if let Some(opened) = self.open(sealing, place, harvest) {
            self.take(opened, name, place, harvest);
            return harvest.text(&place.within("comment"), comment);
        }
        if sealing != Sealing::Clear {
            if harvest.entry(place) {
                let sealed = match sealing {
                    Sealing::ZipCrypto => (
                        Protection::Weak,
                        "encrypted with ZipCrypto, which can be broken in minutes",
                    ),
                    _ => member::ENCRYPTED,
                };
                let inside = member::encrypted(name, self.size, sealed, place, harvest);
                harvest.text(&inside.within("comment"), comment);
            }
            return;
        }
        let unpacked = self.unpack(harvest.inflatable(self.packed.len()));
        self.take(unpacked, name, place, harvest);
        harvest.text(&place.within("comment"), comment);
    }

    fn take(
        &self,
        unpacked: Result<Cow<'_, [u8]>, Fault>,
        name: &str,
        place: &Place,
        harvest: &mut Harvest<'_>,
    ) {
        match unpacked {
            Ok(bytes) => {
                if harvest.decoded(place, bytes.len()) {
                    file::read(&[name], &bytes, place, harvest);
                }
            }
            Err(fault) => {
                if harvest.entry(place) {
                    let inside = harvest.attachment(place, &[name], self.size as usize);
                    fault.tell(&inside, harvest);
                }
            }
        }
    }

    /// What an encrypted member unpacks to, if a word of the message opens it.
    fn open(
        &self,
        sealing: Sealing,
        place: &Place,
        harvest: &mut Harvest<'_>,
    ) -> Option<Result<Cow<'static, [u8]>, Fault>> {
        let cipher = match sealing {
            Sealing::Clear | Sealing::Strong => return None,
            Sealing::ZipCrypto => ZipCipher::Classic {
                checks: [(self.crc >> 24) as u8, (self.time >> 8) as u8],
            },
            Sealing::Aes(strength) => ZipCipher::aes(strength)?,
        };
        let limit = harvest.inflatable(self.packed.len());
        let method = match sealing {
            Sealing::Aes(_) => self.aes_method,
            _ => self.method,
        };
        let proven = matches!(cipher, ZipCipher::Aes { .. });
        harvest.try_words(place, cipher.cost(self.packed.len()), |word| {
            let packed = cipher.open(self.packed, word)?;
            let clear = Member {
                method,
                packed: &packed,
                ..self.clone()
            };
            match clear.unpack(limit).map(Cow::into_owned) {
                Ok(bytes) if proven || self.is_the_same(&bytes) => Some(Ok(Cow::Owned(bytes))),
                // Noise does not inflate to a hundred times its size.
                Err(fault) if proven || fault == Fault::Bomb => Some(Err(fault)),
                _ => None,
            }
        })
    }

    /// Whether the bytes are those that were packed, beyond doubt.
    fn is_the_same(&self, bytes: &[u8]) -> bool {
        bytes.len() as u64 == self.size && crc(bytes) == self.crc
    }

    /// The member's bytes, at most `limit`.
    pub(crate) fn unpack(&self, limit: usize) -> Result<Cow<'_, [u8]>, Fault> {
        match self.method {
            STORED if self.packed.len() <= limit => Ok(Cow::Borrowed(self.packed)),
            STORED => Err(Fault::Bomb),
            DEFLATED => {
                let bytes = inflate(DeflateDecoder::new(self.packed), self.size, limit)?;
                Ok(Cow::Owned(bytes))
            }
            method => {
                let packed = Packed {
                    method,
                    bytes: self.packed,
                    size: self.size,
                    marked: self.flags & MARKED_END != 0,
                };
                packed.unpack(limit).map(Cow::Owned)
            }
        }
    }

    /// Whether the unpacked bytes are those that were packed. A checksum that
    /// was never written down says nothing.
    pub(crate) fn is_sound(&self, bytes: &[u8]) -> bool {
        self.crc == 0 || crc(bytes) == self.crc
    }

    /// Whether the bytes are truly encrypted: the flag can lie, and what
    /// unpacks to its own checksum is clear.
    fn sealing(&self, place: &Place, harvest: &mut Harvest<'_>) -> Sealing {
        let claimed = match self.aes {
            Some(strength) => Sealing::Aes(strength),
            None if self.flags & STRONG != 0 => Sealing::Strong,
            None if self.flags & ENCRYPTED != 0 => Sealing::ZipCrypto,
            None => return Sealing::Clear,
        };
        if harvest.is_spent() {
            return claimed;
        }
        let clear = Member {
            method: if self.method == AES {
                self.aes_method
            } else {
                self.method
            },
            ..self.clone()
        };
        let limit = harvest.inflatable(self.packed.len());
        let limit = usize::try_from(self.size).unwrap_or(0).min(limit);
        let clear = clear.unpack(limit);
        // What is inflated here costs like all else.
        match &clear {
            Ok(bytes) => harvest.decoded(place, bytes.len()),
            Err(Fault::Bomb) => harvest.decoded(place, limit),
            Err(_) => true,
        };
        match clear {
            Ok(bytes) if bytes.len() as u64 == self.size && self.is_sound(&bytes) => Sealing::Clear,
            _ => claimed,
        }
    }
}

fn crc(bytes: &[u8]) -> u32 {
    let mut crc = Crc::new();
    crc.update(bytes);
    crc.sum()
}
