//! What clients take of the relay: so much at a time, one of them and all
//! together. Who wants more is told to come again, and the others are served
//! on.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// The most that all clients may take, and one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Most {
    pub(crate) in_all: u64,
    pub(crate) per_client: u64,
}

/// Something that clients take and give back: connections, or bytes of
/// messages under way.
#[derive(Debug, Default)]
pub(crate) struct Stock(Mutex<Counts>);

#[derive(Debug, Default)]
struct Counts {
    in_all: u64,
    by_client: HashMap<IpAddr, u64>,
}

/// What one client has taken; given back when it is dropped.
#[derive(Debug)]
pub(crate) struct Share {
    stock: Arc<Stock>,
    client: IpAddr,
    amount: u64,
}

impl Stock {
    /// A share of nothing yet.
    pub(crate) fn share(self: &Arc<Self>, client: IpAddr) -> Share {
        Share {
            stock: Arc::clone(self),
            client,
            amount: 0,
        }
    }

    /// One of this size, if there is so much left.
    pub(crate) fn take(self: &Arc<Self>, client: IpAddr, amount: u64, most: Most) -> Option<Share> {
        let mut share = self.share(client);
        share.grow(amount, most).then_some(share)
    }

    /// Whether a client could take this much now.
    pub(crate) fn has(&self, client: IpAddr, amount: u64, most: Most) -> bool {
        lock(&self.0).has(client, amount, most)
    }
}

impl Share {
    /// Takes so much more, or nothing.
    pub(crate) fn grow(&mut self, amount: u64, most: Most) -> bool {
        let mut counts = lock(&self.stock.0);
        let is_left = counts.has(self.client, amount, most);
        if is_left && amount > 0 {
            counts.add(self.client, amount);
            self.amount += amount;
        }
        is_left
    }

    /// Gives all of it back.
    pub(crate) fn clear(&mut self) {
        let amount = std::mem::take(&mut self.amount);
        if amount == 0 {
            return;
        }
        let mut counts = lock(&self.stock.0);
        counts.in_all -= amount;
        if let Some(own) = counts.by_client.get_mut(&self.client) {
            *own -= amount;
            if *own == 0 {
                counts.by_client.remove(&self.client);
            }
        }
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.clear();
    }
}

impl Counts {
    fn has(&self, client: IpAddr, amount: u64, most: Most) -> bool {
        let own = self.by_client.get(&client).copied().unwrap_or(0);
        self.in_all.saturating_add(amount) <= most.in_all
            && own.saturating_add(amount) <= most.per_client
    }

    fn add(&mut self, client: IpAddr, amount: u64) {
        self.in_all += amount;
        *self.by_client.entry(client).or_default() += amount;
    }
}

/// Something that is gone when it is taken: messages, by the minute.
#[derive(Debug)]
pub(crate) struct Rate(Mutex<(Instant, Counts)>);

const MINUTE: Duration = Duration::from_secs(60);

impl Rate {
    pub(crate) fn new(now: Instant) -> Self {
        Self(Mutex::new((now, Counts::default())))
    }

    /// Takes one, if there is one left in this minute.
    pub(crate) fn take(&self, client: IpAddr, most: Most, now: Instant) -> bool {
        let mut guard = lock(&self.0);
        let (began, counts) = &mut *guard;
        if now.duration_since(*began) >= MINUTE {
            *began = now;
            *counts = Counts::default();
        }
        let is_left = counts.has(client, 1, most);
        if is_left {
            counts.add(client, 1);
        }
        is_left
    }
}

/// A panic elsewhere leaves the counts whole: nothing panics while they change.
fn lock<T>(counts: &Mutex<T>) -> MutexGuard<'_, T> {
    counts.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOST: Most = Most {
        in_all: 10,
        per_client: 6,
    };

    fn client(last: u8) -> IpAddr {
        IpAddr::from([192, 0, 2, last])
    }

    #[test]
    fn shares_are_bounded_by_client_and_in_all_and_come_back() {
        let stock = Arc::new(Stock::default());
        let mut one = stock.take(client(1), 4, MOST).expect("there is plenty");
        assert!(
            stock.take(client(1), 3, MOST).is_none(),
            "one client's most"
        );
        assert!(one.grow(2, MOST));
        assert!(!one.grow(1, MOST));
        let two = stock.take(client(2), 4, MOST).expect("for others there is");
        assert!(stock.take(client(3), 1, MOST).is_none(), "all there is");
        assert!(stock.take(client(3), 0, MOST).is_some());
        assert!(!stock.has(client(3), u64::MAX, MOST));
        drop(two);
        assert!(stock.has(client(3), 4, MOST) && !stock.has(client(3), 5, MOST));
        one.clear();
        assert!(stock.has(client(1), 6, MOST));
        assert!(one.grow(6, MOST));
        drop(one);
        let counts = lock(&stock.0);
        assert_eq!((counts.in_all, counts.by_client.len()), (0, 0));
    }

    #[test]
    fn a_rate_begins_anew_with_each_minute() {
        let now = Instant::now();
        let rate = Rate::new(now);
        let took = |last, now| {
            (0..20)
                .filter(|_| rate.take(client(last), MOST, now))
                .count()
        };
        assert_eq!(took(1, now), 6);
        assert_eq!(took(2, now), 4, "all there is");
        assert_eq!(took(3, now + MINUTE / 2), 0);
        let later = now + MINUTE;
        assert_eq!((took(1, later), took(3, later)), (6, 4));
    }
}
