//! The XML parts of an Office document: which reader each is for, and where
//! people would say that it stands.

use super::harvest::{Harvest, Place};
use super::loose::{values, variables};
use super::office::{Document, damaged};
use super::pivot::PivotCache;
use super::{Protection, chart, external_link, sheet, vml, word, xlsb};

/// Where sheets lie, if a name is not as programs write it by what begins it.
fn is_sheet(folder: &str, xml: &[u8]) -> bool {
    let head = &xml[..xml.len().min(512)];
    matches!(
        folder,
        "worksheets" | "chartsheets" | "dialogsheets" | "macrosheets"
    ) || memchr::memmem::find(head, b"<worksheet ").is_some()
}

impl Document<'_> {
    pub(super) fn xml(&mut self, name: &str, file: &str, xml: &[u8], harvest: &mut Harvest<'_>) {
        let place = self.place;
        let whole = match (name.split('/').nth(1).unwrap_or_default(), file) {
            (_, "document.xml" | "document2.xml") if !name.contains("/glossary/") => {
                self.running(xml, place, harvest)
            }
            (folder, _) if is_sheet(folder, xml) => {
                if memchr::memmem::find(xml, b"sheetProtection").is_some() {
                    only_editing(place, harvest);
                }
                let sheet = self.sheet(name);
                self.workbook.read_sheet(xml, sheet, place, harvest)
            }
            ("slides", _) => {
                let slide = self.slides.place(name, xml, place);
                self.shown_slides.insert(name.to_owned(), slide.clone());
                self.running(xml, &slide, harvest)
            }
            ("notesSlides", _) => {
                let slide = self.slides.name(self.relationships.owner(name));
                self.running(xml, &place.hidden(&format!("notes of {slide}")), harvest)
            }
            ("pivotCache", _) if file.starts_with("pivotCacheDefinition") => {
                self.pivot(name, xml, harvest);
                true
            }
            // Read with its definition.
            ("pivotCache", _) => true,
            ("charts", _) => {
                let place = place.hidden("chart's hidden copy of the data");
                chart::read(xml, &place, harvest)
            }
            ("externalLinks", _) => {
                let place = place.hidden("copy of another workbook's data, hidden");
                external_link::read(xml, &place, harvest)
            }
            _ if vml::is_part(name) => vml::read(xml, &self.drawing(name), harvest),
            ("slideLayouts" | "slideMasters", _) => {
                self.running(xml, &place.within("slide master"), harvest)
            }
            ("notesMasters" | "handoutMasters", _) => self.running(
                xml,
                &place.hidden("master of notes and handouts, hidden"),
                harvest,
            ),
            ("drawings" | "diagrams", _) => self.running(xml, &self.drawing(name), harvest),
            (_, "settings.xml") => {
                if memchr::memmem::find(xml, b"documentProtection").is_some() {
                    only_editing(place, harvest);
                }
                variables(xml, place, harvest)
            }
            (_, "comments.xml" | "commentsExtended.xml") if name.starts_with("word/") => {
                self.running(xml, &place.within("comments"), harvest)
            }
            _ if file.starts_with("header") => self.running(xml, &place.within("header"), harvest),
            _ if file.starts_with("footer") => self.running(xml, &place.within("footer"), harvest),
            (_, "footnotes.xml") => self.running(xml, &place.within("footnotes"), harvest),
            (_, "endnotes.xml") => self.running(xml, &place.within("endnotes"), harvest),
            _ if name.to_ascii_lowercase().contains("comment") || name.contains("persons/") => {
                values(xml, &self.comments(name), harvest)
            }
            _ if name.starts_with("docProps/") => {
                values(xml, &place.hidden("document properties, hidden"), harvest)
            }
            _ if name.starts_with("customXml/") => {
                values(xml, &place.hidden("custom XML, hidden"), harvest)
            }
            ("glossary", _) => self.running(xml, &place.hidden("building blocks, hidden"), harvest),
            _ => values(xml, &place.hidden("other data, hidden"), harvest),
        };
        if !whole {
            damaged(place, harvest);
        }
    }

    /// The sheet that the part is.
    pub(super) fn sheet(&self, part: &str) -> Option<&sheet::Sheet> {
        let is_part = |sheet: &&sheet::Sheet| {
            let target = self
                .relationships
                .target(self.workbook_part(), &sheet.relationship);
            target == Some(part)
        };
        self.workbook.sheets.iter().find(is_part)
    }

    fn workbook_part(&self) -> &'static str {
        match self.is_binary() {
            true => xlsb::WORKBOOK,
            false => sheet::WORKBOOK,
        }
    }

    /// Where comments stand: with the slide or sheet that they are on.
    pub(super) fn comments(&self, part: &str) -> Place {
        match self.relationships.owner(part) {
            Some(slide) if part.starts_with("ppt/") => {
                let slide = self.slides.name(Some(slide));
                self.place.within(&format!("comments on {slide}"))
            }
            Some(sheet) => match self.sheet(sheet) {
                Some(sheet) => sheet.place(self.place).within("comments"),
                None => self.place.within("comments"),
            },
            None => self.place.within("comments"),
        }
    }

    /// Where a drawing stands: on the sheet that it lies on.
    fn drawing(&self, part: &str) -> Place {
        let owner = self.relationships.owner(part);
        match owner.and_then(|sheet| self.sheet(sheet)) {
            Some(sheet) => sheet.place(self.place).within("drawing"),
            None => self.place.within("drawing"),
        }
    }

    /// Where the pictures of a part stand.
    pub(super) fn showing(&self, part: &str) -> Place {
        let place = self.place;
        let owner = self.relationships.owner(part);
        if let Some(slide) = self.shown_slides.get(part) {
            return slide.clone();
        }
        if let Some(sheet) = owner.or(Some(part)).and_then(|sheet| self.sheet(sheet)) {
            return sheet.place(place);
        }
        let mut names = part.rsplit('/');
        let file = names.next().unwrap_or_default();
        match names.next().unwrap_or_default() {
            "notesSlides" => place.hidden(&format!("notes of {}", self.slides.name(owner))),
            "slideLayouts" | "slideMasters" => place.within("slide master"),
            "notesMasters" | "handoutMasters" => {
                place.hidden("master of notes and handouts, hidden")
            }
            _ if file.starts_with("header") => place.within("header"),
            _ if file.starts_with("footer") => place.within("footer"),
            _ => place.clone(),
        }
    }

    fn running(&mut self, xml: &[u8], place: &Place, harvest: &mut Harvest<'_>) -> bool {
        word::read(xml, &self.styles, place, &mut self.tables, harvest)
    }

    fn pivot(&mut self, name: &str, xml: &[u8], harvest: &mut Harvest<'_>) {
        let records = name.replace("pivotCacheDefinition", "pivotCacheRecords");
        let records = self
            .archive
            .member(&records)
            .and_then(|member| self.unpack(member, harvest));
        let place = self.place.hidden("pivot table's hidden copy of the data");
        PivotCache::read(xml).table(records.as_deref(), &place, harvest);
    }
}

/// Sheet, workbook and document "protection" encrypts nothing.
pub(super) fn only_editing(place: &Place, harvest: &mut Harvest<'_>) {
    harvest.protection(
        place,
        Protection::Open,
        "opens without the password: only editing is restricted",
    );
}
