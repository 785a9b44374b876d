//! OLE compound files ([MS-CFB]): the header, the chains of sectors, the
//! directory; or what is in a sector.

use crate::dice::Dice;

/// Fields of the header, and how wide they are.
const FIELDS: &[(usize, usize)] = &[
    (24, 2), // version
    (26, 2),
    (28, 2), // byte order
    (30, 2), // sector shift
    (32, 2), // mini sector shift
    (40, 4), // directory sectors
    (44, 4), // FAT sectors
    (48, 4), // first directory sector
    (56, 4), // mini stream cutoff
    (60, 4), // first mini FAT sector
    (64, 4),
    (68, 4), // first DIFAT sector
    (72, 4),
    (76, 4), // the first FAT sectors
    (80, 4),
];

/// Fields of an entry of the directory.
const ENTRY: &[(usize, usize)] = &[
    (64, 2),  // length of the name
    (66, 1),  // type
    (67, 1),  // colour
    (68, 4),  // left
    (72, 4),  // right
    (76, 4),  // child
    (116, 4), // first sector
    (120, 4), // size
    (124, 4),
];

pub(super) fn change(file: &[u8], dice: &mut Dice) -> Option<Vec<u8>> {
    let word = |at: usize| Some(u32::from_le_bytes(file.get(at..at + 4)?.try_into().ok()?));
    let sector = match file.get(30)? {
        12 => 4096,
        _ => 512,
    };
    let place = |number: u32| (number as usize).checked_add(1)?.checked_mul(sector);
    let mut out = file.to_vec();
    match dice.below(4) {
        0 => {
            let (at, width) = dice.pick(FIELDS);
            put(&mut out, at, width, dice);
        }
        1 => {
            // A link of a chain.
            let fat = place(word(76)?)?;
            put(&mut out, fat + 4 * dice.below(sector / 4), 4, dice);
        }
        2 => {
            let directory = place(word(48)?)?;
            let entry = directory + 128 * dice.below(sector / 128);
            match dice.one_in(4) {
                true => {
                    let letter = entry + 2 * dice.below(12);
                    put(&mut out, letter, 2, dice);
                }
                false => {
                    let (at, width) = dice.pick(ENTRY);
                    put(&mut out, entry + at, width, dice);
                }
            }
        }
        _ => {
            // Records begin with their type and length, so that the start of a
            // sector often is a header.
            let sectors = file.len() / sector;
            let at = sector * dice.below(sectors.max(1)) + dice.below(16);
            put(&mut out, at, dice.pick(&[1, 2, 4]), dice);
        }
    }
    Some(out)
}

fn put(file: &mut [u8], at: usize, width: usize, dice: &mut Dice) {
    let value = match dice.one_in(3) {
        // A sector that exists.
        true => dice.below(file.len() / 512) as u64,
        false => dice.extreme(),
    };
    if let Some(place) = file.get_mut(at..at + width) {
        place.copy_from_slice(&value.to_le_bytes()[..width]);
    }
}
