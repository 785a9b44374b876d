//! The workbook's own records: what all sheets share.

use std::collections::HashMap;

use super::record::{Record, Records, kind};
use super::string::{Version, shared_strings};
use crate::extract::bytes::{f64_at, u16_at, u32_at};
use crate::extract::formula::words;
use crate::extract::harvest::{Harvest, Place};
use crate::extract::illustration::Illustrations;
use crate::extract::number::Format;
use crate::extract::office_art;

/// Excel writes its own names as one number (2.5.114).
const BUILT_IN: u16 = 0x20;

pub(super) struct Workbook {
    pub(super) version: Version,
    pub(super) since_1904: bool,
    sheets: Vec<SheetName>,
    strings: String,
    string_ends: Vec<usize>,
    codes: HashMap<u16, Format>,
    /// The number format of each cell style.
    styles: Vec<u16>,
    names: String,
    elsewhere: String,
    /// Pictures of all sheets, in pieces.
    drawings: Vec<u8>,
    protected: bool,
    damaged: bool,
}

#[derive(Debug, Clone, Default)]
pub(super) struct SheetName {
    pub(super) name: String,
    pub(super) hidden: bool,
    start: usize,
}

impl Workbook {
    pub(super) fn new(version: Version) -> Self {
        Self {
            version,
            since_1904: false,
            sheets: Vec::new(),
            strings: String::new(),
            string_ends: Vec::new(),
            codes: HashMap::new(),
            styles: Vec::new(),
            names: String::new(),
            elsewhere: String::new(),
            drawings: Vec::new(),
            protected: false,
            damaged: false,
        }
    }

    pub(super) fn record<'a>(&mut self, record: Record<'a>, records: &mut Records<'a>) {
        let data = record.data;
        match record.kind {
            kind::SST => {
                let mut pieces = vec![data];
                pieces.extend(records.continuations());
                self.take_strings(&pieces);
            }
            kind::BOUND_SHEET => self.sheets.extend(self.sheet_name(data)),
            kind::CODE_PAGE => {
                if let Some(page) = u16_at(data, 0) {
                    self.version = self.version.with_code_page(page);
                }
            }
            kind::DATE_1904 => self.since_1904 = u16_at(data, 0) == Some(1),
            kind::FORMAT => self.take_format(data),
            kind::XF => self.styles.push(u16_at(data, 2).unwrap_or(0)),
            // One that is cut short says what it can.
            kind::NAME => self.take_name(data).unwrap_or_default(),
            kind::SUP_BOOK => self.take_other_book(data),
            // It goes on in more of its kind, or as all records do.
            kind::MSO_DRAWING_GROUP => {
                self.drawings.extend_from_slice(data);
                let pieces = records.continuations();
                pieces
                    .iter()
                    .for_each(|piece| self.drawings.extend_from_slice(piece));
            }
            kind::CRN => self.take_cached_cells(data),
            kind::PROTECT | kind::FILE_SHARING => {
                self.protected |= u16_at(data, 0).is_some_and(|flag| flag != 0);
            }
            _ => {}
        }
    }

    fn take_strings(&mut self, pieces: &[&[u8]]) {
        let (strings, ends) = (&mut self.strings, &mut self.string_ends);
        let whole = shared_strings(pieces, |string| {
            strings.push_str(string);
            ends.push(strings.len());
        });
        self.damaged |= !whole;
    }

    /// [MS-XLS] 2.4.28
    fn sheet_name(&self, data: &[u8]) -> Option<SheetName> {
        Some(SheetName {
            start: u32_at(data, 0)? as usize,
            hidden: data.get(4)? & 3 != 0,
            name: self.version.short(data.get(6..)?)?,
        })
    }

    fn take_format(&mut self, data: &[u8]) {
        let code = data.get(2..).and_then(|code| match self.version {
            Version::Biff8 => self.version.long(code),
            Version::Biff5(_) => self.version.short(code),
        });
        if let (Some(id), Some(code)) = (u16_at(data, 0), code) {
            self.codes.insert(id, Format::of_code(&code));
        }
    }

    /// [MS-XLS] 2.4.150: a name, and the words in what it stands for.
    fn take_name(&mut self, data: &[u8]) -> Option<()> {
        if u16_at(data, 0)? & BUILT_IN != 0 {
            return None;
        }
        let length = usize::from(*data.get(3)?);
        let characters = data.get(14..)?;
        self.names
            .push_str(&self.version.characters(characters, length)?);
        let formula = self.version.size(characters, length);
        let formula = formula.and_then(|size| characters.get(size..));
        let formula = formula.and_then(|f| f.split_at_checked(u16_at(data, 4)?.into()));
        if let Some((tokens, behind)) = formula {
            for word in words(tokens, behind, self.version.dialect()) {
                self.names.push('\t');
                self.names.push_str(&word);
            }
        }
        self.names.push('\n');
        Some(())
    }

    /// [MS-XLS] 2.4.271: the path of a workbook that formulas refer to.
    fn take_other_book(&mut self, data: &[u8]) {
        if data.len() > 4
            && let Some(path) = self.version.long(&data[2..])
        {
            // Its parts are set apart by control characters.
            let path = path.replace(|c: char| c.is_control(), " ");
            self.elsewhere.push_str(path.trim());
            self.elsewhere.push('\n');
        }
    }

    /// [MS-XLS] 2.4.65: values of cells in another workbook.
    fn take_cached_cells(&mut self, data: &[u8]) {
        let mut rest = data.get(4..).unwrap_or_default();
        while let Some((&value_kind, value)) = rest.split_first() {
            let length = match value_kind {
                2 => {
                    let text = self.version.long(value).unwrap_or_default();
                    self.elsewhere.push_str(&text);
                    let wide = value.get(2).is_some_and(|flags| flags & 1 != 0);
                    3 + usize::from(u16_at(value, 0).unwrap_or(0)) * (1 + usize::from(wide))
                }
                1 => {
                    let number = f64_at(value, 0).unwrap_or(0.0);
                    self.elsewhere.push_str(&number.to_string());
                    8
                }
                _ => 8,
            };
            self.elsewhere.push('\t');
            rest = value.get(length..).unwrap_or_default();
        }
        self.elsewhere.push('\n');
    }

    pub(super) fn sheet_at(&self, start: usize) -> SheetName {
        let named = self.sheets.iter().find(|sheet| sheet.start == start);
        named.cloned().unwrap_or_default()
    }

    pub(super) fn shared(&self, index: usize) -> Option<&str> {
        let end = *self.string_ends.get(index)?;
        let start = index.checked_sub(1).map_or(0, |one| self.string_ends[one]);
        Some(&self.strings[start..end])
    }

    pub(super) fn format(&self, style: u16) -> Format {
        let id = self.styles.get(usize::from(style)).copied().unwrap_or(0);
        let own = self.codes.get(&id).cloned();
        own.unwrap_or_else(|| Format::built_in(u32::from(id)))
    }

    pub(super) fn restrict_editing(&mut self) {
        self.protected = true;
    }

    pub(super) fn only_editing_restricted(&self) -> bool {
        self.protected
    }

    pub(super) fn is_damaged(&self) -> bool {
        self.damaged
    }

    pub(super) fn finish(&mut self, place: &Place, harvest: &mut Harvest<'_>) {
        let names = std::mem::take(&mut self.names);
        harvest.text(&place.hidden("defined names, hidden"), names);
        let elsewhere = std::mem::take(&mut self.elsewhere);
        let place = place.hidden("copy of another workbook's data, hidden");
        harvest.text(&place, elsewhere);
    }

    pub(super) fn pictures(&self, place: &Place, harvest: &mut Harvest<'_>) {
        office_art::read(
            &self.drawings,
            &mut Illustrations::default(),
            place,
            harvest,
        );
    }
}
