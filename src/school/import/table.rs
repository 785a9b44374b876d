//! A CSV file as rows with named cells.
//!
//! Tolerant of what programs write: any order and case of headings, spaces or
//! underscores in them, commas, semicolons or tabs between cells, UTF-8 or
//! UTF-16 with a byte order mark, UTF-8 without, else Windows-1252.

use std::borrow::Cow;
use std::collections::HashMap;

use super::ImportError;

/// A column under any of several headings, the first of which is told to
/// people.
#[derive(Debug, Clone, Copy)]
pub(super) struct Column(pub(super) &'static [&'static str]);

pub(super) struct Table<'a> {
    file: &'a str,
    reader: csv::Reader<std::io::Cursor<Vec<u8>>>,
    /// The headings as they stand in the file.
    headings: Vec<String>,
    /// Where each heading is, in plain spelling.
    places: HashMap<String, usize>,
}

pub(super) struct Row<'a> {
    file: &'a str,
    number: u64,
    record: &'a csv::StringRecord,
    places: &'a HashMap<String, usize>,
}

impl<'a> Table<'a> {
    pub(super) fn new(file: &'a str, bytes: &[u8]) -> Result<Self, ImportError> {
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
        Ok(Self {
            file,
            reader,
            headings,
            places,
        })
    }

    pub(super) fn file(&self) -> &str {
        self.file
    }

    /// An error names the columns that are missing and those that are there.
    pub(super) fn require(&self, columns: &[Column]) -> Result<(), ImportError> {
        let missing: Vec<&str> = columns
            .iter()
            .filter(|column| column.place(&self.places).is_none())
            .map(|column| column.0[0])
            .collect();
        if missing.is_empty() {
            return Ok(());
        }
        let file = self.file.to_owned();
        let needed = missing.join(" and no column ");
        if self.headings.iter().all(String::is_empty) {
            let needed = missing.join(" and ");
            return Err(ImportError::Empty { file, needed });
        }
        Err(ImportError::Column {
            file,
            needed,
            found: self.headings.join(", "),
        })
    }

    /// Calls back for each row that is not empty.
    pub(super) fn rows(&mut self, mut each: impl FnMut(&Row<'_>)) {
        let mut record = csv::StringRecord::new();
        while self.reader.read_record(&mut record).unwrap_or(false) {
            if record.iter().all(str::is_empty) {
                continue;
            }
            each(&Row {
                file: self.file,
                number: record.position().map_or(0, csv::Position::line),
                record: &record,
                places: &self.places,
            });
        }
    }
}

impl Row<'_> {
    pub(super) fn file(&self) -> &str {
        self.file
    }

    /// The line of the file on which the row begins; the headings are row 1.
    pub(super) fn number(&self) -> u64 {
        self.number
    }

    /// Empty where there is no such column or cell.
    pub(super) fn cell(&self, column: Column) -> &str {
        column
            .places(self.places)
            .filter_map(|place| self.record.get(place))
            .map(str::trim)
            .find(|cell| !cell.is_empty())
            .unwrap_or("")
    }

    pub(super) fn optional(&self, column: Column) -> Option<String> {
        Some(self.cell(column))
            .filter(|cell| !cell.is_empty())
            .map(str::to_owned)
    }
}

impl Column {
    fn places(self, places: &HashMap<String, usize>) -> impl Iterator<Item = usize> {
        self.0
            .iter()
            .filter_map(|heading| places.get(&plain(heading)).copied())
    }

    fn place(self, places: &HashMap<String, usize>) -> Option<usize> {
        self.places(places).next()
    }
}

/// A heading's letters and digits in lower case.
fn plain(heading: &str) -> String {
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
