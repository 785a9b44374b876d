//! Comments on single files of a RAR archive: old programs kept them in the
//! file's header, those of RAR 5 in a service record behind it. Hardly any
//! program shows them.

use std::io::{self, Write};
use std::time::Duration;

use rars::Archive;
use rars::rar50::{self, Block};

use super::harvest::{Harvest, Place};
use super::rar_header;
use super::rar_member::{LARGEST_DICTIONARY, Member};
use crate::finding::ProblemKind;
use crate::mail::charset;

const LONGEST: usize = 256 * 1024; // 256 KB
/// A flag of RAR 1.5 to 2.9: a comment stands in the file's header.
const HAS_COMMENT: u16 = 8;
/// What the passwords of all comments may take: each has its own salt.
const MOST_DERIVATION: Duration = Duration::from_secs(1);

/// A comment, and the number of its file; `None` for one that cannot be read.
type Comment = (usize, Option<Vec<u8>>);

pub(crate) fn read(
    archive: &Archive,
    members: &[Member],
    password: Option<&str>,
    place: &Place,
    harvest: &mut Harvest<'_>,
) {
    let mut lost = false;
    for (file, comment) in comments(archive, password) {
        let Some(comment) = comment else {
            lost = true;
            continue;
        };
        if harvest.is_spent() || !harvest.decoded(place, comment.len()) {
            return;
        }
        let name = members.get(file).map_or("a file", |member| &member.name);
        let place = place.hidden(&format!("comment on {name}, hidden"));
        // What encryption filled up may stand behind its end.
        let comment = comment.split(|&byte| byte == 0).next().unwrap_or_default();
        harvest.text(&place, charset::decode(comment, None));
    }
    if lost {
        harvest.problem(
            place,
            ProblemKind::Damaged,
            "a comment on a file in it could not be read",
        );
    }
}

fn comments(archive: &Archive, password: Option<&str>) -> Vec<Comment> {
    let told = |(index, comment): (usize, rars::Result<Option<Vec<u8>>>)| match comment {
        Ok(comment) => Some((index, Some(comment?))),
        Err(_) => Some((index, None)),
    };
    match archive {
        Archive::Rar13(archive) => {
            let comments = archive.entries.iter().map(rars::rar13::Entry::file_comment);
            comments.enumerate().filter_map(told).collect()
        }
        Archive::Rar15To40(archive) => {
            let comments = archive.files().map(|file| match file.file_comment()? {
                None if file.block.flags & HAS_COMMENT != 0 => {
                    Err(rars::Error::InvalidHeader("a comment that is none"))
                }
                comment => Ok(comment),
            });
            comments.enumerate().filter_map(told).collect()
        }
        Archive::Rar50Plus(archive) => of_5(archive, password),
        _ => Vec::new(),
    }
}

/// Those behind a file. The one before all files is the archive's own.
fn of_5(archive: &rar50::Archive, password: Option<&str>) -> Vec<Comment> {
    let mut found = Vec::new();
    let mut files: usize = 0;
    let mut left = MOST_DERIVATION;
    for block in &archive.blocks {
        match block {
            Block::File(_) => files += 1,
            Block::Service(record) if record.name == b"CMT" => {
                let Some(file) = files.checked_sub(1) else {
                    continue;
                };
                if let Some(how) = &record.encryption {
                    // Closed to whoever has no password for the files.
                    if password.is_none() {
                        continue;
                    }
                    let cost = rar_header::rounds_of_5(how.kdf_count);
                    match left.checked_sub(cost) {
                        Some(rest) => left = rest,
                        None => {
                            found.push((file, None));
                            continue;
                        }
                    }
                }
                found.push((file, unpacked(record, archive, password)));
            }
            _ => {}
        }
    }
    found
}

fn unpacked(
    record: &rar50::FileHeader,
    archive: &rar50::Archive,
    password: Option<&str>,
) -> Option<Vec<u8>> {
    let known = record.decoded_compression_info();
    let fits =
        record.is_stored() || known.is_ok_and(|how| how.dictionary_size <= LARGEST_DICTIONARY);
    if !fits || record.unpacked_size > LONGEST as u64 {
        return None;
    }
    let mut comment = Short(Vec::new());
    let password = password.map(str::as_bytes);
    record.write_to(archive, password, &mut comment).ok()?;
    Some(comment.0)
}

/// Takes no more than a comment has.
struct Short(Vec<u8>);

impl Write for Short {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0.len() + bytes.len() > LONGEST {
            return Err(io::Error::other("more than a comment has"));
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
