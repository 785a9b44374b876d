//! A picture's ink: what is darker than the paper around it, or lighter.

use super::level::{CELL_PIXELS, Level};
use super::marks::Mark;

pub(super) struct Ink<'l> {
    level: &'l Level<'l>,
    /// Of each cell; none where nothing is print.
    thresholds: &'l [Option<u8>],
    dark: bool,
}

impl<'l> Ink<'l> {
    pub(super) fn new(level: &'l Level<'l>, thresholds: &'l [Option<u8>], dark: bool) -> Self {
        Self {
            level,
            thresholds,
            dark,
        }
    }

    pub(super) fn rows(&self) -> usize {
        self.level.height
    }

    /// Gives where ink begins and ends in a row, from left to right.
    pub(super) fn stretches(&self, y: usize, mut take: impl FnMut(u32, u32)) {
        let mut begun = None;
        let cells = self.level.row(y).chunks(CELL_PIXELS);
        let mut at = 0;
        for (pixels, threshold) in cells.zip(self.cells(y)) {
            match threshold {
                Some(threshold) => {
                    for (x, &pixel) in (at..).zip(pixels) {
                        match (self.is_ink(pixel, *threshold), begun) {
                            (true, None) => begun = Some(x),
                            (false, Some(start)) => {
                                take(start, x);
                                begun = None;
                            }
                            _ => {}
                        }
                    }
                }
                None => {
                    if let Some(start) = begun.take() {
                        take(start, at);
                    }
                }
            }
            at += pixels.len() as u32;
        }
        if let Some(start) = begun {
            take(start, at);
        }
    }

    pub(super) fn is_quiet_above_and_below(&self, mark: &Mark) -> bool {
        let margin = margin(mark);
        self.is_paper(
            mark.left,
            mark.right,
            mark.top.saturating_sub(margin),
            mark.top,
        ) && self.is_paper(mark.left, mark.right, mark.bottom, mark.bottom + margin)
    }

    /// The same for a mark that was turned.
    pub(super) fn is_quiet_beside(&self, mark: &Mark) -> bool {
        let margin = margin(mark);
        self.is_paper(
            mark.top.saturating_sub(margin),
            mark.top,
            mark.left,
            mark.right,
        ) && self.is_paper(mark.bottom, mark.bottom + margin, mark.left, mark.right)
    }

    /// Whether a quarter or less of a rectangle is ink; what is beyond the
    /// picture is not.
    fn is_paper(&self, left: u32, right: u32, top: u32, bottom: u32) -> bool {
        let left = left as usize;
        let right = (right as usize).min(self.level.width);
        let (mut inked, mut all) = (0, 0);
        for y in top as usize..(bottom as usize).min(self.level.height) {
            let (row, cells) = (self.level.row(y), self.cells(y));
            for (x, &pixel) in (left..).zip(&row[left.min(right)..right]) {
                let threshold = cells.get(x / CELL_PIXELS).copied().flatten();
                inked +=
                    u32::from(threshold.is_some_and(|threshold| self.is_ink(pixel, threshold)));
                all += 1;
            }
        }
        4 * inked <= all
    }

    fn is_ink(&self, pixel: u8, threshold: u8) -> bool {
        match self.dark {
            true => pixel < threshold,
            false => pixel > threshold,
        }
    }

    fn cells(&self, y: usize) -> &[Option<u8>] {
        let across = self.level.cells_across();
        let from = y / CELL_PIXELS * across;
        self.thresholds.get(from..from + across).unwrap_or_default()
    }
}

/// How far from a mark it must be quiet, in pixels.
fn margin(mark: &Mark) -> u32 {
    (mark.height() / 3).max(2)
}
