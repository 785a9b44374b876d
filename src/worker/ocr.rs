//! The slow queue: pictures, page by page, for workers that may run the
//! programs of OCR.
//!
//! One message at a time has its pictures read by each of those workers, and
//! only while it does are the pictures' bytes here: they are picked out of the
//! message once more. Nobody who waits here keeps a reader.

use std::collections::{HashMap, VecDeque};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Semaphore;

use super::crew::{Crew, Failure};
use super::protocol::{Answer, Greeting, Job, Kind};
use super::recognition::Sight;
use super::tools::Tools;
use super::{Fault, Profile, Settings};
use crate::extract::{Budget, Form, Passwords, Picture, Reading, Role, Text};
use crate::finding::{Location, Problem, ProblemKind};
use crate::mail::Content;

/// Pages of one message whose text is recognised; some three minutes' work.
const MOST_PAGES: u32 = 50;
/// After this long no further page of a message is begun.
const MOST_TIME: Duration = Duration::from_secs(10 * 60);
/// Bytes of pictures that one message may have read.
const MOST_BYTES: u64 = 64 * 1024 * 1024; // 64 MB
/// Pages whose text is remembered, and bytes of text of each: signatures'
/// pictures come again and again, and have few words if any.
const REMEMBERED: usize = 4_096;
const SHORT: usize = 1_024;

const OFF: &str = "OCR is switched off";
const TOO_MANY: &str = "it has more pictures than Exeat reads of one message";

#[derive(Debug)]
pub(super) struct Ocr {
    crew: Crew,
    /// The right to have a message's pictures read, first come, first served.
    turns: Semaphore,
    known: Mutex<Known>,
}

/// A page, by its picture's digest.
type Page = ([u8; 32], u32);

/// What came of a page.
enum Seen {
    Text(Arc<str>),
    /// Nobody could look at it, and why.
    Unread(&'static str),
    Fault(ProblemKind, &'static str),
}

impl Ocr {
    pub(super) fn new(program: &Path, settings: &Settings, budget: Budget) -> Self {
        let greeting = Greeting {
            budget,
            memory: settings.ocr_memory,
        };
        let terms = settings.ocr_terms();
        Self {
            turns: Semaphore::new(terms.count),
            crew: Crew::new(program, Profile::Ocr(Tools::find()), greeting, terms),
            known: Mutex::default(),
        }
    }

    /// Reads the pictures of a message of which the rest has been read; `again`
    /// gives them with so many of their bytes.
    pub(super) async fn read(
        &self,
        pictures: Vec<Picture>,
        again: impl AsyncFnOnce(u64) -> Result<Vec<Picture>, Fault>,
        reading: &mut Reading,
    ) -> Result<(), Fault> {
        // What is known needs no turn.
        let mut seen = self.remembered(&pictures);
        if pages(&pictures).any(|page| !seen.contains_key(&page)) {
            let turn = self.turns.acquire().await;
            let _turn = turn.expect("the semaphore is never closed");
            let shown = again(MOST_BYTES).await?;
            self.look(&pictures, shown, &mut seen).await?;
        }
        for picture in &pictures {
            tell(picture, &seen, reading);
        }
        Ok(())
    }

    async fn look(
        &self,
        pictures: &[Picture],
        shown: Vec<Picture>,
        seen: &mut HashMap<Page, Seen>,
    ) -> Result<(), Fault> {
        let began = Instant::now();
        let bytes: HashMap<[u8; 32], Content> = shown
            .into_iter()
            .filter(|picture| !picture.bytes.is_empty())
            .map(|picture| (picture.digest, Content::from(picture.bytes)))
            .collect();
        let mut recognised = 0;
        for picture in pictures {
            for &page in &picture.pages {
                let key = (picture.digest, page);
                if seen.contains_key(&key) {
                    continue;
                }
                let at_end = recognised >= MOST_PAGES || began.elapsed() >= MOST_TIME;
                let found = match bytes.get(&picture.digest) {
                    Some(bytes) if !at_end => self.page(picture.form, page, bytes).await?,
                    _ => Seen::Unread(TOO_MANY),
                };
                if let Seen::Text(text) = &found {
                    recognised += u32::from(!text.is_empty());
                    self.known().remember(key, text);
                }
                seen.insert(key, found);
            }
        }
        Ok(())
    }

    async fn page(&self, form: Form, page: u32, bytes: &Content) -> Result<Seen, Fault> {
        let job = Job {
            kind: Kind::Page { form, page },
            size: bytes.size(),
            pictures: 0,
            passwords: Passwords::Untried,
        };
        Ok(match self.crew.run(&job, bytes).await? {
            Ok(Answer::Seen(sight)) => Seen::from(sight),
            Ok(_) => Seen::from(Failure::Garbled),
            Err(failure) => Seen::from(failure),
        })
    }

    fn remembered(&self, pictures: &[Picture]) -> HashMap<Page, Seen> {
        let known = self.known();
        pages(pictures)
            .filter_map(|page| Some((page, Seen::Text(Arc::clone(known.texts.get(&page)?)))))
            .collect()
    }

    /// Nothing that holds the lock can leave it half changed.
    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Says of every picture that nobody was to read it.
pub(super) fn switched_off(reading: &mut Reading) {
    for picture in std::mem::take(&mut reading.pictures) {
        replace(&picture, Some(OFF), reading);
    }
}

fn pages(pictures: &[Picture]) -> impl Iterator<Item = Page> {
    pictures
        .iter()
        .flat_map(|picture| picture.pages.iter().map(|&page| (picture.digest, page)))
}

/// Puts into the reading what came of a picture.
fn tell(picture: &Picture, seen: &HashMap<Page, Seen>, reading: &mut Reading) {
    let mut unread = None;
    let own = |text: &Text| text.attachment == picture.attachment;
    // Behind what else its attachment holds.
    let mut behind = reading.texts.iter().rposition(own).map(|last| last + 1);
    for &page in &picture.pages {
        match seen.get(&(picture.digest, page)) {
            Some(Seen::Text(text)) if text.trim().is_empty() => {}
            Some(Seen::Text(text)) => {
                let text = Text {
                    location: location(picture, Some(page)),
                    role: Role::Attachment,
                    hidden: picture.hidden,
                    table: false,
                    text: text.to_string(),
                    attachment: picture.attachment,
                };
                let at = *behind.get_or_insert(reading.texts.len());
                reading.texts.insert(at, text);
                behind = Some(at + 1);
            }
            Some(Seen::Fault(kind, what)) => reading.problems.push(Problem {
                location: location(picture, None),
                kind: *kind,
                what: (*what).to_owned(),
            }),
            Some(Seen::Unread(why)) => unread = Some(*why),
            None => unread = Some(TOO_MANY),
        }
    }
    replace(picture, unread, reading);
}

/// Takes back that a picture was not read; or adds why.
fn replace(picture: &Picture, unread: Option<&str>, reading: &mut Reading) {
    let told = |problem: &Problem| picture.unread.as_ref() == Some(problem);
    let Some(at) = reading.problems.iter().position(told) else {
        return;
    };
    match unread {
        Some(why) => {
            let what = &mut reading.problems[at].what;
            *what = format!("{what} ({why})");
        }
        None => {
            reading.problems.remove(at);
        }
    }
}

/// Where a page's text stood; or, without a page, where its picture is.
fn location(picture: &Picture, page: Option<u32>) -> Location {
    let alone = picture.form == Form::Picture && picture.pages.len() == 1;
    match page {
        None => picture.location.clone(),
        Some(_) if alone => Location::new(format!("{} (read from the picture)", picture.location)),
        Some(page) => picture
            .location
            .within(&format!("page {page} (read from the picture)")),
    }
}

impl From<Sight> for Seen {
    fn from(sight: Sight) -> Self {
        match sight {
            Sight::Text(text) => Self::Text(text.into()),
            Sight::Without(tool) => Self::Unread(tool.missing()),
            Sight::TooLarge => Self::Fault(
                ProblemKind::Hostile,
                "a picture in it, unpacked, is larger than Exeat reads",
            ),
            Sight::Damaged => Self::Fault(
                ProblemKind::Damaged,
                "a picture in it could not be read, or not to its end",
            ),
        }
    }
}

impl From<Failure> for Seen {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Panicked | Failure::Garbled => Self::Fault(
                ProblemKind::Damaged,
                "reading the text of a picture in it failed",
            ),
            Failure::Deadline => Self::Fault(
                ProblemKind::Hostile,
                "reading the text of a picture in it took too long",
            ),
            Failure::Memory | Failure::Killed => Self::Fault(
                ProblemKind::Hostile,
                "reading the text of a picture in it took too much memory",
            ),
        }
    }
}

/// The short texts of the pages that were read last.
#[derive(Debug, Default)]
struct Known {
    texts: HashMap<Page, Arc<str>>,
    order: VecDeque<Page>,
}

impl Known {
    fn remember(&mut self, page: Page, text: &Arc<str>) {
        if text.len() > SHORT || self.texts.insert(page, Arc::clone(text)).is_some() {
            return;
        }
        self.order.push_back(page);
        if self.order.len() > REMEMBERED
            && let Some(oldest) = self.order.pop_front()
        {
            self.texts.remove(&oldest);
        }
    }
}
