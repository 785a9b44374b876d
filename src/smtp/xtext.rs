//! Xtext (RFC 3461 section 4): how anything is said in a parameter.

/// What it says; `None` where it is no xtext, or says control characters.
pub(crate) fn decoded(xtext: &str) -> Option<String> {
    let mut octets = Vec::with_capacity(xtext.len());
    let mut rest = xtext.bytes();
    while let Some(octet) = rest.next() {
        octets.push(match octet {
            b'+' => {
                let (high, low) = (rest.next()?, rest.next()?);
                let digit = |digit: u8| char::from(digit).to_digit(16);
                u8::try_from(digit(high)? * 16 + digit(low)?).ok()?
            }
            b'=' => return None,
            octet => octet,
        });
    }
    let text = String::from_utf8(octets).ok()?;
    (!text.chars().any(char::is_control)).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn octets_are_two_digits_behind_a_plus() {
        let check = |xtext: &str, expected: Option<&str>| {
            assert_eq!(decoded(xtext).as_deref(), expected, "{xtext}");
        };
        check("", Some(""));
        check("QQ314", Some("QQ314"));
        check("a+2Bb+3D+3d", Some("a+b=="));
        check("a+20b", Some("a b"));
        check("+C3+A4", Some("ä"));
        for broken in ["+", "+2", "+2G", "++2B", "a=b", "+C3", "+é1", "+-1"] {
            check(broken, None);
        }
        for control in ["+0D+0A", "a+00", "+7F", "+C2+85", "+1B[31m"] {
            check(control, None);
        }
    }
}
