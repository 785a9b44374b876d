//! Words with figures that are passwords: by how they are made, and by what
//! stands near.

use std::ops::Range;

use crate::check::password_shared::token::{Made, tokens};
use crate::check::speech::Sentence;

use super::{BEHIND, Company, Near, Words, has_figure};

/// From this sum on a word is handed over.
const ENOUGH: i32 = 3;

impl Company<'_, '_> {
    pub(super) fn hands_over_password(&self, place: &Range<usize>, word: &str) -> bool {
        let made = match tokens(word).next().map(|token| token.made()) {
            Some(Made::AtRandom) if !is_model(word) => 2,
            Some(Made::WithDigits) => like_password(word),
            _ => 0,
        };
        if made == 0 {
            return false;
        }
        let sentence = Sentence::around(self.folded, place);
        let is_near = |category: &str| self.nearest(category, place, &sentence) != Near::No;
        let secret = match self.nearest("secrets", place, &sentence) {
            Near::Beside => 2,
            Near::Earlier => 1,
            Near::No => 0,
        };
        let introduced = self.is_introduced(place);
        let hands = is_near("hands-over");
        let named = match self.user_before(place) {
            User::Itself => return false,
            User::Joined => true,
            User::Listed => hands || secret > 0,
            User::No => false,
        };
        let typed = self.is_typed(place);
        let account = is_near("accounts") || is_near("signs-in");
        let told = made > 1 || secret > 0 || hands || named || typed;
        let signs = [introduced || typed, hands, named, account];
        let sum = made + secret + signs.into_iter().map(i32::from).sum::<i32>();
        (account || hands) && told && sum >= ENOUGH
    }

    /// "just type Rosebud3", "write kitchen2025 where it asks".
    fn is_typed(&self, place: &Range<usize>) -> bool {
        self.before(place)
            .next()
            .is_some_and(|word| ["type", "typing", "write", "enter"].contains(&word))
    }

    /// Whether only a few small words part it from one for a password, before
    /// or behind it.
    fn is_introduced(&self, place: &Range<usize>) -> bool {
        let links = |gap: &str| {
            gap.split(|c: char| !c.is_ascii_alphanumeric() && c != '\'')
                .filter(|word| !word.is_empty())
                .all(|word| LINKS.has(word))
        };
        let secrets = self.hits.iter();
        let mut secrets = secrets.filter(|hit| hit.pattern.category == "secrets");
        secrets.any(|hit| {
            let (start, end) = (hit.folded.start, hit.folded.end);
            end <= place.start
                && place.start - end <= BEHIND
                && links(&self.folded[end..place.start])
                || place.end <= start
                    && start - place.end <= BEHIND
                    && links(&self.folded[place.end..start])
        })
    }

    /// Whether a user's name stands before it, or it is one.
    fn user_before(&self, place: &Range<usize>) -> User {
        let mut words = self.before(place);
        let Some(before) = words.next() else {
            return User::No;
        };
        let plain = before.trim_matches(|c: char| "\"'(),;:.=".contains(c));
        if ["username", "user", "userid", "uid", "as", "id"].contains(&plain)
            || words.clone().next().is_some_and(|word| {
                plain == "name" && word == "user" || plain == "is" && word.ends_with("username")
            })
        {
            return User::Itself;
        }
        let joins = ["/", "//", "and", "then", "&", "with", "|", "+"].contains(&before);
        let name = match joins {
            true => words.next().unwrap_or_default(),
            false if before.ends_with([',', ';', '/']) => before,
            false => return User::No,
        };
        let name = name.trim_matches(|c: char| "\"'(),;:/".contains(c));
        let as_user = words.next().is_some_and(|word| {
            ["as", "username", "user", "login"].contains(&word.trim_end_matches(':'))
        });
        let like_user = name.contains(['@', '_'])
            || name.contains('.') && !name.ends_with('.') && name.len() > 3
            || has_figure(name) && name.contains(|c: char| c.is_ascii_lowercase())
            || [
                "admin",
                "administrator",
                "root",
                "operator",
                "guest",
                "office",
            ]
            .contains(&name);
        match joins {
            _ if !like_user && !as_user => User::No,
            true => User::Joined,
            false => User::Listed,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum User {
    /// It is the user's name.
    Itself,
    /// `jsmith10 / …`, `jsmith10 then …`.
    Joined,
    /// `jsmith10, …`.
    Listed,
    No,
}

/// How much a word with figures looks like a password: `Rugby1995`, `Sn0wball`
/// and `Password1` much, `Rosebud3` and `kitchen77` a little, and `25haworthm`
/// and `Windows11` not at all.
pub(super) fn like_password(word: &str) -> i32 {
    let start = word.find(|c: char| c.is_ascii_digit()).unwrap_or(0);
    let behind = word[start..].trim_start_matches(|c: char| c.is_ascii_digit());
    let figures = &word[start..word.len() - behind.len()];
    let figure_for_letter = (2..).contains(&start)
        && figures.len() == 1
        && behind.len() >= 2
        && word.len() >= 6
        && behind.bytes().all(|byte| byte.is_ascii_lowercase());
    let lower = word.to_ascii_lowercase();
    let favourite = ["password", "welcome", "letmein", "qwerty"]
        .iter()
        .any(|favourite| lower.starts_with(favourite));
    match () {
        () if is_thing(word) || start == 0 => 0,
        () if figure_for_letter || favourite => 2,
        // An occasion has its year: `Edinburgh2026`.
        () if word.starts_with(|c: char| c.is_ascii_uppercase())
            && start >= 4
            && figures.len() >= 2
            && behind.len() <= 1
            && !is_year_of_late(figures) =>
        {
            2
        }
        () if start >= 4 => 1,
        () => 0,
    }
}

fn is_year_of_late(figures: &str) -> bool {
    figures
        .parse::<u16>()
        .is_ok_and(|year| (2015..2040).contains(&year))
}

/// `HP450dn`.
fn is_model(word: &str) -> bool {
    let maker = word.find(|c: char| !c.is_ascii_uppercase()).unwrap_or(0);
    maker >= 2 && word.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// `Windows11`, `year10`.
fn is_thing(word: &str) -> bool {
    let name = word.trim_end_matches(|c: char| !c.is_ascii_alphabetic());
    THINGS.has(&name.to_ascii_lowercase())
}

/// Words that part a password from the word for it.
pub(super) const LINKS: Words = Words(
    "is was are be it's its that's still now just currently the word with set to changed \
     again always a my our for as this will",
);

/// What has a number at its end, and is no password.
const THINGS: Words = Words(
    "windows office year years room block unit term week level grade form class chapter page \
     version covid part group lesson item section question autumn spring summer winter type \
     door pupil student user image photo table figure module stage band team task topic exam \
     paper report budget census python option phase step sheet book house floor hall site \
     cohort round model series maths english science sims arbor policy annex appendix draft \
     final file copy attachment",
);
