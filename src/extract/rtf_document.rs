//! What an RTF text says, and where people would say that each of it stands.

use super::harvest::{Harvest, Place};
use super::ole_object;
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
    pub(super) pictures: u32,
    /// The HTML that it was made of, and whether it says that it was.
    pub(super) html: String,
    pub(super) is_html: bool,
    /// The outermost group ended.
    pub(super) whole: bool,
    pub(super) too_deep: bool,
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
        if self.pictures > 0 {
            harvest.problem(
                place,
                ProblemKind::NotRead,
                "there are pictures in it: text in them was not read",
            );
        }
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
