//! `password-with-document`: a protected attachment and its password in one
//! message.
//!
//! **What it looks for.** An encrypted file that a word of the message opens:
//! reading has tried them, so that this is proven. And less sure: words that
//! give a password plainly, beside a file that no password could be tried on;
//! or words from which it can be worked out ("his date of birth"), beside a
//! file that stayed closed.
//!
//! **Why.** "The sender must ensure that the password is sent separately to
//! the intended recipient (i.e., in a separate email or over the phone)." In
//! the same mail the key lies beside the lock.
//!
//! **Example.** "List attached, the password is Otter17."
//!
//! **What passes.** "The password follows by text", "ring the office for it";
//! a password in a mail of its own; reminders of password rules; a file that
//! is encrypted for its recipient and not with a password.
//!
//! No finding says what the password is.

use crate::extract::{Attachment, Opening, Protection, Reading, Role};
use crate::finding::{Finding, Location, RuleId, Weight};
use crate::patterns::{Pattern, Topic};
use crate::school::School;

use super::{Check, Screened, masking};

/// Files that are told of; what exceeds them is counted.
const SHOWN: usize = 5;
/// How sure it is that a password that is given is the file's.
const GIVEN: f32 = 0.75;
/// How sure it is that a hint gives the password away.
const HINTED: f32 = 0.6;

#[derive(Debug)]
pub(super) struct PasswordWithDocument;

impl Check for PasswordWithDocument {
    fn id(&self) -> RuleId {
        RuleId::PasswordWithDocument
    }

    fn inspect(&self, mail: &Screened<'_>, school: &School) -> Vec<Finding> {
        let proven = proven(mail.reading, school);
        if proven.is_empty() {
            return said(mail, school).into_iter().collect();
        }
        proven
    }
}

fn proven(reading: &Reading, school: &School) -> Vec<Finding> {
    let files = reading.attachments.iter();
    let opened: Vec<(&Attachment, &Opening)> = files
        .filter_map(|file| Some((file, file.opening.as_ref()?)))
        .filter(|(_, opening)| opening.habit.is_none())
        .collect();
    let more = opened.len().saturating_sub(SHOWN);
    let shown = opened.into_iter().take(SHOWN).enumerate();
    shown
        .map(|(index, (file, opening))| {
            let place = masking::location(&opening.place, school);
            let mut what =
                format!("an encrypted file that opens with a word of this mail ({place})");
            if index + 1 == SHOWN && more > 0 {
                what.push_str(&format!(", and {more} more like it"));
            }
            finding(&file.location, what, opens(&opening.place), 1.0, school)
        })
        .collect()
}

/// Where the password stands, in words that go with any place.
fn opens(place: &Location) -> &'static str {
    match place.as_str() {
        "subject" => "its password stands in the subject",
        "body" => "its password stands in the text of the mail",
        "file name" => "its password stands in the name of a file",
        _ => "its password stands in this mail",
    }
}

/// What the mail's own words say of a password, where a file stayed closed.
fn said(mail: &Screened<'_>, school: &School) -> Option<Finding> {
    let closed = || {
        let files = mail.reading.attachments.iter();
        files.filter(|file| file.protection != Protection::Open && takes_password(file))
    };
    closed().next()?;
    let says = |category: &str| -> i32 {
        let texts = mail.reading.texts.iter().enumerate();
        texts
            .filter(|(_, text)| {
                text.attachment.is_none() && matches!(text.role, Role::Subject | Role::Body)
            })
            .flat_map(|(index, _)| {
                let of = |pattern: &Pattern| pattern.category == category;
                mail.prose(index).hits_of(Topic::Passwords, of)
            })
            .map(|hit| hit.pattern.weight)
            .max_by_key(|weight| weight.abs())
            .unwrap_or(0)
    };
    // "The password is with the office": another way was found.
    if says("later") != 0 || says("other") != 0 {
        return None;
    }
    if says("hints") > 0
        && let Some(file) = closed().next()
    {
        let what = "an encrypted file, and words that give its password away".to_owned();
        let excerpt = "the mail says what the password is made of";
        return Some(finding(&file.location, what, excerpt, HINTED, school));
    }
    if says("gives") > 0
        && let Some(file) = closed().find(|file| could_not_be_tried(file))
    {
        let what = "an encrypted file, and a password in the text of the mail".to_owned();
        let excerpt = "the mail says what the password is";
        return Some(finding(&file.location, what, excerpt, GIVEN, school));
    }
    None
}

/// Whether it is a password that opens it: S/MIME and rights management go by
/// who the recipient is.
fn takes_password(file: &Attachment) -> bool {
    !matches!(file.kind.as_str(), "smime" | "irm" | "rpmsg")
}

/// Kinds of files, and ciphers, on which reading tries no password.
fn could_not_be_tried(file: &Attachment) -> bool {
    let kinds = [
        "rar", "pgp", "pages", "numbers", "keynote", "mdb", "accdb", "onenote",
    ];
    kinds.contains(&file.kind.as_str()) || file.why.contains("PKWARE")
}

fn finding(
    place: &Location,
    what: String,
    excerpt: &str,
    confidence: f32,
    school: &School,
) -> Finding {
    Finding {
        rule: RuleId::PasswordWithDocument,
        location: masking::location(place, school),
        what,
        excerpt: excerpt.to_owned(),
        confidence,
        pupils: Vec::new(),
        weight: Weight::Ordinary,
        suppressed: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::testing::{attach, mail_of, message, school};

    fn inspect(reading: &Reading) -> Vec<Finding> {
        PasswordWithDocument.inspect(&mail_of(reading, &[]), &school())
    }

    fn opened(reading: &mut Reading, name: &str, place: &str) {
        attach(reading, name, Protection::Weak, &[]);
        let file = reading.attachments.last_mut().expect("just attached");
        file.opening = Some(Opening {
            word: "Otter17".to_owned(),
            place: Location::new(place),
            habit: None,
        });
    }

    #[test]
    fn what_opened_is_told_without_the_word() {
        for place in ["subject", "body", "file name", "note.txt › page 1"] {
            let mut reading = message(&[(Role::Body, "The password is Otter17.")]);
            opened(&mut reading, "list.zip", place);
            let findings = inspect(&reading);
            assert_eq!(findings.len(), 1);
            assert_eq!(findings[0].location.as_str(), "list.zip");
            assert!((findings[0].confidence - 1.0).abs() < f32::EPSILON);
            assert!(!format!("{findings:?}").contains("Otter17"));
        }
        let mut reading = message(&[]);
        for number in 0..9 {
            opened(&mut reading, &format!("{number}.zip"), "body");
        }
        let findings = inspect(&reading);
        assert_eq!(findings.len(), SHOWN);
        assert!(findings[SHOWN - 1].what.ends_with("and 4 more like it"));
    }

    /// The confidence with which a text fires beside a closed file.
    fn said_beside(file: &str, text: &str) -> Option<f32> {
        let mut reading = message(&[(Role::Body, text)]);
        attach(&mut reading, file, Protection::Protected, &[]);
        inspect(&reading).first().map(|finding| finding.confidence)
    }

    #[test]
    fn a_password_given_beside_a_file_that_cannot_be_tried_counts() {
        for text in [
            "The password is Otter17.",
            "Hi,\n\nList attached. Password: curlew-83\n\nThanks",
            "pw = heron2026",
            "The password for the attached file is \"blue horse\"",
            "It opens with otter17.",
        ] {
            assert_eq!(said_beside("list.rar", text), Some(GIVEN), "{text}");
            assert_eq!(said_beside("list.pgp", text), Some(GIVEN), "{text}");
            // It was tried there, and did not open.
            assert_eq!(said_beside("list.docx", text), None, "{text}");
            assert_eq!(said_beside("list.smime", text), None, "{text}");
        }
    }

    #[test]
    fn a_hint_counts_beside_any_closed_file() {
        for text in [
            "The password is his date of birth.",
            "The password for the file is the child's surname",
            "Password: your postcode",
            "The password is the name of our school followed by the year",
        ] {
            for file in ["list.rar", "list.docx", "list.pdf"] {
                assert_eq!(said_beside(file, text), Some(HINTED), "{text}");
            }
        }
    }

    #[test]
    fn what_is_sent_another_way_passes() {
        for text in [
            "The password will be sent separately.",
            "The password will follow by text.",
            "Password to follow in a second email",
            "Please ring the office for the password.",
            "I shall telephone with the password.",
            "The password is the one we agreed on the phone.",
            "The password comes by telephone, as last time.",
            "I'll text you the password this afternoon",
            "Please reset your password by Friday 20 November 2026.",
            "Our password policy: passwords must have 12 characters.",
            "The wifi password is on the noticeboard in room 12.",
            "Attached: minutes of 12 November.",
            "",
        ] {
            assert_eq!(said_beside("list.rar", text), None, "{text}");
            assert_eq!(said_beside("list.docx", text), None, "{text}");
        }
    }

    #[test]
    fn a_password_without_an_encrypted_file_passes() {
        let text = "The password is Otter17. His date of birth is the password.";
        let mut reading = message(&[(Role::Subject, "pw"), (Role::Body, text)]);
        assert!(inspect(&reading).is_empty());
        attach(&mut reading, "list.rar", Protection::Open, &[]);
        assert!(inspect(&reading).is_empty());
    }
}
