//! Words that a sheet holds beside its cells: in formulas, in the conditions of
//! formats, and in what may be chosen for a cell.

use super::record::kind;
use super::string::Version;
use crate::extract::bytes::u16_at;
use crate::extract::formula::{counted, push_line, words};
use crate::extract::harvest::{Harvest, Place};

#[derive(Debug, Default)]
pub(super) struct Words {
    formulas: String,
    choices: String,
}

impl Words {
    /// Takes what a record holds; most hold nothing.
    pub(super) fn record(&mut self, record: u16, data: &[u8], version: Version) {
        let formula = match record {
            kind::FORMULA => data.get(20..),
            // [MS-XLS] 2.4.260 and 2.4.4: of several cells.
            kind::SHARED_FORMULA => data.get(8..),
            kind::ARRAY => data.get(12..),
            kind::CONDITION => return self.condition(data, version),
            kind::VALIDATION => return self.validation(data, version),
            _ => return,
        };
        if let Some((tokens, behind)) = formula.and_then(|formula| counted(formula, 2)) {
            self.formula(&words(tokens, behind, version.dialect()));
        }
    }

    fn formula(&mut self, words: &[String]) {
        if !words.is_empty() {
            self.formulas.push_str(&words.join("\t"));
            self.formulas.push('\n');
        }
    }

    /// [MS-XLS] 2.4.42: two formulas at the end, their lengths at the start.
    fn condition(&mut self, data: &[u8], version: Version) {
        let lengths = [2, 4].map(|at| usize::from(u16_at(data, at).unwrap_or(0)));
        let start = data.len().saturating_sub(lengths[0] + lengths[1]);
        let (first, second) = data[start..].split_at(lengths[0].min(data.len() - start));
        for tokens in [first, second] {
            self.formula(&words(tokens, &[], version.dialect()));
        }
    }

    /// [MS-XLS] 2.4.95: four texts that Excel shows, then two formulas.
    fn validation(&mut self, data: &[u8], version: Version) {
        let mut rest = data.get(4..).unwrap_or_default();
        for _ in 0..4 {
            let Some((text, behind)) = version.taken(rest) else {
                return;
            };
            rest = behind;
            push_line(&mut self.choices, text.trim_matches('\0'));
        }
        for _ in 0..2 {
            let length = usize::from(u16_at(rest, 0).unwrap_or(0));
            let Some((tokens, behind)) = rest.get(4..).and_then(|d| d.split_at_checked(length))
            else {
                return;
            };
            rest = behind;
            for word in words(tokens, &[], version.dialect()) {
                push_line(&mut self.choices, &word);
            }
        }
    }

    pub(super) fn finish(self, sheet: &Place, harvest: &mut Harvest<'_>) {
        harvest.text(&sheet.hidden("formulas, hidden"), self.formulas);
        harvest.text(&sheet.hidden("data validation, hidden"), self.choices);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extract::Budget;

    fn check(record: u16, data: &[u8], place: &str, expected: &str) {
        let budget = Budget::default();
        let mut harvest = Harvest::new(&budget);
        let mut words = Words::default();
        words.record(record, data, Version::Biff8);
        words.finish(&Place::message().within("a"), &mut harvest);
        let reading = harvest.finish();
        let found: Vec<(&str, &str)> = reading
            .texts
            .iter()
            .map(|text| (text.location.as_str(), text.text.as_str()))
            .collect();
        assert_eq!(found, [(place, expected)]);
        for length in 0..data.len() {
            Words::default().record(record, &data[..length], Version::Biff8);
        }
    }

    #[test]
    fn words_of_every_record_are_found() {
        let formula = b"\x06\0\x17\x03\0Zoe";
        let formulas = "a \u{203a} formulas, hidden";
        for (record, before) in [
            (kind::FORMULA, 20),
            (kind::SHARED_FORMULA, 8),
            (kind::ARRAY, 12),
        ] {
            let data = [&vec![0; before][..], formula].concat();
            check(record, &data, formulas, "Zoe\n");
        }
        let condition = b"\x01\x03\x06\0\x07\0........\x17\x03\0Zoe\x17\x04\0Oban";
        check(kind::CONDITION, condition, formulas, "Zoe\nOban\n");
        let validation = b"\0\0\0\0\x04\0\0Pick\x01\0\0\0\x04\0\0Only\x01\0\0\0\x0b\0\0\0\x17\x08\0Zoe\0Oban\0\0\0\0";
        check(
            kind::VALIDATION,
            validation,
            "a \u{203a} data validation, hidden",
            "Pick\nOnly\nZoe, Oban\n",
        );
    }
}
