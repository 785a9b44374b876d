//! The trace field: the one thing that Exeat adds to a message.
//!
//! A `Received:` field (RFC 5321 section 4.4) whose id carries a MAC, so that
//! Exeat knows its own fields again when a connector brings a message back to
//! it, and nobody else can make one.

use std::net::IpAddr;

use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use sha2::Sha256;

use crate::mail::header;

/// Received fields of any kind that make a loop (RFC 5321 section 6.3).
const MAX_RECEIVED: usize = 100;
/// Fields of Exeat's own that make one: two are met where a connector brings
/// mail past Exeat a second time.
const MAX_OWN: usize = 3;
/// Bytes of the random half of an id, and of its MAC.
const RANDOM: usize = 8;
const MAC: usize = 12;

/// Makes trace fields, and knows them again.
#[derive(Clone)]
pub(crate) struct Trace(Hmac<Sha256>);

/// Whom a message came from, for its trace field.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Hop<'a> {
    pub(crate) helo: &'a str,
    pub(crate) address: IpAddr,
    pub(crate) hostname: &'a str,
    /// `SMTP`, `ESMTP` or `UTF8SMTP`.
    pub(crate) protocol: &'static str,
}

/// What a header section tells of a message's way so far.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Passed {
    /// Trace fields of this installation.
    pub(crate) own: usize,
    pub(crate) is_loop: bool,
}

impl Trace {
    pub(crate) fn new(key: &[u8]) -> Self {
        Self(Hmac::new_from_slice(key).expect("HMAC takes a key of any length"))
    }

    /// The whole field with its line ends.
    pub(crate) fn field(&self, hop: Hop<'_>, now: Timestamp) -> Result<String, getrandom::Error> {
        let mut random = [0; RANDOM];
        getrandom::fill(&mut random)?;
        let random = hex(&random);
        let mac = hex(&self.mac(&random).finalize().into_bytes()[..MAC]);
        let address = match hop.address.to_canonical() {
            IpAddr::V4(address) => format!("[{address}]"),
            IpAddr::V6(address) => format!("[IPv6:{address}]"),
        };
        let date = now
            .to_zoned(TimeZone::UTC)
            .strftime("%a, %d %b %Y %H:%M:%S %z");
        Ok(format!(
            "Received: from {} ({address})\r\n\tby {} with {} id {random}-{mac};\r\n\t{date}\r\n",
            hop.helo, hop.hostname, hop.protocol
        ))
    }

    /// Looks through a header section, without the field that this passage
    /// adds.
    pub(crate) fn passed(&self, section: &[u8]) -> Passed {
        let (mut received, mut own) = (0, 0);
        for (name, value) in header::fields(section) {
            if name.eq_ignore_ascii_case("Received") {
                received += 1;
                own += usize::from(self.is_own(&value));
            }
        }
        Passed {
            own,
            is_loop: received > MAX_RECEIVED || own >= MAX_OWN,
        }
    }

    fn is_own(&self, value: &str) -> bool {
        let mut words = value
            .split([' ', '\t', ';'])
            .skip_while(|&word| word != "id");
        let Some((random, mac)) = words.nth(1).and_then(|id| id.split_once('-')) else {
            return false;
        };
        unhex(mac).is_some_and(|mac| self.mac(random).verify_truncated_left(&mac).is_ok())
    }

    fn mac(&self, random: &str) -> Hmac<Sha256> {
        let mut mac = self.0.clone();
        mac.update(b"exeat trace ");
        mac.update(random.as_bytes());
        mac
    }
}

impl std::fmt::Debug for Trace {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Trace")
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> Option<[u8; MAC]> {
    let mut bytes = [0; MAC];
    if text.len() != MAC * 2 || !text.is_ascii() {
        return None;
    }
    for (index, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&text[index * 2..index * 2 + 2], 16).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(key: &[u8]) -> String {
        let hop = Hop {
            helo: "mail.greenfold.example",
            address: "::ffff:192.0.2.1".parse().expect("address"),
            hostname: "exeat.greenfold.example",
            protocol: "ESMTP",
        };
        Trace::new(key)
            .field(hop, Timestamp::UNIX_EPOCH)
            .expect("random bytes")
    }

    #[test]
    fn a_field_says_where_a_message_came_from() {
        let field = field(b"key");
        let start = "Received: from mail.greenfold.example ([192.0.2.1])\r\n\tby exeat.greenfold.example with ESMTP id ";
        assert!(field.starts_with(start), "{field}");
        assert!(
            field.ends_with(";\r\n\tThu, 01 Jan 1970 00:00:00 +0000\r\n"),
            "{field}"
        );
        assert_eq!(header::fields(field.as_bytes()).count(), 1);
        assert_ne!(field, self::field(b"key"), "each has its own id");
    }

    #[test]
    fn own_fields_are_known_and_others_are_not() {
        let trace = Trace::new(b"key");
        let own = |section: &str| trace.passed(section.as_bytes()).own;
        let mine = field(b"key");
        assert_eq!(own(&mine), 1);
        assert_eq!(own(&format!("{mine}Subject: a\r\n{}", field(b"key"))), 2);
        assert_eq!(
            own(&mine
                .replace("Received", "RECEIVED ")
                .replace("\r\n\t", "\r\n ")),
            1
        );
        assert_eq!(own(&mine.replace("Received", "X-Received")), 0);
        assert_eq!(own(&field(b"other key")), 0);
        let altered = mine.replace(" id ", " id 0");
        assert_eq!(own(&altered), 0);
        for strange in [
            "Received: id\r\n",
            "Received: id -\r\n",
            "Received: id a-b\r\n",
            "Received: by x id 1-é23456789012345678901234\r\n",
        ] {
            assert_eq!(own(strange), 0, "{strange}");
        }
    }

    #[test]
    fn loops_are_seen() {
        let trace = Trace::new(b"key");
        let check = |section: String, expected: bool| {
            assert_eq!(trace.passed(section.as_bytes()).is_loop, expected);
        };
        check(field(b"key").repeat(2), false);
        check(field(b"key").repeat(3), true);
        check(field(b"other").repeat(3), false);
        check("Received: x\r\n".repeat(100), false);
        check("Received: x\r\n".repeat(101), true);
        check(String::new(), false);
    }
}
