//! The head file: how far the journal had come, written beside the key.
//!
//! A database that is behind its head file was restored from a backup: what
//! it believes unsent may have been sent long ago. The file is written after
//! each commit and not synced, so that after a power cut it may be behind the
//! database, never before it.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use super::StoreError;
use super::journal::Head;
use super::keys::{at, parent};
use super::seal::{hex, unhex};

/// The open head file of a store.
#[derive(Debug)]
pub(super) struct HeadFile {
    path: PathBuf,
    file: File,
}

impl HeadFile {
    /// Opens the file beside the key, or makes it.
    pub(super) fn open(key_file: &Path) -> Result<Self, StoreError> {
        let path = path(key_file);
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(&path)
            .map_err(at(&path))?;
        Ok(Self { path, file })
    }

    /// Notes how far the journal is. Every line has the same length, so one
    /// write replaces the last. A failure costs the next start a question to
    /// a person, and is no reason to fail the commit that it follows.
    pub(super) fn write(&self, head: &Head, time: i64) {
        if let Err(error) = self.file.write_all_at(line(head, time).as_bytes(), 0) {
            tracing::warn!(%error, path = %self.path.display(), "the journal's head file cannot be written");
        }
    }

    /// Waits until the file is on the disk, name and all.
    pub(super) fn sync(&self) -> Result<(), StoreError> {
        self.file
            .sync_all()
            .and_then(|()| File::open(parent(&self.path))?.sync_all())
            .map_err(at(&self.path))
    }
}

/// What the head file says; `None` if there is none, or no sense in it.
pub(super) fn read(key_file: &Path) -> Result<Option<Head>, StoreError> {
    let path = path(key_file);
    match std::fs::read(&path) {
        Ok(bytes) => Ok(std::str::from_utf8(&bytes).ok().and_then(parse)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(at(&path)(error)),
    }
}

pub(super) fn path(key_file: &Path) -> PathBuf {
    let mut name = key_file.as_os_str().to_owned();
    name.push(".head");
    name.into()
}

fn line(head: &Head, time: i64) -> String {
    format!(
        "exeat-head-1 {:020} {} {time:020}\n",
        head.seq,
        hex(&head.hash)
    )
}

fn parse(text: &str) -> Option<Head> {
    let mut words = text.lines().next()?.split(' ');
    let (Some("exeat-head-1"), Some(seq), Some(hash)) = (words.next(), words.next(), words.next())
    else {
        return None;
    };
    Some(Head {
        seq: seq.parse().ok()?,
        hash: unhex(hash)?.try_into().ok()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_write_replaces_the_last() {
        let folder = tempfile::tempdir().expect("a folder");
        let key_file = folder.path().join("key");
        assert_eq!(read(&key_file).expect("no file"), None);
        let file = HeadFile::open(&key_file).expect("made");
        assert_eq!(read(&key_file).expect("empty"), None);
        for seq in [1, 99_999, 2] {
            let head = Head {
                seq,
                hash: [seq as u8; 32],
            };
            file.write(&head, 1_700_000_000_000);
            assert_eq!(read(&key_file).expect("readable"), Some(head));
        }
    }

    #[test]
    fn nonsense_is_no_head() {
        for text in [
            "",
            "\0\0\0\0",
            "exeat-head-1",
            "exeat-head-1 x y",
            "exeat-head-1 1 00ff 2\n",
            "exeat-head-2 1",
        ] {
            assert_eq!(parse(text), None, "{text:?}");
        }
    }
}
