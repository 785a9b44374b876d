//! Tables: where their rows and cells are, and which way they run.
//!
//! What a row says about whom is the business of `rows`.

use std::collections::BTreeSet;
use std::ops::Range;

use jiff::Timestamp;

use crate::check::Sighting;
use crate::extract::Text;
use crate::school::School;

use super::columns::{Column, heading, is_mark};
use super::dates;
use super::identifiers::Identifier;
use super::weigh::MANY;

/// The rows among which a heading is looked for; titles stand above it.
const TITLES: usize = 15;
/// The rows of a table that lies on its side, and its columns: such tables
/// are made by hand.
const SIDEWAYS: (usize, usize) = (60, 40);

/// Rows of cells: a whole sheet, or a run of tabbed lines in a document.
#[derive(Debug)]
pub(super) struct Table<'t> {
    text: &'t str,
    /// Each row's bytes of the text.
    rows: Vec<Range<usize>>,
    /// The text holds nothing else.
    whole: bool,
    sheet: bool,
}

/// A cell: its bytes of the text, and its words.
pub(super) type Cell<'t> = (Range<usize>, &'t str);

/// What the table says of its columns, and the lines that stand below.
#[derive(Debug)]
pub(super) struct Layout<'s> {
    pub(super) columns: Vec<Column<'s>>,
    /// People stand side by side, and headings before each row.
    pub(super) sideways: bool,
    first: usize,
}

impl<'t> Table<'t> {
    /// The tables of a text, in order.
    pub(super) fn all_in(text: &'t Text) -> Vec<Self> {
        let mut tables: Vec<Self> = Vec::new();
        if !text.table && !text.text.contains('\t') {
            return tables;
        }
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
                    whole: text.table,
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

    /// The name of the cell that holds an offset: `B14` in a sheet. In other
    /// tables only rows have names, and only where `rows` are told.
    pub(super) fn name_at(&self, at: usize, rows: bool) -> Option<String> {
        let number = self.row_at(at);
        let row = self.rows.get(number)?;
        if !self.sheet {
            return (rows && self.whole).then(|| format!("row {}", number + 1));
        }
        let mut rest = 1 + self.text[row.start..at.clamp(row.start, row.end)]
            .matches('\t')
            .count();
        let mut letters = Vec::new();
        while rest > 0 {
            rest -= 1;
            letters.push(char::from(b'A' + u8::try_from(rest % 26).unwrap_or(0)));
            rest /= 26;
        }
        let letters: String = letters.into_iter().rev().collect();
        Some(format!("{letters}{}", number + 1))
    }

    /// Whether it is a form, with labels beside their values, which reads
    /// like running text.
    pub(super) fn is_form(&self, sightings: &[&Sighting]) -> bool {
        let range = self.range();
        let first = sightings.partition_point(|sighting| sighting.range.start < range.start);
        let pupils: BTreeSet<&[usize]> = sightings[first..]
            .iter()
            .take_while(|sighting| sighting.range.start < range.end)
            .map(|sighting| sighting.pupils.as_slice())
            .collect();
        let narrow = || {
            self.rows.iter().all(|row| {
                self.text[row.clone()]
                    .split('\t')
                    .filter(|cell| !cell.trim().is_empty())
                    .count()
                    <= 4
            })
        };
        pupils.len() < MANY && self.rows.len() <= 60 && narrow()
    }

    /// Which way the table runs, and what it says of its columns.
    pub(super) fn layout<'s>(
        &self,
        sightings: &[&Sighting],
        school: &'s School,
        now: Timestamp,
    ) -> Layout<'s> {
        let upright = self.upright(sightings, school);
        let known = upright.as_ref().map_or(0, |&(known, _)| known);
        // One heading is as likely the first of a column's.
        if known <= 2
            && let Some(layout) = self.sideways(school)
        {
            return layout;
        }
        upright.map_or_else(
            || Layout {
                columns: self.inferred(now),
                sideways: false,
                first: 0,
            },
            |(_, layout)| layout,
        )
    }

    /// The lines that are about people, one each: rows, or columns where the
    /// table lies on its side.
    pub(super) fn lines<'l>(
        &'l self,
        layout: &'l Layout<'_>,
    ) -> Box<dyn Iterator<Item = Vec<Cell<'t>>> + 'l> {
        if !layout.sideways {
            let rows = self.rows.iter().skip(layout.first);
            return Box::new(rows.map(|row| self.cells(row).collect()));
        }
        let rows: Vec<Vec<Cell<'t>>> = self
            .rows
            .iter()
            .map(|row| self.cells(row).collect())
            .collect();
        let width = rows.iter().map(Vec::len).max().unwrap_or(0);
        Box::new((1..width).map(move |column| {
            let nothing = || (usize::MAX..usize::MAX, "");
            rows.iter()
                .map(|row| row.get(column).cloned().unwrap_or_else(nothing))
                .collect()
        }))
    }

    fn cells(&self, row: &Range<usize>) -> impl Iterator<Item = Cell<'t>> + use<'t> {
        let mut start = row.start;
        self.text[row.clone()].split('\t').map(move |cell| {
            let range = start..start + cell.len();
            start = range.end + 1;
            (range, cell)
        })
    }

    /// The row of headings that says most, with how much that is.
    fn upright<'s>(
        &self,
        sightings: &[&Sighting],
        school: &'s School,
    ) -> Option<(usize, Layout<'s>)> {
        let mut best: Option<(usize, Layout<'s>)> = None;
        for (number, row) in self.rows.iter().enumerate().take(TITLES) {
            let after = sightings.partition_point(|sighting| sighting.range.start < row.start);
            if sightings
                .get(after)
                .is_some_and(|sighting| row.contains(&sighting.range.start))
            {
                break;
            }
            let columns = self.cells(row).map(|(_, cell)| heading(cell, school));
            let Some((known, columns)) = headings(columns) else {
                continue;
            };
            if best.as_ref().is_none_or(|&(most, _)| known > most) {
                // Torn, the row goes on with what stood in another.
                let torn = self.holds_number(row, &columns);
                let layout = Layout {
                    columns,
                    sideways: false,
                    first: if torn { number } else { number + 1 },
                };
                best = Some((known, layout));
            }
        }
        best
    }

    /// Whether a number stands in the row, of a kind that one of the row's own
    /// headings announces.
    fn holds_number(&self, row: &Range<usize>, columns: &[Column<'_>]) -> bool {
        let announced = columns.iter().filter_map(|column| match column {
            Column::Identifier(kind) if kind.names_somebody() => Some(*kind),
            _ => None,
        });
        let announced: Vec<Identifier> = announced.collect();
        let mut cells = self.cells(row).map(|(_, cell)| cell.trim());
        cells.any(|cell| announced.iter().any(|kind| kind.is_in_cell(cell)))
    }

    /// The table on its side, where the first cells of its rows are headings.
    fn sideways<'s>(&self, school: &'s School) -> Option<Layout<'s>> {
        let (rows, columns) = SIDEWAYS;
        let fits = (2..=rows).contains(&self.rows.len());
        if !fits
            || self
                .rows
                .iter()
                .any(|row| self.cells(row).count() > columns)
        {
            return None;
        }
        let first = self.rows.iter().map(|row| {
            let cell = self.cells(row).next().map_or("", |(_, cell)| cell);
            heading(cell.trim().trim_end_matches(':'), school)
        });
        let (known, columns) = headings(first)?;
        // A name and something else that is known.
        let names = columns.iter().any(|column| matches!(column, Column::Name));
        (names && known > 2).then_some(Layout {
            columns,
            sideways: true,
            first: 0,
        })
    }

    /// What columns without headings hold, by their values.
    fn inferred<'s>(&self, now: Timestamp) -> Vec<Column<'s>> {
        let this_year = now.to_zoned(jiff::tz::TimeZone::UTC).year();
        let sample: Vec<Vec<Cell<'t>>> = self
            .rows
            .iter()
            .take(50)
            .map(|row| self.cells(row).take(200).collect())
            .collect();
        let width = sample.iter().map(Vec::len).max().unwrap_or(0);
        (0..width)
            .map(|column| {
                let values: BTreeSet<&str> = sample
                    .iter()
                    .filter_map(|row| row.get(column))
                    .map(|(_, cell)| cell.trim())
                    .filter(|cell| !cell.is_empty())
                    .collect();
                let all = |holds: &dyn Fn(&str) -> bool| {
                    values.len() >= MANY && values.iter().all(|value| holds(value))
                };
                if all(&|value| dates::is_pupils_birthday(value, this_year)) {
                    Column::Identifier(Identifier::Birth)
                } else if all(&is_mark) {
                    Column::Data(None)
                } else {
                    Column::Plain
                }
            })
            .collect()
    }
}

/// How much the cells say as headings, if they are any.
fn headings<'s>(
    cells: impl Iterator<Item = Option<Column<'s>>>,
) -> Option<(usize, Vec<Column<'s>>)> {
    let columns: Vec<Option<Column<'s>>> = cells.collect();
    let known = columns
        .iter()
        .flatten()
        .map(|column| match column {
            Column::Name | Column::Identifier(_) => 2,
            Column::Special(_) | Column::Data(Some(_)) | Column::Plain | Column::Organisation => 1,
            Column::Data(None) => 0,
        })
        .sum();
    (known >= 2 && columns.iter().flatten().count() >= 2).then(|| {
        let columns = columns
            .into_iter()
            .map(|column| column.unwrap_or(Column::Plain));
        (known, columns.collect())
    })
}
