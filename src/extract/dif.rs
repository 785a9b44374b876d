//! Tables in VisiCalc's format for exchange (DIF), which Excel and LibreOffice
//! still write and open: two lines for each cell.

use super::grid::Grid;
use super::harvest::{Harvest, Place};
use crate::mail::charset;

/// What comes next.
const NUMBER: &str = "0";
const STRING: &str = "1";
const MARK: &str = "-1";

pub(crate) fn is_one(head: &[u8]) -> bool {
    let mut lines = head.split(|&byte| byte == b'\n').map(<[u8]>::trim_ascii);
    lines.next() == Some(b"TABLE") && lines.next().is_some_and(|line| line.starts_with(b"0,"))
}

pub(crate) fn read(bytes: &[u8], place: &Place, harvest: &mut Harvest<'_>) {
    harvest.kind(place, "dif");
    let utf_16 = charset::sniff_utf16(bytes).map(encoding_rs::Encoding::name);
    let text = charset::decode(bytes, utf_16);
    if !harvest.decoded(place, text.len()) {
        return;
    }
    let mut lines = text.lines();
    // Before the cells there are headings of three lines, of which the last
    // may be words.
    let mut headings = String::new();
    while let Some(topic) = lines.next().filter(|topic| topic.trim() != "DATA") {
        let _numbers = lines.next();
        let words = unquoted(lines.next().unwrap_or_default());
        if !words.is_empty() {
            headings.push_str(&format!("{}\t{words}\n", topic.trim()));
        }
    }
    harvest.text(&place.hidden("headings, hidden"), headings);
    // Of the line that says so, two more.
    let mut lines = lines.skip(2);
    let mut grid = Grid::new();
    let (mut rows, mut column) = (0_u32, 0_u32);
    let room = harvest.text_room(place);
    while let (Some(value), Some(words)) = (lines.next(), lines.next())
        && grid.len() <= room
    {
        let (kind, number) = value.split_once(',').unwrap_or((value, ""));
        match (kind.trim(), words.trim()) {
            (MARK, "BOT") => (rows, column) = (rows.saturating_add(1), 0),
            (MARK, "EOD") => break,
            (kind @ (NUMBER | STRING), words) => {
                let text = match kind {
                    NUMBER if words == "V" => number.trim().to_owned(),
                    // A truth, or a fault.
                    _ => unquoted(words),
                };
                grid.cell(rows.saturating_sub(1), column, &text);
                column = column.saturating_add(1);
            }
            _ => {}
        }
    }
    grid.finish(place, harvest);
}

fn unquoted(words: &str) -> String {
    let words = words.trim();
    let words = words.strip_prefix('"').unwrap_or(words);
    let words = words.strip_suffix('"').unwrap_or(words);
    words.replace("\"\"", "\"")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extract::Budget;

    const SAMPLE: &str = "TABLE\r\n0,1\r\n\"Class 7B\"\r\nVECTORS\r\n0,2\r\n\"\"\r\nDATA\r\n0,0\r\n\"\"\r\n\
        -1,0\r\nBOT\r\n1,0\r\n\"Name\"\r\n1,0\r\n\"Marks\"\r\n-1,0\r\nBOT\r\n1,0\r\n\"Zoe \"\"Z\"\" Quill\"\r\n0,17\r\nV\r\n-1,0\r\nEOD\r\n";

    fn texts(text: &str) -> Vec<(String, String)> {
        let budget = Budget::default();
        let mut harvest = Harvest::new(&budget);
        read(
            text.as_bytes(),
            &Place::message().within("a.dif"),
            &mut harvest,
        );
        let texts = harvest.finish().texts.into_iter();
        texts
            .map(|text| (text.location.to_string(), text.text))
            .collect()
    }

    #[test]
    fn cells_stand_in_their_rows() {
        assert!(is_one(SAMPLE.as_bytes()));
        let expected = [
            ("a.dif \u{203a} headings, hidden", "TABLE\tClass 7B\n"),
            ("a.dif", "Name\tMarks\nZoe \"Z\" Quill\t17"),
        ];
        let expected = expected.map(|(place, text)| (place.to_owned(), text.to_owned()));
        assert_eq!(texts(SAMPLE), expected);
    }

    #[test]
    fn tables_cut_anywhere_are_borne() {
        for length in (0..SAMPLE.len()).filter(|at| SAMPLE.is_char_boundary(*at)) {
            assert!(texts(&SAMPLE[..length]).len() <= 2);
        }
        for text in ["TABLE\nis laid", "TABLE", "", "TABLES\n0,1\n"] {
            assert!(!is_one(text.as_bytes()), "{text}");
        }
    }
}
