//! Which styles of a Word document hide text (ECMA-376 part 1, 17.7): words
//! under one are as hidden as if each of them were.

use std::collections::{HashMap, HashSet};

use super::word_table::TableStyle;
use super::xml::{self, Element, Node};

pub(crate) const STYLES: &str = "word/styles.xml";

/// Styles based on one another beyond this run in a circle.
const LONGEST_CHAIN: usize = 64;

#[derive(Debug, Default)]
pub(crate) struct Styles {
    /// What the document hides by default.
    all: bool,
    /// The paragraphs' style that needs no name hides.
    paragraph: bool,
    /// Styles of paragraphs and of characters that hide.
    hiding: HashSet<String>,
    /// Styles of tables that hide some of what is in them.
    tables: HashMap<String, TableStyle>,
    /// The tables' style that needs no name hides.
    table: Option<TableStyle>,
}

/// What stands in one style.
#[derive(Debug, Default)]
struct Definition {
    based_on: Option<String>,
    hides: Option<bool>,
    parts: TableStyle,
}

impl Styles {
    /// Reads `word/styles.xml`; false if it is damaged.
    pub(crate) fn read(&mut self, xml: &[u8]) -> bool {
        if hide_nothing(xml) {
            return true;
        }
        let mut styles: HashMap<String, Definition> = HashMap::new();
        let mut default = None;
        let mut default_of_tables = None;
        // The part of a table that is being told of.
        let mut part: Option<String> = None;
        let mut id = None;
        // What belongs to an older version of a style is none of its own.
        let mut aside = 0_u32;
        let whole = xml::walk(xml, |node| {
            match node {
                Node::Start(element) if is_aside(element.name()) => aside += 1,
                Node::End(name) if is_aside(name) => aside = aside.saturating_sub(1),
                Node::End(b"style") => id = None,
                Node::End(b"tblStylePr") => part = None,
                Node::Start(element) | Node::Empty(element) if aside == 0 => match element.name() {
                    b"style" => {
                        let name = element
                            .attribute("styleId")
                            .unwrap_or_default()
                            .into_owned();
                        if element.is_on("default") {
                            match element.attribute("type").as_deref() {
                                Some("paragraph") => default = Some(name.clone()),
                                Some("table") => default_of_tables = Some(name.clone()),
                                _ => {}
                            }
                        }
                        styles.insert(name.clone(), Definition::default());
                        id = Some(name);
                    }
                    b"basedOn" => {
                        if let Some(style) = id.as_ref().and_then(|id| styles.get_mut(id)) {
                            style.based_on = element.attribute("val").map(|id| id.into_owned());
                        }
                    }
                    b"tblStylePr" => {
                        let named = element.attribute("type");
                        part = Some(named.unwrap_or_default().into_owned());
                    }
                    b"vanish" | b"specVanish" => {
                        let style = id.as_ref().and_then(|id| styles.get_mut(id));
                        match (style, &part) {
                            (Some(style), Some(part)) => style.parts.set(part, is_on(&element)),
                            (Some(style), None) => style.hides = Some(is_on(&element)),
                            (None, _) => self.all |= is_on(&element),
                        }
                    }
                    _ => {}
                },
                _ => {}
            }
            true
        });
        let hides = |id: &String| hides(id, &styles);
        self.hiding = styles.keys().filter(|id| hides(id)).cloned().collect();
        self.paragraph = default.is_some_and(|id| self.hiding.contains(&id));
        let tables = styles.keys().map(|id| (id.clone(), of_tables(id, &styles)));
        self.tables = tables.filter(|(_, style)| style.hides_any()).collect();
        self.table = default_of_tables.and_then(|id| self.of_table(&id));
        whole
    }

    /// What stands in a paragraph that names no style.
    pub(crate) fn plain_paragraph(&self) -> bool {
        self.paragraph
    }

    /// The style of a table that names none, if it hides something.
    pub(crate) fn plain_table(&self) -> Option<TableStyle> {
        self.table
    }

    /// A table's style, if it hides something.
    pub(crate) fn of_table(&self, style: &str) -> Option<TableStyle> {
        self.tables.get(style).copied()
    }

    pub(crate) fn hides(&self, style: &str) -> bool {
        self.hiding.contains(style)
    }

    /// Whether words are hidden by the styles of their table, their paragraph
    /// and their characters: two that hide show again, as each of them turns the
    /// switch (17.7.3).
    pub(crate) fn together(&self, table: bool, paragraph: bool, characters: bool) -> bool {
        self.all || (table ^ paragraph ^ characters)
    }
}

/// Whether the styles are all there and none of them names what hides words, as
/// in nearly every document: that is known without a walk through them. Zeros
/// are of another encoding.
fn hide_nothing(xml: &[u8]) -> bool {
    let holds = |words: &str| memchr::memmem::find(xml, words.as_bytes()).is_some();
    xml.trim_ascii_end().ends_with(b"styles>") && !["vanish", "Vanish", "\0"].into_iter().any(holds)
}

/// The nearest word on it in the chain of styles counts.
fn hides(id: &str, styles: &HashMap<String, Definition>) -> bool {
    let mut next = Some(id);
    for _ in 0..LONGEST_CHAIN {
        let Some(style) = next.and_then(|id| styles.get(id)) else {
            return false;
        };
        if let Some(hides) = style.hides {
            return hides;
        }
        next = style.based_on.as_deref();
    }
    false
}

/// What a style says of the parts of a table, with the styles that it is based
/// on.
fn of_tables(id: &str, styles: &HashMap<String, Definition>) -> TableStyle {
    let mut said = TableStyle::default();
    let mut next = Some(id);
    for _ in 0..LONGEST_CHAIN {
        let Some(style) = next.and_then(|id| styles.get(id)) else {
            break;
        };
        let mut parts = style.parts;
        parts.set_whole(style.hides);
        said.or(&parts);
        next = style.based_on.as_deref();
    }
    said
}

fn is_aside(name: &[u8]) -> bool {
    matches!(name, b"rPrChange" | b"latentStyles")
}

/// A switch that needs no value to be on.
pub(crate) fn is_on(element: &Element<'_, '_>) -> bool {
    !element
        .attribute("val")
        .is_some_and(|value| matches!(value.as_ref(), "0" | "false" | "off"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(styles: &str) -> Styles {
        let mut read = Styles::default();
        assert!(read.read(format!("<w:styles>{styles}</w:styles>").as_bytes()));
        read
    }

    #[test]
    fn styles_hide_by_themselves_and_by_what_they_are_based_on() {
        let styles = read(
            "<w:style w:type='paragraph' w:styleId='A'><w:rPr><w:vanish/></w:rPr></w:style>\
             <w:style w:styleId='B'><w:basedOn w:val='A'/></w:style>\
             <w:style w:styleId='C'><w:basedOn w:val='B'/><w:rPr><w:vanish w:val='0'/></w:rPr></w:style>\
             <w:style w:styleId='D'><w:basedOn w:val='E'/></w:style>\
             <w:style w:styleId='E'><w:basedOn w:val='D'/></w:style>\
             <w:style w:styleId='F'><w:tblStylePr><w:rPr><w:vanish/></w:rPr></w:tblStylePr></w:style>\
             <w:style w:styleId='G'><w:basedOn w:val='none'/></w:style>",
        );
        let hiding: Vec<&str> = ["A", "B", "C", "D", "E", "F", "G", "H"]
            .into_iter()
            .filter(|id| styles.hides(id))
            .collect();
        assert_eq!(hiding, ["A", "B"]);
        assert!(!styles.plain_paragraph() && !styles.all);
    }

    #[test]
    fn styles_that_are_cut_are_damaged_whatever_they_hide() {
        for cut in [
            "<w:styles><w:style w:styleId='A'>",
            "<w:styles><w:style w:styleId='A'><w:rPr><w:vanish/>",
        ] {
            assert!(!Styles::default().read(cut.as_bytes()), "{cut}");
        }
    }

    #[test]
    fn defaults_hide_what_names_no_style() {
        let styles = read(
            "<w:style w:type='paragraph' w:default='1' w:styleId='N'><w:rPr><w:vanish/></w:rPr></w:style>",
        );
        assert!(styles.plain_paragraph());
        let styles = read(
            "<w:docDefaults><w:rPrDefault><w:rPr><w:vanish/></w:rPr></w:rPrDefault></w:docDefaults>",
        );
        assert!(styles.all && styles.together(false, false, false));
    }
}
