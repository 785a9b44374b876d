//! `message.rpmsg`: a message that rights management has sealed, compressed
//! behind a mark ([MS-OXORMMS] 2.1.3).

use flate2::bufread::ZlibDecoder;

use super::bytes::u32_at;
use super::harvest::{Harvest, Place};
use super::kind::{self, Kind};
use super::unpack::{self, Fault};
use super::{file, ole};
use crate::finding::ProblemKind;

pub(crate) const MARK: &[u8] = b"\x76\xe8\x04\x60\xc4\x11\xe3\x86";

/// What each block begins with, before its size unpacked and packed.
const BLOCK: u32 = 0x0fa0;
const HEADER: usize = 12;

/// Reads the compound file in it, which is what shows that it is sealed.
pub(crate) fn read(bytes: &[u8], place: &Place, harvest: &mut Harvest<'_>) {
    harvest.kind(place, "rpmsg");
    let packed = blocks(&bytes[MARK.len()..]);
    let Some(sealed) = unpack(&packed, harvest.inflatable(packed.len())) else {
        return Fault::Bomb.tell(place, harvest);
    };
    let Some(inside) = harvest.deeper(place) else {
        return;
    };
    if !harvest.decoded(place, sealed.len()) {
        return;
    }
    match kind::sniff(&sealed) {
        Kind::Ole => {
            ole::read(&sealed, &inside, harvest);
            harvest.kind(place, "rpmsg");
        }
        other => {
            harvest.problem(
                place,
                ProblemKind::Damaged,
                "a message sealed by rights management that is damaged",
            );
            if !matches!(other, Kind::Empty | Kind::Unknown) {
                file::read(&["content"], &sealed, &inside, harvest);
            }
        }
    }
}

/// What the blocks hold, one after another.
fn blocks(mut rest: &[u8]) -> Vec<u8> {
    let mut packed = Vec::with_capacity(rest.len());
    while u32_at(rest, 0) == Some(BLOCK) {
        let size = u32_at(rest, 8).unwrap_or(0) as usize;
        let Some(block) = rest.get(HEADER..) else {
            break;
        };
        let (block, behind) = block.split_at(size.min(block.len()));
        packed.extend_from_slice(block);
        rest = behind;
    }
    packed
}

/// One stream in all blocks, or one in each. `None` if it is a bomb.
fn unpack(packed: &[u8], most: usize) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    let mut rest = packed;
    while !rest.is_empty() {
        let mut decoder = ZlibDecoder::new(rest);
        let (bytes, read) = unpack::drain(&mut decoder, 0, most - out.len());
        out.extend_from_slice(&bytes);
        if out.len() > most {
            return None;
        }
        if read.is_err() {
            break;
        }
        rest = decoder.into_inner();
    }
    Some(out)
}
