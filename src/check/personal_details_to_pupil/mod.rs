//! `personal-details-to-pupil`: a member of staff's own telephone number, home
//! address, mailbox or handle, given to a pupil.
//!
//! **What it looks for.** In mail by staff that a pupil or a parent receives: a
//! mobile or landline number that is not one of the school's, also in words
//! ("oh double-seven …"); a mailbox at a provider for private people, also in
//! words; a street with a number; a name on a service such as Instagram,
//! Snapchat or Discord. [`details`] finds them. Whose a detail is, the words of
//! its sentence say (the pack `personal-details`): "my own mobile", "text me
//! on", "come round to". A mailbox may say it by its name, as in
//! `personal-address`. In what a mail quotes only details count that the
//! sender's own name stands beside, or is in; so on an attached card for an
//! address book. To be asked to the writer's home, or to join them on such a
//! service, is as much as its address or their name there.
//! Where no word says whose a detail is, or a mail to a pupil holds none, what
//! counts is how much the passage reads like labelled offers
//! ([`Learned::PrivateContact`]).
//!
//! **Why.** "I will not give out my own personal details, such as mobile phone
//! number and personal email address, to pupils." It protects both: the pupil
//! from what could follow where nobody sees it, the teacher from suspicion.
//!
//! **Example.** "If you get stuck over half-term, text me on 07700 900417."
//!
//! **What passes.** The numbers of the school and of its trips; helplines, box
//! offices, placements; the pupil's own number read back; numbers of which
//! nothing says that they are the writer's; the school's own accounts; "I don't
//! give out my number"; mail among staff, and by pupils. To parents the same
//! counts for less: the policy says how much; and of private mailboxes
//! `personal-address` tells them.
//!
//! No finding shows the detail itself.

use crate::extract::{Role, Text};
use crate::finding::{Finding, RuleId, Weight};
use crate::mail::Address;
use crate::patterns::{Hit, Learned, Scanned, Topic};
use crate::school::{Class, School, Staff};

use super::{Check, Screened, masking, personal_address};
use details::{Detail, Kind};

mod details;

/// How sure it is that a detail is the writer's: their own word for it, a
/// request to be reached, and a hint.
const SAID: f32 = 0.9;
const ASKED: f32 = 0.75;
const HINTED: f32 = 0.6;
/// How much the words around a detail, or a passage without any, have to read
/// like an offer of private contact to be one.
const LIKELY: f32 = 0.3;
const OFFER: f32 = 1.1;
/// The likeness from which on a mailbox is its namesake's.
const LIKE: i32 = 4;
/// How far before a number its owner's name stands, in bytes: in a signature,
/// and where nothing else says whose it is.
const SIGNATURE: usize = 200;
const BESIDE: usize = 80;
/// The same before a house, as on a parcel's label.
const LABEL: usize = 40;

#[derive(Debug)]
pub(super) struct PersonalDetailsToPupil;

impl Check for PersonalDetailsToPupil {
    fn id(&self) -> RuleId {
        RuleId::PersonalDetailsToPupil
    }

    fn inspect(&self, mail: &Screened<'_>, school: &School) -> Vec<Finding> {
        let is_parent = |address: &Address| {
            let mut contacts = school.people.contacts_at(address);
            contacts.any(|contact| contact.class == Class::Parent)
        };
        let mut recipients = mail.envelope.addresses();
        let to_pupil = recipients.any(|address| school.is_pupil(address));
        let to_parent = || mail.envelope.addresses().any(is_parent);
        if !(to_pupil || to_parent()) || !mail.is_by_staff(school) {
            return Vec::new();
        }
        let sender = personal_address::sender(mail, school);
        let texts = mail.reading.texts.iter().enumerate();
        let texts = texts.filter(|(_, text)| text.attachment.is_none() || is_card(text, mail));
        let texts = || texts.clone();
        let known: Vec<Finding> = texts()
            .filter_map(|(index, text)| finding(text, mail.prose(index), to_pupil, sender, school))
            .collect();
        match known.is_empty() && to_pupil {
            true => texts()
                .filter(|(_, text)| text.role == Role::Body)
                .filter_map(|(index, text)| offer(text, mail.prose(index), school))
                .collect(),
            false => known,
        }
    }
}

/// An offer of a private way to reach the writer, by the way that it reads,
/// though nothing in it is known to be one.
fn offer(text: &Text, scanned: &Scanned<'_>, school: &School) -> Option<Finding> {
    let likeness = scanned.likeliest(Learned::PrivateContact)?;
    (likeness.score >= OFFER).then(|| Finding {
        rule: RuleId::PersonalDetailsToPupil,
        location: masking::location(&text.location, school),
        what: "what reads like an offer to be in touch in private".to_owned(),
        // The passage may hold the very detail.
        excerpt: "a way to reach the sender".to_owned(),
        confidence: HINTED,
        pupils: Vec::new(),
        weight: Weight::Ordinary,
        suppressed: None,
    })
}

/// Whether a text is an attached card for an address book.
fn is_card(text: &Text, mail: &Screened<'_>) -> bool {
    let attachment = text.attachment.and_then(|it| usize::try_from(it).ok());
    let attachment = attachment.and_then(|it| mail.reading.attachments.get(it));
    attachment.is_some_and(|attachment| attachment.kind == "vcf")
}

/// The surest detail of a text.
fn finding(
    text: &Text,
    scanned: &Scanned<'_>,
    to_pupil: bool,
    sender: Option<&Staff>,
    school: &School,
) -> Option<Finding> {
    let folded = scanned.as_str();
    let context = Context {
        text: folded,
        scanned,
        hits: scanned.hits_apart(Topic::PersonalDetails),
        sender,
        school,
    };
    let found = details::find(folded, &context.hits);
    let (confidence, detail) = found
        .into_iter()
        .filter(|detail| to_pupil || !matches!(detail.kind, Kind::Mailbox(_)))
        .filter_map(|detail| {
            let confidence = match text.role {
                _ if text.attachment.is_some() => context.on_card(&detail),
                Role::Quoted => context.in_quotation(&detail),
                _ => context.whose(&detail),
            };
            Some((confidence?, detail))
        })
        .max_by(|(one, _), (other, _)| one.total_cmp(other))?;
    let what = match detail.kind {
        Kind::Number { mobile: true, .. } => "a mobile number that looks like the sender's own",
        Kind::Number { .. } => "a telephone number that looks like the sender's own",
        Kind::Mailbox(_) => "a private mailbox that looks like the sender's own",
        Kind::Home => "a home address that looks like the sender's own",
        Kind::Invitation => "an invitation to what looks like the sender's own home",
        Kind::Handle => "a name on a messaging or gaming service that looks like the sender's own",
    };
    Some(Finding {
        rule: RuleId::PersonalDetailsToPupil,
        location: masking::location(&text.location, school),
        what: what.to_owned(),
        excerpt: match &detail.kind {
            Kind::Number { .. } => masking::dotted(folded[detail.range].trim()),
            Kind::Mailbox(address) => masking::address(address),
            Kind::Home => "a street and a number".to_owned(),
            Kind::Invitation => "the sender's home".to_owned(),
            Kind::Handle => "a name on another service".to_owned(),
        },
        confidence,
        pupils: Vec::new(),
        weight: Weight::Ordinary,
        suppressed: None,
    })
}

/// A folded text, and what is known of whom it speaks of.
struct Context<'a> {
    text: &'a str,
    scanned: &'a Scanned<'a>,
    hits: Vec<Hit<'a>>,
    sender: Option<&'a Staff>,
    school: &'a School,
}

impl Context<'_> {
    /// How sure it is that a detail in newly written text is the writer's.
    fn whose(&self, detail: &Detail) -> Option<f32> {
        let sentence = self.sentence(detail);
        let says = |category: &str| self.says(detail, category);
        if says("denies") {
            return None;
        }
        match &detail.kind {
            Kind::Handle | Kind::Invitation => Some(SAID),
            Kind::Home if says("own-home") => Some(SAID),
            Kind::Home if says("stays") && says("home") => Some(ASKED),
            Kind::Home => self.reads_as_offer(detail),
            Kind::Mailbox(address) => self.whose_mailbox(detail, address, &says),
            Kind::Number { digits, .. } if self.is_the_school_s(digits) => None,
            Kind::Number { .. } if says("own-number") => Some(SAID),
            Kind::Number { .. } if says("other") || says("school-phone") => None,
            Kind::Number { .. } if says("call-me") => Some(ASKED),
            Kind::Number { mobile, .. } => {
                let words = &self.text[sentence.clone()];
                let hinted = *mobile
                    && (details::is_disguised(&self.text[detail.range.clone()])
                        || details::asks_to_ring(words)
                        || details::is_for_need(words)
                        || self.is_signed(detail));
                match hinted {
                    true => Some(HINTED),
                    false => self.reads_as_offer(detail),
                }
            }
        }
    }

    /// Whether the words around a detail read like those with which people
    /// hand out their own.
    fn reads_as_offer(&self, detail: &Detail) -> Option<f32> {
        let likeness = self
            .scanned
            .likeness_at(Learned::PrivateContact, &detail.range);
        (likeness? >= LIKELY).then_some(HINTED)
    }

    /// Whether words of a category stand in a detail's sentence.
    fn says(&self, detail: &Detail, category: &str) -> bool {
        let sentence = self.sentence(detail);
        self.hits
            .iter()
            .any(|hit| hit.pattern.category == category && sentence.contains(&hit.folded.start))
    }

    fn whose_mailbox(
        &self,
        detail: &Detail,
        address: &Address,
        says: &dyn Fn(&str) -> bool,
    ) -> Option<f32> {
        if !personal_address::is_private(address, self.school) {
            return None;
        }
        if self.is_like_sender(detail, address) {
            return Some(SAID);
        }
        match says("other") {
            true => None,
            false if says("own-mailbox") => Some(ASKED),
            false => self.reads_as_offer(detail),
        }
    }

    /// The same on a card for an address book: whose it is, its name says.
    fn on_card(&self, detail: &Detail) -> Option<f32> {
        let own = match &detail.kind {
            Kind::Number { digits, mobile } => *mobile && !self.is_the_school_s(digits),
            Kind::Mailbox(address) => personal_address::is_private(address, self.school),
            Kind::Home | Kind::Handle | Kind::Invitation => false,
        };
        let named = |sender| details::names(self.text, sender);
        (own && self.sender.is_some_and(named)).then_some(ASKED)
    }

    /// The same in what is quoted: whose words those are is not known, but the
    /// sender's name beside a detail tells.
    fn in_quotation(&self, detail: &Detail) -> Option<f32> {
        let own = match &detail.kind {
            Kind::Mailbox(address) => {
                personal_address::is_private(address, self.school)
                    && self.is_like_sender(detail, address)
            }
            Kind::Number { digits, .. } => {
                let offers = self.says(detail, "own-number") || self.says(detail, "call-me");
                let near = if offers { SIGNATURE } else { BESIDE };
                !self.is_the_school_s(digits) && self.is_below_name(detail, near)
            }
            Kind::Home => self.is_below_name(detail, LABEL),
            Kind::Handle | Kind::Invitation => false,
        };
        own.then_some(ASKED)
    }

    /// Whether a mailbox is called like the sender, be it with words before it
    /// that were set apart: "o w cooper at hotmail dot com".
    fn is_like_sender(&self, detail: &Detail, address: &Address) -> bool {
        let Some(sender) = self.sender else {
            return false;
        };
        let before = &self.text[..detail.range.start];
        let mut words: Vec<&str> = before.rsplit([' ', '\n']).take(4).collect();
        if words.first() == Some(&"") {
            words.remove(0);
        }
        let mut local = address.local_part().to_owned();
        let spelled = words.into_iter().map_while(|word| {
            let plain = !word.is_empty() && word.chars().all(char::is_alphanumeric);
            plain.then(|| {
                local.insert_str(0, word);
                local.clone()
            })
        });
        let spelled: Vec<String> = match detail.in_words {
            true => spelled.collect(),
            false => Vec::new(),
        };
        let mut locals =
            std::iter::once(address.local_part()).chain(spelled.iter().map(String::as_str));
        locals.any(|local| personal_address::likeness(local, sender, self.school) >= LIKE)
    }

    fn is_the_school_s(&self, digits: &str) -> bool {
        let mut phones = self.school.phones.iter();
        phones.any(|phone| details::national(phone).as_deref() == Some(digits))
    }

    /// A number behind "Mob:", or with a line to itself, below the sender's name.
    fn is_signed(&self, detail: &Detail) -> bool {
        (details::is_labelled(&self.text[..detail.range.start])
            || details::is_alone(self.text, &detail.range))
            && self.is_below_name(detail, SIGNATURE)
    }

    /// Whether the sender's name stands so near before a detail.
    fn is_below_name(&self, detail: &Detail, near: usize) -> bool {
        let from = detail.range.start.saturating_sub(near);
        let above = &self.text[self.text.floor_char_boundary(from)..detail.range.start];
        self.sender
            .is_some_and(|sender| details::names(above, sender))
    }

    /// The sentence of a detail, with the one before where it has no words of
    /// its own.
    fn sentence(&self, detail: &Detail) -> std::ops::Range<usize> {
        let start = details::sentence_start(self.text, detail.range.start);
        let words = self.text[start..detail.range.start].split_whitespace();
        let start = match words.count() {
            0..=1 => details::sentence_start(self.text, start),
            _ => start,
        };
        start..details::sentence_end(self.text, detail.range.end)
    }
}

#[cfg(test)]
mod tests;
