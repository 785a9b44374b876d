//! Office documents of the XML kind: docx, xlsx, pptx and their like.
//!
//! Every XML part is walked. The main ones get people's names for places;
//! the rest is not left out, for what is in a document goes with it.

use std::collections::HashMap;

use super::harvest::{Harvest, Place};
use super::illustration::{Illustrations, most_unpacked};
use super::office_part::{WITHOUT_WORDS, kind_of, order};
use super::office_xml::only_editing;
use super::relationships::{self, Relationships};
use super::sheet::{self, Workbook};
use super::slides::{self, Slides};
use super::word_style::{self, Styles};
use super::xlsb::record::{self, Folded};
use super::xlsb::words::Words;
use super::xml;
use super::zip_records::{Archive, Member};
use super::{file, kind, sweep, xlsb};
use crate::finding::ProblemKind;

/// Reads the document; `bytes` are the archive's.
pub(crate) fn read(bytes: &[u8], archive: &Archive<'_>, place: &Place, harvest: &mut Harvest<'_>) {
    harvest.kind(place, kind_of(archive).unwrap_or("office"));
    archive.faults_of_document(place, harvest);
    let Some(place) = harvest.deeper(place) else {
        return;
    };
    let mut document = Document {
        archive,
        place: &place,
        workbook: Workbook::default(),
        slides: Slides::default(),
        relationships: Relationships::default(),
        styles: Styles::default(),
        folded: HashMap::new(),
        tables: 0,
        shown_slides: HashMap::new(),
        pictures: Illustrations::default(),
        other: 0,
        unpacked: true,
    };
    document.read(harvest);
    document.binary_workbook(bytes, harvest);
    let other = document.other;
    if other > 0 {
        let plural = if other == 1 { "" } else { "s" };
        let what = format!("{other} part{plural} in it that cannot be read");
        harvest.problem(&place, ProblemKind::NotRead, what);
    }
}

pub(super) struct Document<'a> {
    pub(super) archive: &'a Archive<'a>,
    pub(super) place: &'a Place,
    pub(super) workbook: Workbook,
    pub(super) slides: Slides,
    pub(super) relationships: Relationships,
    pub(super) styles: Styles,
    /// What is hidden in each sheet of a binary workbook.
    folded: HashMap<String, Folded>,
    pub(super) tables: u32,
    /// Where the slides that have been read stand, by their parts.
    pub(super) shown_slides: HashMap<String, Place>,
    pictures: Illustrations,
    other: u32,
    /// All parts so far could be unpacked.
    unpacked: bool,
}

impl Document<'_> {
    fn read(&mut self, harvest: &mut Harvest<'_>) {
        let archive = self.archive;
        // What sheets and slides are named by comes first.
        for member in &archive.members {
            if member.name.ends_with(".rels") && harvest.entry(self.place) {
                self.shared(member, harvest);
            }
        }
        for name in [
            slides::PRESENTATION,
            sheet::WORKBOOK,
            xlsb::WORKBOOK,
            "xl/sharedStrings.xml",
            "xl/styles.xml",
            word_style::STYLES,
        ] {
            if let Some(member) = archive.member(name) {
                self.shared(member, harvest);
            }
        }
        harvest.text(
            &self.place.hidden("defined names, hidden"),
            self.workbook.names(),
        );
        let mut members: Vec<&Member<'_>> = archive.members.iter().collect();
        members.sort_by_cached_key(|member| {
            let number = self.slides.number(&member.name).unwrap_or(usize::MAX);
            order(&member.name, number)
        });
        for member in members {
            if harvest.is_spent() {
                return;
            }
            self.part(member, harvest);
        }
        let place = self.place.hidden("link targets, hidden");
        for links in std::mem::take(&mut self.relationships.links) {
            harvest.text(&place, links);
        }
    }

    fn shared(&mut self, member: &Member<'_>, harvest: &mut Harvest<'_>) {
        let Some(xml) = self.unpack(member, harvest) else {
            return;
        };
        let whole = match member.name.as_str() {
            sheet::WORKBOOK => self.workbook.read(&xml),
            xlsb::WORKBOOK => self.binary_sheets(&xml),
            "xl/sharedStrings.xml" => self.workbook.read_strings(&xml),
            "xl/styles.xml" => self.workbook.styles.read(&xml),
            word_style::STYLES => self.styles.read(&xml),
            slides::PRESENTATION => self.slides.read(&xml, &self.relationships),
            name => self.relationships.read(name, &xml),
        };
        if !whole {
            damaged(self.place, harvest);
        }
        // Some programs write the element without any lock in it.
        if member.name == sheet::WORKBOOK
            && memchr::memmem::find(&xml, b"<workbookProtection ").is_some()
        {
            only_editing(self.place, harvest);
        }
    }

    pub(super) fn unpack(
        &mut self,
        member: &Member<'_>,
        harvest: &mut Harvest<'_>,
    ) -> Option<Vec<u8>> {
        let limit = harvest.inflatable(member.packed.len());
        self.unpack_within(limit, member, harvest)
    }

    fn unpack_within(
        &mut self,
        limit: usize,
        member: &Member<'_>,
        harvest: &mut Harvest<'_>,
    ) -> Option<Vec<u8>> {
        match member.unpack(limit) {
            Ok(bytes) => {
                let fits = harvest.decoded(self.place, bytes.len());
                if fits && !member.is_sound(&bytes) {
                    damaged(self.place, harvest);
                }
                fits.then(|| bytes.into_owned())
            }
            Err(fault) => {
                self.unpacked = false;
                fault.tell(self.place, harvest);
                None
            }
        }
    }

    pub(super) fn is_binary(&self) -> bool {
        self.archive.member(xlsb::WORKBOOK).is_some()
    }

    /// Whether they are all there is told when their cells are read.
    fn binary_sheets(&mut self, part: &[u8]) -> bool {
        let sheets = record::sheets(part).into_iter().map(|sheet| sheet::Sheet {
            name: sheet.name,
            hidden: sheet.hidden,
            relationship: sheet.relationship,
        });
        self.workbook.sheets.extend(sheets);
        true
    }

    /// What a binary workbook's parts tell beside its cells.
    fn binary_part(&mut self, name: &str, bytes: &[u8], harvest: &mut Harvest<'_>) {
        if xlsb::is_of_records(name) && record::promises_too_much(bytes) {
            self.unpacked = false;
            return damaged(self.place, harvest);
        }
        if xlsb::is_sheet(name) {
            let sheet = self.sheet(name);
            let here = sheet.map_or_else(|| self.place.clone(), |sheet| sheet.place(self.place));
            let folded = sheet.map(|sheet| (sheet.name.clone(), Folded::read(bytes)));
            self.folded.extend(folded);
            Words::read(bytes).finish(&here, harvest);
        } else if xlsb::is_comments(name) {
            let (comments, whole) = record::comments(bytes);
            harvest.text(&self.comments(name), comments);
            if !whole {
                damaged(self.place, harvest);
            }
        }
    }

    /// Only what is known to fit the budget is read by another's code; what
    /// hindered that has been told.
    fn binary_workbook(&self, bytes: &[u8], harvest: &mut Harvest<'_>) {
        if !self.is_binary() || !self.unpacked || harvest.is_spent() || self.archive.is_doubtful() {
            return;
        }
        let members = self.archive.members.iter();
        let sheets = members.filter(|member| xlsb::is_sheet(&member.name));
        let styled = self.archive.member(xlsb::STYLES).is_some();
        if !xlsb::read(bytes, sheets.count(), &self.folded, self.place, harvest) || !styled {
            damaged(self.place, harvest);
        }
    }

    fn part(&mut self, member: &Member<'_>, harvest: &mut Harvest<'_>) {
        let name = member.name.as_str();
        let file = name.rsplit('/').next().unwrap_or(name);
        if member.packed.is_empty() || name.contains("/theme/") || WITHOUT_WORDS.contains(&file) {
            return;
        }
        if matches!(
            name,
            sheet::WORKBOOK | xlsb::WORKBOOK | "xl/sharedStrings.xml" | "docProps/thumbnail.jpeg"
        ) {
            return;
        }
        // These are read before all else.
        if name.ends_with(".rels") || !harvest.entry(self.place) {
            return;
        }
        if relationships::is_picture(name) {
            return self.picture(member, harvest);
        }
        let Some(bytes) = self.unpack(member, harvest) else {
            return;
        };
        // What Word puts in when it opens the document, and files that lie in it.
        if self.relationships.inserts(name)
            || name.contains("/embeddings/")
            || name.contains("/customData/")
        {
            let place = self.place.clone();
            return file::read(&[file], &bytes, &place, harvest);
        }
        if xml::is_one(&bytes) {
            return self.xml(name, file, &bytes, harvest);
        }
        if self.is_binary() {
            self.binary_part(name, &bytes, harvest);
        }
        if (self.is_binary() && (xlsb::is_part(name) || xlsb::is_comments(name)))
            || file.starts_with("printerSettings")
            || file.ends_with(".odttf")
            || file.ends_with(".fntdata")
        {
            return;
        }
        if name.contains("/activeX/") {
            let words = sweep::words(&bytes, harvest.text_room(self.place));
            return harvest.text(&self.place.within("form fields"), words);
        }
        match kind::sniff(&bytes) {
            kind::Kind::Picture(_) | kind::Kind::Media(_) => {
                self.pictures.read(&bytes, self.place, harvest);
            }
            kind::Kind::Text => {
                super::plain::read_into(&bytes, &self.place.hidden("other text, hidden"), harvest)
            }
            _ => self.other += 1,
        }
    }

    /// A picture that is shown in several places is read where it is no secret.
    fn picture(&mut self, member: &Member<'_>, harvest: &mut Harvest<'_>) {
        let showing = self.relationships.showing(&member.name);
        let mut places: Vec<Place> = showing.iter().map(|part| self.showing(part)).collect();
        places.sort_by_key(|place| place.hidden);
        let place = match places.into_iter().next() {
            Some(place) => place,
            None if member.name.starts_with("docProps/") => self.place.hidden("preview, hidden"),
            None => self.place.clone(),
        };
        let limit = most_unpacked(member.packed.len(), harvest);
        if member.size > limit as u64 {
            self.pictures.too_large(&place, harvest);
        } else if let Some(bytes) = self.unpack_within(limit, member, harvest) {
            self.pictures.read(&bytes, &place, harvest);
        }
    }
}

pub(super) fn damaged(place: &Place, harvest: &mut Harvest<'_>) {
    harvest.problem(
        place,
        ProblemKind::Damaged,
        "a part of it is damaged and was read only in part",
    );
}
