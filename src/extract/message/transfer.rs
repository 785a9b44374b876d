//! Transfer encodings undone, in each way that programs do.

use std::borrow::Cow;

use crate::extract::harvest::{Harvest, Place};
use crate::finding::ProblemKind;
use crate::mail::encoding;

/// Undoes the transfer encoding, in each way that programs do.
pub(super) fn decode<'a>(
    body: &'a [u8],
    encoding: Option<&str>,
    place: &Place,
    harvest: &mut Harvest<'_>,
) -> Vec<Cow<'a, [u8]>> {
    let as_it_stands = vec![Cow::Borrowed(body)];
    let (decoded, others) = match encoding_name(encoding.unwrap_or_default()).as_str() {
        "base64" => (encoding::base64(body), encoding::base64_otherwise(body)),
        "quoted-printable" => (encoding::quoted_printable(body), Vec::new()),
        "" | "7bit" | "8bit" | "binary" => return as_it_stands,
        "x-uuencode" | "uuencode" | "x-uue" | "x-uu" => match encoding::uuencoded(body, 0) {
            Some(found) => (found.bytes, Vec::new()),
            None => return as_it_stands,
        },
        // Most programs take it as it stands, some for what it looks like.
        _ => {
            let guesses = encoding::guesses(body).into_iter().map(Cow::Owned);
            return as_it_stands.into_iter().chain(guesses).collect();
        }
    };
    if decoded.is_empty() && others.is_empty() && !body.trim_ascii().is_empty() {
        harvest.problem(place, ProblemKind::Damaged, "a part could not be decoded");
        return as_it_stands;
    }
    let mut readings = Vec::new();
    for reading in std::iter::once(decoded).chain(others) {
        harvest.decoded(place, reading.len());
        readings.push(Cow::Owned(reading));
    }
    readings
}

pub(super) fn is_packing(encoding: &str) -> bool {
    matches!(
        encoding_name(encoding).as_str(),
        "base64" | "quoted-printable"
    )
}

/// An encoding's name without comments, quotes and what stands behind it.
fn encoding_name(value: &str) -> String {
    let value = value.trim().trim_matches('"').to_ascii_lowercase();
    let value = match value.strip_prefix('(') {
        Some(comment) => comment.split_once(')').map_or("", |(_, rest)| rest).trim(),
        None => value.as_str(),
    };
    let name = value.split([';', ' ', '(', '\t']).next();
    name.unwrap_or_default().to_owned()
}
