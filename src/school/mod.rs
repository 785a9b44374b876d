//! A school: its domains, its people, and where its mail may safely go.

use std::sync::Arc;

use crate::mail::{Address, Domain};
use crate::patterns::Packs;

pub mod change;
pub mod habits;
pub mod import;
pub mod kept;
pub mod names;
pub mod people;
pub mod pupils;
pub mod route;

pub use habits::Habits;
pub use import::{Import, ImportError, Source, Sources, Warning, import};
pub use names::{NameKey, Names};
pub use people::{Class, Contact, People, Staff};
pub use pupils::{Pupil, Pupils};
pub use route::{Day, Route, Routes, leads};

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

    /// Whether a pupil reads mail there: in the pupils' domains, or where the
    /// roster says so.
    pub fn is_pupil(&self, address: &Address) -> bool {
        self.is_pupil_address(address) || self.people.pupil_at(address).is_some()
    }

    pub fn is_pupil_address(&self, address: &Address) -> bool {
        self.pupil_domains.contains(&address.domain())
    }
}
