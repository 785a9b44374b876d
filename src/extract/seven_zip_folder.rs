//! The files of one folder of a 7z archive, one after the other.
//!
//! `sevenz-rust2` unpacks all methods but Deflate64, which is done here, alone
//! or below the archive's encryption.

use std::borrow::Cow;
use std::io::{self, Cursor, Read};

use deflate64::Deflate64Decoder;
use flate2::Crc;
use sevenz_rust2::{Archive, ArchiveEntry, BlockDecoder, Password};
use sha2::{Digest, Sha256};

use super::cipher::aes_cbc;
use super::seven_zip_header::Coder;

const DEFLATE_64: &[u8] = &[4, 1, 9];
/// Bytes before the packed ones, whose place is told from there.
const SIGNATURE: u64 = 32;
/// More rounds than this, as a power of two, would take minutes.
const MOST_ROUNDS: u8 = 24;

pub(crate) fn has_content(entry: &ArchiveEntry) -> bool {
    entry.has_stream && entry.size > 0
}

/// Hands each file that has content on, by its number and with what unpacks it,
/// until `on` says that it is enough, or something is wrong.
pub(crate) fn each(
    archive: &Archive,
    folder: usize,
    bytes: &[u8],
    password: &Password,
    on: &mut dyn FnMut(usize, &ArchiveEntry, &mut dyn Read) -> bool,
) {
    if let Some(encryption) = before_deflate_64(archive, folder) {
        if let Some(packed) = packed(archive, folder, bytes)
            && let Some(packed) = opened(packed, encryption, password)
        {
            let decoder = Deflate64Decoder::with_buffer(&*packed);
            split(archive, folder, decoder, on);
        }
        return;
    }
    let mut source = Cursor::new(bytes);
    let decoder = BlockDecoder::new(1, folder, archive, password, &mut source);
    let first = archive.stream_map.block_first_file_index.get(folder);
    let mut at = first.copied().unwrap_or_default();
    // A fault ends the folder, as its end does.
    let _ = decoder.for_each_entries(&mut |entry, reader| {
        at += 1;
        Ok(!has_content(entry) || on(at - 1, entry, reader))
    });
}

/// What stands before the last step of unpacking, if that is Deflate64: nothing,
/// or the encryption.
fn before_deflate_64(archive: &Archive, folder: usize) -> Option<Option<Coder<'_>>> {
    let block = archive.blocks.get(folder)?;
    let steps = block.ordered_coder_iter().map(|(_, step)| Coder {
        id: step.encoder_method_id(),
        properties: step.properties(),
    });
    let steps: Vec<Coder<'_>> = steps.collect();
    let mut steps = steps.into_iter();
    match (steps.next()?, steps.next(), steps.next()) {
        (only, None, _) if only.id == DEFLATE_64 => Some(None),
        (first, Some(last), None) if first.encrypts() && last.id == DEFLATE_64 => Some(Some(first)),
        _ => None,
    }
}

/// The folder's bytes in the file.
fn packed<'a>(archive: &Archive, folder: usize, bytes: &'a [u8]) -> Option<&'a [u8]> {
    let map = &archive.stream_map;
    let stream = *map.block_first_pack_stream_index().get(folder)?;
    let offset = *map.pack_stream_offsets().get(stream)?;
    let start = SIGNATURE
        .checked_add(archive.pack_pos())?
        .checked_add(offset)?;
    let length = usize::try_from(*archive.pack_sizes().get(stream)?).ok()?;
    bytes.get(usize::try_from(start).ok()?..)?.get(..length)
}

fn opened<'a>(
    packed: &'a [u8],
    encryption: Option<Coder<'_>>,
    password: &Password,
) -> Option<Cow<'a, [u8]>> {
    let Some(encryption) = encryption else {
        return Some(Cow::Borrowed(packed));
    };
    let (power, salt, iv) = parameters(encryption.properties)?;
    let key = key(power, salt, password.as_slice())?;
    Some(Cow::Owned(aes_cbc(&key, &iv, packed)?))
}

/// The power of two of the rounds, the salt and the first vector.
fn parameters(properties: &[u8]) -> Option<(u8, &[u8], [u8; 16])> {
    let (&[first, lengths], rest) = properties.split_first_chunk()?;
    let (salt, vector) = (lengths >> 4, lengths & 0xf);
    let salt = usize::from(first >> 7 & 1) + usize::from(salt);
    let vector = usize::from(first >> 6 & 1) + usize::from(vector);
    let (salt, rest) = rest.split_at_checked(salt)?;
    let mut iv = [0; 16];
    iv.get_mut(..vector)?.copy_from_slice(rest.get(..vector)?);
    Some((first & 0x3f, salt, iv))
}

/// One SHA-256 over as many rounds of salt, password and count; the highest
/// power stands for none at all.
fn key(power: u8, salt: &[u8], password: &[u8]) -> Option<[u8; 32]> {
    if power == 0x3f {
        let mut key = [0; 32];
        let said = salt.iter().chain(password);
        key.iter_mut()
            .zip(said)
            .for_each(|(byte, said)| *byte = *said);
        return Some(key);
    }
    if power > MOST_ROUNDS {
        return None;
    }
    let mut hash = Sha256::new();
    for round in 0..1_u64 << power {
        hash.update(salt);
        hash.update(password);
        hash.update(round.to_le_bytes());
    }
    Some(hash.finalize().into())
}

/// Cuts what comes into the folder's files.
fn split(
    archive: &Archive,
    folder: usize,
    mut all: impl Read,
    on: &mut dyn FnMut(usize, &ArchiveEntry, &mut dyn Read) -> bool,
) {
    let folders = archive.stream_map.file_block_index.iter();
    let files = folders.zip(&archive.files).enumerate();
    let mine = files.filter(|(_, (in_folder, _))| **in_folder == Some(folder));
    for (index, (_, entry)) in mine.filter(|(_, (_, entry))| has_content(entry)) {
        let mut file = Checked {
            inner: all.by_ref().take(entry.size),
            crc: Crc::new(),
            told: entry.has_crc.then_some(entry.crc),
        };
        let goes_on = on(index, entry, &mut file);
        if !goes_on || io::copy(&mut file, &mut io::sink()).is_err() {
            return;
        }
    }
}

/// Reads one file; its end is a fault where the checksum is another.
struct Checked<R> {
    inner: io::Take<R>,
    crc: Crc,
    told: Option<u64>,
}

impl<R: Read> Read for Checked<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.crc.update(&buffer[..read]);
        let is_end = self.inner.limit() == 0 || (read == 0 && !buffer.is_empty());
        if is_end
            && self
                .told
                .is_some_and(|told| told != u64::from(self.crc.sum()))
        {
            return Err(io::ErrorKind::InvalidData.into());
        }
        Ok(read)
    }
}
