//! Headers and footers of printed sheets: words with codes between them
//! (ECMA-376 part 1, 18.3.1.46).

/// The words alone, each of the three sections on a line of its own.
pub(crate) fn words(coded: &str) -> String {
    let mut out = String::new();
    let mut rest = coded;
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let Some(code) = rest.chars().next() else {
            break;
        };
        let after = &rest[code.len_utf8()..];
        rest = match code {
            'L' | 'C' | 'R' => {
                out.push('\n');
                after
            }
            '&' => {
                out.push('&');
                after
            }
            // A font's name in quotation marks.
            '"' => after.split_once('"').map_or(after, |(_, after)| after),
            '0'..='9' => rest.trim_start_matches(|c: char| c.is_ascii_digit()),
            // A colour: a theme's with its tint, or six digits of its own.
            'K' => after.get(6..).unwrap_or(after),
            // Page, date, file and sheet stand between words; the others
            // change how they look.
            'P' | 'N' | 'D' | 'T' | 'F' | 'A' | 'Z' => {
                out.push(' ');
                after
            }
            'B' | 'I' | 'U' | 'S' | 'X' | 'Y' | 'E' | 'O' | 'H' | 'G' => after,
            _ => rest,
        };
    }
    out.push_str(rest);
    out.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_words_are_left() {
        for (coded, expected) in [
            ("&LOban Marsh&CPage &P of &N", "Oban Marsh\nPage   of"),
            ("&L&\"Arial,Bold\"&14Marks", "Marks"),
            ("&CQ&&A &KFF0000in red", "Q&A in red"),
            ("plain", "plain"),
            ("&", ""),
            ("&\"no end", "no end"),
            ("&Kxé", "xé"),
        ] {
            assert_eq!(words(coded), expected, "{coded}");
        }
    }
}
