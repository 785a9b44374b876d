//! Presentations of PowerPoint 97 to 2003 ([MS-PPT]): a tree of records, in
//! which saving adds new versions behind the old ones.

use super::harvest::{Harvest, Place};
use super::illustration::Illustrations;
use super::office_art;
use super::ole::{self, Compound};
use super::properties;
use crate::finding::ProblemKind;
use edits::Edits;
use record::{Record, kind, records};
use seal::Seal;

mod edits;
mod record;
mod seal;

const DOCUMENT: &str = "PowerPoint Document";
const PICTURES: &str = "Pictures";
/// Records inside records.
const DEEPEST: u32 = 24;
/// In `SlideShowSlideInfoAtom` the flag that a slide is not shown (2.6.6).
const HIDDEN: u8 = 4;

pub(crate) fn is_one(compound: &Compound<'_>) -> bool {
    compound.has_at_top(DOCUMENT)
}

pub(crate) fn read(compound: &Compound<'_>, place: &Place, harvest: &mut Harvest<'_>) {
    harvest.kind(place, "ppt");
    let Some(place) = harvest.deeper(place) else {
        return;
    };
    properties::read(compound, &place, harvest);
    let user = ole::stream(compound, "Current User", &place, harvest).unwrap_or_default();
    let seal = match ole::stream(compound, DOCUMENT, &place, harvest) {
        Some(stream) => presentation(&user, stream, &place, harvest),
        None => Seal::None,
    };
    if let Some(mut stream) = ole::stream(compound, PICTURES, &place, harvest) {
        match seal {
            Seal::None => {}
            Seal::Open(key) => seal::open_pictures(&key, &mut stream, &place, harvest),
            Seal::Closed => return,
        }
        office_art::read(&stream, &mut Illustrations::default(), &place, harvest);
    }
    ole::strangers(compound, &place, harvest);
}

/// Goes through the records at the top: the document, masters, slides, notes.
/// Tells what the pictures are under, too.
fn presentation(
    user: &[u8],
    mut stream: Vec<u8>,
    place: &Place,
    harvest: &mut Harvest<'_>,
) -> Seal {
    let edits = Edits::read(user, &stream);
    let seal = seal::take_off(user, &edits, &mut stream, place, harvest);
    if !matches!(seal, Seal::Closed) {
        parts(&stream, &edits, place, harvest);
    }
    seal
}

fn parts(stream: &[u8], edits: &Edits, place: &Place, harvest: &mut Harvest<'_>) {
    let slides = slide_list(stream, edits);
    let mut end = 0;
    let mut damaged = edits.document().is_none();
    for record in records(stream, 0) {
        if harvest.is_spent() || !harvest.entry(place) {
            return;
        }
        end = record.at + record.data.len();
        damaged |= !record.whole;
        part(&record, &slides, place, harvest);
    }
    let rest = stream.get(end..).unwrap_or_default();
    if damaged || rest.iter().any(|byte| *byte != 0) {
        harvest.problem(
            place,
            ProblemKind::Damaged,
            "it is damaged and was read as far as it could be",
        );
    }
}

/// A slide as the presentation lists it: where its record begins, and the
/// number by which its notes know it.
#[derive(Debug, Clone, Copy)]
struct Slide {
    start: Option<usize>,
    id: Option<u32>,
}

/// The slides in their order ([MS-PPT] 2.4.14.3).
fn slide_list(stream: &[u8], edits: &Edits) -> Vec<Slide> {
    let mut slides = Vec::new();
    let document = edits
        .document()
        .and_then(|start| records(stream, start).next());
    for list in document
        .iter()
        .flat_map(|document| records(document.data, 0))
    {
        if list.kind == kind::SLIDE_LIST && list.instance == 0 {
            slides = records(list.data, 0)
                .filter(|atom| atom.kind == kind::SLIDE_PERSIST)
                .map(|atom| Slide {
                    start: atom.u32_at(0).and_then(|id| edits.place_of(id)),
                    id: atom.u32_at(12),
                })
                .collect();
        }
    }
    slides
}

/// One of the records at the top: a slide, its notes, a master, the document.
fn part(record: &Record<'_>, slides: &[Slide], place: &Place, harvest: &mut Harvest<'_>) {
    let mut words = Words::default();
    words.take(record, 0, harvest.text_room(place));
    let here = match record.kind {
        kind::SLIDE => {
            let number = slides
                .iter()
                .position(|slide| slide.start == Some(record.at - 8));
            match number {
                Some(number) if words.hidden => {
                    place.hidden(&format!("slide {} (hidden)", number + 1))
                }
                Some(number) => place.within(&format!("slide {}", number + 1)),
                // Saving quickly leaves what was there before.
                None => place.hidden("earlier version of a slide, hidden"),
            }
        }
        kind::NOTES => {
            let of = words.slide.filter(|id| *id != 0);
            let number = slides
                .iter()
                .position(|slide| of.is_some() && slide.id == of);
            match number {
                Some(number) => place.hidden(&format!("notes of slide {}", number + 1)),
                None => place.hidden("notes, hidden"),
            }
        }
        kind::MASTER => place.within("drawing"),
        _ => place.hidden("other data, hidden"),
    };
    if words.too_deep {
        let what = "its parts are packed in one another deeper than Exeat reads";
        harvest.problem(&here, ProblemKind::Hostile, what);
    }
    harvest.text(&here, words.text);
    harvest.text(&place.within("comments"), words.comments);
}

/// The words of a record and of all in it.
#[derive(Default)]
struct Words {
    text: String,
    comments: String,
    /// The slide is not shown.
    hidden: bool,
    /// The slide that notes are for.
    slide: Option<u32>,
    /// Records were left out that are too deep in others.
    too_deep: bool,
}

impl Words {
    fn take(&mut self, record: &Record<'_>, depth: u32, room: usize) {
        match record.kind {
            _ if self.text.len() + self.comments.len() > room => {}
            kind::TEXT_CHARS | kind::C_STRING => self.line(&record.wide()),
            kind::TEXT_BYTES => self.line(&record.narrow()),
            kind::SLIDE_SHOW_INFO => {
                self.hidden |= record.data.get(10).is_some_and(|flags| flags & HIDDEN != 0);
            }
            kind::NOTES_ATOM => self.slide = record.u32_at(0),
            kind::COMMENT if depth < DEEPEST => {
                let mut inside = Self::default();
                records(record.data, 0).for_each(|inner| inside.take(&inner, depth + 1, room));
                self.comments.push_str(&inside.text);
                self.too_deep |= inside.too_deep;
            }
            _ if record.is_container() && depth < DEEPEST => {
                records(record.data, 0).for_each(|inner| self.take(&inner, depth + 1, room));
            }
            _ => self.too_deep |= depth >= DEEPEST && record.is_container(),
        }
    }

    /// `\r` ends a paragraph, `\v` a line (2.9.42); `*` alone stands for a
    /// number or a date.
    fn line(&mut self, text: &str) {
        let text = text.replace(['\r', '\u{b}'], "\n");
        if !matches!(text.trim(), "" | "*") && !text.starts_with("___PPT") {
            self.text.push_str(&text);
            self.text.push('\n');
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extract::{Budget, Protection, Reading};

    fn record(container: bool, instance: u16, kind: u16, data: &[u8]) -> Vec<u8> {
        let head = instance << 4 | if container { 0xf } else { 0 };
        let length = (data.len() as u32).to_le_bytes();
        [&head.to_le_bytes()[..], &kind.to_le_bytes(), &length, data].concat()
    }

    fn numbers(numbers: &[u32]) -> Vec<u8> {
        numbers.iter().flat_map(|n| n.to_le_bytes()).collect()
    }

    fn slide(text: &str, hidden: bool) -> Vec<u8> {
        let mut info = [0; 16];
        info[10] = if hidden { HIDDEN } else { 0 };
        let text = record(false, 0, kind::TEXT_BYTES, text.as_bytes());
        let info = record(false, 0, kind::SLIDE_SHOW_INFO, &info);
        record(true, 0, kind::SLIDE, &[info, text].concat())
    }

    fn notes(text: &str, of: u32) -> Vec<u8> {
        let atom = record(false, 0, kind::NOTES_ATOM, &numbers(&[of, 0]));
        let text: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let text = record(false, 0, kind::TEXT_CHARS, &text);
        record(true, 0, kind::NOTES, &[atom, text].concat())
    }

    /// A presentation of two slides, the second hidden, an older version of
    /// the first, and notes; with the user's stream that points to its edit.
    fn sample() -> (Vec<u8>, Vec<u8>) {
        let persist = |id: u32, slide: u32| {
            record(
                false,
                0,
                kind::SLIDE_PERSIST,
                &numbers(&[id, 0, 0, slide, 0]),
            )
        };
        let list = record(
            true,
            0,
            kind::SLIDE_LIST,
            &[persist(2, 256), persist(3, 257)].concat(),
        );
        let mut stream = Vec::new();
        let mut places = Vec::new();
        for (kept, part) in [
            (true, record(true, 0, 0x03e8, &list)),
            (false, slide("Tilly Fennimore", false)),
            (true, slide("Zoe Quillfeather", false)),
            (true, slide("Oban Marsh is excluded", true)),
            (true, notes("Do not show", 257)),
        ] {
            if kept {
                places.push(stream.len() as u32);
            }
            stream.extend(part);
        }
        let directory = stream.len() as u32;
        let run = [&[4 << 20 | 1][..], &places].concat();
        stream.extend(record(false, 0, kind::PERSIST_DIRECTORY, &numbers(&run)));
        let edit = stream.len() as u32;
        let atom = numbers(&[0, 0, 0, directory, 1, 5, 0]);
        stream.extend(record(false, 0, kind::USER_EDIT, &atom));
        (numbers(&[0, 0, 0, 0, edit]), stream)
    }

    fn read(user: &[u8], stream: Vec<u8>) -> Reading {
        let budget = Budget::default();
        let mut harvest = Harvest::new(&budget);
        let place = harvest.attachment(&Place::message(), &["a.ppt"], stream.len());
        presentation(user, stream, &place, &mut harvest);
        harvest.finish()
    }

    #[test]
    fn slides_have_their_numbers_and_what_is_not_shown_is_hidden() {
        let (user, stream) = sample();
        let reading = read(&user, stream);
        let texts: Vec<(&str, bool)> = reading.texts[1..]
            .iter()
            .map(|text| (text.location.as_str(), text.hidden))
            .collect();
        assert_eq!(
            texts,
            [
                ("a.ppt \u{203a} earlier version of a slide, hidden", true),
                ("a.ppt \u{203a} slide 1", false),
                ("a.ppt \u{203a} slide 2 (hidden)", true),
                ("a.ppt \u{203a} notes of slide 2", true),
            ]
        );
        assert_eq!(reading.problems, []);
    }

    #[test]
    fn a_presentation_cut_anywhere_gives_a_problem() {
        let (user, stream) = sample();
        for length in 0..stream.len() {
            let reading = read(&user, stream[..length].to_vec());
            assert!(!reading.problems.is_empty(), "cut to {length}");
        }
    }

    #[test]
    fn an_encryption_of_which_nothing_is_known_is_a_problem() {
        let (mut user, stream) = sample();
        user[12..16].copy_from_slice(&0xf3d1_c4df_u32.to_le_bytes());
        let reading = read(&user, stream);
        assert_eq!(reading.attachments[0].protection, Protection::Open);
        assert_eq!(reading.problems.len(), 1);
        assert_eq!(reading.texts.len(), 1);
    }
}
