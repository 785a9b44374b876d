//! One rule as it is in force: the defaults, and what the school changed.

use std::collections::BTreeMap;

use crate::finding::{Action, Mode, RuleId, Weight};

use super::clauses;
use super::settings::{Case, Recipients, RuleSettings};

/// How certain a finding must be where the school doesn't say.
const THRESHOLD: f32 = 0.5;

#[derive(Debug, Clone)]
pub struct Rule {
    pub id: RuleId,
    pub action: Action,
    pub mode: Mode,
    pub threshold: f32,
    pub recipients: Recipients,
    pub clause: String,
    /// What the school set for a case counts as it stands.
    set: BTreeMap<Case, Action>,
    /// Defaults for cases.
    usual: BTreeMap<Case, Action>,
}

impl Rule {
    pub(super) fn new(id: RuleId, settings: Option<&RuleSettings>) -> Self {
        let unchanged = RuleSettings::default();
        let settings = settings.unwrap_or(&unchanged);
        let (action, recipients, usual) = default(id);
        let own = settings.action.unwrap_or(action);
        let usual = usual
            .iter()
            .map(|&(case, usual)| (case, adapted(usual, action, own)))
            .collect();
        Self {
            id,
            action: own,
            mode: settings.mode.unwrap_or(match settings.action {
                None if is_off(id) => Mode::Off,
                // To say what a rule does is to switch it on.
                _ => Mode::Enforce,
            }),
            threshold: settings.threshold.unwrap_or(THRESHOLD),
            recipients: settings.recipients.unwrap_or(recipients),
            clause: settings
                .clause
                .clone()
                .unwrap_or_else(|| clauses::of(id).to_owned()),
            set: settings.classes.clone(),
            usual,
        }
    }

    /// The action for a finding of this weight to recipients who are nobody
    /// in particular.
    pub(super) fn action_for(&self, weight: Weight) -> Action {
        case_of(weight)
            .and_then(|case| self.case(case))
            .unwrap_or(self.action)
    }

    /// The action where a case says otherwise.
    pub(super) fn case(&self, case: Case) -> Option<Action> {
        self.set
            .get(&case)
            .or_else(|| self.usual.get(&case))
            .copied()
    }

    /// What is not read here is only recorded, unless the school set an
    /// action for it.
    pub(super) fn mode_for(&self, weight: Weight) -> Mode {
        if weight == Weight::NotRead && !self.set.contains_key(&Case::NotRead) {
            Mode::Observe
        } else {
            self.mode
        }
    }
}

/// A case's default where the school chose another action for its rule: a
/// case that is milder than the rule stays no stricter than it, one that is
/// stricter stays no milder, unless the school made the rule milder itself.
fn adapted(usual: Action, default: Action, own: Action) -> Action {
    if usual <= default || own < default {
        usual.min(own)
    } else {
        usual.max(own)
    }
}

fn case_of(weight: Weight) -> Option<Case> {
    match weight {
        Weight::Ordinary => None,
        Weight::PrivateFrom => Some(Case::PrivateFrom),
        Weight::Threat => Some(Case::Threat),
        Weight::Hostile => Some(Case::Hostile),
        Weight::NotRead => Some(Case::NotRead),
        Weight::Restricted => Some(Case::Restricted),
    }
}

/// Whether a rule is off where the school says nothing of it: schools differ
/// in what they ask of these.
fn is_off(id: RuleId) -> bool {
    matches!(
        id,
        RuleId::PersonalBusiness
            | RuleId::OpinionOfPerson
            | RuleId::CopyrightMaterial
            | RuleId::OutOfHours
            | RuleId::SocialMediaSignup
    )
}

/// The action, the recipients concerned, and the cases that differ.
fn default(id: RuleId) -> (Action, Recipients, &'static [(Case, Action)]) {
    use Action::{Note, Quarantine, Reject, Warn};
    match id {
        RuleId::PupilNameInSubject => (
            Warn,
            Recipients::All,
            &[(Case::Internal, Note), (Case::Own, Note)],
        ),
        RuleId::PupilNameInBody
        | RuleId::OpinionOfPerson
        | RuleId::CopyrightMaterial
        | RuleId::OutOfHours
        | RuleId::SocialMediaSignup => (Note, Recipients::All, &[]),
        RuleId::UnprotectedPersonalData => (
            Quarantine,
            Recipients::External,
            &[
                (Case::Authority, Warn),
                (Case::Health, Warn),
                (Case::Police, Warn),
                (Case::School, Warn),
                (Case::Own, Note),
            ],
        ),
        RuleId::PersonalDataInBody | RuleId::PupilPhoto => {
            (Warn, Recipients::External, &[(Case::Own, Note)])
        }
        RuleId::PasswordWithDocument | RuleId::PasswordShared => (Warn, Recipients::All, &[]),
        RuleId::PersonalAddress => (Warn, Recipients::All, &[(Case::PrivateFrom, Reject)]),
        RuleId::PersonalDetailsToPupil => (Quarantine, Recipients::All, &[(Case::Parent, Warn)]),
        RuleId::PupilPrivateAddress => (Quarantine, Recipients::External, &[]),
        RuleId::PersonalBusiness | RuleId::ChainMessage | RuleId::OffensiveLanguage => {
            (Warn, Recipients::All, &[])
        }
        RuleId::WrongRecipient => (
            Warn,
            Recipients::External,
            &[(Case::Restricted, Quarantine)],
        ),
        RuleId::VisibleRecipients => (Warn, Recipients::External, &[]),
        RuleId::UnreadableContent => (
            Warn,
            Recipients::All,
            &[(Case::Hostile, Quarantine), (Case::Internal, Note)],
        ),
    }
}
