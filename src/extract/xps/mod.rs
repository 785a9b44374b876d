//! XPS and OpenXPS (ECMA-388): printed pages in a zip, as Windows' own printer
//! writes them.
//!
//! The words are those that the glyphs say they stand for, put together by
//! where they stand. A page that is drawn without words is told.

use std::collections::HashSet;

use super::harvest::{Harvest, Place};
use super::illustration::{Illustrations, most_unpacked};
use super::kind::{self, Kind};
use super::loose::values;
use super::relationships::resolve;
use super::xml::{self, Node};
use super::zip_records::Archive;
use crate::finding::ProblemKind;
use font::Fonts;
use page::Page;
use part::Parts;

mod font;
mod geometry;
mod glyphs;
mod page;
mod part;

const NOT_SHOWN: &str = "a page that is not shown, hidden";
const BESIDE: &str = "words beside its pages, hidden";
const DAMAGED: &str = "a part of it is damaged and was read only in part";

pub(crate) fn is_one(archive: &Archive<'_>) -> bool {
    let mut members = archive.members.iter();
    members.any(|member| part::is_page(&part::whole_name(&member.name)) && !member.is_sealed())
}

pub(crate) fn read(archive: &Archive<'_>, place: &Place, harvest: &mut Harvest<'_>) {
    harvest.kind(place, "xps");
    archive.faults_of_document(place, harvest);
    let Some(place) = harvest.deeper(place) else {
        return;
    };
    let mut document = Document {
        parts: Parts::of(archive),
        place: &place,
        fonts: Fonts::default(),
        pictures: Illustrations::default(),
        shown: HashSet::new(),
        links: String::new(),
        wordless: Vec::new(),
        damaged: false,
    };
    document.read(harvest);
    if document.damaged && !harvest.is_spent() {
        harvest.problem(&place, ProblemKind::Damaged, DAMAGED);
    }
}

struct Document<'a> {
    parts: Parts<'a>,
    place: &'a Place,
    fonts: Fonts,
    pictures: Illustrations,
    /// Parts that a page shows.
    shown: HashSet<String>,
    links: String,
    /// Pages on which something is drawn, and nothing written that is known.
    wordless: Vec<usize>,
    damaged: bool,
}

impl Document<'_> {
    fn read(&mut self, harvest: &mut Harvest<'_>) {
        let listed = self.pages(harvest);
        let stray: Vec<String> = self.parts.stray_pages(&listed);
        // Without a list all that is known is their names.
        self.damaged |= listed.is_empty();
        let (shown, hidden) = match listed.is_empty() {
            true => (&stray, &listed),
            false => (&listed, &stray),
        };
        for (index, part) in shown.iter().enumerate() {
            let page = format!("page {}", index + 1);
            if self.page(part, &page, &self.place.within(&page), harvest) {
                self.wordless.push(index + 1);
            }
        }
        for part in hidden {
            let place = self.place.hidden(NOT_SHOWN);
            self.page(part, NOT_SHOWN, &place, harvest);
        }
        self.beside_pages(harvest);
        let links = std::mem::take(&mut self.links);
        harvest.text(&self.place.hidden("link targets, hidden"), links);
        self.tell_of_wordless(shown.len(), harvest);
    }

    /// The pages in their order, by the lists that lead to them.
    fn pages(&mut self, harvest: &mut Harvest<'_>) -> Vec<String> {
        let begun = self.references("_rels/.rels", b"Relationship", "Target", harvest);
        let mut sequences: Vec<String> = begun
            .into_iter()
            .filter(|part| part.ends_with(".fdseq"))
            .collect();
        if sequences.is_empty() {
            sequences = self.parts.ending_in(".fdseq");
        }
        let mut pages = Vec::new();
        let mut seen = HashSet::new();
        for sequence in sequences {
            for document in self.references(&sequence, b"DocumentReference", "Source", harvest) {
                if harvest.is_spent() || !seen.insert(document.clone()) {
                    continue;
                }
                pages.extend(self.references(&document, b"PageContent", "Source", harvest));
            }
        }
        let mut listed = HashSet::new();
        pages.retain(|page| listed.insert(page.clone()));
        pages
    }

    /// The parts that the elements of one part lead to.
    fn references(
        &mut self,
        part: &str,
        wanted: &[u8],
        attribute: &str,
        harvest: &mut Harvest<'_>,
    ) -> Vec<String> {
        let source = part.replacen("_rels/", "", 1);
        let Some(xml) = self.unpacked(part, harvest) else {
            return Vec::new();
        };
        let most = harvest.entries_left();
        let mut found = Vec::new();
        let whole = xml::walk(&xml, |node| {
            if let Node::Start(element) | Node::Empty(element) = node
                && element.name() == wanted
                && let Some(target) = element.attribute(attribute)
            {
                found.push(part::folded(&resolve(&source, &target)));
            }
            found.len() <= most
        });
        self.damaged |= !whole;
        found
    }

    /// A part's bytes; that it is missing or damaged is told once at the end.
    fn unpacked(&mut self, part: &str, harvest: &mut Harvest<'_>) -> Option<Vec<u8>> {
        if !harvest.entry(self.place) {
            return None;
        }
        let bytes = self.parts.unpack(part, self.place, harvest);
        self.damaged |= bytes.is_none();
        bytes
    }

    /// Reads a page; whether it draws something, and nothing is known of what
    /// that says.
    fn page(&mut self, part: &str, name: &str, place: &Place, harvest: &mut Harvest<'_>) -> bool {
        if harvest.is_spent() {
            return false;
        }
        let Some(xml) = self.unpacked(part, harvest) else {
            return false;
        };
        let page = self.drawn(&xml, part, harvest);
        let says = !page.text.trim().is_empty() || !page.hidden.is_empty();
        let only_drawn = page.paints && !says && page.pictures.is_empty();
        let wordless = page.unknown || only_drawn;
        self.take(page, name, place, harvest);
        wordless
    }

    fn drawn(&mut self, xml: &[u8], part: &str, harvest: &mut Harvest<'_>) -> Page {
        let fonts = &mut self.fonts;
        let page = page::draw(xml, part, &self.parts, fonts, self.place, harvest);
        self.damaged |= !page.whole && !page.endless;
        page
    }

    fn take(&mut self, page: Page, name: &str, place: &Place, harvest: &mut Harvest<'_>) {
        harvest.text(place, page.text);
        for (hiding, words) in page.hidden {
            let hidden = format!("{name}, {}", hiding.place());
            harvest.text(&self.place.hidden(&hidden), words);
        }
        let place_of_descriptions = self
            .place
            .hidden(&format!("descriptions on {name}, hidden"));
        harvest.text(&place_of_descriptions, page.descriptions);
        self.links.push_str(&page.links);
        if page.endless {
            return harvest.exhaust(place, "its pages draw themselves without end");
        }
        for picture in page.pictures {
            if self.shown.insert(picture.clone()) {
                self.picture(&picture, place, harvest);
            }
        }
    }

    fn picture(&mut self, part: &str, place: &Place, harvest: &mut Harvest<'_>) {
        let limit = most_unpacked(self.parts.packed(part), harvest);
        if !harvest.entry(self.place) {
            return;
        }
        if self.parts.size(part) > limit as u64 {
            return self.pictures.too_large(place, harvest);
        }
        match self.parts.unpack_within(limit, part, self.place, harvest) {
            Some(bytes) => self.pictures.read(&bytes, place, harvest),
            None => self.damaged = true,
        }
    }

    /// What lies in the file and is on no page: properties, an outline, and
    /// whatever a program adds.
    fn beside_pages(&mut self, harvest: &mut Harvest<'_>) {
        for name in self.parts.beside_pages() {
            if harvest.is_spent() {
                return;
            }
            if self.shown.contains(&name) || self.fonts.knows(&name) {
                continue;
            }
            let limit = most_unpacked(self.parts.packed(&name), harvest);
            if !harvest.entry(self.place) {
                return;
            }
            match self.parts.unpack_within(limit, &name, self.place, harvest) {
                Some(bytes) => self.other_part(&name, &bytes, harvest),
                None => self.damaged = true,
            }
        }
    }

    fn other_part(&mut self, name: &str, bytes: &[u8], harvest: &mut Harvest<'_>) {
        let place = self.place;
        if !xml::is_one(bytes) {
            match kind::sniff(bytes) {
                Kind::Picture(_) | Kind::Media(_) => {
                    let place = place.hidden("pictures on no page, hidden");
                    self.pictures.read(bytes, &place, harvest);
                }
                Kind::Text => {
                    let place = place.hidden("other text, hidden");
                    super::plain::read_into(bytes, &place, harvest);
                }
                // Fonts and colours.
                _ => {}
            }
            return;
        }
        let holds = |mark: &[u8]| memchr::memmem::find(bytes, mark).is_some();
        // How a printer is to print.
        if holds(b"PrintTicket") {
            return;
        }
        let whole = match name {
            // What pages may be drawn with, kept for several of them.
            _ if holds(b"UnicodeString") => {
                let page = self.drawn(bytes, name, harvest);
                self.take(page, BESIDE, &place.hidden(BESIDE), harvest);
                true
            }
            _ if holds(b"OutlineEntry") => outline(bytes, place, harvest),
            name if name.starts_with("docprops/") => {
                values(bytes, &place.hidden("document properties, hidden"), harvest)
            }
            _ => values(bytes, &place.hidden("other data, hidden"), harvest),
        };
        self.damaged |= !whole;
    }

    fn tell_of_wordless(&self, pages: usize, harvest: &mut Harvest<'_>) {
        let what = match (self.wordless.as_slice(), pages) {
            ([], _) => return,
            (all, pages) if all.len() == pages => {
                "its pages are drawings, of which no words could be read: send them as PDF"
                    .to_owned()
            }
            ([page], _) => format!("page {page} is drawn without words that could be read"),
            (some, _) => format!(
                "{} of its pages are drawn without words that could be read",
                some.len()
            ),
        };
        harvest.problem(self.place, ProblemKind::NotRead, what);
    }
}

/// Headings as the reader's side pane lists them.
fn outline(xml: &[u8], place: &Place, harvest: &mut Harvest<'_>) -> bool {
    let mut headings = String::new();
    let whole = xml::walk(xml, |node| {
        if let Node::Start(element) | Node::Empty(element) = node
            && let Some(heading) = element.attribute("Description")
        {
            headings.push_str(&heading);
            headings.push('\n');
        }
        true
    });
    harvest.text(&place.hidden("outline, hidden"), headings);
    whole
}
