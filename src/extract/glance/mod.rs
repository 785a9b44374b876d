//! A glance at a picture: may there be words on it at all, and which way do
//! they run? Many photographs are done with here, in a few milliseconds where
//! OCR takes seconds.
//!
//! It looks for what every line of print has, at any size and in any script
//! that OCR can read: strokes of one height and thickness beside each other,
//! with quiet paper above and below. It errs to one side: a photograph with a
//! hedge or a row of windows goes to OCR too, but what OCR can read does.

use image::GrayImage;

use ink::Ink;
use level::Level;
use marks::Mark;

mod ink;
mod level;
mod lines;
mod marks;
mod tones;

pub(crate) use tones::is_photograph;

/// Pictures of fewer pixels are small: they are looked at more closely, since
/// that costs little.
const SMALL: usize = 400_000;
/// The least side of what is looked at, in pixels.
const LEAST_SIDE: usize = 64;

/// Which way there may be words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Glance {
    Nothing,
    /// From side to side: the picture is upright, or upside down.
    Across,
    /// Up or down: it lies on its side. Some may run across too.
    Along {
        across: bool,
    },
}

/// Looks which way OCR could find words here.
pub(crate) fn glance(picture: &GrayImage) -> Glance {
    let full = Level::of(picture);
    let mut evidence = Evidences::default();
    evidence.add(&full);
    // The smallest print is too low for a threshold to tell its strokes apart.
    if full.pixels.len() < SMALL {
        evidence.add(&full.doubled());
    }
    // Larger letters are small ones of a smaller picture.
    let mut level = full.halved();
    while level.width.min(level.height) >= LEAST_SIDE {
        evidence.add(&level);
        level = level.halved();
    }
    evidence.glance(full.pixels.len())
}

/// The lines of print that were found, in strokes: an upright of an "l" is
/// one, an "m" has three.
#[derive(Debug, Default)]
struct Evidence {
    all: f32,
    /// Of the line that has most.
    longest: f32,
}

impl Evidence {
    fn add(&mut self, strokes: &[f32]) {
        for &strokes in strokes {
            self.all += strokes;
            self.longest = self.longest.max(strokes);
        }
    }

    /// Whether it is enough in a picture of so many pixels. A short word on a
    /// small picture is; in a large one as much comes about by chance.
    fn suffices(&self, pixels: usize) -> bool {
        let millions = pixels.saturating_sub(SMALL) as f32 / 1e6;
        self.all >= (5.0 + 12.0 * millions).min(12.0)
            && self.longest >= (5.0 + 5.0 * millions).min(8.0)
    }
}

/// What was found in a picture, each way.
#[derive(Debug, Default)]
struct Evidences {
    across: Evidence,
    along: Evidence,
}

impl Evidences {
    /// Adds what is seen of the picture at one of its sizes.
    fn add(&mut self, level: &Level<'_>) {
        let thresholds = level.thresholds();
        if thresholds.iter().all(Option::is_none) {
            return;
        }
        for dark in [true, false] {
            let ink = Ink::new(level, &thresholds, dark);
            let marks = marks::find(&ink);
            let upright: Vec<Mark> = marks.iter().copied().filter(Mark::may_be_print).collect();
            let lines = lines::find(&upright, |mark| ink.is_quiet_above_and_below(mark));
            self.across.add(&lines);
            let turned = marks.iter().map(Mark::turned);
            let turned: Vec<Mark> = turned.filter(Mark::may_be_print).collect();
            let lines = lines::find(&turned, |mark| ink.is_quiet_beside(mark));
            self.along.add(&lines);
        }
    }

    /// What it comes to in a picture of so many pixels.
    fn glance(&self, pixels: usize) -> Glance {
        let across = self.across.suffices(pixels);
        let along = self.along.suffices(pixels);
        match (across, along) {
            (_, true) if self.along.all > self.across.all => Glance::Along { across },
            (true, _) => Glance::Across,
            _ => Glance::Nothing,
        }
    }
}

#[cfg(test)]
mod tests;
