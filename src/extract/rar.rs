//! RAR archives of all versions: each file is packed and encrypted by itself,
//! or with those before it in one solid stream.

use std::cell::{Cell, RefCell};
use std::io::{self, Cursor, Write};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use rars::{
    Archive, ArchiveReadOptions, ArchiveReader, ErrorKind, ExtractionDecision,
    ExtractionErrorAction,
};

use super::harvest::{Harvest, Place};
use super::rar_member::{LARGEST_DICTIONARY, Member, members};
use super::unpack::Fault;
use super::{Protection, file, member, rar_comment, rar_header};
use crate::finding::ProblemKind;
use crate::mail::charset;

/// The dictionary and what the unpacker keeps beside it: WinRAR's own choice
/// is 32 MB.
const MOST_MEMORY: u64 = 100 * 1024 * 1024;
/// All headers together; names are nearly all of them.
const LONGEST_HEADERS: u64 = 4 * 1024 * 1024;
/// Headers of other things stand between those of the files: rights, streams.
const HEADERS_PER_FILE: u64 = 4;
const LONGEST_COMMENT: u64 = 256 * 1024;
const TOO_LARGE: &str = "it is packed in a way that is not read, or with too large a dictionary";
/// What the passwords of all files may take once they are known: each file
/// has its own salt.
const MOST_DERIVATION: Duration = Duration::from_secs(3);

pub(crate) fn read(bytes: &[u8], place: &Place, harvest: &mut Harvest<'_>) {
    harvest.kind(place, "rar");
    let extent = rar_header::extent(bytes);
    let source: Arc<[u8]> = bytes[..extent.length].into();
    // A password is not given for headers that lie open: it would be tried on
    // every file there and then.
    match headers(&source, limits(harvest)) {
        Ok(archive) => {
            let members = members(&archive);
            protection(&members, place, harvest);
            let password = password(&archive, &members, bytes.len(), place, harvest);
            contents(
                &archive,
                &members,
                bytes.len(),
                password.as_deref(),
                place,
                harvest,
            );
        }
        Err(ErrorKind::PasswordRequired) => return sealed(&source, place, harvest),
        Err(ErrorKind::ResourceLimit) => {
            return harvest.exhaust(place, "its list of files is larger than Exeat reads");
        }
        Err(_) => return damaged(place, harvest),
    }
    if !extent.whole {
        damaged(place, harvest);
    }
}

/// The names of the files are encrypted too.
fn sealed(source: &Arc<[u8]>, place: &Place, harvest: &mut Harvest<'_>) {
    harvest.protection(
        place,
        Protection::Protected,
        "encrypted, the names of its files too",
    );
    let cost = match source.starts_with(rar_header::MARK_5) {
        true => rar_header::headers_of_5(source),
        false => rar_header::ROUNDS_OF_4,
    };
    let limits = limits(harvest);
    let opened = harvest.try_words(place, cost, |word| {
        let archive = headers(source, with(word, limits)).ok()?;
        Some((archive, word.to_owned()))
    });
    if let Some((archive, password)) = opened {
        let members = members(&archive);
        contents(
            &archive,
            &members,
            source.len(),
            Some(&password),
            place,
            harvest,
        );
    }
}

fn damaged(place: &Place, harvest: &mut Harvest<'_>) {
    harvest.problem(
        place,
        ProblemKind::Damaged,
        "the archive is cut short or damaged, or one of several parts",
    );
}

fn limits(harvest: &Harvest<'_>) -> ArchiveReadOptions<'static> {
    let files = harvest.entries_left() as u64 + 1;
    ArchiveReadOptions::new()
        .with_max_header_count(files * HEADERS_PER_FILE)
        .with_max_header_bytes(LONGEST_HEADERS)
        .with_max_reader_workspace_bytes(MOST_MEMORY)
        .with_rar50_dictionary_size_limit(LARGEST_DICTIONARY)
}

fn with<'a>(password: &'a str, mut limits: ArchiveReadOptions<'a>) -> ArchiveReadOptions<'a> {
    limits.password = Some(password.as_bytes());
    limits
}

fn headers(source: &Arc<[u8]>, limits: ArchiveReadOptions<'_>) -> Result<Archive, ErrorKind> {
    ArchiveReader::read_reader_with_options(Cursor::new(source.clone()), limits)
        .map_err(|error| error.kind())
}

/// Protected only if every file with content is.
fn protection(members: &[Member], place: &Place, harvest: &mut Harvest<'_>) {
    let with_content = || members.iter().filter(|member| member.size > 0);
    let sealed = || with_content().filter_map(|member| member.sealing);
    match (sealed().count(), with_content().count()) {
        (0, _) => {}
        (sealed_ones, all) if sealed_ones == all => {
            if let Some((protection, why, _)) =
                sealed().min_by_key(|how| how.0 == Protection::Protected)
            {
                harvest.closed(place, protection, why);
            }
        }
        _ => harvest.protection(
            place,
            Protection::Weak,
            "only some of its files are encrypted",
        ),
    }
}

/// The password that a word of the message is, proven by the checksum of a
/// file: the smallest, or the first where files depend on those before them.
fn password(
    archive: &Archive,
    members: &[Member],
    packed: usize,
    place: &Place,
    harvest: &mut Harvest<'_>,
) -> Option<String> {
    let solid = members.iter().any(|member| member.solid);
    let (index, first) = members
        .iter()
        .enumerate()
        .filter(|(_, member)| member.is_sealed() && member.size > 0 && !member.split)
        .min_by_key(|(index, member)| if solid { *index as u64 } else { member.size })?;
    let before = if solid { &members[..index] } else { &[] };
    let size = before.iter().map(|member| member.size).sum::<u64>() + first.size;
    let (_, _, derivation) = first.sealing?;
    // What is unpacked to prove a password costs too: thirty nanoseconds a byte.
    let cost = derivation.saturating_add(Duration::from_nanos(size.saturating_mul(30)));
    let limits = limits(harvest).with_max_total_output_bytes(harvest.inflatable(packed) as u64);
    harvest.try_words(place, cost, |word| {
        let bytes = archive.read_member_at_with_options(index, with(word, limits));
        bytes.ok()?.map(|_| word.to_owned())
    })
}

fn contents(
    archive: &Archive,
    members: &[Member],
    packed: usize,
    password: Option<&str>,
    place: &Place,
    harvest: &mut Harvest<'_>,
) {
    let Some(inside) = harvest.deeper(place) else {
        return;
    };
    let limits = limits(harvest);
    let limits = password.map_or(limits, |password| with(password, limits));
    let comment = limits.with_max_member_output_bytes(LONGEST_COMMENT);
    if let Ok(Some(comment)) = archive.comment_with_options(comment) {
        // What encryption filled up may stand behind its end.
        let comment = comment.split(|&byte| byte == 0).next().unwrap_or_default();
        harvest.text(&inside.within("comment"), charset::decode(comment, None));
    }
    rar_comment::read(archive, members, password, &inside, harvest);
    let mut unpacking = Unpacking {
        members,
        solid: members.iter().any(|member| member.solid),
        password: password.is_some(),
        derivation: MOST_DERIVATION,
        left: harvest.inflatable(packed),
        at: 0,
        open: None,
        place: &inside,
        harvest,
    };
    let fault = Cell::new(None);
    let ended = archive.extract_with_control_and_errors(
        limits,
        |_| {
            unpacking.close(fault.take());
            Ok(unpacking.next())
        },
        |_, error| {
            fault.set(Some(error.kind()));
            Ok(ExtractionErrorAction::Continue)
        },
    );
    if let Err(error) = ended {
        fault.set(Some(error.kind()));
    }
    unpacking.close(fault.take());
    unpacking.tell_the_rest();
}

/// One walk over the files, in the archive's order.
struct Unpacking<'a, 'h, 'b> {
    members: &'a [Member],
    solid: bool,
    password: bool,
    /// What keys may still cost, and how many bytes may still come.
    derivation: Duration,
    left: usize,
    /// How many files have been come to.
    at: usize,
    open: Option<(&'a Member, Sink)>,
    place: &'a Place,
    harvest: &'h mut Harvest<'b>,
}

impl Unpacking<'_, '_, '_> {
    /// What is to be done with the file that the walk has come to.
    fn next(&mut self) -> ExtractionDecision {
        let Some(member) = self.members.get(self.at) else {
            return ExtractionDecision::Stop;
        };
        if self.harvest.is_spent() {
            return ExtractionDecision::Stop;
        }
        if member.size == 0 || !self.opens(member) {
            // Where files depend on one another none can be left out.
            if self.solid && member.size > 0 {
                return ExtractionDecision::Stop;
            }
            self.at += 1;
            self.tell(member);
            return match self.solid && member.is_file {
                true => ExtractionDecision::Extract(Box::new(io::sink())),
                false => ExtractionDecision::Skip,
            };
        }
        let limit = self.left.min(self.harvest.room());
        self.at += 1;
        if member.size > limit as u64 {
            if self.harvest.entry(self.place) {
                self.fault(member, &Fault::Bomb);
            }
            return ExtractionDecision::Stop;
        }
        let sink = Sink::new(member.size as usize);
        self.open = Some((member, sink.clone()));
        ExtractionDecision::Extract(Box::new(sink))
    }

    fn opens(&mut self, member: &Member) -> bool {
        if member.split || !member.readable {
            return false;
        }
        let Some((_, _, derivation)) = member.sealing else {
            return true;
        };
        let left = self.derivation.checked_sub(derivation);
        self.derivation = left.unwrap_or_default();
        self.password && left.is_some()
    }

    /// Reads the file that was unpacked last, or tells what was wrong with it.
    fn close(&mut self, fault: Option<ErrorKind>) {
        let Some((member, sink)) = self.open.take() else {
            return;
        };
        let bytes = sink.into_bytes();
        self.left = self.left.saturating_sub(bytes.len());
        match fault {
            None if bytes.len() as u64 == member.size => {
                if self.harvest.decoded(self.place, bytes.len()) {
                    file::read(&[&member.name], &bytes, self.place, self.harvest);
                }
            }
            Some(ErrorKind::ResourceLimit | ErrorKind::UnsupportedFeature) => {
                if self.harvest.entry(self.place) {
                    self.unread(member, TOO_LARGE);
                }
            }
            _ => {
                if self.harvest.entry(self.place) {
                    self.fault(member, &Fault::Damaged);
                }
            }
        }
    }

    fn fault(&mut self, member: &Member, fault: &Fault) {
        let inside = self.named(member);
        fault.tell(&inside, self.harvest);
    }

    fn unread(&mut self, member: &Member, what: &str) {
        let inside = self.named(member);
        self.harvest.problem(&inside, ProblemKind::Unknown, what);
    }

    fn named(&mut self, member: &Member) -> Place {
        let size = usize::try_from(member.size).unwrap_or(usize::MAX);
        self.harvest.attachment(self.place, &[&member.name], size)
    }

    /// What the walk did not come to.
    fn tell_the_rest(&mut self) {
        for member in &self.members[self.at..] {
            if self.harvest.is_spent() {
                return;
            }
            self.tell(member);
        }
    }

    /// Tells of a file that is not unpacked.
    fn tell(&mut self, member: &Member) {
        if !self.harvest.entry(self.place) {
            return;
        }
        match member.sealing {
            _ if member.size == 0 => member::empty(&member.name, self.place, self.harvest),
            _ if member.split => self.unread(
                member,
                "a part of it is in another file: RAR archives in several parts are not read",
            ),
            Some((protection, _, _)) if !self.password => {
                let sealed = match protection {
                    Protection::Protected => member::ENCRYPTED,
                    _ => (
                        protection,
                        "encrypted in its archive, in a way that can be broken quickly",
                    ),
                };
                member::encrypted(&member.name, member.size, sealed, self.place, self.harvest);
            }
            _ if !member.readable => self.unread(member, TOO_LARGE),
            Some(_) if self.derivation.is_zero() => self.unread(
                member,
                "its archive has more encrypted files than Exeat opens",
            ),
            _ => self.fault(member, &Fault::Damaged),
        }
    }
}

/// Takes what is unpacked, and no more than was announced.
#[derive(Clone)]
struct Sink {
    bytes: Rc<RefCell<Vec<u8>>>,
    size: usize,
}

impl Sink {
    /// Room that nothing is written to costs nothing.
    fn new(size: usize) -> Self {
        Self {
            bytes: Rc::new(RefCell::new(Vec::with_capacity(size))),
            size,
        }
    }

    fn into_bytes(self) -> Vec<u8> {
        self.bytes.take()
    }
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut taken = self.bytes.borrow_mut();
        if bytes.len() > self.size - taken.len() {
            return Err(io::Error::other("more than was announced"));
        }
        taken.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
