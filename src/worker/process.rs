//! A worker process's own side: read a job, read the bytes, answer.

use std::any::Any;
use std::io::{self, BufReader};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::panic::{self, AssertUnwindSafe};
use std::process::ExitCode;
use std::sync::{Mutex, PoisonError, mpsc};
use std::thread;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;
use rustix::process::{Signal, kill_current_process_group};

use super::protocol::{self, Answer, Greeting, Job, Kind};
use super::recognition;
use super::sandbox::{self, Fences};
use super::tools::Tools;
use crate::extract::{self, Budget};

/// Parsers recurse, within bounds; the bounds are counted, the stack is not.
const STACK: usize = 64 * 1024 * 1024; // 64 MB

/// Of a job, what is read at once, in bytes; most are no longer.
const JOB: usize = 64 * 1024;

/// Where the last panic was.
static PLACE: Mutex<Option<String>> = Mutex::new(None);

/// The whole life of a worker that reads: jobs on standard input, readings on
/// standard output, until the input ends.
pub fn run() -> ExitCode {
    serve(None)
}

/// The same of a worker that recognises text in pictures, by these programs.
pub fn run_ocr(tools: Tools) -> ExitCode {
    serve(Some(tools))
}

fn serve(tools: Option<Tools>) -> ExitCode {
    // A panic's message may quote what was read, so that only its place is
    // told.
    panic::set_hook(Box::new(|panic| {
        let place = panic
            .location()
            .map(|place| format!("{}:{}", place.file(), place.line()));
        *PLACE.lock().unwrap_or_else(PoisonError::into_inner) = place;
    }));
    let files = sandbox::leave_file_system(tools.as_ref());
    let programs = tools.is_some();
    watch_relay(programs);
    let life = thread::Builder::new()
        .stack_size(STACK)
        .spawn(move || live(tools.as_ref(), files))
        .map(thread::JoinHandle::join);
    match life {
        Ok(Ok(Ok(()))) => ExitCode::SUCCESS,
        // The parent sees it end, and asks another.
        _ => ExitCode::FAILURE,
    }
}

/// Watches for the relay's end in a thread. It has begun when this returns:
/// what a thread does to begin, the fences would forbid.
fn watch_relay(programs: bool) {
    let (begun, watched) = mpsc::channel();
    thread::spawn(move || {
        // Whoever hears it waits for it.
        let _ = begun.send(());
        end_with_relay(programs);
    });
    // An error is a thread that has ended: whatever is left stands without it.
    let _ = watched.recv();
}

/// Ends the process, and the programs that it runs, when the relay has gone:
/// whatever they are at, nobody takes the answer.
fn end_with_relay(programs: bool) {
    let input = io::stdin();
    let mut relay = [PollFd::new(&input, PollFlags::RDHUP)];
    loop {
        match poll(&mut relay, None) {
            Ok(_) if !relay[0].revents().is_empty() => break,
            Ok(_) | Err(Errno::INTR) => {}
            Err(_) => return,
        }
    }
    if programs {
        let _ = kill_current_process_group(Signal::KILL);
    }
    std::process::exit(1);
}

fn live(tools: Option<&Tools>, files: bool) -> io::Result<()> {
    let mut socket = UnixStream::from(io::stdin().as_fd().try_clone_to_owned()?);
    let mut jobs = BufReader::with_capacity(JOB, socket.try_clone()?);
    let greeting = protocol::receive_greeting(&mut jobs)?;
    sandbox::limit(greeting.memory, tools.is_some())?;
    let calls = sandbox::leave_calls(tools.is_some());
    protocol::send_hello(&mut socket, Fences { files, calls })?;
    while let Some((job, content)) = protocol::receive_job(&mut jobs)? {
        let answer = panic::catch_unwind(AssertUnwindSafe(|| {
            #[cfg(debug_assertions)]
            faults::befall(&content, tools);
            answer(&job, &content, &greeting, tools)
        }));
        // The bytes are not needed while the answer is on its way.
        drop(content);
        match answer {
            Ok(answer) => protocol::send_answer(&mut socket, &answer)?,
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

fn answer(job: &Job, content: &[u8], greeting: &Greeting, tools: Option<&Tools>) -> Answer {
    let budget = Budget {
        pictures: job.pictures,
        ..greeting.budget
    };
    let read = |reading| Answer::Read(Box::new(reading));
    match &job.kind {
        Kind::Message => read(extract::read_message_with(content, &budget, &job.passwords)),
        Kind::File { name } => {
            let passwords = &job.passwords;
            read(extract::read_file_with(name, content, &budget, passwords))
        }
        Kind::Page { form, page } => {
            let tools = tools.expect("pages are given to those who have the tools");
            Answer::Seen(recognition::see(*form, *page, content, tools))
        }
    }
}

/// A panic's payload is dropped unseen, and may panic in that.
fn forget(payload: Box<dyn Any + Send>) {
    std::mem::forget(payload);
}

/// Deaths on demand, for the tests of those who must survive them. Not in a
/// release.
#[cfg(debug_assertions)]
mod faults {
    use crate::worker::tools::Tools;

    /// Does what a header field `X-Exeat-Test-Fault` says, or a comment in a
    /// picture.
    pub(super) fn befall(message: &[u8], tools: Option<&Tools>) {
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
            b"gorge" => {
                // Little by little, and never too much for the address space.
                let mut hoard: Vec<Vec<u8>> = Vec::new();
                while hoard.len() < 600 {
                    hoard.push(vec![1; 1024 * 1024]);
                    std::thread::sleep(std::time::Duration::from_millis(1));
                }
            }
            b"reach" => assert_eq!(within_reach(), [""; 0], "a worker reaches nothing"),
            b"reach-by-ocr" => assert_eq!(
                within_reach(),
                ["another thread"],
                "a worker with programs reaches no more than they take"
            ),
            b"linger" => {
                // A program that waits for its input, told apart by its words.
                let tesseract = tools.and_then(|tools| tools.tesseract.as_ref());
                let program = tesseract.expect("the test has tesseract");
                let mut child = std::process::Command::new(program)
                    .args(["stdin", "stdout", "-c", "page_separator=lingering"])
                    .stdin(std::process::Stdio::piped())
                    .spawn()
                    .expect("it may be run");
                let input = child.stdin.take();
                drop(child.wait());
                drop(input);
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

    /// What of the world outside this process can reach.
    fn within_reach() -> Vec<&'static str> {
        let written = std::env::temp_dir().join(format!("exeat-reach-{}", std::process::id()));
        let reached = [
            ("a file", std::fs::File::open("/proc/self/exe").is_ok()),
            ("a folder", std::fs::read_dir("/").is_ok()),
            ("a file to write", std::fs::File::create(&written).is_ok()),
            ("a socket", std::net::UdpSocket::bind("127.0.0.1:0").is_ok()),
            (
                "another program",
                std::process::Command::new("/bin/true").status().is_ok(),
            ),
            (
                "another thread",
                std::thread::Builder::new().spawn(|| {}).is_ok(),
            ),
        ];
        drop(std::fs::remove_file(written));
        let reached = reached.into_iter().filter(|(_, reached)| *reached);
        reached.map(|(what, _)| what).collect()
    }

    #[cfg(test)]
    #[test]
    fn all_of_it_is_within_reach_of_a_process_that_is_not_confined() {
        assert_eq!(within_reach().len(), 6);
    }
}
