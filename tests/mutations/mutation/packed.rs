//! What is inside a deflated stream, changed and packed anew.

use std::io::{Read, Write};

use flate2::Compression;
use flate2::read::{DeflateDecoder, GzDecoder, ZlibDecoder};
use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};

use super::once;
use crate::dice::Dice;

/// No file of the corpus unpacks to more.
const MOST: u64 = 16 * 1024 * 1024;

pub(super) fn change(file: &[u8], dice: &mut Dice, depth: u32) -> Option<Vec<u8>> {
    let mut content = Vec::new();
    GzDecoder::new(file)
        .take(MOST)
        .read_to_end(&mut content)
        .ok()?;
    let mut packed = GzEncoder::new(Vec::new(), level(dice));
    packed.write_all(&once(content, dice, depth + 1)).ok()?;
    packed.finish().ok()
}

pub(super) fn inflated(packed: &[u8]) -> Option<Vec<u8>> {
    let mut content = Vec::new();
    DeflateDecoder::new(packed)
        .take(MOST)
        .read_to_end(&mut content)
        .ok()?;
    Some(content)
}

pub(super) fn deflated(content: &[u8], dice: &mut Dice) -> Vec<u8> {
    let mut packed = DeflateEncoder::new(Vec::new(), level(dice));
    packed.write_all(content).expect("memory takes all");
    packed.finish().expect("memory takes all")
}

pub(super) fn zlib_inflated(packed: &[u8]) -> Option<Vec<u8>> {
    let mut content = Vec::new();
    ZlibDecoder::new(packed)
        .take(MOST)
        .read_to_end(&mut content)
        .ok()?;
    Some(content)
}

pub(super) fn zlib_deflated(content: &[u8], dice: &mut Dice) -> Vec<u8> {
    let mut packed = ZlibEncoder::new(Vec::new(), level(dice));
    packed.write_all(content).expect("memory takes all");
    packed.finish().expect("memory takes all")
}

fn level(dice: &mut Dice) -> Compression {
    Compression::new(dice.pick(&[0, 1, 6]))
}
