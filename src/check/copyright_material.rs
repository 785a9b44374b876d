//! `copyright-material`: attachments that somebody else may own. Off unless a
//! school sets it.
//!
//! **What it looks for.** Sound and film; books for reading devices; and in
//! attached texts and the names of files the marks that publishers leave: "no
//! part of this publication may be reproduced", "licensed to … only".
//!
//! **Why.** "Attachments which contain copyright material to which the School
//! does not have distribution rights."
//!
//! **What passes.** The same words in the mail's own text; open licences; what
//! the school itself has made and says so.

use crate::extract::{Attachment, Role, Text};
use crate::finding::{Finding, Location, RuleId};
use crate::patterns::{Scanned, Topic};
use crate::school::School;

use super::{Check, Screened, masking};

/// Attachments that are told of.
const SHOWN: usize = 5;
/// From this sum of weights on marks are a publisher's.
const ENOUGH: i32 = 3;

#[derive(Debug)]
pub(super) struct CopyrightMaterial;

impl Check for CopyrightMaterial {
    fn id(&self) -> RuleId {
        RuleId::CopyrightMaterial
    }

    fn inspect(&self, mail: &Screened<'_>, school: &School) -> Vec<Finding> {
        let recorded = mail.reading.attachments.iter().filter_map(|file| {
            let what = recording(file)?;
            Some(finding(&file.location, what, 0.6, school))
        });
        let texts = mail.reading.texts.iter().enumerate();
        let marked = texts
            .filter(|(_, text)| matches!(text.role, Role::Attachment | Role::FileName))
            .filter(|(index, text)| is_marked(text, mail.prose(*index), school))
            .map(|(_, text)| finding(&text.location, "a publisher's mark", 0.8, school));
        let mut findings: Vec<Finding> = recorded.chain(marked).collect();
        findings.dedup_by(|one, other| one.location == other.location);
        findings.truncate(SHOWN);
        findings
    }
}

/// Sound, film and books, by content; a book is a zip to whoever cannot read it.
fn recording(file: &Attachment) -> Option<&'static str> {
    let named = |ends: &[&str]| {
        let name = file.name.to_lowercase();
        ends.iter().any(|end| name.ends_with(end))
    };
    match file.kind.as_str() {
        "mp3" | "ogg" | "flac" | "wav" | "m4a" | "aiff" => Some("a sound recording"),
        "mp4" | "avi" | "mkv" | "mpeg" | "wmv" => Some("a video"),
        _ if named(&[".epub", ".mobi", ".azw3", ".azw"]) => Some("a book for a reading device"),
        _ => None,
    }
}

fn is_marked(text: &Text, scanned: &Scanned<'_>, school: &School) -> bool {
    let hits = scanned.hits(Topic::CopyrightMaterial);
    let marks: i32 = hits.iter().map(|hit| hit.pattern.weight).sum();
    // "© Greenfold School. All rights reserved."
    let own = || text.text.contains(&format!("© {}", school.name));
    marks >= ENOUGH && !own()
}

fn finding(place: &Location, what: &str, confidence: f32, school: &School) -> Finding {
    masking::finding_on_file(
        RuleId::CopyrightMaterial,
        place,
        what.to_owned(),
        confidence,
        school,
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::testing::{attach, mail_of, message, school};
    use crate::extract::Protection;

    fn found(name: &str, text: &str) -> Option<String> {
        let body = "Chapter 4 is © Calder Press, all rights reserved; no part of this publication \
            may be reproduced.";
        let mut reading = message(&[(Role::Body, body)]);
        attach(&mut reading, name, Protection::Open, &[("page 1", text)]);
        let findings = CopyrightMaterial.inspect(&mail_of(&reading, &[]), &school());
        findings.into_iter().next().map(|finding| finding.what)
    }

    #[test]
    fn recordings_books_and_publishers_marks_are_told() {
        for (name, text, what) in [
            ("song.mp3", "", "a sound recording"),
            ("film.mp4", "", "a video"),
            ("Emma.epub", "", "a book for a reading device"),
            (
                "chapter.pdf",
                "No part of this publication may be reproduced. ISBN 978-0-00-000000-2",
                "a publisher's mark",
            ),
            (
                "score.pdf",
                "Photocopying this copyright material is illegal.",
                "a publisher's mark",
            ),
            (
                "sheet.docx",
                "Licensed to Greenfold only. Not for redistribution.",
                "a publisher's mark",
            ),
        ] {
            assert_eq!(found(name, text).as_deref(), Some(what), "{name}");
        }
    }

    #[test]
    fn own_and_open_works_pass() {
        for (name, text) in [
            ("letter.docx", "Copyright is the topic of lesson 4."),
            (
                "booklet.pdf",
                "© Greenfold School. All rights reserved. No part of this publication may be reproduced.",
            ),
            (
                "atlas.pdf",
                "All rights reserved? No: licensed under Creative Commons CC BY 4.0. You may copy and share it.",
            ),
            ("poem.docx", "Tyger Tyger, burning bright"),
            ("photo.jpeg", ""),
        ] {
            assert_eq!(found(name, text), None, "{name}");
        }
    }
}
