//! Drawings of the older kind (VML, ECMA-376 part 4, 19.1): the words on text
//! boxes and form fields of a sheet.

use super::harvest::{Harvest, Place};
use super::xml::{self, Node};

pub(crate) fn is_part(name: &str) -> bool {
    name.ends_with(".vml")
}

/// Reads one part into `place`; false if it is damaged. Comments have their
/// words in a part of their own, and here only an empty box.
pub(crate) fn read(xml: &[u8], place: &Place, harvest: &mut Harvest<'_>) -> bool {
    let mut shown = String::new();
    let mut descriptions = String::new();
    let mut boxes = 0_u32;
    let room = harvest.room();
    let whole = xml::walk(xml, |node| {
        match node {
            Node::Start(element) if element.name() == b"textbox" => boxes += 1,
            Node::Start(element) | Node::Empty(element) => {
                // A word drawn as a picture of itself.
                let own = match element.name() {
                    b"textpath" => element.attribute("string"),
                    _ => None,
                };
                for (out, text) in [
                    (&mut shown, own),
                    (&mut descriptions, element.attribute("alt")),
                ] {
                    if let Some(text) = text {
                        out.push_str(&text);
                        out.push('\n');
                    }
                }
            }
            Node::Text(text) if boxes > 0 => shown.push_str(text),
            Node::End(b"textbox") => boxes = boxes.saturating_sub(1),
            Node::End(b"div") => shown.push('\n'),
            _ => {}
        }
        shown.len() < room
    });
    harvest.text(place, shown);
    harvest.text(&place.hidden("(descriptions, hidden)"), descriptions);
    whole
}
