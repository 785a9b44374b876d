//! Two readings of one thing, held against each other: where programs could
//! read a file in two ways, it is read in both.

use super::Harvest;
use crate::extract::Text;

/// How far the reading had come.
#[derive(Debug)]
pub(crate) struct Mark {
    texts: usize,
    attachments: usize,
    problems: usize,
    pictures: usize,
}

impl Harvest<'_> {
    /// A mark to come back to with [`Self::readings_agree`].
    pub(crate) fn mark(&self) -> Mark {
        Mark {
            texts: self.reading.texts.len(),
            attachments: self.reading.attachments.len(),
            problems: self.reading.problems.len(),
            pictures: self.reading.pictures.len(),
        }
    }

    /// Puts the texts after the second mark before those between the two.
    pub(crate) fn bring_forward(&mut self, first: &Mark, second: &Mark) {
        let texts = &mut self.reading.texts[first.texts..];
        let moved = texts.len() - (second.texts - first.texts);
        texts.rotate_right(moved);
    }

    /// Whether the texts between the marks and those after are the same, white
    /// space aside; then all that came after is dropped, else what it says
    /// again.
    pub(crate) fn readings_agree(&mut self, first: &Mark, second: &Mark) -> bool {
        let squeezed = |texts: &[Text]| -> String {
            texts
                .iter()
                .flat_map(|text| text.text.chars())
                .filter(|c| !c.is_whitespace())
                .collect()
        };
        let texts = &self.reading.texts;
        let agree = squeezed(&texts[first.texts..second.texts]) == squeezed(&texts[second.texts..]);
        if agree {
            self.reading.texts.truncate(second.texts);
            self.reading.attachments.truncate(second.attachments);
            self.reading.pictures.truncate(second.pictures);
            if !self.spent {
                self.reading.problems.truncate(second.problems);
            }
        } else {
            let (known, after) =
                self.reading.texts[first.texts..].split_at(second.texts - first.texts);
            let is_known = |text: &Text| {
                let mut same = known.iter().filter(|known| known.text == text.text);
                same.any(|known| known.location == text.location)
            };
            let fresh: Vec<Text> = after
                .iter()
                .filter(|text| !is_known(text))
                .cloned()
                .collect();
            self.reading.texts.truncate(second.texts);
            self.reading.texts.extend(fresh);
        }
        agree
    }
}
