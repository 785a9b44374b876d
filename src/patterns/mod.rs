//! Pattern packs: word lists, expressions, weights and examples as data.
//!
//! A pack is one TOML file on one topic. What a pack's patterns mean together
//! is the business of the check that reads it; here they are loaded, held
//! against their own examples, and looked for. The packs are built in; a
//! school can put files of the same names into a folder, and each of them
//! takes the built-in one's place.
//!
//! ```toml
//! version = 1
//! description = "Requests to pass a message on"
//!
//! [[pattern]]
//! id = "everyone-you-know"
//! category = "audience"
//! weight = 3
//! regex = '(?:send|forward) (?:this|it) to every(?:one|body) you know'
//! matches = ["Forward this to everyone you know!"]
//! passes = ["Send it to everyone in 8C"]
//! ```
//!
//! Instead of `regex`, `phrases` is a list of plain words. Both match whole
//! words only, in folded text (see [`Folded`]): lower case, no diacritics,
//! straight apostrophes. A space stands for any white space.
//!
//! With `then = { within = 50, regex = '...' }` a match goes on to the first
//! match of the second expression that begins at most so many bytes further
//! on in the same sentence; without one there it is none.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};

mod beginnings;
mod expression;
mod fold;
pub mod likeness;
mod needs;
mod pack;
mod pattern;
mod prose;
mod scanned;
mod source;

use pack::Examples;
use prose::Prose;

pub use fold::Folded;
pub use likeness::{Learned, Likeness};
pub use pack::Pack;
pub use pattern::{Hit, Pattern};
pub use scanned::Scanned;

/// What a pack is about. Its file is `patterns/<name>.toml`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Topic {
    /// Terms of special categories of personal data and their like.
    SpecialCategories,
    /// Words that announce an identifier.
    Identifiers,
    /// Headings of a table's columns.
    ColumnHeadings,
    ChainMessage,
    /// Swearing, slurs, insults, threats, and what speaks for and against them.
    OffensiveLanguage,
    /// Requests to use a private mailbox, and words of school business.
    PersonalAddress,
    /// Passwords of documents, accounts and devices, said or hinted at in
    /// running text.
    Passwords,
    /// Opinions of other people.
    OpinionOfPerson,
    /// Marks of copyright.
    CopyrightMaterial,
    /// Networks, and accounts that are opened there.
    SocialMediaSignup,
    /// Domains that give mailboxes to private people.
    PersonalDomains,
    /// Forenames and their short forms.
    Diminutives,
    /// Whose telephone number, mailbox, home or handle it is.
    PersonalDetails,
    /// Who or what photographs are of.
    PupilPhoto,
    /// What a school tells a pupil's own family, and what it tells everybody.
    WrongRecipient,
}

impl Topic {
    pub const ALL: [Self; 15] = [
        Self::SpecialCategories,
        Self::Identifiers,
        Self::ColumnHeadings,
        Self::ChainMessage,
        Self::OffensiveLanguage,
        Self::PersonalAddress,
        Self::Passwords,
        Self::OpinionOfPerson,
        Self::CopyrightMaterial,
        Self::SocialMediaSignup,
        Self::PersonalDomains,
        Self::Diminutives,
        Self::PersonalDetails,
        Self::PupilPhoto,
        Self::WrongRecipient,
    ];

    /// Those whose patterns are looked for in running text; the others are
    /// held against cells, domains and names, or looked for in few mails.
    pub const PROSE: [Self; 9] = [
        Self::SpecialCategories,
        Self::Identifiers,
        Self::ChainMessage,
        Self::OffensiveLanguage,
        Self::PersonalAddress,
        Self::Passwords,
        Self::OpinionOfPerson,
        Self::CopyrightMaterial,
        Self::SocialMediaSignup,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::SpecialCategories => "special-categories",
            Self::Identifiers => "identifiers",
            Self::ColumnHeadings => "column-headings",
            Self::ChainMessage => "chain-message",
            Self::OffensiveLanguage => "offensive-language",
            Self::PersonalAddress => "personal-address",
            Self::Passwords => "passwords",
            Self::OpinionOfPerson => "opinion-of-person",
            Self::CopyrightMaterial => "copyright-material",
            Self::SocialMediaSignup => "social-media-signup",
            Self::PersonalDomains => "personal-domains",
            Self::Diminutives => "diminutives",
            Self::PersonalDetails => "personal-details",
            Self::PupilPhoto => "pupil-photo",
            Self::WrongRecipient => "wrong-recipient",
        }
    }

    /// The categories that the topic's check understands. A pattern of any
    /// other would never be asked for.
    fn categories(self) -> &'static [&'static str] {
        match self {
            Self::SpecialCategories => &[
                "safeguarding",
                "care",
                "sen",
                "health",
                "ethnicity",
                "religion",
                "sex-life",
                "free-meals",
                "behaviour",
                "criminal",
                "biometric",
                "assessment",
                "contact",
                "public",
                "leads-to-topic",
                "follows-topic",
            ],
            Self::Identifiers => &[
                "upn", "nhs", "uln", "nino", "birth", "address", "bank", "document", "transfer",
            ],
            Self::ColumnHeadings => &[
                "name", "upn", "nhs", "uln", "nino", "birth", "address", "bank", "document",
                "data", "plain",
            ],
            Self::ChainMessage => &[
                "pass-on",
                "luck",
                "threat",
                "reward",
                "claim",
                "appeal",
                "list",
                "tradition",
                "urgency",
                "ordinary",
                "lesson",
                "boilerplate",
            ],
            Self::OffensiveLanguage => &[
                "swearing",
                "slur",
                "insult",
                "threat",
                "sexual",
                "extremist",
                "innocent",
                "reports",
                "mentions",
                "record",
                "study",
                "amused",
            ],
            Self::PersonalAddress => &[
                "asks",
                "own",
                "self",
                "colleagues",
                "business",
                "private",
                "forbids",
                "mentions",
                "reproof",
            ],
            Self::Passwords => &[
                "gives",
                "hints",
                "later",
                "other",
                "pair",
                "codes",
                "shares",
                "signs-in",
                "secrets",
                "hands-over",
                "locks",
                "code-words",
                "accounts",
                "documents",
                "opening",
                "meeting",
                "teaches",
                "void",
                "codes-of-others",
            ],
            Self::OpinionOfPerson => &["judgement", "confiding", "other"],
            Self::CopyrightMaterial => &["marks", "open"],
            Self::SocialMediaSignup => &["network", "signs-up", "other"],
            Self::PersonalDomains => &["domain"],
            Self::Diminutives => &["forename"],
            Self::PersonalDetails => &[
                "own-number",
                "call-me",
                "other",
                "denies",
                "own-mailbox",
                "own-home",
                "invites",
                "school-phone",
                "invites",
                "stays",
                "home",
                "handle",
            ],
            Self::PupilPhoto => &["people", "things"],
            Self::WrongRecipient => &["business", "occasion"],
        }
    }

    fn built_in(self) -> &'static str {
        match self {
            Self::SpecialCategories => include_str!("../../patterns/special-categories.toml"),
            Self::Identifiers => include_str!("../../patterns/identifiers.toml"),
            Self::ColumnHeadings => include_str!("../../patterns/column-headings.toml"),
            Self::ChainMessage => include_str!("../../patterns/chain-message.toml"),
            Self::OffensiveLanguage => include_str!("../../patterns/offensive-language.toml"),
            Self::PersonalAddress => include_str!("../../patterns/personal-address.toml"),
            Self::Passwords => include_str!("../../patterns/passwords.toml"),
            Self::OpinionOfPerson => include_str!("../../patterns/opinion-of-person.toml"),
            Self::CopyrightMaterial => include_str!("../../patterns/copyright-material.toml"),
            Self::SocialMediaSignup => include_str!("../../patterns/social-media-signup.toml"),
            Self::PersonalDomains => include_str!("../../patterns/personal-domains.toml"),
            Self::Diminutives => include_str!("../../patterns/diminutives.toml"),
            Self::PersonalDetails => include_str!("../../patterns/personal-details.toml"),
            Self::PupilPhoto => include_str!("../../patterns/pupil-photo.toml"),
            Self::WrongRecipient => include_str!("../../patterns/wrong-recipient.toml"),
        }
    }
}

/// What is wrong with a folder of packs.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    #[error("{}, line {line}, {key}: {what}", file.display())]
    Pack {
        file: PathBuf,
        line: usize,
        key: String,
        what: String,
    },
    #[error(
        "{} is no pattern pack; the packs are {}", .0.display(),
        Topic::ALL.map(|topic| format!("{}.toml", topic.name())).join(", ")
    )]
    Unknown(PathBuf),
    #[error("{} could not be read", file.display())]
    Read {
        file: PathBuf,
        source: std::io::Error,
    },
}

/// The packs in force. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Packs {
    by_topic: BTreeMap<Topic, Arc<Pack>>,
    /// The patterns of all topics of [`Topic::PROSE`].
    prose: Arc<Prose>,
}

impl Packs {
    fn new(by_topic: BTreeMap<Topic, Arc<Pack>>) -> Self {
        let prose = Topic::PROSE.map(|topic| (topic, &*by_topic[&topic]));
        Self {
            prose: Arc::new(Prose::new(prose)),
            by_topic,
        }
    }

    /// The packs that Exeat brings.
    pub fn builtin() -> Self {
        static BUILT_IN: LazyLock<Packs> = LazyLock::new(|| {
            let by_topic = Topic::ALL.into_iter().map(|topic| {
                let file = PathBuf::from(format!("patterns/{}.toml", topic.name()));
                let trusted = Examples::Trusted;
                let pack = Pack::parse(&file, topic.built_in(), topic.categories(), trusted)
                    .unwrap_or_else(|faults| panic!("built-in packs are tested: {faults:?}"));
                (topic, Arc::new(pack))
            });
            Packs::new(by_topic.collect())
        });
        BUILT_IN.clone()
    }

    /// The built-in packs, but for those that the folder replaces. Every
    /// fault of every file is reported.
    pub fn from_folder(folder: &Path) -> Result<Self, Vec<Fault>> {
        let read_fault = |file: &Path| {
            let file = file.to_owned();
            |source| Fault::Read { file, source }
        };
        let mut packs = Self::builtin().by_topic;
        let mut faults = Vec::new();
        let entries = std::fs::read_dir(folder).map_err(|e| vec![read_fault(folder)(e)])?;
        for entry in entries {
            let file = match entry {
                Ok(entry) => entry.path(),
                Err(e) => {
                    faults.push(read_fault(folder)(e));
                    continue;
                }
            };
            let Some(topic) = topic_of(&file) else {
                faults.push(Fault::Unknown(file));
                continue;
            };
            match std::fs::read_to_string(&file) {
                Ok(text) => match Pack::parse(&file, &text, topic.categories(), Examples::Tried) {
                    Ok(pack) => {
                        packs.insert(topic, Arc::new(pack));
                    }
                    Err(more) => faults.extend(more),
                },
                Err(e) => faults.push(read_fault(&file)(e)),
            }
        }
        match faults.is_empty() {
            true => Ok(Self::new(packs)),
            false => Err(faults),
        }
    }

    /// Makes all patterns of running text ready to be looked for, which
    /// otherwise happens when each is first tried. Takes about half a second.
    pub fn prepare(&self) {
        for topic in Topic::PROSE {
            for pattern in self.pack(topic).patterns() {
                pattern.prepare();
            }
        }
    }

    pub fn pack(&self, topic: Topic) -> &Pack {
        &self.by_topic[&topic]
    }
}

impl Default for Packs {
    fn default() -> Self {
        Self::builtin()
    }
}

fn topic_of(file: &Path) -> Option<Topic> {
    let name = file.file_name()?.to_str()?.strip_suffix(".toml")?;
    Topic::ALL.into_iter().find(|topic| topic.name() == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_packs_pass_their_own_examples() {
        for topic in Topic::ALL {
            let file = PathBuf::from(format!("{}.toml", topic.name()));
            let pack = Pack::parse(&file, topic.built_in(), topic.categories(), Examples::Tried);
            if let Err(faults) = pack {
                let faults: Vec<String> = faults.iter().map(ToString::to_string).collect();
                panic!("{}", faults.join("\n"));
            }
        }
    }

    #[test]
    fn a_folder_replaces_packs_by_name() {
        let folder = tempfile::tempdir().expect("temporary folder");
        let file = folder.path().join("personal-domains.toml");
        let pack = "version = 7\ndescription = 'ours'\n[[pattern]]\nid = 'a'\ncategory = 'domain'\nphrases = ['post.example']\n";
        std::fs::write(&file, pack).expect("writable");
        let packs = Packs::from_folder(folder.path()).expect("good pack");
        assert_eq!(packs.pack(Topic::PersonalDomains).version, 7);
        assert!(packs.pack(Topic::PersonalDomains).is_whole("post.example"));
        assert!(!packs.pack(Topic::PersonalDomains).is_whole("gmail.com"));
        assert!(!packs.pack(Topic::Diminutives).patterns().is_empty());

        std::fs::write(folder.path().join("notes.txt"), "").expect("writable");
        std::fs::write(&file, "version = 1\n").expect("writable");
        let faults = Packs::from_folder(folder.path()).expect_err("two faults");
        assert_eq!(faults.len(), 2, "{faults:?}");
        assert!(Packs::from_folder(&folder.path().join("none")).is_err());
    }
}
