//! What is around the words of an OpenDocument file: whether they are hidden,
//! and in what they stand beside the text.

use std::collections::HashSet;

use super::aside::Aside;
use crate::extract::xml::Element;

/// What is open around the element that is being read.
#[derive(Debug, Default)]
pub(super) struct Context {
    /// Sections, paragraphs and runs.
    pub(super) around: Vec<Around>,
    /// Tables are sheets with names that people see.
    pub(super) in_sheets: bool,
    pub(super) in_chart: bool,
    pub(super) in_slide: bool,
    pub(super) in_notes: bool,
    /// A picture or a file, in base64.
    pub(super) in_data: bool,
    /// What stands beside the text, innermost last.
    asides: Vec<(Vec<u8>, Aside)>,
    /// Elements whose text is read.
    words: u32,
    /// Marks of notes, and other text that is none.
    skipped: u32,
    /// Shapes around it.
    shapes: u32,
    in_masters: bool,
    changes: Changes,
}

/// Deletions that are marked where they stood, as flat files have them.
#[derive(Debug, Default)]
struct Changes {
    region: String,
    /// Regions that are deletions.
    deletions: HashSet<String>,
    /// Of these, how many are open.
    open: u32,
}

/// How words stand in a section, a paragraph or a run.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Around {
    hidden: bool,
    /// Whatever the styles inside say.
    gone: bool,
}

impl Around {
    pub(super) const GONE: Self = Self {
        hidden: true,
        gone: true,
    };
}

impl Context {
    pub(super) fn start(&mut self, element: &Element<'_, '_>) {
        let name = element.name();
        if is_shape(name) {
            self.shapes += 1;
        }
        self.words += u32::from(matches!(name, b"p" | b"h") || self.is_line(name));
        if let Some(aside) = self.opens(element) {
            self.asides.push((name.to_vec(), aside));
        }
        match name {
            b"spreadsheet" => self.in_sheets = true,
            b"chart" => self.in_chart = true,
            b"page" => self.in_slide = true,
            b"notes" => self.in_notes = true,
            b"binary-data" => self.in_data = true,
            b"note-citation" => self.skipped += 1,
            b"master-styles" => self.in_masters = true,
            _ => {}
        }
    }

    /// Marks of changes, which stand between words.
    pub(super) fn change(&mut self, element: &Element<'_, '_>) {
        let changes = &mut self.changes;
        let id = |name| element.attribute(name).unwrap_or_default();
        match element.name() {
            b"changed-region" => changes.region = id("id").into_owned(),
            b"deletion" => {
                changes.deletions.insert(changes.region.clone());
            }
            b"change-start" if changes.deletions.contains(&*id("change-id")) => changes.open += 1,
            b"change-end" if changes.deletions.contains(&*id("change-id")) => {
                changes.open = changes.open.saturating_sub(1);
            }
            _ => {}
        }
    }

    pub(super) fn end(&mut self, name: &[u8]) {
        match name {
            b"spreadsheet" => self.in_sheets = false,
            b"chart" => self.in_chart = false,
            b"page" => self.in_slide = false,
            b"notes" => self.in_notes = false,
            b"binary-data" => self.in_data = false,
            b"note-citation" => self.skipped = self.skipped.saturating_sub(1),
            b"master-styles" => self.in_masters = false,
            b"section" | b"span" | b"p" | b"h" => {
                self.around.pop();
            }
            _ => {}
        }
        if is_shape(name) {
            self.shapes = self.shapes.saturating_sub(1);
        }
        if matches!(name, b"p" | b"h") || self.is_line(name) {
            self.words = self.words.saturating_sub(1);
        }
        if self.asides.last().is_some_and(|(open, _)| open == name) {
            self.asides.pop();
        }
    }

    pub(super) fn enter(&mut self, gone: bool, style: Option<bool>) {
        let outer = self.around.last().copied().unwrap_or_default();
        let gone = gone || outer.gone;
        let hidden = gone || style.unwrap_or(outer.hidden);
        self.around.push(Around { hidden, gone });
    }

    /// What the words here stand in beside the text.
    pub(super) fn aside(&self) -> Option<Aside> {
        let aside = self.asides.last().map(|(_, aside)| *aside);
        let hidden = self.around.last().is_some_and(|around| around.hidden);
        match aside {
            None if self.changes.open > 0 => Some(Aside::Deleted),
            None if hidden => Some(Aside::Vanished),
            aside => aside,
        }
    }

    pub(super) fn is_read(&self) -> bool {
        self.words > 0 && self.skipped == 0
    }

    /// On a sheet, where words in shapes are in no cell.
    pub(super) fn in_shape(&self) -> bool {
        self.in_sheets && self.shapes > 0
    }

    /// Whether an element's own text is a line by itself.
    pub(super) fn is_line(&self, name: &[u8]) -> bool {
        match name {
            b"creator" | b"title" | b"subject" | b"description" | b"keyword"
            | b"initial-creator" | b"printed-by" | b"user-defined" | b"desc" | b"header-decl"
            | b"footer-decl" => true,
            b"date" => self.asides.last().map(|(_, aside)| *aside) == Some(Aside::Comments),
            _ => false,
        }
    }

    /// What an element's words are, where they are not of the text around it.
    fn opens(&self, element: &Element<'_, '_>) -> Option<Aside> {
        let endnote = || element.attribute("note-class").as_deref() == Some("endnote");
        Some(match element.name() {
            b"meta" => Aside::Properties,
            b"annotation" => Aside::Comments,
            b"note" if endnote() => Aside::Endnotes,
            b"note" => Aside::Footnotes,
            // Of texts, and of sheets whose changes are tracked.
            b"deletion" | b"previous" => Aside::Deleted,
            b"change-info" => Aside::Descriptions,
            b"title" if self.in_chart => return None,
            b"title" | b"desc"
                if self
                    .asides
                    .last()
                    .is_none_or(|(_, a)| *a != Aside::Properties) =>
            {
                Aside::Descriptions
            }
            b"content-validation" => Aside::Validation,
            b"header-decl" | b"footer-decl" => Aside::HeaderFooter,
            b"notes" if self.in_masters => Aside::MasterOfNotes,
            b"handout-master" => Aside::MasterOfNotes,
            b"header" | b"footer" | b"header-left" | b"footer-left" | b"header-first"
            | b"footer-first"
                if self.in_masters =>
            {
                Aside::HeaderFooter
            }
            b"master-page" => Aside::SlideMaster,
            _ => return None,
        })
    }
}

fn is_shape(name: &[u8]) -> bool {
    matches!(
        name,
        b"frame"
            | b"custom-shape"
            | b"rect"
            | b"ellipse"
            | b"circle"
            | b"polygon"
            | b"polyline"
            | b"path"
            | b"caption"
            | b"connector"
            | b"line"
    )
}
