//! What the relay can be told: where it listens, who may send through it, and
//! what one client may take.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use serde::de::{self, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::account::Account;
use super::client::Client;
use super::share::Most;
use super::tls::Incoming;

/// `[listen]`, as far as it concerns mail.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    pub smtp: Addresses,
    /// The same for clients that begin with TLS.
    #[serde(default)]
    pub smtps: Addresses,
    /// The certificate, out of the files that the configuration names.
    #[serde(skip)]
    pub tls: Option<Arc<Incoming>>,
    /// The name that Exeat gives itself; the system's by default.
    #[serde(default = "system_hostname")]
    pub hostname: String,
    /// Who may send through Exeat. Of several entries that match an address
    /// the first counts.
    pub clients: Vec<Client>,
    /// Who may sign in, from anywhere.
    #[serde(default, rename = "account")]
    pub accounts: Vec<Account>,
    #[serde(default)]
    pub limits: Limits,
}

/// One address with its port, or several.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Addresses(pub Vec<SocketAddr>);

/// What one client, or all of them, may take. Sizes are in bytes, times in
/// seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// A command line with its CRLF. RFC 5321 section 4.5.3.1.4 asks for 512
    /// and more with extensions.
    pub line: usize,
    /// The header section of a message.
    pub header: usize,
    pub message_size: u64,
    /// Recipients of one message; more get 452 4.5.3.
    pub recipients: usize,
    /// Commands that are none, after which the session ends with 421.
    pub errors: u32,
    /// The wait for a whole command (RFC 5321 section 4.5.3.2.7).
    pub command_seconds: u64,
    /// The wait for any next bytes of a message.
    pub data_seconds: u64,
    /// Bytes a second that a message must come with on average, once
    /// `data_grace_seconds` have passed.
    pub data_rate: u64,
    pub data_grace_seconds: u64,
    pub session_seconds: u64,
    pub session_messages: u32,
    pub connections: usize,
    pub connections_per_client: usize,
    /// Messages that may begin in a minute; 0 is any number.
    pub messages_per_minute: u64,
    pub messages_per_minute_per_client: u64,
    /// The sum of all messages that have begun to come and are not answered
    /// yet. What is larger than 4 MB of each is on disk.
    pub bytes_in_flight: u64,
    pub bytes_in_flight_per_client: u64,
    /// What a client waits for screening at most; a message that takes longer
    /// is kept, and read in the background.
    pub screen_deadline: u64,
    /// After this long a message's next hop is released, and told its
    /// envelope anew when the message is to go.
    pub give_back_seconds: u64,
    /// What running transactions are given to end at a shutdown.
    pub drain_seconds: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            line: 2048,
            header: 256 * 1024,             // 256 KB
            message_size: 50 * 1024 * 1024, // 50 MB
            recipients: 1000,
            errors: 20,
            command_seconds: 5 * 60,
            data_seconds: 3 * 60,
            data_rate: 1024, // 1 KB/s
            data_grace_seconds: 30,
            session_seconds: 60 * 60,
            session_messages: 1000,
            connections: 500,
            connections_per_client: 50,
            messages_per_minute: 0,
            messages_per_minute_per_client: 0,
            bytes_in_flight: 2 * 1024 * 1024 * 1024, // 2 GB
            bytes_in_flight_per_client: 1536 * 1024 * 1024, // 1.5 GB: 50 of 20 MB, and more
            screen_deadline: 30,
            give_back_seconds: 5,
            drain_seconds: 60,
        }
    }
}

impl Limits {
    /// The largest message that can ever be taken.
    pub(crate) fn largest(&self) -> u64 {
        let in_flight = self.most_in_flight();
        self.message_size
            .min(in_flight.in_all)
            .min(in_flight.per_client)
    }

    pub(crate) fn most_connections(&self) -> Most {
        Most {
            in_all: self.connections as u64,
            per_client: self.connections_per_client as u64,
        }
    }

    pub(crate) fn most_in_flight(&self) -> Most {
        Most {
            in_all: self.bytes_in_flight,
            per_client: self.bytes_in_flight_per_client,
        }
    }

    pub(crate) fn most_messages(&self) -> Most {
        let any = |most: u64| if most == 0 { u64::MAX } else { most };
        Most {
            in_all: any(self.messages_per_minute),
            per_client: any(self.messages_per_minute_per_client),
        }
    }

    pub(crate) fn command(&self) -> Duration {
        Duration::from_secs(self.command_seconds)
    }

    pub(crate) fn data(&self) -> Duration {
        Duration::from_secs(self.data_seconds)
    }

    pub(crate) fn session(&self) -> Duration {
        Duration::from_secs(self.session_seconds)
    }

    pub(crate) fn screen(&self) -> Duration {
        Duration::from_secs(self.screen_deadline)
    }

    pub(crate) fn give_back(&self) -> Duration {
        Duration::from_secs(self.give_back_seconds)
    }

    pub(crate) fn drain(&self) -> Duration {
        Duration::from_secs(self.drain_seconds)
    }
}

impl<'de> Deserialize<'de> for Addresses {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct OneOrMany;

        impl<'de> Visitor<'de> for OneOrMany {
            type Value = Addresses;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an address such as \"127.0.0.1:2525\", or a list of them")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Addresses, E> {
                address(text).map(|address| Addresses(vec![address]))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Addresses, A::Error> {
                let mut addresses = Vec::new();
                while let Some(text) = list.next_element::<String>()? {
                    addresses.push(address(&text)?);
                }
                Ok(Addresses(addresses))
            }
        }

        fn address<E: de::Error>(text: &str) -> Result<SocketAddr, E> {
            text.parse()
                .map_err(|_| E::custom(format!("\"{text}\" is no address with a port")))
        }

        deserializer.deserialize_any(OneOrMany)
    }
}

/// The system's own name, or `localhost` where it has none that SMTP can say.
pub fn system_hostname() -> String {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    match name.trim().parse::<crate::mail::Domain>() {
        Ok(name) => name.as_str().to_owned(),
        Err(_) => "localhost".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::smtp::{BareNewlines, NextHopDown};

    #[test]
    fn settings_take_short_and_long_forms() {
        let settings: Settings = toml::from_str(
            r#"
            smtp = "127.0.0.1:2525"
            clients = ["127.0.0.1/32", { network = "192.0.2.0/24", schools = ["a"], default_school = "a", when_next_hop_is_down = "spool", bare_newlines = "normalise" }]
            limits = { recipients = 5 }
            "#,
        )
        .expect("sound");
        assert_eq!(settings.smtp.0.len(), 1);
        assert_eq!(settings.clients[0].bare_newlines, BareNewlines::Reject);
        assert_eq!(
            settings.clients[1].when_next_hop_is_down,
            NextHopDown::Spool
        );
        assert!(settings.clients[1].may_send_for("a") && !settings.clients[1].may_send_for("b"));
        assert_eq!(
            (settings.limits.recipients, settings.limits.errors),
            (5, 20)
        );
        assert!(!settings.hostname.is_empty());
        let two: Settings =
            toml::from_str("smtp = ['127.0.0.1:25', '[::1]:25']\nclients = []").expect("sound");
        assert_eq!(two.smtp.0.len(), 2);
    }

    #[test]
    fn wrong_settings_say_what_is_wrong() {
        let check = |text: &str, expected: &str| {
            let error = toml::from_str::<Settings>(text)
                .expect_err(text)
                .to_string();
            assert!(error.contains(expected), "{error}");
        };
        check(
            "smtp = '127.0.0.1'\nclients = []",
            "is no address with a port",
        );
        check("smtp = 25\nclients = []", "an address such as");
        check("smtp = '127.0.0.1:25'", "clients");
        check(
            "smtp = '127.0.0.1:25'\nclients = ['localhost']",
            "is no network",
        );
        check(
            "smtp = '127.0.0.1:25'\nclients = [{ network = '::1', school = 'a' }]",
            "unknown field `school`",
        );
        let client = |rest: &str| {
            format!(
                "smtp = '127.0.0.1:25'\nclients = [{{ network = ['::1', '192.0.2.0/24']{rest} }}]"
            )
        };
        assert!(toml::from_str::<Settings>(&client("")).is_ok());
        check(&client(", ca = 'a.pem'"), "`ca` needs the name");
        check(&client(", certificate = []"), "names nobody");
        check(
            &client(", certificate = 'a b'"),
            "no certificate can be for",
        );
        check(
            &client(", header = { name = 'X: a', value = 'b' }"),
            "no header field has this name",
        );
        check(
            &client(", header = { name = 'X-A', value = ' ' }"),
            "no header field has this value",
        );
        check(&client(", header = { name = 'X-A' }"), "value");
        check(
            "smtp = '127.0.0.1:25'\nclients = []\nlimits = { size = 1 }",
            "unknown field `size`",
        );
    }
}
