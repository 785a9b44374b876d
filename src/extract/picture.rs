//! Pictures, as far as an ordinary worker looks at them: by their headers, and
//! with a glance.
//!
//! Photographs are noted: whoever is on them may not wish to be sent.
//!
//! What is too small for words, or shows nothing like them, is passed over in
//! silence: the icons of signatures are in every other mail. The rest is handed
//! on to those who can read it (see `sight`).

use std::io::Cursor;

use image::{ImageFormat, ImageReader};

use super::Form;
use super::glance::{Glance, glance, is_photograph};
use super::harvest::{Harvest, Place};
use super::picture_words::{self, Taken};
use super::sight::decode;
use crate::finding::ProblemKind;

/// A page of text needs this many pixels on its shorter side, and in all: ten
/// lines of the smallest letters that OCR can read.
const LEAST_SIDE: u32 = 160;
const LEAST_AREA: u64 = 80_000;

/// A word needs this many pixels in height, and in all.
const LEAST_HEIGHT: u32 = 16;
const LEAST_PIXELS: u64 = 4_000;

/// A whole page, A4 at 72 dpi, has so many.
const WHOLE_PAGE: u64 = 500_000;

/// Pixels of a picture that an ordinary worker glances at, in some 30 ms;
/// larger ones are left to those who read pictures.
const GLANCED: u64 = 4_000_000;

/// Pixels of a JPEG picture that is decoded for its tones, in some 100 ms.
const TONED: u64 = 25_000_000;

/// No camera and no scanner makes more pixels than this.
const MOST_PIXELS: u64 = 1_000_000_000;

/// Pages of a TIFF file that are counted.
const MOST_PAGES: usize = 200;

const UNREAD: &str = "a picture: its text was not read";

/// A picture that is a file by itself.
pub(crate) fn read(kind: &str, bytes: &[u8], place: &Place, harvest: &mut Harvest<'_>) {
    harvest.kind(place, kind);
    look(kind, bytes, false, place, harvest);
}

/// A picture that stands in a document.
pub(crate) fn within(kind: &str, bytes: &[u8], place: &Place, harvest: &mut Harvest<'_>) {
    look(kind, bytes, true, place, harvest);
}

/// A picture on a page that is read, or shown to OCR, as a whole.
pub(crate) fn within_page(jpeg: &[u8], place: &Place, harvest: &mut Harvest<'_>) {
    let Some((width, height)) = size(jpeg, ImageFormat::Jpeg) else {
        return;
    };
    let pixels = area(width, height);
    if shows_things((width, height))
        && pixels <= GLANCED
        && harvest.tones(pixels)
        && decode(jpeg, 1).is_ok_and(|picture| is_photograph(&picture))
    {
        harvest.photograph(place, true, false);
    }
}

fn look(kind: &str, bytes: &[u8], in_document: bool, place: &Place, harvest: &mut Harvest<'_>) {
    let taken = picture_words::read(kind, bytes, place, harvest);
    let Some(format) = format(kind) else {
        // Telephones write it, and hardly anything else.
        if kind == "heif" {
            harvest.photograph(place, in_document, taken.placed);
        }
        // An icon is never large.
        if kind != "ico" {
            harvest.problem(place, ProblemKind::NotRead, UNREAD);
        }
        return;
    };
    let pages = match format {
        ImageFormat::Tiff => directories(bytes),
        _ => Vec::new(),
    };
    let (pages, is_page): (Vec<u32>, bool) = match pages.len() {
        0 | 1 => {
            let Some(size) = size(bytes, format) else {
                let what = "a picture that is damaged: its text was not read";
                return harvest.problem(place, ProblemKind::NotRead, what);
            };
            let is_page = holds_text(size);
            if area(size.0, size.1) > MOST_PIXELS {
                harvest.problem(
                    place,
                    ProblemKind::Hostile,
                    "a picture larger than any that is shown: it may be made to harm",
                );
            }
            let seen = glanced(bytes, format, size, taken, harvest);
            if seen.photograph {
                harvest.photograph(place, in_document, taken.placed);
            }
            // What is large and got no glance is taken for a page.
            if !seen.words.unwrap_or(is_page) {
                return;
            }
            (vec![1], is_page)
        }
        // Scanners and fax machines make them.
        count => ((1..).take(count).collect(), true),
    };
    let many = pages.len() >= MOST_PAGES;
    // A school's name on its badge is read where that can be done, and is
    // nothing to hold a mail for where it cannot.
    let unread = is_page.then(|| (ProblemKind::NotRead, UNREAD.to_owned()));
    harvest.picture(place, Form::Picture, pages, bytes, unread);
    if many {
        harvest.exhaust(place, "it has more pages than Exeat reads of one message");
    }
}

/// What a glance at a picture tells.
#[derive(Debug, Clone, Copy, Default)]
struct Glanced {
    /// Whether it shows something like words; nothing where it got no glance.
    words: Option<bool>,
    photograph: bool,
}

fn glanced(
    bytes: &[u8],
    format: ImageFormat,
    (width, height): (u32, u32),
    taken: Taken,
    harvest: &mut Harvest<'_>,
) -> Glanced {
    let pixels = area(width, height);
    let nothing = Glanced {
        words: Some(false),
        photograph: false,
    };
    if width.min(height) < LEAST_HEIGHT || pixels < LEAST_PIXELS {
        return nothing;
    }
    let shows_things = shows_things((width, height)) && format != ImageFormat::Gif;
    if pixels <= GLANCED && harvest.glances(pixels) {
        return decode(bytes, 1).map_or(Glanced::default(), |picture| Glanced {
            words: Some(glance(&picture) != Glance::Nothing),
            photograph: shows_things && is_photograph(&picture),
        });
    }
    // A large one is decoded for its tones alone where nothing says what it is.
    let mut large = || {
        format == ImageFormat::Jpeg
            && pixels <= TONED
            && harvest.tones(pixels)
            && decode(bytes, 1).is_ok_and(|picture| is_photograph(&picture))
    };
    Glanced {
        words: None,
        photograph: shows_things && (taken.by_camera || large()),
    }
}

/// Whether so many pixels show who is on a photograph. Less is a stamp or the
/// head of a column; what is much wider than high closes a signature.
fn shows_things((width, height): (u32, u32)) -> bool {
    holds_text((width, height)) && width <= 3 * height && height <= 3 * width
}

/// The formats that can be decoded here.
pub(crate) fn format(kind: &str) -> Option<ImageFormat> {
    Some(match kind {
        "jpeg" => ImageFormat::Jpeg,
        "png" => ImageFormat::Png,
        "gif" => ImageFormat::Gif,
        "tiff" => ImageFormat::Tiff,
        "bmp" => ImageFormat::Bmp,
        "webp" => ImageFormat::WebP,
        _ => return None,
    })
}

/// Whether so many pixels can hold a page of text.
fn holds_text((width, height): (u32, u32)) -> bool {
    width.min(height) >= LEAST_SIDE && area(width, height) >= LEAST_AREA
}

fn area(width: u32, height: u32) -> u64 {
    u64::from(width) * u64::from(height)
}

/// Whether pictures of so many pixels in all may be a page's text; it may be
/// cut into strips. Beside other text they are so only if they are a page's
/// size.
pub(crate) fn fills_page(pixels: u64, alone: bool) -> bool {
    pixels >= if alone { LEAST_AREA } else { WHOLE_PAGE }
}

fn size(bytes: &[u8], format: ImageFormat) -> Option<(u32, u32)> {
    ImageReader::with_format(Cursor::new(bytes), format)
        .into_dimensions()
        .ok()
}

/// Where the directories of a TIFF file are, one a page (TIFF 6.0 section 2).
pub(crate) fn directories(bytes: &[u8]) -> Vec<u32> {
    let big = bytes.starts_with(b"MM");
    let number = |at: usize, size: usize| -> Option<u32> {
        let bytes = bytes.get(at..at.checked_add(size)?)?;
        let add = |sum: u32, byte: &u8| sum << 8 | u32::from(*byte);
        Some(match big {
            true => bytes.iter().fold(0, add),
            false => bytes.iter().rev().fold(0, add),
        })
    };
    let mut found = Vec::new();
    let mut next = number(4, 4);
    while let Some(at) = next.filter(|&at| at > 0)
        && found.len() < MOST_PAGES
        && !found.contains(&at)
        && let Ok(start) = usize::try_from(at)
        && let Some(entries) = number(start, 2)
    {
        found.push(at);
        next = number(start + 2 + 12 * entries as usize, 4);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extract::{Budget, Reading, read_file};

    #[test]
    fn what_a_signature_has_is_no_page() {
        for (width, height) in [(16, 16), (200, 80), (600, 150), (1200, 120), (250, 250)] {
            assert!(!holds_text((width, height)), "{width}×{height}");
        }
        for (width, height) in [(640, 480), (400, 300), (827, 1169), (4032, 3024)] {
            assert!(holds_text((width, height)), "{width}×{height}");
        }
    }

    #[test]
    fn stamps_and_banners_show_nobody() {
        for size in [(120, 160), (250, 300), (1_200, 300), (200, 900)] {
            assert!(!shows_things(size), "{size:?}");
        }
        for size in [(400, 300), (640, 480), (900, 300), (1_080, 2_400)] {
            assert!(shows_things(size), "{size:?}");
        }
    }

    #[test]
    fn photographs_are_noted_with_where_they_stand() {
        let budget = Budget::default();
        let meadow = include_bytes!("../../fixtures/documents/meadow.jpg");
        let place = |reading: Reading| -> Vec<String> {
            let noted = reading.photographs.into_iter();
            noted.map(|noted| noted.location.to_string()).collect()
        };
        let found = |name: &str, bytes: &[u8]| place(read_file(name, bytes, &budget));
        assert_eq!(found("meadow.jpg", meadow), ["meadow.jpg"]);
        // Whatever it is called, and however it is cut.
        assert_eq!(found("meadow.txt", meadow), ["meadow.txt"]);
        for cut in [0, 3, 20, meadow.len() / 2] {
            assert!(found("meadow.jpg", &meadow[..cut]).len() <= 1, "{cut}");
        }
        let telephone = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic";
        assert_eq!(found("IMG_1.HEIC", telephone), ["IMG_1.HEIC"]);
        let screen = include_bytes!("../../fixtures/documents/screen.png");
        assert_eq!(found("screen.jpg", screen), [""; 0]);
    }

    #[test]
    fn directories_in_a_circle_end() {
        // Two directories without entries, the second points to the first.
        let mut tiff = b"II*\0\x08\0\0\0".to_vec();
        tiff.extend_from_slice(b"\0\0\x0e\0\0\0");
        tiff.extend_from_slice(b"\0\0\x08\0\0\0");
        assert_eq!(directories(&tiff), [8, 14]);
        assert_eq!(directories(b"MM\0*\0\0\0\x08\0\0\0\0\0\0"), [8]);
        for cut in 0..tiff.len() {
            assert!(directories(&tiff[..cut]).len() <= 2);
        }
        assert_eq!(directories(b"II*\0\xff\xff\xff\xff"), [0; 0]);
    }
}
