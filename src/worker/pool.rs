//! The relay's side: who is free, and who is replaced.

use std::io::{self, Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use sha2::{Digest, Sha256};

use super::protocol::{self, Answer, Greeting, Job, Kind};
use super::{Fault, Settings};
use crate::extract::{Attachment, Budget, Protection, Reading};
use crate::finding::{Location, Problem, ProblemKind};
use crate::mail::Content;

/// The longest name of a file that is handed on; no file system has longer
/// ones.
const MOST_NAME: usize = 4 * 1024;

/// The workers. Its calls block: for threads, not for tasks.
#[derive(Debug)]
pub struct Pool {
    program: PathBuf,
    settings: Settings,
    budget: Budget,
    count: usize,
    roll: Mutex<Roll>,
    freed: Condvar,
}

/// Who there is. A worker at work is counted and in nobody's list.
#[derive(Debug, Default)]
struct Roll {
    idle: Vec<Worker>,
    alive: usize,
}

/// Why a worker gave no reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Failure {
    Panicked,
    /// It said something that is no answer, or ended by itself.
    Garbled,
    Deadline,
    /// Killed by a signal: out of memory, out of stack, or worse.
    Killed,
}

impl Pool {
    /// Starts the workers: processes of `program` (this binary) with the one
    /// argument `worker`.
    pub fn start(program: &Path, settings: &Settings, budget: Budget) -> Result<Self, Fault> {
        let count = match settings.count {
            0 => std::thread::available_parallelism().map_or(1, usize::from),
            count => count,
        };
        let pool = Self {
            program: program.to_owned(),
            settings: settings.clone(),
            budget,
            count,
            roll: Mutex::default(),
            freed: Condvar::new(),
        };
        let idle: Vec<Worker> = (0..count).map(|_| pool.hire()).collect::<Result<_, _>>()?;
        *pool.roll() = Roll {
            alive: idle.len(),
            idle,
        };
        Ok(pool)
    }

    /// How many workers there are.
    pub fn size(&self) -> usize {
        self.count
    }

    /// Reads a message. A message on which two workers failed comes back as a
    /// reading with that problem alone.
    pub fn read_message(&self, message: &Content) -> Result<Reading, Fault> {
        self.read(&Kind::Message, message)
    }

    /// Reads one file; `attachments[0]` of the reading is the file itself.
    pub fn read_file(&self, name: &str, file: &Content) -> Result<Reading, Fault> {
        let name = name[..name.floor_char_boundary(MOST_NAME)].to_owned();
        self.read(&Kind::File { name }, file)
    }

    fn read(&self, kind: &Kind, content: &Content) -> Result<Reading, Fault> {
        let worker = self.take()?;
        if let Ok(reading) = self.attempt(worker, kind, content)? {
            return Ok(reading);
        }
        let fresh = self.hire().inspect_err(|_| self.strike_off())?;
        match self.attempt(fresh, kind, content)? {
            Ok(reading) => Ok(reading),
            Err(failure) => {
                self.strike_off();
                failed(kind, content, failure)
            }
        }
    }

    /// Has one worker read it. A worker that fails is gone, and its place is
    /// still the caller's.
    fn attempt(
        &self,
        mut worker: Worker,
        kind: &Kind,
        content: &Content,
    ) -> Result<Result<Reading, Failure>, Fault> {
        match worker.read(kind, content, self.settings.deadline()) {
            Ok(reading) => {
                self.give_back(worker);
                Ok(Ok(reading))
            }
            Err(Trouble::Worker(failure)) => {
                tracing::warn!(?failure, "a worker failed on a message");
                Ok(Err(failure))
            }
            Err(Trouble::Content(error)) => {
                // Half a job has been sent, so that it can get no other.
                self.dismiss(worker);
                Err(Fault::Content(error))
            }
        }
    }

    /// A free worker, or a new one in place of one that is gone; waits for
    /// one as long as a message may take.
    fn take(&self) -> Result<Worker, Fault> {
        let patience = Instant::now() + self.settings.deadline() + Duration::from_secs(5);
        let mut roll = self.roll();
        loop {
            if let Some(worker) = roll.idle.pop() {
                return Ok(worker);
            }
            if roll.alive < self.count {
                roll.alive += 1;
                drop(roll);
                return self.hire().inspect_err(|_| self.strike_off());
            }
            let left = patience.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(Fault::Busy);
            }
            roll = self
                .freed
                .wait_timeout(roll, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
    }

    fn give_back(&self, worker: Worker) {
        if worker.jobs >= self.settings.messages {
            return self.dismiss(worker);
        }
        self.roll().idle.push(worker);
        self.freed.notify_one();
    }

    fn dismiss(&self, worker: Worker) {
        drop(worker);
        self.strike_off();
    }

    /// One fewer is alive; who waits may hire another.
    fn strike_off(&self) {
        let mut roll = self.roll();
        roll.alive = roll.alive.saturating_sub(1);
        drop(roll);
        self.freed.notify_one();
    }

    fn hire(&self) -> Result<Worker, Fault> {
        let greeting = Greeting {
            budget: self.budget,
            memory: self.settings.memory,
        };
        Worker::start(&self.program, &greeting).map_err(Fault::Start)
    }

    /// Nothing that holds the lock can leave the roll half changed.
    fn roll(&self) -> std::sync::MutexGuard<'_, Roll> {
        self.roll.lock().unwrap_or_else(PoisonError::into_inner)
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
        Failure::Killed => (
            ProblemKind::Hostile,
            "reading it failed twice: it took too much memory",
        ),
    };
    let mut digest = Sha256::new();
    for chunk in content.chunks() {
        digest.update(chunk.map_err(Fault::Content)?);
    }
    let (location, attachments) = match kind {
        Kind::Message => (Location::new("message"), Vec::new()),
        Kind::File { name } => {
            let location = Location::new(name.as_str());
            let file = Attachment {
                location: location.clone(),
                name: name.clone(),
                kind: "unknown".to_owned(),
                size: content.size(),
                protection: Protection::Open,
                why: String::new(),
            };
            (location, vec![file])
        }
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

/// One process and the socket to it. Dropped, it is killed and reaped.
#[derive(Debug)]
struct Worker {
    child: Child,
    socket: UnixStream,
    jobs: u32,
}

enum Trouble {
    Content(io::Error),
    Worker(Failure),
}

impl Worker {
    fn start(program: &Path, greeting: &Greeting) -> io::Result<Self> {
        let (mut socket, other) = UnixStream::pair()?;
        let input = OwnedFd::from(other.try_clone()?);
        let child = Command::new(program)
            .arg("worker")
            .env_clear()
            .current_dir("/")
            .stdin(Stdio::from(input))
            .stdout(Stdio::from(OwnedFd::from(other)))
            // It may be a file, to which a worker must not write.
            .stderr(Stdio::null())
            .spawn()?;
        protocol::send_greeting(&mut socket, greeting)?;
        Ok(Self {
            child,
            socket,
            jobs: 0,
        })
    }

    fn read(
        &mut self,
        kind: &Kind,
        content: &Content,
        deadline: Duration,
    ) -> Result<Reading, Trouble> {
        self.jobs += 1;
        let mut timed = Timed {
            socket: &self.socket,
            until: Instant::now() + deadline,
        };
        let answer = match send(&mut timed, kind, content) {
            Ok(()) => protocol::receive_answer(&mut timed),
            Err(Sending::Content(error)) => return Err(Trouble::Content(error)),
            Err(Sending::Socket(error)) => Err(error),
        };
        match answer {
            Ok(Answer::Read(reading)) => Ok(*reading),
            Ok(Answer::Panicked { place }) => {
                tracing::error!(%place, "a reader panicked");
                Err(Trouble::Worker(Failure::Panicked))
            }
            Err(error) => Err(Trouble::Worker(self.autopsy(&error))),
        }
    }

    /// Why the worker gave no answer.
    fn autopsy(&mut self, error: &io::Error) -> Failure {
        if matches!(
            error.kind(),
            io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock
        ) {
            return Failure::Deadline;
        }
        if error.kind() == io::ErrorKind::InvalidData {
            return Failure::Garbled;
        }
        // Its end of the socket is closed, so it has died or is about to.
        match self.child.wait() {
            Ok(status) if was_killed(status) => Failure::Killed,
            _ => Failure::Garbled,
        }
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        // It may have ended already; a process that can be neither killed nor
        // reaped is past helping here.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn was_killed(status: ExitStatus) -> bool {
    status.signal().is_some()
}

enum Sending {
    Content(io::Error),
    Socket(io::Error),
}

/// Sends a job, in pieces: the message is never whole in this process.
fn send(to: &mut Timed<'_>, kind: &Kind, content: &Content) -> Result<(), Sending> {
    let kind = match kind {
        Kind::Message => Kind::Message,
        Kind::File { name } => Kind::File { name: name.clone() },
    };
    let job = Job {
        kind,
        size: content.size(),
    };
    protocol::send_job(to, &job).map_err(Sending::Socket)?;
    for chunk in content.chunks() {
        let chunk = chunk.map_err(Sending::Content)?;
        to.write_all(&chunk).map_err(Sending::Socket)?;
    }
    Ok(())
}

/// The socket with a deadline over all that is sent and received.
struct Timed<'a> {
    socket: &'a UnixStream,
    until: Instant,
}

impl Timed<'_> {
    fn left(&self) -> io::Result<Duration> {
        let left = self.until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(io::ErrorKind::TimedOut.into());
        }
        Ok(left)
    }
}

impl Read for Timed<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.socket.set_read_timeout(Some(self.left()?))?;
        self.socket.read(buffer)
    }
}

impl Write for Timed<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.socket.set_write_timeout(Some(self.left()?))?;
        self.socket.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.socket.flush()
    }
}
