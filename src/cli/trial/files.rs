//! Messages in files, folders and mailboxes.

use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context;

/// A message somewhere in the file system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::cli) struct Message {
    path: Arc<Path>,
    /// Number (from 1) and bytes within a mailbox; `None` for a whole file.
    part: Option<(usize, Range<usize>)>,
}

impl Message {
    /// The file's path; `PATH#N` for the N-th message of a mailbox.
    pub(in crate::cli) fn name(&self) -> String {
        match &self.part {
            None => self.path.display().to_string(),
            Some((number, _)) => format!("{}#{number}", self.path.display()),
        }
    }

    /// The message with CRLF line ends.
    pub(super) fn bytes(&self) -> anyhow::Result<Vec<u8>> {
        let bytes = fs::read(&self.path).with_context(|| "the file could not be read")?;
        Ok(match &self.part {
            None => with_crlf(bytes),
            Some((_, range)) => {
                let range = range.start.min(bytes.len())..range.end.min(bytes.len());
                with_crlf(unquoted(&bytes[range]))
            }
        })
    }
}

/// Every message under these paths, folders sorted by name. A path that does
/// not exist is a message too: reading it tells what is wrong.
pub(in crate::cli) fn find(paths: &[PathBuf]) -> Vec<Message> {
    let mut messages = Vec::new();
    for path in paths {
        if path.is_dir() {
            collect_folder(path, &mut messages);
        } else {
            collect_file(path, &mut messages);
        }
    }
    messages
}

fn collect_folder(folder: &Path, messages: &mut Vec<Message>) {
    let Ok(entries) = fs::read_dir(folder) else {
        return messages.push(Message {
            path: folder.into(),
            part: None,
        });
    };
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    // In a Maildir, messages have no ending (https://cr.yp.to/proto/maildir.html).
    let maildir = matches!(
        folder.file_name().and_then(|n| n.to_str()),
        Some("cur" | "new")
    );
    for path in paths {
        if path.is_dir() {
            collect_folder(&path, messages);
        } else if maildir || is_mailbox(&path) || has_ending(&path, &["eml"]) {
            collect_file(&path, messages);
        }
    }
}

fn collect_file(path: &Path, messages: &mut Vec<Message>) {
    let path: Arc<Path> = path.into();
    if is_mailbox(&path)
        && let Ok(bytes) = fs::read(&path)
    {
        for (index, range) in mailbox_messages(&bytes).enumerate() {
            messages.push(Message {
                path: Arc::clone(&path),
                part: Some((index + 1, range)),
            });
        }
    } else {
        messages.push(Message { path, part: None });
    }
}

fn is_mailbox(path: &Path) -> bool {
    has_ending(path, &["mbox", "mbx"])
}

fn has_ending(path: &Path, endings: &[&str]) -> bool {
    let ending = path.extension().and_then(|ending| ending.to_str());
    ending.is_some_and(|ending| {
        endings
            .iter()
            .any(|known| ending.eq_ignore_ascii_case(known))
    })
}

/// The messages of a mailbox (RFC 4155): each begins after a line `From `
/// that stands first or after an empty line.
fn mailbox_messages(bytes: &[u8]) -> impl Iterator<Item = Range<usize>> {
    let mut starts: Vec<usize> = memchr::memmem::find_iter(bytes, b"\nFrom ")
        .map(|newline| newline + 1)
        .filter(|&at| bytes[..at].ends_with(b"\n\n") || bytes[..at].ends_with(b"\n\r\n"))
        .collect();
    if bytes.starts_with(b"From ") {
        starts.insert(0, 0);
    }
    let ends: Vec<usize> = starts
        .iter()
        .skip(1)
        .copied()
        .chain([bytes.len()])
        .collect();
    let bodies: Vec<Range<usize>> = starts
        .into_iter()
        .zip(ends)
        .map(|(start, end)| {
            let line = memchr::memchr(b'\n', &bytes[start..end]).map_or(end, |n| start + n + 1);
            line..end
        })
        .collect();
    bodies.into_iter()
}

/// Undoes the quoting of `From ` lines (mboxrd).
fn unquoted(message: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(message.len());
    for line in message.split_inclusive(|&byte| byte == b'\n') {
        let marks = line.iter().take_while(|&&byte| byte == b'>').count();
        let quoted = marks > 0 && line[marks..].starts_with(b"From ");
        out.extend_from_slice(&line[usize::from(quoted)..]);
    }
    out
}

/// A file without any CRLF is read as if it had them.
fn with_crlf(bytes: Vec<u8>) -> Vec<u8> {
    if memchr::memmem::find(&bytes, b"\r\n").is_some() {
        return bytes;
    }
    let mut out = Vec::with_capacity(bytes.len() + bytes.len() / 32);
    for line in bytes.split_inclusive(|&byte| byte == b'\n') {
        match line.strip_suffix(b"\n") {
            Some(text) => {
                out.extend_from_slice(text);
                out.extend_from_slice(b"\r\n");
            }
            None => out.extend_from_slice(line),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mailboxes_fall_apart_at_their_from_lines_only() {
        let mbox = b"From a@b Mon\nSubject: 1\n\nFrom here on\n>From quoted\n>>From twice\n\nFrom c@d Tue\nSubject: 2\n\nlast\n";
        let messages: Vec<Vec<u8>> = mailbox_messages(mbox)
            .map(|range| unquoted(&mbox[range]))
            .collect();
        assert_eq!(
            messages.len(),
            3,
            "an empty line before makes the second `From ` a start too"
        );
        let mbox = b"From a@b Mon\r\nSubject: 1\r\n\r\nText\r\nFrom here on\r\n\r\nFrom c@d Tue\r\nSubject: 2\r\n\r\n";
        assert_eq!(mailbox_messages(mbox).count(), 2);
        assert_eq!(mailbox_messages(b"no mailbox").count(), 0);
        assert_eq!(
            unquoted(b">From a\n>> From b\n>>From c\n"),
            b"From a\n>> From b\n>From c\n"
        );
    }

    #[test]
    fn line_ends_are_made_whole_only_where_none_is() {
        assert_eq!(with_crlf(b"a\nb".to_vec()), b"a\r\nb");
        assert_eq!(with_crlf(b"a\r\nb\nc".to_vec()), b"a\r\nb\nc");
    }
}
