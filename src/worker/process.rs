//! A worker process's own side: read a job, read the bytes, answer.

use std::any::Any;
use std::io::{self, BufReader};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::panic::{self, AssertUnwindSafe};
use std::process::ExitCode;
use std::sync::{Mutex, PoisonError};
use std::thread;

use rustix::process::{Resource, Rlimit, setrlimit};

use super::protocol::{self, Answer, Greeting, Kind};
use crate::extract;

/// Parsers recurse, within bounds; the bounds are counted, the stack is not.
const STACK: usize = 64 * 1024 * 1024; // 64 MB
/// Files that a worker may have open: its socket and what it was born with.
const FILES: u64 = 16;

/// Of a job, what is read at once, in bytes; most are no longer.
const JOB: usize = 64 * 1024;

/// Where the last panic was.
static PLACE: Mutex<Option<String>> = Mutex::new(None);

/// The worker process's whole life: jobs on standard input, readings on
/// standard output, until the input ends.
pub fn run() -> ExitCode {
    // A panic's message may quote what was read, so that only its place is
    // told.
    panic::set_hook(Box::new(|panic| {
        let place = panic
            .location()
            .map(|place| format!("{}:{}", place.file(), place.line()));
        *PLACE.lock().unwrap_or_else(PoisonError::into_inner) = place;
    }));
    let life = thread::Builder::new()
        .stack_size(STACK)
        .spawn(live)
        .map(thread::JoinHandle::join);
    match life {
        Ok(Ok(Ok(()))) => ExitCode::SUCCESS,
        // The parent sees it end, and asks another.
        _ => ExitCode::FAILURE,
    }
}

fn live() -> io::Result<()> {
    let mut socket = UnixStream::from(io::stdin().as_fd().try_clone_to_owned()?);
    let mut jobs = BufReader::with_capacity(JOB, socket.try_clone()?);
    let greeting = protocol::receive_greeting(&mut jobs)?;
    confine(&greeting)?;
    while let Some((job, content)) = protocol::receive_job(&mut jobs)? {
        let reading = panic::catch_unwind(AssertUnwindSafe(|| {
            #[cfg(debug_assertions)]
            faults::befall(&content);
            match &job.kind {
                Kind::Message => extract::read_message(&content, &greeting.budget),
                Kind::File { name } => extract::read_file(name, &content, &greeting.budget),
            }
        }));
        // The bytes are not needed while the answer is on its way.
        drop(content);
        match reading {
            Ok(reading) => protocol::send_answer(&mut socket, &Answer::Read(Box::new(reading)))?,
            Err(payload) => {
                forget(payload);
                let place = PLACE.lock().unwrap_or_else(PoisonError::into_inner).take();
                let place = place.unwrap_or_default();
                return protocol::send_answer(&mut socket, &Answer::Panicked { place });
            }
        }
    }
    Ok(())
}

/// A panic's payload is dropped unseen, and may panic in that.
fn forget(payload: Box<dyn Any + Send>) {
    std::mem::forget(payload);
}

/// Takes from this process what reading does not need. The parent's deadline
/// bounds the time; the address space bounds what is allocated.
fn confine(greeting: &Greeting) -> io::Result<()> {
    let limits = [
        (Resource::As, greeting.memory),
        (Resource::Fsize, 0),
        (Resource::Core, 0),
        (Resource::Nofile, FILES),
        (Resource::Nproc, 0),
    ];
    for (resource, most) in limits {
        let limit = Rlimit {
            current: Some(most),
            maximum: Some(most),
        };
        setrlimit(resource, limit)?;
    }
    Ok(())
}

/// Deaths on demand, for the tests of those who must survive them. Not in a
/// release.
#[cfg(debug_assertions)]
mod faults {
    /// Does what a header field `X-Exeat-Test-Fault` says.
    pub(super) fn befall(message: &[u8]) {
        let head = &message[..message.len().min(8 * 1024)];
        let Some(at) = memchr::memmem::find(head, b"X-Exeat-Test-Fault: ") else {
            return;
        };
        let fault = head[at + 20..].split(|b| b.is_ascii_whitespace()).next();
        match fault.unwrap_or_default() {
            b"panic" => panic!("as the test wishes"),
            b"abort" => std::process::abort(),
            b"hang" => loop {
                std::thread::park();
            },
            b"exhaust" => {
                let mut hoard: Vec<Vec<u8>> = Vec::new();
                loop {
                    hoard.push(vec![1; 64 * 1024 * 1024]);
                }
            }
            b"exit" => std::process::exit(0),
            b"babble" => {
                use std::io::Write;
                // Not an answer, and longer than any.
                drop(std::io::stdout().write_all(&[0xff; 64]));
                drop(std::io::stdout().flush());
            }
            _ => {}
        }
    }
}
