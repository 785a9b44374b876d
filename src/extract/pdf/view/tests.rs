use super::*;

const PAGE: Rect = Rect {
    left: 0.0,
    bottom: 0.0,
    right: 600.0,
    top: 800.0,
};
const BLACK: Colour = Some([0.0; 3]);
const WHITE: Colour = Some([1.0; 3]);
const BLUE: Colour = Some([0.1, 0.2, 0.6]);

fn rect(left: f32, bottom: f32, right: f32, top: f32) -> Rect {
    Rect {
        left,
        bottom,
        right,
        top,
    }
}

fn filled(rect: Rect, colour: Colour) -> Mark {
    Mark {
        rect,
        colour,
        covers: true,
        picture: false,
    }
}

fn picture(rect: Rect) -> Mark {
    Mark {
        colour: None,
        picture: true,
        ..filled(rect, None)
    }
}

/// A word at 100, 700, forty wide and ten high.
fn word(order: usize) -> Run {
    Run {
        letters: 0..3,
        start: (100.0, 700.0),
        end: (140.0, 700.0),
        direction: (1.0, 0.0),
        up: (0.0, 1.0),
        height: 10.0,
        clip: Rect::EVERYWHERE,
        order,
        colour: BLACK,
        hiding: None,
        unpainted: false,
        measured: true,
    }
}

#[track_caller]
fn check(run: Run, marks: &[Mark], expected: Option<Hiding>) {
    let mut view = View::new(Some(PAGE));
    view.letters = "Zoe".to_owned();
    for mark in marks {
        view.mark(*mark);
    }
    view.runs.push(run);
    let (shown, hidden) = view.finish();
    match expected {
        None => assert_eq!((shown.as_str(), hidden), ("Zoe", Vec::new())),
        Some(kind) => assert_eq!(
            (shown.as_str(), hidden),
            ("", vec![(kind, "Zoe".to_owned())])
        ),
    }
}

#[test]
fn what_is_cut_away_hides() {
    let cut = |clip: Rect| Run { clip, ..word(0) };
    for clip in [
        rect(200.0, 690.0, 300.0, 720.0),
        rect(0.0, 0.0, 600.0, 690.0),
        rect(100.0, 700.0, 140.0, 700.0),
        // Two clips that have nothing in common.
        rect(90.0, 690.0, 80.0, 720.0),
    ] {
        check(cut(clip), &[], Some(Hiding::CutAway));
    }
    // Half of it shows.
    check(cut(rect(120.0, 690.0, 300.0, 720.0)), &[], None);
    check(cut(rect(90.0, 690.0, 200.0, 704.0)), &[], None);
}

#[test]
fn a_cell_that_runs_over_hides_nothing_but_its_neighbour_does() {
    let clip = rect(90.0, 690.0, 145.0, 720.0);
    let at = |x: f32, clip: Rect| Run {
        start: (x, 700.0),
        end: (x + 40.0, 700.0),
        clip,
        ..word(0)
    };
    let hidden = |runs: [Run; 2]| {
        let mut view = View::new(Some(PAGE));
        view.letters = "ZoeOban".to_owned();
        for (run, letters) in runs.into_iter().zip([0..3, 3..7]) {
            view.runs.push(Run { letters, ..run });
        }
        view.finish().1.into_iter().map(|(hiding, _)| hiding)
    };
    assert_eq!(hidden([at(100.0, clip), at(144.0, clip)]).count(), 0);
    let apart: Vec<Hiding> = hidden([at(100.0, clip), at(300.0, clip)]).collect();
    assert_eq!(apart, [Hiding::CutAway]);
}

#[test]
fn what_is_painted_over_hides() {
    let over = rect(90.0, 690.0, 200.0, 720.0);
    check(word(0), &[filled(over, BLACK)], Some(Hiding::BlackBox));
    check(word(0), &[filled(over, WHITE)], Some(Hiding::WhiteBox));
    check(word(0), &[filled(over, BLUE)], Some(Hiding::ColouredBox));
    check(word(0), &[filled(over, None)], Some(Hiding::ColouredBox));
    check(word(0), &[picture(over)], Some(Hiding::Picture));
    // Before it, beside it, over a part of it, or so that it shows through.
    check(word(1), &[filled(over, BLUE)], None);
    check(word(0), &[filled(rect(0.0, 0.0, 99.0, 720.0), BLACK)], None);
    check(
        word(0),
        &[filled(rect(90.0, 690.0, 120.0, 720.0), BLACK)],
        None,
    );
    check(
        word(0),
        &[filled(rect(90.0, 698.0, 200.0, 701.5), BLACK)],
        None,
    );
    let clear = Mark {
        covers: false,
        ..filled(over, BLACK)
    };
    check(word(0), &[clear], None);
    // A scan over its words.
    check(word(0), &[picture(PAGE)], None);
}

#[test]
fn what_has_its_backgrounds_colour_hides() {
    let bar = rect(0.0, 690.0, 600.0, 720.0);
    let white = |order| Run {
        colour: WHITE,
        ..word(order)
    };
    check(white(0), &[], Some(Hiding::WhiteOnWhite));
    check(white(1), &[filled(bar, BLUE)], None);
    check(white(1), &[filled(bar, None)], None);
    check(white(1), &[picture(bar)], None);
    check(
        white(2),
        &[filled(bar, BLUE), filled(bar, WHITE)],
        Some(Hiding::WhiteOnWhite),
    );
    check(word(1), &[filled(bar, BLACK)], Some(Hiding::SameColour));
    // Its colour is not known, or its background reaches only so far.
    let unknown = Run {
        colour: None,
        ..word(0)
    };
    check(unknown, &[], None);
    check(
        white(1),
        &[filled(rect(110.0, 690.0, 130.0, 720.0), BLUE)],
        None,
    );
}

#[test]
fn what_is_off_the_page_or_tiny_or_not_painted_hides() {
    let at = |x: f32, y: f32| Run {
        start: (x, y),
        end: (x + 40.0, y),
        ..word(0)
    };
    check(at(-50.0, 700.0), &[], Some(Hiding::OffPage));
    check(at(100.0, 820.0), &[], Some(Hiding::OffPage));
    check(at(-20.0, 700.0), &[], None);
    let small = Run {
        height: 0.5,
        ..word(0)
    };
    check(small.clone(), &[], Some(Hiding::Tiny));
    let unmeasured = Run {
        measured: false,
        ..small
    };
    check(unmeasured, &[], None);
    let unpainted = |order| Run {
        unpainted: true,
        ..word(order)
    };
    check(unpainted(0), &[], Some(Hiding::Unpainted));
    check(unpainted(1), &[picture(PAGE)], None);
    check(unpainted(0), &[picture(PAGE)], None);
    check(
        unpainted(1),
        &[filled(PAGE, WHITE)],
        Some(Hiding::Unpainted),
    );
    check(
        unpainted(1),
        &[filled(rect(100.0, 700.0, 138.0, 708.0), BLACK)],
        None,
    );
}

#[test]
fn what_is_also_shown_does_not_hide() {
    let mut view = View::new(Some(PAGE));
    view.letters = "ZoeZoe".to_owned();
    let shadow = Run {
        colour: WHITE,
        ..word(0)
    };
    let shown = Run {
        letters: 3..6,
        ..word(0)
    };
    view.runs.extend([shadow, shown]);
    assert_eq!(view.finish(), ("Zoe\nZoe".to_owned(), Vec::new()));
}

#[test]
fn a_line_may_run_over_the_edge() {
    let mut view = View::new(Some(PAGE));
    view.letters = "Ill: Zoe".to_owned();
    let at = |letters, x: f32| Run {
        letters,
        start: (x, 700.0),
        end: (x + 30.0, 700.0),
        ..word(0)
    };
    view.runs.push(at(0..5, 580.0));
    view.runs.push(at(5..8, 612.0));
    assert_eq!(view.finish(), ("Ill: Zoe".to_owned(), Vec::new()));
}

#[test]
fn hidden_words_come_with_their_line() {
    let mut view = View::new(Some(PAGE));
    view.letters = "Ill: Zoe Fit".to_owned();
    view.mark(filled(rect(90.0, 690.0, 200.0, 720.0), BLACK));
    let at = |letters, x: f32, y: f32, order| Run {
        letters,
        start: (x, y),
        end: (x + 30.0, y),
        ..word(order)
    };
    view.runs.push(at(0..5, 50.0, 700.0, 0));
    view.runs.push(at(5..8, 100.0, 700.0, 0));
    view.runs.push(at(9..12, 50.0, 650.0, 0));
    let hidden = vec![(Hiding::BlackBox, "Ill: \tZoe".to_owned())];
    assert_eq!(view.finish(), ("Ill: \nFit".to_owned(), hidden));
}
