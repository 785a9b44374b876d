//! What a PDF has beside its pages: form fields, notes, bookmarks, properties,
//! and files inside the file.

use lopdf::{Dictionary, Document, Object, decode_text_string};

use super::note::is_not_shown;
use crate::extract::file;
use crate::extract::harvest::{Harvest, Place};
use crate::finding::ProblemKind;

/// Dictionaries in dictionaries.
const DEEPEST: u32 = 16;

pub(crate) fn beside_pages(document: &Document, place: &Place, harvest: &mut Harvest<'_>) {
    let mut fields = String::new();
    let mut notes = String::new();
    let mut not_shown = String::new();
    let mut titles = String::new();
    let mut scripts = String::new();
    let mut files = Vec::new();
    for dictionary in dictionaries(document) {
        let text = |key: &[u8]| {
            let value = dictionary.get_deref(key, document).ok()?;
            decode_text_string(value)
                .ok()
                .filter(|text| !text.trim().is_empty())
        };
        let add = |to: &mut String, keys: &[&[u8]]| {
            for value in keys.iter().filter_map(|key| text(key)) {
                to.push_str(&value);
                to.push('\n');
            }
        };
        let subtype = dictionary
            .get(b"Subtype")
            .and_then(Object::as_name)
            .unwrap_or_default();
        if dictionary.has(b"FT")
            || subtype == b"Widget"
            || (dictionary.has(b"T") && dictionary.has(b"V"))
        {
            let to = match is_not_shown(dictionary) {
                true => &mut not_shown,
                false => &mut fields,
            };
            add(to, &[b"T", b"TU", b"V"]);
        } else if dictionary.has(b"Rect") {
            let to = match is_not_shown(dictionary) {
                true => &mut not_shown,
                false => &mut notes,
            };
            add(to, &[b"T", b"Contents", b"Subj"]);
            if let Ok(action) = dictionary
                .get_deref(b"A", document)
                .and_then(Object::as_dict)
                && let Ok(uri) = action
                    .get_deref(b"URI", document)
                    .and_then(decode_text_string)
            {
                to.push_str(uri.trim_start_matches("mailto:"));
                to.push('\n');
            }
        } else if dictionary.has(b"Title") && (dictionary.has(b"Parent") || dictionary.has(b"Dest"))
        {
            add(&mut titles, &[b"Title"]);
        }
        if dictionary.has(b"EF") {
            files.push(dictionary);
        }
        add(&mut scripts, &[b"JS"]);
    }
    harvest.text(&place.within("form fields"), fields);
    harvest.text(&place.within("notes and links"), notes);
    let hidden = place.hidden("notes and fields that are not shown");
    harvest.text(&hidden, not_shown);
    harvest.text(&place.hidden("bookmarks, hidden"), titles);
    harvest.text(&place.hidden("scripts, hidden"), scripts);
    for specification in files {
        let names: Vec<String> = [&b"UF"[..], b"F", b"Desc"]
            .iter()
            .filter_map(|key| decode_text_string(specification.get_deref(key, document).ok()?).ok())
            .collect();
        let stream = specification
            .get_deref(b"EF", document)
            .and_then(Object::as_dict)
            .and_then(|files| {
                files
                    .get_deref(b"F", document)
                    .or_else(|_| files.get_deref(b"UF", document))
            })
            .and_then(Object::as_stream);
        let Ok(stream) = stream else { continue };
        match stream.get_plain_content_with_limit(harvest.inflatable(stream.content.len())) {
            Ok(bytes) if harvest.decoded(place, bytes.len()) => {
                let names: Vec<&str> = names.iter().map(String::as_str).collect();
                file::read(&names, &bytes, place, harvest);
            }
            _ => harvest.problem(
                place,
                ProblemKind::Damaged,
                "a file inside it could not be unpacked",
            ),
        }
    }
    properties(document, place, harvest);
}

/// All dictionaries, also those that stand in others and not by themselves.
fn dictionaries(document: &Document) -> Vec<&Dictionary> {
    fn collect<'a>(object: &'a Object, depth: u32, found: &mut Vec<&'a Dictionary>) {
        if depth > DEEPEST {
            return;
        }
        match object {
            Object::Array(items) => {
                for item in items {
                    collect(item, depth + 1, found);
                }
            }
            Object::Dictionary(dictionary) => {
                found.push(dictionary);
                for (_, value) in dictionary {
                    collect(value, depth + 1, found);
                }
            }
            _ => {}
        }
    }
    let mut found = Vec::new();
    for object in document.objects.values() {
        collect(object, 0, &mut found);
    }
    found
}

fn properties(document: &Document, place: &Place, harvest: &mut Harvest<'_>) {
    let mut words = String::new();
    if let Ok(info) = document
        .trailer
        .get_deref(b"Info", document)
        .and_then(Object::as_dict)
    {
        for key in [&b"Title"[..], b"Subject", b"Author", b"Keywords"] {
            if let Ok(text) = info.get_deref(key, document).and_then(decode_text_string) {
                words.push_str(&text);
                words.push('\n');
            }
        }
    }
    harvest.text(&place.hidden("document properties, hidden"), words);
    let xmp = document
        .catalog()
        .and_then(|catalog| catalog.get_deref(b"Metadata", document))
        .and_then(Object::as_stream)
        .and_then(|stream| stream.get_plain_content_with_limit(1024 * 1024));
    if let Ok(xmp) = xmp {
        metadata(&xmp, place, harvest);
    }
}

/// The words of metadata in XML.
pub(crate) fn metadata(xmp: &[u8], place: &Place, harvest: &mut Harvest<'_>) {
    let mut words = String::new();
    crate::extract::xml::walk(xmp, |node| {
        if let crate::extract::xml::Node::Text(text) = node
            && !text.trim().is_empty()
        {
            words.push_str(text.trim());
            words.push('\n');
        }
        true
    });
    harvest.text(&place.hidden("document properties, hidden"), words);
}
