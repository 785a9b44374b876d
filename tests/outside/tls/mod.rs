//! TLS in and out, against real clients and real servers.

mod clients;
mod incoming;
mod outgoing;
mod require_tls;
