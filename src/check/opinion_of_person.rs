//! `opinion-of-person`: the writer's private opinion of somebody. Off unless a
//! school sets it.
//!
//! **What it looks for.** In the subject and in newly written text: a judgement
//! of a third person's character ("he is rather full of himself", "I can't
//! stand her"), or words that announce one ("between you and me").
//!
//! **Why.** "Emails must not contain personal opinions about other individuals."
//!
//! **What passes.** What somebody else said; the person who is written to;
//! characters of books; references, appraisals and reports.

use crate::extract::Role;
use crate::finding::{Finding, RuleId, Weight};
use crate::patterns::{Hit, Topic};
use crate::school::School;

use super::speech::Sentence;
use super::{Check, Screened, excerpt, masking};

/// The sum of weights from which on it is an opinion.
const ENOUGH: i32 = 3;

#[derive(Debug)]
pub(super) struct OpinionOfPerson;

impl Check for OpinionOfPerson {
    fn id(&self) -> RuleId {
        RuleId::OpinionOfPerson
    }

    fn inspect(&self, mail: &Screened<'_>, school: &School) -> Vec<Finding> {
        let texts = mail.reading.texts.iter().enumerate();
        texts
            .filter(|(_, text)| matches!(text.role, Role::Subject | Role::Body))
            .filter_map(|(index, text)| {
                let scanned = mail.prose(index);
                let hits = scanned.hits(Topic::OpinionOfPerson);
                let weight: i32 = hits.iter().map(|hit| hit.pattern.weight).sum();
                let own = |hit: &&Hit<'_>| {
                    hit.pattern.weight > 0
                        && !Sentence::around(scanned.as_str(), &hit.folded).is_in_quotation_marks()
                };
                let first = hits.iter().find(own).filter(|_| weight >= ENOUGH)?;
                let place = scanned.locate(&text.text, first.folded.clone());
                let shown = excerpt::around(&text.text, &place, &school.people.names);
                Some(Finding {
                    rule: RuleId::OpinionOfPerson,
                    location: masking::location(&text.location, school),
                    what: "an opinion of somebody's character".to_owned(),
                    excerpt: masking::masked(&shown, school),
                    confidence: if weight > ENOUGH { 0.7 } else { 0.6 },
                    pupils: Vec::new(),
                    weight: Weight::Ordinary,
                    suppressed: None,
                })
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::testing::{mail_of, message, school};

    fn fires(body: &str) -> bool {
        let reading = message(&[(Role::Body, body)]);
        !OpinionOfPerson
            .inspect(&mail_of(&reading, &[]), &school())
            .is_empty()
    }

    #[test]
    fn judgements_of_a_third_person_count() {
        for body in [
            "Between you and me, the new deputy is rather full of himself.",
            "I can't stand her, she's so rude.",
            "He is bone idle and always has been.",
            "His mother is a difficult woman, frankly.",
            "Off the record: I wouldn't trust him with a class.",
            "Mrs Jones is hopeless with money and a bit of a gossip.",
        ] {
            assert!(fires(body), "{body}");
        }
    }

    #[test]
    fn facts_praise_books_and_reports_pass() {
        for body in [
            "He is absent today; his mother is ringing the office.",
            "She is a pleasure to teach, and he is a conscientious pupil.",
            "Your lesson was well paced; you are clear and calm.",
            "In the novel Heathcliff is arrogant and vain, the author is harsh with him.",
            "The exam was difficult and the hall is hopeless for sound.",
            "The complaint says that he is rude. I have no view.",
            "",
        ] {
            assert!(!fires(body), "{body}");
        }
    }
}
