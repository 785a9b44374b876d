//! Marks beside each other that make a line of print.

use std::collections::BTreeMap;

use super::marks::{Joins, Mark};

/// Side of the squares in which a mark's neighbours are looked for, in pixels.
const SQUARE: u32 = 48;
/// Marks of a line that are compared with each other: enough for its slope.
const MOST_COMPARED: usize = 60;
/// From so many letters on it can be seen whether they stand on one line;
const SEVERAL: usize = 4;
/// fewer marks are a line only where they are as low as words whose letters
/// touch for want of pixels.
const MELTED: f32 = 8.0;

/// How many strokes each of the lines of print has that these marks make;
/// `is_quiet` tells of a mark whether there is paper above and below it.
pub(super) fn find(marks: &[Mark], is_quiet: impl Fn(&Mark) -> bool) -> Vec<f32> {
    let mut joins = Joins::of(marks.len());
    let squares = Squares::of(marks);
    for (at, mark) in (0..).zip(marks) {
        if let Some(next) = squares.next(mark, marks) {
            joins.join(at, next);
        }
    }
    let mut chains: BTreeMap<u32, Vec<&Mark>> = BTreeMap::new();
    for (at, mark) in (0..).zip(marks) {
        chains.entry(joins.first(at)).or_default().push(mark);
    }
    chains
        .values()
        .filter_map(|chain| line(chain, &is_quiet))
        .collect()
}

/// The strokes of the line that a chain of marks is, if it is one.
fn line(chain: &[&Mark], is_quiet: impl Fn(&Mark) -> bool) -> Option<f32> {
    let count = chain.len() as f32;
    let strokes: f32 = chain.iter().map(|mark| mark.strokes()).sum();
    let height = chain.iter().map(|mark| mark.height() as f32).sum::<f32>() / count;
    let left = chain.iter().map(|mark| mark.left).min()?;
    let right = chain.iter().map(|mark| mark.right).max()?;
    let heights = (right - left) as f32 / height;

    let long = strokes >= 5.0 && heights >= 2.5;
    // Letters have two strokes a height or fewer; hatching has more.
    if !long || strokes > 2.2 * heights || variation(chain, height) > 0.32 {
        return None;
    }
    let stands = match chain.len() {
        SEVERAL.. => {
            unevenness(chain, height, |mark| mark.bottom)
                .min(unevenness(chain, height, |mark| mark.top))
                <= 0.12
        }
        _ => height <= MELTED,
    };
    let quiet = chain.iter().filter(|mark| is_quiet(mark));
    let printed = stands && quiet.count() as f32 >= 0.8 * count;
    printed.then_some(strokes)
}

/// How far the marks' heights differ, as a share of the mean (their
/// coefficient of variation).
fn variation(chain: &[&Mark], mean: f32) -> f32 {
    let off = |mark: &&Mark| (mark.height() as f32 - mean).powi(2);
    let sum: f32 = chain.iter().map(off).sum();
    (sum / chain.len() as f32).sqrt() / mean
}

/// How far the typical mark is from the line that most of them stand on, as a
/// share of their height; the line may slope. Half a pixel is none.
fn unevenness(chain: &[&Mark], height: f32, edge: impl Fn(&Mark) -> u32) -> f32 {
    let chain = &chain[..chain.len().min(MOST_COMPARED)];
    let points: Vec<(f32, f32)> = chain
        .iter()
        .map(|mark| (mark.left as f32, edge(mark) as f32))
        .collect();
    // The median of the slopes between all pairs (Theil and Sen's estimate).
    let mut slopes = Vec::new();
    for (at, (x, y)) in points.iter().enumerate() {
        let far = points[at + 1..]
            .iter()
            .filter(|(other, _)| (other - x).abs() > height);
        slopes.extend(far.map(|(other_x, other_y)| (other_y - y) / (other_x - x)));
    }
    let slope = median(slopes).unwrap_or(0.0);
    let levels: Vec<f32> = points.iter().map(|(x, y)| y - slope * x).collect();
    let level = median(levels.clone()).unwrap_or(0.0);
    let off = median(levels.iter().map(|at| (at - level).abs()).collect()).unwrap_or(0.0);
    (off - 0.5).max(0.0) / height
}

fn median(mut values: Vec<f32>) -> Option<f32> {
    let middle = values.len() / 2;
    if values.is_empty() {
        return None;
    }
    Some(*values.select_nth_unstable_by(middle, f32::total_cmp).1)
}

/// Where marks begin, square by square.
struct Squares {
    across: u32,
    down: u32,
    marks: Vec<Vec<u32>>,
}

impl Squares {
    fn of(marks: &[Mark]) -> Self {
        let most = |edge: fn(&Mark) -> u32| marks.iter().map(edge).max().unwrap_or(0);
        let across = most(|mark| mark.right) / SQUARE + 1;
        let down = most(|mark| mark.bottom) / SQUARE + 1;
        let mut squares = Self {
            across,
            down,
            marks: vec![Vec::new(); (across * down) as usize],
        };
        for (at, mark) in (0..).zip(marks) {
            let square = middle(mark) / SQUARE * across + mark.left / SQUARE;
            squares.marks[square as usize].push(at);
        }
        squares
    }

    /// The next mark to the right that may stand in one line with this one.
    fn next(&self, mark: &Mark, marks: &[Mark]) -> Option<u32> {
        // A space between words.
        let end = mark.right + mark.height() * 6 / 5 + 2;
        let row = middle(mark) / SQUARE;
        let rows = row.saturating_sub(1)..=(row + 1).min(self.down - 1);
        let columns = mark.left / SQUARE..=(end / SQUARE).min(self.across - 1);
        let squares = rows.flat_map(|y| columns.clone().map(move |x| y * self.across + x));
        squares
            .flat_map(|square| &self.marks[square as usize])
            .filter(|&&other| {
                let other = &marks[other as usize];
                (mark.left + 1..=end).contains(&other.left) && alike(mark, other)
            })
            .min_by_key(|&&other| marks[other as usize].left)
            .copied()
    }
}

fn middle(mark: &Mark) -> u32 {
    u32::midpoint(mark.top, mark.bottom)
}

/// Whether two neighbours may be letters of one line: of about one height and
/// thickness, side by side, with their feet or their heads level.
fn alike(one: &Mark, other: &Mark) -> bool {
    let taller = one.height().max(other.height());
    let lower = one.height().min(other.height());
    let (thicker, thinner) = (
        one.thickness().max(other.thickness()),
        one.thickness().min(other.thickness()),
    );
    let sides = (one.top + one.bottom).abs_diff(other.top + other.bottom);
    let feet = one.bottom.abs_diff(other.bottom);
    let heads = one.top.abs_diff(other.top);
    10 * taller <= 22 * lower
        && sides <= taller
        && feet.min(heads) as f32 <= 0.35 * taller as f32 + 1.0
        && thicker <= 2.5 * thinner + 1.0
}
