//! HTML's elements and attributes, as far as reading tells them apart.

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Tag {
    #[default]
    Inline,
    Block,
    Paragraph,
    Table,
    Row,
    Cell,
    LineBreak,
    /// Has no content, so no end.
    Void,
    Title,
    Preformatted,
    Blockquote,
    Skipped,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Attribute {
    #[default]
    Other,
    Style,
    Class,
    Id,
    Type,
    Colour,
    Background,
    Link,
    Source,
    /// What a piece of information about the page is, and says.
    Name,
    Content,
    Note,
    Value,
    Direction,
    /// A whole page.
    Page,
}

pub(crate) fn is_quoting_class(class: &str) -> bool {
    let class = class.trim_start_matches("x_");
    matches!(
        class,
        "gmail_attr"
            | "moz-cite-prefix"
            | "yahoo_quoted"
            | "protonmail_quote"
            | "OutlookMessageHeader"
            | "zmail_extra"
    )
}

/// The first eight letters of a name tell all that matter apart.
pub(crate) const fn short(name: &[u8]) -> u64 {
    let mut bytes = [0; 8];
    let mut at = 0;
    while at < name.len() && at < bytes.len() {
        bytes[at] = name[at];
        at += 1;
    }
    u64::from_le_bytes(bytes)
}

pub(crate) const META: u64 = u64::from_le_bytes(*b"meta\0\0\0\0");
pub(crate) const LI: u64 = u64::from_le_bytes(*b"li\0\0\0\0\0\0");
pub(crate) const DD: u64 = u64::from_le_bytes(*b"dd\0\0\0\0\0\0");
pub(crate) const DT: u64 = u64::from_le_bytes(*b"dt\0\0\0\0\0\0");
pub(crate) const BDO: u64 = u64::from_le_bytes(*b"bdo\0\0\0\0\0");
pub(crate) const STYLE: u64 = u64::from_le_bytes(*b"style\0\0\0");
pub(crate) const XML: u64 = u64::from_le_bytes(*b"xml\0\0\0\0\0");
pub(crate) const OPTION: u64 = u64::from_le_bytes(*b"option\0\0");

pub(crate) fn tag(name: &[u8]) -> Tag {
    match name {
        b"p" => Tag::Paragraph,
        b"br" => Tag::LineBreak,
        b"td" | b"th" => Tag::Cell,
        b"tr" => Tag::Row,
        b"table" => Tag::Table,
        b"blockquote" => Tag::Blockquote,
        b"pre" | b"textarea" | b"listing" | b"xmp" => Tag::Preformatted,
        b"title" | b"template" => Tag::Title,
        b"script" | b"style" | b"xml" => Tag::Skipped,
        b"img" | b"input" | b"meta" | b"link" | b"base" | b"col" | b"area" | b"wbr" | b"source"
        | b"track" | b"embed" | b"param" => Tag::Void,
        b"div" | b"h1" | b"h2" | b"h3" | b"h4" | b"h5" | b"h6" | b"ul" | b"ol" | b"li" | b"dl"
        | b"dt" | b"dd" | b"hr" | b"center" | b"section" | b"article" | b"header" | b"footer"
        | b"main" | b"aside" | b"nav" | b"address" | b"figure" | b"figcaption" | b"fieldset"
        | b"legend" | b"form" | b"option" | b"select" | b"caption" | b"tbody" | b"thead"
        | b"tfoot" | b"body" | b"head" | b"html" | b"details" | b"noscript" | b"button"
        | b"label" | b"o:p" => {
            if matches!(name, b"o:p" | b"label") {
                Tag::Inline
            } else if name == b"hr" {
                Tag::Void
            } else {
                Tag::Block
            }
        }
        _ => Tag::Inline,
    }
}
