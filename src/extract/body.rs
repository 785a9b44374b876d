//! A mail's own bodies: plain and HTML, said anew and quoted, shown and
//! hidden.

use super::harvest::{Harvest, Place};
use super::html::{self, Page};
use super::quote::{self, Divided};
use super::{Role, armour, file};

/// The bodies of one message, kept until all are known: of two that say the
/// same only one is wanted.
#[derive(Debug, Default)]
pub(crate) struct Bodies {
    plain: Vec<String>,
    pages: Vec<Page>,
}

impl Bodies {
    pub(crate) fn plain(&mut self, text: String) {
        self.plain.push(text);
    }

    pub(crate) fn html(&mut self, html: &str) {
        self.pages.push(html::read(html));
    }

    /// Puts the texts in: plain first, then HTML that says something else.
    pub(crate) fn finish(self, place: &Place, harvest: &mut Harvest<'_>) {
        let body = place.within("body");
        for plain in &self.plain {
            divided(quote::divide(plain, &[], None), &body, harvest);
        }
        let mut enclosed = Vec::new();
        for mut page in self.pages {
            take_out_armour(&mut page, place, harvest);
            enclosed.append(&mut page.enclosed);
            match self.plain.iter().find_map(|plain| beyond(plain, &page)) {
                Some(rest) => harvest.text(&body, rest),
                None => {
                    let sides = quote::divide(&page.shown, &page.quoted, page.quoted_from);
                    divided(sides, &body, harvest);
                }
            }
            harvest.text(&place.hidden("body (hidden)"), page.hidden);
        }
        for (number, picture) in (1..).zip(enclosed) {
            if harvest.decoded(place, picture.len()) {
                // As if it had been sent beside the page.
                let name = format!("picture {number} in the body");
                file::read(&[&name], &picture, place, harvest);
            }
        }
    }
}

/// Reads what OpenPGP armoured in a page. Where parts of it are quotations they
/// are known by where they stand, and nothing is taken out.
fn take_out_armour(page: &mut Page, place: &Place, harvest: &mut Harvest<'_>) {
    if armour::find(page.shown.as_bytes(), 0).is_none() {
        return;
    }
    let rest = armour::take_out(page.shown.as_bytes(), place, harvest);
    if page.quoted.is_empty() && page.quoted_from.is_none() {
        page.shown = String::from_utf8_lossy(&rest).into_owned();
    }
}

fn divided(sides: Divided, body: &Place, harvest: &mut Harvest<'_>) {
    harvest.text(body, sides.new);
    let quoted = match body.role {
        Role::Body => body.clone().role(Role::Quoted),
        _ => body.clone(),
    };
    harvest.text(&quoted, sides.quoted);
}

/// What an HTML body says beyond a plain one that it holds whole, white space
/// and quote marks aside: often nothing, or a banner and a footer. `None` if it
/// does not hold the plain one, or not in lines of its own: then both are read.
fn beyond(plain: &str, page: &Page) -> Option<String> {
    let shown = page.shown.as_str();
    if plain.bytes().all(is_filler) {
        return None;
    }
    let mut start = 0;
    // Text that repeats itself could begin to match in every line.
    let mut patience = 4 * shown.len();
    loop {
        if let Some(length) = begins_with(&shown[start..], plain, &mut patience) {
            return rest(&shown[..start], shown.get(start + length..)?, page);
        }
        start += memchr::memchr(b'\n', &shown.as_bytes()[start..])? + 1;
    }
}

/// What is left of a page, if it may be torn there: what goes on in the same
/// line belongs together, a name above all, and so do a quotation's parts.
fn rest(before: &str, after: &str, page: &Page) -> Option<String> {
    let (before, rest) = (before.trim(), after.trim());
    if before.is_empty() && rest.is_empty() {
        return Some(String::new());
    }
    let after = after.trim_start_matches([' ', '\t']);
    let own_lines = after.is_empty() || after.starts_with('\n');
    let quotes = !page.quoted.is_empty() || page.quoted_from.is_some();
    (own_lines && !quotes).then(|| format!("{before}\n{rest}"))
}

/// The bytes of `html` that hold all of `plain`, white space aside, if it
/// begins so.
fn begins_with(html: &str, plain: &str, patience: &mut usize) -> Option<usize> {
    let mut shown = html
        .bytes()
        .enumerate()
        .filter(|(_, byte)| !is_filler(*byte));
    let mut wanted = plain.bytes().filter(|byte| !is_filler(*byte)).peekable();
    let mut end = 0;
    while let Some(byte) = wanted.next() {
        // A no-break space, which HTML's reader has folded already.
        if byte == 0xc2 && wanted.next_if_eq(&0xa0).is_some() {
            continue;
        }
        *patience = patience.checked_sub(1)?;
        let (place, found) = shown.next()?;
        if found != byte {
            return None;
        }
        end = place + 1;
    }
    Some(end)
}

fn is_filler(byte: u8) -> bool {
    matches!(byte, b' ' | b'\n' | b'\r' | b'\t' | b'>')
}

/// Joins the lines that `format=flowed` had wrapped (RFC 3676 section 4.1).
pub(crate) fn unflow(text: &str, delete_space: bool) -> String {
    let mut out = String::with_capacity(text.len());
    let mut open: Option<usize> = None;
    for line in text.lines() {
        let unquoted = line.trim_start_matches('>');
        let depth = line.len() - unquoted.len();
        let content = unquoted.strip_prefix(' ').unwrap_or(unquoted);
        let is_signature = content == "-- ";
        match open {
            Some(last) if last == depth && !is_signature => {}
            _ => {
                if open.is_some() {
                    out.push('\n');
                }
                out.extend(std::iter::repeat_n('>', depth));
                if depth > 0 {
                    out.push(' ');
                }
            }
        }
        let flows = content.ends_with(' ') && !is_signature;
        if flows {
            out.push_str(if delete_space {
                &content[..content.len() - 1]
            } else {
                content
            });
            open = Some(depth);
        } else {
            out.push_str(content);
            out.push('\n');
            open = None;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flowed_lines_are_joined() {
        for (flowed, delete_space, expected) in [
            ("one \r\ntwo\r\nthree\r\n", false, "one two\nthree\n"),
            ("Quil \nl\n", true, "Quill\n"),
            ("> a \n> b\nc\n", false, "> a b\nc\n"),
            ("> a \nb\n", false, "> a \nb\n"),
            ("text \n-- \nname\n", false, "text \n-- \nname\n"),
            (" From here\n", false, "From here\n"),
            ("", false, ""),
        ] {
            assert_eq!(unflow(flowed, delete_space), expected, "{flowed:?}");
        }
    }

    #[test]
    fn what_html_says_beyond_the_plain_text_is_kept() {
        let check = |plain: &str, html: &str, expected: Option<&str>| {
            let page = html::read(html);
            let rest = beyond(plain, &page);
            assert_eq!(rest.as_deref().map(str::trim), expected, "{html}");
        };
        check("Dear all,\r\n\r\nCome.", "Dear all,<p>Come.", Some(""));
        check("a\u{a0}b", "a b", Some(""));
        check("> old", "old", Some(""));
        check(
            "Dear all\n",
            "<p>Dear all<p>Greenfold School",
            Some("Greenfold School"),
        );
        check("Dear all\n", "<p>Banner<p>Dear all", Some("Banner"));
        check(
            "Dear all\n",
            "<p>Banner<p>Dear<p>all<p>Footer",
            Some("Banner\nFooter"),
        );
        check("Zoë", "<p>Banner<p>Zoë<p>Łódź", Some("Banner\nŁódź"));
        // A name must not be torn from its first half.
        check("Dear Zoe", "<p>Dear Zoe Quill", None);
        check("Quill was late", "<p>Zoe Quill was late", None);
        check("", "<p>Dear all", None);
        check("Dear all", "<p>Dear both", None);
    }
}
