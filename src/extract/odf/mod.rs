//! OpenDocument: odt, ods, odp.

use std::borrow::Cow;
use std::collections::HashMap;

use flate2::read::DeflateDecoder;

use super::cipher::Sealed;
use super::harvest::{Harvest, Place};
use super::illustration::{Illustrations, most_unpacked};
use super::office::damaged;
use super::office_xml::only_editing;
use super::unpack::{self, Fault};
use super::xml;
use super::zip_records::{Archive, Member};
use super::{Protection, file};
use style::Styles;
use text::content;

mod aside;
mod attribute;
mod context;
pub(crate) mod style;
mod table;
pub(crate) mod text;

/// The part that is the whole package, encrypted.
const PACKAGE: &str = "encrypted-package";

pub(crate) fn is_one(archive: &Archive<'_>) -> bool {
    kind_of(archive).is_some()
}

fn kind_of(archive: &Archive<'_>) -> Option<&'static str> {
    let declared = archive.member("mimetype")?.unpack(200).ok()?;
    let declared = std::str::from_utf8(&declared).ok()?.trim();
    let kind = declared.strip_prefix("application/vnd.oasis.opendocument.")?;
    Some(match kind {
        _ if kind.starts_with("text") => "odt",
        _ if kind.starts_with("spreadsheet") => "ods",
        _ if kind.starts_with("presentation") => "odp",
        _ if kind.starts_with("graphics") => "odg",
        _ => "odf",
    })
}

pub(crate) fn read(archive: &Archive<'_>, place: &Place, harvest: &mut Harvest<'_>) {
    let kind = kind_of(archive).unwrap_or("odf");
    harvest.kind(place, kind);
    archive.faults_of_document(place, harvest);
    let Some(place) = harvest.deeper(place) else {
        return;
    };
    let manifest = archive
        .member("META-INF/manifest.xml")
        .and_then(|member| member.unpack(1024 * 1024).ok());
    let sealed = manifest.map(|manifest| Sealed::parse(&manifest));
    let mut sealed = sealed.unwrap_or_default();
    if sealed.any() {
        if is_clear(archive, harvest) {
            harvest.protection(&place, Protection::Weak, "only parts of it are encrypted");
            sealed = Sealed::default();
        } else {
            harvest.protection(
                &place,
                Protection::Protected,
                "encrypted with a password (OpenDocument)",
            );
            if let Some(package) = archive.member(PACKAGE).filter(|_| sealed.holds(PACKAGE)) {
                return whole(package, &sealed, &place, harvest);
            }
            if !unlocked(&mut sealed, archive, &place, harvest) {
                return;
            }
        }
    }
    let mut styles = Styles::default();
    // A part that cannot be unpacked is told of when its turn comes.
    if let Some(named) = archive.member("styles.xml")
        && let Ok(xml) = unpacked(named, &mut sealed, harvest)
        && harvest.decoded(&place, xml.len())
    {
        styles.read(&xml);
    }
    let mut pictures: Vec<&Member<'_>> = Vec::new();
    let mut shown: HashMap<String, Place> = HashMap::new();
    let mut locked = false;
    for member in &archive.members {
        let name = member.name.as_str();
        if harvest.is_spent() {
            return;
        }
        if member.packed.is_empty() || is_of_programs(name) || !harvest.entry(&place) {
            continue;
        }
        if is_picture(name) {
            pictures.push(member);
            continue;
        }
        let bytes = match unpacked(member, &mut sealed, harvest) {
            Ok(bytes) if harvest.decoded(&place, bytes.len()) => bytes,
            Ok(_) => return,
            Err(fault) => {
                fault.tell(&place, harvest);
                continue;
            }
        };
        let mut own_styles = Styles::default();
        let part = match name {
            "content.xml" => content(&bytes, &mut styles, &place, harvest),
            "styles.xml" => content(&bytes, &mut styles, &place, harvest),
            "meta.xml" => content(&bytes, &mut own_styles, &place, harvest),
            _ if name.ends_with("/content.xml") => {
                let place = place.within("embedded object");
                content(&bytes, &mut own_styles, &place, harvest)
            }
            _ if name.starts_with("Versions/") => {
                let place = place.hidden("earlier version, hidden");
                file::read(&[name], &bytes, &place, harvest);
                continue;
            }
            // Content under another name, with which programs repair a file.
            _ if xml::is_one(&bytes) => {
                let place = place.hidden("other data, hidden");
                content(&bytes, &mut own_styles, &place, harvest)
            }
            _ => {
                file::read(&[name], &bytes, &place, harvest);
                continue;
            }
        };
        locked |= part.locked;
        for (picture, place) in part.pictures {
            // One that is shown in several places is read where it is no secret.
            let known = shown.entry(picture).or_insert_with(|| place.clone());
            if known.hidden && !place.hidden {
                *known = place;
            }
        }
        if part.damaged {
            damaged(&place, harvest);
        }
    }
    if locked {
        only_editing(&place, harvest);
    }
    let mut numbered = Illustrations::default();
    for member in pictures {
        if harvest.is_spent() {
            return;
        }
        let place = shown.get(&member.name).unwrap_or(&place);
        let limit = most_unpacked(member.packed.len(), harvest);
        if member.size > limit as u64 {
            numbered.too_large(place, harvest);
            continue;
        }
        match unpacked_within(limit, member, &mut sealed) {
            Ok(bytes) if harvest.decoded(place, bytes.len()) => {
                numbered.read(&bytes, place, harvest);
            }
            Ok(_) => return,
            Err(fault) => fault.tell(place, harvest),
        }
    }
}

fn is_picture(name: &str) -> bool {
    name.starts_with("Pictures/") || name.contains("/Pictures/")
}

/// Parts without people's words: what programs keep for themselves, such as
/// macros and the styles of what is embedded, and pictures of what is told
/// elsewhere.
fn is_of_programs(name: &str) -> bool {
    let folders = [
        "Thumbnails/",
        "ObjectReplacements/",
        "Configurations",
        "META-INF/",
        "Basic/",
        "Dialogs/",
    ];
    let embedded = ["/styles.xml", "/meta.xml", "/settings.xml"];
    folders.iter().any(|folder| name.starts_with(folder))
        || embedded.iter().any(|part| name.ends_with(part))
        || matches!(
            name,
            "mimetype" | "manifest.rdf" | "layout-cache" | "settings.xml"
        )
}

/// Whether the document itself is readable, whatever the manifest says of it
/// or of a picture in it.
fn is_clear(archive: &Archive<'_>, harvest: &Harvest<'_>) -> bool {
    let content = archive.member("content.xml");
    content.is_some_and(|content| {
        let bytes = content.unpack(harvest.inflatable(content.packed.len()));
        bytes.is_ok_and(|bytes| bytes.trim_ascii_start().starts_with(b"<"))
    })
}

/// Reads a document of which the whole package is encrypted, if a word of the
/// message opens it.
fn whole(package: &Member<'_>, sealed: &Sealed, place: &Place, harvest: &mut Harvest<'_>) {
    let Some(cost) = sealed.cost(PACKAGE) else {
        return;
    };
    let Some(clear) = harvest.try_words(place, cost, |word| {
        sealed.proven(PACKAGE, package.packed, word)
    }) else {
        return;
    };
    // Like all parts it is packed before it is encrypted.
    let limit = harvest.inflatable(clear.len());
    let document = match clear.starts_with(b"PK") {
        true => Ok(clear),
        false => unpack::inflate(DeflateDecoder::new(&clear[..]), 0, limit),
    };
    match document {
        Ok(document) => {
            if harvest.decoded(place, document.len())
                && let Some(inside) = harvest.deeper(place)
            {
                file::contents(&document, &inside, harvest);
            }
        }
        Err(fault) => fault.tell(place, harvest),
    }
}

/// Whether a word of the message opens the document, which its own content
/// proves.
fn unlocked(
    sealed: &mut Sealed,
    archive: &Archive<'_>,
    place: &Place,
    harvest: &mut Harvest<'_>,
) -> bool {
    let Some(content) = archive.member("content.xml") else {
        return false;
    };
    let Some(cost) = sealed.cost(&content.name) else {
        return false;
    };
    let right = harvest.try_words(place, cost, |word| {
        let start = sealed.beginning(&content.name, content.packed, word)?;
        let (clear, _) = unpack::drain(DeflateDecoder::new(&start[..]), 64, 64);
        clear.starts_with(b"<?xml").then(|| word.to_owned())
    });
    right.is_some_and(|password| {
        sealed.unlock(password);
        true
    })
}

fn unpacked<'a>(
    member: &'a Member<'_>,
    sealed: &mut Sealed,
    harvest: &Harvest<'_>,
) -> Result<Cow<'a, [u8]>, Fault> {
    unpacked_within(harvest.inflatable(member.packed.len()), member, sealed)
}

fn unpacked_within<'a>(
    limit: usize,
    member: &'a Member<'_>,
    sealed: &mut Sealed,
) -> Result<Cow<'a, [u8]>, Fault> {
    if !sealed.holds(&member.name) {
        return member.unpack(limit);
    }
    let deciphered = sealed
        .decipher(&member.name, member.packed)
        .ok_or(Fault::Damaged)?;
    unpack::inflate(DeflateDecoder::new(&deciphered[..]), 0, limit).map(Cow::Owned)
}
