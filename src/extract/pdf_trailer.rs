//! An encryption that stands in a PDF's trailer itself, as MuPDF writes it.
//!
//! `lopdf` looks for it in an object of its own. One is put behind the file, as
//! an incremental update would (ISO 32000-1 section 7.5.6).

use std::io::Write;

use lopdf::{Dictionary, Document, Object};

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

/// The file with its encryption in an object of its own; `None` where it is so
/// already, or there is none.
pub(crate) fn mended(document: &Document, bytes: &[u8]) -> Option<Vec<u8>> {
    let Ok(Object::Dictionary(encryption)) = document.trailer.get(b"Encrypt") else {
        return None;
    };
    let size = document.trailer.get(b"Size").and_then(Object::as_i64);
    let number = u32::try_from(size.ok()?).ok()?;
    let mut trailer = document.trailer.clone();
    for key in OF_STREAMS {
        trailer.remove(key);
    }
    trailer.set("Size", i64::from(number) + 1);
    trailer.set("Encrypt", (number, 0));
    trailer.set("Prev", last_table(bytes)?);

    let mut out = bytes.to_vec();
    out.extend_from_slice(b"\n");
    let object = out.len();
    out.extend_from_slice(format!("{number} 0 obj\n").as_bytes());
    write(&Object::Dictionary(encryption.clone()), &mut out);
    out.extend_from_slice(b"\nendobj\n");
    let table = out.len();
    let entry = format!("xref\n{number} 1\n{object:010} 00000 n \ntrailer\n");
    out.extend_from_slice(entry.as_bytes());
    write(&Object::Dictionary(trailer), &mut out);
    out.extend_from_slice(format!("\nstartxref\n{table}\n%%EOF\n").as_bytes());
    Some(out)
}

/// Where the last table of objects stands.
fn last_table(bytes: &[u8]) -> Option<i64> {
    const MARK: &[u8] = b"startxref";
    let at = memchr::memmem::rfind(bytes, MARK)? + MARK.len();
    let rest = bytes[at..].trim_ascii_start();
    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    std::str::from_utf8(&rest[..digits]).ok()?.parse().ok()
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
