//! What a finding tells of its place, and shows of its words.
//!
//! Everything here is masked again by whoever shows it; but names and numbers
//! are left out to begin with.

use crate::check::masking;
use crate::extract::{Attachment, HIDDEN_ROWS, Opening, Protection};
use crate::finding::Location;
use crate::school::School;

use super::identifiers::Identifier;
use super::prose::Marked;
use super::sign::{Kind, Person, Sign};
use super::weigh::Weighed;

/// Identifiers and terms that are shown.
const SHOWN: usize = 2;
/// A term of no more words leaves nothing open.
const CLOSED: usize = 3;

/// `, on the hidden sheet "Y6 raw"`: where a hidden text stands.
pub(super) fn hidden(place: &Location) -> String {
    let last = place.as_str().rsplit(" › ").next().unwrap_or_default();
    if let Some(sheet) = last.strip_suffix(HIDDEN_ROWS) {
        return format!(", in hidden rows or columns of the {sheet}");
    }
    if let Some(place) = last.strip_suffix(" (hidden)") {
        let on = match place.starts_with("sheet") || place.starts_with("slide") {
            true => "on",
            false => "in",
        };
        return format!(", {on} the hidden {place}");
    }
    let last = last.trim_start_matches('(').trim_end_matches(')');
    match last.strip_suffix(", hidden").unwrap_or(last) {
        copy if copy.contains("hidden copy of the data") => format!(", in the {copy}"),
        "" => ", in a hidden place".to_owned(),
        part => format!(", in a hidden place ({part})"),
    }
}

/// `, weakly protected (…): …`: why what looks like protection is none, and
/// how it is done in the program that made the file. None where nobody can
/// have taken the file for protected.
pub(super) fn protection(file: &Attachment) -> Option<String> {
    let said = match (file.protection, file.why.as_str()) {
        (Protection::Protected, _) | (Protection::Open, "") => return None,
        (Protection::Weak, "") => "weakly protected".to_owned(),
        (Protection::Weak, why) => format!("weakly protected ({why})"),
        (Protection::Open, why) => format!("not protected ({why})"),
    };
    match &file.opening {
        Some(Opening { habit: None, .. }) => {
            return Some(format!(
                ", {said}: save it with a new password, and send that separately"
            ));
        }
        Some(_) => {
            return Some(format!(
                ", {said}: save it with a password of its own, which nobody can guess, and tell \
                 the recipient that by telephone"
            ));
        }
        None => {}
    }
    Some(format!(", {said}: {}", file.remedy()))
}

/// Who, by initials, and what, by its name: nothing of it can be looked up.
pub(super) fn excerpt(weighed: &Weighed<'_, '_>, marked: &Marked<'_>, school: &School) -> String {
    let record = weighed.first;
    let initials = match record.person {
        Person::Pupil(pupil) => school.people.pupils.get(pupil),
        _ => None,
    };
    let initials = initials.map_or(record.initials.as_str(), |pupil| pupil.initials);
    let mut shown: Vec<String> = Vec::new();
    if !initials.is_empty() {
        shown.push(initials.to_owned());
    }
    let mut add = |of: &dyn Fn(&&Sign<'_>) -> bool| {
        let mut seen: Vec<String> = Vec::new();
        for sign in record.signs.iter().filter(of) {
            let words = words(sign, marked);
            if seen.len() < SHOWN && !seen.contains(&words) {
                seen.push(words);
            }
        }
        shown.extend(seen);
    };
    add(&|sign| matches!(sign.kind, Kind::Identifier(_) | Kind::Transfer));
    add(&|sign| matches!(sign.kind, Kind::Special(_)));
    add(&|sign| matches!(sign.kind, Kind::Column(_)));
    shown.join(if record.listed { " · " } else { " … " })
}

/// A term in its own words, since it is out of a pack, but for what it leaves
/// open; of a number, its kind.
fn words(sign: &Sign<'_>, marked: &Marked<'_>) -> String {
    let own = marked.text.get(sign.range()).unwrap_or_default();
    match sign.kind {
        Kind::Identifier(Identifier::Upn) => format!("UPN {}", masking::dotted(own.trim())),
        Kind::Special(_) if !own.is_empty() => {
            let mut words: Vec<&str> = own.split_whitespace().collect();
            if words.len() > CLOSED || own.contains(char::is_numeric) {
                for word in words.iter_mut().skip(1).filter(|word| is_open(word)) {
                    *word = "…";
                }
                words.dedup_by(|one, other| one == other && *one == "…");
            }
            format!("\"{}\"", words.join(" "))
        }
        Kind::Transfer => "Common Transfer File".to_owned(),
        kind => kind.said().to_owned(),
    }
}

/// Whether a word may be part of a name, an address or a number: what a
/// pattern lets stand between its own words.
fn is_open(word: &str) -> bool {
    word.contains(char::is_numeric) || word.contains(char::is_uppercase)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extract::Protection;

    #[test]
    fn hidden_places_are_named_as_people_name_them() {
        for (place, expected) in [
            (
                "a.xlsx › sheet \"Y6 raw\" (hidden)",
                ", on the hidden sheet \"Y6 raw\"",
            ),
            (
                "a.xlsx › sheet \"Y6\" (hidden rows or columns)",
                ", in hidden rows or columns of the sheet \"Y6\"",
            ),
            (
                "a.xlsx › pivot table's hidden copy of the data",
                ", in the pivot table's hidden copy of the data",
            ),
            ("a.pptx › slide 3 (hidden)", ", on the hidden slide 3"),
            (
                "a.docx › (deleted text, hidden)",
                ", in a hidden place (deleted text)",
            ),
            (
                "a.docx › document properties, hidden",
                ", in a hidden place (document properties)",
            ),
            ("a.docx › hidden text", ", in a hidden place (hidden text)"),
            ("", ", in a hidden place"),
        ] {
            assert_eq!(hidden(&Location::new(place)), expected);
        }
    }

    fn file(kind: &str, protection: Protection, why: &str) -> Attachment {
        Attachment {
            location: Location::new("a"),
            name: "a".to_owned(),
            kind: kind.to_owned(),
            size: 1,
            protection,
            why: why.to_owned(),
            claim: String::new(),
            opening: None,
        }
    }

    #[test]
    fn what_only_looks_protected_is_told_with_the_way_out() {
        for (kind, part) in [
            ("zip", "AES-256"),
            ("pdf", "password to open"),
            ("xls", "save it as .xlsx"),
            ("ods", "LibreOffice"),
            ("docx", "File › Info"),
            ("smime", "AES-256"),
            ("sylk", "7-Zip"),
        ] {
            for (state, begins) in [
                (Protection::Weak, ", weakly protected (anyone opens it): "),
                (Protection::Open, ", not protected (anyone opens it): "),
            ] {
                let said = protection(&file(kind, state, "anyone opens it")).expect("told");
                assert!(said.starts_with(begins), "{said}");
                assert!(said.contains(part) && said.len() < 160, "{said}");
            }
        }
        for (state, why) in [
            (Protection::Open, ""),
            (Protection::Protected, "encrypted with AES-256"),
        ] {
            assert_eq!(protection(&file("docx", state, why)), None);
        }
    }
}
