//! What tests from outside share: the built binary as a server, a next hop
//! that does as it is told, and a client that says every word of SMTP itself.

pub(crate) mod authority;
pub(crate) mod client;
pub(crate) mod doctor;
pub(crate) mod exeat;
pub(crate) mod lenient;
pub(crate) mod locked;
pub(crate) mod mail;
pub(crate) mod next_hop;
pub(crate) mod school;
pub(crate) mod store;
pub(crate) mod wire;
