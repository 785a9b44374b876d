//! The records that a workbook's streams consist of ([MS-XLS] 2.1.4).

use crate::extract::bytes::u16_at;

#[derive(Debug, Clone, Copy)]
pub(crate) struct Record<'a> {
    pub(crate) kind: u16,
    pub(crate) data: &'a [u8],
    /// Where its data begins in the stream.
    pub(crate) at: usize,
}

pub(crate) struct Records<'a> {
    stream: &'a [u8],
    at: usize,
}

impl<'a> Records<'a> {
    pub(crate) fn new(stream: &'a [u8]) -> Self {
        Self { stream, at: 0 }
    }

    /// The data of the records that continue the last one.
    pub(crate) fn continuations(&mut self) -> Vec<&'a [u8]> {
        let mut pieces = Vec::new();
        while u16_at(self.stream, self.at) == Some(kind::CONTINUE) {
            pieces.extend(self.next().map(|record| record.data));
        }
        pieces
    }
}

impl<'a> Iterator for Records<'a> {
    type Item = Record<'a>;

    /// A last record that is cut short is given as far as it goes.
    fn next(&mut self) -> Option<Record<'a>> {
        let kind = u16_at(self.stream, self.at)?;
        let length = usize::from(u16_at(self.stream, self.at + 2)?);
        let at = self.at + 4;
        let end = (at + length).min(self.stream.len());
        self.at = end;
        Some(Record {
            kind,
            data: &self.stream[at..end],
            at,
        })
    }
}

/// Numbers of records ([MS-XLS] 2.3).
pub(crate) mod kind {
    pub(crate) const FORMULA: u16 = 0x0006;
    pub(crate) const EOF: u16 = 0x000a;
    pub(crate) const PROTECT: u16 = 0x0012;
    pub(crate) const HEADER: u16 = 0x0014;
    pub(crate) const FOOTER: u16 = 0x0015;
    pub(crate) const NAME: u16 = 0x0018;
    pub(crate) const NOTE: u16 = 0x001c;
    pub(crate) const DATE_1904: u16 = 0x0022;
    pub(crate) const FILE_PASS: u16 = 0x002f;
    pub(crate) const CONTINUE: u16 = 0x003c;
    pub(crate) const CODE_PAGE: u16 = 0x0042;
    pub(crate) const CRN: u16 = 0x005a;
    pub(crate) const FILE_SHARING: u16 = 0x005b;
    pub(crate) const OBJ: u16 = 0x005d;
    pub(crate) const COL_INFO: u16 = 0x007d;
    pub(crate) const BOUND_SHEET: u16 = 0x0085;
    pub(crate) const MUL_RK: u16 = 0x00bd;
    pub(crate) const R_STRING: u16 = 0x00d6;
    pub(crate) const XF: u16 = 0x00e0;
    pub(crate) const INTERFACE_HDR: u16 = 0x00e1;
    pub(crate) const MSO_DRAWING_GROUP: u16 = 0x00eb;
    pub(crate) const SST: u16 = 0x00fc;
    pub(crate) const LABEL_SST: u16 = 0x00fd;
    pub(crate) const RRD_HEAD: u16 = 0x0138;
    pub(crate) const USR_EXCL: u16 = 0x0194;
    pub(crate) const FILE_LOCK: u16 = 0x0195;
    pub(crate) const RRD_INFO: u16 = 0x0196;
    pub(crate) const CONDITION: u16 = 0x01b1;
    pub(crate) const SUP_BOOK: u16 = 0x01ae;
    pub(crate) const TXO: u16 = 0x01b6;
    pub(crate) const H_LINK: u16 = 0x01b8;
    pub(crate) const VALIDATION: u16 = 0x01be;
    pub(crate) const NUMBER: u16 = 0x0203;
    pub(crate) const LABEL: u16 = 0x0204;
    pub(crate) const BOOL_ERR: u16 = 0x0205;
    pub(crate) const STRING: u16 = 0x0207;
    pub(crate) const ROW: u16 = 0x0208;
    pub(crate) const ARRAY: u16 = 0x0221;
    pub(crate) const RK: u16 = 0x027e;
    pub(crate) const FORMAT: u16 = 0x041e;
    pub(crate) const SHARED_FORMULA: u16 = 0x04bc;
    pub(crate) const BOF: u16 = 0x0809;

    pub(crate) const SX_FDB: u16 = 0x00c7;
    pub(crate) const SX_DBB: u16 = 0x00c8;
    pub(crate) const SX_NUM: u16 = 0x00c9;
    pub(crate) const SX_BOOL: u16 = 0x00ca;
    pub(crate) const SX_INT: u16 = 0x00cc;
    pub(crate) const SX_STRING: u16 = 0x00cd;
    pub(crate) const SX_DTR: u16 = 0x00ce;
    pub(crate) const SX_NIL: u16 = 0x00cf;
}
