//! Dates as people make passwords of them.

use std::sync::LazyLock;

use jiff::Timestamp;
use jiff::civil::Date;
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
    time.map(|time| forms(time.to_zoned(jiff::tz::TimeZone::UTC).date()))
        .unwrap_or_default()
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

const MONTHS: [&str; 12] = [
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
];
