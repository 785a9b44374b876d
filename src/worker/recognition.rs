//! A page's picture into words: the one place where Exeat runs other people's
//! programs, in a worker that can do nothing else (see [`sandbox`]).
//!
//! [`sandbox`]: super::sandbox

use std::io::{self, Read, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use image::{GrayImage, imageops};
use serde::{Deserialize, Serialize};

use super::layout::Page;
use super::tools::{Tool, Tools};
use crate::extract::{self, Blind, Form, Glance};

/// The longer side of a rendered page, in pixels: A4 at 250 dpi.
const RENDERED: u32 = 2_923;
/// Fewer letters than these are specks that happen to look like some.
const MANY: usize = 20;
/// Bytes that a program may answer.
const MOST_ANSWER: u64 = 16 * 1024 * 1024; // 16 MB

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
    let turns = match extract::glance(&picture) {
        Glance::Nothing => return Sight::Text(String::new()),
        Glance::Across => &[Turn::None, Turn::Half][..],
        Glance::Along { across: false } => &[Turn::Right, Turn::Left],
        Glance::Along { across: true } => &[Turn::Right, Turn::Left, Turn::None, Turn::Half],
    };
    let Some(tesseract) = &tools.tesseract else {
        return Sight::Without(Tool::Tesseract);
    };
    match read(tesseract, &extract::magnify(picture), turns) {
        Ok(page) => Sight::Text(page.text),
        Err(_) => Sight::Damaged,
    }
}

/// How a picture is turned before it is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Turn {
    None,
    Right,
    Half,
    Left,
}

/// What tesseract is surest of: pages lie in copiers on their side, or on their
/// head.
fn read(tesseract: &Path, picture: &GrayImage, turns: &[Turn]) -> io::Result<Page> {
    let mut best = Page::default();
    for turn in turns {
        // A page on its head looks like one with many strange letters.
        if *turn == Turn::Half && best.letters < MANY {
            continue;
        }
        let page = match turn {
            Turn::None => recognise(tesseract, picture)?,
            Turn::Right => recognise(tesseract, &imageops::rotate90(picture))?,
            Turn::Half => recognise(tesseract, &imageops::rotate180(picture))?,
            Turn::Left => recognise(tesseract, &imageops::rotate270(picture))?,
        };
        if page.sure > best.sure || best.letters == 0 {
            best = page;
        }
        // Of half a page it is sure only if it holds it the right way.
        if best.sure > 0 && 2 * best.sure >= best.letters {
            break;
        }
    }
    Ok(best)
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

fn recognise(tesseract: &Path, picture: &GrayImage) -> io::Result<Page> {
    let mut command = Command::new(tesseract);
    // One column of text, of any sizes: the cells of a row stay in one line.
    command.args(["stdin", "stdout", "-l", "eng", "--psm", "4"]);
    command.args(["-c", "tessedit_create_tsv=1"]);
    let table = answer(&mut command, |input| {
        let (width, height) = picture.dimensions();
        write!(input, "P5\n{width} {height}\n255\n")?;
        input.write_all(picture.as_raw())
    })?;
    Ok(Page::of(&table))
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
