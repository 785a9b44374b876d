//! Where on a drawing words stand, and the lines and columns that they make.

/// From the drawing's own coordinates to those of the paper.
#[derive(Debug, Clone, Copy)]
pub(super) struct Space {
    /// As [MS-EMF] 2.2.28 has it: M11, M12, M21, M22, Dx, Dy.
    world: [f64; 6],
    window: [f64; 4],
    viewport: [f64; 4],
    /// The mapping mode ([MS-EMF] 2.1.21).
    mode: u32,
    /// The height of letters.
    pub(super) letters: f64,
    /// [MS-WMF] 2.1.2.3
    pub(super) alignment: u32,
    pub(super) pen: (f64, f64),
}

const UNCHANGED: [f64; 6] = [1.0, 0.0, 0.0, 1.0, 0.0, 0.0];
/// Letters whose height nobody told.
const LETTERS: f64 = 12.0;
/// Of letters' height, the width of one if nothing tells it.
const WIDTH: f64 = 0.5;

/// Modes in which both axes are as the drawing sets them.
const FREE: std::ops::RangeInclusive<u32> = 7..=8;
/// In these a higher number is higher up.
const UPWARDS: std::ops::RangeInclusive<u32> = 2..=6;

const AT_PEN: u32 = 1;
const RIGHT: u32 = 2;
const CENTRE: u32 = 6;

impl Default for Space {
    fn default() -> Self {
        Self {
            world: UNCHANGED,
            window: [0.0, 0.0, 1.0, 1.0],
            viewport: [0.0, 0.0, 1.0, 1.0],
            mode: 1,
            letters: LETTERS,
            alignment: 0,
            pen: (0.0, 0.0),
        }
    }
}

impl Space {
    pub(super) fn mode(&mut self, mode: u32) {
        self.mode = mode;
    }

    pub(super) fn window_origin(&mut self, x: f64, y: f64) {
        [self.window[0], self.window[1]] = [x, y];
    }

    pub(super) fn window_extent(&mut self, x: f64, y: f64) {
        [self.window[2], self.window[3]] = [x, y];
    }

    pub(super) fn viewport_origin(&mut self, x: f64, y: f64) {
        [self.viewport[0], self.viewport[1]] = [x, y];
    }

    pub(super) fn viewport_extent(&mut self, x: f64, y: f64) {
        [self.viewport[2], self.viewport[3]] = [x, y];
    }

    pub(super) fn world(&mut self, world: [f64; 6]) {
        self.world = world;
    }

    pub(super) fn forget_world(&mut self) {
        self.world = UNCHANGED;
    }

    /// Puts another change before the one that holds, or behind it.
    pub(super) fn change_world(&mut self, change: [f64; 6], before: bool) {
        let (a, b) = match before {
            true => (change, self.world),
            false => (self.world, change),
        };
        self.world = [
            a[0] * b[0] + a[1] * b[2],
            a[0] * b[1] + a[1] * b[3],
            a[2] * b[0] + a[3] * b[2],
            a[2] * b[1] + a[3] * b[3],
            a[4] * b[0] + a[5] * b[2] + b[4],
            a[4] * b[1] + a[5] * b[3] + b[5],
        ];
    }

    fn scale(&self) -> (f64, f64) {
        let one = |viewport: f64, window: f64| match window {
            0.0 => 1.0,
            window => viewport / window,
        };
        match self.mode {
            mode if FREE.contains(&mode) => (
                one(self.viewport[2], self.window[2]),
                one(self.viewport[3], self.window[3]),
            ),
            mode if UPWARDS.contains(&mode) => (1.0, -1.0),
            _ => (1.0, 1.0),
        }
    }

    fn on_paper(&self, x: f64, y: f64) -> (f64, f64) {
        let [m11, m12, m21, m22, dx, dy] = self.world;
        let (x, y) = (x * m11 + y * m21 + dx, x * m12 + y * m22 + dy);
        let (across, down) = self.scale();
        (
            (x - self.window[0]) * across + self.viewport[0],
            (y - self.window[1]) * down + self.viewport[1],
        )
    }
}

#[derive(Debug, Default)]
pub(super) struct Page {
    runs: Vec<Run>,
}

#[derive(Debug)]
struct Run {
    x: f64,
    y: f64,
    width: f64,
    height: f64,
    text: String,
}

impl Page {
    /// Puts words at a point of the drawing, or at the pen; `width` is theirs
    /// in the drawing's measure.
    pub(super) fn put(
        &mut self,
        text: String,
        at: (f64, f64),
        width: Option<f64>,
        space: &mut Space,
    ) {
        let letters = space.letters.abs();
        let own = || text.chars().count() as f64 * letters * WIDTH;
        let width = width.filter(|width| *width > 0.0).unwrap_or_else(own);
        let (x, y) = match space.alignment & AT_PEN {
            0 => at,
            _ => space.pen,
        };
        let x = match space.alignment & CENTRE {
            CENTRE => x - width / 2.0,
            RIGHT => x - width,
            _ => x,
        };
        space.pen.0 = x + width;
        let (left, y) = space.on_paper(x, y);
        let (right, _) = space.on_paper(x + width, y);
        let (_, down) = space.scale();
        let height = letters * (down * space.world[3].hypot(space.world[2])).abs();
        if !text.trim().is_empty() && [left, right, y, height].iter().all(|n| n.is_finite()) {
            self.runs.push(Run {
                x: left.min(right),
                y,
                width: (right - left).abs(),
                height,
                text,
            });
        }
    }

    pub(super) fn is_blank(&self) -> bool {
        self.runs.is_empty()
    }

    /// The lines from top to bottom; what stands far apart in one are cells.
    pub(super) fn text(mut self) -> String {
        self.runs.sort_by(|a, b| a.y.total_cmp(&b.y));
        let mut out = String::new();
        let mut rest = &mut self.runs[..];
        while let Some(first) = rest.first() {
            let end = first.y + first.height / 2.0;
            let length = rest.iter().take_while(|run| run.y <= end).count().max(1);
            let (line, below) = rest.split_at_mut(length);
            line.sort_by(|a, b| a.x.total_cmp(&b.x));
            push_line(line, &mut out);
            rest = below;
        }
        out
    }
}

fn push_line(line: &[Run], out: &mut String) {
    let mut end: Option<f64> = None;
    for run in line {
        let gap = end.map_or(0.0, |end| (run.x - end) / run.height.max(f64::MIN_POSITIVE));
        match gap {
            gap if gap > 0.8 => out.push('\t'),
            gap if gap > 0.12 => out.push(' '),
            _ => {}
        }
        out.extend(
            run.text
                .chars()
                .map(|c| if c.is_control() { ' ' } else { c }),
        );
        end = Some(run.x + run.width);
    }
    out.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(runs: &[(&str, f64, f64)], expected: &str) {
        let mut page = Page::default();
        for (text, x, y) in runs {
            page.put((*text).to_owned(), (*x, *y), None, &mut Space::default());
        }
        assert_eq!(page.text(), expected);
    }

    #[test]
    fn lines_and_cells_are_put_together_by_where_they_stand() {
        check(
            &[
                ("14/03/2014", 200.0, 20.0),
                ("Name", 0.0, 0.0),
                ("Zoe", 0.0, 21.0),
                ("Born", 200.0, 0.0),
                ("Quill", 21.0, 21.0),
                ("feather", 51.0, 20.0),
            ],
            "Name\tBorn\nZoe Quillfeather\t14/03/2014\n",
        );
        check(&[], "");
        check(&[("a", f64::NAN, 0.0), ("b", f64::INFINITY, 0.0)], "");
    }

    #[test]
    fn a_drawing_that_stands_on_its_head_is_read_from_the_top() {
        let mut space = Space::default();
        space.mode(8);
        space.window_extent(100.0, -100.0);
        space.viewport_extent(100.0, 100.0);
        let mut page = Page::default();
        for (text, y) in [("below", -90.0), ("above", 90.0)] {
            page.put(text.to_owned(), (0.0, y), None, &mut space);
        }
        assert_eq!(page.text(), "above\nbelow\n");
    }
}
