//! A message and its parts, down to bodies and attachments.
//!
//! Where recipients could read it in two ways, it is read in both.

use std::borrow::Cow;

use mail_parser::{ContentType, HeaderName};
use memchr::memmem;

use super::body::{self, Bodies};
use super::harvest::{Harvest, Place};
use super::kind;
use super::{cms, file, header, inline};
use crate::finding::ProblemKind;
use crate::mail::message::{self, Part};
use crate::mail::{charset, encoding};

/// Reads the message that the worker was given.
pub(crate) fn read(raw: &[u8], harvest: &mut Harvest<'_>) {
    let place = Place::message();
    let part = Part::parse(raw);
    header::read(&part, harvest);
    header::identify(raw, harvest);
    whole(&part, &place, harvest);
}

/// Reads a message inside another file. All its texts are an attachment's.
pub(crate) fn nested(raw: &[u8], place: &Place, harvest: &mut Harvest<'_>) {
    let Some(inside) = harvest.deeper(place) else {
        return;
    };
    // A line `From …` before the header is a mailbox's, not the message's.
    let raw = match raw.starts_with(b"From ") {
        true => memchr::memchr(b'\n', raw).map_or(raw, |end| &raw[end + 1..]),
        false => raw,
    };
    let part = Part::parse(raw);
    let people: Vec<String> = [HeaderName::From, HeaderName::To, HeaderName::Cc]
        .into_iter()
        .flat_map(|name| part.mailboxes(name))
        .flatten()
        .map(|mailbox| {
            format!("{} <{}>", mailbox.name, mailbox.address)
                .trim()
                .to_owned()
        })
        .collect();
    for subject in part.texts(HeaderName::Subject) {
        harvest.text(&inside.within("subject"), subject);
    }
    harvest.text(&inside.within("sender and recipients"), people.join("\n"));
    whole(&part, &inside, harvest);
}

/// Whether the bytes are a part of a message: its fields stand before it.
pub(crate) fn is_entity(bytes: &[u8]) -> bool {
    let head = &bytes[..bytes.len().min(16 * 1024)];
    let mut named = false;
    let mut end = 0;
    for line in head.split(|&byte| byte == b'\n') {
        end += line.len() + 1;
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        // What has no empty line has nothing behind it.
        if line.is_empty() {
            return named && end <= head.len();
        }
        let name = line.split(|&byte| byte == b':').next().unwrap_or_default();
        let is_field = !name.is_empty()
            && name.len() < line.len()
            && name.iter().all(|byte| byte.is_ascii_graphic());
        if !is_field && !line.starts_with(b" ") && !line.starts_with(b"\t") {
            return false;
        }
        named |= starts(name, b"content-") || starts(name, b"mime-version");
    }
    false
}

fn starts(name: &[u8], with: &[u8]) -> bool {
    name.get(..with.len())
        .is_some_and(|start| start.eq_ignore_ascii_case(with))
}

/// Reads what was signed or packed as a whole: a part of a message, or a file
/// that is called `name`.
pub(crate) fn entity_or_file(bytes: &[u8], name: &str, place: &Place, harvest: &mut Harvest<'_>) {
    if is_entity(bytes) {
        nested(bytes, place, harvest);
    } else if let Some(inside) = harvest.deeper(place) {
        file::read(&[name], bytes, &inside, harvest);
    }
}

/// A message's parts, its header apart.
fn whole(part: &Part<'_>, place: &Place, harvest: &mut Harvest<'_>) {
    if part.damaged {
        harvest.problem(
            place,
            ProblemKind::Damaged,
            "its header could not be read, or not to its end",
        );
    }
    let start = harvest.mark();
    let mut bodies = Bodies::default();
    let around = Around {
        level: 0,
        digest: false,
    };
    walk(part, &around, place, &mut bodies, harvest);
    // A body may stand behind an attachment, but is read first.
    let end = harvest.mark();
    bodies.finish(place, harvest);
    harvest.bring_forward(&start, &end);
}

/// Whether what stands among the fields is part of what is packed in the body:
/// the empty line before it is missing. Words are words wherever they stand,
/// and what follows a field that is broken in two is none of the body.
fn begins_body(part: &Part<'_>, early: &Part<'_>) -> bool {
    let alone = part.body.trim_ascii().is_empty();
    let line = part.stray.split(|&byte| byte == b'\n').next();
    let lacks = |signs: &[u8]| !line.is_some_and(|line| line.iter().any(|b| signs.contains(b)));
    let mut encodings = early.texts(HeaderName::ContentTransferEncoding);
    match encodings.next().map(str::trim) {
        _ if early
            .content_types()
            .any(|kind| kind.ctype() == "multipart") =>
        {
            alone || lacks(b":")
        }
        Some(encoding) if encoding.eq_ignore_ascii_case("base64") => alone || lacks(b": "),
        Some(_) => alone,
        None => false,
    }
}

/// What a part stands in.
struct Around {
    /// Multiparts of the same message around it.
    level: u32,
    /// The innermost is a `multipart/digest`.
    digest: bool,
}

fn walk(
    part: &Part<'_>,
    around: &Around,
    place: &Place,
    bodies: &mut Bodies,
    harvest: &mut Harvest<'_>,
) {
    if !harvest.entry(place) {
        return;
    }
    let stray = part.stray.trim_ascii();
    if !stray.is_empty() {
        let name = "text among the header fields (hidden)";
        harvest.text(&place.hidden(name), charset::decode(stray, None));
        let body = part.early_body();
        let early = part.early(&body);
        if begins_body(part, &early) {
            return walk(&early, around, place, bodies, harvest);
        }
    }
    let mut types: Vec<Option<&ContentType<'_>>> = Vec::new();
    for kind in part.content_types() {
        if !types.contains(&Some(kind)) {
            types.push(Some(kind));
        }
    }
    let mut encodings: Vec<&str> = Vec::new();
    for encoding in part.texts(HeaderName::ContentTransferEncoding) {
        if !encodings
            .iter()
            .any(|known| known.eq_ignore_ascii_case(encoding))
        {
            encodings.push(encoding);
        }
    }
    let first = (types.first().copied().flatten(), encodings.first().copied());
    let last = (types.last().copied().flatten(), encodings.last().copied());
    if first == last {
        return part_as(part, first, around, place, bodies, harvest);
    }
    // Mail programs differ in whether the first of two equal fields counts, or
    // the last. Both readings go in; bodies are put in at once, so that they
    // can be compared.
    let start = harvest.mark();
    let mut reading = Bodies::default();
    part_as(part, first, around, place, &mut reading, harvest);
    reading.finish(place, harvest);
    let middle = harvest.mark();
    let mut other = Bodies::default();
    part_as(part, last, around, place, &mut other, harvest);
    other.finish(place, harvest);
    if !harvest.readings_agree(&start, &middle) {
        harvest.problem(
            place,
            ProblemKind::Hostile,
            "a part names its type or encoding twice: recipients could read it in two ways",
        );
    }
}

/// Reads a part under one declared type and transfer encoding.
fn part_as(
    part: &Part<'_>,
    (kind, encoding): (Option<&ContentType<'_>>, Option<&str>),
    around: &Around,
    place: &Place,
    bodies: &mut Bodies,
    harvest: &mut Harvest<'_>,
) {
    let main = kind
        .map_or("text", |kind| kind.ctype())
        .to_ascii_lowercase();
    let sub = kind
        .map_or(Some("plain"), |kind| kind.subtype())
        .unwrap_or_default()
        .to_ascii_lowercase();
    let boundary = kind.and_then(|kind| kind.attribute("boundary"));
    // No encoding is allowed here (RFC 2045 section 6.4), and programs look past
    // one where they see the parts.
    let encoding = encoding.filter(|_| {
        let line = boundary.map(|boundary| format!("--{boundary}"));
        let in_clear = line.is_some_and(|line| memmem::find(part.body, line.as_bytes()).is_some());
        main != "multipart" || !in_clear
    });
    let bytes = decode(part.body, encoding, place, harvest);
    if main == "multipart" {
        return multipart(
            &bytes,
            kind,
            sub == "digest",
            around,
            place,
            bodies,
            harvest,
        );
    }
    if (main == "message" && matches!(sub.as_str(), "rfc822" | "global" | "news"))
        || (around.digest && kind.is_none())
    {
        let names = part.names();
        let names = if names.is_empty() {
            vec!["attached message"]
        } else {
            names
        };
        let inside = harvest.attachment(place, &names, bytes.len());
        harvest.kind(&inside, "eml");
        return nested(&bytes, &inside, harvest);
    }
    if main == "application"
        && matches!(sub.as_str(), "pkcs7-mime" | "x-pkcs7-mime")
        && around.level < harvest.depth()
        && let Some(signed) = cms::part(&bytes, place, harvest)
    {
        // Mail programs show it as if the signature were not there.
        let inside = Around {
            level: around.level + 1,
            digest: false,
        };
        let signed = Part::parse(&signed);
        // Some programs show this subject in the place of the message's own.
        for subject in signed.texts(HeaderName::Subject) {
            harvest.text(&place.within("signed subject"), subject);
        }
        return walk(&signed, &inside, place, bodies, harvest);
    }
    harvest.digest(&bytes);
    let names = part.names();
    let declared = kind.and_then(|kind| kind.attribute("charset"));
    let is_body = main == "text"
        && matches!(
            sub.as_str(),
            "plain" | "html" | "x-amp-html" | "enriched" | ""
        );
    // What only claims to be a text is looked at as the file it is.
    if is_body && names.is_empty() && !part.is_attachment() && kind::marked(&bytes).is_none() {
        return shown_text(&bytes, kind, sub.contains("html"), place, bodies, harvest);
    }
    if names.is_empty() && bytes.trim_ascii().is_empty() {
        return;
    }
    let number = harvest.attachments();
    match declared.filter(|_| main == "text" && std::str::from_utf8(&bytes).is_err()) {
        // A text's charset stands outside it, and is lost in a file.
        Some(charset) => {
            let text = charset::decode(&bytes, Some(charset));
            file::read(&names, text.as_bytes(), place, harvest);
        }
        None => file::read(&names, &bytes, place, harvest),
    }
    if kind.is_some() {
        harvest.declared(number, &format!("{main}/{sub}"));
    }
}

fn shown_text(
    bytes: &[u8],
    kind: Option<&ContentType<'_>>,
    html: bool,
    place: &Place,
    bodies: &mut Bodies,
    harvest: &mut Harvest<'_>,
) {
    let declared = kind.and_then(|kind| kind.attribute("charset"));
    if html {
        let inner = declared
            .is_none()
            .then(|| file::declared_charset(bytes))
            .flatten();
        bodies.html(&charset::decode(bytes, declared.or(inner.as_deref())));
        return;
    }
    let bytes = inline::files(bytes, place, harvest);
    let text = charset::decode(&bytes, declared);
    let attribute = |name: &str, value: &str| {
        kind.and_then(|kind| kind.attribute(name))
            .is_some_and(|given| given.eq_ignore_ascii_case(value))
    };
    if attribute("format", "flowed") {
        bodies.plain(body::unflow(&text, attribute("delsp", "yes")));
    } else {
        bodies.plain(text);
    }
}

fn multipart(
    body: &[u8],
    kind: Option<&ContentType<'_>>,
    digest: bool,
    around: &Around,
    place: &Place,
    bodies: &mut Bodies,
    harvest: &mut Harvest<'_>,
) {
    if body.trim_ascii().is_empty() {
        return;
    }
    if around.level >= harvest.depth() {
        harvest.exhaust(
            place,
            "its parts are packed in one another deeper than Exeat reads",
        );
        return;
    }
    let limit = harvest.entries_left() + 1;
    let declared = kind
        .and_then(|kind| kind.attribute("boundary"))
        .unwrap_or_default();
    let split = message::split(body, declared, limit).or_else(|| {
        // Some programs find the parts nevertheless, others show it as text.
        let guessed = message::guess_boundary(body)?;
        let split = message::split(body, guessed, limit)?;
        harvest.problem(
            place,
            ProblemKind::Hostile,
            "its parts have no valid boundary: recipients could read it in two ways",
        );
        Some(split)
    });
    let Some(split) = split else {
        harvest.digest(body);
        bodies.plain(charset::decode(body, None));
        return;
    };
    between_parts(
        split.preamble,
        "text before the first part (hidden)",
        place,
        harvest,
    );
    let inside = Around {
        level: around.level + 1,
        digest,
    };
    for raw in split.parts {
        if harvest.is_spent() {
            return;
        }
        walk(&Part::parse(raw), &inside, place, bodies, harvest);
    }
    between_parts(
        split.epilogue,
        "text after the last part (hidden)",
        place,
        harvest,
    );
}

/// Text outside all parts: most programs do not show it, some do.
fn between_parts(text: &[u8], name: &str, place: &Place, harvest: &mut Harvest<'_>) {
    let text = text.trim_ascii();
    let boilerplate = [
        &b"multi-part message in MIME"[..],
        b"multipart message in MIME",
        b"MIME-encapsulated message",
    ]
    .iter()
    .any(|phrase| memmem::find(text, phrase).is_some());
    if text.is_empty() || (boilerplate && text.len() < 300) {
        return;
    }
    harvest.text(&place.hidden(name), charset::decode(text, None));
}

/// Undoes the transfer encoding.
fn decode<'a>(
    body: &'a [u8],
    encoding: Option<&str>,
    place: &Place,
    harvest: &mut Harvest<'_>,
) -> Cow<'a, [u8]> {
    let name = encoding.unwrap_or_default().trim().to_ascii_lowercase();
    let name = name.split([';', ' ']).next().unwrap_or_default();
    let decoded = match name {
        "base64" => encoding::base64(body),
        "quoted-printable" => encoding::quoted_printable(body),
        "" | "7bit" | "8bit" | "binary" => return Cow::Borrowed(body),
        "x-uuencode" | "uuencode" | "x-uue" => match encoding::uuencoded(body, 0) {
            Some(found) => found.bytes,
            None => return Cow::Borrowed(body),
        },
        _ => {
            harvest.problem(
                place,
                ProblemKind::Unknown,
                "a part is in a transfer encoding that Exeat does not know",
            );
            return Cow::Borrowed(body);
        }
    };
    if decoded.is_empty() && !body.trim_ascii().is_empty() {
        harvest.problem(place, ProblemKind::Damaged, "a part could not be decoded");
        return Cow::Borrowed(body);
    }
    harvest.decoded(place, decoded.len());
    Cow::Owned(decoded)
}
