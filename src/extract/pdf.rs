//! PDF: text by pages, and what lies beside the pages.
//!
//! `lopdf` opens the file and takes off an encryption without password. The
//! text of a page is drawn here, which is quick; where a page uses a font that
//! this cannot read, `pdf_oxide` reads the page. A page that shows something
//! and has no text is a problem, never silence.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use lopdf::encryption::DecryptionError;
use lopdf::xref::XrefRecovery;
use lopdf::{Dictionary, Document, Error, LoadOptions, Object, ObjectId, decode_text_string};

use super::harvest::{Harvest, Place};
use super::pdf_font::Fonts;
use super::pdf_page::{self, Endless};
use super::pdf_text::{self, Page};
use super::{Form, Protection, file, pdf_trailer, picture};
use crate::finding::ProblemKind;

/// Bytes of pages that the second reader is given of one file: some take it
/// five seconds a megabyte.
const SECOND_READING: usize = 512 * 1024; // 512 KB

/// Dictionaries in dictionaries.
const DEEPEST: u32 = 16;
/// Objects of one file; lopdf takes some hundred bytes for each.
const MOST_OBJECTS: usize = 300_000;

/// What trying one password costs.
const TRIAL: Duration = Duration::from_micros(400);
/// A page with fewer letters and digits than this may be a scan with a number
/// or the scanner's own name stamped on it.
const FEW: usize = 80;

pub(crate) fn read(bytes: &[u8], place: &Place, harvest: &mut Harvest<'_>) {
    harvest.kind(place, "pdf");
    let objects = memchr::memmem::find_iter(bytes, b" obj").take(MOST_OBJECTS + 1);
    if objects.count() > MOST_OBJECTS {
        return harvest.exhaust(place, "it has more objects than Exeat reads of one file");
    }
    let loaded = load(bytes, None, harvest);
    if let Ok(Ok(document)) = &loaded
        && let Some(mended) = pdf_trailer::mended(document, bytes)
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
    read(&whole, place, harvest);
    harvest.problem(
        place,
        ProblemKind::Damaged,
        "it is a PDF without its first line, which some programs open all the same",
    );
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
    let Some(clear) = pdf_trailer::without_encryption(document, bytes) else {
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
            "opens without a password: only its use is restricted",
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
    pages(document, bytes, password, &inside, harvest);
    beside_pages(document, &inside, harvest);
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
            "encrypted with 40-bit RC4, which falls in minutes",
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

fn metadata(xmp: &[u8], place: &Place, harvest: &mut Harvest<'_>) {
    let mut words = String::new();
    super::xml::walk(xmp, |node| {
        if let super::xml::Node::Text(text) = node
            && !text.trim().is_empty()
        {
            words.push_str(text.trim());
            words.push('\n');
        }
        true
    });
    harvest.text(&place.hidden("document properties, hidden"), words);
}

fn pages(
    document: &Document,
    bytes: &[u8],
    password: &str,
    place: &Place,
    harvest: &mut Harvest<'_>,
) {
    let mut fonts = Fonts::default();
    let mut second: Option<Second> = None;
    let mut second_left = SECOND_READING;
    let mut count: u32 = 0;
    let most = harvest.inflatable(bytes.len());
    let found = pdf_page::pages(document, harvest.entries_left());
    let (mut pictures, mut unread, mut lost) = (Vec::new(), Vec::new(), found.lost);
    for (index, id) in found.ids.into_iter().enumerate() {
        if harvest.is_spent() || !harvest.entry(place) {
            return;
        }
        count += 1;
        let mut page = drawn(document, id, most, &mut fonts, place, harvest);
        lost |= page.lost;
        let mut partly = false;
        if !page.covered && !harvest.is_spent() {
            let text = if page.size > second_left {
                String::new()
            } else {
                second_left -= page.size;
                second
                    .get_or_insert_with(|| Second::open(bytes, password))
                    .page(index)
            };
            // What could be drawn is in; the rest is owed where the second
            // reader finds few of the letters that are missing.
            let missing = page.lacks.div_ceil(2);
            let no_more = letters(&text) < letters(&page.text) + missing;
            match text.trim().is_empty() {
                false if page.lacks == 0 || !no_more => page.text = text,
                _ => partly = !page.text.trim().is_empty(),
            }
        }
        let is_empty = page.text.trim().is_empty();
        let shows_little = letters(&page.text) < FEW;
        if picture::fills_page(page.pixels, is_empty) && shows_little {
            pictures.push(count);
        } else if partly || (is_empty && page.paints) {
            unread.push(count);
        }
        harvest.text(&place.within(&format!("page {count}")), page.text);
    }
    if count == 0 {
        harvest.problem(
            place,
            ProblemKind::Damaged,
            "it has no pages that can be read",
        );
    }
    if !pictures.is_empty() {
        let what = match (pictures.len(), count) {
            (1, 2..) => "one page is a picture: its text was not read".to_owned(),
            (some, count) if some < count as usize => {
                format!("{some} pages are pictures: their text was not read")
            }
            _ => "a picture of text: there is no text layer".to_owned(),
        };
        harvest.picture(
            place,
            Form::Pdf,
            pictures,
            bytes,
            ProblemKind::NotRead,
            what,
        );
    }
    const NO_TEXT: &str = "some of its pages show something of which no text could be read";
    const LOST: &str = "something that its pages show is missing or damaged";
    if !unread.is_empty() {
        harvest.picture(
            place,
            Form::Pdf,
            unread,
            bytes,
            ProblemKind::Damaged,
            NO_TEXT,
        );
    }
    if lost {
        harvest.problem(place, ProblemKind::Damaged, LOST);
    }
}

fn letters(text: &str) -> usize {
    text.chars().filter(|c| c.is_alphanumeric()).count()
}

fn drawn(
    document: &Document,
    id: ObjectId,
    most: usize,
    fonts: &mut Fonts,
    place: &Place,
    harvest: &mut Harvest<'_>,
) -> Page {
    let room = harvest.room().min(most);
    let content = match pdf_page::content(document, id, room) {
        Ok(content) => content,
        Err(Endless) => {
            harvest.exhaust(place, "unpacked, it grows far beyond its size: a bomb");
            return Page::default();
        }
    };
    if !harvest.decoded(place, content.bytes.len()) {
        return Page::default();
    }
    let mut budget = harvest.room();
    let room = harvest.text_room(place);
    let mut page = pdf_text::draw(document, id, &content.bytes, fonts, &mut budget, room);
    page.lost |= content.lost;
    harvest.decoded(place, harvest.room() - budget);
    if page.endless {
        harvest.exhaust(place, "its pages draw themselves without end");
    }
    page
}

/// Form fields, notes, bookmarks, properties, and files inside the file.
fn beside_pages(document: &Document, place: &Place, harvest: &mut Harvest<'_>) {
    let mut fields = String::new();
    let mut notes = String::new();
    let mut titles = String::new();
    let mut scripts = String::new();
    let mut files = Vec::new();
    for dictionary in dictionaries(document) {
        let text = |key: &[u8]| {
            let value = dictionary.get_deref(key, document).ok()?;
            decode_text_string(value)
                .ok()
                .filter(|text| !text.trim().is_empty())
        };
        let add = |to: &mut String, keys: &[&[u8]]| {
            for value in keys.iter().filter_map(|key| text(key)) {
                to.push_str(&value);
                to.push('\n');
            }
        };
        let subtype = dictionary
            .get(b"Subtype")
            .and_then(Object::as_name)
            .unwrap_or_default();
        if dictionary.has(b"FT")
            || subtype == b"Widget"
            || (dictionary.has(b"T") && dictionary.has(b"V"))
        {
            add(&mut fields, &[b"T", b"TU", b"V"]);
        } else if dictionary.has(b"Rect") {
            add(&mut notes, &[b"T", b"Contents", b"Subj"]);
            if let Ok(action) = dictionary
                .get_deref(b"A", document)
                .and_then(Object::as_dict)
                && let Ok(uri) = action
                    .get_deref(b"URI", document)
                    .and_then(decode_text_string)
            {
                notes.push_str(uri.trim_start_matches("mailto:"));
                notes.push('\n');
            }
        } else if dictionary.has(b"Title") && (dictionary.has(b"Parent") || dictionary.has(b"Dest"))
        {
            add(&mut titles, &[b"Title"]);
        }
        if dictionary.has(b"EF") {
            files.push(dictionary);
        }
        add(&mut scripts, &[b"JS"]);
    }
    harvest.text(&place.within("form fields"), fields);
    harvest.text(&place.within("notes and links"), notes);
    harvest.text(&place.hidden("bookmarks, hidden"), titles);
    harvest.text(&place.hidden("scripts, hidden"), scripts);
    for specification in files {
        let names: Vec<String> = [&b"UF"[..], b"F", b"Desc"]
            .iter()
            .filter_map(|key| decode_text_string(specification.get_deref(key, document).ok()?).ok())
            .collect();
        let stream = specification
            .get_deref(b"EF", document)
            .and_then(Object::as_dict)
            .and_then(|files| {
                files
                    .get_deref(b"F", document)
                    .or_else(|_| files.get_deref(b"UF", document))
            })
            .and_then(Object::as_stream);
        let Ok(stream) = stream else { continue };
        match stream.get_plain_content_with_limit(harvest.inflatable(stream.content.len())) {
            Ok(bytes) if harvest.decoded(place, bytes.len()) => {
                let names: Vec<&str> = names.iter().map(String::as_str).collect();
                file::read(&names, &bytes, place, harvest);
            }
            _ => harvest.problem(
                place,
                ProblemKind::Damaged,
                "a file inside it could not be unpacked",
            ),
        }
    }
    properties(document, place, harvest);
}

/// All dictionaries, also those that stand in others and not by themselves.
fn dictionaries(document: &Document) -> Vec<&Dictionary> {
    fn collect<'a>(object: &'a Object, depth: u32, found: &mut Vec<&'a Dictionary>) {
        if depth > DEEPEST {
            return;
        }
        match object {
            Object::Array(items) => {
                for item in items {
                    collect(item, depth + 1, found);
                }
            }
            Object::Dictionary(dictionary) => {
                found.push(dictionary);
                for (_, value) in dictionary {
                    collect(value, depth + 1, found);
                }
            }
            _ => {}
        }
    }
    let mut found = Vec::new();
    for object in document.objects.values() {
        collect(object, 0, &mut found);
    }
    found
}

fn properties(document: &Document, place: &Place, harvest: &mut Harvest<'_>) {
    let mut words = String::new();
    if let Ok(info) = document
        .trailer
        .get_deref(b"Info", document)
        .and_then(Object::as_dict)
    {
        for key in [&b"Title"[..], b"Subject", b"Author", b"Keywords"] {
            if let Ok(text) = info.get_deref(key, document).and_then(decode_text_string) {
                words.push_str(&text);
                words.push('\n');
            }
        }
    }
    harvest.text(&place.hidden("document properties, hidden"), words);
    let xmp = document
        .catalog()
        .and_then(|catalog| catalog.get_deref(b"Metadata", document))
        .and_then(Object::as_stream)
        .and_then(|stream| stream.get_plain_content_with_limit(1024 * 1024));
    if let Ok(xmp) = xmp {
        metadata(&xmp, place, harvest);
    }
}

/// The second reader alone, for files that the first cannot open.
fn with_second_reader(bytes: &[u8], place: &Place, harvest: &mut Harvest<'_>) {
    let mut reader = Second::open(bytes, "");
    let count = reader.pages().min(harvest.entries_left());
    let mut any = false;
    for index in 0..count {
        if harvest.is_spent() {
            return;
        }
        let text = reader.page(index);
        any |= !text.trim().is_empty();
        harvest.decoded(place, text.len());
        harvest.text(&place.within(&format!("page {}", index + 1)), text);
    }
    let what = if any {
        "it is damaged and was read as far as it could be"
    } else {
        "it is damaged and could not be read"
    };
    harvest.problem(place, ProblemKind::Damaged, what);
}

/// `pdf_oxide`, kept at arm's length: it may panic.
struct Second(Option<pdf_oxide::PdfDocument>);

impl Second {
    fn open(bytes: &[u8], password: &str) -> Self {
        let opened = catch_unwind(|| {
            let document = pdf_oxide::PdfDocument::from_bytes(bytes.to_vec()).ok()?;
            if !password.is_empty() {
                document.authenticate(password.as_bytes()).ok()?;
            }
            Some(document)
        });
        Self(opened.ok().flatten())
    }

    fn pages(&self) -> usize {
        let Some(document) = &self.0 else { return 0 };
        let count = catch_unwind(AssertUnwindSafe(|| document.page_count().unwrap_or(0)));
        count.unwrap_or(0)
    }

    fn page(&mut self, index: usize) -> String {
        let Some(document) = &self.0 else {
            return String::new();
        };
        match catch_unwind(AssertUnwindSafe(|| {
            document.extract_text(index).unwrap_or_default()
        })) {
            Ok(text) => text,
            Err(_) => {
                // Its state is unknown after a panic.
                self.0 = None;
                String::new()
            }
        }
    }
}
