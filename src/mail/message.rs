//! A message's bytes into header fields and parts, in each way that mail
//! clients read them.
//!
//! Fields are parsed by `mail-parser`; the body is split here, because what
//! stands before the first and after the last boundary, a boundary that never
//! comes, and every one of several equal fields are readings too. Nothing is
//! decoded before it is asked for, and nothing is nested here: who walks the
//! parts decides how deep.

use std::borrow::Cow;
use std::panic::catch_unwind;
use std::sync::LazyLock;

use mail_parser::{Addr, Address, ContentType, HeaderName, HeaderValue, MessageParser};

use super::{charset, header, parameter, words};

/// The longest header section that is parsed; beyond it lies no mail that
/// people write.
const HEADER_CAP: usize = 1024 * 1024; // 1 MB

/// Fields of one name that are looked at for their parameters.
const MOST_FIELDS: usize = 20;

/// One part, or the message itself: its header fields, and its body as sent.
#[derive(Debug)]
pub struct Part<'a> {
    fields: Vec<Field>,
    pub body: &'a [u8],
    /// What stands in the header section from its first line on that is no
    /// field: there, for most programs, the body begins.
    pub stray: &'a [u8],
    /// The fields could not be parsed, or not all of them.
    pub damaged: bool,
    /// The header section before `stray`.
    above: &'a [u8],
}

#[derive(Debug)]
struct Field {
    name: HeaderName<'static>,
    value: HeaderValue<'static>,
}

/// A mailbox of an address field, as written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mailbox {
    pub name: String,
    pub address: String,
}

impl<'a> Part<'a> {
    pub fn parse(raw: &'a [u8]) -> Self {
        let (header, body) = split_header(raw);
        let capped = &header[..header.len().min(HEADER_CAP)];
        let fields = fields(capped);
        let stray = stray(header);
        Self {
            damaged: fields.is_none() || capped.len() < header.len(),
            fields: fields.unwrap_or_default(),
            body,
            stray,
            above: &header[..header.len() - stray.len()],
        }
    }

    /// All from the first line on that is no field, as those see it for whom
    /// the body begins there.
    pub fn early_body(&self) -> Vec<u8> {
        [self.stray, b"\r\n", self.body].concat()
    }

    /// The part as they see it, with that body.
    pub fn early<'b>(&self, body: &'b [u8]) -> Part<'b>
    where
        'a: 'b,
    {
        let above = Part::parse(self.above);
        Part { body, ..above }
    }

    /// Whether there is any header field that is known here.
    pub fn is_bare(&self) -> bool {
        self.fields.is_empty()
    }

    /// The values of all fields of this name, in their order.
    pub fn all(
        &self,
        name: HeaderName<'static>,
    ) -> impl DoubleEndedIterator<Item = &HeaderValue<'static>> {
        self.fields
            .iter()
            .filter(move |field| field.name == name)
            .map(|field| &field.value)
    }

    /// The texts of all fields of this name: `Subject`, or a field that has no
    /// structure of its own.
    pub fn texts(&self, name: HeaderName<'static>) -> impl DoubleEndedIterator<Item = &str> {
        self.all(name).map(|value| match value {
            HeaderValue::Text(text) => text.as_ref(),
            HeaderValue::TextList(list) => list.first().map_or("", Cow::as_ref),
            _ => "",
        })
    }

    /// The values of all fields of this name, each of which may have several.
    pub fn lists(&self, name: HeaderName<'static>) -> Vec<String> {
        self.all(name)
            .flat_map(|value| match value {
                HeaderValue::Text(text) => vec![text.to_string()],
                HeaderValue::TextList(list) => list.iter().map(Cow::to_string).collect(),
                _ => Vec::new(),
            })
            .collect()
    }

    /// The mailboxes of each field of this name.
    pub fn mailboxes(&self, name: HeaderName<'static>) -> Vec<Vec<Mailbox>> {
        self.all(name).map(mailboxes).collect()
    }

    /// Seconds since 1970 in UTC.
    pub fn date(&self) -> Option<i64> {
        self.all(HeaderName::Date).find_map(|value| match value {
            HeaderValue::DateTime(date) if date.is_valid() => Some(date.to_timestamp()),
            _ => None,
        })
    }

    /// The values of all fields of this name as they stand, unfolded.
    pub fn raw(&self, name: &str) -> impl Iterator<Item = String> {
        header::fields(self.above)
            .filter(move |(field, _)| field.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
    }

    /// Every value that some program takes for this parameter of the
    /// `Content-Type`.
    pub fn parameters(&self, name: &str) -> Vec<String> {
        let mut values = Vec::new();
        for value in self.raw("Content-Type").take(MOST_FIELDS) {
            values.extend(parameter::values(&value, name));
        }
        values
    }

    /// Whether the `Content-Type` is not written as it ought to be (RFC 2045
    /// section 5.1), so that some programs take the part for plain text.
    pub fn is_of_doubtful_type(&self) -> bool {
        let token = |text: &str| {
            !text.is_empty()
                && text
                    .bytes()
                    .all(|b| b.is_ascii_graphic() && !b"\"(),/:;<=>?@[\\]".contains(&b))
        };
        self.raw("Content-Type").take(MOST_FIELDS).any(|value| {
            let kind = parameter::media_type(&value);
            let well = kind
                .split_once('/')
                .is_some_and(|(main, sub)| token(main.trim()) && token(sub.trim()));
            !well || value.matches('"').count() % 2 == 1
        })
    }

    /// Every `Content-Type`, first to last; none is `text/plain` (RFC 2045
    /// section 5.2), but a digest's part is a message (RFC 2046 section 5.1.5).
    pub fn content_types(&self) -> impl DoubleEndedIterator<Item = &ContentType<'static>> {
        self.all(HeaderName::ContentType)
            .filter_map(|value| match value {
                HeaderValue::ContentType(kind) => Some(kind),
                _ => None,
            })
    }

    /// The names that its header gives the part, most telling first: mail
    /// clients differ in which they show.
    pub fn names(&self) -> Vec<String> {
        let dispositions =
            self.all(HeaderName::ContentDisposition)
                .filter_map(|value| match value {
                    HeaderValue::ContentType(disposition) => disposition.attribute("filename"),
                    _ => None,
                });
        let types = self
            .content_types()
            .filter_map(|kind| kind.attribute("name"));
        let mut all: Vec<String> = dispositions.chain(types).map(str::to_owned).collect();
        for field in ["Content-Disposition", "Content-Type"] {
            for value in self.raw(field).take(MOST_FIELDS) {
                all.extend(parameter::values(&value, "filename"));
                all.extend(parameter::values(&value, "name"));
            }
        }
        let mut names: Vec<String> = Vec::new();
        for name in all.iter().map(|name| name.trim()) {
            if !name.is_empty() && !names.iter().any(|known| known == name) {
                names.push(name.to_owned());
            }
        }
        names
    }

    /// Whether the sender meant the part to be kept beside the text.
    pub fn is_attachment(&self) -> bool {
        self.all(HeaderName::ContentDisposition)
            .any(|value| matches!(value, HeaderValue::ContentType(disposition) if disposition.is_attachment()))
    }
}

/// The header section and what follows the empty line. A part may begin with
/// the empty line, and then has no header.
fn split_header(raw: &[u8]) -> (&[u8], &[u8]) {
    let mut start = 0;
    loop {
        let line = &raw[start..];
        if line.starts_with(b"\n") {
            return (&raw[..start], &line[1..]);
        }
        if line.starts_with(b"\r\n") {
            return (&raw[..start], &line[2..]);
        }
        match memchr::memchr(b'\n', line) {
            Some(end) => start += end + 1,
            None => return (raw, b""),
        }
    }
}

/// From the first line on that neither is a field nor goes on with one (RFC
/// 5322 section 2.2); a mailbox's line `From …` stands above the fields.
fn stray(header: &[u8]) -> &[u8] {
    let is_field = |line: &[u8]| {
        let name = memchr::memchr(b':', line).map(|colon| line[..colon].trim_ascii_end());
        name.is_some_and(|name| !name.is_empty() && name.iter().all(u8::is_ascii_graphic))
    };
    let mut start = 0;
    for line in header.split_inclusive(|&byte| byte == b'\n') {
        let first = start == 0;
        let goes_on = !first && line.starts_with(b" ") || line.starts_with(b"\t");
        let from = first && (line.starts_with(b"From ") || line.starts_with(b">From "));
        if !is_field(line) && !goes_on && !from {
            return &header[start..];
        }
        start += line.len();
    }
    b""
}

/// The fields that reading needs. All others are passed over unparsed.
static PARSER: LazyLock<MessageParser> = LazyLock::new(|| {
    let parser = MessageParser::new()
        .with_mime_headers()
        .with_address_headers()
        .header_text(HeaderName::Subject)
        .header_date(HeaderName::Date)
        .header_id(HeaderName::MessageId)
        .header_id(HeaderName::InReplyTo)
        .header_id(HeaderName::References)
        .default_header_ignore();
    [
        "Auto-Submitted",
        "Precedence",
        "X-Autoreply",
        "X-Autorespond",
        "X-Auto-Reply",
    ]
    .into_iter()
    .filter_map(HeaderName::parse)
    .fold(parser, MessageParser::header_raw)
});

fn fields(header: &[u8]) -> Option<Vec<Field>> {
    if header.is_empty() {
        return Some(Vec::new());
    }
    // Raw 8-bit text in a header is UTF-8 (RFC 6532), or what a client of the
    // nineties wrote.
    let header = match std::str::from_utf8(header) {
        Ok(_) => Cow::Borrowed(header),
        Err(_) => Cow::Owned(charset::decode(header, None).into_bytes()),
    };
    let mut header = words::normalise(&header);
    // The last line of a message may lack its end.
    if !header.ends_with(b"\n") {
        header.to_mut().extend_from_slice(b"\r\n");
    }
    let parsed = catch_unwind(|| {
        let message = PARSER.parse_headers(header.as_ref())?;
        let part = message.parts.into_iter().next()?;
        let fields = part
            .headers
            .into_iter()
            .filter(|header| {
                header.value != HeaderValue::Empty || header.name == HeaderName::Subject
            })
            .map(|header| Field {
                name: header.name.into_owned(),
                value: header.value.into_owned(),
            })
            .collect();
        Some(fields)
    });
    // No field at all is no damage: the section was a line of text.
    parsed.ok().map(Option::unwrap_or_default)
}

fn mailboxes(value: &HeaderValue<'_>) -> Vec<Mailbox> {
    let mailbox = |addr: &Addr<'_>| Mailbox {
        name: addr.name.as_deref().unwrap_or_default().to_owned(),
        address: addr.address.as_deref().unwrap_or_default().to_owned(),
    };
    match value {
        HeaderValue::Address(Address::List(list)) => list.iter().map(mailbox).collect(),
        HeaderValue::Address(Address::Group(groups)) => groups
            .iter()
            .flat_map(|group| {
                let named = group.name.as_deref().filter(|_| group.addresses.is_empty());
                let alone = named.map(|name| Mailbox {
                    name: name.to_owned(),
                    address: String::new(),
                });
                group.addresses.iter().map(mailbox).chain(alone)
            })
            .collect(),
        _ => Vec::new(),
    }
}
