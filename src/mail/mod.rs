//! Mail as the standards name it: addresses and envelopes (RFC 5321), header
//! fields and parts (RFC 5322, 2045), and a message's bytes on their way
//! through. Knows nothing of schools or rules.

pub mod address;
pub mod bin_hex;
pub mod charset;
pub mod content;
pub mod encoding;
pub mod envelope;
pub mod header;
pub mod message;
pub mod multipart;
pub mod parameter;
mod utf_7;
pub mod words;
pub mod y_enc;

pub use address::{Address, Domain};
pub use content::Content;
pub use envelope::{Envelope, Recipient};
