//! Whose mailbox it is, judged by its name: how much a local part looks like
//! a member of staff's.

use crate::patterns::{Folded, Pack};
use crate::school::Staff;

/// A forename or short form with the surname.
const WHOLE_NAME: i32 = 6;
/// An initial with the surname.
const INITIAL: i32 = 4;
const SURNAME: i32 = 3;
/// "family", or "the Coopers".
const FAMILY: i32 = 1;

/// How much a local part, or the name that a header shows with it, looks like
/// this member of staff: from 0 to 6.
pub(super) fn of(local_part: &str, shown_as: &str, staff: &Staff, diminutives: &Pack) -> i32 {
    let surname = letters(&staff.surname);
    if surname.len() < 2 {
        return 0;
    }
    let words = words(local_part);
    let joined: String = words.concat();
    let shown = letters(shown_as);
    if !joined.contains(&surname) && !shown.contains(&surname) {
        return 0;
    }
    let forename = letters(&staff.forename);
    let mut forms: Vec<String> = diminutives
        .whole(&forename)
        .into_iter()
        .flat_map(|pattern| pattern.phrases.iter().cloned())
        .collect();
    forms.push(forename);
    // Both names, also with a middle initial between them.
    let whole = |text: &str| {
        forms.iter().filter(|form| form.len() > 1).any(|form| {
            let reversed = text.strip_prefix(surname.as_str()) == Some(form);
            let rest = text.strip_prefix(form.as_str()).unwrap_or_default();
            let between = rest.strip_suffix(surname.as_str());
            reversed || between.is_some_and(|between| between.len() <= 1)
        })
    };
    if whole(&joined) || whole(&shown) {
        return WHOLE_NAME;
    }
    // Two letters are the beginning of too many names.
    if surname.len() < 3 {
        return 0;
    }
    let is_initial =
        |text: &str| forms.iter().any(|form| form.starts_with(text)) && text.len() == 1;
    // Two initials run together ("djcooper"), but not a name of two letters
    // that stands apart ("jo.cooper").
    let initials = |text: &str| {
        is_initial(text)
            || (text.len() == 2
                && !words.iter().any(|word| word == text)
                && is_initial(&text[..1])
                && !"aeiouy".contains(&text[1..]))
    };
    let before = joined.strip_suffix(surname.as_str());
    let after = joined.strip_prefix(surname.as_str());
    match (before, after) {
        (Some(""), _) => SURNAME,
        (Some(before), _) if initials(before) => INITIAL,
        (_, Some(after)) if initials(after) => INITIAL,
        (Some("mr" | "mrs" | "miss" | "ms" | "dr" | "sir"), _) => SURNAME,
        (Some("family" | "the"), _) | (_, Some("family" | "s")) => FAMILY,
        _ if joined
            .strip_prefix("the")
            .is_some_and(|rest| rest == format!("{surname}s")) =>
        {
            FAMILY
        }
        _ => 0,
    }
}

/// The words of a local part, without numbers, tags and what people add to
/// get a name that is still free.
fn words(local_part: &str) -> Vec<String> {
    let own = local_part.split('+').next().unwrap_or_default();
    let folded = Folded::prose(own);
    folded
        .as_str()
        .split(|c: char| matches!(c, '.' | '_' | '-') || c.is_ascii_digit())
        .map(letters)
        .filter(|word| {
            !matches!(
                word.as_str(),
                "" | "home"
                    | "personal"
                    | "private"
                    | "mail"
                    | "email"
                    | "uk"
                    | "me"
                    | "x"
                    | "xx"
                    | "real"
                    | "official"
            )
        })
        .collect()
}

/// A name's letters, folded.
fn letters(name: &str) -> String {
    let folded = Folded::prose(name);
    folded
        .as_str()
        .chars()
        .filter(|c| c.is_alphabetic())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::patterns::{Packs, Topic};

    #[test]
    fn local_parts_are_compared_with_names() {
        let packs = Packs::builtin();
        for (forename, surname, local_part, expected) in [
            ("Daniel", "Cooper", "dan.cooper82", WHOLE_NAME),
            ("Daniel", "Cooper", "cooper_danny", WHOLE_NAME),
            ("Daniel", "Cooper", "daniel.j.cooper", WHOLE_NAME),
            ("Daniel", "Cooper", "DanielCooper+school", WHOLE_NAME),
            ("Daniel", "Cooper", "d.cooper1", INITIAL),
            ("Daniel", "Cooper", "djcooper", INITIAL),
            ("Daniel", "Cooper", "cooperd", INITIAL),
            ("Daniel", "Cooper", "cooper1982", SURNAME),
            ("Daniel", "Cooper", "mrcooper", SURNAME),
            ("Daniel", "Cooper", "thecoopers", FAMILY),
            ("Daniel", "Cooper", "cooperfamily4", FAMILY),
            ("Daniel", "Cooper", "sarah.cooper", 0),
            ("Daniel", "Cooper", "s.cooper", 0),
            ("Daniel", "Cooper", "cooper.plumbing", 0),
            ("Daniel", "Cooper", "cooperative", 0),
            ("Daniel", "Cooper", "dan82", 0),
            ("Jane", "Cooper", "jo.cooper", 0),
            ("Katherine", "O'Neill", "kate.oneill", WHOLE_NAME),
            ("Katherine", "O\u{2019}Neill", "katieo'neill", WHOLE_NAME),
            (
                "Philippa",
                "Ashworth-Bell",
                "pippa_ashworth_bell",
                WHOLE_NAME,
            ),
            ("Robert", "Ng", "bob.ng", WHOLE_NAME),
            ("Robert", "Ng", "rng", 0),
            ("Zo\u{eb}", "M\u{fc}ller", "zoe.muller", WHOLE_NAME),
            ("", "", "anything", 0),
            ("", "Cooper", "cooper", SURNAME),
        ] {
            let staff = Staff {
                id: "1".to_owned(),
                title: String::new(),
                forename: forename.to_owned(),
                surname: surname.to_owned(),
                role: String::new(),
                email: None,
            };
            let likeness = of(local_part, "", &staff, packs.pack(Topic::Diminutives));
            assert_eq!(likeness, expected, "{local_part} for {forename} {surname}");
        }
    }

    #[test]
    fn the_name_shown_beside_the_address_counts() {
        let packs = Packs::builtin();
        let staff = Staff {
            id: "1".to_owned(),
            title: String::new(),
            forename: "Daniel".to_owned(),
            surname: "Cooper".to_owned(),
            role: String::new(),
            email: None,
        };
        for (shown, expected) in [
            ("Dan Cooper", WHOLE_NAME),
            ("Cooper, Daniel", WHOLE_NAME),
            ("Mrs Cooper", 0),
            ("", 0),
        ] {
            let likeness = of("greenfinch9", shown, &staff, packs.pack(Topic::Diminutives));
            assert_eq!(likeness, expected, "{shown}");
        }
    }
}
