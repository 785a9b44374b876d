//! Who is told of in running text without a name of the roster: a birthday
//! beside another name, and numbers that lead to somebody.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use crate::school::School;

use super::dates;
use super::identifiers::{Found, Identifier};
use super::prose::{Marked, NEAR, distance, row};
use super::sign::{Person, Record};
use super::tables::Table;
use super::weigh::Against;

/// How far before a birthday its name may begin, in bytes.
const BEFORE_BIRTH: usize = 120;

impl<'m> Marked<'m> {
    /// A date of birth right behind a name that is not on the roster, with a
    /// strong term or another identifier near it: a leaver, or a child to
    /// come.
    pub(super) fn unknown_people(&self, against: Against) -> impl Iterator<Item = Record<'m>> {
        static NAME: LazyLock<Regex> = LazyLock::new(|| {
            Regex::new(r"(\p{Lu})[\p{L}'’-]+[ ,]+(\p{Lu})[\p{L}'’-]+[^\n]{0,25}$")
                .expect("a good expression")
        });
        let births = self.identifiers.iter().filter(|found| {
            found.kind == Identifier::Birth && dates::is_young(&self.text[found.range.clone()])
        });
        births.filter_map(move |birth| {
            let end = birth.range.start;
            let start = self
                .text
                .floor_char_boundary(end.saturating_sub(BEFORE_BIRTH));
            let line = self.text[start..end].rfind('\n');
            let start = line.map_or(start, |line| start + line + 1);
            let name = NAME.captures(&self.text[start..end])?;
            // Who is on the roster is judged by the name.
            let last = self
                .sightings
                .partition_point(|sighting| sighting.range.start < end);
            let last = last.checked_sub(1).map(|last| &self.sightings[last].range);
            if last.is_some_and(|last| last.start >= start) {
                return None;
            }
            let window = end.saturating_sub(2 * NEAR)..birth.range.end + NEAR;
            let near = |place: &Range<usize>| distance(&birth.range, place) <= NEAR;
            let identifiers = self
                .identifiers_from(window.start)
                .take_while(|found| found.range.start < window.end)
                .filter(|found| near(&found.range));
            let terms = self
                .terms_from(window.start)
                .take_while(|term| term.place.start < window.end)
                .filter(|term| term.pattern.weight > 2 && near(&term.place));
            let signs = identifiers.map(|found| self.identifier(found));
            Some(Record {
                person: Person::Named(self.spot(birth.range.start)),
                pupils: BTreeSet::new(),
                signs: signs
                    .chain(terms.map(|term| term.sign(self.index)))
                    .collect(),
                against,
                listed: false,
                initials: format!("{}.{}.", &name[1], &name[2]),
                at: self.spot(birth.range.start),
            })
        })
    }

    /// Numbers that lead to somebody without a name: two UPNs, or one number
    /// that a word announces.
    pub(super) fn numbers_alone(
        &self,
        wide: &[&Table<'_>],
        used: &BTreeSet<usize>,
        against: Against,
        school: &School,
    ) -> Vec<Record<'m>> {
        let alone: Vec<&Found> = self
            .identifiers
            .iter()
            .filter(|found| found.kind.names_somebody())
            // Those in tables are counted there, by row.
            .filter(|found| row(wide, found.range.start).is_none())
            .filter(|found| !used.contains(&found.range.start))
            .collect();
        let upn = |found: &Found| self.text[found.range.clone()].to_ascii_uppercase();
        let upns: BTreeSet<String> = alone
            .iter()
            .filter(|found| found.kind == Identifier::Upn)
            .map(|found| upn(found))
            .collect();
        let mut records: Vec<Record<'m>> = Vec::new();
        for found in alone {
            let spot = self.spot(found.range.start);
            let sign = self.identifier(found);
            let person = match found.kind {
                Identifier::Upn => Person::Upn(upn(found)),
                _ => Person::Numbered(spot),
            };
            let believed = found.kind != Identifier::Upn
                || found.announced
                || upns.len() >= 2
                || is_on_roster(&upn(found), school);
            // Numbers of two kinds side by side are one person's.
            let last = records.last_mut().filter(|last: &&mut Record<'_>| {
                found.range.start - last.at.offset <= NEAR
                    && last.signs.iter().all(|known| known.kind != sign.kind)
            });
            match last {
                Some(last) => last.signs.push(sign),
                None if believed => records.push(Record {
                    person,
                    pupils: BTreeSet::new(),
                    signs: vec![sign],
                    against,
                    listed: false,
                    initials: String::new(),
                    at: spot,
                }),
                None => {}
            }
        }
        records
    }
}

fn is_on_roster(upn: &str, school: &School) -> bool {
    school.people.pupils.of_upn(upn).is_some()
}
