//! What of a PDF page's words its reader sees.
//!
//! Words that were painted over, that have the colour of what lies below them,
//! stand off the page, on a layer that is off, or are drawn in nothing, are
//! there all the same: they are told by how they hide. Where it is not sure
//! that they do, they count as shown.

use std::ops::Range;

use super::state::{Colour, Rect};

/// Things painted on a page that are looked at, and pairs of them and words.
const MOST_MARKS: usize = 4_000;
const MOST_PAIRS: usize = 30_000_000;
/// Words of one page.
const MOST_RUNS: usize = 300_000;
/// What is narrower covers no words.
const NARROW: f32 = 2.0;
/// Words of which no more than this shows cannot be read.
const SLIVER: f32 = 0.05;
/// Letters lower than this, in points, cannot be read.
const TINY: f32 = 1.0;
/// Colours no farther apart than this look the same.
const SAME: f32 = 0.06;

/// How words hide.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Hiding {
    Layer,
    Note,
    OffPage,
    CutAway,
    Unpainted,
    Tiny,
    BlackBox,
    WhiteBox,
    ColouredBox,
    Picture,
    WhiteOnWhite,
    SameColour,
}

impl Hiding {
    /// Where the words are, behind the page's number.
    pub(crate) fn place(self) -> &'static str {
        match self {
            Self::Layer => "on a layer that is switched off",
            Self::Note => "in a note or field that is not shown",
            Self::OffPage => "outside the visible page",
            Self::CutAway => "cut away",
            Self::Unpainted => "invisible",
            Self::Tiny => "too small to read",
            Self::BlackBox => "under a black box",
            Self::WhiteBox => "under a white box",
            Self::ColouredBox => "under a coloured box",
            Self::Picture => "under a picture",
            Self::WhiteOnWhite => "white on white",
            Self::SameColour => "in the colour of what is behind it",
        }
    }
}

/// A word or less, in one go.
#[derive(Debug, Clone)]
pub(crate) struct Run {
    /// Its part of the page's letters.
    pub(crate) letters: Range<usize>,
    /// Where it begins and ends.
    pub(crate) start: (f32, f32),
    pub(crate) end: (f32, f32),
    pub(crate) direction: (f32, f32),
    /// Where its letters' tops are.
    pub(crate) up: (f32, f32),
    pub(crate) height: f32,
    /// What of the page may show then.
    pub(crate) clip: Rect,
    /// How many things were painted before.
    pub(crate) order: usize,
    /// Its colour, where it is filled with one.
    pub(crate) colour: Colour,
    /// What is already known of it.
    pub(crate) hiding: Option<Hiding>,
    /// Nothing of it is painted; a scan's words lie so over its picture.
    pub(crate) unpainted: bool,
    /// Its height is sure.
    pub(crate) measured: bool,
}

/// Something painted.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Mark {
    pub(crate) rect: Rect,
    pub(crate) colour: Colour,
    /// All of the rectangle is painted, and nothing shows through.
    pub(crate) covers: bool,
    pub(crate) picture: bool,
}

/// All that is painted on a page.
#[derive(Debug, Default)]
pub(crate) struct View {
    pub(crate) letters: String,
    pub(crate) runs: Vec<Run>,
    marks: Vec<Mark>,
    /// Marks that were not kept, too: nothing is sure then.
    crowded: bool,
    page: Option<Rect>,
}

impl View {
    /// `page` is what of it is visible, where it says so.
    pub(crate) fn new(page: Option<Rect>) -> Self {
        Self {
            page,
            ..Self::default()
        }
    }

    pub(crate) fn order(&self) -> usize {
        self.marks.len()
    }

    /// Whether there are more words than any page has.
    pub(crate) fn is_full(&self) -> bool {
        self.runs.len() > MOST_RUNS
    }

    pub(crate) fn mark(&mut self, mark: Mark) {
        if mark.rect.width() < NARROW || mark.rect.height() < NARROW {
            return;
        }
        match self.marks.len() < MOST_MARKS {
            true => self.marks.push(mark),
            false => self.crowded = true,
        }
    }

    /// The words that are seen, and those that hide, by how.
    pub(crate) fn finish(self) -> (String, Vec<(Hiding, String)>) {
        let sure = !self.crowded && self.runs.len() * self.marks.len() <= MOST_PAIRS;
        let mut hidings: Vec<Option<Hiding>> = Vec::with_capacity(self.runs.len());
        for run in &self.runs {
            let letters = &self.letters[run.letters.clone()];
            let hiding = match letters.trim().is_empty() {
                // A space goes with the word before it.
                true => hidings.last().copied().flatten(),
                false => run.hiding.or_else(|| self.hiding(run, sure)),
            };
            hidings.push(hiding);
        }
        self.written(hidings)
    }

    fn written(&self, mut hidings: Vec<Option<Hiding>>) -> (String, Vec<(Hiding, String)>) {
        let mut kinds: Vec<Hiding> = hidings.iter().flatten().copied().collect();
        kinds.sort_unstable();
        kinds.dedup();
        if kinds.is_empty() {
            return (self.lines(&self.runs), Vec::new());
        }
        if kinds.contains(&Hiding::OffPage) {
            self.let_run_over(Hiding::OffPage, &self.line_ranges(), &mut hidings);
        }
        if kinds.contains(&Hiding::CutAway) {
            self.let_run_over(Hiding::CutAway, &self.cell_ranges(), &mut hidings);
        }
        let those = |hidings: &[Option<Hiding>], wanted: Option<Hiding>| -> Vec<Run> {
            let runs = self.runs.iter().zip(hidings);
            let runs = runs.filter(|(_, hiding)| **hiding == wanted);
            runs.map(|(run, _)| run.clone()).collect()
        };
        // Shadows and outlines say again what is shown; rules and bullets say
        // nothing.
        let shown = squeezed(&self.lines(&those(&hidings, None)));
        kinds.retain(|&kind| {
            let words = squeezed(&self.lines(&those(&hidings, Some(kind))));
            let is_shown = shown.contains(&words);
            if is_shown {
                let mine = hidings.iter_mut().filter(|hiding| **hiding == Some(kind));
                mine.for_each(|hiding| *hiding = None);
            }
            !is_shown
        });
        let hidden = kinds.into_iter().map(|kind| {
            // With what else is on their lines, which says what they mean.
            let whole = self.whole_lines(|index| hidings[index] == Some(kind));
            (kind, self.lines(&whole))
        });
        let hidden = hidden.collect();
        (self.lines(&those(&hidings, None)), hidden)
    }

    /// A line that begins on the page and runs over its edge hides nothing on
    /// purpose; a scan's words do so where their letters are too wide. Nor does
    /// a cell with more words than it has room for.
    fn let_run_over(
        &self,
        edge: Hiding,
        stretches: &[Range<usize>],
        hidings: &mut [Option<Hiding>],
    ) {
        for stretch in stretches {
            let hidings = &mut hidings[stretch.clone()];
            if hidings.contains(&None) {
                let off = hidings.iter_mut().filter(|hiding| **hiding == Some(edge));
                off.for_each(|hiding| *hiding = None);
            }
        }
    }

    /// The runs of all lines that have such a run.
    fn whole_lines(&self, is_such: impl Fn(usize) -> bool) -> Vec<Run> {
        let lines = self.line_ranges().into_iter();
        let such = lines.filter(|line| line.clone().any(&is_such));
        such.flat_map(|line| self.runs[line].iter().cloned())
            .collect()
    }

    /// Which runs are on a line, of each.
    fn line_ranges(&self) -> Vec<Range<usize>> {
        self.ranges(|gap| gap == Some('\n'))
    }

    /// Which runs stand close together on a line.
    fn cell_ranges(&self) -> Vec<Range<usize>> {
        self.ranges(|gap| matches!(gap, Some('\n' | '\t')))
    }

    fn ranges(&self, ends: impl Fn(Option<char>) -> bool) -> Vec<Range<usize>> {
        let mut ranges = Vec::new();
        let mut start = 0;
        for end in 1..=self.runs.len() {
            let next = self.runs.get(end);
            if next.is_none_or(|next| ends(gap(&self.runs[end - 1], next))) {
                ranges.push(start..end);
                start = end;
            }
        }
        ranges
    }

    /// Runs as lines, with what lies between them.
    fn lines(&self, runs: &[Run]) -> String {
        let mut out = String::new();
        let mut before: Option<&Run> = None;
        for run in runs {
            if let Some(gap) = before.and_then(|before| gap(before, run))
                && !(gap == ' ' && out.ends_with([' ', '\t', '\n']))
            {
                out.push(gap);
            }
            out.push_str(&self.letters[run.letters.clone()]);
            before = Some(run);
        }
        out
    }

    fn hiding(&self, run: &Run, sure: bool) -> Option<Hiding> {
        let body = run.body();
        if self
            .page
            .is_some_and(|page| page.grown(2.0).intersection(&body).is_empty())
        {
            return Some(Hiding::OffPage);
        }
        // Some fonts do not tell how wide their letters are.
        let seen = body.grown(0.5);
        if run.clip.intersection(&seen).area() <= SLIVER * seen.area() {
            return Some(Hiding::CutAway);
        }
        if run.measured && run.height < TINY {
            return Some(Hiding::Tiny);
        }
        if !sure {
            return None;
        }
        let core = run.core();
        let middle = (
            (core.left + core.right) / 2.0,
            (core.bottom + core.top) / 2.0,
        );
        if run.unpainted {
            // What it says is seen otherwise: in a scan, or drawn as shapes.
            let shown = self.marks.iter().any(|mark| {
                mark.rect.holds_point(middle)
                    && (mark.picture || mark.rect.area() < 20.0 * body.area())
            });
            return (!shown).then_some(Hiding::Unpainted);
        }
        let over = &self.marks[run.order..];
        if let Some(mark) = over
            .iter()
            .find(|mark| mark.covers && mark.rect.holds(&core))
        {
            if !mark.picture {
                return Some(match mark.colour {
                    Some(colour) if colour.iter().all(|part| *part < 0.25) => Hiding::BlackBox,
                    Some(colour) if colour.iter().all(|part| *part > 0.92) => Hiding::WhiteBox,
                    _ => Hiding::ColouredBox,
                });
            }
            // Some programs lay a scan's words below its picture.
            let page = self.page?.area();
            return (mark.rect.area() < 0.5 * page).then_some(Hiding::Picture);
        }
        let colour = run.colour?;
        let below = self.marks[..run.order].iter().rev();
        let below = below.into_iter().find(|mark| mark.rect.holds_point(middle));
        let behind = match below {
            None => [1.0; 3],
            Some(mark) if mark.covers && !mark.picture && mark.rect.holds(&core) => mark.colour?,
            Some(_) => return None,
        };
        let pairs = colour.iter().zip(behind);
        let same = pairs.clone().all(|(one, other)| (one - other).abs() < SAME);
        let white = behind.iter().all(|part| *part > 0.92);
        match (same, white) {
            (true, true) => Some(Hiding::WhiteOnWhite),
            (true, false) => Some(Hiding::SameColour),
            (false, _) => None,
        }
    }
}

impl Run {
    /// About where its letters are.
    fn body(&self) -> Rect {
        self.between(0.0, -0.2, 0.8)
    }

    /// What has to be covered for them not to be read.
    fn core(&self) -> Rect {
        self.between(0.2, 0.1, 0.4)
    }

    /// From so far below the line to so far above, with so much left away at
    /// both ends; in heights.
    fn between(&self, inset: f32, low: f32, high: f32) -> Rect {
        let (along, length) = (self.direction, self.length());
        let inset = (inset * self.height).min(length / 4.0);
        let at = |(x, y): (f32, f32), along_by: f32, up: f32| {
            let by = up * self.height;
            (
                x + along.0 * along_by + self.up.0 * by,
                y + along.1 * along_by + self.up.1 * by,
            )
        };
        let corners = [
            at(self.start, inset, low),
            at(self.start, inset, high),
            at(self.end, -inset, low),
            at(self.end, -inset, high),
        ];
        Rect::around(corners).expect("there are four")
    }

    fn length(&self) -> f32 {
        (self.end.0 - self.start.0).hypot(self.end.1 - self.start.1)
    }
}

/// What lies between the last letter and the next: nothing, a space, a tab or a
/// line break.
fn gap(before: &Run, run: &Run) -> Option<char> {
    let (direction, height) = (run.direction, run.height);
    let (dx, dy) = (run.start.0 - before.end.0, run.start.1 - before.end.1);
    let along = dx * direction.0 + dy * direction.1;
    let across = (dx * direction.1 - dy * direction.0).abs();
    let turned =
        (before.direction.0 - direction.0).abs() + (before.direction.1 - direction.1).abs() > 0.2;
    if turned || across > height * 0.5 || along < -height * 0.8 {
        Some('\n')
    } else if along > height * 1.5 {
        Some('\t')
    } else if along > height * 0.17 {
        Some(' ')
    } else {
        None
    }
}

/// Letters and digits alone, none of them large.
pub(crate) fn squeezed(text: &str) -> String {
    let letters = text.chars().filter(|c| c.is_alphanumeric());
    letters.flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests;
