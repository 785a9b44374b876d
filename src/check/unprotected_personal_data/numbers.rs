//! Check digits: whether a number can be what it seems to be.
//!
//! Everything here takes a number without the spaces, hyphens and cells that
//! people put into it.

/// Letters and their values in a Unique Pupil Number.
const UPN_LETTERS: &[u8; 23] = b"ABCDEFGHJKLMNPQRTUVWXYZ";

/// Unique Pupil Number: check letter, local authority, school, year, serial
/// number; the last character of a temporary one is a letter.
pub(super) fn is_upn(text: &str) -> bool {
    if !is_upn_shaped(text.as_bytes()) {
        return false;
    }
    let value = |byte: u8| {
        UPN_LETTERS
            .iter()
            .position(|&letter| letter == byte.to_ascii_uppercase())
    };
    let (check, rest) = text.as_bytes().split_at(1);
    let sum = rest.iter().zip(2..).try_fold(0, |sum, (&byte, weight)| {
        let digit = match byte {
            b'0'..=b'9' => usize::from(byte - b'0'),
            _ => value(byte)?,
        };
        Some(sum + digit * weight)
    });
    sum.is_some_and(|sum| value(check[0]) == Some(sum % 23))
}

/// A letter, eleven digits, and a digit or letter.
pub(super) fn is_upn_shaped(bytes: &[u8]) -> bool {
    matches!(bytes, [first, digits @ .., last]
        if digits.len() == 11
            && first.is_ascii_alphabetic()
            && digits.iter().all(u8::is_ascii_digit)
            && last.is_ascii_alphanumeric())
}

/// The sum of the digits, weighted 10 to 1, modulo 11.
fn mod_11(digits: &[u8; 10]) -> u32 {
    digits
        .iter()
        .zip((1..=10).rev())
        .map(|(&digit, weight)| u32::from(digit) * weight)
        .sum::<u32>()
        % 11
}

/// NHS number of England, Wales and the Isle of Man.
pub(super) fn is_nhs(digits: &[u8; 10]) -> bool {
    mod_11(digits) == 0 && digits.iter().any(|&digit| digit != digits[0])
}

/// Unique Learner Number.
pub(super) fn is_uln(digits: &[u8; 10]) -> bool {
    digits[0] != 0 && mod_11(digits) == 10
}

/// Scotland's Community Health Index number: a day of birth, then as the NHS
/// number.
pub(super) fn is_chi(digits: &[u8; 10]) -> bool {
    let day = digits[0] * 10 + digits[1];
    let month = digits[2] * 10 + digits[3];
    (1..=31).contains(&day) && (1..=12).contains(&month) && is_nhs(digits)
}

/// National Insurance number: two letters, six digits, a letter from A to D;
/// some letters and pairs are never given out, and `QQ` is for examples.
pub(super) fn is_nino(number: &[u8]) -> bool {
    let [first, second, digits @ .., suffix] = number else {
        return false;
    };
    let pair = [first.to_ascii_uppercase(), second.to_ascii_uppercase()];
    digits.len() == 6
        && digits.iter().all(u8::is_ascii_digit)
        && pair.iter().all(u8::is_ascii_uppercase)
        && !pair.iter().any(|letter| b"DFIQUV".contains(letter))
        && pair[1] != b'O'
        && ![b"BG", b"GB", b"KN", b"NK", b"NT", b"TN", b"ZZ"].contains(&&pair)
        && matches!(suffix.to_ascii_uppercase(), b'A'..=b'D')
}

/// Payment cards: an issuer's range with its length (ISO/IEC 7812), and the
/// Luhn sum. The numbers that payment services publish for tests are nobody's.
pub(super) fn is_card(digits: &[u8]) -> bool {
    const TESTS: [u64; 6] = [
        4_111_111_111_111_111,
        4_242_424_242_424_242,
        4_012_888_888_881_881,
        5_555_555_555_554_444,
        5_105_105_105_105_100,
        378_282_246_310_005,
    ];
    if !(13..=19).contains(&digits.len()) {
        return false;
    }
    let number = digits
        .iter()
        .fold(0_u64, |number, &digit| number * 10 + u64::from(digit));
    let head = digits[..4]
        .iter()
        .fold(0_u16, |head, &digit| head * 10 + u16::from(digit));
    let issued = match (head, digits.len()) {
        // Visa.
        (4000..=4999, 13 | 16 | 19) => true,
        // Mastercard.
        (5100..=5599 | 2221..=2720, 16) => true,
        // American Express; Diners Club.
        (3400..=3499 | 3700..=3799, 15) => true,
        (3000..=3059 | 3600..=3699 | 3800..=3999, 14..=19) => true,
        // Discover, UnionPay; JCB; Maestro.
        (6011 | 6200..=6299 | 6440..=6599 | 3528..=3589, 16..=19) => true,
        (5000..=5099 | 5600..=5899 | 6300..=6399 | 6700..=6799, 13..=19) => true,
        _ => false,
    };
    let luhn = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(place, &digit)| match (place % 2, digit * 2) {
            (0, _) => u32::from(digit),
            (_, double @ 10..) => u32::from(double - 9),
            (_, double) => u32::from(double),
        })
        .sum::<u32>();
    issued && luhn % 10 == 0 && !TESTS.contains(&number)
}

/// The length of an IBAN by its country (the registry of ISO 13616).
pub(super) fn iban_length(country: [u8; 2]) -> Option<usize> {
    const LENGTHS: &[(usize, &str)] = &[
        (15, "NO"),
        (16, "BE"),
        (18, "DK FK FI FO GL NL SD"),
        (19, "MK SI"),
        (20, "AT BA EE KZ LT LU MN XK"),
        (21, "CH HR LI LV"),
        (22, "BG BH CR DE GB GE IE ME RS VA"),
        (23, "AE GI IL IQ OM SO TL"),
        (24, "AD CZ ES MD PK RO SA SE SK TN VG"),
        (25, "LY PT ST"),
        (26, "IS TR"),
        (27, "BI DJ FR GR IT MC MR SM"),
        (28, "AL AZ BY CY DO GT HU LB NI PL SV"),
        (29, "BR EG PS QA UA"),
        (30, "JO KW MU YE"),
        (31, "MT SC"),
        (32, "LC"),
        (33, "RU"),
    ];
    let country = country.map(|byte| byte.to_ascii_uppercase());
    LENGTHS
        .iter()
        .find(|(_, countries)| countries.split(' ').any(|code| *code.as_bytes() == country))
        .map(|&(length, _)| length)
}

/// ISO 13616: the length is the country's, and with the first four characters
/// at the end, and letters counted from 10, the number modulo 97 is 1.
pub(super) fn is_iban(number: &[u8]) -> bool {
    let &[first, second, ref rest @ ..] = number else {
        return false;
    };
    let check = rest.get(..2);
    iban_length([first, second]) == Some(number.len())
        && check.is_some_and(|check| check.iter().all(u8::is_ascii_digit))
        && number[4..]
            .iter()
            .chain(&number[..4])
            .try_fold(0, |remainder: u32, &byte| {
                let value = (byte as char).to_digit(36)?;
                Some((remainder * if value > 9 { 100 } else { 10 } + value) % 97)
            })
            == Some(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digits(number: &str) -> Vec<u8> {
        number.bytes().map(|byte| byte - b'0').collect()
    }

    fn ten(number: &str) -> [u8; 10] {
        digits(number).try_into().expect("ten digits")
    }

    #[test]
    fn pupil_numbers_have_a_check_letter() {
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
            "B80120A005001",
        ] {
            assert!(!is_upn(upn), "{upn}");
        }
    }

    #[test]
    fn numbers_of_ten_digits_are_told_apart_by_their_sums() {
        for (number, nhs, uln, chi) in [
            ("9993729884", true, false, false),
            ("9993729885", false, false, false),
            ("9276308686", false, true, false),
            ("9276308687", true, false, false),
            ("0304129992", true, false, true),
            ("4304129996", true, false, false),
            ("0000000000", false, false, false),
            ("1111111111", false, false, false),
        ] {
            let number = &ten(number);
            let found = (is_nhs(number), is_uln(number), is_chi(number));
            assert_eq!(found, (nhs, uln, chi), "{number:?}");
        }
    }

    #[test]
    fn national_insurance_numbers_keep_to_the_letters_given_out() {
        for (number, expected) in [
            ("AB123456C", true),
            ("jk123456d", true),
            ("QQ123456C", false),
            ("GB123456A", false),
            ("TN123456A", false),
            ("DA123456A", false),
            ("AO123456A", false),
            ("OA123456A", true),
            ("AB123456E", false),
            ("AB12345C", false),
            ("AB12345", false),
            ("AB", false),
            ("", false),
            ("A\u{e9}123456C", false),
        ] {
            assert_eq!(is_nino(number.as_bytes()), expected, "{number}");
        }
    }

    #[test]
    fn cards_have_an_issuer_a_length_and_a_sum() {
        for (number, expected) in [
            ("4929123456789012", false),
            ("4929123456789019", false),
            ("4929123456781234", false),
            ("4000056655665556", true),
            ("5200828282828210", true),
            ("2223003122003222", true),
            ("371449635398431", true),
            ("30569309025904", true),
            ("6011000990139424", true),
            ("3566002020360505", true),
            ("4111111111111111", false),
            ("1234567812345670", false),
            ("9780306406157", false),
            ("400005665566555", false),
            ("4000056655665557", false),
            ("", false),
        ] {
            assert_eq!(is_card(&digits(number)), expected, "{number}");
        }
        assert!(!is_card(&[9; 200]));
    }

    #[test]
    fn accounts_of_all_countries_have_their_length() {
        for (number, expected) in [
            ("GB82WEST12345698765432", true),
            ("gb82west12345698765432", true),
            ("GB83WEST12345698765432", false),
            ("GB82TEST12345698765432", false),
            ("DE89370400440532013000", true),
            ("FR1420041010050500013M02606", true),
            ("NO9386011117947", true),
            ("NO938601111794", false),
            ("ZZ82WEST12345698765432", false),
            ("GBWEST8212345698765432", false),
            ("GB82WEST1234569876543\u{e9}", false),
            ("GB", false),
            ("", false),
        ] {
            assert_eq!(is_iban(number.as_bytes()), expected, "{number}");
        }
    }
}
