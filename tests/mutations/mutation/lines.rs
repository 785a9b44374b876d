//! Text: its lines, its separators, its encoding.

use super::replaced;
use crate::dice::Dice;

/// Words that steer a reader, and what may stand in their place.
const STEERING: &[(&str, &[&str])] = &[
    (
        "base64",
        &[
            "BASE64",
            "quoted-printable",
            "8bit",
            "x-unknown",
            "base65",
            "uuencode",
        ],
    ),
    ("quoted-printable", &["base64", "7bit", "QUOTED-PRINTABLE"]),
    (
        "utf-8",
        &[
            "utf-16",
            "iso-8859-1",
            "windows-1252",
            "us-ascii",
            "x-none",
            "utf-7",
        ],
    ),
    (
        "text/plain",
        &["text/html", "application/octet-stream", "image/png", "text"],
    ),
    (
        "text/html",
        &["text/plain", "application/octet-stream", "TEXT/HTML"],
    ),
    (
        "multipart/mixed",
        &[
            "multipart/alternative",
            "multipart/digest",
            "text/plain",
            "multipart",
        ],
    ),
    ("application/", &["image/", "x/", "text/"]),
    (
        "boundary=",
        &[
            "boundary*=",
            "boundary =",
            "bound=",
            "boundary=\"\"; boundary=",
        ],
    ),
    (
        "Content-",
        &["content-", "Content-X-", " Content-", "Content-\r\n "],
    ),
    ("attachment", &["inline", "ATTACHMENT", "x"]),
    ("filename=", &["filename*=", "name=", "filename*0="]),
    ("BEGIN:", &["begin:", "BEGIN :", "X:"]),
    ("END:", &["X:", "end:"]),
    ("\\u", &["\\'", "\\U", "\\\\u"]),
    ("\\par", &["\\cell", "\\page", "\\bin9", "\\bin99999999 "]),
    ("\\'", &["\\u", "\\"]),
    ("{", &["{\\*", "{{", "", "{\\*\\x "]),
    ("}", &["}}", "", "} "]),
    (",", &[";", "\t", "|", "", ",,", "\",\""]),
    (";", &[",", "\t", "|"]),
    ("\t", &[",", ";", " ", "|", "\t\t"]),
];

pub(super) fn change(file: &[u8], dice: &mut Dice) -> Vec<u8> {
    match dice.below(10) {
        0..=2 => line(file, dice),
        3 => recoded(file, dice),
        4 => ends(file, dice),
        5 => {
            // A number that may be a length.
            let digits: Vec<usize> = (0..file.len())
                .filter(|&at| file[at].is_ascii_digit())
                .collect();
            let Some(&start) = digits.get(dice.below(digits.len())) else {
                return line(file, dice);
            };
            let run = file[start..]
                .iter()
                .take_while(|b| b.is_ascii_digit())
                .count();
            replaced(
                file,
                start..start + run,
                dice.extreme().to_string().as_bytes(),
            )
        }
        _ => steered(file, dice),
    }
}

fn line(file: &[u8], dice: &mut Dice) -> Vec<u8> {
    let mut lines: Vec<&[u8]> = file.split_inclusive(|b| *b == b'\n').collect();
    let (one, other) = (dice.below(lines.len()), dice.below(lines.len()));
    if lines.is_empty() {
        return file.to_vec();
    }
    match dice.below(5) {
        0 => drop(lines.remove(one)),
        1 => lines.insert(other, lines[one]),
        2 => lines.swap(one, other),
        3 => lines[one] = lines[one].trim_ascii_end(),
        _ => lines.insert(one, b"\r\n"),
    }
    lines.concat()
}

fn steered(file: &[u8], dice: &mut Dice) -> Vec<u8> {
    let lower = file.to_ascii_lowercase();
    let at = |word: &str| super::places(word.to_ascii_lowercase().as_bytes(), &lower);
    let found: Vec<_> = STEERING
        .iter()
        .filter(|(word, _)| !at(word).is_empty())
        .collect();
    if found.is_empty() {
        return line(file, dice);
    }
    let (word, others) = dice.pick(&found);
    let other = dice.pick(others).as_bytes();
    let mut places = at(word);
    if dice.one_in(2) {
        places = vec![dice.pick(&places)];
    }
    let mut out = file.to_vec();
    for at in places.into_iter().rev() {
        out = replaced(&out, at..at + word.len(), other);
    }
    out
}

/// The same words in another encoding: whatever opens it tells by itself.
fn recoded(file: &[u8], dice: &mut Dice) -> Vec<u8> {
    let text = String::from_utf8_lossy(file);
    let units = text.encode_utf16();
    match dice.below(6) {
        0 => [0xff, 0xfe]
            .into_iter()
            .chain(units.flat_map(u16::to_le_bytes))
            .collect(),
        1 => [0xfe, 0xff]
            .into_iter()
            .chain(units.flat_map(u16::to_be_bytes))
            .collect(),
        2 => units.flat_map(u16::to_le_bytes).collect(),
        3 => [b"\xef\xbb\xbf", file].concat(),
        4 => encoding_rs::WINDOWS_1252.encode(&text).0.into_owned(),
        // UTF-32, which spreadsheets open.
        _ => [0xff, 0xfe, 0, 0]
            .into_iter()
            .chain(text.chars().flat_map(|c| u32::from(c).to_le_bytes()))
            .collect(),
    }
}

fn ends(file: &[u8], dice: &mut Dice) -> Vec<u8> {
    let lines: Vec<&[u8]> = file
        .split(|b| *b == b'\n')
        .map(|line| line.strip_suffix(b"\r").unwrap_or(line))
        .collect();
    let end: &[u8] = dice.pick(&[
        &b"\n"[..],
        b"\r\n",
        b"\r",
        b"\r\r\n",
        b"\n\n",
        b"\x85",
        b"\0\n",
    ]);
    lines.join(end)
}
