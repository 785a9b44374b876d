//! Pictures that stand in documents: each is read as if it had been attached
//! by itself, at the place where people see it.

use std::collections::HashMap;

use flate2::read::MultiGzDecoder;

use super::compressed::Compression;
use super::harvest::{Harvest, Place};
use super::kind::{self, Kind};
use super::{file, metafile, picture, unpack};
use crate::finding::ProblemKind;

/// What a picture may become by unpacking, however small it is packed: blank
/// paper packs well.
const LARGEST: usize = 16 * 1024 * 1024; // 16 MB

const UNREAD: &str = "a picture in it: its text was not read";

/// The pictures of one document, numbered at each place.
#[derive(Debug, Default)]
pub(crate) struct Illustrations(HashMap<String, u32>);

impl Illustrations {
    /// Reads the next picture at the place.
    pub(crate) fn read(&mut self, bytes: &[u8], place: &Place, harvest: &mut Harvest<'_>) {
        let kind = kind::sniff(bytes);
        if kind == Kind::Empty {
            return;
        }
        let name = self.next(place);
        match kind {
            // So Word and PowerPoint keep metafiles.
            Kind::Compressed(Compression::Gzip) => {
                let limit = most_unpacked(bytes.len(), harvest);
                match unpack::inflate(MultiGzDecoder::new(bytes), 0, limit) {
                    Ok(bytes) if harvest.decoded(place, bytes.len()) => {
                        read(kind::sniff(&bytes), &bytes, &name, place, harvest);
                    }
                    Ok(_) => {}
                    Err(fault) => fault.tell(&place.within(&name), harvest),
                }
            }
            kind => read(kind, bytes, &name, place, harvest),
        }
    }

    /// Reads the next pictures at the place.
    pub(crate) fn read_all(
        &mut self,
        pictures: &[Vec<u8>],
        place: &Place,
        harvest: &mut Harvest<'_>,
    ) {
        for picture in pictures {
            if !picture.is_empty() && harvest.decoded(place, picture.len()) {
                self.read(picture, place, harvest);
            }
        }
    }

    /// Tells of the next picture that it is too large to be read.
    pub(crate) fn too_large(&mut self, place: &Place, harvest: &mut Harvest<'_>) {
        let place = place.within(&self.next(place));
        let what = "a picture in it, too large to be read";
        harvest.problem(&place, ProblemKind::NotRead, what);
    }

    fn next(&mut self, place: &Place) -> String {
        let number = self.0.entry(place.location.to_string()).or_default();
        *number += 1;
        format!("picture {number}")
    }
}

/// Bytes that a packed picture may become.
pub(crate) fn most_unpacked(packed: usize, harvest: &Harvest<'_>) -> usize {
    let paper = LARGEST.min(harvest.room());
    harvest.inflatable(packed).max(paper)
}

fn read(kind: Kind, bytes: &[u8], name: &str, around: &Place, harvest: &mut Harvest<'_>) {
    let place = around.within(name);
    match kind {
        // How LibreOffice draws an object, which is read by itself.
        Kind::Picture("svm") => {}
        Kind::Picture(kind) if metafile::is_one(kind) => metafile::read(bytes, &place, harvest),
        Kind::Picture(kind) => {
            picture::within(kind, bytes, &place, harvest);
        }
        Kind::Media(media) => harvest.problem(&place, ProblemKind::NotRead, media.what),
        Kind::Unknown | Kind::Unread { .. } | Kind::Compressed(_) => {
            harvest.problem(&place, ProblemKind::NotRead, UNREAD);
        }
        // A drawing in SVG, a page in PDF, or whatever else was put there.
        _ => file::read(&[name], bytes, around, harvest),
    }
}
