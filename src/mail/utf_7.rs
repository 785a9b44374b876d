//! UTF-7 (RFC 2152): letters in base64 between `+` and `-`.

/// The text of `bytes`; what is no UTF-7 stands for itself.
pub(super) fn decode(bytes: &[u8]) -> String {
    let mut units: Vec<u16> = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        if byte != b'+' {
            units.push(u16::from(byte));
            continue;
        }
        if let Some(after) = rest.strip_prefix(b"-") {
            units.push(u16::from(b'+'));
            rest = after;
            continue;
        }
        let length = rest.iter().take_while(|&&b| sextet(b).is_some()).count();
        if length == 0 {
            units.push(u16::from(b'+'));
            continue;
        }
        let (run, after) = rest.split_at(length);
        push(run, &mut units);
        rest = after.strip_prefix(b"-").unwrap_or(after);
    }
    String::from_utf16_lossy(&units)
}

/// The letters of one run; bits that are left over are filling.
fn push(run: &[u8], units: &mut Vec<u16>) {
    let (mut bits, mut count) = (0_u32, 0);
    for value in run.iter().copied().filter_map(sextet) {
        bits = bits << 6 | u32::from(value);
        count += 6;
        if count >= 16 {
            count -= 16;
            units.push((bits >> count) as u16);
            bits &= (1 << count) - 1;
        }
    }
}

fn sextet(byte: u8) -> Option<u8> {
    Some(match byte {
        b'A'..=b'Z' => byte - b'A',
        b'a'..=b'z' => byte - b'a' + 26,
        b'0'..=b'9' => byte - b'0' + 52,
        b'+' => 62,
        b'/' => 63,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_are_decoded_and_all_else_stands() {
        for (bytes, expected) in [
            ("Zo+AOs-", "Zoë"),
            ("Zo+AOs was late", "Zoë was late"),
            ("+AFEAdQBpAGwAbA-", "Quill"),
            ("2 +- 3", "2 + 3"),
            ("2 + 3", "2 + 3"),
            ("+2D3eAA-", "😀"),
            ("+2D0-", "\u{fffd}"),
            ("+A", ""),
            ("+", "+"),
            ("", ""),
        ] {
            assert_eq!(decode(bytes.as_bytes()), expected, "{bytes}");
        }
    }
}
