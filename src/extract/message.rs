//! A message and its parts, down to bodies and attachments.
//!
//! Where recipients could read it in two ways, it is read in both.

mod multipart;
mod part;
mod transfer;
mod ways;

use mail_parser::{ContentType, HeaderName};

use super::body::Bodies;
use super::harvest::{Harvest, Place};
use super::{file, header};
use crate::finding::ProblemKind;
use crate::mail::charset;
use crate::mail::message::Part;
use part::part_as;
use transfer::is_packing;
use ways::{each_way, two_ways};

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
    let subjects = inside.within("subject");
    header::subjects(&part, &subjects, harvest);
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
        // Others show the body as it stands.
        let mut encodings = part.texts(HeaderName::ContentTransferEncoding);
        if encodings.any(is_packing) && !part.body.trim_ascii().is_empty() {
            two_ways("its header can be taken to end early", place, harvest);
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
    if types.len() > 2 || encodings.len() > 2 {
        two_ways(
            "a part names its type or encoding again and again",
            place,
            harvest,
        );
    }
    if first == last {
        return part_as(part, first, around, place, bodies, harvest);
    }
    // Mail programs differ in whether the first of two equal fields counts, or
    // the last.
    let what = "a part names its type or encoding twice";
    each_way(
        &[first, last],
        what,
        place,
        bodies,
        harvest,
        |way, bodies, harvest| {
            part_as(part, *way, around, place, bodies, harvest);
        },
    );
}
