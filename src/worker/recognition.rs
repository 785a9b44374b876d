//! A page's picture into words: the one place where Exeat runs other people's
//! programs, in a worker that can do nothing else (see [`sandbox`]).
//!
//! [`sandbox`]: super::sandbox

use std::io::{self, Read, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use image::GrayImage;
use serde::{Deserialize, Serialize};

use super::tools::{Tool, Tools};
use crate::extract::{self, Blind, Form};

/// The longer side of a rendered page, in pixels: A4 at 250 dpi.
const RENDERED: u32 = 2_923;
/// Bytes that a program may answer.
const MOST_ANSWER: u64 = 16 * 1024 * 1024; // 16 MB
/// What the lines of a table are taken for.
const LINES: [char; 6] = ['|', '[', ']', '{', '}', '_'];

/// What was seen on a page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Sight {
    /// Its text; empty where there is none.
    Text(String),
    /// A program that it takes is not there.
    Without(Tool),
    TooLarge,
    Damaged,
}

/// Looks at a page, from 1, of a picture or a PDF.
pub(super) fn see(form: Form, page: u32, bytes: &[u8], tools: &Tools) -> Sight {
    let picture = match form {
        Form::Picture => extract::decode(bytes, page),
        Form::Pdf => match &tools.pdftoppm {
            Some(pdftoppm) => render(pdftoppm, bytes, page).ok_or(Blind::Damaged),
            None => return Sight::Without(Tool::Pdftoppm),
        },
    };
    let picture = match picture {
        Ok(picture) => extract::fit(picture),
        Err(Blind::TooLarge) => return Sight::TooLarge,
        Err(Blind::Damaged) => return Sight::Damaged,
    };
    let Some(tesseract) = &tools.tesseract else {
        return Sight::Without(Tool::Tesseract);
    };
    match recognise(tesseract, &picture) {
        Ok(words) => Sight::Text(text(&words)),
        Err(_) => Sight::Damaged,
    }
}

fn render(pdftoppm: &Path, pdf: &[u8], page: u32) -> Option<GrayImage> {
    let (page, size) = (page.to_string(), RENDERED.to_string());
    let mut command = Command::new(pdftoppm);
    command.args([
        "-q",
        "-gray",
        "-f",
        &page,
        "-l",
        &page,
        "-scale-to",
        &size,
        "-",
    ]);
    let pgm = answer(&mut command, |input| input.write_all(pdf)).ok()?;
    extract::rendered(&pgm)
}

/// The words of a picture as tesseract's table (TSV).
fn recognise(tesseract: &Path, picture: &GrayImage) -> io::Result<Vec<u8>> {
    let mut command = Command::new(tesseract);
    // One column of text, of any sizes: the cells of a row stay in one line.
    command.args(["stdin", "stdout", "-l", "eng", "--psm", "4"]);
    command.args(["-c", "tessedit_create_tsv=1"]);
    answer(&mut command, |input| {
        let (width, height) = picture.dimensions();
        write!(input, "P5\n{width} {height}\n255\n")?;
        input.write_all(picture.as_raw())
    })
}

/// Runs a program that takes its input whole before it answers.
fn answer(
    command: &mut Command,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<Vec<u8>> {
    // Its complaints go where the worker's own go: nowhere.
    let mut child = command
        .env_clear()
        // The other cores belong to mail without pictures.
        .env("OMP_THREAD_LIMIT", "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    let written = child
        .stdin
        .take()
        .map_or(Ok(()), |mut input| write(&mut input));
    let mut answer = Vec::new();
    if let Some(output) = child.stdout.take() {
        output.take(MOST_ANSWER).read_to_end(&mut answer)?;
    }
    let status = child.wait()?;
    written?;
    match status.success() {
        true => Ok(answer),
        false => Err(io::Error::other("the program failed")),
    }
}

/// The text of tesseract's table: a line a line, and a tab where a gap is as
/// wide as a column's.
fn text(words: &[u8]) -> String {
    let mut text = String::new();
    let words = String::from_utf8_lossy(words);
    let mut last: Option<Word<'_>> = None;
    for word in words.lines().filter_map(Word::parse) {
        match &last {
            Some(before) if before.line == word.line => {
                let gap = word.left - before.right;
                let wide = gap > word.height.max(before.height) * 1.5;
                text.push(if wide { '\t' } else { ' ' });
            }
            Some(_) => text.push('\n'),
            None => {}
        }
        text.push_str(word.text);
        last = Some(word);
    }
    text
}

/// A row of level 5.
struct Word<'t> {
    /// Block, paragraph and line.
    line: [u32; 3],
    left: f32,
    right: f32,
    height: f32,
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
        // How sure tesseract is says little: of words beside a table's lines it
        // is not at all, and is right.
        let _sure = number()?;
        let text = cells.next()?.trim().trim_matches(LINES);
        let is_word = level == 5.0 && text.contains(char::is_alphanumeric);
        is_word.then_some(Self {
            line,
            left,
            right: left + width,
            height,
            text,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::text;

    const HEAD: &str = "level\tpage_num\tblock_num\tpar_num\tline_num\tword_num\tleft\ttop\twidth\theight\tconf\ttext\n";

    #[test]
    fn lines_and_columns_are_kept() {
        let rows = [
            "1\t1\t0\t0\t0\t0\t0\t0\t827\t1170\t-1\t",
            "5\t1\t1\t1\t1\t1\t60\t90\t40\t12\t96.1\tZoë",
            "5\t1\t1\t1\t1\t2\t105\t90\t60\t12\t95\tQuill",
            "5\t1\t1\t1\t1\t3\t300\t90\t80\t12\t91\t2014-09-03",
            "5\t1\t1\t1\t2\t1\t60\t110\t50\t12\t0\t|Oban_",
            "5\t1\t1\t1\t2\t2\t400\t110\t3\t40\t4\t|",
            "5\t1\t1\t1\t2\t3\t420\t110\t3\t40\t4\t~—",
            "5\t1\t2\t1\t1\t1\t60\t190\t50\t12\t93\tMarsh",
            "5\t1\t2\t1\t1\t2\t115\t190\t50\t12\t95\t ",
        ];
        let table = format!("{HEAD}{}\n", rows.join("\n"));
        assert_eq!(text(table.as_bytes()), "Zoë Quill\t2014-09-03\nOban\nMarsh");
    }

    #[test]
    fn a_table_that_is_none_has_no_words() {
        for bad in [
            "",
            HEAD,
            "5\t1\t1",
            "5\tx\t1\t1\t1\t1\t1\t1\t1\t1\t99\tword",
            "\u{fffd}",
        ] {
            assert_eq!(text(bad.as_bytes()), "", "{bad:?}");
        }
    }
}
