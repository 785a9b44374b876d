//! The pages of a PDF and what each draws, found as leniently as the programs
//! of those who get the file find them. What is named and not there is told:
//! lopdf passes over objects that it cannot parse.

use std::collections::HashSet;

use lopdf::{Document, Object, ObjectId};

use super::filter::{Endless, unpack};
use super::state::Rect;

/// Nodes above a page that it may have its boxes from.
const DEEPEST_TREE: u32 = 64;

/// Pages, and whether all are there that the file names.
#[derive(Debug, Default)]
pub(crate) struct Pages {
    /// In their order.
    pub(crate) ids: Vec<ObjectId>,
    pub(crate) lost: bool,
}

/// The bytes that draw a page, and whether all of them are there.
#[derive(Debug, Default)]
pub(crate) struct Content {
    pub(crate) bytes: Vec<u8>,
    pub(crate) lost: bool,
}

/// At most so many pages, and one more.
pub(crate) fn pages(document: &Document, most: usize) -> Pages {
    let mut pages = Pages::default();
    let root = document.catalog().and_then(|catalog| catalog.get(b"Pages"));
    let mut seen = HashSet::new();
    // Nodes of the tree yet to be looked at, the next one last.
    let mut ahead: Vec<&Object> = root.into_iter().collect();
    while let Some(node) = ahead.pop() {
        let Ok(id) = node.as_reference() else {
            // Written out where a reference must stand (ISO 32000-1 section
            // 7.7.3); there it has no number to draw it by.
            pages.lost = true;
            continue;
        };
        // A tree that comes back to itself has been read by then.
        if !seen.insert(id) {
            continue;
        }
        let Ok(dictionary) = document.get_dictionary(id) else {
            pages.lost = true;
            continue;
        };
        match dictionary
            .get_deref(b"Kids", document)
            .map(Object::as_array)
        {
            Ok(Ok(kids)) => ahead.extend(kids.iter().rev()),
            Ok(Err(_)) => pages.lost = true,
            Err(_) => pages.ids.push(id),
        }
        if pages.ids.len() > most {
            break;
        }
    }
    pages
}

/// What a page draws, at most so many bytes.
pub(crate) fn content(document: &Document, id: ObjectId, most: usize) -> Result<Content, Endless> {
    let mut content = Content::default();
    let Ok(page) = document.get_dictionary(id) else {
        content.lost = true;
        return Ok(content);
    };
    let named = page.get_deref(b"Contents", document);
    let parts: Vec<&Object> = match named {
        Ok(Object::Array(parts)) => parts.iter().collect(),
        Ok(Object::Null) => Vec::new(),
        Ok(part) => vec![part],
        // A page may be blank.
        Err(_) => {
            content.lost = page.has(b"Contents");
            Vec::new()
        }
    };
    for part in parts {
        let part = document
            .dereference(part)
            .and_then(|(_, part)| part.as_stream());
        let Ok(stream) = part else {
            content.lost = true;
            continue;
        };
        let left = most - content.bytes.len();
        content.lost |= !unpack(stream, document, left, &mut content.bytes)?;
        content.bytes.push(b'\n');
        if content.bytes.len() > most {
            return Err(Endless);
        }
    }
    Ok(content)
}

/// What of a page is visible, where it says so: its crop box within its media
/// box (ISO 32000-1 section 14.11.2).
pub(crate) fn visible(document: &Document, id: ObjectId) -> Option<Rect> {
    let media = inherited_box(document, id, b"MediaBox")?;
    let visible = match inherited_box(document, id, b"CropBox") {
        Some(crop) => crop.intersection(&media),
        None => media,
    };
    (!visible.is_empty()).then_some(visible)
}

/// A box of the page, or else of what is above it in the tree.
fn inherited_box(document: &Document, id: ObjectId, key: &[u8]) -> Option<Rect> {
    let mut node = document.get_dictionary(id).ok()?;
    for _ in 0..DEEPEST_TREE {
        if let Ok(numbers) = node.get_deref(key, document).and_then(Object::as_array) {
            let number = |number| document.dereference(number).ok()?.1.as_float().ok();
            let numbers: Vec<f32> = numbers.iter().filter_map(number).collect();
            let [left, bottom, right, top] = numbers[..] else {
                return None;
            };
            return Rect::around([(left, bottom), (right, top)]);
        }
        node = node
            .get_deref(b"Parent", document)
            .and_then(Object::as_dict)
            .ok()?;
    }
    None
}
