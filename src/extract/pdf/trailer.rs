//! A PDF's encryption as `lopdf` does not take it: in the trailer itself, as
//! MuPDF writes it, or with lengths that are not its version's.
//!
//! What it takes is put behind the file, as an incremental update would (ISO
//! 32000-1 section 7.5.6).

use std::io::Write;

use lopdf::{Dictionary, Document, Object};

use super::objects::last_table;

/// What a trailer that is a stream has beside a trailer's own entries.
const OF_STREAMS: [&[u8]; 8] = [
    b"Type",
    b"W",
    b"Index",
    b"Length",
    b"Filter",
    b"DecodeParms",
    b"XRefStm",
    b"Prev",
];

/// The file with its encryption in an object of its own, as `lopdf` takes it;
/// `None` where it is so already, or there is none.
pub(crate) fn mended(document: &Document, bytes: &[u8]) -> Option<Vec<u8>> {
    let named = document.trailer.get(b"Encrypt").ok()?;
    let given = document.dereference(named).ok()?.1.as_dict().ok()?;
    let encryption = straightened(given);
    if named.as_reference().is_ok() && encryption == *given {
        return None;
    }
    let number = next_number(document)?;
    let mut trailer = trailer(document, bytes)?;
    trailer.set("Size", i64::from(number) + 1);
    trailer.set("Encrypt", (number, 0));

    let mut out = bytes.to_vec();
    out.extend_from_slice(b"\n");
    let object = out.len();
    out.extend_from_slice(format!("{number} 0 obj\n").as_bytes());
    write(&Object::Dictionary(encryption), &mut out);
    out.extend_from_slice(b"\nendobj\n");
    let table = out.len();
    let entry = format!("xref\n{number} 1\n{object:010} 00000 n \n");
    out.extend_from_slice(entry.as_bytes());
    finish(trailer, table, &mut out);
    Some(out)
}

/// The file with a trailer that says nothing of its encryption.
pub(crate) fn without_encryption(document: &Document, bytes: &[u8]) -> Option<Vec<u8>> {
    let mut trailer = trailer(document, bytes)?;
    trailer.remove(b"Encrypt");
    let mut out = bytes.to_vec();
    out.extend_from_slice(b"\n");
    let table = out.len();
    out.extend_from_slice(b"xref\n0 1\n0000000000 65535 f \n");
    finish(trailer, table, &mut out);
    Some(out)
}

/// An encryption without what programs pass over.
fn straightened(given: &Dictionary) -> Dictionary {
    let number = |key: &[u8]| given.get(key).and_then(Object::as_i64).unwrap_or(0);
    let mut encryption = given.clone();
    // Only versions 2 and 3 go by the key's length (ISO 32000-1 table 20).
    let length = match number(b"V") {
        1 => 40,
        4 => 128,
        5 => 256,
        _ => number(b"Length"),
    };
    if number(b"Length") != length {
        encryption.remove(b"Length");
    }
    // What is longer than it must be was padded (ISO 32000-2 table 21).
    let of_passwords = if number(b"R") >= 5 { 48 } else { 32 };
    for (key, length) in [
        (&b"O"[..], of_passwords),
        (b"U", of_passwords),
        (b"OE", 32),
        (b"UE", 32),
        (b"Perms", 16),
    ] {
        if let Ok(Object::String(bytes, _)) = encryption.get_mut(key) {
            bytes.truncate(length);
        }
    }
    encryption
}

/// The number of an object that is not there yet.
fn next_number(document: &Document) -> Option<u32> {
    let size = document.trailer.get(b"Size").and_then(Object::as_i64);
    u32::try_from(size.ok()?).ok()
}

/// The document's trailer, as it stands behind another.
fn trailer(document: &Document, bytes: &[u8]) -> Option<Dictionary> {
    let mut trailer = document.trailer.clone();
    for key in OF_STREAMS {
        trailer.remove(key);
    }
    trailer.set("Prev", i64::try_from(last_table(bytes)?).ok()?);
    Some(trailer)
}

fn finish(trailer: Dictionary, table: usize, out: &mut Vec<u8>) {
    out.extend_from_slice(b"trailer\n");
    write(&Object::Dictionary(trailer), out);
    out.extend_from_slice(format!("\nstartxref\n{table}\n%%EOF\n").as_bytes());
}

/// Trailers have no streams in them, and what is deeper than the parser goes
/// is not there.
fn write(object: &Object, out: &mut Vec<u8>) {
    let written = match object {
        Object::Boolean(value) => write!(out, "{value}"),
        Object::Integer(value) => write!(out, "{value}"),
        Object::Real(value) => write!(out, "{value}"),
        Object::Reference((number, generation)) => write!(out, "{number} {generation} R"),
        Object::Name(name) => return write_name(name, out),
        Object::String(bytes, _) => {
            let digits: String = bytes.iter().map(|byte| format!("{byte:02X}")).collect();
            write!(out, "<{digits}>")
        }
        Object::Array(items) => {
            out.push(b'[');
            for item in items {
                write(item, out);
                out.push(b' ');
            }
            out.push(b']');
            return;
        }
        Object::Dictionary(dictionary) => return write_dictionary(dictionary, out),
        Object::Null | Object::Stream(_) => write!(out, "null"),
    };
    written.expect("memory takes all");
}

fn write_dictionary(dictionary: &Dictionary, out: &mut Vec<u8>) {
    out.extend_from_slice(b"<<");
    for (key, value) in dictionary {
        write_name(key, out);
        out.push(b' ');
        write(value, out);
    }
    out.extend_from_slice(b">>");
}

fn write_name(name: &[u8], out: &mut Vec<u8>) {
    out.push(b'/');
    for &byte in name {
        match byte.is_ascii_alphanumeric() {
            true => out.push(byte),
            false => out.extend_from_slice(format!("#{byte:02X}").as_bytes()),
        }
    }
}
