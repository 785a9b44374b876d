//! XML files of any make, and the Common Transfer File in which schools send
//! pupils' records to one another (Department for Education, CTF).

use super::flat_office;
use super::harvest::{Harvest, Place};
use super::plain::push_cell;
use super::xml::{self, Node};
use crate::finding::ProblemKind;

pub(crate) fn read(bytes: &[u8], place: &Place, harvest: &mut Harvest<'_>) {
    if flat_office::read(bytes, place, harvest) {
        return;
    }
    let mut rows = Rows::default();
    let ended = xml::walk(bytes, |node| {
        rows.node(node);
        true
    });
    harvest.kind(
        place,
        match rows.root.as_slice() {
            b"CTfile" => "ctf",
            b"svg" => "svg",
            _ => "xml",
        },
    );
    if harvest.decoded(place, rows.text.len()) {
        harvest.text(place, rows.text);
    }
    harvest.text(
        &place.hidden("comments, hidden"),
        comments(&xml::text(bytes)),
    );
    if !ended || rows.depth != 0 {
        harvest.problem(
            place,
            ProblemKind::Damaged,
            "the file is cut short or damaged",
        );
    }
}

/// What the file's makers wrote for one another.
fn comments(xml: &str) -> String {
    let pieces = xml.split("<!--").skip(1);
    let comments = pieces.map(|piece| piece.split("-->").next().unwrap_or(piece).trim());
    comments.collect::<Vec<_>>().join("\n")
}

/// Elements that hold only text are cells of the row that the element around
/// them is.
#[derive(Debug, Default)]
struct Rows {
    text: String,
    root: Vec<u8>,
    depth: i64,
    /// The element that was opened last is still open.
    is_leaf: bool,
}

impl Rows {
    fn node(&mut self, node: Node<'_, '_>) {
        match node {
            Node::Start(element) => {
                if self.root.is_empty() {
                    self.root = element.name().to_vec();
                }
                self.depth += 1;
                self.is_leaf = true;
                self.attributes(element.attributes());
            }
            Node::Empty(element) => self.attributes(element.attributes()),
            Node::Text(text) => {
                if !text.trim().is_empty() || self.is_leaf {
                    push_text(&mut self.text, text);
                }
            }
            Node::End(_) => {
                self.depth -= 1;
                self.text.push(if self.is_leaf { '\t' } else { '\n' });
                self.is_leaf = false;
            }
        }
    }

    fn attributes<'a>(
        &mut self,
        attributes: impl Iterator<Item = (&'a str, std::borrow::Cow<'a, str>)>,
    ) {
        for (_, value) in attributes {
            push_cell(&mut self.text, &value);
            self.text.push('\t');
        }
    }
}

/// Text goes on where a reference stood in it: spaces at its ends count.
fn push_text(out: &mut String, text: &str) {
    out.extend(text.chars().map(|c| if c.is_control() { ' ' } else { c }));
}
