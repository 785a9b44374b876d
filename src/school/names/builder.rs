//! A roster's names into the index.

use std::collections::{HashMap, HashSet};

use serde::{Deserialize, Serialize};

use super::fold::{self, LONGEST};
use super::index::{Entry, NameKey, Pairs, Part, Tokens, pair, short};
use super::words::{self, WORDS};
use super::{Everyday, Names, Nature};

/// A pupil's names as the roster has them; empty where it has none.
#[derive(Debug, Clone, Copy, Default)]
pub struct FullName<'a> {
    pub legal_forename: &'a str,
    pub legal_surname: &'a str,
    pub preferred_forename: &'a str,
    pub preferred_surname: &'a str,
    /// As a pupil was called before an adoption or a marriage at home.
    pub former_forename: &'a str,
    pub former_surname: &'a str,
    pub middle_names: &'a str,
}

/// Collects a roster's names into [`Names`].
pub struct Builder {
    key: NameKey,
    parts: HashMap<u64, Part>,
    beginnings: HashSet<u64>,
    pairs: Vec<(u64, Entry)>,
    middles: Vec<u32>,
    middle_starts: Vec<u32>,
    everyday_forenames: HashMap<u64, Everyday>,
    everyday_surnames: HashMap<u64, Everyday>,
    well_known: HashSet<u64>,
}

/// A pupil's names as the index needs them, and all that is kept of them:
/// keyed hashes. To one who has the key, a likely name can be tried; to others
/// they say nothing, as long as they lie sealed ([`Form::sift`] alone is weak).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NameForms {
    forenames: Vec<Form>,
    surnames: Vec<Form>,
    /// Middle names, in whole and in tokens, and forenames that may stand
    /// beside one another.
    middles: Vec<u64>,
    /// Of middle names, cut short.
    initials: Vec<u32>,
}

/// A forename or surname.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Form {
    fingerprint: u64,
    sift: u64,
    everyday: Everyday,
    /// What a text may break the name after: fingerprints and sifting hashes
    /// of the tokens before.
    heads: Vec<(u64, u64)>,
}

impl Builder {
    pub fn new(key: NameKey) -> Self {
        let everyday = |words: &words::Everyday| {
            let level = |words: &[String], level: Everyday| -> Vec<(u64, Everyday)> {
                words
                    .iter()
                    .map(|word| (key.fingerprint(fold::folded(word).as_bytes()), level))
                    .collect()
            };
            let mut levels = level(&words.also, Everyday::Also);
            levels.extend(level(&words.mainly, Everyday::Mainly));
            levels.into_iter().collect::<HashMap<_, _>>()
        };
        let (everyday_forenames, everyday_surnames) =
            (everyday(&WORDS.forenames), everyday(&WORDS.surnames));
        let well_known = WORDS
            .well_known
            .iter()
            .flat_map(|name| splits(name))
            .map(|(forename, surname)| {
                pair(
                    key.fingerprint(forename.as_bytes()),
                    key.fingerprint(surname.as_bytes()),
                )
            })
            .collect();
        Self {
            key,
            parts: HashMap::new(),
            beginnings: HashSet::new(),
            pairs: Vec::new(),
            middles: Vec::new(),
            middle_starts: vec![0],
            everyday_forenames,
            everyday_surnames,
            well_known,
        }
    }

    /// Makes room for the names of so many pupils.
    pub fn reserve(&mut self, pupils: usize) {
        self.pairs.reserve_exact(pupils);
        self.middle_starts.reserve_exact(pupils);
    }

    /// Adds the next pupil of the roster: the first is number 0.
    pub fn add(&mut self, name: &FullName<'_>) {
        self.add_forms(&self.forms(name));
    }

    /// The same, of names that were made into forms before, under this key.
    pub fn add_forms(&mut self, forms: &NameForms) {
        let pupil = self.middle_starts.len() - 1;
        self.mark_all(&forms.forenames, Part::FORENAME, Part::FORENAME_HEAD);
        self.mark_all(&forms.surnames, Part::SURNAME, Part::SURNAME_HEAD);
        for forename in &forms.forenames {
            for surname in &forms.surnames {
                let fingerprint = pair(forename.fingerprint, surname.fingerprint);
                let nature = Nature {
                    forename: forename.everyday,
                    surname: surname.everyday,
                    well_known: self.well_known.contains(&fingerprint),
                };
                self.pairs.push((fingerprint, Entry::new(pupil, nature)));
            }
        }
        let start = self.middles.len();
        for &middle in &forms.middles {
            self.mark(middle, Part::MIDDLE);
            self.middles.push(short(middle));
        }
        self.middles.extend(&forms.initials);
        self.middles[start..].sort_unstable();
        self.middle_starts.push(self.middles.len() as u32);
    }

    /// What is kept of a name.
    pub fn forms(&self, name: &FullName<'_>) -> NameForms {
        let known_as = [
            name.legal_forename,
            name.preferred_forename,
            name.former_forename,
        ];
        let forenames = self.variants(known_as, &self.everyday_forenames);
        let surnames = self.variants(
            [
                name.legal_surname,
                name.preferred_surname,
                name.former_surname,
            ],
            &self.everyday_surnames,
        );
        let mut forms = NameForms {
            forenames,
            surnames,
            ..NameForms::default()
        };
        self.add_middles(name.middle_names, &mut forms);
        // Where a pupil is called otherwise than registered, the one forename
        // may stand beside the other: `Katherine (Kate) Smith`.
        if forms.forenames.len() > 1 {
            let beside = known_as.iter().map(|name| fold::folded(name));
            let beside = beside.filter(|name| !name.is_empty());
            let beside = beside.map(|name| self.key.fingerprint(name.as_bytes()));
            forms.middles.extend(beside);
        }
        forms
    }

    pub fn build(self) -> Names {
        Names {
            tokens: Tokens::new(&self.parts, &self.beginnings),
            pairs: Pairs::new(self.pairs),
            middles: self.middles,
            middle_starts: self.middle_starts,
            key: self.key,
        }
    }

    /// The distinct ones of a legal, a preferred and a former name.
    fn variants(&self, names: [&str; 3], words: &HashMap<u64, Everyday>) -> Vec<Form> {
        let mut variants: Vec<Form> = Vec::new();
        for name in names {
            let folded = fold::folded(name);
            if folded.is_empty() || folded.len() > LONGEST {
                continue;
            }
            let fingerprint = self.key.fingerprint(folded.as_bytes());
            if variants
                .iter()
                .any(|variant| variant.fingerprint == fingerprint)
            {
                continue;
            }
            let tokens: Vec<String> = tokens(name).collect();
            // Of a double name the least everyday part decides.
            let everyday = tokens
                .iter()
                .map(|token| words.get(&self.key.fingerprint(token.as_bytes())))
                .map(|level| level.copied().unwrap_or_default())
                .min()
                .unwrap_or_default();
            // Any token but the last can end where a text breaks the name.
            let mut beginning = String::new();
            let heads = tokens[..tokens.len() - 1].iter().map(|token| {
                beginning.push_str(token);
                let beginning = beginning.as_bytes();
                (self.key.fingerprint(beginning), self.key.sift(beginning))
            });
            variants.push(Form {
                fingerprint,
                sift: self.key.sift(folded.as_bytes()),
                everyday,
                heads: heads.collect(),
            });
        }
        variants
    }

    /// Middle names in whole, in tokens and as initials.
    fn add_middles(&self, names: &str, forms: &mut NameForms) {
        for token in tokens(names) {
            forms.middles.push(self.key.fingerprint(token.as_bytes()));
            if let Some(initial) = token.chars().next() {
                let initial = self.key.fingerprint(initial.to_string().as_bytes());
                forms.initials.push(short(initial));
            }
        }
        for joined in names.split_whitespace() {
            let joined = fold::folded(joined);
            if !joined.is_empty() {
                forms.middles.push(self.key.fingerprint(joined.as_bytes()));
            }
        }
        forms.middles.dedup();
    }

    fn mark_all(&mut self, forms: &[Form], whole: Part, head: Part) {
        for form in forms {
            self.mark(form.fingerprint, whole);
            self.beginnings.insert(form.sift);
            for &(fingerprint, sift) in &form.heads {
                self.mark(fingerprint, head);
                self.beginnings.insert(sift);
            }
        }
    }

    fn mark(&mut self, fingerprint: u64, part: Part) {
        let known = self.parts.entry(fingerprint).or_default();
        *known = known.or(part);
    }
}

/// A name's tokens, folded: `Mary-Jane` has two, `O'Neill` too, and so has
/// `McDonald`, as file names break it at its capital.
fn tokens(name: &str) -> impl Iterator<Item = String> + '_ {
    let mut rest = name;
    std::iter::from_fn(move || {
        loop {
            let start = rest.find(|c| fold::class(c) == fold::Class::Letter)?;
            rest = &rest[start..];
            let mut previous = ' ';
            let end = rest
                .char_indices()
                .find(|&(_, c)| {
                    let ends = fold::class(c) == fold::Class::Separator
                        || (previous.is_lowercase() && c.is_uppercase());
                    previous = c;
                    ends
                })
                .map_or(rest.len(), |(at, _)| at);
            let (token, after) = rest.split_at(end);
            rest = after;
            let token = fold::folded(token);
            if !token.is_empty() {
                return Some(token);
            }
        }
    })
}

/// Every way to part a full name into forename and surname.
fn splits(name: &str) -> impl Iterator<Item = (String, String)> + '_ {
    name.match_indices(' ')
        .map(|(at, _)| (fold::folded(&name[..at]), fold::folded(&name[at..])))
}
