//! `social-media-signup`: the school's address for a personal account of a
//! social network. Off unless a school sets it.
//!
//! **What it looks for.** An answer to, or a forwarding of, a network's mail
//! that confirms a new account; a mail to a network about one's account; an
//! invitation that a network's app sends in the writer's name.
//!
//! **Why.** "School email addresses … will not be used for setting up personal
//! social media accounts."
//!
//! **What passes.** The school's own pages; lessons about networks; false
//! accounts that are reported; mail that asks to be left alone.

use std::collections::BTreeSet;

use crate::extract::Role;
use crate::finding::{Finding, Location, RuleId, Weight};
use crate::patterns::Topic;
use crate::school::School;

use super::{Check, Screened};

/// The sum of weights from which on it is a sign-up.
const ENOUGH: i32 = 4;

#[derive(Debug)]
pub(super) struct SocialMediaSignup;

impl Check for SocialMediaSignup {
    fn id(&self) -> RuleId {
        RuleId::SocialMediaSignup
    }

    fn inspect(&self, mail: &Screened<'_>, _: &School) -> Vec<Finding> {
        let topic = Topic::SocialMediaSignup;
        let texts = mail.reading.texts.iter().enumerate();
        let own = texts
            .filter(|(_, text)| matches!(text.role, Role::Subject | Role::Body | Role::Quoted));
        let mut seen = BTreeSet::new();
        let (mut weight, mut network, mut signs_up) = (0, false, false);
        for (index, _) in own {
            for hit in mail.prose(index).hits(topic) {
                if seen.insert(hit.pattern.id.clone()) {
                    weight += hit.pattern.weight;
                }
                network |= hit.pattern.category == "network";
                signs_up |= hit.pattern.category == "signs-up";
            }
        }
        if !(network && signs_up) || weight < ENOUGH {
            return Vec::new();
        }
        vec![Finding {
            rule: RuleId::SocialMediaSignup,
            location: Location::body(),
            what: "a social network's account with the school's address".to_owned(),
            excerpt: "the mail is about a new account".to_owned(),
            confidence: if weight > ENOUGH { 0.8 } else { 0.6 },
            pupils: Vec::new(),
            weight: Weight::Ordinary,
            suppressed: None,
        }]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::testing::{mail_of, message, school};

    fn fires(body: &str, quoted: &str) -> bool {
        let reading = message(&[(Role::Body, body), (Role::Quoted, quoted)]);
        !SocialMediaSignup
            .inspect(&mail_of(&reading, &[]), &school())
            .is_empty()
    }

    #[test]
    fn answers_to_networks_about_own_accounts_count() {
        for (body, quoted) in [
            (
                "Yes, that's me.",
                "Welcome to Instagram! Please confirm your e-mail address to activate your account.",
            ),
            ("code below", "Your TikTok verification code is 482913."),
            (
                "Please change the e-mail address of my Facebook profile to this one, I can't log in to my account.",
                "",
            ),
            (
                "I have just joined Snapchat. Join me on Snapchat, add me as a friend!",
                "",
            ),
        ] {
            assert!(fires(body, quoted), "{body} {quoted}");
        }
    }

    #[test]
    fn the_schools_pages_lessons_and_reports_pass() {
        for (body, quoted) in [
            (
                "The school's Facebook page is approved by the head; please confirm your e-mail address for it.",
                "",
            ),
            (
                "Lesson: how to sign up for Instagram safely, and what the terms say.",
                "",
            ),
            (
                "Please remove the fake account in my name on Instagram: report attached.",
                "",
            ),
            (
                "Please unsubscribe me, I never joined Facebook.",
                "Confirm your e-mail address",
            ),
            (
                "Sign up for the reading platform here, and verify your e-mail address.",
                "",
            ),
            ("Follow the match on Twitter.", ""),
            ("", ""),
        ] {
            assert!(!fires(body, quoted), "{body} {quoted}");
        }
    }
}
