//! Schools whose mail leaves unscreened for a time, and the end of that time.
//!
//! The store says which they are; it is asked twice a second, so that a
//! command takes effect at once and a restart forgets nothing. A bypass is over
//! when the clock on the wall has passed its end, when that clock shows a time
//! before its beginning, or when as much time as it had left has gone by on
//! the steady clock: no clock that is put back makes one longer.

use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::watch;
use tokio::time::{Instant, sleep};

use super::listener::asked_to_stop;
use super::relay::Relay;
use crate::store::{Actor, Bypass, StoreError};

/// How often the store is asked.
const LOOK: Duration = Duration::from_millis(500);
/// Clocks are corrected by a little all the time.
const CORRECTION: SignedDuration = SignedDuration::from_mins(1);

/// The bypasses in force.
#[derive(Debug, Default)]
pub(crate) struct Bypasses(ArcSwap<Vec<Open>>);

#[derive(Debug, Clone)]
struct Open {
    bypass: Bypass,
    /// By the steady clock.
    ends: Instant,
}

impl Bypasses {
    /// Whether a school's mail leaves unscreened.
    pub(crate) fn is_open(&self, school: &str, now: Timestamp) -> bool {
        let all = self.0.load();
        let mut all = all.iter();
        all.any(|open| *open.bypass.school == *school && !open.is_over(now, Instant::now()))
    }
}

impl Open {
    fn new(bypass: Bypass, now: Timestamp, steady: Instant) -> Self {
        let left = bypass.until.duration_since(now);
        let left = Duration::try_from(left).unwrap_or(Duration::ZERO);
        Self {
            bypass,
            ends: steady + left,
        }
    }

    fn is_over(&self, now: Timestamp, steady: Instant) -> bool {
        now >= self.bypass.until
            || now.duration_since(self.bypass.began) < -CORRECTION
            || steady >= self.ends
    }
}

/// Looks after bypasses until the shutdown.
pub async fn watch_bypasses(relay: Arc<Relay>, mut shutdown: watch::Receiver<bool>) {
    loop {
        tokio::select! {
            () = asked_to_stop(&mut shutdown) => return,
            () = sleep(LOOK) => {}
        }
        if let Err(error) = look_for_bypasses(&relay).await {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "bypasses not looked up"
            );
        }
    }
}

/// Takes up what the store says, and ends what is over.
pub async fn look_for_bypasses(relay: &Relay) -> Result<(), StoreError> {
    let now = Timestamp::now();
    let known = relay.bypasses.0.load_full();
    let mut open = Vec::new();
    for bypass in relay.store.bypasses().await? {
        match known.iter().find(|known| known.bypass == bypass) {
            Some(known) => open.push(known.clone()),
            None => {
                tracing::error!(
                    school = &*bypass.school,
                    until = %bypass.until,
                    by = bypass.by,
                    "BYPASS: mail leaves unscreened"
                );
                open.push(Open::new(bypass, now, Instant::now()));
            }
        }
    }
    for gone in known.iter() {
        if !open.iter().any(|open| open.bypass.id == gone.bypass.id) {
            tracing::error!(
                school = &*gone.bypass.school,
                "BYPASS ended: mail is screened again"
            );
        }
    }
    relay.bypasses.0.store(Arc::new(open.clone()));
    for over in open.iter().filter(|open| open.is_over(now, Instant::now())) {
        end(relay, &over.bypass, now).await?;
    }
    Ok(())
}

async fn end(relay: &Relay, bypass: &Bypass, now: Timestamp) -> Result<(), StoreError> {
    let passed = relay.store.passed_unscreened(bypass).await?;
    let actor = Actor {
        name: "exeat".to_owned(),
        reason: "its time was over".to_owned(),
    };
    let snapshot = relay.snapshot();
    let tenant = snapshot.tenants.by_id(&bypass.school);
    let notices = tenant.map(|tenant| tenant.bypass_ended(bypass, passed, None, now));
    let notices = notices.unwrap_or_default();
    if relay
        .store
        .end_bypass(bypass, passed, &actor, &notices)
        .await?
    {
        tracing::error!(
            school = &*bypass.school,
            messages = passed,
            "BYPASS: its time is over"
        );
        relay.outbox.notify_one();
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_clock_makes_a_bypass_longer() {
        let actor = Actor {
            name: "tech".to_owned(),
            reason: "results day".to_owned(),
        };
        let began = Timestamp::from_second(1_790_000_000).expect("a time");
        let hours = |hours| began + SignedDuration::from_hours(hours);
        let bypass =
            Bypass::new("greenfold", SignedDuration::from_hours(2), &actor, began).expect("begun");
        let start = Instant::now();
        let open = Open::new(bypass, began, start);
        let check = |now, steady_hours: u64, over| {
            let steady = start + Duration::from_secs(60 * 60 * steady_hours);
            assert_eq!(open.is_over(now, steady), over, "{now}, {steady_hours}");
        };
        check(began, 0, false);
        check(hours(1), 1, false);
        check(hours(2), 1, true);
        // Put back an hour, a day, and to where clocks begin.
        check(hours(1), 2, true);
        check(hours(-24), 1, true);
        check(Timestamp::UNIX_EPOCH, 1, true);
    }

    #[test]
    fn none_is_for_longer_than_a_day() {
        let actor = Actor {
            name: "tech".to_owned(),
            reason: "results day".to_owned(),
        };
        let of = |length| Bypass::new("greenfold", length, &actor, Timestamp::UNIX_EPOCH);
        for bad in [
            SignedDuration::from_secs(59),
            SignedDuration::from_secs(-60),
            SignedDuration::from_secs(24 * 60 * 60 + 1),
            SignedDuration::MAX,
        ] {
            assert!(matches!(of(bad), Err(StoreError::BypassTooLong)), "{bad}");
        }
        for good in [SignedDuration::from_mins(1), SignedDuration::from_hours(24)] {
            assert!(of(good).is_ok(), "{good}");
        }
    }
}
