//! `personal-address`: school business and staff's private mailboxes.
//!
//! **What it looks for.** Two things. A mailbox at a provider for private
//! people (From, Reply-To, To, Cc, Bcc, and the envelope) that looks like a
//! member of staff's own or a colleague's; and newly written text by staff
//! that asks others to use one ("send it to my gmail"). Whose a mailbox is,
//! [`mod@likeness`] says: it takes a forename or its short form with the surname,
//! or an initial with the surname; and of the sender's own, who is more likely
//! to be meant, a family's mailbox ("the Coopers") or a forename with an
//! initial. Posts and subjects in a name ("mrcoopermaths") are known. What
//! people say of a mailbox outweighs its name: a recipient that the header
//! calls "me", "I'm sending this home", "reach me at …". Where neither name
//! nor words are enough, [`around`] looks at who is spoken to and who else
//! receives the message: a note that greets nobody, a Reply-To, the one
//! recipient whom colleagues don't see.
//!
//! **Why.** "The use of personal email addresses by staff for any official
//! school business is not permitted." What lies in a private mailbox is out of
//! the school's reach when a parent asks for it, and when it is stolen.
//!
//! **Example.** Daniel Cooper sends `markbook.xlsx` to
//! `dan.cooper82@gmail.com`.
//!
//! **What passes.** Registered contacts, whatever their names; the mailboxes
//! of parents, suppliers and applicants; "please don't use my gmail". And mail
//! without any school business, since the clause forbids that and nothing
//! else: "dentist 3pm" to oneself is no concern of this rule. Business is an
//! attachment (other than a picture, a calendar entry or a card), a pupil's
//! name, quoted correspondence with another member of the school, one plain
//! word of school ("Year 9", "seating plan") or two of office ("minutes",
//! "budget"), signatures apart; that a colleague at the school receives it too
//! speaks for it, words of private life ("birthday", "mortgage") against. The
//! surer the mailbox is a member of staff's, the less is enough; of what is
//! hardly more than a subject, nothing but words of private life say that it
//! is not business. For a request the least is enough. A mailbox that is
//! recognised without business is shown as suppressed.

use std::cell::LazyCell;
use std::collections::BTreeSet;
use std::sync::LazyLock;

use regex::Regex;

use crate::extract::{Mailbox, Role, Text};
use crate::finding::{Finding, Location, RuleId, Weight};
use crate::mail::Address;
use crate::patterns::{Pattern, Scanned, Topic};
use crate::school::names::Writing;
use crate::school::{School, Staff};

use super::{Check, Screened, masking, signature};

mod affixes;
mod around;
mod label;
mod likeness;
mod request;

pub(super) use request::addresses;

use around::Around;
use likeness::WHOLE_NAME;

/// The likeness from which on a mailbox counts as a member of staff's.
const ENOUGH: i32 = 4;
/// What the writer's own words count for that a mailbox is theirs.
const SAID: i32 = 5;
/// The sum of business words from which on mail is the school's business.
const BUSINESS: i32 = 4;
/// The likeness that is as good as certain, and how much business is enough
/// then; more so where the whole name is there.
const SURE: i32 = 5;
const BUSINESS_OF_STAFF: i32 = 3;
const BUSINESS_OF_NAMED: i32 = 2;
/// What it counts for in business that a colleague receives it too.
const AMONG_COLLEAGUES: i32 = 3;
/// What a note on what to do at home counts for in business.
const TO_DO: i32 = 3;

#[derive(Debug)]
pub(super) struct PersonalAddress;

impl Check for PersonalAddress {
    fn id(&self) -> RuleId {
        RuleId::PersonalAddress
    }

    fn inspect(&self, mail: &Screened<'_>, school: &School) -> Vec<Finding> {
        let sender = sender(mail, school);
        // Looked at only where it matters: in few messages.
        let business = LazyCell::new(|| business(mail, school));
        let mut findings = mailboxes(mail, sender, &business, school);
        if !from_pupil(mail, school) {
            findings.extend(request::finding(mail, sender, school).filter(|_| *business > 0));
        }
        findings
    }
}

/// The member of staff whom the message says it is from.
pub(super) fn sender<'s>(mail: &Screened<'_>, school: &'s School) -> Option<&'s Staff> {
    let from = mail.reading.header.from.iter();
    let addresses = from
        .filter_map(|from| from.address.parse().ok())
        .chain(mail.envelope.reverse_path.clone());
    let addresses: Vec<Address> = addresses.collect();
    school.people.staff.iter().find(|staff| {
        staff
            .email
            .as_ref()
            .is_some_and(|email| addresses.contains(email))
    })
}

fn from_pupil(mail: &Screened<'_>, school: &School) -> bool {
    let mut from = mail.reading.header.from.iter();
    from.any(|from| {
        from.address
            .parse()
            .is_ok_and(|address| school.is_pupil_address(&address))
    })
}

/// A finding for every private mailbox of staff that the message is from, for
/// or to be answered at.
fn mailboxes(
    mail: &Screened<'_>,
    sender: Option<&Staff>,
    business: &LazyCell<i32, impl FnOnce() -> i32>,
    school: &School,
) -> Vec<Finding> {
    let header = &mail.reading.header;
    let envelope = |address: &Address| Mailbox {
        name: String::new(),
        address: address.as_str().to_owned(),
    };
    let reverse_path: Vec<Mailbox> = mail.envelope.reverse_path.iter().map(envelope).collect();
    let recipients: Vec<Mailbox> = mail.envelope.addresses().map(envelope).collect();
    let fields = [
        ("From", &header.from),
        ("From", &header.sender),
        ("From", &reverse_path),
        ("Reply-To", &header.reply_to),
        ("To", &header.to),
        ("Cc", &header.cc),
        ("Bcc", &header.bcc),
        ("recipients", &recipients),
    ];
    let private: Vec<(&str, &Mailbox, Address)> = fields
        .into_iter()
        .flat_map(|(field, mailboxes)| mailboxes.iter().map(move |mailbox| (field, mailbox)))
        .filter_map(|(field, mailbox)| Some((field, mailbox, mailbox.address.parse().ok()?)))
        .filter(|(_, _, address)| is_private(address, school))
        .collect();
    if private.is_empty() {
        return Vec::new();
    }
    let mut seen = BTreeSet::new();
    let around = Around::of(mail, sender, school);
    let meant = said_to_be_own(mail, sender, &private, around.is_note);
    private
        .into_iter()
        .filter_map(|(field, mailbox, address)| {
            let said = match meant.as_ref() == Some(&address) {
                true => SAID,
                false => 0,
            };
            let likeness = likeness_to_staff(&address, &mailbox.name, sender, school)
                .max(said)
                .max(around.likeness(field, &address, &mailbox.name));
            let enough = match likeness {
                // Words of private life would have made it less.
                SURE.. if around.is_title => 0,
                WHOLE_NAME.. => BUSINESS_OF_NAMED,
                SURE => BUSINESS_OF_STAFF,
                _ => BUSINESS,
            };
            // A pupil's whole name is more than an initial of a colleague's.
            let is_pupil = || {
                let names = &school.people.names;
                let local = address.local_part();
                (ENOUGH..WHOLE_NAME).contains(&likeness)
                    && said == 0
                    && !names.find(local, Writing::Joined).is_empty()
            };
            (likeness >= ENOUGH && !is_pupil() && seen.insert(address.folded())).then(|| {
                let (what, weight) = match field {
                    "From" => (
                        "a message from what looks like a member of staff's private mailbox",
                        Weight::PrivateFrom,
                    ),
                    "Reply-To" => (
                        "replies directed to what looks like a member of staff's private mailbox",
                        Weight::Ordinary,
                    ),
                    _ => (
                        "a recipient that looks like a member of staff's private mailbox",
                        Weight::Ordinary,
                    ),
                };
                Finding {
                    rule: RuleId::PersonalAddress,
                    location: Location::new(field),
                    what: what.to_owned(),
                    excerpt: masking::address(&address),
                    confidence: confidence(likeness),
                    pupils: Vec::new(),
                    weight,
                    suppressed: (**business < enough)
                        .then(|| "nothing in it is school business".to_owned()),
                }
            })
        })
        .collect()
}

/// The private recipient whom the sender says to be themselves: "I'm sending
/// this home to finish tonight". Only one can be meant.
fn said_to_be_own(
    mail: &Screened<'_>,
    sender: Option<&Staff>,
    private: &[(&str, &Mailbox, Address)],
    is_note: bool,
) -> Option<Address> {
    sender?;
    let recipients: BTreeSet<String> = private
        .iter()
        .filter(|(field, ..)| matches!(*field, "To" | "Cc" | "recipients"))
        .map(|(_, _, address)| address.folded())
        .collect();
    let mut recipients = recipients.into_iter();
    let (Some(only), None) = (recipients.next(), recipients.next()) else {
        return None;
    };
    let said = written(mail).any(|(_, scanned)| {
        let hits = scanned.hits_of(Topic::PersonalAddress, |pattern| {
            matches!(&*pattern.category, "self" | "forbids")
        });
        hits.iter().any(|hit| {
            let start = hit.folded.start;
            hit.pattern.category == "self"
                && (hit.pattern.weight == 1 || is_note)
                && !request::is_near(&hits, scanned, "forbids", start, start + 1)
        })
    });
    only.parse().ok().filter(|_| said)
}

/// Whether an address is at a provider for private people, and no registered
/// contact's.
pub(super) fn is_private(address: &Address, school: &School) -> bool {
    let domains = school.patterns.pack(Topic::PersonalDomains);
    !school.is_internal(address)
        && domains.is_whole(address.domain().as_str())
        && school.people.contacts_at(address).next().is_none()
}

/// How much a local part alone looks like this member of staff's: see
/// [`likeness()`].
pub(super) fn likeness(local_part: &str, staff: &Staff, school: &School) -> i32 {
    let diminutives = school.patterns.pack(Topic::Diminutives);
    likeness::of(local_part, "", staff, diminutives)
}

/// How much an address looks like a member of staff's private mailbox; 0 where
/// its domain gives none, or where it is a registered contact's.
fn likeness_to_staff(
    address: &Address,
    shown_as: &str,
    sender: Option<&Staff>,
    school: &School,
) -> i32 {
    if !is_private(address, school) {
        return 0;
    }
    let diminutives = school.patterns.pack(Topic::Diminutives);
    school
        .people
        .staff
        .iter()
        .map(|staff| {
            let likeness = likeness::of(address.local_part(), shown_as, staff, diminutives);
            match sender.is_some_and(|sender| sender.id == staff.id) {
                true if label::says_own(shown_as, staff, diminutives) => likeness.max(SAID),
                true if likeness > 0 => likeness + 1,
                false if label::says_theirs(shown_as, staff, diminutives) => likeness.max(ENOUGH),
                _ => likeness,
            }
        })
        .max()
        .unwrap_or(0)
}

fn confidence(likeness: i32) -> f32 {
    match likeness {
        ..=4 => 0.65,
        5 => 0.75,
        6 => 0.85,
        7.. => 0.95,
    }
}

/// How much of the school's business is in the message: [`BUSINESS`] and more
/// is enough to be sure.
fn business(mail: &Screened<'_>, school: &School) -> i32 {
    let reading = mail.reading;
    let named = mail
        .sightings
        .iter()
        .any(|sighting| sighting.suppressed.is_none());
    let document = reading.attachments.iter().any(|attachment| {
        !matches!(
            attachment.kind.as_str(),
            "jpeg"
                | "png"
                | "gif"
                | "webp"
                | "heic"
                | "bmp"
                | "svg"
                | "ics"
                | "vcf"
                | "calendar"
                | "vcard"
        )
    });
    if named {
        return BUSINESS;
    }
    let mut words = BTreeSet::new();
    for (index, text) in reading.texts.iter().enumerate() {
        if text.attachment.is_some() && text.role != Role::FileName {
            continue;
        }
        let scanned = mail.prose(index);
        let signature = without_signature(text).len();
        let wanted =
            |pattern: &Pattern| matches!(&*pattern.category, "business" | "private" | "self");
        for hit in scanned.hits_of(Topic::PersonalAddress, wanted) {
            let weight = match hit.pattern.category.as_str() {
                "business" | "private" => hit.pattern.weight,
                "self" if hit.pattern.weight > 1 => TO_DO,
                _ => continue,
            };
            if scanned.locate(&text.text, hit.folded.clone()).start < signature {
                words.insert((scanned.as_str()[hit.folded].to_owned(), weight));
            }
        }
    }
    let words = words.iter().map(|(_, weight)| weight).sum::<i32>();
    match document || forwards_work(mail, school) {
        true => words + BUSINESS,
        false if to_colleague(mail, school) => words + AMONG_COLLEAGUES,
        false => words,
    }
}

/// Whether another member of staff receives the message at the school.
fn to_colleague(mail: &Screened<'_>, school: &School) -> bool {
    let header = &mail.reading.header;
    let is_from = |address: &Address| {
        let mut from = header.from.iter();
        from.any(|from| from.address.eq_ignore_ascii_case(address.as_str()))
    };
    let mut shown = header.to.iter().chain(&header.cc);
    shown.any(|shown| {
        let address = shown.address.parse();
        address.is_ok_and(|address| school.is_staff_address(&address) && !is_from(&address))
    })
}

/// Whether earlier correspondence in the message names another member of the
/// school than the one who sends it on.
fn forwards_work(mail: &Screened<'_>, school: &School) -> bool {
    let from: Vec<String> = mail
        .reading
        .header
        .from
        .iter()
        .map(|from| from.address.to_ascii_lowercase())
        .collect();
    let mut quoted = mail.reading.texts.iter();
    quoted.any(|text| {
        text.role == Role::Quoted
            && ADDRESS
                .find_iter(&text.text)
                .filter(|found| !from.contains(&found.as_str().to_ascii_lowercase()))
                .filter_map(|found| found.as_str().parse().ok())
                .any(|address| school.is_internal(&address))
    })
}

static ADDRESS: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"[A-Za-z0-9._%+'-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+").expect("a good expression")
});

/// Newly written text to where its signature begins: every one of them names
/// the school and the post.
fn without_signature(text: &Text) -> &str {
    match text.role {
        Role::Body => &text.text[..signature::start(&text.text)],
        _ => &text.text,
    }
}

/// The subject, and what the sender wrote.
fn written<'m>(mail: &'m Screened<'_>) -> impl Iterator<Item = (&'m Text, &'m Scanned<'m>)> {
    let texts = mail.reading.texts.iter().enumerate();
    texts
        .filter(|(_, text)| matches!(text.role, Role::Subject | Role::Body))
        .map(|(index, text)| (text, mail.prose(index)))
}

#[cfg(test)]
mod tests;
