//! The edits of a presentation, newest first, and where each says that its
//! objects begin ([MS-PPT] 2.1.2 and 2.3.3 to 2.3.6).

use std::collections::{HashMap, HashSet};

use super::record::{kind, records};
use crate::extract::bytes::u32_at;

const MOST_EDITS: usize = 4_096;

#[derive(Debug, Default)]
pub(super) struct Edits {
    places: HashMap<u32, usize>,
    document: Option<u32>,
    /// The object that tells of the encryption.
    pub(super) session: Option<u32>,
}

impl Edits {
    pub(super) fn read(user: &[u8], stream: &[u8]) -> Self {
        let mut edits = Self::default();
        let mut seen = HashSet::new();
        let mut directories = HashSet::new();
        let mut next = u32_at(user, 16);
        while let Some(start) = next.filter(|start| *start != 0)
            && seen.len() < MOST_EDITS
            && seen.insert(start)
        {
            let edit = records(stream, start as usize).next();
            let Some(edit) = edit.filter(|edit| edit.kind == kind::USER_EDIT) else {
                break;
            };
            edits.document = edits.document.or(edit.u32_at(16));
            edits.session = edits.session.or(edit.u32_at(28));
            // Edits that name the same one have nothing to add.
            if let Some(directory) = edit.u32_at(12).filter(|at| directories.insert(*at)) {
                edits.take_directory(stream, directory as usize);
            }
            next = edit.u32_at(8);
        }
        edits
    }

    /// Runs of objects: the first's number in 20 bits, how many in 12, then
    /// their places. What a newer edit says holds.
    fn take_directory(&mut self, stream: &[u8], start: usize) {
        let directory = records(stream, start).next();
        let Some(directory) = directory.filter(|found| found.kind == kind::PERSIST_DIRECTORY)
        else {
            return;
        };
        let mut at = 0;
        while let Some(run) = directory.u32_at(at) {
            for index in 0..run >> 20 {
                at += 4;
                if let Some(place) = directory.u32_at(at) {
                    self.places
                        .entry((run & 0xf_ffff) + index)
                        .or_insert(place as usize);
                }
            }
            at += 4;
        }
    }

    pub(super) fn place_of(&self, id: u32) -> Option<usize> {
        self.places.get(&id).copied()
    }

    /// Where the document's own record begins.
    pub(super) fn document(&self) -> Option<usize> {
        self.place_of(self.document?)
    }

    pub(super) fn objects(&self) -> impl Iterator<Item = (u32, usize)> {
        self.places.iter().map(|(id, place)| (*id, *place))
    }
}
