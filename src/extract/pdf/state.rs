//! What a PDF page is drawn with: where, in which colour, and how much of it
//! shows (ISO 32000-1 sections 8.4 and 8.6).

use std::rc::Rc;

use lopdf::{Dictionary, Document, Object};

use super::font::Font;

pub(crate) type Matrix = [f32; 6];

pub(crate) const IDENTITY: Matrix = [1.0, 0.0, 0.0, 1.0, 0.0, 0.0];

/// `first` and then `second`.
pub(crate) fn multiply(first: &Matrix, second: &Matrix) -> Matrix {
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

pub(crate) fn moved((x, y): (f32, f32), matrix: &Matrix) -> (f32, f32) {
    let [a, b, c, d, e, f] = *matrix;
    (a * x + c * y + e, b * x + d * y + f)
}

/// A part of the page that stands upright.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Rect {
    pub(crate) left: f32,
    pub(crate) bottom: f32,
    pub(crate) right: f32,
    pub(crate) top: f32,
}

impl Rect {
    pub(crate) const EVERYWHERE: Self = Self {
        left: f32::MIN,
        bottom: f32::MIN,
        right: f32::MAX,
        top: f32::MAX,
    };

    /// The least that holds all of these.
    pub(crate) fn around(points: impl IntoIterator<Item = (f32, f32)>) -> Option<Self> {
        let mut points = points.into_iter();
        let (x, y) = points.next()?;
        let first = Self {
            left: x,
            bottom: y,
            right: x,
            top: y,
        };
        Some(points.fold(first, |rect, (x, y)| Self {
            left: rect.left.min(x),
            bottom: rect.bottom.min(y),
            right: rect.right.max(x),
            top: rect.top.max(y),
        }))
    }

    pub(crate) fn intersection(&self, other: &Self) -> Self {
        Self {
            left: self.left.max(other.left),
            bottom: self.bottom.max(other.bottom),
            right: self.right.min(other.right),
            top: self.top.min(other.top),
        }
    }

    pub(crate) fn width(&self) -> f32 {
        self.right - self.left
    }

    pub(crate) fn height(&self) -> f32 {
        self.top - self.bottom
    }

    pub(crate) fn area(&self) -> f32 {
        self.width().max(0.0) * self.height().max(0.0)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.left >= self.right || self.bottom >= self.top
    }

    pub(crate) fn grown(&self, by: f32) -> Self {
        Self {
            left: self.left - by,
            bottom: self.bottom - by,
            right: self.right + by,
            top: self.top + by,
        }
    }

    pub(crate) fn holds(&self, other: &Self) -> bool {
        self.left <= other.left
            && self.right >= other.right
            && self.bottom <= other.bottom
            && self.top >= other.top
    }

    pub(crate) fn holds_point(&self, (x, y): (f32, f32)) -> bool {
        self.left <= x && x <= self.right && self.bottom <= y && y <= self.top
    }
}

/// Red, green and blue; `None` where that is not a matter of numbers.
pub(crate) type Colour = Option<[f32; 3]>;

const BLACK: Colour = Some([0.0; 3]);

/// How a colour's numbers are meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Space {
    Grey,
    Rgb,
    Cmyk,
    /// Patterns, inks, palettes.
    Other,
}

impl Space {
    pub(crate) fn of(space: &Object, document: &Document) -> Self {
        match space {
            Object::Name(name) => Self::named(name),
            Object::Array(parts) => {
                let deref = |index: usize| {
                    let part = document.dereference(parts.get(index)?).ok()?;
                    Some(part.1)
                };
                let kind = deref(0).and_then(|kind| kind.as_name().ok());
                match kind {
                    Some(b"ICCBased") => {
                        let profile = deref(1).and_then(|profile| profile.as_stream().ok());
                        let count = profile.and_then(|profile| profile.dict.get(b"N").ok());
                        match count.and_then(|count| count.as_i64().ok()) {
                            Some(1) => Self::Grey,
                            Some(3) => Self::Rgb,
                            Some(4) => Self::Cmyk,
                            _ => Self::Other,
                        }
                    }
                    Some(name) => Self::named(name),
                    None => Self::Other,
                }
            }
            _ => Self::Other,
        }
    }

    pub(crate) fn named(name: &[u8]) -> Self {
        match name {
            b"DeviceGray" | b"CalGray" | b"G" => Self::Grey,
            b"DeviceRGB" | b"CalRGB" | b"RGB" => Self::Rgb,
            b"DeviceCMYK" | b"CMYK" => Self::Cmyk,
            _ => Self::Other,
        }
    }

    /// The colour of these numbers.
    pub(crate) fn colour(self, numbers: &[f32]) -> Colour {
        match (self, numbers) {
            (Self::Grey, [grey]) => Some([*grey; 3]),
            (Self::Rgb, [red, green, blue]) => Some([*red, *green, *blue]),
            (Self::Cmyk, [cyan, magenta, yellow, black]) => {
                Some([cyan, magenta, yellow].map(|ink| (1.0 - ink) * (1.0 - black)))
            }
            _ => None,
        }
    }
}

/// What areas and letters are filled with, or lines are drawn with.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ink {
    pub(crate) space: Space,
    pub(crate) colour: Colour,
}

impl Ink {
    const FIRST: Self = Self {
        space: Space::Grey,
        colour: BLACK,
    };

    pub(crate) fn in_space(space: Space) -> Self {
        let colour = match space {
            Space::Other => None,
            _ => BLACK,
        };
        Self { space, colour }
    }
}

#[derive(Debug, Clone)]
pub(crate) struct State {
    pub(crate) matrix: Matrix,
    pub(crate) font: Option<Rc<Font>>,
    pub(crate) size: f32,
    pub(crate) letter_spacing: f32,
    pub(crate) word_spacing: f32,
    pub(crate) stretch: f32,
    pub(crate) leading: f32,
    /// `Tr`: 3 is neither filled nor drawn.
    pub(crate) mode: u8,
    pub(crate) fill: Ink,
    pub(crate) line: Ink,
    pub(crate) line_width: f32,
    /// How much of what is filled shows, from 0 to 1.
    pub(crate) opacity: f32,
    /// The same of the form that is drawn, as a whole.
    pub(crate) of_form: f32,
    /// Nothing is mixed with what lies below, but by opacity.
    pub(crate) plain: bool,
    pub(crate) clip: Rect,
    /// The clip is just that rectangle.
    pub(crate) clip_is_exact: bool,
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
            mode: 0,
            fill: Ink::FIRST,
            line: Ink::FIRST,
            line_width: 1.0,
            opacity: 1.0,
            of_form: 1.0,
            plain: true,
            clip: Rect::EVERYWHERE,
            clip_is_exact: true,
        }
    }
}

impl State {
    /// What is filled hides what lies below it.
    pub(crate) fn is_opaque(&self) -> bool {
        self.plain && self.opacity * self.of_form > 0.95
    }

    /// What is filled cannot be seen.
    pub(crate) fn is_clear(&self) -> bool {
        self.opacity * self.of_form < 0.03
    }

    /// A form is drawn: as a group of its own it shows as much as anything
    /// would that is filled now.
    pub(crate) fn enter_group(&mut self) {
        self.of_form *= self.opacity;
        self.opacity = 1.0;
    }

    /// What `gs` sets, as far as it matters here.
    pub(crate) fn set(&mut self, settings: &Dictionary, document: &Document) {
        if let Ok(opacity) = settings.get_deref(b"ca", document) {
            self.opacity = opacity.as_float().unwrap_or(1.0);
        }
        if let Ok(width) = settings.get_deref(b"LW", document) {
            self.line_width = width.as_float().unwrap_or(1.0);
        }
        let mode = settings.get_deref(b"BM", document).ok();
        let mask = settings.get_deref(b"SMask", document).ok();
        if mode.is_some() || mask.is_some() {
            let is_normal = |mode: &Object| matches!(mode.as_name(), Ok(b"Normal" | b"Compatible"));
            let mixes = mode.is_some_and(|mode| match mode {
                Object::Array(modes) => !modes.first().is_none_or(is_normal),
                mode => !is_normal(mode),
            });
            let masked = mask.is_some_and(|mask| mask.as_name().is_err());
            self.plain = !mixes && !masked;
        }
    }
}
