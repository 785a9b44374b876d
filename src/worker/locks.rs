//! The queue of messages with encrypted files.
//!
//! Trying passwords on a file takes up to a second, and a reader that did it
//! would keep other mail waiting. So readers only take note of such files, and
//! these workers read their messages once more, with passwords: no mail
//! without encrypted files waits behind one that has some.

use std::path::Path;

use tokio::sync::Semaphore;

use super::crew::{Crew, Failure, Terms};
use super::protocol::{Answer, Greeting, Job};
use super::{Fault, Profile, Settings};
use crate::mail::Content;

#[derive(Debug)]
pub(super) struct Locks {
    crew: Crew,
    /// First come, first served, for as long as it takes.
    turns: Semaphore,
}

impl Locks {
    /// Half as many workers as there are readers, started when they are needed.
    pub(super) fn new(program: &Path, settings: &Settings, greeting: Greeting) -> Self {
        let readers = settings.readers();
        let terms = Terms {
            count: readers.count.div_ceil(2),
            ..readers
        };
        Self {
            turns: Semaphore::new(terms.count),
            crew: Crew::new(program, Profile::Reader, greeting, terms),
        }
    }

    pub(super) async fn run(
        &self,
        job: &Job,
        content: &Content,
    ) -> Result<Result<Answer, Failure>, Fault> {
        let turn = self.turns.acquire().await;
        let _turn = turn.expect("the semaphore is never closed");
        self.crew.run(job, content).await
    }
}
