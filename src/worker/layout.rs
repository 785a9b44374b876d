//! The words that tesseract saw, as text: a line a line, and the cells of a
//! table in their columns, with tabs between them. What belongs to whom in a
//! scanned list shows in nothing else.

use std::ops::Range;

/// What the lines of a table are taken for, at a word's ends.
const LINES: [char; 6] = ['|', '[', ']', '{', '}', '_'];
/// A gap between cells is wider than this many times a word is high; a space
/// between words is half as wide at most, as long as lines are not stretched.
const GAP: f32 = 0.8;

/// Words that no gap parts, and where they stand.
struct Cell {
    left: f32,
    right: f32,
    text: String,
}

/// How sure tesseract is of a word that it reads, of a hundred.
const SURE: f32 = 70.0;

/// A page as tesseract read it.
#[derive(Debug, Default)]
pub(super) struct Page {
    pub(super) text: String,
    /// Letters and digits of its words, and of those that tesseract is sure of.
    pub(super) letters: usize,
    pub(super) sure: usize,
}

impl Page {
    /// Reads tesseract's table (TSV).
    pub(super) fn of(table: &[u8]) -> Self {
        let table = String::from_utf8_lossy(table);
        let words: Vec<Word<'_>> = table.lines().filter_map(Word::parse).collect();
        let letters = |word: &Word<'_>| word.text.chars().filter(|c| c.is_alphanumeric()).count();
        Self {
            text: text(&words),
            letters: words.iter().map(letters).sum(),
            sure: words
                .iter()
                .filter(|word| word.sure >= SURE)
                .map(letters)
                .sum(),
        }
    }
}

fn text(words: &[Word<'_>]) -> String {
    let gap = GAP * usual_height(words);
    let lines: Vec<Vec<Cell>> = words
        .chunk_by(|before, word| before.line == word.line)
        .map(|line| cells(line, gap))
        .filter(|cells| !cells.is_empty())
        .collect();
    let mut text = String::new();
    // A run of lines with several cells each is a table.
    for run in lines.chunk_by(|before, line| before.len() > 1 && line.len() > 1) {
        let columns = columns(run);
        for line in run {
            put(line, &columns, &mut text);
        }
    }
    text
}

fn usual_height(words: &[Word<'_>]) -> f32 {
    let mut heights: Vec<f32> = words
        .iter()
        .filter(|word| word.is_word())
        .map(|word| word.height)
        .collect();
    heights.sort_by(f32::total_cmp);
    heights.get(heights.len() / 2).copied().unwrap_or(0.0)
}

/// The cells of a line: a wide gap parts them, or a table's line.
fn cells(words: &[Word<'_>], gap: f32) -> Vec<Cell> {
    let mut cells: Vec<Cell> = Vec::new();
    let mut parted = true;
    for word in words {
        parted |= word.text.starts_with('|');
        if word.is_word() {
            let bare = word.text.trim_matches(LINES);
            match cells.last_mut() {
                Some(cell) if !parted && word.left - cell.right < gap => {
                    cell.text.push(' ');
                    cell.text.push_str(bare);
                    cell.right = cell.right.max(word.right);
                }
                _ => cells.push(Cell {
                    left: word.left,
                    right: word.right,
                    text: bare.to_owned(),
                }),
            }
            parted = false;
        }
        parted |= word.text.ends_with('|');
    }
    cells
}

/// Where a table's columns are: what its cells cover, from top to bottom. None
/// where two cells of one line would share a column.
fn columns(lines: &[Vec<Cell>]) -> Vec<Range<f32>> {
    let mut covered: Vec<Range<f32>> = lines
        .iter()
        .flatten()
        .map(|cell| cell.left..cell.right)
        .collect();
    covered.sort_by(|one, other| one.start.total_cmp(&other.start));
    let mut columns: Vec<Range<f32>> = Vec::new();
    for cell in covered {
        match columns.last_mut() {
            Some(column) if cell.start < column.end => column.end = column.end.max(cell.end),
            _ => columns.push(cell),
        }
    }
    let shares = |line: &Vec<Cell>| {
        line.windows(2)
            .any(|pair| column_of(&pair[0], &columns) == column_of(&pair[1], &columns))
    };
    match lines.iter().any(shares) {
        true => Vec::new(),
        false => columns,
    }
}

fn column_of(cell: &Cell, columns: &[Range<f32>]) -> usize {
    columns.partition_point(|column| column.end <= cell.left)
}

fn put(line: &[Cell], columns: &[Range<f32>], text: &mut String) {
    if !text.is_empty() {
        text.push('\n');
    }
    let mut at = 0;
    for (index, cell) in line.iter().enumerate() {
        let column = match columns {
            [] => index,
            _ => column_of(cell, columns),
        };
        for _ in at..column {
            text.push('\t');
        }
        at = column;
        text.push_str(&cell.text);
    }
}

/// A row of level 5.
struct Word<'t> {
    /// Block, paragraph and line.
    line: [u32; 3],
    left: f32,
    right: f32,
    height: f32,
    /// How sure tesseract is. Of one word that says little: beside a table's
    /// lines it is not sure at all, and right.
    sure: f32,
    text: &'t str,
}

impl<'t> Word<'t> {
    fn parse(row: &'t str) -> Option<Self> {
        let mut cells = row.split('\t');
        let mut number = || cells.next()?.parse::<f32>().ok();
        let (level, _page) = (number()?, number()?);
        let line = [number()? as u32, number()? as u32, number()? as u32];
        let _word = number()?;
        let (left, _top, width, height) = (number()?, number()?, number()?, number()?);
        let sure = number()?;
        let text = cells.next()?.trim();
        (level == 5.0).then_some(Self {
            line,
            left,
            right: left + width,
            height,
            sure,
            text,
        })
    }

    /// What has no letter and no digit is a speck or a line.
    fn is_word(&self) -> bool {
        self.text.contains(char::is_alphanumeric)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Words as `line left width text`, all of them ten high.
    fn check(words: &[&str], expected: &str) {
        let mut table = String::from(
            "level\tpage_num\tblock_num\tpar_num\tline_num\tword_num\tleft\ttop\twidth\theight\tconf\ttext\n\
             1\t1\t0\t0\t0\t0\t0\t0\t827\t1170\t-1\t\n",
        );
        for word in words {
            let [line, left, width, text] = word.splitn(4, ' ').collect::<Vec<_>>()[..] else {
                panic!("{word}");
            };
            table.push_str(&format!(
                "5\t1\t1\t1\t{line}\t1\t{left}\t90\t{width}\t10\t50\t{text}\n"
            ));
        }
        assert_eq!(Page::of(table.as_bytes()).text, expected, "{words:?}");
    }

    #[test]
    fn words_make_lines() {
        check(
            &["1 60 40 Dear", "1 105 60 Zoë,", "2 60 30 your"],
            "Dear Zoë,\nyour",
        );
        check(&["1 60 40 ~", "1 105 60  ", "2 60 30 —"], "");
    }

    #[test]
    fn cells_stand_in_their_columns() {
        check(
            &[
                "1 0 200 Greenfold",
                "2 60 40 Pupil",
                "2 200 30 Date",
                "2 234 10 of",
                "2 248 30 birth",
                "2 320 40 Form",
                "3 60 40 Zoë",
                "3 104 50 Quill",
                "3 200 80 03/09/2014",
                "3 320 20 7A",
                "4 60 40 Oban",
                "4 320 20 7B",
            ],
            "Greenfold\nPupil\tDate of birth\tForm\nZoë Quill\t03/09/2014\t7A\nOban\t\t7B",
        );
    }

    #[test]
    fn a_tables_lines_part_its_cells() {
        check(
            &[
                "1 60 60 |Zoë",
                "1 124 50 Quill",
                "1 176 2 |",
                "1 180 80 03/09/2014|",
                "1 264 30 7A_",
            ],
            "Zoë Quill\t03/09/2014\t7A",
        );
    }

    #[test]
    fn columns_that_overlap_are_left_as_lines() {
        check(
            &[
                "1 0 300 wide",
                "1 320 20 b",
                "2 0 20 c",
                "2 100 20 d",
                "2 200 200 e",
            ],
            "wide\tb\nc\td\te",
        );
    }

    #[test]
    fn a_table_that_is_none_has_no_words() {
        for bad in [
            "",
            "5\t1\t1",
            "5\tx\t1\t1\t1\t1\t1\t1\t1\t1\t99\tword",
            "\u{fffd}\n\n\t\t\t",
        ] {
            assert_eq!(Page::of(bad.as_bytes()).text, "", "{bad:?}");
        }
        Page::of(
            b"5\t1\t1\t1\t1\t1\tNaN\t1\tinf\tNaN\t9\tword\n5\t1\t1\t1\t1\t1\tNaN\t1\t1\t1\t9\tword",
        );
    }
}
