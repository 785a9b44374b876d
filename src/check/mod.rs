//! Checks: code that looks for one kind of thing each.
//!
//! A check sees a message that has been read, and says what it noticed; what
//! follows is for the policy to decide. It is pure: no files, no clock.

use std::cell::OnceCell;
use std::ops::Range;

use jiff::Timestamp;

use crate::extract::Reading;
use crate::finding::{Finding, PupilRef, RuleId};
use crate::mail::Envelope;
use crate::patterns::{Folded, Packs, Scanned};
use crate::school::School;

mod chain_message;
mod context;
mod copyright_material;
mod excerpt;
mod likeness;
mod masking;
mod offensive_language;
mod opinion_of_person;
mod out_of_hours;
mod password_shared;
mod password_with_document;
mod personal_address;
mod personal_business;
mod personal_data_in_body;
mod personal_details_to_pupil;
mod pupil_name_in_body;
mod pupil_name_in_subject;
mod pupil_photo;
mod pupil_private_address;
mod sightings;
mod signature;
mod social_media_signup;
mod speech;
#[cfg(test)]
pub(crate) mod testing;
mod unprotected_personal_data;
mod unreadable_content;
mod visible_recipients;
mod wrong_recipient;

use chain_message::ChainMessage;
use copyright_material::CopyrightMaterial;
use offensive_language::OffensiveLanguage;
use opinion_of_person::OpinionOfPerson;
use out_of_hours::OutOfHours;
use password_shared::PasswordShared;
use password_with_document::PasswordWithDocument;
use personal_address::PersonalAddress;
use personal_business::PersonalBusiness;
use personal_data_in_body::PersonalDataInBody;
use personal_details_to_pupil::PersonalDetailsToPupil;
use pupil_name_in_body::PupilNameInBody;
use pupil_name_in_subject::PupilNameInSubject;
use pupil_photo::PupilPhoto;
use pupil_private_address::PupilPrivateAddress;
use social_media_signup::SocialMediaSignup;
use unprotected_personal_data::UnprotectedPersonalData;
use unreadable_content::UnreadableContent;
use visible_recipients::VisibleRecipients;
use wrong_recipient::WrongRecipient;

/// A message as checks see it: read once, its texts folded and tokenised
/// once, its pupils' names found once.
#[derive(Debug)]
pub struct Screened<'a> {
    pub envelope: &'a Envelope,
    pub reading: &'a Reading,
    pub now: Timestamp,
    pub history: History,
    /// Pupils' names in the texts, in the order of the texts.
    pub sightings: Vec<Sighting>,
    /// By text.
    scanned: Vec<OnceCell<Scanned<'a>>>,
    packs: &'a Packs,
}

/// What went before a message, as far as checks want to know.
#[derive(Debug, Clone, Default)]
pub struct History {
    /// How many others of the school have lately sent what it says.
    pub alike: usize,
    /// What was let go in the same thread, from the same sender to all of its
    /// recipients.
    pub settled: Vec<SettledFinding>,
}

/// A finding on an earlier message that somebody let go.
#[derive(Debug, Clone)]
pub struct SettledFinding {
    pub rule: RuleId,
    pub pupils: Vec<PupilRef>,
    /// When that message came.
    pub at: Timestamp,
}

impl History {
    /// What was let go and says the same as a finding, of the same pupils or
    /// more.
    pub fn settles(&self, finding: &Finding) -> Option<&SettledFinding> {
        self.settled.iter().find(|settled| {
            let mut pupils = finding.pupils.iter();
            settled.rule == finding.rule && pupils.all(|pupil| settled.pupils.contains(pupil))
        })
    }
}

/// A pupil's whole name, seen in a text.
#[derive(Debug, Clone, PartialEq)]
pub struct Sighting {
    /// Index into the reading's texts.
    pub text: usize,
    /// Bytes of that text.
    pub range: Range<usize>,
    /// Indices into the roster: more than one where pupils share a name.
    pub pupils: Vec<usize>,
    /// How sure it is that they are meant, from 0 to 1: less where staff share
    /// the name, or where its words are ordinary ones.
    pub confidence: f32,
    /// Why it does not count, where its surroundings make plain that no pupil
    /// is meant: "a title stands before it", "the sender's own name".
    pub suppressed: Option<&'static str>,
}

impl<'a> Screened<'a> {
    pub fn new(
        envelope: &'a Envelope,
        reading: &'a Reading,
        school: &'a School,
        now: Timestamp,
    ) -> Self {
        Self {
            envelope,
            reading,
            now,
            history: History::default(),
            sightings: sightings::all(envelope, reading, school),
            scanned: reading.texts.iter().map(|_| OnceCell::new()).collect(),
            packs: &school.patterns,
        }
    }

    #[must_use]
    pub fn after(self, history: History) -> Self {
        Self { history, ..self }
    }

    /// A text of the reading, by its index, as running text.
    pub fn prose(&self, text: usize) -> &Scanned<'a> {
        self.scanned[text].get_or_init(|| {
            let folded = Folded::prose(&self.reading.texts[text].text);
            Scanned::new(folded, self.packs)
        })
    }
}

impl Screened<'_> {
    /// Whether the envelope or the header says that staff wrote it.
    fn is_by_staff(&self, school: &School) -> bool {
        let shown = self.reading.header.from.iter();
        let mut shown = shown.filter_map(|from| from.address.parse().ok());
        match &self.envelope.reverse_path {
            Some(from) if school.is_staff_address(from) => true,
            _ => shown.any(|from| school.is_staff_address(&from)),
        }
    }
}

/// Code that looks for one kind of thing. Pure: time and history come in with
/// the message.
pub trait Check: Sync {
    fn id(&self) -> RuleId;
    fn inspect(&self, mail: &Screened<'_>, school: &School) -> Vec<Finding>;
}

/// Every check, in the order in which people are shown their findings.
pub const ALL: &[&dyn Check] = &[
    &PupilNameInSubject,
    &PupilNameInBody,
    &UnprotectedPersonalData,
    &PersonalDataInBody,
    &PasswordWithDocument,
    &PasswordShared,
    &PersonalAddress,
    &PersonalDetailsToPupil,
    &PupilPrivateAddress,
    &PersonalBusiness,
    &ChainMessage,
    &OffensiveLanguage,
    &PupilPhoto,
    &WrongRecipient,
    &VisibleRecipients,
    &UnreadableContent,
    &OpinionOfPerson,
    &CopyrightMaterial,
    &OutOfHours,
    &SocialMediaSignup,
];
