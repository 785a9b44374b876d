//! What a proxy tells of the client that it speaks for (Postfix's
//! `XCLIENT_README` and `XFORWARD_README`).

use std::net::IpAddr;

use super::command::is_host;
use super::reply::Reply;
use super::xtext::decoded;

/// The client behind a proxy, as far as it was told.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Origin {
    pub(crate) address: Option<IpAddr>,
    pub(crate) helo: Option<String>,
}

const ATTRIBUTE: Reply = Reply::new(501, "5.5.4 Attributes are written NAME=value, in xtext");
const ADDRESS: Reply = Reply::new(501, "5.5.4 This is no address of a client");

/// Those that are taken, and what is done about most of them is nothing.
const KNOWN: [&str; 9] = [
    "NAME", "ADDR", "PORT", "PROTO", "HELO", "IDENT", "SOURCE", "DESTADDR", "DESTPORT",
];

impl Origin {
    /// Out of what stands behind the command.
    pub(crate) fn parse(words: &str) -> Result<Self, Reply> {
        let mut origin = Self::default();
        if words.is_empty() {
            return Err(ATTRIBUTE);
        }
        for word in words.split_ascii_whitespace() {
            let (name, value) = word.split_once('=').ok_or(ATTRIBUTE)?;
            let name = name.to_ascii_uppercase();
            let value = decoded(value).ok_or(ATTRIBUTE)?;
            let told = !value.is_empty()
                && !["[UNAVAILABLE]", "[TEMPUNAVAIL]"]
                    .iter()
                    .any(|untold| value.eq_ignore_ascii_case(untold));
            match name.as_str() {
                "ADDR" if told => origin.address = Some(address(&value).ok_or(ADDRESS)?),
                // It is the client's own word, which may be anything.
                "HELO" if told && is_host(&value) => origin.helo = Some(value),
                _ if KNOWN.contains(&name.as_str()) => {}
                _ => return Err(ATTRIBUTE),
            }
        }
        Ok(origin)
    }

    /// Takes over what a later command tells.
    pub(crate) fn learn(&mut self, later: Self) {
        self.address = later.address.or(self.address);
        self.helo = later.helo.or_else(|| self.helo.take());
    }
}

fn address(value: &str) -> Option<IpAddr> {
    let six = value
        .get(..5)
        .filter(|prefix| prefix.eq_ignore_ascii_case("IPV6:"));
    let address: IpAddr = match six {
        Some(_) => IpAddr::V6(value[5..].parse().ok()?),
        None => value.parse().ok()?,
    };
    Some(address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_told_is_read() {
        let check = |words: &str, address: Option<&str>, helo: Option<&str>| {
            let origin = Origin::parse(words).expect(words);
            assert_eq!(
                (origin.address, origin.helo.as_deref()),
                (
                    address.map(|address| address.parse().expect("an address")),
                    helo
                ),
                "{words}"
            );
        };
        check("ADDR=192.0.2.7", Some("192.0.2.7"), None);
        check("addr=ipv6:2001:db8::7", Some("2001:db8::7"), None);
        check("ADDR=2001:db8::7", Some("2001:db8::7"), None);
        check("ADDR=::ffff:192.0.2.7", Some("192.0.2.7"), None);
        check(
            "NAME=spike.example ADDR=192.0.2.7 PORT=53 PROTO=ESMTP HELO=spike+2Eexample IDENT=1 SOURCE=REMOTE",
            Some("192.0.2.7"),
            Some("spike.example"),
        );
        check(
            "NAME=[UNAVAILABLE] ADDR=[unavailable] HELO=[TEMPUNAVAIL]",
            None,
            None,
        );
        check("HELO= ADDR=", None, None);
        check("HELO=a+20b", None, None);
        check("HELO=a);+28", None, None);
    }

    #[test]
    fn what_is_none_is_refused() {
        for words in [
            "",
            "ADDR",
            "ADDR=host",
            "ADDR=192.0.2",
            "ADDR=IPV6:192.0.2.1",
            "ADDR=192.0.2.7+",
            "ADDR=192.0.2.7+4",
            "HELO=a+0D+0Ab",
            "HELO=+ff",
            "HELO=a=b",
            "SHOE=43",
        ] {
            assert!(Origin::parse(words).is_err(), "{words}");
        }
    }

    #[test]
    fn what_comes_later_counts() {
        let mut origin = Origin::parse("ADDR=192.0.2.7 HELO=a.example").expect("sound");
        origin.learn(Origin::parse("HELO=b.example").expect("sound"));
        assert_eq!(origin.helo.as_deref(), Some("b.example"));
        assert_eq!(origin.address, "192.0.2.7".parse().ok());
    }

    proptest::proptest! {
        #[test]
        fn nothing_panics(words in ".{0,60}") {
            let _ = Origin::parse(&words);
            let _ = Origin::parse(&format!("ADDR={words}"));
        }
    }
}
