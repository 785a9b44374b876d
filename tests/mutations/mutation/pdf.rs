//! PDF: what is in its streams, packed anew; its names, numbers and tables.

use std::ops::Range;

use super::{bytes, lines, packed, places, replaced};
use crate::dice::Dice;

/// Names that steer readers.
const NAMES: &[&str] = &[
    "/FlateDecode",
    "/Filter",
    "/Length",
    "/Type",
    "/Page",
    "/Pages",
    "/Kids",
    "/Count",
    "/Contents",
    "/Resources",
    "/Font",
    "/Encoding",
    "/ToUnicode",
    "/Root",
    "/Size",
    "/Catalog",
    "/Parent",
    "/DecodeParms",
    "/Predictor",
    "/W",
    "/Index",
    "/First",
    "/N",
    "/ObjStm",
    "/XRef",
    "/Subtype",
];

pub(super) fn change(file: &[u8], dice: &mut Dice) -> Option<Vec<u8>> {
    match dice.below(12) {
        0..=3 => stream(file, dice),
        4 | 5 => repacked(file, dice),
        6 | 7 => name(file, dice),
        8 => number(file, dice),
        9 => {
            // Where objects are: recipients' programs look for them anew.
            let mark: &[u8] = dice.pick(&[
                &b"startxref"[..],
                b"xref",
                b"trailer",
                b"%%EOF",
                b"endobj",
                b"endstream",
            ]);
            let place = dice.pick(&some(places(mark, file))?);
            Some(replaced(
                file,
                place..place + mark.len(),
                dice.pick(&[&b""[..], b"x", b"\n"]),
            ))
        }
        10 => {
            // A newer version of an object, or what looks like one.
            let object = object(file, dice)?;
            let copy = file[object].to_vec();
            let changed = bytes::change(copy, dice);
            Some([file, b"\n", &changed].concat())
        }
        _ => Some(lines::change(file, dice)),
    }
}

fn some<T>(list: Vec<T>) -> Option<Vec<T>> {
    (!list.is_empty()).then_some(list)
}

fn object(file: &[u8], dice: &mut Dice) -> Option<Range<usize>> {
    let ends = some(places(b"endobj", file))?;
    let index = dice.below(ends.len());
    let start = index.checked_sub(1).map_or(0, |before| ends[before] + 6);
    Some(start..ends[index] + 6)
}

/// A deflated stream: its dictionary and its bytes.
fn deflated(file: &[u8], dice: &mut Dice) -> Option<(Range<usize>, Range<usize>, Vec<u8>)> {
    let starts = some(places(b"stream", file))?;
    for _ in 0..8 {
        let mark = dice.pick(&starts);
        let mut start = mark + 6;
        start += usize::from(file.get(start) == Some(&b'\r'));
        start += usize::from(file.get(start) == Some(&b'\n'));
        let Some(size) = memchr::memmem::find(&file[start.min(file.len())..], b"endstream") else {
            continue;
        };
        let content = start..start + size;
        let dictionary = memchr::memmem::rfind(&file[..mark], b"<<").unwrap_or(mark)..mark;
        if let Some(inflated) = packed::zlib_inflated(&file[content.clone()]) {
            return Some((dictionary, content, inflated));
        }
    }
    None
}

/// What is in a stream, changed; its length is told right or left wrong.
fn stream(file: &[u8], dice: &mut Dice) -> Option<Vec<u8>> {
    let (dictionary, content, inflated) = deflated(file, dice)?;
    let changed = match dice.one_in(2) {
        true => lines::change(&inflated, dice),
        false => bytes::change(inflated, dice),
    };
    let packed = packed::zlib_deflated(&changed, dice);
    let told = match dice.one_in(2) {
        true => with_length(&file[dictionary.clone()], packed.len()),
        false => file[dictionary.clone()].to_vec(),
    };
    Some(joined(file, dictionary, &told, content, &packed))
}

/// The same stream, packed otherwise or not at all: the same document.
fn repacked(file: &[u8], dice: &mut Dice) -> Option<Vec<u8>> {
    let (dictionary, content, inflated) = deflated(file, dice)?;
    let at = memchr::memmem::find(&file[dictionary.clone()], b"/FlateDecode")?;
    let filter = at..at + b"/FlateDecode".len();
    let hex = |bytes: &[u8]| -> Vec<u8> {
        bytes
            .iter()
            .flat_map(|b| format!("{b:02X}").into_bytes())
            .chain(*b">")
            .collect()
    };
    let (name, packed): (&[u8], Vec<u8>) = match dice.below(3) {
        0 => (b"[]", inflated),
        1 => (b"/ASCIIHexDecode", hex(&inflated)),
        _ => (
            b"[/ASCIIHexDecode /FlateDecode]",
            hex(&packed::zlib_deflated(&inflated, dice)),
        ),
    };
    let told = replaced(&file[dictionary.clone()], filter, name);
    let told = with_length(&told, packed.len());
    Some(joined(file, dictionary, &told, content, &packed))
}

fn joined(
    file: &[u8],
    dictionary: Range<usize>,
    told: &[u8],
    content: Range<usize>,
    packed: &[u8],
) -> Vec<u8> {
    [
        &file[..dictionary.start],
        told,
        &file[dictionary.end..content.start],
        packed,
        b"\n",
        &file[content.end..],
    ]
    .concat()
}

fn with_length(dictionary: &[u8], length: usize) -> Vec<u8> {
    let Some(at) = memchr::memmem::find(dictionary, b"/Length ") else {
        return dictionary.to_vec();
    };
    let start = at + 8;
    let digits = dictionary[start..]
        .iter()
        .take_while(|b| b.is_ascii_digit())
        .count();
    // A reference to an object that holds the length is replaced, too.
    let rest = &dictionary[start + digits..];
    let more = if rest.starts_with(b" 0 R") { 4 } else { 0 };
    replaced(
        dictionary,
        start..start + digits + more,
        length.to_string().as_bytes(),
    )
}

fn name(file: &[u8], dice: &mut Dice) -> Option<Vec<u8>> {
    let found: Vec<&&str> = NAMES
        .iter()
        .filter(|name| !places(name.as_bytes(), file).is_empty())
        .collect();
    let name = dice.pick(&some(found)?);
    let place = dice.pick(&places(name.as_bytes(), file));
    let by = match dice.below(4) {
        // The same name, spelt with an escape (ISO 32000-1 section 7.3.5).
        0 | 1 => format!("/#{:02x}{}", name.as_bytes()[1], &name[2..]),
        2 => (dice.pick(NAMES)).to_owned(),
        _ => format!("{name}x"),
    };
    Some(replaced(file, place..place + name.len(), by.as_bytes()))
}

fn number(file: &[u8], dice: &mut Dice) -> Option<Vec<u8>> {
    let digits: Vec<usize> = (1..file.len())
        .filter(|&at| file[at].is_ascii_digit() && file[at - 1] == b' ')
        .collect();
    let start = dice.pick(&some(digits)?);
    let run = file[start..]
        .iter()
        .take_while(|b| b.is_ascii_digit())
        .count();
    let value = match dice.one_in(2) {
        true => dice.extreme(),
        false => dice.below(40) as u64,
    };
    Some(replaced(
        file,
        start..start + run,
        value.to_string().as_bytes(),
    ))
}
