//! RTF (Rich Text Format 1.9.1): its words, tables and hidden text.
//!
//! One pass over the tokens with a stack of groups. What a group's text is for
//! is told by the control word that it begins with.

use std::collections::HashMap;

use encoding_rs::{Encoding, WINDOWS_1252};

use super::body::Bodies;
use super::harvest::{Harvest, Place};
use super::html;
use super::rtf_document::{Document, Picture};
use super::rtf_token::{Token, Tokens};
use super::rtf_word::{self, Destination};
use crate::mail::charset;

/// Groups deeper than this are none that a program wrote.
const DEEPEST: usize = 2_000;

/// Reads a file.
pub(crate) fn read(bytes: &[u8], place: &Place, harvest: &mut Harvest<'_>) {
    harvest.kind(place, "rtf");
    let mut document = parse(bytes);
    if document.is_html {
        let page = html::read(&document.html);
        document.hidden.push_str(&page.hidden);
        document.enclosed = page.enclosed;
    }
    let length = document.shown.len() + document.hidden.len();
    if harvest.decoded(place, length) {
        document.read(place, harvest);
    }
}

/// Reads the body of an Outlook message, of which `plain` is known already: as
/// the HTML that it was, if it was.
pub(crate) fn read_body(
    bytes: &[u8],
    plain: &str,
    bodies: &mut Bodies,
    place: &Place,
    harvest: &mut Harvest<'_>,
) {
    let mut document = parse(bytes);
    let squeezed = |text: &str| text.split_whitespace().collect::<String>();
    if document.is_html {
        bodies.html(&document.html);
        document.forget_shown();
    } else if squeezed(plain) == squeezed(&document.shown) {
        document.forget_shown();
    }
    document.read(place, harvest);
}

fn parse(rtf: &[u8]) -> Document {
    let mut reader = Reader {
        document: Document::default(),
        groups: Vec::new(),
        group: Group::default(),
        fonts: HashMap::new(),
        document_encoding: WINDOWS_1252,
        bytes: Vec::new(),
        high_surrogate: None,
        skip: 0,
        starred: false,
        shape_property: String::new(),
    };
    let mut tokens = Tokens::new(rtf);
    for token in tokens.by_ref() {
        reader.token(&token);
        if reader.document.too_deep || reader.document.whole {
            break;
        }
    }
    reader.flush();
    let behind = tokens.rest().trim_ascii();
    if !behind.iter().all(|&byte| byte == 0) {
        let text = charset::decode(behind, None);
        reader.document.hidden.push_str(&text);
    }
    reader.document
}

/// What a group inherits from the one around it.
#[derive(Debug, Clone, Copy)]
struct Group {
    destination: Destination,
    /// Written under `\v`.
    hidden: bool,
    /// Written under `\deleted`.
    deleted: bool,
    in_table: bool,
    /// Only there for readers that take no HTML.
    beside_html: bool,
    encoding: Option<&'static Encoding>,
    font: i32,
    /// Characters after `\u` that older readers show in its stead.
    fallback: usize,
}

impl Default for Group {
    fn default() -> Self {
        Self {
            destination: Destination::Body,
            hidden: false,
            deleted: false,
            in_table: false,
            beside_html: false,
            encoding: None,
            font: 0,
            fallback: 1,
        }
    }
}

struct Reader {
    document: Document,
    groups: Vec<Group>,
    group: Group,
    fonts: HashMap<i32, &'static Encoding>,
    document_encoding: &'static Encoding,
    /// Characters in the font's encoding, not yet decoded.
    bytes: Vec<u8>,
    high_surrogate: Option<u16>,
    skip: usize,
    /// The group began with `\*`.
    starred: bool,
    /// The name of the shape's property whose value comes next.
    shape_property: String,
}

impl Group {
    fn is_hidden(&self) -> bool {
        self.hidden || self.deleted
    }
}

/// Whether a shape's property holds words: its name and description, art made
/// of letters, and where it links to.
fn has_words(property: &str) -> bool {
    property.starts_with("wz") || matches!(property, "gtextUNICODE" | "pihlShape")
}

impl Reader {
    fn token(&mut self, token: &Token<'_>) {
        match *token {
            Token::Byte(byte) => self.byte(byte),
            Token::Open => {
                self.flush();
                self.skip = 0;
                self.document.too_deep = self.groups.len() >= DEEPEST;
                self.groups.push(self.group);
            }
            Token::Close => self.close(),
            Token::Word(word, number) => {
                // A fallback is characters, and `\u` may follow upon `\u`.
                if !(word == b"u" && number.is_some()) {
                    self.skip = 0;
                }
                self.word(word, number);
                self.starred = false;
            }
            Token::Symbol(symbol) => self.symbol(symbol),
            Token::Binary(bytes) => self.binary(bytes),
        }
    }

    fn byte(&mut self, byte: u8) {
        self.starred = false;
        if self.skip > 0 {
            self.skip -= 1;
        } else if self.group.destination != Destination::Nowhere {
            self.bytes.push(byte);
        }
    }

    /// A picture, or a file, that is not written in digits.
    fn binary(&mut self, bytes: &[u8]) {
        self.skip = 0;
        self.starred = false;
        if self.group.destination == Destination::Picture
            && let Some(picture) = self.document.pictures.last_mut()
        {
            picture.bytes.extend_from_slice(bytes);
        }
    }

    fn close(&mut self) {
        self.flush();
        self.skip = 0;
        let closed = self.group.destination;
        if let Some(around) = self.groups.pop() {
            self.group = around;
        }
        self.document.whole = self.groups.is_empty();
        if closed != self.group.destination
            && !matches!(
                closed,
                Destination::Body | Destination::HeaderFooter | Destination::HtmlTag
            )
            || closed == Destination::Properties
        {
            self.put_to(closed, "\n");
        }
    }

    fn symbol(&mut self, symbol: u8) {
        match symbol {
            b'*' => self.starred = true,
            b'~' => self.put("\u{a0}"),
            b'_' => self.put("-"),
            b'\r' | b'\n' => self.paragraph(),
            _ => {}
        }
    }

    fn word(&mut self, word: &[u8], number: Option<i32>) {
        let is_on = number != Some(0);
        if let Some(destination) = rtf_word::destination(word) {
            return self.begin(destination);
        }
        if self.starred {
            return self.begin(Destination::Hidden);
        }
        if let Some(text) = rtf_word::characters(word) {
            return self.put(text);
        }
        self.flush();
        match word {
            b"par" => self.paragraph(),
            b"cell" | b"nestcell" => self.put("\t"),
            b"row" | b"nestrow" => self.row(),
            b"intbl" => self.group.in_table = true,
            b"pard" => self.group.in_table = false,
            b"v" => self.group.hidden = is_on,
            b"deleted" => self.group.deleted = is_on,
            b"plain" => {
                self.group.hidden = false;
                self.group.deleted = false;
            }
            b"dibitmap" if self.group.destination == Destination::Picture => {
                if let Some(picture) = self.document.pictures.last_mut() {
                    picture.is_dib = true;
                }
            }
            b"htmlrtf" => self.group.beside_html = is_on,
            b"fromhtml" => self.document.is_html = is_on,
            b"u" => self.unicode(number.unwrap_or(0)),
            b"uc" => self.group.fallback = usize::try_from(number.unwrap_or(1)).unwrap_or(1),
            _ => self.encoding_word(word, number.unwrap_or(0)),
        }
    }

    /// Words that say what bytes mean.
    fn encoding_word(&mut self, word: &[u8], number: i32) {
        match word {
            b"ansicpg" => {
                if let Some(encoding) = rtf_word::code_page(number) {
                    self.document_encoding = encoding;
                }
            }
            b"mac" => self.document_encoding = encoding_rs::MACINTOSH,
            b"f" => {
                self.group.font = number;
                self.group.encoding = self.fonts.get(&number).copied();
            }
            b"fcharset" if self.group.destination == Destination::FontTable => {
                if let Some(encoding) = rtf_word::charset(number) {
                    self.fonts.insert(self.group.font, encoding);
                }
            }
            _ => {}
        }
    }

    fn begin(&mut self, destination: Destination) {
        self.flush();
        // A picture of a skipped group is counted where it is shown; what else
        // is set apart there is no more for readers than the group itself.
        let stays = self.group.destination == Destination::Nowhere
            && matches!(
                destination,
                Destination::Picture
                    | Destination::Hidden
                    | Destination::Field
                    | Destination::Bookmark
                    | Destination::Variable
                    | Destination::Form
                    | Destination::ShapeProperty
                    | Destination::ShapeValue
            );
        if !stays {
            self.group.destination = destination;
            if destination == Destination::Picture {
                self.document.pictures.push(Picture::default());
            }
        }
        if destination == Destination::ShapeProperty {
            self.shape_property.clear();
        }
        if destination == Destination::Object {
            self.document.objects.push(Vec::new());
        }
    }

    fn paragraph(&mut self) {
        self.put(if self.group.in_table { " " } else { "\n" });
        // What is shown of a hidden paragraph ends with it all the same.
        let shown = &mut self.document.shown;
        if self.group.destination == Destination::Body
            && self.group.is_hidden()
            && !self.group.in_table
            && !shown.is_empty()
            && !shown.ends_with('\n')
        {
            shown.push('\n');
        }
    }

    /// Ends a row: what was put since the last line end is its cells.
    fn row(&mut self) {
        if self.group.destination != Destination::Body || self.group.is_hidden() {
            return self.put("\n");
        }
        let shown = &mut self.document.shown;
        let start = shown.rfind('\n').map_or(0, |end| end + 1);
        let cells: Vec<&str> = shown[start..]
            .trim_end()
            .split('\t')
            .map(str::trim)
            .collect();
        let row = cells.join("\t");
        shown.truncate(start);
        shown.push_str(&row);
        shown.push('\n');
        self.document.rows.push(start..shown.len());
    }

    fn unicode(&mut self, number: i32) {
        // Written as a signed number of 16 bits.
        #[expect(
            clippy::cast_possible_truncation,
            reason = "the sign is dropped with it"
        )]
        let unit = number as u16;
        let first = self.high_surrogate.take();
        let units: Vec<u16> = first.into_iter().chain([unit]).collect();
        if first.is_none() && (0xd800..0xdc00).contains(&unit) {
            self.high_surrogate = Some(unit);
        } else {
            self.put(&String::from_utf16_lossy(&units));
        }
        self.skip = self.group.fallback;
    }

    /// Decodes the characters gathered so far.
    fn flush(&mut self) {
        if self.bytes.is_empty() {
            return;
        }
        let bytes = std::mem::take(&mut self.bytes);
        if self.group.destination == Destination::Object {
            if let Some(object) = self.document.objects.last_mut() {
                object.extend_from_slice(&bytes);
            }
            return;
        }
        if self.group.destination == Destination::Picture {
            if let Some(picture) = self.document.pictures.last_mut() {
                picture.digits(&bytes);
            }
            return;
        }
        let encoding = self.group.encoding.unwrap_or(self.document_encoding);
        let text = charset::with(encoding, &bytes);
        self.put_to(self.group.destination, &text);
    }

    fn put(&mut self, text: &str) {
        self.flush();
        self.put_to(self.group.destination, text);
    }

    fn put_to(&mut self, destination: Destination, text: &str) {
        let document = &mut self.document;
        if matches!(destination, Destination::Body | Destination::HtmlTag)
            && !self.group.beside_html
        {
            document.html.push_str(text);
        }
        let into = match destination {
            Destination::Body if self.group.deleted => &mut document.deleted,
            Destination::Body if self.group.hidden => &mut document.hidden,
            Destination::Body => &mut document.shown,
            Destination::HeaderFooter => &mut document.header_footer,
            Destination::Footnote => &mut document.footnotes,
            Destination::Comment => &mut document.comments,
            Destination::Properties => &mut document.properties,
            Destination::Hidden => &mut document.hidden,
            Destination::Field => &mut document.fields,
            Destination::Bookmark => &mut document.bookmarks,
            Destination::Variable => &mut document.variables,
            Destination::Form => &mut document.form,
            Destination::ShapeProperty => &mut self.shape_property,
            Destination::ShapeValue if has_words(self.shape_property.trim()) => {
                &mut document.descriptions
            }
            _ => return,
        };
        into.push_str(text);
    }
}
