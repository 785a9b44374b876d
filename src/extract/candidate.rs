//! The passwords that a message may give away: its own words, likeliest first.
//!
//! What is announced as a password comes first, then what stands in quotation
//! marks or brackets, then what looks made up (digits among letters), then
//! parts of file names and the dates of the message, then all other words. The
//! commonest words of the language are left out: nobody's password is "that",
//! and each trial costs.

use std::collections::HashSet;
use std::sync::LazyLock;

use regex::Regex;

use super::{Habit, HabitualPassword, Reading, Role, Text};
use crate::finding::Location;

mod dates;
mod spelled;

pub(crate) use spelled::digit as spoken_digit;

/// A word to try, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Candidate {
    pub(crate) word: String,
    pub(crate) place: Location,
    /// It stands nowhere in the message: a school uses it.
    pub(crate) habit: Option<Habit>,
}

/// Words beyond these are not tried.
const MOST: usize = 20_000;
/// Passwords have so many characters; an announced one may be shorter.
const LENGTH: std::ops::RangeInclusive<usize> = 4..=64;
/// An attached text of so many bytes may be the note with the password.
const NOTE: usize = 2 * 1024;
/// Of an attached text, in bytes, so much is searched for announcements.
const SEARCHED: usize = 64 * 1024;
/// Words behind an announcement that may be what it announces.
const BEHIND: usize = 10;
/// Words before an announcement that may be it: "Otter is the password".
const BEFORE: usize = 4;
/// Words that may make up one password between them: "pelican orchard 66".
const TOGETHER: usize = 5;
/// Places that only may lead to a password, of which so many are looked at.
const LEADS: usize = 100;
/// Parts of a password that are put together.
const PARTS: usize = 8;

/// How likely a word is a password, the likeliest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Likelihood {
    Announced,
    NearAnnouncement,
    Quoted,
    MadeUp,
    FileName,
    Date,
    /// With a capital, or with signs in it.
    Unusual,
    Plain,
}

/// All candidates of a message that has been read.
pub(crate) fn candidates(reading: &Reading) -> Vec<Candidate> {
    let mut found = Found::default();
    for text in &reading.texts {
        match text.role {
            Role::Subject | Role::Body | Role::Quoted => found.whole(text),
            Role::FileName => found.name(text),
            Role::Attachment if text.text.len() <= NOTE => found.whole(text),
            Role::Attachment => found.announced(text),
        }
    }
    if let Some(sent) = reading.header.date {
        for date in dates::of_second(sent) {
            found.add(Likelihood::Date, &date, &Location::new("date"));
        }
        let own = |text: &&Text| matches!(text.role, Role::Subject | Role::Body);
        for text in reading.texts.iter().filter(own) {
            found.spoken_dates(text, sent);
        }
    }
    found.parts(reading);
    found.in_order()
}

impl From<&HabitualPassword> for Candidate {
    fn from(password: &HabitualPassword) -> Self {
        Self {
            word: password.word.clone(),
            place: Location::new("the school's habits"),
            habit: Some(password.habit),
        }
    }
}

#[derive(Debug, Default)]
struct Found(Vec<(Likelihood, Candidate)>);

impl Found {
    fn whole(&mut self, text: &Text) {
        self.announced(text);
        for quoted in QUOTED.captures_iter(&text.text) {
            let quoted = quoted.iter().skip(1).flatten().next();
            if let Some(quoted) = quoted {
                self.phrase(Likelihood::Quoted, quoted.as_str(), &text.location);
            }
        }
        for date in dates::within(&text.text) {
            self.add(Likelihood::Date, &date, &text.location);
        }
        for word in spelled::out(&text.text) {
            self.add(Likelihood::Announced, &word, &text.location);
        }
        for hint in MAY_LEAD.find_iter(&text.text).take(LEADS) {
            self.beginnings(
                Likelihood::NearAnnouncement,
                &text.text[hint.end()..],
                &text.location,
            );
        }
        for token in text.text.split_whitespace() {
            self.token(token, &text.location);
        }
    }

    /// Days that a text names from where it stands: "next Thursday's date".
    /// Where a password is spoken of, it is likely that.
    fn spoken_dates(&mut self, text: &Text, sent: i64) {
        let likelihood = match ANNOUNCEMENT.is_match(&text.text) {
            true => Likelihood::NearAnnouncement,
            false => Likelihood::Date,
        };
        for date in dates::spoken(&text.text, sent) {
            self.add(likelihood, &date, &text.location);
        }
    }

    /// What stands by the words that announce a password.
    fn announced(&mut self, text: &Text) {
        let searched = &text.text[..text.text.floor_char_boundary(SEARCHED)];
        let mut announcements = ANNOUNCEMENT.find_iter(searched).peekable();
        if announcements.peek().is_some() {
            self.in_two(searched, &text.location);
        }
        for announcement in announcements {
            let behind = &searched[announcement.end()..];
            self.behind(behind, &text.location);
            let line = searched[..announcement.start()]
                .rfind('\n')
                .map_or(0, |at| at + 1);
            let before = searched[line..announcement.start()].split_whitespace();
            for token in before.rev().take(BEFORE) {
                self.forms(Likelihood::NearAnnouncement, token, &text.location);
            }
        }
    }

    /// A password that is said in two parts: "the first half is Otter, the
    /// second 17", "Otter followed by 17".
    fn in_two(&mut self, searched: &str, place: &Location) {
        let bare = |part: &'_ str| -> String {
            let part = part.trim_matches(is_wrapping);
            part.trim_end_matches(is_ending).to_owned()
        };
        for halves in HALVES.captures_iter(searched) {
            let parts = [&halves[1], &halves[2]].map(bare);
            self.add(Likelihood::Announced, &parts.concat(), place);
            self.add(Likelihood::Announced, &parts.join(" "), place);
        }
        for joined in JOINED.captures_iter(searched) {
            let parts = [&joined[1], &joined[2]].map(bare);
            self.add(Likelihood::Announced, &parts.concat(), place);
            let small = parts.concat().to_lowercase();
            self.add(Likelihood::Announced, &small, place);
        }
    }

    /// A password whose parts stand in different texts: "first half: Otter" in
    /// the subject, "the second half is 17" below.
    fn parts(&mut self, reading: &Reading) {
        let own = |text: &&Text| matches!(text.role, Role::Subject | Role::Body | Role::FileName);
        let told = |part: &Regex| -> Vec<(String, Location)> {
            let texts = reading.texts.iter().filter(own);
            texts
                .flat_map(|text| {
                    part.captures_iter(&text.text).map(|found| {
                        let word = found[1].trim_matches(is_wrapping);
                        let word = word.trim_end_matches(is_ending).to_owned();
                        (word, text.location.clone())
                    })
                })
                .take(PARTS)
                .collect()
        };
        let seconds = told(&SECOND_PART);
        for (first, _) in told(&FIRST_PART) {
            for (second, place) in &seconds {
                let whole = format!("{first}{second}");
                self.add(Likelihood::Announced, &whole, place);
            }
        }
    }

    /// The first word of a line, its first two and so on, as they stand and
    /// joined.
    fn beginnings(&mut self, likelihood: Likelihood, told: &str, place: &Location) {
        let line = told.trim_start().lines().next().unwrap_or_default();
        let words: Vec<&str> = line.split_whitespace().take(TOGETHER).collect();
        for many in 1..=words.len() {
            self.phrase(likelihood, &words[..many].join(" "), place);
        }
    }

    fn behind(&mut self, behind: &str, place: &Location) {
        // "is", a colon or the end of a line lead to the password itself; the
        // words between say what it is for.
        let lead = LEAD
            .find(behind)
            .filter(|lead| lead.start() <= 60 && !behind[..lead.start()].contains(['.', '!', '?']));
        if let Some(lead) = lead {
            let told = behind[lead.end()..].trim_start();
            let line = told.lines().next().unwrap_or_default().trim();
            if let Some(first) = line.split_whitespace().next() {
                self.forms(Likelihood::Announced, first, place);
            }
            if line.contains(' ') {
                self.phrase(Likelihood::Announced, line, place);
                let sentence = line.split(['.', ',', ';', '!', '?']).next();
                self.phrase(Likelihood::Announced, sentence.unwrap_or_default(), place);
                self.beginnings(Likelihood::NearAnnouncement, line, place);
            }
            for token in told.split_whitespace().take(BEHIND) {
                self.forms(Likelihood::NearAnnouncement, token, place);
            }
        }
        for token in behind.split_whitespace().take(BEHIND) {
            self.forms(Likelihood::NearAnnouncement, token, place);
        }
    }

    /// Several words that may be one password, as they stand and joined.
    fn phrase(&mut self, likelihood: Likelihood, phrase: &str, place: &Location) {
        let phrase = phrase.trim_matches(is_wrapping);
        self.add(likelihood, phrase, place);
        let trimmed = phrase.trim_end_matches(is_ending);
        self.add(likelihood, trimmed, place);
        if phrase.contains(' ') && phrase.split_whitespace().count() <= 6 {
            let joined: String = trimmed.split_whitespace().collect();
            self.add(likelihood, &joined, place);
        }
    }

    /// The parts of a file's name, with and without what ends it.
    fn name(&mut self, text: &Text) {
        let place = Location::new("file name");
        let name = text.text.trim();
        let name = name.rsplit('/').next().unwrap_or(name);
        let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
        self.add(Likelihood::FileName, stem, &place);
        let parts = stem.split(|c: char| c.is_whitespace() || "_-.,()[]+".contains(c));
        // A sign that parts the words of one name may be within another's
        // password: "List pw Otter_17".
        let wholes = [' ', '_', '-'].into_iter().flat_map(|gap| stem.split(gap));
        for part in parts.chain(wholes) {
            self.add(Likelihood::FileName, part.trim_matches(is_wrapping), &place);
        }
        for date in dates::within(&stem.replace('_', " ")) {
            self.add(Likelihood::FileName, &date, &place);
        }
        self.announced(&Text {
            text: stem.replace(['_', '-'], " "),
            location: place,
            ..text.clone()
        });
    }

    fn token(&mut self, token: &str, place: &Location) {
        let bare = token.trim_matches(is_wrapping).trim_end_matches(is_ending);
        let lower = bare.chars().all(char::is_lowercase);
        let digits = bare.chars().any(char::is_numeric);
        let letters = bare.chars().any(char::is_alphabetic);
        let likelihood = match () {
            () if digits && letters => Likelihood::MadeUp,
            () if lower && EVERYDAY.contains(bare) => return,
            () if lower || EVERYDAY.contains(&*bare.to_lowercase()) => Likelihood::Plain,
            () => Likelihood::Unusual,
        };
        self.forms(likelihood, token, place);
    }

    /// A token without what wraps it: with and without what ends it, and what
    /// stands behind a sign within it ("pw:Otter17").
    fn forms(&mut self, likelihood: Likelihood, token: &str, place: &Location) {
        let token = token.trim_matches(is_wrapping);
        let bare = token
            .trim_end_matches(is_ending)
            .trim_end_matches(is_wrapping);
        self.add(likelihood, bare, place);
        self.add(likelihood, token, place);
        if let Some((_, behind)) = bare.split_once([':', '=']) {
            self.add(likelihood, behind, place);
        }
        if let Some(owned) = bare.strip_suffix("'s").or(bare.strip_suffix("’s")) {
            self.add(likelihood, owned, place);
        }
    }

    fn add(&mut self, likelihood: Likelihood, word: &str, place: &Location) {
        let word = word.trim();
        let length = word.chars().take(*LENGTH.end() + 1).count();
        let fits = match likelihood {
            Likelihood::Announced => (1..=*LENGTH.end()).contains(&length),
            _ => LENGTH.contains(&length),
        };
        if fits && !(likelihood > Likelihood::Announced && EVERYDAY.contains(word)) {
            self.0.push((
                likelihood,
                Candidate {
                    word: word.to_owned(),
                    place: place.clone(),
                    habit: None,
                },
            ));
        }
    }

    fn in_order(mut self) -> Vec<Candidate> {
        self.0.sort_by_key(|(likelihood, _)| *likelihood);
        let mut known = HashSet::new();
        self.0
            .into_iter()
            .map(|(_, candidate)| candidate)
            .filter(|candidate| known.insert(candidate.word.clone()))
            .take(MOST)
            .collect()
    }
}

fn is_wrapping(c: char) -> bool {
    c.is_whitespace() || "\"'“”‘’«»()[]{}<>*_`,;:".contains(c)
}

fn is_ending(c: char) -> bool {
    ".!?…".contains(c)
}

static ANNOUNCEMENT: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?i)\b(?:pass[ -]?(?:words?|codes?|phrases?|keys?)|pass?w(?:o|or|r|ro)?d|contrase[ñn]a|mot de passe|passwort|kennwort|cyfrinair|has[lł]o|parola|p/?w|pwd|pword|pin(?: number)?|code|key|unlocks?|opens? (?:it )?with|to (?:open|unlock)(?: it)?|(?:to |will |lets? you |gets? you )(?:get )?in(?:to it)?)\b",
    )
    .expect("a good expression")
});

/// What leads from an announcement to the password.
static LEAD: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?i)\b(?:is|are|was|will be|being|with|use|type|enter|(?:it|that)['’]s|they['’]re)\b[ \t]*:?|[:=–—→]|[ \t]-[ \t]|\n",
    )
    .expect("a good expression")
});

/// Words that often have something else behind them than a password.
static MAY_LEAD: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?i)\b(?:use[ds]?|using|types?|typing|key(?:ed)? in|tap in|put in|enter(?:ing)?|try|wants?|needs?|takes?|asks for|locked|encrypted|protected|secured|set|call(?:ed)? it|it['’]s|its|with|under|say)\b[ \t]*[:,]?",
    )
    .expect("a good expression")
});

/// The first part of a password, wherever its second one stands.
static FIRST_PART: LazyLock<Regex> = LazyLock::new(|| part("first|1st|front|opening"));

static SECOND_PART: LazyLock<Regex> =
    LazyLock::new(|| part("second|2nd|other|rest|last|back|remaining|final"));

fn part(which: &str) -> Regex {
    Regex::new(&format!(
        r"(?i)\b(?:{which})(?:[ \t]+(?:half|part|bit|piece|word|section|portion|\w+ (?:letters|characters|digits|figures)))?(?:[ \t]+of[^.\n:=]{{0,30}}?)?(?:[ \t]+(?:is|are|being)\b|:|=|[ \t]+[-–—])\s*(\S{{1,40}})"
    ))
    .expect("a good expression")
}

/// The first part of a password, and the second.
static HALVES: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?i)\b(?:first|1st|one|front)\b[^.\n]{0,20}?(?:\bis\b|:|=)\s*(\S+)[\s\S]{0,60}?\b(?:second|2nd|other|rest|last|back)\b[^.\n]{0,20}?(?:\bis\b|:|=)\s*(\S+)",
    )
    .expect("a good expression")
});

/// Two parts that are to be joined.
static JOINED: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?i)(\S+) (?:(?:immediately |straight )?followed (?:straight on |straight |directly |immediately )?by|and then|then|plus|\+|and) (?:the (?:number|word|figures?|digits) )?(\S+)",
    )
    .expect("a good expression")
});

static QUOTED: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r#""([^"\n]{3,64})"|“([^”\n]{3,64})”|‘([^’\n]{3,64})’|\B'([^'\n]{3,64})'\B|\(([^)\n]{3,64})\)|\[([^\]\n]{3,64})\]|<([^>\n]{3,64})>|\*([^*\n]{3,64})\*"#,
    )
    .expect("a good expression")
});

/// The commonest words of mail, which are nobody's password as they stand.
static EVERYDAY: LazyLock<HashSet<&'static str>> = LazyLock::new(|| {
    "about above after again also although always another anything around asked attached \
     attachment back because been before being below best better both bring call called cannot \
     come could date dear does doing done down during each either email enclosed even every \
     file find first following forward from further give given going good great have having \
     hello help here hope however inform information into just keep kind kindly know last \
     later least leave left less like little long look made mail make many might more morning \
     most much must name need needs never next note number once only open opens other over \
     part password people place please possible quite rather really regarding regards reply \
     right said same seen send sending sent several shall should since some something soon \
     sorry still such sure take tell than thank thanks that their them then there these they \
     thing things think this those though through time today together tomorrow until used \
     using very want week well were what when where whether which while will with within \
     without work would year years yesterday your yours"
        .split_whitespace()
        .collect()
});

#[cfg(test)]
mod tests;
