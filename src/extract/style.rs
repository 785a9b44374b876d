//! What a `style` attribute hides.

/// What an element's own style says of its text.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Style {
    /// Nobody sees it: not displayed, invisible, or in letters of no size.
    pub(crate) hides: bool,
    /// White or transparent letters: unseen unless something coloured lies
    /// behind them.
    pub(crate) white: bool,
    /// Letters of some other colour.
    pub(crate) coloured: bool,
    /// Something that may be coloured lies behind the text.
    pub(crate) backed: bool,
    /// Its letters run from right to left, whatever letters they are.
    pub(crate) overrides: bool,
    pub(crate) right_to_left: bool,
}

/// Reads one `style` attribute.
pub(crate) fn read(style: &str) -> Style {
    let mut seen = Style::default();
    for declaration in style.split(';') {
        let Some((name, value)) = declaration.split_once(':') else {
            continue;
        };
        let name = name.trim();
        let interesting = [
            "display",
            "visibility",
            "font-size",
            "font",
            "mso-hide",
            "opacity",
            "color",
            "direction",
            "unicode-bidi",
        ]
        .iter()
        .any(|known| name.eq_ignore_ascii_case(known));
        if interesting || starts_with(name, "background") {
            declare(
                &mut seen,
                &name.to_ascii_lowercase(),
                &value.trim().to_ascii_lowercase(),
            );
        }
    }
    seen
}

fn declare(seen: &mut Style, name: &str, value: &str) {
    let value = value.trim_end_matches("!important").trim_end();
    match name {
        "display" => seen.hides |= value == "none",
        "visibility" => seen.hides |= matches!(value, "hidden" | "collapse"),
        "mso-hide" => seen.hides |= value == "all",
        "direction" => seen.right_to_left |= value == "rtl",
        "unicode-bidi" => seen.overrides |= value.ends_with("override"),
        "opacity" => seen.hides |= number(value).is_some_and(|opacity| opacity < 0.05),
        "font-size" => seen.hides |= is_tiny(value),
        "font" => {
            seen.hides |= value
                .split([' ', '/'])
                .any(|word| word.starts_with(['0', '1']) && is_tiny(word))
        }
        "color" => {
            seen.white = is_white(value);
            seen.coloured = !seen.white && value != "inherit";
        }
        _ => seen.backed |= !(is_white(value) || matches!(value, "none" | "initial" | "inherit")),
    }
}

fn starts_with(name: &str, start: &str) -> bool {
    name.get(..start.len())
        .is_some_and(|head| head.eq_ignore_ascii_case(start))
}

/// At most one pixel high.
fn is_tiny(size: &str) -> bool {
    let unit = size.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
    let Some(number) = number(&size[..size.len() - unit.len()]) else {
        return false;
    };
    match unit {
        "px" | "pt" => number <= 1.0,
        "em" | "rem" => number < 0.08,
        "%" => number < 8.0,
        _ => number == 0.0,
    }
}

fn number(text: &str) -> Option<f32> {
    text.parse().ok()
}

pub(crate) fn is_white(colour: &str) -> bool {
    let compact: String = colour.chars().filter(|c| !c.is_whitespace()).collect();
    matches!(
        compact.as_str(),
        "white"
            | "#fff"
            | "#ffffff"
            | "#fefefe"
            | "rgb(255,255,255)"
            | "rgba(255,255,255,1)"
            | "transparent"
            | "windowtext0"
    ) || (compact.starts_with("rgba(") && compact.ends_with(",0)"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hidden_and_shown_styles_are_told_apart() {
        for hides in [
            "display:none",
            "color:red; DISPLAY : None !important",
            "visibility:hidden",
            "font-size:0",
            "font-size: 1px; line-height:1px",
            "mso-hide:all",
            "opacity:0",
            "font:0/0 a",
        ] {
            assert!(read(hides).hides, "{hides}");
        }
        for shows in [
            "display:block",
            "font-size:11.0pt",
            "font-size:1em",
            "font-size:10px",
            "font:11pt Calibri",
            "opacity:0.9",
            "",
            ";;:",
            "visibility:visible",
        ] {
            assert!(!read(shows).hides, "{shows}");
        }
    }

    #[test]
    fn white_letters_are_told_from_others() {
        assert!(read("color:#FFFFFF").white && !read("color:#FFFFFF").backed);
        assert!(read("background:#123456;color:white").backed);
        assert!(!read("background-color:white").backed);
        assert!(read("color:black").coloured && !read("color:black").white);
    }
}
