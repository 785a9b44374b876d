//! `unreadable-content`: what reading could not do.
//!
//! **What it looks for.** Every problem of the reading: a bomb, or something
//! that recipients could read in two ways (*hostile*); a known format that
//! could not be read to its end (*damaged*); a format that nobody knows, or an
//! encryption that is no protection and that no word of the mail took off
//! (*unknown*); pictures, sound and moving images (*not read*).
//!
//! **Why.** The policy's other rules only hold for what was read, and what
//! was not read is not clean. Files are damaged, or dressed up as something
//! else, to get past a check.
//!
//! **Example.** `marks.xlsx`, of which the second half is missing.
//!
//! **What passes.** A protected attachment: that nobody without the password
//! can read it is what the policy asks for, and extraction reports no problem
//! on one. The check states the kind by its weight; what becomes of each kind
//! is the policy's business.
//!
//! Problems of one kind in one attachment make one finding, and an archive of
//! a thousand broken members does not make a thousand.

use crate::extract::Reading;
use crate::finding::{Finding, Problem, ProblemKind, RuleId, Weight};
use crate::school::School;

use super::{Check, Screened, masking};

/// Findings of one kind in one message; what exceeds them is counted.
const SHOWN: usize = 5;

#[derive(Debug)]
pub(super) struct UnreadableContent;

impl Check for UnreadableContent {
    fn id(&self) -> RuleId {
        RuleId::UnreadableContent
    }

    fn inspect(&self, mail: &Screened<'_>, school: &School) -> Vec<Finding> {
        [
            ProblemKind::Hostile,
            ProblemKind::Damaged,
            ProblemKind::Unknown,
            ProblemKind::NotRead,
        ]
        .into_iter()
        .flat_map(|kind| of_kind(kind, mail.reading, school))
        .collect()
    }
}

fn of_kind(kind: ProblemKind, reading: &Reading, school: &School) -> Vec<Finding> {
    let mut places: Vec<(&str, Vec<&Problem>)> = Vec::new();
    for problem in reading
        .problems
        .iter()
        .filter(|problem| problem.kind == kind)
    {
        let place = attachment_of(reading, problem);
        match places.iter_mut().find(|(known, _)| *known == place) {
            Some((_, problems)) => problems.push(problem),
            None => places.push((place, vec![problem])),
        }
    }
    let more = places.len().saturating_sub(SHOWN);
    places.truncate(SHOWN);
    let last = places.len().saturating_sub(1);
    places
        .into_iter()
        .enumerate()
        .map(|(index, (_, problems))| {
            let more = if index == last { more } else { 0 };
            finding(kind, &problems, more, school)
        })
        .collect()
}

/// The innermost attachment that a problem belongs to; the message itself
/// where there is none.
fn attachment_of<'a>(reading: &'a Reading, problem: &'a Problem) -> &'a str {
    reading
        .attachments
        .iter()
        .filter(|attachment| problem.location.is_within(&attachment.location))
        .map(|attachment| attachment.location.as_str())
        .max_by_key(|attachment| attachment.len())
        .unwrap_or(problem.location.as_str())
}

/// `problems` is not empty.
fn finding(kind: ProblemKind, problems: &[&Problem], more: usize, school: &School) -> Finding {
    let first = problems[0];
    let (noticed, weight) = match kind {
        ProblemKind::Hostile => (
            "something that is made to harm, or that recipients could read in two ways",
            Weight::Hostile,
        ),
        ProblemKind::Damaged => (
            "something that could not be read to its end",
            Weight::Ordinary,
        ),
        ProblemKind::Unknown => ("something that Exeat could not open", Weight::Ordinary),
        ProblemKind::NotRead => (
            "something that cannot be read here, such as a picture or a recording",
            Weight::NotRead,
        ),
    };
    let mut what = noticed.to_owned();
    if problems.len() > 1 {
        what.push_str(&format!(", in {} places", problems.len()));
    }
    if more > 0 {
        what.push_str(&format!(", and {more} more like it"));
    }
    Finding {
        rule: RuleId::UnreadableContent,
        location: masking::location(&first.location, school),
        what,
        excerpt: masking::reason(&first.what, school),
        confidence: 1.0,
        pupils: Vec::new(),
        weight,
        suppressed: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::testing::{attach, mail_of, message, school};
    use crate::extract::Protection;
    use crate::finding::Location;

    /// The findings on a message with these files and these problems.
    fn inspect(files: &[&str], problems: &[(&str, ProblemKind)]) -> Vec<Finding> {
        let mut reading = message(&[]);
        for file in files {
            attach(&mut reading, file, Protection::Open, &[]);
        }
        reading.problems = problems
            .iter()
            .map(|&(place, kind)| Problem {
                location: Location::new(place),
                kind,
                what: format!("{place} could not be read"),
            })
            .collect();
        UnreadableContent.inspect(&mail_of(&reading, &[]), &school())
    }

    #[test]
    fn every_kind_has_its_weight() {
        for (kind, weight) in [
            (ProblemKind::Hostile, Weight::Hostile),
            (ProblemKind::Damaged, Weight::Ordinary),
            (ProblemKind::Unknown, Weight::Ordinary),
            (ProblemKind::NotRead, Weight::NotRead),
        ] {
            for place in [
                "body",
                "a.docx",
                "a.zip › b.docx",
                "a.docx › comments",
                "elsewhere",
            ] {
                let findings = inspect(&["a.docx", "a.zip", "a.zip › b.docx"], &[(place, kind)]);
                assert_eq!(findings.len(), 1, "{place}");
                assert_eq!(findings[0].weight, weight);
                assert_eq!(findings[0].location.as_str(), place);
                assert!(!findings[0].excerpt.is_empty());
            }
        }
    }

    #[test]
    fn no_problem_is_no_finding() {
        assert!(inspect(&[], &[]).is_empty());
        assert!(inspect(&["a.docx", "locked.zip"], &[]).is_empty());
    }

    #[test]
    fn one_finding_for_a_kind_in_an_attachment() {
        use ProblemKind::{Damaged, Hostile};
        for (problems, expected) in [
            (vec![("a.docx › p1", Damaged), ("a.docx › p2", Damaged)], 1),
            (vec![("a.docx › p1", Damaged), ("a.docx › p2", Hostile)], 2),
            (vec![("a.docx", Damaged), ("a.docx2", Damaged)], 2),
            (vec![("a.docx", Damaged), ("body", Damaged)], 2),
        ] {
            assert_eq!(
                inspect(&["a.docx"], &problems).len(),
                expected,
                "{problems:?}"
            );
        }
        let twice = inspect(&["a.docx"], &[("a.docx", Damaged), ("a.docx", Damaged)]);
        assert!(twice[0].what.ends_with("in 2 places"), "{}", twice[0].what);
    }

    #[test]
    fn a_thousand_broken_files_are_few_findings() {
        let names: Vec<String> = (0..1000).map(|n| format!("a.zip › f{n}")).collect();
        let problems: Vec<(&str, ProblemKind)> = names
            .iter()
            .map(|name| (name.as_str(), ProblemKind::Damaged))
            .collect();
        let findings = inspect(&["a.zip"], &problems);
        assert_eq!(findings.len(), 1, "all of them are in one attachment");
        let files: Vec<&str> = names.iter().map(String::as_str).collect();
        let findings = inspect(&files, &problems);
        assert_eq!(findings.len(), SHOWN);
        assert!(findings[SHOWN - 1].what.ends_with("and 995 more like it"));
    }

    #[test]
    fn what_to_do_is_told_to_its_end() {
        let mut reading = message(&[]);
        let what = "encrypted with 40-bit RC4, which can be broken in minutes, and not read: encrypt it \
            anew with AES-256";
        reading.problems.push(Problem {
            location: Location::new("a.pdf"),
            kind: ProblemKind::Unknown,
            what: what.to_owned(),
        });
        let findings = UnreadableContent.inspect(&mail_of(&reading, &[]), &school());
        assert_eq!(findings[0].excerpt, what);
    }

    #[test]
    fn nothing_is_said_in_clear() {
        let findings = inspect(
            &[],
            &[("Amara Okafor 01632 960 123.doc", ProblemKind::Damaged)],
        );
        let said = format!("{:?}", findings);
        assert!(!said.contains("Okafor") && !said.contains("960"), "{said}");
    }
}
