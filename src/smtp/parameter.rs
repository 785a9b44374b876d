//! The parameters of MAIL and RCPT: those that the client was promised, with
//! values that they can have. Nothing is changed or left out here: what is
//! right goes to the next hop as it was written.

use super::command::Parameters;
use super::extension::Extensions;
use super::reply::Reply;
use super::xtext::decoded;

const PARAMETER: Reply = Reply::new(555, "5.5.4 This parameter is not known here");
const VALUE: Reply = Reply::new(501, "5.5.4 This parameter has a wrong value");
/// How long they may be, in characters (RFC 3461 sections 4.4 and 4.2).
const ENVID: usize = 100;
const ORCPT: usize = 500;
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
            ("ENVID", Some(value)) if promised.dsn => {
                if value.len() > ENVID || !says_ascii(value) {
                    return Err(VALUE);
                }
            }
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

/// Whether these may stand behind a recipient of a transaction with SMTPUTF8,
/// or without.
pub(crate) fn rcpt_parameters(
    parameters: Parameters<'_>,
    promised: Extensions,
    utf8: bool,
) -> Result<(), Reply> {
    for (key, value) in parameters.iter() {
        let key = key.to_ascii_uppercase();
        let sound = match (key.as_str(), value) {
            ("NOTIFY" | "ORCPT", _) if !promised.dsn => return Err(PARAMETER),
            ("NOTIFY", Some(value)) => is_notify(value),
            ("ORCPT", Some(value)) => is_original_recipient(value, utf8),
            ("NOTIFY" | "ORCPT", None) => false,
            _ => return Err(PARAMETER),
        };
        if !sound {
            return Err(VALUE);
        }
    }
    Ok(())
}

/// RFC 3461 section 4.1: `NEVER` alone, or the others, each once.
fn is_notify(value: &str) -> bool {
    let words: Vec<String> = value.split(',').map(str::to_ascii_uppercase).collect();
    let once = |(index, word): (usize, &String)| {
        ["SUCCESS", "FAILURE", "DELAY"].contains(&word.as_str()) && !words[..index].contains(word)
    };
    words == ["NEVER"] || words.iter().enumerate().all(once)
}

/// RFC 3461 section 4.2: a type and an address. Of the type `utf-8` it may be
/// written in UTF-8 (RFC 6533 section 3).
fn is_original_recipient(value: &str, utf8: bool) -> bool {
    let Some((kind, address)) = value.split_once(';') else {
        return false;
    };
    let is_utf8 = utf8 && kind.eq_ignore_ascii_case("utf-8");
    value.len() <= ORCPT
        && !kind.is_empty()
        && kind
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        && !address.is_empty()
        && (says_ascii(address) || is_utf8 && decoded(address).is_some())
}

/// Sound xtext, of printable characters.
fn says_ascii(xtext: &str) -> bool {
    decoded(xtext).is_some_and(|said| said.is_ascii())
}
