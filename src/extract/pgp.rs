//! OpenPGP (RFC 9580), judged by its packets: an encrypted message is
//! protected; what is only signed or compressed is open, and is read.

use std::io::Read;

use bzip2::read::MultiBzDecoder;
use flate2::read::{DeflateDecoder, ZlibDecoder};

use super::harvest::{Harvest, Place};
use super::pgp_packet::{
    COMPRESSED, ENCRYPTED, LITERAL, MARKER, ONE_PASS, PADDING, PUBLIC_KEY, PUBLIC_SUBKEY, Packet,
    Packets, SEALED, SEALED_BY_GNUPG, SECRET_KEY, SECRET_SUBKEY, SESSION_KEY_FOR_KEY,
    SESSION_KEY_FOR_PASSWORD, SIGNATURE, TRUST, USER_ATTRIBUTE, USER_ID,
};
use super::unpack;
use super::{Protection, kind, message};
use crate::finding::ProblemKind;
use crate::mail::charset;

/// Packets that are looked at before bytes count as OpenPGP.
const ENOUGH: usize = 3;
/// A version, random bytes and a code stand around what is encrypted.
const AROUND: usize = 20;
/// What version 2 says of its cipher, and its salt (5.13.2).
const HEADER_OF_2: usize = 36;

/// Whether the bytes are packets, as far as the first few tell.
pub(crate) fn is_one(bytes: &[u8]) -> bool {
    let mut packets = Packets(bytes);
    let first: Vec<Packet<'_>> = packets.by_ref().take(ENOUGH).collect();
    let begins = first.first().is_some_and(|packet| match packet.tag {
        // Any bytes could be one of these.
        ENCRYPTED | USER_ID | USER_ATTRIBUTE | TRUST | PADDING => false,
        COMPRESSED => compressed_packet(&packet.body),
        _ => true,
    });
    let to_the_end = first.len() == ENOUGH || packets.0.is_empty();
    begins && to_the_end && first.iter().all(Packet::is_sound)
}

/// Whether another packet is compressed in one.
fn compressed_packet(body: &[u8]) -> bool {
    let mut head = [0];
    decoder(body).is_some_and(|mut decoder| decoder.read_exact(&mut head).is_ok())
        && head[0] & 0x80 != 0
}

/// Reads packets that are not armoured, or no longer.
pub(crate) fn read(bytes: &[u8], place: &Place, harvest: &mut Harvest<'_>) {
    harvest.kind(place, "pgp");
    let mut seen = Seen::default();
    seen.packets(bytes, place, harvest);
    seen.conclude(place, harvest);
}

/// What the packets of one file are.
#[derive(Debug, Default)]
struct Seen {
    sealed: bool,
    clear: bool,
    key: bool,
    signature: bool,
    /// Cut short, or no packets at all.
    damaged: bool,
    /// A password's packet names a cipher that does nothing.
    no_cipher: bool,
    user_ids: String,
}

impl Seen {
    fn packets(&mut self, bytes: &[u8], place: &Place, harvest: &mut Harvest<'_>) {
        let mut packets = Packets(bytes);
        for packet in packets.by_ref() {
            if harvest.is_spent() {
                return;
            }
            self.damaged |= packet.cut || !packet.is_sound();
            self.packet(&packet, place, harvest);
        }
        self.damaged |= !packets.0.trim_ascii().is_empty();
    }

    fn packet(&mut self, packet: &Packet<'_>, place: &Place, harvest: &mut Harvest<'_>) {
        match packet.tag {
            SESSION_KEY_FOR_PASSWORD => self.no_cipher |= packet.body.get(1) == Some(&0),
            ENCRYPTED | SEALED | SEALED_BY_GNUPG => self.encrypted(packet, place, harvest),
            COMPRESSED => self.compressed(&packet.body, place, harvest),
            LITERAL => self.literal(&packet.body, place, harvest),
            SIGNATURE | ONE_PASS => self.signature = true,
            SECRET_KEY | PUBLIC_KEY | SECRET_SUBKEY | PUBLIC_SUBKEY => self.key = true,
            USER_ID => {
                self.user_ids.push_str(&charset::decode(&packet.body, None));
                self.user_ids.push('\n');
            }
            SESSION_KEY_FOR_KEY | MARKER | TRUST | USER_ATTRIBUTE | PADDING => {}
            _ => self.damaged = true,
        }
    }

    fn encrypted(&mut self, packet: &Packet<'_>, place: &Place, harvest: &mut Harvest<'_>) {
        let header = match (packet.tag, packet.body.first()) {
            (ENCRYPTED, _) => 0,
            (SEALED, Some(2)) => HEADER_OF_2,
            _ => 1,
        };
        let bytes = packet.body.get(header..).unwrap_or_default();
        if kind::is_plain(bytes) {
            self.clear = true;
            message::entity_or_file(bytes, "content", place, harvest);
        } else if bytes.len() < AROUND {
            self.damaged = true;
        } else {
            self.sealed = true;
        }
    }

    fn compressed(&mut self, body: &[u8], place: &Place, harvest: &mut Harvest<'_>) {
        let Some(inside) = harvest.deeper(place).filter(|_| harvest.entry(place)) else {
            return;
        };
        let Some(decoder) = decoder(body) else {
            self.damaged = true;
            return;
        };
        match unpack::inflate(decoder, 0, harvest.inflatable(body.len())) {
            Ok(bytes) => {
                if harvest.decoded(place, bytes.len()) {
                    self.packets(&bytes, &inside, harvest);
                }
            }
            Err(fault) => fault.tell(place, harvest),
        }
    }

    /// Format, name, time, and then the bytes (5.9).
    fn literal(&mut self, body: &[u8], place: &Place, harvest: &mut Harvest<'_>) {
        self.clear = true;
        let named = body.get(1..).and_then(|rest| {
            let (length, rest) = rest.split_first()?;
            let (name, rest) = rest.split_at_checked(usize::from(*length))?;
            Some((name, rest.get(4..)?))
        });
        let Some((name, bytes)) = named else {
            self.damaged = true;
            return;
        };
        let name = match name {
            // The older standard's word for what is only to be shown.
            b"" | b"_CONSOLE" => inner_name(harvest.name(place)).to_owned(),
            name => charset::decode(name, None),
        };
        message::entity_or_file(bytes, &name, place, harvest);
    }

    fn conclude(self, place: &Place, harvest: &mut Harvest<'_>) {
        harvest.text(&place.within("user IDs"), self.user_ids);
        if self.key {
            harvest.kind(place, "pgp key");
        } else if self.signature && !self.clear && !self.sealed {
            harvest.kind(place, "signature");
        }
        if self.sealed && self.no_cipher {
            harvest.problem(
                place,
                ProblemKind::Unknown,
                "an OpenPGP message that says it has no cipher",
            );
        } else if self.sealed && self.clear {
            harvest.protection(place, Protection::Weak, "only a part of it is encrypted");
        } else if self.sealed {
            harvest.protection(place, Protection::Protected, "encrypted with OpenPGP");
        }
        let nothing = !(self.sealed || self.clear || self.key || self.signature);
        if self.damaged || (nothing && !harvest.is_spent()) {
            harvest.problem(
                place,
                ProblemKind::Damaged,
                "an OpenPGP file that is cut short or damaged",
            );
        }
    }
}

/// What undoes the method that a compressed packet names (5.6).
fn decoder(body: &[u8]) -> Option<Box<dyn Read + '_>> {
    let (method, packed) = body.split_first()?;
    Some(match method {
        0 => Box::new(packed),
        1 => Box::new(DeflateDecoder::new(packed)),
        2 => Box::new(ZlibDecoder::new(packed)),
        3 => Box::new(MultiBzDecoder::new(packed)),
        _ => return None,
    })
}

/// The name without the ending that OpenPGP programs give it.
fn inner_name(name: &str) -> &str {
    let ending = name.len().checked_sub(4).filter(|&at| at > 0);
    match ending.and_then(|at| name.split_at_checked(at)) {
        Some((inner, ".gpg" | ".pgp" | ".asc" | ".GPG" | ".PGP" | ".ASC")) => inner,
        _ => "content",
    }
}
