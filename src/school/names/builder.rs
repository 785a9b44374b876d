//! A roster's names into the index.

use std::collections::{HashMap, HashSet};

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

/// A forename or surname on its way into the index.
struct Name {
    fingerprint: u64,
    everyday: Everyday,
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

    /// Adds the next pupil of the roster: the first is number 0.
    pub fn add(&mut self, name: &FullName<'_>) {
        let pupil = self.middle_starts.len() - 1;
        let forenames = self.variants(
            [
                name.legal_forename,
                name.preferred_forename,
                name.former_forename,
            ],
            Part::FORENAME,
            Part::FORENAME_HEAD,
        );
        let surnames = self.variants(
            [
                name.legal_surname,
                name.preferred_surname,
                name.former_surname,
            ],
            Part::SURNAME,
            Part::SURNAME_HEAD,
        );
        for forename in &forenames {
            for surname in &surnames {
                let fingerprint = pair(forename.fingerprint, surname.fingerprint);
                let nature = Nature {
                    forename: forename.everyday,
                    surname: surname.everyday,
                    well_known: self.well_known.contains(&fingerprint),
                };
                self.pairs.push((fingerprint, Entry::new(pupil, nature)));
            }
        }
        self.add_middles(name, forenames.len() > 1);
        self.middle_starts.push(self.middles.len() as u32);
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
    fn variants(&mut self, names: [&str; 3], whole: Part, head: Part) -> Vec<Name> {
        let mut variants: Vec<Name> = Vec::with_capacity(2);
        for name in names {
            let folded = fold::folded(name);
            if folded.is_empty() || folded.len() > LONGEST {
                continue;
            }
            let fingerprint = self.mark(&folded, whole);
            if variants
                .iter()
                .any(|variant| variant.fingerprint == fingerprint)
            {
                continue;
            }
            self.beginnings.insert(self.key.sift(folded.as_bytes()));
            let tokens: Vec<String> = tokens(name).collect();
            let words = if whole == Part::FORENAME {
                &self.everyday_forenames
            } else {
                &self.everyday_surnames
            };
            // Of a double name the least everyday part decides.
            let everyday = tokens
                .iter()
                .map(|token| words.get(&self.key.fingerprint(token.as_bytes())))
                .map(|level| level.copied().unwrap_or_default())
                .min()
                .unwrap_or_default();
            // Any token but the last can end where a text breaks the name.
            let mut beginning = String::new();
            for token in &tokens[..tokens.len() - 1] {
                beginning.push_str(token);
                self.mark(&beginning, head);
                self.beginnings.insert(self.key.sift(beginning.as_bytes()));
            }
            variants.push(Name {
                fingerprint,
                everyday,
            });
        }
        variants
    }

    /// Middle names in whole, in tokens and as initials. Where a pupil is
    /// called otherwise than registered, the one forename may stand beside
    /// the other: `Katherine (Kate) Smith`.
    fn add_middles(&mut self, name: &FullName<'_>, two_forenames: bool) {
        let known_as = [
            name.legal_forename,
            name.preferred_forename,
            name.former_forename,
        ];
        let forenames = known_as.iter().filter(|_| two_forenames);
        let start = self.middles.len();
        for token in tokens(name.middle_names) {
            let fingerprint = self.mark(&token, Part::MIDDLE);
            self.middles.push(short(fingerprint));
            if let Some(initial) = token.chars().next() {
                let initial = self.key.fingerprint(initial.to_string().as_bytes());
                self.middles.push(short(initial));
            }
        }
        for joined in name
            .middle_names
            .split_whitespace()
            .chain(forenames.copied())
        {
            let joined = fold::folded(joined);
            if !joined.is_empty() {
                let fingerprint = self.mark(&joined, Part::MIDDLE);
                self.middles.push(short(fingerprint));
            }
        }
        self.middles[start..].sort_unstable();
    }

    fn mark(&mut self, folded: &str, part: Part) -> u64 {
        let fingerprint = self.key.fingerprint(folded.as_bytes());
        let known = self.parts.entry(fingerprint).or_default();
        *known = known.or(part);
        fingerprint
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
