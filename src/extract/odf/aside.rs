//! What an OpenDocument file says beside its text, each under the name that
//! people would look for it by.

use std::collections::BTreeMap;

use crate::extract::harvest::{Harvest, Place};

/// In the order in which they are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Aside {
    HeaderFooter,
    SlideMaster,
    Footnotes,
    Endnotes,
    Comments,
    FormFields,
    Deleted,
    Vanished,
    /// Choices of form fields.
    Choices,
    Validation,
    DefinedNames,
    Formulas,
    Variables,
    IndexEntries,
    Bookmarks,
    Descriptions,
    Links,
    MasterOfNotes,
    Properties,
}

impl Aside {
    /// Where it stands in a file.
    pub(crate) fn within(self, file: &Place) -> Place {
        match self.place() {
            (name, true) => file.hidden(name),
            (name, false) => file.within(name),
        }
    }

    /// Its place, and whether its program does not show it.
    fn place(self) -> (&'static str, bool) {
        match self {
            Self::HeaderFooter => ("header and footer", false),
            Self::SlideMaster => ("slide master", false),
            Self::Footnotes => ("footnotes", false),
            Self::Endnotes => ("endnotes", false),
            Self::Comments => ("comments", false),
            Self::FormFields => ("form fields", false),
            Self::Deleted => ("(deleted text, hidden)", true),
            Self::Vanished => ("(hidden text)", true),
            Self::Choices => ("(choices of form fields, hidden)", true),
            Self::Validation => ("data validation, hidden", true),
            Self::DefinedNames => ("defined names, hidden", true),
            Self::Formulas => ("formulas, hidden", true),
            Self::Variables => ("document variables, hidden", true),
            Self::IndexEntries => ("(index entries, hidden)", true),
            Self::Bookmarks => ("(names of bookmarks, hidden)", true),
            Self::Descriptions => ("(descriptions, hidden)", true),
            Self::Links => ("link targets, hidden", true),
            Self::MasterOfNotes => ("master of notes and handouts, hidden", true),
            Self::Properties => ("document properties, hidden", true),
        }
    }
}

#[derive(Debug, Default)]
pub(crate) struct Asides {
    texts: BTreeMap<Aside, String>,
}

impl Asides {
    pub(crate) fn of(&mut self, aside: Aside) -> &mut String {
        self.texts.entry(aside).or_default()
    }

    /// A line of its own; gives its bytes.
    pub(crate) fn line(&mut self, aside: Aside, line: &str) -> usize {
        if line.is_empty() {
            return 0;
        }
        let lines = self.of(aside);
        // Who changed something did so again and again.
        if lines.lines().next_back() == Some(line) {
            return 0;
        }
        lines.push_str(line);
        lines.push('\n');
        line.len()
    }

    /// What is hidden in two paragraphs is not one word.
    pub(crate) fn end_vanished(&mut self) {
        if let Some(text) = self.texts.get_mut(&Aside::Vanished)
            && !text.is_empty()
            && !text.ends_with(['\n', ' '])
        {
            text.push('\n');
        }
    }

    pub(crate) fn finish(self, place: &Place, harvest: &mut Harvest<'_>) {
        for (aside, text) in self.texts {
            harvest.text(&aside.within(place), text);
        }
    }
}
