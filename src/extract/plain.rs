//! Text files, and those that are tables: CSV and its like.

use super::harvest::{Harvest, Place};
use crate::mail::charset;

/// Rows that a delimiter is judged by.
const SAMPLE: usize = 50;

/// Reads a text file in whatever charset it is.
pub(crate) fn read(bytes: &[u8], place: &Place, harvest: &mut Harvest<'_>) {
    let text = charset::decode(
        bytes,
        charset::sniff_utf16(bytes).map(encoding_rs::Encoding::name),
    );
    if !harvest.decoded(place, text.len()) {
        return;
    }
    match delimiter(&text).or_else(|| called_table(&text, harvest.name(place))) {
        Some(delimiter) => {
            harvest.kind(place, if delimiter == b'\t' { "tsv" } else { "csv" });
            let rows = rows(&text, delimiter);
            // One row alone is no heading.
            let here = match rows.lines().nth(1) {
                Some(_) => place.clone().table(),
                None => place.clone(),
            };
            harvest.text(&here, rows);
        }
        None => {
            harvest.kind(place, "text");
            harvest.text(place, text);
        }
    }
}

/// Text inside another file, which it says nothing of.
pub(crate) fn read_into(bytes: &[u8], place: &Place, harvest: &mut Harvest<'_>) {
    let text = charset::decode(
        bytes,
        charset::sniff_utf16(bytes).map(encoding_rs::Encoding::name),
    );
    if harvest.decoded(place, text.len()) {
        harvest.text(place, text);
    }
}

/// The delimiter of a table: one that stands equally often in nearly every
/// row, quotes minded. Prose has commas too, but not the same number a line.
fn delimiter(text: &str) -> Option<u8> {
    b"\t,;|".iter().copied().find(|&delimiter| {
        if !text.as_bytes().contains(&delimiter) {
            return false;
        }
        let head = &text[..text.floor_char_boundary(64 * 1024)];
        let mut reader = reader(delimiter, head);
        let mut counts = Vec::new();
        let mut record = csv::ByteRecord::new();
        while counts.len() < SAMPLE && matches!(reader.read_byte_record(&mut record), Ok(true)) {
            counts.push(record.len());
        }
        // The last row of the sample may be cut.
        if counts.len() > 2 && head.len() < text.len() {
            counts.pop();
        }
        let Some(&columns) = counts
            .iter()
            .max_by_key(|&&n| counts.iter().filter(|&&m| m == n).count())
        else {
            return false;
        };
        let alike = counts.iter().filter(|&&n| n == columns).count();
        let enough = if columns >= 3 { 2 } else { 3 };
        columns >= 2 && counts.len() >= enough && alike * 10 >= counts.len() * 8
    })
}

/// What is called a table opens as one, however uneven its rows are: the
/// delimiter that most of them have.
fn called_table(text: &str, name: &str) -> Option<u8> {
    let end = name.rsplit_once('.')?.1;
    if !["csv", "tsv", "tab"]
        .iter()
        .any(|table| end.eq_ignore_ascii_case(table))
    {
        return None;
    }
    let head = &text.as_bytes()[..text.floor_char_boundary(64 * 1024)];
    let rows = |delimiter: u8| {
        let lines = head.split(|&byte| byte == b'\n');
        lines.filter(|line| line.contains(&delimiter)).count()
    };
    let most = b"|;,\t"
        .iter()
        .copied()
        .max_by_key(|&delimiter| rows(delimiter))?;
    (rows(most) > 0).then_some(most)
}

fn reader(delimiter: u8, text: &str) -> csv::Reader<&[u8]> {
    csv::ReaderBuilder::new()
        .delimiter(delimiter)
        .has_headers(false)
        .flexible(true)
        .from_reader(text.as_bytes())
}

/// The table with tabs between cells; line breaks inside a cell are spaces.
fn rows(text: &str, delimiter: u8) -> String {
    let mut out = String::with_capacity(text.len());
    let mut reader = reader(delimiter, text.trim_start_matches('\u{feff}'));
    let mut record = csv::ByteRecord::new();
    while matches!(reader.read_byte_record(&mut record), Ok(true)) {
        for (i, cell) in record.iter().enumerate() {
            if i > 0 {
                out.push('\t');
            }
            push_cell(&mut out, &String::from_utf8_lossy(cell));
        }
        out.push('\n');
    }
    out
}

/// A cell's text on one line and without tabs.
pub(crate) fn push_cell(out: &mut String, cell: &str) {
    let cell = cell.trim();
    if memchr::memchr3(b'\n', b'\r', b'\t', cell.as_bytes()).is_none() {
        out.push_str(cell);
        return;
    }
    out.extend(cell.chars().map(|c| {
        if matches!(c, '\n' | '\r' | '\t') {
            ' '
        } else {
            c
        }
    }));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Option<&str>) {
        assert_eq!(
            delimiter(text).map(|found| rows(text, found)).as_deref(),
            expected,
            "{text}"
        );
    }

    #[test]
    fn tables_are_told_from_prose() {
        check(
            "Name,Form\nZoë,7B\nJo,8A\n",
            Some("Name\tForm\nZoë\t7B\nJo\t8A\n"),
        );
        check(
            "Name;Form;UPN\r\nZoë;7B;X1\r\n",
            Some("Name\tForm\tUPN\nZoë\t7B\tX1\n"),
        );
        check("a\tb\tc\nd\te\tf\n", Some("a\tb\tc\nd\te\tf\n"));
        check(
            "\"Quill, Zoë\",7B,\"two\nlines\"\nx,y,z\n",
            Some("Quill, Zoë\t7B\ttwo lines\nx\ty\tz\n"),
        );
        check("Dear all,\n\nPlease come, if you can.\nBye\n", None);
        check("Dear all, and friends\nYours, me\n", None);
        check("one line, two parts", None);
        check("", None);
    }
}
