//! A glance at a picture: may there be words on it at all? Every other photograph
//! is done with here, in a few milliseconds where OCR takes seconds.
//!
//! It looks for what every line of print has, at any size and in any script
//! that OCR can read: strokes of one height and thickness beside each other,
//! with quiet paper above and below. It errs to one side: a photograph with a
//! hedge or a row of windows goes to OCR too, but what OCR can read does.

use image::GrayImage;

use lines::Line;
use marks::Marks;

mod lines;
mod marks;

/// Side of the blocks in which light and dark are compared, in pixels: less
/// than the gap between two lines of the smallest print.
const BLOCK: usize = 4;
/// Side of the cells that have a threshold each, in blocks and in pixels; no
/// letter that is looked for at a level is much higher.
const CELL: usize = 8;
const CELL_PIXELS: usize = CELL * BLOCK;
/// The least side of a level, in pixels.
const LEAST_SIDE: usize = 64;

/// Pictures of fewer pixels are small: they are looked at more closely, since
/// that costs little.
const SMALL: usize = 400_000;

/// Ink and paper differ by so many of 255 steps at least,
const LEAST_CONTRAST: usize = 24;
/// and by so many times the picture's own grain; a grain that would ask for
/// more than this is no grain.
const OVER_GRAIN: usize = 3;
const MOST_GRAIN: usize = 30;

/// What lines of print were found, in strokes: an upright of an "l" is one, an
/// "m" has three.
#[derive(Debug, Clone, Copy, Default)]
struct Evidence {
    all: f32,
    /// Of the line that has most.
    longest: f32,
}

impl Evidence {
    fn add(&mut self, lines: &[Line]) {
        for line in lines {
            self.all += line.strokes;
            self.longest = self.longest.max(line.strokes);
        }
    }

    /// Whether it is enough in a picture of so many pixels. A short word on a
    /// small picture is; in a large one as much comes about by chance.
    fn suffices(self, pixels: usize) -> bool {
        let millions = pixels.saturating_sub(SMALL) as f32 / 1e6;
        self.all >= (5.0 + 12.0 * millions).min(12.0)
            && self.longest >= (5.0 + 5.0 * millions).min(8.0)
    }
}

/// Whether OCR could find words here.
pub(crate) fn may_hold_words(picture: &GrayImage) -> bool {
    let (width, height) = picture.dimensions();
    let full = Level {
        width: width as usize,
        height: height as usize,
        pixels: picture.as_raw(),
    };
    let mut evidence = Evidence::default();
    let mut enough = |level: &Level<'_>| {
        level.looks(|lines| {
            evidence.add(lines);
            evidence.suffices(full.pixels.len())
        })
    };
    if enough(&full) {
        return true;
    }
    // The smallest print is too low for a threshold to tell its strokes apart.
    if full.pixels.len() < SMALL {
        let (pixels, width, height) = full.doubled();
        let level = Level {
            width,
            height,
            pixels: &pixels,
        };
        if enough(&level) {
            return true;
        }
    }
    // Larger letters are small ones of a smaller picture.
    let (mut pixels, mut width, mut height) = full.halved();
    while width.min(height) >= LEAST_SIDE {
        let level = Level {
            width,
            height,
            pixels: &pixels,
        };
        if enough(&level) {
            return true;
        }
        (pixels, width, height) = level.halved();
    }
    false
}

/// A picture at one of its sizes.
struct Level<'p> {
    width: usize,
    height: usize,
    /// Row by row, 0 is black.
    pixels: &'p [u8],
}

impl Level<'_> {
    /// Shows the lines of dark print and then those of light print, until it
    /// is enough; and tells whether it was.
    fn looks(&self, mut enough: impl FnMut(&[Line]) -> bool) -> bool {
        let thresholds = self.thresholds();
        if thresholds.iter().all(Option::is_none) {
            return false;
        }
        [true, false].into_iter().any(|dark| {
            let ink = self.ink(&thresholds, dark);
            let marks = Marks::find(&ink, self.width);
            enough(&lines::find(&marks, &ink, self.width))
        })
    }

    /// Half as wide and high; what is odd is left out.
    fn halved(&self) -> (Vec<u8>, usize, usize) {
        let (width, height) = (self.width / 2, self.height / 2);
        let mut halved = Vec::with_capacity(width * height);
        for y in 0..height {
            let (upper, lower) = (self.row(2 * y), self.row(2 * y + 1));
            let pairs = upper.chunks_exact(2).zip(lower.chunks_exact(2));
            halved.extend(pairs.map(|(a, b)| {
                let sum = u16::from(a[0]) + u16::from(a[1]) + u16::from(b[0]) + u16::from(b[1]);
                (sum / 4) as u8
            }));
        }
        (halved, width, height)
    }

    /// Twice as wide and high, with even steps between the pixels.
    fn doubled(&self) -> (Vec<u8>, usize, usize) {
        let width = 2 * self.width;
        let mut doubled = Vec::with_capacity(4 * self.pixels.len());
        let mut row = vec![0u16; self.width];
        for y in 0..2 * self.height {
            let near = self.row(y / 2);
            let far = match y % 2 {
                0 => self.row((y / 2).saturating_sub(1)),
                _ => self.row((y / 2 + 1).min(self.height - 1)),
            };
            for ((to, near), far) in row.iter_mut().zip(near).zip(far) {
                *to = 3 * u16::from(*near) + u16::from(*far);
            }
            let Some(&last) = row.last() else { continue };
            let before = std::iter::once(row[0]).chain(row.iter().copied());
            let after = row.iter().copied().skip(1).chain([last]);
            for ((at, before), after) in row.iter().zip(before).zip(after) {
                doubled.push(((3 * at + before + 8) / 16) as u8);
                doubled.push(((3 * at + after + 8) / 16) as u8);
            }
        }
        (doubled, width, 2 * self.height)
    }

    fn row(&self, y: usize) -> &[u8] {
        &self.pixels[y * self.width..][..self.width]
    }

    /// What divides ink from paper, cell by cell; nothing where neither is.
    fn thresholds(&self) -> Vec<Option<u8>> {
        let blocks = Blocks::of(self);
        let least = LEAST_CONTRAST.max(OVER_GRAIN * blocks.grain().min(MOST_GRAIN));
        let (across, down) = (blocks.across.div_ceil(CELL), blocks.down().div_ceil(CELL));
        let mut thresholds = Vec::with_capacity(across * down);
        for y in 0..down {
            for x in 0..across {
                thresholds.push(blocks.threshold(x * CELL, y * CELL, least));
            }
        }
        thresholds
    }

    /// A byte a pixel: 1 where ink is, for ink that is darker than its paper or
    /// lighter.
    fn ink(&self, thresholds: &[Option<u8>], dark: bool) -> Vec<u8> {
        let mut ink = vec![0; self.pixels.len()];
        let across = (self.width / BLOCK).div_ceil(CELL);
        if across == 0 {
            return ink;
        }
        for (y, to) in ink.chunks_exact_mut(self.width).enumerate() {
            let Some(cells) = thresholds.chunks_exact(across).nth(y / CELL_PIXELS) else {
                break;
            };
            let cells = cells.iter();
            let from = self.row(y).chunks(CELL_PIXELS);
            for ((to, from), cell) in to.chunks_mut(CELL_PIXELS).zip(from).zip(cells) {
                let Some(threshold) = *cell else { continue };
                for (to, &from) in to.iter_mut().zip(from) {
                    let is_ink = if dark {
                        from < threshold
                    } else {
                        from > threshold
                    };
                    *to = u8::from(is_ink);
                }
            }
        }
        ink
    }
}

/// The darkest and the lightest pixel of each block; pixels beyond the last
/// whole block are left out.
struct Blocks {
    across: usize,
    darkest: Vec<u8>,
    lightest: Vec<u8>,
}

impl Blocks {
    fn of(level: &Level<'_>) -> Self {
        let (across, down) = (level.width / BLOCK, level.height / BLOCK);
        let mut blocks = Self {
            across,
            darkest: Vec::with_capacity(across * down),
            lightest: Vec::with_capacity(across * down),
        };
        let mut darkest = vec![0; across * BLOCK];
        let mut lightest = vec![0; across * BLOCK];
        for y in 0..down {
            // Columns first, which the compiler makes into vectors.
            darkest.fill(u8::MAX);
            lightest.fill(0);
            for row in 0..BLOCK {
                let row = level.row(y * BLOCK + row);
                for ((dark, light), &pixel) in darkest.iter_mut().zip(&mut lightest).zip(row) {
                    *dark = (*dark).min(pixel);
                    *light = (*light).max(pixel);
                }
            }
            let extreme = |columns: &[u8], of: fn(u8, u8) -> u8| -> Vec<u8> {
                let blocks = columns.chunks_exact(BLOCK);
                blocks
                    .map(|block| block.iter().copied().reduce(of).unwrap_or_default())
                    .collect()
            };
            blocks.darkest.extend(extreme(&darkest, u8::min));
            blocks.lightest.extend(extreme(&lightest, u8::max));
        }
        blocks
    }

    fn down(&self) -> usize {
        self.darkest.len().checked_div(self.across).unwrap_or(0)
    }

    fn range(&self, at: usize) -> usize {
        usize::from(self.lightest[at] - self.darkest[at])
    }

    /// How much a quiet block's pixels differ: that of the first quarter.
    fn grain(&self) -> usize {
        let mut ranges = [0usize; 256];
        for at in 0..self.darkest.len() {
            ranges[self.range(at)] += 1;
        }
        let mut seen = 0;
        let quarter = |&count: &usize| {
            seen += count;
            4 * seen >= self.darkest.len()
        };
        ranges.iter().position(quarter).unwrap_or(0)
    }

    /// What divides ink from paper in the cell whose first block this is. Print
    /// has both quiet paper and sharp edges.
    fn threshold(&self, left: usize, top: usize, least: usize) -> Option<u8> {
        let columns = left..(left + CELL).min(self.across);
        let rows = top..(top + CELL).min(self.down());
        let blocks = || {
            let columns = columns.clone();
            let row = move |y| columns.clone().map(move |x| y * self.across + x);
            rows.clone().flat_map(row)
        };
        let darkest = blocks().map(|at| self.darkest[at]).min()?;
        let lightest = blocks().map(|at| self.lightest[at]).max()?;
        let contrast = usize::from(lightest - darkest);
        if contrast < least {
            return None;
        }
        let (mut quiet, mut sharp) = (0, 0);
        for at in blocks() {
            quiet += usize::from(4 * self.range(at) <= contrast);
            sharp += usize::from(2 * self.range(at) > contrast);
        }
        let print = 8 * quiet >= columns.len() * rows.len() && sharp >= 3;
        print.then(|| u8::midpoint(darkest, lightest))
    }
}

#[cfg(test)]
mod tests;
