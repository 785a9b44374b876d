//! Office documents of the XML kind: docx, xlsx, pptx and their like.
//!
//! Every XML part is walked. The main ones get people's names for places;
//! the rest is not left out, for what is in a document goes with it.

use std::collections::HashMap;

use super::harvest::{Harvest, Place};
use super::pivot::PivotCache;
use super::sheet::Workbook;
use super::word;
use super::xml::{self, Node};
use super::zip_records::{Archive, Member};
use super::{Protection, file, kind};
use crate::finding::ProblemKind;

/// Parts that name styles, fonts and colours, and no people.
const WITHOUT_WORDS: [&str; 8] = [
    "styles.xml",
    "stylesWithEffects.xml",
    "fontTable.xml",
    "webSettings.xml",
    "tableStyles.xml",
    "presProps.xml",
    "[Content_Types].xml",
    "calcChain.xml",
];

pub(crate) fn is_one(archive: &Archive<'_>) -> bool {
    archive.member("[Content_Types].xml").is_some() && kind_of(archive).is_some()
}

fn kind_of(archive: &Archive<'_>) -> Option<&'static str> {
    let folder = archive.members.iter().find_map(|member| {
        member
            .name
            .split_once('/')
            .map(|(folder, _)| folder)
            .filter(|f| matches!(*f, "word" | "xl" | "ppt" | "visio"))
    })?;
    let macros = archive
        .members
        .iter()
        .any(|member| member.name.ends_with("vbaProject.bin"));
    Some(match (folder, macros) {
        ("word", false) => "docx",
        ("word", true) => "docm",
        ("xl", _) if archive.member("xl/workbook.bin").is_some() => "xlsb",
        ("xl", false) => "xlsx",
        ("xl", true) => "xlsm",
        ("ppt", _) => "pptx",
        _ => "vsdx",
    })
}

pub(crate) fn read(archive: &Archive<'_>, place: &Place, harvest: &mut Harvest<'_>) {
    harvest.kind(place, kind_of(archive).unwrap_or("office"));
    archive.faults(place, harvest);
    let Some(place) = harvest.deeper(place) else {
        return;
    };
    let mut document = Document {
        archive,
        place: &place,
        workbook: Workbook::default(),
        relationships: HashMap::new(),
        tables: 0,
        pictures: 0,
        other: 0,
    };
    document.read(harvest);
    let Document {
        pictures, other, ..
    } = document;
    if pictures > 0 {
        let what = format!(
            "{pictures} picture{} in it: text in them was not read",
            plural(pictures)
        );
        harvest.problem(&place, ProblemKind::NotRead, what);
    }
    if other > 0 {
        let what = format!("{other} part{} in it that cannot be read", plural(other));
        harvest.problem(&place, ProblemKind::NotRead, what);
    }
}

fn plural(count: u32) -> &'static str {
    if count == 1 { "" } else { "s" }
}

struct Document<'a> {
    archive: &'a Archive<'a>,
    place: &'a Place,
    workbook: Workbook,
    /// Parts of the workbook, and their relationship's name there.
    relationships: HashMap<String, String>,
    tables: u32,
    pictures: u32,
    other: u32,
}

impl Document<'_> {
    fn read(&mut self, harvest: &mut Harvest<'_>) {
        // What sheets refer to comes first.
        for name in [
            "xl/workbook.xml",
            "xl/_rels/workbook.xml.rels",
            "xl/sharedStrings.xml",
            "xl/styles.xml",
        ] {
            if let Some(member) = self.archive.member(name) {
                self.shared(member, harvest);
            }
        }
        harvest.text(
            &self.place.hidden("defined names, hidden"),
            self.workbook.names(),
        );
        let mut members: Vec<&Member<'_>> = self.archive.members.iter().collect();
        members.sort_by_key(|member| order(&member.name));
        for member in members {
            if harvest.is_spent() {
                return;
            }
            self.part(member, harvest);
        }
    }

    fn shared(&mut self, member: &Member<'_>, harvest: &mut Harvest<'_>) {
        let Some(xml) = self.unpack(member, harvest) else {
            return;
        };
        let whole = match member.name.as_str() {
            "xl/workbook.xml" => self.workbook.read(&xml),
            "xl/sharedStrings.xml" => self.workbook.read_strings(&xml),
            "xl/styles.xml" => self.workbook.read_styles(&xml),
            _ => {
                self.relationships = relationships(&xml);
                true
            }
        };
        if !whole {
            damaged(self.place, harvest);
        }
        // Some programs write the element without any lock in it.
        if member.name == "xl/workbook.xml"
            && memchr::memmem::find(&xml, b"<workbookProtection ").is_some()
        {
            only_editing(self.place, harvest);
        }
    }

    fn unpack(&self, member: &Member<'_>, harvest: &mut Harvest<'_>) -> Option<Vec<u8>> {
        match member.unpack(harvest.inflatable(member.packed.len())) {
            Ok(bytes) => harvest
                .decoded(self.place, bytes.len())
                .then(|| bytes.into_owned()),
            Err(fault) => {
                fault.tell(self.place, harvest);
                None
            }
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
            "xl/workbook.xml"
                | "xl/_rels/workbook.xml.rels"
                | "xl/sharedStrings.xml"
                | "docProps/thumbnail.jpeg"
        ) {
            return;
        }
        if !harvest.entry(self.place) {
            return;
        }
        // A large picture is known by its place and its first bytes: there is
        // no need to unpack it.
        if name.contains("/media/") || name.starts_with("docProps/thumbnail") {
            self.pictures += 1;
            return;
        }
        let Some(bytes) = self.unpack(member, harvest) else {
            return;
        };
        if file.ends_with(".rels") {
            return links(&bytes, self.place, harvest);
        }
        if is_xml(&bytes) {
            return self.xml(name, file, &bytes, harvest);
        }
        if file.starts_with("printerSettings")
            || file.ends_with(".odttf")
            || file.ends_with(".fntdata")
        {
            return;
        }
        if name.contains("/embeddings/") || name.contains("/customData/") {
            let place = self.place.clone();
            return file::read(&[file], &bytes, &place, harvest);
        }
        match kind::sniff(&bytes) {
            kind::Kind::Media(_) => self.pictures += 1,
            kind::Kind::Text => {
                super::plain::read_into(&bytes, &self.place.hidden("other text, hidden"), harvest)
            }
            _ => self.other += 1,
        }
    }

    fn xml(&mut self, name: &str, file: &str, xml: &[u8], harvest: &mut Harvest<'_>) {
        let place = self.place;
        let whole = match (name.split('/').nth(1).unwrap_or_default(), file) {
            (_, "document.xml" | "document2.xml") if name.starts_with("word/") => {
                self.running(xml, place, harvest)
            }
            ("worksheets" | "chartsheets" | "dialogsheets" | "macrosheets", _) => {
                if memchr::memmem::find(xml, b"sheetProtection").is_some() {
                    only_editing(place, harvest);
                }
                let sheet = self
                    .relationships
                    .get(name)
                    .and_then(|id| self.workbook.sheet(id));
                self.workbook.read_sheet(xml, sheet, place, harvest)
            }
            ("slides", _) => self.running(
                xml,
                &place.within(&format!("slide {}", number_of(file))),
                harvest,
            ),
            ("notesSlides", _) => self.running(
                xml,
                &place.hidden(&format!("notes of slide {}", number_of(file))),
                harvest,
            ),
            ("pivotCache", _) if file.starts_with("pivotCacheDefinition") => {
                self.pivot(name, xml, harvest);
                true
            }
            // Read with its definition.
            ("pivotCache", _) => true,
            ("charts", _) => values(
                xml,
                &place.hidden("chart's hidden copy of the data"),
                harvest,
            ),
            ("externalLinks", _) => values(
                xml,
                &place.hidden("copy of another workbook's data, hidden"),
                harvest,
            ),
            ("drawings" | "diagrams" | "slideLayouts" | "slideMasters", _) => {
                self.running(xml, &place.within("drawing"), harvest)
            }
            (_, "settings.xml") => {
                if memchr::memmem::find(xml, b"documentProtection").is_some() {
                    only_editing(place, harvest);
                }
                variables(xml, &place.hidden("document variables, hidden"), harvest)
            }
            (_, "comments.xml" | "commentsExtended.xml") if name.starts_with("word/") => {
                self.running(xml, &place.within("comments"), harvest)
            }
            _ if file.starts_with("header") => self.running(xml, &place.within("header"), harvest),
            _ if file.starts_with("footer") => self.running(xml, &place.within("footer"), harvest),
            _ if matches!(file, "footnotes.xml" | "endnotes.xml") => {
                self.running(xml, &place.within("footnotes"), harvest)
            }
            _ if name.to_ascii_lowercase().contains("comment") || name.contains("persons/") => {
                values(xml, &place.within("comments"), harvest)
            }
            _ if name.starts_with("docProps/") => {
                values(xml, &place.hidden("document properties, hidden"), harvest)
            }
            _ => values(xml, &place.hidden("other data, hidden"), harvest),
        };
        if !whole {
            damaged(place, harvest);
        }
    }

    fn running(&mut self, xml: &[u8], place: &Place, harvest: &mut Harvest<'_>) -> bool {
        word::read(xml, place, &mut self.tables, harvest)
    }

    fn pivot(&self, name: &str, xml: &[u8], harvest: &mut Harvest<'_>) {
        let records = name.replace("pivotCacheDefinition", "pivotCacheRecords");
        let records = self
            .archive
            .member(&records)
            .and_then(|member| self.unpack(member, harvest));
        let place = self.place.hidden("pivot table's hidden copy of the data");
        PivotCache::read(xml).table(records.as_deref(), &place, harvest);
    }
}

/// Documents in reading order: body before headers, sheets and slides by
/// their numbers, properties last.
fn order(name: &str) -> (u8, usize, String) {
    let rank = match name {
        "word/document.xml" => 0,
        _ if name.contains("/worksheets/sheet") || name.contains("/slides/slide") => 1,
        _ if name.starts_with("docProps/") => 4,
        _ if name.ends_with(".rels") => 5,
        _ if name.starts_with("word/") => 2,
        _ => 3,
    };
    (rank, name.len(), name.to_owned())
}

fn number_of(file: &str) -> String {
    file.chars().filter(char::is_ascii_digit).collect()
}

fn is_xml(bytes: &[u8]) -> bool {
    let head = bytes[..bytes.len().min(64)].trim_ascii_start();
    head.starts_with(b"<")
        || head.starts_with(b"\xef\xbb\xbf<")
        || head.starts_with(b"\xff\xfe<\0")
        || head.starts_with(b"\xfe\xff\0<")
        || head.starts_with(b"<\0")
        || head.starts_with(b"\0<")
}

/// Targets by part: which relationship leads to `xl/worksheets/sheet1.xml`.
fn relationships(xml: &[u8]) -> HashMap<String, String> {
    let mut parts = HashMap::new();
    xml::walk(xml, |node| {
        if let Node::Start(element) | Node::Empty(element) = node
            && element.name() == b"Relationship"
            && let (Some(target), Some(id)) = (element.attribute("Target"), element.attribute("Id"))
        {
            let path = match target.strip_prefix('/') {
                Some(absolute) => absolute.to_owned(),
                None => format!("xl/{}", target.trim_start_matches("./")),
            };
            parts.insert(path, id.into_owned());
        }
        true
    });
    parts
}

/// Where links lead: to people and to other files.
fn links(xml: &[u8], place: &Place, harvest: &mut Harvest<'_>) {
    let mut targets = String::new();
    xml::walk(xml, |node| {
        if let Node::Start(element) | Node::Empty(element) = node
            && element.attribute("TargetMode").as_deref() == Some("External")
            && let Some(target) = element.attribute("Target")
        {
            targets.push_str(target.strip_prefix("mailto:").unwrap_or(&target));
            targets.push('\n');
        }
        true
    });
    harvest.text(&place.hidden("link targets, hidden"), targets);
}

/// `word/settings.xml`: of all its switches only variables have words.
fn variables(xml: &[u8], place: &Place, harvest: &mut Harvest<'_>) -> bool {
    let mut out = String::new();
    let whole = xml::walk(xml, |node| {
        if let Node::Start(element) | Node::Empty(element) = node
            && element.name() == b"docVar"
        {
            for name in ["name", "val"] {
                out.push_str(&element.attribute(name).unwrap_or_default());
                out.push('\n');
            }
        }
        true
    });
    harvest.text(place, out);
    whole
}

/// Any other part: all text nodes, and the attributes that hold words.
fn values(xml: &[u8], place: &Place, harvest: &mut Harvest<'_>) -> bool {
    let mut out = String::new();
    let room = harvest.room();
    let whole = xml::walk(xml, |node| {
        match node {
            // Switches, which properties are full of.
            Node::Text(text) if matches!(text.trim(), "" | "true" | "false") => {}
            Node::Text(text) => out.push_str(text),
            Node::Start(element) | Node::Empty(element) => {
                for (name, value) in element.attributes() {
                    let holds_words = matches!(
                        name,
                        "v" | "Target"
                            | "name"
                            | "descr"
                            | "author"
                            | "title"
                            | "displayName"
                            | "userId"
                    );
                    if holds_words && !value.is_empty() {
                        out.push_str(&value);
                        out.push('\n');
                    }
                }
            }
            Node::End(name) => {
                let line_ends = !matches!(name, b"t" | b"r");
                if line_ends && !out.is_empty() && !out.ends_with('\n') {
                    out.push('\n');
                }
            }
        }
        out.len() < room
    });
    harvest.text(place, out);
    whole
}

fn damaged(place: &Place, harvest: &mut Harvest<'_>) {
    harvest.problem(
        place,
        ProblemKind::Damaged,
        "a part of it is damaged and was read only in part",
    );
}

/// Sheet, workbook and document "protection" encrypts nothing.
fn only_editing(place: &Place, harvest: &mut Harvest<'_>) {
    harvest.protection(
        place,
        Protection::Open,
        "opens without the password: only editing is restricted",
    );
}
