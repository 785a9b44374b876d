//! Who may send through Exeat: from which network, and what else has to be
//! shown, since the addresses of a provider are shared by all of its customers.

use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;

use rustls::pki_types::ServerName;
use serde::de::value::MapAccessDeserializer;
use serde::de::{self, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::framing::BareNewlines;
use super::mark::Mark;
use super::network::Network;
use super::tls::Shown;

/// One entry: a network such as `"192.0.2.0/24"`, or a table.
#[derive(Debug, Clone, Default)]
pub struct Client {
    pub networks: Vec<Network>,
    /// The certificate that it has to show under TLS.
    pub certificate: Option<Shown>,
    /// The header field that each of its messages has to have.
    pub header: Option<Mark>,
    /// It may say for whom it speaks, and is believed (XCLIENT, XFORWARD).
    pub proxy: bool,
    /// Ids of the schools that it may send for; all, if empty.
    pub schools: Vec<String>,
    /// The school of mail that names none: with the null reverse path, or
    /// forwarded for others.
    pub default_school: Option<String>,
    pub when_next_hop_is_down: NextHopDown,
    pub bare_newlines: BareNewlines,
}

/// What a client is told while its school's next hop cannot be reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum NextHopDown {
    /// 451 4.4.1: it keeps the message and tries again.
    #[default]
    Defer,
    /// 250: the message is screened, and waits in the outbox. For clients
    /// that cannot try again.
    Spool,
}

impl Client {
    pub fn of_network(network: Network) -> Self {
        Self {
            networks: vec![network],
            ..Self::default()
        }
    }

    pub(crate) fn covers(&self, address: IpAddr) -> bool {
        self.networks
            .iter()
            .any(|network| network.contains(address))
    }

    pub(crate) fn may_send_for(&self, school: &str) -> bool {
        self.schools.is_empty() || self.schools.iter().any(|own| own == school)
    }
}

/// One value, or a list of them.
#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMany<T> {
    One(T),
    Many(Vec<T>),
}

impl<T> From<OneOrMany<T>> for Vec<T> {
    fn from(given: OneOrMany<T>) -> Self {
        match given {
            OneOrMany::One(one) => vec![one],
            OneOrMany::Many(many) => many,
        }
    }
}

/// By hand rather than untagged: an unknown key is then named as such.
impl<'de> Deserialize<'de> for Client {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Table {
            network: OneOrMany<String>,
            certificate: Option<OneOrMany<String>>,
            ca: Option<PathBuf>,
            header: Option<Mark>,
            #[serde(default)]
            proxy: bool,
            #[serde(default)]
            schools: Vec<String>,
            default_school: Option<String>,
            #[serde(default)]
            when_next_hop_is_down: NextHopDown,
            #[serde(default)]
            bare_newlines: BareNewlines,
        }

        struct Entry;

        impl<'de> Visitor<'de> for Entry {
            type Value = Client;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a network such as \"192.0.2.0/24\", or a table with one")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Client, E> {
                text.parse().map(Client::of_network).map_err(E::custom)
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Client, A::Error> {
                let table = Table::deserialize(MapAccessDeserializer::new(map))?;
                let networks = Vec::from(table.network);
                let networks = networks.iter().map(|text| text.parse());
                Ok(Client {
                    networks: networks
                        .collect::<Result<_, _>>()
                        .map_err(de::Error::custom)?,
                    certificate: shown(table.certificate, table.ca)?,
                    header: table.header,
                    proxy: table.proxy,
                    schools: table.schools,
                    default_school: table.default_school,
                    when_next_hop_is_down: table.when_next_hop_is_down,
                    bare_newlines: table.bare_newlines,
                })
            }
        }

        deserializer.deserialize_any(Entry)
    }
}

fn shown<E: de::Error>(
    names: Option<OneOrMany<String>>,
    ca: Option<PathBuf>,
) -> Result<Option<Shown>, E> {
    let Some(names) = names else {
        return match ca {
            None => Ok(None),
            Some(_) => Err(E::custom(
                "`ca` needs the name of a `certificate` beside it",
            )),
        };
    };
    let name = |name: String| {
        ServerName::try_from(name.clone())
            .map_err(|_| E::custom(format!("no certificate can be for \"{name}\"")))
    };
    let names: Vec<_> = Vec::from(names)
        .into_iter()
        .map(name)
        .collect::<Result<_, _>>()?;
    match names.is_empty() {
        true => Err(E::custom("`certificate` names nobody")),
        false => Ok(Some(Shown::new(names, ca))),
    }
}
