//! A school, people and messages for the checks' tests.

use std::sync::LazyLock;

use jiff::Timestamp;

use crate::extract::{Attachment, Header, Mailbox, Protection, Reading, Role, Text};
use crate::finding::Location;
use crate::mail::{Address, Envelope};
use crate::patterns::Packs;
use crate::school::{Class, Contact, People, Pupil, Pupils, Routes, School, Staff};

use crate::school::names::{Builder, FullName, NameKey};

use super::Screened;

/// Pupils whose names tests write out; sightings are given where they stand.
pub(crate) const PUPILS: &[&str] = &[
    "Amara Okafor",
    "Ben Whitlock",
    "Chloe Marsden",
    "Dylan Pryce",
    "Esme Tanner",
    "Finn Gallagher",
];

pub(crate) fn school() -> School {
    let key = NameKey::default();
    let mut pupils = Pupils::new(key.clone());
    for (index, name) in PUPILS.iter().enumerate() {
        let initials = name.split(' ').map(|part| format!("{}.", &part[..1]));
        let pupil = Pupil {
            reference: &format!("P{index}"),
            initials: &initials.collect::<String>(),
            year: None,
            form: None,
            // Finn's alone is known.
            date_of_birth: (index == 5).then(|| jiff::civil::date(2011, 11, 7)),
        };
        let upn = (index == 0).then(|| key.digest("B801200005001"));
        pupils.push(&pupil, upn, None);
    }
    let staff = [
        ("Daniel", "Cooper", "d.cooper"),
        ("Philippa", "Ashworth", "p.ashworth"),
        ("Katherine", "O'Neill", "k.oneill"),
    ];
    let staff = staff.map(|(forename, surname, local)| Staff {
        id: local.to_owned(),
        email: Some(address(&format!("{local}@greenfold.sch.example"))),
        ..teacher(forename, surname)
    });
    let mut names = Builder::new(key);
    for name in PUPILS {
        let (legal_forename, legal_surname) = name.split_once(' ').expect("two names");
        names.add(&FullName {
            legal_forename,
            legal_surname,
            ..FullName::default()
        });
    }
    School {
        id: "greenfold".into(),
        name: "Greenfold School".to_owned(),
        domains: vec!["greenfold.sch.example".parse().expect("domain")],
        pupil_domains: vec!["pupils.greenfold.sch.example".parse().expect("domain")],
        phones: Vec::new(),
        routes: Routes::default(),
        system_senders: Vec::new(),
        people: People::new(
            pupils,
            staff.into(),
            vec![Contact {
                class: Class::Parent,
                name: "Sarah Cooper".to_owned(),
                email: address("s.cooper@gmail.example"),
                pupils: vec![0],
                restricted: Vec::new(),
                secure_route: false,
            }],
            names.build(),
        ),
        habits: Default::default(),
        patterns: Packs::builtin().into(),
    }
}

/// A teacher of whom the school knows no more than the name.
pub(crate) fn teacher(forename: &str, surname: &str) -> Staff {
    Staff {
        id: "1".to_owned(),
        title: String::new(),
        forename: forename.to_owned(),
        surname: surname.to_owned(),
        role: "Teacher".to_owned(),
        email: None,
    }
}

pub(crate) fn address(text: &str) -> Address {
    text.parse().expect("an address")
}

pub(crate) fn mailbox(text: &str) -> Mailbox {
    Mailbox {
        name: String::new(),
        address: text.to_owned(),
    }
}

/// A message by a member of staff to somebody outside, with these texts.
pub(crate) fn message(texts: &[(Role, &str)]) -> Reading {
    Reading {
        header: Header {
            from: vec![mailbox("d.cooper@greenfold.sch.example")],
            to: vec![mailbox("someone@outside.example")],
            ..Header::default()
        },
        texts: texts
            .iter()
            .map(|&(role, text)| own_text(role, text))
            .collect(),
        ..Reading::default()
    }
}

fn own_text(role: Role, text: &str) -> Text {
    let location = match role {
        Role::Subject => Location::subject(),
        _ => Location::body(),
    };
    Text {
        location,
        role,
        hidden: false,
        table: false,
        text: text.to_owned(),
        attachment: None,
    }
}

/// A file and its texts, each at a place within it; a place that begins with
/// `sheet` is a table.
pub(crate) fn attach(
    reading: &mut Reading,
    name: &str,
    protection: Protection,
    texts: &[(&str, &str)],
) {
    let index = u32::try_from(reading.attachments.len()).expect("few attachments");
    let location = Location::new(name);
    let text = |location: Location, role, text: &str| Text {
        hidden: location.as_str().contains("hidden"),
        table: location.as_str().contains("› sheet"),
        location,
        role,
        text: text.to_owned(),
        attachment: Some(index),
    };
    reading
        .texts
        .push(text(location.clone(), Role::FileName, name));
    for (place, content) in texts {
        let place = match place.is_empty() {
            true => location.clone(),
            false => location.within(place),
        };
        reading.texts.push(text(place, Role::Attachment, content));
    }
    reading.attachments.push(Attachment {
        location,
        name: name.to_owned(),
        kind: name.rsplit('.').next().unwrap_or("unknown").to_owned(),
        size: 1,
        protection,
        why: String::new(),
        claim: String::new(),
        opening: None,
    });
}

/// The message on its way, with a sighting wherever one of [`PUPILS`] stands.
pub(crate) fn mail_of<'a>(reading: &'a Reading, recipients: &[&str]) -> Screened<'a> {
    let recipients = match recipients {
        [] => vec![address("someone@outside.example")],
        some => some.iter().map(|text| address(text)).collect(),
    };
    let from = reading
        .header
        .from
        .first()
        .map(|from| address(&from.address));
    let envelope = Box::leak(Box::new(Envelope::new(from, recipients)));
    let now = "2026-09-14T08:00:00Z".parse::<Timestamp>().expect("a time");
    static SCHOOL: LazyLock<School> = LazyLock::new(school);
    Screened::new(envelope, reading, &SCHOOL, now)
}
