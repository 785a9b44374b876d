//! The words of OpenDocument: paragraphs, tables, slides, comments and what is
//! hidden among them. What stands in an element's attributes is read by
//! `attribute`.

use super::aside::{Aside, Asides};
use super::context::{Around, Context};
use super::style::Styles;
use super::table::{Name, Table};
use crate::extract::harvest::{Harvest, Place};
use crate::extract::xml::{self, Element, Node};

/// What a part turned out to be.
#[derive(Debug, Default)]
pub(crate) struct Part {
    /// It is damaged, and was read in part.
    pub(crate) damaged: bool,
    /// Editing is restricted in it.
    pub(crate) locked: bool,
    /// Files and pictures in it, in base64, and where they stand.
    pub(crate) files: Vec<(String, Place)>,
    /// The parts that pictures in it are, and where they stand.
    pub(crate) pictures: Vec<(String, Place)>,
}

/// Reads any XML part of a file, or all of a flat one. Tables are texts of
/// their own; all else is lines.
pub(crate) fn content(
    xml: &[u8],
    styles: &mut Styles,
    place: &Place,
    harvest: &mut Harvest<'_>,
) -> Part {
    // One byte beyond what is kept, which is a problem then.
    let room = harvest.text_room(place).saturating_add(1);
    let mut reader = Reader::new(styles, place, room);
    let whole = xml::walk(xml, |node| {
        match node {
            Node::Start(element) => reader.start(&element, true),
            Node::Empty(element) => reader.start(&element, false),
            Node::End(name) => reader.end(name),
            Node::Text(text) => reader.push(text),
        }
        reader.length < room
    });
    let part = Part {
        damaged: !whole,
        locked: reader.locked,
        files: std::mem::take(&mut reader.files),
        pictures: std::mem::take(&mut reader.pictures),
    };
    let cut = reader.length >= room;
    reader.finish(place, harvest);
    if cut {
        harvest.exhaust(place, "it holds more text than Exeat reads of one message");
    }
    part
}

#[derive(Debug)]
pub(super) struct Reader<'a> {
    lines: String,
    pub(super) asides: Asides,
    slides: Vec<Slide>,
    tables: Vec<Table>,
    finished: Vec<Table>,
    count: u32,
    styles: &'a mut Styles,
    pub(super) context: Context,
    place: &'a Place,
    files: Vec<(String, Place)>,
    pictures: Vec<(String, Place)>,
    locked: bool,
    pub(super) length: usize,
    room: usize,
}

/// A slide's words, and those that only its speaker sees.
#[derive(Debug, Default)]
struct Slide {
    hidden: bool,
    lines: String,
    notes: String,
    comments: String,
}

impl Slide {
    fn place(&self, number: usize, place: &Place) -> Place {
        match self.hidden {
            true => place.hidden(&format!("slide {number} (hidden)")),
            false => place.within(&format!("slide {number}")),
        }
    }
}

impl<'a> Reader<'a> {
    fn new(styles: &'a mut Styles, place: &'a Place, room: usize) -> Self {
        Self {
            lines: String::new(),
            asides: Asides::default(),
            slides: Vec::new(),
            tables: Vec::new(),
            finished: Vec::new(),
            count: 0,
            styles,
            context: Context::default(),
            place,
            files: Vec::new(),
            pictures: Vec::new(),
            locked: false,
            length: 0,
            room,
        }
    }

    fn start(&mut self, element: &Element<'_, '_>, has_content: bool) {
        self.styles.element(element);
        self.table_element(element, has_content);
        self.attributes(element);
        self.context.change(element);
        if has_content {
            self.context.start(element);
        }
        match element.name() {
            b"page" => self.slides.push(Slide {
                hidden: self.styles.hides("drawing-page", element) == Some(true),
                ..Slide::default()
            }),
            b"table" if has_content => self.start_table(element),
            b"section" if has_content => {
                let gone = element.attribute("display").as_deref() == Some("none");
                self.context.enter(gone, None);
            }
            b"span" if has_content => {
                let hides = self.styles.hides("text", element);
                self.context.enter(false, hides);
            }
            b"p" | b"h" if has_content => {
                let hides = self.styles.hides("paragraph", element);
                self.context.enter(false, hides);
            }
            b"hidden-paragraph" if element.is_on("is-hidden") => {
                if let Some(paragraph) = self.context.around.last_mut() {
                    *paragraph = Around::GONE;
                }
            }
            b"p" | b"h" => self.line_end(),
            b"tab" => self.push("\t"),
            b"s" => self.push(" "),
            b"line-break" => self.push("\n"),
            b"binary-data" if has_content => self.files.push((String::new(), self.standing())),
            b"image" | b"fill-image" | b"background-image" => {
                let part = element.attribute("href").map(|part| {
                    let part = part.strip_prefix("./").unwrap_or(&part);
                    (part.to_owned(), self.standing())
                });
                self.pictures.extend(part);
            }
            _ => {}
        }
    }

    fn end(&mut self, name: &[u8]) {
        match name {
            b"table" => self.finished.extend(self.tables.pop()),
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
            b"p" | b"h" => self.line_end(),
            _ if self.context.is_line(name) => self.line_end(),
            _ => {}
        }
        self.context.end(name);
    }

    fn table_element(&mut self, element: &Element<'_, '_>, has_content: bool) {
        let room = self.room.saturating_sub(self.length);
        let Some(table) = self.tables.last_mut() else {
            return;
        };
        match element.name() {
            b"table-row-group" | b"table-column-group" if has_content => table.start_group(element),
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

    fn start_table(&mut self, element: &Element<'_, '_>) {
        self.locked |= element.is_on("protected");
        self.count += 1;
        let hidden = self.styles.hides("table", element) == Some(true);
        let slide = match self.context.in_slide {
            true => self.slides.len(),
            false => 0,
        };
        let name = match element.attribute("name") {
            _ if self.context.in_chart => Name::Chart,
            Some(name) if self.context.in_sheets => Name::Sheet(name.into_owned()),
            _ if slide > 0 => Name::OnSlide(slide, self.count),
            _ => Name::Number(self.count),
        };
        self.tables.push(Table::new(name, hidden));
    }

    fn push(&mut self, text: &str) {
        if self.context.in_data {
            if let Some((file, _)) = self.files.last_mut() {
                file.push_str(text);
            }
        } else if self.context.is_read() {
            self.length += text.len();
            self.side().push_str(text);
        }
    }

    fn line_end(&mut self) {
        let in_cell = !self.tables.is_empty() && self.context.aside().is_none();
        let end = if in_cell { ' ' } else { '\n' };
        self.side().push(end);
        self.asides.end_vanished();
        // What is shown of a hidden paragraph ends with it all the same.
        if self.context.aside() == Some(Aside::Vanished)
            && self.tables.is_empty()
            && !self.lines.is_empty()
            && !self.lines.ends_with('\n')
        {
            self.lines.push('\n');
        }
    }

    /// Where words go that stand here.
    fn side(&mut self) -> &mut String {
        let context = &self.context;
        let slide = self.slides.last_mut().filter(|_| context.in_slide);
        match (context.aside(), slide) {
            (Some(Aside::Comments), Some(slide)) => return &mut slide.comments,
            (Some(aside), _) => return self.asides.of(aside),
            (None, Some(slide)) if context.in_notes => return &mut slide.notes,
            (None, Some(slide)) if self.tables.is_empty() => return &mut slide.lines,
            _ => {}
        }
        match self.tables.last_mut() {
            Some(table) if context.in_shape() => &mut table.drawing,
            Some(table) => &mut table.cell,
            None => &mut self.lines,
        }
    }

    /// Where a picture stands that is here.
    fn standing(&self) -> Place {
        let place = self.place;
        if let Some(aside) = self.context.aside() {
            return aside.within(place);
        }
        let number = self.slides.len();
        match self.slides.last().filter(|_| self.context.in_slide) {
            Some(_) if self.context.in_notes => place.hidden(&format!("notes of slide {number}")),
            Some(slide) => slide.place(number, place),
            None => {
                let sheet = self.tables.first().and_then(|table| table.sheet(place));
                sheet.unwrap_or_else(|| place.clone())
            }
        }
    }

    fn finish(mut self, place: &Place, harvest: &mut Harvest<'_>) {
        self.finished.append(&mut self.tables);
        harvest.text(place, self.lines);
        let mut places = Vec::new();
        for (number, slide) in (1..).zip(self.slides) {
            let here = slide.place(number, place);
            harvest.text(&here, slide.lines);
            harvest.text(
                &place.hidden(&format!("notes of slide {number}")),
                slide.notes,
            );
            let comments = format!("comments on slide {number}");
            harvest.text(&place.within(&comments), slide.comments);
            places.push(here);
        }
        for table in self.finished {
            let slide = table.slide().and_then(|number| places.get(number - 1));
            table.finish(slide.unwrap_or(place), harvest);
        }
        self.asides.finish(place, harvest);
    }
}
