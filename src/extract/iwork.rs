//! Documents of Pages, Numbers and Keynote: zips of streams that are compressed
//! by Snappy and hold Apple's messages in Protocol Buffers.
//!
//! The messages are read without knowing what they mean: every text in them is
//! taken, in the order of the file.

use super::harvest::{Harvest, Place};
use super::protobuf;
use super::unpack::Fault;
use super::zip_records::{Archive, Member};
use crate::finding::ProblemKind;

/// What a document with a password has to check it by.
const PASSWORD: &str = ".iwpv2";

/// A kind of chunk, and the length of what is packed in it.
const HEADER: usize = 4;

pub(crate) fn is_one(archive: &Archive<'_>) -> bool {
    archive.members.iter().any(is_stream)
}

fn is_stream(member: &Member<'_>) -> bool {
    member.name.ends_with(".iwa")
}

/// Whether the member is one of the document's own streams, or says nothing that
/// is not in them, as a picture of the first page.
pub(crate) fn is_own(member: &Member<'_>) -> bool {
    let name = member.name.rsplit('/').next().unwrap_or_default();
    is_stream(member) || name == PASSWORD || (name.starts_with("preview") && name.ends_with(".jpg"))
}

pub(crate) fn kind_of(archive: &Archive<'_>) -> &'static str {
    let has = |part: &str| {
        let mut members = archive.members.iter();
        members.any(|member| member.name.contains(part))
    };
    match () {
        () if has("Index/Slide") => "keynote",
        () if has("Index/Tables/") && has("Index/CalculationEngine") && !has("Index/Section") => {
            "numbers"
        }
        () => "pages",
    }
}

/// Reads the streams; the other members are left to the archive's reader.
pub(crate) fn read(archive: &Archive<'_>, place: &Place, harvest: &mut Harvest<'_>) {
    let mut damaged = false;
    for member in archive.members.iter().filter(|member| is_stream(member)) {
        if harvest.is_spent() || !harvest.entry(place) {
            return;
        }
        match member.unpack(harvest.inflatable(member.packed.len())) {
            Ok(packed) => match unpack(&packed, harvest.inflatable(packed.len())) {
                Ok(stream) => {
                    if !harvest.decoded(place, packed.len() + stream.len()) {
                        return;
                    }
                    let texts = protobuf::stream(&stream, harvest.text_room(place));
                    harvest.text(&place_of(member, place), texts);
                }
                Err(Fault::Bomb) => return Fault::Bomb.tell(place, harvest),
                Err(_) => damaged = true,
            },
            Err(fault) => fault.tell(place, harvest),
        }
    }
    if harvest.is_spent() {
        return;
    }
    let mut members = archive.members.iter();
    let sealed = members.any(|member| member.name.ends_with(PASSWORD));
    let (kind, what) = match (damaged, sealed) {
        (true, true) => (
            ProblemKind::Unknown,
            "a document with a password, which Exeat cannot prove to protect it",
        ),
        (true, false) => (
            ProblemKind::Damaged,
            "a part of it is damaged and was read only in part",
        ),
        _ => (
            ProblemKind::NotRead,
            "its words were read without their layout, and its tables without rows",
        ),
    };
    harvest.problem(place, kind, what);
}

fn place_of(member: &Member<'_>, place: &Place) -> Place {
    let name = member.name.rsplit('/').next().unwrap_or_default();
    match name {
        _ if member.name.contains("/Tables/") => place.within("words of its tables"),
        _ if name.starts_with("Slide") => place.within("words of a slide"),
        _ => place.within("words in it"),
    }
}

/// Chunks of Snappy's without the marks and checksums that its own streams have.
fn unpack(packed: &[u8], most: usize) -> Result<Vec<u8>, Fault> {
    let mut out = Vec::new();
    let mut decoder = snap::raw::Decoder::new();
    let mut rest = packed;
    while !rest.is_empty() {
        let (header, behind) = rest.split_at_checked(HEADER).ok_or(Fault::Damaged)?;
        let [0, length @ ..] = header else {
            return Err(Fault::Damaged);
        };
        let length = length
            .iter()
            .rev()
            .fold(0, |length, &byte| length << 8 | usize::from(byte));
        let (chunk, behind) = behind.split_at_checked(length).ok_or(Fault::Damaged)?;
        let size = snap::raw::decompress_len(chunk).map_err(|_| Fault::Damaged)?;
        let start = out.len();
        if size > most - start {
            return Err(Fault::Bomb);
        }
        out.resize(start + size, 0);
        decoder
            .decompress(chunk, &mut out[start..])
            .map_err(|_| Fault::Damaged)?;
        rest = behind;
    }
    Ok(out)
}
