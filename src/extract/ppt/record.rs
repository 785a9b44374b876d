//! Records of a presentation ([MS-PPT] 2.3.1): eight bytes of header, then an
//! atom's data or other records.

use crate::extract::bytes::{cp1252, u16_at, u32_at, utf16};

#[derive(Debug, Clone, Copy)]
pub(super) struct Record<'a> {
    pub(super) kind: u16,
    pub(super) instance: u16,
    container: bool,
    /// Where its data begins.
    pub(super) at: usize,
    pub(super) data: &'a [u8],
    /// All that its header promises is there.
    pub(super) whole: bool,
}

impl Record<'_> {
    pub(super) fn is_container(&self) -> bool {
        self.container
    }

    pub(super) fn u32_at(&self, at: usize) -> Option<u32> {
        u32_at(self.data, at)
    }

    pub(super) fn wide(&self) -> String {
        utf16(self.data)
    }

    pub(super) fn narrow(&self) -> String {
        cp1252(self.data)
    }
}

/// The records that follow one another from `start`; the last is cut to what
/// is there.
pub(super) fn records(bytes: &[u8], start: usize) -> impl Iterator<Item = Record<'_>> {
    let mut next = start;
    std::iter::from_fn(move || {
        let head = u16_at(bytes, next)?;
        let kind = u16_at(bytes, next.checked_add(2)?)?;
        let length = u32_at(bytes, next.checked_add(4)?)? as usize;
        // Zeros fill up the stream.
        if kind == 0 {
            return None;
        }
        let at = next + 8;
        let end = at.saturating_add(length).min(bytes.len());
        next = end;
        Some(Record {
            kind,
            instance: head >> 4,
            container: head & 0xf == 0xf,
            at,
            data: bytes.get(at..end)?,
            whole: end - at == length,
        })
    })
}

/// Numbers of records ([MS-PPT] 2.13.24).
pub(super) mod kind {
    pub(in crate::extract::ppt) const SLIDE: u16 = 0x03ee;
    pub(in crate::extract::ppt) const NOTES: u16 = 0x03f0;
    pub(in crate::extract::ppt) const NOTES_ATOM: u16 = 0x03f1;
    pub(in crate::extract::ppt) const SLIDE_PERSIST: u16 = 0x03f3;
    pub(in crate::extract::ppt) const MASTER: u16 = 0x03f8;
    pub(in crate::extract::ppt) const SLIDE_SHOW_INFO: u16 = 0x03f9;
    pub(in crate::extract::ppt) const TEXT_CHARS: u16 = 0x0fa0;
    pub(in crate::extract::ppt) const TEXT_BYTES: u16 = 0x0fa8;
    pub(in crate::extract::ppt) const C_STRING: u16 = 0x0fba;
    pub(in crate::extract::ppt) const SLIDE_LIST: u16 = 0x0ff0;
    pub(in crate::extract::ppt) const USER_EDIT: u16 = 0x0ff5;
    pub(in crate::extract::ppt) const PERSIST_DIRECTORY: u16 = 0x1772;
    pub(in crate::extract::ppt) const COMMENT: u16 = 0x2ee0;
    pub(in crate::extract::ppt) const CRYPT_SESSION: u16 = 0x2f14;
}
