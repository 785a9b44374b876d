//! What each fuzz target runs, and what must hold of it whatever the bytes are.
//! The same functions run over the seeds in the ordinary tests.

use exeat::extract::{Budget, Reading, read_file, read_message};
use exeat::smtp::BareNewlines;
use exeat::smtp::wire::{as_sent, commands, message_in};

type Target = (&'static str, fn(&[u8]));

/// Every target, by the name of its folder of seeds.
pub(crate) const TARGETS: &[Target] = &[
    ("smtp_commands", smtp_commands),
    ("data_framing", data_framing),
    ("mime", mime),
    ("archives", archives),
    ("office", office),
    ("older", older),
    ("pdf", pdf),
    ("pictures", pictures),
    ("texts", texts),
    ("wrappings", wrappings),
];

/// What one input may take: little, so that many are tried.
fn budget() -> Budget {
    Budget {
        decoded: 8 * 1024 * 1024,
        text: 1024 * 1024,
        entries: 500,
        ..Budget::default()
    }
}

pub(crate) fn smtp_commands(bytes: &[u8]) {
    let lines = bytes.windows(2).filter(|pair| pair == b"\r\n").count();
    assert!(commands(bytes) <= lines);
}

/// However the bytes come in, they are the same message; and a sound message is
/// sent on as it is.
pub(crate) fn data_framing(bytes: &[u8]) {
    for newlines in [BareNewlines::Reject, BareNewlines::Normalise] {
        let whole = message_in(bytes, newlines, bytes.len());
        for size in [1, 2, 3, 7] {
            assert_eq!(message_in(bytes, newlines, size), whole);
        }
        assert!(whole.used <= bytes.len());
        if whole.faulty || !whole.ended {
            continue;
        }
        for size in [1, 3, usize::MAX] {
            let sent = as_sent(&whole.message, size);
            let again = message_in(&sent, BareNewlines::Reject, sent.len());
            assert!(again.ended && !again.faulty && again.used == sent.len());
            assert_eq!(again.message, whole.message);
        }
    }
}

pub(crate) fn mime(bytes: &[u8]) {
    told(&read_message(bytes, &budget()));
}

pub(crate) fn archives(bytes: &[u8]) {
    file("a.zip", bytes);
}

pub(crate) fn office(bytes: &[u8]) {
    file("a.docx", bytes);
}

pub(crate) fn older(bytes: &[u8]) {
    file("a.doc", bytes);
}

pub(crate) fn pdf(bytes: &[u8]) {
    file("a.pdf", bytes);
}

pub(crate) fn pictures(bytes: &[u8]) {
    file("a.png", bytes);
}

pub(crate) fn texts(bytes: &[u8]) {
    file("a.txt", bytes);
}

/// S/MIME, OpenPGP, `winmail.dat` and what Macintoshes wrap files in.
pub(crate) fn wrappings(bytes: &[u8]) {
    file("winmail.dat", bytes);
}

fn file(name: &str, bytes: &[u8]) {
    let reading = read_file(name, bytes, &budget());
    assert!(!reading.attachments.is_empty());
    told(&reading);
}

/// Texts are as all that judges them relies on.
fn told(reading: &Reading) {
    for text in &reading.texts {
        assert!(!text.text.contains(['\r', '\0']), "{}", text.location);
    }
    for text in reading.texts.iter().filter_map(|text| text.attachment) {
        assert!((text as usize) < reading.attachments.len());
    }
}
