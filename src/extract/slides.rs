//! Slides of PresentationML by the numbers that people see: their order in
//! the presentation, which their parts' names do not tell.

use super::harvest::Place;
use super::relationships::Relationships;
use super::xml::{self, Node};

pub(crate) const PRESENTATION: &str = "ppt/presentation.xml";

#[derive(Debug, Default)]
pub(crate) struct Slides {
    /// The parts in the order in which they are shown.
    parts: Vec<String>,
}

impl Slides {
    /// `ppt/presentation.xml`; false if it is damaged.
    pub(crate) fn read(&mut self, xml: &[u8], relationships: &Relationships) -> bool {
        xml::walk(xml, |node| {
            if let Node::Start(element) | Node::Empty(element) = node
                && element.name() == b"sldId"
            {
                // It has an `id` of its own beside that of the relationship.
                let part = element
                    .attributes()
                    .filter(|(name, _)| *name == "id")
                    .find_map(|(_, id)| relationships.target(PRESENTATION, &id));
                self.parts.extend(part.map(str::to_owned));
            }
            true
        })
    }

    /// The slide's number, from 1.
    pub(crate) fn number(&self, part: &str) -> Option<usize> {
        let index = self.parts.iter().position(|slide| slide == part)?;
        Some(index + 1)
    }

    /// Where a slide's words stand.
    pub(crate) fn place(&self, part: &str, xml: &[u8], place: &Place) -> Place {
        let number = match self.number(part) {
            Some(number) => number.to_string(),
            // A presentation that lists none is shown by its parts' names.
            None if self.parts.is_empty() => digits(part),
            None => return place.hidden("slide left out of the presentation, hidden"),
        };
        if is_hidden(xml) {
            place.hidden(&format!("slide {number} (hidden)"))
        } else {
            place.within(&format!("slide {number}"))
        }
    }

    /// How people name the slide that notes or comments belong to.
    pub(crate) fn name(&self, part: Option<&str>) -> String {
        match part.and_then(|part| self.number(part)) {
            Some(number) => format!("slide {number}"),
            None => "a slide".to_owned(),
        }
    }
}

/// Whether the slide is left out when the presentation is shown.
fn is_hidden(xml: &[u8]) -> bool {
    let mut hidden = false;
    xml::walk(xml, |node| match node {
        Node::Start(element) | Node::Empty(element) => {
            hidden = element.name() == b"sld"
                && element
                    .attribute("show")
                    .is_some_and(|show| matches!(show.as_ref(), "0" | "false"));
            false
        }
        _ => true,
    });
    hidden
}

fn digits(part: &str) -> String {
    part.chars().filter(char::is_ascii_digit).collect()
}
