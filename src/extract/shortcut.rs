//! Shortcuts of Windows ([MS-SHLLINK]): where one leads to, what it is called,
//! and what it starts a program with.

use super::bytes::{u16_at, u32_at, utf16};
use super::harvest::{Harvest, Place};
use super::sweep;
use crate::finding::ProblemKind;
use crate::mail::charset;

/// The length of the header, and the class that all have (2.1).
pub(crate) const MARK: &[u8] = b"L\0\0\0\x01\x14\x02\0\0\0\0\0\xc0\0\0\0\0\0\0F";
const HEADER: usize = 0x4c;

/// What is in it (2.1.1).
const HAS_ITEMS: u32 = 1;
const HAS_INFO: u32 = 1 << 1;
/// Description, path from its own folder, folder to start in, arguments, icon.
const STRINGS: [u32; 5] = [1 << 2, 1 << 3, 1 << 4, 1 << 5, 1 << 6];
const IS_WIDE: u32 = 1 << 7;

/// A path with names out of the environment (2.5.4).
const ENVIRONMENT: u32 = 0xa000_0001;
const NARROW_PATH: usize = 260;

/// The name as it is, behind the short one that old programs see.
const LONG_NAME: &[u8] = b"\x04\0\xef\xbe";

pub(crate) fn read(bytes: &[u8], place: &Place, harvest: &mut Harvest<'_>) {
    harvest.kind(place, "lnk");
    let mut shortcut = Shortcut::default();
    let whole = shortcut.read(bytes).is_some();
    harvest.text(place, shortcut.words);
    let mut beside = String::new();
    for data in shortcut.beside {
        beside.push_str(&sweep::words(data, harvest.text_room(place)));
    }
    harvest.text(&place.hidden("properties, hidden"), beside);
    if !whole {
        harvest.problem(
            place,
            ProblemKind::Damaged,
            "the shortcut is cut short or damaged",
        );
    }
}

#[derive(Debug, Default)]
struct Shortcut<'a> {
    /// A line for each thing that it says, and none twice.
    words: String,
    /// What programs noted beside it, of no form that is known here.
    beside: Vec<&'a [u8]>,
}

impl<'a> Shortcut<'a> {
    /// `None` where it ends too soon.
    fn read(&mut self, bytes: &'a [u8]) -> Option<()> {
        let flags = u32_at(bytes, 20)?;
        let mut rest = bytes.get(HEADER..)?;
        if flags & HAS_ITEMS != 0 {
            let items = counted(&mut rest, 1)?;
            self.push(&path(items)?);
        }
        if flags & HAS_INFO != 0 {
            let info = rest.get(..u32_at(rest, 0)? as usize)?;
            rest = &rest[info.len()..];
            self.info(info)?;
        }
        for string in STRINGS {
            if flags & string != 0 {
                let string = match flags & IS_WIDE {
                    0 => narrow(counted(&mut rest, 1)?),
                    _ => utf16(counted(&mut rest, 2)?),
                };
                self.push(&string);
            }
        }
        self.blocks(rest)
    }

    fn push(&mut self, line: &str) {
        let line = line.trim_matches(['\0', ' ']);
        if !line.is_empty() && !self.words.lines().any(|known| known == line) {
            self.words.push_str(line);
            self.words.push('\n');
        }
    }

    /// Where the file was found last (2.3).
    fn info(&mut self, info: &[u8]) -> Option<()> {
        let at = |field: usize| {
            let offset = u32_at(info, field).filter(|offset| *offset > 0)?;
            info.get(offset as usize..)
        };
        let is_wide = u32_at(info, 4)? >= 0x24;
        let wide = |field| is_wide.then(|| at(field)).flatten().map(ended_wide);
        let either = |field, field_of_wide| {
            wide(field_of_wide)
                .or_else(|| at(field).map(ended))
                .unwrap_or_default()
        };
        let ending = either(24, 32);
        let flags = u32_at(info, 8)?;
        if flags & 1 != 0 {
            self.push(&(either(16, 28) + &ending));
            // What the disk or stick is called.
            let label = at(12).and_then(|volume| volume.get(u32_at(volume, 12)? as usize..));
            self.push(&ended(label?));
        }
        if flags & 2 != 0 {
            let share = at(20)?;
            let share = ended(share.get(u32_at(share, 8)? as usize..)?);
            self.push(&format!("{share}\\{ending}"));
        }
        Some(())
    }

    /// Blocks to the one that ends them (2.5).
    fn blocks(&mut self, mut rest: &'a [u8]) -> Option<()> {
        loop {
            let size = u32_at(rest, 0)? as usize;
            if size < 4 {
                return Some(());
            }
            let block = rest.get(..size)?;
            rest = &rest[size..];
            let data = block.get(8..)?;
            match u32_at(block, 4)? {
                ENVIRONMENT => {
                    self.push(&ended(data));
                    self.push(&ended_wide(data.get(NARROW_PATH..)?));
                }
                _ => self.beside.push(data),
            }
        }
    }
}

/// So many units as the two bytes before them say, each of so many bytes.
fn counted<'a>(rest: &mut &'a [u8], unit: usize) -> Option<&'a [u8]> {
    let length = usize::from(u16_at(rest, 0)?) * unit;
    let (units, behind) = rest.get(2..)?.split_at_checked(length)?;
    *rest = behind;
    Some(units)
}

/// The steps from the desktop to the file (2.2).
fn path(mut items: &[u8]) -> Option<String> {
    let mut path = String::new();
    loop {
        let size = usize::from(u16_at(items, 0)?);
        if size == 0 {
            return Some(path);
        }
        let item = items.get(2..size)?;
        items = &items[size..];
        let name = name(item);
        if !(path.is_empty() || path.ends_with('\\') || name.is_empty()) {
            path.push('\\');
        }
        path.push_str(&name);
    }
}

/// What a step is called; how it is written depends on what it is.
fn name(item: &[u8]) -> String {
    let kind = item.first().copied().unwrap_or_default();
    let from = |at: usize| item.get(at..).unwrap_or_default();
    match kind & 0x70 {
        // This computer, and the like: known by numbers.
        0x10 => String::new(),
        0x20 => ended(from(1)),
        0x30 => long_name(item).unwrap_or_else(|| match kind & 4 {
            0 => ended(from(12)),
            _ => ended_wide(from(12)),
        }),
        0x40 => ended(from(3)),
        _ => sweep::words(item, item.len()).trim().replace('\n', " "),
    }
}

/// How far the name is from the block's beginning depends on the version of
/// Windows that wrote it.
fn long_name(item: &[u8]) -> Option<String> {
    let block = memchr::memmem::rfind(item, LONG_NAME)?.checked_sub(4)?;
    let at = match u16_at(item, block + 2)? {
        ..=6 => 20,
        7 => 38,
        8 => 42,
        _ => 46,
    };
    let name = ended_wide(item.get(block + at..)?);
    (!name.is_empty()).then_some(name)
}

fn ended(bytes: &[u8]) -> String {
    let end = memchr::memchr(0, bytes).unwrap_or(bytes.len());
    narrow(&bytes[..end])
}

fn ended_wide(bytes: &[u8]) -> String {
    let units = bytes.chunks_exact(2);
    let length = units.take_while(|unit| *unit != [0, 0]).count() * 2;
    utf16(&bytes[..length])
}

fn narrow(bytes: &[u8]) -> String {
    charset::decode(bytes, None)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extract::{Budget, Reading, read_file};

    fn wide(text: &str) -> Vec<u8> {
        text.encode_utf16().flat_map(u16::to_le_bytes).collect()
    }

    fn header(flags: u32) -> Vec<u8> {
        let mut header = MARK.to_vec();
        header.extend(flags.to_le_bytes());
        header.resize(HEADER, 0);
        header
    }

    fn string(text: &str) -> Vec<u8> {
        let units = text.encode_utf16().count() as u16;
        [&units.to_le_bytes()[..], &wide(text)].concat()
    }

    /// Strings behind each other at these fields of a header of this length.
    fn info(header: u32, flags: u32, strings: &[(usize, &[u8])]) -> Vec<u8> {
        let mut info = vec![0; header as usize];
        info[4..8].copy_from_slice(&header.to_le_bytes());
        info[8..12].copy_from_slice(&flags.to_le_bytes());
        for (field, string) in strings {
            let offset = info.len() as u32;
            info[*field..field + 4].copy_from_slice(&offset.to_le_bytes());
            info.extend_from_slice(string);
        }
        let size = info.len() as u32;
        info[..4].copy_from_slice(&size.to_le_bytes());
        info
    }

    fn read(bytes: &[u8]) -> Reading {
        read_file("a.lnk", bytes, &Budget::default())
    }

    #[track_caller]
    fn check(bytes: &[u8], expected: &str) {
        let reading = read(bytes);
        assert_eq!(reading.attachments[0].kind, "lnk");
        assert_eq!(reading.texts[1].text, expected);
        assert_eq!(reading.problems, []);
    }

    #[test]
    fn strings_and_blocks_are_lines() {
        let strings = [
            string("Zoë’s plan"),
            string(r"\\server\staff"),
            string("/n Oban"),
        ];
        let mut environment = 0x314_u32.to_le_bytes().to_vec();
        environment.extend(ENVIRONMENT.to_le_bytes());
        environment.extend(b"%windir%\\a.exe");
        environment.resize(8 + NARROW_PATH, 0);
        environment.extend(wide("%windir%\\ä.exe"));
        environment.resize(0x314, 0);
        let flags = IS_WIDE | STRINGS[0] | STRINGS[2] | STRINGS[3];
        let bytes = [header(flags), strings.concat(), environment, vec![0; 4]].concat();
        check(
            &bytes,
            "Zoë’s plan\n\\\\server\\staff\n/n Oban\n%windir%\\a.exe\n%windir%\\ä.exe\n",
        );
    }

    #[test]
    fn where_the_file_was_found_is_a_path() {
        let volume = [
            &16_u32.to_le_bytes()[..],
            &[0; 8],
            &16_u32.to_le_bytes(),
            b"STICK\0",
        ]
        .concat();
        let strings: [(usize, &[u8]); 3] = [
            (12, &volume),
            (16, b"E:\\\0"),
            (24, b"Zo\xeb Quillfeather.docx\0"),
        ];
        let end = vec![0; 4];
        let narrow = info(0x1c, 1, &strings);
        let bytes = [header(HAS_INFO), narrow, end.clone()].concat();
        check(&bytes, "E:\\Zoë Quillfeather.docx\nSTICK\n");
        let (base, ending) = (wide("E:\\ß\\\0"), wide("Oban.docx\0"));
        let both = [&strings[..], &[(28, &base[..]), (32, &ending[..])]].concat();
        let bytes = [header(HAS_INFO), info(0x24, 1, &both), end.clone()].concat();
        check(&bytes, "E:\\ß\\Oban.docx\nSTICK\n");
        let share = [
            &[0; 8][..],
            &20_u32.to_le_bytes(),
            &[0; 8],
            b"\\\\server\\staff\0",
        ]
        .concat();
        let net = info(0x1c, 2, &[(20, &share), (24, b"Y7\\list.xlsx\0")]);
        let bytes = [header(HAS_INFO), net, end].concat();
        check(&bytes, "\\\\server\\staff\\Y7\\list.xlsx\n");
    }

    #[test]
    fn whatever_is_cut_or_torn_is_told_or_read() {
        let strings = [string("Zoë’s plan"), string("Oban")].concat();
        let flags = IS_WIDE | STRINGS[0] | STRINGS[3];
        let whole = [header(flags), strings, vec![0; 4]].concat();
        for at in MARK.len()..whole.len() {
            assert!(!read(&whole[..at]).problems.is_empty(), "cut at {at}");
        }
        let mut torn = [header(u32::MAX), vec![0xff; 400]].concat();
        assert!(!read(&torn).problems.is_empty());
        for at in HEADER..torn.len() {
            torn[at] = (at * 7 % 40) as u8;
            read(&torn);
        }
    }
}
