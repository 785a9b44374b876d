//! Running text: a pupil's name with an identifier or a telling term near it.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use crate::check::{Screened, Sighting, signature};
use crate::extract::Role;
use crate::patterns::{Pattern, Scanned, Topic};
use crate::school::School;

use super::bearing::Bearing;
use super::dates;
use super::identifiers::{self, Found, Identifier};
use super::sign::{Kind, Person, Record, Sign, Spot};
use super::tables::Table;
use super::weigh::Against;

/// How near to a name the evidence stands, in bytes.
pub(super) const NEAR: usize = 300;
/// The length of a signature, in bytes: what stands below it was written too.
const SIGNATURE: usize = 250;
/// What a term of this weight says, it says wherever it stands; a graver one
/// even of a topic.
const GRAVE: i32 = 4;
/// What a term loses that is said of nobody in particular.
const STRAY: i32 = 2;
/// What makes results public, and what does so and nothing else: the ids of
/// patterns that speak against.
const CELEBRATING: [&str; 3] = ["published", "celebrated", "sport"];
const ONLY_RESULTS: [&str; 2] = ["celebrated", "sport"];

/// A term of the special categories' pack, found in a text.
#[derive(Debug)]
pub(super) struct Term<'p> {
    /// Bytes of the text.
    pub(super) place: Range<usize>,
    pub(super) pattern: &'p Pattern,
    /// In points: its pattern's weight, but where it is said of nobody.
    pub(super) strength: i32,
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
    pub(super) identifiers: Vec<Found>,
    bearing: Bearing<'m>,
    /// Whether a Common Transfer File's words stand in it.
    pub(super) transfer: bool,
    /// Patterns that speak against, each once.
    pub(super) against: BTreeMap<&'m str, i32>,
}

impl<'p> Term<'p> {
    /// What the term says of somebody beside it.
    pub(super) fn sign(&self, text: usize) -> Sign<'p> {
        Sign {
            kind: match self.pattern.weight {
                ..=1 => Kind::Context,
                _ => Kind::Special(&self.pattern.category),
            },
            strength: self.strength,
            pattern: &self.pattern.id,
            at: Spot {
                text,
                offset: self.place.start,
            },
            length: self.place.len(),
        }
    }
}

impl<'m> Marked<'m> {
    pub(super) fn new(index: usize, mail: &'m Screened<'_>) -> Self {
        let text = &mail.reading.texts[index];
        let tables = Table::all_in(text);
        let own = text.attachment.is_none();
        let signature = match text.role {
            Role::Body => Some(signature::start(&text.text)),
            _ => None,
        };
        let text = text.text.as_str();
        let scanned = mail.prose(index);
        let words: Vec<identifiers::Announcement<'m>> =
            placed(scanned, Topic::Identifiers, text).collect();
        let mut identifiers = identifiers::find(text, &words);
        // Nearly every mail ends here: words about nobody say nothing.
        let asked = !own || !tables.is_empty() || !identifiers.is_empty() || names_somebody(mail);
        let mut terms: Vec<Term<'m>> = asked
            .then(|| placed(scanned, Topic::SpecialCategories, text))
            .into_iter()
            .flatten()
            .map(|(place, pattern)| Term {
                place,
                pattern,
                strength: pattern.weight,
            })
            // A post in a signature is nobody's need.
            .filter(|term| {
                signature
                    .is_none_or(|start| !(start..start + SIGNATURE).contains(&term.place.start))
            })
            .collect();
        terms.sort_by_key(|term| term.place.start);
        let examples: Vec<Range<usize>> = terms
            .iter()
            .filter(|term| term.pattern.weight == 0 && term.pattern.category == "public")
            .map(|term| term.place.clone())
            .collect();
        identifiers.retain(|found| !identifiers::is_example(found, &examples, text));
        let sightings = super::sightings(mail, index);
        let places = |category: &str| -> Vec<Range<usize>> {
            let of = terms
                .iter()
                .filter(|term| term.pattern.category == category);
            of.map(|term| term.place.clone()).collect()
        };
        let bearing = Bearing::new(
            text,
            &sightings,
            places("leads-to-topic"),
            places("follows-topic"),
        );
        weaken(&mut terms, &tables, &bearing);
        if own {
            let this_year = mail.now.to_zoned(jiff::tz::TimeZone::UTC).year();
            add_birthdays(&mut identifiers, &sightings, text, this_year);
        }
        let against = terms
            .iter()
            .filter(|term| term.pattern.weight < 0)
            .map(|term| (term.pattern.id.as_str(), term.pattern.weight));
        Self {
            index,
            text,
            sightings,
            identifiers,
            bearing,
            transfer: words
                .iter()
                .any(|(_, pattern)| pattern.category == "transfer"),
            against: against.collect(),
            terms,
            tables,
        }
    }

    /// What speaks against here, with what the file's name says.
    pub(super) fn objections(&self, name: Option<&Self>) -> Against {
        let mut against = self.against.clone();
        against.extend(name.into_iter().flat_map(|name| &name.against));
        let celebrates = CELEBRATING.iter().any(|id| against.contains_key(id));
        against.retain(|id, _| !ONLY_RESULTS.contains(id));
        Against::new(against.into_values(), celebrates)
    }

    /// What the running text says about people. `titled` are the pupils whom
    /// the file is named after, and so all of it is about; `only` is the one
    /// whom a mail names, and of whom its pronouns speak; `listed` is what its
    /// tables say.
    pub(super) fn records(
        &self,
        titled: &BTreeSet<usize>,
        only: &BTreeSet<usize>,
        listed: &[Record<'_>],
        against: Against,
        school: &School,
    ) -> Vec<Record<'m>> {
        let wide: Vec<&Table<'_>> = self
            .tables
            .iter()
            .filter(|table| !table.is_form(&self.sightings))
            .collect();
        let mut records: Vec<Record<'m>> = self
            .sightings
            .iter()
            // Rows have told of those in them.
            .filter(|sighting| row(&wide, sighting.range.start).is_none())
            .filter_map(|sighting| {
                let near = |place: &Range<usize>| distance(&sighting.range, place) <= NEAR;
                let pupils: BTreeSet<usize> = sighting.pupils.iter().copied().collect();
                self.about(pupils, &sighting.range, near, against)
            })
            .collect();
        // A weak word on page ten says nothing about whom the file is named
        // after; a strong one does.
        records.extend(
            self.about(titled.clone(), &(0..0), |_| true, against)
                .filter(|record| super::weigh::alone(record) >= 3),
        );
        records.extend(
            self.about(
                only.clone(),
                &(0..0),
                |place| self.bearing.is_of_one(place),
                against,
            )
            .filter(|record| super::weigh::alone(record) >= 3),
        );
        records.extend(self.unknown_people(against));
        let used = places_of_identifiers(listed.iter().chain(&records));
        records.extend(self.numbers_alone(&wide, &used, against, school));
        records
    }

    /// The pupil's number that begins there.
    pub(super) fn upn_within(&self, range: &Range<usize>) -> Option<&Found> {
        self.identifiers_from(range.start)
            .take_while(|found| found.range.start < range.end)
            .find(|found| found.kind == Identifier::Upn)
    }

    /// The name of the cell that holds an offset: see [`Table::name_at`].
    pub(super) fn cell(&self, at: usize, rows: bool) -> Option<String> {
        let holds = |table: &&Table<'_>| (table.range().start..=table.range().end).contains(&at);
        self.tables.iter().find(holds)?.name_at(at, rows)
    }

    /// The identifiers that begin in a range.
    pub(super) fn identifiers_within(
        &self,
        range: Range<usize>,
    ) -> impl Iterator<Item = Sign<'m>> + '_ {
        self.identifiers_from(range.start)
            .take_while(move |found| found.range.start < range.end)
            .map(|found| self.identifier(found))
    }

    pub(super) fn identifiers_from(&self, start: usize) -> impl Iterator<Item = &Found> {
        let first = self
            .identifiers
            .partition_point(|found| found.range.start < start);
        self.identifiers[first..].iter()
    }

    pub(super) fn terms_from(&self, start: usize) -> impl Iterator<Item = &Term<'m>> {
        let first = self.terms.partition_point(|term| term.place.start < start);
        self.terms[first..].iter()
    }

    /// What stands near an anchor says about these pupils.
    fn about(
        &self,
        pupils: BTreeSet<usize>,
        anchor: &Range<usize>,
        near: impl Fn(&Range<usize>) -> bool,
        against: Against,
    ) -> Option<Record<'m>> {
        let first = *pupils.first()?;
        let window = match anchor.is_empty() {
            true => 0..usize::MAX,
            // No term is longer than the distance.
            false => anchor.start.saturating_sub(2 * NEAR)..anchor.end + NEAR,
        };
        let identifiers = self
            .identifiers_from(window.start)
            .take_while(|found| found.range.start < window.end)
            .filter(|found| near(&found.range))
            .map(|found| self.identifier(found));
        let terms = self
            .terms_from(window.start)
            .take_while(|term| term.place.start < window.end)
            .filter(|term| term.pattern.weight > 0 && near(&term.place))
            .map(|term| term.sign(self.index));
        let mut signs: Vec<Sign<'m>> = identifiers.chain(terms).collect();
        if signs.is_empty() {
            return None;
        }
        signs.sort_by_key(|sign| sign.at);
        Some(Record {
            person: Person::Pupil(first),
            pupils,
            signs,
            against,
            listed: false,
            initials: String::new(),
            at: self.spot(anchor.start),
        })
    }

    pub(super) fn identifier(&self, found: &Found) -> Sign<'m> {
        Sign {
            kind: Kind::Identifier(found.kind),
            strength: found.kind.strength(),
            pattern: "",
            at: self.spot(found.range.start),
            length: found.range.len(),
        }
    }

    pub(super) fn spot(&self, offset: usize) -> Spot {
        Spot {
            text: self.index,
            offset,
        }
    }
}

/// The patterns of a topic and the places where they match. The text is folded
/// as running text, where a cell's end is a space: what runs over one is two
/// things.
fn placed<'m>(
    scanned: &'m Scanned<'m>,
    topic: Topic,
    text: &'m str,
) -> impl Iterator<Item = (Range<usize>, &'m Pattern)> {
    scanned.hits(topic).into_iter().filter_map(move |hit| {
        let place = scanned.locate(text, hit.folded);
        (!text[place.clone()].contains('\t')).then_some((place, hit.pattern))
    })
}

/// Whether a pupil's name counts anywhere in the mail's own text.
fn names_somebody(mail: &Screened<'_>) -> bool {
    mail.sightings.iter().any(|sighting| {
        sighting.suppressed.is_none() && mail.reading.texts[sighting.text].attachment.is_none()
    })
}

/// Takes what terms say that are a topic, or said of nobody in particular.
fn weaken(terms: &mut Vec<Term<'_>>, tables: &[Table<'_>], bearing: &Bearing<'_>) {
    for term in &mut *terms {
        let in_table = |table: &Table<'_>| table.range().contains(&term.place.start);
        if !(1..=GRAVE).contains(&term.strength) || tables.iter().any(in_table) {
            continue;
        }
        if bearing.is_topic(&term.place) {
            term.strength = 0;
        } else if term.strength < GRAVE && !bearing.is_of_somebody(&term.place) {
            term.strength -= STRAY;
        }
    }
    terms.retain(|term| term.strength > 0 || term.pattern.weight <= 0);
}

/// Days of birth that no word announces, but a name.
fn add_birthdays(
    identifiers: &mut Vec<Found>,
    sightings: &[&Sighting],
    text: &str,
    this_year: i16,
) {
    for sighting in sightings {
        let Some(range) = dates::birthday_behind(text, sighting.range.end, this_year) else {
            continue;
        };
        let at = identifiers.partition_point(|found| found.range.start < range.start);
        let next = identifiers.get(at);
        if next.is_none_or(|next| next.range.start >= range.end) {
            let birthday = Found {
                kind: Identifier::Birth,
                range,
                announced: false,
            };
            identifiers.insert(at, birthday);
        }
    }
}

/// Identifiers that are somebody's already.
fn places_of_identifiers<'r, 'p: 'r>(
    records: impl Iterator<Item = &'r Record<'p>>,
) -> BTreeSet<usize> {
    records
        .flat_map(|record| &record.signs)
        .filter(|sign| matches!(sign.kind, Kind::Identifier(_)))
        .map(|sign| sign.at.offset)
        .collect()
}

/// The table and the row that hold an offset.
pub(super) fn row(tables: &[&Table<'_>], at: usize) -> Option<(usize, usize)> {
    let index = tables
        .partition_point(|table| table.range().start <= at)
        .checked_sub(1)?;
    let table = tables[index];
    (at <= table.range().end).then(|| (index, table.row_at(at)))
}

pub(super) fn distance(one: &Range<usize>, other: &Range<usize>) -> usize {
    one.start
        .saturating_sub(other.end)
        .max(other.start.saturating_sub(one.end))
}
