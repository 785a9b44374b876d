//! Compressed RTF, in which Outlook keeps the bodies of its messages
//! (MS-OXRTFCP).

/// What the dictionary holds before the first byte (section 2.1.2.1).
const START: &[u8; 207] = b"{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern \\fscript \\fdecor MS Sans SerifSymbolArialTimes New RomanCourier{\\colortbl\\red0\\green0\\blue0\r\n\\par \\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx";
const DICTIONARY: usize = 4_096;
const HEADER: usize = 16;

/// Unpacks it, to at most eight and a half times its size; `None` if it is not
/// of this format or ends too soon.
pub(crate) fn unpack(packed: &[u8]) -> Option<Vec<u8>> {
    let body = packed.get(HEADER..)?;
    match packed.get(8..12)? {
        b"LZFu" => decompress(body),
        b"MELA" => {
            let size = u32::from_le_bytes(packed[4..8].try_into().ok()?);
            Some(body.get(..usize::try_from(size).ok()?)?.to_vec())
        }
        _ => None,
    }
}

fn decompress(mut packed: &[u8]) -> Option<Vec<u8>> {
    let mut dictionary = [0; DICTIONARY];
    dictionary[..START.len()].copy_from_slice(START);
    let mut at = START.len();
    let mut out = Vec::new();
    loop {
        let (&control, rest) = packed.split_first()?;
        packed = rest;
        for bit in 0..8 {
            let (offset, length) = if control >> bit & 1 == 0 {
                let (&byte, rest) = packed.split_first()?;
                packed = rest;
                dictionary[at] = byte;
                (at, 1)
            } else {
                let (&pair, rest) = packed.split_first_chunk()?;
                packed = rest;
                let reference = usize::from(u16::from_be_bytes(pair));
                // A reference to the place of writing is the end.
                if reference >> 4 == at {
                    return Some(out);
                }
                (reference >> 4, (reference & 15) + 2)
            };
            for i in 0..length {
                let byte = dictionary[(offset + i) % DICTIONARY];
                dictionary[at] = byte;
                at = (at + 1) % DICTIONARY;
                out.push(byte);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(hex: &str, expected: Option<&[u8]>) {
        let bytes: Vec<u8> = hex
            .split_whitespace()
            .map(|byte| u8::from_str_radix(byte, 16).expect("hexadecimal"))
            .collect();
        assert_eq!(unpack(&bytes).as_deref(), expected);
    }

    /// The examples of MS-OXRTFCP, section 4.
    #[test]
    fn the_specifications_examples_are_unpacked() {
        let simple = "2d 00 00 00 2b 00 00 00 4c 5a 46 75 f1 c5 c7 a7 03 00 0a 00 72 63 70 67 31 32 35 42 32 0a f3 20 68 65 6c 09 00 20 62 77 05 b0 6c 64 7d 0a 80 0f a0";
        let text = b"{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n";
        check(simple, Some(text));
        check(&simple[..simple.len() - 9], None);
        let crossing = "1a 00 00 00 1c 00 00 00 4c 5a 46 75 e2 d4 4b 51 41 00 04 20 57 58 59 5a 0d 6e 7d 01 0e b0";
        check(crossing, Some(b"{\\rtf1 WXYZWXYZWXYZWXYZWXYZ}"));
    }
}
