//! Running text: a pupil's name with an identifier or a telling term near it.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use crate::check::{Screened, Sighting, masking};
use crate::patterns::{Folded, Hit, Pattern, Scanned, Topic};
use crate::school::School;

use super::evidence::{Evidence, Kind, Person, Place};
use super::identifiers::{self, Identifier};
use super::tables::Table;

/// How near to a name the evidence stands, in bytes.
const NEAR: usize = 300;
/// What a document for everybody, or for teaching, takes from its terms.
const PUBLIC: i32 = 3;

/// A term of the special categories' pack, found in a text.
#[derive(Debug)]
pub(super) struct Term<'p> {
    /// Bytes of the text.
    pub(super) place: Range<usize>,
    pub(super) pattern: &'p Pattern,
    words: String,
}

impl Term<'_> {
    /// The term as a finding may show it.
    pub(super) fn shown(&self) -> String {
        format!("\"{}\"", self.words)
    }
}

/// A text with everything that was found in it, each in order.
#[derive(Debug)]
pub(super) struct Marked<'m> {
    /// Index into the reading's texts.
    pub(super) index: usize,
    pub(super) text: &'m str,
    pub(super) tables: Vec<Table<'m>>,
    pub(super) sightings: Vec<&'m Sighting>,
    pub(super) terms: Vec<Term<'m>>,
    pub(super) identifiers: Vec<identifiers::Found>,
    /// Whether a Common Transfer File's words stand in it.
    pub(super) transfer: bool,
}

impl<'m> Marked<'m> {
    pub(super) fn new(index: usize, mail: &'m Screened<'_>, school: &'m School) -> Self {
        let text = &mail.reading.texts[index];
        let tables = Table::all_in(text);
        let text = text.text.as_str();
        // In prose a line's end is a space; a table's ends a row.
        let as_table = text
            .contains('\t')
            .then(|| Scanned::new(Folded::table(text), &school.patterns));
        let scanned = as_table.as_ref().unwrap_or_else(|| mail.prose(index));
        let mut terms: Vec<Term<'m>> = scanned
            .hits(Topic::SpecialCategories)
            .into_iter()
            .map(|hit| {
                let place = scanned.locate(text, hit.folded.clone());
                Term {
                    words: text[place.clone()]
                        .split_whitespace()
                        .collect::<Vec<_>>()
                        .join(" "),
                    place,
                    pattern: hit.pattern,
                }
            })
            .collect();
        terms.sort_by_key(|term| term.place.start);
        let hits = scanned.hits(Topic::Identifiers);
        let announcements: Vec<(Range<usize>, &Hit<'_>)> = hits
            .iter()
            .map(|hit| (scanned.locate(text, hit.folded.clone()), hit))
            .collect();
        Self {
            index,
            text,
            tables,
            sightings: super::sightings(mail, index),
            terms,
            identifiers: identifiers::find(text, &announcements),
            transfer: hits.iter().any(|hit| hit.pattern.category == "transfer"),
        }
    }

    /// What the running text says about people. `titled` are the pupils whom
    /// the file is named after, and so all of it is about.
    pub(super) fn evidence(&self, titled: &BTreeSet<usize>, school: &School) -> Option<Evidence> {
        let wide: Vec<&Table<'_>> = self
            .tables
            .iter()
            .filter(|table| !table.is_form(&self.sightings))
            .collect();
        let public = self.public();
        let by_name = self.sightings.iter().filter_map(|sighting| {
            let near = |place: &Range<usize>| self.is_near(&sighting.range, place, &wide);
            let pupils: BTreeSet<usize> = sighting.pupils.iter().copied().collect();
            self.about(&pupils, &sighting.range, near, public, school)
        });
        let by_title = (!titled.is_empty())
            .then(|| self.about(titled, &(0..0), |_| true, public, school))
            .flatten()
            .filter(|evidence| evidence.confidence >= 0.7);
        by_name
            .chain(by_title)
            .chain(self.unknown_people(public))
            .chain(self.numbers_alone(&wide))
            .reduce(Evidence::join)
    }

    /// What stands near an anchor says about these pupils.
    fn about(
        &self,
        pupils: &BTreeSet<usize>,
        anchor: &Range<usize>,
        near: impl Fn(&Range<usize>) -> bool,
        public: i32,
        school: &School,
    ) -> Option<Evidence> {
        let first = *pupils.first()?;
        let window = match anchor.is_empty() {
            true => 0..usize::MAX,
            // No term is longer than the distance.
            false => anchor.start.saturating_sub(2 * NEAR)..anchor.end + NEAR,
        };
        let identifiers: Vec<&identifiers::Found> = self.identifiers[self
            .identifiers
            .partition_point(|found| found.range.start < window.start)..]
            .iter()
            .take_while(|found| found.range.start < window.end)
            .filter(|found| near(&found.range))
            .collect();
        let terms: BTreeMap<&str, &Term<'_>> = self.terms[self
            .terms
            .partition_point(|term| term.place.start < window.start)..]
            .iter()
            .take_while(|term| term.place.start < window.end)
            .filter(|term| term.pattern.weight > 0 && near(&term.place))
            .map(|term| (term.pattern.id.as_str(), term))
            .collect();
        let weight = terms.values().map(|term| term.pattern.weight).sum::<i32>() - public;
        let by_terms = confidence(weight);
        let by_identifiers = identifiers
            .iter()
            .map(|found| found.kind.confidence())
            .fold(0.0, f32::max);
        let surest = by_terms.max(by_identifiers);
        if surest <= 0.0 {
            return None;
        }
        let both = if by_terms > 0.0 && by_identifiers > 0.0 {
            0.03
        } else {
            0.0
        };
        let telling = || {
            terms
                .values()
                .filter(|term| by_terms > 0.0 && term.pattern.weight > 1)
        };
        let mut shown = vec![school.people.pupils[first].initials.clone()];
        shown.extend(identifiers.iter().take(2).map(|found| self.shown(found)));
        shown.extend(telling().take(2).map(|term| term.shown()));
        let first_identifier = identifiers.first().map(|found| found.range.start);
        let first_term = telling().map(|term| term.place.start).min();
        let at = first_identifier
            .into_iter()
            .chain(first_term)
            .min()
            .unwrap_or(anchor.start);
        let kinds = identifiers.iter().map(|found| Kind::Identifier(found.kind));
        let kinds = kinds.chain(telling().map(|term| Kind::Special(term.pattern.category.clone())));
        Some(Evidence {
            confidence: surest + both,
            people: [Person::Pupil(first)].into(),
            pupils: pupils.clone(),
            kinds: kinds.collect(),
            place: self.place(at),
            excerpt: shown.join(" … "),
        })
    }

    /// A date of birth right behind a name that is not on the roster, with a
    /// term or another identifier near it: a leaver, or a child to come.
    fn unknown_people(&self, public: i32) -> Option<Evidence> {
        static NAME: LazyLock<Regex> = LazyLock::new(|| {
            Regex::new(r"(\p{Lu})[\p{L}'’-]+[ ,]+(\p{Lu})[\p{L}'’-]+[^\n]{0,25}$")
                .expect("a good expression")
        });
        self.identifiers
            .iter()
            .filter(|found| {
                found.kind == Identifier::Birth
                    && identifiers::is_young(&self.text[found.range.clone()])
            })
            .filter_map(|birth| {
                let line = self.text[..birth.range.start]
                    .rfind('\n')
                    .map_or(0, |end| end + 1);
                let name = NAME.captures(&self.text[line..birth.range.start])?;
                // Who is on the roster is judged by the name.
                if self
                    .sightings
                    .iter()
                    .any(|sighting| (line..birth.range.start).contains(&sighting.range.start))
                {
                    return None;
                }
                let near = |place: &Range<usize>| distance(&birth.range, place) <= NEAR;
                let mut terms = self
                    .terms
                    .iter()
                    .filter(|term| near(&term.place) && term.pattern.weight > 2);
                let mut others = self.identifiers.iter().filter(|found| {
                    found.kind != Identifier::Birth
                        && found.kind != Identifier::Address
                        && near(&found.range)
                });
                let (term, other) = (terms.next().filter(|_| public == 0), others.next());
                let kinds = [
                    Some(Kind::Identifier(Identifier::Birth)),
                    other.map(|found| Kind::Identifier(found.kind)),
                    term.map(|term| Kind::Special(term.pattern.category.clone())),
                ];
                (term.is_some() || other.is_some()).then(|| Evidence {
                    confidence: 0.7,
                    people: [Person::Named(self.index, birth.range.start)].into(),
                    pupils: BTreeSet::new(),
                    kinds: kinds.into_iter().flatten().collect(),
                    place: self.place(birth.range.start),
                    excerpt: format!("{}.{}. … {}", &name[1], &name[2], self.shown(birth)),
                })
            })
            .reduce(Evidence::join)
    }

    /// Valid UPNs speak for themselves: two of them, or one that is called so.
    fn numbers_alone(&self, wide: &[&Table<'_>]) -> Option<Evidence> {
        // Those in tables are counted there, by row.
        let upns: Vec<&identifiers::Found> = self
            .identifiers
            .iter()
            .filter(|found| found.kind == Identifier::Upn && row(wide, found.range.start).is_none())
            .collect();
        let people: BTreeSet<Person> = upns
            .iter()
            .map(|found| Person::Upn(self.text[found.range.clone()].to_ascii_uppercase()))
            .collect();
        let announced = upns.iter().any(|found| found.announced);
        let at = upns.first().map_or(0, |found| found.range.start);
        (people.len() >= 2 || announced).then(|| Evidence {
            confidence: 0.85,
            people,
            pupils: BTreeSet::new(),
            kinds: [Kind::Identifier(Identifier::Upn)].into(),
            place: self.place(at),
            excerpt: upns
                .first()
                .map(|found| self.shown(found))
                .unwrap_or_default(),
        })
    }

    /// How much the document's being public or for teaching takes away.
    pub(super) fn public(&self) -> i32 {
        let signs: BTreeSet<&str> = self
            .terms
            .iter()
            .filter(|term| term.pattern.weight < 0)
            .map(|term| term.pattern.id.as_str())
            .collect();
        match signs.len() {
            0 => 0,
            1 => PUBLIC,
            _ => PUBLIC + 2,
        }
    }

    fn is_near(&self, anchor: &Range<usize>, place: &Range<usize>, wide: &[&Table<'_>]) -> bool {
        match (row(wide, anchor.start), row(wide, place.start)) {
            (Some(anchor), Some(place)) => anchor == place,
            _ => distance(anchor, place) <= NEAR,
        }
    }

    fn shown(&self, found: &identifiers::Found) -> String {
        match found.kind {
            Identifier::Upn => format!("UPN {}", masking::dotted(&self.text[found.range.clone()])),
            kind => kind.said().to_owned(),
        }
    }

    fn place(&self, at: usize) -> Place {
        let table = self
            .tables
            .iter()
            .find(|table| (table.range().start..=table.range().end).contains(&at));
        Place {
            text: Some(self.index),
            cell: table.and_then(|table| table.sheet_cell(at)),
        }
    }
}

/// How surely terms of this weight, near a pupil's name, are about the pupil;
/// 0 if they are not.
pub(super) fn confidence(weight: i32) -> f32 {
    match weight {
        ..=1 => 0.0,
        2 => 0.55,
        3 => 0.75,
        4 => 0.85,
        5.. => 0.9,
    }
}

/// The table and the row that hold an offset.
fn row(tables: &[&Table<'_>], at: usize) -> Option<(usize, usize)> {
    let index = tables
        .partition_point(|table| table.range().start <= at)
        .checked_sub(1)?;
    let table = tables[index];
    (at <= table.range().end).then(|| (index, table.row_at(at)))
}

fn distance(one: &Range<usize>, other: &Range<usize>) -> usize {
    one.start
        .saturating_sub(other.end)
        .max(other.start.saturating_sub(one.end))
}
