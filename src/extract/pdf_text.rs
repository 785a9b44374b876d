//! The text of a PDF page, drawn from its content stream: words and lines by
//! where the letters stand.
//!
//! No layout is guessed beyond that. What is drawn in the order of rows comes
//! out in rows, with tabs where a gap is as wide as a column's.

use std::rc::Rc;

use lopdf::{Dictionary, Document, Object, ObjectId};

use super::pdf_content::{Token, Tokens};
use super::pdf_filter::{self, Endless};
use super::pdf_font::{Font, Fonts};

/// Forms drawn inside forms.
const DEEPEST: u32 = 8;
/// What drawing a form costs beside its bytes.
const COST_OF_A_FORM: usize = 1024;
/// Saved graphics states.
const MOST_STATES: usize = 256;
/// Operands before an operator; arrays of text are long.
const MOST_OPERANDS: usize = 100_000;

/// What one page shows.
#[derive(Debug, Default)]
pub(crate) struct Page {
    pub(crate) text: String,
    /// Pixels of its pictures, all together.
    pub(crate) pixels: u64,
    /// Something is painted that is no text of a known font.
    pub(crate) paints: bool,
    /// All its text is in `text`, as far as can be known.
    pub(crate) covered: bool,
    /// Codes without a meaning that is known, where they are more than a few.
    pub(crate) lacks: usize,
    /// It met the end of its budget.
    pub(crate) endless: bool,
    /// Something that it draws is not there, or not whole.
    pub(crate) lost: bool,
    /// Bytes of its own content.
    pub(crate) size: usize,
}

/// Draws a page. `budget` is bytes of content that may be read, forms
/// included; `room` is bytes of text that it may have.
pub(crate) fn draw(
    document: &Document,
    id: ObjectId,
    content: &[u8],
    fonts: &mut Fonts,
    budget: &mut usize,
    room: usize,
) -> Page {
    let resources = page_resources(document, id);
    let mut painter = Painter {
        document,
        fonts,
        budget,
        room,
        out: String::with_capacity((content.len() / 4).min(room)),
        pen: None,
        pixels: 0,
        paints: false,
        unknown: 0,
        known: 0,
        missing_font: false,
        endless: false,
        lost: false,
    };
    painter.content(content, &resources, State::default(), 0);
    // A few codes without meaning are bullets and the like.
    let lacks = painter.unknown * 20 > painter.known;
    let covered = !painter.missing_font && !lacks;
    Page {
        text: painter.out,
        pixels: painter.pixels,
        paints: painter.paints || painter.unknown > 0,
        covered,
        lacks: if lacks { painter.unknown } else { 0 },
        endless: painter.endless,
        lost: painter.lost,
        size: content.len(),
    }
}

fn page_resources(document: &Document, id: ObjectId) -> Vec<&Dictionary> {
    let Ok((own, referenced)) = document.get_page_resources(id) else {
        return Vec::new();
    };
    let referenced = referenced
        .into_iter()
        .filter_map(|id| document.get_dictionary(id).ok());
    own.into_iter().chain(referenced).collect()
}

type Matrix = [f32; 6];

const IDENTITY: Matrix = [1.0, 0.0, 0.0, 1.0, 0.0, 0.0];

/// `first` and then `second`.
fn multiply(first: &Matrix, second: &Matrix) -> Matrix {
    let [a, b, c, d, e, f] = *first;
    let [g, h, i, j, k, l] = *second;
    [
        a * g + b * i,
        a * h + b * j,
        c * g + d * i,
        c * h + d * j,
        e * g + f * i + k,
        e * h + f * j + l,
    ]
}

#[derive(Debug, Clone)]
struct State {
    matrix: Matrix,
    font: Option<Rc<Font>>,
    size: f32,
    letter_spacing: f32,
    word_spacing: f32,
    stretch: f32,
    leading: f32,
}

impl Default for State {
    fn default() -> Self {
        Self {
            matrix: IDENTITY,
            font: None,
            size: 0.0,
            letter_spacing: 0.0,
            word_spacing: 0.0,
            stretch: 1.0,
            leading: 0.0,
        }
    }
}

/// Where the last letter ended, on the page.
#[derive(Debug, Clone, Copy)]
struct Pen {
    x: f32,
    y: f32,
    direction: (f32, f32),
}

struct Painter<'a, 'b> {
    document: &'a Document,
    fonts: &'b mut Fonts,
    budget: &'b mut usize,
    room: usize,
    out: String,
    pen: Option<Pen>,
    pixels: u64,
    paints: bool,
    unknown: usize,
    known: usize,
    missing_font: bool,
    endless: bool,
    lost: bool,
}

impl<'a> Painter<'a, '_> {
    fn content(
        &mut self,
        content: &[u8],
        resources: &[&'a Dictionary],
        mut state: State,
        depth: u32,
    ) {
        let mut saved: Vec<State> = Vec::new();
        let mut text = IDENTITY;
        let mut line = IDENTITY;
        let mut operands: Vec<Token<'_>> = Vec::new();
        let mut tokens = Tokens::new(content);
        while let Some(token) = tokens.next() {
            self.endless |= self.out.len() > self.room;
            if self.endless {
                return;
            }
            let Token::Operator(operator) = token else {
                if operands.len() < MOST_OPERANDS {
                    operands.push(token);
                }
                continue;
            };
            let number = |index: usize| match operands.get(index) {
                Some(Token::Number(number)) => *number,
                _ => 0.0,
            };
            match operator {
                b"BT" => {
                    text = IDENTITY;
                    line = IDENTITY;
                }
                b"Tf" => {
                    if let [Token::Name(name), ..] = operands.as_slice() {
                        state.font = self.font(name, resources);
                        state.size = number(1);
                    }
                }
                b"Tc" => state.letter_spacing = number(0),
                b"Tw" => state.word_spacing = number(0),
                b"Tz" => state.stretch = number(0) / 100.0,
                b"TL" => state.leading = number(0),
                b"Td" | b"TD" => {
                    if operator == b"TD" {
                        state.leading = -number(1);
                    }
                    line = multiply(&[1.0, 0.0, 0.0, 1.0, number(0), number(1)], &line);
                    text = line;
                }
                b"Tm" => {
                    line = std::array::from_fn(number);
                    text = line;
                }
                b"T*" => {
                    line = multiply(&[1.0, 0.0, 0.0, 1.0, 0.0, -state.leading], &line);
                    text = line;
                }
                b"Tj" | b"TJ" => self.show(&operands, &state, &mut text),
                b"'" | b"\"" => {
                    if operator == b"\"" {
                        state.word_spacing = number(0);
                        state.letter_spacing = number(1);
                    }
                    line = multiply(&[1.0, 0.0, 0.0, 1.0, 0.0, -state.leading], &line);
                    text = line;
                    let last = operands.len().saturating_sub(1);
                    self.show(&operands[last..], &state, &mut text);
                }
                b"cm" => state.matrix = multiply(&std::array::from_fn(number), &state.matrix),
                b"q" if saved.len() < MOST_STATES => saved.push(state.clone()),
                b"Q" => {
                    if let Some(last) = saved.pop() {
                        state = last;
                    }
                }
                b"Do" => {
                    if let [Token::Name(name)] = operands.as_slice() {
                        self.draw_object(name, resources, &state, depth);
                    }
                }
                b"ID" => {
                    self.pixels += inline_pixels(&operands);
                    tokens.skip_image();
                }
                b"f" | b"F" | b"f*" | b"B" | b"B*" | b"b" | b"b*" | b"sh" => self.paints = true,
                _ => {}
            }
            operands.clear();
        }
    }

    fn font(&mut self, name: &[u8], resources: &[&'a Dictionary]) -> Option<Rc<Font>> {
        let font =
            resource(self.document, resources, b"Font", name).and_then(|font| font.as_dict().ok());
        // Whatever is written in it is guessed at, by every reader in its own way.
        self.lost |= font.is_none();
        font.map(|font| self.fonts.of(font, self.document))
    }

    /// Draws a form, or measures a picture.
    fn draw_object(
        &mut self,
        name: &[u8],
        resources: &[&'a Dictionary],
        state: &State,
        depth: u32,
    ) {
        let object = resource(self.document, resources, b"XObject", name)
            .and_then(|object| object.as_stream().ok());
        let Some(stream) = object else {
            self.lost = true;
            return;
        };
        match stream
            .dict
            .get_deref(b"Subtype", self.document)
            .and_then(Object::as_name)
        {
            Ok(b"Image") => self.pixels += pixels(&stream.dict, self.document),
            Ok(b"Form") if depth < DEEPEST && !self.endless => {
                let mut content = Vec::new();
                match pdf_filter::unpack(stream, self.document, *self.budget, &mut content) {
                    Ok(whole) => self.lost |= !whole,
                    Err(Endless) => {
                        self.endless = true;
                        return;
                    }
                }
                // Forms that are drawn again and again are read each time, and
                // each time they cost.
                *self.budget = self.budget.saturating_sub(content.len() + COST_OF_A_FORM);
                let own = stream
                    .dict
                    .get_deref(b"Resources", self.document)
                    .and_then(Object::as_dict)
                    .ok();
                let inner: Vec<&Dictionary> = own
                    .into_iter()
                    .chain(resources.iter().copied())
                    .take(16)
                    .collect();
                let mut state = state.clone();
                if let Ok(matrix) = stream
                    .dict
                    .get_deref(b"Matrix", self.document)
                    .and_then(Object::as_array)
                    && matrix.len() == 6
                {
                    let matrix: Matrix =
                        std::array::from_fn(|i| matrix[i].as_float().unwrap_or(0.0));
                    state.matrix = multiply(&matrix, &state.matrix);
                }
                self.content(&content, &inner, state, depth + 1);
            }
            // What only printers draw.
            Ok(b"PS") => {}
            _ => self.lost = true,
        }
    }

    fn show(&mut self, operands: &[Token<'_>], state: &State, text: &mut Matrix) {
        // Text in no font at all is shown by some readers in one of their own.
        let font = match &state.font {
            Some(font) => Rc::clone(font),
            None => self.fonts.default_font(),
        };
        for operand in operands {
            match operand {
                Token::String(string) => self.show_string(string, &font, state, text),
                Token::Number(number) => {
                    let shift = -number / 1000.0 * state.size * state.stretch;
                    *text = multiply(&[1.0, 0.0, 0.0, 1.0, shift, 0.0], text);
                }
                _ => {}
            }
        }
    }

    fn show_string(&mut self, string: &[u8], font: &Font, state: &State, text: &mut Matrix) {
        if string.is_empty() {
            return;
        }
        self.missing_font |= !font.covered;
        self.lost |= font.broken;
        let placed = multiply(text, &state.matrix);
        let scale = placed[0].hypot(placed[1]);
        let height = (state.size * placed[2].hypot(placed[3])).abs();
        let direction = if scale > 0.0 {
            (placed[0] / scale, placed[1] / scale)
        } else {
            (1.0, 0.0)
        };
        self.separate(placed[4], placed[5], direction, height);
        let mut advance = 0.0;
        for (code, width) in font.codes(string) {
            if font.put(code, &mut self.out) {
                self.known += 1;
            } else {
                self.unknown += 1;
            }
            let spacing = state.letter_spacing
                + if font.is_space(code) {
                    state.word_spacing
                } else {
                    0.0
                };
            advance += (width / 1000.0 * state.size + spacing) * state.stretch;
        }
        *text = multiply(&[1.0, 0.0, 0.0, 1.0, advance, 0.0], text);
        let end = multiply(text, &state.matrix);
        // The spacing behind the last letter is no gap, nor does it bridge one.
        self.pen = Some(Pen {
            x: end[4],
            y: end[5],
            direction,
        });
    }

    /// Puts what lies between the last letter and the next: nothing, a space,
    /// a tab or a line break.
    fn separate(&mut self, x: f32, y: f32, direction: (f32, f32), height: f32) {
        let Some(pen) = self.pen else { return };
        let (dx, dy) = (x - pen.x, y - pen.y);
        let along = dx * direction.0 + dy * direction.1;
        let across = (dx * direction.1 - dy * direction.0).abs();
        let turned =
            (pen.direction.0 - direction.0).abs() + (pen.direction.1 - direction.1).abs() > 0.2;
        let gap = if turned || across > height * 0.5 || along < -height * 0.8 {
            '\n'
        } else if along > height * 1.5 {
            '\t'
        } else if along > height * 0.17 {
            ' '
        } else {
            return;
        };
        if gap == ' ' && self.out.ends_with([' ', '\t', '\n']) {
            return;
        }
        self.out.push(gap);
    }
}

/// The pixels of a picture (ISO 32000-1 section 8.9.5).
fn pixels(picture: &Dictionary, document: &Document) -> u64 {
    let side = |key| {
        let side = picture.get_deref(key, document).and_then(Object::as_i64);
        side.ok().and_then(|side| u64::try_from(side).ok())
    };
    let (width, height) = (side(b"Width"), side(b"Height"));
    width.unwrap_or(0).saturating_mul(height.unwrap_or(0))
}

/// The same of one in the content itself, whose keys are short.
fn inline_pixels(operands: &[Token<'_>]) -> u64 {
    let side = |short: &[u8], long: &[u8]| {
        operands.windows(2).find_map(|pair| match pair {
            [Token::Name(name), Token::Number(side)] if *name == short || *name == long => {
                Some(*side as u64)
            }
            _ => None,
        })
    };
    let (width, height) = (side(b"W", b"Width"), side(b"H", b"Height"));
    width.unwrap_or(0).saturating_mul(height.unwrap_or(0))
}

fn resource<'a>(
    document: &'a Document,
    resources: &[&'a Dictionary],
    kind: &[u8],
    name: &[u8],
) -> Option<&'a Object> {
    resources.iter().find_map(|resources| {
        let named = resources
            .get_deref(kind, document)
            .and_then(Object::as_dict)
            .ok()?;
        named.get_deref(name, document).ok()
    })
}
