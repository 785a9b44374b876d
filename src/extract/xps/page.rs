//! One page of an XPS document (ECMA-388 10 to 13): its glyphs and areas are
//! put where they are, and seen as a PDF page's are.

use std::collections::HashMap;

use super::font::Fonts;
use super::geometry;
use super::glyphs::{self, Cluster};
use super::part::{Parts, folded};
use crate::extract::harvest::{Harvest, Place};
use crate::extract::pdf::path::Path;
use crate::extract::pdf::state::{Colour, Matrix, Rect, Space, State, moved, multiply};
use crate::extract::pdf::view::{Hiding, Mark, Run, View};
use crate::extract::relationships::resolve;
use crate::extract::xml::{self, Element, Node};

/// Canvases in canvases; no program draws so deep.
const DEEPEST: usize = 200;
/// From the page's measure, 96 to the inch, to points.
const TO_POINTS: f32 = 0.75;

/// What one page shows.
#[derive(Debug, Default)]
pub(super) struct Page {
    pub(super) text: String,
    /// Words that its reader does not see, by how they hide.
    pub(super) hidden: Vec<(Hiding, String)>,
    /// The parts of its pictures.
    pub(super) pictures: Vec<String>,
    pub(super) links: String,
    /// What is said of its pictures to those who cannot see them.
    pub(super) descriptions: String,
    /// Areas are filled or lines drawn.
    pub(super) paints: bool,
    /// Some letters are only numbers of shapes.
    pub(super) unknown: bool,
    pub(super) whole: bool,
    pub(super) endless: bool,
}

/// Draws the page; `part` is its name.
pub(super) fn draw(
    xml: &[u8],
    part: &str,
    parts: &Parts<'_>,
    fonts: &mut Fonts,
    place: &Place,
    harvest: &mut Harvest<'_>,
) -> Page {
    let mut drawing = Drawing {
        part,
        parts,
        fonts,
        place,
        harvest,
        page: Page::default(),
        view: View::default(),
        frames: vec![Frame::new(What::Canvas, State::default())],
        shared: HashMap::new(),
        unknown: 0,
        known: 0,
    };
    let whole = xml::walk(xml, |node| {
        drawing.node(node);
        !drawing.page.endless
    });
    let Drawing {
        mut page, mut view, ..
    } = drawing;
    view.runs = in_order_of_place(std::mem::take(&mut view.runs));
    (page.text, page.hidden) = view.finish();
    // A few shapes without letters are bullets and the like.
    page.unknown = drawing.unknown * 20 > drawing.known;
    page.whole = whole;
    page
}

/// Lines from the top, each from its beginning; what is turned stands behind.
fn in_order_of_place(runs: Vec<Run>) -> Vec<Run> {
    let (mut upright, turned): (Vec<Run>, Vec<Run>) =
        runs.into_iter().partition(|run| run.direction.0 > 0.9);
    upright.sort_by(|a, b| b.start.1.total_cmp(&a.start.1));
    let mut rest = &mut upright[..];
    while let Some(first) = rest.first() {
        let end = first.start.1 - first.height / 2.0;
        let length = rest.iter().take_while(|run| run.start.1 >= end).count();
        let (line, below) = rest.split_at_mut(length.max(1));
        line.sort_by(|a, b| a.start.0.total_cmp(&b.start.0));
        rest = below;
    }
    upright.extend(turned);
    upright
}

/// What is filled with, or letters are drawn in.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
enum Brush {
    #[default]
    None,
    Colour(Colour),
    Picture,
    Other,
}

/// What pages keep by name to draw with it.
#[derive(Debug, Clone, Copy)]
enum Shared {
    Matrix(Matrix),
    Brush(Brush, f32),
}

#[derive(Debug)]
enum What {
    Canvas,
    Glyphs(Box<Glyphs>),
    Area,
}

#[derive(Debug, Default)]
struct Glyphs {
    said: String,
    indices: String,
    font: String,
    origin: (f32, f32),
    size: f32,
    backwards: bool,
}

/// An element that draws, or holds what does.
#[derive(Debug)]
struct Frame {
    what: What,
    state: State,
    /// The areas of a path, and of what it is cut by.
    data: String,
    clip: String,
    brush: Brush,
    strokes: bool,
    /// The property that the elements within are of: `RenderTransform`.
    property: String,
}

impl Frame {
    fn new(what: What, state: State) -> Self {
        Self {
            what,
            state,
            data: String::new(),
            clip: String::new(),
            brush: Brush::None,
            strokes: false,
            property: String::new(),
        }
    }

    /// Cuts what comes by the element's own clip, which all its matrices move.
    fn settle(&mut self) {
        let clip = std::mem::take(&mut self.clip);
        if !clip.is_empty() {
            let mut path = Path::that_clips();
            geometry::put(&clip, &self.state.matrix, &mut path);
            path.finish(&mut self.state);
        }
    }

    fn turn(&mut self, matrix: &Matrix) {
        self.state.matrix = multiply(matrix, &self.state.matrix);
    }
}

struct Drawing<'a, 'h> {
    part: &'a str,
    parts: &'a Parts<'a>,
    fonts: &'a mut Fonts,
    place: &'a Place,
    harvest: &'a mut Harvest<'h>,
    page: Page,
    view: View,
    frames: Vec<Frame>,
    shared: HashMap<String, Shared>,
    unknown: usize,
    known: usize,
}

impl Drawing<'_, '_> {
    fn node(&mut self, node: Node<'_, '_>) {
        match node {
            Node::Start(element) => self.start(&element),
            Node::Empty(element) => {
                self.start(&element);
                self.end(element.name());
            }
            Node::End(name) => self.end(name),
            Node::Text(_) => {}
        }
    }

    fn start(&mut self, element: &Element<'_, '_>) {
        match element.name() {
            b"FixedPage" => self.measure(element),
            b"Canvas" => self.enter(What::Canvas, element),
            b"Path" => self.enter(What::Area, element),
            b"Glyphs" => {
                let glyphs = Glyphs::of(element);
                self.enter(What::Glyphs(Box::new(glyphs)), element);
            }
            b"MatrixTransform" => self.matrix(element),
            name if name.ends_with(b"Brush") => self.brush(name, element),
            b"PathGeometry" => self.figures("F", element, &["FillRule", "Figures"]),
            b"PathFigure" => self.figures("M", element, &["StartPoint"]),
            b"PolyLineSegment" => self.figures("L", element, &["Points"]),
            b"PolyBezierSegment" => self.figures("C", element, &["Points"]),
            b"PolyQuadraticBezierSegment" => self.figures("Q", element, &["Points"]),
            b"ArcSegment" => self.figures("A 0,0 0 0 0", element, &["Point"]),
            name => {
                let mut steps = name.split(|byte| *byte == b'.');
                if let (Some(property), frame) = (steps.nth(1), self.top()) {
                    frame.property = String::from_utf8_lossy(property).into_owned();
                }
            }
        }
    }

    fn end(&mut self, name: &[u8]) {
        let is_end = match &self.top().what {
            What::Canvas => name == b"Canvas",
            What::Area => name == b"Path",
            What::Glyphs(_) => name == b"Glyphs",
        };
        if is_end && self.frames.len() > 1 {
            if let Some(frame) = self.frames.pop() {
                self.draw(frame);
            }
        } else if name.contains(&b'.') {
            self.top().property.clear();
        }
    }

    fn top(&mut self) -> &mut Frame {
        self.frames.last_mut().expect("the page's own stays")
    }

    /// What of the page is seen, and from where it is measured.
    fn measure(&mut self, element: &Element<'_, '_>) {
        let side = |name| number(element, name).filter(|side| *side > 0.0);
        let (Some(width), Some(height)) = (side("Width"), side("Height")) else {
            return;
        };
        let (right, top) = (width * TO_POINTS, height * TO_POINTS);
        self.view = View::new(Rect::around([(0.0, 0.0), (right, top)]));
        self.top().state.matrix = [TO_POINTS, 0.0, 0.0, -TO_POINTS, 0.0, top];
    }

    fn enter(&mut self, what: What, element: &Element<'_, '_>) {
        if self.frames.len() >= DEEPEST {
            self.page.endless = true;
            return;
        }
        self.top().settle();
        let state = self.top().state.clone();
        let mut frame = Frame::new(what, state);
        for (name, value) in element.attributes() {
            match name {
                "RenderTransform" => {
                    if let Some(matrix) = self.shared_or(&value, geometry::matrix) {
                        frame.turn(&matrix);
                    }
                }
                "Opacity" => frame.state.opacity *= value.trim().parse().unwrap_or(1.0),
                "OpacityMask" => frame.state.plain = false,
                "Clip" => frame.clip = value.into_owned(),
                "Data" => frame.data = value.into_owned(),
                "Fill" => {
                    let (brush, opacity) = self.named_brush(&value);
                    frame.fill(brush, opacity);
                }
                "Stroke" => frame.strokes = true,
                "FixedPage.NavigateUri" => {
                    let link = value.strip_prefix("mailto:").unwrap_or(&value);
                    self.page.links.push_str(link);
                    self.page.links.push('\n');
                }
                "AutomationProperties.Name" | "AutomationProperties.HelpText" => {
                    self.page.descriptions.push_str(&value);
                    self.page.descriptions.push('\n');
                }
                _ => {}
            }
        }
        self.frames.push(frame);
    }

    fn matrix(&mut self, element: &Element<'_, '_>) {
        let matrix = element.attribute("Matrix");
        let Some(matrix) = matrix.and_then(|matrix| geometry::matrix(&matrix)) else {
            return;
        };
        if let Some(key) = element.attribute("Key") {
            self.shared.insert(key.into_owned(), Shared::Matrix(matrix));
        } else if self.top().property == "RenderTransform" {
            self.top().turn(&matrix);
        }
    }

    fn brush(&mut self, name: &[u8], element: &Element<'_, '_>) {
        let opacity = number(element, "Opacity").unwrap_or(1.0);
        let (brush, opacity) = match name {
            b"SolidColorBrush" => {
                let written = element.attribute("Color").unwrap_or_default();
                let (brush, own) = colour(&written);
                (brush, own * opacity)
            }
            b"ImageBrush" => {
                let source = element.attribute("ImageSource").unwrap_or_default();
                // `{ColorConvertedBitmap picture profile}`
                let mut words = source.trim_matches(['{', '}']).split_whitespace();
                let picture = words.find(|word| *word != "ColorConvertedBitmap");
                let picture = folded(&resolve(self.part, picture.unwrap_or_default()));
                self.page.pictures.push(picture);
                (Brush::Picture, opacity)
            }
            _ => (Brush::Other, opacity),
        };
        if let Some(key) = element.attribute("Key") {
            let shared = Shared::Brush(brush, opacity);
            self.shared.insert(key.into_owned(), shared);
            return;
        }
        let frame = self.top();
        match frame.property.as_str() {
            "Fill" => frame.fill(brush, opacity),
            "Stroke" => frame.strokes = true,
            "OpacityMask" => frame.state.plain = false,
            _ => {}
        }
    }

    /// Areas that are written as elements.
    fn figures(&mut self, command: &str, element: &Element<'_, '_>, attributes: &[&str]) {
        let frame = self.top();
        let figures = match frame.property.as_str() {
            "Data" => &mut frame.data,
            "Clip" => &mut frame.clip,
            _ => return,
        };
        for name in attributes {
            match (*name, element.attribute(name)) {
                ("FillRule", rule) => {
                    let filled = rule.as_deref() == Some("NonZero");
                    figures.push_str(if filled { " F1 " } else { " F0 " });
                }
                ("Figures", Some(written)) => figures.push_str(&written),
                (_, Some(points)) => {
                    figures.push(' ');
                    figures.push_str(command);
                    figures.push(' ');
                    figures.push_str(&points);
                }
                (_, None) => {}
            }
        }
    }

    fn draw(&mut self, mut frame: Frame) {
        frame.settle();
        match std::mem::replace(&mut frame.what, What::Canvas) {
            What::Canvas => {}
            What::Area => self.area(&frame),
            What::Glyphs(glyphs) => self.glyphs(&glyphs, &frame),
        }
    }

    fn area(&mut self, frame: &Frame) {
        self.page.paints |= frame.strokes || !matches!(frame.brush, Brush::None | Brush::Picture);
        let mut path = Path::default();
        let even_odd = geometry::put(&frame.data, &frame.state.matrix, &mut path);
        let state = &frame.state;
        if frame.brush == Brush::None || state.is_clear() {
            return;
        }
        for area in path.filled(even_odd) {
            let colour = match frame.brush {
                Brush::Colour(colour) => colour,
                _ => None,
            };
            // Of a picture some may show through.
            let solid = matches!(frame.brush, Brush::Colour(_));
            self.view.mark(Mark {
                rect: area.rect.intersection(&state.clip),
                colour,
                covers: solid && area.exact && state.clip_is_exact && state.is_opaque(),
                picture: frame.brush == Brush::Picture,
            });
        }
    }

    fn glyphs(&mut self, glyphs: &Glyphs, frame: &Frame) {
        let room = self.harvest.text_room(self.place);
        let font = self.fonts.of(
            &resolve(self.part, &glyphs.font),
            self.parts,
            self.place,
            self.harvest,
        );
        let clusters = glyphs::clusters(&glyphs.said, &glyphs.indices, &font, room);
        let whole: f32 = clusters.iter().map(|cluster| cluster.width).sum();
        let state = &frame.state;
        let matrix = &state.matrix;
        let unit = |x: f32, y: f32| match x.hypot(y) {
            0.0 => (1.0, 0.0),
            length => (x / length, y / length),
        };
        let run = Run {
            letters: 0..0,
            start: (0.0, 0.0),
            end: (0.0, 0.0),
            direction: unit(matrix[0], matrix[1]),
            up: unit(-matrix[2], -matrix[3]),
            height: (glyphs.size * matrix[2].hypot(matrix[3])).abs(),
            clip: state.clip,
            order: self.view.order(),
            colour: match frame.brush {
                Brush::Colour(colour) if state.is_opaque() => colour,
                _ => None,
            },
            hiding: None,
            unpainted: frame.brush == Brush::None || state.is_clear(),
            measured: glyphs.size > 0.0,
        };
        let mut reach = if glyphs.backwards { -whole } else { 0.0 };
        // Words may hide one by one.
        for word in words(&clusters) {
            let from = reach;
            let begun = self.view.letters.len();
            for cluster in word {
                reach += cluster.width;
                self.view.letters.push_str(&cluster.letters);
                match cluster.unknown {
                    true => self.unknown += 1,
                    false => self.known += 1,
                }
            }
            let at = |reach: f32| {
                let (x, y) = glyphs.origin;
                moved((x + reach * glyphs.size, y), matrix)
            };
            self.view.runs.push(Run {
                letters: begun..self.view.letters.len(),
                start: at(from),
                end: at(reach),
                ..run.clone()
            });
        }
        self.page.endless |= self.view.letters.len() > room || self.view.is_full();
    }

    fn named_brush(&self, written: &str) -> (Brush, f32) {
        match self.shared_named(written) {
            Some(Shared::Brush(brush, opacity)) => (*brush, *opacity),
            Some(Shared::Matrix(_)) => (Brush::Other, 1.0),
            None if written.trim_start().starts_with('{') => (Brush::Other, 1.0),
            None => colour(written),
        }
    }

    fn shared_or(&self, written: &str, own: impl Fn(&str) -> Option<Matrix>) -> Option<Matrix> {
        match self.shared_named(written) {
            Some(Shared::Matrix(matrix)) => Some(*matrix),
            _ => own(written),
        }
    }

    /// What `{StaticResource name}` stands for.
    fn shared_named(&self, written: &str) -> Option<&Shared> {
        let inner = written.trim().strip_prefix('{')?.strip_suffix('}')?;
        let name = inner.trim().strip_prefix("StaticResource")?;
        self.shared.get(name.trim())
    }
}

impl Frame {
    fn fill(&mut self, brush: Brush, opacity: f32) {
        self.brush = brush;
        self.state.opacity *= opacity;
    }
}

impl Glyphs {
    fn of(element: &Element<'_, '_>) -> Self {
        let own = |name| element.attribute(name).unwrap_or_default().into_owned();
        let measure = |name| number(element, name).unwrap_or_default();
        Self {
            said: own("UnicodeString"),
            indices: own("Indices"),
            font: own("FontUri"),
            origin: (measure("OriginX"), measure("OriginY")),
            size: measure("FontRenderingEmSize"),
            backwards: element.number("BidiLevel").unwrap_or_default() % 2 == 1,
        }
    }
}

/// Letters up to each space, and spaces, alone.
fn words(clusters: &[Cluster]) -> impl Iterator<Item = &[Cluster]> {
    let is_space = |cluster: &Cluster| cluster.letters == " ";
    clusters.chunk_by(move |one, other| !is_space(one) && !is_space(other))
}

fn number(element: &Element<'_, '_>, name: &str) -> Option<f32> {
    let number: f32 = element.attribute(name)?.trim().parse().ok()?;
    number.is_finite().then_some(number)
}

/// A colour and how much of it shows: `#RRGGBB`, `#AARRGGBB`, `sc#1,0,0`.
fn colour(written: &str) -> (Brush, f32) {
    let written = written.trim();
    if let Some(digits) = written.strip_prefix('#') {
        let Ok(value) = u32::from_str_radix(digits, 16) else {
            return (Brush::Other, 1.0);
        };
        let [alpha, parts @ ..] = value.to_be_bytes().map(|part| f32::from(part) / 255.0);
        let alpha = if digits.len() > 6 { alpha } else { 1.0 };
        return (Brush::Colour(Some(parts)), alpha);
    }
    let parts = written.strip_prefix("sc#").map(|parts| {
        let parts = parts.split(',').map(|part| part.trim().parse());
        parts.collect::<Result<Vec<f32>, _>>()
    });
    match parts.as_ref().map(|parts| parts.as_deref()) {
        Some(Ok([alpha, parts @ ..])) if parts.len() == 3 => {
            (Brush::Colour(Space::Rgb.colour(parts)), *alpha)
        }
        Some(Ok(parts)) => (Brush::Colour(Space::Rgb.colour(parts)), 1.0),
        _ => (Brush::Other, 1.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_read_in_all_their_forms() {
        let black = Brush::Colour(Some([0.0; 3]));
        for (written, expected) in [
            ("#000000", (black, 1.0)),
            ("#00000000", (black, 0.0)),
            ("#FF000000", (black, 1.0)),
            ("sc#0,0,0", (black, 1.0)),
            ("sc#0.5, 0, 0, 0", (black, 0.5)),
            ("ContextColor /profile.icc 1.0, 0.1", (Brush::Other, 1.0)),
            ("#ëë", (Brush::Other, 1.0)),
            ("sc#", (Brush::Other, 1.0)),
        ] {
            assert_eq!(colour(written), expected, "{written}");
        }
    }
}
