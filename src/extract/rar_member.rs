//! What is known of the files in a RAR archive before they are unpacked.

use std::time::Duration;

use rars::{Archive, ArchiveMember, ArchiveMemberRef};

use super::{Protection, rar_header};
use crate::mail::charset;

pub(crate) const LARGEST_DICTIONARY: u64 = 64 * 1024 * 1024;

/// A file, folder or link of an archive.
pub(crate) struct Member {
    pub(crate) name: String,
    /// 0 for what is no file.
    pub(crate) size: u64,
    pub(crate) is_file: bool,
    /// What it is encrypted with, and what making the key of a password costs.
    pub(crate) sealing: Option<(Protection, &'static str, Duration)>,
    /// Its other parts are in other volumes.
    pub(crate) split: bool,
    /// It goes on with the dictionary of those before it.
    pub(crate) solid: bool,
    /// It is packed in a way that is known, with a dictionary of some measure.
    pub(crate) readable: bool,
}

pub(crate) fn members(archive: &Archive) -> Vec<Member> {
    archive.member_refs().map(Member::of).collect()
}

impl Member {
    fn of(file: ArchiveMemberRef<'_>) -> Self {
        let ArchiveMember { meta, .. } = file.to_owned();
        let is_file = !meta.is_directory && !meta.is_redirection;
        Self {
            name: charset::decode(&meta.name, None).replace('\\', "/"),
            size: if is_file { meta.unpacked_size } else { 0 },
            is_file,
            sealing: meta.is_encrypted.then(|| sealing(file)),
            split: meta.is_split_before || meta.is_split_after,
            solid: file.is_solid(),
            readable: is_readable(file),
        }
    }

    pub(crate) fn is_sealed(&self) -> bool {
        self.sealing.is_some()
    }
}

fn is_readable(file: ArchiveMemberRef<'_>) -> bool {
    let ArchiveMemberRef::Rar50Plus(file) = file else {
        return true;
    };
    let known = file.decoded_compression_info();
    file.is_stored() || known.is_ok_and(|how| how.dictionary_size <= LARGEST_DICTIONARY)
}

fn sealing(file: ArchiveMemberRef<'_>) -> (Protection, &'static str, Duration) {
    const WEAK: &str = "encrypted as RAR did it before version 3, which can be broken quickly";
    match file {
        ArchiveMemberRef::Rar50Plus(file) => {
            let power = file.encryption.as_ref().map_or(0, |how| how.kdf_count);
            let cost = rar_header::rounds_of_5(power);
            (Protection::Protected, "encrypted with AES-256", cost)
        }
        ArchiveMemberRef::Rar15To40(file) if file.unp_ver >= 29 => {
            let cost = rar_header::ROUNDS_OF_4;
            (Protection::Protected, "encrypted with AES-128", cost)
        }
        _ => (Protection::Weak, WEAK, Duration::ZERO),
    }
}
