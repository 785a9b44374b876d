//! Tables of a Word document while they are read: their cells as text, and
//! which of them the table's style hides (ECMA-376 part 1, 17.7.6).

use super::xml::Element;

/// The parts of a table that a style may treat by themselves; a later one
/// counts where it says something.
const PARTS: [&str; 13] = [
    "wholeTable",
    "band1Vert",
    "band2Vert",
    "band1Horz",
    "band2Horz",
    "firstCol",
    "lastCol",
    "firstRow",
    "nwCell",
    "neCell",
    "lastRow",
    "swCell",
    "seCell",
];
/// Those that are known when the last row has ended.
const LAST: [usize; 3] = [10, 11, 12];

/// What a style says of the words in each part; nothing where it leaves them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct TableStyle([Option<bool>; PARTS.len()]);

impl TableStyle {
    /// Sets what it says of a part, by the part's name.
    pub(crate) fn set(&mut self, part: &str, hides: bool) {
        if let Some(index) = PARTS.iter().position(|name| *name == part) {
            self.0[index] = Some(hides);
        }
    }

    /// What it says of all the table.
    pub(crate) fn set_whole(&mut self, hides: Option<bool>) {
        self.0[0] = self.0[0].or(hides);
    }

    /// Takes what another says of those parts that it says nothing of.
    pub(crate) fn or(&mut self, base: &Self) {
        for (own, base) in self.0.iter_mut().zip(base.0) {
            *own = own.or(base);
        }
    }

    pub(crate) fn hides_any(&self) -> bool {
        self.0.contains(&Some(true))
    }
}

/// Which parts of its style a table uses (17.4.55).
#[derive(Debug, Clone, Copy, Default)]
struct Look {
    first_row: bool,
    last_row: bool,
    first_column: bool,
    last_column: bool,
    no_rows: bool,
    no_columns: bool,
}

impl Look {
    fn of(element: &Element<'_, '_>) -> Self {
        let bits = element.attribute("val");
        let bits = bits.and_then(|bits| u32::from_str_radix(&bits, 16).ok());
        let bits = bits.unwrap_or_default();
        let set = |name, bit: u32| match element.attribute(name) {
            Some(_) => element.is_on(name),
            None => bits & bit != 0,
        };
        Self {
            first_row: set("firstRow", 0x20),
            last_row: set("lastRow", 0x40),
            first_column: set("firstColumn", 0x80),
            last_column: set("lastColumn", 0x100),
            no_rows: set("noHBand", 0x200),
            no_columns: set("noVBand", 0x400),
        }
    }
}

#[derive(Debug, Default)]
pub(crate) struct Table {
    pub(crate) out: String,
    /// The row has a cell already.
    in_row: bool,
    /// The cell has a paragraph already.
    pub(crate) in_cell: bool,
    /// Columns that the cell spans beyond its own.
    pub(crate) spans: u32,
    /// The row was deleted while changes were tracked.
    pub(crate) row_deleted: bool,
    style: Option<TableStyle>,
    look: Option<Look>,
    /// How many columns there are, by its grid.
    columns: u32,
    /// How many rows have begun, and where the last of them does.
    rows: u32,
    row_start: usize,
    /// Where the row's cells end, and the columns in which they begin.
    cells: Vec<(usize, u32)>,
    /// The column in which the cell begins.
    column: u32,
}

impl Table {
    /// A table in the style of those that name none.
    pub(crate) fn in_style(style: Option<TableStyle>) -> Self {
        Self {
            style,
            ..Self::default()
        }
    }

    pub(crate) fn set_style(&mut self, style: Option<TableStyle>) {
        self.style = style;
    }

    /// The first counts: what it was like before a change stands behind.
    pub(crate) fn set_look(&mut self, element: &Element<'_, '_>) {
        self.look.get_or_insert_with(|| Look::of(element));
    }

    pub(crate) fn grid_column(&mut self) {
        self.columns += 1;
    }

    pub(crate) fn begin_row(&mut self) {
        self.rows += 1;
        self.column = 0;
        self.row_start = self.out.len();
        self.cells.clear();
    }

    /// Where what the row shows goes: a deleted one's words are elsewhere.
    pub(crate) fn row<'t>(&'t mut self, deleted: &'t mut String) -> &'t mut String {
        match self.row_deleted {
            true => deleted,
            false => &mut self.out,
        }
    }

    pub(crate) fn end_row(&mut self) {
        self.row_deleted = false;
        self.in_row = false;
    }

    /// Begins a cell; whether there is one before it in its row.
    pub(crate) fn begin_cell(&mut self) -> bool {
        self.in_cell = false;
        std::mem::replace(&mut self.in_row, true)
    }

    /// Ends a cell; gives the columns that it spans beyond its own.
    pub(crate) fn end_cell(&mut self) -> u32 {
        let spans = std::mem::take(&mut self.spans).min(64);
        self.cells.push((self.out.len(), self.column));
        self.column += 1 + spans;
        spans
    }

    /// Whether the style hides what is in the cell, as far as that is known
    /// before the last row has come.
    pub(crate) fn hides(&self) -> bool {
        let Some(TableStyle(parts)) = self.style else {
            return false;
        };
        let look = self.look.unwrap_or_default();
        let row = self.rows.saturating_sub(1);
        // Bands are counted from where heads end.
        let band = |place: u32, head: bool, part: u32| {
            let place = place.checked_sub(u32::from(head));
            place.is_some_and(|place| place % 2 == part)
        };
        let rows = |part| !look.no_rows && band(row, look.first_row, part);
        let columns = |part| !look.no_columns && band(self.column, look.first_column, part);
        let is_last = self.column + 1 + self.spans == self.columns;
        let first_column = look.first_column && self.column == 0;
        let last_column = look.last_column && is_last;
        let first_row = look.first_row && row == 0;
        let is_in = [
            true,
            columns(0),
            columns(1),
            rows(0),
            rows(1),
            first_column,
            last_column,
            first_row,
            first_row && first_column,
            first_row && last_column,
        ];
        let said = parts.iter().zip(is_in).rev();
        let mut said = said.filter_map(|(part, is_in)| part.filter(|_| is_in));
        said.next().unwrap_or_default()
    }

    /// Takes out of a table that has ended what its style hides in the last
    /// row.
    pub(crate) fn hidden_last_row(&mut self) -> String {
        let mut hidden = String::new();
        let (Some(TableStyle(parts)), Some(look)) = (self.style, self.look) else {
            return hidden;
        };
        if !look.last_row {
            return hidden;
        }
        let [row, first, last] = LAST.map(|part| parts[part]);
        let words = self.out.split_off(self.row_start);
        let mut start = 0;
        for (index, &(end, column)) in self.cells.iter().enumerate() {
            let end = end - self.row_start;
            let is_first = look.first_column && column == 0;
            let is_last = look.last_column && index + 1 == self.cells.len();
            let said = last.filter(|_| is_last);
            let said = said.or(first.filter(|_| is_first)).or(row);
            let out = match said {
                Some(true) => &mut hidden,
                _ => &mut self.out,
            };
            out.push_str(&words[start..end]);
            start = end;
        }
        self.out.push_str(&words[start..]);
        hidden
    }
}

#[cfg(test)]
mod tests {
    use crate::extract::word_style::Styles;
    use crate::extract::{Budget, harvest::Harvest, harvest::Place, word};

    /// What shows of a table of three rows and three columns, and what is
    /// hidden in it, in this style and with these parts of it used.
    #[track_caller]
    fn check(style: &str, look: &str, shown: &str, hidden: &str) {
        let mut styles = Styles::default();
        let style = style.replace("HIDE", "<w:rPr><w:vanish/></w:rPr>");
        let style = style.replace("SHOW", "<w:rPr><w:vanish w:val='0'/></w:rPr>");
        assert!(styles.read(format!("<w:styles>{style}</w:styles>").as_bytes()));
        let cell = |word: char| format!("<w:tc><w:p><w:r><w:t>{word}</w:t></w:r></w:p></w:tc>");
        let row = |words: &str| {
            let cells: String = words.chars().map(cell).collect();
            format!("<w:tr>{cells}</w:tr>")
        };
        let rows: String = ["abc", "def", "ghi"].map(row).concat();
        let table = format!(
            "<w:tbl><w:tblPr><w:tblStyle w:val='T'/><w:tblLook {look}/></w:tblPr>\
             <w:tblGrid><w:gridCol/><w:gridCol/><w:gridCol/></w:tblGrid>{rows}</w:tbl>"
        );
        let budget = Budget::default();
        let mut harvest = Harvest::new(&budget);
        let place = Place::message().within("a.docx");
        assert!(word::read(
            table.as_bytes(),
            &styles,
            &place,
            &mut 0,
            &mut harvest
        ));
        let mut found = [String::new(), String::new()];
        for text in harvest.finish().texts {
            let letters = text.text.chars().filter(char::is_ascii_alphabetic);
            found[usize::from(text.hidden)].extend(letters);
        }
        assert_eq!(found, [shown, hidden], "{style} {look}");
    }

    fn part(name: &str, inside: &str) -> String {
        let part = format!("<w:tblStylePr w:type='{name}'>{inside}</w:tblStylePr>");
        format!("<w:style w:type='table' w:styleId='T'>{part}</w:style>")
    }

    #[test]
    fn each_part_of_a_table_hides_its_own_cells() {
        for (name, look, shown, hidden) in [
            ("wholeTable", "w:val='0000'", "", "abcdefghi"),
            ("firstRow", "w:firstRow='1'", "defghi", "abc"),
            ("firstRow", "w:val='0000'", "abcdefghi", ""),
            ("lastRow", "w:val='0040'", "abcdef", "ghi"),
            ("lastRow", "w:val='0020'", "abcdefghi", ""),
            ("firstCol", "w:firstColumn='1'", "bcefhi", "adg"),
            ("lastCol", "w:lastColumn='1'", "abdegh", "cfi"),
            ("band1Horz", "w:val='0000'", "def", "abcghi"),
            ("band2Horz", "w:firstRow='1'", "abcdef", "ghi"),
            ("band1Vert", "w:val='0000'", "beh", "acdfgi"),
            ("band2Vert", "w:val='0400'", "abcdefghi", ""),
            ("band2Horz", "w:noHBand='1'", "abcdefghi", ""),
            ("nwCell", "w:val='00a0'", "bcdefghi", "a"),
            ("nwCell", "w:val='0020'", "abcdefghi", ""),
            ("neCell", "w:val='0120'", "abdefghi", "c"),
            ("swCell", "w:val='00c0'", "abcdefhi", "g"),
            ("swCell", "w:val='0080'", "abcdefghi", ""),
            ("seCell", "w:val='0140'", "abcdefgh", "i"),
            ("nowhere", "w:val='07ff'", "abcdefghi", ""),
        ] {
            check(&part(name, "HIDE"), look, shown, hidden);
        }
    }

    #[test]
    fn the_nearer_part_and_the_nearer_style_count() {
        let whole = "<w:style w:type='table' w:styleId='B'>HIDE</w:style>";
        let based = "<w:basedOn w:val='B'/>";
        let own = |inside: &str| {
            format!("{whole}<w:style w:type='table' w:styleId='T'>{based}{inside}</w:style>")
        };
        check(&own(""), "w:val='0000'", "", "abcdefghi");
        check(&own("SHOW"), "w:val='0000'", "abcdefghi", "");
        let head = "<w:tblStylePr w:type='firstRow'>SHOW</w:tblStylePr>";
        check(&own(head), "w:val='0020'", "abc", "defghi");
        let foot = "<w:tblStylePr w:type='lastRow'>HIDE</w:tblStylePr>\
             <w:tblStylePr w:type='swCell'>SHOW</w:tblStylePr>";
        let style = format!("<w:style w:type='table' w:styleId='T'>{foot}</w:style>");
        check(&style, "w:val='00c0'", "abcdefg", "hi");
        // Two that hide turn the switch twice.
        let normal = "<w:style w:type='paragraph' w:default='1' w:styleId='N'>HIDE</w:style>";
        check(&(own("") + normal), "w:val='0000'", "abcdefghi", "");
    }
}
