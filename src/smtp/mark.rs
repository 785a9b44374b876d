//! The header field by which messages are known to be of one customer of a
//! provider, whose addresses and certificate are those of all its customers.
//!
//! A mark is as good as a password: who knows it may send. So it goes no
//! further than here, whoever set it: recipients must not learn it, and a
//! message that a provider brings by again must not bring a mark along that
//! somebody else wrote.

use std::io;
use std::path::Path;

use serde::{Deserialize, Deserializer, de};

use super::client::Client;
use super::message::FULL;
use super::reply::Reply;
use crate::mail::content::Writer;
use crate::mail::{Content, header};

/// A field that each message has to have, once, with this value.
#[derive(Clone, PartialEq, Eq)]
pub struct Mark {
    name: String,
    value: String,
}

const UNMARKED: Reply = Reply::new(
    550,
    "5.7.1 This message lacks the header field by which its sender's organisation is known here",
);

/// Lets a message in whose client needs no mark, or that bears it; and takes
/// the marks of all clients off it. Before the message stand `trace` bytes of
/// Exeat's own; its header section is within `longest` bytes.
pub(crate) fn admit(
    content: Content,
    (trace, longest): (usize, usize),
    client: &Client,
    marks: &[&Mark],
    folder: &Path,
) -> Result<Content, Reply> {
    if marks.is_empty() {
        return Ok(content);
    }
    let failed = |error: io::Error| {
        tracing::error!(%error, "message not kept without its mark");
        FULL
    };
    let head = content.head(trace + longest).map_err(failed)?;
    let section = header::whole(&head[trace..]);
    if client
        .header
        .as_ref()
        .is_some_and(|mark| !mark.is_on(section))
    {
        tracing::warn!(
            networks = client
                .networks
                .iter()
                .map(ToString::to_string)
                .collect::<Vec<_>>()
                .join(" "),
            "message refused: the header field of this client's entry is missing, twice there, or another"
        );
        return Err(UNMARKED);
    }
    let is_mark = |name: &str| {
        marks
            .iter()
            .any(|mark| mark.name.eq_ignore_ascii_case(name))
    };
    if !header::fields(section).any(|(name, _)| is_mark(name)) {
        return Ok(content);
    }
    let mut bare = Writer::new(folder);
    bare.push(&head[..trace]).map_err(failed)?;
    bare.push(&header::without(section, is_mark))
        .map_err(failed)?;
    let mut skip = trace + section.len();
    for chunk in content.chunks() {
        let chunk = chunk.map_err(failed)?;
        let skipped = skip.min(chunk.len());
        skip -= skipped;
        bare.push(&chunk[skipped..]).map_err(failed)?;
    }
    bare.finish().map_err(failed)
}

impl Mark {
    /// Exactly once: beside the provider's own field may stand one that
    /// somebody else wrote.
    fn is_on(&self, section: &[u8]) -> bool {
        let mut values = header::fields(section)
            .filter(|(name, _)| name.eq_ignore_ascii_case(&self.name))
            .map(|(_, value)| value);
        values.next().is_some_and(|value| value == self.value) && values.next().is_none()
    }
}

/// The value has no business in a log.
impl std::fmt::Debug for Mark {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Mark({})", self.name)
    }
}

impl<'de> Deserialize<'de> for Mark {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Table {
            name: String,
            value: String,
        }

        let Table { name, value } = Table::deserialize(deserializer)?;
        // RFC 5322 section 3.6.8.
        let sound = |byte: u8| byte.is_ascii_graphic() && byte != b':';
        if name.is_empty() || !name.bytes().all(sound) {
            return Err(de::Error::custom("no header field has this name"));
        }
        let value = value.trim();
        if value.is_empty() || value.chars().any(char::is_control) {
            return Err(de::Error::custom("no header field has this value"));
        }
        Ok(Self {
            name,
            value: value.to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRACE: &str = "Received: here\r\n";

    fn client(header: Option<&Mark>) -> Client {
        let mut client = Client::of_network("192.0.2.0/24".parse().expect("a network"));
        client.header = header.cloned();
        client
    }

    fn marked(name: &str, value: &str) -> Mark {
        Mark {
            name: name.to_owned(),
            value: value.to_owned(),
        }
    }

    fn admitted(client: &Client, marks: &[&Mark], message: &str) -> Result<String, u16> {
        let content = Content::from(format!("{TRACE}{message}").into_bytes());
        let sizes = (TRACE.len(), 1000);
        let folder = std::env::temp_dir();
        match admit(content, sizes, client, marks, &folder) {
            Ok(content) => {
                let all = content.to_vec().expect("in memory");
                let all = String::from_utf8(all).expect("text");
                Ok(all.strip_prefix(TRACE).expect("on its top").to_owned())
            }
            Err(reply) => Err(reply.code()),
        }
    }

    #[test]
    fn a_marked_client_brings_marked_messages_only() {
        let mark = marked("X-Tenant", "b1-2");
        let client = client(Some(&mark));
        let check = |message: &str, expected: Result<&str, u16>| {
            let found = admitted(&client, &[&mark], message);
            assert_eq!(found, expected.map(str::to_owned), "{message}");
        };
        check(
            "X-Tenant: b1-2\r\nA: b\r\n\r\nbody\r\n",
            Ok("A: b\r\n\r\nbody\r\n"),
        );
        check(
            "A: b\r\nx-tenant :\r\n  b1-2 \r\n\r\nbody\r\n",
            Ok("A: b\r\n\r\nbody\r\n"),
        );
        check("X-Tenant: b1-2\r\n\r\n", Ok("\r\n"));
        for refused in [
            "A: b\r\n\r\nbody\r\n",
            "X-Tenant: B1-2\r\n\r\nbody\r\n",
            "X-Tenant: b1-2, b1-2\r\n\r\n",
            "X-Tenant: b1-2\r\nX-Tenant: other\r\n\r\n",
            "X-Tenant: other\r\nX-TENANT: b1-2\r\n\r\n",
            "X-Tenant: b1-2\r\nX-Tenant: b1-2\r\n\r\n",
            "X-Tenant2: b1-2\r\n\r\n",
            "A: b\r\n\r\nX-Tenant: b1-2\r\n",
            "A: b\r\n X-Tenant: b1-2\r\n\r\n",
            "\r\nX-Tenant: b1-2\r\n",
            "",
        ] {
            check(refused, Err(550));
        }
    }

    #[test]
    fn no_mark_goes_on_whoever_set_it() {
        let (one, two) = (marked("X-One", "1"), marked("X-Two", "2"));
        let marks = [&one, &two];
        let message = "X-One: 1\r\nA: b\r\n c\r\nX-Two:\r\n 2\r\nx-one: 3\r\n\r\nX-One: 1\r\n";
        let bare = "A: b\r\n c\r\n\r\nX-One: 1\r\n".to_owned();
        assert_eq!(admitted(&client(None), &marks, message), Ok(bare));
        assert_eq!(
            admitted(&client(None), &[], message).as_deref(),
            Ok(message),
            "nothing is altered where there are no marks"
        );
        let long = format!("X-One: 1\r\n\r\n{}", "x".repeat(700_000));
        let found = admitted(&client(Some(&one)), &marks, &long).expect("marked");
        assert_eq!(found.len(), 2 + 700_000);
    }
}
