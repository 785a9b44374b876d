//! The relay's side of processes of one profile: who is free, and who is
//! replaced.

use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream as StdUnixStream;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};
use tokio::io::{AsyncWriteExt, BufReader};
use tokio::net::UnixStream;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::timeout;

use super::protocol::{self, Answer, Greeting, Job};
use super::{Fault, Fences, Profile};
use crate::mail::Content;

/// Of an answer, what is read at once, in bytes; most are no longer.
const ANSWER: usize = 32 * 1024;
/// Pieces of a job up to this size go in one write, in bytes.
const TOGETHER: usize = 64 * 1024;
/// How often a worker's memory is looked at.
const WATCH: Duration = Duration::from_millis(20);
/// How much longer than one job may take a caller waits for a worker; and how
/// long a worker may take to be ready.
const PATIENCE: Duration = Duration::from_secs(5);

/// What a crew's workers are given, and may take.
#[derive(Debug, Clone)]
pub(super) struct Terms {
    pub(super) count: usize,
    /// What one job may take.
    pub(super) deadline: Duration,
    /// Bytes of memory that a worker may occupy.
    pub(super) resident: u64,
    /// Jobs after which a worker is replaced.
    pub(super) jobs: u32,
    /// Workers that may fail on a job before it is given up.
    pub(super) tries: u32,
}

/// Workers of one profile.
#[derive(Debug)]
pub(super) struct Crew {
    program: PathBuf,
    profile: Profile,
    greeting: Greeting,
    terms: Terms,
    /// A permit is the right to one worker, idle or new.
    free: Semaphore,
    idle: Mutex<Vec<Worker>>,
    /// That a kernel cannot confine them was told.
    told: AtomicBool,
}

/// Why a worker gave no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Failure {
    Panicked,
    /// It said something that is no answer, or ended by itself.
    Garbled,
    Deadline,
    /// It took more memory than a job may.
    Memory,
    /// Killed by a signal: out of memory, out of stack, or worse.
    Killed,
}

impl Crew {
    /// A crew whose workers are processes of `program` (this binary), started
    /// when they are needed.
    pub(super) fn new(program: &Path, profile: Profile, greeting: Greeting, terms: Terms) -> Self {
        Self {
            program: program.to_owned(),
            profile,
            greeting,
            free: Semaphore::new(terms.count),
            terms,
            idle: Mutex::default(),
            told: AtomicBool::new(false),
        }
    }

    /// Starts all of its workers. Within a Tokio runtime, on which they are
    /// spoken to.
    pub(super) async fn muster(&self) -> Result<(), Fault> {
        for _ in 0..self.terms.count {
            self.put_back(self.hire().await?);
        }
        Ok(())
    }

    /// Starts a worker; tells which fences stand around it.
    pub(super) async fn fences(&self) -> Result<Fences, Fault> {
        let (worker, fences) = self.start().await?;
        self.put_back(worker);
        Ok(fences)
    }

    /// How many workers there are at most.
    pub(super) fn size(&self) -> usize {
        self.terms.count
    }

    /// Has a job done; by another worker if the first one fails.
    pub(super) async fn run(
        &self,
        job: &Job,
        content: &Content,
    ) -> Result<Result<Answer, Failure>, Fault> {
        let _permit = self.wait().await?;
        let idle = self.idle().pop();
        let mut worker = match idle {
            Some(worker) => worker,
            None => self.hire().await?,
        };
        let mut tries = 1;
        loop {
            match self.attempt(worker, job, content).await? {
                Ok(answer) => return Ok(Ok(answer)),
                Err(failure) if tries >= self.terms.tries => return Ok(Err(failure)),
                Err(_) => {}
            }
            worker = self.hire().await?;
            tries += 1;
        }
    }

    async fn wait(&self) -> Result<SemaphorePermit<'_>, Fault> {
        match timeout(self.terms.deadline + PATIENCE, self.free.acquire()).await {
            Ok(permit) => Ok(permit.expect("the semaphore is never closed")),
            Err(_) => Err(Fault::Busy),
        }
    }

    /// Has one worker do it. A worker that fails is gone; so is one whose
    /// caller has gone, since nobody takes its answer.
    async fn attempt(
        &self,
        mut worker: Worker,
        job: &Job,
        content: &Content,
    ) -> Result<Result<Answer, Failure>, Fault> {
        match worker.work(job, content, &self.terms).await {
            Ok(answer) => {
                if worker.jobs < self.terms.jobs {
                    self.put_back(worker);
                }
                Ok(Ok(answer))
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
        let (worker, fences) = self.start().await?;
        let confined = fences.files && fences.calls;
        if !confined && !self.told.swap(true, Ordering::Relaxed) {
            tracing::warn!(
                landlock = fences.files,
                seccomp = fences.calls,
                "this kernel cannot confine a worker wholly"
            );
        }
        Ok(worker)
    }

    async fn start(&self) -> Result<(Worker, Fences), Fault> {
        let mut worker =
            Worker::start(&self.program, &self.profile, &self.greeting).map_err(Fault::Start)?;
        let hello = timeout(PATIENCE, protocol::receive_hello(&mut worker.socket));
        let fences = hello
            .await
            .unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
            .map_err(Fault::Start)?;
        Ok((worker, fences))
    }

    fn put_back(&self, worker: Worker) {
        self.idle().push(worker);
    }

    /// Nothing that holds the lock can leave the list half changed.
    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<Worker>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
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
    fn start(program: &Path, profile: &Profile, greeting: &Greeting) -> io::Result<Self> {
        let (mut socket, other) = StdUnixStream::pair()?;
        let input = OwnedFd::from(other.try_clone()?);
        let child = Command::new(program)
            .args(profile.arguments())
            .env_clear()
            .current_dir("/")
            // What it starts ends with it.
            .process_group(0)
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

    async fn work(
        &mut self,
        job: &Job,
        content: &Content,
        terms: &Terms,
    ) -> Result<Answer, Trouble> {
        self.jobs += 1;
        let watch = self.process.outgrows(terms.resident);
        let exchange = async {
            self.send(job, content).await?;
            protocol::receive_answer(&mut self.socket)
                .await
                .map_err(Sending::Socket)
        };
        let done = tokio::select! {
            biased;
            done = timeout(terms.deadline, exchange) => done,
            () = watch => return Err(Trouble::Worker(Failure::Memory)),
        };
        match done {
            Err(_) => Err(Trouble::Worker(Failure::Deadline)),
            Ok(Ok(Answer::Panicked { place })) => {
                tracing::error!(%place, "a reader panicked");
                Err(Trouble::Worker(Failure::Panicked))
            }
            Ok(Ok(answer)) => Ok(answer),
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

/// A child, with what it has started; `None` once it has been waited for.
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
        let ended = move || {
            let own = Pid::from_child(&child);
            // It stays unreaped until its group is gone, so that the group's
            // number is nobody else's.
            let looked = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
            let _ = waitid(WaitId::Pid(own), looked);
            let _ = kill_process_group(own, Signal::KILL);
            child.wait()
        };
        match tokio::task::spawn_blocking(ended).await {
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
            let _ = kill_process_group(Pid::from_child(&child), Signal::KILL);
            drop(child.wait());
        }
    }
}
