//! Work on all cores, with results in the order of the work.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;

/// Works on the items in as many threads as there are cores, and takes the
/// results in the items' order.
pub(super) fn work<T: Sync, R: Send>(
    items: &[T],
    work: impl Fn(&T) -> R + Sync,
    mut take: impl FnMut(R) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let (work, next) = (&work, &AtomicUsize::new(0));
    std::thread::scope(|scope| {
        let mut pending = VecDeque::new();
        let (results, done) = mpsc::sync_channel(threads * 4);
        for _ in 0..threads {
            let results = results.clone();
            scope.spawn(move || {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(item) = items.get(index) else { break };
                    // The receiver is gone only when printing failed.
                    if results.send((index, work(item))).is_err() {
                        break;
                    }
                }
            });
        }
        drop(results);
        let mut taken = 0;
        for (index, result) in done {
            let place: usize = index - taken;
            if pending.len() <= place {
                pending.resize_with(place + 1, || None);
            }
            pending[place] = Some(result);
            while let Some(Some(_)) = pending.front() {
                if let Some(Some(result)) = pending.pop_front() {
                    taken += 1;
                    take(result)?;
                }
            }
        }
        Ok(())
    })
}
