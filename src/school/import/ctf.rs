//! The Common Transfer File of the Department for Education: pupils and their
//! contacts as XML (`CTfile/CTFpupilData/Pupil`).

use std::sync::Arc;

use crate::extract::xml::{self, Node};
use crate::school::people::Class;

use super::columns::COLUMNS;
use super::error::Notes;
use super::record::{At, ContactRecord, PupilRecord};
use super::values;

/// No Common Transfer File nests as deeply as this.
const DEEPEST: usize = 32;
/// What a value may be long at most; the rest of it is nothing to us.
const LONGEST: usize = 1000;

/// Pupils and contacts of a file; each side is left out of the other's import.
pub(super) struct Transfer {
    pub(super) pupils: Vec<PupilRecord>,
    pub(super) contacts: Vec<ContactRecord>,
    pub(super) without_address: usize,
}

pub(super) fn read(file: &str, bytes: &[u8], notes: &mut Notes) -> Transfer {
    let mut reader = Reader {
        file: file.into(),
        path: Vec::new(),
        text: String::new(),
        number: 0,
        pupil: Fields::default(),
        contact: Fields::default(),
        held: Vec::new(),
        transfer: Transfer {
            pupils: Vec::new(),
            contacts: Vec::new(),
            without_address: 0,
        },
        notes,
    };
    let mut too_deep = false;
    let ended = xml::walk(bytes, |node| {
        match node {
            Node::Start(element) => {
                reader.begins(element.name());
                too_deep = reader.path.len() > DEEPEST;
            }
            Node::Empty(_) => {}
            Node::Text(text) => reader.text(text),
            Node::End(_) => reader.ends(),
        }
        !too_deep
    });
    let (whole, transfer) = (reader.path.is_empty(), reader.transfer);
    if too_deep || !ended || !whole {
        notes.file(
            file,
            "the XML is cut short, damaged, or uses entities of its own; export the Common Transfer File anew",
        );
    } else if transfer.pupils.is_empty() {
        notes.file(
            file,
            "the Common Transfer File has no Pupil in CTFpupilData; export it for all pupils",
        );
    }
    transfer
}

/// Whether the document's first element is a Common Transfer File's.
pub(super) fn is_one(bytes: &[u8]) -> bool {
    let mut root = Vec::new();
    xml::walk(bytes, |node| match node {
        Node::Start(element) | Node::Empty(element) => {
            root = element.name().to_vec();
            false
        }
        _ => true,
    });
    root == b"CTfile"
}

/// Values by the names of their elements.
#[derive(Default)]
struct Fields(Vec<(String, String)>);

impl Fields {
    fn of(&self, name: &str) -> &str {
        let found = self.0.iter().find(|(known, _)| known == name);
        found.map_or("", |(_, value)| value.as_str())
    }

    fn owned(&self, name: &str) -> String {
        self.of(name).to_owned()
    }
}

struct Reader<'n> {
    file: Arc<str>,
    /// The elements that are open.
    path: Vec<String>,
    text: String,
    number: u64,
    pupil: Fields,
    contact: Fields,
    /// The contacts of the pupil that is being read.
    held: Vec<Fields>,
    transfer: Transfer,
    notes: &'n mut Notes,
}

impl Reader<'_> {
    fn begins(&mut self, name: &[u8]) {
        self.path.push(String::from_utf8_lossy(name).into_owned());
        self.text.clear();
    }

    fn text(&mut self, text: &str) {
        if self.text.len() < LONGEST {
            self.text.push_str(text);
        }
    }

    fn ends(&mut self) {
        let path: Vec<&str> = self.path.iter().map(String::as_str).collect();
        if let ["CTfile", "CTFpupilData", "Pupil", inside @ ..] = &path[..] {
            let value = self.text.trim();
            match inside {
                [] => self.pupil_ends(),
                ["Contacts", "Contact"] => self.held.push(std::mem::take(&mut self.contact)),
                ["Contacts", "Contact", ..] if value.is_empty() => {}
                ["Contacts", "Contact", rest @ ..] => {
                    let field = (rest.join("/"), value.to_owned());
                    self.contact.0.push(field);
                }
                _ if value.is_empty() => {}
                [field] | ["BasicDetails", field] => {
                    let field = ((*field).to_owned(), value.to_owned());
                    self.pupil.0.push(field);
                }
                _ => {}
            }
        }
        self.path.pop();
        self.text.clear();
    }

    fn pupil_ends(&mut self) {
        self.number += 1;
        let at = At {
            file: Arc::clone(&self.file),
            unit: "pupil",
            number: self.number,
        };
        let fields = std::mem::take(&mut self.pupil);
        let notes = &mut *self.notes;
        let pupil = PupilRecord {
            id: String::new(),
            upn: fields.owned("UPN"),
            legal_forename: fields.owned("Forename"),
            legal_surname: fields.owned("Surname"),
            preferred_forename: fields.owned("PreferredForename"),
            preferred_surname: fields.owned("PreferredSurname"),
            former_forename: fields.owned("FormerForename"),
            former_surname: fields.owned("FormerSurname"),
            middle_names: fields.owned("MiddleNames"),
            year: fields.owned("NCyearActual"),
            form: String::new(),
            date_of_birth: values::date_of(fields.of("DOB"), &at, "element DOB", notes),
            email: values::address_of(fields.of("Email"), &at, "element Email", notes),
            ..PupilRecord::new(at.clone())
        };
        for (name, element) in [
            (&pupil.legal_forename, "element Forename"),
            (&pupil.legal_surname, "element Surname"),
        ] {
            if name.is_empty() {
                notes.cell(&at, element, "it is missing or empty; every pupil has one");
            }
        }
        values::check_pupil(&pupil, "id", notes);
        for contact in std::mem::take(&mut self.held) {
            self.contact_of(&pupil, &contact);
        }
        self.transfer.pupils.push(pupil);
    }

    fn contact_of(&mut self, pupil: &PupilRecord, fields: &Fields) {
        let element = "element Contact/Email";
        let Some(email) = values::address_of(fields.of("Email"), &pupil.at, element, self.notes)
        else {
            self.transfer.without_address += usize::from(fields.of("Email").is_empty());
            return;
        };
        let relation = fields.owned("Relationship");
        let responsible = matches!(fields.of("Responsibility"), "Y" | "1" | "true");
        let class = match COLUMNS.class_of(&relation) {
            Class::Other if responsible => Class::Parent,
            class => class,
        };
        self.transfer.contacts.push(ContactRecord {
            at: pupil.at.clone(),
            class,
            relation,
            name: values::joined(["Title", "Forename", "Surname"].map(|part| fields.of(part))),
            email,
            pupils: vec![pupil.upn.clone()],
            secure_route: false,
            restricted: false,
        });
    }
}
