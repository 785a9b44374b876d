//! The passwords that a school is known to use: one for everything, the
//! school's name with the year, a pupil's date of birth.
//!
//! A file that opens with one of them is closed to nobody who knows the
//! school. What the settings give is a secret all the same: it is never
//! printed, and goes nowhere but to the workers that try it.

use std::collections::HashSet;
use std::fmt;
use std::path::PathBuf;
use std::sync::LazyLock;

use jiff::civil::Date;
use regex::Regex;
use serde::Deserialize;

use crate::extract::{Habit, HabitualPassword};
use crate::mail::Domain;

/// Passwords that are tried; the likeliest stand first.
const MOST: usize = 400;
/// Dates of birth that are tried, each in several forms.
const MOST_BIRTHS: usize = 20;
/// The longest password that is tried, in characters.
const LONGEST: usize = 64;
/// Words of a school's name that do not tell it from others.
const COMMON: &[&str] = &[
    "school",
    "academy",
    "college",
    "primary",
    "secondary",
    "infant",
    "infants",
    "junior",
    "juniors",
    "high",
    "grammar",
    "comprehensive",
    "community",
    "catholic",
    "church",
    "england",
    "nursery",
    "trust",
    "federation",
    "voluntary",
    "aided",
    "controlled",
    "independent",
    "prep",
    "preparatory",
    "upper",
    "lower",
    "middle",
    "the",
    "of",
    "for",
    "and",
    "at",
    "ce",
    "rc",
    "cofe",
    "saint",
    "st",
    "girls",
    "boys",
];

/// `passwords` of a school: a list, or a table.
#[derive(Clone, Deserialize)]
#[serde(
    untagged,
    // Whatever is wrong in it, a fault must not quote it.
    expecting = "passwords is a list of strings, or a table of `usual` (a list of strings), `file` \
                 (a path) and `birth_dates` (true or false)"
)]
pub enum Settings {
    List(Vec<String>),
    Table(Table),
}

#[derive(Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Table {
    pub usual: Vec<String>,
    /// A file with one password a line.
    pub file: Option<PathBuf>,
    /// Whether pupils' dates of birth are tried.
    pub birth_dates: bool,
}

/// What a school's passwords are made of.
#[derive(Clone, Default)]
pub struct Habits {
    usual: Vec<String>,
    /// `Greenfold`, `GreenfoldSchool`, `greenfold`.
    names: Vec<String>,
    birth_dates: bool,
}

impl Default for Table {
    fn default() -> Self {
        Self {
            usual: Vec::new(),
            file: None,
            birth_dates: true,
        }
    }
}

impl From<Settings> for Table {
    fn from(settings: Settings) -> Self {
        match settings {
            Settings::List(usual) => Self {
                usual,
                ..Self::default()
            },
            Settings::Table(table) => table,
        }
    }
}

/// The passwords of a file, one a line.
pub fn lines(text: &str) -> impl Iterator<Item = String> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let lines = text.lines().map(str::trim);
    lines.filter(|line| !line.is_empty()).map(str::to_owned)
}

impl Habits {
    /// `usual` as the settings give them; the school's name and domains.
    pub fn new(usual: Vec<String>, birth_dates: bool, name: &str, domains: &[Domain]) -> Self {
        Self {
            usual,
            names: names(name, domains),
            birth_dates,
        }
    }

    /// Whether dates of birth are worth looking for.
    pub fn try_birth_dates(&self) -> bool {
        self.birth_dates
    }

    /// What to try in a year, the likeliest first; `births` are of the pupils
    /// whom the message concerns.
    pub fn passwords(&self, year: i16, births: &[Date]) -> Vec<HabitualPassword> {
        let mut found = Found::default();
        for usual in &self.usual {
            found.add(usual, Habit::Usual);
        }
        if self.birth_dates {
            for form in BIRTH_FORMS {
                for birth in births.iter().take(MOST_BIRTHS) {
                    found.add(&birth.strftime(form).to_string(), Habit::BirthDate);
                }
            }
        }
        for usual in &self.usual {
            for form in in_other_years(usual, year) {
                found.add(&form, Habit::Usual);
            }
        }
        let (last, next, short) = (year - 1, year + 1, year % 100);
        self.add_names(&[&year.to_string(), &last.to_string()], &mut found);
        for usual in &self.usual {
            for form in in_other_cases(usual) {
                found.add(&form, Habit::Usual);
            }
        }
        let signed = [year, last].map(|year| format!("{year}!"));
        let joined = ["_", "-", " "].map(|sign| format!("{sign}{year}"));
        self.add_names(
            &[&signed[0], "", "1", "123", "!", &format!("{short:02}")],
            &mut found,
        );
        self.add_names(&[&signed[1], "1!", "123!", &next.to_string()], &mut found);
        self.add_names(&joined.each_ref().map(String::as_str), &mut found);
        found.passwords
    }

    /// The names of the school with each of these behind them.
    fn add_names(&self, behind: &[&str], found: &mut Found) {
        for behind in behind {
            for name in &self.names {
                found.add(&format!("{name}{behind}"), Habit::SchoolName);
            }
        }
    }
}

impl fmt::Debug for Habits {
    /// Without the passwords.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Habits")
            .field("usual", &self.usual.len())
            .field("birth_dates", &self.birth_dates)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings").finish_non_exhaustive()
    }
}

/// As people make passwords of a day, the usual forms first.
const BIRTH_FORMS: [&str; 8] = [
    "%d%m%Y", "%d/%m/%Y", "%d%m%y", "%d.%m.%Y", "%d-%m-%Y", "%d/%m/%y", "%Y%m%d", "%Y-%m-%d",
];

#[derive(Default)]
struct Found {
    passwords: Vec<HabitualPassword>,
    known: HashSet<String>,
}

impl Found {
    fn add(&mut self, word: &str, habit: Habit) {
        let fits = (1..=LONGEST).contains(&word.chars().take(LONGEST + 1).count());
        // A guess of fewer signs opens by chance what is no habit.
        let guessed = habit == Habit::SchoolName && word.len() < 4;
        if fits && !guessed && self.passwords.len() < MOST && self.known.insert(word.to_owned()) {
            self.passwords.push(HabitualPassword {
                word: word.to_owned(),
                habit,
            });
        }
    }
}

/// A password whose year was moved on, or that was given one.
fn in_other_years(usual: &str, year: i16) -> Vec<String> {
    let moved = NUMBER.find_iter(usual).find_map(|number| {
        let written = number.as_str().parse::<i16>().ok()?;
        let century = match number.len() {
            4 if (2000..2100).contains(&written) => 0,
            2 if (written - year % 100).abs() <= 5 => 2000,
            _ => return None,
        };
        let (before, behind) = (&usual[..number.start()], &usual[number.end()..]);
        let years = [year, year - 1, year + 1, year - 2];
        Some(years.map(|year| format!("{before}{:02}{behind}", year - century)))
    });
    match moved {
        Some(moved) => moved.to_vec(),
        None => vec![format!("{usual}{year}"), format!("{usual}{}", year - 1)],
    }
}

static NUMBER: LazyLock<Regex> = LazyLock::new(|| Regex::new("[0-9]+").expect("a good expression"));

fn in_other_cases(usual: &str) -> [String; 3] {
    let lower = usual.to_lowercase();
    let mut rest = lower.chars();
    let capital: String = rest
        .next()
        .into_iter()
        .flat_map(char::to_uppercase)
        .chain(rest)
        .collect();
    [lower, capital, usual.to_uppercase()]
}

/// What a school is called in a password: by the words that tell it apart, by
/// its domain, by its whole name; with a capital first.
fn names(name: &str, domains: &[Domain]) -> Vec<String> {
    let name = name.replace(['\'', '’'], "");
    let words: Vec<&str> = name
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .collect();
    let telling = words
        .iter()
        .filter(|word| !COMMON.contains(&&*word.to_lowercase()));
    let telling: String = telling.copied().collect();
    let whole: String = words.concat();
    let initials: String = words
        .iter()
        .filter_map(|word| word.chars().next())
        .collect();
    let labels = domains.iter().filter_map(|domain| {
        let label = domain.as_str().split('.').next()?;
        Some(label.replace('-', ""))
    });
    let mut names: Vec<String> = Vec::new();
    for name in std::iter::once(telling).chain(labels).chain([whole]) {
        let [lower, capital, _] = in_other_cases(&name);
        names.extend([capital, name, lower]);
    }
    // `GPS2026`: initials of fewer words are nobody's name.
    if words.len() >= 3 {
        names.extend([initials.to_uppercase(), initials.to_lowercase()]);
    }
    let mut known = HashSet::new();
    names.retain(|name| name.chars().count() >= 2 && known.insert(name.clone()));
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    fn habits(usual: &[&str], name: &str) -> Habits {
        let usual = usual.iter().map(|word| (*word).to_owned()).collect();
        let domains = ["greenfold.sch.example".parse().expect("a domain")];
        Habits::new(usual, true, name, &domains)
    }

    fn tried(habits: &Habits, births: &[Date]) -> Vec<(String, Habit)> {
        let passwords = habits.passwords(2026, births);
        passwords
            .into_iter()
            .map(|password| (password.word, password.habit))
            .collect()
    }

    #[test]
    fn what_is_given_comes_first_and_in_its_other_forms_later() {
        let habits = habits(
            &["Greenfold2026!", "gf-school", "Otter17", "Pa55w0rd25"],
            "X",
        );
        let tried = tried(&habits, &[]);
        let words: Vec<&str> = tried.iter().map(|(word, _)| word.as_str()).collect();
        assert_eq!(
            words[..4],
            ["Greenfold2026!", "gf-school", "Otter17", "Pa55w0rd25"]
        );
        for form in [
            "Greenfold2025!",
            "Greenfold2027!",
            "greenfold2026!",
            "GREENFOLD2026!",
            "gf-school2026",
            "gf-school2025",
            "Gf-school",
            "Otter172026",
            "Pa55w0rd26",
        ] {
            let found = tried.iter().find(|(word, _)| word == form);
            assert_eq!(found.map(|(_, habit)| *habit), Some(Habit::Usual), "{form}");
        }
    }

    #[test]
    fn names_of_schools_are_taken_as_people_shorten_them() {
        for (name, forms) in [
            (
                "Greenfold School",
                &[
                    "Greenfold2026",
                    "greenfold2025",
                    "GreenfoldSchool",
                    "Greenfold26",
                    "Greenfold!",
                ][..],
            ),
            (
                "St. Brigid's Catholic Primary School",
                &["Brigids2026", "SBCPS2026", "greenfold2026"],
            ),
            ("The Oaks Academy", &["Oaks2026", "oaks123", "TOA2026"]),
            ("Ysgol y Bryn", &["YsgolyBryn2026", "ysgolybryn"]),
        ] {
            let tried = tried(&habits(&[], name), &[]);
            for form in forms {
                let found = tried.iter().find(|(word, _)| word == form);
                let habit = found.map(|(_, habit)| *habit);
                assert_eq!(
                    habit,
                    Some(Habit::SchoolName),
                    "{form} of {name}: {tried:?}"
                );
            }
            assert!(
                tried
                    .iter()
                    .all(|(word, _)| word != "School2026" && word.len() >= 4)
            );
        }
    }

    #[test]
    fn births_are_tried_in_their_usual_form_first() {
        let births = [Date::constant(2015, 8, 8), Date::constant(2014, 10, 15)];
        let tried = tried(&habits(&["Otter17"], "Greenfold School"), &births);
        let words: Vec<&str> = tried.iter().map(|(word, _)| word.as_str()).collect();
        assert_eq!(
            words[..4],
            ["Otter17", "08082015", "15102014", "08/08/2015"]
        );
        assert!(words.contains(&"2014-10-15") && words.contains(&"080815"));
        let mut habits = habits(&[], "Greenfold School");
        habits.birth_dates = false;
        let words = habits.passwords(2026, &births);
        assert!(words.iter().all(|word| word.habit != Habit::BirthDate));
    }

    #[test]
    fn there_are_never_too_many_and_none_is_told() {
        let usual: Vec<String> = (0..2_000).map(|n| format!("usual{n}")).collect();
        let all = Habits::new(usual, true, &"Long Name ".repeat(50), &[]);
        let births = [Date::constant(2015, 8, 8); 500];
        let tried = all.passwords(2026, &births);
        assert_eq!(tried.len(), MOST);
        assert!(
            tried
                .iter()
                .all(|password| password.word.chars().count() <= LONGEST)
        );
        let shown = format!("{all:?} {:?}", &tried[..3]);
        assert!(
            !shown.contains("usual0") && !shown.contains("usual1"),
            "{shown}"
        );
        for hostile in ["", "\u{0}", "½²", "٢٠٢٦", "2026", "99999999999999999999"] {
            habits(&[hostile], hostile).passwords(2026, &[]);
        }
    }
}
