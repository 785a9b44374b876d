//! Whom a mail greets, where that is not whom it goes to.

use std::sync::LazyLock;

use regex::Regex;

use crate::check::Screened;
use crate::extract::Role;
use crate::school::names::folded;
use crate::school::{Class, Contact, School};

use super::about::Letter;
use super::family::Family;

static GREETING: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(concat!(
        r"\A\s*(?:(?:(?:Dear|Hello|Hi|Hiya|Hey|To|(?:Good )?(?:[Mm]orning|[Aa]fternoon|[Ee]vening)),? )?",
        r"(?:(?:Mr|Mrs|Ms|Miss|Mx|Dr)\.? (?:and|&) )?(?:Mr|Mrs|Ms|Miss|Mx|Dr)\.? ",
        r"(?P<surname>\p{Lu}[\p{L}'\u{2019}-]+)",
        r"|(?:Dear|Hello|Hi|Hiya|Hey|(?:Good )?(?:[Mm]orning|[Aa]fternoon|[Ee]vening)),? ",
        r"(?P<forename>\p{Lu}[\p{L}'\u{2019}-]+))",
        r"(?: and \p{Lu}[\p{L}'\u{2019}-]+)?[ \t]*(?:[,.:!\u{2013}-]|\n|\z)",
    ))
    .expect("a good expression")
});

/// Whether the mail greets the parent of other pupils, and nobody who lives
/// at this address.
pub(super) fn is_for_another(
    family: &Family<'_>,
    letter: &Letter<'_>,
    mail: &Screened<'_>,
    school: &School,
) -> bool {
    let mut bodies = mail.reading.texts.iter();
    let Some(body) = bodies.find(|text| text.role == Role::Body && text.attachment.is_none())
    else {
        return false;
    };
    let Some(greeting) = GREETING.captures(&body.text) else {
        return false;
    };
    let named = |group: &str| greeting.name(group).map(|name| folded(name.as_str()));
    match (named("surname"), named("forename")) {
        (Some(surname), _) => is_surname_of_another(&surname, family, mail, school),
        (_, Some(forename)) => is_forename_of_another(&forename, family, letter, mail, school),
        _ => false,
    }
}

fn is_surname_of_another(
    surname: &str,
    family: &Family<'_>,
    mail: &Screened<'_>,
    school: &School,
) -> bool {
    let bears = |contact: &Contact| {
        folded(&contact.name).ends_with(surname) || has_word(&contact.name, surname)
    };
    // A mother may be called as her child is.
    let initial = surname.chars().next();
    let as_child = family.pupils.iter().any(|&pupil| {
        let pupil = school.people.pupils.get(pupil);
        let last = pupil.and_then(|pupil| pupil.initials.split('.').rfind(|part| !part.is_empty()));
        last.and_then(|last| folded(last).chars().next()) == initial
    });
    !family.contacts.iter().any(|contact| bears(contact))
        && !is_shown(surname, mail)
        && !as_child
        && others(family, school).any(bears)
}

/// By the forename alone many are called: it counts with the forename of the
/// other parent's own child, and no word of this family's children.
fn is_forename_of_another(
    forename: &str,
    family: &Family<'_>,
    letter: &Letter<'_>,
    mail: &Screened<'_>,
    school: &School,
) -> bool {
    // "Kate" for Katherine.
    let alike = |name: &str| {
        let name = folded(name);
        name.chars().take(2).eq(forename.chars().take(2))
    };
    let mut own = family
        .contacts
        .iter()
        .flat_map(|contact| contact.name.split([' ', '-']));
    if own.any(alike) || is_shown(forename, mail) || letter.speaks_of(&family.pupils, school) {
        return false;
    }
    others(family, school).any(|other| {
        let first = other.name.split(' ').next().unwrap_or_default();
        let children = other.pupils.iter().copied().collect();
        folded(first) == forename && letter.speaks_of(&children, school)
    })
}

/// The parents of other pupils alone.
fn others<'s>(family: &Family<'_>, school: &'s School) -> impl Iterator<Item = &'s Contact> {
    school.people.contacts.iter().filter(|contact| {
        let mut pupils = contact.pupils.iter();
        contact.class == Class::Parent && pupils.all(|pupil| !family.pupils.contains(pupil))
    })
}

/// Whether the header shows somebody of this name.
fn is_shown(name: &str, mail: &Screened<'_>) -> bool {
    let header = &mail.reading.header;
    header.to.iter().any(|to| has_word(&to.name, name))
}

fn has_word(name: &str, folded_word: &str) -> bool {
    let mut words = name.split([' ', '-']).map(folded);
    words.any(|word| word == folded_word)
}
