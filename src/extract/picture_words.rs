//! What is written in a picture's file and not seen in the picture: who is in
//! it, and where it was taken.

use std::io::Cursor;

use exif::{Context, Exif, In, Tag, Value};
use memchr::memmem;

use super::harvest::{Harvest, Place};
use super::xml::{self, Node};
use crate::mail::charset;

/// What a person wrote; what the camera wrote of itself is left out.
const WRITTEN: [Tag; 5] = [
    Tag::ImageDescription,
    Tag::Artist,
    Tag::Copyright,
    Tag::UserComment,
    Tag(Context::Tiff, 0x010d), // DocumentName
];
/// Title, comment, author, keywords and subject.
const BY_WINDOWS: std::ops::RangeInclusive<u16> = 0x9c9b..=0x9c9f;

/// More than this is no caption.
const LONGEST: usize = 64 * 1024;

/// What only a camera writes into a picture: how long the light fell in, and
/// through what.
const BY_CAMERA: [Tag; 4] = [
    Tag::ExposureTime,
    Tag::FNumber,
    Tag::FocalLength,
    Tag::PhotographicSensitivity,
];

/// How a picture came about, as its file says.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Taken {
    pub(crate) by_camera: bool,
    /// It says where on earth.
    pub(crate) placed: bool,
}

pub(crate) fn read(kind: &str, bytes: &[u8], place: &Place, harvest: &mut Harvest<'_>) -> Taken {
    let mut taken = Taken::default();
    let mut words = Vec::new();
    let mut reader = exif::Reader::new();
    reader.continue_on_error(true);
    let exif = reader
        .read_from_container(&mut Cursor::new(bytes))
        .or_else(|error| error.distill_partial_result(|_| {}));
    if let Ok(exif) = exif {
        words.extend(written(&exif));
        let by_camera = |tag: &Tag| exif.get_field(*tag, In::PRIMARY).is_some();
        taken.by_camera = BY_CAMERA.iter().any(by_camera);
        if let Some(position) = position(&exif) {
            taken.placed = true;
            harvest.text(&place.hidden("where it was taken, hidden"), position);
        }
    }
    words.extend(xmp(bytes));
    match kind {
        "jpeg" => words.extend(segments(bytes)),
        "png" => words.extend(chunks(bytes)),
        "gif" => words.extend(comments(bytes)),
        _ => {}
    }
    words.retain(|word| !word.trim().is_empty());
    words.dedup();
    harvest.text(
        &place.hidden("picture's properties, hidden"),
        words.join("\n"),
    );
    taken
}

fn written(exif: &Exif) -> Vec<String> {
    let mut words = Vec::new();
    for field in exif.fields() {
        let by_windows = BY_WINDOWS.contains(&field.tag.number());
        // What nobody has defined, no camera writes of itself.
        let undefined = field.tag.description().is_none();
        if !by_windows && !undefined && !WRITTEN.contains(&field.tag) {
            continue;
        }
        match &field.value {
            Value::Ascii(lines) => words.extend(lines.iter().map(|line| decode(line))),
            Value::Byte(bytes) if by_windows => words.push(utf16(bytes)),
            // Eight bytes say in which charset it is.
            Value::Undefined(bytes, _) if !undefined => match bytes.split_at_checked(8) {
                Some((b"UNICODE\0", text)) => words.push(utf16(text)),
                Some((_, text)) => words.push(decode(text)),
                None => {}
            },
            _ => {}
        }
    }
    words
}

fn decode(bytes: &[u8]) -> String {
    charset::decode(&bytes[..bytes.len().min(LONGEST)], None)
}

fn utf16(bytes: &[u8]) -> String {
    let pairs = bytes[..bytes.len().min(LONGEST)].chunks_exact(2);
    let units: Vec<u16> = pairs
        .map(|pair| u16::from_le_bytes([pair[0], pair[1]]))
        .collect();
    String::from_utf16_lossy(&units)
}

/// Latitude and longitude in degrees.
fn position(exif: &Exif) -> Option<String> {
    let degrees = |tag: Tag, turned: Tag, letter: u8| {
        let Value::Rational(parts) = &exif.get_field(tag, In::PRIMARY)?.value else {
            return None;
        };
        let degrees: f64 = parts
            .iter()
            .zip([1.0, 60.0, 3600.0])
            .map(|(part, of)| part.to_f64() / of)
            .sum();
        let turned = exif.get_field(turned, In::PRIMARY).is_some_and(|side| {
            matches!(&side.value, Value::Ascii(side) if side.first().is_some_and(|side| side.starts_with(&[letter])))
        });
        degrees
            .is_finite()
            .then_some(if turned { -degrees } else { degrees })
    };
    let latitude = degrees(Tag::GPSLatitude, Tag::GPSLatitudeRef, b'S')?;
    let longitude = degrees(Tag::GPSLongitude, Tag::GPSLongitudeRef, b'W')?;
    // A camera without a fix writes zeros.
    (latitude != 0.0 || longitude != 0.0).then(|| format!("{latitude:.4}, {longitude:.4}"))
}

/// Adobe's XMP: the texts of all its elements that people fill in.
fn xmp(bytes: &[u8]) -> Option<String> {
    const END: &[u8] = b"</x:xmpmeta>";
    let start = memmem::find(bytes, b"<x:xmpmeta")?;
    let length = memmem::find(&bytes[start..], END)? + END.len();
    let mut words = String::new();
    xml::walk(&bytes[start..start + length.min(LONGEST)], |node| {
        if let Node::Text(text) = node
            && !text.trim().is_empty()
        {
            words.push_str(text.trim());
            words.push('\n');
        }
        true
    });
    Some(words)
}

/// Comments of JPEG, and captions as press agencies write them (IPTC-IIM).
/// Where no segment begins the next one is looked for, as programs do.
fn segments(bytes: &[u8]) -> Vec<String> {
    let mut words = Vec::new();
    let mut rest = bytes.get(2..).unwrap_or_default();
    while let Some(start) = memchr::memchr(0xff, rest) {
        rest = &rest[start..];
        let Some(&[_, mark, high, low]) = rest.first_chunk() else {
            break;
        };
        // The picture itself.
        if mark == 0xda {
            break;
        }
        let length = usize::from(u16::from_be_bytes([high, low]));
        let segment = rest.get(4..2 + length);
        let Some(segment) = segment.filter(|_| matches!(mark, 0xc0..0xd0 | 0xda..=0xfe)) else {
            // No mark, or one without a length; or it is too short to hold its
            // own, or cut.
            rest = &rest[1..];
            continue;
        };
        match mark {
            0xfe => words.push(decode(segment)),
            0xed => words.extend(captions(segment)),
            _ => {}
        }
        rest = &rest[2 + length..];
    }
    words
}

/// Data sets of record 2: title, keywords, author, headline, caption and the
/// like are numbered from 5 to 122.
fn captions(segment: &[u8]) -> Vec<String> {
    const RESOURCE: &[u8] = b"8BIM\x04\x04";
    let mut words = Vec::new();
    let Some(start) = memmem::find(segment, RESOURCE) else {
        return words;
    };
    let start = start + RESOURCE.len();
    let Some(first) = memmem::find(&segment[start..], b"\x1c") else {
        return words;
    };
    let mut rest = &segment[start + first..];
    while let Some(&[0x1c, record, number, high, low]) = rest.first_chunk() {
        let length = usize::from(u16::from_be_bytes([high, low]));
        let Some(value) = rest.get(5..5 + length) else {
            break;
        };
        if record == 2 && (5..=122).contains(&number) {
            words.push(decode(value));
        }
        rest = &rest[5 + length..];
    }
    words
}

/// Texts of PNG that are not packed: a key, a zero, and words.
fn chunks(bytes: &[u8]) -> Vec<String> {
    let mut words = Vec::new();
    let mut rest = bytes.get(8..).unwrap_or_default();
    while let Some((length, after)) = rest.split_first_chunk::<4>() {
        let length = u32::from_be_bytes(*length) as usize;
        let Some((kind, after)) = after.split_first_chunk::<4>() else {
            break;
        };
        let Some((data, after)) = after.split_at_checked(length) else {
            break;
        };
        let text = data.split(|&byte| byte == 0).next_back();
        match (kind, text) {
            (b"tEXt", Some(text)) => words.push(decode(text)),
            (b"iTXt", Some(text)) if !data.starts_with(b"XML:com.adobe") => {
                words.push(decode(text));
            }
            _ => {}
        }
        rest = after.get(4..).unwrap_or_default();
    }
    words
}

/// Comments of GIF: blocks of up to 255 bytes behind `21 FE`.
fn comments(bytes: &[u8]) -> Vec<String> {
    let mut words = Vec::new();
    let mut from = 0;
    while let Some(found) = memmem::find(&bytes[from..], b"\x21\xfe") {
        from += found + 2;
        let mut text = Vec::new();
        let mut rest = &bytes[from..];
        while let Some((&length, after)) = rest.split_first()
            && length > 0
            && let Some((block, after)) = after.split_at_checked(usize::from(length))
        {
            text.extend_from_slice(block);
            rest = after;
        }
        // The same two bytes may stand in the picture.
        let odd = text.iter().filter(|byte| **byte < b'\t').count();
        if text.len() <= LONGEST && odd * 10 <= text.len() {
            words.push(decode(&text));
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_beside_the_picture_are_found_up_to_where_it_is_cut() {
        let jpeg = [
            &b"\xff\xd8\xff\xfe\x00\x05Zoe"[..],
            b"\xff\xed\x00\x22Photoshop 3.0\08BIM\x04\x04\0\0\0\x08\x1c\x02\x78\0\x03Zoe",
            b"\xff\xda",
        ]
        .concat();
        assert_eq!(segments(&jpeg), ["Zoe", "Zoe"]);
        let png = b"\x89PNG\r\n\x1a\n\0\0\0\x07tEXtKey\0Zoe\0\0\0\0";
        assert_eq!(chunks(png), ["Zoe"]);
        assert_eq!(comments(b"GIF89a\x21\xfe\x03Zoe\0;"), ["Zoe"]);
        assert_eq!(
            comments(b"GIF89a\x21\xfe\x0cZoe\x02was late\0;"),
            ["Zoe\u{2}was late"]
        );
        assert_eq!(comments(b"GIF89a\x21\xfe\x03\x01\x02Z\0;"), [""; 0]);
        for at in 0..jpeg.len() {
            assert!(segments(&jpeg[..at]).len() <= 2, "{at}");
        }
        for at in 0..png.len() {
            assert!(chunks(&png[..at]).len() <= 1, "{at}");
        }
        assert_eq!(segments(b"\xff\xd8\xff\xfe\x00\x00Zoe"), [""; 0]);
        assert_eq!(segments(b"\xff\xd8\xff\xfe\x00\x01Zoe"), [""; 0]);
    }

    #[test]
    fn xmp_that_never_ends_says_nothing() {
        assert_eq!(xmp(b"<x:xmpmeta><a>Zoe</a>"), None);
        let whole = xmp(b"..<x:xmpmeta><a>Zoe</a></x:xmpmeta>..");
        assert_eq!(whole.as_deref(), Some("Zoe\n"));
    }
}
