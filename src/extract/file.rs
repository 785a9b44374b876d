//! One file of any kind: named, told by its content, and handed to its reader.

use std::borrow::Cow;

use super::harvest::{Harvest, Place};
use super::illustration::Illustrations;
use super::kind::{self, Kind};
use super::{
    access, armour, cms, compressed, content_line, dif, html, inline, later, macintosh, mbox,
    message, metafile, ole, onenote, pdf, pgp, picture, plain, rar, rpmsg, rtf, seven_zip,
    shortcut, sylk, tar, tnef, xml_file, zip,
};
use crate::finding::ProblemKind;
use crate::mail::charset;

/// Reads a file that stands at `place`. `names` are all those it goes by, the
/// most telling first.
pub(crate) fn read(names: &[&str], bytes: &[u8], place: &Place, harvest: &mut Harvest<'_>) {
    if !harvest.entry(place) {
        return;
    }
    let inside = harvest.attachment(place, names, bytes.len());
    contents(bytes, &inside, harvest);
}

/// Reads the bytes of a file that has been noted as an attachment.
pub(crate) fn contents(bytes: &[u8], place: &Place, harvest: &mut Harvest<'_>) {
    let narrowed = charset::utf32(bytes);
    let bytes = narrowed.as_deref().map_or(bytes, str::as_bytes);
    match kind::sniff(bytes) {
        Kind::Empty => harvest.kind(place, "empty"),
        Kind::Zip => {
            zip::read(bytes, place, harvest);
            pdf::behind(bytes, place, harvest);
            if let Some(rest) = zip::behind_nothing(bytes) {
                read_behind(rest, place, harvest);
            }
        }
        Kind::SevenZip => seven_zip::read(bytes, place, harvest),
        Kind::Rar => {
            rar::read(bytes, place, harvest);
            behind(bytes, place, harvest);
        }
        Kind::Tar => tar::read(bytes, place, harvest),
        Kind::Compressed(by) => compressed::read(by, bytes, place, harvest),
        Kind::Pdf => pdf::read(bytes, place, harvest),
        Kind::Ole => ole::read(bytes, place, harvest),
        Kind::Rtf => {
            rtf::read(bytes, place, harvest);
            behind(bytes, place, harvest);
        }
        Kind::OneNote => onenote::read(bytes, place, harvest),
        Kind::Access => access::read(bytes, place, harvest),
        Kind::Shortcut => {
            shortcut::read(bytes, place, harvest);
            behind(bytes, place, harvest);
        }
        Kind::Tnef => tnef::read(bytes, place, harvest),
        Kind::Html => {
            page(bytes, place, harvest);
            behind(bytes, place, harvest);
        }
        Kind::Message => {
            harvest.kind(place, "eml");
            message::nested(&narrow(bytes), place, harvest);
        }
        Kind::Mbox => mbox::read(&narrow(bytes), place, harvest),
        Kind::ContentLines(family) => content_line::read(family, bytes, place, harvest),
        Kind::Xml => xml_file::read(bytes, place, harvest),
        Kind::Sylk => sylk::read(bytes, place, harvest),
        Kind::Dif => dif::read(bytes, place, harvest),
        Kind::Text => {
            let rest = inline::packed(bytes, place, harvest);
            plain::read(&rest, place, harvest);
            pdf::headless(bytes, place, harvest);
            behind(bytes, place, harvest);
        }
        Kind::Macintosh => macintosh::read(bytes, place, harvest),
        Kind::Armoured => armour::read(&narrow(bytes), place, harvest),
        Kind::Asn1 => cms::read(bytes, place, harvest),
        Kind::Pgp => pgp::read(bytes, place, harvest),
        Kind::Rpmsg => rpmsg::read(bytes, place, harvest),
        Kind::Picture(kind) if metafile::is_one(kind) => {
            harvest.kind(place, kind);
            metafile::read(bytes, place, harvest);
        }
        Kind::Picture(kind) => {
            picture::read(kind, bytes, place, harvest);
            behind(bytes, place, harvest);
        }
        Kind::Media(media) => {
            harvest.kind(place, media.kind);
            harvest.problem(place, ProblemKind::NotRead, media.what);
            behind(bytes, place, harvest);
        }
        Kind::Unread { kind, words } => {
            unread(kind, words, place, harvest);
            behind(bytes, place, harvest);
        }
        Kind::Unknown => {
            harvest.problem(
                place,
                ProblemKind::Unknown,
                "a file of no kind that Exeat knows",
            );
            behind(bytes, place, harvest);
        }
    }
}

/// What else a file is whose first bytes say little.
fn behind(bytes: &[u8], place: &Place, harvest: &mut Harvest<'_>) {
    zip::behind(bytes, place, harvest);
    pdf::behind(bytes, place, harvest);
    if let Some(at) = later::archive(bytes).or_else(|| later::gif(bytes)) {
        read_behind(&bytes[at..], place, harvest);
    }
}

fn read_behind(rest: &[u8], place: &Place, harvest: &mut Harvest<'_>) {
    if let Some(inside) = harvest.deeper(place) {
        read(&["file behind it"], rest, &inside, harvest);
    }
}

/// Formats of lines in ASCII may have been saved in UTF-16, as editors do, or
/// with the line ends of old Macintoshes.
fn narrow(bytes: &[u8]) -> Cow<'_, [u8]> {
    let mut bytes = match charset::sniff_utf16(bytes) {
        Some(utf_16) => {
            let text = charset::with(utf_16, bytes);
            Cow::Owned(text.trim_start_matches('\u{feff}').as_bytes().to_vec())
        }
        None => Cow::Borrowed(bytes),
    };
    if memchr::memchr(b'\n', &bytes).is_none() && memchr::memchr(b'\r', &bytes).is_some() {
        for byte in bytes.to_mut().iter_mut().filter(|byte| **byte == b'\r') {
            *byte = b'\n';
        }
    }
    bytes
}

/// A format that is known by name, and not read.
pub(crate) fn unread(kind: &str, words: &str, place: &Place, harvest: &mut Harvest<'_>) {
    harvest.kind(place, kind);
    harvest.problem(
        place,
        ProblemKind::Unknown,
        format!("{words}, which Exeat does not read"),
    );
}

fn page(bytes: &[u8], place: &Place, harvest: &mut Harvest<'_>) {
    harvest.kind(place, "html");
    let declared = declared_charset(bytes);
    let text = charset::decode(bytes, declared.as_deref());
    if !harvest.decoded(place, text.len()) {
        return;
    }
    let page = html::read(&text);
    let shown = page.shown.as_bytes();
    if armour::find(shown, 0).is_some() {
        armour::take_out(shown, place, harvest);
    }
    harvest.text(place, page.shown);
    harvest.text(&place.hidden("hidden text"), page.hidden);
    Illustrations::default().read_all(&page.enclosed, place, harvest);
}

/// `<meta charset=…>` or its older form; UTF-16 shows by itself.
pub(crate) fn declared_charset(html: &[u8]) -> Option<String> {
    if let Some(utf_16) = charset::sniff_utf16(html) {
        return Some(utf_16.name().to_owned());
    }
    let head = &html[..html.len().min(2_048)].to_ascii_lowercase();
    let at = memchr::memmem::find(head, b"charset=")? + 8;
    let value: Vec<u8> = head[at..]
        .iter()
        .copied()
        .skip_while(|b| matches!(b, b'"' | b'\'' | b' '))
        .take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b':' | b'.'))
        .collect();
    String::from_utf8(value)
        .ok()
        .filter(|name| !name.is_empty())
}
