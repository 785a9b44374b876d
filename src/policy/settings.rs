//! A school's rules as its configuration writes them.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize};

use crate::finding::{Action, Mode, RuleId};

/// `mode` and `rules` of a school. What is not said keeps its default.
///
/// Unknown keys are errors inside `rules`; beside them the table that this is
/// part of has to refuse them.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    pub mode: SchoolMode,
    pub rules: BTreeMap<RuleId, RuleSettings>,
}

/// Whether the school's rules act, or are only tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SchoolMode {
    #[default]
    Enforce,
    /// Everything is delivered, and what would have been done is recorded.
    Observe,
}

/// One rule: `chain-message = { action = "reject" }`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RuleSettings {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub action: Option<Action>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mode: Option<Mode>,
    /// From 0 to 1: a finding that is less certain does not count.
    #[serde(
        skip_serializing_if = "Option::is_none",
        deserialize_with = "from_0_to_1"
    )]
    pub threshold: Option<f32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recipients: Option<Recipients>,
    /// Other actions for some recipients or some findings.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub classes: BTreeMap<Case, Action>,
    /// The clause of the school's own policy, quoted in explanations.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clause: Option<String>,
}

/// Which recipients a rule is concerned with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Recipients {
    All,
    External,
    Internal,
}

/// What a rule's action can depend on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Case {
    /// A recipient of the school itself.
    Internal,
    /// A recipient who is a contact of all the pupils that a finding names.
    Own,
    Parent,
    Authority,
    Health,
    Police,
    School,
    Union,
    Supplier,
    Governor,
    Other,
    /// A message from a private mailbox.
    PrivateFrom,
    /// A threat, among offensive words.
    Threat,
    /// A bomb, or something that recipients could read in two ways.
    Hostile,
    /// A known format that is not read here.
    NotRead,
    /// A contact who must not hear of a pupil.
    Restricted,
}

fn from_0_to_1<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<f32>, D::Error> {
    let threshold = f32::deserialize(deserializer).map_err(|_| {
        serde::de::Error::custom("threshold must be a number from 0 to 1, for example 0.7")
    })?;
    if (0.0..=1.0).contains(&threshold) {
        Ok(Some(threshold))
    } else {
        Err(serde::de::Error::custom(format_args!(
            "threshold is {threshold}; it must be from 0 to 1"
        )))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn complaint(text: &str) -> String {
        toml::from_str::<Settings>(text)
            .expect_err("a fault")
            .message()
            .to_owned()
    }

    #[test]
    fn rules_are_read_as_written() {
        let settings: Settings = toml::from_str(
            r#"
            mode = "observe"
            [rules]
            chain-message = { action = "reject", mode = "enforce", threshold = 0.7, clause = "No chains." }
            pupil-name-in-body = { recipients = "external", classes = { own = "deliver", internal = "note" } }
            unreadable-content = { mode = "off", classes = { not-read = "warn" } }
            "#,
        )
        .expect("well-formed");
        assert_eq!(settings.mode, SchoolMode::Observe);
        let chain = &settings.rules[&RuleId::ChainMessage];
        assert_eq!(chain.action, Some(Action::Reject));
        assert_eq!(chain.clause.as_deref(), Some("No chains."));
        let body = &settings.rules[&RuleId::PupilNameInBody];
        assert_eq!(body.recipients, Some(Recipients::External));
        assert_eq!(body.classes[&Case::Own], Action::Deliver);

        let text = toml::to_string(&settings).expect("serialisable");
        assert_eq!(
            toml::from_str::<Settings>(&text).expect("own text"),
            settings
        );
        assert_eq!(
            toml::from_str::<Settings>("").expect("empty"),
            Settings::default()
        );
    }

    #[test]
    fn faults_are_told_plainly() {
        for (text, part) in [
            (
                "rules = { pupil-names = {} }",
                "unknown variant `pupil-names`, expected one of",
            ),
            (
                "rules = { chain-message = { actoin = \"note\" } }",
                "unknown field `actoin`, expected one of",
            ),
            (
                "rules = { chain-message = { action = \"block\" } }",
                "unknown variant `block`",
            ),
            (
                "rules = { chain-message = { mode = \"on\" } }",
                "unknown variant `on`",
            ),
            (
                "rules = { chain-message = { threshold = 50 } }",
                "threshold is 50; it must be from 0 to 1",
            ),
            (
                "rules = { chain-message = { threshold = nan } }",
                "it must be from 0 to 1",
            ),
            (
                "rules = { chain-message = { threshold = \"high\" } }",
                "threshold must be a number from 0 to 1, for example 0.7",
            ),
            (
                "rules = { chain-message = { recipients = \"outside\" } }",
                "unknown variant `outside`",
            ),
            (
                "rules = { chain-message = { classes = { aunt = \"note\" } } }",
                "unknown variant `aunt`",
            ),
            ("mode = \"off\"", "unknown variant `off`"),
        ] {
            let message = complaint(text);
            assert!(message.contains(part), "{text}: {message}");
        }
    }
}
