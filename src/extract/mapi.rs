//! A message as a set of MAPI properties (MS-OXPROPS), which `winmail.dat` and
//! Outlook's `.msg` share.

use std::borrow::Cow;

use super::body::Bodies;
use super::harvest::{Harvest, Place};
use super::{compressed_rtf, rtf, rtf_word};
use crate::finding::ProblemKind;
use crate::mail::charset;

pub(crate) const STRING_8: u16 = 0x001e;
pub(crate) const STRING: u16 = 0x001f;
pub(crate) const BINARY: u16 = 0x0102;
pub(crate) const OBJECT: u16 = 0x000d;
pub(crate) const MULTIPLE: u16 = 0x1000;

const MESSAGE_CLASS: u16 = 0x001a;
const SUBJECT: u16 = 0x0037;
const BODY: u16 = 0x1000;
const RTF_COMPRESSED: u16 = 0x1009;
const HTML: u16 = 0x1013;
const INTERNET_CODE_PAGE: u16 = 0x3fde;
const MESSAGE_CODE_PAGE: u16 = 0x3ffd;
const DISPLAY_NAME: u16 = 0x3001;
const EMAIL_ADDRESS: u16 = 0x3003;
const SMTP_ADDRESS: u16 = 0x39fe;
const ATTACH_FILENAME: u16 = 0x3704;
const ATTACH_LONG_FILENAME: u16 = 0x3707;
pub(crate) const ATTACH_DATA: u16 = 0x3701;

/// From whom and to whom, in the order in which people read them.
const PEOPLE: [u16; 8] = [
    0x0042, 0x0065, 0x5d02, // sent on behalf of: name, address, SMTP address
    0x0c1a, 0x0c1f, // sender: name, address
    0x0e04, 0x0e03, 0x0e02, // displayed to, cc, bcc
];

#[derive(Debug)]
pub(crate) struct Property<'a> {
    pub(crate) id: u16,
    pub(crate) kind: u16,
    pub(crate) value: Cow<'a, [u8]>,
}

#[derive(Debug, Default)]
pub(crate) struct Properties<'a>(pub(crate) Vec<Property<'a>>);

impl Properties<'_> {
    pub(crate) fn get(&self, id: u16) -> Option<&Property<'_>> {
        self.0.iter().find(|property| property.id == id)
    }

    pub(crate) fn number(&self, id: u16) -> Option<u32> {
        let value = self.get(id)?.value.first_chunk()?;
        Some(u32::from_le_bytes(*value))
    }

    /// A property's text; 8-bit text is in the message's code page.
    fn text(&self, id: u16) -> Option<String> {
        self.get(id).and_then(|property| self.decode(property))
    }

    fn decode(&self, property: &Property<'_>) -> Option<String> {
        let text = match property.kind & !MULTIPLE {
            STRING => charset::with(encoding_rs::UTF_16LE, &property.value).into_owned(),
            STRING_8 => self.decode_8(&property.value, MESSAGE_CODE_PAGE),
            _ => return None,
        };
        Some(text.trim_end_matches('\0').to_owned())
    }

    fn decode_8(&self, bytes: &[u8], page: u16) -> String {
        let page = self.number(page).and_then(|page| i32::try_from(page).ok());
        let encoding = page.and_then(rtf_word::code_page);
        charset::decode(bytes, encoding.map(encoding_rs::Encoding::name))
    }

    fn html(&self) -> Option<String> {
        let property = self.get(HTML)?;
        match property.kind {
            BINARY => Some(self.decode_8(&property.value, INTERNET_CODE_PAGE)),
            _ => self.decode(property),
        }
    }

    /// The names of an attachment, the long one first.
    pub(crate) fn file_names(&self) -> Vec<String> {
        let mut names = Vec::new();
        for id in [ATTACH_LONG_FILENAME, DISPLAY_NAME, ATTACH_FILENAME] {
            if let Some(name) = self.text(id).filter(|name| !name.is_empty())
                && !names.contains(&name)
            {
                names.push(name);
            }
        }
        names
    }

    /// Name and addresses of a recipient.
    fn recipient(&self) -> String {
        let parts = [DISPLAY_NAME, SMTP_ADDRESS, EMAIL_ADDRESS];
        let parts: Vec<String> = parts.iter().filter_map(|&id| self.text(id)).collect();
        parts.join(" ")
    }

    /// A contact, an appointment, a task: something else than a message.
    fn is_form(&self) -> bool {
        let class = self.text(MESSAGE_CLASS).unwrap_or_default();
        [
            "IPM.Contact",
            "IPM.Appointment",
            "IPM.Task",
            "IPM.StickyNote",
        ]
        .iter()
        .any(|form| class.starts_with(form))
    }

    /// All texts that have no place of their own: what a contact, a task or an
    /// appointment is made of, and the header that the message came with.
    fn others(&self) -> String {
        let known = |id: u16| id == SUBJECT || id == BODY || id == HTML || PEOPLE.contains(&id);
        let others = self.0.iter().filter(|property| !known(property.id));
        let texts: Vec<String> = others
            .filter_map(|property| self.decode(property))
            .collect();
        texts.join("\n")
    }
}

/// Reads a message's own properties; its attachments are left to the caller.
pub(crate) fn read(
    message: &Properties<'_>,
    recipients: &[Properties<'_>],
    place: &Place,
    harvest: &mut Harvest<'_>,
) {
    let subject = message.text(SUBJECT).unwrap_or_default();
    harvest.text(&place.within("subject"), subject);
    let mut people: Vec<String> = PEOPLE.iter().filter_map(|&id| message.text(id)).collect();
    people.extend(recipients.iter().map(Properties::recipient));
    harvest.text(&place.within("sender and recipients"), people.join("\n"));
    let plain = message.text(BODY);
    let mut bodies = Bodies::default();
    if let Some(html) = message.html() {
        bodies.html(&html);
    }
    if let Some(packed) = message.get(RTF_COMPRESSED) {
        let seen = plain.as_deref().unwrap_or_default();
        formatted(&packed.value, seen, &mut bodies, place, harvest);
    }
    if let Some(plain) = plain {
        bodies.plain(plain);
    }
    bodies.finish(place, harvest);
    // A contact's telephone numbers and a meeting's room are what Outlook shows
    // of it.
    let others = match message.is_form() {
        true => place.within("details"),
        false => place.hidden("properties, hidden"),
    };
    harvest.text(&others, message.others());
}

fn formatted(
    packed: &[u8],
    plain: &str,
    bodies: &mut Bodies,
    place: &Place,
    harvest: &mut Harvest<'_>,
) {
    match compressed_rtf::unpack(packed) {
        Some(rtf) => {
            if harvest.decoded(place, rtf.len()) {
                rtf::read_body(&rtf, plain, bodies, &place.within("body"), harvest);
            }
        }
        None => harvest.problem(
            place,
            ProblemKind::Damaged,
            "its formatted body could not be unpacked",
        ),
    }
}
