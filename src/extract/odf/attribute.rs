//! What stands in the attributes of an OpenDocument file's elements: names,
//! links, formulas, choices, and texts that a condition shows or hides.

use super::aside::Aside;
use super::text::Reader;
use crate::extract::xml::Element;

impl Reader<'_> {
    pub(super) fn attributes(&mut self, element: &Element<'_, '_>) {
        match element.name() {
            // A field that shows one text or the other, or none.
            b"hidden-text" | b"conditional-text" => self.take(
                Aside::Vanished,
                element,
                &[
                    "string-value",
                    "string-value-if-true",
                    "string-value-if-false",
                ],
            ),
            b"a" | b"table-source" | b"section-source" => self.link(element),
            b"bookmark" | b"bookmark-start" => {
                // Those that begin so are made by programs.
                let own = |name: &str| !name.starts_with('_');
                self.take_if(Aside::Bookmarks, element, &["name"], own);
            }
            b"alphabetical-index-mark" | b"toc-mark" | b"user-index-mark" => {
                self.take(
                    Aside::IndexEntries,
                    element,
                    &["string-value", "key1", "key2"],
                );
            }
            b"alphabetical-index-mark-start" => {
                self.take(Aside::IndexEntries, element, &["key1", "key2"]);
            }
            b"user-field-decl" | b"variable-set" => {
                self.take(Aside::Variables, element, &["string-value"]);
            }
            b"content-validation" => {
                let words = |condition: &str| condition.contains('"');
                self.take_if(Aside::Validation, element, &["condition"], words);
            }
            b"help-message" | b"error-message" => {
                self.take(Aside::Validation, element, &["title"]);
            }
            b"named-expression" => self.name(element, "expression"),
            b"named-range" => self.name(element, "cell-range-address"),
            b"table-cell" => {
                let words = |formula: &str| formula.contains('"');
                self.take_if(Aside::Formulas, element, &["formula"], words);
            }
            b"item" | b"option" => self.take(Aside::Choices, element, &["label", "value"]),
            b"textarea" | b"text" | b"formatted-text" | b"combobox" | b"password" => {
                self.take(Aside::FormFields, element, &["current-value", "value"]);
            }
            b"button" | b"checkbox" | b"radio" | b"fixed-text" | b"generic-control" => {
                self.take(Aside::FormFields, element, &["label", "current-value"]);
                self.take(Aside::Choices, element, &["title"]);
            }
            _ => {}
        }
    }

    fn take(&mut self, aside: Aside, element: &Element<'_, '_>, names: &[&str]) {
        self.take_if(aside, element, names, |_| true);
    }

    fn take_if(
        &mut self,
        aside: Aside,
        element: &Element<'_, '_>,
        names: &[&str],
        wanted: impl Fn(&str) -> bool,
    ) {
        for name in names {
            if let Some(text) = element.attribute(name).filter(|text| wanted(text)) {
                self.length += self.asides.line(aside, &text);
            }
        }
    }

    fn name(&mut self, element: &Element<'_, '_>, stands_for: &str) {
        let name = element.attribute("name").unwrap_or_default();
        let value = element.attribute(stands_for).unwrap_or_default();
        let line = format!("{name}\t{value}");
        self.length += self.asides.line(Aside::DefinedNames, &line);
    }

    /// Links within the file say nothing.
    fn link(&mut self, element: &Element<'_, '_>) {
        if let Some(target) = element.attribute("href")
            && !target.starts_with('#')
        {
            let target = target.strip_prefix("mailto:").unwrap_or(&target);
            self.length += self.asides.line(Aside::Links, target);
        }
    }
}
