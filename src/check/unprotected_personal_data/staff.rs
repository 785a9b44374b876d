//! The staff list, to be recognised in a table's row.
//!
//! Unlike pupils' names, these are in clear, and only looked for where a
//! table's headings speak of pay, sickness or conduct: a list of staff alone
//! is in every prospectus.

use std::cell::OnceCell;
use std::collections::HashMap;

use crate::school::School;
use crate::school::names::folded;

/// Members of staff by the ways in which a row can name them.
#[derive(Debug)]
pub(super) struct Staffroom<'s> {
    school: &'s School,
    /// Made when first needed; `None` for what two of them are called.
    by_name: OnceCell<HashMap<String, Option<usize>>>,
}

/// The most words of a row's name that are looked at.
const WORDS: usize = 8;

impl<'s> Staffroom<'s> {
    pub(super) fn new(school: &'s School) -> Self {
        Self {
            school,
            by_name: OnceCell::new(),
        }
    }

    /// Whom these words name: forename or initial and surname, in either
    /// order, titles aside.
    pub(super) fn named(&self, words: &str) -> Option<usize> {
        let name = spelled(words)?;
        *self.by_name.get_or_init(|| self.index()).get(&name)?
    }

    pub(super) fn initials(&self, staff: usize) -> String {
        let staff = self.school.people.staff.get(staff);
        let parts = staff.map(|staff| [&staff.forename, &staff.surname]);
        parts
            .into_iter()
            .flatten()
            .filter_map(|part| part.chars().next())
            .flat_map(|first| [first, '.'])
            .collect()
    }

    fn index(&self) -> HashMap<String, Option<usize>> {
        let mut index: HashMap<String, Option<usize>> = HashMap::new();
        for (number, staff) in self.school.people.staff.iter().enumerate() {
            let initial: String = staff.forename.chars().take(1).collect();
            for (one, other) in [
                (&staff.forename, &staff.surname),
                (&staff.surname, &staff.forename),
                (&initial, &staff.surname),
                (&staff.surname, &initial),
            ] {
                if let Some(name) = spelled(&format!("{one} {other}")) {
                    index
                        .entry(name)
                        .and_modify(|known| *known = known.filter(|&known| known == number))
                        .or_insert(Some(number));
                }
            }
        }
        index
    }
}

/// A name of two words and more without titles, each word's letters folded.
fn spelled(words: &str) -> Option<String> {
    const TITLES: [&str; 8] = ["mr", "mrs", "ms", "miss", "dr", "mx", "rev", "prof"];
    let words: Vec<String> = words
        .split([' ', ',', '.', '\t'])
        .filter(|word| !word.is_empty())
        .take(WORDS)
        .map(folded)
        .filter(|word| !word.is_empty() && !TITLES.contains(&word.as_str()))
        .collect();
    (words.len() >= 2).then(|| words.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::testing::school;

    #[test]
    fn staff_are_known_in_any_order() {
        let school = school();
        let staffroom = Staffroom::new(&school);
        for (words, expected) in [
            ("Daniel Cooper", Some(0)),
            ("COOPER, Daniel", Some(0)),
            ("Mr D Cooper", Some(0)),
            ("Mr D. Cooper", Some(0)),
            ("Cooper\tDaniel", Some(0)),
            ("Dr Katherine O\u{2019}Neill", Some(2)),
            ("Cooper", None),
            ("Mr Cooper", None),
            ("Donald Cooper", None),
            ("Cooper Daniel Ashworth", None),
            ("", None),
        ] {
            assert_eq!(staffroom.named(words), expected, "{words}");
        }
        assert_eq!(staffroom.initials(2), "K.O.");
        assert_eq!(staffroom.initials(99), "");
        let long = "Daniel ".repeat(10_000);
        assert_eq!(staffroom.named(&long), None);
    }
}
