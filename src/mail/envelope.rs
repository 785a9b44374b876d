//! The envelope: who a message is from and for, as MAIL and RCPT said it.

use serde::{Deserialize, Serialize};

use super::Address;

/// A reverse path and its recipients, with the parameters of MAIL and RCPT as
/// the client wrote them, so that a message held for a week goes out under
/// the words it came with (RFC 5321 section 4.1.2, RFC 3461).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Envelope {
    /// `None` is the null reverse path, `<>`.
    pub reverse_path: Option<Address>,
    /// What followed the path in MAIL, for example `BODY=8BITMIME SMTPUTF8`;
    /// empty if nothing did. `SIZE` is left out: it is said anew.
    pub mail_parameters: String,
    pub recipients: Vec<Recipient>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recipient {
    pub address: Address,
    /// The path as the client wrote it, without the angle brackets: quoting
    /// and case are the receiving host's business.
    pub path: String,
    /// What followed the path in RCPT, for example `NOTIFY=NEVER`.
    pub parameters: String,
}

impl Envelope {
    pub fn new(
        reverse_path: Option<Address>,
        recipients: impl IntoIterator<Item = Address>,
    ) -> Self {
        Self {
            reverse_path,
            mail_parameters: String::new(),
            recipients: recipients.into_iter().map(Recipient::from).collect(),
        }
    }

    pub fn addresses(&self) -> impl Iterator<Item = &Address> {
        self.recipients.iter().map(|recipient| &recipient.address)
    }
}

impl From<Address> for Recipient {
    fn from(address: Address) -> Self {
        Self {
            path: address.as_str().to_owned(),
            address,
            parameters: String::new(),
        }
    }
}
