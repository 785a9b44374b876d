//! `personal-business`: private buying, selling, letting, side work and
//! affairs from the school's address. Off unless a school sets it.
//!
//! **What it looks for.** Subject and newly written text that read, as a
//! whole, like private business, or hold a passage that can hardly be anything
//! else. People say such things in a thousand ways, and most of their words
//! are also the school's (it sells, lets, insures and travels, too): so what
//! weighs them was learned from labelled passages ([`Learned`]).
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

use crate::extract::{Role, Text};
use crate::finding::{Finding, RuleId};
use crate::patterns::{Learned, Scanned};
use crate::school::School;

use super::{Check, Screened, likeness};

/// How much a text has to read like private business: as a whole and in the
/// passage that does so most, together.
const ENOUGH: f32 = 1.3;
/// How much more where it names pupils.
const NAMED: f32 = 0.6;

#[derive(Debug)]
pub(super) struct PersonalBusiness;

impl Check for PersonalBusiness {
    fn id(&self) -> RuleId {
        RuleId::PersonalBusiness
    }

    fn inspect(&self, mail: &Screened<'_>, school: &School) -> Vec<Finding> {
        let texts = mail.reading.texts.iter().enumerate();
        let written: Vec<(&Text, &Scanned<'_>)> = texts
            .filter(|(_, text)| matches!(text.role, Role::Subject | Role::Body))
            .map(|(index, text)| (text, mail.prose(index)))
            .collect();
        let scanned: Vec<&Scanned<'_>> = written.iter().map(|(_, scanned)| *scanned).collect();
        let Some(whole) = Scanned::likeness_of(&scanned, Learned::PrivateBusiness) else {
            return Vec::new();
        };
        let Some(passage) = likeness::likeliest(written, Learned::PrivateBusiness) else {
            return Vec::new();
        };
        let beyond = whole + passage.likeness.score - enough(mail);
        let finding = (beyond >= 0.0).then(|| {
            let (what, confidence) = ("what reads like private business", 0.6 + beyond / 2.0);
            passage.finding(self.id(), what, confidence.min(0.95), school)
        });
        finding.into_iter().collect()
    }
}

/// What names pupils is hardly the sender's own affair.
fn enough(mail: &Screened<'_>) -> f32 {
    let mut named = mail.sightings.iter();
    match named.any(|sighting| sighting.suppressed.is_none()) {
        true => ENOUGH + NAMED,
        false => ENOUGH,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::testing::{mail_of, message, school};

    /// Of a dozen short texts so many may be judged wrongly.
    const SOME: usize = 2;

    fn fires(subject: &str, body: &str) -> bool {
        let reading = message(&[(Role::Subject, subject), (Role::Body, body)]);
        let findings = PersonalBusiness.inspect(&mail_of(&reading, &[]), &school());
        findings.iter().any(|finding| finding.suppressed.is_none())
    }

    #[test]
    fn private_deals_and_affairs_count() {
        let affairs = [
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
                "Could you also quote for life cover for my wife? The deposit is 42k from the sale of our flat, and we would like the rate fixed for five years if the mortgage goes through.",
            ),
            (
                "Your day",
                "Package B is £1,150, with the bridal prep and the two of us all day. I need £250 from you to hold the date, and the balance two weeks before.",
            ),
            (
                "2 tickets",
                "two tickets for the gig on friday going spare, i paid 38 each and want 55. no holding, first of you to send me the money gets them, cash or transfer",
            ),
            (
                "Committee",
                "Subs go up by £2 a plot from January, and plot 14 is three months behind with his. Graham (hon. treasurer), allotments",
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
                "I do a bit of private tuition in the evenings, £30 an hour at yours or mine, and could take your daughter on Tuesdays if you still want somebody.",
            ),
            (
                "Villa",
                "My husband and I would like to book the villa for our anniversary. Do you take a deposit, and is the pool heated in May?",
            ),
            (
                "Cakes",
                "I'm taking orders for Christmas cakes, £18 each, let me know by Friday.",
            ),
        ];
        let missed = affairs
            .iter()
            .filter(|(subject, body)| !fires(subject, body));
        let missed: Vec<_> = missed.collect();
        assert!(missed.len() <= SOME, "{missed:#?}");
    }

    #[test]
    fn the_schools_business_and_lessons_pass() {
        let innocent = [
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
                "The completion date for the extension has slipped; our solicitor has the contract. £42,000 remains to be paid out of the building fund, and the governors will ask on Thursday.",
            ),
            ("", ""),
        ];
        let stopped = innocent
            .iter()
            .filter(|(subject, body)| fires(subject, body));
        let stopped: Vec<_> = stopped.collect();
        assert!(stopped.len() <= SOME, "{stopped:#?}");
        assert!(!fires(
            "",
            &"The school pays for each lesson. ".repeat(20_000)
        ));
    }
}
