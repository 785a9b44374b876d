//! How long a school keeps what.

use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};
use serde::Deserialize;

use crate::store::Before;

/// `[school.retention]`. Times count from the decision on a hold, or from when
/// a row of the journal was written; what waits for a decision is kept.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Retention {
    /// Messages. Their senders have them in "Sent"; here they are needed only
    /// until nobody asks any more why they were held.
    pub bodies: Span,
    /// Who sent what to whom, what was noticed and who decided: for a school
    /// year's review of its rules, and for complaints about a decision.
    pub holds: Span,
    /// What was decided on each message, masked: for as long as somebody may
    /// bring a claim (Limitation Act 1980, section 2).
    pub journal: Span,
}

impl Default for Retention {
    fn default() -> Self {
        Self {
            bodies: Span::new().days(90),
            holds: Span::new().years(1),
            journal: Span::new().years(6),
        }
    }
}

impl Retention {
    pub fn before(&self, now: Timestamp) -> Before {
        let before = |kept: Span| {
            let then = now.to_zoned(TimeZone::UTC).checked_sub(kept);
            then.map_or(Timestamp::MIN, |then| then.timestamp())
        };
        Before {
            bodies: before(self.bodies),
            holds: before(self.holds),
            journal: before(self.journal),
        }
    }

    /// Each with its key.
    pub fn each(&self) -> [(&'static str, Span); 3] {
        [
            ("bodies", self.bodies),
            ("holds", self.holds),
            ("journal", self.journal),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_count_back_from_now_by_the_calendar() {
        let now: Timestamp = "2028-02-29T12:00:00Z".parse().expect("a time");
        let before = Retention::default().before(now);
        let text = |time: Timestamp| time.to_string();
        assert_eq!(text(before.bodies), "2027-12-01T12:00:00Z");
        assert_eq!(text(before.holds), "2027-02-28T12:00:00Z");
        assert_eq!(text(before.journal), "2022-02-28T12:00:00Z");
    }
}
