//! Documents of running text: WordprocessingML, and DrawingML as slides,
//! diagrams and text boxes have it. Both name their elements alike.

use super::harvest::{Harvest, Place};
use super::word_style::{self, Styles};
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
    /// Descriptions of pictures, and who changed something.
    notes: String,
    writing: Writing,
    /// Inside `del` or `moveFrom`.
    deletions: u32,
    /// The paragraphs around what is read, text boxes' too, and whether the
    /// style of each hides.
    paragraphs: Vec<bool>,
    /// The run's style hides.
    run_style: bool,
    /// What the run itself says, whatever its styles do.
    run: Option<bool>,
    /// Open elements that hold properties, not content.
    properties: u32,
    length: usize,
}

#[derive(Debug, Default)]
struct Table {
    out: String,
    /// The row has a cell already.
    in_row: bool,
    /// The cell has a paragraph already.
    in_cell: bool,
    /// Columns that the cell spans beyond its own.
    spans: u32,
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
            notes: String::new(),
            writing: Writing::Nothing,
            deletions: 0,
            paragraphs: Vec::new(),
            run_style: false,
            run: None,
            properties: 0,
            length: 0,
        }
    }

    fn start(&mut self, element: &Element<'_, '_>, has_content: bool) {
        match element.name() {
            b"t" if has_content => self.writing = Writing::Text,
            b"delText" | b"delInstrText" if has_content => self.writing = Writing::Deleted,
            b"instrText" if has_content => self.writing = Writing::Field,
            b"r" => self.no_run(),
            b"rPr" | b"pPr" if has_content => self.properties += 1,
            // Two deep they are the paragraph mark's, or an older version's.
            b"vanish" | b"specVanish" if self.properties == 1 => {
                self.run = Some(word_style::is_on(element));
            }
            b"rStyle" | b"pStyle" if self.properties == 1 => {
                let style = element.attribute("val").unwrap_or_default();
                let hides = self.styles.hides(&style);
                match (element.name(), self.paragraphs.last_mut()) {
                    (b"rStyle", _) => self.run_style = hides,
                    (_, Some(paragraph)) => *paragraph = hides,
                    (_, None) => {}
                }
            }
            b"tab" if self.properties == 0 => self.push("\t"),
            b"br" | b"cr" => self.push("\n"),
            b"noBreakHyphen" => self.push("-"),
            b"p" if !has_content => self.paragraph_end(),
            b"p" => {
                self.paragraphs.push(self.styles.plain_paragraph());
                if let Some(table) = self.tables.last_mut()
                    && std::mem::replace(&mut table.in_cell, true)
                {
                    table.out.push(' ');
                }
            }
            b"tbl" if has_content && self.tables.len() < DEEPEST_TABLE => {
                self.tables.push(Table::default())
            }
            b"tc" => {
                if let Some(table) = self.tables.last_mut() {
                    if std::mem::replace(&mut table.in_row, true) {
                        table.out.push('\t');
                    }
                    table.in_cell = false;
                    table.spans = element.number("gridSpan").unwrap_or(1).saturating_sub(1);
                }
            }
            b"gridSpan" => {
                if let Some(table) = self.tables.last_mut() {
                    table.spans = element.number("val").unwrap_or(1).saturating_sub(1);
                }
            }
            b"del" | b"moveFrom" if has_content => {
                self.deletions += 1;
                self.author(element);
            }
            b"ins" | b"moveTo" | b"comment" | b"rPrChange" | b"pPrChange" => self.author(element),
            b"docPr" | b"cNvPr" => {
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
            b"r" => self.no_run(),
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
                    let spans = std::mem::take(&mut table.spans).min(64);
                    table.out.extend(std::iter::repeat_n('\t', spans as usize));
                }
            }
            b"tr" => {
                if let Some(table) = self.tables.last_mut() {
                    table.out.push('\n');
                    table.in_row = false;
                }
            }
            b"tbl" => finished.extend(self.tables.pop().map(|table| table.out)),
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

    fn no_run(&mut self) {
        self.run_style = false;
        self.run = None;
    }

    fn is_hidden(&self) -> bool {
        let paragraph = self.paragraphs.last().copied().unwrap_or_default();
        let by_style = self.styles.together(paragraph, self.run_style);
        self.run.unwrap_or(by_style)
    }

    /// Shown text: into the innermost table's cell on one line, else as it is.
    fn push(&mut self, text: &str) {
        match self.tables.last_mut() {
            Some(table) => table.out.extend(text.chars().map(|c| {
                if matches!(c, '\n' | '\t' | '\r') {
                    ' '
                } else {
                    c
                }
            })),
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
