//! S/MIME (RFC 8551): what the Cryptographic Message Syntax (RFC 5652) shows to
//! be in a file, never what its name or its declared type says.
//!
//! Signed and compressed content is open to whoever has it. Encrypted content
//! counts as protected only if there is some, and it is no plain file.

use std::borrow::Cow;

use flate2::read::ZlibDecoder;

use super::ber::{EXPLICIT, OBJECT, OCTETS, SEQUENCE, Value};
use super::harvest::{Harvest, Place};
use super::unpack::{self, Fault};
use super::{Protection, file, kind, message};
use crate::finding::ProblemKind;
use crate::mail::encoding;

/// `1.2.840.113549.1`: all that S/MIME names begins so.
pub(super) const RSA: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01";
/// `1.2.840.113549.1.7` and `1.2.840.113549.1.9.16.1`, beneath which stand the
/// types of content.
const PKCS7: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x07";
const SMIME_CT: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x01";

const DATA: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01";

const RC2_CBC: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x03\x02";
/// What stands for a key of 40 bits (RFC 3370 section 5.2).
const RC2_40_BITS: &[u8] = b"\0\xa0";
const DES_CBC: &[u8] = b"\x2b\x0e\x03\x02\x07";

/// What one layer of S/MIME holds.
#[derive(Debug)]
enum Layer<'a> {
    /// A signature over something else, or certificates alone.
    Nothing,
    Clear(Inner<'a>),
    /// Compressed by zlib (RFC 3274).
    Packed(Inner<'a>),
    Sealed {
        bytes: Cow<'a, [u8]>,
        /// Why its cipher keeps nobody out.
        weakness: Option<&'static str>,
        why: &'static str,
    },
    Unknown,
}

/// What a layer is wrapped around: `data`, or another layer.
#[derive(Debug)]
struct Inner<'a> {
    kind: &'a [u8],
    bytes: Cow<'a, [u8]>,
}

/// Reads DER, BER, or either in base64.
pub(crate) fn read(bytes: &[u8], place: &Place, harvest: &mut Harvest<'_>) {
    let decoded;
    let bytes = match bytes.first() {
        Some(&SEQUENCE) => bytes,
        _ => {
            decoded = encoding::base64(bytes);
            &decoded
        }
    };
    let Some(whole) = Value::first(bytes).filter(|value| value.tag == SEQUENCE) else {
        harvest.kind(place, "smime");
        return damaged(place, harvest);
    };
    let Some((kind, content)) = content_info(&whole) else {
        harvest.kind(place, "certificate");
        return harvest.problem(
            place,
            ProblemKind::NotRead,
            "a certificate or key: it was not read",
        );
    };
    harvest.kind(place, "smime");
    layer(kind, content, place, harvest);
    let behind = bytes[whole.end..].trim_ascii();
    if whole.cut {
        damaged(place, harvest);
    } else if behind.iter().any(|&byte| byte != 0) {
        harvest.problem(
            place,
            ProblemKind::Damaged,
            "there is something behind the S/MIME message that was not read",
        );
    }
}

/// The part of a message that is only signed or packed, which mail programs
/// show like any other. `None` if it is no part, or is sealed.
pub(crate) fn part(bytes: &[u8], place: &Place, harvest: &mut Harvest<'_>) -> Option<Vec<u8>> {
    let whole = Value::first(bytes).filter(|value| value.tag == SEQUENCE)?;
    let ends = !whole.cut && bytes[whole.end..].trim_ascii().is_empty();
    let (kind, content) = content_info(&whole).filter(|_| ends)?;
    part_of(kind, content, harvest.depth(), place, harvest)
}

fn part_of(
    kind: &[u8],
    content: Value<'_>,
    layers: u32,
    place: &Place,
    harvest: &mut Harvest<'_>,
) -> Option<Vec<u8>> {
    let inner = match Layer::parse(kind, content)? {
        Layer::Clear(inner) => inner,
        Layer::Packed(inner) => inner.unpack(harvest).ok()?,
        _ => return None,
    };
    if !harvest.decoded(place, inner.bytes.len()) {
        return None;
    }
    if inner.kind == DATA {
        return message::is_entity(&inner.bytes).then(|| inner.bytes.into_owned());
    }
    let content = Value::first(&inner.bytes)?;
    part_of(inner.kind, content, layers.checked_sub(1)?, place, harvest)
}

/// The type of the content, and the content itself.
fn content_info<'a>(whole: &Value<'a>) -> Option<(&'a [u8], Value<'a>)> {
    let mut parts = whole.children();
    let kind = parts.next().filter(|value| value.tag == OBJECT)?;
    let content = parts.next().filter(|value| value.tag == EXPLICIT)?;
    Some((kind.content, content.children().next()?))
}

fn layer(kind: &[u8], content: Value<'_>, place: &Place, harvest: &mut Harvest<'_>) {
    match Layer::parse(kind, content) {
        None => damaged(place, harvest),
        Some(Layer::Nothing) => harvest.kind(place, "signature"),
        Some(Layer::Clear(inner)) => {
            harvest.kind(place, "signed message");
            if harvest.decoded(place, inner.bytes.len()) {
                inner.read(place, harvest);
            }
        }
        Some(Layer::Packed(inner)) => {
            harvest.kind(place, "compressed message");
            match inner.unpack(harvest) {
                Ok(inner) => {
                    if harvest.decoded(place, inner.bytes.len()) {
                        inner.read(place, harvest);
                    }
                }
                Err(fault) => fault.tell(place, harvest),
            }
        }
        Some(Layer::Sealed {
            bytes,
            weakness,
            why,
        }) => sealed(&bytes, weakness, why, place, harvest),
        Some(Layer::Unknown) => harvest.problem(
            place,
            ProblemKind::Unknown,
            "an S/MIME object of a kind that Exeat does not know",
        ),
    }
}

fn sealed(
    bytes: &[u8],
    weakness: Option<&str>,
    why: &str,
    place: &Place,
    harvest: &mut Harvest<'_>,
) {
    if bytes.is_empty() {
        damaged(place, harvest);
    } else if kind::is_plain(bytes) {
        harvest.protection(
            place,
            Protection::Open,
            "it says that it is encrypted and is not",
        );
        if let Some(inside) = harvest.deeper(place) {
            file::read(&["content"], bytes, &inside, harvest);
        }
    } else if let Some(weakness) = weakness {
        harvest.closed(place, Protection::Weak, weakness);
    } else {
        harvest.protection(place, Protection::Protected, why);
    }
}

fn damaged(place: &Place, harvest: &mut Harvest<'_>) {
    harvest.problem(
        place,
        ProblemKind::Damaged,
        "an S/MIME message that is cut short or damaged",
    );
}

impl<'a> Layer<'a> {
    /// `None` if it is not made as its type has to be.
    fn parse(kind: &[u8], content: Value<'a>) -> Option<Self> {
        let number = |family: &[u8]| match kind.strip_prefix(family) {
            Some([number]) => Some(*number),
            _ => None,
        };
        match (number(PKCS7), number(SMIME_CT)) {
            // Signed, digested, and authenticated by a code.
            (Some(2 | 5), _) | (_, Some(2)) => {
                (content.tag == SEQUENCE).then(|| match Inner::of(&content) {
                    Some(inner) if !inner.bytes.is_empty() => Self::Clear(inner),
                    _ => Self::Nothing,
                })
            }
            (_, Some(9)) => Inner::of(&content).map(Self::Packed),
            (Some(1), _) => Some(Self::Clear(Inner {
                kind: DATA,
                bytes: content.octets(),
            })),
            (Some(3 | 4), _) | (_, Some(23)) => {
                Self::sealed(&content, "encrypted with S/MIME for its recipients")
            }
            (Some(6), _) => Self::sealed(&content, "encrypted with a password (S/MIME)"),
            _ => Some(Self::Unknown),
        }
    }

    /// `EncryptedContentInfo` (RFC 5652 section 6.1): type, cipher, bytes.
    fn sealed(content: &Value<'a>, why: &'static str) -> Option<Self> {
        let (algorithm, bytes) = content.children().find_map(|value| {
            let mut parts = value.children();
            let (kind, algorithm) = (parts.next()?, parts.next()?);
            let bytes = parts
                .next()
                .filter(|bytes| matches!(bytes.tag, 0x80 | 0xa0));
            let fits = value.tag == SEQUENCE && kind.tag == OBJECT && algorithm.tag == SEQUENCE;
            bytes.filter(|_| fits).map(|bytes| (algorithm, bytes))
        })?;
        Some(Self::Sealed {
            bytes: bytes.octets(),
            weakness: weakness(&algorithm),
            why,
        })
    }
}

fn weakness(algorithm: &Value<'_>) -> Option<&'static str> {
    let mut parts = algorithm.children();
    let name = parts.next()?.content;
    let parameters = parts.next();
    if name == DES_CBC {
        return Some("encrypted with DES, which falls in a day");
    }
    let key = parameters.and_then(|value| value.children().next());
    let is_40_bits = name == RC2_CBC && key.is_some_and(|key| key.content == RC2_40_BITS);
    is_40_bits.then_some("encrypted with 40-bit RC2, which can be broken in minutes")
}

impl<'a> Inner<'a> {
    /// `EncapsulatedContentInfo` (RFC 5652 section 5.2): type and bytes.
    fn of(content: &Value<'a>) -> Option<Self> {
        content.children().find_map(|value| {
            let mut parts = value.children();
            let (kind, explicit) = (parts.next()?, parts.next()?);
            if (value.tag, kind.tag, explicit.tag) != (SEQUENCE, OBJECT, EXPLICIT) {
                return None;
            }
            // Before CMS it could be a value of any type.
            let bytes = match explicit.children().next() {
                Some(octets) if octets.tag & 0x1f == OCTETS => octets.octets(),
                _ => Cow::Borrowed(explicit.content),
            };
            Some(Self {
                kind: kind.content,
                bytes,
            })
        })
    }

    fn unpack(self, harvest: &Harvest<'_>) -> Result<Self, Fault> {
        let most = harvest.inflatable(self.bytes.len());
        let bytes = unpack::inflate(ZlibDecoder::new(&*self.bytes), 0, most)?;
        Ok(Self {
            kind: self.kind,
            bytes: Cow::Owned(bytes),
        })
    }

    /// Reads what was signed or packed: a part of a message, another layer, or
    /// any file.
    fn read(&self, place: &Place, harvest: &mut Harvest<'_>) {
        if self.kind == DATA || !self.kind.starts_with(RSA) {
            let name = harvest.name(place).to_owned();
            return message::entity_or_file(&self.bytes, inner_name(&name), place, harvest);
        }
        let inside = harvest.deeper(place);
        match (inside, Value::first(&self.bytes)) {
            (Some(inside), Some(content)) => layer(self.kind, content, &inside, harvest),
            (Some(_), None) => damaged(place, harvest),
            (None, _) => {}
        }
    }
}

/// The name without the ending that signing gave it.
fn inner_name(name: &str) -> &str {
    let ending = name.len().checked_sub(4).filter(|&at| at > 0);
    match ending.and_then(|at| name.split_at_checked(at)) {
        Some((inner, ending)) if ending.eq_ignore_ascii_case(".p7m") => inner,
        _ => "content",
    }
}
