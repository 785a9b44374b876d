//! Readers and, behind them in a queue of their own, those who read pictures.

use std::path::Path;
use std::sync::Arc;

use blake3::Hasher;

use super::crew::{Crew, Failure};
use super::ocr::Ocr;
use super::protocol::{Answer, Greeting, Job, Kind};
use super::{Fault, Profile, Settings, ocr};
use crate::extract::{Attachment, Budget, Protection, Reading};
use crate::finding::{Location, Problem, ProblemKind};
use crate::mail::Content;

/// The longest name of a file that is handed on; no file system has longer
/// ones.
const MOST_NAME: usize = 4 * 1024;

/// The workers.
#[derive(Debug)]
pub struct Pool {
    readers: Arc<Crew>,
    /// `None` where OCR is switched off.
    ocr: Option<Ocr>,
}

impl Pool {
    /// Starts the workers: processes of `program` (this binary). Within a
    /// Tokio runtime, on which they are spoken to.
    pub async fn start(program: &Path, settings: &Settings, budget: Budget) -> Result<Self, Fault> {
        let greeting = Greeting {
            budget,
            memory: settings.memory,
        };
        let readers = Crew::new(program, Profile::Reader, greeting, settings.readers());
        readers.muster().await?;
        let readers = Arc::new(readers);
        let ocr = settings
            .ocr
            .then(|| Ocr::new(program, settings, budget, Arc::clone(&readers)));
        Ok(Self { readers, ocr })
    }

    /// How many readers there are.
    pub fn size(&self) -> usize {
        self.readers.size()
    }

    /// Reads a message. A message on which two workers failed comes back as a
    /// reading with that problem alone.
    pub async fn read_message(&self, message: &Content) -> Result<Reading, Fault> {
        self.read(Kind::Message, message).await
    }

    /// Reads one file; `attachments[0]` of the reading is the file itself.
    pub async fn read_file(&self, name: &str, file: &Content) -> Result<Reading, Fault> {
        let name = name[..name.floor_char_boundary(MOST_NAME)].to_owned();
        self.read(Kind::File { name }, file).await
    }

    async fn read(&self, kind: Kind, content: &Content) -> Result<Reading, Fault> {
        let job = Job {
            kind,
            size: content.size(),
            pictures: 0,
        };
        let mut reading = match self.readers.run(&job, content).await? {
            Ok(Answer::Read(reading)) => *reading,
            Ok(_) => return failed(&job.kind, content, Failure::Garbled),
            Err(failure) => return failed(&job.kind, content, failure),
        };
        if reading.pictures.is_empty() {
            return Ok(reading);
        }
        match &self.ocr {
            Some(ocr) => ocr.read(job, content, &mut reading).await?,
            None => ocr::switched_off(&mut reading),
        }
        Ok(reading)
    }
}

/// What is known of a message that could not be read.
fn failed(kind: &Kind, content: &Content, failure: Failure) -> Result<Reading, Fault> {
    let (problem, what) = match failure {
        Failure::Panicked | Failure::Garbled => (ProblemKind::Damaged, "reading it failed twice"),
        Failure::Deadline => (
            ProblemKind::Hostile,
            "reading it failed twice: it took too long",
        ),
        Failure::Memory | Failure::Killed => (
            ProblemKind::Hostile,
            "reading it failed twice: it took too much memory",
        ),
    };
    let mut digest = Hasher::new();
    for chunk in content.chunks() {
        digest.update(&chunk.map_err(Fault::Content)?);
    }
    let (location, attachments) = match kind {
        Kind::File { name } => {
            let location = Location::new(name.as_str());
            let file = Attachment {
                location: location.clone(),
                name: name.clone(),
                kind: "unknown".to_owned(),
                size: content.size(),
                protection: Protection::Open,
                why: String::new(),
                claim: String::new(),
                opening: None,
            };
            (location, vec![file])
        }
        _ => (Location::new("message"), Vec::new()),
    };
    Ok(Reading {
        problems: vec![Problem {
            location,
            kind: problem,
            what: what.to_owned(),
        }],
        digest: digest.finalize().into(),
        attachments,
        ..Reading::default()
    })
}
