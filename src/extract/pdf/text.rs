//! A PDF page drawn from its content stream, for its text: words and lines by
//! where the letters stand, and what is painted over them.
//!
//! No layout is guessed beyond that. What is drawn in the order of rows comes
//! out in rows, with tabs where a gap is as wide as a column's.
//!
//! Here its operators steer; `paint` has what they do.

use lopdf::{Dictionary, Document, Object, ObjectId};

use super::content::{Token, Tokens};
use super::font::Fonts;
use super::layers::Layers;
use super::page;
use super::paint::{inline_pixels, named, resource};
use super::path::{Area, Path};
use super::state::{IDENTITY, Ink, Space, State, multiply};
use super::view::{Hiding, View};

/// Saved graphics states.
const MOST_STATES: usize = 256;
/// Operands before an operator; arrays of text are long.
const MOST_OPERANDS: usize = 100_000;

/// What one page shows.
#[derive(Debug, Default)]
pub(crate) struct Page {
    pub(crate) text: String,
    /// Words that its reader does not see, by how they hide.
    pub(crate) hidden: Vec<(Hiding, String)>,
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

/// What the pages of a document share.
#[derive(Debug)]
pub(crate) struct Shared<'a> {
    pub(crate) document: &'a Document,
    pub(crate) fonts: Fonts,
    pub(crate) layers: Layers,
}

impl<'a> Shared<'a> {
    pub(crate) fn of(document: &'a Document) -> Self {
        Self {
            document,
            fonts: Fonts::default(),
            layers: Layers::of(document),
        }
    }
}

/// Draws a page. `budget` is bytes of content that may be read, forms
/// included; `room` is bytes of text that it may have.
pub(crate) fn draw(
    shared: &mut Shared<'_>,
    id: ObjectId,
    content: &[u8],
    budget: &mut usize,
    room: usize,
) -> Page {
    let document = shared.document;
    let resources = page_resources(document, id);
    let mut painter = Painter {
        document,
        fonts: &mut shared.fonts,
        layers: &shared.layers,
        budget,
        room,
        view: View::new(page::visible(document, id)),
        hiding: None,
        pixels: 0,
        paints: false,
        unknown: 0,
        known: 0,
        missing_font: false,
        endless: false,
        lost: false,
    };
    painter.content(content, &resources, State::default(), 0);
    painter.annotations(id);
    // A few codes without meaning are bullets and the like.
    let lacks = painter.unknown * 20 > painter.known;
    let covered = !painter.missing_font && !lacks;
    let (text, hidden) = painter.view.finish();
    Page {
        text,
        hidden,
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

/// What draws a page.
pub(crate) struct Painter<'a, 'b> {
    pub(crate) document: &'a Document,
    pub(crate) fonts: &'b mut Fonts,
    pub(crate) layers: &'b Layers,
    pub(crate) budget: &'b mut usize,
    pub(crate) room: usize,
    pub(crate) view: View,
    /// Why nothing shows of what is drawn now.
    pub(crate) hiding: Option<Hiding>,
    pub(crate) pixels: u64,
    pub(crate) paints: bool,
    pub(crate) unknown: usize,
    pub(crate) known: usize,
    pub(crate) missing_font: bool,
    pub(crate) endless: bool,
    pub(crate) lost: bool,
}

impl<'a> Painter<'a, '_> {
    /// Draws what a page or a form holds.
    pub(crate) fn content(
        &mut self,
        content: &[u8],
        resources: &[&'a Dictionary],
        mut state: State,
        depth: u32,
    ) {
        let mut saved: Vec<State> = Vec::new();
        let mut text = IDENTITY;
        let mut line = IDENTITY;
        let mut path = Path::default();
        let outside = self.hiding;
        // What hid what is drawn before each mark that is open.
        let mut marked: Vec<Option<Hiding>> = Vec::new();
        let mut operands: Vec<Token<'_>> = Vec::new();
        let mut tokens = Tokens::new(content);
        while let Some(token) = tokens.next() {
            self.endless |= self.view.letters.len() > self.room || self.view.is_full();
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
            let point = |index: usize| (number(index), number(index + 1));
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
                b"Tr" => state.mode = number(0) as u8,
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
                b"w" => state.line_width = number(0),
                b"gs" => {
                    if let [Token::Name(name)] = operands.as_slice()
                        && let Some(Object::Dictionary(settings)) =
                            resource(self.document, resources, b"ExtGState", name)
                    {
                        state.set(settings, self.document);
                    }
                }
                b"g" => state.fill = ink(Space::Grey, &operands),
                b"rg" => state.fill = ink(Space::Rgb, &operands),
                b"k" => state.fill = ink(Space::Cmyk, &operands),
                b"G" => state.line = ink(Space::Grey, &operands),
                b"RG" => state.line = ink(Space::Rgb, &operands),
                b"K" => state.line = ink(Space::Cmyk, &operands),
                b"cs" => state.fill = Ink::in_space(self.space(&operands, resources)),
                b"CS" => state.line = Ink::in_space(self.space(&operands, resources)),
                b"sc" | b"scn" => state.fill = ink(state.fill.space, &operands),
                b"SC" | b"SCN" => state.line = ink(state.line.space, &operands),
                b"re" => path.rectangle(std::array::from_fn(number), &state.matrix),
                b"m" => path.begin(point(0), &state.matrix),
                b"l" => path.line(point(0), &state.matrix),
                b"c" => {
                    for index in [0, 2, 4] {
                        path.curve(point(index), &state.matrix);
                    }
                }
                b"v" | b"y" => {
                    for index in [0, 2] {
                        path.curve(point(index), &state.matrix);
                    }
                }
                b"W" | b"W*" => path.clips = true,
                b"f" | b"F" | b"f*" | b"B" | b"B*" | b"b" | b"b*" => {
                    self.paints = true;
                    let areas = path.filled(operator.ends_with(b"*"));
                    self.paint(areas, state.fill.colour, &state);
                    path.finish(&mut state);
                }
                b"S" | b"s" => {
                    let areas = path.drawn(&state);
                    self.paint(areas, state.line.colour, &state);
                    path.finish(&mut state);
                }
                b"n" => path.finish(&mut state),
                b"sh" => {
                    self.paints = true;
                    let rect = state.clip;
                    self.paint(vec![Area { rect, exact: false }], None, &state);
                }
                b"Do" => {
                    if let [Token::Name(name)] = operands.as_slice() {
                        self.draw_object(name, resources, &state, depth);
                    }
                }
                b"ID" => {
                    self.pixels += inline_pixels(&operands);
                    self.picture(&state, false);
                    tokens.skip_image();
                }
                b"BMC" | b"BDC" => {
                    if marked.len() < MOST_STATES {
                        marked.push(self.hiding);
                    }
                    if let [Token::Name(b"OC"), Token::Name(name)] = operands.as_slice()
                        && let Some(layer) = named(self.document, resources, b"Properties", name)
                        && self.layers.is_off(layer, self.document)
                    {
                        self.hiding = self.hiding.or(Some(Hiding::Layer));
                    }
                }
                b"EMC" => self.hiding = marked.pop().unwrap_or(self.hiding),
                b"DP" => {}
                // Words before what is no operator are shown by some readers.
                _ => {
                    self.lost |= operands
                        .iter()
                        .any(|given| matches!(given, Token::String(_)))
                }
            }
            operands.clear();
        }
        self.hiding = outside;
    }
}

fn ink(space: Space, operands: &[Token<'_>]) -> Ink {
    let numbers: Vec<f32> = operands
        .iter()
        .filter_map(|operand| match operand {
            Token::Number(number) => Some(*number),
            _ => None,
        })
        .collect();
    Ink {
        space,
        colour: space.colour(&numbers),
    }
}
