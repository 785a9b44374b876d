//! Notes and fields of a PDF's pages (ISO 32000-1 section 12.5): what they look
//! like, and whether they are shown.

use lopdf::{Dictionary, Document, Object, Stream, decode_text_string};

use super::state::{IDENTITY, Matrix, Rect, moved};
use super::view::squeezed;

/// `Hidden` and `NoView`.
const NOT_SHOWN: i64 = 2 | 32;

/// Whether its flags keep it off the screen.
pub(crate) fn is_not_shown(note: &Dictionary) -> bool {
    let flags = note.get(b"F").and_then(Object::as_i64);
    flags.is_ok_and(|flags| flags & NOT_SHOWN != 0)
}

/// What it looks like when nothing points at it.
pub(crate) fn appearance<'a>(note: &'a Dictionary, document: &'a Document) -> Option<&'a Stream> {
    if note.get(b"Subtype").and_then(Object::as_name).ok() == Some(b"Popup") {
        return None;
    }
    let looks = note.get_deref(b"AP", document).ok()?.as_dict().ok()?;
    match looks.get_deref(b"N", document).ok()? {
        Object::Stream(stream) => Some(stream),
        Object::Dictionary(states) => {
            let state = note.get_deref(b"AS", document).ok()?.as_name().ok()?;
            states.get_deref(state, document).ok()?.as_stream().ok()
        }
        _ => None,
    }
}

/// Fonts that the looks of fields may name without having them.
pub(crate) fn of_fields(document: &Document) -> Vec<&Dictionary> {
    let catalog = document.catalog();
    let form = catalog.and_then(|catalog| catalog.get_deref(b"AcroForm", document));
    let fonts = form
        .and_then(Object::as_dict)
        .and_then(|form| form.get_deref(b"DR", document))
        .and_then(Object::as_dict);
    fonts.into_iter().collect()
}

/// How its looks are fitted into its place on the page (section 12.5.5).
pub(crate) fn placing(note: &Dictionary, looks: &Stream, document: &Document) -> Matrix {
    let place = numbers(note, b"Rect", document);
    let edge = numbers(&looks.dict, b"BBox", document);
    let matrix = numbers(&looks.dict, b"Matrix", document).unwrap_or(IDENTITY);
    let (Some([x1, y1, x2, y2]), Some([left, bottom, right, top])) = (place, edge) else {
        return IDENTITY;
    };
    let corners = [(left, bottom), (right, bottom), (right, top), (left, top)];
    let edge = Rect::around(corners.map(|corner| moved(corner, &matrix)));
    let place = Rect::around([(x1, y1), (x2, y2)]);
    let (edge, place) = edge.zip(place).expect("both have corners");
    if edge.is_empty() {
        return IDENTITY;
    }
    let across = place.width() / edge.width();
    let up = place.height() / edge.height();
    let right = place.left - edge.left * across;
    let upward = place.bottom - edge.bottom * up;
    [across, 0.0, 0.0, up, right, upward]
}

/// The letters and digits of its own words, or of the field's that it belongs
/// to.
pub(crate) fn said(note: &Dictionary, document: &Document) -> String {
    let field = note
        .get_deref(b"Parent", document)
        .and_then(Object::as_dict);
    let mut said = String::new();
    for (from, key) in [
        (Some(note), &b"V"[..]),
        (field.ok(), b"V"),
        (Some(note), b"Contents"),
    ] {
        let words = from.and_then(|from| from.get_deref(key, document).ok());
        let words = words.and_then(|words| decode_text_string(words).ok());
        said.push_str(&squeezed(&words.unwrap_or_default()));
        said.push(' ');
    }
    said
}

/// An array of just so many numbers.
pub(crate) fn numbers<const N: usize>(
    dictionary: &Dictionary,
    key: &[u8],
    document: &Document,
) -> Option<[f32; N]> {
    let array = dictionary.get_deref(key, document).ok()?.as_array().ok()?;
    let number = |number| document.dereference(number).ok()?.1.as_float().ok();
    let numbers: Option<Vec<f32>> = array.iter().map(number).collect();
    numbers?.try_into().ok()
}
