//! One thing read in each of several ways, and held against one another.

use crate::extract::body::Bodies;
use crate::extract::harvest::{Harvest, Place};
use crate::finding::ProblemKind;

/// Reads something in each of several ways. Bodies are put in at once, so that
/// they can be compared: that they differ is a problem.
pub(super) fn each_way<T>(
    ways: &[T],
    what: &str,
    place: &Place,
    bodies: &mut Bodies,
    harvest: &mut Harvest<'_>,
    read: impl Fn(&T, &mut Bodies, &mut Harvest<'_>),
) {
    let [first, others @ ..] = ways else {
        return;
    };
    if others.is_empty() {
        return read(first, bodies, harvest);
    }
    let start = harvest.mark();
    let mut own = Bodies::default();
    read(first, &mut own, harvest);
    own.finish(place, harvest);
    let mut differ = false;
    for other in others {
        if !harvest.reads_again(place) {
            return;
        }
        let middle = harvest.mark();
        let mut own = Bodies::default();
        read(other, &mut own, harvest);
        own.finish(place, harvest);
        differ |= !harvest.readings_agree(&start, &middle);
    }
    if differ {
        two_ways(what, place, harvest);
    }
}

pub(super) fn two_ways(what: &str, place: &Place, harvest: &mut Harvest<'_>) {
    let what = format!("{what}: recipients could read it in two ways");
    harvest.problem_once(place, ProblemKind::Hostile, what);
}
