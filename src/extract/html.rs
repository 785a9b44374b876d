//! HTML as a reader sees it, and what it hides.
//!
//! One pass over the tokens, no tree: mail's HTML is seldom well formed, and
//! a stack of open elements tells all that is needed, which is whether text
//! is shown, and whether it is quoted. Scripts and styles are no text.

use std::borrow::Cow;
use std::convert::Infallible;
use std::ops::Range;

use html5gum::emitters::callback::{Callback, CallbackEmitter, CallbackEvent};
use html5gum::{Emitter, ForwardingEmitter, Span, Tokenizer};

use super::css;
use super::elements::{
    Attribute, BDO, DD, DT, LI, META, OPTION, STYLE, Tag, XML, is_quoting_class, short, tag,
};
use super::flow::Flow;
use super::link;
use super::style::{self, Style};

/// Elements deeper than this are not told apart; no mail program nests so.
const DEEPEST: usize = 512;

/// Elements of whose content browsers make no elements, and their names.
const RAW: [(u64, &str); 7] = [
    (short(b"title"), "title"),
    (short(b"style"), "style"),
    (short(b"script"), "script"),
    (short(b"textarea"), "textarea"),
    (short(b"xmp"), "xmp"),
    (short(b"noscript"), "noscript"),
    (short(b"iframe"), "iframe"),
];

/// What a page says.
#[derive(Debug, Default)]
pub(crate) struct Page {
    /// Lines and tables as shown.
    pub(crate) shown: String,
    /// What is there and not shown: hidden elements, comments, the title,
    /// pictures' descriptions, addresses behind links.
    pub(crate) hidden: String,
    /// Pictures and files that stand in the page itself (`data:`).
    pub(crate) enclosed: Vec<Vec<u8>>,
    /// Bytes of `shown` inside quoting elements, in order.
    pub(crate) quoted: Vec<Range<usize>>,
    /// The byte of `shown` from which all is quoted.
    pub(crate) quoted_from: Option<usize>,
}

pub(crate) fn read(html: &str) -> Page {
    let mut reader = Reader {
        shown: Flow::with_capacity(html.len() / 3),
        ..Reader::default()
    };
    reader.tokens(html);
    if let Some(rest) = reader.swallowed(html) {
        reader.endless = true;
        reader.tokens(rest);
    }
    if let Some(rest) = reader.torn(html) {
        reader.tokens(rest);
    }
    Page {
        shown: reader.shown.finish(),
        hidden: reader.hidden.finish(),
        enclosed: reader.enclosed,
        quoted: reader.quoted,
        quoted_from: reader.quoted_from,
    }
}

#[derive(Debug, Default)]
struct Reader {
    shown: Flow,
    hidden: Flow,
    open: Vec<Element>,
    /// For each open table, whether its row has a cell yet.
    rows: Vec<bool>,
    /// The same where no table is open. Browsers run such cells into one;
    /// whoever reads them tells them apart.
    loose_row: bool,
    start: Start,
    enclosed: Vec<Vec<u8>>,
    quoted: Vec<Range<usize>>,
    quoted_from: Option<usize>,
    shown_length: usize,
    in_comment: bool,
    /// A title, style or script did not end: what stands behind it is read as
    /// if there were no such elements.
    endless: bool,
}

/// An open element, with what holds for all inside it.
#[derive(Debug, Clone, Copy, Default)]
struct Element {
    tag: Tag,
    name: u64,
    hidden: bool,
    white: bool,
    backed: bool,
    quoted: bool,
    skipped: bool,
    preformatted: bool,
    right_to_left: bool,
    turned: bool,
}

/// The start tag that is being read.
#[derive(Debug, Default)]
struct Start {
    tag: Tag,
    name: u64,
    attribute: Attribute,
    style: Style,
    hides: bool,
    right_to_left: bool,
    quotes: bool,
    rest_is_quoted: bool,
    link: Option<String>,
    /// A value that is shown, and those that only hovering or a screen reader
    /// brings out.
    value: Option<String>,
    notes: Vec<String>,
    /// Of information about the page: people wrote it, and what it says.
    written: bool,
    content: Option<String>,
}

/// Emits what is there and looks for no errors, which takes time and says
/// nothing: mail is full of them.
struct Lenient<F: Callback<Infallible, ()>>(CallbackEmitter<F>);

impl<F: Callback<Infallible, ()>> ForwardingEmitter for Lenient<F> {
    type Token = Infallible;

    fn inner(&mut self) -> &mut impl Emitter<Token = Infallible> {
        &mut self.0
    }

    #[inline]
    fn should_emit_errors(&mut self) -> bool {
        false
    }
}

impl Reader {
    fn tokens(&mut self, html: &str) {
        let raw_texts = !self.endless;
        let mut emitter = CallbackEmitter::new(
            |event: CallbackEvent<'_>, _: Span<()>| -> Option<Infallible> {
                self.event(event);
                None
            },
        );
        emitter.naively_switch_states(raw_texts);
        // Reading from memory cannot fail.
        let Ok(()) = Tokenizer::new_with_emitter(html, Lenient(emitter)).finish();
    }

    /// What stands behind an element that was never closed, if all of it was
    /// taken for its text: browsers show none of it, other programs do.
    fn swallowed<'h>(&mut self, html: &'h str) -> Option<&'h str> {
        let (_, name) = RAW.iter().find(|(name, _)| *name == self.around().name)?;
        self.open.pop();
        let lower = html.to_ascii_lowercase();
        let from = lower.rfind(&format!("</{name}")).map_or(0, |at| at + 2);
        let start = from + lower[from..].find(&format!("<{name}"))?;
        let end = start + lower[start..].find('>')?;
        self.each(Flow::block);
        html.get(end + 1..)
    }

    /// What stands in a start tag that does not end, from its last value on: a
    /// quote that is missing takes in all that follows, and browsers show none
    /// of it.
    fn torn<'h>(&mut self, html: &'h str) -> Option<&'h str> {
        if std::mem::take(&mut self.start).name == 0 {
            return None;
        }
        let quotes = ['"', '\'']
            .into_iter()
            .filter_map(|quote| html.rfind(quote));
        let opening = quotes.filter(|&at| html[..at].trim_ascii_end().ends_with('='));
        let last = opening.max().or_else(|| html.rfind('<'))?;
        self.each(Flow::block);
        html.get(last + 1..)
    }

    fn event(&mut self, event: CallbackEvent<'_>) {
        match event {
            CallbackEvent::OpenStartTag { name } => self.open_start(name),
            CallbackEvent::AttributeName { name } => self.attribute(name),
            CallbackEvent::AttributeValue { value } => {
                if self.start.attribute != Attribute::Other {
                    self.value(&text(value));
                }
            }
            CallbackEvent::CloseStartTag { .. } => self.close_start(),
            CallbackEvent::EndTag { name } => self.end(name),
            CallbackEvent::String { value } => self.string(&text(value)),
            CallbackEvent::Comment { value } => self.comment(&text(value)),
            CallbackEvent::Doctype { .. } | CallbackEvent::Error(_) => {}
        }
    }

    fn open_start(&mut self, name: &[u8]) {
        self.start = Start {
            tag: tag(name),
            name: short(name),
            ..Start::default()
        };
    }

    fn attribute(&mut self, name: &[u8]) {
        self.start.attribute = match name {
            b"style" => Attribute::Style,
            b"class" => Attribute::Class,
            b"id" => Attribute::Id,
            b"type" => Attribute::Type,
            b"color" => Attribute::Colour,
            b"bgcolor" | b"background" => Attribute::Background,
            b"href" => Attribute::Link,
            b"name" | b"property" if self.start.name == META => Attribute::Name,
            b"content" if self.start.name == META => Attribute::Content,
            b"src" | b"data" | b"srcset" | b"action" | b"formaction" | b"poster" => {
                Attribute::Source
            }
            b"dir" => Attribute::Direction,
            b"srcdoc" => Attribute::Page,
            b"alt" | b"title" | b"aria-label" | b"placeholder" | b"summary" => Attribute::Note,
            b"value" | b"label" => Attribute::Value,
            b"hidden" => {
                self.start.hides = true;
                Attribute::Other
            }
            _ => Attribute::Other,
        };
    }

    fn value(&mut self, value: &str) {
        if matches!(
            self.start.attribute,
            Attribute::Link | Attribute::Source | Attribute::Background
        ) && let Some(file) = link::enclosed(value)
        {
            self.enclosed.push(file);
            return;
        }
        match self.start.attribute {
            Attribute::Style => self.files_of_style(value),
            Attribute::Page => return self.page(value),
            _ => {}
        }
        let start = &mut self.start;
        match start.attribute {
            Attribute::Style => start.style = style::read(value),
            Attribute::Direction => start.right_to_left = value.eq_ignore_ascii_case("rtl"),
            Attribute::Class => {
                start.quotes |= value.split_ascii_whitespace().any(is_quoting_class);
            }
            Attribute::Id => {
                start.rest_is_quoted |= matches!(
                    value.trim_start_matches("x_"),
                    "divRplyFwdMsg"
                        | "appendonsend"
                        | "OLK_SRC_BODY_SECTION"
                        | "mail-editor-reference-message-container"
                );
            }
            Attribute::Type => {
                start.quotes |= start.tag == Tag::Blockquote && value.eq_ignore_ascii_case("cite");
                start.hides |= value.eq_ignore_ascii_case("hidden");
            }
            Attribute::Colour => start.style.white |= style::is_white(&value.to_ascii_lowercase()),
            Attribute::Background => {
                start.style.backed |= !style::is_white(&value.to_ascii_lowercase())
            }
            Attribute::Link => start.link = link::words(value),
            Attribute::Name => start.written = link::is_written(value),
            Attribute::Content => start.content = Some(value.to_owned()),
            Attribute::Note => start.notes.push(value.to_owned()),
            Attribute::Value => start.value = Some(value.to_owned()),
            Attribute::Source | Attribute::Page | Attribute::Other => {}
        }
    }

    fn close_start(&mut self) {
        let start = std::mem::take(&mut self.start);
        self.close_implied(start.tag, start.name);
        match start.tag {
            Tag::LineBreak => self.each(Flow::line_break),
            Tag::Row => {
                self.each(Flow::row);
                *self.rows.last_mut().unwrap_or(&mut self.loose_row) = false;
            }
            Tag::Cell => {
                let row = self.rows.last_mut().unwrap_or(&mut self.loose_row);
                let first = !std::mem::replace(row, true);
                self.each(|flow| flow.cell(first));
            }
            Tag::Table => {
                self.each(Flow::block);
                self.rows.push(false);
            }
            Tag::Block | Tag::Paragraph | Tag::Preformatted | Tag::Blockquote => {
                self.each(Flow::block)
            }
            Tag::Inline | Tag::Void | Tag::Title | Tag::Skipped => {}
        }
        if start.rest_is_quoted {
            self.quoted_from.get_or_insert(self.shown_length);
        }
        let outer = self.around();
        let right_to_left = outer.right_to_left || start.right_to_left || start.style.right_to_left;
        let white = (outer.white && !start.style.coloured) || start.style.white;
        let backed = outer.backed || start.style.backed;
        let element = Element {
            tag: start.tag,
            name: start.name,
            hidden: outer.hidden
                || start.hides
                || start.style.hides
                || start.tag == Tag::Title
                || start.name == XML,
            white,
            backed,
            quoted: outer.quoted || start.quotes,
            // Outlook keeps its settings so, in comments; elsewhere it is shown.
            skipped: outer.skipped
                || (start.tag == Tag::Skipped && (start.name != XML || self.in_comment)),
            right_to_left,
            turned: outer.turned || (right_to_left && (start.name == BDO || start.style.overrides)),
            preformatted: outer.preformatted || start.tag == Tag::Preformatted,
        };
        if !element.skipped {
            let link = start.link.iter().map(String::as_str);
            for note in link.chain(start.notes.iter().map(String::as_str)) {
                self.hidden.block();
                self.hidden.text(note);
                self.hidden.block();
            }
            if let Some(value) = &start.value {
                let shown = !element.hidden;
                let flow = if shown {
                    &mut self.shown
                } else {
                    &mut self.hidden
                };
                flow.block();
                flow.text(value);
                flow.block();
            }
        }
        if start.written
            && let Some(content) = &start.content
        {
            self.hidden.block();
            self.hidden.text(content);
            self.hidden.block();
        }
        let has_content = match start.tag {
            Tag::Void | Tag::LineBreak => false,
            Tag::Title | Tag::Skipped => !self.endless,
            _ => true,
        };
        if has_content && self.open.len() < DEEPEST {
            self.open.push(element);
        }
    }

    /// Elements that the next one ends without saying so.
    fn close_implied(&mut self, tag: Tag, name: u64) {
        let ends = |open: &Element| match tag {
            Tag::Row => matches!(open.tag, Tag::Row | Tag::Cell | Tag::Paragraph),
            Tag::Cell => matches!(open.tag, Tag::Cell | Tag::Paragraph),
            Tag::Block | Tag::Paragraph | Tag::Table | Tag::Preformatted | Tag::Blockquote => {
                open.tag == Tag::Paragraph
                    || (open.name == name && matches!(name, LI | DD | DT | OPTION))
            }
            _ => false,
        };
        // Inline elements left open in between end with it; a table bounds.
        let reach = self
            .open
            .iter()
            .rev()
            .take_while(|open| match tag {
                Tag::Row | Tag::Cell => open.tag != Tag::Table,
                _ => ends(open),
            })
            .take(16);
        let depth = reach
            .enumerate()
            .filter(|(_, open)| ends(open))
            .map(|(i, _)| i + 1)
            .last();
        if let Some(count) = depth {
            self.open.truncate(self.open.len() - count);
        }
    }

    fn end(&mut self, name: &[u8]) {
        let tag = tag(name);
        match tag {
            Tag::Table => {
                self.rows.pop();
                self.each(Flow::table_end);
            }
            Tag::Block | Tag::Paragraph | Tag::Preformatted | Tag::Blockquote | Tag::Title => {
                self.each(Flow::block)
            }
            // Browsers take `</br>` for a break.
            Tag::LineBreak => self.each(Flow::line_break),
            _ => {}
        }
        let name = short(name);
        let bounds = |open: &Element| open.tag == Tag::Table && tag != Tag::Table;
        let found = self
            .open
            .iter()
            .rev()
            .take_while(|open| !bounds(open))
            .position(|open| open.name == name && open.tag == tag);
        if let Some(above) = found {
            self.open.truncate(self.open.len() - above - 1);
        }
    }

    fn string(&mut self, text: &str) {
        let around = self.around();
        if around.skipped {
            if around.name == STYLE {
                self.sheet(text);
            }
            return;
        }
        // As a reader's program would turn it round.
        let turned = around.turned.then(|| format!("\u{202e}{text}\u{202c}"));
        let text = turned.as_deref().unwrap_or(text);
        let hidden = around.hidden || self.in_comment || (around.white && !around.backed);
        let flow = if hidden {
            &mut self.hidden
        } else {
            &mut self.shown
        };
        let range = if around.preformatted {
            flow.preformatted(text)
        } else {
            flow.text(text)
        };
        if hidden {
            return;
        }
        self.shown_length = range.end;
        if around.quoted && !range.is_empty() {
            // What lies between two quoted pieces is their own white space.
            match self.quoted.last_mut() {
                Some(last) if last.end == range.start => last.end = range.end,
                // A quoted piece begins after the break that it came with.
                _ => {
                    let broken = self.shown.as_str()[range.start..].starts_with('\n');
                    self.quoted
                        .push(range.start + usize::from(broken)..range.end);
                }
            }
        }
    }

    /// A comment is read too; Outlook's conditional ones hold HTML that it
    /// alone shows.
    fn comment(&mut self, comment: &str) {
        if self.in_comment || comment.trim().is_empty() {
            return;
        }
        let conditional = comment.trim_start().starts_with("[if");
        if conditional || comment.contains("</") {
            let start = comment
                .find("]>")
                .filter(|_| conditional)
                .map_or(0, |at| at + 2);
            let mut inner = Self {
                in_comment: true,
                ..Self::default()
            };
            inner.tokens(comment[start..].trim_end_matches("<![endif]"));
            self.hidden.block();
            self.enclosed.append(&mut inner.enclosed);
            self.hidden.preformatted(&inner.hidden.finish());
        } else if let Some(words) = comment.strip_prefix("[CDATA[") {
            self.hidden.block();
            self.hidden.text(words.trim_end_matches("]]"));
        } else if !comment.trim_start().starts_with('[') {
            self.hidden.block();
            self.hidden.text(comment);
        }
        self.hidden.block();
    }

    /// What a style sheet puts into the page.
    fn sheet(&mut self, sheet: &str) {
        for words in css::contents(sheet) {
            self.hidden.block();
            self.hidden.text(&words);
            self.hidden.block();
        }
        self.files_of_style(sheet);
    }

    fn files_of_style(&mut self, style: &str) {
        self.enclosed
            .extend(css::addresses(style).filter_map(link::enclosed));
    }

    /// A page in a frame of this one. One inside that is told as it stands.
    fn page(&mut self, html: &str) {
        self.hidden.block();
        if self.in_comment {
            self.hidden.text(html);
        } else {
            let mut inner = Self {
                in_comment: true,
                ..Self::default()
            };
            inner.tokens(html);
            self.enclosed.append(&mut inner.enclosed);
            self.hidden.preformatted(&inner.hidden.finish());
        }
        self.hidden.block();
    }

    fn around(&self) -> Element {
        self.open.last().copied().unwrap_or_default()
    }

    fn each(&mut self, change: impl Fn(&mut Flow)) {
        change(&mut self.shown);
        change(&mut self.hidden);
    }
}

/// What came from text is text, but the tokenizer hands out bytes.
fn text(bytes: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => String::from_utf8_lossy(bytes),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(html: &str, shown: &str, hidden: &str) {
        let page = read(html);
        assert_eq!(page.shown.trim(), shown, "{html}");
        assert_eq!(page.hidden.trim(), hidden, "{html}");
    }

    #[test]
    fn blocks_rows_and_cells_become_lines_and_tabs() {
        check(
            "<p>Dear  all,</p><p>Zo&euml; &amp; Jo&nbsp;Quill</p>",
            "Dear all,\nZoë & Jo Quill",
            "",
        );
        check(
            "one<br>two<div>three</div>four",
            "one\ntwo\nthree\nfour",
            "",
        );
        check(
            "<table><tr><th>Name</th><th>Form</th></tr><tr><td><p>Zoë</p></td><td><p>7B</p></td></tr></table>after",
            "Name\tForm\nZoë\t7B\nafter",
            "",
        );
        check(
            "<tr><td>a</td><td>b</td></tr><tr><td>c</td><td>d</td></tr>",
            "a\tb\nc\td",
            "",
        );
        check("<b>a</b><td>b</td><td>c</td>", "a\tb\tc", "");
        check(
            "<table><tr><td>a<td>b<tr><td><td>d</table>",
            "a\tb\n\td",
            "",
        );
        check("<pre>a\n  b</pre>c", "a\n  b\nc", "");
        check("<ul><li>a<li>b</ul>", "a\nb", "");
        check("Zo<b>ë</b> <i>Q</i>uill", "Zoë Quill", "");
        check(
            "<style>p{color:red}</style><script>var a = '<p>x</p>'</script>text",
            "text",
            "",
        );
        check("", "", "");
        check("<<<>>>&&&<p", "<<<>>>&&&", "");
    }

    #[test]
    fn hidden_text_is_kept_apart() {
        check(
            "<div style='display:none'>preheader</div>Hello",
            "Hello",
            "preheader",
        );
        check(
            "<p hidden>a</p><p style=\"FONT-SIZE:0px\">b</p>c",
            "c",
            "a\nb",
        );
        check(
            "<span style='color:#ffffff'>secret</span>open",
            "open",
            "secret",
        );
        check(
            "<table bgcolor=navy><tr><td><font color=white>banner</font></td></tr></table>",
            "banner",
            "",
        );
        check(
            "<div style='color:white'><span style='color:black'>seen</span></div>",
            "seen",
            "",
        );
        check("<title>Report</title><body>x", "x", "Report");
        check("a<!-- a note -->b", "ab", "a note");
        check(
            "<!--[if mso]><xml><o:x>96</o:x></xml><p>for Outlook</p><![endif]-->b",
            "b",
            "for Outlook",
        );
        check(
            "<img alt='Zoë on stage'><a href='MAILTO:a%40b.example'>write</a>",
            "write",
            "Zoë on stage\na@b.example",
        );
        // An element that is never closed hides no more than its siblings.
        check("<p style='display:none'>a<p>b", "b", "a");
        check("<div style='display:none'>a</div></div></p>b", "b", "a");
    }

    #[test]
    fn quotations_are_marked() {
        let page = read(
            "<p>Yes</p><blockquote type=cite><p>Is it?</p><p>Well?</p></blockquote><p>Bye</p>",
        );
        let quoted: Vec<&str> = page
            .quoted
            .iter()
            .map(|range| &page.shown[range.clone()])
            .collect();
        assert_eq!(quoted.join("\n"), "Is it?\nWell?");
        let page = read("<p>Yes</p><div id=divRplyFwdMsg>From: A</div>old");
        assert_eq!(
            page.quoted_from.map(|at| page.shown[at..].trim()),
            Some("From: A\nold")
        );
    }

    #[test]
    fn hostile_pages_end_soon() {
        for piece in [
            "<div>",
            "<p style='display:none'>",
            "</p>",
            "<table><tr><td>",
            "<!--",
            "&#x",
            "<a href=mailto:%",
        ] {
            let page = read(&piece.repeat(50_000));
            assert!(page.shown.len() < 500_000, "{piece}");
        }
    }
}
