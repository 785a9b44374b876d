//! Passwords that are spelled: "capital B, r, a, m, then a dash, seven seven".

/// Characters of which a spelling has at least so many: fewer are initials.
const FEWEST: usize = 4;
/// Spellings of one text that are tried.
const MOST: usize = 20;

/// Every word that a text spells.
pub(super) fn out(text: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let mut spelling = Spelling::default();
    let words = text.split(|c: char| {
        c.is_whitespace() || ",;:\"\u{2018}\u{2019}\u{201c}\u{201d}'()".contains(c)
    });
    for word in words.filter(|word| !word.is_empty()).chain([""]) {
        if spelling.take(word) {
            continue;
        }
        let done = std::mem::take(&mut spelling);
        if done.steps >= FEWEST && found.len() < MOST {
            found.push(done.told);
        }
        // What ends one may be where the next begins.
        spelling.take(word);
    }
    found
}

#[derive(Debug, Default)]
struct Spelling {
    told: String,
    /// How many words have said what it is.
    steps: usize,
    /// Whether the next letter is a capital.
    capital: bool,
    /// How often the next sign counts.
    times: usize,
    /// Whether the last word only joined, so that "a" is an article.
    joined: bool,
}

impl Spelling {
    /// Takes the next word, if it goes on spelling.
    fn take(&mut self, word: &str) -> bool {
        let bare = word.trim_end_matches(['.', '!', '?']);
        let small = bare.to_ascii_lowercase();
        let joined = std::mem::take(&mut self.joined);
        match small.as_str() {
            "capital" | "upper" | "uppercase" | "big" | "cap" => {
                self.capital = true;
                return true;
            }
            "double" => {
                self.times = 2;
                return true;
            }
            "treble" | "triple" => {
                self.times = 3;
                return true;
            }
            // "then a dash", "followed by the figure"
            "then" | "and" | "followed" | "by" | "an" | "the" | "small" | "lower" | "case"
            | "letter" | "figure" | "number" | "digit" | "for" | "sign" | "mark"
                if self.steps > 0 =>
            {
                self.joined = true;
                return true;
            }
            // "then a dash"
            "a" if joined => return true,
            _ => {}
        }
        let Some(sign) = sign(bare, &small, self.steps) else {
            return false;
        };
        let sign = match self.capital {
            true => sign.to_ascii_uppercase(),
            false => sign,
        };
        self.capital = false;
        let times = std::mem::take(&mut self.times).max(1);
        self.told.extend(std::iter::repeat_n(sign, times));
        self.steps += 1;
        true
    }
}

/// What a word stands for in a spelling that has come so far.
fn sign(bare: &str, small: &str, steps: usize) -> Option<char> {
    let mut chars = bare.chars();
    if let (Some(only), None) = (chars.next(), chars.next()) {
        // "then a dash": the article.
        let article = only == 'a' && steps == 0;
        return (only.is_ascii_alphanumeric() && !article).then_some(only);
    }
    let named = match small {
        "dash" | "hyphen" => '-',
        "underscore" => '_',
        "dot" | "stop" | "point" => '.',
        "exclamation" => '!',
        "hash" => '#',
        "star" | "asterisk" => '*',
        "dollar" => '$',
        "ampersand" => '&',
        "at" if steps > 1 => '@',
        _ => return digit(small).or_else(|| code_word(small)),
    };
    Some(named)
}

/// The figure that a word names.
pub(crate) fn digit(word: &str) -> Option<char> {
    Some(match word {
        "zero" | "nought" | "oh" => '0',
        "one" => '1',
        "two" => '2',
        "three" => '3',
        "four" => '4',
        "five" => '5',
        "six" => '6',
        "seven" => '7',
        "eight" => '8',
        "nine" => '9',
        _ => return None,
    })
}

/// The letter of a word of the alphabet of radio.
fn code_word(word: &str) -> Option<char> {
    const WORDS: &[&str] = &[
        "alpha", "alfa", "bravo", "charlie", "delta", "echo", "foxtrot", "golf", "hotel", "india",
        "juliet", "juliett", "kilo", "lima", "mike", "november", "oscar", "papa", "quebec",
        "romeo", "sierra", "tango", "uniform", "victor", "whiskey", "whisky", "xray", "x-ray",
        "yankee", "zulu",
    ];
    WORDS.contains(&word).then(|| word.chars().next())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_spelled_is_put_together() {
        for (text, expected) in [
            (
                "you want capital B, r, a, m, b, l, e, then a dash, then seven seven, all run together",
                "Bramble-77",
            ),
            ("it is k e s t r e l double 4", "kestrel44"),
            ("Oscar Tango Tango Echo Romeo one seven", "otter17"),
            ("lower case, all of it: h e r o n underscore 9!", "heron_9"),
        ] {
            assert!(
                out(text).iter().any(|word| word == expected),
                "{text}: {:?}",
                out(text)
            );
        }
    }

    #[test]
    fn prose_spells_nothing() {
        for text in [
            "A level in a week, I hope.",
            "Rooms 4, 5 and 6 are one and the same to me.",
            "",
        ] {
            assert_eq!(out(text), Vec::<String>::new(), "{text}");
        }
        assert!(out(&"a b c d ".repeat(50_000)).len() <= MOST);
    }
}
