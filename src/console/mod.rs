//! What people and commands can ask a running Exeat: pages that explain, the
//! health of the parts, and the socket on which commands act.
//!
//! The pages change nothing and show nobody's data. What is decided is
//! decided through [`control`], and carried out by the outbox.

pub mod control;
mod pages;
mod socket;

use std::sync::Arc;

use arc_swap::ArcSwap;

use crate::store::Store;
use crate::tenant::Tenants;

pub use pages::{router, serve};
pub use socket::{call, listen, path, serve as serve_commands};

/// What pages and commands work on.
#[derive(Debug, Clone)]
pub struct House {
    pub store: Store,
    pub tenants: Arc<ArcSwap<Tenants>>,
}
