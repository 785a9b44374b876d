//! Office documents that are one XML file: flat OpenDocument, a package of
//! parts between tags (as Word saves "XML documents"), and the formats of
//! Office 2003.

use std::borrow::Cow;

use super::harvest::{Harvest, Place};
use super::illustration::Illustrations;
use super::odf::style::Styles;
use super::odf::text::content;
use super::office::{self, damaged};
use super::office_xml::only_editing;
use super::xml::{self, Node};
use super::zip_records::{Archive, Member};
use super::{file, kind, office_part, sheet_2003, word_2003};
use crate::mail::encoding;

/// Reads the file if it is one of these.
pub(crate) fn read(bytes: &[u8], place: &Place, harvest: &mut Harvest<'_>) -> bool {
    match root(bytes) {
        Some(Root::OpenDocument(kind)) => {
            harvest.kind(place, kind);
            open_document(bytes, place, harvest);
        }
        Some(Root::Package) => return package(&xml::text(bytes), place, harvest),
        Some(Root::Word) => word_2003::read(&xml::text(bytes), place, harvest),
        Some(Root::Workbook) => sheet_2003::read(bytes, place, harvest),
        None => return false,
    }
    true
}

#[derive(Debug, PartialEq, Eq)]
enum Root {
    OpenDocument(&'static str),
    Package,
    Word,
    Workbook,
}

/// What the outermost element makes it.
fn root(bytes: &[u8]) -> Option<Root> {
    let mut root = None;
    xml::walk(bytes, |node| {
        let (Node::Start(element) | Node::Empty(element)) = node else {
            return true;
        };
        let kind = element.attribute("mimetype");
        let kind = kind.as_deref().unwrap_or_default();
        root = match element.name() {
            b"document" if kind.contains("opendocument.text") => Some(Root::OpenDocument("fodt")),
            b"document" if kind.contains("opendocument.spreadsheet") => {
                Some(Root::OpenDocument("fods"))
            }
            b"document" if kind.contains("opendocument.presentation") => {
                Some(Root::OpenDocument("fodp"))
            }
            b"document" if kind.contains("opendocument") => Some(Root::OpenDocument("fodg")),
            b"package" => Some(Root::Package),
            b"wordDocument" => Some(Root::Word),
            b"Workbook" => Some(Root::Workbook),
            _ => None,
        };
        false
    });
    root
}

fn open_document(bytes: &[u8], place: &Place, harvest: &mut Harvest<'_>) {
    let Some(place) = harvest.deeper(place) else {
        return;
    };
    let mut styles = Styles::default();
    let part = content(bytes, &mut styles, &place, harvest);
    files(&part.files, harvest);
    if part.locked {
        only_editing(&place, harvest);
    }
    if part.damaged || !xml::text(bytes).trim_end().ends_with("document>") {
        damaged(&place, harvest);
    }
}

/// What lies in the file in base64: pictures, and other files.
pub(super) fn files(files: &[(String, Place)], harvest: &mut Harvest<'_>) {
    let mut pictures = Illustrations::default();
    for (coded, place) in files {
        let bytes = encoding::base64(coded.as_bytes());
        if bytes.is_empty() || !harvest.decoded(place, bytes.len()) {
            continue;
        }
        match kind::sniff(&bytes) {
            kind::Kind::Picture(_) => pictures.read(&bytes, place, harvest),
            _ => file::read(&["embedded object"], &bytes, place, harvest),
        }
    }
}

/// A package's parts between tags (ECMA-376 part 2 as Word writes it flat);
/// false if it is another kind of package.
fn package(text: &str, place: &Place, harvest: &mut Harvest<'_>) -> bool {
    let parts: Vec<(String, Cow<'_, [u8]>)> = elements(text, "pkg:part")
        .take(harvest.entries_left())
        .filter_map(part)
        .collect();
    let members = parts
        .iter()
        .map(|(name, bytes)| Member::stored(name.clone(), bytes))
        .collect();
    let archive = Archive::of(members);
    let known = office_part::kind_of(&archive).is_some();
    if known {
        office::read(text.as_bytes(), &archive, place, harvest);
        if !text.trim_end().ends_with("</pkg:package>") {
            damaged(place, harvest);
        }
    }
    known
}

/// A part's name and content.
fn part(element: &str) -> Option<(String, Cow<'_, [u8]>)> {
    let (_, name) = element.split_once("pkg:name=\"")?;
    let (name, _) = name.split_once('"')?;
    let content = match elements(element, "pkg:binaryData").next() {
        Some(coded) => {
            let coded = coded.split_once('>').map_or("", |(_, coded)| coded);
            Cow::Owned(encoding::base64(coded.as_bytes()))
        }
        None => {
            let (_, content) = element.split_once("<pkg:xmlData")?;
            let (_, content) = content.split_once('>')?;
            let end = content.rfind("</pkg:xmlData>").unwrap_or(content.len());
            Cow::Borrowed(&content.as_bytes()[..end])
        }
    };
    Some((name.trim_start_matches('/').to_owned(), content))
}

/// The elements of a name that none of them has in it, each from behind its
/// name to its end.
pub(super) fn elements<'t>(text: &'t str, name: &str) -> impl Iterator<Item = &'t str> {
    let open = format!("<{name}");
    let close = format!("</{name}>");
    let mut rest = text;
    std::iter::from_fn(move || {
        loop {
            let at = rest.find(&open)?;
            rest = &rest[at + open.len()..];
            // Another name may begin like it.
            if rest.starts_with(['>', ' ', '\t', '\n', '\r', '/']) {
                break;
            }
        }
        let tag = rest.find('>').unwrap_or(rest.len());
        let is_empty = rest[..tag].ends_with('/');
        let end = match is_empty {
            true => tag,
            false => rest.find(&close).unwrap_or(rest.len()),
        };
        let element = &rest[..end];
        rest = &rest[end..];
        Some(element)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_are_found_whole_or_cut_short() {
        let found = |text: &'static str| elements(text, "a").collect::<Vec<_>>();
        assert_eq!(
            found("<a>x</a><ab>y</ab><a b='1'>z</a>"),
            [">x", " b='1'>z"]
        );
        assert_eq!(found("<a/><a>x"), ["/", ">x"]);
        assert_eq!(found("<a"), [""; 0]);
        assert_eq!(found("none"), [""; 0]);
    }

    #[test]
    fn the_outermost_element_tells_the_kind() {
        let text = b"<office:document office:mimetype='application/vnd.oasis.opendocument.text'/>";
        assert_eq!(root(text), Some(Root::OpenDocument("fodt")));
        assert_eq!(
            root(b"<?xml version='1.0'?><Workbook/>"),
            Some(Root::Workbook)
        );
        assert_eq!(root(b"<document/>"), None);
        assert_eq!(root(b"<CTfile/>"), None);
        assert_eq!(root(b"words"), None);
    }
}
