//! Changes that know nothing of a format.

use super::replaced;
use crate::dice::Dice;

/// What recipients' programs look past, in front of a file or behind it.
const AROUND: &[&[u8]] = &[
    b"\n",
    b"\0",
    b"\xef\xbb\xbf",
    b"MZ",
    b"#!/bin/sh\n",
    b"%PDF-1.4\n",
    b"PK\x05\x06\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
    b"GIF89a\x01\0\x01\0\0\0\0;",
    b"\xff\xd8\xff\xe0\0\x10JFIF\0",
    b"<html>",
    b"{\\rtf1 ",
    b"From: a@b.example\r\n\r\n",
];

pub(super) fn change(mut file: Vec<u8>, dice: &mut Dice) -> Vec<u8> {
    let length = file.len();
    if length == 0 {
        return dice.pick(AROUND).to_vec();
    }
    match dice.below(14) {
        0..=2 => {
            for _ in 0..dice.few(8) {
                file[dice.below(length)] ^= 1 << dice.below(8);
            }
            file
        }
        3 => {
            let fill = dice.pick(&[0, 0xff, b' ', b'A']);
            let range = dice.range(length, 512);
            file[range].fill(fill);
            file
        }
        4 => {
            let range = dice.range(length, 64);
            file[range].fill_with(|| dice.byte());
            file
        }
        5 => {
            file.truncate(dice.below(length));
            file
        }
        6 => {
            file.truncate(length - dice.few(600.min(length)));
            file
        }
        7 => {
            let range = dice.range(length, 1024);
            replaced(&file, range, b"")
        }
        8 => {
            let range = dice.range(length, 1024);
            let twice = file[range.clone()].repeat(2);
            replaced(&file, range, &twice)
        }
        9 => {
            let range = dice.range(length, 2048);
            let moved = file[range.clone()].to_vec();
            let rest = replaced(&file, range, b"");
            let to = dice.below(rest.len());
            replaced(&rest, to..to, &moved)
        }
        10 => {
            // Blocks, as disks and copies lose them.
            let blocks = length.div_ceil(512);
            let (one, other) = (dice.below(blocks) * 512, dice.below(blocks) * 512);
            let size = 512.min(length - one.max(other));
            file.copy_within(one..one + size, other);
            file
        }
        11 => around(&file, dice),
        _ => number(file, dice),
    }
}

/// Some number, of some width and order, set to an extreme.
fn number(mut file: Vec<u8>, dice: &mut Dice) -> Vec<u8> {
    let width = dice.pick(&[1, 2, 2, 4, 4, 4, 8]);
    let value = dice.extreme();
    let aligned = match dice.one_in(2) {
        true => dice.below(file.len()) / width * width,
        // Headers are in front.
        false => dice.below(file.len().min(1024)),
    };
    let bytes = match dice.one_in(4) {
        true => value.to_be_bytes()[8 - width..].to_vec(),
        false => value.to_le_bytes()[..width].to_vec(),
    };
    for (place, byte) in file[aligned..].iter_mut().zip(bytes) {
        *place = byte;
    }
    file
}

fn around(file: &[u8], dice: &mut Dice) -> Vec<u8> {
    let other = dice.pick(AROUND);
    let much = dice.pick(&[1, 1, 1, 40]);
    match dice.one_in(3) {
        true => [file, &other.repeat(much)].concat(),
        false => [&other.repeat(much), file].concat(),
    }
}
