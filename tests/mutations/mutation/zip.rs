//! Zip archives and what is built on them: members changed inside and packed
//! anew, so that the change gets past the checksums; members lost, doubled,
//! renamed; headers that disagree.

use super::{bytes, once, packed, places};
use crate::dice::Dice;

#[derive(Debug, Clone)]
struct Member {
    /// As the directory has it, and as its own header has it.
    names: [Vec<u8>; 2],
    flags: [u16; 2],
    method: u16,
    crc: u32,
    size: u32,
    packed: Vec<u8>,
    /// Whether the directory lists it.
    listed: bool,
}

impl Member {
    fn content(&self) -> Option<Vec<u8>> {
        match (self.method, self.flags[0] & 1) {
            (0, 0) => Some(self.packed.clone()),
            (8, 0) => packed::inflated(&self.packed),
            _ => None,
        }
    }

    fn fill(&mut self, content: &[u8], dice: &mut Dice) {
        (self.method, self.packed) = match dice.one_in(6) {
            true => (0, content.to_vec()),
            false => (8, packed::deflated(content, dice)),
        };
        let mut crc = flate2::Crc::new();
        crc.update(content);
        self.crc = crc.sum();
        self.size = content.len() as u32;
    }

    fn rename(&mut self, name: Vec<u8>) {
        self.names = [name.clone(), name];
    }
}

pub(super) fn change(file: &[u8], dice: &mut Dice, depth: u32) -> Option<Vec<u8>> {
    let mut members = members(file)?;
    if members.is_empty() {
        return None;
    }
    let which = dice.below(members.len());
    match dice.below(20) {
        0..=8 => {
            // Most of it is in the largest members.
            let other = dice.below(members.len());
            let which = if members[other].size > members[which].size {
                other
            } else {
                which
            };
            let content = members[which].content()?;
            let changed = once(content, dice, depth + 1);
            members[which].fill(&changed, dice);
        }
        9 => drop(members.remove(which)),
        10 => {
            let copy = members[which].clone();
            members.insert(dice.below(members.len()), copy);
        }
        11 => {
            let other = dice.below(members.len());
            members.swap(which, other);
        }
        12 => {
            // One in another's place.
            let other = members[dice.below(members.len())].clone();
            let names = members[which].names.clone();
            members[which] = Member { names, ..other };
        }
        13 => renamed(&mut members[which], dice),
        14 => moved(&mut members, which, dice)?,
        15 => members[which].listed = false,
        16 => lied(&mut members[which], dice),
        17 => {
            // Of two with one name, which one is read?
            let mut copy = members[which].clone();
            copy.fill(b"<x/>", dice);
            let at = which + usize::from(dice.one_in(2));
            members.insert(at, copy);
        }
        18 => {
            for member in &mut members {
                if let Some(content) = member.content() {
                    member.fill(&content, dice);
                }
            }
        }
        _ => {
            let listed = written(&members, dice);
            // The part behind the members, which readers begin with.
            let directory = *places(b"PK\x01\x02", &listed).first()?;
            let (front, back) = listed.split_at(directory);
            return Some([front, &bytes::change(back.to_vec(), dice)].concat());
        }
    }
    Some(written(&members, dice))
}

fn renamed(member: &mut Member, dice: &mut Dice) {
    let name = member.names[0].clone();
    let text = String::from_utf8_lossy(&name).into_owned();
    let other = match dice.below(7) {
        0 => text.to_uppercase(),
        1 => text.replace('/', "\\"),
        2 => format!("/{text}"),
        3 => format!("./{text}"),
        4 => format!("{text}\0.txt"),
        5 => format!("../{text}"),
        _ => format!("x{text}"),
    };
    match dice.one_in(2) {
        true => member.rename(other.into_bytes()),
        false => member.names[dice.below(2)] = other.into_bytes(),
    }
}

/// A part under another name, and every part that speaks of it told so: the
/// same document.
fn moved(members: &mut [Member], which: usize, dice: &mut Dice) -> Option<()> {
    let name = String::from_utf8(members[which].names[0].clone()).ok()?;
    let (folder, file) = name.rsplit_once('/').unwrap_or(("", &name));
    let (stem, kind) = file.rsplit_once('.')?;
    if stem.is_empty() || name.starts_with('[') {
        return None;
    }
    let new = format!("n{}.{kind}", dice.below(100));
    for member in members.iter_mut() {
        let own = String::from_utf8_lossy(&member.names[0]).into_owned();
        if let Some(before) = own.strip_suffix(&format!("_rels/{file}.rels")) {
            member.rename(format!("{before}_rels/{new}.rels").into_bytes());
        }
        let Some(content) = member
            .content()
            .filter(|content| !places(file.as_bytes(), content).is_empty())
        else {
            continue;
        };
        let text = String::from_utf8(content).ok()?;
        let text = text.replace(&format!("/{file}\""), &format!("/{new}\""));
        let text = text.replace(&format!("\"{file}\""), &format!("\"{new}\""));
        member.fill(text.as_bytes(), dice);
    }
    let new = match folder {
        "" => new,
        _ => format!("{folder}/{new}"),
    };
    members[which].rename(new.into_bytes());
    Some(())
}

/// Headers that say what is not so.
fn lied(member: &mut Member, dice: &mut Dice) {
    match dice.below(7) {
        0 => member.crc ^= 1 << dice.below(32),
        1 => member.size = dice.extreme() as u32,
        2 => member.method = dice.pick(&[0, 8, 9, 12, 14, 93, 95, 99, 0xffff]),
        3 => member.flags[0] ^= 1 << dice.below(16),
        4 => member.flags[1] ^= 1 << dice.below(16),
        5 => {
            // Claims to be encrypted.
            member.flags = member.flags.map(|flags| flags | 1);
        }
        _ => {
            let size = member.packed.len();
            member.packed.truncate(dice.below(size));
        }
    }
}

fn members(file: &[u8]) -> Option<Vec<Member>> {
    let short = |at: usize| Some(u16::from_le_bytes(file.get(at..at + 2)?.try_into().ok()?));
    let long = |at: usize| Some(u32::from_le_bytes(file.get(at..at + 4)?.try_into().ok()?));
    let end = *places(b"PK\x05\x06", file).last()?;
    let mut at = long(end + 16)? as usize;
    let mut members = Vec::new();
    while file.get(at..)?.starts_with(b"PK\x01\x02") {
        let name = at + 46..at + 46 + short(at + 28)? as usize;
        let local = long(at + 42)? as usize;
        let data = local + 30 + short(local + 26)? as usize + short(local + 28)? as usize;
        let packed = file
            .get(data..data.checked_add(long(at + 20)? as usize)?)?
            .to_vec();
        let names = file.get(name.clone())?.to_vec();
        // Sizes stand in the header when they are written.
        let flags = short(at + 8)? & !8;
        members.push(Member {
            names: [names.clone(), names],
            flags: [flags, flags],
            method: short(at + 10)?,
            crc: long(at + 16)?,
            size: long(at + 24)?,
            packed,
            listed: true,
        });
        at = name.end + short(at + 30)? as usize + short(at + 32)? as usize;
    }
    Some(members)
}

fn written(members: &[Member], dice: &mut Dice) -> Vec<u8> {
    let mut file = Vec::new();
    let mut directory = Vec::new();
    let mut count = 0_u16;
    for member in members {
        let offset = file.len() as u32;
        let header = |which: usize| -> Vec<u8> {
            let mut header = vec![20, 0];
            header.extend(member.flags[which].to_le_bytes());
            header.extend(member.method.to_le_bytes());
            header.extend([0, 0, 0x21, 0]);
            header.extend(member.crc.to_le_bytes());
            header.extend((member.packed.len() as u32).to_le_bytes());
            header.extend(member.size.to_le_bytes());
            header.extend((member.names[which].len() as u16).to_le_bytes());
            header.extend([0, 0]);
            header
        };
        file.extend(b"PK\x03\x04");
        file.extend(header(1));
        file.extend(&member.names[1]);
        file.extend(&member.packed);
        if member.listed {
            count += 1;
            directory.extend(b"PK\x01\x02\x14\0");
            directory.extend(header(0));
            directory.extend([0; 10]);
            directory.extend(offset.to_le_bytes());
            directory.extend(&member.names[0]);
        }
    }
    let offset = file.len() as u32;
    let size = directory.len() as u32;
    file.extend(directory);
    file.extend(b"PK\x05\x06\0\0\0\0");
    file.extend(count.to_le_bytes());
    file.extend(count.to_le_bytes());
    file.extend(size.to_le_bytes());
    file.extend(offset.to_le_bytes());
    match dice.one_in(10) {
        true => file.extend(b"\x04\0note"),
        false => file.extend([0, 0]),
    }
    file
}
