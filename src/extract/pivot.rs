//! The copy of its source that a pivot table keeps, whole, wherever the
//! workbook goes.

use super::grid::Grid;
use super::harvest::{Harvest, Place};
use super::number::iso_date;
use super::xml::{self, Node};

/// The columns of a pivot cache, with the values that its records point to.
#[derive(Debug, Default)]
pub(crate) struct PivotCache {
    columns: Vec<(String, Vec<String>)>,
}

impl PivotCache {
    /// `xl/pivotCache/pivotCacheDefinition1.xml`
    pub(crate) fn read(xml: &[u8]) -> Self {
        let mut cache = Self::default();
        let mut in_items = false;
        xml::walk(xml, |node| {
            match node {
                Node::Start(element) | Node::Empty(element) => match element.name() {
                    b"cacheField" => {
                        let name = element.attribute("name").unwrap_or_default().into_owned();
                        cache.columns.push((name, Vec::new()));
                        in_items = false;
                    }
                    b"sharedItems" => in_items = true,
                    b"s" | b"n" | b"d" | b"b" | b"e" if in_items => {
                        if let Some((_, items)) = cache.columns.last_mut() {
                            items.push(shared_value(&element));
                        }
                    }
                    b"m" if in_items => {
                        if let Some((_, items)) = cache.columns.last_mut() {
                            items.push(String::new());
                        }
                    }
                    _ => {}
                },
                Node::End(b"sharedItems") => in_items = false,
                _ => {}
            }
            true
        });
        cache
    }

    /// The records as a table; without records, what the columns hold.
    pub(crate) fn table(&self, records: Option<&[u8]>, place: &Place, harvest: &mut Harvest<'_>) {
        let mut grid = Grid::new();
        for (column, (name, _)) in self.columns.iter().enumerate() {
            grid.cell(0, column as u32, name);
        }
        let mut row = 0;
        let mut column = 0;
        let room = harvest.room();
        match records {
            Some(records) => {
                xml::walk(records, |node| {
                    match node {
                        Node::Start(element) | Node::Empty(element) => match element.name() {
                            b"r" => {
                                row += 1;
                                column = 0;
                            }
                            b"x" => {
                                let index = element.number("v").unwrap_or(u32::MAX) as usize;
                                let items =
                                    self.columns.get(column as usize).map(|(_, items)| items);
                                if let Some(value) = items.and_then(|items| items.get(index)) {
                                    grid.cell(row, column, value);
                                }
                                column += 1;
                            }
                            b"s" | b"n" | b"d" | b"b" | b"e" | b"m" => {
                                grid.cell(row, column, &shared_value(&element));
                                column += 1;
                            }
                            _ => {}
                        },
                        Node::End(_) | Node::Text(_) => {}
                    }
                    grid.len() < room
                });
            }
            None => {
                let longest = self
                    .columns
                    .iter()
                    .map(|(_, items)| items.len())
                    .max()
                    .unwrap_or(0);
                for row in 0..longest {
                    for (column, (_, items)) in self.columns.iter().enumerate() {
                        let value = items.get(row).map_or("", String::as_str);
                        grid.cell(row as u32 + 1, column as u32, value);
                    }
                }
            }
        }
        grid.finish(place, harvest);
    }
}

fn shared_value(element: &xml::Element<'_, '_>) -> String {
    let value = element.attribute("v").unwrap_or_default();
    match element.name() {
        b"d" => iso_date(&value),
        _ => value.into_owned(),
    }
}
