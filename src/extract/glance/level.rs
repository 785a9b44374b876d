//! A picture at one of its sizes, and where on it print may be.

use std::borrow::Cow;

use image::GrayImage;

/// Side of the blocks in which light and dark are compared, in pixels: less
/// than the gap between two lines of the smallest print.
const BLOCK: usize = 4;
/// Side of the cells that have a threshold each, in blocks and in pixels; no
/// letter that is looked for at a level is much higher.
const CELL: usize = 8;
pub(super) const CELL_PIXELS: usize = CELL * BLOCK;

/// Ink and paper differ by so many of 255 steps at least,
const LEAST_CONTRAST: usize = 24;
/// and by so many times the picture's own grain; a grain that would ask for
/// more than this is no grain.
const OVER_GRAIN: usize = 3;
const MOST_GRAIN: usize = 30;

pub(super) struct Level<'p> {
    pub(super) width: usize,
    pub(super) height: usize,
    /// Row by row, 0 is black.
    pub(super) pixels: Cow<'p, [u8]>,
}

impl<'p> Level<'p> {
    pub(super) fn of(picture: &'p GrayImage) -> Self {
        Self {
            width: picture.width() as usize,
            height: picture.height() as usize,
            pixels: Cow::Borrowed(picture.as_raw()),
        }
    }

    /// Half as wide and high; what is odd is left out.
    pub(super) fn halved(&self) -> Level<'static> {
        let (width, height) = (self.width / 2, self.height / 2);
        let mut halved = Vec::with_capacity(width * height);
        for y in 0..height {
            let (upper, lower) = (self.row(2 * y), self.row(2 * y + 1));
            let (upper, _) = upper.as_chunks::<2>();
            let (lower, _) = lower.as_chunks::<2>();
            halved.extend(upper.iter().zip(lower).map(|(&[a, b], &[c, d])| {
                let sum = u16::from(a) + u16::from(b) + u16::from(c) + u16::from(d);
                (sum / 4) as u8
            }));
        }
        Level {
            width,
            height,
            pixels: Cow::Owned(halved),
        }
    }

    /// Twice as wide and high, with even steps between the pixels.
    pub(super) fn doubled(&self) -> Level<'static> {
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
        Level {
            width: 2 * self.width,
            height: 2 * self.height,
            pixels: Cow::Owned(doubled),
        }
    }

    pub(super) fn row(&self, y: usize) -> &[u8] {
        &self.pixels[y * self.width..][..self.width]
    }

    /// How many cells there are in a row; pixels beyond the last whole block
    /// belong to none, or to the last cell.
    pub(super) fn cells_across(&self) -> usize {
        (self.width / BLOCK).div_ceil(CELL)
    }

    /// What divides ink from paper, cell by cell; nothing where neither is.
    pub(super) fn thresholds(&self) -> Vec<Option<u8>> {
        let blocks = Blocks::of(self);
        let least = LEAST_CONTRAST.max(OVER_GRAIN * blocks.grain().min(MOST_GRAIN));
        let (across, down) = (self.cells_across(), blocks.down().div_ceil(CELL));
        let cells = (0..down).flat_map(|y| (0..across).map(move |x| (x * CELL, y * CELL)));
        cells
            .map(|(left, top)| blocks.threshold(left, top, least))
            .collect()
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
            let (columns, _) = darkest.as_chunks::<BLOCK>();
            blocks
                .darkest
                .extend(columns.iter().map(|[a, b, c, d]| a.min(b).min(c.min(d))));
            let (columns, _) = lightest.as_chunks::<BLOCK>();
            blocks
                .lightest
                .extend(columns.iter().map(|[a, b, c, d]| a.max(b).max(c.max(d))));
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
