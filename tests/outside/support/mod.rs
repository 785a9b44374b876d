//! What tests from outside share: the built binary as a server, a next hop
//! that does as it is told, and a client that says every word of SMTP itself.

pub mod client;
pub mod exeat;
pub mod next_hop;
pub mod school;
