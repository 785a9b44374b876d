//! Numbers of spreadsheets as people see them: dates by their cell's style,
//! and no digits that only floating point made.

/// How a cell's style shows a number.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) enum Format {
    #[default]
    General,
    Date,
    DateTime,
    Time,
    /// Zeros and separators only, as for telephone numbers: `00000 000000`.
    Digits(String),
}

impl Format {
    /// Excel's built-in formats (ECMA-376 part 1, 18.8.30).
    pub(crate) fn built_in(id: u32) -> Self {
        match id {
            14..=17 | 27..=31 | 36 | 50..=54 | 57 | 58 => Self::Date,
            22 => Self::DateTime,
            18..=21 | 32..=35 | 45..=47 | 55 | 56 => Self::Time,
            _ => Self::General,
        }
    }

    /// A format's own code.
    pub(crate) fn of_code(code: &str) -> Self {
        let section = code.split(';').next().unwrap_or(code);
        // Excel marks each literal character with a backslash.
        let plain = section.replace('\\', "");
        if section.contains('0')
            && plain
                .chars()
                .all(|c| matches!(c, '0' | ' ' | '-' | '(' | ')' | '/'))
        {
            return Self::Digits(plain);
        }
        let letters = without_literals(section).to_ascii_lowercase();
        if letters.contains("general") {
            return Self::General;
        }
        let day = letters.contains(['d', 'y']) || (letters.contains("mmm"));
        let hour = letters.contains(['h', 's']);
        match (day, hour) {
            (true, true) => Self::DateTime,
            (true, false) => Self::Date,
            (false, true) => Self::Time,
            (false, false) => Self::General,
        }
    }
}

/// A stored number in its format; `since_1904` is the workbook's date system.
pub(crate) fn show(raw: &str, format: &Format, since_1904: bool) -> String {
    let raw = raw.trim();
    let Ok(value) = raw.parse::<f64>() else {
        return raw.to_owned();
    };
    match format {
        Format::Date => date(value, since_1904).unwrap_or_else(|| plain(raw, value)),
        Format::Time => time(value),
        Format::DateTime => match date(value, since_1904) {
            Some(date) => format!("{date} {}", time(value)),
            None => plain(raw, value),
        },
        Format::Digits(pattern) => digits(value, pattern).unwrap_or_else(|| plain(raw, value)),
        Format::General => plain(raw, value),
    }
}

fn plain(raw: &str, value: f64) -> String {
    if raw.len() <= 11 && !raw.contains(['e', 'E']) {
        return raw.to_owned();
    }
    if value.fract() == 0.0 && value.abs() < 1e15 {
        return format!("{value:.0}");
    }
    // Excel keeps fifteen digits; the rest is what binary fractions leave.
    let rounded: f64 = format!("{value:.14e}").parse().unwrap_or(value);
    format!("{rounded}")
}

/// Days since the last day of 1899 as dd/mm/yyyy. Excel believes that 1900 was
/// a leap year, so that days before its March are off by one.
fn date(value: f64, since_1904: bool) -> Option<String> {
    if !(0.0..2_958_466.0).contains(&value) {
        return None;
    }
    let mut days = value.trunc() as i64;
    if since_1904 {
        days += 1_462;
    }
    if days < 60 {
        days += 1;
    }
    let (year, month, day) = civil(days - 25_569);
    Some(format!("{day:02}/{month:02}/{year}"))
}

fn time(value: f64) -> String {
    let minutes = (value.fract().abs() * 1_440.0).round() as u32 % 1_440;
    format!("{:02}:{:02}", minutes / 60, minutes % 60)
}

fn digits(value: f64, pattern: &str) -> Option<String> {
    if value < 0.0 || value.fract() != 0.0 || value >= 1e15 {
        return None;
    }
    let places = pattern.matches('0').count();
    let number = format!("{value:0places$.0}");
    let (extra, rest) = number.split_at(number.len() - places);
    let mut rest = rest.chars();
    let mut out = extra.to_owned();
    for c in pattern.chars() {
        out.extend(if c == '0' { rest.next() } else { Some(c) });
    }
    Some(out)
}

/// `2026-09-01T00:00:00` as people write it here.
pub(crate) fn iso_date(value: &str) -> String {
    let mut parts = value.split(['-', 'T']);
    match (parts.next(), parts.next(), parts.next()) {
        (Some(year), Some(month), Some(day)) if year.len() == 4 => format!("{day}/{month}/{year}"),
        _ => value.to_owned(),
    }
}

/// The date so many days after 1970-01-01 (Howard Hinnant's `civil_from_days`).
fn civil(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 {
        shifted + 3
    } else {
        shifted - 9
    };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

/// The code without quoted text, escapes and `[…]`.
fn without_literals(code: &str) -> String {
    let mut out = String::new();
    let mut chars = code.chars();
    while let Some(c) = chars.next() {
        match c {
            '"' => while chars.next().is_some_and(|c| c != '"') {},
            // `[h]` counts hours; colours and conditions are no letters of it.
            '[' => {
                let inner: String = chars.by_ref().take_while(|&c| c != ']').collect();
                if matches!(inner.as_str(), "h" | "hh" | "m" | "mm" | "s" | "ss") {
                    out.push('h');
                }
            }
            '\\' | '_' | '*' => {
                chars.next();
            }
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(raw: &str, code: &str, expected: &str) {
        assert_eq!(
            show(raw, &Format::of_code(code), false),
            expected,
            "{raw} as {code}"
        );
    }

    #[test]
    fn numbers_look_as_in_the_sheet() {
        check("42", "General", "42");
        check("0.30000000000000004", "General", "0.3");
        check("9.991234567E9", "General", "9991234567");
        check("7700900123", "00000 000000", "07700 900123");
        check("7700900123", "00000000000", "07700900123");
        check("41000", "dd/mm/yyyy", "01/04/2012");
        check("41000", "d mmm yy", "01/04/2012");
        check("41000.5", "dd/mm/yyyy hh:mm", "01/04/2012 12:00");
        check("0.25", "[h]:mm", "06:00");
        check("1", "dd/mm/yyyy", "01/01/1900");
        check("59", "dd/mm/yyyy", "28/02/1900");
        check("61", "dd/mm/yyyy", "01/03/1900");
        check("12", "0.00\" days\"", "12");
        check("12", "[Red]0", "12");
        check("99999999999", "dd/mm/yyyy", "99999999999");
        check("-5", "dd/mm/yyyy", "-5");
        check("n/a", "dd/mm/yyyy", "n/a");
        assert_eq!(show("39538", &Format::built_in(14), true), "01/04/2012");
    }
}
