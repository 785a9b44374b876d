//! What the styles of a workbook make of its cells: how numbers look, and
//! which cells show nothing (ECMA-376 part 1, 18.8).

use std::collections::HashMap;

use super::number::Format;
use super::xml::{self, Element, Node};

/// White of its own, and the theme's first colour, which is a sheet's
/// background.
const WHITE: &str = "FFFFFF";
const BACKGROUND: &str = "0";

#[derive(Debug, Default)]
pub(crate) struct CellStyles {
    styles: Vec<CellStyle>,
}

#[derive(Debug, Default, Clone)]
pub(crate) struct CellStyle {
    pub(crate) format: Format,
    /// A cell in it looks empty whatever is in it.
    pub(crate) shows_nothing: bool,
}

impl CellStyles {
    /// `xl/styles.xml`; false if it is damaged.
    pub(crate) fn read(&mut self, xml: &[u8]) -> bool {
        let mut reader = Reader::default();
        let whole = xml::walk(xml, |node| {
            match node {
                Node::Start(element) => reader.start(&element),
                Node::Empty(element) => {
                    reader.start(&element);
                    reader.end(element.name());
                }
                Node::End(name) => reader.end(name),
                Node::Text(_) => {}
            }
            true
        });
        self.styles = reader.styles;
        whole
    }

    pub(crate) fn get(&self, index: usize) -> Option<&CellStyle> {
        self.styles.get(index)
    }
}

#[derive(Debug, Default)]
struct Reader {
    codes: HashMap<u32, CellStyle>,
    /// Whether the letters of each font are white.
    fonts: Vec<bool>,
    /// Whether each fill may be of some colour.
    fills: Vec<bool>,
    styles: Vec<CellStyle>,
    part: Part,
}

#[derive(Debug, Default, PartialEq, Eq)]
enum Part {
    #[default]
    Other,
    Fonts,
    Fills,
    Cells,
}

impl Reader {
    fn start(&mut self, element: &Element<'_, '_>) {
        match (element.name(), &self.part) {
            (b"numFmt", _) => self.number_format(element),
            (b"fonts", _) => self.part = Part::Fonts,
            (b"fills", _) => self.part = Part::Fills,
            (b"cellXfs", _) => self.part = Part::Cells,
            (b"font", Part::Fonts) => self.fonts.push(false),
            (b"color", Part::Fonts) => {
                if let Some(font) = self.fonts.last_mut() {
                    *font = is_white(element);
                }
            }
            (b"fill", Part::Fills) => self.fills.push(false),
            (b"patternFill", Part::Fills) => {
                let pattern = element.attribute("patternType");
                self.filled(!matches!(pattern.as_deref(), None | Some("none")));
            }
            (b"gradientFill", Part::Fills) => self.filled(true),
            (b"fgColor", Part::Fills) if is_white(element) => self.filled(false),
            (b"xf", Part::Cells) => self.cell(element),
            _ => {}
        }
    }

    fn end(&mut self, name: &[u8]) {
        if matches!(name, b"fonts" | b"fills" | b"cellXfs") {
            self.part = Part::Other;
        }
    }

    fn number_format(&mut self, element: &Element<'_, '_>) {
        if let (Some(id), Some(code)) =
            (element.number("numFmtId"), element.attribute("formatCode"))
        {
            let style = CellStyle {
                format: Format::of_code(&code),
                // Nothing for numbers above, below and at zero, nor for words.
                shows_nothing: code.trim() == ";;;",
            };
            self.codes.insert(id, style);
        }
    }

    fn filled(&mut self, filled: bool) {
        if let Some(fill) = self.fills.last_mut() {
            *fill = filled;
        }
    }

    fn cell(&mut self, element: &Element<'_, '_>) {
        let id = element.number("numFmtId").unwrap_or(0);
        let built_in = || CellStyle {
            format: Format::built_in(id),
            shows_nothing: false,
        };
        let mut style = self.codes.get(&id).cloned().unwrap_or_else(built_in);
        let has = |list: &[bool], name| {
            let index = element.number(name).and_then(|id| usize::try_from(id).ok());
            index.and_then(|index| list.get(index)).copied() == Some(true)
        };
        style.shows_nothing |= has(&self.fonts, "fontId") && !has(&self.fills, "fillId");
        self.styles.push(style);
    }
}

fn is_white(colour: &Element<'_, '_>) -> bool {
    let rgb = colour.attribute("rgb");
    let theme = colour.attribute("theme");
    rgb.is_some_and(|rgb| rgb.to_ascii_uppercase().ends_with(WHITE))
        || (theme.as_deref() == Some(BACKGROUND) && colour.attribute("tint").is_none())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_that_show_nothing_are_told_from_those_that_do() {
        let xml = br#"<styleSheet>
            <numFmts><numFmt numFmtId="164" formatCode=";;;"/><numFmt numFmtId="165" formatCode="0;-0;;@"/></numFmts>
            <fonts><font><color theme="1"/></font><font><color rgb="FFFFFFFF"/></font><font><color theme="0"/></font></fonts>
            <fills><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="solid"><fgColor rgb="FF203864"/></patternFill></fill><fill><patternFill patternType="solid"><fgColor rgb="FFFFFFFF"/></patternFill></fill></fills>
            <cellStyleXfs><xf numFmtId="0" fontId="1" fillId="0"/></cellStyleXfs>
            <cellXfs><xf numFmtId="0" fontId="0" fillId="0"/><xf numFmtId="164" fontId="0" fillId="0"/><xf numFmtId="165" fontId="0"/><xf fontId="1" fillId="0"/><xf fontId="1" fillId="1"/><xf fontId="1" fillId="2"/><xf fontId="2" fillId="0"/><xf fontId="9" fillId="9"/></cellXfs>
            </styleSheet>"#;
        let mut styles = CellStyles::default();
        assert!(styles.read(xml));
        let nothing: Vec<bool> = styles.styles.iter().map(|s| s.shows_nothing).collect();
        assert_eq!(
            nothing,
            [false, true, false, true, false, true, true, false]
        );
    }
}
