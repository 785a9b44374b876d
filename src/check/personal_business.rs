//! `personal-business`: private buying, selling, letting, side work and
//! affairs from the school's address. Off unless a school sets it.
//!
//! **What it looks for.** In the subject and in newly written text: words of a
//! private deal (goods for sale, a room to let, lessons for money, a purchase,
//! a mortgage, a club's business), and what shows that it is the writer's own.
//! Their weights add up; what speaks of the school's money, pupils and trips,
//! or of a lesson, is taken off.
//!
//! **Why.** "Use of the school email address for personal use is prohibited."
//! Other schools allow what is "deemed 'reasonable' by the Head": so the
//! school says what follows.
//!
//! **Example.** "The Fiesta has to go: 61,000 on the clock, MOT till May,
//! £5,250 or nearest offer. Keys in my drawer."
//!
//! **What passes.** The school's purchases, sales, lettings and trips; uniform
//! and fairs; what employees have to settle with the school; classroom tasks.

use std::collections::BTreeMap;

use crate::extract::{Role, Text};
use crate::finding::{Finding, RuleId, Weight};
use crate::patterns::{Hit, Pattern, Scanned, Topic};
use crate::school::School;

use super::{Check, Screened, masking};

/// The sum of weights from which on a deal is a private one.
const ENOUGH: i32 = 5;
/// Of one pattern, different words count so many times.
const DIFFERENT: usize = 3;

#[derive(Debug)]
pub(super) struct PersonalBusiness;

impl Check for PersonalBusiness {
    fn id(&self) -> RuleId {
        RuleId::PersonalBusiness
    }

    fn inspect(&self, mail: &Screened<'_>, school: &School) -> Vec<Finding> {
        let topic = Topic::PersonalBusiness;
        let texts = mail.reading.texts.iter().enumerate();
        let written: Vec<(&Text, &Scanned<'_>)> = texts
            .filter(|(_, text)| matches!(text.role, Role::Subject | Role::Body))
            .map(|(index, text)| (text, mail.prose(index)))
            .collect();
        if !written
            .iter()
            .any(|(_, scanned)| scanned.has(topic, is_deal))
        {
            return Vec::new();
        }
        let mut sum = Sum::default();
        let mut strongest: Option<(&Text, &Scanned<'_>, Hit<'_>)> = None;
        for (text, scanned) in &written {
            for hit in scanned.hits(topic) {
                sum.add(&hit, scanned);
                let weight = |hit: &Hit<'_>| hit.pattern.weight;
                let stronger = strongest
                    .as_ref()
                    .is_none_or(|(.., best)| weight(best) < weight(&hit));
                if is_deal(hit.pattern) && stronger {
                    strongest = Some((text, scanned, hit));
                }
            }
        }
        let Some((text, scanned, hit)) = strongest else {
            return Vec::new();
        };
        let (score, accused) = (sum.score(), sum.accused());
        if accused < ENOUGH {
            return Vec::new();
        }
        let place = scanned.locate(&text.text, hit.folded.clone());
        vec![Finding {
            rule: RuleId::PersonalBusiness,
            location: masking::location(&text.location, school),
            what: in_words(&hit.pattern.category).to_owned(),
            excerpt: masking::masked(&text.text[place], school),
            confidence: confidence(score.max(ENOUGH)),
            pupils: Vec::new(),
            weight: Weight::Ordinary,
            suppressed: (score < ENOUGH)
                .then(|| "it reads as the school's own business, or a lesson".to_owned()),
        }]
    }
}

/// A pattern that tells of a deal, and not only of its surroundings.
fn is_deal(pattern: &Pattern) -> bool {
    pattern.weight >= 2 && !matches!(&*pattern.category, "own" | "school")
}

/// The different words found, by pattern.
#[derive(Default)]
struct Sum<'p> {
    found: BTreeMap<&'p str, (i32, Vec<String>)>,
}

impl<'p> Sum<'p> {
    fn add(&mut self, hit: &Hit<'p>, scanned: &Scanned<'_>) {
        let words = &scanned.as_str()[hit.folded.clone()];
        let (_, found) = self
            .found
            .entry(&hit.pattern.id)
            .or_insert_with(|| (hit.pattern.weight, Vec::new()));
        if found.len() < DIFFERENT && !found.iter().any(|one| one == words) {
            found.push(words.to_owned());
        }
    }

    fn score(&self) -> i32 {
        let all = self.found.values();
        all.map(|(weight, words)| weight * words.len() as i32).sum()
    }

    fn accused(&self) -> i32 {
        let all = self.found.values().filter(|(weight, _)| *weight > 0);
        all.map(|(weight, words)| weight * words.len() as i32).sum()
    }
}

fn in_words(category: &str) -> &'static str {
    match category {
        "selling" => "something that is privately for sale",
        "letting" => "a room or a house that is privately let",
        "working" => "work on one's own account",
        "buying" => "a private purchase",
        _ => "private affairs",
    }
}

fn confidence(score: i32) -> f32 {
    match score {
        ..=5 => 0.6,
        6 => 0.7,
        7..=8 => 0.8,
        9.. => 0.9,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::testing::{mail_of, message, school};

    fn fires(subject: &str, body: &str) -> bool {
        let reading = message(&[(Role::Subject, subject), (Role::Body, body)]);
        let findings = PersonalBusiness.inspect(&mail_of(&reading, &[]), &school());
        findings.iter().any(|finding| finding.suppressed.is_none())
    }

    #[test]
    fn private_deals_and_affairs_count() {
        for (subject, body) in [
            (
                "Car for sale",
                "61,000 on the clock, MOT till May, £5,250 ono.",
            ),
            (
                "Room going",
                "My lodger is off, so there is a double room free at mine. £480 a month.",
            ),
            (
                "Tuesdays",
                "It's £40 an hour or £180 for five if you pay up front, cash or transfer.",
            ),
            (
                "Item not as described",
                "I bought a saw off you for 140 quid and I want my money back.",
            ),
            (
                "Re: decision in principle",
                "Could you also quote for life cover for my wife? The deposit is 42k.",
            ),
            (
                "Your day",
                "Package B is £1,150, with the bridal prep. Invoice to follow.",
            ),
            (
                "2 tickets",
                "spare tickets for friday, want 55 each, no holding",
            ),
            (
                "Committee",
                "Subs go up by £2 a plot. Graham (hon. treasurer), allotments",
            ),
            (
                "Anyone want a sofa?",
                "We're getting rid of our old settee, £60 ono, collect from mine.",
            ),
            (
                "Claim",
                "I'd like to claim on my car insurance; my excess is £250. My wife was driving.",
            ),
            (
                "Maths help",
                "I do a bit of private tuition in the evenings, £30 an hour.",
            ),
            (
                "Villa",
                "My husband and I would like to book the villa for our anniversary.",
            ),
            (
                "Cakes",
                "I'm taking orders for Christmas cakes, £18 each, let me know by Friday.",
            ),
        ] {
            assert!(fires(subject, body), "{subject}: {body}");
        }
    }

    #[test]
    fn the_schools_business_and_lessons_pass() {
        for (subject, body) in [
            (
                "Minibus for sale",
                "The governors have agreed to sell our minibus: 71,000 miles on the clock, MOT to April. Cheques made out to the school.",
            ),
            (
                "Hire of the gym",
                "£24 an hour, invoiced monthly by the school, deposit £100.",
            ),
            (
                "Tutors",
                "Your quotation says £38 an hour or £180 for five. We pay on invoice. Pupil premium.",
            ),
            (
                "Homework",
                "Write an advert to sell a bike you want to be rid of: for sale, one bike, £10 ono.",
            ),
            (
                "Uniform rail",
                "Nearly new blazers £8 each, all takings to the hardship fund.",
            ),
            (
                "Trip",
                "The deposit of £900 was paid by the school; seven nights for the group, bed linen please.",
            ),
            (
                "My pension",
                "Payroll says I was part-time. I'm thinking about buying extra years.",
            ),
            (
                "Sports day",
                "Please bring a hat and £2 for the ice cream van.",
            ),
            (
                "Glue sticks",
                "Our order 4471 came short. Please send the rest to the school and the invoice to finance: £38.",
            ),
            (
                "Fixture",
                "The cricket club can have the nets on Sunday, £40 a session, viewing on Tuesday.",
            ),
            (
                "Parking",
                "My car is in the way of the bins, I'll move it at lunch.",
            ),
            (
                "Roof",
                "The completion date for the extension has slipped; our solicitor has the contract. £42,000 remains.",
            ),
            ("", ""),
        ] {
            assert!(!fires(subject, body), "{subject}: {body}");
        }
        assert!(!fires("", &"for each lesson £5 ".repeat(20_000)));
    }
}
