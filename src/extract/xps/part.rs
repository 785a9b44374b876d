//! The parts of a package by name (ECMA-376 part 2): a part may lie in several
//! pieces, and letters of either case name the same one.

use std::collections::BTreeMap;

use crate::extract::harvest::{Harvest, Place};
use crate::extract::zip_records::{Archive, Member};

/// Where pieces are counted: `1.fpage/[0].piece`, `1.fpage/[1].last.piece`.
const PIECE: &str = ".piece";

#[derive(Debug)]
pub(super) struct Parts<'a>(BTreeMap<String, Vec<(usize, &'a Member<'a>)>>);

impl<'a> Parts<'a> {
    pub(super) fn of(archive: &'a Archive<'a>) -> Self {
        let mut parts: BTreeMap<String, Vec<(usize, &Member<'_>)>> = BTreeMap::new();
        for member in &archive.members {
            let (name, number) = pieced(&member.name);
            let pieces = parts.entry(folded(name)).or_default();
            pieces.push((number, member));
        }
        for pieces in parts.values_mut() {
            pieces.sort_by_key(|(number, _)| *number);
        }
        Self(parts)
    }

    /// Pages that are on no list, in the order of their names.
    pub(super) fn stray_pages(&self, listed: &[String]) -> Vec<String> {
        let mut pages = self.ending_in(".fpage");
        pages.retain(|page| !listed.contains(page));
        pages.sort_by_key(|page| (page.len(), page.clone()));
        pages
    }

    pub(super) fn ending_in(&self, ending: &str) -> Vec<String> {
        let names = self.0.keys();
        names
            .filter(|name| name.ends_with(ending))
            .cloned()
            .collect()
    }

    /// What is neither a page nor leads to one.
    pub(super) fn beside_pages(&self) -> Vec<String> {
        let is_of_pages = |name: &str| {
            let endings = [".fpage", ".fdoc", ".fdseq", ".rels"];
            name == "[content_types].xml" || endings.iter().any(|ending| name.ends_with(ending))
        };
        let names = self.0.keys();
        names.filter(|name| !is_of_pages(name)).cloned().collect()
    }

    /// The bytes of a part; `None` if it is missing or damaged.
    pub(super) fn unpack(
        &self,
        name: &str,
        place: &Place,
        harvest: &mut Harvest<'_>,
    ) -> Option<Vec<u8>> {
        let limit = harvest.inflatable(self.packed(name));
        self.unpack_within(limit, name, place, harvest)
    }

    pub(super) fn unpack_within(
        &self,
        limit: usize,
        name: &str,
        place: &Place,
        harvest: &mut Harvest<'_>,
    ) -> Option<Vec<u8>> {
        let mut all = Vec::new();
        for (_, piece) in self.0.get(name)? {
            match piece.unpack(limit - all.len()) {
                Ok(bytes) => {
                    let fits = harvest.decoded(place, bytes.len());
                    if !fits || !piece.is_sound(&bytes) {
                        return None;
                    }
                    all.extend_from_slice(&bytes);
                }
                Err(fault) => {
                    fault.tell(place, harvest);
                    return None;
                }
            }
        }
        Some(all)
    }

    /// Bytes that the part takes in the archive.
    pub(super) fn packed(&self, name: &str) -> usize {
        let pieces = self.0.get(name).into_iter().flatten();
        pieces.map(|(_, piece)| piece.packed.len()).sum()
    }

    /// Bytes that it says it unpacks to.
    pub(super) fn size(&self, name: &str) -> u64 {
        let pieces = self.0.get(name).into_iter().flatten();
        pieces.fold(0, |size, (_, piece)| size.saturating_add(piece.size))
    }
}

/// The part that a member is, or is a piece of.
pub(super) fn whole_name(member: &str) -> String {
    folded(pieced(member).0)
}

pub(super) fn is_page(part: &str) -> bool {
    part.ends_with(".fpage")
}

/// A part's name as all spellings of it come to be.
pub(super) fn folded(name: &str) -> String {
    name.trim_start_matches('/').to_ascii_lowercase()
}

fn pieced(member: &str) -> (&str, usize) {
    let split = || {
        let (part, piece) = member.rsplit_once("/[")?;
        let (number, ending) = piece.split_once(']')?;
        let ending = ending.to_ascii_lowercase();
        let known = ending == PIECE || ending.strip_prefix(".last") == Some(PIECE);
        Some((part, number.parse().ok().filter(|_| known)?))
    };
    split().unwrap_or((member, 0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_told_from_parts() {
        for (member, part, number) in [
            ("Documents/1/Pages/1.fpage", "Documents/1/Pages/1.fpage", 0),
            ("/a.fpage/[0].piece", "/a.fpage", 0),
            ("a.fpage/[12].last.piece", "a.fpage", 12),
            ("a.fpage/[1].LAST.PIECE", "a.fpage", 1),
            ("a.fpage/[x].piece", "a.fpage/[x].piece", 0),
            ("a.fpage/[1].text", "a.fpage/[1].text", 0),
            ("a/[1", "a/[1", 0),
        ] {
            assert_eq!(pieced(member), (part, number), "{member}");
        }
        assert_eq!(whole_name("/Pages/1.FPAGE/[0].piece"), "pages/1.fpage");
    }
}
