//! What is handed in for an import: a file, a folder's files, or what a zip
//! holds; and which format they are in, told by what stands in them.

use std::borrow::Cow;
use std::fmt;

use crate::extract::zip_records::Archive;
use crate::extract::{unpack, xml};

use super::Source;
use super::ctf;
use super::error::ImportError;
use super::table::Table;

/// The formats that lists of people come in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    Csv,
    CommonTransferFile,
    OneRoster11,
    OneRoster12,
    DataSync1,
    DataSync2,
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Csv => "CSV",
            Self::CommonTransferFile => "Common Transfer File",
            Self::OneRoster11 => "OneRoster 1.1",
            Self::OneRoster12 => "OneRoster 1.2",
            Self::DataSync1 => "Microsoft School Data Sync v1",
            Self::DataSync2 => "Microsoft School Data Sync v2.1",
        })
    }
}

/// The most that a zip's members may come to, and how many there may be.
const LARGEST: usize = 1024 * 1024 * 1024; // 1 GB: a million pupils take a fifth of it
const MOST: usize = 1000;

/// Files by name, without folders before it.
pub(super) struct Files<'a> {
    files: Vec<(String, Cow<'a, [u8]>)>,
    /// What the whole is called in messages.
    name: String,
}

impl<'a> Files<'a> {
    /// `sources` are the files of a folder, or a single one, which may be a
    /// zip of them.
    pub(super) fn new(sources: &[Source<'a>]) -> Result<Self, ImportError> {
        if let [one] = sources {
            if one.bytes.starts_with(b"PK\x03\x04") {
                return unpacked(one);
            }
            let name = one.name.to_owned();
            return Ok(Self {
                files: vec![(name.clone(), Cow::Borrowed(one.bytes))],
                name,
            });
        }
        let files = sources.iter().map(|source| {
            let name = source.name.to_owned();
            (name, Cow::Borrowed(source.bytes))
        });
        Ok(Self {
            files: files.collect(),
            name: "the folder".to_owned(),
        })
    }

    /// The format, told by content.
    pub(super) fn format(&self) -> Result<Format, ImportError> {
        if let [(name, bytes)] = &self.files[..] {
            return self.format_of_one(name, bytes);
        }
        if let Some(users) = self.table("users.csv")? {
            return self.format_of_users(&users);
        }
        if self
            .table("student.csv")?
            .is_some_and(|table| table.has("SIS ID"))
        {
            return Ok(Format::DataSync1);
        }
        let names: Vec<&str> = self.files.iter().map(|(name, _)| name.as_str()).collect();
        Err(self.fault(format!(
            "neither users.csv (OneRoster, School Data Sync v2.1) nor student.csv (School Data Sync v1) \
             is among the files: {}; of other formats, name the one file",
            match names.is_empty() {
                true => "there are none".to_owned(),
                false => names.join(", "),
            }
        )))
    }

    fn format_of_one(&self, name: &str, bytes: &[u8]) -> Result<Format, ImportError> {
        let what = match bytes {
            [b'P', b'K', 3, 4, ..] | [0xd0, 0xcf, 0x11, 0xe0, ..] => {
                "this is an Excel workbook; save it as CSV (UTF-8), and name that file"
            }
            [b'%', b'P', b'D', b'F', ..] => "this is a PDF; export the list as CSV",
            [b'{' | b'[', ..] => "this is JSON; export the list as CSV",
            _ if xml::is_one(bytes) && ctf::is_one(bytes) => return Ok(Format::CommonTransferFile),
            _ if xml::is_one(bytes) => {
                "this is XML, but no Common Transfer File (CTfile); export that, or CSV"
            }
            _ => {
                let table = Table::new(name, bytes);
                let users = ["sourcedId", "givenName", "familyName"];
                return match users.iter().all(|heading| table.has(heading)) {
                    true => self.format_of_users(&table),
                    false => Ok(Format::Csv),
                };
            }
        };
        Err(self.fault(what))
    }

    fn format_of_users(&self, users: &Table) -> Result<Format, ImportError> {
        if users.has("role") {
            return Ok(Format::OneRoster11);
        }
        let of_one_roster = ["enabledUser", "userMasterIdentifier", "preferredFirstName"];
        let manifest = self.find("manifest.csv").is_some();
        Ok(
            match manifest || of_one_roster.iter().any(|heading| users.has(heading)) {
                true => Format::OneRoster12,
                false => Format::DataSync2,
            },
        )
    }

    /// The only file.
    pub(super) fn single(&self) -> Option<(&str, &[u8])> {
        match &self.files[..] {
            [(name, bytes)] => Some((name, bytes)),
            _ => None,
        }
    }

    /// A CSV file of this name in any case; a single file is `users.csv`
    /// whatever its name.
    pub(super) fn table(&self, name: &str) -> Result<Option<Table>, ImportError> {
        let found = match self.single() {
            Some(one) if name == "users.csv" => Some(one),
            _ => self.find(name),
        };
        Ok(found.map(|(name, bytes)| Table::new(name, bytes)))
    }

    fn find(&self, wanted: &str) -> Option<(&str, &[u8])> {
        let mut files = self.files.iter();
        let (name, bytes) = files.find(|(name, _)| name.eq_ignore_ascii_case(wanted))?;
        Some((name, bytes))
    }

    pub(super) fn lacks(&self, wanted: &str) -> ImportError {
        let names: Vec<&str> = self.files.iter().map(|(name, _)| name.as_str()).collect();
        let names = names.join(", ");
        self.fault(format!(
            "there is no {wanted} beside {names}; name the folder or zip that has it"
        ))
    }

    fn fault(&self, what: impl Into<String>) -> ImportError {
        ImportError::File {
            file: self.name.clone(),
            what: what.into(),
        }
    }
}

/// The members of a zip, each by its name without folders.
fn unpacked<'a>(source: &Source<'a>) -> Result<Files<'a>, ImportError> {
    let fault = |what: &str| ImportError::File {
        file: source.name.to_owned(),
        what: what.to_owned(),
    };
    let archive = Archive::parse(source.bytes, MOST + 1);
    if archive.is_doubtful() || archive.has_rivals() || archive.members.len() > MOST {
        return Err(fault(
            "the zip is damaged, or no list's; unpack it, and name the folder",
        ));
    }
    if archive.member("[Content_Types].xml").is_some() {
        return Err(fault(
            "this is an Excel workbook; save it as CSV (UTF-8), and name that file",
        ));
    }
    let mut left = LARGEST;
    let mut files = Vec::new();
    for member in &archive.members {
        let name = member.name.rsplit(['/', '\\']).next().unwrap_or_default();
        if name.is_empty() || name.starts_with('.') || member.name.contains("__MACOSX") {
            continue;
        }
        let bytes = member.unpack(left).map_err(|why| match why {
            unpack::Fault::Bomb => fault("the zip holds more than a gigabyte"),
            _ => fault("the zip is encrypted or damaged; unpack it, and name the folder"),
        })?;
        if !member.is_sound(&bytes) {
            return Err(fault(
                "the zip is encrypted or damaged; unpack it, and name the folder",
            ));
        }
        left -= bytes.len();
        files.push((name.to_owned(), Cow::Owned(bytes.into_owned())));
    }
    let name = source.name.to_owned();
    Ok(Files { files, name })
}
