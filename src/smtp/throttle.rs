//! How often a wrong password may be tried: by one address, and by all
//! together, so that neither one machine nor a thousand can guess.
//!
//! Who has signed in before is kept out by its own mistakes only, never by
//! those of others: else a thousand strangers could lock out the school.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// How long failures are remembered, from the first on.
const WINDOW: Duration = Duration::from_secs(15 * 60);
/// Failures of one address in that time.
const OF_ONE: u32 = 5;
/// Failures of all addresses in that time.
const OF_ALL: u32 = 100;
/// Addresses that are remembered at most.
const REMEMBERED: usize = 10_000;

#[derive(Debug, Default)]
pub(crate) struct Throttle(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    addresses: HashMap<IpAddr, Known>,
    all: Option<Failures>,
}

#[derive(Debug, Default)]
struct Known {
    has_signed_in: bool,
    failures: Option<Failures>,
}

#[derive(Debug, Clone, Copy)]
struct Failures {
    since: Instant,
    count: u32,
}

impl Throttle {
    /// Whether this address may try a password now. The try counts as a
    /// failure until [`succeeded`](Self::succeeded) says otherwise, so that
    /// many at once are no way around it.
    pub(crate) fn may_try(&self, address: IpAddr, now: Instant) -> bool {
        let mut state = self.lock();
        let state = &mut *state;
        if state.addresses.len() >= REMEMBERED {
            state
                .addresses
                .retain(|_, known| known.has_signed_in || counted(known.failures, now) > 0);
        }
        let address = site(address);
        let known = state.addresses.get(&address);
        let has_signed_in = known.is_some_and(|known| known.has_signed_in);
        let own = known.and_then(|known| known.failures);
        if counted(own, now) >= OF_ONE || (!has_signed_in && counted(state.all, now) >= OF_ALL) {
            return false;
        }
        if state.addresses.len() < REMEMBERED || known.is_some() {
            let known = state.addresses.entry(address).or_default();
            known.failures = Some(one_more(own, now));
        }
        state.all = Some(one_more(state.all, now));
        true
    }

    /// The last try of this address was right.
    pub(crate) fn succeeded(&self, address: IpAddr) {
        let mut state = self.lock();
        if let Some(all) = &mut state.all {
            all.count = all.count.saturating_sub(1);
        }
        let known = state.addresses.entry(site(address)).or_default();
        known.has_signed_in = true;
        known.failures = None;
    }

    /// A panic elsewhere leaves the counts whole enough.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Failures {
    fn last(&self, now: Instant) -> bool {
        now.duration_since(self.since) < WINDOW
    }
}

fn counted(failures: Option<Failures>, now: Instant) -> u32 {
    let failures = failures.filter(|failures| failures.last(now));
    failures.map_or(0, |failures| failures.count)
}

fn one_more(failures: Option<Failures>, now: Instant) -> Failures {
    match failures.filter(|failures| failures.last(now)) {
        Some(failures) => Failures {
            count: failures.count + 1,
            ..failures
        },
        None => Failures {
            since: now,
            count: 1,
        },
    }
}

/// One machine has all of an IPv6 network of 64 bits.
fn site(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let network = u128::from(address) >> 64 << 64;
            IpAddr::V6(Ipv6Addr::from(network))
        }
        four => four,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn four(number: u32) -> IpAddr {
        IpAddr::V4(number.into())
    }

    #[test]
    fn one_address_has_a_few_tries() {
        let (throttle, now) = (Throttle::default(), Instant::now());
        let later = now + WINDOW;
        for _ in 0..OF_ONE {
            assert!(throttle.may_try(four(1), now));
        }
        assert!(!throttle.may_try(four(1), now));
        assert!(!throttle.may_try(four(1), later - Duration::from_secs(1)));
        assert!(throttle.may_try(four(2), now), "others are free to");
        assert!(throttle.may_try(four(1), later), "not for ever");
    }

    #[test]
    fn a_right_password_makes_up_for_wrong_ones() {
        let (throttle, now) = (Throttle::default(), Instant::now());
        for _ in 0..20 {
            for _ in 0..OF_ONE {
                assert!(throttle.may_try(four(1), now));
            }
            throttle.succeeded(four(1));
        }
    }

    #[test]
    fn all_together_have_more_and_not_endless_tries() {
        let (throttle, now) = (Throttle::default(), Instant::now());
        let copier = four(9_999);
        assert!(throttle.may_try(copier, now));
        throttle.succeeded(copier);
        let tries = (0..1000).filter(|&number| throttle.may_try(four(number), now));
        assert_eq!(tries.count(), OF_ALL as usize);
        assert!(
            throttle.may_try(copier, now),
            "who is known is not locked out"
        );
        assert!(throttle.may_try(four(2000), now + WINDOW));
    }

    #[test]
    fn a_network_of_version_six_is_one_machine() {
        let (throttle, now) = (Throttle::default(), Instant::now());
        let six = |last: u16| IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0, 1, 9, 8, 7, last));
        let tries = (0..100).filter(|&last| throttle.may_try(six(last), now));
        assert_eq!(tries.count(), OF_ONE as usize);
        let mapped = "::ffff:192.0.2.1".parse().expect("an address");
        assert_eq!(
            site(mapped),
            "192.0.2.1".parse::<IpAddr>().expect("an address")
        );
    }

    #[test]
    fn what_is_remembered_has_a_bound() {
        let throttle = Throttle::default();
        let mut now = Instant::now();
        for number in 0..REMEMBERED as u32 * 2 {
            if number % 50 == 0 {
                now += WINDOW;
            }
            throttle.may_try(four(number), now);
            assert!(throttle.lock().addresses.len() <= REMEMBERED);
        }
    }
}
