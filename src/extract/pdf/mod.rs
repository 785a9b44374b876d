//! PDF: the file, and how it is protected. Its pages are read by `shown`, what
//! lies beside them by `aside`.
//!
//! `lopdf` opens the file and takes off an encryption without password.

use std::borrow::Cow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use lopdf::encryption::DecryptionError;
use lopdf::xref::XrefRecovery;
use lopdf::{Document, Error, LoadOptions, Object};

use super::Protection;
use super::harvest::{Harvest, Place};
use crate::finding::ProblemKind;
use aside::{beside_pages, metadata};
use photograph::photographs;
use shown::{pages, with_second_reader};
use weight::is_too_heavy;

mod aside;
mod content;
mod filter;
mod font;
mod layers;
mod map;
mod note;
mod objects;
mod page;
mod paint;
pub(super) mod path;
mod photograph;
mod shown;
pub(super) mod state;
mod text;
mod trailer;
pub(super) mod view;
mod weight;

/// What trying one password costs.
const TRIAL: Duration = Duration::from_micros(400);

pub(crate) fn read(bytes: &[u8], place: &Place, harvest: &mut Harvest<'_>) {
    harvest.kind(place, "pdf");
    if is_too_heavy(bytes) {
        return harvest.exhaust(place, "it has more objects than Exeat reads of one file");
    }
    let loaded = load(bytes, None, harvest);
    if let Ok(Ok(document)) = &loaded
        && let Some(mended) = trailer::mended(document, bytes)
    {
        return read_loaded(load(&mended, None, harvest), &mended, place, harvest);
    }
    read_loaded(loaded, bytes, place, harvest);
}

fn read_loaded(loaded: Loaded, bytes: &[u8], place: &Place, harvest: &mut Harvest<'_>) {
    match loaded {
        Ok(Ok(document)) if document.trailer.get(b"Encrypt").is_ok() => {
            locked(&document, bytes, place, harvest);
        }
        Ok(Ok(document)) => opened(&document, bytes, "", place, harvest),
        Ok(Err(Error::Decompress(lopdf::DecompressError::MemoryLimitExceeded { .. }))) => {
            harvest.exhaust(place, "unpacked, it grows far beyond its size: a bomb");
        }
        Ok(Err(Error::UnsupportedSecurityHandler(_))) => {
            harvest.protection(
                place,
                Protection::Protected,
                "encrypted for certain recipients",
            );
            clear_metadata(bytes, place, harvest);
        }
        Ok(Err(Error::Decryption(_) | Error::InvalidPassword)) => {
            harvest.problem(
                place,
                ProblemKind::Unknown,
                "a PDF encrypted in a way that Exeat does not know",
            );
        }
        Ok(Err(_)) | Err(_) => with_second_reader(bytes, place, harvest),
    }
}

/// A PDF behind another file's first bytes, which its readers look past (ISO
/// 32000-2 annex I).
pub(crate) fn behind(bytes: &[u8], place: &Place, harvest: &mut Harvest<'_>) {
    let head = &bytes[..bytes.len().min(1024)];
    let Some(start) = memchr::memmem::find(head, b"%PDF-") else {
        return;
    };
    // One that is stored in a zip follows its member's header, and is read there.
    if memchr::memmem::find(&head[..start], b"PK\x03\x04").is_some() {
        return;
    }
    if memchr::memmem::find(&bytes[start..], b"endobj").is_some() {
        read(&bytes[start..], place, harvest);
        harvest.problem(
            place,
            ProblemKind::Hostile,
            "it is a PDF and another kind of file at once: programs could read it in two ways",
        );
    }
}

/// A PDF among what looks like text, without its first line: programs open it
/// all the same, and its streams say nothing to those who read the text.
pub(crate) fn headless(text: &[u8], place: &Place, harvest: &mut Harvest<'_>) {
    if !has_objects(text) || memchr::memmem::find(text, b"endstream").is_none() {
        return;
    }
    let whole = [b"%PDF-1.4\n", text].concat();
    if std::str::from_utf8(text).is_ok() && !shows_packed_pages(&whole, harvest) {
        return;
    }
    read(&whole, place, harvest);
    harvest.problem(
        place,
        ProblemKind::Damaged,
        "it is a PDF without its first line, which some programs open all the same",
    );
}

/// Whether it has pages, and streams that say nothing to those who read them as
/// text. What teaches how a PDF is written has one or the other, at most.
fn shows_packed_pages(whole: &[u8], harvest: &Harvest<'_>) -> bool {
    if memchr::memmem::find(whole, b"/Filter").is_none() || is_too_heavy(whole) {
        return false;
    }
    match load(whole, None, harvest) {
        Ok(Ok(document)) => {
            document.trailer.has(b"Encrypt") || !page::pages(&document, 1).ids.is_empty()
        }
        _ => false,
    }
}

/// Whether an object begins on one of the lines: `12 0 obj`.
fn has_objects(text: &[u8]) -> bool {
    let mut lines = text.split(|byte| matches!(byte, b'\n' | b'\r'));
    lines.any(|line| {
        let mut words = line.split(u8::is_ascii_whitespace);
        let mut number = || {
            let word = words.next().unwrap_or_default();
            !word.is_empty() && word.iter().all(u8::is_ascii_digit)
        };
        number() && number() && words.next().is_some_and(|word| word.starts_with(b"obj"))
    })
}

type Loaded = std::thread::Result<Result<Document, Error>>;

/// Loads the file; a panic of the loader comes back as an error.
fn load(bytes: &[u8], password: Option<&str>, harvest: &Harvest<'_>) -> Loaded {
    let options = LoadOptions {
        max_decompressed_size: Some(harvest.inflatable(bytes.len())),
        password: password.map(str::to_owned),
        ..LoadOptions::default()
    };
    catch_unwind(|| Document::load_mem_with_options(bytes, options))
}

/// A file that the empty password does not open: the message may give its
/// own away.
fn locked(document: &Document, bytes: &[u8], place: &Place, harvest: &mut Harvest<'_>) {
    let Some((protection, why)) = strength(document) else {
        return harvest.problem(
            place,
            ProblemKind::Damaged,
            "it claims to be encrypted and does not say how",
        );
    };
    if !refuses(document) {
        return harvest.problem(
            place,
            ProblemKind::Damaged,
            "it claims to be encrypted in a way that no sound PDF is",
        );
    }
    harvest.closed(place, protection, why);
    let right = harvest.try_words(place, TRIAL, |word| {
        let tried = catch_unwind(AssertUnwindSafe(|| document.authenticate_password(word)));
        matches!(tried, Ok(Ok(()))).then(|| word.to_owned())
    });
    let Some(password) = right else {
        clear_metadata(bytes, place, harvest);
        if protection == Protection::Weak {
            clear_pages(document, bytes, place, harvest);
        }
        return;
    };
    match load(bytes, Some(&password), harvest) {
        Ok(Ok(document)) => opened(&document, bytes, &password, place, harvest),
        _ => harvest.problem(
            place,
            ProblemKind::Damaged,
            "it opens with a password that was tried, and could not be read",
        ),
    }
}

/// Whether a sound encryption does not open with the empty password. Of one
/// that is not sound nothing is known: other programs mend what they find.
fn refuses(document: &Document) -> bool {
    let tried = catch_unwind(AssertUnwindSafe(|| document.authenticate_user_password("")));
    matches!(
        tried,
        Ok(Err(Error::Decryption(DecryptionError::IncorrectPassword)))
    )
}

/// Pages of a file of which only strings are encrypted, or files in it: their
/// text lies open in the streams.
fn clear_pages(document: &Document, bytes: &[u8], place: &Place, harvest: &mut Harvest<'_>) {
    if !leaves_streams_clear(document) {
        return;
    }
    let Some(clear) = trailer::without_encryption(document, bytes) else {
        return;
    };
    match load(&clear, None, harvest) {
        Ok(Ok(document)) => {
            if let Some(inside) = harvest.deeper(place) {
                pages(&document, &clear, "", &inside, harvest);
            }
        }
        _ => harvest.problem(
            place,
            ProblemKind::Damaged,
            "its pages are not encrypted, and could not be read",
        ),
    }
}

const LOST: &str = "parts of it could not be read, or there are later versions of them";
const TWO_WAYS: &str =
    "its table of contents is damaged: programs could show different versions of it";

/// Reads the document that the password opens.
fn opened(
    document: &Document,
    bytes: &[u8],
    password: &str,
    place: &Place,
    harvest: &mut Harvest<'_>,
) {
    if document.was_encrypted() {
        harvest.protection(
            place,
            Protection::Open,
            "opens without a password: only printing, copying and changing are restricted",
        );
    }
    // A file cut short can be mended into one with fewer pages.
    let tail = &bytes[bytes.len().saturating_sub(2_048)..];
    let mended = document.xref_recovery == Some(XrefRecovery::Reconstructed);
    if mended && memchr::memmem::find(tail, b"startxref").is_none() {
        harvest.problem(
            place,
            ProblemKind::Damaged,
            "it is cut short and was read as far as it could be",
        );
    }
    let Some(inside) = harvest.deeper(place) else {
        return;
    };
    let start = harvest.mark();
    pages(document, bytes, password, &inside, harvest);
    beside_pages(document, &inside, harvest);
    photographs(document, &inside, harvest);
    if objects::are_lost(document, bytes) {
        harvest.problem(place, ProblemKind::Damaged, LOST);
    }
    if objects::are_in_doubt(document, bytes) {
        let middle = harvest.mark();
        if let Some(other) = other_way(document, bytes, password, harvest) {
            pages(&other, bytes, password, &inside, harvest);
            beside_pages(&other, &inside, harvest);
            if !harvest.readings_agree(&start, &middle) {
                harvest.problem(place, ProblemKind::Damaged, TWO_WAYS);
            }
        }
    }
}

/// The document as programs find it that look for its objects themselves, and
/// not in its tables; or that believe its tables, if it was found the first
/// way.
fn other_way(
    document: &Document,
    bytes: &[u8],
    password: &str,
    harvest: &Harvest<'_>,
) -> Option<Document> {
    let was_mended = document.xref_recovery == Some(XrefRecovery::Reconstructed);
    let mut bytes = Cow::Borrowed(bytes);
    if was_mended {
        // lopdf asks for an end of the file that others do without.
        let table = objects::last_table(&bytes)?;
        let end = format!("\nstartxref\n{table}\n%%EOF\n");
        bytes.to_mut().extend_from_slice(end.as_bytes());
    }
    let options = LoadOptions {
        max_decompressed_size: Some(harvest.inflatable(bytes.len())),
        password: (!password.is_empty()).then(|| password.to_owned()),
        force_reconstruct: !was_mended,
        ..LoadOptions::default()
    };
    let loaded = catch_unwind(|| Document::load_mem_with_options(&bytes, options));
    let other = loaded.ok()?.ok()?;
    (other.xref_recovery != document.xref_recovery && !other.trailer.has(b"Encrypt"))
        .then_some(other)
}

/// How strong an encryption is that the empty password does not open; `None`
/// where it is not there.
fn strength(document: &Document) -> Option<(Protection, &'static str)> {
    let encrypt = document.trailer.get_deref(b"Encrypt", document);
    let encrypt = encrypt.and_then(Object::as_dict).ok()?;
    let number = |key: &[u8]| encrypt.get(key).and_then(Object::as_i64).unwrap_or(0);
    if leaves_streams_clear(document) {
        return Some((Protection::Weak, "only parts of it are encrypted"));
    }
    Some(match (number(b"V"), number(b"R"), number(b"Length")) {
        (_, 2, _) | (1, _, _) | (2, _, 40) => (
            Protection::Weak,
            "encrypted with 40-bit RC4, which can be broken in minutes",
        ),
        (2 | 3, _, _) => (
            Protection::Protected,
            "encrypted with a password (128-bit RC4)",
        ),
        (4, _, _) => (Protection::Protected, "encrypted with a password (128-bit)"),
        _ => (Protection::Protected, "encrypted with a password (AES-256)"),
    })
}

/// Whether streams pass through no cipher (ISO 32000-1 section 7.6.5), which is
/// so, too, where nothing is said.
fn leaves_streams_clear(document: &Document) -> bool {
    let encrypt = document.trailer.get_deref(b"Encrypt", document);
    let Ok(encrypt) = encrypt.and_then(Object::as_dict) else {
        return false;
    };
    let version = encrypt.get(b"V").and_then(Object::as_i64).unwrap_or(0);
    let filter = encrypt.get(b"StmF").and_then(Object::as_name);
    version >= 4 && filter.map_or(!encrypt.has(b"StmF"), |name| name == b"Identity")
}

/// Metadata that some leave outside the encryption.
fn clear_metadata(bytes: &[u8], place: &Place, harvest: &mut Harvest<'_>) {
    let Some(start) = memchr::memmem::find(bytes, b"<x:xmpmeta") else {
        return;
    };
    let Some(length) = memchr::memmem::find(&bytes[start..], b"</x:xmpmeta>") else {
        return;
    };
    metadata(&bytes[start..start + length + 12], place, harvest);
}
