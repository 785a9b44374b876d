//! How the parts of an Office document refer to one another (ECMA-376 part 2,
//! 9.3): `ppt/slides/_rels/slide1.xml.rels` says what `slide1.xml` leads to.

use std::collections::{HashMap, HashSet};

use super::xml::{self, Node};

/// The relationships of all parts, as far as places are named by them.
#[derive(Debug, Default)]
pub(crate) struct Relationships {
    /// By source part and identifier: the part that it leads to.
    targets: HashMap<(String, String), String>,
    /// By target part: the slide or sheet that it belongs to.
    owners: HashMap<String, String>,
    /// By picture: the parts that show it.
    shown_in: HashMap<String, Vec<String>>,
    /// Parts whose content is put into the document when it is opened.
    inserted: HashSet<String>,
    /// Links to people and other files, a text for each part that has some.
    pub(crate) links: Vec<String>,
}

impl Relationships {
    /// Takes one part's relationships in; false if they are damaged.
    pub(crate) fn read(&mut self, name: &str, xml: &[u8]) -> bool {
        let source = source_of(name);
        let owns = source.contains("/slides/") || source.contains("sheets/");
        let mut links = String::new();
        let whole = xml::walk(xml, |node| {
            if let Node::Start(element) | Node::Empty(element) = node
                && element.name() == b"Relationship"
                && let Some(target) = element.attribute("Target")
            {
                if element.attribute("TargetMode").as_deref() == Some("External") {
                    links.push_str(target.strip_prefix("mailto:").unwrap_or(&target));
                    links.push('\n');
                    return true;
                }
                let part = resolve(&source, &target);
                let kind = element.attribute("Type").unwrap_or_default();
                if kind.ends_with("/aFChunk") {
                    self.inserted.insert(part.clone());
                }
                if is_picture(&part) {
                    let shown_in = self.shown_in.entry(part.clone()).or_default();
                    shown_in.push(source.clone());
                }
                if owns {
                    self.owners.insert(part.clone(), source.clone());
                }
                let id = element.attribute("Id").unwrap_or_default().into_owned();
                self.targets.insert((source.clone(), id), part);
            }
            true
        });
        if !links.is_empty() {
            self.links.push(links);
        }
        whole
    }

    pub(crate) fn target(&self, source: &str, id: &str) -> Option<&str> {
        let key = (source.to_owned(), id.to_owned());
        self.targets.get(&key).map(String::as_str)
    }

    /// Whether the part is a document of any kind that belongs in the text.
    pub(crate) fn inserts(&self, part: &str) -> bool {
        self.inserted.contains(part)
    }

    /// The parts that show a picture.
    pub(crate) fn showing(&self, picture: &str) -> &[String] {
        self.shown_in.get(picture).map_or(&[], Vec::as_slice)
    }

    /// The slide or sheet that the part belongs to, as its notes and comments
    /// do.
    pub(crate) fn owner(&self, part: &str) -> Option<&str> {
        self.owners.get(part).map(String::as_str)
    }
}

/// Whether the part is a picture, by where programs put them.
pub(crate) fn is_picture(part: &str) -> bool {
    part.contains("/media/") || part.starts_with("docProps/thumbnail")
}

/// `xl/_rels/workbook.xml.rels` as `xl/workbook.xml`.
fn source_of(name: &str) -> String {
    name.replacen("_rels/", "", 1)
        .trim_end_matches(".rels")
        .to_owned()
}

/// A target from where its source stands: `../comments1.xml`.
pub(crate) fn resolve(source: &str, target: &str) -> String {
    if let Some(absolute) = target.strip_prefix('/') {
        return absolute.to_owned();
    }
    let mut path: Vec<&str> = source.split('/').collect();
    path.pop();
    for step in target.split('/') {
        match step {
            "." | "" => {}
            ".." => {
                path.pop();
            }
            step => path.push(step),
        }
    }
    path.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_are_found_from_where_their_source_stands() {
        for (source, target, expected) in [
            (
                "xl/workbook.xml",
                "worksheets/sheet1.xml",
                "xl/worksheets/sheet1.xml",
            ),
            (
                "xl/workbook.xml",
                "/xl/worksheets/sheet1.xml",
                "xl/worksheets/sheet1.xml",
            ),
            (
                "xl/worksheets/sheet1.xml",
                "../comments1.xml",
                "xl/comments1.xml",
            ),
            ("xl/workbook.xml", "../../../a.xml", "a.xml"),
            ("", "a.xml", "a.xml"),
        ] {
            assert_eq!(resolve(source, target), expected, "{source} {target}");
        }
        assert_eq!(source_of("xl/_rels/workbook.xml.rels"), "xl/workbook.xml");
        assert_eq!(source_of("_rels/.rels"), "");
    }
}
