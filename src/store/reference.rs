//! How people name a hold, on the telephone and in a subject line.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::StoreError;
use super::seal::random;

/// Letters and digits without I, L, O and U, as Crockford has it.
const DIGITS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// How people name a hold: `EX-7K3M-2QFD`, of letters and digits that are not
/// taken for one another.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Reference(pub Arc<str>);

impl Reference {
    /// A new reference of 40 random bits; the store refuses one that is taken.
    pub fn random() -> Result<Self, StoreError> {
        let bits = random::<5>()?;
        let bits = bits
            .iter()
            .fold(0, |bits, byte| bits << 8 | u64::from(*byte));
        let digit = |place: u64| char::from(DIGITS[(bits >> (5 * place)) as usize & 31]);
        let half = |from: u64| (from..from + 4).map(digit).collect::<String>();
        Ok(Self(format!("EX-{}-{}", half(0), half(4)).into()))
    }

    /// The reference that a person typed, whose eyes or fingers may have
    /// taken a letter for its like; `None` if it can be none.
    pub fn parse(text: &str) -> Option<Self> {
        let text: String = text
            .trim()
            .to_ascii_uppercase()
            .chars()
            .filter(|c| !matches!(c, '-' | ' '))
            .collect();
        let digits: String = text
            .strip_prefix("EX")?
            .chars()
            .map(|c| match c {
                'I' | 'L' => '1',
                'O' => '0',
                other => other,
            })
            .collect();
        let sound = digits.len() == 8
            && digits
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() && b != b'U');
        sound.then(|| Self(format!("EX-{}-{}", &digits[..4], &digits[4..]).into()))
    }
}

impl std::fmt::Display for Reference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn references_have_their_form_and_differ() {
        let made: HashSet<Reference> = (0..500)
            .map(|_| Reference::random().expect("random"))
            .collect();
        assert_eq!(made.len(), 500);
        for reference in made {
            assert_eq!(reference.0.len(), "EX-7K3M-2QFD".len());
            assert_eq!(Reference::parse(&reference.0), Some(reference));
        }
    }

    #[test]
    fn what_people_type_is_understood() {
        let check = |typed: &str, expected: Option<&str>| {
            let parsed = Reference::parse(typed);
            assert_eq!(
                parsed.as_ref().map(|reference| &*reference.0),
                expected,
                "{typed:?}"
            );
        };
        check("EX-7K3M-2QFD", Some("EX-7K3M-2QFD"));
        check(" ex-7k3m-2qfd\n", Some("EX-7K3M-2QFD"));
        check("EX7K3M2QFD", Some("EX-7K3M-2QFD"));
        check("ex 7k3m 2qfd", Some("EX-7K3M-2QFD"));
        check("EX-OIL0-0000", Some("EX-0110-0000"));
        for bad in [
            "",
            "EX",
            "EX-7K3M-2QF",
            "EX-7K3M-2QFDD",
            "7K3M-2QFD",
            "EX-7K3M-2QFU",
            "EX-7K3M-2QF'",
            "EX-7K3M-2QFÉ",
        ] {
            check(bad, None);
        }
    }
}
