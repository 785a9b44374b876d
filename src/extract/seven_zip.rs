//! 7z archives: each folder is packed and encrypted by itself, and so may be
//! the list of files.

use std::io::{self, Cursor, Read};
use std::time::Duration;

use sevenz_rust2::{Archive, ArchiveEntry, Block, Password};

use super::harvest::{Harvest, Place};
use super::seven_zip_folder::{self, has_content};
use super::seven_zip_header::{self, Coder, List};
use super::unpack::{self, Fault};
use super::{Protection, file, member};
use crate::finding::ProblemKind;

/// The list of files takes up to two hundred times its bytes in memory.
const LONGEST_LIST: u64 = 512 * 1024;
/// What unpacking one folder may keep of its output: 7-Zip's "ultra" is 64 MB.
const MOST_MEMORY: u64 = 68 * 1024 * 1024;
/// Readers are stacked, one for each: no program packs in so many steps.
const MOST_CODERS: usize = 8;

pub(crate) fn read(bytes: &[u8], place: &Place, harvest: &mut Harvest<'_>) {
    harvest.kind(place, "7z");
    let (size, memory, trial) = match seven_zip_header::list(bytes) {
        List::Readable { size, memory } => (size, memory, None),
        List::Encrypted {
            size,
            memory,
            trial,
        } => (size, memory, Some(trial)),
        List::Damaged => return damaged(place, harvest),
    };
    if trial.is_some() {
        harvest.protection(
            place,
            Protection::Protected,
            "encrypted with AES-256, the names of its files too",
        );
    }
    if size > LONGEST_LIST || memory > MOST_MEMORY {
        return harvest.exhaust(place, "its list of files is larger than Exeat reads");
    }
    let Some(trial) = trial else {
        return match listed(bytes, &Password::empty()) {
            Some(archive) => {
                protection(&archive, place, harvest);
                let password = password(&archive, bytes, place, harvest);
                contents(
                    &archive,
                    bytes,
                    &password.unwrap_or_default(),
                    place,
                    harvest,
                );
            }
            None => damaged(place, harvest),
        };
    };
    let opened = harvest.try_words(place, trial, |word| {
        let password = Password::new(word);
        let archive = listed(bytes, &password).filter(|archive| !archive.files.is_empty())?;
        Some((archive, password))
    });
    if let Some((archive, password)) = opened {
        contents(&archive, bytes, &password, place, harvest);
    }
}

fn listed(bytes: &[u8], password: &Password) -> Option<Archive> {
    Archive::read(&mut Cursor::new(bytes), password).ok()
}

fn contents(
    archive: &Archive,
    bytes: &[u8],
    password: &Password,
    place: &Place,
    harvest: &mut Harvest<'_>,
) {
    if let Some(inside) = harvest.deeper(place) {
        members(archive, bytes, password, &inside, harvest);
    }
}

/// The password that a word of the message is, proven by the checksum of the
/// smallest file that begins a folder.
fn password(
    archive: &Archive,
    bytes: &[u8],
    place: &Place,
    harvest: &mut Harvest<'_>,
) -> Option<Password> {
    let first_file = |folder: usize| {
        let first = *archive.stream_map.block_first_file_index.get(folder)?;
        let entry = archive
            .files
            .get(first..)?
            .iter()
            .find(|e| has_content(e))?;
        entry.has_crc.then_some(entry.size)
    };
    let encrypted = |folder: &usize| {
        let block = &archive.blocks[*folder];
        is_readable(block) && coders(block).any(|coder| coder.encrypts())
    };
    let (size, folder) = (0..archive.blocks.len())
        .filter(encrypted)
        .filter_map(|folder| Some((first_file(folder)?, folder)))
        .min()?;
    let trial = coders(&archive.blocks[folder])
        .map(|coder| coder.trial())
        .sum::<Duration>();
    // What is unpacked to prove a password costs too: ten nanoseconds a byte.
    let cost = trial + Duration::from_nanos(size.saturating_mul(10));
    harvest.try_words(place, cost, |word| {
        let password = Password::new(word);
        let mut right = false;
        // A wrong password ends in a fault of one kind or another.
        seven_zip_folder::each(
            archive,
            folder,
            bytes,
            &password,
            &mut |_, entry, reader| {
                let read = io::copy(&mut reader.take(entry.size), &mut io::sink());
                right = read.is_ok_and(|read| read == entry.size);
                false
            },
        );
        right.then_some(password)
    })
}

fn damaged(place: &Place, harvest: &mut Harvest<'_>) {
    harvest.problem(
        place,
        ProblemKind::Damaged,
        "the archive is cut short or damaged, or one of several parts",
    );
}

/// Protected only if every file with content is.
fn protection(archive: &Archive, place: &Place, harvest: &mut Harvest<'_>) {
    let with_content = || (0..archive.files.len()).filter(|&i| has_content(&archive.files[i]));
    let sealed = with_content().filter(|&i| is_encrypted(archive, i)).count();
    let (protection, why) = match (sealed, with_content().count()) {
        (0, _) => return,
        (sealed, all) if sealed == all => (Protection::Protected, "encrypted with AES-256"),
        _ => (Protection::Weak, "only some of its files are encrypted"),
    };
    harvest.protection(place, protection, why);
}

/// Whether the folder that holds the file is encrypted.
fn is_encrypted(archive: &Archive, file: usize) -> bool {
    let folder = archive.stream_map.file_block_index.get(file);
    let block = folder.and_then(|folder| archive.blocks.get((*folder)?));
    block.is_some_and(|block| coders(block).any(|coder| coder.encrypts()))
}

/// Whether unpacking it stays within what a reader may take.
fn is_readable(block: &Block) -> bool {
    let memory: u64 = coders(block).map(|coder| coder.memory()).sum();
    memory <= MOST_MEMORY && block.coders.len() <= MOST_CODERS
}

fn coders(block: &Block) -> impl Iterator<Item = Coder<'_>> {
    block.coders.iter().map(|coder| Coder {
        id: coder.encoder_method_id(),
        properties: coder.properties(),
    })
}

fn members(
    archive: &Archive,
    bytes: &[u8],
    password: &Password,
    place: &Place,
    harvest: &mut Harvest<'_>,
) {
    // Which files have been read or told of; the folders' readers stop at the
    // first fault.
    let mut told = vec![false; archive.files.len()];
    for folder in 0..archive.blocks.len() {
        if harvest.is_spent() {
            return;
        }
        let block = &archive.blocks[folder];
        let encrypted = coders(block).any(|coder| coder.encrypts());
        if is_readable(block) && (!encrypted || !password.is_empty()) {
            read_folder(archive, folder, bytes, password, &mut told, place, harvest);
        }
    }
    for (i, entry) in archive.files.iter().enumerate() {
        if harvest.is_spent() {
            return;
        }
        if !told[i] && harvest.entry(place) {
            closed(entry, is_encrypted(archive, i), place, harvest);
        }
    }
}

fn read_folder(
    archive: &Archive,
    folder: usize,
    bytes: &[u8],
    password: &Password,
    told: &mut [bool],
    place: &Place,
    harvest: &mut Harvest<'_>,
) {
    let mut left = harvest.inflatable(bytes.len());
    // A fault ends the folder: what was not told until then is told after.
    seven_zip_folder::each(
        archive,
        folder,
        bytes,
        password,
        &mut |index, entry, reader| {
            if let Some(told) = told.get_mut(index) {
                *told = true;
            }
            let size = open(entry, reader, left, place, harvest);
            left -= size.unwrap_or(left);
            size.is_some() && !harvest.is_spent()
        },
    );
}

/// Reads a file of which at most `limit` bytes may come, and tells its size;
/// `None` after a fault.
fn open(
    entry: &ArchiveEntry,
    reader: &mut dyn Read,
    limit: usize,
    place: &Place,
    harvest: &mut Harvest<'_>,
) -> Option<usize> {
    let fault = match unpack::inflate(reader, entry.size, limit.min(harvest.room())) {
        Ok(bytes) if bytes.len() as u64 == entry.size => {
            if harvest.decoded(place, bytes.len()) {
                file::read(&[&entry.name], &bytes, place, harvest);
            }
            return Some(bytes.len());
        }
        Ok(_) => Fault::Damaged,
        Err(fault) => fault,
    };
    if harvest.entry(place) {
        let inside = harvest.attachment(place, &[&entry.name], 0);
        fault.tell(&inside, harvest);
    }
    None
}

/// Tells of what was not unpacked: a folder, an empty file, an encrypted one,
/// or one behind a fault.
fn closed(entry: &ArchiveEntry, encrypted: bool, place: &Place, harvest: &mut Harvest<'_>) {
    if !has_content(entry) {
        return member::empty(&entry.name, place, harvest);
    }
    if encrypted {
        member::encrypted(&entry.name, entry.size, member::ENCRYPTED, place, harvest);
        return;
    }
    let size = usize::try_from(entry.size).unwrap_or(usize::MAX);
    let inside = harvest.attachment(place, &[&entry.name], size);
    harvest.problem(
        &inside,
        ProblemKind::Damaged,
        "it could not be unpacked: it is damaged, or packed in a way that is not read",
    );
}
