//! The vocabulary of judging: which rule, where, how sure, and what follows.
//!
//! Everything here has left a check or is about to, so it holds masked text
//! only: initials for pupils, never a name.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// A rule's identifier. The spelling is part of the configuration and of the
/// JSON output, and never changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RuleId {
    PupilNameInSubject,
    PupilNameInBody,
    UnprotectedPersonalData,
    PersonalDataInBody,
    PasswordWithDocument,
    PasswordShared,
    PersonalAddress,
    PersonalDetailsToPupil,
    PupilPrivateAddress,
    PersonalBusiness,
    ChainMessage,
    OffensiveLanguage,
    PupilPhoto,
    WrongRecipient,
    VisibleRecipients,
    UnreadableContent,
    OpinionOfPerson,
    CopyrightMaterial,
    OutOfHours,
    SocialMediaSignup,
}

impl RuleId {
    /// Every rule, in the order in which people are shown them.
    pub const ALL: [Self; 20] = [
        Self::PupilNameInSubject,
        Self::PupilNameInBody,
        Self::UnprotectedPersonalData,
        Self::PersonalDataInBody,
        Self::PasswordWithDocument,
        Self::PasswordShared,
        Self::PersonalAddress,
        Self::PersonalDetailsToPupil,
        Self::PupilPrivateAddress,
        Self::PersonalBusiness,
        Self::ChainMessage,
        Self::OffensiveLanguage,
        Self::PupilPhoto,
        Self::WrongRecipient,
        Self::VisibleRecipients,
        Self::UnreadableContent,
        Self::OpinionOfPerson,
        Self::CopyrightMaterial,
        Self::OutOfHours,
        Self::SocialMediaSignup,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::PupilNameInSubject => "pupil-name-in-subject",
            Self::PupilNameInBody => "pupil-name-in-body",
            Self::UnprotectedPersonalData => "unprotected-personal-data",
            Self::PersonalDataInBody => "personal-data-in-body",
            Self::PasswordWithDocument => "password-with-document",
            Self::PasswordShared => "password-shared",
            Self::PersonalAddress => "personal-address",
            Self::PersonalDetailsToPupil => "personal-details-to-pupil",
            Self::PupilPrivateAddress => "pupil-private-address",
            Self::PersonalBusiness => "personal-business",
            Self::ChainMessage => "chain-message",
            Self::OffensiveLanguage => "offensive-language",
            Self::PupilPhoto => "pupil-photo",
            Self::WrongRecipient => "wrong-recipient",
            Self::VisibleRecipients => "visible-recipients",
            Self::UnreadableContent => "unreadable-content",
            Self::OpinionOfPerson => "opinion-of-person",
            Self::CopyrightMaterial => "copyright-material",
            Self::OutOfHours => "out-of-hours",
            Self::SocialMediaSignup => "social-media-signup",
        }
    }
}

impl fmt::Display for RuleId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A rule's name that no rule has.
#[derive(Debug, thiserror::Error)]
#[error("there is no rule \"{0}\"; the rules are {list}", list = RuleId::ALL.map(RuleId::as_str).join(", "))]
pub struct UnknownRule(String);

impl FromStr for RuleId {
    type Err = UnknownRule;

    fn from_str(s: &str) -> Result<Self, UnknownRule> {
        Self::ALL
            .into_iter()
            .find(|rule| rule.as_str() == s)
            .ok_or_else(|| UnknownRule(s.to_owned()))
    }
}

/// What happens to a message, weakest first: the order decides which of a
/// message's findings prevails.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// Goes out.
    #[default]
    Deliver,
    /// Goes out, and its sender is told afterwards.
    Note,
    /// Held until the sender decides.
    Warn,
    /// Held until a reviewer decides.
    Quarantine,
    /// Refused to the client with 550 5.7.1.
    Reject,
}

impl Action {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Deliver => "deliver",
            Self::Note => "note",
            Self::Warn => "warn",
            Self::Quarantine => "quarantine",
            Self::Reject => "reject",
        }
    }

    /// Whether the message stays in the store.
    pub fn holds(self) -> bool {
        matches!(self, Self::Warn | Self::Quarantine)
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Whether a rule acts, only records, or is not run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    #[default]
    Enforce,
    Observe,
    Off,
}

impl Mode {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Enforce => "enforce",
            Self::Observe => "observe",
            Self::Off => "off",
        }
    }
}

/// Where a text stood, as people say it:
/// `register.xlsx › sheet "Y6" (hidden) › B14`.
///
/// As extraction makes it, a location may hold a file name and so a pupil's
/// name; whoever shows one masks it first.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Location(String);

impl Location {
    pub fn new(place: impl Into<String>) -> Self {
        Self(place.into())
    }

    pub fn subject() -> Self {
        Self::new("subject")
    }

    pub fn body() -> Self {
        Self::new("body")
    }

    /// A place inside this one.
    #[must_use]
    pub fn within(&self, place: &str) -> Self {
        Self(format!("{} › {place}", self.0))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it is the other place, or lies in it.
    pub fn is_within(&self, other: &Self) -> bool {
        let rest = self.0.strip_prefix(&other.0);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(" › "))
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A pupil as the outside may see one: the school's own reference
/// (`pupil_id`, else the UPN), never a name.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PupilRef(pub Arc<str>);

/// One check's evidence. All its texts are masked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    pub rule: RuleId,
    pub location: Location,
    /// What was noticed, as a phrase that completes "Exeat noticed …":
    /// `32 pupils, with UPN and date of birth`.
    pub what: String,
    /// The place in its surroundings, at most about 80 characters.
    pub excerpt: String,
    /// From 0 to 1.
    pub confidence: f32,
    pub pupils: Vec<PupilRef>,
    /// What the action depends on beside the rule.
    pub weight: Weight,
    /// Why the finding does not count, where a check saw a match and let it
    /// pass: shown by `exeat check --explain`, ignored by every policy.
    pub suppressed: Option<String>,
}

/// A property of the evidence by which a rule's default action differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Weight {
    #[default]
    Ordinary,
    /// The message comes from a private mailbox.
    PrivateFrom,
    /// `offensive-language`: a threat.
    Threat,
    /// `unreadable-content`: a bomb, or two readings that differ.
    Hostile,
    /// `unreadable-content`: a format that is known, but not read here.
    NotRead,
    /// `wrong-recipient`: a contact who is restricted for the pupil. Nothing
    /// that is shown may say so.
    Restricted,
}

/// What reading could not do. Never silence: an attachment without a text has
/// a problem.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    #[serde(rename = "where")]
    pub location: Location,
    pub kind: ProblemKind,
    /// One sentence for people, without a full stop.
    pub what: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ProblemKind {
    /// A bomb, or something that recipients could read in two ways.
    Hostile,
    /// A known format that could not be read, or not to its end.
    Damaged,
    /// Not of any known format.
    Unknown,
    /// Known, and beyond what is read here: pictures, sound, moving images.
    NotRead,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rule_ids_survive_text_and_json() {
        for rule in RuleId::ALL {
            assert_eq!(rule.as_str().parse::<RuleId>().expect("own spelling"), rule);
            let json = serde_json::to_string(&rule).expect("a string");
            assert_eq!(json, format!("\"{rule}\""));
        }
        assert!("pupil-name".parse::<RuleId>().is_err());
    }

    #[test]
    fn the_strongest_action_is_the_greatest() {
        let all = [
            Action::Deliver,
            Action::Note,
            Action::Warn,
            Action::Quarantine,
            Action::Reject,
        ];
        assert!(all.is_sorted());
        assert_eq!(all.iter().filter(|action| action.holds()).count(), 2);
    }
}
