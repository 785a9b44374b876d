//! Dates as people make passwords of them.

use std::sync::LazyLock;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use regex::Regex;

/// Dates of one text that are tried; each has several forms.
const MOST: usize = 50;

/// The usual forms of every date in the text.
pub(super) fn within(text: &str) -> Vec<String> {
    let numeric = NUMERIC.captures_iter(text).filter_map(|found| {
        let number = |at: usize| found.get(at)?.as_str().parse::<i16>().ok();
        match (number(1), number(2), number(3)) {
            (Some(day), Some(month), Some(year)) => date(year, month, day),
            _ => date(number(4)?, number(5)?, number(6)?),
        }
    });
    let worded = WORDED.captures_iter(text).filter_map(|found| {
        let month = found[2].to_ascii_lowercase();
        let month = MONTHS.iter().position(|name| month.starts_with(name))?;
        let day = found[1].parse().ok()?;
        date(found[3].parse().ok()?, month as i16 + 1, day)
    });
    numeric.chain(worded).take(MOST).flat_map(forms).collect()
}

/// The forms of the day of a time in seconds since 1970.
pub(super) fn of_second(second: i64) -> Vec<String> {
    let time = Timestamp::from_second(second);
    time.map(|time| forms(time.to_zoned(TimeZone::UTC).date()))
        .unwrap_or_default()
}

/// The forms of the days that a text names as seen from when it was sent, in
/// seconds since 1970: today, tomorrow, yesterday, and the days of the week,
/// each of which may be the one of this week or of the next.
pub(super) fn spoken(text: &str, sent: i64) -> Vec<String> {
    let Ok(sent) = Timestamp::from_second(sent) else {
        return Vec::new();
    };
    let sent = sent.to_zoned(TimeZone::UTC).date();
    let after = |days: i64| {
        sent.checked_add(jiff::SignedDuration::from_hours(24 * days))
            .ok()
    };
    let named = SPOKEN.find_iter(text).flat_map(|found| {
        let word = found.as_str().to_ascii_lowercase();
        let weekday = WEEKDAYS.iter().position(|name| word.starts_with(name));
        match (word.as_str(), weekday) {
            ("today", _) => vec![0],
            ("tomorrow", _) => vec![1],
            ("yesterday", _) => vec![-1],
            (_, Some(weekday)) => {
                let from = i64::from(sent.weekday().to_monday_zero_offset());
                let next = (weekday as i64 - from).rem_euclid(7);
                let next = if next == 0 { 7 } else { next };
                vec![next, next + 7, next - 7]
            }
            _ => Vec::new(),
        }
    });
    let mut days: Vec<Date> = named.filter_map(after).collect();
    days.dedup();
    days.truncate(MOST);
    days.into_iter().flat_map(forms).collect()
}

fn date(year: i16, month: i16, day: i16) -> Option<Date> {
    let year = match year {
        0..=39 => 2000 + year,
        40..=99 => 1900 + year,
        year => year,
    };
    Date::new(year, month.try_into().ok()?, day.try_into().ok()?).ok()
}

fn forms(date: Date) -> Vec<String> {
    [
        "%d%m%Y", "%d%m%y", "%d/%m/%Y", "%d/%m/%y", "%d.%m.%Y", "%d-%m-%Y", "%Y%m%d", "%Y-%m-%d",
    ]
    .into_iter()
    .map(|form| date.strftime(form).to_string())
    .collect()
}

/// Day first, as the British write it; or year first.
static NUMERIC: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"\b(?:(\d{1,2})[./-](\d{1,2})[./-](\d{4}|\d{2})|(\d{4})-(\d{1,2})-(\d{1,2}))\b")
        .expect("a good expression")
});

static WORDED: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?i)\b(\d{1,2})(?:st|nd|rd|th)? (?:of )?(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*,? (\d{4})\b",
    )
    .expect("a good expression")
});

static SPOKEN: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)\b(?:today|tomorrow|yesterday|(?:mon|tues|wednes|thurs|fri|satur|sun)day)\b")
        .expect("a good expression")
});

const WEEKDAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

const MONTHS: [&str; 12] = [
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
];
