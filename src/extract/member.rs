//! Members of archives that are told of and not unpacked, in the same way for
//! all kinds of archives.

use super::harvest::{Harvest, Place};
use super::{Protection, Role};

pub(crate) const ENCRYPTED: (Protection, &str) =
    (Protection::Protected, "encrypted in its archive");

/// A folder, a link, or a file without content: its name is all of it.
pub(crate) fn empty(name: &str, place: &Place, harvest: &mut Harvest<'_>) {
    harvest.text(&place.within("file name").role(Role::FileName), name);
}

/// An encrypted file; gives the place of what is known of it.
pub(crate) fn encrypted(
    name: &str,
    size: u64,
    (protection, why): (Protection, &str),
    place: &Place,
    harvest: &mut Harvest<'_>,
) -> Place {
    let size = usize::try_from(size).unwrap_or(usize::MAX);
    let inside = harvest.attachment(place, &[name], size);
    harvest.kind(&inside, "encrypted");
    harvest.closed(&inside, protection, why);
    inside
}
