//! Photographs on the pages of a PDF: those that are kept as JPEG, as all but
//! the oldest programs keep them.

use lopdf::{Dictionary, Document, Object, Stream};

use crate::extract::harvest::{Harvest, Place};
use crate::extract::picture;

/// Pictures of one file that are looked at; a scan has one a page, and the rest
/// are likely what the first ones are.
const LOOKED_AT: usize = 8;

pub(super) fn photographs(document: &Document, place: &Place, harvest: &mut Harvest<'_>) {
    let streams = document.objects.values().filter_map(|object| match object {
        Object::Stream(stream) if is_jpeg(stream) => Some(stream),
        _ => None,
    });
    for (number, stream) in (1..).zip(streams.take(LOOKED_AT)) {
        let place = place.within(&format!("picture {number}"));
        picture::within_page(&stream.content, &place, harvest);
    }
}

/// Whether it is a picture, and nothing but JPEG has packed it.
fn is_jpeg(stream: &Stream) -> bool {
    let filter = match stream.dict.get(b"Filter") {
        Ok(Object::Array(filters)) => match &filters[..] {
            [filter] => filter,
            _ => return false,
        },
        Ok(filter) => filter,
        Err(_) => return false,
    };
    let is_picture = |dict: &Dictionary| {
        let subtype = dict.get(b"Subtype").and_then(Object::as_name);
        subtype.is_ok_and(|subtype| subtype == b"Image")
    };
    filter.as_name().is_ok_and(|name| name == b"DCTDecode") && is_picture(&stream.dict)
}
