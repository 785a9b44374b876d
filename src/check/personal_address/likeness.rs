//! Whose mailbox it is, judged by its name: how much a local part looks like
//! a member of staff's.

use crate::patterns::{Folded, Pack};
use crate::school::Staff;

use super::affixes::{LATER_POSTS, POSTS, SUBJECTS, TRADES, after, before};

/// A forename or short form with the surname.
pub(super) const WHOLE_NAME: i32 = 6;
/// An initial with the surname.
const INITIAL: i32 = 4;
/// The surname alone, or as a family's: "the Coopers".
const SURNAME: i32 = 3;
/// A forename with the surname's initial.
const FORENAME: i32 = 3;
/// A forename or initials, with a number.
const NUMBERED: i32 = 2;
/// A forename with what says nothing: a maiden name, or a moonbeam.
const NAMESAKE: i32 = 2;

/// How much a local part, or the name that a header shows with it, looks like
/// this member of staff: from 0 to 6. Up to 3 it could be anybody's but the
/// sender's own.
pub(super) fn of(local_part: &str, shown_as: &str, staff: &Staff, diminutives: &Pack) -> i32 {
    let forms = forms(&staff.forename, diminutives);
    surnames(&staff.surname)
        .into_iter()
        .map(|surname| {
            let name = Name {
                forms: &forms,
                forename: letters(&staff.forename),
                surname,
                diminutives,
            };
            name.likeness(local_part, shown_as)
        })
        .max()
        .unwrap_or(0)
}

/// Whether a word is the forename or one of its short forms.
pub(super) fn is_forename(word: &str, staff: &Staff, diminutives: &Pack) -> bool {
    forms(&staff.forename, diminutives).contains(&letters(word))
}

/// The forename and its short forms.
pub(super) fn forms(forename: &str, diminutives: &Pack) -> Vec<String> {
    let forename = letters(forename);
    let mut forms: Vec<String> = diminutives
        .whole(&forename)
        .into_iter()
        .flat_map(|pattern| pattern.phrases.iter().cloned())
        .collect();
    forms.push(forename);
    forms.retain(|form| !form.is_empty());
    forms
}

/// A surname, and each part of a double one.
fn surnames(surname: &str) -> Vec<String> {
    let mut surnames = vec![letters(surname)];
    let parts = surname.split(['-', ' ']).map(letters);
    surnames.extend(parts.filter(|part| part.len() > 3));
    surnames.retain(|surname| surname.len() > 1);
    surnames.dedup();
    surnames
}

/// Somebody's name in all its forms.
struct Name<'p> {
    forms: &'p [String],
    forename: String,
    surname: String,
    diminutives: &'p Pack,
}

impl Name<'_> {
    fn likeness(&self, local_part: &str, shown_as: &str) -> i32 {
        let local = words(local_part);
        let by_local = self.in_words(&local).max(self.at_work(&local));
        let numbered = match self.is_numbered(local_part) {
            true => NUMBERED,
            false => 0,
        };
        // A surname alone, shown beside an address, is a spouse's or a child's.
        let shown = words(shown_as);
        let by_shown = match self.in_words(&shown) {
            likeness if likeness >= INITIAL => likeness,
            _ if matches!(&shown[..], [only] if self.forms.contains(only)) => FORENAME,
            _ if self.is_forename_and_initial(&shown) => INITIAL,
            _ => 0,
        };
        let namesake = match self.is_namesake(&local) || self.is_namesake(&shown) {
            true => NAMESAKE,
            false => 0,
        };
        by_local.max(by_shown).max(numbered).max(namesake)
    }

    /// "Samina Q".
    fn is_forename_and_initial(&self, words: &[String]) -> bool {
        matches!(words, [forename, initial] if self.forms.contains(forename)
            && initial.len() == 1
            && self.surname.starts_with(initial.as_str()))
    }

    /// The forename before anything but a trade: "lizmarchbank".
    fn is_namesake(&self, words: &[String]) -> bool {
        let joined = words.concat();
        let first = words.first().map_or("", String::as_str);
        // "Danielle" is not Daniel.
        let another = |name: &str| {
            self.diminutives.is_whole(name) && !self.forms.iter().any(|form| form == name)
        };
        if another(first) || another(&joined) || TRADES.iter().any(|it| joined.ends_with(it)) {
            return false;
        }
        let mut forms = self.forms.iter();
        forms.any(|form| {
            // "Graham's garage"
            first.strip_prefix(form.as_str()) != Some("s")
                && (form.len() > 2 && first == form
                    || form.len() > 3 && joined.starts_with(form.as_str()))
        })
    }

    fn in_words(&self, words: &[String]) -> i32 {
        let joined = words.concat();
        if self.is_whole(words, &joined) {
            return WHOLE_NAME;
        }
        let untitled = ["mrs", "mr", "miss", "ms", "dr", "sir"]
            .into_iter()
            .find_map(|title| joined.strip_prefix(title));
        match self.in_part(words, &joined) {
            0 => untitled.map_or(0, |rest| self.in_part(words, rest)),
            likeness => likeness,
        }
    }

    /// What is left of a name when the subject or the post is taken from it:
    /// "misskeanehistory", "dan.c.geography", "coachcooper".
    fn at_work(&self, words: &[String]) -> i32 {
        let joined = words.concat();
        let kept: Vec<String> = words
            .iter()
            .filter(|word| !POSTS.contains(&word.as_str()) && !SUBJECTS.contains(&word.as_str()))
            .cloned()
            .collect();
        // "Pemberton" begins with PE: with and without each is tried.
        let posts = [before(&joined, POSTS), after(&joined, LATER_POSTS)];
        let without_post = posts.into_iter().flatten().map(|rest| (rest, true));
        let without_post = without_post.chain([(joined.as_str(), false)]);
        let likeness = |(rest, has_post): (&str, bool)| {
            let twice = [
                after(rest, SUBJECTS),
                before(rest, SUBJECTS),
                after(rest, LATER_POSTS),
            ];
            let twice = twice.into_iter().flatten().map(|rest| (rest, has_post));
            let once = has_post.then_some((rest, false));
            let judged = twice.chain(once).map(|(name, is_twice)| {
                if self.is_whole(&kept, name) {
                    return WHOLE_NAME;
                }
                match self.in_part(&kept, name) {
                    // A subject alone is also many a trade's: "coopermusic".
                    SURNAME if is_twice => INITIAL,
                    // "helen.senco"
                    0 if name.len() > 2 && self.forms.iter().any(|form| form == name) => FORENAME,
                    likeness => likeness,
                }
            });
            judged.max().unwrap_or(0)
        };
        without_post.map(likeness).max().unwrap_or(0)
    }

    /// Both names, also with another between them.
    fn is_whole(&self, words: &[String], joined: &str) -> bool {
        let surname = self.surname.as_str();
        let apart = |form: &String| {
            words.iter().any(|word| word == surname)
                && words.iter().any(|word| {
                    // "dannyboy.cooper", but "Danielle" is not Dani.
                    word == form
                        || form.len() > 3
                            && word.starts_with(form.as_str())
                            && !self.diminutives.is_whole(word)
                })
        };
        self.forms.iter().filter(|form| form.len() > 1).any(|form| {
            let reversed = joined
                .strip_prefix(surname)
                .and_then(|rest| rest.strip_prefix(form.as_str()));
            let before = joined.strip_suffix(surname).unwrap_or_default();
            let between = before.strip_prefix(form.as_str());
            // "Danielle" is not Dani Elle.
            let another = self.diminutives.is_whole(before);
            apart(form)
                || reversed.is_some_and(|rest| rest.len() <= 1)
                || between.is_some_and(|between| {
                    between.len() <= 1
                        || self.diminutives.is_whole(between) && !another
                        || between.starts_with("and")
                })
                || before.ends_with(&format!("and{form}"))
        }) || joined
            .strip_suffix(surname)
            .is_some_and(|before| before.len() > 2 && self.forename.starts_with(before))
    }

    /// The forename with the surname and, married or maiden, another one:
    /// "sarahthompsonhughes" and "sarahhughesthompson".
    fn with_another_surname(&self, joined: &str) -> i32 {
        let surname = self.surname.as_str();
        let mut forms = self.forms.iter().filter(|form| form.len() > 2);
        forms
            .find_map(|form| {
                let rest = joined.strip_prefix(form.as_str())?;
                let after = rest.strip_prefix(surname).unwrap_or_default();
                let between = rest.strip_suffix(surname).unwrap_or_default();
                if after.len() > 2
                    && surname.len() > 3
                    && !TRADES.iter().any(|trade| after.ends_with(trade))
                {
                    return Some(INITIAL);
                }
                // "Danielle" is not Daniel Le.
                let another = joined
                    .strip_suffix(surname)
                    .is_some_and(|before| self.diminutives.is_whole(before));
                (between.len() > 3 && !another).then_some(SURNAME)
            })
            .unwrap_or(0)
    }

    /// The surname with an initial or with what makes it a family's, or the
    /// forename with the surname's initial.
    fn in_part(&self, words: &[String], joined: &str) -> i32 {
        let surname = self.surname.as_str();
        // Two letters are the beginning of too many names.
        if surname.len() < 3 {
            return 0;
        }
        let before = joined.strip_suffix(surname);
        let after = joined.strip_prefix(surname);
        if before.is_some_and(|before| self.is_initials(before, words))
            || after.is_some_and(|after| self.is_initials(after, words))
        {
            return INITIAL;
        }
        let family_before =
            |text: &str| matches!(text, "" | "the" | "family" | "house" | "household" | "clan");
        let family_after = |text: &str| {
            let text = text.strip_prefix('s').unwrap_or(text);
            matches!(text, "" | "family" | "house" | "household" | "clan")
        };
        let of_the = joined.strip_prefix("the").unwrap_or(joined);
        if before.is_some_and(family_before)
            || of_the.strip_prefix(surname).is_some_and(family_after)
        {
            return SURNAME;
        }
        let begun = self
            .forms
            .iter()
            .filter(|form| form.len() > 2)
            .filter_map(|form| joined.strip_prefix(form.as_str()))
            .filter(|rest| !rest.is_empty() && surname.starts_with(rest))
            .map(str::len)
            .max();
        match begun {
            // "Danielle" is not Daniel L.
            Some(_) if self.diminutives.is_whole(joined) => 0,
            Some(4..) => INITIAL,
            Some(_) => FORENAME,
            // "opritch"
            None if self.begins_surname(joined) => FORENAME,
            None => self.with_another_surname(joined),
        }
    }

    /// An initial with the beginning of the surname.
    fn begins_surname(&self, joined: &str) -> bool {
        let mut letters = joined.chars();
        let initial = letters.next();
        let rest = letters.as_str();
        rest.len() > 3
            && self.surname.starts_with(rest)
            && self.forms.iter().any(|form| form.chars().next() == initial)
    }

    /// An initial, or two run together ("djcooper"), but not a name of two
    /// letters ("jo.cooper").
    fn is_initials(&self, text: &str, words: &[String]) -> bool {
        let is_initial =
            |text: &str| self.forms.iter().any(|form| form.starts_with(text)) && text.len() == 1;
        is_initial(text)
            || (text.len() == 2
                && text.is_ascii()
                && is_initial(&text[..1])
                && !"aeiouy".contains(&text[1..])
                && !(words.iter().any(|word| word == text) && self.diminutives.is_whole(text)))
    }

    /// "dan1982" or "dc1982".
    fn is_numbered(&self, local_part: &str) -> bool {
        let joined = words(local_part).concat();
        let initials = self.forms.iter().any(|form| {
            joined.len() <= 3
                && joined.len() >= 2
                && joined.chars().next() == form.chars().next()
                && joined.chars().last() == self.surname.chars().next()
        });
        let forename = joined.len() > 2 && self.forms.contains(&joined);
        local_part.contains(|c: char| c.is_ascii_digit()) && (initials || forename)
    }
}

/// The words of a local part, without numbers, tags and what people add to
/// get a name that is still free.
fn words(local_part: &str) -> Vec<String> {
    let own = local_part.split('+').next().unwrap_or_default();
    let folded = Folded::prose(own);
    folded
        .as_str()
        .split(|c: char| matches!(c, '.' | '_' | '-' | ' ') || c.is_ascii_digit())
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
pub(super) fn letters(name: &str) -> String {
    let folded = Folded::prose(name);
    folded
        .as_str()
        .chars()
        .filter(|c| c.is_alphabetic())
        .collect()
}

#[cfg(test)]
mod tests;
