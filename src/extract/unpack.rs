//! Unpacking within a limit, whatever the format, and what can be wrong with it.

use std::io::{self, Read};

use super::harvest::{Harvest, Place};
use crate::finding::ProblemKind;

/// What is inflated without more ado, in bytes: 8 MB.
const ROOM: usize = 8 * 1024 * 1024;

/// Why something could not be unpacked.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    Damaged,
    /// It grows beyond every measure.
    Bomb,
    Method(u16),
}

impl Fault {
    /// Tells the problem, and ends all reading after a bomb.
    pub(crate) fn tell(&self, place: &Place, harvest: &mut Harvest<'_>) {
        match self {
            Self::Damaged => harvest.problem(
                place,
                ProblemKind::Damaged,
                "it could not be unpacked: it is damaged",
            ),
            Self::Bomb => harvest.exhaust(
                place,
                "unpacked, it grows far beyond what it claims: a bomb",
            ),
            Self::Method(_) => harvest.problem(
                place,
                ProblemKind::Unknown,
                "it is compressed with a method that Exeat does not know",
            ),
        }
    }
}

/// Inflates at most `limit` bytes. `size` is only a hint.
pub(crate) fn inflate(decoder: impl Read, size: u64, limit: usize) -> Result<Vec<u8>, Fault> {
    let (out, read) = drain(decoder, size, limit);
    if out.len() > limit {
        return Err(Fault::Bomb);
    }
    match read {
        Ok(_) => Ok(out),
        Err(_) => Err(Fault::Damaged),
    }
}

/// Reads to the end, or one byte beyond `limit`. `size` is only a hint.
pub(crate) fn drain(
    mut decoder: impl Read,
    size: u64,
    limit: usize,
) -> (Vec<u8>, io::Result<usize>) {
    let hint = usize::try_from(size)
        .unwrap_or(usize::MAX)
        .min(limit)
        .min(ROOM);
    let mut out = Vec::with_capacity(hint.saturating_add(1));
    let most = limit.saturating_add(1);
    let read = decoder
        .by_ref()
        .take(most.min(ROOM) as u64)
        .read_to_end(&mut out);
    if read.is_err() || out.len() < ROOM {
        return (out, read);
    }
    // To grow by doubling would take up to three times the limit for a while.
    // Room that nothing is written to costs nothing.
    out.reserve_exact(most - out.len());
    let rest = decoder
        .take((most - out.len()) as u64)
        .read_to_end(&mut out);
    (out, rest)
}
