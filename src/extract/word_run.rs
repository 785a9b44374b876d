//! What hides a run of words by itself, and what only seems to: its switch,
//! its style, letters of no size, and white ones on nothing.

use super::word_style;
use super::xml::Element;

/// Half points; nobody reads letters of one point.
const UNREADABLE: u32 = 2;

/// The properties of the run that is being read (ECMA-376 part 1, 17.3.2).
#[derive(Debug, Default)]
pub(crate) struct Run {
    /// What it says itself, whatever its styles do.
    switch: Option<bool>,
    /// Its style hides.
    pub(crate) style: bool,
    white: bool,
    /// It has a colour behind its words.
    backed: bool,
    tiny: bool,
}

impl Run {
    pub(crate) fn property(&mut self, element: &Element<'_, '_>) {
        match element.name() {
            b"vanish" | b"specVanish" => self.switch = Some(word_style::is_on(element)),
            b"color" => self.white = is_white(element, "val"),
            b"sz" => self.tiny = element.number("val").is_some_and(|size| size <= UNREADABLE),
            _ => self.backed |= is_coloured(element),
        }
    }

    /// Whether the words are hidden, where `by_style` says what their styles
    /// do. `on_paper`: nothing that may be coloured lies behind them.
    pub(crate) fn is_hidden(&self, by_style: bool, on_paper: bool) -> bool {
        self.switch.unwrap_or(by_style) || self.tiny || (self.white && on_paper && !self.backed)
    }
}

/// Whether shading or a marker pen puts a colour behind words.
pub(crate) fn is_coloured(element: &Element<'_, '_>) -> bool {
    let marker = element.name() == b"highlight";
    let none = element.attribute("val").as_deref() == Some("none");
    let by_theme = element.attribute("themeFill").is_some();
    let fill = element.attribute("fill");
    let plain = fill.is_none_or(|fill| fill == "auto") || is_white(element, "fill");
    (marker && !none) || by_theme || (!marker && !plain)
}

fn is_white(element: &Element<'_, '_>, name: &str) -> bool {
    element
        .attribute(name)
        .is_some_and(|colour| colour.eq_ignore_ascii_case("ffffff"))
}
