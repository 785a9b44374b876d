//! The relay: SMTP in, and the same transaction on to the next hop.
//!
//! From the wire inwards: [`mod@line`] and [`framing`] cut a client's bytes into
//! commands and a message, [`command`] reads one line, [`session`] judges its
//! place in the dialogue; none of these does any I/O. [`conversation`] does,
//! one task a client, over a [`stream`] in clear or under [`tls`];
//! [`collect`] is its part in DATA and BDAT. [`transaction`] passes the envelope on to the next hop,
//! [`message`] sees to the message: screened, then [`delivery`], [`hold`] or
//! [`refusal`].

mod account;
mod bypass;
mod chunk;
mod client;
mod collect;
mod command;
mod conversation;
mod credentials;
mod delivery;
mod extension;
mod framing;
pub(crate) mod hold;
mod line;
pub(crate) mod listener;
mod mark;
mod message;
mod network;
pub(crate) mod next_hop;
mod parameter;
pub(crate) mod pool;
pub(crate) mod probe;
mod provider;
mod proxied;
mod refusal;
mod relay;
pub(crate) mod reply;
mod session;
mod settings;
mod share;
mod stream;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
mod throttle;
pub mod tls;
mod trace;
mod transaction;
pub mod wire;
mod xtext;

pub use account::{Account, HashError, hash};
pub use bypass::{look_for_bypasses, watch_bypasses};
pub use client::{Client, NextHopDown};
pub use framing::BareNewlines;
pub use listener::{Door, resume, serve};
pub use network::Network;
pub use provider::provider_in;
pub use relay::{Parts, Pending, Relay, Screen, ScreenError, Snapshot};
pub use reply::Reply;
pub use settings::{Addresses, Limits, Settings, system_hostname};
