//! The connected marks of a page of ink: letters, parts of letters, and words
//! whose letters touch.

use super::ink::Ink;

/// No print is lower than this many pixels, and none that is looked for at a
/// level is higher: the level of half its size shows it better.
const LEAST_HEIGHT: u32 = 5;
const MOST_HEIGHT: u32 = 40;
/// The longest word whose letters all touch is so many times as wide as high.
const MOST_WIDTHS: u32 = 40;

/// A mark: which pixels it lies in, from the first to before the last.
#[derive(Debug, Clone, Copy)]
pub(super) struct Mark {
    pub(super) left: u32,
    pub(super) right: u32,
    pub(super) top: u32,
    pub(super) bottom: u32,
    /// Pixels of ink; and stretches of them, in all its rows and in all its
    /// columns.
    area: u32,
    across: u32,
    along: u32,
}

impl Mark {
    pub(super) fn height(&self) -> u32 {
        self.bottom - self.top
    }

    pub(super) fn width(&self) -> u32 {
        self.right - self.left
    }

    /// How many strokes a row crosses, on average.
    pub(super) fn strokes(&self) -> f32 {
        self.across as f32 / self.height() as f32
    }

    /// How thick these strokes are, in pixels.
    pub(super) fn thickness(&self) -> f32 {
        self.area as f32 / self.across as f32
    }

    /// What it is when the picture is turned on its side (and mirrored, which
    /// makes no difference here).
    pub(super) fn turned(&self) -> Self {
        Self {
            left: self.top,
            right: self.bottom,
            top: self.left,
            bottom: self.right,
            area: self.area,
            across: self.along,
            along: self.across,
        }
    }

    /// A stretch of ink in a row, of which so much has no ink above.
    fn of(start: u32, end: u32, y: u32, open: u32) -> Self {
        Self {
            left: start,
            right: end,
            top: y,
            bottom: y + 1,
            area: end - start,
            across: 1,
            along: open,
        }
    }

    fn join(&mut self, other: &Self) {
        self.left = self.left.min(other.left);
        self.right = self.right.max(other.right);
        self.top = self.top.min(other.top);
        self.bottom = self.bottom.max(other.bottom);
        self.area += other.area;
        self.across += other.across;
        self.along += other.along;
    }

    /// Whether its shape can be a letter's or a word's.
    pub(super) fn may_be_print(&self) -> bool {
        let (width, height) = (self.width(), self.height());
        (LEAST_HEIGHT..=MOST_HEIGHT).contains(&height)
            && (2..=MOST_WIDTHS * height).contains(&width)
            && 10 * self.area >= width * height
    }
}

/// The marks that may be print, upright or turned. They touch at corners too.
pub(super) fn find(ink: &Ink<'_>) -> Vec<Mark> {
    let mut marks = Marks::default();
    let (mut above, mut row): (Vec<Stretch>, Vec<Stretch>) = (Vec::new(), Vec::new());
    for y in 0..ink.rows() {
        let mut passed = 0;
        ink.stretches(y, |start, end| {
            passed += above[passed..].partition_point(|other| other.end < start);
            let touching = above[passed..].iter();
            let touching = touching.take_while(|other| other.start <= end);
            let below: u32 = touching
                .clone()
                .map(|other| end.min(other.end) - start.max(other.start))
                .sum();
            let own = Mark::of(start, end, y as u32, end - start - below);
            let mark = marks.add(own, touching);
            row.push(Stretch { start, end, mark });
        });
        std::mem::swap(&mut above, &mut row);
        row.clear();
    }
    marks.done()
}

/// Ink without a gap in one row.
struct Stretch {
    start: u32,
    end: u32,
    mark: u32,
}

/// The marks of a page, that join as its rows show that they touch.
#[derive(Debug, Default)]
struct Marks {
    found: Vec<Mark>,
    joins: Joins,
}

impl Marks {
    /// Adds a stretch to the marks that it touches, which it joins; and tells
    /// which it is part of now.
    fn add<'s>(&mut self, own: Mark, touching: impl Iterator<Item = &'s Stretch>) -> u32 {
        let mut part_of = None;
        for other in touching {
            let other = self.joins.first(other.mark);
            part_of = Some(match part_of {
                None => {
                    self.found[other as usize].join(&own);
                    other
                }
                Some(mark) if mark == other => mark,
                Some(mark) => {
                    let first = self.joins.join(mark, other);
                    let later = self.found[mark.max(other) as usize];
                    self.found[first as usize].join(&later);
                    first
                }
            });
        }
        part_of.unwrap_or_else(|| {
            self.found.push(own);
            self.joins.add()
        })
    }

    fn done(self) -> Vec<Mark> {
        let marks = self.found.into_iter().enumerate();
        marks
            .filter(|(at, _)| self.joins.is_first(*at))
            .map(|(_, mark)| mark)
            .filter(|mark| mark.may_be_print() || mark.turned().may_be_print())
            .collect()
    }
}

/// Which of many things belong together: each knows one before it, the first
/// of them itself (a union-find).
#[derive(Debug, Default)]
pub(super) struct Joins(Vec<u32>);

impl Joins {
    pub(super) fn of(count: usize) -> Self {
        Self((0..count as u32).collect())
    }

    /// One more, alone.
    fn add(&mut self) -> u32 {
        let new = self.0.len() as u32;
        self.0.push(new);
        new
    }

    pub(super) fn first(&mut self, of: u32) -> u32 {
        let mut at = of as usize;
        while self.0[at] as usize != at {
            // Half the way for the next who asks.
            self.0[at] = self.0[self.0[at] as usize];
            at = self.0[at] as usize;
        }
        at as u32
    }

    fn is_first(&self, at: usize) -> bool {
        self.0[at] as usize == at
    }

    /// Joins what these belong to, and gives the first of all.
    pub(super) fn join(&mut self, one: u32, other: u32) -> u32 {
        let (one, other) = (self.first(one), self.first(other));
        let first = one.min(other);
        self.0[one.max(other) as usize] = first;
        first
    }
}
