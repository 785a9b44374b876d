//! Word's XML of 2003 (WordprocessingML 2003): one file whose elements are
//! named like those of docx, with notes, comments and page headers among the
//! paragraphs that they belong to.

use super::flat_office::{elements, files};
use super::harvest::{Harvest, Place};
use super::loose::{values, variables};
use super::office::damaged;
use super::office_xml::only_editing;
use super::word;
use super::word_style::Styles;
use super::xml;

/// What stands among the paragraphs and is none of their text: element, place.
const ASIDES: [(&str, &str); 5] = [
    ("w:hdr", "header"),
    ("w:ftr", "footer"),
    ("w:footnote", "footnotes"),
    ("w:endnote", "endnotes"),
    ("aml:annotation", "comments"),
];

pub(crate) fn read(text: &str, place: &Place, harvest: &mut Harvest<'_>) {
    harvest.kind(place, "wordml");
    let Some(place) = &harvest.deeper(place) else {
        return;
    };
    let mut styles = Styles::default();
    for element in elements(text, "w:styles") {
        styles.read(wrapped(element).as_bytes());
    }
    let mut whole = text.trim_end().ends_with("</w:wordDocument>");
    let mut body = elements(text, "w:body").fold(String::new(), |all, body| all + &wrapped(body));
    let mut tables = 0;
    let mut beside = Vec::new();
    for (name, where_it_stands) in ASIDES {
        let (rest, found) = cut(&body, name);
        body = rest;
        beside.push((place.within(where_it_stands), found));
    }
    whole &= word::read(body.as_bytes(), &styles, place, &mut tables, harvest);
    for (place, found) in beside {
        whole &= word::read(found.as_bytes(), &styles, &place, &mut tables, harvest);
    }
    let properties = place.hidden("document properties, hidden");
    for name in ["o:DocumentProperties", "o:CustomDocumentProperties"] {
        for element in elements(text, name) {
            whole &= values(wrapped(element).as_bytes(), &properties, harvest);
        }
    }
    for element in elements(text, "w:docPr") {
        if element.contains("<w:documentProtection") {
            only_editing(place, harvest);
        }
        whole &= variables(wrapped(element).as_bytes(), place, harvest);
    }
    let mut links = String::new();
    xml::walk(body.as_bytes(), |node| {
        if let xml::Node::Start(element) | xml::Node::Empty(element) = node
            && element.name() == b"hlink"
            && let Some(target) = element.attribute("dest")
        {
            links.push_str(target.strip_prefix("mailto:").unwrap_or(&target));
            links.push('\n');
        }
        true
    });
    harvest.text(&place.hidden("link targets, hidden"), links);
    let data: Vec<(String, Place)> = elements(text, "w:binData")
        .filter_map(|element| Some((element.split_once('>')?.1.to_owned(), place.clone())))
        .collect();
    files(&data, harvest);
    if !whole {
        damaged(place, harvest);
    }
}

/// An element again, by another name, from what is in it.
fn wrapped(element: &str) -> String {
    format!("<element{element}</element>")
}

/// Takes the elements of a name out of a text; annotations only where they are
/// comments, for the others are changes of the text itself.
fn cut(text: &str, name: &str) -> (String, String) {
    let (open, close) = (format!("<{name}"), format!("</{name}>"));
    let mut rest = String::with_capacity(text.len());
    let mut found = String::new();
    let mut left = text;
    while let Some(at) = left.find(&open) {
        let tag = left[at..].find('>').map_or(left.len(), |end| at + end + 1);
        let named = left[at + open.len()..].starts_with(['>', ' ', '\t', '\n', '\r']);
        let comment = left[at..tag].contains("\"Word.Comment\"") || !name.starts_with("aml:");
        let end = left[tag..].find(&close);
        match end.filter(|_| named && comment && !left[..tag].ends_with("/>")) {
            Some(end) => {
                rest.push_str(&left[..at]);
                let end = tag + end + close.len();
                found.push_str(&left[at..end]);
                left = &left[end..];
            }
            None => {
                rest.push_str(&left[..tag]);
                left = &left[tag..];
            }
        }
    }
    rest.push_str(left);
    (rest, found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_beside_the_text_is_cut_out_of_it() {
        let check = |text, name, rest: &str, found: &str| {
            assert_eq!(
                cut(text, name),
                (rest.to_owned(), found.to_owned()),
                "{text}"
            );
        };
        check("a<w:hdr>b</w:hdr>c", "w:hdr", "ac", "<w:hdr>b</w:hdr>");
        check("a<w:hdrs>b", "w:hdr", "a<w:hdrs>b", "");
        check("a<w:hdr/>b", "w:hdr", "a<w:hdr/>b", "");
        check("a<w:hdr>b", "w:hdr", "a<w:hdr>b", "");
        check("a<w:hdr", "w:hdr", "a<w:hdr", "");
        let deleted = "<aml:annotation w:type=\"Word.Deletion\">x</aml:annotation>";
        check(deleted, "aml:annotation", deleted, "");
    }
}
