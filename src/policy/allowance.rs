//! What a school allows for a while, although a rule would act.
//!
//! ```toml
//! [[school.allow]]
//! rule = "chain-message"
//! from = ["office@greenfold.sch.example"]   # without it: from anybody
//! to = ["parents.greenfold.sch.example"]    # without it: to anybody
//! until = 2027-03-31
//! reason = "the sponsored walk asks families to pass its letter on; agreed with the head"
//! ```
//!
//! It covers a message that comes from one of `from` and goes to nobody but
//! `to`: addresses, or domains with all below them. It ends by itself, and
//! says why it is there: an exception that nobody remembers is a hole.

use jiff::civil::Date;
use serde::{Deserialize, Deserializer};

use crate::finding::RuleId;
use crate::mail::Address;
use crate::school::{Day, Route, leads};

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Allowance {
    pub rule: RuleId,
    /// Empty: from anybody.
    #[serde(default)]
    pub from: Vec<Route>,
    /// Empty: to anybody.
    #[serde(default)]
    pub to: Vec<Route>,
    /// The last day, in UTC.
    pub until: Day,
    #[serde(deserialize_with = "words")]
    pub reason: String,
}

impl Allowance {
    /// Whether it covers a rule's findings on a message today.
    pub(super) fn covers<'a>(
        &self,
        rule: RuleId,
        authors: &[Address],
        recipients: impl Iterator<Item = &'a Address>,
        today: Date,
    ) -> bool {
        let mut recipients = recipients.peekable();
        self.rule == rule
            && !self.is_over(today)
            && (self.from.is_empty() || authors.iter().any(|author| leads(&self.from, author)))
            && (self.to.is_empty()
                || recipients.peek().is_some()
                    && recipients.all(|recipient| leads(&self.to, recipient)))
    }

    pub fn is_over(&self, today: Date) -> bool {
        self.until.0 < today
    }

    /// Why a finding that it covers does not count.
    pub(super) fn said(&self) -> String {
        let until = self.until.0.strftime("%-d %B %Y");
        format!("the school allows it until {until}: {}", self.reason)
    }
}

fn words<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let text = String::deserialize(deserializer)?;
    match text.trim() {
        "" => Err(serde::de::Error::custom(
            "an allowance needs a reason: who agreed to it, and why",
        )),
        reason => Ok(reason.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_allowance_is_read_with_its_last_day_and_its_reason() {
        let read =
            |text: &str| toml::from_str::<Allowance>(text).map_err(|e| e.message().to_owned());
        let whole = "rule = 'chain-message'\nto = ['parents.example', 'a@b.example']\nuntil = 2027-03-31\nreason = ' agreed '";
        let allowed = read(whole).expect("sound");
        assert_eq!(
            allowed.said(),
            "the school allows it until 31 March 2027: agreed"
        );
        let quoted = whole.replace("2027-03-31", "'2027-03-31'");
        assert_eq!(read(&quoted).expect("sound"), allowed);
        for (from, to, expected) in [
            ("until = 2027-03-31\n", "", "missing field `until`"),
            ("2027-03-31", "'for ever'", "\"for ever\" is no day"),
            ("2027-03-31", "10:00:00", "\"10:00:00\" is no day"),
            ("' agreed '", "' '", "needs a reason"),
            ("chain-message", "chains", "chains"),
            ("to =", "too =", "unknown field `too`"),
        ] {
            let error = read(&whole.replace(from, to)).expect_err(expected);
            assert!(error.contains(expected), "{error}\nnot: {expected}");
        }
    }

    #[test]
    fn an_allowance_covers_its_rule_its_people_and_its_days() {
        let check = |from: &str, to: &str, recipients: &[&str], day: &str, expected: bool| {
            let text = format!(
                "rule = 'chain-message'\nfrom = {from}\nto = {to}\nuntil = 2027-03-31\nreason = 'agreed'"
            );
            let allowance: Allowance = toml::from_str(&text).expect("sound");
            let address = |text: &&str| text.parse::<Address>().expect("an address");
            let authors = [address(&"office@greenfold.example")];
            let recipients: Vec<Address> = recipients.iter().map(address).collect();
            let today = day.parse().expect("a day");
            let covers = |rule| allowance.covers(rule, &authors, recipients.iter(), today);
            assert_eq!(
                covers(RuleId::ChainMessage),
                expected,
                "{text} {recipients:?} {day}"
            );
            assert!(!covers(RuleId::PersonalAddress));
        };
        const LAST: &str = "2027-03-31";
        check("[]", "[]", &["a@b.example"], LAST, true);
        check("[]", "[]", &[], LAST, true);
        check("[]", "[]", &["a@b.example"], "2027-04-01", false);
        check(
            "['office@greenfold.example']",
            "[]",
            &["a@b.example"],
            LAST,
            true,
        );
        check("['greenfold.example']", "[]", &["a@b.example"], LAST, true);
        check(
            "['head@greenfold.example']",
            "[]",
            &["a@b.example"],
            LAST,
            false,
        );
        check(
            "[]",
            "['b.example']",
            &["a@b.example", "a@c.b.example"],
            LAST,
            true,
        );
        check(
            "[]",
            "['b.example']",
            &["a@b.example", "a@d.example"],
            LAST,
            false,
        );
        check("[]", "['b.example']", &[], LAST, false);
    }
}
