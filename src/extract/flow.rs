//! Running text with lines and tables, put together from pieces.
//!
//! White space is not written when it is met, but when text follows it: so a
//! paragraph inside a table's cell does not tear the row apart, and nothing
//! ends in blanks.

#[derive(Debug, Default)]
pub(crate) struct Flow {
    out: String,
    space: bool,
    line: bool,
    /// A row has begun and has no text yet.
    row: bool,
    tabs: usize,
    /// Nothing was written in this cell yet.
    fresh_cell: bool,
}

/// Empty cells in a row beyond this are not counted out.
const MOST_TABS: usize = 256;

impl Flow {
    pub(crate) fn with_capacity(bytes: usize) -> Self {
        Self {
            out: String::with_capacity(bytes),
            ..Self::default()
        }
    }

    /// Text with its white space folded as HTML does it; gives the bytes that
    /// it became.
    pub(crate) fn text(&mut self, text: &str) -> std::ops::Range<usize> {
        let before = self.out.len();
        let mut rest = text;
        loop {
            let word = rest.trim_start_matches(is_space);
            if word.len() < rest.len() {
                self.space = true;
            }
            if word.is_empty() {
                break;
            }
            let end = word.find(is_space).unwrap_or(word.len());
            self.flush();
            self.out.push_str(&word[..end]);
            rest = &word[end..];
        }
        before..self.out.len()
    }

    /// Text whose line breaks and spaces stand.
    pub(crate) fn preformatted(&mut self, text: &str) -> std::ops::Range<usize> {
        let before = self.out.len();
        if !text.is_empty() {
            self.flush();
            self.out.push_str(text);
        }
        before..self.out.len()
    }

    /// What follows begins on a line of its own.
    pub(crate) fn block(&mut self) {
        if !self.fresh_cell {
            self.line = true;
        }
    }

    /// A line break, in a cell too.
    pub(crate) fn line_break(&mut self) {
        self.line = true;
        self.fresh_cell = false;
    }

    pub(crate) fn row(&mut self) {
        self.line = true;
        self.row = true;
        self.tabs = 0;
        self.fresh_cell = false;
    }

    pub(crate) fn cell(&mut self, first: bool) {
        // Words may stand before a row's first cell, outside of any.
        let begun = !self.line && !self.out.is_empty() && !self.out.ends_with('\n');
        if !first || begun {
            // A line that a paragraph of the last cell asked for is none.
            self.line &= self.row;
            self.tabs = (self.tabs + 1).min(MOST_TABS);
        }
        self.space = false;
        self.fresh_cell = true;
    }

    /// The table has ended.
    pub(crate) fn table_end(&mut self) {
        self.fresh_cell = false;
        self.line = true;
        self.tabs = 0;
    }

    fn flush(&mut self) {
        if self.line && !self.out.is_empty() {
            if !self.out.ends_with('\n') {
                self.out.push('\n');
            }
        } else if self.space
            && self.tabs == 0
            && !self.out.is_empty()
            && !self.out.ends_with(['\n', '\t'])
        {
            self.out.push(' ');
        }
        self.out.extend(std::iter::repeat_n('\t', self.tabs));
        self.tabs = 0;
        self.space = false;
        self.line = false;
        self.row = false;
        self.fresh_cell = false;
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.out
    }

    pub(crate) fn finish(self) -> String {
        self.out
    }
}

/// HTML's white space, and the spaces that mail programs put for layout.
fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\n' | '\t' | '\r' | '\u{c}' | '\u{a0}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_and_cells_hold_paragraphs() {
        let mut flow = Flow::default();
        flow.text("Before");
        for row in [["a", "b"], ["", "d"]] {
            flow.row();
            for (i, cell) in row.iter().enumerate() {
                flow.cell(i == 0);
                flow.block();
                flow.text(cell);
                flow.block();
            }
        }
        flow.table_end();
        flow.text("After  that ");
        assert_eq!(flow.finish(), "Before\na\tb\n\td\nAfter that");
    }
}
