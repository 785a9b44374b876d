//! `pupil-private-address`: mail by staff to what looks like a pupil's private
//! mailbox.
//!
//! **What it looks for.** A recipient at a provider for private people, no
//! registered contact, that is called like a pupil of the roster: forename or
//! its short form and surname in either order, joined or not, between
//! ornaments; or that the header shows by a pupil's whole name. An initial with
//! a surname is a grandmother's as well: it counts where the greeting or a year
//! of birth behind the name says which pupil is meant, and so does a name of
//! everyday words ("rose garden").
//!
//! **Why.** "Only use the approved method/s of communicating with pupils or
//! parents/carers." What is written to a private mailbox, nobody at the school
//! can see; and a child who is written to there may be in need of protection.
//!
//! **Example.** "Jake, I've had a look at your draft", to his forename and
//! surname at a free provider.
//!
//! **What passes.** The pupils' own domain; registered contacts, shared
//! mailboxes of families among them; firms and clubs, whose names have further
//! words; mail that greets an adult by title; colleagues of the same name;
//! domains of organisations; mail by pupils.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use regex::Regex;

use crate::extract::Role;
use crate::finding::{Finding, Location, RuleId, Weight};
use crate::mail::Address;
use crate::patterns::Topic;
use crate::school::School;
use crate::school::names::{Nature, Writing, folded};

use super::{Check, Screened, masking, personal_address};

/// How sure it is, by what the mailbox is called, or shown as.
const NAMED: f32 = 0.9;
const SHOWN: f32 = 0.8;
const INITIALLED: f32 = 0.7;
/// The likeness of a colleague's whole name.
const COLLEAGUE: i32 = 6;
/// A number of two digits from here on is no pupil's year of birth.
const GROWN_UP: u16 = 40;
/// The longest words that introduce somebody, in bytes.
const INTRODUCTION: usize = 12;
/// No mailbox is called by more words.
const WORDS: usize = 6;

#[derive(Debug)]
pub(super) struct PupilPrivateAddress;

impl Check for PupilPrivateAddress {
    fn id(&self) -> RuleId {
        RuleId::PupilPrivateAddress
    }

    fn inspect(&self, mail: &Screened<'_>, school: &School) -> Vec<Finding> {
        let mut private = mail
            .envelope
            .addresses()
            .filter(|address| personal_address::is_private(address, school))
            .peekable();
        if private.peek().is_none() || !mail.is_by_staff(school) {
            return Vec::new();
        }
        let greeted = Greeted::of(mail);
        private
            .filter_map(|address| {
                let mailbox = Mailbox::of(address, mail, school);
                let (confidence, pupils) = mailbox.whose(&greeted)?;
                let pupils = pupils.into_iter();
                let pupils = pupils.filter_map(|pupil| school.people.pupils.get(pupil));
                Some(Finding {
                    rule: RuleId::PupilPrivateAddress,
                    location: Location::new("recipients"),
                    what: "a recipient that looks like a pupil's private mailbox".to_owned(),
                    excerpt: masking::address(address),
                    confidence,
                    pupils: pupils.map(|pupil| pupil.reference()).collect(),
                    weight: Weight::Ordinary,
                    suppressed: None,
                })
            })
            .collect()
    }
}

/// Whom a mail speaks to.
struct Greeted {
    forename: Option<String>,
    by_title: bool,
}

impl Greeted {
    fn of(mail: &Screened<'_>) -> Self {
        static GREETING: LazyLock<Regex> = LazyLock::new(|| {
            Regex::new(
                r"\A\s*(?:(?i:dear(?:est)?|darling|hello|hiya|hi|hey|oi|yo|morning|afternoon|evening|good (?:morning|afternoon|evening)),? )?(?P<title>(?i:mr|mrs|ms|miss|mx|dr|sir|madam)\b)?\.? ?(?P<name>\p{Lu}[\p{L}'\u{2019}-]+)?",
            )
            .expect("a good expression")
        });
        let mut texts = mail.reading.texts.iter();
        let body = texts.find(|text| text.role == Role::Body && text.attachment.is_none());
        let found = body.and_then(|body| GREETING.captures(&body.text));
        let by_title = |found: &regex::Captures<'_>| found.name("title").is_some();
        Self {
            by_title: found.as_ref().is_some_and(by_title),
            forename: found
                .filter(|found| !by_title(found))
                .and_then(|found| Some(folded(found.name("name")?.as_str()))),
        }
    }
}

/// A private mailbox among the recipients.
struct Mailbox<'a> {
    /// Who say in what is answered that they are it.
    introduced: Option<BTreeSet<usize>>,
    school: &'a School,
    address: &'a Address,
    shown_as: &'a str,
    /// The local part up to a tag.
    local: &'a str,
    /// Its words: letters only, without numbers and ornaments.
    words: Vec<String>,
    /// The number in it that could be a year.
    number: Option<u16>,
    /// Nobody else outside receives the mail: it is who is greeted.
    alone: bool,
}

impl<'a> Mailbox<'a> {
    fn of(address: &'a Address, mail: &'a Screened<'_>, school: &'a School) -> Self {
        let header = &mail.reading.header;
        let mut shown = header.to.iter().chain(&header.cc);
        let shown = shown.find(|shown| shown.address.eq_ignore_ascii_case(address.as_str()));
        let local = address.local_part().split('+').next().unwrap_or_default();
        let words = local.split(|c: char| !c.is_alphabetic()).map(folded);
        let digits: String = local.chars().filter(char::is_ascii_digit).collect();
        Self {
            introduced: introduced(mail),
            school,
            address,
            shown_as: shown.map_or("", |shown| shown.name.as_str()),
            local,
            words: words.filter(|word| !is_ornament(word)).collect(),
            alone: mail
                .envelope
                .addresses()
                .all(|other| other == address || school.is_internal(other)),
            number: digits
                .parse()
                .ok()
                .filter(|_| matches!(digits.len(), 2 | 4)),
        }
    }

    /// The pupils whose mailbox it could be, and how sure that is.
    fn whose(&self, greeted: &Greeted) -> Option<(f32, BTreeSet<usize>)> {
        if greeted.by_title && self.alone || self.is_colleague() || self.has_left() {
            return None;
        }
        self.named(greeted)
            .map(|pupils| (NAMED, pupils))
            .or_else(|| Some((SHOWN, self.shown()?)))
            .or_else(|| Some((INITIALLED, self.initialled(greeted)?)))
            .or_else(|| Some((INITIALLED, self.abbreviated(greeted)?)))
            .or_else(|| Some((INITIALLED, self.among_others(greeted)?)))
            .or_else(|| Some((INITIALLED, self.introduced.clone().filter(|_| self.alone)?)))
    }

    /// Whether the header calls it a former pupil's.
    fn has_left(&self) -> bool {
        let mut words = self.shown_as.split(|c: char| !c.is_alphabetic());
        words.any(|word| {
            let word = folded(word);
            matches!(word.as_str(), "leaver" | "leavers" | "former") || word.starts_with("alumn")
        })
    }

    fn is_colleague(&self) -> bool {
        let mut staff = self.school.people.staff.iter();
        let local = self.address.local_part();
        staff.any(|staff| personal_address::likeness(local, staff, self.school) >= COLLEAGUE)
    }

    /// By forename and surname, and nothing but a number beside them.
    fn named(&self, greeted: &Greeted) -> Option<BTreeSet<usize>> {
        let names = &self.school.people.names;
        let apart = names.find(self.local, Writing::Joined).into_iter();
        let apart = apart.filter(|found| {
            let beside = [
                &self.local[..found.range.start],
                &self.local[found.range.end..],
            ];
            let mut words = beside
                .into_iter()
                .flat_map(|part| part.split(|c: char| !c.is_alphabetic()));
            words.all(|word| is_ornament(&folded(word)))
        });
        let found = apart
            .map(|found| (found.pupils, found.nature))
            .next()
            .or_else(|| self.without_article())
            .or_else(|| self.by_short_form())?;
        let (pupils, nature): (Vec<usize>, Nature) = found;
        let pupils: BTreeSet<usize> = pupils.into_iter().collect();
        let doubtful = nature.reads_as_words()
            || self
                .number
                .is_some_and(|number| (GROWN_UP..100).contains(&number));
        let meant = || self.is_year_of(&pupils, 1) || self.is_greeted(greeted);
        (!doubtful || meant()).then_some(pupils)
    }

    /// `thezoemuller`, `itszoemuller`.
    fn without_article(&self) -> Option<(Vec<usize>, Nature)> {
        let [only] = &self.words[..] else {
            return None;
        };
        let articles = ["thereal", "the", "itsthe", "its", "im", "iam", "real", "x"];
        let mut rests = articles
            .iter()
            .filter_map(|article| only.strip_prefix(article));
        rests.find_map(|rest| {
            let found = self.school.people.names.find(rest, Writing::Joined);
            let whole = found
                .into_iter()
                .find(|found| found.range == (0..rest.len()))?;
            Some((whole.pupils, whole.nature))
        })
    }

    /// `paddy.odowd` and `paddyodowd` of Patrick O'Dowd.
    fn by_short_form(&self) -> Option<(Vec<usize>, Nature)> {
        if self.words.len() > 2 {
            return None;
        }
        self.splits()
            .filter(|(forename, _)| forename.len() > 2)
            .filter(|(forename, surname)| forename.len() + surname.len() == self.letters())
            .find_map(|(forename, surname)| {
                let pupils = self.pupils_called(forename, surname);
                (!pupils.is_empty()).then_some((pupils, Nature::default()))
            })
    }

    /// The pupils of a surname to whose forename a short or a long form
    /// belongs.
    fn pupils_called(&self, forename: &str, surname: &str) -> Vec<usize> {
        let diminutives = self.school.patterns.pack(Topic::Diminutives);
        let patterns = diminutives.patterns().iter();
        patterns
            .filter(|pattern| pattern.phrases.iter().any(|form| form == forename))
            .flat_map(|pattern| &pattern.phrases)
            .flat_map(|form| self.school.people.names.pupils_named(form, surname))
            .collect()
    }

    fn letters(&self) -> usize {
        self.words.iter().map(String::len).sum()
    }

    /// Every two parts of the name of which the second is a pupil's surname:
    /// two of its words, or one word cut in two.
    fn splits(&self) -> impl Iterator<Item = (&str, &str)> {
        let words = || self.words.iter().map(String::as_str).take(WORDS);
        let pairs = words().flat_map(move |one| words().map(move |other| (one, other)));
        let cut = words().flat_map(|word| {
            let places = word.char_indices().skip(1).map(|(at, _)| at);
            places.flat_map(|at| {
                let (one, other) = word.split_at(at);
                [(one, other), (other, one)]
            })
        });
        let names = &self.school.people.names;
        pairs
            .chain(cut)
            .filter(|(one, other)| one != other && other.len() > 2 && names.is_surname(other))
    }

    /// By what the header calls it.
    fn shown(&self) -> Option<BTreeSet<usize>> {
        let found = self.school.people.names.find(self.shown_as, Writing::Prose);
        let whole = found.into_iter().find(|found| {
            let rest = self.shown_as.len() - found.range.len();
            rest <= 2 && !found.nature.reads_as_words()
        })?;
        Some(whole.pupils.into_iter().collect())
    }

    /// By an initial and a surname, where something says which pupil it is.
    fn initialled(&self, greeted: &Greeted) -> Option<BTreeSet<usize>> {
        let joined = self.words.concat();
        let first = joined.chars().next()?;
        let last = joined.chars().next_back()?;
        let people = &self.school.people;
        let surnames = [
            (first, joined.get(first.len_utf8()..)?),
            (last, joined.get(..joined.len() - last.len_utf8())?),
        ];
        surnames.into_iter().find_map(|(initial, surname)| {
            if surname.len() < 3 || !people.names.is_surname(surname) {
                return None;
            }
            let with_initials = || {
                let pupils = people.pupils.iter().enumerate();
                let of = surname.chars().next();
                pupils.filter(move |(_, pupil)| {
                    let initials = folded(pupil.initials);
                    initials.starts_with(initial) && initials.chars().next_back() == of
                })
            };
            let by_year: BTreeSet<usize> = with_initials()
                .map(|(index, _)| index)
                .filter(|&index| self.is_year_of(&BTreeSet::from([index]), 0))
                .collect();
            if !by_year.is_empty() {
                return Some(by_year);
            }
            let forename = greeted.forename.as_ref()?;
            let by_greeting = people.names.pupils_named(forename, surname);
            let meant = forename.starts_with(initial) && !by_greeting.is_empty();
            meant.then(|| by_greeting.into_iter().collect())
        })
    }

    /// By the forename that is greeted and the initials of a surname of several
    /// words, as a contact of the family bears it: `hanneke.vdb`.
    fn abbreviated(&self, greeted: &Greeted) -> Option<BTreeSet<usize>> {
        let [forename, short] = &self.words[..] else {
            return None;
        };
        if short.len() < 2 || greeted.forename.as_ref() != Some(forename) {
            return None;
        }
        let people = &self.school.people;
        let surnames = people.contacts.iter().filter_map(|contact| {
            let (_, surname) = contact.name.split_once(' ')?;
            let initials = surname
                .split([' ', '-'])
                .filter_map(|part| part.chars().next());
            (folded(&initials.collect::<String>()) == *short).then_some(surname)
        });
        let mut pupils = surnames.map(|surname| people.names.pupils_named(forename, surname));
        let pupils = pupils.find(|pupils| !pupils.is_empty())?;
        Some(pupils.into_iter().collect())
    }

    /// By the forename that is greeted, or that the header shows, and the
    /// surname, among initials or words of the pupil's own: `zoemuller.art`,
    /// `z.k.muller`.
    fn among_others(&self, greeted: &Greeted) -> Option<BTreeSet<usize>> {
        let shown = self.shown_as.split(' ').next().map(folded);
        let mut forenames = greeted.forename.iter().chain(&shown);
        forenames.find_map(|forename| self.of_forename(forename))
    }

    fn of_forename(&self, forename: &str) -> Option<BTreeSet<usize>> {
        let initial = forename.chars().next()?;
        self.splits().find_map(|(first, surname)| {
            let mut pupils = self.school.people.names.pupils_named(forename, surname);
            if pupils.is_empty() {
                pupils = self.pupils_called(forename, surname);
            }
            let of_pupil = |form: &str| {
                let named = self.school.people.names.pupils_named(form, surname);
                named.iter().any(|pupil| pupils.contains(pupil))
            };
            let called = || match first.len() {
                1 => first.starts_with(initial) || self.words.len() > 2,
                2 => first.starts_with(initial),
                _ => {
                    let known = self.pupils_called(first, surname);
                    of_pupil(first) || known.iter().any(|pupil| pupils.contains(pupil))
                }
            };
            (!pupils.is_empty() && called()).then(|| pupils.into_iter().collect())
        })
    }

    /// Whether the number is the year in which one of the pupils was born, or
    /// so near to it.
    fn is_year_of(&self, pupils: &BTreeSet<usize>, near: u16) -> bool {
        let Some(number) = self.number else {
            return false;
        };
        pupils.iter().any(|&pupil| {
            let pupil = self.school.people.pupils.get(pupil);
            let born = pupil.and_then(|pupil| pupil.date_of_birth);
            let born = born.and_then(|born| u16::try_from(born.year()).ok());
            born.is_some_and(|born| {
                born.abs_diff(number) <= near
                    || number < 100 && (born % 100).abs_diff(number) <= near
            })
        })
    }

    /// Whether the mail greets by a word of the address.
    fn is_greeted(&self, greeted: &Greeted) -> bool {
        let Some(forename) = &greeted.forename else {
            return false;
        };
        let joined = self.words.concat();
        joined.starts_with(forename.as_str()) || joined.ends_with(forename.as_str())
    }
}

/// Who writes that they are a pupil: "sir its owen tordoff from 12A".
fn introduced(mail: &Screened<'_>) -> Option<BTreeSet<usize>> {
    let texts = &mail.reading.texts;
    let mut named = mail.sightings.iter().filter(|sighting| {
        let text = &texts[sighting.text];
        let said = matches!(text.role, Role::Subject | Role::Quoted);
        let (before, behind) = (
            &text.text[..sighting.range.start],
            &text.text[sighting.range.end..],
        );
        let from = before.floor_char_boundary(before.len().saturating_sub(INTRODUCTION));
        let before = before[from..].trim_end().to_lowercase();
        let before = before.replace('\u{2019}', "'");
        let presents = ["its", "it's", "i'm", "im", "i am", "this is"].iter();
        let presents = presents.filter_map(|words| before.strip_suffix(words));
        said && presents
            .into_iter()
            .any(|rest| !rest.ends_with(char::is_alphanumeric))
            && !behind.starts_with(['\'', '\u{2019}'])
    });
    let pupils = named.next()?.pupils.iter().copied();
    Some(pupils.collect())
}

/// What people add to a name to get one that is still free.
fn is_ornament(word: &str) -> bool {
    matches!(
        word,
        "" | "the"
            | "its"
            | "im"
            | "iam"
            | "real"
            | "official"
            | "mail"
            | "email"
            | "uk"
            | "me"
            | "home"
            | "private"
    ) || word.chars().all(|c| c == 'x')
}

#[cfg(test)]
mod tests;
