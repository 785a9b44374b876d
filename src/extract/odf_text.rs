//! The words of OpenDocument: paragraphs, slides, comments and what is hidden
//! among them.

use super::harvest::{Harvest, Place};
use super::odf_style::Styles;
use super::odf_table::{Name, Table};
use super::xml::{self, Element, Node};

/// Reads any XML part of a file. Tables are texts of their own; all else is
/// lines. False if the part is damaged.
pub(crate) fn content(
    xml: &[u8],
    sheets: bool,
    styles: &mut Styles,
    place: &Place,
    harvest: &mut Harvest<'_>,
) -> bool {
    // One byte beyond what is kept, which is a problem then.
    let room = harvest.text_room(place).saturating_add(1);
    let mut reader = Reader::new(sheets, styles, room);
    let mut finished = Vec::new();
    let whole = xml::walk(xml, |node| {
        match node {
            Node::Start(element) => reader.start(&element, true),
            Node::Empty(element) => reader.start(&element, false),
            Node::End(name) => reader.end(name, &mut finished),
            Node::Text(text) => reader.push(text),
        }
        reader.length < room
    });
    finished.append(&mut reader.tables);
    let cut = reader.length >= room;
    harvest.text(place, reader.lines);
    for (number, slide) in (1..).zip(reader.slides) {
        let here = match slide.hidden {
            true => place.hidden(&format!("slide {number} (hidden)")),
            false => place.within(&format!("slide {number}")),
        };
        harvest.text(&here, slide.lines);
        harvest.text(
            &place.hidden(&format!("notes of slide {number}")),
            slide.notes,
        );
    }
    for table in finished {
        table.finish(place, harvest);
    }
    harvest.text(&place.hidden("(deleted text, hidden)"), reader.deleted);
    harvest.text(&place.hidden("(hidden text)"), reader.vanished);
    harvest.text(&place.within("comments"), reader.comments);
    if cut {
        harvest.exhaust(place, "it holds more text than Exeat reads of one message");
    }
    whole
}

#[derive(Debug)]
struct Reader<'a> {
    lines: String,
    deleted: String,
    vanished: String,
    comments: String,
    slides: Vec<Slide>,
    /// Inside a slide, and inside its notes.
    in_slide: bool,
    in_notes: bool,
    tables: Vec<Table>,
    count: u32,
    /// Tables are sheets with names that people see.
    sheets: bool,
    styles: &'a mut Styles,
    /// Sections, paragraphs and runs around what is read.
    around: Vec<Around>,
    in_deletion: u32,
    in_comment: u32,
    /// Elements whose text is read.
    words: u32,
    length: usize,
    room: usize,
}

/// How words stand in a section, a paragraph or a run.
#[derive(Debug, Default, Clone, Copy)]
struct Around {
    hidden: bool,
    /// Whatever the styles inside say.
    gone: bool,
}

/// A slide's words, and those that only its speaker sees.
#[derive(Debug, Default)]
struct Slide {
    hidden: bool,
    lines: String,
    notes: String,
}

impl<'a> Reader<'a> {
    fn new(sheets: bool, styles: &'a mut Styles, room: usize) -> Self {
        Self {
            lines: String::new(),
            deleted: String::new(),
            vanished: String::new(),
            comments: String::new(),
            slides: Vec::new(),
            in_slide: false,
            in_notes: false,
            tables: Vec::new(),
            count: 0,
            sheets,
            styles,
            around: Vec::new(),
            in_deletion: 0,
            in_comment: 0,
            words: 0,
            length: 0,
            room,
        }
    }

    fn start(&mut self, element: &Element<'_, '_>, has_content: bool) {
        self.styles.element(element);
        if let Some(table) = self.tables.last_mut() {
            let room = self.room.saturating_sub(self.length);
            match element.name() {
                b"table-row-group" | b"table-column-group" if has_content => {
                    table.start_group(element);
                }
                b"table-column" => table.columns(element),
                b"table-row" => {
                    table.start_row(element);
                    if !has_content {
                        self.length += table.end_row(room);
                    }
                }
                b"table-cell" | b"covered-table-cell" => {
                    table.start_cell(element);
                    if !has_content {
                        table.end_cell(room);
                    }
                }
                _ => {}
            }
        }
        match element.name() {
            b"page" => {
                self.slides.push(Slide {
                    hidden: self.styles.hides("drawing-page", element) == Some(true),
                    ..Slide::default()
                });
                self.in_slide = has_content;
            }
            b"notes" if has_content => self.in_notes = true,
            b"table" if has_content => {
                self.count += 1;
                let hidden = self.styles.hides("table", element) == Some(true);
                let name = match element.attribute("name") {
                    Some(name) if self.sheets => Name::Sheet(name.into_owned()),
                    _ => Name::Number(self.count),
                };
                self.tables.push(Table::new(name, hidden));
            }
            b"section" if has_content => {
                let gone = element.attribute("display").as_deref() == Some("none");
                self.enter(gone, None);
            }
            b"span" if has_content => self.enter(false, self.styles.hides("text", element)),
            b"hidden-paragraph" if element.is_on("is-hidden") => {
                if let Some(paragraph) = self.around.last_mut() {
                    paragraph.gone = true;
                    paragraph.hidden = true;
                }
            }
            b"hidden-text" | b"conditional-text" => self.condition(element),
            b"deletion" if has_content => self.in_deletion += 1,
            b"annotation" if has_content => self.in_comment += 1,
            b"p" | b"h" if has_content => {
                self.enter(false, self.styles.hides("paragraph", element));
                self.words += 1;
            }
            b"p" | b"h" => self.line_end(),
            b"tab" => self.push("\t"),
            b"s" => self.push(" "),
            b"line-break" => self.push("\n"),
            b"creator" | b"title" | b"subject" | b"description" | b"keyword"
            | b"initial-creator" | b"user-defined" | b"desc"
                if has_content =>
            {
                self.words += 1;
            }
            _ => {}
        }
    }

    fn end(&mut self, name: &[u8], finished: &mut Vec<Table>) {
        match name {
            b"table" => finished.extend(self.tables.pop()),
            b"table-row-group" | b"table-column-group" => {
                if let Some(table) = self.tables.last_mut() {
                    table.end_group();
                }
            }
            b"table-row" => {
                if let Some(table) = self.tables.last_mut() {
                    self.length += table.end_row(self.room.saturating_sub(self.length));
                }
            }
            b"table-cell" | b"covered-table-cell" => {
                if let Some(table) = self.tables.last_mut() {
                    table.end_cell(self.room.saturating_sub(self.length));
                }
            }
            b"page" => self.in_slide = false,
            b"notes" => self.in_notes = false,
            b"deletion" => self.in_deletion = self.in_deletion.saturating_sub(1),
            b"annotation" => self.in_comment = self.in_comment.saturating_sub(1),
            b"section" | b"span" => {
                self.around.pop();
            }
            b"p" | b"h" => {
                self.words = self.words.saturating_sub(1);
                self.line_end();
                self.around.pop();
            }
            b"creator" | b"title" | b"subject" | b"description" | b"keyword"
            | b"initial-creator" | b"user-defined" | b"desc" => {
                self.words = self.words.saturating_sub(1);
                self.line_end();
            }
            b"date" | b"creator-initials" if self.in_comment > 0 => self.line_end(),
            _ => {}
        }
    }

    fn push(&mut self, text: &str) {
        if self.words == 0 {
            return;
        }
        self.length += text.len();
        self.side().push_str(text);
    }

    /// A field that shows one text or the other, or none.
    fn condition(&mut self, element: &Element<'_, '_>) {
        for name in [
            "string-value",
            "string-value-if-true",
            "string-value-if-false",
        ] {
            if let Some(text) = element.attribute(name).filter(|text| !text.is_empty()) {
                self.length += text.len();
                self.vanished.push_str(&text);
                self.vanished.push('\n');
            }
        }
    }

    fn enter(&mut self, gone: bool, style: Option<bool>) {
        let outer = self.around.last().copied().unwrap_or_default();
        let gone = gone || outer.gone;
        let hidden = gone || style.unwrap_or(outer.hidden);
        self.around.push(Around { hidden, gone });
    }

    fn is_hidden(&self) -> bool {
        self.around.last().is_some_and(|around| around.hidden)
    }

    fn line_end(&mut self) {
        let in_cell = self.in_comment == 0 && self.in_deletion == 0 && !self.tables.is_empty();
        let end = if in_cell { ' ' } else { '\n' };
        self.side().push(end);
        // What is hidden in two paragraphs is not one word.
        if !self.vanished.is_empty() && !self.vanished.ends_with(['\n', ' ']) {
            self.vanished.push('\n');
        }
    }

    fn side(&mut self) -> &mut String {
        if self.in_comment > 0 {
            return &mut self.comments;
        }
        if self.in_deletion > 0 {
            return &mut self.deleted;
        }
        if self.is_hidden() {
            return &mut self.vanished;
        }
        match self.tables.last_mut() {
            Some(table) => &mut table.cell,
            None => match self.slides.last_mut() {
                Some(slide) if self.in_notes => &mut slide.notes,
                Some(slide) if self.in_slide => &mut slide.lines,
                _ => &mut self.lines,
            },
        }
    }
}
