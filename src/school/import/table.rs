//! A CSV file as rows with named cells.
//!
//! Tolerant of what programs write: any order and case of headings, spaces or
//! underscores in them, commas, semicolons or tabs between cells, UTF-8 or
//! UTF-16, else Windows-1252.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use crate::mail::charset;

use super::error::{ImportError, Notes};
use super::record::At;

/// What stood in which columns of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    pub file: Arc<str>,
    /// Exeat's name for it, and the headings that gave it.
    pub columns: Vec<(&'static str, Vec<String>)>,
    /// Headings that gave nothing.
    pub ignored: Vec<String>,
}

pub(super) struct Table {
    file: Arc<str>,
    reader: csv::Reader<std::io::Cursor<Vec<u8>>>,
    /// The headings as they stand in the file.
    headings: Vec<String>,
    /// Where each heading is, in plain spelling.
    places: HashMap<String, usize>,
    columns: Vec<(&'static str, Vec<usize>)>,
}

/// Where a table has what is wanted of it; nowhere, perhaps.
#[derive(Debug)]
pub(super) struct Column {
    field: &'static str,
    heading: String,
    places: Vec<usize>,
}

pub(super) struct Row<'a> {
    pub(super) at: At,
    record: &'a csv::StringRecord,
}

impl Table {
    pub(super) fn new(file: &str, bytes: &[u8]) -> Self {
        let text = decode(bytes);
        let mut reader = csv::ReaderBuilder::new()
            .delimiter(delimiter(&text))
            .flexible(true)
            .trim(csv::Trim::All)
            .from_reader(std::io::Cursor::new(text.into_owned().into_bytes()));
        // The text is UTF-8 and rows may have any length: no error is left.
        let record = reader.headers().cloned().unwrap_or_default();
        let headings: Vec<String> = record.iter().map(str::to_owned).collect();
        let mut places = HashMap::new();
        for (place, heading) in headings.iter().enumerate() {
            places.entry(plain(heading)).or_insert(place);
        }
        Self {
            file: file.into(),
            reader,
            headings,
            places,
            columns: Vec::new(),
        }
    }

    pub(super) fn file(&self) -> &str {
        &self.file
    }

    pub(super) fn has(&self, heading: &str) -> bool {
        self.places.contains_key(&plain(heading))
    }

    /// The column under any of these headings.
    pub(super) fn column<S: AsRef<str>>(&mut self, field: &'static str, names: &[S]) -> Column {
        let mut places: Vec<usize> = Vec::new();
        for name in names {
            let place = self.places.get(&plain(name.as_ref()));
            places.extend(place.filter(|place| !places.contains(place)));
        }
        if !places.is_empty() {
            self.columns.push((field, places.clone()));
        }
        Column {
            field,
            heading: places
                .first()
                .map_or(field, |&place| &self.headings[place])
                .to_owned(),
            places,
        }
    }

    /// Of each group one column has to be there. An error names those that are
    /// missing and those that the file has.
    pub(super) fn require(&self, groups: &[&[&Column]]) -> Result<(), ImportError> {
        let missing: Vec<&str> = groups
            .iter()
            .filter(|group| group.iter().all(|column| column.places.is_empty()))
            .filter_map(|group| Some(group.first()?.field))
            .collect();
        if missing.is_empty() {
            return Ok(());
        }
        let file = self.file.to_string();
        if self.headings.iter().all(String::is_empty) {
            let needed = missing.join(" and ");
            return Err(ImportError::Empty { file, needed });
        }
        Err(ImportError::Column {
            file,
            needed: missing.join(" and no column "),
            found: self.headings.join(", "),
        })
    }

    /// Calls back for each row that is not empty. One of which a cell that is
    /// asked for goes over several lines is a fault: a quotation mark that was
    /// left open has swallowed the rows after it.
    pub(super) fn rows(&mut self, notes: &mut Notes, mut each: impl FnMut(&Row<'_>, &mut Notes)) {
        let mut record = csv::StringRecord::new();
        while self.reader.read_record(&mut record).unwrap_or(false) {
            if record.iter().all(str::is_empty) {
                continue;
            }
            let at = At {
                file: Arc::clone(&self.file),
                unit: "row",
                number: record.position().map_or(0, csv::Position::line),
            };
            let mut wanted = self.columns.iter().flat_map(|(_, places)| places);
            let broken = wanted.find(|&&place| {
                let cell = record.get(place).unwrap_or("");
                memchr::memchr2(b'\n', b'\r', cell.as_bytes()).is_some()
            });
            match broken {
                Some(&place) => notes.cell(
                    &at,
                    &format!("column {}", self.headings[place]),
                    "the cell goes over several lines; a quotation mark may be left open before",
                ),
                None => each(
                    &Row {
                        at,
                        record: &record,
                    },
                    notes,
                ),
            }
        }
    }

    pub(super) fn taken(&self) -> Taken {
        let heading = |&place: &usize| self.headings[place].clone();
        let columns = self.columns.iter();
        let used = |place: &usize| {
            let mut columns = self.columns.iter();
            columns.any(|(_, places)| places.contains(place))
        };
        Taken {
            file: Arc::clone(&self.file),
            columns: columns
                .map(|(field, places)| (*field, places.iter().map(heading).collect()))
                .collect(),
            ignored: (0..self.headings.len())
                .filter(|place| !used(place) && !self.headings[*place].is_empty())
                .map(|place| self.headings[place].clone())
                .collect(),
        }
    }
}

impl Column {
    pub(super) fn is_there(&self) -> bool {
        !self.places.is_empty()
    }

    /// As messages name it.
    pub(super) fn told(&self) -> String {
        format!("column {}", self.heading)
    }
}

impl Row<'_> {
    /// Empty where there is no such column or cell.
    pub(super) fn cell(&self, column: &Column) -> &str {
        let mut cells = column.places.iter();
        cells
            .find_map(|&place| self.record.get(place).filter(|cell| !cell.is_empty()))
            .unwrap_or("")
    }

    pub(super) fn owned(&self, column: &Column) -> String {
        self.cell(column).to_owned()
    }
}

/// A heading's letters and digits in lower case.
pub(super) fn plain(heading: &str) -> String {
    heading
        .chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect()
}

fn decode(bytes: &[u8]) -> Cow<'_, str> {
    if let Some((encoding, mark)) = encoding_rs::Encoding::for_bom(bytes) {
        return encoding.decode_without_bom_handling(&bytes[mark..]).0;
    }
    if let Some(encoding) = charset::sniff_utf16(bytes) {
        return encoding.decode_without_bom_handling(bytes).0;
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => {
            encoding_rs::WINDOWS_1252
                .decode_without_bom_handling(bytes)
                .0
        }
    }
}

/// What stands most often between the headings.
fn delimiter(text: &str) -> u8 {
    let line = text.trim_start().lines().next().unwrap_or("");
    let count = |delimiter: &u8| line.bytes().filter(|byte| byte == delimiter).count();
    // Of equals `max_by_key` takes the last: the comma.
    b"\t;,".iter().copied().max_by_key(count).unwrap_or(b',')
}
