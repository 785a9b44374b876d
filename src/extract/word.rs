//! Documents of running text: WordprocessingML, and DrawingML as slides,
//! diagrams and text boxes have it. Both name their elements alike.

use super::harvest::{Harvest, Place};
use super::word_run::{self, Run};
use super::word_style::Styles;
use super::word_table::Table;
use super::xml::{self, Element, Node};

/// Tables inside tables beyond this are read as part of the outer one.
const DEEPEST_TABLE: usize = 32;

/// Reads one part into `place`; false if it is damaged. `tables` counts the
/// document's tables.
pub(crate) fn read(
    xml: &[u8],
    styles: &Styles,
    place: &Place,
    tables: &mut u32,
    harvest: &mut Harvest<'_>,
) -> bool {
    let mut reader = Reader::new(styles);
    let mut finished = Vec::new();
    let whole = xml::walk(xml, |node| {
        match node {
            Node::Start(element) => reader.start(&element, true),
            Node::Empty(element) => reader.start(&element, false),
            Node::End(name) => reader.end(name, &mut finished),
            Node::Text(text) => reader.text(text),
        }
        // The text so far bounds the walk; the harvest sees it at the end.
        reader.length < harvest.room()
    });
    while let Some(table) = reader.tables.pop() {
        finished.push(table.out);
    }
    harvest.text(place, reader.flow);
    for table in finished {
        *tables += 1;
        harvest.text(&place.within(&format!("table {tables}")).table(), table);
    }
    for (text, name) in [
        (reader.deleted, "deleted text, hidden"),
        (reader.vanished, "hidden text"),
        (reader.fields, "field codes, hidden"),
        (reader.choices, "choices of form fields, hidden"),
        (reader.bookmarks, "names of bookmarks, hidden"),
        (reader.notes, "descriptions, hidden"),
    ] {
        harvest.text(&place.hidden(&format!("({name})")), text);
    }
    whole
}

#[derive(Debug)]
struct Reader<'a> {
    styles: &'a Styles,
    flow: String,
    tables: Vec<Table>,
    deleted: String,
    vanished: String,
    fields: String,
    /// What form fields offer, chosen or not.
    choices: String,
    bookmarks: String,
    /// Descriptions of pictures, and who changed something.
    notes: String,
    writing: Writing,
    /// Inside `del` or `moveFrom`.
    deletions: u32,
    /// The paragraphs around what is read, text boxes' too.
    paragraphs: Vec<Paragraph>,
    run: Run,
    /// The shapes around what is read, and whether each is switched off.
    shapes: Vec<bool>,
    /// Text boxes around what is read; what lies behind their words is not
    /// looked at.
    boxes: u32,
    /// Inside the properties of a table's row.
    in_row_properties: bool,
    /// Open elements that hold properties, not content, and whether the
    /// outermost is a run's.
    properties: u32,
    of_run: bool,
    length: usize,
}

#[derive(Debug, Default)]
struct Paragraph {
    /// Its style hides.
    hides: bool,
    /// It has a colour behind its words.
    backed: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Writing {
    /// Between the elements that hold text.
    Nothing,
    Text,
    Deleted,
    Field,
}

impl<'a> Reader<'a> {
    fn new(styles: &'a Styles) -> Self {
        Self {
            styles,
            flow: String::new(),
            tables: Vec::new(),
            deleted: String::new(),
            vanished: String::new(),
            fields: String::new(),
            choices: String::new(),
            bookmarks: String::new(),
            notes: String::new(),
            writing: Writing::Nothing,
            deletions: 0,
            paragraphs: Vec::new(),
            run: Run::default(),
            shapes: Vec::new(),
            boxes: 0,
            in_row_properties: false,
            properties: 0,
            of_run: false,
            length: 0,
        }
    }

    fn start(&mut self, element: &Element<'_, '_>, has_content: bool) {
        match element.name() {
            b"t" if has_content => self.writing = Writing::Text,
            b"delText" | b"delInstrText" if has_content => self.writing = Writing::Deleted,
            b"instrText" if has_content => self.writing = Writing::Field,
            b"r" => self.run = Run::default(),
            b"rPr" | b"pPr" if has_content => {
                self.of_run = self.properties == 0 && element.name() == b"rPr";
                self.properties += 1;
            }
            b"trPr" if has_content => self.in_row_properties = true,
            // Two deep they are the paragraph mark's, or an older version's.
            b"vanish" | b"specVanish" | b"color" | b"sz" | b"shd" | b"highlight" | b"rStyle"
            | b"pStyle"
                if self.properties == 1 =>
            {
                self.property(element);
            }
            b"tab" if self.properties == 0 => self.push("\t"),
            b"br" | b"cr" => self.push("\n"),
            b"noBreakHyphen" => self.push("-"),
            b"p" if !has_content => self.paragraph_end(),
            b"p" => {
                self.paragraphs.push(Paragraph {
                    hides: self.styles.plain_paragraph(),
                    backed: false,
                });
                if let Some(table) = self.tables.last_mut()
                    && std::mem::replace(&mut table.in_cell, true)
                {
                    table.out.push(' ');
                }
            }
            b"tbl" if has_content && self.tables.len() < DEEPEST_TABLE => {
                self.tables.push(Table::in_style(self.styles.plain_table()));
            }
            b"tblStyle" | b"tblLook" | b"gridCol" | b"tr" => self.of_table(element),
            b"tc" => {
                if let Some(table) = self.tables.last_mut() {
                    if table.begin_cell() {
                        table.row(&mut self.deleted).push('\t');
                    }
                    table.spans = element.number("gridSpan").unwrap_or(1).saturating_sub(1);
                }
            }
            b"gridSpan" => {
                if let Some(table) = self.tables.last_mut() {
                    table.spans = element.number("val").unwrap_or(1).saturating_sub(1);
                }
            }
            b"del" if self.in_row_properties => {
                if let Some(table) = self.tables.last_mut() {
                    table.row_deleted = true;
                }
            }
            b"del" | b"moveFrom" if has_content => {
                self.deletions += 1;
                self.author(element);
            }
            b"ins" | b"moveTo" | b"comment" | b"rPrChange" | b"pPrChange" => self.author(element),
            b"sp" | b"pic" | b"graphicFrame" | b"grpSp" | b"cxnSp" if has_content => {
                self.shapes.push(self.shapes.last() == Some(&true));
            }
            b"txbxContent" if has_content => self.boxes += 1,
            b"annotation"
                if element.attribute("type").as_deref() != Some("Word.Bookmark.Start") => {}
            b"bookmarkStart" | b"annotation" => {
                // Those that begin so are made by Word, and not listed.
                let name = element
                    .attribute("name")
                    .filter(|name| !name.starts_with('_'));
                if let Some(name) = name {
                    self.length += name.len();
                    self.bookmarks.push_str(&name);
                    self.bookmarks.push('\n');
                }
            }
            b"docPr" | b"cNvPr" => {
                if element.is_on("hidden")
                    && let Some(shape) = self.shapes.last_mut()
                {
                    *shape = true;
                }
                for name in ["descr", "title"] {
                    if let Some(text) = element.attribute(name) {
                        self.note(&text);
                    }
                }
            }
            b"hlinkClick" | b"hyperlink" => {
                if let Some(text) = element.attribute("tooltip") {
                    self.note(&text);
                }
            }
            b"listItem" => self.choice(element, &["displayText", "value"]),
            b"listEntry" | b"helpText" | b"statusText" => self.choice(element, &["val"]),
            // Of other fields it is a number or a switch.
            b"default"
                if element
                    .attribute("val")
                    .is_some_and(|text| text.parse::<u32>().is_err()) =>
            {
                self.choice(element, &["val"]);
            }
            b"fldSimple" => {
                if let Some(text) = element.attribute("instr") {
                    self.fields.push_str(&text);
                    self.fields.push('\n');
                }
            }
            _ => {}
        }
    }

    fn end(&mut self, name: &[u8], finished: &mut Vec<String>) {
        match name {
            b"t" | b"delText" | b"delInstrText" => self.writing = Writing::Nothing,
            b"instrText" => {
                self.fields.push('\n');
                self.writing = Writing::Nothing;
            }
            b"rPr" | b"pPr" => self.properties = self.properties.saturating_sub(1),
            b"r" => self.run = Run::default(),
            b"trPr" => self.in_row_properties = false,
            b"sp" | b"pic" | b"graphicFrame" | b"grpSp" | b"cxnSp" => {
                self.shapes.pop();
            }
            b"txbxContent" => self.boxes = self.boxes.saturating_sub(1),
            b"p" => {
                self.paragraphs.pop();
                self.paragraph_end();
            }
            b"del" | b"moveFrom" => {
                self.deletions = self.deletions.saturating_sub(1);
                self.deleted.push('\n');
            }
            b"tc" => {
                if let Some(table) = self.tables.last_mut() {
                    let spans = table.end_cell();
                    if !table.row_deleted {
                        table.out.extend(std::iter::repeat_n('\t', spans as usize));
                    }
                }
            }
            b"tr" => {
                if let Some(table) = self.tables.last_mut() {
                    table.row(&mut self.deleted).push('\n');
                    table.end_row();
                }
            }
            b"tbl" => {
                if let Some(mut table) = self.tables.pop() {
                    self.vanished.push_str(&table.hidden_last_row());
                    finished.push(table.out);
                }
            }
            _ => {}
        }
    }

    fn text(&mut self, text: &str) {
        match self.writing {
            Writing::Nothing => {}
            Writing::Text if self.deletions > 0 => self.deleted.push_str(text),
            Writing::Text if self.is_hidden() => self.vanished.push_str(text),
            Writing::Text => self.push(text),
            Writing::Deleted => self.deleted.push_str(text),
            Writing::Field => self.fields.push_str(text),
        }
        self.length += text.len();
    }

    /// What a table's properties and its grid say, and where its rows begin.
    fn of_table(&mut self, element: &Element<'_, '_>) {
        let Some(table) = self.tables.last_mut() else {
            return;
        };
        match element.name() {
            b"tblStyle" => {
                let style = element.attribute("val").unwrap_or_default();
                table.set_style(self.styles.of_table(&style));
            }
            b"tblLook" => table.set_look(element),
            b"gridCol" => table.grid_column(),
            _ => table.begin_row(),
        }
    }

    fn property(&mut self, element: &Element<'_, '_>) {
        if matches!(element.name(), b"rStyle" | b"pStyle") {
            let style = element.attribute("val").unwrap_or_default();
            let hides = self.styles.hides(&style);
            match self.paragraphs.last_mut() {
                _ if self.of_run => self.run.style = hides,
                Some(paragraph) => paragraph.hides = hides,
                None => {}
            }
        } else if self.of_run {
            self.run.property(element);
        } else if let Some(paragraph) = self.paragraphs.last_mut() {
            paragraph.backed |= element.name() == b"shd" && word_run::is_coloured(element);
        }
    }

    fn is_hidden(&self) -> bool {
        let plain = Paragraph::default();
        let paragraph = self.paragraphs.last().unwrap_or(&plain);
        let by_table = self.tables.last().is_some_and(Table::hides);
        let by_style = self
            .styles
            .together(by_table, paragraph.hides, self.run.style);
        let on_paper = !paragraph.backed && self.tables.is_empty() && self.boxes == 0;
        self.run.is_hidden(by_style, on_paper) || self.shapes.last() == Some(&true)
    }

    /// Shown text: into the innermost table's cell on one line, else as it is.
    fn push(&mut self, text: &str) {
        match self.tables.last_mut() {
            Some(table) => {
                let row = table.row(&mut self.deleted);
                row.extend(text.chars().map(|c| match c {
                    '\n' | '\t' | '\r' => ' ',
                    c => c,
                }));
            }
            None => self.flow.push_str(text),
        }
        self.length += 1;
    }

    fn paragraph_end(&mut self) {
        if self.tables.is_empty() {
            self.flow.push('\n');
        }
        for hidden in [&mut self.deleted, &mut self.vanished] {
            if !hidden.is_empty() && !hidden.ends_with('\n') {
                hidden.push('\n');
            }
        }
    }

    fn author(&mut self, element: &Element<'_, '_>) {
        if let Some(author) = element.attribute("author") {
            self.note(&author);
        }
    }

    fn choice(&mut self, element: &Element<'_, '_>, names: &[&str]) {
        let mut last = None;
        for name in names {
            let text = element.attribute(name);
            if let Some(text) = text.filter(|text| last.as_ref() != Some(text)) {
                self.length += text.len();
                self.choices.push_str(&text);
                self.choices.push('\n');
                last = Some(text);
            }
        }
    }

    /// Keeps a line beside the text, once in a row.
    fn note(&mut self, text: &str) {
        if !text.is_empty() && self.notes.lines().next_back() != Some(text) {
            self.length += text.len();
            self.notes.push_str(text);
            self.notes.push('\n');
        }
    }
}
