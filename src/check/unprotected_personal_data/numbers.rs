//! Check digits: whether a number can be what it seems to be.

/// Unique Pupil Number: check letter, local authority, school, year, serial
/// number; the last character of a temporary one is a letter.
pub(super) fn is_upn(text: &str) -> bool {
    const LETTERS: &[u8] = b"ABCDEFGHJKLMNPQRTUVWXYZ";
    let text = text.trim();
    if text.len() != 13 {
        return false;
    }
    let value = |byte: u8| {
        LETTERS
            .iter()
            .position(|&letter| letter == byte.to_ascii_uppercase())
    };
    let (check, rest) = text.as_bytes().split_at(1);
    let mut sum = 0;
    for (index, &byte) in rest.iter().enumerate() {
        let digit = match byte {
            b'0'..=b'9' => usize::from(byte - b'0'),
            _ if index == 11 => match value(byte) {
                Some(value) => value,
                None => return false,
            },
            _ => return false,
        };
        sum += digit * (index + 2);
    }
    value(check[0]) == Some(sum % 23)
}

/// The sum of the digits, weighted 10 to 1, modulo 11.
pub(super) fn mod_11(digits: [u8; 10]) -> u32 {
    digits
        .iter()
        .zip((1..=10).rev())
        .map(|(&digit, weight)| u32::from(digit) * weight)
        .sum::<u32>()
        % 11
}

pub(super) fn is_uln(digits: [u8; 10]) -> bool {
    digits[0] != 0 && mod_11(digits) == 10
}

/// ISO 13616: the first four characters go to the end, letters count from 10,
/// and the number modulo 97 is 1.
pub(super) fn is_iban(text: &str) -> bool {
    let text: Vec<u8> = text.bytes().filter(|byte| *byte != b' ').collect();
    if !(15..=34).contains(&text.len()) || !text[..2].iter().all(u8::is_ascii_alphabetic) {
        return false;
    }
    let mut remainder = 0_u32;
    for byte in text[4..].iter().chain(&text[..4]) {
        let Some(value) = (*byte as char).to_digit(36) else {
            return false;
        };
        remainder = (remainder * if value > 9 { 100 } else { 10 } + value) % 97;
    }
    remainder == 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn check_digits_hold() {
        for upn in [
            "B801200005001",
            "R674123101121",
            "E801214514037",
            "Q80121452403A",
            "b801200005001",
        ] {
            assert!(is_upn(upn), "{upn}");
        }
        for upn in [
            "A801214514037",
            "I926308819004",
            "Q32020511211",
            "Q80121452403I",
            "",
            "B80120000500\u{e9}",
            "B8012000050012",
        ] {
            assert!(!is_upn(upn), "{upn}");
        }
        let digits = |number: &str| -> [u8; 10] {
            let digits: Vec<u8> = number.bytes().map(|byte| byte - b'0').collect();
            digits.try_into().expect("ten digits")
        };
        assert_eq!(mod_11(digits("9993729884")), 0);
        assert_ne!(mod_11(digits("9993729885")), 0);
        assert!(is_uln(digits("9276308686")) && !is_uln(digits("9276308687")));
        assert!(is_iban("GB82 WEST 1234 5698 7654 32") && !is_iban("GB82 TEST 1234 5698 7654 32"));
        assert!(!is_iban("GB82 WEST 1234 5698 7654 3\u{e9}") && !is_iban(""));
    }
}
