//! Rows: who stands in one, and what its columns say about them.
//!
//! In a sheet a heading speaks for the cells below it: a number under "NHS
//! no." needs no word beside it, and `K` under "SEN" says as much as a
//! sentence. What belongs together is what stands in one row.

use std::collections::BTreeSet;
use std::ops::Range;

use jiff::civil::Date;

use crate::check::Sighting;
use crate::school::School;

use super::columns::{Column, is_name, is_positive};
use super::identifiers::Identifier;
use super::prose::{Marked, Term};
use super::sign::{Kind, Person, Record, Sign, Spot};
use super::staff::Staffroom;
use super::tables::{Cell, Layout, Table};
use super::weigh::Against;
use super::{dates, numbers};

/// Columns that say something about staff, by their headings' patterns.
const OF_STAFF: [&str; 3] = ["payroll", "sickness", "conduct-of-staff"];
/// Special categories that say something about staff: of the others, a column
/// can be of training in it.
const SPECIAL_OF_STAFF: [&str; 3] = ["ethnicity", "religion", "sex-life"];

/// The records of a table, one for each row that is about somebody.
pub(super) fn records<'m>(
    table: &Table<'m>,
    layout: &Layout<'m>,
    marked: &Marked<'m>,
    against: Against,
    staffroom: &Staffroom<'_>,
    school: &'m School,
) -> Vec<Record<'m>> {
    let mut rows = Rows {
        layout,
        among_staff: false,
        marked,
        against,
        staffroom,
        of_business: layout
            .columns
            .iter()
            .any(|column| matches!(column, Column::Organisation)),
        school,
    };
    rows.among_staff = rows.are_of_staff(table);
    let mut records: Vec<Record<'m>> = table
        .lines(layout)
        .filter_map(|cells| rows.record(&cells))
        .collect();
    if !layout
        .columns
        .iter()
        .any(|column| matches!(column, Column::Identifier(Identifier::Upn)))
    {
        doubt_single_upn(&mut records, marked);
    }
    records
}

/// One code that looks like a UPN, under no heading that says so, is hardly
/// one, if no word says so; unless it is on the roster, which is seen to later.
fn doubt_single_upn(records: &mut [Record<'_>], marked: &Marked<'_>) {
    let mut upns = records
        .iter_mut()
        .filter(|record| matches!(record.person, Person::Upn(_)));
    if let (Some(only), None) = (upns.next(), upns.next()) {
        for sign in &mut only.signs {
            let found = marked.upn_within(&sign.range());
            if found.is_some_and(|found| !found.announced) {
                sign.strength = 1;
            }
        }
    }
}

struct Rows<'a, 'm> {
    layout: &'a Layout<'m>,
    marked: &'a Marked<'m>,
    against: Against,
    staffroom: &'a Staffroom<'a>,
    /// Whether a pupil's name that a member of staff shares is the latter's.
    among_staff: bool,
    /// Whether companies stand beside the people.
    of_business: bool,
    school: &'m School,
}

impl<'m> Rows<'_, 'm> {
    /// Whether more rows are about staff than about pupils, where that decides
    /// who is meant by a name that both have.
    fn are_of_staff(&self, table: &Table<'m>) -> bool {
        let range = table.range();
        let sightings = within(&self.marked.sightings, &range, |sighting| {
            sighting.range.start
        });
        let (shared, pupils): (Vec<&Sighting>, Vec<&Sighting>) = sightings
            .iter()
            .partition(|sighting| self.is_shared(sighting));
        let is_staff = |cells: &Vec<Cell<'m>>| self.member_of_staff(cells).is_some();
        !shared.is_empty()
            && table.lines(self.layout).filter(is_staff).count() > pupils.len() + shared.len()
    }

    fn is_shared(&self, sighting: &Sighting) -> bool {
        let people = &self.school.people;
        let mut pupils = sighting.pupils.iter();
        pupils.all(|&pupil| people.namesakes_of(pupil).next().is_some())
    }

    fn record(&self, cells: &[Cell<'m>]) -> Option<Record<'m>> {
        let pupils = self.sighted(cells);
        let mut signs = Vec::new();
        let born = pupils
            .first()
            .and_then(|&pupil| self.school.people.pupils.get(pupil)?.date_of_birth);
        for (number, (range, cell)) in cells.iter().enumerate() {
            let cell = cell.trim();
            if !cell.is_empty() {
                let column = self.layout.columns.get(number).copied();
                let column = column.unwrap_or(Column::Plain);
                signs.extend(self.sign(column, range, cell, born));
            }
        }
        for span in self.spans(cells) {
            signs.extend(self.marked.identifiers_within(span));
        }
        let sign_of = |term: &Term<'m>| term.sign(self.marked.index);
        let (person, initials) = self.person(&pupils, cells, &signs)?;
        match person {
            Person::Staff(_) => signs.retain(|sign| match sign.kind {
                Kind::Identifier(_) => true,
                Kind::Column(id) => OF_STAFF.contains(&id),
                Kind::Special(category) => SPECIAL_OF_STAFF.contains(&category),
                _ => false,
            }),
            Person::Pupil(_) => signs.extend(self.terms(cells).map(sign_of)),
            Person::Upn(_) | Person::Named(_) => {
                signs.extend(self.terms(cells).map(sign_of));
                signs.retain(|sign| self.is_about_anybody(sign));
            }
            Person::Numbered(_) | Person::Transferred => {}
        }
        let offset = cells
            .iter()
            .map(|(range, _)| range.start)
            .min()
            .unwrap_or_default();
        Some(Record {
            person,
            pupils,
            signs,
            against: self.against,
            listed: true,
            initials,
            at: self.spot(offset),
        })
    }

    /// The roster's pupils whose names stand in the row: whole, or in two
    /// columns that are not neighbours.
    fn sighted(&self, cells: &[Cell<'m>]) -> BTreeSet<usize> {
        let sightings = &self.marked.sightings;
        let mut pupils: BTreeSet<usize> = BTreeSet::new();
        for span in self.spans(cells) {
            let within = within(sightings, &span, |sighting: &&Sighting| {
                sighting.range.start
            });
            let meant = within
                .iter()
                .filter(|sighting| !(self.among_staff && self.is_shared(sighting)));
            pupils.extend(meant.flat_map(|sighting| &sighting.pupils));
        }
        if !pupils.is_empty() {
            return pupils;
        }
        let names: Vec<(usize, &str)> = self.names(cells).collect();
        if let [(one, first), (other, second)] = names[..]
            && (other > one + 1 || self.layout.sideways)
        {
            let known = &self.school.people.names;
            pupils.extend(known.pupils_named(first, second));
            pupils.extend(known.pupils_named(second, first));
        }
        pupils
    }

    /// The cells that hold names, with their columns.
    fn names<'c>(&'c self, cells: &'c [Cell<'m>]) -> impl Iterator<Item = (usize, &'m str)> + 'c {
        cells
            .iter()
            .zip(&self.layout.columns)
            .enumerate()
            .filter(|(_, (_, column))| matches!(column, Column::Name))
            .map(|(number, ((_, cell), _))| (number, cell.trim()))
            .filter(|(_, cell)| is_name(cell))
    }

    /// Who the row is about, and initials to show.
    fn person(
        &self,
        pupils: &BTreeSet<usize>,
        cells: &[Cell<'m>],
        signs: &[Sign<'_>],
    ) -> Option<(Person, String)> {
        if let Some(&pupil) = pupils.first() {
            return Some((Person::Pupil(pupil), String::new()));
        }
        // Whoever it is: marks and telephones say something about pupils alone.
        let says = |sign: &Sign<'_>| sign.kind != Kind::Data && sign.strength > 1;
        if !signs.iter().any(says) && self.terms(cells).next().is_none() {
            return None;
        }
        if let Some(staff) = self.member_of_staff(cells) {
            return Some((Person::Staff(staff), self.staffroom.initials(staff)));
        }
        let initials = || {
            let parts = self
                .names(cells)
                .flat_map(|(_, name)| name.split([' ', ',', '-']));
            let firsts = parts.filter_map(|part| part.chars().find(|c| c.is_alphabetic()));
            firsts.take(4).flat_map(|first| [first, '.']).collect()
        };
        let is = |kind: Identifier| move |sign: &&Sign<'_>| sign.kind == Kind::Identifier(kind);
        // A number says better than an unknown name who it is.
        if let Some(upn) = signs.iter().find(is(Identifier::Upn)) {
            let upn = self.marked.text[upn.range()].trim().to_ascii_uppercase();
            return Some((Person::Upn(upn), initials()));
        }
        // Text near the table may tell of the same birthday.
        let birth = signs.iter().find(is(Identifier::Birth));
        if self.names(cells).next().is_some() {
            let spot = birth.map_or(self.spot(whole(cells).start), |sign| sign.at);
            return Some((Person::Named(spot), initials()));
        }
        let number = signs.iter().find(
            |sign| matches!(sign.kind, Kind::Identifier(identifier) if identifier.names_somebody()),
        )?;
        Some((Person::Numbered(number.at), String::new()))
    }

    /// The member of staff whom one cell, or two neighbours, name.
    fn member_of_staff(&self, cells: &[Cell<'m>]) -> Option<usize> {
        let columns = self.layout.columns.iter();
        let cells: Vec<&str> = cells
            .iter()
            .zip(columns)
            .filter(|(_, column)| matches!(column, Column::Name | Column::Plain))
            .map(|((_, cell), _)| cell.trim())
            .filter(|cell| is_name(cell))
            .take(4)
            .collect();
        let one = || cells.iter().find_map(|cell| self.staffroom.named(cell));
        let two = || {
            cells
                .windows(2)
                .find_map(|pair| self.staffroom.named(&pair.join(" ")))
        };
        one().or_else(two)
    }

    /// What a cell says, by its column and by itself.
    fn sign(
        &self,
        column: Column<'m>,
        range: &Range<usize>,
        cell: &str,
        born: Option<Date>,
    ) -> Option<Sign<'m>> {
        // Where its text has it too, it is the same.
        let raw = &self.marked.text[range.clone()];
        let start = range.end - raw.trim_start().len();
        let sign = |kind, strength, pattern, length| Sign {
            kind,
            strength,
            pattern,
            at: self.spot(start),
            length,
        };
        let is_upn = || {
            let ours = |column| matches!(column, Column::Identifier(Identifier::Upn));
            numbers::is_upn(cell) && (ours(column) || self.marked.upn_within(range).is_some())
        };
        let identifier = |identifier: Identifier| {
            let kind = Kind::Identifier(identifier);
            sign(kind, identifier.strength(), "", cell.len())
        };
        if is_upn() {
            return Some(identifier(Identifier::Upn));
        }
        match column {
            Column::Identifier(kind) if kind.is_in_cell(cell) => Some(identifier(kind)),
            _ if born.is_some_and(|born| dates::is_day(cell, born)) => {
                Some(identifier(Identifier::Birth))
            }
            Column::Special(pattern) if is_positive(cell) => {
                let kind = Kind::Special(&pattern.category);
                Some(sign(kind, pattern.weight, &pattern.id, 0))
            }
            Column::Data(Some(pattern)) if pattern.weight < 2 || is_positive(cell) => Some(sign(
                Kind::Column(&pattern.id),
                pattern.weight,
                &pattern.id,
                0,
            )),
            Column::Data(None) => Some(sign(Kind::Data, 0, "", 0)),
            _ => None,
        }
    }

    /// The telling terms that stand in the row.
    fn terms<'c>(&'c self, cells: &'c [Cell<'m>]) -> impl Iterator<Item = &'c Term<'m>> + 'c {
        self.spans(cells)
            .into_iter()
            .flat_map(|span| within(&self.marked.terms, &span, |term| term.place.start))
            .filter(|term| term.pattern.weight > 1)
    }

    /// The runs of text that the line is made of.
    fn spans(&self, cells: &[Cell<'m>]) -> Vec<Range<usize>> {
        match self.layout.sideways {
            true => cells.iter().map(|(range, _)| range.clone()).collect(),
            false => vec![whole(cells)],
        }
    }

    /// Whether a sign says something about a person who is on no list.
    fn is_about_anybody(&self, sign: &Sign<'_>) -> bool {
        match sign.kind {
            // Author, composer, grandfather: nobody who is at school.
            Kind::Identifier(Identifier::Birth) => dates::is_young(&self.marked.text[sign.range()]),
            Kind::Identifier(Identifier::Bank) => !self.of_business,
            _ => true,
        }
    }

    fn spot(&self, offset: usize) -> Spot {
        Spot {
            text: self.marked.index,
            offset,
        }
    }
}

/// From the first cell to the last, in a row.
fn whole(cells: &[Cell<'_>]) -> Range<usize> {
    let start = cells.first().map_or(0, |(range, _)| range.start);
    start..cells.last().map_or(start, |(range, _)| range.end)
}

/// Those that begin in a range, of what stands in order.
fn within<'i, T>(items: &'i [T], range: &Range<usize>, start: impl Fn(&T) -> usize) -> &'i [T] {
    let first = items.partition_point(|item| start(item) < range.start);
    let length = items[first..].partition_point(|item| start(item) < range.end);
    &items[first..first + length]
}
