//! What the styles of an OpenDocument file hide (OpenDocument 1.3 part 3,
//! 16.2): words, sheets and slides.

use std::collections::HashMap;

use crate::extract::xml::{self, Element, Node};

/// Styles with parents beyond this run in a circle.
const LONGEST_CHAIN: usize = 64;

#[derive(Debug, Default)]
pub(crate) struct Styles {
    /// By family and name: a paragraph's style can be called like a table's.
    known: HashMap<(String, String), Definition>,
    /// The style that is being read.
    current: (String, String),
}

#[derive(Debug, Default)]
struct Definition {
    parent: Option<String>,
    hides: Option<bool>,
}

impl Styles {
    /// Takes in the styles of a part, and leaves its words alone.
    pub(crate) fn read(&mut self, xml: &[u8]) {
        xml::walk(xml, |node| {
            if let Node::Start(element) | Node::Empty(element) = node {
                self.element(&element);
            }
            true
        });
    }

    /// Takes in what an element says of a style, if it does.
    pub(crate) fn element(&mut self, element: &Element<'_, '_>) {
        let attribute = |name| element.attribute(name).map(|value| value.into_owned());
        let hides = match element.name() {
            b"style" => {
                let family = attribute("family").unwrap_or_default();
                self.current = (family, attribute("name").unwrap_or_default());
                let definition = Definition {
                    parent: attribute("parent-style-name"),
                    hides: None,
                };
                self.known.insert(self.current.clone(), definition);
                return;
            }
            b"text-properties" => attribute("display").map(|display| display == "none"),
            b"table-properties" => attribute("display").map(|display| display == "false"),
            b"drawing-page-properties" => {
                attribute("visibility").map(|visibility| visibility == "hidden")
            }
            b"default-style" | b"list-style" | b"outline-style" => {
                self.current = Default::default();
                return;
            }
            _ => return,
        };
        if let (Some(_), Some(style)) = (hides, self.known.get_mut(&self.current)) {
            style.hides = hides;
        }
    }

    /// Whether an element's style hides it; `None` if it leaves that to what is
    /// around it.
    pub(crate) fn hides(&self, family: &str, element: &Element<'_, '_>) -> Option<bool> {
        let mut key = (
            family.to_owned(),
            element.attribute("style-name")?.into_owned(),
        );
        for _ in 0..LONGEST_CHAIN {
            let style = self.known.get(&key)?;
            if style.hides.is_some() {
                return style.hides;
            }
            key.1.clone_from(style.parent.as_ref()?);
        }
        None
    }
}
