//! Addresses and domains, made fallibly at the edge.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A domain name in lower case, in the form it was given (U-label or A-label).
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct Domain(String);

/// A mailbox, `local-part@domain` (RFC 5321 section 4.1.2; RFC 6531 for
/// characters outside ASCII). The domain is compared without case. So is the
/// local part: RFC 5321 lets the receiving host alone give its case a
/// meaning, none in a school does, and a rule that `J.Smith` escapes but
/// `j.smith` meets would be no rule. [`Address::as_str`] keeps the spelling.
#[derive(Debug, Clone)]
pub struct Address {
    text: String,
    /// Byte offset of the last `@`.
    at: usize,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    #[error("\"{0}\" is no address: it has no @")]
    NoAt(String),
    #[error(
        "\"{0}\" is no address: its local part is empty, too long or has a character that needs quotes"
    )]
    LocalPart(String),
    #[error("\"{0}\" is no domain name")]
    Domain(String),
}

impl Domain {
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether this is `other` or one of its subdomains.
    pub fn is_within(&self, other: &Self) -> bool {
        self.0
            .strip_suffix(other.as_str())
            .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    }
}

impl FromStr for Domain {
    type Err = AddressError;

    fn from_str(s: &str) -> Result<Self, AddressError> {
        let name = s.trim().trim_end_matches('.').to_lowercase();
        let literal = name.starts_with('[') && name.ends_with(']') && name.len() > 2;
        let labels = name.split('.').all(|label| {
            (1..=63).contains(&label.len())
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label
                    .chars()
                    .all(|c| c == '-' || c == '_' || c.is_alphanumeric())
        });
        if name.len() > 253 || !(literal || labels) {
            return Err(AddressError::Domain(s.to_owned()));
        }
        Ok(Self(name))
    }
}

impl fmt::Display for Domain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Address {
    pub fn as_str(&self) -> &str {
        &self.text
    }

    pub fn local_part(&self) -> &str {
        &self.text[..self.at]
    }

    /// The domain in lower case.
    pub fn domain(&self) -> Domain {
        Domain(
            self.text[self.at + 1..]
                .trim_end_matches('.')
                .to_lowercase(),
        )
    }

    /// The whole address in lower case: the form to compare, hash and store.
    pub fn folded(&self) -> String {
        self.text.to_lowercase()
    }
}

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(s: &str) -> Result<Self, AddressError> {
        let s = s.trim();
        let at = s
            .rfind('@')
            .ok_or_else(|| AddressError::NoAt(s.to_owned()))?;
        let (local, domain) = (&s[..at], &s[at + 1..]);
        let quoted = local.len() >= 2 && local.starts_with('"') && local.ends_with('"');
        let plain = local
            .chars()
            .all(|c| !c.is_control() && !c.is_whitespace() && !r#"()<>[]:;@\,""#.contains(c));
        // RFC 5321 section 4.5.3.1.1 allows 64 octets; more are met in the
        // wild (VERP), so the limit here only keeps nonsense out.
        if local.is_empty() || local.len() > 256 || !(quoted || plain) {
            return Err(AddressError::LocalPart(s.to_owned()));
        }
        domain.parse::<Domain>()?;
        Ok(Self {
            text: s.to_owned(),
            at,
        })
    }
}

impl PartialEq for Address {
    fn eq(&self, other: &Self) -> bool {
        self.folded() == other.folded()
    }
}

impl Eq for Address {}

impl std::hash::Hash for Address {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.folded().hash(state);
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Serialize for Address {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

impl<'de> Deserialize<'de> for Address {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl<'de> Deserialize<'de> for Domain {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_parse_and_compare_without_case() {
        let address: Address = "J.Smith@Greenfold.sch.Example".parse().expect("plain");
        assert_eq!(address.local_part(), "J.Smith");
        assert_eq!(address.domain().as_str(), "greenfold.sch.example");
        assert_eq!(
            address,
            "j.smith@greenfold.sch.example".parse().expect("plain")
        );
        let quoted: Address = "\"a b@c\"@d.example".parse().expect("quoted");
        assert_eq!(quoted.local_part(), "\"a b@c\"");
        assert!("łukasz@szkoła.example".parse::<Address>().is_ok());
        assert!("postmaster@[127.0.0.1]".parse::<Address>().is_ok());
    }

    #[test]
    fn nonsense_is_refused() {
        for bad in [
            "",
            "smith",
            "@d.example",
            "a b@d.example",
            "a@",
            "a@-d",
            "a@d..e",
            "a\r@d.example",
        ] {
            assert!(bad.parse::<Address>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn subdomains_lie_within() {
        let council: Domain = "northshire-council.example".parse().expect("domain");
        let secure: Domain = "secure.northshire-council.example".parse().expect("domain");
        let other: Domain = "notnorthshire-council.example".parse().expect("domain");
        assert!(secure.is_within(&council) && council.is_within(&council));
        assert!(!council.is_within(&secure) && !other.is_within(&council));
    }
}
