//! A message's bytes on their way through: in memory while small, in a sealed
//! temporary file beyond.
//!
//! Fifty clients may each be sending 20 MB. What one of them occupies in
//! memory is at most [`IN_MEMORY`] plus one chunk, in pieces that need not be
//! moved as it grows. The file has no name from
//! the start, so a crash leaves nothing behind, and it is sealed with a key
//! that only this process ever knows.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use chacha20poly1305::aead::{Aead, KeyInit};
use chacha20poly1305::{ChaCha20Poly1305, Key, Nonce};

/// The size up to which a message stays in memory: 4 MB.
pub const IN_MEMORY: usize = 4 * 1024 * 1024;
/// The size of a piece in memory, and of a chunk of plain text in the file:
/// 256 KB.
pub const CHUNK: usize = 256 * 1024;
/// What sealing adds to a chunk: Poly1305's tag.
const TAG: usize = 16;

/// A whole message, or any other run of bytes that may be large. Cheap to
/// clone.
#[derive(Debug, Clone)]
pub struct Content(Kept);

#[derive(Clone)]
enum Kept {
    Memory(Arc<[Bytes]>),
    File(Arc<Sealed>),
}

struct Sealed {
    file: File,
    cipher: ChaCha20Poly1305,
    size: u64,
}

impl Content {
    /// The size in bytes.
    pub fn size(&self) -> u64 {
        match &self.0 {
            Kept::Memory(pieces) => pieces.iter().map(|piece| piece.len() as u64).sum(),
            Kept::File(sealed) => sealed.size,
        }
    }

    /// The bytes in order, piece by piece. An error is the file system's, or a
    /// file that somebody altered.
    pub fn chunks(&self) -> impl Iterator<Item = io::Result<Bytes>> + Send + use<> {
        let kept = self.0.clone();
        let pieces = match &kept {
            Kept::Memory(pieces) => pieces.len() as u64,
            Kept::File(sealed) => sealed.size.div_ceil(CHUNK as u64),
        };
        (0..pieces).map(move |index| match &kept {
            Kept::Memory(pieces) => Ok(pieces[index as usize].clone()),
            Kept::File(sealed) => sealed.open(index),
        })
    }

    /// The first bytes, at most `length`.
    pub fn head(&self, length: usize) -> io::Result<Bytes> {
        let mut pieces = self.chunks();
        let mut head = pieces.next().unwrap_or_else(|| Ok(Bytes::new()))?;
        while head.len() < length
            && let Some(piece) = pieces.next()
        {
            head = [head, piece?].concat().into();
        }
        head.truncate(length);
        Ok(head)
    }

    /// All of it in memory: for workers and tests, not for the relay.
    pub fn to_vec(&self) -> io::Result<Vec<u8>> {
        let mut all = Vec::with_capacity(usize::try_from(self.size()).unwrap_or(0));
        for chunk in self.chunks() {
            all.extend_from_slice(&chunk?);
        }
        Ok(all)
    }
}

impl<B: Into<Bytes>> From<B> for Content {
    fn from(bytes: B) -> Self {
        Self(Kept::Memory([bytes.into()].into()))
    }
}

impl std::fmt::Debug for Kept {
    /// Sizes only: a message's text has no business in a log.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Memory(pieces) => write!(f, "{} pieces in memory", pieces.len()),
            Self::File(sealed) => write!(f, "{} bytes in a file", sealed.size),
        }
    }
}

impl Sealed {
    fn open(&self, index: u64) -> io::Result<Bytes> {
        let start = index * CHUNK as u64;
        let plain = usize::try_from(self.size - start).map_or(CHUNK, |rest| rest.min(CHUNK));
        let mut sealed = vec![0; plain + TAG];
        self.file
            .read_exact_at(&mut sealed, index * (CHUNK + TAG) as u64)?;
        let opened = self
            .cipher
            .decrypt(&nonce(index), sealed.as_slice())
            .map_err(|_| {
                io::Error::new(io::ErrorKind::InvalidData, "a spilled message was altered")
            })?;
        Ok(opened.into())
    }
}

/// Every file has its own key, so the chunk's number serves as nonce.
fn nonce(index: u64) -> Nonce {
    let mut nonce = Nonce::default();
    nonce[..8].copy_from_slice(&index.to_le_bytes());
    nonce
}

/// Collects a [`Content`].
#[derive(Debug)]
pub struct Writer {
    folder: PathBuf,
    /// Each of [`CHUNK`] bytes.
    pieces: Vec<Bytes>,
    pending: BytesMut,
    spill: Option<Spill>,
}

struct Spill {
    file: File,
    cipher: ChaCha20Poly1305,
    chunks: u64,
}

impl std::fmt::Debug for Spill {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} chunks", self.chunks)
    }
}

impl Writer {
    /// `folder` is where a file goes if one is needed.
    pub fn new(folder: &Path) -> Self {
        Self {
            folder: folder.to_owned(),
            pieces: Vec::new(),
            pending: BytesMut::new(),
            spill: None,
        }
    }

    pub fn push(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        while self.pending.len() + bytes.len() > CHUNK {
            let (fills, rest) = bytes.split_at(CHUNK - self.pending.len());
            self.pending.extend_from_slice(fills);
            bytes = rest;
            let full = std::mem::replace(&mut self.pending, BytesMut::with_capacity(CHUNK));
            self.keep(full.freeze())?;
        }
        self.pending.extend_from_slice(bytes);
        Ok(())
    }

    fn keep(&mut self, piece: Bytes) -> io::Result<()> {
        self.pieces.push(piece);
        if self.spill.is_none() && self.pieces.len() * CHUNK >= IN_MEMORY {
            self.spill = Some(Spill::create(&self.folder)?);
        }
        if let Some(spill) = &mut self.spill {
            for piece in self.pieces.drain(..) {
                spill.write(&piece)?;
            }
        }
        Ok(())
    }

    /// Forgets what has been pushed, and gives its room back.
    pub fn clear(&mut self) {
        self.pieces = Vec::new();
        self.pending = BytesMut::new();
        self.spill = None;
    }

    pub fn finish(mut self) -> io::Result<Content> {
        let Some(mut spill) = self.spill else {
            self.pieces.push(self.pending.freeze());
            return Ok(Content(Kept::Memory(self.pieces.into())));
        };
        let size = spill.chunks * CHUNK as u64 + self.pending.len() as u64;
        if !self.pending.is_empty() {
            spill.write(&self.pending)?;
        }
        Ok(Content(Kept::File(Arc::new(Sealed {
            file: spill.file,
            cipher: spill.cipher,
            size,
        }))))
    }
}

impl Spill {
    fn create(folder: &Path) -> io::Result<Self> {
        let mut key = Key::default();
        getrandom::fill(&mut key).map_err(io::Error::other)?;
        Ok(Self {
            file: tempfile::tempfile_in(folder)?,
            cipher: ChaCha20Poly1305::new(&key),
            chunks: 0,
        })
    }

    fn write(&mut self, chunk: &[u8]) -> io::Result<()> {
        let sealed = self
            .cipher
            .encrypt(&nonce(self.chunks), chunk)
            .map_err(|_| io::Error::other("sealing a spilled message failed"))?;
        self.file.write_all(&sealed)?;
        self.chunks += 1;
        Ok(())
    }
}

/// Collects all that a reader gives, up to `limit` bytes; `None` if it gives
/// more.
pub fn collect(mut reader: impl Read, limit: u64, folder: &Path) -> io::Result<Option<Content>> {
    let mut writer = Writer::new(folder);
    let mut buffer = vec![0; 64 * 1024];
    let mut total = 0;
    loop {
        match reader.read(&mut buffer)? {
            0 => return writer.finish().map(Some),
            n => {
                total += n as u64;
                if total > limit {
                    return Ok(None);
                }
                writer.push(&buffer[..n])?;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn content_of(bytes: &[u8]) -> Content {
        collect(bytes, u64::MAX, &std::env::temp_dir())
            .expect("temporary files work")
            .expect("no limit")
    }

    #[test]
    fn small_and_large_messages_come_back_whole() {
        for size in [
            0,
            1,
            CHUNK,
            CHUNK + 1,
            3 * CHUNK,
            IN_MEMORY,
            IN_MEMORY + 1,
            2 * CHUNK,
            5 * CHUNK,
            5 * CHUNK + 7,
        ] {
            let bytes: Vec<u8> = (0..size).map(|i| (i % 251) as u8).collect();
            let content = content_of(&bytes);
            assert_eq!(content.size(), size as u64);
            assert!(content.to_vec().expect("readable") == bytes, "{size} bytes");
            for length in [10, CHUNK, CHUNK + 1, 2 * CHUNK + 10] {
                let head = content.head(length).expect("readable");
                assert!(head == bytes[..size.min(length)], "{length} of {size}");
            }
        }
    }

    #[test]
    fn what_is_spilled_is_not_in_clear() {
        let content = content_of(&b"all in clear ".repeat(400_000));
        let Kept::File(sealed) = &content.0 else {
            panic!("5.2 MB stayed in memory");
        };
        let mut raw = vec![0; 4096];
        sealed.file.read_exact_at(&mut raw, 0).expect("readable");
        assert!(memchr::memmem::find(&raw, b"clear").is_none());
        sealed.file.write_all_at(b"x", 100).expect("writable");
        assert!(content.to_vec().is_err(), "an altered file is noticed");
    }

    #[test]
    fn the_limit_holds() {
        let folder = std::env::temp_dir();
        assert!(collect(&[0; 100][..], 100, &folder).expect("io").is_some());
        assert!(collect(&[0; 101][..], 100, &folder).expect("io").is_none());
    }
}
