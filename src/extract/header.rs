//! A message's header: the fields that judging needs, and what is wrong with
//! them.

use mail_parser::{HeaderName, HeaderValue};

use super::harvest::{Harvest, Place};
use super::{Header, Mailbox, Role};
use crate::finding::ProblemKind;
use crate::mail::header as field;
use crate::mail::message::{self, Part};
use crate::mail::words;

/// The header fields that judging needs; what stands twice is read twice.
pub(crate) fn read(part: &Part<'_>, harvest: &mut Harvest<'_>) {
    let place = Place::message().within("subject").role(Role::Subject);
    let subject = subjects(part, &place, harvest);
    let id = |name: HeaderName<'static>| {
        part.texts(name)
            .find(|id| !id.is_empty())
            .map(str::to_owned)
    };
    let mut people = |name: HeaderName<'static>, words: &str| people(part, name, words, harvest);
    let from = people(HeaderName::From, "senders");
    let sender = people(HeaderName::Sender, "senders");
    let reply_to = people(HeaderName::ReplyTo, "addresses for answers");
    let to = people(HeaderName::To, "lists of recipients");
    let cc = people(HeaderName::Cc, "lists of recipients");
    let bcc = people(HeaderName::Bcc, "lists of recipients");
    let automatic = is_automatic(part);
    *harvest.header() = Header {
        subject,
        from,
        sender,
        reply_to,
        to,
        cc,
        bcc,
        message_id: id(HeaderName::MessageId),
        date: part.date(),
        in_reply_to: id(HeaderName::InReplyTo),
        references: references(part),
        automatic,
    };
}

/// Reads a message's subjects; gives the first. What stands twice is read twice,
/// and what programs decode in two ways in both.
pub(crate) fn subjects(part: &Part<'_>, place: &Place, harvest: &mut Harvest<'_>) -> String {
    let mut subjects: Vec<&str> = Vec::new();
    for subject in part.texts(HeaderName::Subject).map(str::trim) {
        if !subjects.contains(&subject) {
            subjects.push(subject);
        }
    }
    for subject in &subjects {
        harvest.text(place, *subject);
    }
    if subjects.len() > 1 {
        harvest.problem(
            place,
            ProblemKind::Hostile,
            "it has two different subjects: recipients could see one or the other",
        );
    }
    for value in part.raw("Subject").take(subjects.len()) {
        if let Some(other) = words::decode_otherwise(value.as_bytes()) {
            harvest.text(place, other);
            harvest.problem(
                place,
                ProblemKind::Hostile,
                "its subject is encoded in a way that programs read differently",
            );
        }
    }
    subjects
        .first()
        .map_or_else(String::new, |first| (*first).to_owned())
}

/// A thread's messages that are kept: those that go before it by most are
/// seldom answered.
const MOST_REFERENCES: usize = 50;

/// The messages that `References` names (RFC 5322, 3.6.4).
fn references(part: &Part<'_>) -> Vec<String> {
    let mut ids: Vec<String> = part.lists(HeaderName::References);
    ids.drain(..ids.len().saturating_sub(MOST_REFERENCES));
    ids
}

/// Fields that mail servers add or rewrite on the way, or that tell how the
/// body is packed: a message that is sent again may differ in them.
const CHANGING: &[&str] = &[
    "received",
    "return-path",
    "delivered-to",
    "mime-version",
    "content-",
    "dkim-signature",
    "authentication-results",
    "arc-",
    "x-received",
    "x-originating-",
    "x-ms-",
    "x-microsoft-",
    "x-google-",
    "x-gm-",
];

/// Adds to the digest the fields that their author's program wrote. Two
/// messages that differ in one of them are two messages, and not one that is
/// sent again.
pub(crate) fn identify(raw: &[u8], harvest: &mut Harvest<'_>) {
    for (name, value) in field::fields(field::section(raw)) {
        let name = name.to_ascii_lowercase();
        if !CHANGING.iter().any(|changing| name.starts_with(changing)) {
            harvest.digest(name.as_bytes());
            harvest.digest(value.as_bytes());
        }
    }
}

/// All mailboxes that the fields of one name show, each once.
fn people(
    part: &Part<'_>,
    name: HeaderName<'static>,
    words: &str,
    harvest: &mut Harvest<'_>,
) -> Vec<Mailbox> {
    let fields = part.mailboxes(name);
    if fields.windows(2).any(|pair| pair[0] != pair[1]) {
        harvest.problem(
            &Place::message().within("header"),
            ProblemKind::Hostile,
            format!("it has two different {words}: recipients could see one or the other"),
        );
    }
    let mut all: Vec<Mailbox> = Vec::new();
    for message::Mailbox { name, address } in fields.into_iter().flatten() {
        let mailbox = Mailbox { name, address };
        if !all.contains(&mailbox) {
            all.push(mailbox);
        }
    }
    all
}

/// Sent by a program: RFC 3834, RFC 6522, RFC 5546, and what came before them.
fn is_automatic(part: &Part<'_>) -> bool {
    let field = |name: &str| -> Option<&str> {
        let name = HeaderName::parse(name.to_owned())?;
        part.texts(name)
            .map(str::trim)
            .find(|text| !text.is_empty())
    };
    let submitted =
        field("Auto-Submitted").is_some_and(|value| !value.to_ascii_lowercase().starts_with("no"));
    let precedence = field("Precedence").map(str::to_ascii_lowercase);
    let bulk =
        precedence.is_some_and(|value| matches!(value.as_str(), "bulk" | "auto_reply" | "junk"));
    let replied = ["X-Autoreply", "X-Autorespond", "X-Auto-Reply"]
        .into_iter()
        .any(|name| field(name).is_some_and(|value| !value.eq_ignore_ascii_case("no")));
    let report = part.all(HeaderName::ContentType).any(|value| match value {
        HeaderValue::ContentType(kind) => {
            kind.ctype().eq_ignore_ascii_case("multipart")
                && kind
                    .subtype()
                    .is_some_and(|sub| sub.eq_ignore_ascii_case("report"))
                || kind
                    .attribute("method")
                    .is_some_and(|method| method.eq_ignore_ascii_case("reply"))
        }
        _ => false,
    });
    submitted || bulk || replied || report
}
