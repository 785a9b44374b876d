//! A name and a password, as the mechanism PLAIN brings them (RFC 4616).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

#[derive(PartialEq, Eq)]
pub(crate) struct Credentials {
    pub(crate) name: String,
    pub(crate) password: String,
}

impl Credentials {
    /// Out of base64: whom to act as, a NUL, the name, a NUL, the password.
    /// Nobody acts as anybody else here.
    pub(crate) fn parse(base64: &[u8]) -> Option<Self> {
        let message = String::from_utf8(STANDARD.decode(base64).ok()?).ok()?;
        let mut parts = message.split('\0');
        let (acting, name, password) = (parts.next()?, parts.next()?, parts.next()?);
        let sound = parts.next().is_none()
            && !name.is_empty()
            && !password.is_empty()
            && (acting.is_empty() || acting == name);
        sound.then(|| Self {
            name: name.to_owned(),
            password: password.to_owned(),
        })
    }
}

/// Neither has any business in a log: who mistypes may give the password for
/// the name.
impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Credentials")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_passwords_are_found() {
        let check = |message: &str, expected: Option<(&str, &str)>| {
            let found = Credentials::parse(STANDARD.encode(message).as_bytes());
            let found = found.map(|found| (found.name, found.password));
            let expected = expected.map(|(name, word)| (name.to_owned(), word.to_owned()));
            assert_eq!(found, expected, "{message:?}");
        };
        check("\0copier\0a b c", Some(("copier", "a b c")));
        check("copier\0copier\0x", Some(("copier", "x")));
        check("\0größe\0ß", Some(("größe", "ß")));
        check("head\0copier\0x", None);
        check("\0copier\0", None);
        check("\0\0x", None);
        check("\0copier", None);
        check("\0copier\0x\0y", None);
        check("", None);
        for broken in ["=", "AGEAYg", "AGEAYg==\r", "*", "\u{e4}", "AP8A/w=="] {
            assert!(Credentials::parse(broken.as_bytes()).is_none(), "{broken}");
        }
    }

    proptest::proptest! {
        #[test]
        fn nothing_panics(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..60)) {
            let _ = Credentials::parse(&bytes);
            let _ = Credentials::parse(STANDARD.encode(&bytes).as_bytes());
        }
    }
}
