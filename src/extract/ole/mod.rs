//! OLE compound files: what is in one, by the names of its streams.
//!
//! Office's encrypted documents are such files, and so are those that Office
//! wrote until 2003, and saved Outlook messages ([MS-CFB]).

use super::Protection;
use super::cipher::{self, Package};
use super::harvest::{Harvest, Place};
use super::{doc, file, kind, msg, ppt, sweep, xls};
use crate::finding::ProblemKind;

mod compound;
mod embedded;
mod strangers;

pub(crate) use compound::{Compound, Stream};
pub(crate) use embedded::embedded;
pub(crate) use strangers::strangers;

/// What rights management puts in the place of a document or a message.
const RIGHTS_MANAGED: &str = "\u{9}DRMContent";

pub(crate) fn read(bytes: &[u8], place: &Place, harvest: &mut Harvest<'_>) {
    let Some(compound) = Compound::parse(bytes) else {
        harvest.kind(place, "ole");
        return harvest.problem(
            place,
            ProblemKind::Damaged,
            "an Office document of the older kind that is damaged",
        );
    };
    if compound.is_cut() {
        cut_short(place, harvest);
    }
    contents(&compound, place, harvest);
}

fn cut_short(place: &Place, harvest: &mut Harvest<'_>) {
    harvest.problem(
        place,
        ProblemKind::Damaged,
        "it is cut short and was read as far as it could be",
    );
}

/// Reads what the streams show it to be.
pub(crate) fn contents(compound: &Compound<'_>, place: &Place, harvest: &mut Harvest<'_>) {
    if compound.has_at_top("EncryptedPackage") {
        return encrypted_office(compound, place, harvest);
    }
    let sealed = compound.stream(RIGHTS_MANAGED).map(|stream| stream.bytes);
    if sealed.is_some_and(|bytes| !bytes.is_empty() && !kind::is_plain(&bytes)) {
        harvest.kind(place, "irm");
        return harvest.protection(place, Protection::Protected, "sealed by rights management");
    }
    if compound.has_at_top(msg::PROPERTIES) {
        return msg::read(compound, place, harvest);
    }
    if xls::is_one(compound) {
        return xls::read(compound, place, harvest);
    }
    if doc::is_one(compound) {
        return doc::read(compound, place, harvest);
    }
    if ppt::is_one(compound) {
        return ppt::read(compound, place, harvest);
    }
    if compound.has("Quill") {
        harvest.kind(place, "pub");
        swept(compound, place, harvest);
        return harvest.problem(
            place,
            ProblemKind::NotRead,
            "a Publisher document: its words were read without their layout, and no pictures",
        );
    }
    let (kind, words) = if compound.has_at_top("VisioDocument") {
        ("vsd", "a Visio drawing")
    } else if embedded::packed(compound, place, harvest) {
        return;
    } else {
        ("ole", "a compound file of some program")
    };
    swept(compound, place, harvest);
    harvest.kind(place, kind);
    harvest.problem(
        place,
        ProblemKind::Unknown,
        format!("{words}: only such words were read as stand in it in clear"),
    );
}

/// The words in all streams of a document whose structure is not read.
fn swept(compound: &Compound<'_>, place: &Place, harvest: &mut Harvest<'_>) {
    let mut words = String::new();
    for (_, Stream { bytes, whole }) in compound.opened(|_| true) {
        if !whole && !compound.is_cut() {
            cut_short(place, harvest);
        }
        if !harvest.decoded(place, bytes.len()) {
            return;
        }
        let room = harvest.text_room(place).saturating_sub(words.len());
        words.push_str(&sweep::words(&bytes, room));
    }
    harvest.text(&place.within("words in it"), words);
}

/// A stream's bytes, paid for; a problem if they are not all there.
pub(crate) fn stream(
    compound: &Compound<'_>,
    path: &str,
    place: &Place,
    harvest: &mut Harvest<'_>,
) -> Option<Vec<u8>> {
    let Stream { bytes, whole } = compound.stream(path)?;
    if !whole && !compound.is_cut() {
        cut_short(place, harvest);
    }
    harvest.decoded(place, bytes.len()).then_some(bytes)
}

/// A docx, xlsx or pptx under a password ([MS-OFFCRYPTO] 2.3.4).
fn encrypted_office(compound: &Compound<'_>, place: &Place, harvest: &mut Harvest<'_>) {
    harvest.kind(place, "encrypted office");
    if compound.has("DRMEncryptedDataSpace") || compound.has("DRMEncryptedTransform") {
        return harvest.protection(place, Protection::Protected, "sealed by rights management");
    }
    let info = stream(compound, "EncryptionInfo", place, harvest).unwrap_or_default();
    let Some(package) = stream(compound, "EncryptedPackage", place, harvest) else {
        return;
    };
    match harvest
        .guesses(place)
        .then(|| cipher::open(&info, &package))
    {
        Some(Package::Opened { document, sealed }) => opened(&document, sealed, place, harvest),
        Some(Package::Locked(lock)) => locked(&lock, place, harvest),
        Some(Package::Sealed { why }) => harvest.protection(place, Protection::Protected, why),
        Some(Package::TooDear) => harvest.problem(
            place,
            ProblemKind::Hostile,
            "an encrypted Office document made to take very long to open",
        ),
        Some(Package::Unknown) => harvest.problem(
            place,
            ProblemKind::Unknown,
            "an Office document encrypted in a way that Exeat does not know",
        ),
        None => {}
    }
}

/// A document that no password known to everybody opens: the message may give
/// its own away.
fn locked(lock: &cipher::Lock<'_>, place: &Place, harvest: &mut Harvest<'_>) {
    harvest.protection(place, Protection::Protected, &lock.why());
    let document = harvest.try_words(place, lock.cost(), |word| lock.open(word));
    if let Some(document) = document
        && let Some(inside) = harvest.deeper(place)
    {
        file::contents(&document, &inside, harvest);
    }
}

/// The document that a password known to everybody opened.
fn opened(document: &[u8], sealed: bool, place: &Place, harvest: &mut Harvest<'_>) {
    let Some(inside) = harvest.deeper(place) else {
        return;
    };
    file::contents(document, &inside, harvest);
    let why = if sealed {
        cipher::OPENS_FOR_ANYONE.1
    } else {
        "it says that it is encrypted and is not"
    };
    harvest.protection(place, Protection::Open, why);
}
