//! Tables: who stands in a row, and what the columns say about them.
//!
//! In a sheet a heading speaks for the cells below it: a number under "NHS
//! no." needs no word beside it, and `K` under "SEN" says as much as a
//! sentence. What belongs together is what stands in one row.

use std::collections::BTreeSet;
use std::ops::Range;

use jiff::Timestamp;

use crate::check::{Sighting, masking};
use crate::extract::Text;
use crate::school::School;

use super::columns::{Column, heading, is_mark, is_name, is_positive};
use super::evidence::{Evidence, Kind, Person, Place};
use super::identifiers::{self, Identifier};
use super::{numbers, prose};

/// So many pupils in one table with any details are personal data.
const MANY: usize = 3;
/// The rows among which a heading is looked for; titles stand above it.
const TITLES: usize = 15;

/// Rows of cells: a whole sheet, or a run of tabbed lines in a document.
#[derive(Debug)]
pub(super) struct Table<'t> {
    text: &'t str,
    /// Each row's bytes of the text.
    rows: Vec<Range<usize>>,
    sheet: bool,
}

/// What one row says about whom.
#[derive(Debug, Default)]
struct Found {
    sighted: BTreeSet<usize>,
    person: Option<Person>,
    identifiers: BTreeSet<Identifier>,
    special: Vec<(String, i32)>,
    /// The columns of data that have a value, by their headings' patterns.
    known_data: BTreeSet<String>,
    unknown_data: bool,
    /// Where it stands, and its masked words.
    column: usize,
    shown: Vec<String>,
}

impl<'t> Table<'t> {
    /// The tables of a text, in order.
    pub(super) fn all_in(text: &'t Text) -> Vec<Self> {
        let mut tables: Vec<Self> = Vec::new();
        let mut start = 0;
        let mut open = false;
        for line in text.text.split_inclusive('\n') {
            let row = start..start + line.trim_end_matches('\n').len();
            start += line.len();
            if !text.table && !line.contains('\t') {
                open = false;
                continue;
            }
            match tables.last_mut().filter(|_| open) {
                Some(table) => table.rows.push(row),
                None => tables.push(Self {
                    text: &text.text,
                    rows: vec![row],
                    sheet: text.table && text.location.as_str().contains("› sheet \""),
                }),
            }
            open = true;
        }
        tables
    }

    /// The bytes of the text from its first to its last row.
    pub(super) fn range(&self) -> Range<usize> {
        let start = self.rows.first().map_or(0, |row| row.start);
        start..self.rows.last().map_or(start, |row| row.end)
    }

    /// The row that holds an offset.
    pub(super) fn row_at(&self, at: usize) -> usize {
        self.rows
            .partition_point(|row| row.start <= at)
            .saturating_sub(1)
    }

    /// The name of the cell that holds an offset, in a sheet.
    pub(super) fn sheet_cell(&self, at: usize) -> Option<String> {
        let row = self.row_at(at);
        let range = self.rows.get(row).filter(|_| self.sheet)?;
        let column = self.text[range.start..at.clamp(range.start, range.end)]
            .matches('\t')
            .count();
        Some(self.cell_name(row, column))
    }

    /// Whether it is a form, with labels beside their values, which reads
    /// like running text.
    pub(super) fn is_form(&self, sightings: &[&Sighting]) -> bool {
        let range = self.range();
        let pupils: BTreeSet<&[usize]> = sightings
            .iter()
            .filter(|sighting| range.contains(&sighting.range.start))
            .map(|sighting| sighting.pupils.as_slice())
            .collect();
        let narrow = self.rows.iter().all(|row| {
            self.text[row.clone()]
                .split('\t')
                .filter(|cell| !cell.trim().is_empty())
                .count()
                <= 4
        });
        pupils.len() < MANY && narrow && self.rows.len() <= 60
    }

    fn cells(&self, row: &Range<usize>) -> impl Iterator<Item = (Range<usize>, &'t str)> + use<'t> {
        let mut start = row.start;
        self.text[row.clone()].split('\t').map(move |cell| {
            let range = start..start + cell.len();
            start = range.end + 1;
            (range, cell)
        })
    }

    /// `B14` in a sheet, else `row 14`.
    fn cell_name(&self, row: usize, column: usize) -> String {
        if !self.sheet {
            return format!("row {}", row + 1);
        }
        let mut letters = Vec::new();
        let mut rest = column + 1;
        while rest > 0 {
            rest -= 1;
            letters.push(char::from(b'A' + u8::try_from(rest % 26).unwrap_or(0)));
            rest /= 26;
        }
        letters
            .iter()
            .rev()
            .chain(format!("{}", row + 1).chars().collect::<Vec<_>>().iter())
            .collect()
    }

    /// What the table says about people. `sightings` are those of its text, in
    /// order; `index` is the text's.
    pub(super) fn evidence(
        &self,
        index: usize,
        sightings: &[&Sighting],
        terms: &[prose::Term<'_>],
        school: &School,
        now: Timestamp,
    ) -> Option<Evidence> {
        let (heading, columns) = self.columns(sightings, school, now);
        let found: Vec<(usize, Found)> = self
            .rows
            .iter()
            .enumerate()
            .skip(heading.map_or(0, |row| row + 1))
            .map(|(number, row)| {
                (
                    number,
                    self.look(index, row, &columns, sightings, terms, school),
                )
            })
            .filter(|(_, found)| found.person.is_some())
            .collect();
        let public = terms.iter().any(|term| term.pattern.weight < 0);
        let confidence = judge(&found, heading.is_some(), public);
        if confidence <= 0.0 {
            return None;
        }
        let telling = |found: &Found| {
            !found.identifiers.is_empty()
                || !found.special.is_empty()
                || !found.known_data.is_empty()
                || found.unknown_data
        };
        let (number, first) = found.iter().find(|(_, found)| telling(found))?;
        let mut evidence = Evidence {
            confidence,
            place: Place {
                text: Some(index),
                cell: Some(self.cell_name(*number, first.column)),
            },
            excerpt: first.shown.join(" · "),
            ..Evidence::default()
        };
        for (_, found) in found {
            evidence.people.extend(found.person);
            evidence.pupils.extend(found.sighted);
            evidence
                .kinds
                .extend(found.identifiers.into_iter().map(Kind::Identifier));
            evidence.kinds.extend(
                found
                    .special
                    .into_iter()
                    .map(|(category, _)| Kind::Special(category)),
            );
            evidence
                .kinds
                .extend(found.known_data.into_iter().map(Kind::Column));
            if found.unknown_data {
                evidence.kinds.insert(Kind::Data);
            }
        }
        Some(evidence)
    }

    /// The heading's row, if there is one, and what each column holds.
    fn columns<'s>(
        &self,
        sightings: &[&Sighting],
        school: &'s School,
        now: Timestamp,
    ) -> (Option<usize>, Vec<Column<'s>>) {
        let headings = |row: &Range<usize>| -> Vec<Option<Column<'s>>> {
            self.cells(row)
                .map(|(_, cell)| heading(cell, school))
                .collect()
        };
        let mut best: Option<(usize, usize, Vec<Option<Column<'s>>>)> = None;
        for (number, row) in self.rows.iter().enumerate().take(TITLES) {
            if sightings
                .iter()
                .any(|sighting| row.contains(&sighting.range.start))
            {
                break;
            }
            let columns = headings(row);
            let known = columns
                .iter()
                .flatten()
                .map(|column| match column {
                    Column::Name | Column::Identifier(_) => 2,
                    Column::Special(_) | Column::Data(Some(_)) | Column::Plain => 1,
                    Column::Data(None) => 0,
                })
                .sum();
            if known >= 2
                && columns.iter().flatten().count() >= 2
                && best.as_ref().is_none_or(|best| known > best.1)
            {
                best = Some((number, known, columns));
            }
        }
        match best {
            Some((row, _, columns)) => {
                let columns = columns
                    .into_iter()
                    .map(|column| column.unwrap_or(Column::Plain));
                (Some(row), columns.collect())
            }
            None => (None, self.inferred(now)),
        }
    }

    /// What columns without headings hold, by their values.
    fn inferred<'s>(&self, now: Timestamp) -> Vec<Column<'s>> {
        let this_year = i32::from(now.to_zoned(jiff::tz::TimeZone::UTC).year());
        let width = self
            .rows
            .iter()
            .take(50)
            .map(|row| self.cells(row).count())
            .max()
            .unwrap_or(0);
        (0..width.min(200))
            .map(|column| {
                let values: BTreeSet<&str> = self
                    .rows
                    .iter()
                    .take(50)
                    .filter_map(|row| self.cells(row).nth(column))
                    .map(|(_, cell)| cell.trim())
                    .filter(|cell| !cell.is_empty())
                    .collect();
                let all = |holds: &dyn Fn(&str) -> bool| {
                    values.len() >= MANY && values.iter().all(|value| holds(value))
                };
                if all(&|value| identifiers::is_pupils_birthday(value, this_year)) {
                    Column::Identifier(Identifier::Birth)
                } else if all(&is_mark) {
                    Column::Data(None)
                } else {
                    Column::Plain
                }
            })
            .collect()
    }

    fn look(
        &self,
        index: usize,
        row: &Range<usize>,
        columns: &[Column<'_>],
        sightings: &[&Sighting],
        terms: &[prose::Term<'_>],
        school: &School,
    ) -> Found {
        let mut found = Found::default();
        let first = sightings.partition_point(|sighting| sighting.range.start < row.start);
        for sighting in sightings[first..]
            .iter()
            .take_while(|sighting| sighting.range.start < row.end)
        {
            found.sighted.extend(&sighting.pupils);
            if let Some(&pupil) = sighting.pupils.first() {
                found.person.get_or_insert(Person::Pupil(pupil));
            }
        }
        if let Some(&pupil) = found.sighted.first() {
            found
                .shown
                .push(school.people.pupils[pupil].initials.clone());
        }
        let mut initials = String::new();
        for (number, (range, cell)) in self.cells(row).enumerate() {
            let trimmed = cell.trim();
            if trimmed.is_empty() {
                continue;
            }
            let column = columns.get(number).copied().unwrap_or(Column::Plain);
            let tell = |shown: String, found: &mut Found| {
                if found.column == 0 {
                    found.column = number;
                }
                found.shown.push(shown);
            };
            if numbers::is_upn(trimmed) {
                found.identifiers.insert(Identifier::Upn);
                tell(format!("UPN {}", masking::dotted(trimmed)), &mut found);
                // A number says better than an unknown name who it is.
                if !matches!(found.person, Some(Person::Pupil(_))) {
                    found.person = Some(Person::Upn(trimmed.to_ascii_uppercase()));
                }
                continue;
            }
            match column {
                Column::Name if found.sighted.is_empty() && is_name(trimmed) => {
                    initials.extend(
                        trimmed
                            .split([' ', ',', '-'])
                            .filter_map(|part| part.chars().next())
                            .flat_map(|c| [c, '.']),
                    );
                    found
                        .person
                        .get_or_insert(Person::Named(index, range.start));
                }
                Column::Identifier(identifier) if identifier.is_in_cell(trimmed) => {
                    let old = identifier == Identifier::Birth
                        && found.sighted.is_empty()
                        && !identifiers::is_young(trimmed);
                    if !old {
                        found.identifiers.insert(identifier);
                        tell(identifier.said().to_owned(), &mut found);
                    }
                }
                Column::Special(pattern) if is_positive(trimmed) => {
                    found
                        .special
                        .push((pattern.category.clone(), pattern.weight));
                    tell(
                        super::category_said(&pattern.category).to_owned(),
                        &mut found,
                    );
                }
                Column::Data(pattern) => {
                    found
                        .known_data
                        .extend(pattern.map(|pattern| pattern.id.clone()));
                    found.unknown_data |= pattern.is_none();
                    if found.column == 0 {
                        found.column = number;
                    }
                }
                _ => {}
            }
        }
        if found.sighted.is_empty() && !initials.is_empty() {
            found.shown.insert(0, initials);
        }
        let first = terms.partition_point(|term| term.place.start < row.start);
        for term in terms[first..]
            .iter()
            .take_while(|term| term.place.start < row.end)
        {
            if term.pattern.weight > 1 {
                found
                    .special
                    .push((term.pattern.category.clone(), term.pattern.weight));
                found.shown.push(term.shown());
            }
        }
        found
    }
}

/// How surely the rows are personal data of identifiable people; 0 if not.
fn judge(found: &[(usize, Found)], headed: bool, public: bool) -> f32 {
    let on_roster: BTreeSet<&Person> = found
        .iter()
        .filter_map(|(_, found)| found.person.as_ref())
        .filter(|person| matches!(person, Person::Pupil(_)))
        .collect();
    let rows =
        |holds: &dyn Fn(&Found) -> bool| found.iter().filter(|(_, found)| holds(found)).count();
    let sighted = |found: &Found| !found.sighted.is_empty();
    let unknown = |found: &Found| matches!(found.person, Some(Person::Named(..)));
    let mut confidence = 0.0_f32;
    let mut raise = |to: f32| confidence = confidence.max(to);

    for (_, row) in found {
        let surest = row
            .identifiers
            .iter()
            .map(|identifier| identifier.confidence())
            .fold(0.0, f32::max);
        if sighted(row) {
            raise(surest);
            let weights: BTreeSet<&(String, i32)> = row.special.iter().collect();
            let sum = weights.iter().map(|(_, weight)| weight).sum::<i32>();
            raise(prose::confidence(sum - if public { 3 } else { 0 }));
        } else if unknown(row) {
            // One name that nobody knows, with a date beside it, is little;
            // with a second identifier or a term it is a person.
            let says = row.identifiers.len() + usize::from(!row.special.is_empty());
            let official = row.identifiers.iter().any(|identifier| {
                matches!(
                    identifier,
                    Identifier::Upn
                        | Identifier::Nhs
                        | Identifier::NationalInsurance
                        | Identifier::Bank
                )
            });
            if official || says >= 2 {
                raise(0.75);
            }
        }
    }
    if rows(&|row| matches!(row.person, Some(Person::Upn(_)))) >= if headed { 1 } else { 2 } {
        raise(0.85);
    }
    if on_roster.len() >= MANY {
        if rows(&|row| sighted(row) && !row.known_data.is_empty()) >= MANY {
            raise(if public { 0.5 } else { 0.85 });
        }
        if rows(&|row| sighted(row) && row.unknown_data) >= MANY && !public {
            raise(0.6);
        }
    }
    if rows(&|row| unknown(row) && row.identifiers.contains(&Identifier::Birth)) >= MANY {
        raise(0.8);
    }
    if rows(&|row| unknown(row) && !row.special.is_empty()) >= MANY && !public {
        raise(0.6);
    }
    confidence
}
