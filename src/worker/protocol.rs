//! What the relay and a worker say to each other over their socket: each
//! piece with its length before it, each length with a cap.
//!
//! A worker may have been taken over by what it read, so its answer is
//! trusted no more than the message was.

use std::io::{self, Read, Write};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncRead, AsyncReadExt};

use super::recognition::Sight;
use super::sandbox::Fences;
use crate::extract::{Budget, Form, Passwords, Reading};

/// The longest head of a job: a file's name, and some hundred passwords.
const MOST_HEAD: u32 = 256 * 1024; // 256 KB
/// The longest answer. Text is bounded by its budget; names, locations and
/// problems come on top.
const MOST_ANSWER: u32 = 128 * 1024 * 1024; // 128 MB
/// The largest message or file.
const MOST_CONTENT: u64 = 1024 * 1024 * 1024; // 1 GB

/// What a worker is told once, at its start.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(super) struct Greeting {
    pub(super) budget: Budget,
    /// Bytes of address space.
    pub(super) memory: u64,
}

/// What a worker is to read. So many bytes of content follow.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Job {
    pub(super) kind: Kind,
    pub(super) size: u64,
    /// Bytes of pictures to hand on: [`Budget::pictures`].
    pub(super) pictures: u64,
    pub(super) passwords: Passwords,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Kind {
    Message,
    File {
        name: String,
    },
    /// A page, from 1, of a picture or a PDF; for those who run OCR.
    Page {
        form: Form,
        page: u32,
    },
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Answer {
    Read(Box<Reading>),
    Seen(Sight),
    /// Reading panicked, at this place in the source. The worker ends itself
    /// after this.
    Panicked {
        place: String,
    },
}

pub(super) fn send_greeting(to: &mut impl Write, greeting: &Greeting) -> io::Result<()> {
    send(to, greeting, MOST_HEAD)
}

pub(super) fn receive_greeting(from: &mut impl Read) -> io::Result<Greeting> {
    receive(from, MOST_HEAD)
}

/// What a worker says once, when it is ready.
pub(super) fn send_hello(to: &mut impl Write, fences: Fences) -> io::Result<()> {
    send(to, &fences, MOST_HEAD)
}

pub(super) async fn receive_hello(from: &mut (impl AsyncRead + Unpin)) -> io::Result<Fences> {
    receive_soon(from, MOST_HEAD).await
}

/// A job as it goes over the wire.
pub(super) fn job(job: &Job) -> io::Result<Vec<u8>> {
    framed(job, MOST_HEAD)
}

/// `None` when the relay has closed its end.
pub(super) fn receive_job(from: &mut impl Read) -> io::Result<Option<(Job, Vec<u8>)>> {
    let job: Job = match receive(from, MOST_HEAD) {
        Ok(job) => job,
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        Err(error) => return Err(error),
    };
    if job.size > MOST_CONTENT {
        return Err(oversized());
    }
    let mut content = Vec::with_capacity(usize::try_from(job.size).unwrap_or(0));
    from.take(job.size).read_to_end(&mut content)?;
    if content.len() as u64 != job.size {
        return Ok(None);
    }
    Ok(Some((job, content)))
}

pub(super) fn send_answer(to: &mut impl Write, answer: &Answer) -> io::Result<()> {
    send(to, answer, MOST_ANSWER)
}

pub(super) async fn receive_answer(from: &mut (impl AsyncRead + Unpin)) -> io::Result<Answer> {
    receive_soon(from, MOST_ANSWER).await
}

async fn receive_soon<T: DeserializeOwned>(
    from: &mut (impl AsyncRead + Unpin),
    most: u32,
) -> io::Result<T> {
    let length = from.read_u32_le().await?;
    if length > most {
        return Err(oversized());
    }
    let mut bytes = room_for(length);
    let mut piece = from.take(u64::from(length));
    piece.read_to_end(&mut bytes).await?;
    unframed(&bytes, length)
}

fn send(to: &mut impl Write, piece: &impl Serialize, most: u32) -> io::Result<()> {
    // Length and piece go in one write: two would wake the other side twice.
    to.write_all(&framed(piece, most)?)
}

fn framed(piece: &impl Serialize, most: u32) -> io::Result<Vec<u8>> {
    let mut bytes = postcard::to_extend(piece, vec![0; 4]).map_err(io::Error::other)?;
    let length = u32::try_from(bytes.len() - 4)
        .ok()
        .filter(|length| *length <= most)
        .ok_or_else(oversized)?;
    bytes[..4].copy_from_slice(&length.to_le_bytes());
    Ok(bytes)
}

fn receive<T: DeserializeOwned>(from: &mut impl Read, most: u32) -> io::Result<T> {
    let mut length = [0; 4];
    from.read_exact(&mut length)?;
    let length = u32::from_le_bytes(length);
    if length > most {
        return Err(oversized());
    }
    let mut bytes = room_for(length);
    from.take(u64::from(length)).read_to_end(&mut bytes)?;
    unframed(&bytes, length)
}

/// Memory is taken as bytes arrive, not as they are announced.
fn room_for(length: u32) -> Vec<u8> {
    Vec::with_capacity(length.min(64 * 1024) as usize)
}

fn unframed<T: DeserializeOwned>(bytes: &[u8], length: u32) -> io::Result<T> {
    if bytes.len() != length as usize {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    postcard::from_bytes(bytes)
        .map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "a piece is garbled"))
}

fn oversized() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "a piece is too large")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn jobs_and_answers_survive_the_way() {
        let kind = Kind::File {
            name: "Zoë.txt".to_owned(),
        };
        let mut wire = job(&Job {
            kind,
            size: 3,
            pictures: 0,
            passwords: Passwords::Untried,
        })
        .expect("short");
        wire.extend_from_slice(b"abc");
        let (job, content) = receive_job(&mut wire.as_slice())
            .expect("whole")
            .expect("a job");
        assert!(matches!(job.kind, Kind::File { name } if name == "Zoë.txt"));
        assert_eq!(content, b"abc");

        let mut wire = Vec::new();
        let reading = crate::extract::read_message(b"Subject: x\r\n\r\nbody", &Budget::default());
        send_answer(&mut wire, &Answer::Read(Box::new(reading.clone()))).expect("memory takes all");
        let back = receive_answer(&mut wire.as_slice()).await.expect("whole");
        let Answer::Read(back) = back else {
            panic!("a reading was sent");
        };
        assert_eq!(*back, reading);
    }

    #[tokio::test]
    async fn garbage_is_an_error_and_the_end_is_none() {
        assert!(
            receive_job(&mut &b""[..])
                .expect("the end is no error")
                .is_none()
        );
        for bad in [
            &b"\xff\xff\xff\xff"[..],
            b"\x02\0\0\0\xff\xff",
            b"\x04\0\0\0ab",
            b"\0\0\0\0",
            b"\x01",
        ] {
            assert!(receive_answer(&mut &bad[..]).await.is_err(), "{bad:?}");
        }
    }
}
