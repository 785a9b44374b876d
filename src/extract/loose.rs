//! Parts of an Office document that are no running text and no table: lists of
//! comments, properties, switches, and whatever a program adds.

use super::harvest::{Harvest, Place};
use super::xml::{self, Node};

/// `word/settings.xml`: of all its switches only variables have words, and
/// the query by which a mail merge finds people.
pub(crate) fn variables(xml: &[u8], place: &Place, harvest: &mut Harvest<'_>) -> bool {
    let mut variables = String::new();
    let mut merge = String::new();
    let whole = xml::walk(xml, |node| {
        if let Node::Start(element) | Node::Empty(element) = node {
            let (out, names) = match element.name() {
                b"docVar" => (&mut variables, &["name", "val"][..]),
                b"query" | b"connectString" => (&mut merge, &["val"][..]),
                _ => return true,
            };
            for name in names {
                out.push_str(&element.attribute(name).unwrap_or_default());
                out.push('\n');
            }
        }
        true
    });
    harvest.text(&place.hidden("document variables, hidden"), variables);
    harvest.text(&place.hidden("mail merge, hidden"), merge);
    whole
}

/// Any other part: all text nodes, and the attributes that hold words.
pub(crate) fn values(xml: &[u8], place: &Place, harvest: &mut Harvest<'_>) -> bool {
    let mut out = String::new();
    let room = harvest.room();
    let whole = xml::walk(xml, |node| {
        match node {
            // Switches, which properties are full of.
            Node::Text(text) if matches!(text.trim(), "" | "true" | "false") => {}
            Node::Text(text) => out.push_str(text),
            Node::Start(element) | Node::Empty(element) => {
                for (name, value) in element.attributes() {
                    let holds_words = matches!(
                        name,
                        "v" | "Target"
                            | "name"
                            | "descr"
                            | "author"
                            | "title"
                            | "displayName"
                            | "userId"
                    );
                    if holds_words && !value.is_empty() {
                        out.push_str(&value);
                        out.push('\n');
                    }
                }
            }
            Node::End(name) => {
                let line_ends = !matches!(name, b"t" | b"r");
                if line_ends && !out.is_empty() && !out.ends_with('\n') {
                    out.push('\n');
                }
            }
        }
        out.len() < room
    });
    harvest.text(place, out);
    whole
}
