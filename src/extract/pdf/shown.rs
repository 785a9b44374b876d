//! What a PDF shows on its pages.
//!
//! The text of a page is drawn by `text`, which is quick; where a page uses
//! a font that it cannot read, `pdf_oxide` reads the page. A page that shows
//! something and has no text is a problem, never silence.

use std::panic::{AssertUnwindSafe, catch_unwind};

use lopdf::{Document, ObjectId};

use super::filter::Endless;
use super::page;
use super::text::{self, Page, Shared};
use crate::extract::harvest::{Harvest, Place};
use crate::extract::{Form, picture};
use crate::finding::ProblemKind;

/// Bytes of pages that the second reader is given of one file: some take it
/// five seconds a megabyte.
const SECOND_READING: usize = 512 * 1024; // 512 KB
/// A page with fewer letters and digits than this may be a scan with a number
/// or the scanner's own name stamped on it.
const FEW: usize = 80;

pub(crate) fn pages(
    document: &Document,
    bytes: &[u8],
    password: &str,
    place: &Place,
    harvest: &mut Harvest<'_>,
) {
    let mut shared = Shared::of(document);
    let mut second: Option<Second> = None;
    let mut second_left = SECOND_READING;
    let mut count: u32 = 0;
    let most = harvest.inflatable(bytes.len());
    let found = page::pages(document, harvest.entries_left());
    let (mut pictures, mut unread, mut lost) = (Vec::new(), Vec::new(), found.lost);
    for (index, id) in found.ids.into_iter().enumerate() {
        if harvest.is_spent() || !harvest.entry(place) {
            return;
        }
        count += 1;
        let mut page = drawn(&mut shared, id, most, place, harvest);
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
        let hidden = page.hidden.iter().map(|(_, words)| words);
        let all: usize = hidden.chain([&page.text]).map(|words| letters(words)).sum();
        let is_empty = page.text.trim().is_empty() && page.hidden.is_empty();
        let shows_little = all < FEW;
        if picture::fills_page(page.pixels, is_empty) && shows_little {
            pictures.push(count);
        } else if partly || (is_empty && page.paints) {
            unread.push(count);
        }
        harvest.text(&place.within(&format!("page {count}")), page.text);
        for (hiding, words) in page.hidden {
            let hidden = format!("page {count}, {}", hiding.place());
            harvest.text(&place.hidden(&hidden), words);
        }
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
            Some((ProblemKind::NotRead, what)),
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
            Some((ProblemKind::Damaged, NO_TEXT.to_owned())),
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
    shared: &mut Shared<'_>,
    id: ObjectId,
    most: usize,
    place: &Place,
    harvest: &mut Harvest<'_>,
) -> Page {
    let room = harvest.room().min(most);
    let content = match page::content(shared.document, id, room) {
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
    let mut page = text::draw(shared, id, &content.bytes, &mut budget, room);
    page.lost |= content.lost;
    harvest.decoded(place, harvest.room() - budget);
    if page.endless {
        harvest.exhaust(place, "its pages draw themselves without end");
    }
    page
}

/// The second reader alone, for files that the first cannot open.
pub(crate) fn with_second_reader(bytes: &[u8], place: &Place, harvest: &mut Harvest<'_>) {
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
