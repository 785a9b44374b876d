//! How long a school keeps what: `former_for` and `[school.retention]`.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Span, Timestamp};

use super::Loading;
use crate::tenant::Retention;

impl Loading<'_> {
    /// How long former pupils count as pupils.
    pub(super) fn former_for(&mut self, index: &str, given: Option<Span>) -> Span {
        let given = given.unwrap_or_else(|| Span::new().years(2));
        let now = Timestamp::now().to_zoned(TimeZone::UTC);
        if !now.checked_sub(given).is_ok_and(|then| then <= now) {
            let place = ["school", index, "former_for"];
            self.fault(
                &place,
                "former_for is a time like \"2 years\" or \"18 months\"",
            );
        }
        given
    }

    /// How long the school keeps what. Less than a day would take a message
    /// away from whoever has just decided on it.
    pub(super) fn retention(&mut self, index: &str, given: Retention) -> Retention {
        let now = Timestamp::now().to_zoned(TimeZone::UTC);
        let sensible = |kept: Span| {
            let then = now.checked_sub(kept);
            then.is_ok_and(|then| now.duration_since(&then) >= SignedDuration::from_hours(24))
        };
        for (key, kept) in given.each() {
            if !sensible(kept) {
                self.fault(
                    &["school", index, "retention", key],
                    format!("{key} is a time of at least a day, like \"90 days\" or \"1 year\""),
                );
            }
        }
        given
    }
}
