//! What the name that a header shows with an address says of whose it is.

use crate::patterns::{Folded, Pack};
use crate::school::Staff;

use super::likeness::{forms, letters};

/// Whether the name that a header shows with an address calls it the private
/// one of this member of staff: "Dan (home)".
pub(super) fn says_theirs(shown_as: &str, staff: &Staff, diminutives: &Pack) -> bool {
    let forms = forms(&staff.forename, diminutives);
    let named = Folded::prose(shown_as)
        .as_str()
        .split(|c: char| !c.is_alphanumeric())
        .any(|word| forms.iter().any(|form| form == word));
    named && says_own(shown_as, staff, diminutives)
}

/// Whether the name that a header shows with an address says that it is the
/// writer's own: "me", "Dan (home)".
pub(super) fn says_own(shown_as: &str, staff: &Staff, diminutives: &Pack) -> bool {
    let forms = forms(&staff.forename, diminutives);
    let surname = letters(&staff.surname);
    let folded = Folded::prose(shown_as);
    let words: Vec<&str> = folded
        .as_str()
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .collect();
    let own = |word: &str| {
        matches!(
            word,
            "me" | "myself" | "home" | "personal" | "private" | "my" | "mine" | "mobile"
        )
    };
    words.iter().any(|word| own(word))
        && words.iter().all(|word| {
            own(word)
                || matches!(
                    *word,
                    "at" | "email"
                        | "mail"
                        | "gmail"
                        | "hotmail"
                        | "yahoo"
                        | "icloud"
                        | "outlook"
                        | "account"
                        | "address"
                        | "own"
                        | "phone"
                        | "laptop"
                        | "ipad"
                        | "not"
                        | "school"
                        | "work"
                )
                || forms.iter().any(|form| form == word)
                || *word == surname
                || word.len() == 1 && surname.starts_with(word)
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::testing::teacher;
    use crate::patterns::{Packs, Topic};

    #[test]
    fn senders_label_their_own_mailboxes() {
        let packs = Packs::builtin();
        let staff = teacher("Daniel", "Cooper");
        for (shown, expected) in [
            ("me", true),
            ("Dan (home)", true),
            ("Dan Cooper - personal", true),
            ("My gmail", true),
            ("Home", true),
            ("Dan", false),
            ("Home Insurance", false),
            ("Kate (home)", false),
            ("gmail", false),
            ("", false),
        ] {
            let own = says_own(shown, &staff, packs.pack(Topic::Diminutives));
            assert_eq!(own, expected, "{shown}");
        }
    }
}
