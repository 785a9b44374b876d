//! XML as Office writes it: names without prefixes, text with its references
//! resolved, and nothing that expands.

use std::borrow::Cow;

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use crate::mail::charset;

/// One step through a document.
#[derive(Debug)]
pub(crate) enum Node<'a, 'b> {
    Start(Element<'a, 'b>),
    /// `<a/>`: a start with no end to come.
    Empty(Element<'a, 'b>),
    End(&'a [u8]),
    Text(&'a str),
}

#[derive(Debug)]
pub(crate) struct Element<'a, 'b>(&'a BytesStart<'b>);

impl Element<'_, '_> {
    /// The name without its prefix.
    pub(crate) fn name(&self) -> &[u8] {
        local(self.0.name().into_inner().as_bytes())
    }

    /// The value of the attribute of this name, whatever its prefix.
    pub(crate) fn attribute(&self, wanted: &str) -> Option<Cow<'_, str>> {
        self.attributes()
            .find_map(|(name, value)| (name == wanted).then_some(value))
    }

    pub(crate) fn number(&self, name: &str) -> Option<u32> {
        self.attribute(name)?.trim().parse().ok()
    }

    /// Whether a switch is on: present, and not off.
    pub(crate) fn is_on(&self, name: &str) -> bool {
        self.attribute(name)
            .is_some_and(|value| !matches!(value.as_ref(), "0" | "false" | "off"))
    }

    /// All attributes, by name without prefix.
    pub(crate) fn attributes(&self) -> impl Iterator<Item = (&str, Cow<'_, str>)> {
        let mut attributes = self.0.attributes();
        attributes.with_checks(false);
        attributes.flatten().filter_map(|attribute| {
            let name = attribute.key.into_inner();
            if name.starts_with("xmlns") {
                return None;
            }
            let name = name.rsplit(':').next().unwrap_or(name);
            let value = match attribute.value {
                Cow::Borrowed(value) => resolve(value),
                Cow::Owned(value) => Cow::Owned(resolve(&value).into_owned()),
            };
            Some((name, value))
        })
    }
}

/// Whether bytes look like a document, in any of its encodings.
pub(crate) fn is_one(bytes: &[u8]) -> bool {
    let head = bytes[..bytes.len().min(64)].trim_ascii_start();
    head.starts_with(b"<")
        || head.starts_with(b"\xef\xbb\xbf<")
        || head.starts_with(b"\xff\xfe<\0")
        || head.starts_with(b"\xfe\xff\0<")
        || head.starts_with(b"<\0")
        || head.starts_with(b"\0<")
}

/// Walks a document as far as it can be read; false if that is not its end, or
/// if it says words by entities of its own, which some programs expand.
/// `on` may stop the walk by answering false, which is no fault.
pub(crate) fn walk(xml: &[u8], mut on: impl FnMut(Node<'_, '_>) -> bool) -> bool {
    let text = text(xml);
    let mut reader = Reader::from_str(&text);
    let config = reader.config_mut();
    config.check_end_names = false;
    config.allow_unmatched_ends = true;
    config.allow_dangling_amp = true;
    let mut root = Root::default();
    let (mut declares, mut unexpanded) = (false, false);
    loop {
        let on_with = match reader.read_event() {
            Ok(Event::Start(start)) => {
                let element = Element(&start);
                root.begins(element.name());
                on(Node::Start(element))
            }
            Ok(Event::Empty(start)) => on(Node::Empty(Element(&start))),
            Ok(Event::End(end)) => {
                let name = end.name().into_inner();
                let name = local(name.as_bytes());
                root.ends(name);
                on(Node::End(name))
            }
            Ok(Event::Text(text)) => on(Node::Text(&text)),
            Ok(Event::CData(text)) => on(Node::Text(&text)),
            // No entity is ever expanded beyond the five of XML: an undefined
            // one is shown as it is written.
            Ok(Event::GeneralRef(name)) => match reference(&name) {
                Some(c) => on(Node::Text(c.encode_utf8(&mut [0; 4]))),
                None => {
                    unexpanded |= declares;
                    on(Node::Text(&format!("&{};", &*name)))
                }
            },
            Ok(Event::DocType(declarations)) => {
                declares |= declarations.contains("<!ENTITY");
                true
            }
            Ok(Event::Eof) => return !root.is_open && !unexpanded,
            Ok(_) => true,
            Err(_) => return false,
        };
        if !on_with {
            return true;
        }
    }
}

/// The first element, in which all others are: a document that is cut between
/// two tags is told by it. Elements inside may lack their ends; Excel writes
/// such drawings.
#[derive(Debug, Default)]
struct Root {
    name: Vec<u8>,
    is_open: bool,
}

impl Root {
    fn begins(&mut self, name: &[u8]) {
        if self.name.is_empty() {
            self.name = name.to_vec();
        }
        self.is_open |= self.name == name;
    }

    fn ends(&mut self, name: &[u8]) {
        self.is_open &= self.name != name;
    }
}

/// The document as text, in the encoding that it declares.
pub(crate) fn text(xml: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(xml.strip_prefix(b"\xef\xbb\xbf").unwrap_or(xml)) {
        // UTF-16 of ASCII is UTF-8 too, with zeros in it.
        Ok(text) if charset::sniff_utf16(xml).is_none() => Cow::Borrowed(text),
        _ => Cow::Owned(charset::decode(xml, declared(xml).as_deref())),
    }
}

/// The encoding that the declaration names.
fn declared(xml: &[u8]) -> Option<String> {
    if let Some(encoding) = charset::sniff_utf16(xml) {
        return Some(encoding.name().to_owned());
    }
    let head = &xml[..xml.len().min(200)];
    let at = memchr::memmem::find(head, b"encoding=")? + 9;
    let quote = *head.get(at)?;
    let value = head[at + 1..].split(|&b| b == quote).next()?;
    String::from_utf8(value.to_vec()).ok()
}

fn local(name: &[u8]) -> &[u8] {
    match memchr::memchr(b':', name) {
        Some(colon) => &name[colon + 1..],
        None => name,
    }
}

/// References in an attribute's value.
fn resolve(value: &str) -> Cow<'_, str> {
    if !value.contains('&') {
        return Cow::Borrowed(value);
    }
    let mut out = String::with_capacity(value.len());
    let mut rest = value;
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let resolved = rest
            .find(';')
            .filter(|&end| end <= 10)
            .and_then(|end| Some((reference(&rest[..end])?, end)));
        match resolved {
            Some((c, end)) => {
                out.push(c);
                rest = &rest[end + 1..];
            }
            None => out.push('&'),
        }
    }
    out.push_str(rest);
    Cow::Owned(out)
}

fn reference(name: &str) -> Option<char> {
    match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                None => number.parse().ok()?,
            };
            char::from_u32(code)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(xml: &[u8], expected: &str, whole: bool) {
        let mut out = String::new();
        let ended = walk(xml, |node| {
            match node {
                Node::Text(text) => out.push_str(text),
                Node::Start(element) | Node::Empty(element) => {
                    out.extend(
                        element
                            .attributes()
                            .map(|(name, value)| format!("[{name}={value}]")),
                    );
                }
                Node::End(_) => {}
            }
            true
        });
        assert_eq!((out.as_str(), ended), (expected, whole));
    }

    #[test]
    fn text_attributes_and_references_are_read() {
        check(
            b"<a x:b='1 &amp; 2'>Zo&#xEB; &lt;<c/>&unknown;</a>",
            "[b=1 & 2]Zo\u{eb} <&unknown;",
            true,
        );
        check(b"\xef\xbb\xbf<a>x<![CDATA[<y>]]></a>", "x<y>", true);
        let utf16: Vec<u8> = "<a>Zo\u{eb}</a>"
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect();
        check(&utf16, "Zo\u{eb}", true);
        let ascii: Vec<u8> = "<a>Zoe</a>".bytes().flat_map(|b| [0, b]).collect();
        check(&ascii, "Zoe", true);
        check(
            b"<?xml version='1.0' encoding='iso-8859-1'?><a>Zo\xeb</a>",
            "Zo\u{eb}",
            true,
        );
        check(b"<a>cut <b", "cut ", false);
        check(b"</b>stray<a><c></a></d>", "stray", true);
        check(b"<a><b>cut</b>", "cut", false);
        check(b"<a><br>left open</a>", "left open", true);
    }

    #[test]
    fn nothing_is_expanded() {
        let laughs = br#"<!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]><l>&b;&b;</l>"#;
        check(laughs, "&b;&b;", false);
        let unused = br#"<!DOCTYPE l [<!ENTITY a "ha">]><l>&amp;</l>"#;
        check(unused, "&", true);
    }
}
