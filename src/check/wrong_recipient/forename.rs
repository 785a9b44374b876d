//! Pupils who are called by their forename alone. Names are kept as
//! fingerprints: a word is tried with the surnames of those around the pupil.

use std::collections::BTreeSet;

use crate::extract::Text;
use crate::school::School;
use crate::school::names::folded;

/// The first capitalised words of a text in which forenames are looked for.
const WORDS: usize = 3000;

/// Whether a word of the text is the pupil's forename.
pub(super) fn has_forename(pupil: usize, text: &Text, school: &School) -> bool {
    let people = &school.people;
    let initial = people.pupils.get(pupil).map(|pupil| folded(pupil.initials));
    let Some(initial) = initial.and_then(|initials| initials.chars().next()) else {
        return false;
    };
    let surnames: Vec<&str> = people
        .contacts_of(pupil)
        .flat_map(|contact| surnames(&contact.name))
        .collect();
    capitalised(&text.text)
        .filter(|word| folded(word).starts_with(initial))
        .any(|word| {
            let is_named =
                |surname: &&str| people.names.pupils_named(word, surname).contains(&pupil);
            surnames.iter().any(is_named)
        })
}

/// The pupils whose forename is a word of the text, and whose surname is one of
/// these.
pub(super) fn named_with(
    surnames: &[&str],
    text: &Text,
    school: &School,
) -> Option<BTreeSet<usize>> {
    capitalised(&text.text).find_map(|word| {
        let named = surnames
            .iter()
            .flat_map(|surname| school.people.names.pupils_named(word, surname));
        let named: BTreeSet<usize> = named.collect();
        (!named.is_empty()).then_some(named)
    })
}

/// What may be the surname in a contact's name: all but the first word, or the
/// last.
pub(super) fn surnames(name: &str) -> impl Iterator<Item = &str> {
    let rest = name.split_once(' ').map(|(_, rest)| rest);
    rest.into_iter()
        .flat_map(|rest| [rest, rest.rsplit([' ', '-']).next().unwrap_or(rest)])
}

/// Words that may be names, without a possessive.
fn capitalised(text: &str) -> impl Iterator<Item = &str> {
    let words = text.split(|c: char| !c.is_alphabetic() && !"'\u{2019}-".contains(c));
    words
        .filter(|word| word.len() > 1 && !word.starts_with(char::is_lowercase))
        .take(WORDS)
        .map(|word| {
            let possessive = word.rsplit_once(['\'', '\u{2019}']);
            let possessive = possessive.filter(|(_, rest)| rest.eq_ignore_ascii_case("s"));
            possessive.map_or(word, |(name, _)| name)
        })
}
