//! The parameters of MAIL and RCPT: those that the client was promised, with
//! values that they can have. Nothing is changed or left out here: what is
//! right goes to the next hop as it was written.

use super::command::Parameters;
use super::extension::Extensions;
use super::reply::Reply;

const PARAMETER: Reply = Reply::new(555, "5.5.4 This parameter is not known here");
const VALUE: Reply = Reply::new(501, "5.5.4 This parameter has a wrong value");
/// RFC 8689 section 5: it is better not sent than sent otherwise.
pub(crate) const REQUIRE_TLS: Reply = Reply::new(
    550,
    "5.7.30 It cannot be promised that this message stays encrypted all the way, as REQUIRETLS asks",
);
const TOO_LARGE: Reply = Reply::new(552, "5.3.4 The message is larger than this server takes");

/// Whether they ask for SMTPUTF8.
pub(crate) fn mail_parameters(
    parameters: Parameters<'_>,
    promised: Extensions,
) -> Result<bool, Reply> {
    let mut utf8 = false;
    for (key, value) in parameters.iter() {
        let key = key.to_ascii_uppercase();
        match (key.as_str(), value) {
            ("SIZE", Some(value)) if promised.size => {
                // RFC 1870: up to twenty digits, which is more than fits.
                if value.len() > 20 || !value.bytes().all(|b| b.is_ascii_digit()) {
                    return Err(VALUE);
                }
                let size = value.parse().unwrap_or(u64::MAX);
                if promised.size_limit.is_some_and(|limit| size > limit) {
                    return Err(TOO_LARGE);
                }
            }
            ("BODY", Some(value)) if promised.eight_bit => {
                if !["7BIT", "8BITMIME"]
                    .iter()
                    .any(|known| value.eq_ignore_ascii_case(known))
                {
                    return Err(VALUE);
                }
            }
            ("SMTPUTF8", None) if promised.utf8 => utf8 = true,
            ("RET", Some(value)) if promised.dsn => {
                if !["FULL", "HDRS"]
                    .iter()
                    .any(|known| value.eq_ignore_ascii_case(known))
                {
                    return Err(VALUE);
                }
            }
            ("ENVID", Some(_)) if promised.dsn => {}
            ("AUTH", Some(_)) if promised.auth => {}
            ("REQUIRETLS", None) if promised.require_tls => {}
            ("REQUIRETLS", None) => return Err(REQUIRE_TLS),
            ("SIZE" | "BODY" | "RET" | "ENVID", None) | ("SMTPUTF8" | "REQUIRETLS", Some(_)) => {
                return Err(VALUE);
            }
            _ => return Err(PARAMETER),
        }
    }
    Ok(utf8)
}

/// Whether these may stand behind a recipient.
pub(crate) fn rcpt_parameters(
    parameters: Parameters<'_>,
    promised: Extensions,
) -> Result<(), Reply> {
    for (key, value) in parameters.iter() {
        let known = ["NOTIFY", "ORCPT"]
            .iter()
            .any(|known| key.eq_ignore_ascii_case(known));
        match value {
            Some(_) if known && promised.dsn => {}
            None if known => return Err(VALUE),
            _ => return Err(PARAMETER),
        }
    }
    Ok(())
}
