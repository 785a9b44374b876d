//! What an RTF text says, and where people would say that each of it stands.

use super::harvest::{Harvest, Place};
use super::illustration::Illustrations;
use super::{metafile, ole_object};
use crate::finding::ProblemKind;

/// What an RTF text says.
#[derive(Debug, Default)]
pub(crate) struct Document {
    pub(super) shown: String,
    /// Where in `shown` the rows of tables are, each with its line end.
    pub(super) rows: Vec<std::ops::Range<usize>>,
    pub(super) hidden: String,
    pub(super) deleted: String,
    pub(super) fields: String,
    pub(super) bookmarks: String,
    pub(super) variables: String,
    pub(super) form: String,
    pub(super) descriptions: String,
    pub(super) header_footer: String,
    pub(super) footnotes: String,
    pub(super) comments: String,
    pub(super) properties: String,
    pub(super) objects: Vec<Vec<u8>>,
    pub(super) pictures: Vec<Picture>,
    /// Files in the HTML that it was made of.
    pub(super) enclosed: Vec<Vec<u8>>,
    /// The HTML that it was made of, and whether it says that it was.
    pub(super) html: String,
    pub(super) is_html: bool,
    /// The outermost group ended.
    pub(super) whole: bool,
    pub(super) too_deep: bool,
}

/// A picture, as far as it has been read.
#[derive(Debug, Default)]
pub(super) struct Picture {
    pub(super) bytes: Vec<u8>,
    /// A bitmap without the header of a file.
    pub(super) is_dib: bool,
    /// A digit whose byte is not whole yet.
    half: Option<u8>,
}

impl Picture {
    pub(super) fn digits(&mut self, digits: &[u8]) {
        let values = digits
            .iter()
            .filter_map(|&digit| char::from(digit).to_digit(16));
        for value in values.filter_map(|value| u8::try_from(value).ok()) {
            match self.half.take() {
                Some(upper) => self.bytes.push(upper << 4 | value),
                None => self.half = Some(value),
            }
        }
    }

    fn into_file(self) -> Vec<u8> {
        let file = self.is_dib.then(|| metafile::as_file(&self.bytes));
        file.flatten().unwrap_or(self.bytes)
    }
}

impl Document {
    pub(super) fn forget_shown(&mut self) {
        self.shown.clear();
        self.rows.clear();
    }

    pub(super) fn read(self, place: &Place, harvest: &mut Harvest<'_>) {
        self.paragraphs_and_tables(place, harvest);
        for (name, text) in [
            ("header and footer", self.header_footer),
            ("footnotes", self.footnotes),
            ("comments", self.comments),
        ] {
            harvest.text(&place.within(name), text);
        }
        for (name, text) in [
            ("(deleted text, hidden)", self.deleted),
            ("(hidden text)", self.hidden),
            ("(field codes, hidden)", self.fields),
            ("(choices of form fields, hidden)", self.form),
            ("(names of bookmarks, hidden)", self.bookmarks),
            ("(descriptions, hidden)", self.descriptions),
            ("document variables, hidden", self.variables),
        ] {
            harvest.text(&place.hidden(name), text);
        }
        let properties = place.hidden("document properties, hidden");
        harvest.text(&properties, self.properties);
        for object in &self.objects {
            ole_object::read(object, place, harvest);
        }
        let mut pictures = Illustrations::default();
        for picture in self.pictures {
            let bytes = picture.into_file();
            if !bytes.is_empty() && harvest.decoded(place, bytes.len()) {
                pictures.read(&bytes, place, harvest);
            }
        }
        pictures.read_all(&self.enclosed, place, harvest);
        if self.too_deep {
            harvest.exhaust(place, "its groups nest deeper than in any document");
        } else if !self.whole {
            harvest.problem(
                place,
                ProblemKind::Damaged,
                "the document is cut short or damaged",
            );
        }
    }

    fn paragraphs_and_tables(&self, place: &Place, harvest: &mut Harvest<'_>) {
        let mut paragraphs = String::new();
        let mut tables: Vec<String> = Vec::new();
        let mut at = 0;
        for row in &self.rows {
            let between = &self.shown[at..row.start];
            paragraphs.push_str(between);
            if tables.is_empty() || !between.trim().is_empty() {
                tables.push(String::new());
            }
            if let Some(table) = tables.last_mut() {
                table.push_str(&self.shown[row.clone()]);
            }
            at = row.end;
        }
        paragraphs.push_str(&self.shown[at..]);
        harvest.text(place, paragraphs);
        for (i, table) in tables.into_iter().enumerate() {
            harvest.text(&place.within(&format!("table {}", i + 1)).table(), table);
        }
    }
}
