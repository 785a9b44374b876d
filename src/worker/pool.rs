//! Readers and, behind them in queues of their own, those who try passwords on
//! encrypted files and those who read pictures.

use std::collections::HashSet;
use std::path::Path;

use blake3::Hasher;

use super::crew::{Crew, Failure};
use super::locks::Locks;
use super::ocr::Ocr;
use super::protocol::{Answer, Greeting, Job, Kind};
use super::{Fault, Fences, Profile, Settings, ocr};
use crate::extract::{Attachment, Budget, Habit, HabitualPassword, Passwords, Protection, Reading};
use crate::finding::{Location, Problem, ProblemKind};
use crate::mail::Content;

/// The longest name of a file that is handed on; no file system has longer
/// ones.
const MOST_NAME: usize = 4 * 1024;
/// Different passwords of one message that are tried again for its pictures.
const MOST_KEYS: usize = 100;

/// The workers.
#[derive(Debug)]
pub struct Pool {
    readers: Crew,
    locks: Locks,
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
        Ok(Self {
            readers,
            locks: Locks::new(program, settings, greeting),
            ocr: settings.ocr.then(|| Ocr::new(program, settings, budget)),
        })
    }

    /// Starts one reader and has it read something; tells which fences stand
    /// around it.
    pub async fn confinement(
        program: &Path,
        settings: &Settings,
        budget: Budget,
    ) -> Result<Fences, Fault> {
        let greeting = Greeting {
            budget,
            memory: settings.memory,
        };
        let readers = Crew::new(program, Profile::Reader, greeting, settings.readers());
        let fences = readers.fences().await?;
        let message = Content::from(b"Subject: Trip\r\n\r\nWe meet at nine.\r\n".to_vec());
        let job = Job {
            kind: Kind::Message,
            size: message.size(),
            pictures: 0,
            passwords: Passwords::Untried,
        };
        match readers.run(&job, &message).await? {
            Ok(Answer::Read(_)) => Ok(fences),
            _ => Err(Fault::Start(std::io::Error::other("it gave no answer"))),
        }
    }

    /// How many readers there are.
    pub fn size(&self) -> usize {
        self.readers.size()
    }

    /// Reads a message. A message on which two workers failed comes back as a
    /// reading with that problem alone. Its words are tried as passwords on its
    /// encrypted files.
    pub async fn read_message(&self, message: &Content) -> Result<Reading, Fault> {
        self.read_message_with(message, |_| Vec::new()).await
    }

    /// The same with passwords behind the message's own; they are asked for if
    /// some file is encrypted, by what could be read until then.
    pub async fn read_message_with(
        &self,
        message: &Content,
        habits: impl FnOnce(&Reading) -> Vec<HabitualPassword>,
    ) -> Result<Reading, Fault> {
        self.read(Kind::Message, message, habits).await
    }

    /// Reads one file; `attachments[0]` of the reading is the file itself.
    pub async fn read_file(&self, name: &str, file: &Content) -> Result<Reading, Fault> {
        self.read_file_with(name, file, |_| Vec::new()).await
    }

    /// The same with passwords behind the file's own words.
    pub async fn read_file_with(
        &self,
        name: &str,
        file: &Content,
        habits: impl FnOnce(&Reading) -> Vec<HabitualPassword>,
    ) -> Result<Reading, Fault> {
        let name = name[..name.floor_char_boundary(MOST_NAME)].to_owned();
        self.read(Kind::File { name }, file, habits).await
    }

    async fn read(
        &self,
        kind: Kind,
        content: &Content,
        habits: impl FnOnce(&Reading) -> Vec<HabitualPassword>,
    ) -> Result<Reading, Fault> {
        let mut job = Job {
            kind,
            size: content.size(),
            pictures: 0,
            passwords: Passwords::Untried,
        };
        let mut reading = match self.run(&job, content).await? {
            Ok(reading) => reading,
            Err(failure) => return failed(&job.kind, content, failure),
        };
        if reading.locked {
            job.passwords = Passwords::WordsAnd(habits(&reading));
            reading = match self.run(&job, content).await? {
                Ok(reading) => reading,
                Err(failure) => return failed(&job.kind, content, failure),
            };
            // Whatever is read of it again opens with what opened it.
            job.passwords = Passwords::These(keys(&reading));
        }
        if reading.pictures.is_empty() {
            return Ok(reading);
        }
        let Some(ocr) = &self.ocr else {
            ocr::switched_off(&mut reading);
            return Ok(reading);
        };
        let pictures = std::mem::take(&mut reading.pictures);
        let again = async |pictures| {
            let job = Job { pictures, ..job };
            let shown = self.run(&job, content).await?;
            // What could be read a moment ago may not be readable now.
            Ok(shown.map_or_else(|_| Vec::new(), |shown| shown.pictures))
        };
        ocr.read(pictures, again, &mut reading).await?;
        Ok(reading)
    }

    /// Has it read by those whose queue it is for.
    async fn run(&self, job: &Job, content: &Content) -> Result<Result<Reading, Failure>, Fault> {
        let answer = match job.passwords {
            Passwords::Untried => self.readers.run(job, content).await?,
            _ => self.locks.run(job, content).await?,
        };
        Ok(match answer {
            Ok(Answer::Read(reading)) => Ok(*reading),
            Ok(_) => Err(Failure::Garbled),
            Err(failure) => Err(failure),
        })
    }
}

/// The passwords that opened the message's files.
fn keys(reading: &Reading) -> Vec<HabitualPassword> {
    let mut known = HashSet::new();
    let openings = reading
        .attachments
        .iter()
        .filter_map(|file| file.opening.as_ref());
    openings
        .filter(|opening| known.insert(opening.word.as_str()))
        .take(MOST_KEYS)
        .map(|opening| HabitualPassword {
            word: opening.word.clone(),
            habit: opening.habit.unwrap_or(Habit::Usual),
        })
        .collect()
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
