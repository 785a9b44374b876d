//! XML and HTML: tags, attributes, entities, encodings.

use std::ops::Range;

use super::{lines, places, replaced};
use crate::dice::Dice;

/// What may stand between tags and is looked past.
const BETWEEN: &[&str] = &[
    "<!-- -->",
    "<?x y?>",
    "<![CDATA[]]>",
    "&#0;",
    "&nbsp;",
    "&x;",
    "<x>",
    "</x>",
    "<x/>",
    "<x xmlns=\"urn:x\"><y/></x>",
    "\u{feff}",
    "<mc:AlternateContent><mc:Choice Requires=\"x\"/></mc:AlternateContent>",
];

/// Values that steer readers.
const VALUES: &[&str] = &[
    "",
    "0",
    "1",
    "-1",
    "true",
    "s",
    "str",
    "inlineStr",
    "b",
    "hidden",
    "none",
    "x",
    "/x.xml",
];

/// Namespaces that name the same things in the strict form of OOXML.
const STRICT: &[(&str, &str)] = &[
    (
        "http://schemas.openxmlformats.org/wordprocessingml/2006/main",
        "http://purl.oclc.org/ooxml/wordprocessingml/main",
    ),
    (
        "http://schemas.openxmlformats.org/spreadsheetml/2006/main",
        "http://purl.oclc.org/ooxml/spreadsheetml/main",
    ),
    (
        "http://schemas.openxmlformats.org/officeDocument/2006/relationships",
        "http://purl.oclc.org/ooxml/officeDocument/relationships",
    ),
];

pub(super) fn change(file: &[u8], dice: &mut Dice) -> Vec<u8> {
    let tags = tags(file);
    if tags.is_empty() {
        return lines::change(file, dice);
    }
    let tag = dice.pick(&tags);
    match dice.below(15) {
        0 => replaced(file, tag, b""),
        1 => {
            let twice = file[tag.clone()].repeat(2);
            replaced(file, tag, &twice)
        }
        2 => {
            let other = dice.pick(&tags);
            replaced(file, tag, &file[other])
        }
        3..=5 => attribute(file, tag, dice),
        6 => replaced(file, tag.end..tag.end, dice.pick(BETWEEN).as_bytes()),
        7 => referenced(file, &tags, dice),
        8 => prefixed(file, dice),
        9 => recoded(file, dice),
        10 => {
            let (from, to) = dice.pick(STRICT);
            exchanged(file, from.as_bytes(), to.as_bytes())
        }
        11 => quoted(file, tag, dice),
        12 => {
            // An element with all that is in it, taken out or doubled.
            let end = dice.pick(&tags).end.max(tag.end);
            let by = match dice.one_in(2) {
                true => file[tag.start..end].repeat(2),
                false => Vec::new(),
            };
            replaced(file, tag.start..end, &by)
        }
        13 => doctype(file),
        _ => lines::change(file, dice),
    }
}

fn tags(file: &[u8]) -> Vec<Range<usize>> {
    places(b"<", file)
        .into_iter()
        .filter_map(|at| {
            let size = memchr::memchr(b'>', &file[at..])?;
            Some(at..at + size + 1)
        })
        .collect()
}

fn attribute(file: &[u8], tag: Range<usize>, dice: &mut Dice) -> Vec<u8> {
    let quotes: Vec<usize> = places(b"\"", &file[tag.clone()]);
    let pairs: Vec<&[usize]> = quotes.chunks_exact(2).collect();
    if pairs.is_empty() {
        // Another name for the element.
        let at = (tag.start + 1 + dice.below(4)).min(tag.end - 1);
        return replaced(file, at..at + 1, &[b'a' + dice.byte() % 26]);
    }
    let pair = dice.pick(&pairs);
    let value = tag.start + pair[0] + 1..tag.start + pair[1];
    match dice.below(4) {
        0 => replaced(file, value, dice.extreme().to_string().as_bytes()),
        1 => replaced(file, value, dice.pick(VALUES).as_bytes()),
        2 => {
            let start = file[..value.start].iter().rposition(|b| *b == b' ');
            replaced(file, start.unwrap_or(value.start)..value.end + 1, b"")
        }
        _ => {
            let shown = [b"'", &file[value.clone()], b"'"].concat();
            replaced(file, value.start - 1..value.end + 1, &shown)
        }
    }
}

/// Letters between tags as references to characters: the same words.
fn referenced(file: &[u8], tags: &[Range<usize>], dice: &mut Dice) -> Vec<u8> {
    let mut out = Vec::with_capacity(file.len() * 2);
    let mut at = 0;
    let hex = dice.one_in(2);
    for tag in tags
        .iter()
        .filter(|tag| !file[(*tag).clone()].starts_with(b"<!"))
    {
        if tag.start < at {
            continue;
        }
        for &byte in &file[at..tag.start] {
            match byte.is_ascii_alphabetic()
                && dice.one_in(3)
                && !file[at..tag.start].contains(&b'&')
            {
                true if hex => out.extend(format!("&#x{byte:x};").bytes()),
                true => out.extend(format!("&#{byte:04};").bytes()),
                false => out.push(byte),
            }
        }
        out.extend(&file[tag.clone()]);
        at = tag.end;
    }
    out.extend(&file[at..]);
    out
}

/// Text between tags in CDATA: the same words.
fn quoted(file: &[u8], tag: Range<usize>, dice: &mut Dice) -> Vec<u8> {
    let Some(size) = memchr::memchr(b'<', &file[tag.end..]) else {
        return lines::change(file, dice);
    };
    let text = &file[tag.end..tag.end + size];
    let shown = [b"<![CDATA[", text, b"]]>"].concat();
    replaced(file, tag.end..tag.end + size, &shown)
}

/// Another prefix for a namespace, declared and used alike: the same document.
fn prefixed(file: &[u8], dice: &mut Dice) -> Vec<u8> {
    let declared: Vec<Vec<u8>> = places(b"xmlns:", file)
        .into_iter()
        .filter_map(|at| {
            let name = &file[at + 6..];
            let size = memchr::memchr(b'=', &name[..name.len().min(20)])?;
            Some(name[..size].to_vec())
        })
        .collect();
    if declared.is_empty() {
        return lines::change(file, dice);
    }
    let prefix = dice.pick(&declared);
    let mut out = file.to_vec();
    for (before, after) in [
        (&b"<"[..], &b":"[..]),
        (b"</", b":"),
        (b" ", b":"),
        (b"xmlns:", b"="),
    ] {
        let from = [before, &prefix, after].concat();
        out = exchanged(&out, &from, &[before, b"q9", after].concat());
    }
    out
}

fn recoded(file: &[u8], dice: &mut Dice) -> Vec<u8> {
    let text = String::from_utf8_lossy(file);
    let declared = |name: &str| text.replacen("UTF-8", name, 1).replacen("utf-8", name, 1);
    match dice.below(5) {
        0 => [0xff, 0xfe]
            .into_iter()
            .chain(declared("UTF-16").encode_utf16().flat_map(u16::to_le_bytes))
            .collect(),
        1 => [0xfe, 0xff]
            .into_iter()
            .chain(declared("UTF-16").encode_utf16().flat_map(u16::to_be_bytes))
            .collect(),
        2 => encoding_rs::WINDOWS_1252
            .encode(&declared("windows-1252"))
            .0
            .into_owned(),
        3 => {
            declared(dice.pick(&["UTF-16", "x-none", "ISO-8859-1", "UTF-7", "IBM037"])).into_bytes()
        }
        _ => declared("UTF-16")
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect(),
    }
}

/// An entity of the document's own, with words in it.
fn doctype(file: &[u8]) -> Vec<u8> {
    let after = match file.starts_with(b"<?xml") {
        true => memchr::memmem::find(file, b"?>").map_or(0, |at| at + 2),
        false => 0,
    };
    replaced(
        file,
        after..after,
        b"<!DOCTYPE x [<!ENTITY x \"x\"><!ENTITY y \"&x;&x;\">]>",
    )
}

fn exchanged(file: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(file.len());
    let mut at = 0;
    for place in places(from, file) {
        if place >= at {
            out.extend(&file[at..place]);
            out.extend(to);
            at = place + from.len();
        }
    }
    out.extend(&file[at..]);
    out
}
