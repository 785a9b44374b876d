//! What the message around a mailbox says of whose it is, where its name
//! alone does not: to whom the message speaks, and who else receives it.

use std::sync::LazyLock;

use regex::Regex;

use crate::check::Screened;
use crate::extract::Role;
use crate::mail::Address;
use crate::patterns::Topic;
use crate::school::{School, Staff};

use super::{ENOUGH, SAID, likeness, without_signature};

/// The words up to which a text that speaks to nobody is a note to oneself.
const NOTE: usize = 15;
/// The words up to which a text adds nothing to its subject.
const TITLE: usize = 3;
/// A likeness from which on to be greeted by the forename is enough.
const GREETED: i32 = 3;
/// The same for a note that speaks to nobody.
const NOTED: i32 = 2;

/// A message, as seen from one of its mailboxes.
pub(super) struct Around<'m, 'a> {
    mail: &'m Screened<'a>,
    sender: Option<&'m Staff>,
    school: &'m School,
    /// Whether what the sender wrote is short and speaks to nobody.
    pub(super) is_note: bool,
    /// Whether that is hardly more than a subject, as with papers that people
    /// send themselves.
    pub(super) is_title: bool,
    /// The forename that the text begins with.
    greeted: Option<String>,
}

impl<'m, 'a> Around<'m, 'a> {
    pub(super) fn of(
        mail: &'m Screened<'a>,
        sender: Option<&'m Staff>,
        school: &'m School,
    ) -> Self {
        let body = body(mail);
        let greeted = GREETING.captures(&body).map(|name| name[1].to_owned());
        let is_note = greeted.is_none()
            && body.split_whitespace().count() <= NOTE
            && !TO_SOMEBODY.is_match(&body);
        let mut subjects = mail.reading.texts.iter();
        let has_subject = subjects
            .any(|text| text.role == Role::Subject && text.text.split_whitespace().count() > 1);
        let is_title = is_note && has_subject && body.split_whitespace().count() <= TITLE;
        Self {
            mail,
            sender,
            school,
            is_note,
            is_title,
            greeted,
        }
    }

    /// How much speaks for a private mailbox being staff's; 0 where nothing
    /// does.
    pub(super) fn likeness(&self, field: &str, address: &Address, shown_as: &str) -> i32 {
        let Some(sender) = self.sender else {
            return 0;
        };
        let diminutives = self.school.patterns.pack(Topic::Diminutives);
        let like = |staff: &Staff| likeness::of(address.local_part(), shown_as, staff, diminutives);
        if field == "Reply-To" {
            return match ORGANISATION.is_match(address.local_part()) {
                true => 0,
                false => SAID,
            };
        }
        if self.is_note && like(sender) >= NOTED || self.is_bare_note() {
            return ENOUGH;
        }
        if self.is_only_hidden(address) {
            return ENOUGH;
        }
        let is_greeted = |staff: &Staff| {
            let greeted = self.greeted.as_deref();
            greeted.is_some_and(|name| likeness::is_forename(name, staff, diminutives))
                && like(staff) >= GREETED
        };
        match self.school.people.staff.iter().any(is_greeted) {
            true => ENOUGH,
            false => 0,
        }
    }

    /// Nothing but a subject, for one mailbox alone: nobody writes so to a
    /// family.
    fn is_bare_note(&self) -> bool {
        let header = &self.mail.reading.header;
        let texts = &self.mail.reading.texts;
        header.to.len() + header.cc.len() == 1
            && self.mail.reading.attachments.is_empty()
            && self.mail.sightings.is_empty()
            && texts
                .iter()
                .all(|text| text.role == Role::Subject || text.text.trim().is_empty())
    }

    /// The one recipient whom the others, all of the school, don't see.
    fn is_only_hidden(&self, address: &Address) -> bool {
        let header = &self.mail.reading.header;
        let shown: Vec<Address> = header
            .to
            .iter()
            .chain(&header.cc)
            .filter_map(|shown| shown.address.parse().ok())
            .collect();
        let is_senders = |address: &Address| {
            self.sender
                .and_then(|sender| sender.email.as_ref())
                .is_some_and(|email| email.folded() == address.folded())
        };
        let is_shown = |address: &Address| {
            let mut shown = shown.iter();
            shown.any(|shown| shown.folded() == address.folded())
        };
        let mut hidden = self.mail.envelope.addresses();
        !is_shown(address)
            && hidden.all(|other| other.folded() == address.folded() || is_shown(other))
            && shown.iter().all(|shown| self.school.is_internal(shown))
            && shown.iter().any(|shown| !is_senders(shown))
    }
}

/// What the sender wrote, without the subject and the signature.
fn body(mail: &Screened<'_>) -> String {
    let texts = mail.reading.texts.iter();
    let written = texts.filter(|text| text.role == Role::Body);
    let written: Vec<&str> = written.map(without_signature).collect();
    written.join("\n").trim().to_owned()
}

/// A name at the beginning, with or without a greeting: "Hi Helen," and
/// "Graham, six for you".
static GREETING: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^(?:(?:(?i:hi|hello|hey|hiya|dear|good morning|good afternoon|good evening|morning|afternoon|evening)[, ]+))?(\p{Lu}[\p{L}'\u{2019}-]+)\s*(?:[,!\n:\u{2013}-]|$)")
        .expect("a good expression")
});

/// Words by which a text speaks to somebody, or tells of somebody.
static TO_SOMEBODY: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)\b(?:dear|hi|hiya|hello|hey|good (?:morning|afternoon|evening)|you|your|yours|you're|you'll|thanks|thank|regards|let me know|let us know|best wishes|cheers|could we|can we|we are|we will|we'll|shall we|mum|dad|parents|please (?:can|could|let|send|collect|come|bring|find|reply|ring|call|confirm|see)|(?-i:\p{Lu}\p{Ll}+) (?:may|can|is|has|was|will|did|needs|should|does|could|might|would|seems))\b")
        .expect("a good expression")
});

/// Local parts of those who are nobody's own: clubs, chairs and firms.
static ORGANISATION: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)pta|ptfa|friends|club|committee|chair|governor|clerk|treasurer|secretary|info|bookings|enquiries|sales|trust|charity|parish|church|choir|band|society|association|team|events|tickets|orders")
        .expect("a good expression")
});
