//! The areas that a PDF page paints, as far as they are rectangles (ISO 32000-1
//! section 8.5).

use super::state::{Matrix, Rect, State, moved};

/// Areas of one path, and corners of one area.
const MOST_AREAS: usize = 4_096;
const MOST_CORNERS: usize = 64;
/// How far a line may be from upright, and corners from another.
const SLACK: f32 = 0.1;
/// A line as wide as this covers words.
const WIDE: f32 = 4.0;

/// An area, and whether it is just that rectangle.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Area {
    pub(crate) rect: Rect,
    pub(crate) exact: bool,
}

/// The path that is being built, in places on the page.
#[derive(Debug, Default)]
pub(crate) struct Path {
    areas: Vec<Area>,
    corners: Vec<(f32, f32)>,
    curved: bool,
    /// There were more areas than were kept.
    crowded: bool,
    /// `W` was said: what is painted next also cuts what comes behind.
    pub(crate) clips: bool,
}

impl Path {
    /// One that cuts what comes behind it.
    pub(crate) fn that_clips() -> Self {
        Self {
            clips: true,
            ..Self::default()
        }
    }

    pub(crate) fn rectangle(&mut self, [x, y, width, height]: [f32; 4], matrix: &Matrix) {
        self.end();
        let far = (x + width, y + height);
        for corner in [(x, y), (far.0, y), far, (x, far.1)] {
            self.corners.push(moved(corner, matrix));
        }
        self.end();
    }

    pub(crate) fn begin(&mut self, point: (f32, f32), matrix: &Matrix) {
        self.end();
        self.corners.push(moved(point, matrix));
    }

    pub(crate) fn line(&mut self, point: (f32, f32), matrix: &Matrix) {
        if self.corners.len() < MOST_CORNERS {
            self.corners.push(moved(point, matrix));
        } else {
            self.curve(point, matrix);
        }
    }

    /// A curve through or by this point.
    pub(crate) fn curve(&mut self, point: (f32, f32), matrix: &Matrix) {
        self.curved = true;
        let known = Rect::around(self.corners.drain(..));
        let corners = known.map(|rect| [(rect.left, rect.bottom), (rect.right, rect.top)]);
        self.corners.extend(corners.into_iter().flatten());
        self.corners.push(moved(point, matrix));
    }

    fn end(&mut self) {
        let curved = std::mem::take(&mut self.curved);
        if let Some(rect) = Rect::around(self.corners.iter().copied()) {
            let exact = !curved && is_rectangle(&self.corners, &rect);
            match self.areas.len() < MOST_AREAS {
                true => self.areas.push(Area { rect, exact }),
                false => self.crowded = true,
            }
        }
        self.corners.clear();
    }

    /// The areas that are filled; several by the even-odd rule leave holes.
    pub(crate) fn filled(&mut self, even_odd: bool) -> Vec<Area> {
        self.end();
        let holes = even_odd && self.areas.len() > 1;
        let areas = self.areas.iter().map(|area| Area {
            exact: area.exact && !holes,
            ..*area
        });
        areas.collect()
    }

    /// The areas that its line goes over.
    pub(crate) fn drawn(&mut self, state: &State) -> Vec<Area> {
        self.end();
        let [a, b, c, d, _, _] = state.matrix;
        let width = state.line_width * (a * d - b * c).abs().sqrt();
        let areas = self.areas.iter().map(|area| {
            let upright = area.rect.height() < SLACK || area.rect.width() < SLACK;
            Area {
                rect: match upright && width >= WIDE {
                    true if area.rect.height() < SLACK => Rect {
                        bottom: area.rect.bottom - width / 2.0,
                        top: area.rect.top + width / 2.0,
                        ..area.rect
                    },
                    true => Rect {
                        left: area.rect.left - width / 2.0,
                        right: area.rect.right + width / 2.0,
                        ..area.rect
                    },
                    false => area.rect.grown(width / 2.0),
                },
                exact: upright && width >= WIDE,
            }
        });
        areas.collect()
    }

    /// Ends the path: what it cuts, if it was said to cut.
    pub(crate) fn finish(&mut self, state: &mut State) {
        self.end();
        if std::mem::take(&mut self.clips) {
            let corners = self
                .areas
                .iter()
                .flat_map(|Area { rect, .. }| [(rect.left, rect.bottom), (rect.right, rect.top)]);
            if let Some(rect) = Rect::around(corners)
                && !self.crowded
            {
                state.clip = state.clip.intersection(&rect);
            }
            let exact = matches!(self.areas.as_slice(), [area] if area.exact);
            state.clip_is_exact &= exact;
        }
        self.areas.clear();
        self.crowded = false;
    }
}

/// Whether these are the corners of the rectangle, one after the other.
fn is_rectangle(corners: &[(f32, f32)], rect: &Rect) -> bool {
    let near = |one: f32, other: f32| (one - other).abs() < SLACK;
    let corners = match corners {
        [first @ .., last]
            if first.len() == 4 && near(first[0].0, last.0) && near(first[0].1, last.1) =>
        {
            first
        }
        all => all,
    };
    let on_corner = |&(x, y): &(f32, f32)| {
        (near(x, rect.left) || near(x, rect.right)) && (near(y, rect.bottom) || near(y, rect.top))
    };
    let upright = |pair: &[(f32, f32)]| near(pair[0].0, pair[1].0) != near(pair[0].1, pair[1].1);
    corners.len() == 4 && corners.iter().all(on_corner) && corners.windows(2).all(upright)
}

#[cfg(test)]
mod tests {
    use super::super::state::IDENTITY;
    use super::*;

    #[track_caller]
    fn check(corners: &[(f32, f32)], exact: bool) {
        let mut path = Path::default();
        path.begin(corners[0], &IDENTITY);
        for corner in &corners[1..] {
            path.line(*corner, &IDENTITY);
        }
        let areas = path.filled(false);
        assert_eq!(areas.len(), 1);
        assert_eq!(areas[0].exact, exact, "{corners:?}");
    }

    #[test]
    fn rectangles_are_told_from_other_areas() {
        check(&[(0.0, 0.0), (9.0, 0.0), (9.0, 5.0), (0.0, 5.0)], true);
        check(
            &[(0.0, 0.0), (0.0, 5.0), (9.0, 5.0), (9.0, 0.0), (0.0, 0.0)],
            true,
        );
        check(&[(0.0, 0.0), (9.0, 5.0), (9.0, 0.0), (0.0, 5.0)], false);
        check(&[(0.0, 0.0), (9.0, 0.0), (4.0, 5.0)], false);
        check(&[(0.0, 2.0), (5.0, 0.0), (9.0, 2.0), (5.0, 5.0)], false);
    }

    #[test]
    fn turned_and_round_areas_are_no_rectangles() {
        let mut path = Path::default();
        let turned = [0.7, 0.7, -0.7, 0.7, 0.0, 0.0];
        path.rectangle([0.0, 0.0, 9.0, 5.0], &turned);
        path.rectangle([0.0, 0.0, 9.0, 5.0], &[0.0, 2.0, -2.0, 0.0, 0.0, 0.0]);
        path.begin((0.0, 0.0), &IDENTITY);
        path.curve((9.0, 5.0), &IDENTITY);
        let exact: Vec<bool> = path.filled(false).iter().map(|area| area.exact).collect();
        assert_eq!(exact, [false, true, false]);
        assert!(path.filled(true).iter().all(|area| !area.exact));
    }
}
