//! The reply to a message that the policy rejects: what was noticed, in plain
//! words, and where to read more. It names nobody: bounces are forwarded, and
//! logged by every server on the way.

use super::reply::Reply;
use crate::finding::{Action, RuleId};
use crate::policy::Verdict;

pub(crate) fn reply(verdict: &Verdict, console_url: &str) -> Reply {
    let rejecting = verdict
        .findings
        .iter()
        .find(|judged| judged.action == Action::Reject && judged.finding.suppressed.is_none());
    let Some(rule) = rejecting.map(|judged| judged.finding.rule) else {
        return Reply::new(550, "5.7.1 Not sent: the school's policy refuses this mail");
    };
    let url = console_url.trim_end_matches('/');
    Reply::with_text(
        550,
        format!(
            "5.7.1 Not sent: the school's policy refuses {}\n5.7.1 What to do instead: {url}/rules/{rule}",
            in_words(rule)
        ),
    )
}

fn in_words(rule: RuleId) -> &'static str {
    match rule {
        RuleId::PupilNameInSubject => "mail with a pupil's full name in its subject",
        RuleId::PupilNameInBody => "mail with a pupil's full name in its text",
        RuleId::UnprotectedPersonalData => "personal data in an attachment without a password",
        RuleId::PersonalDataInBody => "personal data in the text of a mail",
        RuleId::PasswordWithDocument => "a protected file and its password in one mail",
        RuleId::PasswordShared => "mail that tells the password of an account or a device",
        RuleId::PersonalAddress => "school business from, to or by way of a private mailbox",
        RuleId::PersonalDetailsToPupil => "a member of staff's own contact details, to a pupil",
        RuleId::PupilPrivateAddress => "mail to a pupil's private mailbox",
        RuleId::PersonalBusiness => "private business",
        RuleId::ChainMessage => "chain letters and hoaxes",
        RuleId::OffensiveLanguage => "offensive language",
        RuleId::PupilPhoto => "photographs of pupils",
        RuleId::WrongRecipient => "mail whose recipient may not be the right one",
        RuleId::VisibleRecipients => "many recipients who see each other's addresses",
        RuleId::UnreadableContent => "attachments that cannot be read safely",
        RuleId::OpinionOfPerson => "opinions about other people",
        RuleId::CopyrightMaterial => "attachments that somebody else may own",
        RuleId::OutOfHours => "mail at this time of day",
        RuleId::SocialMediaSignup => "accounts of social networks with the school's address",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::{Finding, Location, Mode, Weight};
    use crate::policy::Judged;

    fn judged(rule: RuleId, action: Action, suppressed: Option<&str>) -> Judged {
        Judged {
            finding: Finding {
                rule,
                location: Location::new("A.B. marks.xlsx"),
                what: "marks of A.B.".to_owned(),
                excerpt: "A.B.".to_owned(),
                confidence: 0.9,
                pupils: Vec::new(),
                weight: Weight::Ordinary,
                suppressed: suppressed.map(str::to_owned),
            },
            action,
            mode: Mode::Enforce,
        }
    }

    #[test]
    fn the_reply_names_the_rule_that_rejects_and_nobody() {
        let verdict = Verdict {
            action: Action::Reject,
            findings: vec![
                judged(RuleId::PupilNameInBody, Action::Warn, None),
                judged(RuleId::PersonalAddress, Action::Reject, Some("not private")),
                judged(RuleId::ChainMessage, Action::Reject, None),
            ],
        };
        let reply = reply(&verdict, "https://exeat.greenfold.example/");
        assert_eq!(
            (reply.code(), reply.text()),
            (
                550,
                "5.7.1 Not sent: the school's policy refuses chain letters and hoaxes\n\
                 5.7.1 What to do instead: https://exeat.greenfold.example/rules/chain-message"
            )
        );
    }

    #[test]
    fn every_rule_has_words_that_fit_a_reply_line() {
        for rule in RuleId::ALL {
            let verdict = Verdict {
                action: Action::Reject,
                findings: vec![judged(rule, Action::Reject, None)],
            };
            let reply = reply(&verdict, "https://exeat.greenfold.sch.example");
            assert!(
                reply
                    .text()
                    .lines()
                    .all(|line| line.len() < 200 && line.is_ascii())
            );
            assert!(!reply.text().contains("A.B."));
        }
    }
}
