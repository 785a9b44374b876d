//! Text that is written backwards and turned round where it is shown (UAX #9):
//! people read it, and nobody finds it.

/// Overrides in one another beyond this are passed over, as UAX #9 has it.
const DEEPEST: usize = 125;

const EMBEDDINGS: [char; 3] = ['\u{202a}', '\u{202b}', '\u{202d}'];
const TURNED: char = '\u{202e}';
const END: char = '\u{202c}';

/// The text as it is shown, if letters of ours are turned round in it.
pub(super) fn as_shown(text: &str) -> Option<String> {
    if !text.contains(TURNED) {
        return None;
    }
    let mut shown = String::with_capacity(text.len());
    let mut differs = false;
    for line in text.split_inclusive('\n') {
        let ended = line.trim_end_matches('\n');
        differs |= turn(ended, &mut shown);
        shown.push_str(&line[ended.len()..]);
    }
    differs.then_some(shown)
}

/// One run of letters, or what an override holds.
struct Level {
    turned: bool,
    pieces: Vec<String>,
}

fn turn(line: &str, shown: &mut String) -> bool {
    let mut levels = vec![Level {
        turned: false,
        pieces: Vec::new(),
    }];
    let mut differs = false;
    for letter in line.chars() {
        if letter == TURNED || EMBEDDINGS.contains(&letter) {
            if levels.len() < DEEPEST {
                levels.push(Level {
                    turned: letter == TURNED,
                    pieces: Vec::new(),
                });
            }
        } else if letter == END {
            if levels.len() > 1 {
                differs |= close(&mut levels);
            }
        } else if let Some(level) = levels.last_mut() {
            level.pieces.push(letter.to_string());
        }
    }
    while levels.len() > 1 {
        differs |= close(&mut levels);
    }
    shown.extend(levels.into_iter().flat_map(|level| level.pieces));
    differs
}

/// Ends the innermost level; whether it turns letters round that are read from
/// left to right.
fn close(levels: &mut Vec<Level>) -> bool {
    let Some(mut level) = levels.pop() else {
        return false;
    };
    let letters = level.pieces.iter().filter(|piece| {
        let first = piece.chars().next();
        first.is_some_and(|letter| letter.is_alphabetic() && letter < '\u{590}')
    });
    let differs = level.turned && letters.count() > 1;
    if level.turned {
        level.pieces.reverse();
    }
    if let Some(around) = levels.last_mut() {
        around.pieces.push(level.pieces.concat());
    }
    differs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn turned_letters_are_turned_back() {
        for (text, expected) in [
            ("Zoe", None),
            ("\u{202e}eoZ", Some("Zoe")),
            ("a \u{202e}eoZ\u{202c} b\nc", Some("a Zoe b\nc")),
            (
                "\u{202e}lliuQ \u{202d}Zoe\u{202c}\u{202c}",
                Some("Zoe Quill"),
            ),
            ("\u{202e}\u{5e9}\u{5dc}\u{202c}", None),
            ("\u{202c}\u{202e}", None),
        ] {
            assert_eq!(as_shown(text).as_deref(), expected, "{text:?}");
        }
        as_shown(&"\u{202e}ab".repeat(100_000));
    }
}
