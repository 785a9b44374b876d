//! `winmail.dat`: a message that Outlook has wrapped up in its own format, with
//! all its attachments (MS-OXTNEF).

use std::borrow::Cow;

use super::file;
use super::harvest::{Harvest, Place};
use super::mapi::{self, BINARY, MULTIPLE, OBJECT, Properties, Property, STRING, STRING_8};
use crate::finding::ProblemKind;

/// Signature and key.
const START: usize = 6;
/// An object's data stands behind the name of its interface.
const INTERFACE: usize = 16;

const SUBJECT: u32 = 0x0001_8004;
const BODY: u32 = 0x0002_800c;
const MESSAGE_PROPERTIES: u32 = 0x0006_9003;
const RECIPIENT_TABLE: u32 = 0x0006_9004;
const ATTACHMENT_RENDERING: u32 = 0x0006_9002;
const ATTACHMENT_TITLE: u32 = 0x0001_8010;
const ATTACHMENT_DATA: u32 = 0x0006_800f;
const ATTACHMENT_PROPERTIES: u32 = 0x0006_9005;

#[derive(Debug, Default)]
struct Message<'a> {
    properties: Properties<'a>,
    recipients: Vec<Properties<'a>>,
    attachments: Vec<Attachment<'a>>,
}

#[derive(Debug, Default)]
struct Attachment<'a> {
    title: &'a [u8],
    data: &'a [u8],
    properties: Properties<'a>,
}

pub(crate) fn read(bytes: &[u8], place: &Place, harvest: &mut Harvest<'_>) {
    harvest.kind(place, "tnef");
    let Some(inside) = harvest.deeper(place) else {
        return;
    };
    let mut message = Message::default();
    if message.attributes(bytes, harvest.entries_left()).is_none() {
        harvest.problem(
            place,
            ProblemKind::Damaged,
            "it is cut short or damaged: only a part of it was read",
        );
    }
    mapi::read(&message.properties, &message.recipients, &inside, harvest);
    for attachment in &message.attachments {
        if harvest.is_spent() {
            return;
        }
        attachment.read(&inside, harvest);
    }
}

impl<'a> Message<'a> {
    /// Takes in all attributes; `None` if one cannot be read to its end.
    fn attributes(&mut self, bytes: &'a [u8], most: usize) -> Option<()> {
        let mut fields = Fields(bytes.get(START..)?);
        // Mailers put zeros or a line end behind the last attribute.
        while !fields.0.trim_ascii().iter().all(|&byte| byte == 0) {
            let _level = fields.take(1)?;
            let id = fields.number()?;
            let length = usize::try_from(fields.number()?).ok()?;
            let Some(data) = fields.take(length) else {
                // A part of an attachment is better than nothing of it.
                self.attribute(id, fields.0, most);
                return None;
            };
            let checksum = fields.take(2)?;
            self.attribute(id, data, most)?;
            let sum = data
                .iter()
                .fold(0_u16, |sum, &byte| sum.wrapping_add(u16::from(byte)));
            if sum.to_le_bytes() != checksum {
                return None;
            }
        }
        (!self.properties.0.is_empty() || !self.attachments.is_empty()).then_some(())
    }

    fn attribute(&mut self, id: u32, data: &'a [u8], most: usize) -> Option<()> {
        match id {
            SUBJECT => self.own(0x0037, data),
            BODY => self.own(0x1000, data),
            MESSAGE_PROPERTIES => Fields(data).properties(&mut self.properties)?,
            RECIPIENT_TABLE => {
                let mut fields = Fields(data);
                for _ in 0..fields.number()? {
                    let mut recipient = Properties::default();
                    fields.properties(&mut recipient)?;
                    self.recipients.push(recipient);
                }
            }
            ATTACHMENT_RENDERING if self.attachments.len() <= most => {
                self.attachments.push(Attachment::default());
            }
            ATTACHMENT_TITLE => self.attachment()?.title = data,
            ATTACHMENT_DATA => self.attachment()?.data = data,
            ATTACHMENT_PROPERTIES => {
                Fields(data).properties(&mut self.attachment()?.properties)?;
            }
            _ => {}
        }
        Some(())
    }

    /// An attribute that says what a property says too.
    fn own(&mut self, id: u16, data: &'a [u8]) {
        self.properties.0.push(Property {
            id,
            kind: STRING_8,
            value: Cow::Borrowed(data),
        });
    }

    fn attachment(&mut self) -> Option<&mut Attachment<'a>> {
        self.attachments.last_mut()
    }
}

impl Attachment<'_> {
    fn read(&self, place: &Place, harvest: &mut Harvest<'_>) {
        let mut names = self.properties.file_names();
        let title = crate::mail::charset::decode(self.title, None);
        let title = title.trim_end_matches('\0');
        if !title.is_empty() && !names.iter().any(|name| name == title) {
            names.push(title.to_owned());
        }
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let object = self.properties.get(mapi::ATTACH_DATA);
        let object = object.map(|property| match property.kind {
            OBJECT => property.value.get(INTERFACE..).unwrap_or_default(),
            _ => &property.value,
        });
        let data = object.filter(|data| !data.is_empty()).unwrap_or(self.data);
        file::read(&names, data, place, harvest);
        // Two sets of bytes are two files.
        if !self.data.is_empty() && data != self.data {
            file::read(&names, self.data, place, harvest);
        }
    }
}

struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }

    /// Bytes that are filled up to a multiple of four.
    fn padded(&mut self, length: usize) -> Option<&'a [u8]> {
        let taken = self.take(length)?;
        let padding = length.next_multiple_of(4) - length;
        self.0 = &self.0[padding.min(self.0.len())..];
        Some(taken)
    }

    fn number(&mut self) -> Option<u32> {
        Some(u32::from_le_bytes(self.take(4)?.try_into().ok()?))
    }

    fn short(&mut self) -> Option<u16> {
        Some(u16::from_le_bytes(self.take(2)?.try_into().ok()?))
    }

    fn length(&mut self) -> Option<usize> {
        usize::try_from(self.number()?).ok()
    }

    /// A list of properties (section 2.1.3.4).
    fn properties(&mut self, into: &mut Properties<'a>) -> Option<()> {
        for _ in 0..self.number()? {
            let kind = self.short()?;
            let id = self.short()?;
            if id >= 0x8000 {
                self.take(16)?;
                if self.number()? == 0 {
                    self.take(4)?;
                } else {
                    let length = self.length()?;
                    self.padded(length)?;
                }
            }
            self.values(id, kind, into)?;
        }
        Some(())
    }

    fn values(&mut self, id: u16, kind: u16, into: &mut Properties<'a>) -> Option<()> {
        let fixed = match kind & !MULTIPLE {
            0x0000 | 0x0001 => Some(0),
            0x0002 | 0x0003 | 0x0004 | 0x000a | 0x000b => Some(4),
            0x0005..=0x0007 | 0x0014 | 0x0040 => Some(8),
            0x0048 => Some(16),
            OBJECT | STRING_8 | STRING | BINARY => None,
            _ => return None,
        };
        let count = match (fixed, kind & MULTIPLE) {
            (Some(_), 0) => 1,
            _ => self.number()?,
        };
        for _ in 0..count {
            let length = match fixed {
                // A value without bytes could be counted without end.
                Some(0) => return (count == 1).then_some(()),
                Some(length) => length,
                None => self.length()?,
            };
            let value = Cow::Borrowed(self.padded(length)?);
            into.0.push(Property { id, kind, value });
        }
        Some(())
    }
}
