//! Days of birth, as people and spreadsheets write them.

use std::ops::Range;
use std::sync::LazyLock;

use jiff::civil::Date;
use regex::Regex;

/// Before this year, a date of birth is nobody's who is at school.
const OLDEST: i16 = 1990;

/// The first plausible date in a range of a text.
pub(super) fn first(text: &str, within: Range<usize>) -> Option<Range<usize>> {
    let start = within.start;
    DATE.find_iter(&text[within])
        .find(|found| year_of(found.as_str()).is_some())
        .map(|found| start + found.start()..start + found.end())
}

/// Whether a cell under "Date of birth" holds one.
pub(super) fn is_date(cell: &str) -> bool {
    year_of(cell).is_some() || is_serial(cell)
}

/// Whether a date of birth could be a pupil's.
pub(super) fn is_young(date: &str) -> bool {
    let date = date.trim();
    year_of(date).is_some_and(|year| year >= OLDEST) || is_serial(date)
}

/// Whether a cell is a date, whatever its heading, and a pupil could have been
/// born then.
pub(super) fn is_pupils_birthday(cell: &str, this_year: i16) -> bool {
    DATE.find(cell)
        .is_some_and(|found| found.range() == (0..cell.len()))
        && year_of(cell).is_some_and(|year| (this_year - 20..this_year - 2).contains(&year))
}

/// The day of birth that stands right behind a pupil's name, as in a list for a
/// competition: nothing but a form, a "b." or a comma is between them.
pub(super) fn birthday_behind(text: &str, name: usize, this_year: i16) -> Option<Range<usize>> {
    let marks = [' ', ',', ':', '(', ')', '-', '|', '\u{2013}'];
    let rest = text.get(name..)?.trim_start_matches(marks);
    let form = rest.split(marks).next().filter(|word| {
        let digits = word.trim_end_matches(|c: char| c.is_ascii_uppercase());
        word.len() <= 4 && digits.len() < word.len() && digits.parse::<u8>().is_ok()
    });
    let day = rest[form.map_or(0, str::len)..].trim_start_matches(marks);
    let day = ["born ", "b. ", "b "]
        .iter()
        .find_map(|word| day.strip_prefix(word))
        .unwrap_or(day);
    let start = text.len() - day.len();
    let found = DATE.find(day).filter(|found| found.start() == 0)?;
    is_pupils_birthday(found.as_str(), this_year).then(|| start..start + found.end())
}

/// Whether a cell is this day in figures, the day before the month or as
/// computers sort it.
pub(super) fn is_day(cell: &str, day: Date) -> bool {
    if !cell.starts_with(|c: char| c.is_ascii_digit()) {
        return false;
    }
    let date = cell.split(['T', ' ']).next().unwrap_or(cell);
    let mut parts = date.split(['/', '.', '-']);
    let mut part = || parts.next()?.parse::<i16>().ok();
    let (Some(first), Some(second), Some(third)) = (part(), part(), part()) else {
        return false;
    };
    let (year, month, own) = (day.year(), i16::from(day.month()), i16::from(day.day()));
    parts.next().is_none()
        && second == month
        && ((first, third) == (year, own)
            || first == own && (third == year || date.len() <= 8 && third == year % 100))
}

static DATE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(concat!(
        r"(?i)(?-u:\b)(?:[0-9]{1,2} ?[/.-] ?[0-9]{1,2} ?[/.-] ?(?P<y1>[0-9]{4}|[0-9]{2})|(?P<y2>[0-9]{4})[-/.][0-9]{1,2}[-/.][0-9]{1,2}",
        r"|[0-9]{1,2}(?:st|nd|rd|th)?[ -](?:of )?(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*[.,]?[ -](?P<y3>[0-9]{4}|[0-9]{2})",
        r"|(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.? [0-9]{1,2}(?:st|nd|rd|th)?,? (?P<y4>[0-9]{4}))(?:[T ]00:00(?::00)?Z?)?(?-u:\b)"
    ))
    .expect("a good expression")
});

/// The year of a date that begins the text.
fn year_of(date: &str) -> Option<i16> {
    let found = DATE
        .captures(date)
        .filter(|found| found.get(0).is_some_and(|all| all.start() == 0))?;
    let year = ["y1", "y2", "y3", "y4"]
        .iter()
        .find_map(|name| found.name(name))?
        .as_str();
    let number: i16 = year.parse().ok()?;
    let year = match (year.len(), number) {
        (2, 0..=29) => 2000 + number,
        (2, _) => 1900 + number,
        _ => number,
    };
    let plausible = found[0]
        .split(|c: char| !c.is_ascii_digit())
        .filter(|part| (1..=2).contains(&part.len()))
        .all(|part| {
            part.parse::<i16>()
                .is_ok_and(|part| part <= 31 || year % 100 == part)
        });
    (plausible && (1900..=2040).contains(&year)).then_some(year)
}

/// A day as spreadsheets number them, from 1990 to 2040.
fn is_serial(cell: &str) -> bool {
    let whole = cell.strip_suffix(".0").unwrap_or(cell);
    whole.len() == 5
        && whole
            .parse::<u32>()
            .is_ok_and(|day| (32_874..=51_501).contains(&day))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_known_in_any_writing() {
        for (cell, expected) in [
            ("03/04/2012", true),
            ("3.4.12", true),
            ("3 April 2012", true),
            ("3rd of April 2012", true),
            ("April 3, 2012", true),
            ("2012-04-03T00:00:00", true),
            ("41002", true),
            ("41002.0", true),
            ("99/99/2012", false),
            ("12", false),
            ("", false),
        ] {
            assert_eq!(is_date(cell), expected, "{cell}");
        }
    }

    #[test]
    fn birthdays_are_judged_by_their_year() {
        assert!(
            is_young("03/04/2012")
                && is_young("1.1.1990")
                && !is_young("03/04/1975")
                && !is_young("3 May 82")
        );
        assert!(is_pupils_birthday("03/04/2012", 2026) && !is_pupils_birthday("03/04/2025", 2026));
        assert!(!is_pupils_birthday("born 03/04/2012", 2026));
    }

    #[test]
    fn a_birthday_may_stand_right_behind_a_name() {
        for (text, expected) in [
            ("Amara 19.01.14", Some("19.01.14")),
            ("Amara, b. 3 April 2014, 100 m", Some("3 April 2014")),
            ("Amara (born 03/04/2014)", Some("03/04/2014")),
            ("Amara, 8A, 19-01-2014", Some("19-01-2014")),
            ("Amara, 8 a.m., 19-01-2014", None),
            ("Amara 19.01.26", None),
            ("Amara came on 19.01.14", None),
            ("Amara", None),
            ("Amara \u{e9}", None),
        ] {
            let found = birthday_behind(text, "Amara".len(), 2026);
            assert_eq!(found.map(|range| &text[range]), expected, "{text}");
        }
        assert_eq!(birthday_behind("a", 7, 2026), None);
    }

    #[test]
    fn a_known_day_is_known_again() {
        let day = jiff::civil::date(2012, 4, 3);
        for (cell, expected) in [
            ("03/04/2012", true),
            ("3.4.2012", true),
            ("3-4-12", true),
            ("2012-04-03", true),
            ("2012-04-03T00:00:00", true),
            ("2012-04-03 00:00:00", true),
            ("04/03/2012", false),
            ("03/04/2013", false),
            ("3/4", false),
            ("3/4/2012/1", false),
            ("\u{e9}", false),
            ("", false),
        ] {
            assert_eq!(is_day(cell, day), expected, "{cell}");
        }
    }
}
