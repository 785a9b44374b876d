//! What the operators of a PDF page do: letters, areas, pictures, forms and
//! notes are put where they are on the page.

use std::ops::Range;
use std::rc::Rc;

use lopdf::{Dictionary, Document, Object, ObjectId, Stream};

use super::content::Token;
use super::filter::{self, Endless};
use super::font::Font;
use super::note::{appearance, is_not_shown, numbers, of_fields, placing, said};
use super::path::{Area, Path};
use super::state::{Colour, Matrix, Space, State, moved, multiply};
use super::text::Painter;
use super::view::{Hiding, Mark, Run, squeezed};

/// Forms drawn inside forms.
const DEEPEST: u32 = 8;
/// What drawing a form costs beside its bytes.
const COST_OF_A_FORM: usize = 1024;

impl<'a> Painter<'a, '_> {
    pub(crate) fn font(&mut self, name: &[u8], resources: &[&'a Dictionary]) -> Option<Rc<Font>> {
        let font =
            resource(self.document, resources, b"Font", name).and_then(|font| font.as_dict().ok());
        // Whatever is written in it is guessed at, by every reader in its own way.
        self.lost |= font.is_none();
        let font = font.map(|font| self.fonts.of(font, self.document));
        self.endless |= font.as_ref().is_some_and(|font| font.endless);
        font
    }

    pub(crate) fn space(&self, operands: &[Token<'_>], resources: &[&'a Dictionary]) -> Space {
        let [Token::Name(name)] = operands else {
            return Space::Other;
        };
        match resource(self.document, resources, b"ColorSpace", name) {
            Some(space) => Space::of(space, self.document),
            None => Space::named(name),
        }
    }

    /// Notes what was painted, as far as it shows.
    pub(crate) fn paint(&mut self, areas: Vec<Area>, colour: Colour, state: &State) {
        if self.hiding.is_some() || state.is_clear() {
            return;
        }
        let covers = state.clip_is_exact && state.is_opaque();
        for area in areas {
            self.view.mark(Mark {
                rect: area.rect.intersection(&state.clip),
                colour,
                covers: covers && area.exact,
                picture: false,
            });
        }
    }

    /// A picture, which fills the square of one by one.
    pub(crate) fn picture(&mut self, state: &State, is_solid: bool) {
        let mut square = Path::default();
        square.rectangle([0.0, 0.0, 1.0, 1.0], &state.matrix);
        let opaque = is_solid && state.clip_is_exact && state.is_opaque();
        for area in square.filled(false) {
            if self.hiding.is_none() {
                self.view.mark(Mark {
                    rect: area.rect.intersection(&state.clip),
                    colour: None,
                    covers: opaque && area.exact,
                    picture: true,
                });
            }
        }
    }

    /// Draws a form, or measures a picture.
    pub(crate) fn draw_object(
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
        let outside = self.hiding;
        if let Ok(layer) = stream.dict.get(b"OC")
            && self.layers.is_off(layer, self.document)
        {
            self.hiding = self.hiding.or(Some(Hiding::Layer));
        }
        match stream
            .dict
            .get_deref(b"Subtype", self.document)
            .and_then(Object::as_name)
        {
            Ok(b"Image") => {
                self.pixels += pixels(&stream.dict, self.document);
                let holes = [&b"SMask"[..], b"Mask", b"ImageMask"];
                let solid = !holes.iter().any(|key| stream.dict.has(key));
                self.picture(state, solid);
            }
            Ok(b"Form") if depth < DEEPEST && !self.endless => {
                self.draw_form(stream, resources, state.clone(), depth);
            }
            // What only printers draw.
            Ok(b"PS") => {}
            _ => self.lost = true,
        }
        self.hiding = outside;
    }

    fn draw_form(
        &mut self,
        stream: &'a Stream,
        resources: &[&'a Dictionary],
        mut state: State,
        depth: u32,
    ) {
        let mut content = Vec::new();
        match filter::unpack(stream, self.document, *self.budget, &mut content) {
            Ok(whole) => self.lost |= !whole,
            Err(Endless) => {
                self.endless = true;
                return;
            }
        }
        // Forms that are drawn again and again are read each time, and each
        // time they cost.
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
        if let Some(matrix) = numbers(&stream.dict, b"Matrix", self.document) {
            state.matrix = multiply(&matrix, &state.matrix);
        }
        if let Some([left, bottom, right, top]) = numbers(&stream.dict, b"BBox", self.document) {
            let mut edge = Path::that_clips();
            edge.rectangle([left, bottom, right - left, top - bottom], &state.matrix);
            edge.finish(&mut state);
        }
        if stream.dict.has(b"Group") {
            state.enter_group();
        }
        self.content(&content, &inner, state, depth + 1);
    }

    /// Draws what notes and fields look like. What they say in their own
    /// entries, too, is said there.
    pub(crate) fn annotations(&mut self, page: ObjectId) {
        let Ok(page) = self.document.get_dictionary(page) else {
            return;
        };
        let notes = page
            .get_deref(b"Annots", self.document)
            .and_then(Object::as_array);
        for note in notes.into_iter().flatten() {
            let note = self.document.dereference(note);
            if let Ok((_, Object::Dictionary(note))) = note
                && !self.endless
            {
                self.annotation(note);
            }
        }
    }

    fn annotation(&mut self, note: &'a Dictionary) {
        let Some(stream) = appearance(note, self.document) else {
            return;
        };
        let off = note
            .get(b"OC")
            .is_ok_and(|layer| self.layers.is_off(layer, self.document));
        self.hiding = (off || is_not_shown(note)).then_some(Hiding::Note);
        let (runs, letters) = (self.view.runs.len(), self.view.letters.len());
        let resources = of_fields(self.document);
        let state = State {
            matrix: placing(note, stream, self.document),
            ..State::default()
        };
        self.draw_form(stream, &resources, state, 0);
        self.hiding = None;
        if said(note, self.document).contains(&squeezed(&self.view.letters[letters..])) {
            self.view.runs.truncate(runs);
            self.view.letters.truncate(letters);
        }
    }

    pub(crate) fn show(&mut self, operands: &[Token<'_>], state: &State, text: &mut Matrix) {
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
        let unit = |x: f32, y: f32, other: (f32, f32)| match x.hypot(y) {
            0.0 => other,
            length => (x / length, y / length),
        };
        let direction = unit(placed[0], placed[1], (1.0, 0.0));
        let run = Run {
            letters: 0..0,
            start: (0.0, 0.0),
            end: (0.0, 0.0),
            direction,
            up: unit(placed[2], placed[3], (-direction.1, direction.0)),
            height: (state.size * placed[2].hypot(placed[3])).abs(),
            clip: state.clip,
            order: self.view.order(),
            colour: match state.mode {
                0 if !font.drawn && state.is_opaque() => state.fill.colour,
                _ => None,
            },
            hiding: self.hiding,
            unpainted: state.mode == 3 || (state.mode == 0 && state.is_clear()),
            measured: !font.drawn,
        };
        let runs = &mut self.view.runs;
        let mut put = |letters: Range<usize>, from: f32, to: f32| {
            let at = |advance: f32| moved((advance, 0.0), &placed);
            runs.push(Run {
                letters,
                start: at(from),
                end: at(to),
                ..run.clone()
            });
        };
        let mut advance = 0.0;
        let mut begun = (self.view.letters.len(), 0.0);
        for (code, width) in font.codes(string) {
            let before = (self.view.letters.len(), advance);
            if font.put(code, &mut self.view.letters) {
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
            let end = self.view.letters.len();
            // Words may hide one by one.
            if self.view.letters[before.0..].ends_with(' ') {
                if begun.0 < before.0 {
                    put(begun.0..before.0, begun.1, before.1);
                }
                put(before.0..end, before.1, advance);
                begun = (end, advance);
            }
        }
        let end = self.view.letters.len();
        if begun.0 < end || begun.1 == 0.0 {
            put(begun.0..end, begun.1, advance);
        }
        *text = multiply(&[1.0, 0.0, 0.0, 1.0, advance, 0.0], text);
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
pub(crate) fn inline_pixels(operands: &[Token<'_>]) -> u64 {
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

/// What a name stands for in the resources.
pub(crate) fn resource<'a>(
    document: &'a Document,
    resources: &[&'a Dictionary],
    kind: &[u8],
    name: &[u8],
) -> Option<&'a Object> {
    let (_, object) = document
        .dereference(named(document, resources, kind, name)?)
        .ok()?;
    Some(object)
}

/// The same as it stands there: a reference is one.
pub(crate) fn named<'a>(
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
        named.get(name).ok()
    })
}
