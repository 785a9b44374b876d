//! A school: its domains, its people, and where its mail may safely go.

use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Deserializer};

use crate::mail::address::AddressError;
use crate::mail::{Address, Domain};
use crate::patterns::Packs;

pub mod change;
pub mod habits;
pub mod import;
pub mod kept;
pub mod names;
pub mod people;
pub mod pupils;

pub use habits::Habits;
pub use import::{Import, ImportError, Source, Sources, Warning, import};
pub use names::{NameKey, Names};
pub use people::{Class, Contact, People, Staff};
pub use pupils::{Pupil, Pupils};

/// Everything that checks and policy know of one school. Made whole by
/// loading, never changed after.
#[derive(Debug)]
pub struct School {
    pub id: Arc<str>,
    pub name: String,
    pub domains: Vec<Domain>,
    pub pupil_domains: Vec<Domain>,
    /// The school's own telephone numbers, digits only.
    pub phones: Vec<String>,
    pub routes: Routes,
    /// Addresses that programs send from: the MIS, the copier, the rota.
    pub system_senders: Vec<Address>,
    pub people: People,
    /// The passwords that it is known to use.
    pub habits: Habits,
    pub patterns: Arc<Packs>,
}

/// Sets of recipients with a meaning. An entry with an `@` is one address,
/// without one a domain and all below it.
#[derive(Debug, Default)]
pub struct Routes {
    /// A secure method already: what they get needs no further protection.
    pub secure: Vec<Route>,
    /// Children's services' duty team, LADO, police, NSPCC: staff's mail to
    /// them is never held.
    pub urgent: Vec<Route>,
    /// Unions, occupational health, lawyers, whistleblowing bodies, helplines.
    pub private: Vec<Route>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Route {
    Address(Address),
    Domain(Domain),
}

impl Route {
    pub fn leads_to(&self, address: &Address) -> bool {
        match self {
            Self::Address(own) => own == address,
            Self::Domain(domain) => address.domain().is_within(domain),
        }
    }
}

impl FromStr for Route {
    type Err = AddressError;

    fn from_str(s: &str) -> Result<Self, AddressError> {
        if s.contains('@') {
            s.parse().map(Self::Address)
        } else {
            s.parse().map(Self::Domain)
        }
    }
}

impl<'de> Deserialize<'de> for Route {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl School {
    /// Whether the address belongs to the school: its own domains and its
    /// pupils', compared exactly, without subdomains.
    pub fn is_internal(&self, address: &Address) -> bool {
        let domain = address.domain();
        self.domains.contains(&domain) || self.pupil_domains.contains(&domain)
    }

    /// Whether mail from here is staff's: an own domain that is not the
    /// pupils'.
    pub fn is_staff_address(&self, address: &Address) -> bool {
        self.domains.contains(&address.domain())
    }

    pub fn is_pupil_address(&self, address: &Address) -> bool {
        self.pupil_domains.contains(&address.domain())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn routes_are_addresses_or_domains_with_all_below() {
        let leads = |route: &str, address: &str| {
            let route: Route = route.parse().expect("route");
            route.leads_to(&address.parse().expect("address"))
        };
        assert!(leads("lado@northshire.example", "LADO@northshire.example"));
        assert!(!leads("lado@northshire.example", "duty@northshire.example"));
        assert!(leads(
            "northshire.example",
            "duty@secure.northshire.example"
        ));
        assert!(!leads("northshire.example", "duty@notnorthshire.example"));
        assert!("two words".parse::<Route>().is_err());
        assert!("a b@c.example".parse::<Route>().is_err());
    }
}
