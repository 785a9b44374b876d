//! BinHex 4.0 (RFC 1741): a Macintosh file in lines of text, between colons.

use std::ops::Range;

use memchr::memmem;

const MARK: &[u8] = b"BinHex 4.0";
const LETTERS: &[u8; 64] = b"!\"#$%&'()*+,-012345689@ABCDEFGHIJKLMNPQRSTUVXYZ[`abcdefhijklmpqr";
/// The most that the runs of one file may become: 32 MB.
const MOST: usize = 32 * 1024 * 1024;
/// Stands before the number of times that the byte before it is repeated.
const REPEAT: u8 = 0x90;

/// A file in BinHex. Its second fork, which no mail program shows, is left out.
#[derive(Debug, PartialEq, Eq)]
pub struct BinHex {
    pub name: Vec<u8>,
    pub bytes: Vec<u8>,
    /// It ends before its file does.
    pub cut: bool,
    /// Where it stood in the text.
    pub range: Range<usize>,
}

/// The first file at or after `from`.
pub fn find(text: &[u8], from: usize) -> Option<BinHex> {
    let mut at = from;
    loop {
        let mark = at + memmem::find(text.get(at..)?, MARK)?;
        at = mark + MARK.len();
        let start = line_start(text, mark);
        // Only white space and the rest of the line stand before the colon.
        let rest = &text[at..text.len().min(at + 200)];
        let line = memchr::memchr2(b'\n', b'\r', rest)?;
        let gap = rest[line..]
            .iter()
            .take_while(|b| b.is_ascii_whitespace())
            .count();
        if rest.get(line + gap) != Some(&b':') {
            continue;
        }
        let begin = at + line + gap + 1;
        let end = memchr::memchr(b':', &text[begin..]).map_or(text.len(), |n| begin + n);
        let bytes = expand(&sextets(&text[begin..end]));
        if let Some((name, bytes, cut)) = file(&bytes) {
            return Some(BinHex {
                name,
                bytes,
                cut,
                range: start..(end + 1).min(text.len()),
            });
        }
    }
}

fn line_start(text: &[u8], at: usize) -> usize {
    memchr::memrchr(b'\n', &text[..at]).map_or(0, |n| n + 1)
}

fn sextets(letters: &[u8]) -> Vec<u8> {
    let mut values = [None; 256];
    for (value, letter) in (0_u8..).zip(LETTERS) {
        values[usize::from(*letter)] = Some(value);
    }
    let mut out = Vec::with_capacity(letters.len() / 4 * 3);
    let (mut bits, mut count) = (0_u32, 0);
    for value in letters
        .iter()
        .filter_map(|&letter| values[usize::from(letter)])
    {
        bits = bits << 6 | u32::from(value);
        count += 6;
        if count >= 8 {
            count -= 8;
            out.push((bits >> count) as u8);
            bits &= (1 << count) - 1;
        }
    }
    out
}

/// Undoes the runs, of which one is at most 255 bytes of two or three.
fn expand(packed: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(packed.len());
    let mut bytes = packed.iter().copied();
    while let Some(byte) = bytes.next().filter(|_| out.len() < MOST) {
        match byte {
            REPEAT => match bytes.next() {
                None | Some(0) => out.push(REPEAT),
                Some(times) => {
                    let last = out.last().copied().unwrap_or_default();
                    out.extend(std::iter::repeat_n(last, usize::from(times) - 1));
                }
            },
            _ => out.push(byte),
        }
    }
    out
}

/// Name and first fork, and whether that is cut.
fn file(bytes: &[u8]) -> Option<(Vec<u8>, Vec<u8>, bool)> {
    let (&length, rest) = bytes.split_first()?;
    let name = rest.get(..usize::from(length))?;
    // Version, type, creator and flags stand before the lengths.
    let lengths = rest.get(usize::from(length) + 11..)?;
    let size = u32::from_be_bytes(*lengths.first_chunk()?) as usize;
    let fork = lengths.get(10..)?;
    let kept = &fork[..fork.len().min(size)];
    let is_name = !name.is_empty() && !name.iter().any(u8::is_ascii_control);
    is_name.then(|| (name.to_vec(), kept.to_vec(), kept.len() < size))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A file `a.txt` of the words "Zoe" and sixteen times "a".
    const FILE: &str = "(This file must be converted with BinHex 4.0)\r\n\r\n:\"@%ZG(Kd!&4&@&3r\"";

    #[test]
    fn what_is_no_file_is_passed_over() {
        for text in [
            "BinHex 4.0",
            "BinHex 4.0\r\n",
            "BinHex 4.0\r\n:",
            "BinHex 4.0\r\n:!!!!!!!!:",
            "I know BinHex 4.0 well.\r\nDo you?",
            FILE,
        ] {
            assert_eq!(find(text.as_bytes(), 0), None, "{text}");
        }
        assert_eq!(find(&b"BinHex 4.0\n:".repeat(20_000), 0), None);
    }

    #[test]
    fn runs_are_expanded() {
        assert_eq!(expand(b"a\x90\x04b"), b"aaaab");
        assert_eq!(expand(b"\x90\0\x90"), b"\x90\x90");
        assert_eq!(expand(b"a\x90\x01"), b"a");
        assert_eq!(expand(b"\x90\xff").len(), 254);
    }
}
