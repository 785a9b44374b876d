//! Domains that look like one that the school knows, and are not.

use crate::extract::{Reading, Role};
use crate::mail::Address;
use crate::patterns::Topic;
use crate::school::School;

/// A shorter name is one letter away from too many.
const SHORTEST: usize = 5;

/// Providers for private people, by their names.
const PROVIDERS: [&str; 12] = [
    "gmail",
    "googlemail",
    "hotmail",
    "outlook",
    "yahoo",
    "icloud",
    "btinternet",
    "talktalk",
    "virginmedia",
    "ntlworld",
    "blueyonder",
    "protonmail",
];

/// Whether an address's domain is a known one but for a letter, and nobody
/// wrote from there first.
pub(super) fn is_one_letter_away(address: &Address, reading: &Reading, school: &School) -> bool {
    let domain = address.domain();
    let name = domain.as_str();
    let known = || {
        let mut routes = school.routes.all();
        let private = school.patterns.pack(Topic::PersonalDomains);
        routes.any(|(_, route)| route.leads_to(address))
            || school.people.has_domain_around(name)
            || private.is_whole(name)
    };
    let like_known = || {
        let own = school.domains.iter().chain(&school.pupil_domains);
        let mut names = own
            .map(|domain| domain.as_str())
            .chain(school.people.domains());
        names.any(|known| {
            !is_short(known) && (is_typo(name, known) || is_typo(within(name, known), known))
        }) || is_like_provider(name)
            || lacks_a_label(name, school)
    };
    like_known() && !known() && !has_written(address, reading)
}

fn is_short(domain: &str) -> bool {
    domain
        .split('.')
        .next()
        .is_none_or(|label| label.len() < SHORTEST)
}

/// `greenfold.example` for `greenfold.sch.example`.
fn lacks_a_label(name: &str, school: &School) -> bool {
    let own = school.domains.iter().map(|domain| domain.as_str());
    let mut own = own.filter(|own| !is_short(own) && own.split('.').count() > 2);
    own.any(|own| {
        let (first, last) = (own.split('.').next(), own.rsplit('.').next());
        name.split('.').count() == 2
            && (name.split('.').next(), name.rsplit('.').next()) == (first, last)
    })
}

/// As much of a domain's end as the known one has labels: a department's name
/// before it changes nothing.
fn within<'n>(name: &'n str, known: &str) -> &'n str {
    let labels = known.split('.').count();
    let ends = name.rmatch_indices('.').nth(labels - 1);
    ends.map_or(name, |(dot, _)| &name[dot + 1..])
}

/// `gmial.com`: who mistypes a provider seldom mistypes its first letter.
fn is_like_provider(domain: &str) -> bool {
    let label = domain.split('.').next().unwrap_or_default();
    PROVIDERS
        .iter()
        .any(|known| label.as_bytes().first() == known.as_bytes().first() && is_typo(label, known))
}

/// An answer goes to where the question came from.
fn has_written(address: &Address, reading: &Reading) -> bool {
    let address = address.as_str().to_lowercase();
    let mut quoted = reading
        .texts
        .iter()
        .filter(|text| text.role == Role::Quoted);
    quoted.any(|text| text.text.to_lowercase().contains(&address))
}

/// Whether one letter was changed, dropped, added, or exchanged with the next.
fn is_typo(one: &str, other: &str) -> bool {
    let (one, other) = (one.as_bytes(), other.as_bytes());
    if one.len().abs_diff(other.len()) > 1 || one == other {
        return false;
    }
    let same = |(a, b): &(&u8, &u8)| a.eq_ignore_ascii_case(b);
    let before = one.iter().zip(other).take_while(same).count();
    let after = one
        .iter()
        .rev()
        .zip(other.iter().rev())
        .take_while(same)
        .count();
    let longest = one.len().max(other.len());
    let exchanged = one.len() == other.len()
        && before + 2 + after >= longest
        && one.get(before) == other.get(before + 1)
        && one.get(before + 1) == other.get(before);
    before + 1 + after >= longest || exchanged
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_letter_is_changed_dropped_added_or_exchanged() {
        for (one, other, expected) in [
            (
                "northshire-counci1.example",
                "northshire-council.example",
                true,
            ),
            (
                "northshire-heath.example",
                "northshire-health.example",
                true,
            ),
            ("calder-prrint.example", "calder-print.example", true),
            ("gmial", "gmail", true),
            ("calder-print.example", "calder-print.example", false),
            ("calder-couriers.example", "calder-coaches.example", false),
            (
                "kingsway-college.example",
                "kingsway-academy.example",
                false,
            ),
            ("gmail.com", "gmail.co.uk", false),
            ("ab", "ba", true),
            ("abcd", "badc", false),
            ("", "a", true),
            ("", "", false),
        ] {
            assert_eq!(is_typo(one, other), expected, "{one} {other}");
            assert_eq!(is_typo(other, one), expected, "{other} {one}");
        }
    }

    #[test]
    fn providers_are_known_by_their_names() {
        for (domain, expected) in [
            ("gmial.com", true),
            ("hotmal.co.uk", true),
            ("btintenet.com", true),
            ("email.com", false),
            ("cloud.com", false),
            ("gmail.com", false),
            ("yahoo.fr", false),
        ] {
            assert_eq!(is_like_provider(domain), expected, "{domain}");
        }
    }
}
