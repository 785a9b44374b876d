//! One part under one declared type and transfer encoding: a body, a file, a
//! message, or several parts.

use mail_parser::{ContentType, HeaderName};
use memchr::memmem;

use super::multipart::multipart;
use super::transfer::decode;
use super::ways::{each_way, two_ways};
use super::{Around, nested, walk};
use crate::extract::body::{self, Bodies};
use crate::extract::harvest::{Harvest, Place};
use crate::extract::{cms, file, inline, kind};
use crate::finding::ProblemKind;
use crate::mail::charset;
use crate::mail::message::Part;
use crate::mail::multipart as split;

/// Boundaries and charsets of one part in which it is read.
const MOST_BOUNDARIES: usize = 4;
const MOST_CHARSETS: usize = 4;
/// Names of one part that are read.
const MOST_NAMES: usize = 50;

/// Reads a part under one declared type and transfer encoding.
pub(super) fn part_as(
    part: &Part<'_>,
    (kind, encoding): (Option<&ContentType<'_>>, Option<&str>),
    around: &Around,
    place: &Place,
    bodies: &mut Bodies,
    harvest: &mut Harvest<'_>,
) {
    let is_multipart = kind.is_some_and(|kind| kind.ctype().eq_ignore_ascii_case("multipart"));
    let mut boundaries = boundaries(part, kind);
    if boundaries.len() > MOST_BOUNDARIES {
        two_ways("it names more boundaries than Exeat tries", place, harvest);
        boundaries.truncate(MOST_BOUNDARIES);
    }
    // No encoding is allowed here (RFC 2045 section 6.4), and programs look past
    // one where they see the parts.
    let encoding = encoding.filter(|_| {
        let is_in_clear = |boundary: &String| {
            let line = format!("--{boundary}");
            memmem::find(part.body, line.as_bytes()).is_some()
        };
        !is_multipart || !boundaries.iter().any(is_in_clear)
    });
    let readings = decode(part.body, encoding, place, harvest);
    let what = "a part is not encoded as its header says";
    each_way(
        &readings,
        what,
        place,
        bodies,
        harvest,
        |bytes, bodies, harvest| {
            // Several fields are read one after the other elsewhere.
            let types: Vec<String> = part.raw("Content-Type").take(2).collect();
            let names_parts =
                types.len() == 1 && types[0].to_ascii_lowercase().contains("multipart/");
            let as_parts = !is_multipart
                && names_parts
                && boundaries
                    .iter()
                    .any(|boundary| split::split(bytes, boundary, 2).is_some());
            let ways: &[bool] = match (is_multipart, as_parts) {
                (true, _) => &[true],
                (false, false) => &[false],
                (false, true) => &[false, true],
            };
            let what = "a part's type can be taken for another";
            each_way(
                ways,
                what,
                place,
                bodies,
                harvest,
                |as_parts, bodies, harvest| {
                    if *as_parts {
                        let is_digest = kind.is_some_and(|kind| {
                            kind.subtype()
                                .is_some_and(|sub| sub.eq_ignore_ascii_case("digest"))
                        });
                        if is_multipart && part.is_of_doubtful_type() {
                            two_ways("its type is not well written", place, harvest);
                        }
                        multipart(
                            bytes,
                            &boundaries,
                            is_digest,
                            around,
                            place,
                            bodies,
                            harvest,
                        );
                    } else {
                        single(part, kind, bytes, around, place, bodies, harvest);
                    }
                },
            );
        },
    );
}

/// All boundaries that the type names for one program or another, the usual one
/// first.
fn boundaries(part: &Part<'_>, kind: Option<&ContentType<'_>>) -> Vec<String> {
    let usual = kind.and_then(|kind| kind.attribute("boundary"));
    let mut boundaries: Vec<String> = Vec::new();
    let others = part.parameters("boundary");
    for boundary in usual.into_iter().chain(others.iter().map(String::as_str)) {
        let boundary = boundary.trim_end();
        if !boundary.is_empty() && !boundaries.iter().any(|known| known == boundary) {
            boundaries.push(boundary.to_owned());
        }
    }
    boundaries
}

/// Reads a part that is no multipart.
fn single(
    part: &Part<'_>,
    kind: Option<&ContentType<'_>>,
    bytes: &[u8],
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
    let names = part.names();
    let mut names: Vec<&str> = names.iter().map(String::as_str).collect();
    if names.len() > MOST_NAMES {
        two_ways("a file has more names than Exeat reads", place, harvest);
        names.truncate(MOST_NAMES);
    }
    if (main == "message" && matches!(sub.as_str(), "rfc822" | "global" | "news"))
        || (around.digest && kind.is_none())
    {
        if names.is_empty() {
            names.push("attached message");
        }
        let inside = harvest.attachment(place, &names, bytes.len());
        harvest.kind(&inside, "eml");
        return nested(bytes, &inside, harvest);
    }
    if main == "message" {
        elsewhere(part, &sub, place, harvest);
    }
    if main == "application"
        && matches!(sub.as_str(), "pkcs7-mime" | "x-pkcs7-mime")
        && around.level < harvest.depth()
        && let Some(signed) = cms::part(bytes, place, harvest)
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
    harvest.digest(bytes);
    let mut charsets = charsets(part, kind);
    if charsets.len() > MOST_CHARSETS {
        two_ways("it names more charsets than Exeat tries", place, harvest);
        charsets.truncate(MOST_CHARSETS);
    }
    let is_body = main == "text"
        && matches!(
            sub.as_str(),
            "plain" | "html" | "x-amp-html" | "enriched" | "richtext" | ""
        );
    // What only claims to be a text is looked at as the file it is.
    if is_body && names.is_empty() && !part.is_attachment() && kind::marked(bytes).is_none() {
        return each_way(
            &charsets,
            "a part names its charset twice",
            place,
            bodies,
            harvest,
            |charset, bodies, harvest| {
                shown_text(
                    bytes,
                    kind,
                    charset.as_deref(),
                    &sub,
                    place,
                    bodies,
                    harvest,
                );
            },
        );
    }
    if names.is_empty() && bytes.trim_ascii().is_empty() {
        return;
    }
    let number = harvest.attachments();
    let charset = charsets.first().and_then(Option::as_deref);
    let charset = charset.filter(|_| main == "text");
    // A text's charset stands outside it, and is lost in a file.
    let outside = charset.filter(|charset| {
        std::str::from_utf8(bytes).is_err() || charset::otherwise(bytes, charset).is_some()
    });
    match outside {
        Some(charset) => {
            let text = charset::decode(bytes, Some(charset));
            file::read(&names, text.as_bytes(), place, harvest);
        }
        None => file::read(&names, bytes, place, harvest),
    }
    if let Some(charset) = charset {
        doubtful_charset(bytes, charset, place, harvest);
    }
    if kind.is_some() {
        harvest.declared(number, &format!("{main}/{sub}"));
    }
}

/// Tells of what a recipient's program would put together, or fetch.
fn elsewhere(part: &Part<'_>, sub: &str, place: &Place, harvest: &mut Harvest<'_>) {
    match sub {
        "partial" => harvest.problem(
            place,
            ProblemKind::Hostile,
            "it is one piece of a message that comes in several: what they say together was not read",
        ),
        "external-body" => {
            for value in part.raw("Content-Type").take(1) {
                harvest.text(&place.hidden("where a file lies"), value);
            }
            harvest.problem(
                place,
                ProblemKind::Unknown,
                "a file that is not in the message, but lies elsewhere: it was not read",
            );
        }
        _ => {}
    }
}

/// The charsets that some program takes; `None` where none is named.
fn charsets(part: &Part<'_>, kind: Option<&ContentType<'_>>) -> Vec<Option<String>> {
    let usual = kind.and_then(|kind| kind.attribute("charset"));
    let mut charsets: Vec<String> = usual.into_iter().map(str::to_owned).collect();
    for charset in part.parameters("charset") {
        if !charsets
            .iter()
            .any(|known| known.eq_ignore_ascii_case(&charset))
        {
            charsets.push(charset);
        }
    }
    match charsets.is_empty() {
        true => vec![None],
        false => charsets.into_iter().map(Some).collect(),
    }
}

/// Tells where a charset is not known to all programs, or not to Exeat, and
/// gives what the others show.
fn doubtful_charset(bytes: &[u8], charset: &str, place: &Place, harvest: &mut Harvest<'_>) {
    if let Some(other) = charset::otherwise(bytes, charset) {
        harvest.text(&place.hidden("text in another charset (hidden)"), other);
        two_ways(
            "it is in a charset that not all programs know",
            place,
            harvest,
        );
    }
    if charset::is_unread(bytes, charset) {
        let what = "a text is in a charset that Exeat does not know";
        harvest.problem(place, ProblemKind::Unknown, what);
    }
}

fn shown_text(
    bytes: &[u8],
    kind: Option<&ContentType<'_>>,
    declared: Option<&str>,
    sub: &str,
    place: &Place,
    bodies: &mut Bodies,
    harvest: &mut Harvest<'_>,
) {
    let html = sub.contains("html");
    let inner = (html && declared.is_none())
        .then(|| file::declared_charset(bytes))
        .flatten();
    let declared = declared.or(inner.as_deref());
    if let Some(charset) = declared {
        doubtful_charset(bytes, charset, place, harvest);
    }
    if html {
        return bodies.html(&charset::decode(bytes, declared));
    }
    let bytes = inline::files(bytes, place, harvest);
    let text = charset::decode(&bytes, declared);
    // RFC 1896: marks as those of HTML, and lines that count.
    if matches!(sub, "enriched" | "richtext") {
        let page = text.replace("<<", "&lt;").replace('\n', "<br>");
        return bodies.html(&page);
    }
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
