//! The areas of XPS in their short form (ECMA-388 11.2.3): `M 0,0 L 9,0 9,5 Z`.

use crate::extract::pdf::path::Path;
use crate::extract::pdf::state::Matrix;

/// Puts the areas on the path; whether they are filled by the even-odd rule.
pub(super) fn put(figures: &str, matrix: &Matrix, path: &mut Path) -> bool {
    let mut even_odd = true;
    let mut tokens = Tokens(figures);
    let mut command = b'M';
    let mut at = (0.0, 0.0);
    let mut begun = at;
    while let Some(token) = tokens.next() {
        let first = match token {
            Token::Command(b'z' | b'Z') => {
                at = begun;
                continue;
            }
            Token::Command(b'F' | b'f') => {
                even_odd = !matches!(tokens.next(), Some(Token::Number(rule)) if rule == 1.0);
                continue;
            }
            Token::Command(next) => {
                command = next;
                continue;
            }
            Token::Number(number) => number,
        };
        let relative = command.is_ascii_lowercase();
        let from = if relative { at } else { (0.0, 0.0) };
        let mut point = |x: f32| {
            let y = tokens.number().unwrap_or_default();
            (from.0 + x, from.1 + y)
        };
        match command.to_ascii_uppercase() {
            b'M' => {
                at = point(first);
                begun = at;
                path.begin(at, matrix);
                // More points behind it are lines.
                command = if relative { b'l' } else { b'L' };
            }
            b'L' => {
                at = point(first);
                path.line(at, matrix);
            }
            b'H' => {
                at.0 = from.0 + first;
                path.line(at, matrix);
            }
            b'V' => {
                at.1 = from.1 + first;
                path.line(at, matrix);
            }
            curve @ (b'C' | b'Q' | b'S') => {
                at = point(first);
                path.curve(at, matrix);
                for _ in 0..if curve == b'C' { 2 } else { 1 } {
                    let x = tokens.number().unwrap_or_default();
                    let y = tokens.number().unwrap_or_default();
                    at = (from.0 + x, from.1 + y);
                    path.curve(at, matrix);
                }
            }
            b'A' => {
                // Two radii, a turn and two switches.
                for _ in 0..4 {
                    tokens.number();
                }
                let x = tokens.number().unwrap_or_default();
                let y = tokens.number().unwrap_or_default();
                at = (from.0 + x, from.1 + y);
                path.curve(at, matrix);
            }
            _ => {}
        }
    }
    even_odd
}

/// Six numbers between commas or spaces.
pub(super) fn matrix(written: &str) -> Option<Matrix> {
    let mut tokens = Tokens(written);
    let mut matrix = [0.0; 6];
    for number in &mut matrix {
        *number = tokens.number()?;
    }
    Some(matrix)
}

enum Token {
    Command(u8),
    Number(f32),
}

struct Tokens<'a>(&'a str);

impl Tokens<'_> {
    fn number(&mut self) -> Option<f32> {
        let before = self.0;
        match self.next()? {
            Token::Number(number) => Some(number),
            Token::Command(_) => {
                self.0 = before;
                None
            }
        }
    }
}

impl Iterator for Tokens<'_> {
    type Item = Token;

    fn next(&mut self) -> Option<Token> {
        let is_gap = |c: char| c == ',' || c.is_ascii_whitespace();
        self.0 = self.0.trim_start_matches(is_gap);
        let first = self.0.chars().next()?;
        if first.is_ascii_alphabetic() {
            self.0 = &self.0[1..];
            return Some(Token::Command(first as u8));
        }
        let mut before = ' ';
        let end = self.0.char_indices().find(|&(index, c)| {
            let goes_on = match c {
                '0'..='9' | '.' => true,
                'e' | 'E' => index > 0,
                '+' | '-' => index == 0 || matches!(before, 'e' | 'E'),
                _ => false,
            };
            before = c;
            !goes_on
        });
        let end = end.map_or(self.0.len(), |(index, _)| index);
        // What is no sign of a number at all is passed over.
        let end = end.max(first.len_utf8());
        let (number, rest) = self.0.split_at(end);
        self.0 = rest;
        let number: f32 = number.parse().unwrap_or_default();
        Some(Token::Number(if number.is_finite() { number } else { 0.0 }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extract::pdf::state::IDENTITY;

    #[track_caller]
    fn check(figures: &str, expected: &[([f32; 4], bool)]) {
        let mut path = Path::default();
        let even_odd = put(figures, &IDENTITY, &mut path);
        let areas = path.filled(even_odd).into_iter();
        let areas: Vec<([f32; 4], bool)> = areas
            .map(|area| {
                let rect = area.rect;
                ([rect.left, rect.bottom, rect.right, rect.top], area.exact)
            })
            .collect();
        assert_eq!(areas, expected, "{figures}");
    }

    #[test]
    fn areas_are_found_however_they_are_written() {
        let rect = [([10.0, 20.0, 40.0, 30.0], true)];
        check("M 10,20 L 40,20 40,30 10,30 Z", &rect);
        check("M10,20L40 20 40 30 10 30z", &rect);
        check("F1 M 10,20 H 40 V 30 H 10 Z", &rect);
        check("m 10,20 h 30 v 10 h -30 z", &rect);
        check("M 10,20 l 30,0 0,10-30,0 z", &rect);
        check("M1e1,2E+1 L 40,20 40,30 10,30 Z", &rect);
    }

    #[test]
    fn round_and_broken_areas_are_no_rectangles() {
        check("M 0,0 C 1,9 8,9 9,5 Z", &[([0.0, 0.0, 9.0, 9.0], false)]);
        check("M 0,0 A 5,5 0 0 1 9,5", &[([0.0, 0.0, 9.0, 5.0], false)]);
        check("", &[]);
        check("Z Z é", &[([0.0, 0.0, 0.0, 0.0], false)]);
        check("M 1e99,x", &[([0.0, 0.0, 0.0, 0.0], false)]);
        // Two by the even-odd rule leave a hole.
        let both = "M 0,0 9,0 9,9 0,9 Z M 1,1 5,1 5,5 1,5 Z";
        let areas = |exact| [([0.0, 0.0, 9.0, 9.0], exact), ([1.0, 1.0, 5.0, 5.0], exact)];
        check(both, &areas(false));
        check(&format!("F1 {both}"), &areas(true));
    }

    #[test]
    fn a_matrix_has_six_numbers() {
        assert_eq!(
            matrix("1,0,0,-1, 5 6"),
            Some([1.0, 0.0, 0.0, -1.0, 5.0, 6.0])
        );
        assert_eq!(matrix("1,0,0,1,5"), None);
        assert_eq!(matrix("{StaticResource m}"), None);
    }
}
