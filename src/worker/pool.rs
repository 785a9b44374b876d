//! The relay's side: who is free, and who is replaced.

use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream as StdUnixStream;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use blake3::Hasher;
use tokio::io::{AsyncWriteExt, BufReader};
use tokio::net::UnixStream;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::timeout;

use super::protocol::{self, Answer, Greeting, Job, Kind};
use super::{Fault, Settings};
use crate::extract::{Attachment, Budget, Protection, Reading};
use crate::finding::{Location, Problem, ProblemKind};
use crate::mail::Content;

/// The longest name of a file that is handed on; no file system has longer
/// ones.
const MOST_NAME: usize = 4 * 1024;
/// Of an answer, what is read at once, in bytes; most are no longer.
const ANSWER: usize = 32 * 1024;
/// Pieces of a job up to this size go in one write, in bytes.
const TOGETHER: usize = 64 * 1024;
/// How often a worker's memory is looked at.
const WATCH: Duration = Duration::from_millis(20);
/// How much longer than one message may take a caller waits for a worker; and
/// how long a worker may take to be ready.
const PATIENCE: Duration = Duration::from_secs(5);

/// The workers.
#[derive(Debug)]
pub struct Pool {
    program: PathBuf,
    settings: Settings,
    budget: Budget,
    count: usize,
    /// A permit is the right to one worker, idle or new.
    free: Semaphore,
    idle: Mutex<Vec<Worker>>,
}

/// Why a worker gave no reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Failure {
    Panicked,
    /// It said something that is no answer, or ended by itself.
    Garbled,
    Deadline,
    /// It took more memory than a message may.
    Memory,
    /// Killed by a signal: out of memory, out of stack, or worse.
    Killed,
}

impl Pool {
    /// Starts the workers: processes of `program` (this binary) with the one
    /// argument `worker`. Within a Tokio runtime, on which they are spoken to.
    pub async fn start(program: &Path, settings: &Settings, budget: Budget) -> Result<Self, Fault> {
        let count = match settings.count {
            0 => std::thread::available_parallelism().map_or(1, usize::from),
            count => count,
        };
        let pool = Self {
            program: program.to_owned(),
            settings: settings.clone(),
            budget,
            count,
            free: Semaphore::new(count),
            idle: Mutex::default(),
        };
        for _ in 0..count {
            pool.put_back(pool.hire().await?);
        }
        Ok(pool)
    }

    /// How many workers there are.
    pub fn size(&self) -> usize {
        self.count
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
        };
        let _permit = self.wait().await?;
        let idle = self.idle().pop();
        let worker = match idle {
            Some(worker) => worker,
            None => self.hire().await?,
        };
        if let Ok(reading) = self.attempt(worker, &job, content).await? {
            return Ok(reading);
        }
        match self.attempt(self.hire().await?, &job, content).await? {
            Ok(reading) => Ok(reading),
            Err(failure) => failed(&job.kind, content, failure),
        }
    }

    async fn wait(&self) -> Result<SemaphorePermit<'_>, Fault> {
        match timeout(self.settings.deadline() + PATIENCE, self.free.acquire()).await {
            Ok(permit) => Ok(permit.expect("the semaphore is never closed")),
            Err(_) => Err(Fault::Busy),
        }
    }

    /// Has one worker read it. A worker that fails is gone; so is one whose
    /// caller has gone, since nobody takes its answer.
    async fn attempt(
        &self,
        mut worker: Worker,
        job: &Job,
        content: &Content,
    ) -> Result<Result<Reading, Failure>, Fault> {
        match worker.read(job, content, &self.settings).await {
            Ok(reading) => {
                if worker.jobs < self.settings.messages {
                    self.put_back(worker);
                }
                Ok(Ok(reading))
            }
            Err(Trouble::Worker(failure)) => {
                tracing::warn!(?failure, "a worker failed on a message");
                Ok(Err(failure))
            }
            // Half a job has been sent, so that it can get no other.
            Err(Trouble::Content(error)) => Err(Fault::Content(error)),
        }
    }

    async fn hire(&self) -> Result<Worker, Fault> {
        let greeting = Greeting {
            budget: self.budget,
            memory: self.settings.memory,
        };
        let mut worker = Worker::start(&self.program, &greeting).map_err(Fault::Start)?;
        let hello = timeout(PATIENCE, protocol::receive_hello(&mut worker.socket));
        let fences = hello
            .await
            .unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
            .map_err(Fault::Start)?;
        if !fences.files || !fences.calls {
            tracing::warn!(
                landlock = fences.files,
                seccomp = fences.calls,
                "this kernel cannot confine a worker wholly"
            );
        }
        Ok(worker)
    }

    fn put_back(&self, worker: Worker) {
        self.idle().push(worker);
    }

    /// Nothing that holds the lock can leave the list half changed.
    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<Worker>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
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
                opening: None,
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
    process: Process,
    socket: BufReader<UnixStream>,
    jobs: u32,
}

enum Trouble {
    Content(io::Error),
    Worker(Failure),
}

impl Worker {
    fn start(program: &Path, greeting: &Greeting) -> io::Result<Self> {
        let (mut socket, other) = StdUnixStream::pair()?;
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
        let process = Process(Some(child));
        protocol::send_greeting(&mut socket, greeting)?;
        socket.set_nonblocking(true)?;
        Ok(Self {
            process,
            socket: BufReader::with_capacity(ANSWER, UnixStream::from_std(socket)?),
            jobs: 0,
        })
    }

    async fn read(
        &mut self,
        job: &Job,
        content: &Content,
        settings: &Settings,
    ) -> Result<Reading, Trouble> {
        self.jobs += 1;
        let watch = self.process.outgrows(settings.resident);
        let exchange = async {
            self.send(job, content).await?;
            protocol::receive_answer(&mut self.socket)
                .await
                .map_err(Sending::Socket)
        };
        let done = tokio::select! {
            biased;
            done = timeout(settings.deadline(), exchange) => done,
            () = watch => return Err(Trouble::Worker(Failure::Memory)),
        };
        match done {
            Err(_) => Err(Trouble::Worker(Failure::Deadline)),
            Ok(Ok(Answer::Read(reading))) => Ok(*reading),
            Ok(Ok(Answer::Panicked { place })) => {
                tracing::error!(%place, "a reader panicked");
                Err(Trouble::Worker(Failure::Panicked))
            }
            Ok(Err(Sending::Content(error))) => Err(Trouble::Content(error)),
            Ok(Err(Sending::Socket(error))) => {
                Err(Trouble::Worker(self.process.autopsy(&error).await))
            }
        }
    }

    /// Sends a job, in pieces: a large message is never whole in this process.
    async fn send(&mut self, job: &Job, content: &Content) -> Result<(), Sending> {
        let mut piece = protocol::job(job).map_err(Sending::Socket)?;
        for chunk in content.chunks() {
            let chunk = chunk.map_err(Sending::Content)?;
            if piece.len() + chunk.len() <= TOGETHER {
                piece.extend_from_slice(&chunk);
                continue;
            }
            self.write(&piece).await?;
            piece.clear();
            self.write(&chunk).await?;
        }
        self.write(&piece).await
    }

    async fn write(&mut self, bytes: &[u8]) -> Result<(), Sending> {
        let socket = self.socket.get_mut();
        socket.write_all(bytes).await.map_err(Sending::Socket)
    }
}

enum Sending {
    Content(io::Error),
    Socket(io::Error),
}

/// A child; `None` once it has been waited for.
#[derive(Debug)]
struct Process(Option<Child>);

impl Process {
    /// Returns when it occupies more bytes of memory than this. Most messages
    /// are read before it is looked at once.
    fn outgrows(&self, most: u64) -> impl Future<Output = ()> + use<> {
        let size = self
            .0
            .as_ref()
            .map(|child| format!("/proc/{}/statm", child.id()));
        async move {
            loop {
                tokio::time::sleep(WATCH).await;
                if size
                    .as_deref()
                    .and_then(resident)
                    .is_some_and(|size| size > most)
                {
                    return;
                }
            }
        }
    }

    /// Why the worker gave no answer.
    async fn autopsy(&mut self, error: &io::Error) -> Failure {
        if error.kind() == io::ErrorKind::InvalidData {
            return Failure::Garbled;
        }
        let Some(mut child) = self.0.take() else {
            return Failure::Garbled;
        };
        // Its end of the socket is closed, so it has died or is about to.
        match tokio::task::spawn_blocking(move || child.wait()).await {
            Ok(Ok(status)) if status.signal().is_some() => Failure::Killed,
            _ => Failure::Garbled,
        }
    }
}

/// The bytes of memory that a process occupies, by its `statm` (proc(5)).
fn resident(statm: &str) -> Option<u64> {
    let pages = std::fs::read_to_string(statm).ok()?;
    let pages: u64 = pages.split(' ').nth(1)?.parse().ok()?;
    Some(pages * rustix::param::page_size() as u64)
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended already; a process that can be neither killed nor
        // reaped is past helping here.
        if let Some(mut child) = self.0.take() {
            drop(child.kill());
            drop(child.wait());
        }
    }
}
