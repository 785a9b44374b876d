//! Ways in which a file may be broken, by chance or by design: blindly, byte by
//! byte, and knowingly, so that the change gets past the container into what it
//! holds. Some leave the file readable for every program but a careless one.

use crate::dice::Dice;

mod bytes;
mod lines;
mod markup;
mod ole;
mod packed;
mod pdf;
mod zip;

/// Containers in containers are opened so deep.
const DEEPEST: u32 = 3;

/// What becomes of a file in a case.
pub(crate) fn mutate(file: &[u8], dice: &mut Dice) -> Vec<u8> {
    let times = match dice.below(10) {
        0 => 4,
        1 | 2 => 2,
        _ => 1,
    };
    let mut file = file.to_vec();
    for _ in 0..times {
        file = once(file, dice, 0);
    }
    file
}

/// One change, by what the file looks like.
fn once(file: Vec<u8>, dice: &mut Dice, depth: u32) -> Vec<u8> {
    if depth > DEEPEST || dice.below(10) < 3 {
        return bytes::change(file, dice);
    }
    let changed = if file.starts_with(b"PK\x03\x04") {
        zip::change(&file, dice, depth)
    } else if file.starts_with(b"%PDF-") {
        pdf::change(&file, dice)
    } else if file.starts_with(b"\xd0\xcf\x11\xe0") {
        ole::change(&file, dice)
    } else if file.starts_with(b"\x1f\x8b") {
        packed::change(&file, dice, depth)
    } else if is_words(&file) {
        match file.trim_ascii_start().starts_with(b"<") || dice.one_in(8) {
            true => Some(markup::change(&file, dice)),
            false => Some(lines::change(&file, dice)),
        }
    } else {
        None
    };
    changed.unwrap_or_else(|| bytes::change(file, dice))
}

fn is_words(file: &[u8]) -> bool {
    let head = &file[..file.len().min(1024)];
    let words = head
        .iter()
        .filter(|b| b.is_ascii_graphic() || b" \r\n\t".contains(b));
    words.count() * 10 >= head.len() * 9
}

/// Every place where these bytes are.
fn places(of: &[u8], within: &[u8]) -> Vec<usize> {
    memchr::memmem::find_iter(within, of).collect()
}

fn replaced(within: &[u8], range: std::ops::Range<usize>, by: &[u8]) -> Vec<u8> {
    [&within[..range.start], by, &within[range.end..]].concat()
}
